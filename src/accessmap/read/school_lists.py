"""Schools from the Education ministry's annuaire or another list, brought into the contract."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Rows
from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_numbers, as_text, noted, ordered
from accessmap.read.coordinates import degrees, epsg_of_commune, epsg_of_text, metres, to_points, with_geometry
from accessmap.read.dating import credited
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.registry import layout_of
from accessmap.read.placing import place, points_of_mairies
from accessmap.read.points import split_points
from accessmap.read.private import private_columns
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.tables.contracts import EQUIPMENT_COUNTS, LEVELS, check_communes, check_equipment, check_schools
from accessmap.words.near import Near, near_names, some
from accessmap.words.notes import Listed, Note

# Names under which the ministry's files and others give the UAI, a school's number (once called RNE).
SCHOOL_ID: Final = (
    *("identifiant_(de_l_)?etablissement", "(numero|code|identifiant)_(d_)?uai", "uai", "rne", "(numero|code)_rne"),
    *("(numero|code)_(de_l_|d_|du_)?(ecole|college|lycee|etablissement)", "identifiant", "id"),
)
# How a text that says the level begins, in the annuaire's libelle_nature, in its type_etablissement and elsewhere.
LEVEL_WORDS: Final = (
    ("nursery", ("ecole_maternelle", "maternelle", "nursery")),
    ("primary", ("ecole_de_niveau_elementaire", "ecole_elementaire", "ecole_primaire", "elementaire", "primaire")),
    ("primary", ("ecole_regionale_du_premier_degre", "ecole_de_plein_air", "primary")),
    ("middle", ("college", "middle")),
    ("high", ("lycee", "high")),
)
CLOSED: Final = ("ferme", "fermee", "a_ouvrir")  # "a_fermer" is still open


def _leave(reading: Reading, rows: np.ndarray, told: str, refused: str) -> None:
    """Leave rows out and say which; a file of which nothing would stay is refused."""
    if not rows.any():
        return
    names = reading.table["name"].astype(str).to_numpy()[rows]
    reading.note(told, n=int(rows.sum()), names=some(names))
    if rows.all():
        raise refusal(reading.file, refused, n=len(rows))
    reading.keep(~rows)


def each(values: pd.Series, function: Callable[[object], object]) -> pd.Series:
    """Return a function of each value that is given, asked once for each different one: words of a list are few.

    >>> each(pd.Series(["A FERMER", None], dtype=object), plain).tolist()
    ['a_fermer', nan]
    """
    return values.map({value: function(value) for value in values.dropna().unique()}).astype(object)


def leave_out_closed(reading: Reading) -> None:
    """Leave out schools that are closed or not yet open, and name those that soon close."""
    if "state" not in reading.table.columns:
        return
    state = each(reading.table["state"], plain)
    _leave(reading, state.isin(CLOSED).to_numpy(), "schools_closed", "all_schools_closed")
    closing = (each(reading.table["state"], plain) == "a_fermer").to_numpy()
    if closing.any():
        names = reading.table["name"].astype(str).to_numpy()[closing]
        reading.note("schools_closing", n=int(closing.sum()), names=some(names))


def level_of(text: object) -> str | None:
    """Return the level that a text begins with, None where it is none of the four.

    >>> level_of("ECOLE DE NIVEAU ELEMENTAIRE"), level_of("Lycée professionnel"), level_of("SECTION ENSEIGT PROF")
    ('primary', 'high', None)
    """
    word = plain(text) if isinstance(text, str) else ""
    for level, starts in LEVEL_WORDS:
        if any(re.match(rf"{start}(_|$)", word) for start in starts):
            return level
    return None


def give_level(reading: Reading) -> None:
    """Tell the level by what an école teaches, the nature, the type, or the file's own word."""
    table = reading.table
    if "level" in table.columns:
        told = [level_of(value) or value for value in table["level"]]
        _name_unknown_levels(reading, told)
        reading.table = table.assign(level=told)
        return
    if "nature" not in table.columns and "kind" not in table.columns:
        reading.require("level")
        return
    absent = pd.Series(None, index=table.index, dtype=object)
    nature, kind = (table[name] if name in table.columns else absent for name in ("nature", "kind"))
    # a SEGPA has a UAI and the type of its collège, and is a section of it
    by_nature = each(nature, level_of)
    level = by_nature.where(nature.notna(), each(kind, level_of))
    ecole = each(kind, plain).eq("ecole") | by_nature.isin(["nursery", "primary"])
    teaches = {
        name: pd.to_numeric(table[name], errors="coerce").eq(1) if name in table.columns else absent.notna()
        for name in ("nursery_classes", "primary_classes")
    }
    level = level.mask(ecole & teaches["nursery_classes"], "nursery").mask(
        ecole & teaches["primary_classes"], "primary"
    )
    table = table.assign(level=level)
    if {"nursery_classes", "primary_classes"} <= set(table.columns):
        said = pd.to_numeric(table["nursery_classes"], errors="coerce").map({1: "yes", 0: "no"})
        table["with_nursery"] = said.where(level == "primary").fillna("unknown")
    reading.table = table
    _leave(reading, level.isna().to_numpy(), "schools_of_no_level", "all_schools_of_no_level")


