"""What scenarios change, for whom: the same measure of each, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Problem, ScenarioError, StudyError, TableError
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.tables.aligned import check_columns, check_kind
from accessmap.tables.cutoffs import number_of_minutes
from accessmap.words.notes import Listed, Note
from accessmap.words.words import BASELINE

Measure = Callable[[Study], "pd.Series[float]"]
Scenarios = Scenario | Iterable[Scenario] | Mapping[str, Scenario]


def compare(
    scenarios: Scenarios,
    study: Study,
    *,
    category: str | None = None,
    measure: Measure | None = None,
) -> pd.DataFrame:
    """Return a measure by resident (rows) under the baseline and each scenario (columns); by default minutes.

    Parameters
    ----------
    scenarios
        One, or several whose names differ; the order of the columns is theirs, after "baseline".
    study
        Is not changed.
    category
        Minutes to the nearest site of this category are compared. May be left out where all the sites that the
        scenarios change are of one category.
    measure
        Any function of a study that returns a Series by resident, compared instead of minutes.

    Raises
    ------
    ScenarioError
        Where two scenarios have one name, the category cannot be told, or a scenario cannot be applied.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> am.compare(plan, study, category="france_services").columns.to_list()
    ['baseline', 'Coucy']
    """
    scenarios = _several(scenarios, "compare")
    studies = studies_under(scenarios, study, call="compare")
    if measure is None:
        chosen = category if category is not None else category_changed(scenarios, study)
        studies[BASELINE].sites(chosen)  # a category that no scenario opens either is a slip, and is named here
        _route_once(studies.values(), chosen)

        def measure(study: Study) -> pd.Series[float]:
            return study.nearest(chosen)["minutes"]

    found = _made(studies, measure, "compare", pd.Series, "series_by_resident")
    return pd.DataFrame(found, index=study.residents.index)


def compare_tables(
    scenarios: Scenarios, study: Study, table: Callable[[Study], pd.DataFrame | pd.Series[Any]]
) -> pd.DataFrame:
    """Return any table of a study under the baseline and each scenario, one below the other, by "scenario" first.

    Coverage, an imbalance summary, opening hours in reach, dependence on the outside: whatever a function makes of a
    study, before and after.

    Parameters
    ----------
    scenarios
        One, or several whose names differ.
    study
        Is not changed.
    table
        A function of a study that returns a DataFrame, or a Series, which becomes one row.

    Raises
    ------
    ScenarioError
        Where two scenarios have one name, or one cannot be applied.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> def covered(study):
    ...     return am.coverage(study.nearest("france_services")["minutes"][study.inside], study.people, 10)
    >>> am.compare_tables(plan, study, covered)["minutes"].round(2).to_list()
    [0.72, 0.8]
    """
    studies = studies_under(scenarios, study, call="compare_tables")
    found = _made(studies, table, "compare_tables", (pd.DataFrame, pd.Series), "frame_or_series")
    tables = {name: each.to_frame().T if isinstance(each, pd.Series) else each for name, each in found.items()}
    rows = any(isinstance(each, pd.DataFrame) for each in found.values())
    whole = pd.concat(tables, names=["scenario"])
    return whole if rows else whole.droplevel(list(range(1, whole.index.nlevels)))


def studies_under(scenarios: Scenarios, study: Study, *, call: str = "compare") -> dict[str, Study]:
    """Return the study as it is and under each scenario, by name; errors name the function that was called."""
    scenarios = _several(scenarios, call)
    if not isinstance(study, Study):
        raise StudyError(Problem("study_not_one", call=call, value=type(study).__name__))
    names = [scenario.name for scenario in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScenarioError(Problem("compare_one_name", value=twice[0]))
    made = {BASELINE: study} | {scenario.name: scenario.apply(study) for scenario in scenarios}
    opened = pd.concat([each.services["category"] for each in made.values()]).unique()
    return {name: each.knowing(opened) for name, each in made.items()}


def _several(scenarios: object, call: str) -> list[Scenario]:
    """Return the scenarios, of which one may have been given alone."""
    if isinstance(scenarios, Mapping):
        scenarios = scenarios.values()
    several = scenarios if isinstance(scenarios, Iterable) and not isinstance(scenarios, str) else [scenarios]
    found = list(several)
    for each in found:
        if not isinstance(each, Scenario):
            raise ScenarioError(Problem("compare_no_scenarios", call=call, value=type(each).__name__))
    return found


def _made(
    studies: Mapping[str, Study],
    make: Callable[[Study], Any],
    call: str,
    kinds: type | tuple[type, ...],
    wanted: str,
) -> dict[str, Any]:
    """Return what a function makes of each study, refusing what is not of the kinds wanted."""
    found = {name: make(each) for name, each in studies.items()}
    for name, each in found.items():
        if not isinstance(each, kinds):
            kind = type(each).__name__
            raise ScenarioError(Problem("compare_no_values", value=kind, call=call, name=name, wanted=Note(wanted)))
    return found


def _route_once(studies: Iterable[Study], category: str) -> None:
    """Route the sites of all these studies together, once for each network."""
    by_network: dict[int, list[Study]] = {}
    for study in studies:
        by_network.setdefault(id(study.network), []).append(study)
    for group in by_network.values():
        sites = pd.concat([study.sites(category).geometry for study in group])
        if len(sites):
            group[0].minutes(gpd.GeoDataFrame(geometry=sites.drop_duplicates(), crs=group[0].services.crs))


def winners_and_losers(result: pd.DataFrame, residents: pd.DataFrame, *, at_least: float = 1.0) -> pd.DataFrame:
    """Return, by scenario and commune, how many people gain or lose minutes, and how many are newly reached or not.

    Parameters
    ----------
    result
        Minutes by resident, as `compare` returns them.
    residents
        Their `commune` and `population`.
    at_least
        Minutes from which a change counts as a gain or a loss.

    Returns
    -------
    pandas.DataFrame
        By (scenario, commune), people: gain, lose, newly_reached, no_longer_reached; and minutes: the mean change of
        those who are reached both before and after, weighted by people (negative is quicker). Someone who is newly
        reached is not counted as a gain in minutes.

    Examples
    --------
    >>> import pandas as pd
    >>> residents = pd.DataFrame({"commune": ["02173", "02173"], "population": [100, 50]}, index=["a", "b"])
    >>> result = pd.DataFrame({"baseline": [20.0, None], "plan": [12.0, 30.0]}, index=["a", "b"])
    >>> winners_and_losers(result, residents).loc[("plan", "02173"), ["gain", "newly_reached"]].to_list()
    [100.0, 50.0]
    """
    check_kind(result, "result", pd.DataFrame)
    check_columns(residents, "commune", "population", about="residents")
    if BASELINE not in result:
        raise TableError(Problem("compare_no_baseline"))
    people = residents["population"].reindex(result.index).astype("float64")
    commune = residents["commune"].reindex(result.index)
    before = result[BASELINE]
    at_least = number_of_minutes(at_least, "at_least")
    parts = {}
    for name in result.columns.drop(BASELINE):
        change = result[name] - before
        both = change.notna() & (people > 0)
        size = change.round(5)  # finer than a millisecond: the difference of two float32 is a hair off
        table = pd.DataFrame(
            {
                "gain": people.where(size <= -at_least, 0.0),
                "lose": people.where(size >= at_least, 0.0),
                "newly_reached": people.where(before.isna() & result[name].notna(), 0.0),
                "no_longer_reached": people.where(before.notna() & result[name].isna(), 0.0),
                "people_minutes": (change * people).where(both, 0.0),
                "people_reached": people.where(both, 0.0),
            }
        )
        sums = table.groupby(commune).sum()
        sums["minutes"] = sums.pop("people_minutes") / sums.pop("people_reached").replace(0.0, np.nan)
        parts[name] = sums
    return pd.concat(parts, names=["scenario", "commune"])


def category_changed(scenarios: Sequence[Scenario], study: Study) -> str:
    """Return the one category of the sites that these scenarios change; ScenarioError where it is none, or several."""
    found = categories_changed(scenarios, study)
    if len(found) != 1:
        kinds = Listed.of(found) if found else Note("compare_none")
        raise ScenarioError(Problem("compare_no_category", kinds=kinds))
    return found[0]


def categories_changed(scenarios: Sequence[Scenario], study: Study) -> list[str]:
    """Return the categories of the sites that these scenarios change, in alphabetical order."""
    steps = [step for scenario in scenarios for step in scenario.steps]
    opened = {step.id: step.category for step in steps if step.action == "open"}
    known = study.services["category"]
    sites = [step for step in steps if step.selects != "schools"]  # a school may have the id of a site
    changed = {step.category or opened.get(step.id) or known.get(step.id) for step in sites} - {None}
    return sorted(map(str, changed))
