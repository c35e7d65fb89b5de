"""Sites that stay good whatever comes: least regret, expected or largest, over worlds or named scenarios; exact."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from accessmap.errors import OptionError, Problem, SitingError
from accessmap.siting.median import p_median
from accessmap.siting.question import Choice, Question, listed, question
from accessmap.siting.solver.explain import out_of_time
from accessmap.siting.solver.minutes import MeanMinutes
from accessmap.siting.solver.program import TOLERANCE, Open, Outcome, Program
from accessmap.tables.aligned import Floats
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

_READING: Final = 0.1  # seconds after the time limit in which small tables are still read
_SCALE: Final = 1000.0  # of the solver's objective, for each minute of the longest way


@dataclass(frozen=True, eq=False)
class RobustSiting:
    """Sites chosen against regret, what that is worth in each world, and how far it is proven.

    Parameters
    ----------
    sites
        Ids, the existing ones included, in the order of the tables.
    against
        "expected" or "largest" regret.
    regret
        Minutes a person: what was made smallest. Where the time limit was met it is what the regret is at most.
    bound
        No choice has less; `gap` is by how much the choice may still be beaten, minutes a person.
    status
        "optimal" or "time limit".
    worlds
        By world: `best` (minutes a person of the best sites of that world alone; where the time limit was met, what no
        sites can beat), `minutes` of the chosen ones, and `regret`, the difference.
    price
        Of robustness: minutes a person by which the choice is farther than the best, in the first world.
    """

    sites: tuple[str, ...]
    against: str
    regret: float
    bound: float
    status: str
    worlds: pd.DataFrame
    price: float

    @property
    def gap(self) -> float:
        """Minutes a person by which another choice may still be better."""
        return max(0.0, self.regret - self.bound)


def robust_p_median(
    times: Mapping[str, pd.DataFrame],
    demand: pd.Series | Mapping[str, pd.Series],
    p: int,
    *,
    against: Literal["expected", "largest"] = "largest",
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 60.0,
    progress: bool = False,
) -> RobustSiting:
    """Return the p sites with the least regret over all worlds, expected or largest; exact for these worlds.

    Regret is by how many minutes a person the sites are farther than the best p sites of that world alone. Worlds are
    equally likely.

    Parameters
    ----------
    times
        By world, residents × candidate sites in minutes, of the same residents and sites; NaN where not reached: a site
        that is closed in a world reaches nobody there. The first is how it usually is: the `price` is told in it. They
        may be drawn (`times_in_worlds`) or named: a bridge that is closed, another price of fuel, a school that moves.
    demand
        People by resident; or the same by world.
    p
        Open sites in all, the existing ones included.
    against
        "largest" regret (minimax), or "expected".
    existing, forbidden
        Ids of sites that are open and stay so, and of candidates that may not be chosen.
    time_limit
        Seconds after which the best choice found is returned with its gap.
    progress
        Show a progress bar on standard error, or in the notebook.

    Raises
    ------
    TableError, SitingError, OptionError
        If a table breaks its contract, worlds differ in residents or sites, or there is no such choice.

    Notes
    -----
    Who reaches no open site of a world counts for its longest way of all. The expected regret is a p-median of the
    residents of all worlds together; the largest one has the rows of each world's p-median under one bound (minimax
    regret: Kouvelis & Yu 1997, Robust Discrete Optimization and Its Applications).

    Examples
    --------
    >>> usual = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0], "c": [4.0, 6]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 11, "r2": 10})
    >>> found = robust_p_median({"usual": usual, "flood": usual.assign(a=[30.0, 30.0])}, people, 1)
    >>> found.sites, round(found.regret, 2), round(found.price, 2)
    (('c',), 0.19, 0.19)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        if against not in ("expected", "largest"):
            raise OptionError(Problem("uncertainty_against", where="against", value=against))
        asked = _asked(times, demand, p, existing=listed(existing), forbidden=listed(forbidden), time_limit=time_limit)
        means = _means(asked)
        deadline, read = asked[0].deadline, time.perf_counter() - asked[0].started
        alone: list[_Alone] = []
        for mean in means:  # each world has as much of the time that is left as the next, and as the choice itself
            now = time.perf_counter()
            alone.append(_alone(asked[0].choice, mean, now + max(0.0, deadline - now) / (len(means) + 1 - len(alone))))
        if against == "largest":
            y, bound, proven = _largest(asked[0], means, alone)
        elif deadline - time.perf_counter() > read or all(each.proven for each in alone):
            y, bound, proven = _expected(times, asked, p, alone)
        else:  # a question of all worlds would not be read in time
            y = min((each.y for each in alone), key=lambda y: sum(mean.value(y) for mean in means))
            bound, proven = 0.0, False
        best = np.array([each.value if each.proven else each.bound for each in alone])
        minutes = np.array([mean.value(y) for mean in means])
        table = pd.DataFrame({"best": best, "minutes": minutes, "regret": minutes - best}, index=list(times))
        table = table.rename_axis("world")
        regret = float(table["regret"].mean() if against == "expected" else table["regret"].max())
        proven = proven and all(each.proven for each in alone)
        return RobustSiting(
            tuple(map(str, asked[0].sites[y])), against, regret, regret if proven else min(bound, regret),
            "optimal" if proven else "time limit", table, float(table["regret"].iloc[0]),
        )  # fmt: skip


