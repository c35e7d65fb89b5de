"""What access hangs on: sites outside the territory, and single sites."""

from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Beside, Cell, How, Part, Table, count_cell, lost_note, sortable
from accessmap.dossier.results import Known, Tables
from accessmap.measures.resilience import (
    criticality,
    dependence,
    one_closure_away,
    outside_demand,
    outside_sites,
    site_places,
)
from accessmap.study.plausibility import of_the_data
from accessmap.words.words import NO_BREAK, Words

MOST_SITES: Final = 6


def _sites(known: Known) -> gpd.GeoDataFrame:
    return known.study.sites(known.results.category)


def _cutoffs(known: Known) -> tuple[float, ...]:
    """Return the two longest thresholds."""
    return tuple(sorted(known.study.thresholds)[-2:])


def dependence_tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return who depends on sites outside today, and who comes from outside.

    Returns
    -------
    dict
        outside_sites
            By site outside that is the nearest of someone inside: see `resilience.outside_sites`; with epci_name.
        outside_demand
            By site inside: `people` of the territory whose nearest it is, and `outside_people` of elsewhere.
        _dependence
            inside, outside, unreached: people, share (0-1), minutes.
    """
    study, sites = known.study, _sites(known)
    times, residents, communes = study.minutes(sites), study.residents, study.communes
    outside = outside_sites(times, sites, residents, communes=communes)
    outside.insert(3, "epci_name", epci_names(outside["epci"], communes))
    places = site_places(sites, communes)
    people = _critical(known, _cutoffs(known)[:1])[["name", "people"]]
    here = people.loc[people.index.isin(places.index[places["inside"]])]
    coming = outside_demand(times, sites, residents, communes=communes)["people"].groupby("service_id").sum()
    return {
        "outside_sites": outside,
        "outside_demand": here.assign(outside_people=coming.reindex(here.index).fillna(0.0)),
        "_dependence": dependence(times, sites, residents, communes=communes),
    }


def _critical(known: Known, cutoffs: tuple[float, ...]) -> pd.DataFrame:
    """Return what the closing of each site would do, with a column of people beyond each cutoff, the worst first."""
    study, sites = known.study, _sites(known)
    times, people = study.minutes(sites)[study.inside.to_numpy()], known.results.people
    losses = {cutoff: criticality(times, people, cutoff=cutoff) for cutoff in cutoffs}
    critical = losses[cutoffs[0]].drop(columns="beyond")
    for cutoff, table in losses.items():
        critical[f"beyond {cutoff:g}"] = table["beyond"]
    critical.insert(0, "name", sites["name"].reindex(critical.index))
    return critical


def epci_names(codes: pd.Series, communes: pd.DataFrame) -> pd.Series:
    """Return the name of each EPCI: its own where it is known, else its code."""
    coded = f"EPCI{NO_BREAK}" + codes
    if "epci_name" not in communes:
        return coded
    names = communes.dropna(subset=["epci"]).drop_duplicates("epci").set_index("epci")["epci_name"]
    return codes.map(names).fillna(coded)


def _neighbours(known: Known) -> bool:
    """Return whether people or sites outside the territory are loaded; without, nothing can be said of them."""
    communes = known.study.communes
    return not (bool(communes["in_territory"].all()) and bool(site_places(_sites(known), communes)["inside"].all()))


def dependence_sentences(tables: Tables, words: Words) -> list[str]:
    """Return how much of the territory depends on the outside, on whom, and the reverse."""
    if not _neighbours(tables.known):
        return [words("dependence_no_neighbours")]
    # Where sites outside are known to be missing, nobody who comes from elsewhere can be counted.
    coming = (
        None if of_the_data(tables.known.study.cautions) else float(tables["outside_demand"]["outside_people"].sum())
    )
    return told_of.dependence(
        tables["_dependence"], outside_sites=tables["outside_sites"], outside_people=coming, lang=words.lang
    )


def dependence_shown(tables: Tables, words: Words) -> list[Part]:
    """Return the sites outside that most depend on, and those inside that most come to from elsewhere."""
    outside, demand = tables["outside_sites"], tables["outside_demand"]
    if not _neighbours(tables.known):
        return []
    columns = [(_outside_table(outside, words),)] if len(outside) else []
    if len(demand) and not of_the_data(tables.known.study.cautions):
        columns.append((_demand_table(demand, words),))
    return [Beside(tuple(columns), "d-halves"), How(words("how_dependence"))] if columns else []


def _outside_table(sites: pd.DataFrame, words: Words) -> Table:
    """Return the sites outside that carry the most people, and what the closing of each would do."""
    rows = []
    for _, site in sites.head(MOST_SITES).iterrows():
        place = site["epci_name"] if isinstance(site["epci_name"], str) else words("epci_unknown")
        back = words("dependence_back", n=round(site["back_inside"])) if round(site["back_inside"]) else ""
        after = ", ".join(filter(None, (back, lost_note(site["unreached"], words))))
        away = words("dependence_away", value=words.minutes(site["minutes"]))
        added = Cell(words.change(site["added"]), sortable(site["added"]), after)
        rows.append((Cell(_name(site["name"], words), note=place), count_cell(site["people"], words, away), added))
    columns = (words("site_outside"), words("inhabitants"), words("if_closed"))
    return Table(columns, rows, words("outside_sites_title"))


def _demand_table(demand: pd.DataFrame, words: Words) -> Table:
    """Return, by site inside, the people of the territory and of elsewhere whose nearest it is."""
    order = demand.sort_values(["outside_people", "people"], ascending=False, kind="stable")
    rows = [
        (Cell(_name(site["name"], words)), *(count_cell(site[name], words) for name in ("outside_people", "people")))
        for _, site in order.head(MOST_SITES).iterrows()
    ]
    columns = (words("site_inside"), words("people_of_elsewhere"), words("people_of_here"))
    return Table(columns, rows, words("demand_title"))


def resilience_tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return what the closing of each site would do, and who is near thanks to one single site.

    Returns
    -------
    dict
        criticality
            By site that is the nearest of someone inside: see `resilience.criticality`; a column of people beyond
            each of the two longest thresholds.
        one_closure_away
            By threshold and commune of the territory: people within it thanks to one single site, and that site.
    """
    study = known.study
    cutoffs = _cutoffs(known)
    critical = _critical(known, cutoffs)
    inside = study.inside.to_numpy()
    times, residents = study.minutes(_sites(known))[inside], study.residents[inside]
    exposed = {cutoff: one_closure_away(times, residents, cutoff=cutoff) for cutoff in cutoffs}
    return {
        "criticality": critical[critical["people"] > 0],
        "one_closure_away": pd.concat(exposed, names=["cutoff"]).join(study.communes["name"], on="code"),
    }


