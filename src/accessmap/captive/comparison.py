"""What the lack of a car costs: people left out within a cutoff, and minutes by commune."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from accessmap.alignment import people_of
from accessmap.captive.modes import Networks, against_car
from accessmap.captive.people import captive_people
from accessmap.study import Study

__all__ = ["mode_gap", "without_car"]


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
        As in `minutes_by_mode`.
    networks
        As there; the one named `car` is what the others are set against.
    captive
        People without a car by resident, from `captive_people`; the residents' own `without_car` where not given.
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
        As in `minutes_by_mode`, or where the car is not among the networks.
    TableError
        As in `captive_people`.

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
    none = captive_people(residents).to_numpy()[inside]
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


def mode_gap(
    study: Study, networks: Networks, *, category: str, people: pd.Series | None = None, car: str = "car"
) -> pd.DataFrame:
    """Return by commune of the territory the mean minutes in each mode beside the car's, and what lies between.

    Parameters
    ----------
    study, networks, category, car
        As in `without_car`.
    people
        Who counts, by resident, such as `captive_people`; everybody where not given.

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
    >>> table = mode_gap(study, {"car": study.network, "bike": by_bike}, category="france_services")
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
