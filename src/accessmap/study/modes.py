"""Without a car: the same tables on foot and by bike, and the people who have no other way.

Minutes by mode are those of one network a mode (``RoadNetwork.from_osm(path, mode="walk")``, or `modelled` for want of
roads). Who has no car is not in a census grid: residents carry it in `without_car` (people), or it is a share by
commune, such as that of the households without a car in INSEE's table. Tables are of the territory alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from accessmap.errors import StudyError, TableError
from accessmap.measures import minutes as by_minutes
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.tables.aligned import Floats, people_of
from accessmap.words.near import did_you_mean

__all__ = [
    "Networks",
    "against_car",
    "coverage",
    "gap",
    "minutes",
    "people_without_car",
    "without_car",
]

Networks = Mapping[str, RoadNetwork]


def minutes(study: Study, networks: Networks, *, category: str) -> pd.DataFrame:
    """Return minutes of every resident to the nearest site (rows) by mode (columns); NaN is not reached.

    Any measure of minutes takes it: `coverage`, `by_commune`, `imbalance.summary` of a column.

    Parameters
    ----------
    study
        Its residents and sites; its own network plays no part unless it is among those given.
    networks
        Name of a mode → its network, such as ``{"car": study.network, "walk": on_foot}``; the columns, in this order.
    category
        Of the sites.

    Raises
    ------
    StudyError
        Where no network is given, or the study has no site of the category.
    SnapError
        Where not one resident, or not one site, is near one of the networks.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="walk")
    >>> times = minutes(study, {"car": study.network, "walk": on_foot}, category="hospital")
    >>> bool((times["walk"] > times["car"]).all())
    True
    """
    if not networks:
        raise StudyError("minutes_by_mode: no network is given: name one a mode, such as {'car': study.network}.")
    sites = study.sites(category).geometry
    homes = study.residents.geometry
    found = {mode: network.nearest_minutes(homes, sites)[0][:, 0] for mode, network in networks.items()}
    return pd.DataFrame(found, index=study.residents.index).rename_axis(columns="mode")


def coverage(
    study: Study, networks: Networks, *, category: str, cutoffs: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return the people of the territory, and their share (0-1), within each cutoff of a site, by mode.

    Parameters
    ----------
    study, networks, category
        As in `minutes`.
    cutoffs
        Minutes; `study.thresholds` where not given.

    Returns
    -------
    DataFrame
        By (mode, cutoff): `people`, `share`. Who reaches nothing is in the denominator.

    Raises
    ------
    StudyError, SnapError
        As in `minutes`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> table = coverage(study, {"car": study.network}, category="hospital", cutoffs=[30])
    >>> table.loc[("car", 30)].round(2).to_dict()
    {'people': 70550.0, 'share': 1.0}
    """
    inside = study.territory
    times = minutes(study, networks, category=category)[inside]
    people = study.residents.loc[inside, "population"].astype("float64")
    shares = by_minutes.coverage(times, people, study.thresholds if cutoffs is None else cutoffs)
    share = pd.concat({mode: shares[mode] for mode in shares}, names=["mode", "cutoff"])
    return pd.DataFrame({"people": share * people.sum(), "share": share})


def against_car(study: Study, networks: Networks, category: str, car: str) -> tuple[Floats, dict[str, Floats]]:
    """Return the minutes by car, and those of every other mode."""
    if car not in networks or len(networks) < 2:
        raise StudyError(
            f"without a car: the networks are {', '.join(map(repr, networks)) or 'none'}: give that of {car!r}, to "
            f"compare with, and at least one other{did_you_mean(car, networks) if car not in networks else ''}."
        )
    times = minutes(study, networks, category=category)
    return times[car].to_numpy(), {mode: times[mode].to_numpy() for mode in networks if mode != car}


def without_car(
    study: Study,
    networks: Networks,
    *,
    category: str,
    captive: pd.Series | None = None,
    cutoffs: Sequence[float] | None = None,
    car: str = "car",
) -> pd.DataFrame:
    """Return how many of the territory's people without a car have a site within each cutoff, and who is left out.

    Parameters
    ----------
    study, category
        As in `minutes`.
    networks
        As there; the one named `car` is what the others are set against.
    captive
        People without a car by resident, from `people_without_car`; the residents' own `without_car` where not given.
    cutoffs
        Minutes; `study.thresholds` where not given.
    car
        Name of the car among the networks.

    Returns
    -------
    DataFrame
        By (mode, cutoff), every mode but the car; people of the territory:

        - `captive`, without a car; `others`, all the rest: together everyone;
        - `within`, the captive with a site within the cutoff in this mode, and `share` of the captive (0-1);
        - `left_out`, the captive who have none, though a car would have one within the same minutes, and
          `left_out_share`;
        - `others_share`, share of the others with a site within the cutoff by car.

        Shares of nobody are NaN.

    Raises
    ------
    StudyError
        As in `minutes`, or where the car is not among the networks.
    TableError
        As in `people_without_car`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="walk")
    >>> some = study.residents["population"] * 0.2
    >>> table = without_car(
    ...     study, {"car": study.network, "walk": on_foot}, category="france_services", captive=some, cutoffs=[30])
    >>> bool(table.loc[("walk", 30), "left_out_share"] > 0.5)
    True
    """
    by_car, others = against_car(study, networks, category, car)
    inside = study.territory.to_numpy()
    residents = study.residents if captive is None else study.residents.assign(without_car=_aligned(captive, study))
    none = people_without_car(residents).to_numpy()[inside]
    rest = study.residents["population"].to_numpy(dtype=np.float64)[inside] - none
    rows = {}
    for mode in others:
        for cutoff in study.thresholds if cutoffs is None else cutoffs:
            near, near_by_car = others[mode][inside] <= cutoff, by_car[inside] <= cutoff
            left_out = none[~near & near_by_car].sum()
            rows[mode, cutoff] = {
                "captive": none.sum(),
                "others": rest.sum(),
                "within": none[near].sum(),
                "share": _share(none[near].sum(), none.sum()),
                "left_out": left_out,
                "left_out_share": _share(left_out, none.sum()),
                "others_share": _share(rest[near_by_car].sum(), rest.sum()),
            }
    return pd.DataFrame(rows).T.rename_axis(["mode", "cutoff"])


