"""Without a car: the same tables on foot and by bike, and the people who have no other way.

Minutes by mode are those of the networks of a study, ``Study(…, networks={"car": …, "walk": …})``, each from
``RoadNetwork.from_osm(path, mode="walk")``, or `modelled` for want of roads. Who has no car is not in a census grid:
residents carry it in `without_car` (people), or it is a share by commune, such as that of the households without a car
in INSEE's table. Tables are of the territory alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Problem, Problems, StudyError, TableError
from accessmap.measures import minutes as by_minutes
from accessmap.study.study import Study
from accessmap.tables.aligned import Floats, people_of
from accessmap.tables.cutoffs import cutoffs_of, is_within
from accessmap.words.near import near_names
from accessmap.words.notes import first_few

__all__ = ["coverage", "gap", "minutes", "minutes_by_car", "people_by_car", "people_without_car", "without_car"]


#: Who has a car, and who has none.
CAR: Final = "car"
WITHOUT: Final = "without_car"


def minutes(study: Study, *, category: str | Iterable[str]) -> pd.DataFrame:
    """Return minutes of every resident to the nearest site (rows) by mode (columns); NaN is not reached.

    Any measure of minutes takes it: `coverage`, `by_commune`, `imbalance.summary` of a column. The minutes of a column
    are those of ``study.nearest(category, mode=…)``, without the matrix of all pairs.

    Parameters
    ----------
    study
        Its residents, sites and networks; the modes are the columns, in the order of `Study.networks`.
    category
        Of the sites: one or several.

    Raises
    ------
    StudyError
        Where the study has no site of the category.
    SnapError
        Where not one resident is near one of the networks.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.mairies, mode="walk")
    >>> both = am.Study(study.communes, study.residents, study.services, {"car": study.network, "walk": on_foot})
    >>> times = minutes(both, category="hospital")
    >>> bool((times["walk"] > times["car"]).all())
    True
    """
    places = study.sites(category).geometry
    found = {mode: study.trips(mode).to(places).nearest(1)[0][:, 0] for mode in study.networks}
    return pd.DataFrame(found, index=study.residents.index).rename_axis(columns="mode")


def coverage(
    study: Study, *, category: str | Iterable[str], cutoffs: float | Iterable[float] | None = None
) -> pd.DataFrame:
    """Return the people of the territory, and their share (0-1), within each cutoff of a site, by mode.

    Parameters
    ----------
    study, category
        As in `minutes`.
    cutoffs
        Minutes, one or several; `study.thresholds` where not given.

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
    >>> table = coverage(am.load_sample(), category="hospital", cutoffs=30)
    >>> table.loc[("car", 30)].round(2).to_dict()
    {'people': 70550.0, 'share': 1.0}
    """
    people = study.people.astype("float64")
    times = minutes(study, category=category)[study.inside]
    shares = by_minutes.coverage(times, people, study.thresholds if cutoffs is None else cutoffs)
    share = pd.concat({mode: shares[mode] for mode in shares}, names=["mode", "cutoff"])
    return pd.DataFrame({"people": share * people.sum(), "share": share})


def minutes_by_car(study: Study, services: str | Iterable[str] | gpd.GeoDataFrame, *, car: str = "car") -> pd.DataFrame:
    """Return minutes to sites of those who have a car, by car, and of those who have none, by the best other mode.

    With `people_by_car` it is what `accessmap.siting` asks of: minutes by resident and who, and how many they are.

    Parameters
    ----------
    study
        Its residents and networks, the car and another at least.
    services
        As in `Study.minutes`.
    car
        Name of the car among the networks.

    Returns
    -------
    DataFrame
        By (resident, who), who being "car" and then "without_car", of every resident: minutes to each site, float32;
        NaN is not reached.

    Raises
    ------
    StudyError, SnapError
        As in `minutes`, or where the car is not among the networks, or alone.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.mairies, mode="walk")
    >>> people = study.residents.assign(without_car=study.residents["population"] * 0.2)
    >>> both = am.Study(study.communes, people, study.services, {"car": study.network, "walk": on_foot})
    >>> times, counted = minutes_by_car(both, "hospital"), people_by_car(both)
    >>> float(counted.sum()) == float(study.residents["population"].sum()), times.shape
    (True, (14752, 7))
    """
    others = _others(study, car)
    found = {mode: study.minutes(services, mode=mode) for mode in (car, *others)}
    best = np.fmin.reduce([found[mode].to_numpy() for mode in others])
    by_car = found[car]
    minutes = np.concatenate([by_car.to_numpy(), best])
    return pd.DataFrame(minutes, index=_who(study), columns=by_car.columns)


def people_by_car(study: Study) -> pd.Series:
    """Return the people who have a car and those who have none, by (resident, who), as `minutes_by_car` has them.

    Raises
    ------
    TableError
        As in `people_without_car`.
    """
    none = people_without_car(study.residents)
    have = (study.residents["population"].astype("float64") - none).clip(lower=0.0)
    return pd.Series(np.concatenate([have, none]), index=_who(study), name="people")


def _who(study: Study) -> pd.MultiIndex:
    """Return every resident with a car, then every resident without."""
    ids = study.residents.index
    who = np.repeat([CAR, WITHOUT], len(ids))
    return pd.MultiIndex.from_arrays([ids.append(ids), who], names=[ids.name or "resident_id", "who"])


def _others(study: Study, car: str) -> list[str]:
    """Return the modes but the car; StudyError where it is not among them, or alone."""
    known = study.networks
    if car not in known or len(known) < 2:
        near = () if car in known else near_names(car, known)
        raise StudyError(Problem("modes_car_and_another", value=car, near=near, modes=first_few(list(known))))
    return [mode for mode in known if mode != car]


def _against_car(study: Study, category: str | Iterable[str], car: str) -> tuple[Floats, dict[str, Floats]]:
    """Return the territory's minutes by car, and those in every other mode."""
    others = _others(study, car)
    times = minutes(study, category=category)[study.inside]
    return times[car].to_numpy(), {mode: times[mode].to_numpy() for mode in others}