def _name_unknown_levels(reading: Reading, told: list[object]) -> None:
    """Add the levels that are none, with near matches among the words of both languages."""
    words = ("maternelle", "élémentaire", "primaire", "collège", "lycée", *LEVELS)
    bad = [row for row, level in enumerate(told) if level not in LEVELS]
    if bad:
        near = {row: near_names(told[row], words) for row in bad[:5]}
        shown = {row: Note("two_parts", first=repr(told[row]), then=Near.of(near[row])) for row in near}
        reading.add(
            "school_level_unknown",
            n=len(bad),
            where=Rows.of(len(bad), Listed.of([reading.valued(row, shown[row]) for row in near])),
            value=told[bad[0]],
            near=near[bad[0]],
            words=", ".join(words),
        )
        for row in bad:
            told[row] = "primary"  # any will do for the other checks to go on: the reading ends in an error


def leave_out_repeated(reading: Reading) -> None:
    """Leave out further rows of a UAI at one level: the annuaire has one for each address or nature."""
    if "nature" in reading.table.columns or "kind" in reading.table.columns:
        again = reading.table.duplicated(["school_id", "level"]) & reading.table["school_id"].notna()
        _leave(reading, again.to_numpy(), "schools_repeated", "all_schools_repeated")


EQUIPMENT_NAMES: Final[Names] = {
    "school_id": SCHOOL_ID,
    "tablets": ("(nb_|nombre_de_)?tablettes(_tactiles)?",),
    "interactive_boards": (
        "(nb_|nombre_de_)?(tbi|tni|vpi|eni|eti|tableaux_(blancs_|numeriques_)?interactifs)",
        "(nb_|nombre_d_)?ecrans_(numeriques_)?interactifs",
    ),
    "ent": ("espace_numerique_de_travail", "a_un_ent"),
    "connection_mbps": ("debit(_mbps|_mbit_s|_descendant)?", "debit_internet", "mbps", "connexion_mbps"),
    **{f"{name}_at_least": () for name in EQUIPMENT_COUNTS},
}
YES_NO: Final = {
    **dict.fromkeys(("yes", "oui", "true", "vrai", "1"), "yes"),
    **dict.fromkeys(("no", "non", "false", "faux", "0"), "no"),
    **dict.fromkeys(("unknown", "inconnu", "ne_sait_pas"), "unknown"),
}
FLAGS: Final = tuple(f"{name}_at_least" for name in EQUIPMENT_COUNTS)


