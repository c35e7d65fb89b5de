"""Residents from a file of points, cells or a census grid, brought into the contract."""

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessmap.read.calibration import calibrated, tell_more_than_people
from accessmap.read.codes import to_loaded
from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_numbers, noted
from accessmap.read.coordinates import COORDINATES, to_points, with_geometry
from accessmap.read.files import Tabular, read_table
from accessmap.read.parts import Wanted
from accessmap.read.placing import points_of_mairies, put_back_zeros
from accessmap.read.raw import plain
from accessmap.tables.contracts import check_communes, check_residents
from accessmap.words.notes import Figure, Metres, first_few

NEAR_METRES = 1_000.0
"""How far outside every commune a resident may lie and still be given to the nearest.

The centre of a 1 km cell lies up to 707 m from its corner, and boundaries are simplified.
"""

FAR_METRES = 20_000.0
"""How far from the bounds of all communes a resident of one of them is no longer there: a commune is no wider."""

# Columns of Filosofi that name a cell: idcar_200m, idcar_1km, idcar_nat (2017, 2019), Id_carr1km, IdINSPIRE (2015).
CELL_NAMES = re.compile(r"id_?(?:inspire|car(?:r(?:eau)?)?_?(?:(?P<size>\d+)(?P<unit>k?m)|nat?|n))")
# Population by census in the grid of Eurostat's GISCO: TOT_P_2006, TOT_P_2011, TOT_P_2018, TOT_P_2021.
CENSUSES = re.compile(r"tot_p_(?P<year>\d{4})")
NOT_AVAILABLE = ("-9999", "-9999.0")
# Whether a cell is imputed, at 200 m before 1 km (Filosofi 2015, 2017, 2019).
IMPUTED = ("i_est_200", "i_est_cr", "i_est_1km")

# Names under which INSEE (Filosofi, communes), Eurostat (census grids) and others publish each column.
NAMES: Names = {
    "resident_id": (
        *("id", "grd_id", "id_?inspire", "inspire_?id", "id_?car(r(eau)?)?(_?\\d+k?m)?", "idk"),
        *("cell_?(id|code)", "cellcode"),
    ),
    "commune": (*COMMUNE_CODES, "lcog_geo"),
    "population": (
        *("pop", "t", "ind", "ind_c", "pmun", "p\\d\\d_p(mun|op)", "pop_?mun", "tot_p(_\\d{4})?", "obs_value"),
        *("people", "habitants", "nb_?hab(itants)?"),
    ),
    **COORDINATES,
}


WANTED = Wanted(("residents",), NAMES, ("population",), ("point", "polygon", "none", ""))


