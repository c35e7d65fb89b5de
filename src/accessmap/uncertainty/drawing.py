"""The minutes of every plan in every world, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.study.study import Study
from accessmap.tables.cutoffs import is_within
from accessmap.uncertainty.counted import Counted
from accessmap.uncertainty.inputs import Assumptions
from accessmap.uncertainty.weighed import Plans, Ways, Weighed, weighed
from accessmap.uncertainty.worlds import Drawn, Open, Single, Worlds
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

Floats = npt.NDArray[np.float64]
BLOCK: Final = 6_000_000  # minutes looked at together
NEAREST: Final = 8  # sites of a plan that each resident may go to: the next are passed by all of these in no world


@dataclass(frozen=True, eq=False)
class Figures:
    """What plans come to, worlds × plans.

    Parameters
    ----------
    people, reached
        People in all, and those who reach a site.
    minutes
        Person-minutes of those who reach one.
    within
        People within the cutoff.
    by_commune
        Person-minutes and reached people, by commune: communes × 2 × worlds × plans.
    """

    people: Floats
    reached: Floats
    minutes: Floats
    within: Floats
    by_commune: Floats


def figures(asked: Weighed, worlds: Worlds, also: Counted | None = None) -> Figures:
    """Return what every plan comes to in every world; `also` is told the minutes as they are found, of today first."""
    communes, plans, n = len(asked.starts) - 1, len(asked.plans), worlds.n
    codes = [str(asked.commune[start]) for start in asked.starts[:-1]]
    there = worlds.sites(asked)
    homes, ends = worlds.places(codes), worlds.places(list(asked.sites["commune"]))
    classes = [worlds.classes(ways.classes) for ways in asked.ways]
    missing = asked.sites["missing"].to_numpy() > 0
    groups = [[plan for plan, of in enumerate(asked.of) if of == which] for which in range(len(asked.ways))]
    sets = [np.unique(asked.open[mine] & ~missing, axis=0) for mine in groups]
    sums = np.zeros((communes, 3, n, plans))
    total = np.zeros(n)
    for number, code in enumerate(codes):
        rows = slice(int(asked.starts[number]), int(asked.starts[number + 1]))
        moved = worlds.homes(code, rows.stop - rows.start)
        weight = worlds.people(code)
        total += asked.people[rows].sum() * weight
        for which, ways in enumerate(asked.ways):
            mine = groups[which]
            kept = _kept(ways.minutes[rows], sets[which], missing)
            pace = (homes[number] + ends[kept]) / 2
            step = max(1, BLOCK // max(1, len(kept) * n))
            for first in range(rows.start, rows.stop, step):
                some = slice(first, min(first + step, rows.stop))
                shift = None if moved is None else moved[first - rows.start : some.stop - rows.start]
                minutes = _minutes(ways, some, kept, classes[which], pace, shift)
                for plan, near in _nearest(minutes, asked.open[mine][:, kept], there[kept]):
                    _add(sums[number, :, :, mine[plan]], near, asked.people[some], asked.cutoff)
                    if also is not None:
                        also(mine[plan], near, asked.people[some], weight)
        sums[number] *= np.reshape(weight, (-1, 1))
    whole = sums.sum(axis=0)
    return Figures(np.repeat(total[:, None], plans, axis=1), whole[1], whole[0], whole[2], sums[:, :2])


def _kept(minutes: Single, sets: Open, missing: Open) -> npt.NDArray[np.intp]:
    """Return the sites that someone of a commune may go to: of some set among his nearest, or as near and missing."""
    kept = np.zeros(sets.shape[1], bool)
    for sites in map(np.flatnonzero, sets):
        if len(sites) <= NEAREST:
            kept[sites] = True
            reach = np.inf
        else:
            last = np.partition(minutes[:, sites], NEAREST - 1, axis=1)[:, NEAREST - 1 : NEAREST]
            kept[sites] |= (minutes[:, sites] <= last).any(axis=0)
            reach = float(last.max())
        kept |= missing & (minutes.min(axis=0) <= reach)
    return np.flatnonzero(kept)


def _minutes(
    ways: Ways, rows: slice, sites: npt.NDArray[np.intp], classes: Single, pace: Single, moved: Single | None
) -> Single:
    """Return minutes in every world, people × sites × worlds: as the study has them, and what is added."""
    parts = ways.parts[rows][:, sites]
    people, count, kinds = parts.shape
    added = (parts.reshape(-1, kinds) @ (classes - np.float32(1))).reshape(people, count, -1)
    added *= pace
    added += parts.sum(axis=2)[:, :, None] * (pace - np.float32(1))
    if moved is not None:
        added += np.matmul(ways.towards[rows][:, sites], moved)
    added += ways.minutes[rows][:, sites][:, :, None]
    return np.maximum(added, np.float32(0), out=added)


def _nearest(minutes: Single, open_: Open, there: Open):  # type: ignore[no-untyped-def]
    """Yield for each plan its number and the minutes to the nearest site that is open and there, people × worlds."""
    gone = ~there.all(axis=1)
    minutes[:, gone] += np.where(there[gone], np.float32(0), np.float32(np.inf))
    shared = open_.all(axis=0)
    none = np.full((len(minutes), minutes.shape[2]), np.inf, "float32")
    common = minutes[:, shared].min(axis=1) if shared.any() else none
    for plan, mask in enumerate(open_):
        own = np.flatnonzero(mask & ~shared)
        near = common
        for site in own:
            near = np.minimum(near, minutes[:, site])
        yield plan, near


def _add(sums: Floats, near: Single, people: Floats, cutoff: float) -> None:
    """Add person-minutes, people reached and people within the cutoff, each (worlds,)."""
    finite = np.isfinite(near)
    sums[1] += people @ finite if not finite.all() else people.sum()
    sums[0] += people @ np.where(finite, near, 0).astype("float64")
    sums[2] += people @ is_within(near, cutoff)


@dataclass(frozen=True, eq=False)
class Draws:
    """Plans in worlds drawn at random, the same worlds for all: what `ranges`, `regret` and the others are told from.

    Parameters
    ----------
    minutes
        Minutes a person, worlds × plans; who reaches no site counts for the longest way of all.
    mean, share
        Mean minutes of those who reach a site, and the share of people (0-1) within the cutoff; worlds × plans.
    d9, gain, lose
        Minutes that one in ten of those who reach a site goes beyond (to 0.1), and people who gain or lose a minute or
        more against today; worlds × plans.
    now
        The same six (rows) as the study has them, by plan: nothing is uncertain.
    asked, assumed, seed
        What is weighed, how uncertain it is, and the seed.
    communes
        Mean minutes of each commune, worlds × communes, by plan; NaN where nobody reaches a site.
    communes_now
        The same as the study has them, plans × communes.
    """

    minutes: pd.DataFrame
    mean: pd.DataFrame
    share: pd.DataFrame
    d9: pd.DataFrame
    gain: pd.DataFrame
    lose: pd.DataFrame
    now: pd.DataFrame
    asked: Weighed
    assumed: Assumptions
    seed: int
    communes: dict[str, pd.DataFrame]
    communes_now: pd.DataFrame

    @property
    def n(self) -> int:
        """How many worlds."""
        return len(self.minutes)

    @property
    def figures(self) -> dict[str, pd.DataFrame]:
        """What is told of plans with a range, by name."""
        return {name: getattr(self, name) for name in ("mean", "share", "d9", "gain", "lose")}

    def __repr__(self) -> str:
        plans = ", ".join(self.asked.plans)
        return f"<Draws: {self.n:,} worlds of {plans}; seed {self.seed}>"


def draw(
    study: Study,
    plans: Plans,
    *,
    category: str | None = None,
    cutoff: float | None = None,
    assumed: Assumptions | None = None,
    n: int = 1000,
    seed: int = 0,
    progress: bool = False,
) -> Draws:
    """Return what today and each plan come to in so many worlds, drawn at random and the same for all of them.

    Parameters
    ----------
    study
        Its first network is of roads; the people are those of its territory.
    plans
        Scenarios; or, by name, scenarios or tables of the sites that are open.
    category
        Of the sites; may be left out where the scenarios change one category.
    cutoff
        Minutes within which people are counted; that which a dossier quotes where not given.
    assumed
        How uncertain things are; as `assumptions` where not given.
    n
        How many worlds.
    seed
        The same seed gives the same worlds, whatever the plans.
    progress
        Show a progress bar on standard error, or in the notebook.

    Raises
    ------
    ScenarioError, OptionError
        Where a plan cannot be applied, the first network is a timetable, or nobody lives in the territory.

    Notes
    -----
    Speeds change the minutes along the ways of today: nobody takes another way because one class of road is slower.
    `rerouted` says what that is worth, by routing some worlds anew.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> draws = draw(study, plan, n=100)
    >>> draws.minutes.shape, bool((draws.minutes["Coucy"] <= draws.minutes["baseline"]).all())
    ((100, 2), True)
    """
    assumed = assumed or Assumptions()
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise OptionError(Problem("uncertainty_n", where="n", value=n))
    with progress_bar(Note("progress_uncertainty"), shown=progress):
        asked = weighed(study, plans, category=category, cutoff=cutoff, assumed=assumed)
        if not asked.people.sum() > 0:
            raise OptionError(Problem("uncertainty_nobody", where="study"))
        return drawn(asked, assumed, n, seed)


def drawn(asked: Weighed, assumed: Assumptions, n: int, seed: int, also: Counted | None = None) -> Draws:
    """Return the plans that are weighed in so many worlds; see `figures` for `also`, to whom the study is world 0."""
    counted = also or Counted(len(asked.plans), n + 1)
    found = figures(asked, worlds_of(asked, assumed, int(n), seed), counted)
    index, plans = pd.RangeIndex(n, name="world"), pd.Index(asked.plans, name="plan")
    told = [*_told(found, asked.far), counted.last_tenth, counted.gain, counted.lose]
    frames = [pd.DataFrame(each[1:], index, plans) for each in told]
    now = pd.DataFrame(np.array([each[0] for each in told]), ["minutes", "mean", "share", "d9", "gain", "lose"], plans)
    codes = pd.Index(asked.commune[asked.starts[:-1]].astype(object), name="commune")
    whole, reached = found.by_commune[:, 0], found.by_commune[:, 1]
    level = np.divide(whole, reached, out=np.full(whole.shape, np.nan), where=reached > 0)
    communes = {plan: pd.DataFrame(level[:, 1:, at].T, index, codes) for at, plan in enumerate(plans)}
    communes_now = pd.DataFrame(level[:, 0].T, plans, codes)
    minutes, mean, share, d9, gain, lose = frames
    return Draws(minutes, mean, share, d9, gain, lose, now, asked, assumed, seed, communes, communes_now)


def worlds_of(asked: Weighed, assumed: Assumptions, n: int, seed: int) -> Drawn:
    """Return the world of the study, and so many drawn for it."""
    return Drawn(assumed, n, seed, asked.side, dict(asked.years))


def minutes_in(asked: Weighed, worlds: Worlds) -> Floats:
    """Return minutes a person, worlds × plans."""
    return _told(figures(asked, worlds), asked.far)[0]


def _told(found: Figures, far: float) -> list[Floats]:
    """Return minutes a person, mean minutes of those reached, and share within the cutoff; worlds × plans."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = found.minutes / found.reached
    return [(found.minutes + far * (found.people - found.reached)) / found.people, mean, found.within / found.people]


