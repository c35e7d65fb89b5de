"""What another choice would cost: every set nearly as good, and the price of one other site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, SitingError, TableError
from accessmap.siting.question import Question, listed, question
from accessmap.siting.result import Siting, served
from accessmap.siting.solver.program import TOLERANCE, Open, no_good
from accessmap.siting.solver.search import SEARCHES
from accessmap.tables.cutoffs import is_within, number_of_minutes
from accessmap.words.near import near_names
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar


def unserved(
    error: SitingError,
    times: pd.DataFrame,
    residents: pd.DataFrame,
    communes: pd.DataFrame,
    *,
    cutoff: float | pd.Series,
    forbidden: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the communes that a refused siting question cannot serve: how many people, how far, how much too far.

    The smallest relaxation is told by the error: `smallest_cutoff` minutes, or `smallest_p` sites.

    Parameters
    ----------
    error
        What the question raised.
    times, forbidden
        As the question had them.
    residents, communes
        Their `commune` and `population`; its `name`.
    cutoff
        The minutes that were asked for: one number, or by resident.

    Returns
    -------
    pandas.DataFrame
        By commune code, the farthest first: name; people who cannot be served, of people_in_all; minutes, the longest
        of theirs to the nearest site that may be open; beyond, the most by which they pass the cutoff. `beyond` is 0
        where each could be served by some site, only not all of them by so few.

    Raises
    ------
    TableError
        If the residents of the error are not in the tables.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25, 31]}, index=["r1", "r2", "r3"])
    >>> residents = pd.DataFrame({"commune": ["02001", "02002", "02002"], "population": [90, 20, 5]}, index=times.index)
    >>> communes = pd.DataFrame({"name": ["Aville", "Bourg"]}, index=["02001", "02002"])
    >>> from accessmap.siting import set_cover
    >>> try:
    ...     set_cover(times, cutoff=20)
    ... except SitingError as error:
    ...     table, enough = unserved(error, times, residents, communes, cutoff=20), error.smallest_cutoff
    >>> table[["name", "people", "minutes", "beyond"]].values.tolist(), enough
    ([['Bourg', 25, 31.0, 11.0]], 31.0)
    """
    ids = pd.Index(error.residents)
    lost = ids[~(ids.isin(times.index) & ids.isin(residents.index))]
    if len(lost):
        raise TableError(Problem("siting_lost_resident", value=lost[0]), about="residents")
    nearest = times.loc[ids].drop(columns=[site for site in listed(forbidden) if site in times.columns]).min(axis=1)
    limit = cutoff.reindex(ids) if isinstance(cutoff, pd.Series) else number_of_minutes(cutoff)
    rows = pd.DataFrame(
        {
            "people": residents["population"].loc[ids],
            "minutes": nearest.astype("float64"),
            "beyond": (nearest - limit).clip(lower=0.0).astype("float64"),
        }
    )
    code = residents["commune"].loc[ids]
    table = rows.groupby(code).agg({"people": "sum", "minutes": "max", "beyond": "max"}).rename_axis("commune")
    everyone = residents.loc[times.index.intersection(residents.index)].groupby("commune")["population"].sum()
    table.insert(0, "name", communes["name"].reindex(table.index))
    table.insert(2, "people_in_all", everyone.reindex(table.index))
    order = np.lexsort((-table["people"], -table["minutes"], -table["beyond"]))
    return table.iloc[order]


