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
from accessmap.words.notes import Listed, Note, first_few
from accessmap.words.words import BASELINE

Measure = Callable[[Study], "pd.Series[float]"]
Scenarios = Scenario | Iterable[Scenario] | Mapping[str, Scenario]


def compare(
    scenarios: Scenarios,
    study: Study,
    *,
    category: str | None = None,
    mode: str | None = None,
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
    mode
        Of those minutes, one of `Study.networks`; the first where not given. Scenarios of lines change those by
        timetable.
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
        _route_once(studies.values(), chosen, mode)

        def measure(study: Study) -> pd.Series[float]:
            return study.nearest(chosen, mode=mode)["minutes"]

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


def compare_studies(
    studies: Mapping[str, Study], *, category: str | None = None, measure: Measure | None = None
) -> pd.DataFrame:
    r"""Return a measure by resident (rows) in studies of one territory at several dates (columns); by default minutes.

    Minutes are those of the people of the last study, where they live then, to the sites and over the roads of each:
    what changed is the services and the roads, not who is counted. `winners_and_losers` and its sentences take the
    result with `baseline="2017"`.

    Parameters
    ----------
    studies
        Name, such as a year, to study: the first is compared with.
    category
        Minutes to the nearest site of this category are compared.
    measure
        Any function of a study that returns a Series by resident, compared instead of minutes.

    Raises
    ------
    StudyError
        Where there are not two, or their territories or communes are not the same: with the communes that differ.

    Examples
    --------
    >>> import accessmap as am
    >>> now = am.load_sample()
    >>> before = now.scenarios["2017"].apply(now)
    >>> result = compare_studies({"2017": before, "2024": now}, category="france_services")
    >>> am.sentences.winners_and_losers(
    ...     result[now.inside], now.residents, scenario="2024", baseline="2017", minutes=20, lang="en"
    ... )[0]
    '3,936\xa0people gain more than 20\xa0minutes, nobody loses as much.'
    """
    if not isinstance(studies, Mapping) or len(studies) < 2:
        raise StudyError(Problem("compare_two_studies"))
    for name, study in studies.items():
        if not isinstance(study, Study):
            raise StudyError(Problem("study_not_one", call=f"compare_studies, {name}", value=type(study).__name__))
    if (category is None) == (measure is None):
        raise ScenarioError(Problem("compare_what"))
    *earlier, last = studies
    latest = studies[last]
    check_one_territory(studies, latest, last)
    opened = pd.concat([study.services["category"] for study in studies.values()])
    same = {last: latest} | {name: with_people_of(latest, studies[name]) for name in earlier}
    known = {name: same[name].knowing(opened) for name in studies}
    if measure is None:
        latest.knowing(opened).sites(str(category))  # a category that no date has is a slip, and is named here

        def measure(study: Study) -> pd.Series[float]:
            return study.nearest(str(category))["minutes"]

    found = _made(known, measure, "compare_studies", pd.Series, "series_by_resident")
    return pd.DataFrame(found, index=latest.residents.index)


def check_one_territory(studies: Mapping[str, Study], here: Study, last: str) -> None:
    """Refuse studies whose territory is not that of the last, or that lack communes where its people live."""
    inside = here.communes.index[here.communes["in_territory"]]
    for name, study in studies.items():
        own = study.communes.index[study.communes["in_territory"]]
        differ = own.symmetric_difference(inside)
        absent = pd.Index(here.residents["commune"].unique()).difference(study.communes.index)
        for key, codes in (("compare_other_territory", differ), ("compare_other_communes", absent)):
            if len(codes):
                raise StudyError(Problem(key, value=name, other=last, n=len(codes), codes=first_few(codes)))


def with_people_of(latest: Study, study: Study) -> Study:
    """Return a study with the residents of another, to be routed anew unless they are its own."""
    if study.residents is latest.residents or study.residents.equals(latest.residents):
        return study
    people = latest.residents.to_crs(study.residents.crs)
    return Study(
        study.communes, people, study.services, networks=study.networks, title=study.title, provenance=study.provenance
    )


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


def _route_once(studies: Iterable[Study], category: str, mode: str | None) -> None:
    """Route the sites of all these studies together, once for each network of the mode."""
    by_network: dict[int, list[Study]] = {}
    for study in studies:
        network = study.network if mode is None else study.networks.get(mode)  # `minutes` tells one that is not there
        by_network.setdefault(id(network), []).append(study)
    for group in by_network.values():
        sites = pd.concat([study.sites(category).geometry for study in group])
        if len(sites):
            places = gpd.GeoDataFrame(geometry=sites.drop_duplicates(), crs=group[0].services.crs)
            group[0].minutes(places, mode=mode)


def winners_and_losers(
    result: pd.DataFrame, residents: pd.DataFrame, *, at_least: float = 1.0, baseline: str = BASELINE
) -> pd.DataFrame:
    """Return, by scenario and commune, how many people gain or lose minutes, and how many are newly reached or not.

    Parameters
    ----------
    result
        Minutes by resident, as `compare` returns them.
    residents
        Their `commune` and `population`.
    at_least
        Minutes from which a change counts as a gain or a loss.
    baseline
        The column that the others are compared with.

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
    if baseline not in result:
        raise TableError(Problem("compare_no_baseline", value=baseline))
    people = residents["population"].reindex(result.index).astype("float64")
    commune = residents["commune"].reindex(result.index)
    before = result[baseline]
    at_least = number_of_minutes(at_least, "at_least")
    parts = {}
    for name in result.columns.drop(baseline):
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
