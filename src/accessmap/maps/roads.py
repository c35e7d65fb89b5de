"""The map of a road network: how fast its roads are, where drivers wait, or what kind they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import shapely.ops

from accessmap.categories import Lang
from accessmap.errors import NetworkError, OptionError, Problem, TableError
from accessmap.maps.choropleth import checked_breaks, class_words
from accessmap.maps.drawing import Entry, View
from accessmap.maps.ground import inside_of
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.tables.cutoffs import classes_of
from accessmap.words import words as labels
from accessmap.words.notes import Figure, Metres
from accessmap.words.reasons import reason_told, road_told
from accessmap.words.words import Words

# Communes drawn around the way, in metres, and how much wider its lines are than those of a network.
AROUND_METRES: Final = 8_000
WIDER: Final = 2
WIDEST: Final = 5
LEG_LOOK: Final = ("#1b1b1b", 2)
TURN_LOOK: Final = ("#1b1b1b", 9)
TURN_METRES: Final = 15  # drawn along the road turned into: a point is no line


def route_map(
    route: gpd.GeoDataFrame,
    *,
    communes: gpd.GeoDataFrame | None = None,
    title: str = "",
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return the map of a way that `network.explain` told: kilometres and minutes by speed, and each stretch in words.

    Parameters
    ----------
    route
        As `RoadNetwork.explain` returns it.
    communes
        Drawn as the background where given.
    title, provenance, tiles, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where the way is empty: there is none between the two points.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> home, hospital = study.residents.geometry.loc[["02217-01"]], study.sites("hospital").geometry.iloc[[0]]
    >>> way = study.network.explain(home, hospital)
    >>> page = am.maps.route_map(way, provenance=study.network.provenance)
    >>> len(page.drawing.pieces) == len(way)
    True
    """
    say = Words(labels.check_lang(lang))
    if route.empty:
        raise TableError(Problem("map_no_way"), about="route")
    entries, number = _legend(route, say)
    near = None
    if communes is not None:
        lines = route.geometry.to_crs(communes.crs)
        near = communes[communes.intersects(lines.union_all().buffer(AROUND_METRES))].assign(in_territory=True)
    over = gpd.GeoDataFrame(
        {"view": 0, "entry": number, "told": [_told(row, say) for _, row in route.iterrows()]},
        geometry=_drawn(route),
        crs=route.crs,
    )
    heading = say("route_legend")
    minutes = say.minutes(float(route["minutes"].sum()))
    total = _span(float(route["length_m"].sum()), minutes, say)
    notes = [say("cli_explain_forbidden", note=say.told(note)) for note in route.get("note", ()) if note]
    said = ". ".join([say("route_total", total=total), *notes])
    view = View("route", heading, heading, entries, {}, {}, said)
    title = title or say("route_title")
    return mapped(near, [view], over=over, frame=over, title=title, provenance=provenance, tiles=tiles, say=say)


def _legend(route: gpd.GeoDataFrame, say: Words) -> tuple[tuple[Entry, ...], np.ndarray]:
    """Return the entries that the way uses, slow to quick, then the legs and the turns, and the entry of each row."""
    words = class_words(SPEED_BREAKS, "km/h", say)
    looks = [(colour, min(width + WIDER, WIDEST)) for colour, width in SPEED_LOOKS]
    number = classes_of(route["speed_kmh"], SPEED_BREAKS)
    turns = route["what"] == "turn"
    leg, turn = len(words), len(words) + 1
    number = np.where(route["what"] == "road", number, np.where(turns, turn, leg))
    words += [say("route_legs"), say("route_turns", n=int(turns.sum()))]
    looks += [LEG_LOOK, TURN_LOOK]
    kept = sorted(set(number.tolist()))
    entries = []
    for k in kept:
        part = route[number == k]
        minutes = say.minutes(float(part["minutes"].sum()))
        seconds = _seconds(float(part["delay_s"].sum()), say)
        said = seconds if k == turn else _span(float(part["length_m"].sum()), minutes, say)
        colour, width = looks[k]
        entries.append(Entry(words[k], colour, "dash" if k == leg else "", said=said, line=width))
    return tuple(entries), np.searchsorted(kept, number)


