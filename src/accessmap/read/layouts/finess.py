"""FINESS: the extraction of establishments that Etalab publishes, its successor FINESS+, and who has emergencies."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from accessmap.read.columns import as_text, truth
from accessmap.read.coordinates import degrees, epsg_of_commune, epsg_of_text, metres
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.raw import Form, RawTable, RowNames, refusal
from accessmap.words.notes import Listed, Note

# The file has no header. Source: format of etalab-cs1100502 and etalab-cs1100507 (DREES, data.gouv.fr, "FINESS
# Extraction du fichier des établissements"); the first field of each row says which of the two kinds it is.
STRUCTURE = (
    *("nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie"),
    *("compvoie", "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone"),
    *("telecopie", "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft"),
    *("libmft", "codesph", "libsph", "dateouv", "dateautor", "maj", "numuai"),
)
PLACE = ("nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj")
KEPT = ("nofinessej", "categetab", "libcategetab", "categagretab", "siret", "libsph", "dateouv", "sourcecoordet")
# Territories that FINESS writes with a letter, and the first two figures of their communes' codes.
LETTERS = {f"9{letter}": "97" for letter in "ABCDEF"} | {"9J": "98"}


# A field in quotation marks, those inside it doubled; else one without: `"LES LILAS" EHPAD` is written as it stands.
FIELD = re.compile(r'(?:^|;)(?:"((?:[^"]|"")*)"(?=;|$)|([^;]*))')


def _fields(line: str) -> list[str]:
    """Return what stands between the semicolons of a line, of which some may be quoted."""
    if '"' not in line:
        return line.split(";")
    # read line by line: a quotation mark that is never closed must not take the next establishments with it
    return [quoted.replace('""', '"') or plain for quoted, plain in FIELD.findall(line)]


def is_finess(text: str) -> bool:
    r"""Whether a text is the extraction as published, without header.

    >>> is_finess("finess;etalab;98;2026-05-12\nstructureet;010000024;010780054;CH DE FLEYRIAT")
    True
    """
    return text.startswith(("finess;", "structureet;")) or OTHER_ROWS.match(text) is not None


# Rows of FINESS's other extractions (cs1100501 to cs1100505): what an establishment does or owns, by its number alone.
OTHER_ROWS = re.compile(r"^(activiteoffresoin|equipementsocial|activitesoin|equipementmaterielourd);", re.MULTILINE)


def finess_table(name: str, text: str) -> RawTable:
    r"""Return establishments joined to their coordinates, by the line of the establishment.

    Parameters
    ----------
    name
        File name, for messages.
    text
        Its rows, `structureet` (31 fields and the mark) and `geolocalisation` (5 and the mark), separated by
        semicolons; a field with a semicolon of its own is in quotation marks.

    Raises
    ------
    SourceError
        When a row has more fields than its kind, or there is no establishment.

    Examples
    --------
    >>> text = "structureet;020000063;020000253;CH\ngeolocalisation;020000063;714500.5;6946500.5;1,A,96,BAN,EPSG:2154"
    >>> raw = finess_table("finess.csv", text)
    >>> raw.table.loc[0, ["nofinesset", "coordxet"]].tolist(), list(raw.lines)
    (['020000063', '714500.5'], ['line 1'])
    """
    _refuse_activities(name, text)
    structures: dict[str, tuple[str, ...]] = {}
    places: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    wrong, twice, date = [], [], ""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        mark, *fields = (field.strip() for field in _fields(line.rstrip("\n")))
        names = {"structureet": STRUCTURE, "geolocalisation": PLACE}.get(mark)
        if mark == "finess":
            date = fields[-1] if fields else ""
        if names is None:
            continue
        if len(fields) < 3 or _is_shifted(fields, names):
            wrong.append(Note("line_of_fields", number=str(number), count=len(fields)))
            continue
        into = structures if mark == "structureet" else places
        if fields[0] in into:
            twice.append(Note("row_with_id", row=Note("line_number", number=str(number)), id=repr(fields[0])))
        into[fields[0]] = tuple((fields + [""] * len(names))[: len(names)])
        lines.setdefault(fields[0], number)
    if wrong:
        sizes = {"whole": len(STRUCTURE), "place": len(PLACE)}
        raise refusal(name, "finess_shifted", value=wrong[0], rows=Listed.of(wrong[:5]), **sizes)
    if not structures:
        raise refusal(name, "finess_empty")
    table = pd.DataFrame(list(structures.values()), columns=list(STRUCTURE))
    where = pd.DataFrame(list(places.values()), columns=list(PLACE)).drop(columns="datemaj")
    joined = table.merge(where, on="nofinesset", how="left").replace("", None)
    notes = [Note("finess_of", n=len(joined), file=name, date=date)]
    lost = sorted(set(places) - set(structures))
    if lost:
        notes.append(Note("finess_places_left_out", n=len(lost), file=name, example=lost[0]))
    if twice:
        notes.append(Note("finess_repeated", n=len(twice), file=name, rows=Listed.of(twice[:5])))
    places_in_file = RowNames("line_number", [lines[number] for number in joined["nofinesset"]])
    return RawTable(name, joined, places_in_file, tuple(notes), Form("CSV", separator=";"), date)


def _refuse_activities(name: str, text: str) -> None:
    other = OTHER_ROWS.search(text)
    if other is not None:
        raise refusal(name, "finess_of_activities", value=other[1], kind=Note(f"finess_{other[1]}"))


def _is_shifted(fields: list[str], names: tuple[str, ...]) -> bool:
    """Whether a row has a separator too many (in a name), so that every field after it is not what it should be."""
    if len(fields) <= len(names):
        return False
    kind = fields[names.index("categetab")] if "categetab" in names else "000"
    return any(fields[len(names) :]) or not (kind.isdigit() and len(kind) == 3)


def finess_services(raw: RawTable) -> RawTable:
    """Return establishments as services: number, name, category, commune's code and point in degrees.

    The projection of each point is the one its `sourcecoordet` names; the code of the commune is made of the department
    and three figures. Establishments geocoded to their commune only are marked "commune" in `point_quality`.

    Parameters
    ----------
    raw
        The joined table, from the extraction or from a file with a header of the same names.

    Examples
    --------
    >>> row = {"nofinesset": "020000063", "rs": "CH", "departement": "02", "commune": "173", "categetab": "355",
    ...        "libcategetab": "C.H.", "coordxet": "714500", "coordyet": "6946500",
    ...        "sourcecoordet": "1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93"}
    >>> read = finess_services(RawTable("finess.csv", pd.DataFrame([row]))).table.iloc[0]
    >>> read[["service_id", "category", "commune", "point_quality"]].tolist()
    ['020000063', 'hospital', '02173', 'geocoded']
    """
    table = raw.table.rename(columns=str.casefold)
    table = table.assign(**{name: None for name in PLACE[1:4] if name not in table.columns})
    codes = [_commune(*pair) for pair in zip(table["departement"], table["commune"], strict=True)]
    source = [str(text).split(",") if isinstance(text, str) else [] for text in table["sourcecoordet"]]
    said = [epsg_of_text(",".join(parts)) for parts in source]
    has_point = table["coordxet"].notna().to_numpy()
    guessed = [bool(has and code and epsg is None) for has, code, epsg in zip(has_point, codes, said, strict=True)]
    epsg = [epsg_of_commune(code) if guess else one for guess, code, one in zip(guessed, codes, said, strict=True)]
    named = replace(raw, table=table)
    lon, lat = degrees(metres(named, "coordxet"), metres(named, "coordyet"), epsg)
    kinds = kinds_of("finess", table["categetab"].tolist(), table["libcategetab"].tolist())
    name = table["rslongue"].where(table["rslongue"].notna(), table["rs"]) if "rslongue" in table else table["rs"]
    # a score that is no number ("."), or boundaries as the reference: placed at the one point of its commune
    rough = [len(parts) > 3 and (not parts[2].isdigit() or "ADMIN" in parts[3]) for parts in source]
    services = pd.DataFrame(
        {"service_id": table["nofinesset"], "name": name, **kinds, "commune": codes, "lon": lon, "lat": lat}
    ).assign(point_quality=["commune" if one else "geocoded" for one in rough], source="FINESS")
    services = services.join(table[[column for column in KEPT if column in table.columns]])
    notes = []
    if any(rough):
        notes.append(raw.note("finess_geocoded_roughly", n=sum(rough)))
    if any(guessed):
        notes.append(raw.note("finess_projection_told", n=guessed.count(True)))
    return replace(raw, table=services).told(*notes)


def _commune(department: object, commune: object) -> str | None:
    """Return "97101" for "9A" and "101"; a code of five characters is one already."""
    if not isinstance(commune, str) or not isinstance(department, str):
        return None
    if len(commune) == 5:
        return commune
    return LETTERS.get(department, department.zfill(2)[:2]) + commune.zfill(3)


def finess_plus_services(raw: RawTable) -> RawTable:
    """Return the open establishments of FINESS+ (JSON) as services: number, name, category, commune, point in degrees.

    A row is a legal entity (`pmej`) with its establishments (`ege`), of which those that are no more active are left
    out. The point is that of the address at which one is received, in the order of the file.

    Examples
    --------
    >>> place = {"cogCommune": "01053", "coordonneesGeographique": {"directionLatitude": "46.2"}}
    >>> site = {"informationsGeneralesEGE": {"numFinessEge": "010780195", "nomEgeLong": "CLINIQUE"}, "adresse": [place]}
    >>> site |= {"categorieentiteGeographiqueExercice": "365", "etatObjet": "A"}
    >>> read = finess_plus_services(RawTable("f.json", pd.DataFrame({"ege": [json.dumps([site])]}))).table.iloc[0]
    >>> read[["service_id", "category", "commune"]].tolist()
    ['010780195', 'hospital', '01053']
    """
    sites = [(row, site) for row, value in enumerate(raw.table[raw.names["ege"]]) for site in _records(value)]
    open_sites = [(row, site) for row, site in sites if site.get("etatObjet") in (None, "", "A")]
    told = [_told(site.get("informationsGeneralesEGE")) for _, site in open_sites]
    places = [next(iter(_records(site.get("adresse"))), {}) for _, site in open_sites]
    points = [_told(place.get("coordonneesGeographique")) for place in places]
    codes = [str(site.get("categorieentiteGeographiqueExercice") or "") or None for _, site in open_sites]
    services = pd.DataFrame(
        {
            "service_id": [one.get("numFinessEge") for one in told],
            "name": [str(one.get("nomEgeLong") or one.get("nomEgeCourt") or "").strip() or None for one in told],
            **kinds_of("finess", codes, [None] * len(codes)),
            "commune": [place.get("cogCommune") for place in places],
            "lon": [point.get("directionLongitude") for point in points],
            "lat": [point.get("directionLatitude") for point in points],
            "siret": [one.get("siret") for one in told],
            "categetab": codes,
        }
    ).assign(point_quality="geocoded", source="FINESS+")
    lines = raw.lines.take([row for row, _ in open_sites])
    notes = (raw.note("finess_plus_of", n=len(services), left=len(sites) - len(services)),)
    if not len(services):
        raise refusal(raw.name, "finess_empty")
    return replace(raw, table=services, lines=lines).told(*notes)


def _records(value: object) -> Iterator[Mapping[str, Any]]:
    """The records of a nested list, which may stand as JSON text."""
    if isinstance(value, str):
        value = json.loads(value)
    yield from (one for one in (value if isinstance(value, list) else []) if isinstance(one, Mapping))


def _told(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def with_emergencies(raw: RawTable, column: str) -> RawTable:
    """Return the same and, at each establishment whose file says so, an emergency department as a service of its own.

    No other establishment is one: a hospital whose emergencies are not told by its file has none here.

    Examples
    --------
    >>> row = {"service_id": "1", "name": "CH", "category": "hospital", "san_urg": "OUI"}
    >>> with_emergencies(RawTable("t.csv", pd.DataFrame([row])), "san_urg").table["category"].tolist()
    ['hospital', 'emergency']
    """
    if column not in raw.table.columns:
        return raw
    has = as_text(raw.table[column]).map(truth, na_action="ignore").eq(True).to_numpy()
    if not has.any():
        return raw
    again = raw.table[has].assign(category="emergency")
    again = again.assign(service_id=again["service_id"] + "-emergency")
    if "category_label" in again.columns:
        again = again.assign(category_label=None)
    table = pd.concat([raw.table, again], ignore_index=True)
    lines = raw.lines.take([*range(len(raw.table)), *has.nonzero()[0]])
    return replace(raw, table=table, lines=lines).told(raw.note("emergencies_told", n=int(has.sum())))
