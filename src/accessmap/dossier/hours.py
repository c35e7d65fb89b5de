"""When sites are open: who finds an open one, and when; the numbers of the chapter, and how it reads itself out."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from accessmap.dossier.layout import Cell, Table, plain
from accessmap.maps.charts import heat_chart
from accessmap.measures.hours import heat_table, hours_in_reach, minutes_when, open_access, open_when, reach_by_commune
from accessmap.measures.minutes import by_commune
from accessmap.measures.resilience import site_places
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import Words

__all__ = ["Opening", "heat_of", "heat_rows", "hours_table", "hours_title", "opening", "told"]

INSTEAD: Final = "mairie"
SATURDAY: Final = "saturday_morning"
# Times that people at work can come, as `accessmap.measures.hours.WHENS` names them.
ASKED: Final = ("lunchtime", "after_17", "after_18", SATURDAY)
MOST_NAMED: Final = 14
FEW: Final = 0.5  # a commune is named where less than this share of its people have an open site


@dataclass(frozen=True, eq=False)
class Opening:
    """Who of the territory finds an open site today, and when.

    Parameters
    ----------
    category
        Whose hours they are: the service studied, or the mairies where its hours are not known; empty for neither.
    table
        By moment ("always", then those of ASKED) and threshold: worst and best share of people (0-1).
    sites
        By moment: sites of the territory that are open, and of which it is not known.
    communes
        By commune of the territory: worst and best share of people with a site open on Saturday morning within the
        first threshold; people; `hours_worst` and `hours_best`, the mean hours of a week when one is open within it.
    week
        By half-hour of leaving: worst and best share of people who find an open site within the first threshold.
    within
        Two thresholds at most, in minutes.
    """

    category: str
    table: pd.DataFrame
    sites: pd.DataFrame
    communes: pd.DataFrame
    week: pd.DataFrame
    within: tuple[float, ...]


def opening(study: Study, category: str) -> Opening:
    """Return who finds an open site of a category, or an open mairie where the hours of the category are not known.

    >>> import accessmap as am
    >>> data = opening(am.load_sample(), "france_services")
    >>> data.category, data.sites.loc["saturday_morning"].to_dict()
    ('mairie', {'open': 9, 'unknown': 1})
    """
    within = tuple(sorted(study.thresholds)[:2])
    whose = next((kind for kind in (category, INSTEAD) if _known(study, kind)), "")
    if not whose:
        nothing = pd.DataFrame(columns=["worst", "best"], dtype="float64")
        return Opening("", nothing, nothing, nothing, nothing, within)
    sites = study.sites(whose)
    inside = study.inside.to_numpy()
    times, residents = study.minutes(sites)[inside], study.residents[inside]
    people = residents["population"].astype("float64")
    total = float(people.sum())
    here = site_places(sites, study.communes)["inside"]
    shares: dict[tuple[str, float], dict[str, float]] = {}
    counts = {}
    minutes = pd.DataFrame()
    for moment in ASKED:
        minutes = minutes_when(times, sites, moment)
        answers = open_when(sites[here], moment)
        counts[moment] = {"open": int(answers.fillna(False).sum()), "unknown": int(answers.isna().sum())}
        for column, key in (("all", "always"), ("worst", moment), ("best", moment)):
            for cutoff in within:
                near = float(people[minutes[column] <= cutoff].sum()) / total if total else float("nan")
                cell = shares.setdefault((key, cutoff), {})
                cell |= {"worst": near, "best": near} if key == "always" else {column: near}
    counts["always"] = {"open": int(here.sum()), "unknown": 0}
    table = pd.DataFrame.from_dict(shares, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(shares), names=["moment", "within"])
    order = ["always", *ASKED]
    # ASKED ends with Saturday morning, whose minutes are the last.
    communes = reach_by_commune(minutes[["worst", "best"]], residents, within=within[0])
    communes.insert(0, "name", study.communes["name"].reindex(communes.index))
    hours = hours_in_reach(times, sites, within=within[0])
    for case in hours:
        communes[f"hours_{case}"] = by_commune(hours[case], residents)["value"].reindex(communes.index)
    return Opening(
        category=whose,
        table=table.loc[order],
        sites=pd.DataFrame.from_dict(counts, orient="index").loc[order].rename_axis("moment"),
        communes=communes,
        week=open_access(times, sites, people, within=within[0]),
        within=within,
    )


def _known(study: Study, category: str) -> bool:
    """Return whether the hours of at least one site of the category are known."""
    sites = study.services[study.services["category"] == category]
    return bool(len(_hours(sites)))


def _hours(sites: gpd.GeoDataFrame) -> pd.Series:
    hours = sites["hours"] if "hours" in sites else pd.Series(dtype="str")
    return hours[hours.fillna("").astype("str").str.strip() != ""]


def told(data: Opening, category: str, words: Words) -> list[str]:
    """Return the chapter in a few sentences: whose hours are known, and Saturday morning."""
    said = []
    plural = labels.category(category).name(words.lang, count=2)
    if data.category != category:
        said.append(words("open_not_known", category=plural))
    if not data.category:
        return said
    kind = labels.category(data.category)
    name = kind.name(words.lang, count=2)
    if data.category != category:
        said.append(words("open_instead", category=name))
    opened = data.sites["open"].to_dict()
    unknown, total = int(data.sites["unknown"].max()), opened["always"]
    if unknown:
        said.append(words("open_some_unknown", n=unknown, total=words.count(total), category=name))
    saturday = data.table.xs(SATURDAY, level="moment").iloc[0]
    said.append(
        words(
            "open_saturday",
            n=opened[SATURDAY],
            total=words.count(total),
            category=name,
            share=words.percent(saturday["worst"]),
            cutoff=words.cutoff(data.within[0]),
        )
    )
    return [*said, *_far_on_saturday(data, words)]


def _far_on_saturday(data: Opening, words: Words) -> list[str]:
    """Return the communes where nobody, then where few, have an open site nearby on Saturday morning.

    Those that a site of unknown hours could serve are named apart: of them neither yes nor no is known.
    """
    far = data.communes[(data.communes["worst"] < FEW) & (data.communes["people"] > 0)].sort_values("name", key=plain)
    cutoff = words.cutoff(data.within[0])
    if far.empty:
        return [words("open_saturday_everywhere", cutoff=cutoff)]
    none, surely_none, surely_few = far["worst"] == 0, far["best"] == 0, far["best"] < FEW
    kinds = {
        "open_saturday_nobody": surely_none,
        "open_saturday_nobody_perhaps": none & ~surely_none,
        "open_saturday_few": ~none & surely_few,
        "open_saturday_few_perhaps": ~none & ~surely_few,
    }
    named = {key: list(far["name"][those]) for key, those in kinds.items()}
    return [
        words(key, n=len(names), cutoff=cutoff, names=words.listed(names, most=MOST_NAMED))
        for key, names in named.items()
        if names
    ]


def hours_title(data: Opening, words: Words) -> str:
    """Return the title of the table, with whose hours it is about."""
    return words("open_title_of", category=labels.category(data.category).name(words.lang, count=2))


def hours_table(data: Opening, words: Words) -> Table:
    """Return the share of people with an open site within each threshold, by moment, and how many sites are open."""
    rows = []
    for moment, counts in data.sites.iterrows():
        cells = [Cell(words(f"when_{moment}"))]
        for _, share in data.table.xs(moment, level="moment").loc[list(data.within)].iterrows():
            worst, best = float(share["worst"]), float(share["best"])
            note = (
                "" if words.percent(worst) == words.percent(best) else words("open_at_best", share=words.percent(best))
            )
            cells.append(Cell(words.percent(worst), worst, note, worst))
        unknown = int(counts["unknown"])
        note = words("open_unknown", n=unknown) if unknown else ""
        rows.append((*cells, Cell(words.count(counts["open"]), float(counts["open"]), note)))
    reach = [words("open_within", cutoff=words.cutoff(cutoff)) for cutoff in data.within]
    return Table((words("moment"), *reach, words("open_sites")), (False, *[True] * (len(reach) + 1)), tuple(rows))


def heat_of(data: Opening, words: Words) -> Markup:
    """Return the week as a picture: who finds an open site, by day and half-hour of leaving."""
    title = words(
        "heat_title", category=labels.category(data.category).name(words.lang), cutoff=words.cutoff(data.within[0])
    )
    drawn = heat_chart(heat_table(data.week["worst"]), title=title, lang=words.lang)
    more = f"<desc>{escape(words('heat_told'))}</desc>"
    return Markup(drawn.svg.replace("</title>", f"</title>{more}", 1))  # noqa: S704 - escaped where made


def heat_rows(data: Opening, words: Words) -> Table:
    """Return the same week in figures: clock times (rows) by day, from the first to the last time anyone finds one."""
    heat = heat_table(data.week["worst"])
    some = np.flatnonzero((heat > 0).any(axis=0))
    shown = heat.iloc[:, some[0] : some[-1] + 1] if len(some) else heat.iloc[:, :0]
    days = words("weekdays").split()
    columns: tuple[str, ...] = (words("leaving"), *(days[pd.Timestamp(str(day)).weekday()] for day in heat.index))
    rows: list[tuple[Any, ...]] = [
        (
            Cell(words("clock", hour=int(time[:2]), minute=time[3:])),
            *(Cell(words.percent(float(share)), float(share)) for share in shown[time]),
        )
        for time in map(str, shown)
    ]
    return Table(columns, (False, *[True] * len(heat)), tuple(rows))
