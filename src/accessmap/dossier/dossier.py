"""Dossier: what a council reads, in one HTML file that loads nothing from outside."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from accessmap import sentences
from accessmap.categories import Lang
from accessmap.dossier import alternatives, answer, apart, decision, history, pages
from accessmap.dossier.brand import Brand
from accessmap.dossier.chapter import Chapter, check_chapters
from accessmap.dossier.chapter import chapters as built_in
from accessmap.dossier.columns import in_words
from accessmap.dossier.layers import write_layers
from accessmap.dossier.pictures import main_drawing
from accessmap.dossier.printing import print_page
from accessmap.dossier.results import Known, Tables, category_of, results
from accessmap.dossier.services import categories_of
from accessmap.dossier.services import tables as services_tables
from accessmap.dossier.sheets import Sheet, sheets
from accessmap.dossier.sureness import aloud, draws_of, with_ranges
from accessmap.dossier.touched import COLUMNS, instead, table_of
from accessmap.dossier.workbook import Content, write_workbook
from accessmap.errors import Problems, StudyError
from accessmap.files import draft_of, write_whole
from accessmap.maps.drawing import Drawing, finer
from accessmap.maps.page import today
from accessmap.programme import Programme
from accessmap.provenance import Provenance
from accessmap.study.comparison import categories_changed, studies_under
from accessmap.study.gathering import for_dossier
from accessmap.study.plausibility import gated
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.tables.contracts import category_shown
from accessmap.uncertainty.inputs import Assumptions
from accessmap.words import words as labels
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar
from accessmap.words.words import BASELINE, Words

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap


TOUCHED = ["category", "scenario", "property"]


def _told(table: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Return a table whose notes are told in the language of the dossier; itself where it has none."""
    notes = [name for name, values in table.items() if any(isinstance(value, Note) for value in values)]
    return table.assign(**{str(name): table[name].map(words.told).astype("str") for name in notes}) if notes else table


