"""A dossier as one .xlsx: a sheet a table, its columns in words, and a sheet that explains each of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.dossier.brand import Brand
from accessmap.dossier.columns import Column, Telling, catalogue, flat, is_empty
from accessmap.dossier.results import Known
from accessmap.measures.resilience import site_places
from accessmap.provenance import Provenance
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.opening import hours_text
from accessmap.words.words import Words

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

# Above this a sheet is slow to open, and to write; the other formats have all of it.
MOST_ROWS: Final = 100_000
# What a cell and the name of a sheet may have (Excel's own limits).
LONGEST_TEXT: Final = 32_767
LONGEST_NAME: Final = 31
WIDTHS: Final = (7, 46)
LOGO_PIXELS: Final = (240, 60)
SITE_COLUMNS: Final = ("capacity", "hours", "step_free", "mobile", "source", "note")
# As files of Excel write number formats; each Excel shows them as its country does.
FORMATS: Final = {
    **dict.fromkeys(("minutes", "change", "score", "hours", "percent"), "#,##0.0"),
    **dict.fromkeys(("people", "count", "km", "person_minutes", "rank", "cutoff", "question"), "#,##0"),
    "share": "0.0%",
    "euros": '#,##0" €"',
    "rate": "0.000000",
    "degrees": "0.00000",
    "index": "0.000",
    "date": "dd/mm/yyyy",
    "moment": "dddd hh:mm",
}
# Kinds of the rows of the tables that have one indicator a row; those with a `unit` say it themselves.
ROWS: Final = {
    **dict.fromkeys(("people", "unreached_people", "people_above_mean", "communes_above_mean"), "people"),
    **dict.fromkeys(("unreached_share", "hoover", "short_share", "shortfall"), "share"),
    **dict.fromkeys(("mean", "median", "d9", "p10", "p90"), "minutes"),
    **dict.fromkeys(("gini", "theil", "theil_between", "theil_within"), "index"),
}


@dataclass(frozen=True)
class Content:
    """What a workbook is made of: a dossier's tables and what its head says."""

    title: str
    verdict: str
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    provenance: Provenance
    lang: labels.Lang
    made: date
    hash: str
    brand: Brand
    known: Known


def tables_of(dossier: Content) -> dict[str, pd.DataFrame]:
    """Return the tables that have rows, in the order of the sheets; people, sites and steps of scenarios come second.

    Columns are those of `Dossier.tables`, the index first where it says anything.
    """
    known = dossier.known
    own = {"residents": residents_of(known), "sites": _sites(known.study, known), "steps": _steps(known, dossier.lang)}
    first, *others = dossier.tables.items()
    last = [(name, table) for name, table in others if name in ("data_report", "sources")]
    order = [first, *own.items(), *(each for each in others if each[0] not in ("data_report", "sources")), *last]
    communes = known.study.communes["name"]
    return {name: _with_names(name, flat(table), communes) for name, table in order if len(table)}


def _with_names(table: str, plain: pd.DataFrame, communes: pd.Series) -> pd.DataFrame:
    """Return a table whose codes of communes have their names beside them, where `name` is not that name already."""
    code = next((name for name in ("code", "commune") if name in plain), None)
    if code is None or not plain[code].isin(communes.index).any():
        return plain
    named = "name" in plain and (table, "name") not in catalogue()
    names = plain.pop("name") if named else plain[code].map(communes)
    plain.insert(list(plain.columns).index(code) + 1, "name" if named else "commune_name", names)
    return plain


def _degrees(points: gpd.GeoSeries) -> pd.DataFrame:
    at = points.to_crs(4326)
    return pd.DataFrame({"lon": at.x.round(5), "lat": at.y.round(5)})


def residents_of(known: Known) -> pd.DataFrame:
    """Return the people of the territory: commune, population, nearest site, minutes by situation, place in degrees."""
    study, found = known.study, known.results
    here = study.residents[study.inside]
    table = pd.DataFrame(here[["commune", "population"]])
    nearest = study.nearest(found.category)["service_id"].reindex(here.index)
    table["nearest_site"] = nearest.map(study.sites(found.category)["name"])
    for name in found.minutes:
        table[f"minutes {name}"] = found.minutes[name]
    return table.join(_degrees(here.geometry)).rename_axis("resident_id")


def _sites(study: Study, known: Known) -> pd.DataFrame:
    """Return the sites of the services shown, those of the territory first."""
    sites = study.services[study.services["category"].isin(known.categories)]
    places = site_places(sites, study.communes)
    table = pd.DataFrame({"category": sites["category"], "name": sites["name"], "commune": places["commune"]})
    table["inside"] = places["inside"]
    table = table.join(pd.DataFrame(sites[[name for name in SITE_COLUMNS if name in sites]]))
    if "hours" in table:
        words = Words(known.lang)
        table["hours"] = table["hours"].map(lambda told: hours_text(str(told), words), na_action="ignore")
    table = table.join(_degrees(sites.geometry)).rename_axis("service_id")
    order = {category: number for number, category in enumerate(known.categories)}
    first = table.assign(category=table["category"].map(order), inside=~table["inside"])
    return table.loc[first.sort_values(["category", "inside", "name"], kind="stable").index]