def read_residents(
    path: Tabular,
    communes: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str | None] | None = None,
    cell_metres: float | None = None,
    clip: bool = False,
    calibrate: bool = False,
    mairies: gpd.GeoDataFrame | None = None,
    crs: object = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Return residents in the contract: index `resident_id`, commune, population (people), points in metres.

    Points stay where they are; polygons (cells) become a point inside; cells named as INSPIRE does ("1kmN2967E3827",
    "CRS3035RES200mN2029800E4252400") become their centre. Where the file names no commune, it is the one the point lies
    in, or the nearest at most `NEAR_METRES` away. Nobody is left out unless `clip` asks for it. Further columns,
    ages among them, are kept. What was done stands, in sentences, in `.attrs["read_notes"]` and goes to the logger
    "accessmap".

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), Parquet, GeoParquet, or CSV with lon/lat, x/y or names of cells;
        or a frame.
    communes
        In the contract, neighbours included.
    columns
        Name in the contract (and lon, lat, x, y) to name in the file, where it is unusual; None where the file's is not
        to be used (`{"commune": None}` where its codes are out of date).
    cell_metres
        Size of the cells of a grid whose x and y are lower-left corners, in EPSG:3035 unless `crs` says otherwise.
    clip
        Leave out those who live in none of the communes, as a file of the whole country asks for, and say how many.
    calibrate
        Multiply people, and people by age, by legal population ÷ people counted, commune by commune, so that each adds
        up to `population` of `communes`; what the file says stays in `population_counted`. A commune where nobody is
        counted gets one point, one whose legal population is not known (missing, or nobody where people are counted)
        stays as it is. Notes count each.
    mairies
        Where the people of such a commune are put, as for :func:`~accessmap.read.services.read_services`; in the middle
        of it where its mairie is not known.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    encoding
        Of a CSV or Shapefile, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line (a spreadsheet's rows) or feature.

    Examples
    --------
    >>> row = {"name": "Chauny", "population": 1, "epci": "200071785", "in_territory": True}
    >>> square = shapely.box(710_000, 6_940_000, 730_000, 6_960_000)
    >>> communes = gpd.GeoDataFrame([row], geometry=[square], index=pd.Index(["02173"], name="code"), crs="EPSG:2154")
    >>> grid = pd.DataFrame({"X": [3830000], "Y": [2961000], "T": [120]})
    >>> residents = read_residents(grid, communes, cell_metres=1000)
    >>> residents.drop(columns="geometry").reset_index().to_numpy().tolist()
    [['1kmN2961E3830', '02173', 120]]
    """
    check_communes(_with_unknown(communes) if calibrate else communes)
    reading = Reading("residents", read_table(path, encoding=encoding, layer=layer, wanted=WANTED))
    columns = {**_choices(reading, columns or {}), **(columns or {})}
    reading.rename(NAMES, columns)
    reading.require("population")
    _forget_marks(reading)
    _mark_imputed(reading)
    _give_ids(reading, cell_metres)
    reading.name_rows("resident_id")
    reading.numbers("population")
    had_problems = len(reading.problems)
    with_geometry(reading, crs=crs, target=communes.crs, area=communes, cell_metres=cell_metres, ids="resident_id")
    to_points(reading)
    if len(reading.problems) == had_problems:
        _give_communes(reading, communes, clip=clip)
    else:  # no place to tell the commune by: the problem is told already
        reading.table = reading.table.assign(commune=communes.index[0])
    reading.further_numbers(tuple(NAMES), counts=True)
    table = reading.in_contract("resident_id", ("commune", "population"), check_residents, communes)
    tell_more_than_people(reading, table)
    if calibrate:
        table = calibrated(reading, table, communes, points_of_mairies(mairies, communes.crs))
    return noted(table, reading.notes, reading.vintage)


def _with_unknown(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return communes of which a legal population may be missing."""
    if "population" not in communes or not pd.api.types.is_numeric_dtype(communes["population"]):
        return communes
    return communes.assign(population=communes["population"].fillna(0))


def _choices(reading: Reading, columns: Mapping[str, str | None]) -> dict[str, str | None]:
    """Choose among columns of one meaning as their publisher does: the smallest cell, the latest census."""
    chosen: dict[str, str | None] = {}
    cells = {name: match for name in reading.table.columns if (match := CELL_NAMES.fullmatch(plain(name)))}
    sizes = {name: float(m["size"] or 0) * (1000 if m["unit"] == "km" else 1) for name, m in cells.items() if m["size"]}
    if "resident_id" not in columns and sizes and len(cells) > 1:
        chosen["resident_id"] = min(sizes, key=lambda name: sizes[name])
        said = ", ".join(name for name in cells if name != chosen["resident_id"])
        reading.note("residents_are_cells", cells=chosen["resident_id"], others=said)
    years = {name: match["year"] for name in reading.table.columns if (match := CENSUSES.fullmatch(plain(name)))}
    if "population" not in columns and len(years) > 1:
        chosen["population"] = max(years, key=lambda name: years[name])
        reading.note("population_is_latest", name=chosen["population"])
    return chosen


def _forget_marks(reading: Reading) -> None:
    """Make missing what Eurostat writes for "not available", which would else count as people below zero."""
    found = {}
    for name in reading.table.columns:
        if name in ("geometry", *COORDINATES):
            continue
        marks = reading.table[name].astype(str).isin(NOT_AVAILABLE)
        if marks.any():
            found[name] = int(marks.sum())
            reading.table = reading.table.assign(**{name: reading.table[name].where(~marks)})
    if found:
        listed = ", ".join(f"{name} {number}" for name, number in found.items())
        reading.note("eurostat_not_available", listed=listed)


def _mark_imputed(reading: Reading) -> None:
    """Mark the Filosofi cells whose figures INSEE made up to keep the secret: fewer than 11 households live there."""
    table = reading.table
    flags = [name for name in table.columns if plain(name) in IMPUTED]
    if not flags:
        return
    smallest = min(flags, key=lambda name: IMPUTED.index(plain(name)))
    imputed = pd.to_numeric(table[smallest], errors="coerce").eq(1).to_numpy()
    people = pd.to_numeric(as_numbers(table["population"]), errors="coerce").fillna(0).to_numpy()
    reading.table = table.assign(imputed=imputed)
    reading.note(
        "cells_imputed",
        n=int(imputed.sum()),
        people=Figure.of(round(people[imputed].sum())),
        all=Figure.of(round(people.sum())),
        flag=smallest,
    )


def _give_ids(reading: Reading, cell_metres: float | None) -> None:
    """Name the residents by their cell, or by their place in the file, where the file does not."""
    table = reading.table
    if "resident_id" in table.columns:
        return
    if cell_metres in (1000, 100) and {"x", "y"} <= set(table.columns):
        unit, size = ("1km", 1000) if cell_metres == 1000 else ("100m", 100)
        x, y = (pd.to_numeric(table[name], errors="coerce") for name in ("x", "y"))
        if x.notna().all() and y.notna().all():
            ids = [f"{unit}N{north // size:.0f}E{east // size:.0f}" for east, north in zip(x, y, strict=True)]
            reading.table = table.assign(resident_id=ids)
            return
    width = len(str(len(table)))
    reading.table = table.assign(resident_id=[f"r{row + 1:0{width}d}" for row in range(len(table))])
    reading.note("residents_numbered")


def _give_communes(reading: Reading, communes: gpd.GeoDataFrame, *, clip: bool) -> None:
    """Fill the missing communes by place, and leave out who is in none where `clip` asks for it."""
    if "commune" not in reading.table.columns:
        reading.table = reading.table.assign(commune=None)
    reading.text("commune")
    _forget_several(reading)
    put_back_zeros(reading, communes.index)
    _update_communes(reading, communes.index)
    codes = reading.table["commune"].astype(object).to_numpy(copy=True)
    points = reading.table.geometry.to_numpy()
    if clip:  # a code that is not loaded may be that of a commune since merged: the place decides
        codes[~pd.Series(codes).isin(communes.index)] = None
    _tell_far(reading, points, pd.notna(codes), communes)
    absent = pd.isna(codes) & (shapely.get_type_id(points) == 0) & ~shapely.is_empty(points)
    codes[absent] = _inside(points[absent], communes)
    told = absent & pd.notna(codes)
    if told.any():
        reading.note("residents_commune_told", n=int(told.sum()))
    outside = absent & ~told
    if not clip:
        codes[outside], near = _nearest(points[outside], communes)
        if near:
            reading.note("residents_given_to_nearest", n=near, metres=Metres.of(NEAR_METRES))
        outside &= pd.isna(codes)
    # who has no point is named for that: any code will do for the other checks to go on to that error
    codes[pd.isna(codes) & ~absent] = communes.index[0]
    reading.table = reading.table.assign(commune=codes)
    if clip and outside.any():
        _leave_out(reading, outside)
    elif outside.any():
        _tell_outside(reading, outside, communes.index[0])


def _tell_far(reading: Reading, points: Any, named: NDArray[np.bool_], communes: gpd.GeoDataFrame) -> None:
    """Tell of those whose commune is named and whose point is far from all of them; most of them: a wrong column."""
    west, south, east, north = communes.total_bounds
    x, y = shapely.get_x(points), shapely.get_y(points)  # NaN of what is no point
    beyond = np.maximum.reduce([west - x, x - east, south - y, y - north])
    far = named & (beyond > FAR_METRES)
    if 2 * far.sum() > named.sum():
        told = {"metres": f"{FAR_METRES / 1000:g}"}
        reading.flag(far, "residents_mostly_far", None, lambda row: f"{x[row]:.0f}, {y[row]:.0f}", **told)
    elif far.any():
        rows = first_few(np.flatnonzero(far), lambda row: reading.rows[row])
        reading.note("residents_far", n=int(far.sum()), metres=f"{FAR_METRES / 1000:g}", rows=rows)


def _update_communes(reading: Reading, loaded: pd.Index) -> None:
    """Give the codes of communes since merged as they are today."""
    codes = reading.table["commune"].astype(object)
    moved = to_loaded(codes, loaded)
    if moved.changed.any():
        reading.note("residents_of_merged", n=int(moved.changed.sum()))
        reading.table = reading.table.assign(commune=moved.codes)


def _forget_several(reading: Reading) -> None:
    """Where a cell names several communes in one ("0217302738", as Filosofi does), go by its centre."""
    codes = reading.table["commune"]
    several = codes.map(_names_several).to_numpy(dtype=bool)
    if several.any():
        reading.table = reading.table.assign(commune=codes.where(~several, None))
        reading.note("cells_in_several", n=int(several.sum()))


def _names_several(code: object) -> bool:
    return isinstance(code, str) and len(code) >= 10 and len(code) % 5 == 0


def _inside(points: np.ndarray, communes: gpd.GeoDataFrame) -> np.ndarray:
    """Code of the commune each point lies in, None where in none; on a common border, the smaller code."""
    who, zone = communes.sindex.query(points, predicate="intersects")
    pairs = pd.DataFrame({"who": who, "code": communes.index[zone]}).groupby("who")["code"].min()
    return pairs.reindex(range(len(points))).astype(object).where(lambda code: code.notna(), None).to_numpy()


def _nearest(points: np.ndarray, communes: gpd.GeoDataFrame) -> tuple[np.ndarray, int]:
    """Code of the nearest commune within `NEAR_METRES`, None beyond, and how many were found."""
    who, zone = communes.sindex.nearest(points, return_all=True, max_distance=NEAR_METRES)
    pairs = pd.DataFrame({"who": who, "code": communes.index[zone]}).groupby("who")["code"].min()
    codes = pairs.reindex(range(len(points))).astype(object).where(lambda code: code.notna(), None).to_numpy()
    return codes, len(pairs)


def _tell_outside(reading: Reading, outside: np.ndarray, code: str) -> None:
    """Add a problem for those who are in no commune nor near one."""
    people = pd.to_numeric(reading.table["population"], errors="coerce").fillna(0).to_numpy()
    points = reading.table.geometry
    reading.flag(
        outside,
        "residents_outside",
        None,
        lambda row: f"x={points.iloc[row].x:.0f}, y={points.iloc[row].y:.0f}",
        people=Figure.of(round(people[outside].sum())),
        metres=Metres.of(NEAR_METRES),
    )
    # any code will do for the other checks to go on: the reading already has a problem and ends in an error
    reading.table = reading.table.assign(commune=reading.table["commune"].where(~outside, code))


def _leave_out(reading: Reading, outside: np.ndarray) -> None:
    if outside.all():
        reading.add("nobody_in_communes")
        reading.raise_if_any()  # what else is wrong with rows of another place does not matter
    people = pd.to_numeric(reading.table["population"], errors="coerce").fillna(0).to_numpy()
    reading.note("residents_left_out", n=int(outside.sum()), people=Figure.of(round(people[outside].sum())))
    reading.keep(~outside)