def _drawn(route: gpd.GeoDataFrame) -> np.ndarray:
    """Return the lines of a way; a turn is the beginning of the road turned into."""
    lines: np.ndarray = route.geometry.to_numpy().copy()
    for at in np.flatnonzero((route["what"] == "turn").to_numpy()):
        if at + 1 < len(lines):
            lines[at] = shapely.ops.substring(lines[at + 1], 0, TURN_METRES)
    return lines


def _seconds(seconds: float, say: Words) -> str:
    return f"{say.count(seconds, digits=1)}{labels.NO_BREAK}s"


def _span(metres: float, minutes: str, say: Words) -> str:
    """Return "12,4 km · 17,1 min"."""
    return f"{Metres.of(metres).told(say.lang)} · {minutes}"


def _told(row: pd.Series, say: Words) -> tuple[str, ...]:
    """Return the words of one stretch: name or class, length, speed with its reason, minutes; of a turn its seconds."""
    if row["what"] == "turn":
        return road_told("turn", say), _seconds(float(row["delay_s"]), say)
    kmh = f"{say.count(float(row['speed_kmh']))}{labels.NO_BREAK}km/h"
    reason = f" ({reason_told(str(row['speed_reason']), say)})" if row["speed_reason"] else ""
    minutes = say.minutes(float(row["minutes"]))
    name = str(row["name"] or road_told(str(row["road_class"] or row["what"]), say))
    told = name, _span(float(row["length_m"]), minutes, say), kmh + reason
    return (*told, say.told(row["note"])) if row.get("note", "") else told


By = Literal["speed", "delay", "road_class"]

# km/h, about the limits of French roads less what drivers lose; seconds, from a give-way to a long red light.
SPEED_BREAKS: Final = (30.0, 50.0, 70.0, 90.0)
DELAY_BREAKS: Final = (0.0, 5.0, 15.0)
# Colour and width in pixels. Wide is fast, long or important: the width is enough where colour is lost. Speeds are dark
# to light (viridis, van der Walt & Smith 2015), none so light that it fades on white.
SPEED_LOOKS: Final = (("#440154", 1), ("#3b528b", 1), ("#21918c", 2), ("#35a04f", 3), ("#7a9a01", 4))
DELAY_LOOKS: Final = (("#8c8c8c", 1), ("#41b6c4", 2), ("#225ea8", 3), ("#081d58", 4))
CLASS_LOOKS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "track": ("#8a7d5a", 1),
        "service": ("#999999", 1),
        "living_street": ("#aa4499", 1),
        "residential": ("#777777", 1),
        "unclassified": ("#117733", 1),
        "villages": ("#117733", 1),
        "tertiary": ("#0072b2", 2),
        "town_and_village": ("#0072b2", 2),
        "secondary": ("#c46a00", 2),
        "departmental": ("#c46a00", 2),
        "primary": ("#cc3311", 3),
        "national": ("#cc3311", 3),
        "towns": ("#882255", 3),
        "trunk": ("#882255", 4),
        "motorway": ("#332288", 5),
    }
)
OTHER_LOOK: Final = ("#bbbbbb", 1)
UNKNOWN_COLOUR: Final = "#8c8c8c"
# Roads are drawn to about a pixel of a map 3,000 pixels wide; more points than these are over 1.5 MB.
PIXELS: Final = 3000
MOST_POINTS: Final = 150_000


