"""Communes (or IRIS, or other zones) from a file, brought into the contract."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_text, truth
from accessmap.read.commune_flags import flag
from accessmap.read.companions import composition, epci_names, join, populations
from accessmap.read.coordinates import with_geometry
from accessmap.read.dating import day_of, year_of_people
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.registry import layout_of
from accessmap.read.parts import Wanted
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.read.territory import codes_of
from accessmap.tables.contracts import check_communes, metric_crs
from accessmap.tables.departments import department
from accessmap.words.near import near_names
from accessmap.words.notes import first_few

# Names under which INSEE, IGN (Admin Express), the open-data portals and others publish each column.
NAMES: Names = {
    "code": (
        *COMMUNE_CODES,
        *("code_?geo", "code_?iris", "iris", "dcomiris", "dciris", "ref_insee", "com_code", "official_code_commune"),
    ),
    "name": (
        *("nom", "nom_(com|commune|officiel|m|iris)", "libelle(_commune)?", "lib_?(geo|com|iris)", "commune"),
        *("com_name", "nom_officiel_commune", "official_name_commune", "nccenr"),
    ),
    "population": ("pop", "pmun", "p\\d\\d_p(mun|op)", "pop(ulation)?_?mun(icipale)?", "t", "habitants"),
    "epci": (
        *("siren_epci", "code_?epci", "epci_code", "codes?_siren_des_epci", "epci_siren"),
        *("code_officiel_epci", "official_code_epci"),
    ),
    "epci_name": (
        *("epci_nom", "nom_epci", "lib_epci", "libepci", "noms?_des_epci", "epci_libelle"),
        *("nom_officiel_epci", "official_name_epci"),
    ),
    "in_territory": ("territory", "dans_le_territoire", "territoire"),
}
SHOUTED = re.compile("(nom(_com|_officiel)?)_(m|en_majuscules)|ncc")  # a name again, in capitals
IRIS = re.compile("(code|nom|typ|type|lib)_?iris|iris|dcomiris|dciris")
IRIS_CODES = re.compile("code_?iris|dcomiris|dciris")
# INSEE's TNCC, "type de nom en clair": the article before the name (Code officiel géographique, dictionnaire).
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}
ARTICLE = re.compile("^(L['’]|(Le|La|Les|Au|Aux) )")
OF_IRIS = "commune of the IRIS"
NO_EPCI = re.compile(r"Z{9}|N[CR]|sans objet|", re.IGNORECASE)


AROUND_METRES = 20_000.0  # whose départements are those around a territory
ELSEWHERE_METRES = 1_400_000.0  # from Brest to Bonifacio are 1,330 km, from La Réunion to Mayotte 1,430
OPTIONS = {"population": "population", "epci": "epci", "zonage": "zonages"}
"""What takes each companion of boundaries, by its kind."""
WANTED = Wanted(("communes",), NAMES, ("code",), ("polygon", "none", ""))


def read_communes(
    path: Tabular,
    *,
    territory: Iterable[str] | None = None,
    population: Tabular | None = None,
    epci: Tabular | None = None,
    zonages: Tabular | Iterable[Tabular] | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Return communes in the contract: index `code`, name, population, epci, in_territory, polygons in metres.

    Known French and common names are recognised whatever their case and accents (insee, INSEE_COM, codgeo → code; nom,
    libgeo → name; PMUN, P21_POP → population; siren_epci → epci; epci_nom → epci_name). Further columns are kept. What
    was done stands, in sentences, in `.attrs["read_notes"]` and goes to the logger "accessmap".

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), GeoParquet, or CSV with the shapes as WKT in `geometry`; or a
        frame; or the address of a table of PostGIS (docs/howto_postgis.md). ADMIN EXPRESS and BD TOPO of any edition,
        france-geojson, geo.api.gouv.fr, Opendatasoft's georef and boundaries of OpenStreetMap (of which points, lines
        and other levels are left out) are known. IRIS become communes, unless `columns` says that their own code is
        `code`.
    territory
        Names or codes of the EPCI or of the communes that are the territory, however they are typed. Without it the
        file's `in_territory` says so, and where it has none every commune is in. Of a national file what does not
        concern it is then left out and noted: the communes overseas of a territory in metropolitan France (and the
        other way round), those without a shape or a population. Of the territory's own that is refused.
    population, epci
        Files of legal populations and of the composition of EPCI, joined by code: what boundaries lack. One file may be
        both. Former communes are added up, and of boundaries that are older than the file those since merged made one.
    zonages
        One or several files of zonages, as `accessmap.read.zonages` reads them: each becomes a column of True and
        False (`zrr`, `frr`, `qpv`, `acv`, `pvd`), by which `imbalance.people_by` and `imbalance.split` tell results.
    columns
        Name in the contract to name in the file, where it is unusual; None where the file has none to be used.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    encoding
        Of a CSV or Shapefile, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When a file cannot be read.
    TableError
        With all that keeps it out of the contract, by line (a spreadsheet's rows) or feature.

    Examples
    --------
    >>> row = {"INSEE_COM": "02173", "Nom": "Chauny", "PMUN": "11 600", "EPCI": "200071785"}
    >>> table = pd.DataFrame([row | {"geometry": "POLYGON ((0 0, 0 9, 9 9, 0 0))"}])
    >>> communes = read_communes(table, crs="EPSG:2154")
    >>> communes.drop(columns="geometry").to_numpy().tolist()
    [['Chauny', 11600, '200071785', True]]
    """
    reading = _read(path, population, epci, zonages, columns, crs, encoding, layer)
    _mark_territory(reading, territory)
    if territory is not None:
        _leave_far(reading)
    return _finished(reading)


