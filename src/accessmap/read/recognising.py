"""What files are, by what they hold: kind, publisher, date and form of each table, and why, or what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from accessmap.errors import AccessmapError
from accessmap.files import is_input
from accessmap.read.columns import COMMUNE_CODES, as_text
from accessmap.read.communes import WANTED as COMMUNES
from accessmap.read.coordinates import COORDINATES
from accessmap.read.database import Database, database
from accessmap.read.dating import day_of
from accessmap.read.files import file_kind, part_names, part_of_path, read_table
from accessmap.read.layouts.known import LAYOUTS
from accessmap.read.layouts.registry import READERS, Layout, layout_of, names_of, nearest_layout
from accessmap.read.layouts.transport import gtfs_span, is_gtfs
from accessmap.read.located import communes_of_rows
from accessmap.read.osm_points import UNREADABLE, day_of_osm
from accessmap.read.parts import Wanted
from accessmap.read.points import has_point
from accessmap.read.raw import Form, RawTable
from accessmap.read.residents import CELL_NAMES
from accessmap.read.residents import WANTED as RESIDENTS
from accessmap.read.services import WANTED as SERVICES
from accessmap.words.notes import Note

ROADS = {".osm.pbf": "OSM", ".pbf": "OSM", ".osm": "OSM", ".osm.gz": "OSM", ".osm.bz2": "OSM", ".graphml": "GraphML"}
PAGES = (".md", ".toml", ".html", ".ipynb", ".py")  # what lies beside data, and is none
ADDRESS = re.compile(r"(.*_)?(adresse|address|rue|voie|code_?postal|cp|postcode|localite|ville|commune)(_.*)?")
GENERIC = {"communes": COMMUNES, "residents": RESIDENTS, "services": SERVICES}
NEEDS = {"communes": ("code", "name", "population"), "residents": ("population",), "services": ("name",)}


@dataclass(frozen=True)
class Recognised:
    """What one table of a file is.

    Parameters
    ----------
    file
        Its path, or the address of a table.
    kind
        One of :data:`~accessmap.read.layouts.registry.KINDS`; "" where it is none, or cannot be read.
    reason
        What tells it, or why it is not known or not read.
    layout
        The published file that it is; None where only its columns tell the kind.
    nearest
        The kind that it is nearest to, where it is none.
    missing
        What it lacks to be that, or what a companion must bring.
    form
        How it stands in the file: format, sheet or layer, encoding, separator, line of the header.
    vintage
        Date or year of what it says, as the file tells it; "" where it does not.
    rows
        How many; None where it was not read.
    inside, around
        How many of them are in the territory of the communes given, and in any of these; None where nothing tells it.
    categories
        Of services, where the layout or a column tells them.
    """

    file: Path | Database
    kind: str
    reason: Note
    layout: Layout | None = None
    nearest: str = ""
    missing: tuple[str, ...] = ()
    form: Form = field(default_factory=Form)
    vintage: str = ""
    rows: int | None = None
    inside: int | None = None
    around: int | None = None
    categories: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The file, and the table of it that is meant: "lots.zip!communes.csv"."""
        return f"{self.file}!{self.form.part}" if self.form.part else str(self.file)


