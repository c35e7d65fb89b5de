"""Which assumption flips the choice, and at what value: one thing at a time, without chance, routed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
import pandas as pd

from accessmap.roads.by_class import LEGS, UNCLASSED
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import Draws
from accessmap.uncertainty.rerouting import means_of, people_of, the_network
from accessmap.uncertainty.told import ALIKE, chosen_of, plans_among

LONGEST: Final = 3.0  # times the minutes; a third of them is looked at too
STEPS: Final = 3  # from 1 to either end, before the first that flips is narrowed
NARROW: Final = 0.005  # of a factor
SPREADS: Final = 1.645  # of a normal from its middle: one in twenty is beyond, on either side


def tornado(draws: Draws, study: Study, *, among: Iterable[str] | None = None) -> pd.DataFrame:
    """Return what each assumption does to the lead of the best plan, and where another becomes the best.

    One assumption at a time is other than the study has it: the speed of each class of road, of all, of the joining
    legs, and each listed site, which may be closed. All else is as it is, and everyone takes what is then the quickest
    way.

    Parameters
    ----------
    draws, among
        As in `regret`: the plans and how uncertain speeds are; the worlds are not looked at.
    study
        The study that was drawn from.

    Returns
    -------
    pandas.DataFrame
        By (input, name), the widest first: `low` and `high`, the factors on minutes that one case in twenty is below
        and above; `lead` today and `at_low` and `at_high`, minutes a person by which the best plan of today is ahead of
        the next there; for a site, `at_high` is where it is closed. `flips`, the factor on minutes nearest to 1 at
        which another plan is the best (NaN where none from a third to thrice is; for a site 1 where closing it does),
        `other`, that plan, and for roads `kmh`, how they are driven today, and `kmh_flips`.

    Raises
    ------
    OptionError
        Where one of these plans changes the roads.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plans = [am.Scenario(name).open("france_services", commune=name) for name in ("Tergnier", "Sinceny")]
    >>> table = tornado(am.uncertainty.draw(study, plans, n=2), study)
    >>> bool((table["lead"] > 0).all()), bool(table.loc["site"]["at_low"].isna().all())
    (True, True)
    """
    asked, plans = draws.asked, plans_among(draws, among)
    chosen = chosen_of(draws, plans)
    at = [asked.plans.index(plan) for plan in plans]
    ours = plans.index(chosen)
    network, homes = the_network(asked, study, plans), people_of(study).geometry
    there = asked.sites["missing"].to_numpy() == 0

    def leads(roads: RoadNetwork, gone: np.ndarray | None = None) -> tuple[float, str]:
        """Return by how much today's best plan is ahead, and which is the best."""
        minutes = minutes_over(roads)
        means = means_of(asked, minutes, there if gone is None else there & ~gone)[at]
        others = np.delete(means, ours)
        return float(others.min(initial=np.inf) - means[ours]), plans[int(means.argmin())]

    def minutes_over(roads: RoadNetwork) -> np.ndarray:
        if roads is network:
            return base
        return routed(roads)

    # Places of sites that may be missing, and of plans that are not compared, are on no way here.
    used = there & asked.open[at].any(axis=0)
    trips = network.trips(homes, asked.sites.geometry[used])

    def routed(roads: RoadNetwork) -> np.ndarray:
        minutes = np.full((len(homes), len(used)), np.nan, "float32")
        minutes[:, used] = roads.trips_again(trips).minutes()
        return minutes

    base = routed(network)
    now, _ = leads(network)
    ways, rows = asked.ways[0], {}
    spreads = draws.assumed
    for name in ["", *ways.classes]:
        spread = spreads.of("legs") if name == LEGS else spreads.by_class(name) if name else spreads.of("network")

        def lead_at(factor: float, name: str = name) -> tuple[float, str]:
            return leads(_slower(network, name, factor))

        ends = [float(np.exp(sign * SPREADS * spread)) for sign in (-1, 1)]
        low, high = (lead_at(end)[0] if spread else now for end in ends)
        factor, other = _flip(lead_at)
        kmh = float(ways.kmh[ways.classes.index(name)]) if name else float("nan")
        kind = "legs" if name == LEGS else "road_class" if name else "network"
        rows[kind, name] = (*ends, now, low, high, factor, other, kmh, kmh / factor)
    for site in asked.sites.index[asked.sites["listed"]]:
        lead, best = leads(network, np.asarray(asked.sites.index == site))
        flips = lead < -ALIKE
        shut = (1.0, best) if flips else (np.nan, "")
        rows["site", site] = (np.nan, np.nan, now, np.nan, lead, *shut, np.nan, np.nan)
    columns = ["low", "high", "lead", "at_low", "at_high", "flips", "other", "kmh", "kmh_flips"]
    index = pd.MultiIndex.from_tuples(rows, names=["input", "name"])
    table = pd.DataFrame(list(rows.values()), index, columns)
    wide = (table[["at_low", "at_high"]].sub(table["lead"], axis=0)).abs().max(axis=1)
    return table.loc[wide.sort_values(ascending=False, kind="stable").index]


def _slower(network: RoadNetwork, name: str, factor: float) -> RoadNetwork:
    """Return the roads with the minutes of one class, of all ("") or of the joining legs times a factor."""
    if name == LEGS:
        return network.with_legs(access_kmh=network.access_kmh / factor)
    minutes = network.edges["minutes"]
    if name:
        told = network.edges.get("road_class", pd.Series(UNCLASSED, minutes.index))
        minutes = minutes[told.astype("object").fillna(UNCLASSED).astype("str") == name]
    return network.with_minutes(minutes * factor)


def _flip(lead_at: Callable[[float], tuple[float, str]]) -> tuple[float, str]:
    """Return the factor nearest to 1 at which another plan leads, and that plan; NaN and "" where none does."""
    step, kept = LONGEST ** (1 / STEPS), {-1: 1.0, 1: 1.0}
    for number in range(1, STEPS + 1):
        found = []
        for sign in (1, -1):
            factor = step ** (sign * number)
            lead, other = lead_at(factor)
            if lead < -ALIKE:
                found.append(_narrowed(lead_at, kept[sign], factor, other))
            kept[sign] = factor
        if found:
            return min(found, key=lambda each: abs(np.log(each[0])))
    return float("nan"), ""


def _narrowed(
    lead_at: Callable[[float], tuple[float, str]], holds: float, flips: float, other: str
) -> tuple[float, str]:
    """Return the first factor between one that holds and one that flips, to half a percent, and the plan that leads."""
    while abs(flips / holds - 1) > NARROW:
        middle = float(np.sqrt(holds * flips))
        lead, best = lead_at(middle)
        if lead < -ALIKE:
            flips, other = middle, best
        else:
            holds = middle
    return flips, other