def communes_around(
    path: Tabular,
    territory: Sequence[str],
    *,
    population: Tabular | None = None,
    epci: Tabular | None = None,
    zonages: Iterable[Tabular] | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Return communes as `read_communes` does, without those that do not concern a territory; it is not marked.

    Names that are not known are left to the caller, who knows where they are written.
    """
    reading = _read(path, population, epci, zonages, columns, crs, encoding, layer)
    _mark_territory(reading, None)
    codes, _ = codes_of(reading.table, territory)
    marked = reading.table["in_territory"]
    reading.table = reading.table.assign(in_territory=as_text(reading.table["code"]).isin(codes))
    _leave_far(reading)
    reading.table = reading.table.assign(in_territory=marked)
    return _finished(reading)


def communes_of_country(
    path: Tabular,
    *,
    population: Tabular | None = None,
    epci: Tabular | None = None,
    zonages: Iterable[Tabular] | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Return communes as `read_communes` does, all in the territory but those of which nothing can be computed.

    That are those without a shape or a population, and those overseas of where the most people of one commune live (in
    a file of France, of Paris); how many they are is noted.
    """
    reading = _read(path, population, epci, zonages, columns, crs, encoding, layer)
    people = reading.table["population"].fillna(0).to_numpy("float64")
    middle = np.arange(len(people)) == (people.argmax() if len(people) else -1)
    reading.table = reading.table.assign(in_territory=middle)
    _leave_far(reading)
    reading.table = reading.table.assign(in_territory=True)
    return _finished(reading)


def _read(
    path: Tabular,
    population: Tabular | None,
    epci: Tabular | None,
    zonages: Tabular | Iterable[Tabular] | None,
    columns: Mapping[str, str | None] | None,
    crs: object,
    encoding: str | None,
    layer: str | None,
) -> Reading:
    """Read the file and what stands beside it, up to the territory."""
    raw = read_table(path, encoding=encoding, layer=layer, wanted=WANTED)
    told = layout_of(set(raw.names), raw.shape, ("population", "epci", "zonage"))
    if told is not None and not layout_of(set(raw.names), raw.shape, ("communes",)):
        raise refusal(raw.name, "companion_alone", value=told.kind, title=told.title, option=OPTIONS[told.kind])
    raw, by_iris = _in_communes(_areas(_plain_cells(_named_shapes(raw))), columns or {})
    reading = Reading("communes", raw)
    reading.rename(NAMES, columns)
    reading.table = reading.table.rename(columns={OF_IRIS: "commune"})
    reading.require("code", "name")
    if population is None and "population" not in reading.table.columns:
        near = near_names("population", reading.table.columns)
        reading.add("population_not_found", value="population", near=near, has=reading.has)
        reading.table = reading.table.assign(population=0)
    reading.name_rows("code")
    if "epci" not in reading.table.columns:
        reading.table = reading.table.assign(epci=None)
        if epci is None:
            reading.note("no_epci_column")
    reading.text("name", "epci")
    reading.table = reading.table.assign(name=_with_articles(reading.table))
    _give_lost_articles(reading)
    _one_epci(reading)
    if epci is None and "epci_name" not in reading.table.columns and (names := epci_names(path)):
        reading.table = reading.table.assign(epci_name=reading.table["epci"].map(names))
        reading.note("epci_named_beside", n=int(reading.table["epci_name"].nunique()))
    reading.numbers(*([] if population is not None else ["population"]))
    with_geometry(reading, crs=crs)
    if by_iris:
        _dissolve(reading)
    _join_parts(reading)
    if population is not None:
        join(reading, populations(population))
        reading.numbers("population")
    if epci is not None:
        join(reading, composition(epci))
    if zonages is not None:
        flag(reading, [zonages] if isinstance(zonages, str | Path | pd.DataFrame) else zonages)
    return reading


LEAST_BY_KM2 = 1.0
"""People by km² below which a table of parts of people counts thousands: no intercommunality has so few."""


def _refuse_thousands(reading: Reading) -> None:
    """Refuse populations in thousands, as GEOFLA has them: a commune of 803 people would be one of 0.803."""
    people = reading.table["population"]
    if reading.problems or not pd.api.types.is_float_dtype(people):
        return
    km2 = reading.table.geometry.area.sum() / 1e6
    broken = (people % 1 > 0).to_numpy()
    if broken.any() and people.sum() < LEAST_BY_KM2 * km2:
        reading.flag(broken, "population_in_thousands", people, name=reading.sources.get("population", "population"))


def _finished(reading: Reading) -> gpd.GeoDataFrame:
    _refuse_thousands(reading)
    reading.further_numbers(("code", *NAMES))
    table = reading.finish("code", tuple(NAMES)[1:], check_communes)
    # a file of boundaries of 2025 has the people of an older census: its own date is not theirs
    census = [day_of(str(day), whole=True) for day in table.get("date_du_recensement", pd.Series()).dropna().unique()]
    table.attrs["people_of"] = year_of_people(reading.sources.get("population", "")) or max(census, default="")
    return table


DRAWN = re.compile("wkt|(the_)?geom(etry|etrie)?(_wkt)?|shape")
WRITTEN = re.compile(r"\s*(SRID=\d+;\s*)?(MULTI)?POLYGON\b|0[01]0[36]", re.IGNORECASE)


def _named_shapes(raw: RawTable) -> RawTable:
    """Return a table whose shapes, written as QGIS and PostGIS do in `WKT` or `geom`, are in `geometry`."""
    if isinstance(raw.table, gpd.GeoDataFrame) or "geometry" in raw.table:
        return raw
    for name, column in raw.names.items():
        given = raw.table[column].dropna()
        if DRAWN.fullmatch(name) and len(given) and isinstance(given.iloc[0], str) and WRITTEN.match(given.iloc[0]):
            return replace(raw, table=raw.table.rename(columns={column: "geometry"}))
    return raw


def _plain_cells(raw: RawTable) -> RawTable:
    """Return a table whose lists of one value are that value, and whose nested EPCI and shape are columns (geo.api)."""
    table, changed = raw.table, {}
    for column in table.columns:
        values = table[column]
        if column == getattr(table, "active_geometry_name", None) or (values.dtype != object and not _is_json(values)):
            continue
        read = [_unpacked(value) for value in values]
        if any(value is not old or isinstance(value, dict) for value, old in zip(read, values, strict=True)):
            changed[column] = pd.Series(read, index=values.index, dtype=object)
    for column, values in list(changed.items()):
        records = [value if isinstance(value, dict) else {} for value in values]
        if plain(column) == "epci" and any(records):
            changed |= {column: pd.Series([each.get("code") for each in records], index=values.index, dtype=object)}
            changed["epci_name"] = pd.Series([each.get("nom") for each in records], index=values.index, dtype=object)
    if not changed:
        return raw
    table = table.assign(**changed)
    shapes = next((name for name in ("contour", "geo_shape") if name in raw.names), None)
    if shapes is not None and not isinstance(table, gpd.GeoDataFrame):
        drawn = [_shape(value) for value in table[raw.names[shapes]]]
        table = gpd.GeoDataFrame(table.drop(columns=raw.names[shapes]), geometry=drawn, crs=4326)
    nested = [name for name in table.columns.drop("geometry", errors="ignore") if _has_records(table[name])]
    return replace(raw, table=table.drop(columns=nested))


def _has_records(values: pd.Series) -> bool:
    return any(isinstance(value, dict) for value in values)


def _is_json(values: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(values) and values.dropna().str.match(r'\s*[\[{]\s*["\]}]').any())


def _unpacked(value: Any) -> Any:
    """Return what a cell holds: of a list its values with "/", of JSON what it says."""
    if isinstance(value, str) and re.match(r'\s*[\[{]\s*["\]}]', value):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, list | tuple | np.ndarray):
        return "/".join(str(each) for each in value) or None
    return value