def times_in_worlds(
    study: Study,
    sites: gpd.GeoDataFrame,
    *,
    category: str,
    assumed: Assumptions | None = None,
    n: int = 20,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return the minutes of the territory's residents to these sites, as the study has them and in so many worlds.

    Parameters
    ----------
    study
        Its first network is of roads.
    sites
        Those of today and the candidates, by id, with a `name`.
    category
        Of the sites: those of the study that are in it may be closed in a world, and reach nobody there (NaN).
    assumed, n, seed
        As in `draw`, whose worlds these are.

    Returns
    -------
    dict
        "now", then "world 0", "world 1" …: residents × sites, as `robust_p_median` takes them.
    """
    assumed = assumed or Assumptions()
    asked = weighed(study, {"all": sites}, category=category, assumed=assumed)
    kept = np.flatnonzero(asked.open[1] & ~(asked.sites["missing"].to_numpy() > 0))
    found = minutes_to(asked, worlds_of(asked, assumed, n, seed), 1, kept)
    inside = study.residents.index[study.inside]
    order = np.argsort(study.residents["commune"][study.inside].to_numpy("str"), kind="stable")
    index, columns = inside[order], asked.sites.index[kept]
    names = ["now", *(f"world {number}" for number in range(n))]
    return {name: pd.DataFrame(found[:, :, at], index, columns) for at, name in enumerate(names)}


def minutes_to(asked: Weighed, worlds: Worlds, plan: int, kept: npt.NDArray[np.intp]) -> Single:
    """Return minutes of everyone to these sites, over the roads of a plan; NaN where a site is closed or not reached.

    People are in the order of their communes: people × sites × worlds.
    """
    there, ends = worlds.sites(asked)[kept], worlds.places(list(asked.sites["commune"]))[kept]
    ways = asked.ways[asked.of[plan]]
    classes = worlds.classes(ways.classes)
    codes = [str(asked.commune[start]) for start in asked.starts[:-1]]
    homes = worlds.places(codes)
    found = np.empty((len(asked.people), len(kept), worlds.n), "float32")
    for number, code in enumerate(codes):
        rows = slice(int(asked.starts[number]), int(asked.starts[number + 1]))
        moved = worlds.homes(code, rows.stop - rows.start)
        found[rows] = _minutes(ways, rows, kept, classes, (homes[number] + ends) / 2, moved)
    found[:, ~there] = np.nan
    found[np.isinf(found)] = np.nan
    return found
