"""When sites are open: who finds an open one, and when."""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Beside, Cell, How, Part, Table, count_cell
from accessmap.dossier.results import Known, Tables, main_sites
from accessmap.maps.charts import share_tone
from accessmap.measures.hours import heat_table, hours_in_reach, minutes_when, open_access, open_when, reach_by_commune
from accessmap.measures.minutes import by_commune, nearest
from accessmap.measures.resilience import site_places
from accessmap.study.study import Study
from accessmap.tables.cutoffs import is_within
from accessmap.words import words as labels
from accessmap.words.words import Words

INSTEAD: Final = "mairie"
# Times that people at work can come, as `accessmap.measures.hours.WHENS` names them.
MOMENTS: Final = ("lunchtime", "after_17", "after_18", "saturday_morning")
# When the sheets say where to go.
GOING: Final = ("saturday_morning", "after_17")


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return who finds an open site of the category, or an open mairie where the hours of the category are not known.

    Returns
    -------
    dict
        hours
            By moment ("always", then MOMENTS) and threshold (the two shortest): worst and best share of people (0-1);
            sites of the territory that are `open`, and of which it is `unknown`; the `category` of both.
        hours_by_commune
            Worst and best share of people with a site open on Saturday morning within the first threshold; people;
            `hours_worst` and `hours_best`, the mean hours of a week when one is open within it.
        hours_of_week
            By half-hour of leaving: worst and best share of people who find an open site within the first threshold.

        All of them are empty where no hours are known. `_where_open` is of the sheets: see `_where_open`.
    """
    study, category = known.study, known.results.category
    whose = next((kind for kind in (category, INSTEAD) if _known_hours(study, kind)), "")
    if not whose:
        nothing = pd.DataFrame(columns=["worst", "best"], dtype="float64")
        empty = {"hours": nothing.assign(category=""), "hours_by_commune": nothing, "hours_of_week": nothing}
        return {**empty, "_where_open": nothing}
    within = tuple(sorted(study.thresholds)[:2])
    sites = study.sites(whose)
    inside = study.inside.to_numpy()
    times, residents = study.minutes(sites)[inside], study.residents[inside]
    people = residents["population"].astype("float64")
    total = float(people.sum())
    here = site_places(sites, study.communes)["inside"]
    shares: dict[tuple[str, float], dict[str, float]] = {}
    counts = {}
    minutes = pd.DataFrame()
    for moment in MOMENTS:
        minutes = minutes_when(times, sites, moment)
        answers = open_when(sites[here], moment)
        counts[moment] = {"open": int(answers.fillna(False).sum()), "unknown": int(answers.isna().sum())}
        for column, key in (("all", "always"), ("worst", moment), ("best", moment)):
            for cutoff in within:
                near = float(people[is_within(minutes[column], cutoff)].sum()) / total if total else float("nan")
                cell = shares.setdefault((key, cutoff), {})
                cell |= {"worst": near, "best": near} if key == "always" else {column: near}
    counts["always"] = {"open": int(here.sum()), "unknown": 0}
    table = pd.DataFrame.from_dict(shares, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(shares), names=["moment", "within"])
    order = ["always", *MOMENTS]
    opened = pd.DataFrame.from_dict(counts, orient="index").loc[order].rename_axis("moment")
    # MOMENTS ends with Saturday morning, whose minutes are the last.
    communes = reach_by_commune(minutes[["worst", "best"]], residents, within=within[0])
    communes.insert(0, "name", study.communes["name"].reindex(communes.index))
    hours = hours_in_reach(times, sites, within=within[0])
    for case in hours:
        communes[f"hours_{case}"] = by_commune(hours[case], residents)["value"].reindex(communes.index)
    return {
        "hours": table.loc[order].join(opened).assign(category=whose),
        "hours_by_commune": communes,
        "hours_of_week": open_access(times, sites, people, within=within[0]),
        "_where_open": _where_open(times, sites, residents),
    }


def _where_open(times: pd.DataFrame, sites: gpd.GeoDataFrame, residents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return by (moment, commune) the nearest site that surely opens then, and whether the commune's own does.

    `site` (of most people there; missing where none is reached), `minutes` to it; `own` is "yes", "no", "unknown", or
    empty where the commune has no site.
    """
    owner = sites["commune"] if "commune" in sites else pd.Series(pd.NA, index=sites.index)
    codes = pd.Index(residents["commune"].unique())
    found = {}
    for moment in GOING:
        answers = open_when(sites, moment)
        near = nearest(times.loc[:, answers.fillna(False).to_numpy(dtype=bool)])
        site = main_sites(near["service_id"], residents).reindex(codes)
        own = {}
        for code, its in answers.groupby(owner):
            own[code] = "yes" if its.eq(True).any() else "unknown" if its.isna().any() else "no"
        found[moment] = pd.DataFrame(
            {
                "site": site.map(sites["name"]),
                "minutes": by_commune(near["minutes"], residents)["value"].reindex(codes),
                "own": [own.get(code, "") for code in codes],
            },
            index=codes,
        )
    return pd.concat(found, names=["moment", "code"])