def equipment(
    path: Tabular,
    schools: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str | None] | None = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> pd.DataFrame:
    """Return what schools are equipped with, in the contract: index `school_id` (the UAI).

    Known names are recognised whatever their case and accents (UAI → school_id; tablettes; TBI, TNI, VPI or écrans
    interactifs → interactive_boards; ENT; débit → connection_mbps, in Mbit/s). Blanks are unknown and never zero: write
    0 where there is none. Further columns are kept. What was done stands in `.attrs["read_notes"]`.

    Parameters
    ----------
    path
        CSV, GeoPackage, Parquet or a frame, one row a school.
    schools
        In the contract: every row must be of one of them.
    columns
        Name in the contract to name in the file, where it is unusual; None for one not to be used. Where a file counts
        boards of two kinds in two columns, add them up first, or choose one.
    encoding
        Of a CSV, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "level": ["primary"] * 2, "commune": ["02456"] * 2},
    ...     index=pd.Index(["0020001A", "0020002B"], name="school_id"),
    ...     geometry=shapely.points([[0, 0]] * 2), crs="EPSG:2154")
    >>> rows = [["0020001A", 12, 1, "oui"], ["0020002B", None, 0, None]]
    >>> equipment = equipment(pd.DataFrame(rows, columns=["UAI", "Nb tablettes", "TBI", "ENT"]), schools)
    >>> equipment["tablets"].tolist(), equipment["ent"].tolist()
    ([12.0, nan], ['yes', 'unknown'])
    """
    check_schools(schools)
    reading = Reading("equipment", read_table(path, encoding=encoding, layer=layer))
    reading.rename(EQUIPMENT_NAMES, columns)
    reading.require("school_id")
    if not {*EQUIPMENT_COUNTS, "ent", "connection_mbps"} & set(reading.table.columns):
        reading.add("no_equipment", has=reading.has)
    reading.raise_if_any()
    reading.name_rows("school_id")
    for name in (*EQUIPMENT_COUNTS, "connection_mbps"):
        reading.numbers(name)
    _read_answers(reading)
    reading.further_numbers((*EQUIPMENT_NAMES, "geometry"))
    return _finished(reading, schools)


def _read_answers(reading: Reading) -> None:
    """Turn oui, non and blanks into answers; what is neither is left for the check to name."""
    if "ent" in reading.table.columns:
        said = reading.table["ent"]
        answers = ["unknown" if pd.isna(value) else YES_NO.get(plain(value), value) for value in said]
        reading.table = reading.table.assign(ent=answers)
    for name in FLAGS:
        if name in reading.table.columns:
            answers = ["no" if pd.isna(value) else YES_NO.get(plain(value), value) for value in reading.table[name]]
            flags = [{"yes": True, "no": False}.get(str(answer), answer) for answer in answers]
            reading.table = reading.table.assign(**{name: flags})


def _finished(reading: Reading, schools: gpd.GeoDataFrame) -> pd.DataFrame:
    table = pd.DataFrame(reading.table).drop(columns="geometry", errors="ignore").set_index("school_id")
    table = ordered(table, tuple(EQUIPMENT_NAMES))
    reading.checked(check_equipment, table, schools)
    without = int((~schools.index.isin(table.index)).sum())
    if without:
        reading.note("schools_not_in_file", count=without, all=len(schools))
    return noted(table, reading.notes, reading.vintage)


# Names under which the ministry publishes each column: fr-en-annuaire-education, fr-en-adresse-et-geolocalisation-
# etablissements-premier-et-second-degre, and what other lists call them.
NAMES: Final[Names] = {
    "school_id": SCHOOL_ID,
    "name": ("nom_etablissement", "appellation_officielle(_uai)?", "nom", "libelle", "denomination"),
    "level": ("niveau", "type_d_ecole"),
    "commune": COMMUNE_CODES,
    "classes": ("nombre_(total_)?(de_)?classes", "nb_classes"),
    "pupils": ("nombre_(total_)?(d_)?eleves(_total)?", "nb_eleves", "eleves", "effectifs?"),
    "sector": ("statut_public_prive", "secteur(_public_prive_libe)?", "statut"),
    "with_nursery": (),
    "kind": ("type_etablissement",),
    "nature": ("libelle_nature", "nature_uai_libe", "libelle_de_la_nature_de_l_uai", "lib_nature"),
    "nursery_classes": ("ecole_maternelle",),
    "primary_classes": ("ecole_elementaire",),
    "state": ("etat", "etat_etablissement_libe", "libelle_de_l_etat_de_l_etablissement"),
    "precision": ("precision_localisation", "localisation"),
    "epsg": ("epsg_origine",),
    "point_quality": (),
    "lon": ("lng", "long", "longitude", "longitude_wgs84"),
    "lat": ("latitude", "latitude_wgs84"),
    "x": ("coordx_origine", "coordonnee_x", "coord_?x", "x_lambert(_?93)?"),
    "y": ("coordy_origine", "coordonnee_y", "coord_?y", "y_lambert(_?93)?"),
    "point": (),
}
ROLL: Final[Names] = {"school_id": SCHOOL_ID, "year": ("rentree_scolaire", "rentree", "annee(_scolaire)?")} | {
    name: NAMES[name] for name in ("pupils", "classes")
}
FIRST: Final = ("name", "level", "commune", "classes", "pupils", "sector", "with_nursery", "point_quality")
# What a school is asked about beyond the contract; addresses, telephones and mails of the annuaire are left out.
KEPT: Final = (
    *("date_ouverture", "type_contrat_prive", "appartenance_education_prioritaire", "rpi_concentre", "rpi_disperse"),
    *("ulis", "segpa", "restauration", "hebergement", "commune_in_file"),
)

