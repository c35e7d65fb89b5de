"""Residents brought to the legal population of their communes: one population in all that is counted."""

import re
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.read.columns import Reading
from accessmap.read.placing import OUTSIDE_METRES
from accessmap.read.raw import plain
from accessmap.words.notes import SHOWN, Figure, Listed, Note, first_few

COUNTED: Final = "population_counted"
FINE: Final = 2.0**24
# Columns that hold people of an age, as Eurostat (Y_LT15, Y_1564), Filosofi (ind_0_3, ind_80p, ind_inc, ind_age1), the
# census (P21_POP0014, P21_F65P) and others ("moins de 15", "age_75_over") name them; without_car is ours.
AGES: Final = re.compile(
    r"y_?(lt|ge)?_?\d+|ind_(\d+(_\d+|p)?|inc|age\d+)|(p\d\d_)(pop|h|f)_?\d+p?|without_car"
    r"|(pop|h|f)_?(?!(19\d\d|20[0-3]\d)$)\d+(_\d+)?p?"
    r"|(?=.*\d)(.*_)?(ages?|aged|ans|years|moins_de|plus_de|over|under)(_.*)?"
)
# Of an age too, but no people.
NOT_PEOPLE: Final = re.compile(
    r"(.*_)?(mean|median|average|moyen(ne)?|mediane?|share|part|taux|rate|pct|percent)(_.*)?"
)


def calibrated(
    reading: Reading, residents: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, mairies: gpd.GeoSeries | None
) -> gpd.GeoDataFrame:
    """Return residents whose people add up to the legal population of each commune; what was done is noted.

    People, and people by age, are multiplied by legal ÷ counted, commune by commune. A commune where nobody is counted
    gets one point, at its mairie where it is known (`mairies`: points by code) and inside it otherwise. Where the legal
    population is not known (missing, or nobody where the file counts people) people stay as counted.
    """
    legal = communes["population"].astype("float64")
    counted = residents["population"].groupby(residents["commune"]).sum().reindex(communes.index, fill_value=0)
    unknown = (counted > 0) & ~(legal > 0)
    known = (counted > 0) & (legal > 0)
    factor = (legal / counted).where(known, 1.0)
    ages = [str(name) for name in residents if _of_an_age(residents, str(name))]
    by_row = residents["commune"].map(factor).to_numpy("float64")
    scaled = {name: residents[name] * by_row for name in ("population", *ages)}
    # In whole parts of 2⁻²⁴ people sums are exact in any order: what rounding leaves goes to the largest number, and a
    # commune adds up to its 518 people and not to 517.9999999999999.
    fine = (scaled["population"] * FINE).round() / FINE
    largest = residents["population"].groupby(residents["commune"]).idxmax()[known[known].index]
    fine[largest] += (legal - fine.groupby(residents["commune"]).sum())[largest.index].to_numpy()
    scaled["population"] = fine.where(residents["commune"].map(known), residents["population"])
    table = residents.assign(**{COUNTED: residents["population"], **scaled})
    table = table[[*table.columns.drop("geometry"), "geometry"]]
    if known.any():
        extremes = factor[known].sort_values()
        reading.note(
            "residents_calibrated",
            n=int(known.sum()),
            counted=Figure.of(counted[known].sum()),
            legal=Figure.of(legal[known].sum()),
            low=_extreme(extremes.iloc[:1], communes),
            high=_extreme(extremes.iloc[-1:], communes),
            columns=", ".join(("population", *ages)),
        )
    if unknown.any():
        reading.note(
            "residents_as_counted",
            n=int(unknown.sum()),
            people=Figure.of(counted[unknown].sum()),
            names=_named(communes[unknown]),
        )
    return _with_the_uncounted(reading, table, communes[(counted == 0) & (legal > 0)], mairies)


def calibrated_rule() -> Note:
    """Return how people were brought to the legal population, as a page prints it."""
    return Note("read_calibrated_rule")


def _extreme(factor: pd.Series, communes: gpd.GeoDataFrame) -> Note:
    return Note(
        "calibration_factor",
        factor=Figure.of(float(factor.iloc[0]), digits=2),
        name=str(communes["name"][factor.index[0]]),
    )


def _named(communes: gpd.GeoDataFrame) -> Note:
    return first_few([f"{name} ({code})" for code, name in communes["name"].items()], str)


def tell_more_than_people(reading: Reading, residents: gpd.GeoDataFrame) -> None:
    """Note the columns of an age that count more people than there are, by more than rounding."""
    for name in [str(each) for each in residents if _of_an_age(residents, str(each))]:
        over = np.flatnonzero((residents[name] > residents["population"] + 1).fillna(False))
        if len(over):
            pairs = residents.iloc[over][[name, "population"]].to_numpy("float64")
            both = [Note("both_values", first=f"{of_age:g}", second=f"{people:g}") for of_age, people in pairs[:SHOWN]]
            shown = [reading.valued(int(row), each) for row, each in zip(over, both, strict=False)]
            rows = Listed.of(shown, more=len(over) - len(shown))
            reading.note("age_over_population", n=len(over), column=repr(name), rows=rows)


def _of_an_age(residents: gpd.GeoDataFrame, name: str) -> bool:
    """Return whether a column holds how many people are of an age."""
    values, word = residents[name], plain(name)
    if not AGES.fullmatch(word) or NOT_PEOPLE.fullmatch(word):
        return False
    return bool(pd.api.types.is_numeric_dtype(values)) and not pd.api.types.is_bool_dtype(values)


def _with_the_uncounted(
    reading: Reading, residents: gpd.GeoDataFrame, uncounted: gpd.GeoDataFrame, mairies: gpd.GeoSeries | None
) -> gpd.GeoDataFrame:
    """Return residents with one point for each of these communes, in which the file counts nobody."""
    if uncounted.empty:
        return residents
    inside = uncounted.representative_point()
    points = pd.Series(np.nan if mairies is None else mairies.reindex(uncounted.index), uncounted.index, dtype=object)
    points = points.where(points.notna(), None)
    metres = shapely.distance(points.to_numpy(), uncounted.geometry.to_numpy())
    at_mairie = metres <= OUTSIDE_METRES  # further away it is badly placed; NaN where it is not known
    where = np.where(at_mairie, points.to_numpy(), inside.to_numpy())
    people = uncounted["population"].astype("float64")
    for key, chosen in (("residents_at_mairie", at_mairie), ("residents_in_the_middle", ~at_mairie)):
        if chosen.any():
            told = {"people": Figure.of(people[chosen].sum()), "names": _named(uncounted[chosen])}
            reading.note(key, n=int(chosen.sum()), **told)
    ids = [_free(f"{code}-0", residents.index) for code in uncounted.index]
    columns = {"commune": uncounted.index, "population": people.to_numpy(), COUNTED: 0}
    if "imputed" in residents:
        columns["imputed"] = False
    added = gpd.GeoDataFrame(columns, index=pd.Index(ids, name=residents.index.name), geometry=where, crs=residents.crs)
    return gpd.GeoDataFrame(pd.concat([residents, added]), geometry="geometry", crs=residents.crs)


def _free(name: str, taken: pd.Index) -> str:
    while name in taken:
        name += "'"
    return name
