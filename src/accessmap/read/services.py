"""Services from a file, brought into the contract: sites, their category, hours and commune."""

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.categories import CATEGORIES
from accessmap.errors import OptionError, Problem, SourceError
from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_text, truth
from accessmap.read.coordinates import COORDINATES, to_points, with_geometry
from accessmap.read.counts import spread_counts
from accessmap.read.dating import day_of
from accessmap.read.files import Tabular, read_table
from accessmap.read.french_hours import day_spans, french_hours
from accessmap.read.layouts.bpe import type_labels
from accessmap.read.layouts.known import GENERIC, TEXTS, in_layout
from accessmap.read.layouts.transport import gtfs_table, is_gtfs
from accessmap.read.opening_hours import DAYS, Timetable, parse_timetable, readable_hours
from accessmap.read.osm_points import as_elements, is_osm, osm_points, overpass_points
from accessmap.read.parts import Wanted
from accessmap.read.placing import PLACED, place, points_of_mairies, quality_of
from accessmap.read.points import split_points
from accessmap.read.raw import plain
from accessmap.read.school_services import as_schools
from accessmap.tables.checks import FRANCE_METRES, OWN_PLAN_METRES
from accessmap.tables.contracts import check_communes, check_residents, check_services
from accessmap.words import words as labels
from accessmap.words.near import category_meant
from accessmap.words.notes import Listed, Note, first_few

# Names under which the lists of the State (France services, FINESS, public directory, schools) give each column.
NAMES: Names = {
    "service_id": (
        *("id", "id_fs", "id_service", "(n|num|numero|no)?_?finess(_?et)?", "nofiness(et)?", "identifiant"),
        *("(numero|code)_uai", "uai"),
    ),
    "name": (
        *("nom", "libelle", "lib", "lib_fs", "lib_service", "hospital_name", "rs", "raison_sociale"),
        *("nom_etablissement", "denomination", "appellation_officielle", "enseigne"),
    ),
    "category": ("categorie",),
    "category_label": (),
    "capacity": ("capacite", "nb_places"),
    "capacity_unit": (),
    "hours": ("opening_hours", "(horaires?|heures)(_(d_)?ouvertures?)?(_au_public)?"),
    "step_free": (
        *("accessible", "acces_de_plain_pied", "(acces|accessible|accessibilite)_(aux_)?(pmr|handicapes?)", "pmr"),
    ),
    "commune": COMMUNE_CODES,
    "source": (),
    # of La Poste, the Education ministry, and the address base's geocoder
    "point_quality": ("(precision|qualite)_(du_)?geocodage", "precision_localisation", "result_type"),
    **COORDINATES,
}
FIRST = (
    *("name", "category", "category_label", "capacity", "capacity_unit", "hours", "step_free", "commune", "source"),
    "point_quality",
)
MOVES = ("mobile", "itinerance", "itinerant", "est_itinerant")
TRUTHS = {
    **dict.fromkeys(
        ("oui", "o", "yes", "vrai", "true", "1", "itinerant", "itinerante", "itinerance", "bus", "mobile"), True
    ),
    **dict.fromkeys(("non", "n", "no", "faux", "false", "0", "fixe", "non_itinerant", ""), False),
}
STEP_FREE: Mapping[object, str] = {
    True: "yes",
    False: "no",
    **dict.fromkeys(("inconnu", "partiel", "partielle", "partiellement", "limited"), "unknown"),
}
# "08:45 - 12:00 / 13:30 - 18:00", as the list of France services writes a day
CLOSED = ("ferme", "fermee", "fermeture", "non")


WANTED = Wanted(("services", "schools"), NAMES, shapes=("point", "none", "", "polygon"))


