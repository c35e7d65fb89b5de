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
from accessmap.read.columns import LOGGER, noted
from accessmap.read.placing import OUTSIDE_METRES, PLACED, points_of_mairies
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
    _check(communes, mairies)
    centres = _centres(communes, _brought_inside(communes, mairies.to_crs(communes.crs)), villages)
    counts = (points + np.sqrt(centres["population"].to_numpy(float)) / 10).astype(int)
    homes = centres.loc[np.repeat(centres.index, counts)].reset_index(drop=True)
    rank = np.arange(len(homes)) - np.repeat(np.cumsum(counts) - counts, counts)
    total = np.repeat(counts, counts)
    distance = homes["radius"].to_numpy() * _quantile((rank + 0.5) / total)
    start = homes["commune"].map(lambda code: crc32(str(code).encode()) / 2**32 * 2 * math.pi).to_numpy(float)
    polygons = communes.geometry.loc[homes["commune"]].to_numpy()
    where = _inside(polygons, homes[["x", "y"]].to_numpy(float), distance, start + rank * GOLDEN_ANGLE)
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


# Published minutes of 2023 to six kinds, 21 means each, over main roads with legs at 18 km/h: the mean absolute error
# is 0.92 with services spread as people are, 1.12 with the first of each kind at the mairie, 1.02 with a scale of 0.2.
COUNTS = "INSEE BPE"
"""The source of counts by commune, as their reader names it; whatever else has a capacity is one site."""
COUNT_TOLD = ("point_quality", "source", "capacity", "capacity_unit")
MOST_PLACES = 64
"""Places of a kind in one commune: more change no time by much, in a town of any size."""


def service_places(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, numbers: pd.Series) -> gpd.GeoDataFrame:
    """Return places in each commune where services stand of which only their count is known.

    They follow the law of distances of `spread_residents`, each at another quantile (a half, a quarter, three quarters,
    an eighth …) and in a direction of its own, so that the first few of a commune are spread as well as all of them:
    a kind of which it has three stands at the first three. None is at the mairie itself, nor where a resident is put.

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
    [813.0, 452.0, 1291.0]
    """
    here = communes.loc[numbers.index]
    _check(here, mairies)
    points = _brought_inside(here, mairies.to_crs(communes.crs)).geometry.loc[numbers.index]
    counts = numbers.clip(1, MOST_PLACES).to_numpy("int64")
    of = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    distance = np.sqrt(here.area.to_numpy() / math.pi)[of] * _quantile(_halved(rank))
    start = np.array([crc32(f"{code} services".encode()) / 2**32 * 2 * math.pi for code in here.index])
    centre = np.column_stack([points.x, points.y])
    where = _inside(here.geometry.to_numpy()[of], centre[of], distance, start[of] + rank * GOLDEN_ANGLE)
    return gpd.GeoDataFrame({"commune": here.index.to_numpy()[of]}, geometry=shapely.points(where), crs=communes.crs)


def places_of_counts(
    capacity: pd.Series, code: pd.Series, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame | None
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], gpd.GeoSeries]:
    """Return how many places each count has, its first among the places of all communes, and these places.

    Kinds of one commune share its places: a count of three stands at the first three.

    Parameters
    ----------
    capacity, code
        How many, and the commune where they are, by row of the counts.
    communes, mairies
        As `read_services` takes them. Of a commune without a mairie a point inside counts.
    """
    number = capacity.clip(1, MOST_PLACES).round().astype("int64").to_numpy()
    most = pd.Series(number).groupby(code.to_numpy()).max()
    centres = communes.geometry.loc[most.index].representative_point()
    halls = points_of_mairies(mairies, communes.crs)
    if halls is not None:
        centres = halls.reindex(most.index).fillna(centres)
    first = pd.Series(np.cumsum(most) - most, most.index).loc[code].to_numpy()
    return number, first, service_places(communes, centres.to_frame(), most).geometry


def counted(services: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Return whether each service is a commune's count of equipment, whose places nobody knows."""
    told = {name: services.get(name, pd.Series(None, services.index, dtype=object)) for name in COUNT_TOLD}
    ruled = told["point_quality"].isin(PLACED) & (told["source"] == COUNTS)
    # a site has seats or screens, and no unit of what is counted
    by_count: pd.Series[bool] = ruled & (told["capacity"].astype("float64") > 0) & told["capacity_unit"].notna()
    return by_count


def spread_counts(
    services: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return services with those known by their count alone as that many rows, spread inside their commune as people.

    They stand at `service_places`, marked "spread" in `point_quality`, and share the capacity; whatever has a place of
    its own stays as it is. Of ``pharmacy-02173`` come ``pharmacy-02173.1``, ``pharmacy-02173.2``, … A count above
    `MOST_PLACES` has that many places. A note in `.attrs["read_notes"]` says how many they are.

    Parameters
    ----------
    services
        As `read_services` returns them, with `capacity`.
    communes
        Polygons by code, in a metric CRS.
    mairies
        As `read_services` takes them, around which people live; of a commune without one a point inside counts.

    Raises
    ------
    TableError
        If the communes are in degrees.
    """
    by_count = (counted(services) & services["commune"].isin(communes.index)).to_numpy(dtype=bool)
    if not by_count.any():
        return services
    rows = services[by_count]
    number, first, found = places_of_counts(rows["capacity"], rows["commune"].astype(str), communes, mairies)
    rank = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    each = rows.loc[np.repeat(rows.index, number)]
    new = each.assign(capacity=each["capacity"] / np.repeat(number, number), point_quality="spread")
    new = new.set_geometry(
        found.iloc[np.repeat(first, number) + rank].to_crs(services.crs).to_numpy(), crs=services.crs
    )
    new.index = pd.Index([f"{key}.{k}" for key, k in zip(each.index, rank + 1, strict=True)], name=services.index.name)
    table = pd.concat([services[~by_count], new])
    table.attrs = dict(services.attrs)
    note = Note("services_spread", n=len(new), counts=int(by_count.sum()))
    LOGGER.info(note)
    table.attrs["read_notes"] = [*services.attrs.get("read_notes", ()), note]
    return table


def _halved(rank: npt.NDArray[np.int64]) -> Floats:
    """Return 1/2, 1/4, 3/4, 1/8, … for 1, 2, 3, 4, …: van der Corput's sequence."""
    left, found, share = rank.copy(), np.zeros(len(rank)), 0.5
    while left.any():
        found += share * (left & 1)
        left >>= 1
        share /= 2
    return found


def _check(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> None:
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


def _brought_inside(communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
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


def _quantile(probability: Floats) -> Floats:
    """Return the quantiles of the Weibull law of distances, over the radius of the commune."""
    return SPREAD_SCALE * (-np.log1p(-probability)) ** (1 / SPREAD_SHAPE)


def _inside(polygons: npt.NDArray[np.object_], centre: Floats, distance: Floats, angle: Floats) -> Floats:
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
