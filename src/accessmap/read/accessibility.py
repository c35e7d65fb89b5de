"""Step-free access from acceslibre, on the sites of a table: by identifier, else by place and name."""

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.read.columns import as_numbers, as_text, noted, truth
from accessmap.read.dating import credited
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.registry import layouts
from accessmap.read.matching import near_pairs
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.tables.contracts import check_services
from accessmap.words.near import some

MATCH_METRES = 150.0
DOOR_CM = 77.0  # the least width of a door that a wheelchair passes: arrêté du 8 décembre 2014, article 10
RAMPS = {"fixe": "yes", "amovible": "yes", "aucune": "no"}
# Ids that both may have: in the services a column, or the index itself.
IDS = {"siret": 14, "finess": 9, "uai": 8}


def entrances(path: Tabular, services: gpd.GeoDataFrame, *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Return the services with what acceslibre says of their entrance in `step_free`, and how each was matched.

    An entrance on one level, or with a ramp or a lift, or another one for wheelchairs, is step-free; one with steps and
    nothing of these is not; where the door is narrower than 77 cm, or nothing is said, it is unknown. What the services
    say themselves is kept. Sites are matched by SIRET, FINESS or UAI, else by one name within 150 m; where several
    places fit and do not say the same, none is taken.

    Parameters
    ----------
    path
        The export of acceslibre (CSV), or a frame of it.
    services
        In the contract; a column `siret`, `finess` or `uai`, or ids that are such, match surely.
    encoding
        Of a CSV, where it is neither UTF-8 nor Windows-1252.

    Returns
    -------
    GeoDataFrame
        `services`, with `step_free` (yes, no, unknown) and `step_free_match` ("identifier", "place_and_name", missing
        where unmatched); what was done is in ``.attrs["read_notes"]``.

    Raises
    ------
    SourceError
        When the file cannot be read, or is not acceslibre's.

    Examples
    --------
    >>> import shapely
    >>> row = {"id": "e1", "name": "Mairie", "siret": "21020173500010", "entree_plain_pied": "True"}
    >>> row |= {"longitude": "3.21", "latitude": "49.61"}
    >>> site = {"name": ["Mairie de Chauny"], "category": "mairie", "siret": "21020173500010"}
    >>> place = gpd.GeoSeries([shapely.Point(715_000, 6_946_000)], crs=2154)
    >>> services = gpd.GeoDataFrame(site, geometry=place).set_index(pd.Index(["m"], name="service_id"))
    >>> entrances(pd.DataFrame([row]), services)[["step_free", "step_free_match"]].to_numpy().tolist()
    [['yes', 'identifier']]
    """
    check_services(services)
    raw = read_table(path, encoding=encoding)
    layout = layouts()["acceslibre"]
    if not layout.matched(set(raw.names)):
        has = ", ".join(map(str, raw.table.columns[:12]))
        title = f"{layout.title} ({layout.publisher})"
        raise refusal(raw.name, "not_in_layout", value="acceslibre", title=title, has=has)
    said = _answers(raw)
    found = pd.DataFrame({"answer": None, "match": None}, index=services.index, dtype=object)
    unsure = _by_identifier(raw, services, said, found)
    unsure |= _by_place(raw, services, said, found)
    own = services["step_free"] if "step_free" in services.columns else pd.Series("unknown", services.index)
    own = own.astype(object).where(own.notna(), "unknown")
    told = found["answer"].astype(object).where(found["answer"].notna(), "unknown")
    against = (own != "unknown") & (told != "unknown") & (own != told)
    result = services.assign(step_free=own.where(own != "unknown", told), step_free_match=found["match"])
    counted = found["match"].value_counts()
    notes = [
        raw.note(
            "entrances_matched",
            n=len(services),
            by_id=int(counted.get("identifier", 0)),
            by_name=int(counted.get("place_and_name", 0)),
            yes=int((result["step_free"] == "yes").sum()),
            no=int((result["step_free"] == "no").sum()),
        )
    ]
    unsure -= set(np.flatnonzero(found["match"].notna()))
    for key, rows in (("entrances_unsure", sorted(unsure)), ("entrances_against", np.flatnonzero(against))):
        if len(rows):
            notes.append(raw.note(key, n=len(rows), names=some(services["name"].iloc[list(rows)])))
    every = [*services.attrs.get("read_notes", []), *raw.notes, *notes]
    beside = {**services.attrs.get("beside", {}), "step_free": credited(raw, "step_free")}
    return noted(result, every, str(services.attrs.get("vintage", "")), beside)


def _answers(raw: RawTable) -> pd.Series:
    """yes, no or unknown, of each place."""
    level, lift, other = (_truths(raw, name) for name in ("entree_plain_pied", "entree_ascenseur", "entree_pmr"))
    ramp = as_text(raw.column("entree_marches_rampe")).fillna("").map(plain).map(RAMPS)
    steps, width = (_numbers(raw, name) for name in ("entree_marches", "entree_largeur_mini"))
    yes = level.eq(True) | lift.eq(True) | other.eq(True) | ramp.eq("yes")
    no = ~yes & (level.eq(False) | (steps > 0))
    answer = pd.Series("unknown", raw.table.index).mask(no, "no").mask(yes & ~(width < DOOR_CM), "yes")
    return answer.astype(object)


def _numbers(raw: RawTable, name: str) -> pd.Series:
    return pd.to_numeric(as_numbers(raw.column(name)), errors="coerce")


def _truths(raw: RawTable, name: str) -> pd.Series:
    return raw.column(name).map(truth, na_action="ignore").astype(object)


def _by_identifier(raw: RawTable, services: gpd.GeoDataFrame, said: pd.Series, found: pd.DataFrame) -> set[int]:
    """Take the answer of the place of the same SIRET, FINESS or UAI; rows of which several places differ."""
    unsure: set[int] = set()
    for name, length in IDS.items():
        theirs = _code(raw.column(name), length)
        column = next((one for one in services.columns if plain(one) in (name, f"code_{name}", f"numero_{name}")), None)
        ours = _code(services[column] if column is not None else pd.Series(services.index, services.index), length)
        by_code = said[theirs.notna()].groupby(theirs[theirs.notna()]).agg(["nunique", "first"])
        for row, code in enumerate(ours):
            if code in by_code.index and pd.isna(found["match"].iloc[row]):
                if by_code.loc[code, "nunique"] > 1:
                    unsure.add(row)
                else:
                    found.iloc[row] = [by_code.loc[code, "first"], "identifier"]
    return unsure


def _code(values: pd.Series, length: int) -> pd.Series:
    """Codes of so many characters, zeros in front put back; missing where it is none."""
    text = as_text(values).str.replace(r"\s", "", regex=True).str.upper()
    padded = text.where(text.isna() | (text.str.len() >= length - 1), None).str.zfill(length)
    return padded.where(padded.fillna("").str.fullmatch(r"[0-9]{2}[0-9A-Z]*") & (padded.str.len() == length))


def _by_place(raw: RawTable, services: gpd.GeoDataFrame, said: pd.Series, found: pd.DataFrame) -> set[int]:
    """Take the answer of the one place of that name within reach, where none is taken; rows of which several fit."""
    lon, lat = (_numbers(raw, name) for name in ("longitude", "latitude"))
    points = np.asarray(gpd.points_from_xy(lon, lat))
    points[~np.isfinite(lon) | ~np.isfinite(lat) | ((lon == 0) & (lat == 0))] = None
    places = gpd.GeoDataFrame({"name": as_text(raw.column("name"))}, geometry=points, crs=4326)
    pairs = near_pairs(services, places.to_crs(services.crs), MATCH_METRES)
    unsure: set[int] = set()
    for left, group in pairs[pairs["alike"]].groupby("left"):
        row = int(str(left))
        if not pd.isna(found["match"].iloc[row]):
            continue
        ours = plain(services["name"].iloc[row])
        exact = [one for one in group["right"] if plain(places["name"].iloc[one]) == ours]
        answers = {said.iloc[one] for one in exact or group["right"]}
        if len(answers) > 1:
            unsure.add(row)
        else:
            found.iloc[row] = [answers.pop(), "place_and_name"]
    return unsure
