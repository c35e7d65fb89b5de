"""Where services stand of which only a commune's count is known: among its people."""

from __future__ import annotations

import math
from typing import NamedTuple
from zlib import crc32

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.read.columns import LOGGER
from accessmap.read.coordinates import cell_sides
from accessmap.read.placing import PLACED, points_of_mairies
from accessmap.read.spread import GOLDEN_ANGLE, Floats, brought_inside, check_mairies, distance_quantile, places_inside
from accessmap.words.notes import Note

COUNTS = "INSEE BPE"
"""The source of counts by commune, as their reader names it; whatever else has a capacity is one site."""
COUNT_TOLD = ("point_quality", "source", "capacity", "capacity_unit")
CELL_MEAN = (math.sqrt(2) + math.asinh(1)) / 6
"""Mean distance from the centre of a square to a point of it, over its side: 0.383."""
MOST_PLACES = 64
"""Places of a kind in one commune: more change no time by much, in a town of any size."""


def service_places(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, numbers: pd.Series) -> gpd.GeoDataFrame:
    """Return places in each commune where services stand of which only their count is known.

    They follow the law of distances of `spread_residents`, each at another quantile (two thirds, a third, eight ninths,
    five ninths …) and in a direction of its own, so that the first few of a commune are spread as well as all of them:
    a kind of which it has three stands at the first three. At two thirds the distance is the root mean square of the
    law: one place alone is as far from the people (mean square) as all the places where it might stand. None is at the
    mairie itself, nor where a resident is put.

    Parameters
    ----------
    communes, mairies
        As in `spread_residents`.
    numbers
        How many places, by code of commune; at most `MOST_PLACES` are made.

    Returns
    -------
    GeoDataFrame
        Column commune, and geometry in the CRS of the communes; by commune in the order of `numbers`.

    Examples
    --------
    >>> from shapely import Point, box
    >>> square = gpd.GeoDataFrame({"population": [1000]}, index=["02000"], geometry=[box(0, 0, 4000, 4000)], crs=2154)
    >>> mairie = gpd.GeoDataFrame(index=["02000"], geometry=[Point(2000, 2000)], crs=2154)
    >>> service_places(square, mairie, pd.Series({"02000": 3})).distance(Point(2000, 2000)).round().tolist()
    [1105.0, 569.0, 1755.0]
    """
    here = communes.loc[numbers.index]
    check_mairies(here, mairies)
    points = brought_inside(here, mairies.to_crs(communes.crs)).geometry.loc[numbers.index]
    counts = numbers.clip(1, MOST_PLACES).to_numpy("int64")
    of = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    distance = np.sqrt(here.area.to_numpy() / math.pi)[of] * distance_quantile(_thirds(rank))
    start = _starts(here.index)
    centre = np.column_stack([points.x, points.y])
    where = places_inside(here.geometry.to_numpy()[of], centre[of], distance, start[of] + rank * GOLDEN_ANGLE)
    return gpd.GeoDataFrame({"commune": here.index.to_numpy()[of]}, geometry=shapely.points(where), crs=communes.crs)