def resilience_sentences(tables: Tables, words: Words) -> list[str]:
    """Return who is near thanks to one single site, whose closing hurts most, and what a modelled network does."""
    return told_of.resilience(
        tables["one_closure_away"],
        criticality=tables["criticality"],
        people=tables.known.results.total,
        modelled=tables.known.study.credit.modelled,
        lang=words.lang,
    )


def resilience_shown(tables: Tables, words: Words) -> list[Part]:
    """Return the sites whose closing, alone, hurts most."""
    table, how = tables["criticality"], How(words("how_resilience"))
    if table.empty:
        return [how]
    cutoffs = [float(cutoff) for cutoff in tables["one_closure_away"].index.unique("cutoff")]
    rows = []
    for _, site in table.head(MOST_SITES).iterrows():
        rows.append(
            (
                Cell(_name(site["name"], words)),
                count_cell(site["people"], words),
                Cell(words.change(site["minutes"]), sortable(site["minutes"]), lost_note(site["unreached"], words)),
                *(count_cell(site[f"beyond {cutoff:g}"], words) for cutoff in cutoffs),
            )
        )
    titles = [words("would_be_beyond", cutoff=words.cutoff(cutoff)) for cutoff in cutoffs]
    columns = (words("site"), words("served"), words("if_closed"), *titles)
    return [Table(columns, rows, words("resilience_title")), how]


def _name(name: object, words: Words) -> str:
    return name if isinstance(name, str) else words("site_unnamed")