@dataclass(frozen=True, eq=False, repr=False)
class Dossier:
    """What a council reads: the answer, the maps, the tables, the method and the sources; `Dossier.of` makes one.

    Parameters
    ----------
    title
        Heading of the page.
    verdict
        The answer in one sentence.
    provenance
        Sources and parameters of all of it.
    lang
        "fr" or "en".
    made
        The day it was made: today, or that of SOURCE_DATE_EPOCH.
    chapters
        Those that were asked for, in order.
    brand
        Title, logo and colour of a council, as `branded` has them; none where not given.
    """

    title: str
    verdict: str
    provenance: Provenance
    lang: Lang
    made: date
    chapters: tuple[Chapter, ...]
    _known: Known
    _tables: dict[str, Tables]
    brand: Brand = field(default_factory=Brand)

    @classmethod
    def of(
        cls,
        study: Study,
        *scenarios: Scenario,
        category: str | None = None,
        alongside: Sequence[str] | None = None,
        programme: Programme | None = None,
        territories: Mapping[str, str | Iterable[str]] | None = None,
        reference: pd.DataFrame | None = None,
        earlier: Mapping[str, Study] = MappingProxyType({}),
        chapters: Sequence[Chapter] | None = None,
        candidates: str | gpd.GeoDataFrame | None = "mairie",
        accept: Collection[str] = (),
        uncertainty: Assumptions | None = None,
        lang: Lang = "fr",
        progress: bool = False,
    ) -> Dossier:
        """Return the dossier of a study and of what each scenario changes in minutes to a category of services.

        Parameters
        ----------
        study
            Computed whole, reported on its territory.
        scenarios
            In the order they are shown. Those whose `kind` is "history" are told apart, as how things were.
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
        reference
            Published figures (`accessmap.read.reference`) that a chapter sets beside those of the study.
        earlier
            By name ("2017"), studies of the same territory at earlier dates: what changed since, for the people of
            today (`accessmap.compare_studies`), stands beside the scenarios that are history.
        chapters
            Those behind the answer, in order; ``accessmap.chapters()`` where not given. One may be left out or added.
        candidates
            Where a site could open, for the alternatives: the services of a category, or a table of points with a
            `name`; those of the territory count. None where nothing is to be compared.
        accept
            Measures of the roads' plausibility that may be beyond their bounds, such as "one_way_edges"; what is
            doubtful or accepted stands at the top of the page.
        uncertainty
            How uncertain the inputs are: the page of the decision then says how sure it is (`accessmap.uncertainty`).
        lang
            "fr" or "en".
        progress
            Show a progress bar on standard error, or in the notebook.

        Raises
        ------
        ScenarioError
            Where the category cannot be told, two scenarios have one name, or one cannot be applied.
        StudyError
            Where the study has no site of a category that is asked for, two chapters or their tables have one name, or
            the roads cannot be what they seem.

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
        asked = built_in() if chapters is None else tuple(chapters)
        check_chapters(asked)
        with progress_bar(Note("progress_dossier"), 1 + len(asked), shown=progress) as done:
            study = gated(study, kind, accept)
            study, fewer = for_dossier(study, kind)
            study = studies_under(scenarios, study)[BASELINE]  # it may be a scenario that opens the first of a category
            past = [each for each in scenarios if each.kind == "history"]
            scenarios = tuple(each for each in scenarios if each.kind != "history")
            others = [name for name in categories_changed(scenarios, study) if name != kind]
            under = studies_under(scenarios, study)
            del under[BASELINE]
            touches = {scenario.name: categories_changed([scenario], study) for scenario in scenarios}
            touched = {name: table_of(study, under, name) for name in (kind, *others)}
            touched = {name: table for name, table in touched.items() if len(table)}
            nothing = pd.DataFrame(columns=COLUMNS, index=pd.MultiIndex.from_arrays([[], [], []], names=TOUCHED))
            found = results(study, scenarios, kind)
            if isinstance(candidates, str) and candidates == "mairie" and study.mairies.empty:
                candidates = None
            plans, tried, open_ = alternatives.tables_of(study, found, candidates)
            draws = draws_of(study, found, open_, uncertainty)
            found = with_ranges(found, draws)
            known = Known(
                study=study,
                results=found,
                history=results(study, past, kind, earlier) if past or earlier else None,
                earlier=dict(earlier),
                alternatives=plans,
                tried=tried,
                others={
                    name: results(study, [each for each in scenarios if name in touches[each.name]], name)
                    for name in others
                },
                touched=pd.concat(touched, names=TOUCHED) if touched else nothing,
                instead={name: instead(study, under, name, touches, words) for name in (kind, *others)},
                categories=tuple(dict.fromkeys([*categories_of(study, kind, alongside), *others])),
                programme=programme,
                territories=territories,
                reference=reference,
                lang=lang,
                draws=draws,
                gathered=fewer,
            )
            done()
            tables = {}
            for chapter in asked:
                tables[chapter.name] = Tables(known, chapter.tables(known) or {})
                done()
        unit = labels.unit("minutes", lang=lang, short=True)
        cutoffs = ", ".join(f"{words.count(cutoff)}{labels.NO_BREAK}{unit}" for cutoff in study.thresholds)
        shown = category_shown(study.services, kind)
        dossier = cls(
            title=words("dossier_title", place=study.title, category=shown.name(lang, count=2)),
            verdict=sentences.coverage(
                known.results.coverage,
                category=kind,
                people=known.results.total,
                changes=known.results.changes if scenarios else None,
                instead=known.instead[kind],
                dated=answer.of_old_sites(known, words),
                lang=lang,
            )[0],
            provenance=(study.credit + history.credit(earlier)).with_parameters(
                **{
                    words("param_category"): shown.name(lang),
                    words("param_thresholds"): cutoffs,
                }
            ),
            lang=lang,
            made=today(),
            chapters=asked,
            _known=known,
            _tables=tables,
        )
        dossier._check_tables()
        return dossier

    def branded(
        self,
        *,
        title: str | None = None,
        subtitle: str | None = None,
        logo: str | os.PathLike[str] | None = None,
        colour: str | None = None,
    ) -> Dossier:
        """Return the same dossier with the title, logo and colour of a council, on the page and on every sheet.

        Parameters
        ----------
        title, subtitle
            Heading of the page in place of ours, and a line below it.
        logo
            Of a PNG, JPEG or SVG file of at most 300 kB, which is embedded. An SVG that runs a script or asks for
            anything outside itself is refused.
        colour
            Of titles and links, as "#005B8F". One that is too light to be read is taken in a darker shade of its hue
            (WCAG 2.1 AA), and `brand.notes` say so.

        Raises
        ------
        SourceError
            Where the logo is none of these, too large, damaged, or not safe.
        OptionError
            Where the colour is not written so.

        Examples
        --------
        >>> import accessmap as am
        >>> dossier = Dossier.of(am.load_sample(), category="hospital").branded(title="Nos hôpitaux", colour="#FFCC00")
        >>> dossier.title, dossier.brand.colour
        ('Nos hôpitaux', '#876c00')
        """
        return self.with_brand(Brand.of(title=title, subtitle=subtitle, logo=logo, colour=colour))

    def with_brand(self, brand: Brand) -> Dossier:
        """Return the same dossier with a brand that was made before."""
        return replace(self, brand=brand, title=brand.title or self.title)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by name.

        communes (with geometry), coverage, summary, changes, data_report and sources; and those of the chapters:
        certainty and costs; sureness, to_check, undecided, tornado and check_together where worlds are drawn;
        alternatives, and places_tried where one more site is asked for; history where any is;
        touched where a scenario changes hours, step-free access or a capacity; services, services_by_commune, scores;
        supply, supply_by_commune where one changes a capacity; imbalance, deficits, classes; zonages where communes
        are in any; reference (and reference_by_commune) where published figures are given; hours, hours_by_commune,
        hours_of_week; outside_sites, outside_demand; criticality, one_closure_away; coverage_rates, physical_digital,
        double_burden, digital_help, schools; modes where there are other ways to go; round_trips and
        round_trips_by_commune and served where there is a timetable, and lines_changed where a scenario changes who can
        go by it;
        indicators and territories where there is a programme. They are empty where nothing is known.
        """
        made = {
            name: table for each in self._tables.values() for name, table in each.items() if not name.startswith("_")
        }
        words = Words(self.lang)
        return MappingProxyType({name: _told(table, words) for name, table in (self._own_tables() | made).items()})

    def _own_tables(self) -> dict[str, pd.DataFrame]:
        found = self._known.results
        sources = pd.DataFrame(
            [[s.title, s.publisher, s.vintage, s.licence, s.url, s.sha256] for s in self.provenance.sources],
            columns=["title", "publisher", "vintage", "licence", "url", "sha256"],
        )
        return {
            "communes": found.communes,
            "coverage": found.coverage,
            "summary": found.summary,
            "changes": found.changes,
            "data_report": self._data_report,
            "sources": sources,
        }

    @cached_property
    def _data_report(self) -> pd.DataFrame:
        return self._known.study.report_data()

    def _check_tables(self) -> None:
        """Raise where two tables have one name, and the one would hide the other."""
        held = self._own_tables()
        problems = Problems()
        for chapter, tables in self._tables.items():
            for name, table in tables.items():
                if name.startswith("_"):
                    continue
                if held.setdefault(name, table) is not table:
                    problems.add("chapter_table_twice", value=name, chapter=chapter)
        problems.raise_if_any(StudyError, "chapters")

    @property
    def sentences(self) -> tuple[str, ...]:
        """The result in at most three sentences, and one for each other category or property that scenarios change."""
        found = self._known.results
        return tuple(
            sentences.in_short(
                found.coverage,
                found.summary,
                found.changes,
                category=found.category,
                people=found.total,
                instead=self._known.instead[found.category],
                dated=answer.of_old_sites(self._known, Words(self.lang)),
                lang=self.lang,
            )
            + self._elsewhere()
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to know before believing a number, of the study and of each scenario; nothing where all is well."""
        study, words = self._known.study, Words(self.lang)
        return (
            *([words("caution_estimated")] if study.estimated else ()),
            *(words.told(caution) for caution in study.cautions),
            *(
                words("labelled", name=words.name(name), value=words.told(caution))
                for name, each in studies_under(self._known.results.scenarios, study).items()
                for caution in each.cautions[len(study.cautions) :]
            ),
        )

    def _elsewhere(self) -> list[str]:
        """Return who is near each other category that scenarios change, and what else they change, before and after."""
        known = self._known
        told = [
            sentences.coverage(
                each.coverage,
                category=name,
                people=each.total,
                changes=each.changes,
                instead=known.instead[name],
                lang=self.lang,
            )
            for name, each in known.others.items()
        ]
        return [line for lines in (*told, sentences.touched(known.touched, lang=self.lang)) for line in lines]

    @property
    def maps(self) -> Mapping[str, OfflineMap]:
        """The interactive map of the dossier, by name, as `compare_map` returns it."""
        from accessmap.maps.offline import OfflineMap

        return MappingProxyType({"compare": OfflineMap(self._drawing, self.brand.head_style(".am-page-title"))})

    def to_html(self) -> str:
        """Return the whole page; its security policy allows no address, and only the scripts it carries, by hash.

        The sheets of more communes than `accessmap.dossier.apart.MOST_SHEETS` are in files of their own, that `save`
        writes beside the page.
        """
        return pages.page(self)

    def sheets_to_html(self) -> str:
        """Return the page of the commune sheets alone, one a sheet of paper when it is printed."""
        return pages.sheets_page(self)

    @cached_property
    def hash(self) -> str:
        """A hash of every number and word of the tables (SHA-256); the day it is made is no part of it."""
        whole = sha256(f"{self.title} {self.verdict} {self.lang}".encode())
        for name, table in sorted(self.tables.items(), key=lambda each: each[0]):
            plain = table.drop(columns="geometry") if "geometry" in table else table
            whole.update(f"{name}\n{plain.to_csv(float_format='%.6g', lineterminator=chr(10))}".encode())
        return whole.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as one file and return its path; folders are made, and no half file is ever left.

        Where the path ends in .pdf the page is printed, by the Chromium, Chrome, Edge or Brave that is there, or that
        the variable ACCESSMAP_BROWSER names; WriteError says how to print by hand where there is none.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     dossier.save(Path(folder) / "out" / "hospitals.html").name
        'hospitals.html'
        """
        if not apart.is_apart(self._known) or Path(path).suffix.casefold() == ".pdf":
            return self._saved(pages.page(self), path)
        stem = f"{Path(path).stem}-fiches"
        self.save_sheets(Path(path).with_name(f"{stem}.html"), back=Path(path).name)
        return self._saved(pages.page(self, stem), path)

    def save_sheets(self, path: str | os.PathLike[str], *, back: str = "") -> Path:
        """Write the commune sheets as one file, one a page when it is printed, and return its path; .pdf prints them.

        Of more communes than `accessmap.dossier.apart.MOST_SHEETS` the sheets are in files beside it, one a
        département, and it leads to each; with `back`, all lead back to the page of that name.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     dossier.save_sheets(Path(folder) / "fiches.html").name
        'fiches.html'
        """
        if not apart.is_apart(self._known):
            return self._saved(pages.sheets_page(self), path)
        for group in apart.groups(self._known):
            name = Path(apart.file_name(Path(path).stem, group)).with_suffix(Path(path).suffix)
            self._saved(pages.sheets_page(self, group, back), Path(path).with_name(name.name))
        return self._saved(pages.sheets_index(self, Path(path).stem, back), path)

    def _saved(self, page: str, path: str | os.PathLike[str]) -> Path:
        if Path(path).suffix.casefold() != ".pdf":
            return write_whole(page, path)
        with TemporaryDirectory(prefix="accessmap-") as folder:
            return print_page(write_whole(page, Path(folder, "page.html")), path, day=self.made)

    def save_workbook(self, path: str | os.PathLike[str]) -> Path:
        """Write every table as one .xlsx, a sheet a table, and return its path; one sheet explains every column.

        Beside `tables`: the people of the territory with their minutes, the sites, and the steps of the scenarios.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     dossier.save_workbook(Path(folder) / "tables.xlsx").name
        'tables.xlsx'
        """
        with draft_of(path) as draft:
            write_workbook(self._content(), draft)
        return Path(path)

    def in_words(self, name: str) -> pd.DataFrame:
        """Return one of `tables` as its sheet in the workbook has it: heads and texts in words, numbers as they are.

        Examples
        --------
        >>> import accessmap as am
        >>> dossier = Dossier.of(am.load_sample(), category="hospital")
        >>> dossier.in_words("communes").columns[:4].tolist()
        ['Code INSEE', 'Commune', 'Habitants', 'Identifiant du site']
        """
        return in_words(name, self.tables[name], self._known)

    def save_layers(self, path: str | os.PathLike[str]) -> Path:
        """Write communes, sites and people of the territory, with their minutes, as one GeoPackage; return its path.

        QGIS opens each layer in the classes and colours of our maps: its styles are inside (`layer_styles`, QML and
        SLD): minutes today, minutes and change with each scenario; what is not reached is hatched, or grey.

        Examples
        --------
        >>> import tempfile, accessmap as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dossier = Dossier.of(am.load_sample(), category="hospital")
        ...     gpd.list_layers(dossier.save_layers(Path(folder) / "hospitals.gpkg"))["name"].to_list()
        ['communes', 'services', 'residents', 'layer_styles']
        """
        with draft_of(path) as draft:
            write_layers(self._known, self.made, draft)
        return Path(path)

    def _content(self) -> Content:
        own = {name: getattr(self, name) for name in Content.__annotations__ if name != "known"}
        return Content(**own, known=self._known)

    def speech(self) -> str:
        """Return what a mayor can read aloud in about two minutes: sentences, in paragraphs, without tables.

        Examples
        --------
        >>> import accessmap as am
        >>> dossier = Dossier.of(am.load_sample(), category="hospital", lang="en")
        >>> dossier.speech().split(". ")[-1]
        'Thank you.'
        """
        known, words = self._known, Words(self.lang)
        told = self._tables.get("decision") or Tables(known, decision.tables(known))
        return "\n\n".join(
            sentences.speech(
                known.alternatives,
                place=known.study.title,
                question=decision.question(known, words),
                category=known.results.category,
                cutoff=known.results.quoted,
                certainty=told["certainty"],
                dated=answer.of_old_sites(known, words),
                chance=aloud(told, words),
                history=(history.tables(known) or {}).get("history"),
                lang=self.lang,
            )
        )

    def _repr_html_(self) -> str:
        page = escape(self.to_html(), quote=True)
        title = escape(self.title, quote=True)
        return (
            f'<iframe srcdoc="{page}" title="{title}" width="100%" height="760" style="border:1px solid #ccc"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Dossier {self.title!r}: {self.verdict}>"

    @cached_property
    def _drawing(self) -> Drawing:
        """The main map: what is drawn before, after and of the change."""
        known = self._known
        told = " ; ".join([self.title, *known.alternatives["name"].astype("str")])
        return main_drawing(known.study, known.results, self.provenance, self.title, Words(self.lang), told=told)

    @cached_property
    def _sheets(self) -> list[Sheet]:
        # Every sheet sets the services out, whether or not the page has a chapter on them.
        chapters = {name: tables for name, tables in self._tables.items() if tables}
        if "services" not in chapters:
            chapters["services"] = Tables(self._known, services_tables(self._known))
        return sheets(self._known, chapters, self._sheet_drawing, Words(self.lang))

    @cached_property
    def _sheet_drawing(self) -> Drawing:
        """The land as the maps of the sheets show it: those of a large territory are nearer than its main map."""
        return finer(self._drawing, self._known.study.communes) if apart.is_apart(self._known) else self._drawing
