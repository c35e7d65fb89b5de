"""The pages of a dossier: the one that a council reads, and those of the commune sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import Any, Final, Protocol

import pandas as pd
from markupsafe import Markup

from accessmap import sentences
from accessmap.categories import Lang
from accessmap.dossier import answer, apart, corrections
from accessmap.dossier.brand import Brand
from accessmap.dossier.chapter import UNTOLD, Chapter
from accessmap.dossier.glossary import HERE as GLOSSARY_HERE
from accessmap.dossier.glossary import names_of, with_glossary
from accessmap.dossier.layout import Beside, Folded, How, Live, Part, Table
from accessmap.dossier.pictures import MAP_KEY, figures, marks
from accessmap.dossier.results import Known, Tables
from accessmap.dossier.sheet_maps import sheet_key
from accessmap.dossier.sheets import Sheet
from accessmap.maps.choropleth import tone_styles
from accessmap.maps.drawing import Drawing
from accessmap.maps.page import asset, environment, leaflet_css, leaflet_js, map_parts, policy
from accessmap.maps.svg import definitions, page_patterns
from accessmap.provenance import Provenance
from accessmap.sentences.access import QUOTED_SHARE
from accessmap.sentences.dates import known_date, of_when
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

#: Rows of a table on the page; the workbook has all.
MOST_ROWS: Final = 600


class Dossier(Protocol):
    """What the pages are made of: `accessmap.dossier.Dossier` has it."""

    @property
    def title(self) -> str: ...  # noqa: D102 - those of the dossier
    @property
    def verdict(self) -> str: ...  # noqa: D102
    @property
    def lang(self) -> Lang: ...  # noqa: D102
    @property
    def made(self) -> date: ...  # noqa: D102
    @property
    def hash(self) -> str: ...  # noqa: D102
    @property
    def brand(self) -> Brand: ...  # noqa: D102
    @property
    def provenance(self) -> Provenance: ...  # noqa: D102
    @property
    def cautions(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def chapters(self) -> tuple[Chapter, ...]: ...  # noqa: D102
    @property
    def _known(self) -> Known: ...
    @property
    def _tables(self) -> Mapping[str, Tables]: ...
    @property
    def _drawing(self) -> Drawing: ...
    @property
    def _sheet_drawing(self) -> Drawing: ...
    @property
    def _sheets(self) -> list[Sheet]: ...
    def _elsewhere(self) -> list[str]: ...


def page(dossier: Dossier, stem: str = "") -> str:
    """Return the whole page; where its sheets are apart, with links to their files, which are named after `stem`."""
    words, known = Words(dossier.lang), dossier._known
    drawing = dossier._drawing
    parts = map_parts(drawing, MAP_KEY, heading="h3", paths=False)
    chapters = list(_shown(dossier, words))
    live = [part for chapter in chapters for part in chapter["parts"] if isinstance(part, Live)]
    styles, scripts = (dict.fromkeys(getattr(part, kind) for part in live) for kind in ("style", "script"))
    own = (leaflet_css(), asset("map.css"), asset("dossier.css"), asset("tables.css"), tone_styles())
    style = "\n".join([*own, *styles, dossier.brand.style()])
    script = "\n".join([leaflet_js(), asset("map.js"), asset("tables.js"), asset("dossier.js"), *scripts])
    is_apart = apart.is_apart(known)
    template = environment().get_template("dossier.html")
    html = template.render(
        text=words,
        title=dossier.title,
        verdict=dossier.verdict,
        policy=policy(style, script),
        glossary=Markup(GLOSSARY_HERE),  # noqa: S704 - our own words
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - our own files
        patterns=page_patterns(),
        definitions=definitions(drawing),
        figures=figures(drawing, parts, known.results, words),
        live=parts.map(),
        live_credit=drawing.credit,
        marks=marks(drawing),
        chapters=chapters,
        apart=apart.entries(known, stem) if is_apart else None,
        apart_told=words("sheets_elsewhere" if stem else "sheets_not_here", n=len(known.results.communes)),
        gathered=words.told(known.gathered) if known.gathered is not None else "",
        sheets=[] if is_apart else dossier._sheets,
        **_common(dossier, words),
        **_contents(dossier, words),
    )
    return with_glossary(html, dossier.lang, {dossier.title, *names_of(known)})


def sheets_page(dossier: Dossier, group: apart.Group | None = None, back: str = "") -> str:
    """Return the page of all commune sheets, or of a group of them that goes `back` to the page of the dossier."""
    words, known = Words(dossier.lang), dossier._known
    drawing = dossier._sheet_drawing
    sheets = dossier._sheets if group is None else [each for each in dossier._sheets if each.code in group.codes]
    style = "\n".join([asset("dossier.css"), asset("tables.css"), tone_styles(), dossier.brand.style()])
    script = f"{asset('tables.js')}\naccessmapTables.fit();"
    title = words("sheets_title", place=known.study.title)
    return (
        environment()
        .get_template("sheets.html")
        .render(
            text=words,
            title=title if group is None else words("labelled", name=title, value=group.name),
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704 - our own files
            definitions=definitions(drawing if group is None else apart.land_of(drawing, sheets)),
            credit=drawing.credit,
            sheets=sheets,
            entries=[(each.name, f"#fiche-{each.code}") for each in sheets],
            back=back,
            **_common(dossier, words),
        )
    )


def sheets_index(dossier: Dossier, stem: str, back: str = "") -> str:
    """Return the page that leads to the sheets of each commune, which are in files named after `stem`."""
    words, known = Words(dossier.lang), dossier._known
    style, script = "\n".join([asset("dossier.css"), asset("tables.css"), dossier.brand.style()]), ""
    return (
        environment()
        .get_template("sheets.html")
        .render(
            text=words,
            title=words("sheets_title", place=known.study.title),
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - our own files
            script=script,
            definitions="",
            credit=dossier._drawing.credit,
            sheets=[],
            entries=apart.entries(known, stem),
            back=back,
            **_common(dossier, words),
        )
    )


def _common(dossier: Dossier, words: Words) -> dict[str, Any]:
    """Return what every page says of itself."""
    content, study = dossier.hash, dossier._known.study
    made = labels.date_text(dossier.made, lang=dossier.lang)
    # What a sheet says of itself when it goes out alone.
    foot = [words("sheets_title", place=study.title), made]
    if dossier.provenance.modelled:
        foot.append(words("modelled_title"))
    return {
        "lang": dossier.lang,
        "brand": dossier.brand,
        "version": version("accessmap"),
        "made": made,
        "provenance": dossier.provenance,
        "cautions": dossier.cautions,
        "sheet_foot": " · ".join([*foot, words("content_hash", hash=content[:16])]),
        "hash": content,
        "sheets_key": sheet_key(dossier._known, words),
    }


def _shown(dossier: Dossier, words: Words) -> Iterator[dict[str, Any]]:
    """Return each chapter that has a table and something to say of it, in words.

    Those whose tables are empty and that show nothing are lines of one chapter at the end: what is not known.
    """
    untold = []
    for chapter in dossier.chapters:
        tables = dossier._tables[chapter.name]
        if not tables:
            continue
        lines = [words.told(line) for line in chapter.sentences(tables, words)]
        parts = [
            Table.of(part, words) if isinstance(part, pd.DataFrame) else part for part in chapter.shown(tables, words)
        ]
        title = words.told(chapter.title or chapter.name)
        empty = not any(len(table) for name, table in tables.items() if not name.startswith("_"))
        if lines and empty and all(isinstance(part, How) for part in parts):
            untold.append(words("labelled", name=title, value=" ".join(lines)))
            continue
        if lines or parts:
            yield {"name": chapter.name, "title": title, "lines": lines, "parts": _cut(parts, words)}
    if untold:
        yield {"name": UNTOLD, "title": words("chapter_untold"), "lines": untold, "parts": []}


def _cut(parts: Sequence[Part], words: Words) -> list[Part]:
    """Return parts whose tables have at most `MOST_ROWS` rows, each that had more followed by where the others are."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, Table) and len(part.rows) > MOST_ROWS:
            found += [replace(part, rows=part.rows[:MOST_ROWS]), words("table_cut", n=MOST_ROWS, of=len(part.rows))]
        elif isinstance(part, Folded):
            found.append(replace(part, parts=tuple(_cut(part.parts, words))))
        elif isinstance(part, Beside):
            found.append(replace(part, columns=tuple(tuple(_cut(column, words)) for column in part.columns)))
        else:
            found.append(part)
    return found


def _contents(dossier: Dossier, words: Words) -> dict[str, Any]:
    known = dossier._known
    inside = known.study.communes["in_territory"]
    here = words("communes", n=int(inside.sum()))
    coverage, quoted = known.results.coverage, known.results.quoted
    return {
        "dates": sentences.vintages(known.study.vintages, categories=known.categories, lang=dossier.lang),
        "source_dates": [known_date(source.vintage, words) for source in dossier.provenance.sources],
        "territory": words(
            "territory_line",
            communes=here,
            people=of_when(words.people(known.results.total), known.study.vintage("residents"), words),
            sites=answer.of_when_sites(known, words),
        ),
        "actions": answer.actions(known, words),
        "elsewhere_told": dossier._elsewhere(),
        "cards": answer.cards(known, words),
        "repairs": corrections.shown(known.study, words),
        "headline": words(
            "method_headline" if coverage[BASELINE][quoted] < QUOTED_SHARE else "method_headline_all",
            cutoff=words.cutoff(quoted),
        ),
        "method_people": words("method_people", all_communes=words("communes", n=len(inside)), communes=here),
    }