def read_services(
    path: Tabular,
    *,
    category: str | None = None,
    communes: gpd.GeoDataFrame | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
    layout: str | None = None,
    mairies: gpd.GeoDataFrame | None = None,
    clip: bool = False,
    successors: Mapping[str, str] | None = None,
    types: Tabular | None = None,
    spread: bool = False,
    residents: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return services in the contract: index `service_id`, name, category, points in metres, and more if said.

    The files that France publishes are known by their columns, and their codes become categories: FINESS (with or
    without coordinates), the BPE (sites, or counts by commune), the annuaire santé, La Poste's points of contact, the
    France services, the places of digital help (docs/howto_services.md). In any other file known names are recognised
    whatever their case and accents (finess → service_id; raison sociale → name; insee → commune). Timetables of the
    public directory, and one column a day (h_lundi …), become `hours`. Further columns are kept. What was done stands,
    in sentences, in `.attrs["read_notes"]` and goes to the logger "accessmap".

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), Parquet, GeoParquet, or CSV with lon/lat or x/y; or a frame; or
        the address of a table of PostGIS (docs/howto_postgis.md). Of an OpenStreetMap file (.osm.pbf, .osm), what has
        the tags of the category; of a zipped GTFS its stations and stops.
    category
        Of all rows, as in :data:`accessmap.categories.CATEGORIES` or named in French there; a column of the file is
        kept aside. Where the file says the kind of each row, only those of this category are kept.
    communes
        In the contract. Sites without a point are then placed inside the commune they name, marked "commune" in
        `point_quality`; sites more than 100 m outside it go to its centroid, marked "outside_commune_moved"; sites
        without a commune get the one they lie in; codes of communes since merged become those of today, the file's own
        kept in `commune_in_file`; geometry takes their CRS.
    columns
        Name in the contract (and lon, lat, x, y) to name in the file, where it is unusual; None where the file's is not
        to be used.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    encoding
        Of a CSV or Shapefile, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.
    layout
        One of docs/howto_services.md ("finess", "bpe", "irve" …) to insist on it; "generic" to read a plain table; by
        default the columns tell.
    mairies
        Services with `commune`, such as ``read_services("mairies.gpkg", category="mairie", communes=communes)``.
        What has no point, counts among them, is placed there, marked "placed_at_mairie"; and so is what is moved.
    clip
        Leave out the sites that are in none of the `communes`, as a file of the whole country asks for, and say how
        many.
    successors
        Former code of a commune to that of today, where :func:`~accessmap.read.codes.merged_communes` is not
        enough.
    types
        Of equipment of the BPE: INSEE's list of the types of an edition, by which those that are new are named.
    spread
        Make of each count by commune that many services, spread inside it as people are
        (:func:`~accessmap.read.counts.spread_counts`), and not one at the mairie: nearer to the minutes that are
        published, though the places are made up. Around the `mairies` where they are given.
    residents
        With `spread`, people on a census grid: what is counted then stands in the cells where most of them live.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line (a spreadsheet's rows) or feature.
    OptionError
        For a layout that is none, `clip` or `spread` without `communes`, or `residents` without `spread`.

    Examples
    --------
    >>> row = {"id": "7", "nom": "La Fère", "insee": "02304", "longitude": "3,3636", "latitude": "49,6619"}
    >>> table = pd.DataFrame([row | {"h_lundi": "08:45 - 12:00 / 13:30 - 18:00"}])
    >>> services = read_services(table, category="france_services")
    >>> services.loc["7", ["name", "category", "hours", "commune"]].tolist()
    ['La Fère', 'france_services', 'Mo 08:45-12:00,13:30-18:00; PH off', '02304']
    """
    category = None if category is None else category_meant(category)
    _check_asked(communes, clip=clip, spread=spread, residents=residents)
    if not isinstance(path, pd.DataFrame) and is_osm(path):
        raw, known = osm_points(path, category), "osm"
    else:
        table = gtfs_table(path) if is_gtfs(path) else read_table(path, encoding=encoding, layer=layer, wanted=WANTED)
        elements = as_elements(table) if layout is None and columns is None else None
        if elements is not None:
            raw, known = overpass_points(elements, category), "osm"
        else:
            raw, known = in_layout(table, layout, category, columns, None if types is None else type_labels(types))
    reading = Reading("services", raw)
    if known != "osm":
        reading.rename(NAMES, columns if known in (GENERIC, "france_services") else None)
    if known == GENERIC:
        as_schools(reading, category)
        _leave_out_closed(reading)
        _leave_out_other_kinds(reading, category)
    _give_category(reading, category if known == GENERIC else None)
    _mean_category(reading)
    split_points(reading)
    if mairies is not None or known != GENERIC:
        _allow_no_points(reading)
    _give_name(reading, category)
    reading.require("name", "category")
    reading.text(*(name for name in FIRST if name != "capacity"))
    _give_ids(reading)
    reading.name_rows("service_id")
    reading.numbers("capacity")
    _read_step_free(reading)
    _read_mobile(reading)
    _read_hours(reading)
    had_problems = len(reading.problems)
    around = communes if communes is not None else mairies
    with_geometry(reading, crs=crs, target=None if around is None else around.crs, area=communes)
    to_points(reading)
    if len(reading.problems) == had_problems:
        points = points_of_mairies(mairies, reading.table.crs)
        place(reading, communes, points, clip=clip, successors=successors)
        if not clip:
            _tell_overseas(reading)
    if communes is not None and known in ("bpe", GENERIC):
        _name_places(reading, communes)
    _give_quality(reading)
    reading.further_numbers((*NAMES, "category_in_file", "commune_in_file", *TEXTS))
    services = reading.finish("service_id", FIRST, check_services, communes)
    if not spread or communes is None:
        return services
    return spread_counts(services, communes, mairies, residents)


def _check_asked(
    communes: gpd.GeoDataFrame | None, *, clip: bool, spread: bool, residents: gpd.GeoDataFrame | None
) -> None:
    if spread and communes is None:
        raise OptionError(Problem("spread_without_communes"))
    if residents is not None and not spread:
        raise OptionError(Problem("residents_without_spread"))
    if communes is not None:
        check_communes(communes)
        if residents is not None:
            check_residents(residents, communes)
    elif clip:
        raise OptionError(Problem("clip_without_communes"))


def _allow_no_points(reading: Reading) -> None:
    """Let a table without coordinates through: its sites are placed by their commune, or named one by one."""
    if "commune" in reading.table.columns and "geometry" not in reading.table.columns:
        absent = [name for name in ("lon", "lat") if name not in reading.table.columns]
        if len(absent) == 2 and not {"x", "y"} <= set(reading.table.columns):
            reading.table = reading.table.assign(lon=None, lat=None)


def _tell_overseas(reading: Reading) -> None:
    """Add the remedy for the overseas sites of a national file; the check of the table names them."""
    table = reading.table
    if table.crs.to_epsg() != 2154:
        return
    west, south, east, north = FRANCE_METRES
    points = table.geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    plan = (np.abs(x) < OWN_PLAN_METRES) & (np.abs(y) < OWN_PLAN_METRES)
    beyond = int((((x < west) | (x > east) | (y < south) | (y > north)) & ~plan).sum())
    if 0 < beyond < len(table):
        reading.add("services_overseas", n=beyond, value=beyond)


def _give_category(reading: Reading, category: str | None) -> None:
    if category is None:
        return
    if "category" in reading.table.columns:
        said = as_text(reading.table["category"]).map(lambda word: category_meant(word.strip()), na_action="ignore")
        other = (said.notna() & (said != category)).to_numpy()
        if said.eq(category).any() and other.any():  # the file tells its kinds apart: those are no more of this one
            reading.keep(~other)
            reading.note("other_kinds_left_out", n=int(other.sum()))
        reading.table = reading.table.rename(columns={"category": "category_in_file"})
        reading.note("own_category_kept")
    reading.text("category_in_file")
    reading.table = reading.table.assign(category=category)


STATES = re.compile(
    "(etat|statut|situation)(_(administratif|juridique|actuel|etablissement|du_site|de_l_etablissement).*)?"
)
SHUT = re.compile(
    "(definitivement_)?fermee?s?(_definitivement)?|fermeture_definitive|cesse?e?|cessation|inactive?|supprimee?"
)


CLOSINGS = re.compile("date_?(de_?)?(la_)?(fermeture|cessation)(_definitive|_etablissement|_du_site|_et)?|fermee?_le")
"""Columns of the day on which a site closed for good."""


def _leave_out_closed(reading: Reading) -> None:
    """Leave out the sites that a column of states, or of days in the past, says are closed, where it does of some."""
    for column in reading.table.columns:
        if not any(names.fullmatch(plain(column)) for names in (STATES, CLOSINGS)):
            continue
        words = as_text(reading.table[column]).fillna("")
        if STATES.fullmatch(plain(column)) is not None:
            shut = words.map(lambda word: SHUT.fullmatch(plain(word)) is not None).to_numpy()
        else:
            shut = words.map(lambda word: day_of(word, whole=True) != "").to_numpy()  # none to come is one
        if shut.any() and not shut.all():
            rows = first_few(np.flatnonzero(shut), lambda row: reading.rows[row])
            reading.note("closed_left_out", n=int(shut.sum()), column=repr(column), rows=rows)
            reading.keep(~shut)


KINDS = re.compile(
    "(type|genre|nature|activite|famille|rubrique|profession|amenity|shop|healthcare|office)"
    "(_(d_|de_|du_|principale?_)?(equipement|etablissement|service|structure|lieu|site|commerce|activite|principale?))?"
)
"""Columns that may tell the kind of each row."""


def _leave_out_other_kinds(reading: Reading, category: str | None) -> None:
    """Leave out the rows that a column of kinds says are of another category, where it names the one asked too."""
    if category is None or "category" in reading.table.columns:
        return
    for column in reading.table.columns:
        if KINDS.fullmatch(plain(column)) is None or not pd.api.types.is_string_dtype(reading.table[column].dropna()):
            continue
        meant = reading.table[column].map(lambda word: category_meant(str(word).strip()), na_action="ignore")
        other = (meant.isin(set(CATEGORIES)) & (meant != category)).to_numpy(dtype=bool)
        if other.any() and (meant == category).any():
            named = ", ".join(repr(str(word)) for word in reading.table[column][other].drop_duplicates()[:5])
            reading.note("rows_of_other_kinds", n=int(other.sum()), column=repr(str(column)), names=named)
            reading.keep(~other)


def _mean_category(reading: Reading) -> None:
    """Write the published name of a category where the file has its French one."""
    if "category" not in reading.table.columns:
        return
    reading.text("category")
    said = reading.table["category"]
    meant = {word: category_meant(word.strip()) for word in said.dropna().unique()}
    other = {word: name for word, name in meant.items() if word != name}
    if other:
        reading.table = reading.table.assign(category=said.map(meant))
        reading.note("categories_meant", words=", ".join(f"{word} → {name}" for word, name in other.items()))


LONG_NAME = re.compile(
    "(nom|denomination|intitule|libelle)_(de_la_|de_l_|du_|d_)?(structure|site|lieu|etablissement|service|point"
    "|equipement|officine|pharmacie|commerce|magasin|organisme|centre|cabinet|usuelle?)"
)
"""Names of the column of names, where none has a shorter one."""


def _give_name(reading: Reading, category: str | None) -> None:
    """Name the services of a list of communes by category and commune, where it has no names."""
    table = reading.table
    longer = [] if "name" in table.columns else [name for name in table.columns if LONG_NAME.fullmatch(plain(name))]
    if longer:
        reading.table = table.rename(columns={longer[0]: "name"})
        reading.sources["name"] = longer[0]
        reading.note("columns_renamed", renamed=f"{longer[0]} → name")
        return
    if category is None or "name" in table.columns or "commune" not in table.columns:
        return
    reading.table = table.assign(name=f"{labels.category(category).fr} (" + as_text(table["commune"]).fillna("?") + ")")
    reading.note("services_named")


def _name_places(reading: Reading, communes: gpd.GeoDataFrame) -> None:
    """Write the name of the commune where a name made for the BPE has its code: "Boulangerie (Chauny)"."""
    table = reading.table
    for column in ("commune_in_file", "commune"):
        if column not in table.columns or "name" not in table.columns:
            continue
        codes = as_text(table[column]).fillna("")
        mark = table["name"].astype(str).str.extract(r"( \((\w+)\))$").fillna("")
        made = mark[1].str.lstrip("0") == codes.str.lstrip("0")  # a spreadsheet took it
        places = as_text(table["commune"]).map(communes["name"])
        rows = made.to_numpy(dtype=bool) & places.notna().to_numpy() & (codes != "").to_numpy()
        if rows.any():
            kinds = [str(name).removesuffix(end) for name, end in zip(table["name"][rows], mark[0][rows], strict=True)]
            named = pd.Series(kinds, table.index[rows]) + " (" + places[rows].astype(str) + ")"
            table = table.assign(name=table["name"].astype(object).where(~rows, named.reindex(table.index)))
    reading.table = table


BENT = r"\d[.,]\d*[eE]\+\d+"  # what a spreadsheet makes of a SIRET: "1,02E+13"


def _give_ids(reading: Reading) -> None:
    """Name the services by category and commune, or by their place in the file, where the file does not."""
    table = reading.table
    if "service_id" in table.columns:
        bent = as_text(table["service_id"]).str.fullmatch(BENT).fillna(False).to_numpy(dtype=bool)
        if not bent.any():
            return
        row = int(bent.argmax())
        told = {"name": repr(reading.sources.get("service_id", "service_id")), "row": reading.rows[row]}
        reading.note("ids_bent", n=int(bent.sum()), value=repr(table["service_id"].iloc[row]), **told)
        table = table.rename(columns={"service_id": "service_id_in_file"})
    again = np.flatnonzero(pd.DataFrame(table).astype(str).duplicated())
    if len(again):  # one entered twice, or two at one address
        reading.note("services_repeated", n=len(again), rows=first_few(again, lambda row: reading.rows[row]))
    kind = table["category"].astype(str)
    ids = kind + "-" + (table["commune"].astype(str) if "commune" in table.columns else "")
    if "commune" not in table.columns or table["commune"].isna().any() or ids.duplicated().any():
        width = len(str(len(table)))
        ids = kind + [f"-{row + 1:0{width}d}" for row in range(len(table))]
    reading.table = table.assign(service_id=ids)
    reading.note("services_numbered", id=repr(ids.iloc[0]))


def _read_mobile(reading: Reading) -> None:
    """Say of each site whether it moves (a bus), where a column of the file says so by yes or no."""
    table = reading.table
    for name in table.columns:
        if plain(name) not in MOVES or pd.api.types.is_bool_dtype(table[name]):
            continue
        said = as_text(table[name]).fillna("").map(plain)
        unsure = np.flatnonzero(~said.isin(TRUTHS))
        if "mobile" not in table.columns.difference([name]) and (name != "mobile" or not len(unsure)):
            if len(unsure):
                rows = first_few(unsure, lambda row: reading.valued(row, repr(table[name].iloc[row])))  # noqa: B023
                reading.note("mobile_unsure", n=len(unsure), column=repr(name), rows=rows)
            reading.table = table = table.assign(mobile=said.map(lambda word: TRUTHS.get(word, False)).astype(bool))
            if table["mobile"].any():
                reading.note("services_mobile", n=int(table["mobile"].sum()), column=repr(name))
            return


def _give_quality(reading: Reading) -> None:
    """Say of each point how well it is known, "file" where nothing is said; a publisher's words become ours."""
    table = reading.table
    if "point_quality" not in table.columns:
        reading.table = table.assign(point_quality="file")
        return
    said = table["point_quality"]
    if reading.sources.get("point_quality", "point_quality") != "point_quality":
        ours = set(said.dropna()) & PLACED
        said = said.map(lambda word: word if word in ours else quality_of(word), na_action="ignore")
    reading.table = table.assign(point_quality=said.astype(object).where(said.notna(), "file"))


def _read_step_free(reading: Reading) -> None:
    if "step_free" in reading.table.columns:
        values = reading.table["step_free"]
        read = [
            "unknown" if pd.isna(value) else STEP_FREE.get(truth(value), STEP_FREE.get(word, word))
            for value, word in zip(values, values.astype(str).str.strip().str.casefold(), strict=True)
        ]
        reading.table = reading.table.assign(step_free=read)
        if values.isna().any():
            reading.note("step_free_unknown", n=int(values.isna().sum()))


def _read_hours(reading: Reading) -> None:
    """Turn timetables into OSM opening_hours; what is neither is left for the check to name."""
    table = reading.table
    by_day = {
        day: column for day in DAYS for column in table.columns if plain(column) in (f"h_{day}", f"horaires_{day}", day)
    }
    if "hours" in table.columns and (not by_day or table["hours"].notna().any()):
        found = _hours_in_words(reading)
    elif by_day:
        found = _hours_by_day(reading, by_day)
    else:
        return
    texts, mended = [], []
    for row, hours in enumerate(found):
        if isinstance(hours, Timetable):
            mended += [Note("row_mended", row=reading.rows[row], told=problem) for problem in hours.problems]
        texts.append(hours.text() or None if isinstance(hours, Timetable) else hours)
    reading.table = table.assign(hours=as_text(pd.Series(texts, index=table.index, dtype=object)))
    if mended:
        reading.note("services_hours_mended", n=len(mended), rows=Listed.of(mended))


def _hours_in_words(reading: Reading) -> list[object]:
    """Return the hours of each service as a timetable, OSM opening_hours, or what is there for the check to name.

    In a column of French words what is not read is left empty, and told: such words may say more than hours.
    """
    values = reading.table["hours"].astype(object)
    known = readable_hours(values.where(values.map(lambda value: isinstance(value, str)), None))[0].notna()
    found = [value if read else _directory_hours(value) for value, read in zip(values, known, strict=True)]
    words = plain(reading.sources.get("hours", "hours")) not in ("hours", "opening_hours")
    unread = [
        row
        for row, (hours, value, read) in enumerate(zip(found, values, known, strict=True))
        if words and not read and isinstance(hours, str) and hours == value
    ]
    if unread:
        told = [reading.valued(row, repr(values.iloc[row])) for row in unread]
        reading.note("services_hours_unread", n=len(unread), rows=Listed.of(told[:5], more=max(0, len(told) - 5)))
    return [None if row in set(unread) else hours for row, hours in enumerate(found)]


def _hours_by_day(reading: Reading, by_day: Mapping[str, str]) -> list[object]:
    """Return the week of each service from one column a day: a timetable, "off" where always closed, None if unread."""
    found: list[object] = []
    unread = []
    for row, values in enumerate(reading.table[list(by_day.values())].itertuples(index=False, name=None)):
        week = {day: _spans(value) for day, value in zip(by_day, values, strict=True)}
        odd = [f"{day} {value!r}" for (day, spans), value in zip(week.items(), values, strict=True) if spans is None]
        if odd:
            unread.append(reading.valued(row, ", ".join(odd)))
            found.append(None)
        elif all(_is_closed(value) for value in values):
            found.append("off")
        elif any(spans[1] for spans in week.values() if spans is not None):
            given = [f"{day} {value}" for day, value in zip(by_day, values, strict=True) if week[day] != ([], "")]
            found.append(french_hours("; ".join(given)))
        else:
            found.append(parse_timetable([[day, day, spans[0]] for day, spans in week.items() if spans and spans[0]]))
    reading.note("hours_taken_from", names=", ".join(by_day.values()))
    if unread:
        reading.note("services_hours_unread", n=len(unread), rows=Listed.of(unread))
    return found


def _directory_hours(value: object) -> object:
    """Return the timetable of the public directory or of French words, "off" where closed; else what is there."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return parse_timetable(value)
        except SourceError:
            return value
    if _is_closed(value):
        return "off"
    return (french_hours(value) if isinstance(value, str) else None) or value


def _is_closed(value: object) -> bool:
    return isinstance(value, str) and plain(value) in CLOSED


def _spans(value: object) -> tuple[list[list[str]], str] | None:
    """The spans of a day and the comment on them: none where it is blank, None where they cannot be read."""
    text = value if isinstance(value, str) else ""
    return ([], "") if not plain(text) or _is_closed(text) else day_spans(text)