def network_map(
    network: RoadNetwork,
    communes: gpd.GeoDataFrame | None = None,
    services: gpd.GeoDataFrame | None = None,
    *,
    by: By = "speed",
    clip: Any = None,
    breaks: Sequence[float] | None = None,
    title: str | None = None,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    r"""Return a map of the roads coloured by speed (km/h), delay (seconds) or class, with kilometres in every class.

    A road driven both ways is one line: its speed is that of both ways together, waits included; its delay the longer.

    Parameters
    ----------
    network
        The roads. A modelled network is called one, in the legend and in the credit.
    communes
        Zones by code, under the roads; without `clip`, only roads in the middle of the territory are drawn.
    by
        "speed" (length by minutes), "delay" (at the junction at the end of a stretch) or "road_class".
    clip
        Bounds in degrees (west, south, east, north) or a shapely polygon in degrees: roads whose middle lies in it.
    breaks
        Bounds between classes of speed or delay, at most four and three.
    provenance
        That of the network where not given.
    services, title, tiles, lang
        As for `access_map`.

    Raises
    ------
    NetworkError
        Where the network does not know its delays or classes, no road lies in `clip`, or so many that no page would
        open: the message says how to ask for less.

    Examples
    --------
    >>> nodes = pd.DataFrame({"lon": [3.20, 3.25, 3.30], "lat": [49.60, 49.60, 49.60]}, index=["a", "b", "c"])
    >>> edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "minutes": [6.0, 2.5], "length_m": [4000.0, 4000.0]})
    >>> page = network_map(RoadNetwork.from_edges(nodes, edges, directed=False), lang="en")
    >>> [entry.told("en").replace("\xa0", " ") for entry in page.drawing.views[0].entries]
    ['over 30 to 50 km/h: 4 km of road', 'over 90 km/h: 4 km of road']
    """
    if by not in ("speed", "delay", "road_class"):
        raise OptionError(Problem("map_by", value=by))
    say = Words(labels.check_lang(lang))
    roads = _roads(network, _area(clip, communes, network.crs))
    entries, number = _by_class(roads, say) if by == "road_class" else _by_value(roads, by, breaks, say)
    over = _lines(roads, number, network.crs)
    known = network.provenance if provenance is None else provenance
    words = "class" if by == "road_class" else by
    heading = say(f"roads_{words}")
    note = say("modelled_banner") if network.provenance.modelled else ""
    view = View(by, heading, heading, entries, {}, {}, labels.capitalised(note))
    title = title or say(f"roads_{words}_title")
    return mapped(communes, [view], services, over=over, title=title, provenance=known, tiles=tiles, say=say)


def _area(clip: Any, communes: gpd.GeoDataFrame | None, crs: str) -> shapely.Geometry | None:
    """Return the land that is asked for, in the CRS of the network."""
    if clip is not None:
        shape = clip if isinstance(clip, shapely.Geometry) else shapely.box(*clip)
        land = gpd.GeoSeries([shape], crs="EPSG:4326")
    elif communes is not None:
        land = communes.geometry[inside_of(communes)]
    else:
        return None
    return shapely.union_all(land.to_crs(crs).to_numpy())


def _roads(network: RoadNetwork, area: shapely.Geometry | None) -> pd.DataFrame:
    """Return each stretch once, whichever way it is driven: its ends, metres, km/h, seconds of delay and class."""
    nodes, edges = network.nodes, network.edges
    project = pyproj.Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
    xy = np.column_stack(project.transform(nodes["lon"].to_numpy(), nodes["lat"].to_numpy()))
    tail, head = (nodes.index.get_indexer(pd.Index(edges[end])) for end in ("u", "v"))
    if area is not None:
        shapely.prepare(area)
        near = shapely.intersects_xy(area, (xy[tail] + xy[head]) / 2)
        edges, tail, head = edges[near], tail[near], head[near]
    if edges.empty:
        raise NetworkError(Problem("map_no_road"))
    straight = np.hypot(*(xy[tail] - xy[head]).T)
    table = pd.DataFrame(
        {
            "a": np.minimum(tail, head),
            "b": np.maximum(tail, head),
            "metres": edges["length_m"].to_numpy() if "length_m" in edges else straight,
            "minutes": edges["minutes"].to_numpy(),
        }
    )
    for column in ("delay_s", "road_class"):
        if column in edges:
            table[column] = edges[column].to_numpy()
    by = table.groupby(["a", "b"], sort=True)
    roads = by.agg(metres=("metres", "mean"), length=("metres", "sum"), minutes=("minutes", "sum"))
    roads["speed"] = (roads["length"] * 60 / 1000 / roads["minutes"].where(roads["minutes"] > 0)).to_numpy()
    if "delay_s" in table:
        roads["delay"] = by["delay_s"].max()
    if "road_class" in table:
        roads["road_class"] = by["road_class"].first()
    roads = roads.reset_index()
    start, end = xy[roads["a"].to_numpy()], xy[roads["b"].to_numpy()]
    return roads.assign(x0=start[:, 0], y0=start[:, 1], x1=end[:, 0], y1=end[:, 1])


def _by_value(
    roads: pd.DataFrame, by: str, breaks: Sequence[float] | None, say: Words
) -> tuple[tuple[Entry, ...], np.ndarray]:
    """Return the legend of speeds or delays, and the entry of each road; classes without roads are left out."""
    if by not in roads:
        raise NetworkError(Problem("map_no_delays", value="delay_s"))
    given, looks, unit = (
        (SPEED_BREAKS, SPEED_LOOKS, "km/h") if by == "speed" else (DELAY_BREAKS, DELAY_LOOKS, "seconds")
    )
    bounds = given if breaks is None else checked_breaks(breaks)
    if len(bounds) >= len(looks):
        raise OptionError(Problem("map_breaks_roads", value=len(bounds), most=len(looks) - 1))
    words = class_words(bounds, unit, say)
    if by == "delay" and bounds[:1] == (0.0,):
        words[0] = say("roads_none")
    picks = np.linspace(0, len(looks) - 1, len(words)).round().astype(int)
    entries = [_entry(word, looks[pick]) for word, pick in zip(words, picks, strict=True)]
    values = roads[by].to_numpy("float64")
    number = np.where(np.isnan(values), len(words), classes_of(values, bounds))
    return _counted(entries, number, roads, say)


def _by_class(roads: pd.DataFrame, say: Words) -> tuple[tuple[Entry, ...], np.ndarray]:
    """Return the legend of classes, the least first, and the entry of each road; a slip road is of its road's class."""
    if "road_class" not in roads:
        raise NetworkError(Problem("map_no_classes", value="road_class"))
    kinds = roads["road_class"].where(roads["road_class"].notna(), "").astype(str).str.removesuffix("_link")
    known = [kind for kind in CLASS_LOOKS if (kinds == kind).any()]
    entries = [_entry(say("roads_other"), OTHER_LOOK)]
    entries += [_entry(say(f"road_{kind}"), CLASS_LOOKS[kind]) for kind in known]
    place = {kind: k + 1 for k, kind in enumerate(known)} | {"": len(entries)}
    number = kinds.map(place).fillna(0).to_numpy("int64")
    return _counted(entries, number, roads, say)


def _entry(label: str, look: tuple[str, int]) -> Entry:
    return Entry(label, look[0], line=look[1])


def _counted(
    entries: Sequence[Entry], number: np.ndarray, roads: pd.DataFrame, say: Words
) -> tuple[tuple[Entry, ...], np.ndarray]:
    """Return the entries that hold roads, those of no value the last, with their kilometres; and each road's entry."""
    entries = [*entries, Entry(say("no_value"), UNKNOWN_COLOUR, "dash", line=2)]
    kept = [k for k in range(len(entries)) if (number == k).any()]
    told = []
    for k in kept:
        entry, metres = entries[k], float(roads["metres"].to_numpy()[number == k].sum())
        digits = 0 if metres >= 10_000 or abs(metres % 1000) < 1 else 1
        said = say("roads_length", km=say.count(metres / 1000, digits=digits))
        told.append(replace(entry, said=said))
    return tuple(told), np.searchsorted(kept, number)


def _lines(roads: pd.DataFrame, number: np.ndarray, crs: str) -> gpd.GeoDataFrame:
    """Return the roads of each entry as one shape: stretches joined end to end, then simplified."""
    ends = roads[["x0", "y0", "x1", "y1"]].to_numpy().reshape(-1, 2, 2)
    extent = float(np.ptp(ends[:, :, 0].ravel()))
    lines = np.asarray(shapely.linestrings(ends))
    shapes = []
    for k in range(int(number.max()) + 1):
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines[number == k])))
        # Line by line and without regard to the others: they may cross, and a city takes a second instead of minutes.
        shapes.append(shapely.multilinestrings(shapely.simplify(merged, extent / PIXELS, preserve_topology=False)))
    points = int(shapely.get_num_coordinates(np.array(shapes, dtype=object)).sum())
    if points > MOST_POINTS:
        most = Figure.of(MOST_POINTS)
        raise NetworkError(Problem("map_many_points", n=len(roads), points=Figure.of(points), most=most))
    return gpd.GeoDataFrame({"view": 0, "entry": range(len(shapes))}, geometry=shapes, crs=crs)
