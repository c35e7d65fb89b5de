"""What the worlds say: a range for each figure, the best plan and its regret, communes undecided, what to check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.tables.cutoffs import classes_of, cutoffs_of
from accessmap.uncertainty.drawing import Draws, minutes_in, worlds_of
from accessmap.uncertainty.inputs import INPUTS
from accessmap.uncertainty.worlds import Several
from accessmap.words.near import near_names
from accessmap.words.words import BASELINE

LEVEL: Final = 0.9  # of the worlds are within a range
DOUBTFUL: Final = 0.5  # of the worlds: a class that fewer agree with is more often another
ALIKE: Final = 1e-6  # minutes a person: two plans that are less apart are equally good


def ranges(draws: Draws, *, level: float = LEVEL) -> pd.DataFrame:
    """Return by plan and figure, `now` and the range `low` to `high` that holds so large a share of the worlds.

    Parameters
    ----------
    draws
        Of `draw`.
    level
        Share of the worlds (0-1), as many below the range as above it.

    Returns
    -------
    pandas.DataFrame
        By (plan, figure): "mean" (minutes of those who reach a site), "share" (of the people within the cutoff), "d9"
        (minutes that one in ten goes beyond), "gain" and "lose" (people who gain or lose a minute or more; none today).

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> draws = am.uncertainty.draw(study, [], category="france_services", n=100)
    >>> row = ranges(draws).loc[("baseline", "mean")]
    >>> bool(row["low"] < row["now"] < row["high"])
    True
    """
    if not 0 < level < 1:
        raise OptionError(Problem("uncertainty_level", where="level", value=level))
    ends = [(1 - level) / 2, (1 + level) / 2]
    rows = {
        (plan, name): (draws.now.loc[name, plan], *frame[plan].quantile(ends))
        for plan in draws.asked.plans
        for name, frame in draws.figures.items()
        if plan != BASELINE or name not in ("gain", "lose")
    }
    index = pd.MultiIndex.from_tuples(rows, names=["plan", "figure"])
    return pd.DataFrame(list(rows.values()), index, ["now", "low", "high"])


def regret(draws: Draws, *, among: Iterable[str] | None = None) -> pd.DataFrame:
    """Return how sure each plan is the best: by plan, the chance of it, and its regret (minutes a person).

    Parameters
    ----------
    draws
        Of `draw`.
    among
        Plans of the same number of sites, which are compared; all but "baseline" where not given.

    Returns
    -------
    pandas.DataFrame
        By plan, the least `expected` first: `now` (minutes); `chance` of being the best (0-1; equally good plans share
        it); `expected` and `worst` regret; `otherwise`, the regret that nine in ten of the worlds in which another plan
        is the best do not pass; minutes of the `worst_case`; and `minimax`, whether its worst regret is the least.
        Regret is by how much a plan is farther than the best of that world.

    Raises
    ------
    OptionError
        Where there is no such plan, or none at all.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plans = [am.Scenario(name).open("france_services", commune=name) for name in ("Tergnier", "Sinceny")]
    >>> table = regret(am.uncertainty.draw(study, plans, n=100))
    >>> table.index.to_list(), float(table["chance"].sum())
    (['Tergnier', 'Sinceny'], 1.0)
    """
    minutes = draws.minutes[plans_among(draws, among)]
    lost = _lost(minutes)
    best = lost <= ALIKE
    table = pd.DataFrame(
        {
            "now": draws.now.loc["minutes"][minutes.columns],
            "chance": (best / best.sum(axis=1)[:, None]).mean(axis=0),
            "expected": lost.mean(axis=0),
            "worst": lost.max(axis=0),
            "otherwise": [np.quantile(each[each > ALIKE], LEVEL) if (each > ALIKE).any() else 0.0 for each in lost.T],
            "worst_case": minutes.max(),
        },
        index=minutes.columns,
    )
    table["minimax"] = table["worst"] <= table["worst"].min() + ALIKE
    return table.sort_values(["expected", "now"], kind="stable")


def _lost(minutes: pd.DataFrame) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = minutes.to_numpy("float64")
    lost: npt.NDArray[np.float64] = values - values.min(axis=1, keepdims=True)
    return lost


def chosen_of(draws: Draws, plans: list[str]) -> str:
    """Return the best of these plans as the study has them."""
    return str(draws.now.loc["minutes", plans].idxmin())


def plans_among(draws: Draws, among: Iterable[str] | None) -> list[str]:
    """Return the plans to be compared; unknown ones, or none, raise OptionError."""
    known = draws.asked.plans
    chosen = [plan for plan in known if plan != BASELINE] if among is None else list(dict.fromkeys(among))
    unknown = [plan for plan in chosen if plan not in known]
    if unknown:
        problem = Problem("uncertainty_no_plan", value=unknown[0], near=near_names(unknown[0], known))
        raise OptionError(problem, about="uncertainty")
    if not chosen:
        raise OptionError(Problem("uncertainty_no_plans"), about="uncertainty")
    return chosen


def undecided(draws: Draws, *, plan: str = BASELINE, bounds: Iterable[float] = (10, 20, 30)) -> pd.DataFrame:
    """Return by commune whether the class of its mean minutes is decided: `now`, its `chance`, the other, `undecided`.

    Parameters
    ----------
    draws
        Of `draw`.
    plan
        One of its plans.
    bounds
        Minutes between two classes; a mean on a bound is in the class below.

    Returns
    -------
    pandas.DataFrame
        By code: name, `now` (number of the class today, from 0; -1 where nobody reaches a site), `chance` (0-1) of that
        class, `likely`, the class of most worlds, `low` and `high` minutes, and `undecided`: whether fewer than half of
        the worlds agree with today, so that another class is more likely than not.

    Raises
    ------
    OptionError
        Where there is no such plan, or a bound is no number.
    """
    (plan,) = plans_among(draws, [plan])
    edges = sorted(cutoffs_of(bounds, "bounds"))
    level = draws.communes[plan]
    classes = np.where(np.isnan(level.to_numpy()), -1, classes_of(level.to_numpy(), edges))
    today = draws.communes_now.loc[plan]
    now = np.where(today.isna(), -1, classes_of(today.to_numpy(), edges))
    kinds = np.arange(-1, len(edges) + 1)
    chances = (classes[:, :, None] == kinds).mean(axis=0)
    table = pd.DataFrame(
        {
            "name": draws.asked.names.reindex(level.columns),
            "now": now,
            "chance": chances[np.arange(len(now)), now + 1],
            "likely": kinds[chances.argmax(axis=1)],
            "low": level.quantile((1 - LEVEL) / 2),
            "high": level.quantile((1 + LEVEL) / 2),
        },
        index=level.columns,
    )
    table["undecided"] = table["chance"] < DOUBTFUL
    return table


def to_check(
    draws: Draws, *, among: Iterable[str] | None = None, groups: Mapping[str, Iterable[str]] | None = None
) -> pd.DataFrame:
    """Return what knowing each input would be worth: by input, how often the choice would change and what that saves.

    One input varies as it is assumed to, all others are as the study has them: the worlds are those of the draws.

    Parameters
    ----------
    draws, among
        As in `regret`.
    groups
        Inputs that are known together, by name, such as `accessmap.uncertainty.GROUPS`; each by itself where not given.

    Returns
    -------
    pandas.DataFrame
        By input, or by group, the most worth first: `changes` (share of the worlds, 0-1, in which another plan would be
        chosen than today's best) and `value` (minutes a person saved, on the mean of the worlds, by knowing).
        "everything" is all at once.

    Notes
    -----
    The expected value of perfect information: H. Raiffa and R. Schlaifer, Applied Statistical Decision Theory (1961).
    """
    plans = plans_among(draws, among)
    chosen = chosen_of(draws, plans)
    at = [draws.asked.plans.index(plan) for plan in plans]
    together = {name: tuple(names) for name, names in (groups or {each: (each,) for each in INPUTS}).items()}
    unknown = [each for names in together.values() for each in names if each not in INPUTS]
    if unknown:
        problem = Problem("uncertainty_no_input", value=unknown[0], near=near_names(unknown[0], INPUTS))
        raise OptionError(problem, about="uncertainty")
    kinds = {name: draws.assumed.only(*names) for name, names in together.items()}
    alone = {name: worlds_of(draws.asked, each, draws.n, draws.seed) for name, each in kinds.items() if each.any}
    rows = {"everything": _worth(draws.minutes[plans], chosen)} | dict.fromkeys(together, (0.0, 0.0))
    if alone:
        minutes = minutes_in(draws.asked, Several(tuple(alone.values())))[:, at]
        parts = np.split(minutes, len(alone))
        rows |= {
            name: _worth(pd.DataFrame(part[1:], columns=plans), chosen) for name, part in zip(alone, parts, strict=True)
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["changes", "value"]).rename_axis("input")
    rest = table.drop(index="everything").sort_values(["value", "changes"], ascending=False, kind="stable")
    return pd.concat([table.loc[["everything"]], rest])


def _worth(minutes: pd.DataFrame, chosen: str) -> tuple[float, float]:
    """Return how often another plan is better than the chosen one, and what knowing it saves against one choice."""
    lost = _lost(minutes)
    better = lost[:, list(minutes).index(chosen)] > ALIKE
    return float(better.mean()), float(lost.mean(axis=0).min())