def _shape(value: Any) -> Any:
    try:
        return shapely.geometry.shape(value) if isinstance(value, dict) else None
    except (ValueError, TypeError, LookupError, AttributeError, shapely.errors.ShapelyError):
        return None


def _areas(raw: RawTable) -> RawTable:
    """Return a table of areas alone: points, lines and other levels of OpenStreetMap are left out."""
    table = raw.table
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return raw
    kinds = table.geom_type
    stray = kinds.isin(["Point", "MultiPoint", "LineString", "MultiLineString", "LinearRing"]).to_numpy()
    if stray.any() and not stray.all():
        points = int(kinds[stray].str.contains("Point").sum())
        raw = raw.keep(~stray, raw.note("points_and_lines_left", n=int(stray.sum()), points=str(points)))
    level = raw.names.get("admin_level")
    if level is not None:
        levels = as_text(raw.table[level])
        if (levels == "8").any() and (levels != "8").any():
            other = (levels != "8").to_numpy()
            raw = raw.keep(~other, raw.note("other_levels_left", n=int(other.sum())))
    return raw


def _in_communes(raw: RawTable, columns: Mapping[str, str | None]) -> tuple[RawTable, bool]:
    """Return a table without names in capitals, and without what tells IRIS apart where they are to become communes."""
    names = raw.names
    codes = [name for name in names if any(re.fullmatch(pattern, name) for pattern in COMMUNE_CODES)]
    iris = [column for name, column in names.items() if IRIS.fullmatch(name)]
    by_iris = bool(codes) and any(IRIS_CODES.fullmatch(name) for name in names)
    own = plain(columns.get("code") or "")
    if by_iris and IRIS.fullmatch(own):  # each IRIS is a zone, and keeps the commune that it is of
        table = raw.table.rename(columns={names[codes[0]]: OF_IRIS})
        unused = [column for column in iris if plain(column) == "iris" and plain(column) != own]
        communes = [column for name, column in names.items() if re.fullmatch("nom_com(mune)?|libcom", name)]
        return replace(
            raw, table=table.drop(columns=unused).rename(columns=dict.fromkeys(communes, "commune_name"))
        ), False
    spoken = [name for name in names if not SHOUTED.fullmatch(name) and not IRIS.fullmatch(name)]
    named = any(re.fullmatch(pattern, name) for pattern in NAMES["name"] for name in spoken)
    given = set(columns.values())
    left = [column for name, column in names.items() if named and SHOUTED.fullmatch(name) and column not in given]
    left += [column for column in iris if by_iris and column not in given]
    return replace(raw, table=raw.table.drop(columns=left)), by_iris