SECTORS: Final = {"public": "public", "prive": "private", "private": "private"}
# The annuaire's words for a point that is that of the commune: the regions' education offices use different ones.
# Source: values of precision_localisation as published.
OF_COMMUNE: Final = ("commune", "ville", "moyenne", "mauvaise", "centre_de_la_commune")


def schools(
    path: Tabular,
    communes: gpd.GeoDataFrame,
    *,
    roll: Tabular | None = None,
    columns: Mapping[str, str | None] | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
    mairies: gpd.GeoDataFrame | None = None,
    clip: bool = False,
    successors: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Return schools in the contract: index `school_id` (the UAI), name, level, commune, pupils, points in metres.

    Made for the Education ministry's annuaire ("fr-en-annuaire-education"), whose columns it knows whatever their case;
    any list with an id, a name, a level (in French or English) and a commune is read too. Left out, and said: schools
    that are closed or not yet open; offices, training centres and special schools, which are none of the four levels;
    sections that are part of a school. Further rows of one UAI are left out. What was done stands, in sentences, in
    `.attrs["read_notes"]` and goes to the logger "accessmap".

    Parameters
    ----------
    path
        CSV (semicolons or else), GeoPackage, GeoJSON or Parquet; or a frame.
    communes
        In the contract. Codes of communes since merged become those of today; a school without a point is placed in
        its commune, one far outside it moved there, both marked in `point_quality`.
    roll
        The ministry's file of pupils and classes ("fr-en-ecoles-effectifs-nb_classes"), or another by UAI: its latest
        year goes before what the list says. Schools that it does not have keep theirs.
    columns
        Name in the contract (and lon, lat, x, y) to name in the file, where it is unusual; None for one not to be used.
        A column that the list has not is looked for in the roll.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    encoding
        Of a CSV, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.
    mairies
        Where what has no point is placed, as for :func:`~accessmap.read.services.read_services`.
    clip
        Leave out, and count, schools in none of the communes, as a file of the whole country asks for.
    successors
        Former code of a commune to that of today, beyond those known.

    Returns
    -------
    GeoDataFrame
        `name`, `level`, `commune`, `pupils`, `classes`, `sector` and `with_nursery` where the file says them,
        `point_quality` ("file", "anywhere_in_commune", "placed_at_mairie", "commune", "outside_commune_moved").

    Raises
    ------
    SourceError
        When a file cannot be read.
    TableError
        With all that keeps it out of the contract, by line or feature.

    Notes
    -----
    The level of an école is told by what it teaches (ecole_elementaire, then ecole_maternelle), else by its nature. One
    that teaches both is "primary" and `with_nursery` is "yes".

    Examples
    --------
    >>> import shapely
    >>> communes = gpd.GeoDataFrame(
    ...     {"name": ["Manicamp"], "population": [300], "epci": ["200071769"], "in_territory": [True]},
    ...     index=pd.Index(["02456"], name="code"), geometry=[shapely.box(0, 0, 1000, 1000)], crs="EPSG:2154")
    >>> row = {"Identifiant_de_l_etablissement": "0020001A", "Nom_etablissement": "Ecole primaire"}
    >>> row |= {"Code_commune": "02456", "libelle_nature": "ECOLE DE NIVEAU ELEMENTAIRE"}
    >>> schools = schools(pd.DataFrame([row]), communes)
    >>> schools.loc["0020001A", ["level", "commune", "point_quality"]].tolist()
    ['primary', '02456', 'commune']
    """
    check_communes(communes)
    raw = read_table(path, encoding=encoding, layer=layer)
    reading = Reading("schools", raw)
    named = dict(columns or {})
    # what is no column of the list may be one of the roll, whose columns are named in the same way
    of_roll = {} if roll is None else {n: c for n, c in named.items() if n in ROLL and c not in raw.table.columns}
    reading.rename(NAMES, {name: column for name, column in named.items() if name not in of_roll})
    found = layout_of(set(raw.names))
    if found is not None and found.kind == "roll":
        raise refusal(reading.file, "file_is_a_roll")
    reading.require("name", "commune", "school_id")
    if reading.problems:
        reading.table = reading.table.assign(school_id=reading.rows)  # any will do, the reading ends in an error
    reading.text(*(name for name in NAMES if name not in ("lon", "lat", "x", "y", "pupils", "classes")))
    leave_out_closed(reading)
    give_level(reading)
    leave_out_repeated(reading)
    reading.name_rows("school_id")
    _give_sector(reading)
    reading.numbers("pupils")
    reading.numbers("classes")
    if roll is not None:
        _add_roll(reading, roll, encoding, of_roll)
    _give_places(reading, communes, crs, mairies, clip, successors)
    _keep_columns(reading)
    return reading.finish("school_id", FIRST, check_schools, communes)


def _give_sector(reading: Reading) -> None:
    if "sector" in reading.table.columns:
        told = each(reading.table["sector"], lambda word: SECTORS.get(plain(word).split("_")[0], word))
        reading.table = reading.table.assign(sector=as_text(told))


def roll(
    path: Tabular,
    *,
    year: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Return pupils and classes by school of one year: index `school_id` (the UAI), `year`, `pupils`, `classes`.

    Made for the Education ministry's files of écoles, collèges and lycées ("fr-en-ecoles-effectifs-nb_classes",
    "fr-en-college-effectifs-niveau-sexe-lv", "fr-en-etablissements-ed…"), and any other by UAI and year.

    Parameters
    ----------
    path
        CSV or another table, one row a school and year; or a frame.
    year
        As the file writes it ("2022", "2018-2019"); by default the latest.
    columns
        Name here to name in the file, where it is unusual.
    encoding
        Of a CSV, where it is neither UTF-8 nor Windows-1252.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        For a year that it has not, a school twice in a year, or without pupils and classes.

    Examples
    --------
    >>> rows = {"Rentrée scolaire": ["2021", "2022"], "Numéro de l'école": "0020001A"}
    >>> roll(pd.DataFrame(rows | {"Nombre total d'élèves": [70, 68]}))
               year  pupils
    school_id
    0020001A   2022      68
    """
    table, notes = _of_year(read_table(path, encoding=encoding), year, columns)
    return noted(table, notes, str(table["year"].iloc[0]) if "year" in table else "")


def _of_year(
    raw: RawTable, year: str | None, columns: Mapping[str, str | None] | None
) -> tuple[pd.DataFrame, list[Note]]:
    """Pupils and classes of one year by school, and what was done."""
    reading = Reading("roll", raw)
    reading.rename(ROLL, columns)
    reading.require("school_id")
    reading.text("school_id", "year")
    years = reading.table["year"].dropna() if "year" in reading.table.columns else pd.Series(dtype=object)
    if year is not None and year not in set(years):
        reading.add("roll_no_year", value=year, near=near_names(year, set(years)), names=", ".join(sorted(set(years))))
    elif len(years):
        latest = year or years.max()
        reading.keep(reading.table["year"] == latest)
        reading.notes = [note for note in reading.notes if not note.key.startswith("dated_")]  # it is of all years
        reading.note("roll_of_year", year=latest)
    twice = reading.table["school_id"][reading.table["school_id"].duplicated(keep=False)]
    if len(twice):
        reading.add("roll_repeated", value=twice.iloc[0], names=some(twice))
    names = [name for name in ("pupils", "classes") if name in reading.table.columns]
    if not names:
        reading.add("roll_without_figures", has=reading.has)
    reading.raise_if_any()
    reading.numbers(*names)
    reading.raise_if_any()
    kept = [name for name in ("year", *names) if name in reading.table.columns]
    return pd.DataFrame(reading.table.set_index("school_id")[kept]), reading.notes


def _add_roll(reading: Reading, path: Tabular, encoding: str | None, columns: Mapping[str, str | None]) -> None:
    """Take pupils and classes of the latest year of another file, where it has the school."""
    raw = read_table(path, encoding=encoding)
    other, notes = _of_year(raw, None, columns)
    for name in other.columns.difference(["year"]):
        new = reading.table["school_id"].map(as_numbers(other[name]))
        old = reading.table[name] if name in reading.table.columns else np.nan
        reading.table = reading.table.assign(**{name: new.where(new.notna(), old)})
    found = reading.table["school_id"].isin(other.index)
    reading.notes += [*notes, raw.note("roll_found", n=len(found), count=int(found.sum()))]
    years = {"vintage": str(max(other["year"]))} if "year" in other and len(other) else {}
    reading.beside["roll"] = {**credited(raw, "roll"), **years}


def _give_places(
    reading: Reading,
    communes: gpd.GeoDataFrame,
    crs: object,
    mairies: gpd.GeoDataFrame | None,
    clip: bool,
    successors: Mapping[str, str] | None,
) -> None:
    """Give each school its point, in metres, from the file or from its commune."""
    split_points(reading)
    _points_of_origin(reading)
    if "precision" in reading.table.columns:
        rough = each(reading.table["precision"], plain).isin(OF_COMMUNE)
        if rough.any():
            reading.note("schools_located_roughly", n=int(rough.sum()))
        quality = pd.Series("file", index=reading.table.index).mask(rough, "anywhere_in_commune")
        reading.table = reading.table.assign(point_quality=quality)
    had = len(reading.problems)
    with_geometry(reading, crs=crs, target=communes.crs, area=communes)
    to_points(reading)
    if len(reading.problems) > had:
        return
    place(reading, communes, points_of_mairies(mairies, communes.crs), clip=clip, successors=successors)
    if "point_quality" not in reading.table.columns:
        reading.table = reading.table.assign(point_quality="file")
    if clip:
        _leave_out_strays(reading, communes)


def _leave_out_strays(reading: Reading, communes: gpd.GeoDataFrame) -> None:
    """Leave out schools of other communes whose point lies in these: the point is wrong, the school is not ours."""
    codes = reading.table["commune"]
    stray = (codes.notna() & ~codes.isin(communes.index)).to_numpy()
    if stray.any():
        shown = Listed.of([reading.rows[row] for row in stray.nonzero()[0][:5]])
        more = " …" if stray.sum() > 5 else ""
        reading.note("schools_of_other_communes", n=int(stray.sum()), rows=shown, more=more)
        reading.keep(~stray)


def _points_of_origin(reading: Reading) -> None:
    """Give lon and lat from the annuaire's x, y and EPSG code where they are missing; none where there is nothing."""
    table = reading.table
    if isinstance(table, gpd.GeoDataFrame) or "geometry" in table.columns:
        return
    if {"x", "y", "epsg"} <= set(table.columns):
        raw = RawTable(reading.file, table, reading.rows)
        said = [_epsg(text, code) for text, code in zip(table["epsg"], table["commune"], strict=True)]
        lon, lat = degrees(metres(raw, "x"), metres(raw, "y"), said)
        for name, values in (("lon", lon), ("lat", lat)):
            told = metres(raw, name) if name in table.columns else pd.Series(np.nan, index=table.index)
            table = table.assign(**{name: told.where(told.notna(), values)})
        reading.table = table.drop(columns=["x", "y"])
    elif not {"lon", "lat"} <= set(table.columns) and not {"x", "y"} <= set(table.columns):
        reading.table = table.assign(lon=None, lat=None)


def _epsg(text: object, commune: object) -> int:
    words = str(text).strip()
    return int(words) if words.isdigit() else epsg_of_text(words) or epsg_of_commune(commune)


def _keep_columns(reading: Reading) -> None:
    """Of the annuaire, keep what is asked about a school and no telephone nor mail; of another list, every column."""
    table = reading.table
    used = ("kind", "nature", "nursery_classes", "primary_classes", "state", "precision", "epsg")
    if "kind" in table.columns or "nature" in table.columns:
        private = private_columns(table, NAMES)
        if private:
            reading.note("private_left_out", n=len(private), names=", ".join(private))
        names = [name for name in table.columns if name in ("school_id", *FIRST, "geometry") or plain(name) in KEPT]
        reading.table = table[names].rename(columns={name: plain(name) for name in names if plain(name) in KEPT})
    else:
        reading.table = table.drop(columns=[name for name in used if name in table.columns])
        reading.further_numbers(("school_id", *FIRST))
