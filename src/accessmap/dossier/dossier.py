"""Dossier: what a council reads, in one HTML file that loads nothing from outside."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from accessmap import labels
from accessmap.dossier import sections
from accessmap.dossier.chapters import Chapters
from accessmap.dossier.results import Results, category_of, quoted_cutoff, results
from accessmap.dossier.writing import Words
from accessmap.labels import Lang
from accessmap.maps.drawing import Drawing, draw
from accessmap.maps.page import asset, credit_line, environment, leaflet_css, leaflet_js, map_parts
from accessmap.maps.svg import definitions, page_patterns, picture
from accessmap.maps.views import compare_views
from accessmap.provenance import Provenance
from accessmap.scenarios import BASELINE, Scenario
from accessmap.study import Study

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap

__all__ = ["Dossier"]

MAP_KEY = "carte"


@dataclass(frozen=True, eq=False, repr=False)
class Dossier:
    """What a council reads: the answer, the maps, the tables, the method and the sources; `Dossier.of` makes one.

    Parameters
    ----------
    title
        Heading of the page.
    verdict
        The answer in one sentence.
    tables
        Name to table: communes (with geometry), coverage, summary, changes; imbalance, deficits, classes; hours,
        hours_by_commune, hours_of_week; carriers, outside_demand, criticality, one_closure_away; data_report, sources.
    provenance
        Sources and parameters of all of it.
    lang
        "fr" or "en".
    made
        The day it was made: today, or that of SOURCE_DATE_EPOCH.
    """

    title: str
    verdict: str
    tables: Mapping[str, pd.DataFrame]
    provenance: Provenance
    lang: Lang
    made: date
    _study: Study = field(repr=False)
    _found: Results = field(repr=False)
    _chapters: Chapters = field(repr=False)

    @classmethod
    def of(cls, study: Study, *scenarios: Scenario, category: str | None = None, lang: Lang = "fr") -> Dossier:
        """Return the dossier of a study and of what each scenario changes in minutes to a category of services.

        Parameters
        ----------
        study
            Computed whole, reported on its territory.
        scenarios
            In the order they are shown.
        category
            The service studied; may be left out where the scenarios change sites of one category only.
        lang
            "fr" or "en".

        Raises
        ------
        ScenarioError
            Where the category cannot be told, two scenarios have one name, or one cannot be applied.

        Examples
        --------
        >>> import accessmap as am
        >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
        >>> dossier = Dossier.of(am.load_sample(), plan)
        >>> dossier.title.startswith("Pays Chaunois")
        True
        >>> dossier.tables["imbalance"].loc["gini"].round(2).to_dict()
        {'baseline': 0.35, 'Coucy': 0.34}
        """
        words = Words(labels.check_lang(lang))
        kind = category_of(study, scenarios, category)
        found = results(study, scenarios, kind)
        chapters = Chapters.of(study, found)
        provenance = study.credit.with_parameters(
            **{
                words("param_category"): labels.category(kind).name(lang),
                words("param_thresholds"): ", ".join(
                    labels.number(cutoff, lang=lang) + labels.NO_BREAK + labels.unit("minutes", lang=lang, short=True)
                    for cutoff in study.thresholds
                ),
            }
        )
        return cls(
            title=words("dossier_title", place=study.title, category=labels.category(kind).name(lang, count=2)),
            verdict=sections.verdict(found, words),
            tables=MappingProxyType(_tables(study, found, provenance) | chapters.tables),
            provenance=provenance,
            lang=lang,
            made=_today(),
            _study=study,
            _found=found,
            _chapters=chapters,
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """The result in at most three sentences: who is near, how long trips take, who gains and who loses."""
        return sections.sentences(self._found, Words(self.lang))

    @property
    def maps(self) -> Mapping[str, OfflineMap]:
        """The interactive map of the dossier, by name, as `compare_map` returns it."""
        from accessmap.maps.offline import OfflineMap

        return MappingProxyType({"compare": OfflineMap(self._drawing())})

    def to_html(self) -> str:
        """Return the whole page; its security policy allows no address, and only the scripts it carries, by hash."""
        words = Words(self.lang)
        drawing = self._drawing()
        parts = map_parts(drawing, MAP_KEY, heading="h3", paths=False)
        style = "\n".join([leaflet_css(), asset("map.css"), asset("dossier.css")])
        script = "\n".join([leaflet_js(), asset("map.js"), asset("dossier.js")])
        template = environment().get_template("dossier.html")
        return template.render(
            lang=self.lang,
            text=words,
            title=self.title,
            verdict=self.verdict,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
            patterns=page_patterns(),
            definitions=definitions(drawing),
            figures=self._figures(drawing, parts, words),
            live=parts.map(),
            live_credit=drawing.credit,
            version=version("accessmap"),
            made=labels.date_text(self.made, lang=self.lang),
            provenance=self.provenance,
            **self._contents(words),
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as one file and return its path; folders are made, and no half file is ever left.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     dossier.save(Path(folder) / "out" / "hospitals.html").name
        'hospitals.html'
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            draft.write_text(self.to_html(), encoding="utf-8", newline="\n")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return target

    def _repr_html_(self) -> str:
        page = escape(self.to_html(), quote=True)
        title = escape(self.title, quote=True)
        return (
            f'<iframe srcdoc="{page}" title="{title}" width="100%" height="760" style="border:1px solid #ccc"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Dossier {self.title!r}: {self.verdict}>"

    def _drawing(self) -> Drawing:
        found = self._found
        views = compare_views(
            self._study.communes, found.levels(), changes=found.mean_changes() if found.names else None, lang=self.lang
        )
        sites, stands_in, fresh = _sites(found)
        return draw(
            self._study.communes,
            views,
            sites,
            title=self.title,
            credit=credit_line(self.provenance, self.lang),
            lang=self.lang,
            stands_in=stands_in,
            fresh=fresh,
        )

    def _figures(self, drawing: Drawing, parts: Any, words: Words) -> list[dict[str, Any]]:
        """Return the pictures, one a view, each with its legend and with words for those who do not see it."""
        made = []
        for number, view in enumerate(drawing.views):
            # Views come in the order baseline, then level and change of each scenario.
            name = BASELINE if number == 0 else self._found.names[(number - 1) // 2]
            told = sections.facts(self._found, name, words, change=number > 0 and number % 2 == 0)
            alt = f"{words('map_minutes', name=view.name, facts=told)} {words('map_alt', table=words('section_table'))}"
            svg = picture(drawing, number, key=f"{MAP_KEY}-{number}", alt=alt)
            made.append({"name": view.name, "svg": svg, "legend": parts.legend(view), "title": view.title})
        return made

    def _contents(self, words: Words) -> dict[str, Any]:
        study, found = self._study, self._found
        inside = study.communes["in_territory"]
        here = words("communes", n=int(inside.sum()))
        repaired, elsewhere = sections.repairs(study, words)
        return {
            "territory": words("territory_line", communes=here, people=words.people(float(found.people.sum()))),
            "asked": sections.asked(study, found.scenarios, words),
            "cards": sections.cards(found, words),
            "changes": [sections.changes_of(found, name, words) for name in found.names],
            "coverage": sections.coverage_table(found, words),
            "communes": sections.communes_table(found, words),
            **self._chapters.contents(found, words),
            "furthest": sections.furthest_table(found, words),
            "repairs": repaired,
            "elsewhere": elsewhere,
            "cutoffs": ", ".join(labels.number(cutoff, lang=self.lang) for cutoff in study.thresholds),
            "quoted": words.cutoff(quoted_cutoff(found.coverage)),
            "method_people": words("method_people", all_communes=words("communes", n=len(inside)), communes=here),
        }


def _tables(study: Study, found: Results, provenance: Provenance) -> dict[str, pd.DataFrame]:
    sources = pd.DataFrame(
        [[s.title, s.publisher, s.vintage, s.licence, s.url, s.sha256] for s in provenance.sources],
        columns=["title", "publisher", "vintage", "licence", "url", "sha256"],
    )
    return {
        "communes": found.communes,
        "coverage": found.coverage,
        "summary": found.summary,
        "changes": found.changes,
        "data_report": study.report_data(),
        "sources": sources,
    }


def _sites(found: Results) -> tuple[gpd.GeoDataFrame, dict[str, tuple[int, ...]], frozenset[str]]:
    """Return every site of any situation once, the views it stands in, and those that only scenarios have."""
    parts = []
    stands_in: dict[str, tuple[int, ...]] = {}
    for number, (name, sites) in enumerate(found.sites.items()):
        keys = [f"{key} {point.x:.1f} {point.y:.1f}" for key, point in sites.geometry.items()]
        parts.append(sites.set_axis(keys))
        # The baseline is view 0; a scenario's level and change are views 2k - 1 and 2k.
        for key in keys:
            stands_in[key] = stands_in.get(key, ()) + ((0,) if name == BASELINE else (2 * number - 1, 2 * number))
    every = pd.concat(parts)
    every = every[~every.index.duplicated()]
    fresh = frozenset(key for key, views in stands_in.items() if 0 not in views)
    return gpd.GeoDataFrame(every, crs=found.sites[BASELINE].crs), stands_in, fresh


def _policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy: nothing from outside, our style and script by hash."""

    def hashed(code: str) -> str:
        return "'sha256-" + b64encode(sha256(code.encode()).digest()).decode("ascii") + "'"

    return (
        f"default-src 'none'; img-src data:; style-src {hashed(style)}; script-src {hashed(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _today() -> date:
    """Return the day a page is dated: SOURCE_DATE_EPOCH (reproducible-builds.org), or today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else datetime.now().astimezone().date()