def _dissolve(reading: Reading) -> None:
    """Make one commune of its IRIS: people added up, other columns where all agree."""
    zones = len(reading.table)
    if "population" in reading.table:
        people = reading.table.groupby("code")["population"].agg(lambda part: part.sum(skipna=False))
        reading.table = reading.table.assign(population=reading.table["code"].map(people))
    _one_shape_each(reading)
    reading.note("iris_made_communes", n=len(reading.table), zones=str(zones))


def _join_parts(reading: Reading) -> None:
    """Make one commune of parts that a program wrote in rows of their own: what they say of it must be the same."""
    table = reading.table
    if reading.problems or not (twice := table["code"].duplicated(keep=False)).any():
        return
    said = table[twice].groupby("code")[["name", "population", "epci"]].nunique(dropna=False)
    if (said == 1).all(axis=None):
        codes = said.index
        _one_shape_each(reading)
        reading.note("parts_made_one", n=len(codes), codes=first_few(list(codes)))


def _one_shape_each(reading: Reading) -> None:
    """Make one row of those of each code: their shapes joined, other columns where all agree."""
    table = reading.table
    firsts = ~table["code"].duplicated()
    groups = table.groupby("code", sort=False)
    found = {
        name: groups[name].first().where(groups[name].nunique(dropna=False) < 2)
        for name in table.columns.drop(["code", "geometry"])
    }
    shapes = table[["code", "geometry"]].dissolve("code").geometry
    order = table["code"][firsts]
    kept = pd.DataFrame({"code": order, **{name: values.loc[order].to_numpy() for name, values in found.items()}})
    reading.keep(firsts)
    reading.table = gpd.GeoDataFrame(kept, geometry=shapes.loc[order].to_numpy(), crs=table.crs)


