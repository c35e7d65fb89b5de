"""Where people live when no finer data is at hand: a commune's population spread around its mairie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import Problem, Problems, TableError
from accessmap.read.columns import noted
from accessmap.read.placing import OUTSIDE_METRES
from accessmap.tables.checks import table_name
from accessmap.words.notes import Figure, Note

STREETS = ("residential", "living_street")
CELL_M = 150.0
# Metres of residential street in the 450 m square around (2 km a km²): a hamlet's lane is less, a village is more.
# Told against the signs of Liechtenstein's main roads (50 or less, or more) this is right for 82 % of their length,
# against the mapped residential areas of rural Bavaria for 85 %; 1.5 km or 3 km a km² do no better on both at once.
SETTLED_STREET_M = 405.0
METRES_A_DEGREE = 111_320.0
ROW = 1 << 32
MAPPED_SHARE = 0.5
BLOCK_PLACES = 1 << 15

Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def in_settlement(lon: Floats, lat: Floats, street_m: Floats, *, threshold_m: float = SETTLED_STREET_M) -> BoolArray:
    """Return for each place whether enough residential street lies in the 450 m square around it.

    Parameters
    ----------
    lon, lat
        Degrees; the middles of all segments of the network.
    street_m
        Metres of residential street that each of these places stands for; 0 for other roads.
    threshold_m
        Metres from which the surroundings count as built up.

    >>> in_settlement(np.array([3.0, 3.0, 3.1]), np.array([49.0, 49.001, 49.0]), np.array([500.0, 0.0, 0.0])).tolist()
    [True, True, False]
    """
    if not len(lon):
        return np.zeros(0, dtype=bool)
    middle = lon.mean()
    key = np.empty(len(lon), dtype=np.int64)
    for block in _blocks(len(lon)):
        row = np.floor(lat[block] * METRES_A_DEGREE / CELL_M)
        # Columns are as wide as rows are high at their own latitude, counted from the middle so that rows stay aligned.
        wide = np.cos(np.radians(row * CELL_M / METRES_A_DEGREE))
        column = np.floor((lon[block] - middle) * METRES_A_DEGREE * wide / CELL_M)
        key[block] = row * ROW + column
    cells = np.sort(key)
    cells = cells[np.diff(cells, prepend=cells[0] - 1) > 0]
    metres, around = np.zeros((2, len(cells)))
    for block in _blocks(len(lon)):
        np.add.at(metres, np.searchsorted(cells, key[block]), street_m[block])
    for step in (-ROW, 0, ROW):
        for side in (-1, 0, 1):
            neighbour = cells + step + side
            position = np.searchsorted(cells, neighbour).clip(max=len(cells) - 1)
            around += np.where(cells[position] == neighbour, metres[position], 0.0)
    settled = np.empty(len(lon), dtype=bool)
    for block in _blocks(len(lon)):
        settled[block] = around[np.searchsorted(cells, key[block])] >= threshold_m
    return settled


def _blocks(count: int) -> Iterator[slice]:
    """Places in blocks, for what is made of them on the way to stay small."""
    for first in range(0, count, BLOCK_PLACES):
        yield slice(first, min(first + BLOCK_PLACES, count))


def in_areas(lon: Floats, lat: Floats, areas: list[Any]) -> BoolArray:
    """Return for each place whether it lies within one of `areas` (polygons in degrees).

    >>> in_areas(np.array([0.5, 2.0]), np.array([0.5, 2.0]), [shapely.box(0, 0, 1, 1)]).tolist()
    [True, False]
    """
    inside = np.zeros(len(lon), dtype=bool)
    if not areas:
        return inside
    polygons = np.array(areas, dtype=object)
    tree = shapely.STRtree(polygons)
    shapely.prepare(polygons)
    for block in _blocks(len(lon)):
        x, y = lon[block], lat[block]
        place, area = tree.query(shapely.points(x, y))
        found = shapely.contains_xy(polygons[area], x[place], y[place])
        inside[block.start + place[found]] = True
    return inside


def built_up(lon: Floats, lat: Floats, street_m: Floats, areas: list[Any]) -> BoolArray:
    """Return for each place whether it is built up: in a mapped area, or among streets where the file maps none.

    A file maps them if at least half of its residential streets (metres) lie within its areas.

    >>> built_up(np.array([3.0]), np.array([49.0]), np.array([500.0]), []).tolist()
    [True]
    """
    inside = in_areas(lon, lat, areas)
    if street_m.sum() > 0 and street_m[inside].sum() >= MAPPED_SHARE * street_m.sum():
        return inside
    return inside | in_settlement(lon, lat, street_m)


# Distance from home to the mairie, over the radius of a disc as large as the commune: a Weibull law. Both constants
# are fitted to the 1 km census grid of 2021 (Eurostat) on the communes within 40 km of the Pays Chaunois; the ratio
# hardly depends on the size of the commune (its mean is 0.39 to 0.46 from 200 to 100,000 people). People of the Aisne
# live 909 m from their mairie in the grid and 889 by the rule (median 711 and 723, ninth decile 1,807 and 1,802).
SPREAD_SCALE = 0.46
SPREAD_SHAPE = 1.5
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
TURNS = 12  # directions tried at one distance, before the distance is cut
CUT = 0.8  # what is left of a distance at which no direction stays in the commune
MOST_CUTS = 40  # 0.8^40: a ten-thousandth of the distance


def spread_residents(
    communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None = None, *, points: int = 4
) -> gpd.GeoDataFrame:
    """Return several resident points a commune, with its people shared out among them, none lost (people).

    A commune gets ``points + √population / 10`` points of equal population. They lie around the mairie: point k of n
    at the (k - ½)/n quantile of the law of distances, in a direction that turns by the golden angle from a start given
    by the commune's code. A point that would leave the commune turns further, and comes nearer where no direction
    stays inside. Nobody is put on the mairie itself.

    The rule does not know hamlets, valleys or woods: one commune may be badly served by it; it is right on average.
    Only the villages handed over are known: there the same rule is applied around each.

    Parameters
    ----------
    communes
        Polygons indexed by code, with `population` (people), in a metric CRS.
    mairies
        Points indexed by the code of their commune, each inside it; any CRS. One that lies at most 100 m outside, as
        readers of services let it stand, counts as at the nearest place inside.
    villages
        For the communes that are several villages: points with `commune`, `population` (people; only the shares
        count, so another vintage will do) and `square_km`; any CRS.
    points
        Points of the smallest commune.

    Returns
    -------
    GeoDataFrame
        Indexed by `resident_id` ("02173-03"); columns commune, population (people, whole numbers where the
        population is one), geometry, in the CRS of the communes.

    Raises
    ------
    TableError
        If the communes are in degrees, or a commune has no mairie inside it.

    Examples
    --------
    >>> from shapely import Point, box
    >>> square = gpd.GeoDataFrame({"population": [1000]}, index=["02000"], geometry=[box(0, 0, 4000, 4000)], crs=2154)
    >>> mairie = gpd.GeoDataFrame(index=["02000"], geometry=[Point(2000, 2000)], crs=2154)
    >>> homes = spread_residents(square, mairie)
    >>> len(homes), homes["population"].sum(), homes.index[0]
    (7, np.int64(1000), '02000-01')
    >>> homes.distance(Point(2000, 2000)).round().astype(int).tolist()
    [183, 402, 602, 813, 1059, 1385, 1982]
    """
    check_mairies(communes, mairies)
    centres = _centres(communes, brought_inside(communes, mairies.to_crs(communes.crs)), villages)
    counts = (points + np.sqrt(centres["population"].to_numpy(float)) / 10).astype(int)
    homes = centres.loc[np.repeat(centres.index, counts)].reset_index(drop=True)
    rank = np.arange(len(homes)) - np.repeat(np.cumsum(counts) - counts, counts)
    total = np.repeat(counts, counts)
    distance = homes["radius"].to_numpy() * distance_quantile((rank + 0.5) / total)
    start = homes["commune"].map(lambda code: crc32(str(code).encode()) / 2**32 * 2 * math.pi).to_numpy(float)
    polygons = communes.geometry.loc[homes["commune"]].to_numpy()
    where = places_inside(polygons, homes[["x", "y"]].to_numpy(float), distance, start + rank * GOLDEN_ANGLE)
    number = homes.groupby("commune", sort=False).cumcount() + 1
    people = _shares(communes["population"], homes["commune"], homes["population"].to_numpy(float) / total)
    found = gpd.GeoDataFrame(
        {"commune": homes["commune"].to_numpy(), "population": people},
        index=pd.Index(
            [f"{code}-{k:02}" for code, k in zip(homes["commune"], number, strict=True)], name="resident_id"
        ),
        geometry=shapely.points(where),
        crs=communes.crs,
    )
    counted = communes.attrs.get("beside", {}).get("population", communes.attrs)  # whose people they are
    return noted(found, (), counted.get("vintage", ""))


def check_mairies(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> None:
    """Refuse degrees, and communes without a mairie inside."""
    if communes.crs is None or not communes.crs.is_projected:
        raise TableError(Problem("spread_crs"), about=table_name("communes"))
    problems = Problems()
    missing = communes.index.difference(mairies.index)
    if len(missing):
        problems.add("spread_no_mairie", value=missing[0], names=", ".join(map(str, missing[:9])))
    here = communes.loc[communes.index.intersection(mairies.index)]
    points = mairies.geometry.to_crs(communes.crs).loc[here.index]
    outside = here.index[here.geometry.distance(points) > OUTSIDE_METRES]
    if len(outside):
        problems.add("spread_mairie_outside", value=outside[0], names=", ".join(map(str, outside[:9])))
    problems.raise_if_any(TableError, table_name("mairies"))


def brought_inside(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return mairies with those on the edge of their commune, or a little beyond, at the nearest place 1 m inside."""
    points = mairies.geometry.copy()
    here = communes.geometry.loc[communes.index.intersection(points.index)]
    for code in here.index[~here.contains(points.loc[here.index])]:
        core = here.loc[code].buffer(-1)
        inside = here.loc[code].representative_point() if core.is_empty else core
        points.loc[code] = shapely.get_point(shapely.shortest_line(inside, points.loc[code]), 0)
    return mairies.set_geometry(points)