def _steps(known: Known, lang: labels.Lang) -> pd.DataFrame:
    words, past = Words(lang), known.history.scenarios if known.history else ()
    rows = [
        (plan.name, plan.kind, number, line)
        for plan in (*known.results.scenarios, *past)
        for number, line in enumerate(plan.told(known.study, words), start=1)
    ]
    return pd.DataFrame(rows, columns=["scenario", "kind", "number", "change"])


def write_workbook(dossier: Content, path: Path) -> Path:
    """Write a dossier as .xlsx and return the path; the same bytes from the same dossier.

    Text is always written as text: a name that begins with "=" is no formula, and codes keep their zero.
    """
    import xlsxwriter

    words = Words(dossier.lang)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        made = datetime(dossier.made.year, dossier.made.month, dossier.made.day)
        book.set_properties({"title": dossier.title, "comments": dossier.verdict, "created": made})
        _Book(book, dossier, words).write()
    return path


class _Book:
    """A workbook on its way: its styles, its sheets by table, and what is said of each column."""

    def __init__(self, book: xlsxwriter.Workbook, dossier: Content, words: Words) -> None:
        self.book, self.dossier, self.words = book, dossier, words
        colour = dossier.brand.colour or "#1f4e79"
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": colour, "font_color": "#ffffff"}
        )
        self.text, self.wrapped = (
            book.add_format({"num_format": "@"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        self.bold = book.add_format({"bold": True})
        heading = {"bold": True, "font_size": 16, "valign": "top"}
        self.title = book.add_format(heading | ({"font_color": colour} if dossier.brand.colour else {}))
        self.link = book.add_format({"font_color": colour, "underline": 1})
        self.numbers = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        self.numbers |= {"number": book.add_format({"num_format": "#,##0.00"})}
        self.telling = Telling(dossier.known, words)

    def write(self) -> None:
        """Write every sheet."""
        words, tables = self.words, tables_of(self.dossier)
        names = _sheet_names(tables, words)
        first, columns = self.book.add_worksheet(words("book_read_me")), self.book.add_worksheet(words("book_columns"))
        sheets = {
            name: self.book.add_worksheet(names[name]) for name, table in tables.items() if len(table) <= MOST_ROWS
        }
        told_columns = {
            name: [self.telling.column(name, each) for each in map(str, table)] for name, table in tables.items()
        }
        self._read_me(first, tables, names, sheets)
        self._explain(columns, tables, names, told_columns)
        for name, sheet in sheets.items():
            self._fill(sheet, tables[name], told_columns[name])

    def _read_me(
        self, sheet: Worksheet, tables: Mapping[str, pd.DataFrame], names: Mapping[str, str], sheets: Mapping[str, Any]
    ) -> None:
        """Write what the dossier says, what to know before believing it, and the list of the sheets."""
        dossier, words = self.dossier, self.words
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4, on as many pages as it needs, and never one that has only the names
        sheet.fit_to_pages(1, 0)
        sheet.write_string(0, 0, _cut(dossier.title), self.title)
        if dossier.brand.subtitle:
            sheet.write_string(1, 0, _cut(dossier.brand.subtitle))
        if picture := dossier.brand.picture():
            content, width, height = picture
            scale = min(LOGO_PIXELS[0] / width, LOGO_PIXELS[1] / height)
            shown = {"image_data": BytesIO(content), "x_scale": scale, "y_scale": scale}
            sheet.set_column(2, 2, 40)
            sheet.insert_image(0, 2, "logo", shown | {"description": words("brand_logo")})
        made = labels.date_text(dossier.made, lang=dossier.lang)
        said = [("", words("book_made", date=made, version=version("accessmap"), hash=dossier.hash[:16]))]
        said += [("", line) for line in dossier.sentences]
        if dossier.provenance.modelled:
            said.append((words("modelled_title"), words("modelled_short")))
        said += [(words("caution"), caution) for caution in dossier.cautions]
        row = 2
        for name, line in said:
            sheet.write_string(row, 0, name, self.bold)
            sheet.write_string(row, 1, _cut(line), self.wrapped)
            row += 1
        sheet.write_string(row + 1, 0, words("book_contents"), self.bold)
        row += 2
        sheet.write_string(row, 1, words("book_about"), self.wrapped)
        sheet.write_url(row, 0, f"internal:'{words('book_columns')}'!A1", self.link, words("book_columns"))
        for name, table in tables.items():
            row += 1
            means = words(f"book_{name}_means") if labels.has_text(f"book_{name}_means") else words("book_not_told")
            if name in sheets:
                sheet.write_url(row, 0, f"internal:'{names[name]}'!A1", self.link, names[name])
            else:
                sheet.write_string(row, 0, names[name])
                means = f"{means} {words('book_too_long', n=len(table))}"
            sheet.write_string(row, 1, means, self.wrapped)

    def _explain(
        self,
        sheet: Worksheet,
        tables: Mapping[str, pd.DataFrame],
        names: Mapping[str, str],
        columns: Mapping[str, Sequence[Column]],
    ) -> None:
        """Write a row for each column of each table: what it is, its unit, its source, and what an empty cell says."""
        words = self.words
        heads = ("sheet", "column", "means", "unit", "source", "empty", "empty_count", "name")
        widths = (24, 30, 60, 22, 50, 44, 10, 30)
        for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.write_string(0, place, words(f"book_{head}"), self.head)
            sheet.set_column(place, place, width)
        row = 0
        for name, table in tables.items():
            for each in columns[name]:
                row += 1
                unit = f"in_{each.kind}" if labels.has_text(f"in_{each.kind}") else "in_text"
                said = (names[name], each.title, each.means, words(unit), self._source(each), self._empty(each))
                for place, text in enumerate(said):
                    sheet.write_string(row, place, _cut(text), self.wrapped)
                sheet.write_number(row, 6, sum(map(is_empty, table[each.name])), self.numbers["count"])
                sheet.write_string(row, 7, f"{name}.{each.name}", self.wrapped)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, row, len(heads) - 1)
        self._for_paper(sheet)

    def _empty(self, column: Column) -> str:
        return self.words(f"empty_{column.empty}") if column.empty else ""

    def _source(self, column: Column) -> str:
        """Return where a column comes from: a table of the data and its sources, or how it is computed."""
        if not column.source:
            return ""
        of = [each for each in self.dossier.provenance.sources if column.source in each.of]
        titles = dict.fromkeys(f"{each.title} ({each.vintage})" if each.vintage else each.title for each in of)
        name = self.words(f"from_{column.source}")
        return self.words("labelled", name=name, value=" ; ".join(titles)) if titles else name

    def _fill(self, sheet: Worksheet, table: pd.DataFrame, columns: Sequence[Column]) -> None:
        """Write a table: its head frozen, filtered, as wide as what it holds."""
        rows: list[dict[Any, Any]] = table.to_dict("records")
        for place, column in enumerate(columns):
            sheet.write_string(0, place, _cut(column.title), self.head)
            widest = max(map(len, column.title.split()), default=0) + 2
            for number, row in enumerate(rows, start=1):
                widest = max(widest, self._cell(sheet, number, place, row[column.name], column, row))
            sheet.set_column(place, place, min(max(widest + 1, WIDTHS[0]), WIDTHS[1]))
        names = [place for place, column in enumerate(columns[:3]) if column.name in ("name", "commune_name")]
        sheet.freeze_panes(1, names[0] + 1 if names else 1)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # codes are text, and meant to be
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        self._for_paper(sheet)

    @staticmethod
    def _for_paper(sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&R&P / &N")

    def _cell(
        self, sheet: Worksheet, row: int, place: int, value: Any, column: Column, beside: Mapping[str, Any]
    ) -> int:
        """Write one cell and return how many letters it shows; nothing where the value is missing."""
        if is_empty(value):
            return 0
        if isinstance(value, datetime | date):
            sheet.write_datetime(row, place, value, self.numbers["moment" if column.kind == "moment" else "date"])
            return 14
        if isinstance(value, int | float | np.number) and not isinstance(value, bool) and column.kind != "code":
            number = float(value)
            if math.isfinite(number):
                sheet.write_number(row, place, number, self.numbers[_kind(number, column, beside)])
                return len(f"{number:,.1f}")
            value = self.words("book_infinite")
        if column.kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            return self._cell(sheet, row, place, date.fromisoformat(str(value)), column, beside)
        text = self.telling.text(value, column, beside)
        sheet.write_string(row, place, _cut(text), self.text)
        return max(map(len, text.split("\n")))


def _kind(number: float, column: Column, beside: Mapping[str, Any]) -> str:
    """Return the kind of a number: its column's, or its row's where the rows of a table are of several."""
    kind = column.kind
    if kind == "by_row":
        unit = beside.get("unit", ROWS.get(str(beside.get("indicator", beside.get("index")))))
        kind = str(unit) if unit in FORMATS else "number"
    return kind if kind in FORMATS else "count" if number.is_integer() else "number"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _sheet_names(tables: Mapping[str, pd.DataFrame], words: Words) -> dict[str, str]:
    """Return the name of each table's sheet: its words, or its own name; each once, as Excel wants them."""
    taken = {words("book_read_me").casefold(), words("book_columns").casefold(), "history", "historique"}

    def free(name: str) -> Iterator[str]:
        plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:LONGEST_NAME] or "table"
        yield plain
        yield from (f"{plain[: LONGEST_NAME - 4]} ({n})" for n in range(2, 100))

    names = {}
    for table in tables:
        asked = words(f"book_{table}") if labels.has_text(f"book_{table}") else table
        names[table] = next(name for name in free(asked) if name.casefold() not in taken)
        taken.add(names[table].casefold())
    return names