def recognise(path: str | Path, *, communes: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    r"""Return what a file, or each file of a folder, holds: one row a table (sheet, layer, file of a zip).

    Parameters
    ----------
    path
        Of a file, or of a folder, whose own folders are not looked into; or the address of a table of a database.
    communes
        In the contract: how many rows lie in their territory is then counted.

    Returns
    -------
    DataFrame
        `file`, `part` (sheet, layer …), `kind` (missing where none is told), `reader` (what of accessmap
        reads it), `title`, `publisher`, `vintage`, `form`,
        `encoding`, `separator`, `header_row`, `rows`, `rows_inside`, `reason` (a note: ``reason.told("fr")``),
        `nearest` (kind) and `missing` (columns that it lacks).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "liste.csv")
    ...     _ = path.write_text("id_fs;lib_fs;insee_com;latitude;longitude\n7;Chauny;02173;49.61;3.21\n")
    ...     table = recognise(path)
    >>> table.loc[0, ["kind", "publisher", "separator", "form"]].tolist()
    ['services', 'ANCT', ';', 'CSV']
    """
    whole = dict.fromkeys(("rows", "rows_inside", "header_row"), "Int64")
    found = pd.DataFrame(recognise_rows(recognised(path, communes=communes)), dtype=object)  # so notes stay notes
    return found.astype(whole)


def recognise_rows(every: Iterable[Recognised]) -> list[dict[str, Any]]:
    """Return what tables are as the rows of :func:`recognise`."""
    return [
        {
            "file": one.file.name,
            "part": one.form.part or None,
            "kind": one.kind or None,
            "reader": READERS.get(one.kind),
            "title": one.layout.title if one.layout else None,
            "publisher": (one.layout.publisher or None) if one.layout else None,
            "vintage": one.vintage or None,
            "form": one.form.kind or None,
            "encoding": one.form.encoding or None,
            "separator": one.form.separator or None,
            "header_row": one.form.header_row,
            "rows": one.rows,
            "rows_inside": one.inside,
            "reason": one.reason,
            "nearest": one.nearest or None,
            "missing": ", ".join(one.missing) or None,
        }
        for one in every
    ]


def recognised(path: str | Path, *, communes: gpd.GeoDataFrame | None = None) -> list[Recognised]:
    """Return what a file, or each file of a folder, holds, as :func:`recognise` tells it.

    Raises
    ------
    SourceError
        Where there is no such file or folder.
    """
    if (address := database(path)) is not None:
        return list(_of_file(address, communes))
    path = Path(path)
    if not path.is_dir():
        file, part = part_of_path(path)
        if not is_input(file):
            file_kind(file)
        return [_of_part(file, part, communes)] if part else list(_of_file(file, communes))
    parts = (".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".xml")
    files = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
    whole = {each.stem for each in files if each.suffix.casefold() == ".shp"}
    files = [each for each in files if each.suffix.casefold() not in PAGES]
    files = [each for each in files if each.suffix.casefold() not in parts or each.name.split(".")[0] not in whole]
    return [one for file in files for one in _of_file(file, communes)]


def _of_file(path: Path | Database, communes: gpd.GeoDataFrame | None) -> Iterator[Recognised]:
    """What a file holds: the parts that are known, or where none is, each."""
    roads = next((form for suffix, form in ROADS.items() if path.name.casefold().endswith(suffix)), None)
    if path.name.endswith(".roads") or roads is not None:
        form = Form(roads or "roads")
        day = _day_of_roads(path) if roads == "OSM" else ""
        yield Recognised(path, "roads", Note("told_by_form", form=roads or ".roads"), form=form, vintage=day)
        return
    try:
        parts = part_names(path)
    except AccessmapError as error:
        yield Recognised(path, "", Note("not_read", why=error))
        return
    found = [_of_part(path, part, communes) for part in parts]
    known = [one for one in found if one.kind]
    yield from map(_with_span, known or found)


def _day_of_roads(path: Path | Database) -> str:
    """The day of a file of OpenStreetMap, by its header or its newest object; "" where it cannot be read."""
    import osmium

    try:
        return day_of_osm(Path(str(path))) or day_of(path.name)
    except (*UNREADABLE, osmium.InvalidLocationError):
        return ""  # what reads the roads says what is wrong with it


def _with_span(one: Recognised) -> Recognised:
    """Say of a timetable from which day to which it is."""
    if one.layout is None or one.layout.name != "gtfs_stops" or not is_gtfs(str(one.file)):
        return one
    first, last = gtfs_span(str(one.file))
    if not first:
        return one
    vintage = day_of(first, whole=True) or one.vintage
    return replace(one, vintage=vintage, reason=Note("told_with_span", reason=one.reason, first=first, last=last))


def _of_part(path: Path | Database, part: str, communes: gpd.GeoDataFrame | None) -> Recognised:
    try:
        raw = read_table(path, layer=part or None, wanted=Wanted(names={**SERVICES.names, **COMMUNES.names}))
    except AccessmapError as error:
        return Recognised(path, "", Note("not_read", why=error), form=Form(part=part))
    one = _of_table(path, replace(raw, form=replace(raw.form, part=part)))
    return one if communes is None else counted(one, raw, communes)


def counted(one: Recognised, raw: RawTable, communes: gpd.GeoDataFrame) -> Recognised:
    """Return what a table is with how many of its rows are in the communes, and in their territory."""
    where = communes_of_rows(raw, communes, one.kind)
    if where is None:
        return one
    home = communes.index[communes["in_territory"]] if "in_territory" in communes else communes.index
    return replace(one, inside=int(where.isin(home).sum()), around=int(where.notna().sum()))


def _of_table(path: Path | Database, raw: RawTable) -> Recognised:
    names = set(raw.names)
    layout = layout_of(names, raw.shape)
    told = Recognised(path, "", Note("not_known"), form=raw.form, rows=len(raw.table))
    vintage = raw.vintage
    if layout is not None:
        reason = Note("told_by_layout", title=layout.title, publisher=layout.publisher or Note("no_publisher"))
        category = (layout.category,) if layout.category else _categories(raw)
        if layout.kind == "services" and layout.name not in LAYOUTS and not category:
            told = replace(told, missing=("category",))
        if layout.kind == "communes":
            told = replace(told, missing=_lacking(raw, "communes"))
        return replace(told, kind=layout.kind, reason=reason, layout=layout, vintage=vintage, categories=category)
    for kind in _generic_kinds(raw):
        wanted = GENERIC[kind]
        has = [name for name in wanted.names if _column(raw, (name, *wanted.names[name]))]
        missing = _lacking(raw, kind)
        listed = ", ".join(str(_column(raw, (name, *wanted.names[name]))) for name in has)
        reason = Note("told_by_columns", columns=listed)
        categories = _categories(raw) if kind == "services" else ()
        if not missing or kind == "communes":
            found = replace(told, kind=kind, reason=reason, missing=missing, vintage=vintage)
            return replace(found, categories=categories)
    near = _nearest(raw)
    columns = ", ".join(map(str, raw.table.columns[:8]))
    if near is None:
        return replace(told, reason=Note("none_has_columns", has=columns))
    kind, title, missing = near
    return replace(told, nearest=kind, missing=missing, reason=Note("nearest_is", title=title, has=columns))


def _nearest(raw: RawTable) -> tuple[str, str | Note, tuple[str, ...]] | None:
    """Of the published files and the kinds, that of which the smallest part is missing: kind, title, what is missing.

    Communes are of no use without their shapes, and what has places or addresses is nearer to services than to them.
    """
    found: list[tuple[float, str, str | Note, tuple[str, ...]]] = []
    near = nearest_layout(set(raw.names))
    if near is not None:
        layout, lacking = near
        shapes = layout.kind == "communes" and raw.shape != "polygon"
        parts = min(map(len, layout.columns)) + shapes
        missing = tuple(map(names_of, lacking)) + (("geometry",) if shapes else ())
        found.append((len(missing) / parts, layout.kind, layout.title, missing))
    placed = raw.shape == "point" or _has_coordinates(raw)
    addressed = any(ADDRESS.fullmatch(name) for name in raw.names)
    coded = _column(raw, COMMUNE_CODES) is not None
    if placed or addressed or coded:
        lacks = [name for name in ("name",) if not _column(raw, ("name", *SERVICES.names["name"]))]
        lacks += [] if placed or coded else ["lon, lat"]
        lacks += [] if _column(raw, ("category", "categorie")) else ["category"]
        found.append(((len(lacks) - addressed / 2) / 3, "services", Note("kind_services"), tuple(lacks)))
    some = [each for each in found if each[0] <= 0.5]
    return min(some, key=lambda each: each[0])[1:] if some else None


def _lacking(raw: RawTable, kind: str) -> tuple[str, ...]:
    names = GENERIC[kind].names
    return tuple(name for name in NEEDS[kind] if not _column(raw, (name, *names[name])))


def _generic_kinds(raw: RawTable) -> Iterator[str]:
    """The kinds that a table may be by its shape and columns alone, the surest first."""
    code = _column(raw, (*COMMUNES.names["code"], "code"))
    if raw.shape == "polygon" and code and _column(raw, ("name", *COMMUNES.names["name"])):
        yield "communes"
    people = _column(raw, ("population", *RESIDENTS.names["population"]))
    celled = any(CELL_NAMES.fullmatch(name) or name in ("grd_id", "cellcode") for name in raw.names)
    placed = raw.shape == "point" or _has_coordinates(raw)
    if people and (celled or placed or raw.shape == "polygon"):
        yield "residents"
    if placed and _column(raw, ("name", *SERVICES.names["name"])):
        yield "services"


def _has_coordinates(raw: RawTable) -> bool:
    pairs = (("lon", "lat"), ("x", "y"))
    both = any(all(_column(raw, (name, *COORDINATES[name])) for name in pair) for pair in pairs)
    return both or has_point(raw.table)


def _column(raw: RawTable, patterns: tuple[str, ...]) -> str | None:
    return next(
        (column for name, column in raw.names.items() if any(re.fullmatch(one, name) for one in patterns)), None
    )


def _categories(raw: RawTable) -> tuple[str, ...]:
    column = _column(raw, ("category", "categorie"))
    return tuple(sorted(as_text(raw.table[column]).dropna().unique()))[:50] if column else ()
