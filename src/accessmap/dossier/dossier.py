"""Dossier: what a council reads, in one HTML file that loads nothing from outside."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from html import escape
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.dossier import answer as sections
from accessmap.dossier.chapter import Chapters
from accessmap.dossier.digital import sheet_lines
from accessmap.dossier.pictures import MAP_KEY, figures, main_drawing, marks
from accessmap.dossier.results import Results, category_of, quoted_cutoff, results
from accessmap.dossier.services import categories_of
from accessmap.dossier.sheets import Sheet, sheets
from accessmap.files import write_whole
from accessmap.maps.drawing import Drawing
from accessmap.maps.page import asset, environment, leaflet_css, leaflet_js, map_parts
from accessmap.maps.svg import definitions, page_patterns
from accessmap.programme import Programme
from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap

__all__ = ["Dossier", "policy", "today"]


def policy(style: str, script: str = "") -> str:
    """Return the Content-Security-Policy: nothing from outside, our style and script by hash."""

    def hashed(code: str) -> str:
        return "'sha256-" + b64encode(sha256(code.encode()).digest()).decode("ascii") + "'" if code else "'none'"

    return (
        f"default-src 'none'; img-src data:; style-src {hashed(style)}; script-src {hashed(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def today() -> date:
    """Return the day a page is dated: SOURCE_DATE_EPOCH (reproducible-builds.org), or today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else datetime.now().astimezone().date()


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
        Name to table: communes (with geometry), coverage, summary, changes; services, services_by_commune, scores;
        imbalance, deficits, classes; hours, hours_by_commune, hours_of_week; modes; carriers, outside_demand,
        criticality, one_closure_away; coverage_rates, physical_digital, double_burden, digital_help, schools;
        indicators and territories where there is a programme; data_report, sources. Empty where nothing is known.
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
    def of(
        cls,
        study: Study,
        *scenarios: Scenario,
        category: str | None = None,
        alongside: Sequence[str] | None = None,
        programme: Programme | None = None,
        territories: Mapping[str, str | Iterable[str]] | None = None,
        networks: Mapping[str, RoadNetwork] | None = None,
        lang: Lang = "fr",
    ) -> Dossier:
        """Return the dossier of a study and of what each scenario changes in minutes to a category of services.

        Parameters
        ----------
        study
            Computed whole, reported on its territory.
        scenarios
            In the order they are shown.
        category
            The service studied; may be left out where the scenarios change sites of one category only.
        alongside
            The other services that the dossier shows beside it, in order; all that the study has where not given.
        programme
            Of a contract: its operations and expected results become a chapter. What it changes in minutes is shown
            where ``programme.scenario(study)`` is one of the scenarios.
        territories
            What the programme's chapter sets side by side: see `accessmap.programme.side_by_side`. The territory and
            its EPCI where not given; a department only makes sense where all of its services are in the study.
        networks
            Other ways to go, by mode: ``{"walk": …, "bike": …}``; each is set beside the car in a chapter of its own.
        lang
            "fr" or "en".

        Raises
        ------
        ScenarioError
            Where the category cannot be told, two scenarios have one name, or one cannot be applied.
        StudyError
            Where the study has no site of a category that is asked for.

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
        others = networks or dict(list(study.networks.items())[1:])
        chapters = Chapters.of(study, found, categories_of(study, kind, alongside), programme, territories, others)
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
            made=today(),
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
            text=words,
            title=self.title,
            verdict=self.verdict,
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
            patterns=page_patterns(),
            definitions=definitions(drawing),
            figures=figures(drawing, parts, self._found, words),
            live=parts.map(),
            live_credit=drawing.credit,
            marks=marks(drawing),
            drawing=drawing,
            **self._common(),
            **self._contents(words),
        )

    def sheets_to_html(self) -> str:
        """Return the page of the commune sheets alone, one a sheet of paper when it is printed."""
        words = Words(self.lang)
        drawing = self._drawing()
        style = asset("dossier.css")
        template = environment().get_template("sheets.html")
        return template.render(
            text=words,
            title=words("sheets_title", place=self._study.title),
            policy=policy(style),
            style=Markup(style),  # noqa: S704 - our own files
            definitions=definitions(drawing),
            drawing=drawing,
            credit=drawing.credit,
            sheets=self._sheets(words),
            **self._common(),
        )

    @property
    def hash(self) -> str:
        """A hash of every number and word of the tables (SHA-256); the day it is made is no part of it."""
        whole = sha256(f"{self.title} {self.verdict} {self.lang}".encode())
        for name in sorted(self.tables):
            table = self.tables[name]
            told = table.drop(columns="geometry") if "geometry" in table else table
            whole.update(f"{name}\n{told.to_csv(float_format='%.6g', lineterminator=chr(10))}".encode())
        return whole.hexdigest()

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
        return write_whole(self.to_html(), path)

    def save_sheets(self, path: str | os.PathLike[str]) -> Path:
        """Write the commune sheets as one file, one a page when it is printed, and return its path.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     dossier.save_sheets(Path(folder) / "fiches.html").name
        'fiches.html'
        """
        return write_whole(self.sheets_to_html(), path)

    def _repr_html_(self) -> str:
        page = escape(self.to_html(), quote=True)
        title = escape(self.title, quote=True)
        return (
            f'<iframe srcdoc="{page}" title="{title}" width="100%" height="760" style="border:1px solid #ccc"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Dossier {self.title!r}: {self.verdict}>"

    def _drawing(self) -> Drawing:
        return main_drawing(self._study, self._found, self.provenance, self.title, Words(self.lang))

    def _common(self) -> dict[str, Any]:
        """Return what every page says of itself."""
        content = self.hash
        return {
            "lang": self.lang,
            "version": version("accessmap"),
            "made": labels.date_text(self.made, lang=self.lang),
            "provenance": self.provenance,
            "cautions": self._study.cautions,
            "sheet_foot": self._sheet_foot(content),
            "hash": content,
        }

    def _sheet_foot(self, content: str) -> str:
        """Return what a sheet says of itself when it goes out alone."""
        words = Words(self.lang)
        parts = [words("sheets_title", place=self._study.title), labels.date_text(self.made, lang=self.lang)]
        if self.provenance.modelled:
            parts.append(words("modelled_title"))
        return " · ".join([*parts, words("content_hash", hash=content[:16])])

    def _sheets(self, words: Words) -> list[Sheet]:
        chapters = self._chapters
        more = sheet_lines(chapters.online, words)
        return sheets(self._study, self._found, chapters.services, chapters.opening, words, more=more)

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
            **self._chapters.contents(study, found, words),
            "sheets": self._sheets(words),
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