def _centres(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return what people live around: commune, x, y, population and radius (m), by row."""
    single = communes.index
    parts = []
    if villages is not None:
        villages = villages[villages["commune"].isin(communes.index)].to_crs(communes.crs)
        single = single.difference(villages["commune"], sort=False)
        people = villages.groupby("commune")["population"].transform("sum")
        share = villages["population"] / people * villages["commune"].map(communes["population"])
        parts.append((villages["commune"], villages.geometry, share, villages["square_km"] * 1e6))
    alone = communes.loc[single]
    parts.append((pd.Series(single, index=single), mairies.geometry.loc[single], alone["population"], alone.area))
    return pd.concat(
        [
            pd.DataFrame(
                {"commune": code, "x": place.x, "y": place.y, "population": people, "radius": np.sqrt(area / math.pi)}
            )
            for code, place, people, area in parts
        ],
        ignore_index=True,
    ).sort_values("commune", kind="stable", ignore_index=True)


def spread_rule() -> Note:
    """Return the rule by which people are spread, as a page prints it."""
    return Note("read_spread_rule", scale=Figure.of(SPREAD_SCALE, digits=2), shape=Figure.of(SPREAD_SHAPE, digits=1))


def distance_quantile(probability: Floats) -> Floats:
    """Return the quantiles of the Weibull law of distances, over the radius of the commune."""
    return SPREAD_SCALE * (-np.log1p(-probability)) ** (1 / SPREAD_SHAPE)


def places_inside(polygons: npt.NDArray[np.object_], centre: Floats, distance: Floats, angle: Floats) -> Floats:
    """Return a place for each home in its polygon: the first direction, then the first cut, that stays inside."""
    shapely.prepare(polygons)
    found = centre.copy()
    waiting = np.arange(len(centre))
    for step in range(TURNS * MOST_CUTS):
        far = distance[waiting] * CUT ** (step // TURNS)
        turned = angle[waiting] + step * GOLDEN_ANGLE
        found[waiting] = centre[waiting] + far[:, None] * np.column_stack([np.cos(turned), np.sin(turned)])
        waiting = waiting[~shapely.contains_xy(polygons[waiting], found[waiting])]
        if not len(waiting):
            break
    return found


def _shares(population: pd.Series, commune: pd.Series, weight: Floats) -> npt.NDArray[np.int64] | Floats:
    """Return each home's people in proportion to its weight; sums are exact, whole numbers stay whole."""
    weight = np.maximum(weight, 1e-12)  # an empty commune still has homes, of nobody
    running = pd.Series(weight, index=commune.index).groupby(commune).cumsum().to_numpy()
    total = pd.Series(weight, index=commune.index).groupby(commune).transform("sum").to_numpy()
    people = commune.map(population).to_numpy()
    last = ~commune.duplicated(keep="last").to_numpy()
    upto = np.where(last, people, people * running / total)
    if pd.api.types.is_integer_dtype(population.dtype):
        upto = np.round(upto).astype(np.int64)
    first = ~commune.duplicated().to_numpy()
    return np.where(first, upto, upto - np.roll(upto, 1))