def cell_places(communes: gpd.GeoDataFrame, residents: gpd.GeoDataFrame, numbers: pd.Series) -> gpd.GeoDataFrame:
    """Return places where services stand of which only their count is known, among people known by cells of a grid.

    The next place of a commune goes to the cell with the most people for each it would then have had (Sainte-Laguë's
    divisors 1, 3, 5 …): the first few of a commune are shared out as fairly as all of them. In its cell each stands as
    far from the centre, where the people count as living, as people of a square do on average.

    Parameters
    ----------
    communes
        Polygons by code, in a metric CRS.
    residents
        In the contract; those whose id names a cell ("1kmN2967E3827", "CRS3035RES200mN2029800E4252400") count.
    numbers
        How many places, by code of commune; at most `MOST_PLACES` are made. A commune without such cells has none.

    Returns
    -------
    GeoDataFrame
        As `service_places` returns them.

    Examples
    --------
    >>> from shapely import Point, box
    >>> square = gpd.GeoDataFrame(index=["02000"], geometry=[box(0, 0, 2000, 1000)], crs=2154)
    >>> people = gpd.GeoDataFrame(
    ...     {"commune": "02000", "population": [70, 30]},
    ...     index=["1kmN0E0", "1kmN0E1"],
    ...     geometry=[Point(500, 500), Point(1500, 500)],
    ...     crs=2154,
    ... )
    >>> places = cell_places(square, people, pd.Series({"02000": 3}))
    >>> (places.geometry.x // 1000).tolist(), places.distance(Point(500, 500)).round().tolist()[::2]
    ([0.0, 1.0, 0.0], [383.0, 383.0])
    """
    side = cell_sides(residents.index)
    people = residents["population"].to_numpy("float64")
    wanted = residents["commune"].map(numbers.clip(1, MOST_PLACES)).to_numpy("float64")
    row = np.flatnonzero(~np.isnan(side + wanted) & (people > 0))
    commune = residents["commune"].iloc[row]
    total = pd.Series(people[row]).groupby(commune.to_numpy()).transform("sum").to_numpy()
    most = np.minimum(wanted[row], np.ceil(wanted[row] * people[row] / total) + 1).astype("int64")  # none gets more
    cell = np.repeat(row, most)
    turn = np.arange(len(cell)) - np.repeat(np.cumsum(most) - most, most)
    code = pd.Categorical(residents["commune"].iloc[cell], categories=numbers.index).codes
    order = np.lexsort((-people[cell] / (2 * turn + 1), code))
    rank = pd.Series(code[order]).groupby(code[order]).cumcount().to_numpy()
    chosen = rank < wanted[cell[order]]
    cell, code, rank = cell[order][chosen], code[order][chosen], rank[chosen]
    here = residents.geometry.iloc[cell]
    xy = np.column_stack([here.x, here.y])
    start = _starts(numbers.index)[code]
    polygons = communes.geometry.loc[numbers.index].to_numpy()[code]
    shapely.prepare(polygons)
    beside = ~shapely.contains_xy(polygons, xy)  # a cell whose centre lies in a neighbour
    polygons[beside] = shapely.buffer(shapely.points(xy[beside]), side[cell][beside])
    where = places_inside(polygons, xy, CELL_MEAN * side[cell], start + rank * GOLDEN_ANGLE)
    return gpd.GeoDataFrame({"commune": numbers.index[code]}, geometry=shapely.points(where), crs=communes.crs)


class Places(NamedTuple):
    """Where what is counted by commune stands.

    Parameters
    ----------
    row
        The row of the counts that each piece is of, as often as the count says, in their order.
    rank
        Which of its count each piece is, from 0.
    place
        The place of each piece among `points`: kinds of one commune share its places, a count of three the first three.
    points
        The places of all communes.
    """

    row: npt.NDArray[np.int64]
    rank: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    points: gpd.GeoSeries


def places_of_counts(
    capacity: pd.Series,
    code: pd.Series,
    kind: pd.Series,
    communes: gpd.GeoDataFrame,
    mairies: gpd.GeoDataFrame | None,
    residents: gpd.GeoDataFrame | None = None,
) -> Places:
    """Return where counts by commune stand: in the cells of its people where these are known, else by `service_places`.

    Parameters
    ----------
    capacity, code, kind
        How many, the commune where they are, and of which category, by row of the counts. Rows of one commune and
        category (of its arrondissements, of communes that merged, of two types of equipment) stand beside each other.
    communes, mairies
        As `read_services` takes them. Of a commune without a mairie a point inside counts.
    residents
        As `cell_places` takes them, in any CRS.
    """
    number = capacity.clip(1, MOST_PLACES).round().astype("int64").to_numpy()
    upto = pd.Series(number).groupby([code.to_numpy(), kind.to_numpy()]).cumsum()
    most = upto.groupby(code.to_numpy()).max().clip(upper=MOST_PLACES)
    parts = []
    if residents is not None:
        homes = residents[residents["commune"].isin(most.index)].to_crs(communes.crs)
        parts.append(cell_places(communes, homes, most))
    ruled = most if not parts else most[~most.index.isin(parts[0]["commune"])]
    centres = communes.geometry.loc[ruled.index].representative_point()
    halls = points_of_mairies(mairies, communes.crs)
    if halls is not None:
        centres = halls.reindex(ruled.index).fillna(centres)
    parts.append(service_places(communes, centres.to_frame(), ruled))
    found = pd.concat(parts, ignore_index=True)
    first = pd.Series(np.flatnonzero(~found["commune"].duplicated()), found["commune"].unique())
    row = np.repeat(np.arange(len(number)), number)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    taken = (upto.to_numpy() - number)[row]
    return Places(row, rank, first.loc[code].to_numpy()[row] + (taken + rank) % MOST_PLACES, found.geometry)