def without_car(
    study: Study,
    *,
    category: str | Iterable[str],
    people: pd.Series | None = None,
    cutoffs: Iterable[float] | None = None,
    car: str = "car",
) -> pd.DataFrame:
    """Return how many of the territory's people without a car have a site within each cutoff, and who is left out.

    Parameters
    ----------
    study, category
        As in `minutes`; the network named `car` is what the others are set against.
    people
        People without a car by resident, from `people_without_car`; the residents' own `without_car` where not given.
    cutoffs
        Minutes; `study.thresholds` where not given.
    car
        Name of the car among the networks.

    Returns
    -------
    DataFrame
        By (mode, cutoff), every mode but the car; people of the territory:

        - `without_car`, who have none; `others`, all the rest: together everyone;
        - `within`, those without a car who have a site within the cutoff in this mode, and `share` of them (0-1);
        - `left_out`, those who have none, though a car would have one within the same minutes, and `left_out_share`;
        - `others_share`, share of the others with a site within the cutoff by car.

        Shares of nobody are NaN.

    Raises
    ------
    StudyError
        As in `minutes`, or where the car is not among the networks, or alone.
    TableError
        As in `people_without_car`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.mairies, mode="walk")
    >>> people = study.residents.assign(without_car=study.residents["population"] * 0.2)
    >>> both = am.Study(study.communes, people, study.services, {"car": study.network, "walk": on_foot})
    >>> bool(without_car(both, category="france_services").loc[("walk", 30), "left_out_share"] > 0.5)
    True
    """
    by_car, others = _against_car(study, category, car)
    inside = study.inside.to_numpy()
    residents = study.residents if people is None else study.residents.assign(without_car=_aligned(people, study))
    none = people_without_car(residents).to_numpy()[inside]
    rest = study.people.to_numpy(dtype=np.float64) - none
    rows = {}
    for mode in others:
        for cutoff in cutoffs_of(study.thresholds if cutoffs is None else cutoffs):
            near, near_by_car = is_within(others[mode], cutoff), is_within(by_car, cutoff)
            left_out = none[~near & near_by_car].sum()
            rows[mode, cutoff] = {
                "without_car": none.sum(),
                "others": rest.sum(),
                "within": none[near].sum(),
                "share": _share(none[near].sum(), none.sum()),
                "left_out": left_out,
                "left_out_share": _share(left_out, none.sum()),
                "others_share": _share(rest[near_by_car].sum(), rest.sum()),
            }
    return pd.DataFrame(rows).T.rename_axis(["mode", "cutoff"])


def gap(
    study: Study, *, category: str | Iterable[str], people: pd.Series | None = None, car: str = "car"
) -> pd.DataFrame:
    """Return by commune of the territory the mean minutes in each mode beside the car's, and what lies between.

    Parameters
    ----------
    study, category, car
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
    >>> by_bike = am.RoadNetwork.modelled(study.communes, study.mairies, mode="bike")
    >>> both = am.Study(study.communes, study.residents, study.services, {"car": study.network, "bike": by_bike})
    >>> table = gap(both, category="france_services")
    >>> len(table), bool((table["gap"] > 0).all())
    (84, True)
    """
    driven, others = _against_car(study, category, car)
    inside = study.inside.to_numpy()
    weights = study.residents["population"] if people is None else _aligned(people, study)
    counted = people_of(weights, study.residents.index, "people")[inside]
    home = pd.Index(study.residents["commune"].to_numpy(dtype=object)[inside], name="commune")
    driven = driven.astype(np.float64)
    tables = {}
    for mode, here in others.items():
        here = here.astype(np.float64)
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
        without = people * _shares_of(residents, people, shares)
    elif "without_car" in residents:
        without = people_of(residents["without_car"], residents.index, "without_car")
    else:
        raise TableError(Problem("modes_no_column"), about="residents")
    too_many = without > people * (1 + 1e-9)
    if too_many.any():
        first = residents.index[too_many][0]
        raise TableError(Problem("modes_too_many", n=int(too_many.sum()), value=first), about="without_car")
    return pd.Series(without, index=residents.index, name="without_car")


def _shares_of(residents: pd.DataFrame, people: Floats, shares: pd.Series) -> Floats:
    """Return the share of each resident's commune; where nobody lives, 0."""
    share = residents["commune"].map(shares).to_numpy(dtype=np.float64)
    unknown = np.isnan(share) & (people > 0)
    problems = Problems()
    if unknown.any():
        missing = residents["commune"].to_numpy(dtype=object)[unknown]
        first = missing[0]
        problems.add("modes_no_share", n=len(set(missing)), value=first, near=near_names(first, shares.index))
    out = (share < 0) | (share > 1)
    if out.any():
        problems.add("modes_share_range", value=residents["commune"].iloc[int(out.argmax())])
    problems.raise_if_any(TableError, "shares")
    return np.asarray(np.nan_to_num(share))