def _asked(
    times: Mapping[str, pd.DataFrame],
    demand: pd.Series | Mapping[str, pd.Series],
    p: int,
    *,
    existing: tuple[str, ...],
    forbidden: tuple[str, ...],
    time_limit: float,
) -> list[Question]:
    """Return the question of each world, checked; residents and sites must be those of the first."""
    if not times:
        raise OptionError(Problem("uncertainty_no_worlds", where="times"))
    found: list[Question] = []
    usual = next(iter(times.values()))
    for name, table in times.items():
        if not (table.index.equals(usual.index) and table.columns.equals(usual.columns)):
            raise SitingError(Problem("uncertainty_other_worlds", where=str(name), value=str(name)))
        people = demand[name] if isinstance(demand, Mapping) and not isinstance(demand, pd.Series) else demand
        one = question(table, people, p, existing=existing, forbidden=forbidden, time_limit=time_limit)
        found.append(one)
    return found


def _means(asked: list[Question]) -> list[MeanMinutes]:
    """Return the mean minutes of each world as an objective: who is not reached counts for the longest way of all."""
    longest = max(float(np.nanmax(each.minutes, initial=0.0)) for each in asked)
    deadline = asked[0].deadline
    found = []
    for each in asked:
        if time.perf_counter() > deadline + _READING:
            raise out_of_time("robust_p_median", asked[0].seconds)
        minutes = np.where(np.isnan(each.minutes), longest, each.minutes.astype("float64"))
        found.append(MeanMinutes(minutes, each.people, deadline=deadline))
    return found


@dataclass(frozen=True, eq=False)
class _Alone:
    """The best sites of a world alone, their mean minutes, what no sites can beat, and whether that is proven."""

    value: float
    y: Open
    bound: float
    proven: bool


def _alone(choice: Choice, mean: MeanMinutes, deadline: float) -> _Alone:
    """Return the best sites of a world alone that are found by then."""
    assert choice.p is not None
    mean.deadline, whole = deadline, mean.deadline
    start = mean.greedy(choice.existing, choice.forbidden, choice.affordable, choice.p - int(choice.existing.sum()))
    mean.scale_to(start)
    lower, upper = choice.bounds(np.zeros(mean.extra), np.full(mean.extra, np.inf))
    cost = np.concatenate([np.zeros(len(choice.existing)), mean.objective()])
    program = Program(len(choice.existing), cost, lower, upper, deadline=deadline, oracle=mean)
    choice.limit(program)
    found = program.solve(start)
    least = max(0.0, found.bound) / mean.scale
    mean.scale, mean.deadline = 1.0, whole
    y = found.y if found.y is not None else start
    return _Alone(mean.value(y), y, least, found.proven)