def gap(
    study: Study, networks: Networks, *, category: str, people: pd.Series | None = None, car: str = "car"
) -> pd.DataFrame:
    """Return by commune of the territory the mean minutes in each mode beside the car's, and what lies between.

    Parameters
    ----------
    study, networks, category, car
        As in `without_car`.
    people
        Who counts, by resident, such as `people_without_car`; everybody where not given.

    Returns
    -------
    DataFrame
        By (mode, commune), every mode but the car: mean `minutes` in this mode and `car_minutes`, both over the people
        who reach a site either way (NaN where nobody does), and `gap` between them; `people` who count, and
        `unreached_people`, those of them who do not reach a site either way.

    Raises
    ------
    StudyError
        As in `without_car`.
    TableError
        Where residents differ.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> by_bike = am.RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="bike")
    >>> table = gap(study, {"car": study.network, "bike": by_bike}, category="france_services")
    >>> len(table), bool((table["gap"] > 0).all())
    (84, True)
    """
    by_car, others = against_car(study, networks, category, car)
    inside = study.territory.to_numpy()
    weights = study.residents["population"] if people is None else _aligned(people, study)
    counted = people_of(weights, study.residents.index, "people")[inside]
    home = pd.Index(study.residents["commune"].to_numpy(dtype=object)[inside], name="commune")
    tables = {}
    for mode in others:
        here, driven = (minutes[inside].astype(np.float64) for minutes in (others[mode], by_car))
        both = ~np.isnan(here) & ~np.isnan(driven)
        reached = np.where(both, counted, 0.0)
        parts = {"people": counted, "reached": reached, "minutes": reached * np.where(both, here, 0.0)}
        parts["car_minutes"] = reached * np.where(both, driven, 0.0)
        sums = pd.DataFrame(parts, index=home).groupby(level=0).sum()
        means = sums[["minutes", "car_minutes"]].div(sums["reached"].where(sums["reached"] > 0), axis=0)
        means["gap"] = means["minutes"] - means["car_minutes"]
        tables[mode] = means.assign(people=sums["people"], unreached_people=sums["people"] - sums["reached"])
    return pd.concat(tables, names=["mode", "commune"])


def _aligned(people: pd.Series, study: Study) -> pd.Series:
    index = study.residents.index
    return pd.Series(people_of(people, index, "people without a car"), index=index)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def people_without_car(residents: pd.DataFrame, *, shares: pd.Series | None = None) -> pd.Series:
    """Return the people without a car, by resident.

    Parameters
    ----------
    residents
        With `population`, and `without_car` (people, at most as many) or, for `shares`, `commune`.
    shares
        By commune, the share (0-1) of people without a car, given to every resident of the commune instead of
        `without_car`.

    Raises
    ------
    TableError
        Where nobody says how many people have no car, a commune with people has no share, or a value cannot be.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173", "02304"], "population": [200, 50]}, index=["r1", "r2"])
    >>> people_without_car(residents, shares=pd.Series({"02173": 0.25, "02304": 0.1})).to_dict()
    {'r1': 50.0, 'r2': 5.0}
    """
    people = people_of(residents["population"], residents.index)
    if shares is not None:
        captive = people * _shares_of(residents, people, shares)
    elif "without_car" in residents:
        captive = people_of(residents["without_car"], residents.index, "without_car")
    else:
        remedy = "add it, or give shares by commune, such as read_households_without_car of INSEE's base-cc-logement"
        raise TableError(f"There is no column 'without_car' (people without a car): {remedy}.", about="residents")
    too_many = captive > people * (1 + 1e-9)
    if too_many.any():
        first = residents.index[too_many][0]
        raise TableError(
            f"More people without a car than people in {int(too_many.sum())} rows, such as {first!r}.",
            about="without_car",
        )
    return pd.Series(captive, index=residents.index, name="without_car")


def _shares_of(residents: pd.DataFrame, people: Floats, shares: pd.Series) -> Floats:
    """Return the share of each resident's commune; where nobody lives, 0."""
    share = residents["commune"].map(shares).to_numpy(dtype=np.float64)
    unknown = np.isnan(share) & (people > 0)
    problems = []
    if unknown.any():
        missing = residents["commune"].to_numpy(dtype=object)[unknown]
        hint = did_you_mean(missing[0], shares.index)
        problems.append(f"No share for {len(set(missing))} communes where people live, such as {missing[0]!r}{hint}.")
    out = (share < 0) | (share > 1)
    if out.any():
        problems.append(f"Shares are between 0 and 1, but {residents['commune'].iloc[int(out.argmax())]!r} is not.")
    if problems:
        raise TableError(*problems, about="shares")
    return np.asarray(np.nan_to_num(share))