def _with_articles(table: pd.DataFrame) -> pd.Series:
    """Return names with their articles: "Fère" of TNCC 3 or ARTMIN "(La)", and "Fère (La)", are "La Fère"."""
    names = as_text(table["name"])
    beside = {plain(column): column for column in table.columns}
    articles = pd.Series("", names.index)
    if "artmin" in beside:
        inside = as_text(table[beside["artmin"]]).fillna("").str.strip("() ")
        articles = inside.where(inside == "", inside.str.replace("’", "'")).map(_spaced)
    elif "tncc" in beside:
        articles = as_text(table[beside["tncc"]]).map(ARTICLES).fillna("")
    turned = names.str.extract(r"^(?P<name>.+?) \((?P<article>L[ea]s?|L['’]|Aux?|Los|Las)\)$", flags=re.IGNORECASE)
    behind = turned["article"].notna()
    articles = articles.where(~behind, turned["article"].fillna("").map(_spaced))
    bare = names.where(~behind, turned["name"])
    has = [str(name).casefold().startswith(str(word).casefold()) for name, word in zip(bare, articles, strict=True)]
    return bare.where(np.array(has, bool) | bare.isna(), articles + bare.fillna(""))


def _give_lost_articles(reading: Reading) -> None:
    """Name the communes around Chauny as they are called where a file lost the article: "Fère" is La Fère."""
    codes, names = as_text(reading.table["code"]), reading.table["name"]
    whole = codes.map(_named_with_article()).astype("str")
    bare = whole.str.replace(ARTICLE, "", regex=True).str.casefold()
    lost = (whole.notna() & (bare == names.str.casefold())).fillna(False).to_numpy(bool)
    if lost.any():
        reading.table = reading.table.assign(name=names.where(~lost, whole))
        reading.note("names_without_article", n=int(lost.sum()), names=first_few(whole[lost].tolist()))