def _expected(
    times: Mapping[str, pd.DataFrame], asked: list[Question], p: int, alone: list[_Alone]
) -> tuple[Open, float, bool]:
    """Return the sites of the least expected regret, a bound, and whether it is proven: one p-median of all worlds."""
    first, names = asked[0], [str(name) for name in times]
    people = np.concatenate([each.people / each.people.sum() for each in asked])
    index = pd.Index([f"{name} {number}" for number, name in enumerate(names) for _ in first.residents])
    index = pd.Index([f"{name} {row}" for row, name in enumerate(index)])
    longest = max(float(np.nanmax(each.minutes, initial=0.0)) for each in asked)
    rows = pd.DataFrame(np.concatenate([each.minutes for each in asked]), index, first.sites)
    seconds = max(0.1, first.deadline - time.perf_counter())
    found = p_median(
        rows, pd.Series(people, index), p, existing=tuple(first.sites[first.choice.existing]),
        forbidden=tuple(first.sites[first.choice.forbidden]), unreached_minutes=longest, time_limit=seconds,
    )  # fmt: skip
    y = np.asarray(first.sites.isin(found.sites))
    bound = found.bound / len(asked) - float(np.mean([each.value for each in alone]))
    return y, bound, found.status == "optimal"


class _Largest:
    """The largest regret as an objective: the rows of every world's minutes under one bound; an `Oracle`."""

    def __init__(self, means: list[MeanMinutes], best: Floats) -> None:
        self.means, self.best = means, best
        self.sites = means[0].minutes.shape[1]
        ends = self.sites + np.cumsum([0, *(mean.extra for mean in means)])
        self.places = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]
        self.size = int(ends[-1]) + 1  # the last variable is the largest regret

    def value(self, y: Open) -> float:
        """Return the largest (scaled) regret of these sites."""
        return float(max(mean.value(y) - best for mean, best in zip(self.means, self.best, strict=True)))

    def point(self, y: Open) -> Floats:
        """Return the variables of a set of sites, all minutes at nothing."""
        return np.concatenate([y.astype("float64"), np.zeros(self.size - self.sites)])

    def violated(self, x: Floats, at: Floats | None = None) -> tuple[sparse.csr_array, Floats]:
        """Return the rows of every world that x breaks."""
        rows, low = [], []
        for mean, place in zip(self.means, self.places, strict=True):
            own = [np.concatenate([each[: self.sites], each[place]]) for each in (x, x if at is None else at)]
            found, side = mean.violated(own[0], None if at is None else own[1])
            wide = sparse.hstack(
                [
                    found[:, : self.sites],
                    sparse.csr_array((found.shape[0], place.start - self.sites)),
                    found[:, self.sites :],
                    sparse.csr_array((found.shape[0], self.size - place.stop)),
                ],
                format="csr",
            )
            rows.append(wide)
            low.append(side)
        return sparse.csr_array(sparse.vstack(rows, format="csr")), np.concatenate(low)

    def improved(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set at least as good, by exchanging one site as long as that helps."""
        now, deadline = self.value(y), self.means[0].deadline
        while True:
            for out, into in [(a, b) for a in np.flatnonzero(y) for b in np.flatnonzero(~y)]:
                if time.perf_counter() > deadline:
                    return y
                changed = y.copy()
                changed[out], changed[into] = False, True
                if allowed(changed) and (value := self.value(changed)) < now - TOLERANCE * max(1.0, now):
                    y, now = changed, value
                    break
            else:
                return y


def _largest(first: Question, means: list[MeanMinutes], alone: list[_Alone]) -> tuple[Open, float, bool]:
    """Return the sites of the least largest regret, a bound, and whether it is proven."""
    longest = max(float(mean.minutes.max()) for mean in means)
    scale = _SCALE / longest if longest > 0 else 1.0
    for mean in means:
        mean.scale = scale
    best = np.array([each.value * scale for each in alone])
    oracle, choice = _Largest(means, best), first.choice
    rest = oracle.size - oracle.sites
    lower, upper = choice.bounds(np.zeros(rest), np.full(rest, np.inf))
    cost = np.zeros(oracle.size)
    cost[-1] = 1.0
    program = Program(oracle.sites, cost, lower, upper, deadline=first.deadline, oracle=oracle)
    choice.limit(program)
    for place, value in zip(oracle.places, best, strict=True):
        row = np.zeros(oracle.size)
        row[place], row[-1] = -1.0, 1.0
        program.add(sparse.csr_array(row[None, :]), -float(value), np.inf)
    start = min((each.y for each in alone), key=oracle.value)
    found: Outcome = program.solve(oracle.improved(start, program.allows))
    for mean in means:
        mean.scale = 1.0
    y = found.y if found.y is not None else start
    return y, found.bound / scale, found.proven
