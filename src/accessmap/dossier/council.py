"""The council table: a page on which a council tries its own plans, without a network, by the numbers of `compare`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.dossier.best import best_plans
from accessmap.dossier.brand import Brand
from accessmap.dossier.council_places import check_size, packed, places_of, plan_of
from accessmap.dossier.council_sureness import sure_data, sure_plans
from accessmap.dossier.layout import Live, Part
from accessmap.dossier.results import AT_LEAST, Known, Tables, plainly
from accessmap.errors import OptionError, Problem
from accessmap.files import write_whole
from accessmap.maps.choropleth import breaks_for, change_entries, class_entries
from accessmap.maps.communes import CHANGE_MINUTES
from accessmap.maps.drawing import SHAPES, Drawing, Entry, draw, embedded
from accessmap.maps.ground import DRAWN_CRS
from accessmap.maps.page import asset, credit_line, environment, leaflet_css, leaflet_js, policy, today
from accessmap.maps.svg import definitions, page_patterns
from accessmap.measures.minutes import by_commune
from accessmap.study.plausibility import gated
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.tables.contracts import category_shown
from accessmap.uncertainty.drawing import Draws
from accessmap.uncertainty.inputs import Assumptions
from accessmap.words import words as labels
from accessmap.words.words import Words

# How many sites fewer and more than today the best is proven for, where it is not said.
FEWER, MORE = 1, 3
# What a dossier has room and time for: residents x places (4 bytes each), and seconds for each proof.
MOST_IN_DOSSIER, SECONDS_IN_DOSSIER = 600_000, 2.0
SCRIPTS: Final = ("council_numbers.js", "council_plans.js", "council_map.js", "council.js")
SHARED: Final = (
    "people", "unreached", "baseline", "newly_reached", "no_longer_reached", "zoom_in", "zoom_out", "north",
    "north_letter", "communes", "legend_count", "class_unsure",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class CouncilTable:
    """A page on which a council opens, closes and moves sites, and sees at once what follows; `council_table` makes it.

    Parameters
    ----------
    title
        Heading of the page.
    study, category
        What it is made from.
    places
        Where a site is or may be, by id (of the site there is, or of the one that would open): name, commune, inside
        (of the territory), today (whether a site is there), step (what opens it in a scenario), geometry.
    times
        Residents of the territory × places, minutes, NaN where not reached.
    best
        By number of sites in the territory, the best of all places, proven: see `best_plans`.
    best_kept
        The same where every site of today stays.
    plans
        Scenarios to begin with.
    sureness
        How sure the figures of some plans are: see `council_table`; None where nothing is drawn.
    lang
        "fr" or "en".
    made
        The day it was made.
    brand
        Logo and colour of a council, as `branded` has them; none where not given.
    """

    title: str
    study: Study
    category: str
    places: gpd.GeoDataFrame
    times: pd.DataFrame
    best: pd.DataFrame
    best_kept: pd.DataFrame
    plans: tuple[Scenario, ...]
    sureness: pd.DataFrame | None
    lang: Lang
    made: date
    brand: Brand = field(default_factory=Brand)

    def branded(
        self,
        *,
        title: str | None = None,
        subtitle: str | None = None,
        logo: str | os.PathLike[str] | None = None,
        colour: str | None = None,
    ) -> CouncilTable:
        """Return the same table with the title, logo and colour of a council: as `Dossier.branded` does."""
        brand = Brand.of(title=title, subtitle=subtitle, logo=logo, colour=colour)
        return replace(self, brand=brand, title=brand.title or self.title)

    def to_html(self) -> str:
        """Return the whole page; its security policy allows no address, and only the scripts it carries, by hash."""
        words = Words(self.lang)
        drawing = self.drawing()
        sheets = ("map.css", "council.css", "tables.css", "council_page.css")
        style = "\n".join([leaflet_css(), *map(asset, sheets), self.brand.head_style("h1")])
        script = "\n".join([leaflet_js(), asset("map.js"), asset("tables.js"), self.script()])
        study = self.study
        return environment().get_template("council_page.html").render(
            text=words,
            lang=self.lang,
            title=self.title,
            subtitle=self.brand.subtitle,
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
            version=version("accessmap"),
            made=labels.date_text(self.made, lang=self.lang),
            patterns=page_patterns(),
            definitions=definitions(drawing),
            provenance=study.credit,
            cautions=[
                *([words("caution_estimated")] if study.estimated else []),
                *(words.told(caution) for caution in study.cautions),
            ],
            credit=drawing.credit,
            body=self.body(drawing, "h2"),
        )  # fmt: skip

    @staticmethod
    def script() -> str:
        """Return what the page runs beside Leaflet and map.js."""
        return "\n".join(map(asset, SCRIPTS))

    def body(self, drawing: Drawing, heading: str) -> Markup:
        """Return the table as a part of a page that holds the paths of the drawing, our styles and our scripts."""
        module: Any = environment().get_template("council.html").make_module({"text": Words(self.lang)})
        return Markup(module.table(data=Markup(embedded(self._data(drawing))), heading=heading))  # noqa: S704 - escaped

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as one file and return its path; folders are made, and no half file is ever left."""
        return write_whole(self.to_html(), path)

    def _repr_html_(self) -> str:
        page, title = escape(self.to_html(), quote=True), escape(self.title, quote=True)
        return (
            f'<iframe srcdoc="{page}" title="{title}" width="100%" height="900" style="border:1px solid #ccc"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<CouncilTable {self.title!r}: {len(self.places)} places, {len(self.times)} residents>"

    # ------------------------------------------------------------------ what the page is given

    def drawing(self) -> Drawing:
        """Return the land of the page's map, and the names on it."""
        credit = credit_line(self.study.credit, self.lang)
        sites = self.study.sites(self.category)
        return draw(self.study.counted, (), sites, title=self.title, credit=credit, lang=self.lang)

    def _data(self, drawing: Drawing) -> dict[str, Any]:
        study, words, places = self.study, Words(self.lang), self.places
        inside = study.inside.to_numpy()
        residents = study.residents[inside]
        communes = study.counted[study.communes["in_territory"]]
        communes = communes.loc[plainly(communes["name"]).sort_values(kind="stable").index]
        shown = category_shown(study.services, self.category)
        text, width = packed(self.times.to_numpy("float32"))
        drawn = places.geometry.to_crs(DRAWN_CRS)
        number = {name: k for k, name in enumerate(places.index)}
        breaks = _breaks(self.times, places, residents)
        return {
            "lang": self.lang,
            "category": self.category,
            "kind": {"one": shown.name(self.lang), "many": shown.name(self.lang, count=2)},
            "title": self.title,
            "origin": drawing.origin,
            "size": drawing.size,
            "zones": [[zone.code, labels.curled(zone.name), zone.inside] for zone in drawing.zones],
            "names": [[x, y, labels.curled(name)] for x, y, name in drawing.names],
            "marker": {"d": SHAPES[shown.shape], "colour": shown.colour},
            "people": _plain(residents["population"]),
            "commune": communes.index.get_indexer(residents["commune"]).tolist(),
            "communes": [
                [str(code), labels.curled(str(name)), _number(people)]
                for code, name, people in zip(communes.index, communes["name"], communes["population"], strict=True)
            ],
            "places": [
                {
                    "id": str(place),
                    "name": labels.curled(str(row["name"])),
                    "commune": row["commune"] if isinstance(row["commune"], str) else "",
                    "in": labels.curled(str(study.communes["name"].get(row["commune"], ""))),
                    "inside": bool(row["inside"]),
                    "today": bool(row["today"]),
                    "x": round(drawn[place].x - drawing.origin[0]),
                    "y": round(drawing.origin[1] - drawn[place].y),
                    "step": row["step"],
                }
                for place, row in places.iterrows()
            ],
            "minutes": text,
            "bytes": width,
            "cutoffs": list(study.thresholds),
            "at_least": AT_LEAST,
            "breaks": breaks,
            "classes": _looks(class_entries(breaks, "minutes", words)),
            "change_breaks": CHANGE_MINUTES,
            "changes": _looks(change_entries(CHANGE_MINUTES, "minutes", words)),
            "plans": [plan for scenario in self.plans if (plan := plan_of(scenario, self.category, places, study))][:3],
            "best": _told(self.best, number),
            "best_kept": _told(self.best_kept, number),
            "sure": None if self.sureness is None else sure_data(self.sureness, places.index, communes.index, words),
            "words": {key: labels.unfilled(key, self.lang) for key in (*labels.keys_of("council_"), *SHARED)},
        }


def council_table(
    study: Study,
    category: str,
    *,
    candidates: gpd.GeoDataFrame | None = None,
    plans: Iterable[Scenario] = (),
    counts: Iterable[int] | None = None,
    title: str | None = None,
    time_limit: float = 20.0,
    accept: Collection[str] = (),
    uncertainty: Assumptions | None = None,
    lang: Lang = "fr",
) -> CouncilTable:
    """Return a page on which a council tries plans for a category of services: open, close and move sites.

    Map, coverage, mean and longest way, winners and losers, every commune and the price against the proven best follow
    each click, by the numbers of `compare`. The page is one file that asks for nothing from outside.

    Parameters
    ----------
    study
        Computed whole, reported on its territory; its `thresholds` are the cutoffs.
    category
        Of the sites.
    candidates
        Points where a site may open, by id, with a `name` where it has one; the mairies of the territory where not
        given. One that stands exactly where a site is today is that site.
    plans
        Scenarios that stand side by side at the start: the first three that do nothing but open, close and move sites
        of the category between these places.
    counts
        Numbers of sites in the territory for which the best choice is proven (`accessmap.siting.p_median`); from one
        fewer than today to three more where not given. Sites outside the territory stay.
    title
        Heading of the page.
    time_limit
        Seconds for each proof; where it is met, the page gives the best that was found and how far it may be from it.
    accept
        As for `Dossier.of`: measures of the roads' plausibility that may be beyond their bounds.
    uncertainty
        How uncertain the inputs are: today, the plans at the start and the proven ones then have their ranges, and the
        chance to be the best of those of as many sites; of every other plan the page says that this is not computed.
    lang
        "fr" or "en".

    Returns
    -------
    CouncilTable
        Shows itself in a notebook; ``save(path)`` writes it as one file, ``to_html()`` is its text. `places`, `times`,
        `best` and `best_kept` (every site of today stays) are the tables it is made of.

    Raises
    ------
    StudyError
        Where the study has never had the category, the roads cannot be what they seem, there is no candidate, or the
        trips are too many for one file.
    ScenarioError
        Where a candidate cannot be opened.
    OptionError
        Where a number of sites cannot be.

    Examples
    --------
    >>> import accessmap as am
    >>> table = council_table(am.load_sample(), "france_services", counts=[3])
    >>> len(table.places), int(table.places["today"].sum()), table.times.shape
    (94, 13, (526, 94))
    >>> table.best.loc[3, "status"], float(table.best.loc[3, "mean_minutes"].round(1))
    ('optimal', 7.0)
    """
    labels.check_lang(lang)
    study = gated(study, category, accept)
    places = places_of(study, category, candidates)
    check_size(study, len(places))
    return _made(study, category, places, plans, counts, title, time_limit, lang, uncertainty)


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return how many trips the table of a dossier holds; None where there is no mairie at which a site could open."""
    study = known.study
    inside = study.communes.index[study.communes["in_territory"]]
    mairies = study.mairies
    places = int(mairies["commune"].isin(inside).sum()) if "commune" in mairies else 0
    sites = len(study.sites(known.results.category))
    return (
        {"_council": pd.DataFrame({"residents": [len(study.people)], "places": [places + sites]})} if places else None
    )


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the council table of a dossier, with its plans to begin with; or that it does not fit."""
    known = tables.known
    residents, places = (int(tables["_council"][name].iloc[0]) for name in ("residents", "places"))
    if residents * places > MOST_IN_DOSSIER:
        return [words("council_too_big_here", residents=words.count(residents), places=words.count(places))]
    study, category = known.study, known.results.category
    places, draws = places_of(study, category), known.draws
    drawn = () if draws is None else _places_drawn(draws, places)
    made = _made(
        study, category, places, known.results.scenarios, None, None, SECONDS_IN_DOSSIER, words.lang,
        None if draws is None else draws.assumed, drawn,
    )  # fmt: skip
    return [Live(made.body(made.drawing(), "h3"), asset("council.css"), made.script())]


def _made(
    study: Study,
    category: str,
    places: gpd.GeoDataFrame,
    plans: Iterable[Scenario],
    counts: Iterable[int] | None,
    title: str | None,
    time_limit: float,
    lang: Lang,
    assumed: Assumptions | None,
    drawn: Iterable[tuple[str, ...]] = (),
) -> CouncilTable:
    words = Words(lang)
    times = study.minutes(places)[study.inside]
    here = int((places["today"] & places["inside"]).sum())
    free = places["inside"] | ~places["today"]
    if counts is None:
        counts = range(max(1, here - FEWER), min(int(free.sum()), here + MORE) + 1)
    counts = _checked(counts, int(free.sum()))
    fixed, today_ids = places.index[~free], places.index[places["today"]]
    more = [count - here for count in counts if count > here]
    asked: dict[str, Any] = {"times": times, "people": study.people, "time_limit": time_limit}
    shown = category_shown(study.services, category)
    kept = best_plans(**asked, fixed=today_ids, counts=more)
    kept["sites"] = [(*today_ids.difference(fixed, sort=False), *sites) if sites else () for sites in kept["sites"]]
    best, plans = best_plans(**asked, fixed=fixed, counts=counts), tuple(plans)
    sureness = None
    if assumed is not None and float(study.people.sum()):
        given = [plan["plan"] for each in plans if (plan := plan_of(each, category, places, study))]
        proven = [(*fixed, *sites) for table in (best, kept) for sites in table["sites"] if sites]
        sets = [*(_open(plan, places) for plan in given), *proven, *drawn]
        breaks = _breaks(times, places, study.residents[study.inside])
        sureness = sure_plans(study, category, places, sets, assumed=assumed, breaks=breaks)
    return CouncilTable(
        title=words("council_title", place=study.title, category=shown.name(lang, count=2)) if title is None else title,
        study=study,
        category=category,
        places=places,
        times=times,
        best=best,
        best_kept=kept.set_axis(pd.Index([here + count for count in more], name="count")),
        plans=plans,
        sureness=sureness,
        lang=lang,
        made=today(),
    )


def _breaks(times: pd.DataFrame, places: gpd.GeoDataFrame, residents: gpd.GeoDataFrame) -> tuple[float, ...]:
    """Return the bounds of the classes of minutes on the map: those of today."""
    return breaks_for(by_commune(times.loc[:, places["today"]].min(axis=1), residents)["value"], "minutes")


def _open(plan: dict[str, Any], places: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the places at which a site is open in a plan of `plan_of`."""
    gone = {*plan["closed"], *plan["moved"]}
    kept = [k for k, today in enumerate(places["today"]) if today and k not in gone]
    return tuple(places.index[[*kept, *plan["moved"].values(), *plan["opened"]]])


def _places_drawn(draws: Draws, places: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Return the places of each plan that a dossier draws, of those whose sites all stand at one."""
    names = dict(zip(zip(places.geometry.x, places.geometry.y, strict=True), places.index, strict=True))
    sites = draws.asked.sites
    at = [names.get((point.x, point.y)) for point in sites.geometry]
    listed = ~(sites["missing"].to_numpy() > 0)
    plans = [[at[k] for k in np.flatnonzero(open_ & listed)] for open_ in draws.asked.open[1:]]
    return [tuple(map(str, each)) for each in plans if None not in each]


def _checked(counts: Iterable[int], most: int) -> list[int]:
    found = list(counts)
    for count in found:
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= most:
            raise OptionError(Problem("council_counts", value=count, most=most))
    return sorted({int(count) for count in found})


def _looks(entries: Sequence[Entry]) -> list[list[str]]:
    return [[entry.label, entry.colour, entry.pattern] for entry in entries]


def _plain(values: pd.Series) -> list[float]:
    return [_number(value) for value in values]


def _number(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _told(best: pd.DataFrame, number: dict[Any, int]) -> dict[int, Any]:
    """Return the best plans as the page reads them, by number of sites."""
    return {
        int(str(count)): {
            "sites": [number[site] for site in row["sites"]],
            "gap": max(0.0, row["mean_minutes"] - row["bound_minutes"]) if row["sites"] else None,
            "status": row["status"].replace(" ", "_"),
        }
        for count, row in best.iterrows()
    }
