"""How sure the supply per person is: minutes, people, sites and capacities drawn together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.measures.decay import DecayFunction
from accessmap.measures.floating import two_step_fca
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import minutes_to, worlds_of
from accessmap.uncertainty.inputs import Assumptions
from accessmap.uncertainty.told import LEVEL
from accessmap.uncertainty.weighed import weighed


def supply_in_worlds(
    study: Study,
    category: str,
    *,
    decay: DecayFunction,
    assumed: Assumptions | None = None,
    n: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Return by commune the capacity that falls to a person, `now`, and its range, `low` to `high`.

    That of `accessmap.supply.two_step_fca` over the whole study, in worlds of `draw`: speeds, homes, population, sites
    closed or open too seldom; and capacities, of which each that is known has a factor of its own, and each that is
    not is that of another site of the category, drawn at random. Sites that no list has are not counted.

    Parameters
    ----------
    study
        Its first network is of roads; communes of its territory are told, people and sites around it count.
    category
        Of the sites, with a `capacity`.
    decay
        A function of minutes, such as ``accessmap.decay.binary(20)``.
    assumed, n, seed
        As in `draw`.

    Returns
    -------
    pandas.DataFrame
        By code: `name`, `now` (capacity for a person, the mean of those who live there; NaN where a site within reach
        says no capacity), `low` and `high`, that nine worlds in ten are within.

    Raises
    ------
    OptionError
        Where no site says its capacity.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> study = study.with_services(study.services.assign(capacity=2.0))
    >>> table = supply_in_worlds(study, "france_services", decay=am.decay.binary(20), n=20)
    >>> len(table), bool((table["low"] < table["high"]).all())
    (84, True)
    """
    assumed = assumed or Assumptions()
    whole = study.about(study.communes.index, title=study.title)
    sites = whole.sites(category)
    said = sites.get("capacity", pd.Series(np.nan, index=sites.index)).astype("float64")
    if said.isna().all():
        raise OptionError(Problem("uncertainty_no_capacity", where="category", value=category))
    asked = weighed(whole, {}, category=category, assumed=assumed)
    worlds = worlds_of(asked, assumed, n, seed)
    kept = np.flatnonzero(asked.sites["listed"].to_numpy())
    minutes, capacity = minutes_to(asked, worlds, 0, kept), worlds.capacities(said.reindex(asked.sites.index[kept]))
    weight = np.ones((len(asked.people), worlds.n))
    for first, end in zip(asked.starts[:-1], asked.starts[1:], strict=True):
        weight[first:end] = worlds.people(str(asked.commune[first]))
    columns, groups = asked.sites.index[kept], pd.Series(asked.commune)
    found = {}
    for world in range(worlds.n):
        people = pd.Series(asked.people * weight[:, world])
        times, offered = pd.DataFrame(minutes[:, :, world], columns=columns), pd.Series(capacity[:, world], columns)
        share = two_step_fca(times, offered.fillna(0.0), people, decay=decay)
        # As the study has it, a site within reach may say no capacity: what falls to a person is then not known.
        unknown = pd.Series((decay(times.to_numpy("float64")[:, offered.isna()]) > 0).any(axis=1))
        mean = (share * people).groupby(groups).sum() / people.groupby(groups).sum()
        found[world] = mean.mask((unknown & (people > 0)).groupby(groups).any())
    table = pd.DataFrame(found)
    ends = table.drop(columns=0).quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    codes = study.communes.index[study.communes["in_territory"]]
    told = {"name": study.communes["name"], "now": table[0], "low": ends.iloc[0], "high": ends.iloc[1]}
    return pd.DataFrame({name: values.reindex(codes) for name, values in told.items()}).rename_axis("commune")