def _known_hours(study: Study, category: str) -> bool:
    """Return whether the hours of at least one site of the category are known."""
    sites = study.sites(category)
    hours = sites["hours"] if "hours" in sites else pd.Series(dtype="str")
    return bool((hours.fillna("").astype("str").str.strip() != "").any())


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return whose hours are known, and Saturday morning."""
    category = tables.known.results.category
    return told_of.hours(tables["hours"], tables["hours_by_commune"], category=category, lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return who has an open site by moment, and the week as a grid."""
    table = tables["hours"]
    if table.empty:
        return []
    kind = labels.category(str(table["category"].iloc[0]))
    within = list(table.index.unique("within"))
    heat = heat_table(tables["hours_of_week"]["worst"])
    title = words("heat_title", category=kind.name(words.lang), cutoff=words.cutoff(within[0]))
    moments = _hours_table(table, within, words("open_title_of", category=kind.name(words.lang, count=2)), words)
    return [Beside(((moments,), (_week_grid(heat, title, words),)), "d-halves"), How(words("how_hours"))]


def _hours_table(table: pd.DataFrame, within: list[float], title: str, words: Words) -> Table:
    """Return the share of people with an open site within each threshold, by moment, and how many sites are open."""
    rows = []
    for moment in table.index.unique("moment"):
        part = table.xs(moment, level="moment")
        cells = [Cell(words(f"when_{moment}"))]
        for worst, best in zip(part["worst"], part["best"], strict=True):
            low, high = words.percent(worst), words.percent(best)
            cells.append(Cell(low, worst, "" if low == high else words("open_at_best", share=high), worst))
        opened, unknown = int(part["open"].iloc[0]), int(part["unknown"].iloc[0])
        note = words("open_unknown", n=unknown) if unknown else ""
        rows.append((*cells, count_cell(opened, words, note)))
    reach = [words("open_within", cutoff=words.cutoff(cutoff)) for cutoff in within]
    columns = (words("moment"), *reach, words("open_sites"))
    return Table(columns, rows, title)


def _week_grid(heat: pd.DataFrame, title: str, words: Words) -> Table:
    """Return the week as a grid of tones and figures: times of leaving (rows) by day, while anyone finds one."""
    some = np.flatnonzero((heat > 0).any(axis=0))
    shown = heat.iloc[:, some[0] : some[-1] + 1] if len(some) else heat.iloc[:, :0]
    days = words("weekdays_short").split()
    columns = (words("leaving"), *(days[pd.Timestamp(str(day)).weekday()] for day in heat.index))
    rows = [
        (
            Cell(words("clock", hour=int(time[:2]), minute=time[3:])),
            *(Cell(words.percent(float(share)), float(share), tone=share_tone(float(share))) for share in shown[time]),
        )
        for time in map(str, shown)
    ]
    return Table(columns, rows, title)