def near_optimal(
    times: pd.DataFrame,
    demand: pd.Series,
    siting: Siting,
    *,
    slack: float = 0.02,
    limit: int = 20,
    time_limit: float = 60.0,
    progress: bool = False,
) -> pd.DataFrame:
    """Return every choice whose objective is within `slack` (a share, 0-1) of the best, best first.

    Parameters
    ----------
    times, demand
        The tables the siting was made from.
    siting
        From `p_median`, `worst_off`, `max_coverage` or `set_cover`; its options hold here too.
    slack
        How much worse a choice may be, as a share of the best objective.
    limit
        Rows after which the search stops; a table of fewer rows, all "optimal", is complete.
    time_limit
        Seconds in all; a search that was stopped ends in a row whose status is "time limit".
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        By rank from 1: sites (tuple of ids), objective, worse (share of the best), mean_minutes, worst_minutes, status.

    Raises
    ------
    SitingError
        If the siting is of another method, or the slack or limit cannot be.

    Notes
    -----
    Each choice found is refused by a no-good cut (Balas & Jeroslow 1972) and the program solved again.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0], "c": [6.0, 6]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 11, "r2": 10})
    >>> from accessmap.siting import p_median
    >>> near_optimal(times, people, p_median(times, people, 1), slack=0.2)[["sites", "objective"]]
         sites  objective
    rank
    1     (a,)      100.0
    2     (b,)      110.0
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        if siting.method not in SEARCHES:
            problem = Problem("siting_not_searched", value=siting.method, known=", ".join(SEARCHES))
            raise SitingError(problem, about="near_optimal")
        if slack < 0 or limit < 1:
            raise SitingError(Problem("siting_slack", value=slack, limit=limit), about="near_optimal")
        search = SEARCHES[siting.method](times, demand, **{**siting.parameters, "time_limit": time_limit})
        rows: list[tuple[tuple[str, ...], float, float, float, float]] = []
        complete = False
        allowed, best = np.inf, None
        while len(rows) < limit:
            found = search.program.solve(search.start, ceiling=allowed + 3 * TOLERANCE * max(1.0, allowed))
            complete = found.bound > allowed or (found.y is None and found.bound == np.inf)
            if found.y is None or complete:
                break
            value = search.objective(found.y)
            if best is None:
                best = value
                allowed = found.value + slack * abs(best) / abs(search.unit) + 1e-9 * max(1.0, abs(found.value))
            if found.value <= allowed:  # one a hair above may come before one a hair below
                service = served(search.asked.minutes, search.asked.people, found.y)
                worse = abs(value - best) / abs(best) if best else 0.0
                rows.append((tuple(times.columns[found.y]), value, worse, service.mean, service.worst))
                complete = len(rows) == limit
            if not found.proven:
                break
            search.program.add(*no_good(found.y))
        rows.sort(key=lambda row: row[2])
        index = pd.RangeIndex(1, len(rows) + 1, name="rank")
        table = pd.DataFrame(
            rows, index=index, columns=["sites", "objective", "worse", "mean_minutes", "worst_minutes"]
        )
        table["status"] = "optimal"
        table.loc[table.index[-1:], "status"] = "optimal" if complete else "time limit"
        return table


def price(
    times: pd.DataFrame, demand: pd.Series, siting: Siting, *, cutoff: float, instead_of: str | None = None
) -> pd.DataFrame:
    """Return what opening each other site instead of a chosen one costs: minutes on the mean, people beyond the cutoff.

    Parameters
    ----------
    times, demand
        The tables the siting was made from; a demand of people gives people.
    siting
        The choice that is compared with; its existing and forbidden sites are not exchanged.
    cutoff
        Minutes beyond which people are counted.
    instead_of
        The chosen site to replace; where not given, for each alternative the one whose exchange costs fewest
        person-minutes.

    Returns
    -------
    pandas.DataFrame
        By site, the cheapest first: instead_of; mean_added (minutes, over those reached), worst_added (minutes),
        beyond_added (people farther than the cutoff or not reached), unreached_added (people), keeps_promises (whether
        `within` of the siting still holds). All other sites stay; the best choice with a site is `p_median` with it
        among `existing`.

    Raises
    ------
    SitingError
        If `instead_of` is not a chosen site that may be exchanged.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0], "c": [6.0, 6]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 110, "r2": 100})
    >>> from accessmap.siting import p_median
    >>> table = price(times, people, p_median(times, people, 1), cutoff=8)
    >>> table[["instead_of", "mean_added", "beyond_added"]].round(2)
         instead_of  mean_added  beyond_added
    site
    b             a        0.48          10.0
    c             a        1.24        -100.0
    """
    asked = _asked_again(times, demand, siting)
    chosen = np.asarray(times.columns.isin(siting.sites))
    leaving = np.flatnonzero(chosen & ~asked.choice.existing)
    if instead_of is not None:
        if instead_of not in times.columns[leaving]:
            near = near_names(instead_of, times.columns[leaving])
            raise SitingError(Problem("siting_not_exchangeable", value=instead_of, near=near), about="price")
        leaving = np.array([times.columns.get_loc(instead_of)])
    now = served(asked.minutes, asked.people, chosen)
    rows = {}
    others = np.flatnonzero(~chosen & asked.choice.allowed)
    for into, out in zip(others, _cheapest(asked, chosen, leaving, others), strict=False):
        y = chosen.copy()
        y[out], y[into] = False, True
        kept = bool(asked.kept[:, y].any(axis=1).all())
        then = served(asked.minutes, asked.people, y)
        late, before = (float(asked.people[~is_within(each.minutes, cutoff)].sum()) for each in (then, now))
        rows[str(times.columns[int(into)])] = (
            str(times.columns[int(out)]), then.mean - now.mean, then.worst - now.worst, late - before,
            then.unreached - now.unreached, kept,
        )  # fmt: skip
    columns = ["instead_of", "mean_added", "worst_added", "beyond_added", "unreached_added", "keeps_promises"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("site")
    return table.sort_values(["unreached_added", "mean_added"], kind="stable")


def _asked_again(times: pd.DataFrame, demand: pd.Series, siting: Siting) -> Question:
    """Return the question that a siting answered: the same sites, promises and people."""
    given = siting.parameters
    if siting.method in ("p_dispersion", "capacitated_p_median"):
        raise SitingError(Problem("siting_not_nearest", value=siting.method), about="price")
    within = given.get("cutoff") if siting.method == "set_cover" else given.get("within")
    return question(
        times, demand, len(siting.sites), existing=given.get("existing", ()), forbidden=given.get("forbidden", ()),
        within=within,
    )  # fmt: skip


def _cheapest(asked: Question, chosen: Open, leaving: NDArray[np.intp], others: NDArray[np.intp]) -> list[Any]:
    """Return, for each other site, the chosen one whose exchange leaves fewest unreached, then adds fewest minutes."""
    if not len(leaving):
        return []
    far = np.where(np.isnan(asked.minutes), np.inf, asked.minutes.astype("float64"))
    unreached, total = np.empty((len(leaving), len(others))), np.empty((len(leaving), len(others)))
    for row, out in enumerate(leaving):
        stay = chosen.copy()
        stay[out] = False
        rest = far[:, stay].min(axis=1, initial=np.inf)
        minutes = np.minimum(far[:, others], rest[:, None])
        lost = np.isinf(minutes)
        unreached[row] = asked.people @ lost
        total[row] = asked.people @ np.where(lost, 0.0, minutes)
    return [leaving[np.lexsort((total[:, column], unreached[:, column]))[0]] for column in range(len(others))]