def counted(services: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Return whether each service is a commune's count of equipment, whose places nobody knows."""
    told = {name: services.get(name, pd.Series(None, services.index, dtype=object)) for name in COUNT_TOLD}
    ruled = told["point_quality"].isin(PLACED) & (told["source"] == COUNTS)
    # a site has seats or screens, and no unit of what is counted
    by_count: pd.Series[bool] = ruled & (told["capacity"].astype("float64") > 0) & told["capacity_unit"].notna()
    return by_count


def spread_counts(
    services: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    mairies: gpd.GeoDataFrame | None = None,
    residents: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return services with those known by their count alone as that many rows, spread inside their commune as people.

    They stand at `cell_places` where people are known by cells, else at `service_places`, marked "spread" in
    `point_quality`, and share the capacity; whatever has a place of its own stays as it is. Of ``pharmacy-02173`` come
    ``pharmacy-02173.1``, ``pharmacy-02173.2``, … A count above `MOST_PLACES` has that many places. A note in
    `.attrs["read_notes"]` says how many they are.

    Parameters
    ----------
    services
        As `read_services` returns them, with `capacity`.
    communes
        Polygons by code, in a metric CRS.
    mairies
        As `read_services` takes them, around which people live; of a commune without one a point inside counts.
    residents
        In the contract: those of a census grid tell where in the commune.

    Raises
    ------
    TableError
        If the communes are in degrees.
    """
    by_count = (counted(services) & services["commune"].isin(communes.index)).to_numpy(dtype=bool)
    if not by_count.any():
        return services
    rows = services[by_count]
    found = places_of_counts(
        rows["capacity"], rows["commune"].astype(str), rows["category"], communes, mairies, residents
    )
    each = rows.iloc[found.row]
    share = each["capacity"] / np.bincount(found.row)[found.row]
    new = each.assign(capacity=share, point_quality="spread")
    new = new.set_geometry(found.points.iloc[found.place].to_crs(services.crs).to_numpy(), crs=services.crs)
    new.index = pd.Index(
        [f"{key}.{k}" for key, k in zip(each.index, found.rank + 1, strict=True)], name=services.index.name
    )
    table = pd.concat([services[~by_count], new])
    table.attrs = dict(services.attrs)
    note = Note("services_spread", n=len(new), counts=int(by_count.sum()))
    LOGGER.info(note)
    table.attrs["read_notes"] = [*services.attrs.get("read_notes", ()), note]
    return table


def _starts(codes: pd.Index) -> Floats:
    """Return the direction of the first place of each commune, its own."""
    return np.array([crc32(f"{code} services".encode()) / 2**32 * 2 * math.pi for code in codes])


def _thirds(rank: npt.NDArray[np.int64]) -> Floats:
    """Return 2/3, 1/3, 8/9, 5/9, 2/9, 7/9, … for 1, 2, 3, …: van der Corput's sequence in base 3, from the far end."""
    left, found, share = rank.copy(), np.ones(len(rank)), 1 / 3
    while left.any():
        found -= share * (left % 3)
        left //= 3
        share /= 3
    return found
