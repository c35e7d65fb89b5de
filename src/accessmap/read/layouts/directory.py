"""The public directory of the DILA (service-public.fr): mairies, gendarmeries, CAF, France Travail, and hours."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from accessmap.read.columns import as_text
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.opening_hours import parse_timetable
from accessmap.read.raw import RawTable
from accessmap.words.notes import Listed, Note

# Keys of the published JSON ("Référentiel de l'organisation administrative de l'État", "Annuaire de l'administration —
# Base de données locales", DILA); its API and CSV have the same, with the nested ones as JSON text.
SHOWN = 20


def directory_services(raw: RawTable) -> RawTable:
    """Return each public office as a service: kind by its pivot, commune, point of its own address, hours of the week.

    Of several addresses the one that is no postal one is taken. Hours for some dates only are not those of the week.

    Examples
    --------
    >>> row = {"id": "7", "nom": "Mairie - Chauny", "code_insee_commune": "02173"}
    >>> row |= {"pivot": '[{"type_service_local": "mairie", "code_insee_commune": ["02173"]}]'}
    >>> row |= {"adresse": '[{"type_adresse": "Adresse", "longitude": "3.21", "latitude": "49.61"}]'}
    >>> row |= {"plage_ouverture": '[{"nom_jour_debut": "Lundi", "nom_jour_fin": "Vendredi", '
    ...         '"valeur_heure_debut_1": "08:30:00", "valeur_heure_fin_1": "12:00:00"}]'}
    >>> read = directory_services(RawTable("annuaire.json", pd.DataFrame([row]))).table.iloc[0]
    >>> read[["service_id", "category", "commune", "hours"]].tolist()
    ['dila-7', 'mairie', '02173', 'Mo-Fr 08:30-12:00; PH off']
    """
    names, table = raw.names, raw.table
    pivots = [list(_records(value)) for value in raw.column("pivot")]
    codes = [
        next((str(one["type_service_local"]) for one in each if one.get("type_service_local")), None) for each in pivots
    ]
    places = [_address(value) for value in raw.column("adresse")]
    of_pivot = [next((code for one in each for code in _codes(one.get("code_insee_commune"))), None) for each in pivots]
    commune = as_text(raw.column("code_insee_commune"))
    hours, mended = _hours(raw, raw.column("plage_ouverture"))
    services = pd.DataFrame(
        {
            "service_id": "dila-" + as_text(table[names["id"]]),
            "name": as_text(table[names["nom"]]),
            **kinds_of("dila", codes, [code.replace("_", " ") if code else "service public" for code in codes]),
            "hours": hours,
            "commune": commune.where(commune.notna(), pd.Series(of_pivot, table.index, dtype=object)),
            "lon": [place.get("longitude") or None for place in places],
            "lat": [place.get("latitude") or None for place in places],
            "source": "Annuaire de l’administration (DILA)",
        }
    )
    notes = [raw.note("services_hours_mended", n=len(mended), rows=Listed.of(mended[:SHOWN]))] if mended else []
    again = services["service_id"].duplicated().to_numpy()
    if again.any():
        notes.append(raw.note("same_rows_again", n=int(again.sum()), rows=raw.named(again.nonzero()[0])))
    return replace(raw, table=services).told(*notes).keep(~again)


def _records(value: object) -> Iterator[Mapping[str, Any]]:
    """The records of a nested list, which may stand as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except ValueError:
            return
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, Mapping):
            yield one


def _codes(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def _address(value: object) -> Mapping[str, Any]:
    """The address that one goes to: the first with a point that is no postal address, else the first with one."""
    found = [one for one in _records(value) if one.get("longitude") and one.get("latitude")]
    placed = [one for one in found if "post" not in str(one.get("type_adresse", "")).casefold()]
    return next(iter([*placed, *found]), {})


def _hours(raw: RawTable, values: pd.Series) -> tuple[list[str | None], list[Note]]:
    """OSM opening_hours of each office, None where none are given, and what had to be mended."""
    texts: list[str | None] = []
    mended: list[Note] = []
    for row, value in enumerate(values):
        week = []
        for span in _records(value):
            days = [str(span.get(name) or "").strip().casefold() for name in ("nom_jour_debut", "nom_jour_fin")]
            pairs = [[str(span.get(f"valeur_heure_{end}_{k}") or "") for end in ("debut", "fin")] for k in (1, 2)]
            week.append([days[0], days[1] or days[0], [pair for pair in pairs if all(pair)]])
        timetable = parse_timetable([entry for entry in week if entry[0] and entry[2]])
        mended += [Note("row_mended", row=raw.lines[row], told=problem) for problem in timetable.problems]
        texts.append(timetable.text() or None)
    return texts, mended
