"""Where someone helps with what must be done online: minutes to the nearest helper, and to one that is open."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import Problem, StudyError
from accessmap.measures.hours import minutes_when
from accessmap.measures.hours.spans import Week
from accessmap.measures.minutes import coverage, nearest
from accessmap.study.study import Study
from accessmap.tables.contracts import moving
from accessmap.words.near import near_names
from accessmap.words.notes import Listed

__all__ = ["MEDIATION", "minutes", "open", "sites", "when"]

MEDIATION: Final = ("france_services", "digital_help", "coworking", "library")
"""Categories that help: France services; advisers and public digital spaces; third places; libraries."""


def sites(study: Study, *, kinds: Sequence[str] = MEDIATION) -> gpd.GeoDataFrame:
    """Return the fixed sites of a study that help with what must be done online.

    Parameters
    ----------
    study
        Its services are looked through.
    kinds
        Categories that count as help.

    Raises
    ------
    StudyError
        Where a kind is no category, or the study has a site of none of them.

    Examples
    --------
    >>> from accessmap import load_sample
    >>> sites(load_sample())["category"].unique().tolist()
    ['france_services']
    """
    present = study.services["category"]
    for kind in kinds:
        if kind not in CATEGORIES and kind not in set(present):
            known = [*CATEGORIES, *present.unique()]
            raise StudyError(Problem("help_no_category", value=kind, near=near_names(kind, known)))
    helpers = study.services[present.isin(kinds) & ~moving(study.services)]
    if helpers.empty:
        raise StudyError(Problem("help_none", kinds=Listed.of(list(kinds))))
    return helpers


def minutes(study: Study, *, kinds: Sequence[str] = MEDIATION) -> pd.DataFrame:
    """Return by resident the minutes to the nearest site of each kind that helps, and to the nearest of all.

    Parameters
    ----------
    study
        Whose residents, services and roads.
    kinds
        Categories that count as help.

    Returns
    -------
    DataFrame
        By resident: a column of minutes for each kind that the study has a site of (a kind it has none of is not a
        kind that nobody reaches), NaN where not reached; `nearest`, the least of them; `service_id` and `kind` of that
        site, missing where none is reached.

    Raises
    ------
    StudyError
        Where a kind is no category, or the study has a site of none of them.

    Examples
    --------
    >>> from accessmap import load_sample
    >>> study = load_sample()
    >>> minutes(study).columns.tolist()
    ['france_services', 'nearest', 'service_id', 'kind']
    """
    helpers = sites(study, kinds=kinds)
    times = study.minutes(helpers)
    columns = {}
    for kind in dict.fromkeys(kinds):
        of_kind = helpers.index[helpers["category"] == kind]
        if len(of_kind):
            columns[kind] = times[of_kind].min(axis=1)
    first = nearest(times)
    kind_of = first["service_id"].map(helpers["category"], na_action="ignore").astype("string")
    return pd.DataFrame({**columns, "nearest": first["minutes"], "service_id": first["service_id"], "kind": kind_of})


def when(
    study: Study,
    when: str,
    *,
    kinds: Sequence[str] = MEDIATION,
    week: Week = None,
    at_least_minutes: float = 30,
) -> pd.DataFrame:
    """Return by resident the minutes to the nearest helper of all, that may be open at such times, and that surely is.

    Parameters
    ----------
    study
        Whose residents, services (with `hours`) and roads.
    when, week, at_least_minutes
        As for `accessmap.measures.hours.open_when`: "saturday", "after_17" …
    kinds
        Categories that count as help.

    Returns
    -------
    DataFrame
        By resident: `all`, `best` (unknown hours counted as open), `worst` (as closed), NaN where none is reached.

    Raises
    ------
    StudyError
        As `minutes`.
    TableError, ValueError
        Where hours cannot be read, or `when` is no time.

    Examples
    --------
    >>> from accessmap import load_sample
    >>> study = load_sample()
    >>> when(study, "saturday").columns.tolist()
    ['all', 'best', 'worst']
    """
    helpers = sites(study, kinds=kinds)
    return minutes_when(study.minutes(helpers), helpers, when, week=week, at_least_minutes=at_least_minutes)


def open(
    study: Study,
    *,
    within: float,
    whens: Sequence[str] = ("after_17", "saturday"),
    kinds: Sequence[str] = MEDIATION,
    week: Week = None,
    at_least_minutes: float = 30,
) -> pd.DataFrame:
    """Return the share of the territory's people (0-1) with a helper within reach that is open at such times.

    Parameters
    ----------
    study
        Whose residents, services (with `hours`) and roads; people of its territory are counted.
    within
        Minutes of travel at most.
    whens
        Times, as for `accessmap.measures.hours.open_when`.
    kinds
        Categories that count as help.
    week, at_least_minutes
        As for `accessmap.measures.hours.open_when`.

    Returns
    -------
    DataFrame
        By `when`: `all` (whatever the hours), `best` (unknown hours counted as open) and `worst` (as closed).

    Raises
    ------
    StudyError, TableError, ValueError
        As `when`.

    Examples
    --------
    >>> from accessmap import load_sample
    >>> shares = open(load_sample(), within=20)
    >>> bool((shares["worst"] <= shares["best"]).all() and (shares["best"] <= shares["all"]).all())
    True
    """
    rows = {}
    for moment in whens:
        times = when(study, moment, kinds=kinds, week=week, at_least_minutes=at_least_minutes)
        rows[moment] = coverage(times[study.inside], study.people, within).iloc[0]
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("when")