@cache
def _named_with_article() -> dict[str, str]:
    """Return the names that begin with an article among the communes of the sample, by code."""
    with (files("accessmap") / "presets" / "articles.csv").open(encoding="utf-8") as stream:
        return dict(pd.read_csv(stream, dtype=str).to_numpy().tolist())


def _spaced(article: str) -> str:
    return article if not article or article.endswith(("'", "’")) else f"{article} "


def _one_epci(reading: Reading) -> None:
    """Make blank what stands for no EPCI, and take the first of two (a métropole before its établissement)."""
    text = reading.table["epci"]
    if text.isna().all():
        return
    text = text.mask(text.str.fullmatch(NO_EPCI, na=False), None)
    several = text.str.contains(r"[/,;|]", na=False)
    if several.any():
        reading.note("epci_first", n=int(several.sum()), example=repr(text[several].iloc[0]))
    reading.table = reading.table.assign(epci=text.str.split(r"[/,;|]").str[0].str.strip())


def _mark_territory(reading: Reading, territory: Iterable[str] | None) -> None:
    table = reading.table
    if territory is not None:
        wanted = [territory] if isinstance(territory, str) else list(territory)
        known = set(as_text(table["code"]).dropna()) | set(as_text(table["epci"]).dropna())
        codes, unknown = codes_of(table, wanted)
        for each in unknown:
            near = each.near or near_names(each.name, known)
            if each.several:
                reading.add("territory_several", value=each.name, shown=repr(each.name), codes=", ".join(each.several))
            else:
                reading.add("territory_unknown", value=each.name, near=near, shown=repr(each.name))
        marks = as_text(table["code"]).isin(codes)
        # where it marks nothing, the unknown codes are the problem to be told
        reading.table = table.assign(in_territory=marks if marks.any() or not wanted else True)
        reading.note("territory_asked", n=int(marks.sum()))
    elif "in_territory" in table.columns:
        marks = table["in_territory"]
        if not pd.api.types.is_bool_dtype(marks):
            read = [value if truth(value) is None else truth(value) for value in marks]
            reading.table = table.assign(in_territory=pd.Series(read, index=table.index).infer_objects())
    else:
        reading.table = table.assign(in_territory=True)
        reading.note("territory_all", n=len(table))


def _leave_far(reading: Reading) -> None:
    """Leave out communes that are far from a territory that was asked, or of which no study could be made.

    What is missing of the territory itself, and shapes of its départements and those around that are elsewhere on
    Earth, stay, and are refused by the contract.
    """
    marks = reading.table["in_territory"].to_numpy(dtype=bool)
    if reading.problems or marks.all() or not marks.any():
        return
    drawn = ~(reading.table.geometry.isna() | reading.table.geometry.is_empty).to_numpy()
    own = reading.table.geometry[marks & drawn]
    if len(own) and (crs := metric_crs(own)) != reading.table.crs:  # the median commune of the file lies elsewhere
        reading.table = reading.table.to_crs(crs)
        reading.note("coordinates_brought", crs=crs)
        own = own.to_crs(crs)
    metres = np.full(len(marks), np.inf)
    if len(own):
        with np.errstate(invalid="ignore"):  # of a shape on the other side of the Earth, which has no place here
            away = reading.table.geometry[drawn].distance(shapely.box(*own.total_bounds))
        metres[drawn] = away.fillna(np.inf)
    parts = as_text(reading.table["code"]).fillna("").map(department)
    around = parts.isin(set(parts[marks | (metres <= AROUND_METRES)])).to_numpy()
    elsewhere = (metres > ELSEWHERE_METRES) & ~around & (drawn | (not len(own)))
    without = (~drawn | reading.table["population"].isna().to_numpy()) & ~marks & ~elsewhere
    near = without & around
    if near.any():
        codes = first_few(list(reading.table["code"][near]))
        reading.note("territory_beside_without", n=int(near.sum()), codes=codes)
    for key, left in (("territory_far_without", without & ~around), ("territory_elsewhere", elsewhere)):
        if left.any():
            reading.note(key, n=int(left.sum()))
    if (without | elsewhere).any():
        reading.keep(~(without | elsewhere))
