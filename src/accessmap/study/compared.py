"""What is compared before and after, each as a function of a study: coverage, imbalance, APL, hours, dependence.

``compare_tables(plans, study, coverage_of("france_services"))``: each function here takes a category and options, and
returns a function from a study to a table about the territory, with everyone outside still in the competition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import TableError
from accessmap.measures.apl import apl
from accessmap.measures.decay import DecayFunction
from accessmap.measures.floating import two_step_fca
from accessmap.measures.hours import WHENS, minutes_when
from accessmap.measures.imbalance import summary
from accessmap.measures.minutes import by_commune, coverage
from accessmap.measures.resilience import dependence
from accessmap.study.study import Study

__all__ = ["apl_of", "coverage_of", "dependence_of", "hours_of", "imbalance_of"]

TableOf = Callable[[Study], pd.DataFrame]


def coverage_of(category: str, *, cutoffs: Sequence[float] | None = None) -> TableOf:
    """Return the function from a study to the share of its territory's people (0-1) within each cutoff.

    Parameters
    ----------
    category
        Of the sites.
    cutoffs
        Minutes; the study's thresholds where not given.

    Returns
    -------
    function
        Study → DataFrame by `cutoff`: `share`, `people`. It raises StudyError for a category that nobody knows.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> am.compare_tables([plan], study, coverage_of("france_services", cutoffs=[10]))["share"].round(2).to_list()
    [0.72, 0.8]
    """

    def table(study: Study) -> pd.DataFrame:
        minutes, people = _nearest(study, category)
        shares = coverage(minutes, people, study.thresholds if cutoffs is None else cutoffs)
        return shares.assign(people=shares["share"] * float(people.sum()))

    return table


def imbalance_of(category: str, *, line: float | None = None, by_epci: bool = False) -> TableOf:
    """Return the function from a study to the imbalance of its territory's minutes, an indicator a row.

    Parameters
    ----------
    category
        Of the sites.
    line
        Minutes beyond which people fall short, as in `imbalance.summary`.
    by_epci
        Whether the Theil index is parted between and within EPCI.

    Returns
    -------
    function
        Study → DataFrame by `indicator`: `value`, `unit`, `name`. It raises TableError where nobody reaches a site.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> table = am.compare_tables([plan], study, imbalance_of("france_services", line=20))
    >>> bool(table.loc[("Coucy", "mean"), "value"] < table.loc[("baseline", "mean"), "value"])
    True
    """

    def table(study: Study) -> pd.DataFrame:
        minutes, people = _nearest(study, category)
        epci = study.residents["commune"].map(study.communes["epci"]).loc[people.index] if by_epci else None
        return summary(minutes, people, unit="minutes", higher_is_better=False, line=line, groups=epci)

    return table


def apl_of(category: str, *, need: pd.Series | None = None, decay: DecayFunction | None = None) -> TableOf:
    """Return the function from a study to the supply in reach of a head, by commune of its territory: the APL.

    Parameters
    ----------
    category
        Of the sites, all of which need a `capacity`: consultations a year for an APL. A site that a scenario opens gets
        one from `Scenario.resize`.
    need
        By resident, those outside the territory too: `standardised_need` for an APL; the population where not given.
    decay
        Weight of a site by its minutes, for a two-step floating catchment of any service; that of the APL where not
        given.

    Returns
    -------
    function
        Study → DataFrame by commune `code`: `apl`, the mean over its people in the unit of the capacity a head (NaN
        where nobody lives). It raises TableError where a site has no capacity.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> desks = study.services.assign(capacity=study.services["capacity"].fillna(2.0))
    >>> plan = am.Scenario("4 guichets").resize("france_services-02602", capacity=4)
    >>> table = am.compare_tables([plan], study.with_services(desks), apl_of("france_services"))["apl"]
    >>> bool(table["4 guichets"]["02602"] > table["baseline"]["02602"])
    True
    """

    def table(study: Study) -> pd.DataFrame:
        sites = _sites(study, category)
        capacity = sites["capacity"] if "capacity" in sites else pd.Series(float("nan"), index=sites.index)
        unknown = sites.index[capacity.isna().to_numpy()]
        if len(unknown):
            remedy = "add them to the services, or resize the sites in the scenario"
            raise TableError(
                f"{len(unknown)} sites have no capacity, such as {unknown[0]!r}: {remedy}.", about="services"
            )
        heads = study.residents["population"] if need is None else need
        times = study.minutes(sites)
        value = apl(times, capacity, heads) if decay is None else two_step_fca(times, capacity, heads, decay=decay)
        inside = study.territory
        found = by_commune(value[inside], study.residents[inside])
        return found[["value"]].rename(columns={"value": "apl"})

    return table


def hours_of(category: str, *, within: float, whens: Sequence[str] = tuple(WHENS), week: str | None = None) -> TableOf:
    """Return the function from a study to the share of its territory's people (0-1) with an open site in reach.

    Parameters
    ----------
    category
        Of the sites, with `hours`.
    within
        Minutes of travel; someone at exactly so many is within.
    whens
        Names of `hours.WHENS`, or times in the syntax of OSM opening_hours.
    week
        A day of the week meant; an ordinary week where not given.

    Returns
    -------
    function
        Study → DataFrame by `when`: `all` (whatever the hours), `best` (unknown hours counted as open), `worst` (as
        closed).

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("samedi").set_hours("mairie-02217", "Mo-Fr 09:00-12:00; Sa 09:00-12:00")
    >>> table = am.compare_tables([plan], study, hours_of("mairie", within=10, whens=["saturday_morning"]))
    >>> bool(table.loc["samedi", "worst"].item() > table.loc["baseline", "worst"].item())
    True
    """

    def table(study: Study) -> pd.DataFrame:
        sites, inside = _sites(study, category), study.territory
        times, people = study.minutes(sites)[inside], study.residents.loc[inside, "population"]
        found = {
            when: coverage(minutes_when(times, sites, when, week=week), people, [within]).loc[within] for when in whens
        }
        return pd.DataFrame(found).T.rename_axis(index="when", columns=None)

    return table


def dependence_of(category: str) -> TableOf:
    """Return the function from a study to how many of its territory's people have their nearest site outside it.

    Parameters
    ----------
    category
        Of the sites.

    Returns
    -------
    function
        Study → DataFrame of `dependence`, rows inside, outside, unreached: `people`, `share`, `minutes`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("sans Pinon").close("france_services-02602")
    >>> outside = am.compare_tables([plan], study, dependence_of("france_services"))["people"].xs("outside", level=1)
    >>> bool(outside["sans Pinon"] > outside["baseline"])
    True
    """

    def table(study: Study) -> pd.DataFrame:
        sites = _sites(study, category)
        return dependence(study.minutes(sites), sites, study.residents, communes=study.communes)

    return table


def _sites(study: Study, category: str) -> gpd.GeoDataFrame:
    """Return the sites of the category: none where a scenario closed the last, but a slip in the name is an error."""
    chosen = study.services[study.services["category"] == category]
    return chosen if len(chosen) or category in CATEGORIES else study.sites(category)


def _nearest(study: Study, category: str) -> tuple[pd.Series, pd.Series]:
    """Return minutes to the nearest site and people, by resident of the territory."""
    inside = study.territory
    minutes = study.minutes(_sites(study, category)).min(axis=1)[inside].rename("share")
    return minutes, study.residents.loc[inside, "population"]
