"""The expected results of a contract as a table: before, after and target, for a programme or any scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from accessmap.errors import Problem, ScenarioError
from accessmap.programme.carrying import Missing
from accessmap.programme.counting import COUNTS, Situation, target_problems
from accessmap.programme.programme import Programme
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.tables.cutoffs import number_of_minutes

INDICATORS: Final = tuple(COUNTS)
"""The names of the indicators, in their order."""

REACH_MINUTES: Final = 20.0
"""Minutes within which digital help is in reach, unless said otherwise: the newer wish for a France services."""

# Indicators that hang on a cutoff.
WITHIN: Final = ("help_reach",)

Plan = Programme | Scenario


def indicators(
    study: Study,
    plans: Plan | Iterable[Plan],
    *,
    targets: Mapping[str, float] | None = None,
    within: float = REACH_MINUTES,
) -> pd.DataFrame:
    """Return each expected result before and after a programme, or each of several plans, and its target.

    Parameters
    ----------
    study
        As it is before; everything is counted on its territory.
    plans
        A programme, a scenario, or several of them.
    targets
        Indicator to the value aimed at; those of each programme, where not given.
    within
        Minutes within which a place of digital help is in reach.

    Returns
    -------
    pandas.DataFrame
        A row for each plan and indicator of :data:`INDICATORS`: scenario (its name), indicator, unit (sites, schools,
        share 0-1, people_a_year), before, after, target (NaN where not known), definition (the key of its words),
        minutes (the cutoff, of those that have one), and missing, a tuple of `Missing` that says what the data lack for
        the number to be known, or to be whole.

    Raises
    ------
    ScenarioError
        Where a plan cannot be carried out, two have one name, a target is of no indicator, or minutes are negative.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme.files import sample as sample_programme
    >>> table = indicators(am.load_sample(), sample_programme()).set_index("indicator")
    >>> table.loc["services_step_free", ["before", "after"]].tolist()
    [nan, 3.0]
    >>> list(table.loc["fibre_rate", "missing"])
    ['the digital coverage of communes']
    """
    plans = [plans] if isinstance(plans, Programme | Scenario) else list(plans)
    names = [_name(plan) for plan in plans]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScenarioError(Problem("indicators_plan_twice", value=twice[0], name=repr(twice[0])))
    within = number_of_minutes(within, "within")
    if not within >= 0:
        raise ScenarioError(Problem("indicators_within", value=within, within=repr(within)))
    before = _count(Situation(study, study, within))
    rows = []
    for plan in plans:
        given = dict(targets) if targets is not None else dict(plan.targets) if isinstance(plan, Programme) else {}
        target_problems(given).raise_if_any(ScenarioError, "indicators")
        after = _count(_after(plan, study, within))
        rows += [
            {
                "scenario": _name(plan),
                "indicator": name,
                "unit": COUNTS[name][0],
                "before": before[name][0],
                "after": after[name][0],
                "target": float(given.get(name, float("nan"))),
                "definition": f"indicator_{name}_means",
                "minutes": within if name in WITHIN else float("nan"),
                "missing": _missing(before[name][1], after[name][1]),
            }
            for name in INDICATORS
        ]
    return pd.DataFrame(rows)


def effects(study: Study, programme: Programme, *, within: float = REACH_MINUTES) -> pd.DataFrame:
    """Return what each operation changes in each indicator, alone and on top of the operations before it.

    Parameters
    ----------
    study
        As it is before.
    programme
        Its operations that are switched on, in their order.
    within
        As for `indicators`.

    Returns
    -------
    pandas.DataFrame
        A row for each operation and indicator: operation (id), title, indicator, unit; before; alone, the value where
        it is the only one carried out, and change, what that is more than before; cumulated, the value after it and all
        before it, and added, what that is more than without it. NaN where a value is not known: what was unknown before
        and is known after is no change.

    Raises
    ------
    ScenarioError
        Where an operation cannot be carried out, or not without another one.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme.files import sample as sample_programme
    >>> table = effects(am.load_sample(), sample_programme())
    >>> table.query("indicator == 'services_created' and change > 0")["operation"].tolist()
    ['erp-chauny']
    >>> table.query("indicator == 'services_step_free'")["cumulated"].tolist()
    [nan, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0]
    """
    base = {name: value for name, (value, _) in _count(Situation(study, study, within)).items()}
    alone = [_count(_after(programme.only(each.id), study, within)) for each in programme]
    rows: list[dict[str, Any]] = []
    last = base
    openings: tuple[Missing, ...] = ()
    for operation, by_itself, done in zip(programme, alone, programme.carried_out(study), strict=True):
        openings = (*openings, *done.openings)
        now = {name: value for name, (value, _) in _count(Situation(done.study, study, within, openings)).items()}
        rows += [
            {
                "operation": operation.id,
                "title": operation.title,
                "indicator": name,
                "unit": COUNTS[name][0],
                "before": base[name],
                "alone": by_itself[name][0],
                "change": by_itself[name][0] - base[name],
                "cumulated": now[name],
                "added": now[name] - last[name],
            }
            for name in INDICATORS
        ]
        last = now
    columns = ["operation", "title", "indicator", "unit", "before", "alone", "change", "cumulated", "added"]
    return pd.DataFrame(rows, columns=columns)


def _after(plan: Plan, study: Study, within: float) -> Situation:
    if isinstance(plan, Scenario):
        return Situation(plan.apply(study), study, within)
    done = plan.carried_out(study)
    after = done[-1].study if done else study
    return Situation(after, study, within, tuple(each for operation in done for each in operation.openings))


def _count(situation: Situation) -> dict[str, tuple[float, tuple[Missing, ...]]]:
    return {name: count(situation) for name, (_, count) in COUNTS.items()}


def _missing(before: tuple[Missing, ...], after: tuple[Missing, ...]) -> tuple[Missing, ...]:
    """Return what lacks after, and what lacked before of another kind: of one kind, less lacks once more is known."""
    sorts = {each.sort for each in after}
    return tuple(dict.fromkeys((*after, *(each for each in before if each.sort not in sorts))))


def _name(plan: Plan) -> str:
    return plan.title if isinstance(plan, Programme) else plan.name
