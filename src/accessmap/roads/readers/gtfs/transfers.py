"""How one changes: `transfers.txt`, all its types, and the ways through stations of `pathways.txt`."""

from __future__ import annotations

import heapq
import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.distances import hops
from accessmap.roads.readers.gtfs.feed import Feed, FeedTable, among, numbered, whole
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.notes import first_few

RULES = ("from_stop", "to_stop", "from_route", "to_route", "from_trip", "to_trip", "type", "seconds")
WALKING_METRES_A_SECOND = 4.8 / 3.6  # 80 metres a minute, the convention of most accessibility studies
# Seconds for what is no walking, where the feed says neither a time nor a length: steps at the pace of level ground
# halved (Weidmann 1993: 0.61 m/s up stairs against 1.34), an elevator with its wait, a gate as one passes it.
STEP_METRES = 0.3
STAIRS_METRES_A_SECOND = 0.61
ELEVATOR_SECONDS, GATE_SECONDS = 60, 5
SHORT_SECONDS = 20  # nobody changes in less: such a time is likely to be one in minutes
STAIRS, ELEVATOR, GATES = 2, 5, (6, 7)


def read_transfers(feed: Feed, stops: pd.DataFrame, routes: pd.DataFrame, trips: pd.DataFrame) -> pd.DataFrame:
    """Return the rules for changes: rows of stops, ids of routes and trips ("" any), type and seconds (-1 none)."""
    columns = ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", "from_route_id", "to_route_id")
    table = feed.table("transfers.txt", (*columns, "from_trip_id", "to_trip_id"))
    if table is None or not table.rows:
        return pd.DataFrame(
            {name: np.zeros(0, object if "route" in name or "_trip" in name else np.int32) for name in RULES}
        )
    kind, odd = table["transfer_type"].parsed(among(range(6)), 0)
    feed.wrong("gtfs_transfer_type", table, odd, table["transfer_type"], id=table["from_stop_id"])
    seconds, odd_time = table["min_transfer_time"].parsed(whole, -1)
    feed.wrong("gtfs_transfer_time", table, odd_time, table["min_transfer_time"], id=table["from_stop_id"])
    found: dict[str, npt.NDArray[np.generic]] = {}
    lost = odd | odd_time
    known = {"stop": stops.index, "route": routes.index, "trip": trips.index}
    for name in RULES[:6]:
        column = table[f"{name}_id"]
        places = column.places(numbered(known[name.split("_")[1]]))
        lost |= places == -2
        found[name] = places if name.endswith("stop") else column.texts()
    feed.note("gtfs_note_transfers_unknown", n=int((lost & ~odd & ~odd_time).sum()))
    seated = np.isin(kind, [4, 5])
    bare = seated & ~(table["from_trip_id"].given & table["to_trip_id"].given)
    bare |= ~seated & ~(table["from_stop_id"].given & table["to_stop_id"].given)
    rows = feed.place(table, np.flatnonzero(bare & ~lost), table["transfer_type"], table["from_stop_id"])
    feed.note("gtfs_note_transfers_bare", n=int((bare & ~lost).sum()), rows=rows)
    timeless = (kind == 2) & (seconds < 0) & ~lost & ~bare
    feed.note("gtfs_note_transfers_timeless", n=int(timeless.sum()))
    least = np.isin(kind, [0, 1]) & (seconds >= 0) & ~lost & ~bare
    feed.note("gtfs_note_transfers_timed", n=int(least.sum()))
    short = np.flatnonzero((seconds > 0) & (seconds < SHORT_SECONDS) & ~lost & ~bare)
    rows = feed.place(table, short, table["min_transfer_time"], table["from_stop_id"])
    feed.note("gtfs_note_transfers_short", n=len(short), rows=rows)
    kind = np.where(timeless, 0, kind)
    rules = pd.DataFrame({**found, "type": kind.astype(np.int32), "seconds": seconds.astype(np.int32)})
    rules = rules[~(lost | bare)]
    again = rules.duplicated(list(RULES[:6]))
    feed.note("gtfs_note_rules_again", n=int((again & ~rules.duplicated()).sum()))
    return rules[~rules.duplicated(list(RULES[:6]), keep="last")].reset_index(drop=True)


def read_pathways(feed: Feed, stops: pd.DataFrame) -> pd.DataFrame:
    """Return the quickest ways through stations that are drawn: from_stop, to_stop (rows of stops) and seconds.

    Between platforms and entrances of one station, over its nodes. A time that is not said follows from the length,
    the steps or the straight distance.
    """
    columns = (
        "pathway_id",
        "from_stop_id",
        "to_stop_id",
        "pathway_mode",
        "is_bidirectional",
        "length",
        "traversal_time",
    )
    table = feed.table("pathways.txt", (*columns, "stair_count"), columns[1:5])
    none = pd.DataFrame({name: np.zeros(0, np.int32) for name in ("from_stop", "to_stop", "seconds")})
    if table is None or not table.rows:
        return none
    row = numbered(stops.index)
    start, end = table["from_stop_id"].places(row), table["to_stop_id"].places(row)
    mode, odd = table["pathway_mode"].parsed(among(range(1, 8)), 0)
    both, odd_ways = table["is_bidirectional"].parsed(among(range(2)), -1)
    bad = odd | odd_ways | (mode == 0) | (both < 0) | (start < 0) | (end < 0)
    feed.note(
        "gtfs_note_pathways_unread",
        n=int(bad.sum()),
        rows=feed.place(table, np.flatnonzero(bad), None, table["pathway_id"]),
    )
    took = np.maximum(np.ceil(_seconds(feed, table, start, end, mode, stops)), 0)
    ways: dict[int, list[tuple[int, float]]] = {}
    for at in np.flatnonzero(~bad).tolist():
        ways.setdefault(int(start[at]), []).append((int(end[at]), float(took[at])))
        if both[at]:
            ways.setdefault(int(end[at]), []).append((int(start[at]), float(took[at])))
    ends = np.flatnonzero(stops["kind"].isin(["stop", "entrance", "boarding_area"]).to_numpy())
    found = [
        (origin, there, round(time))
        for origin in ends.tolist()
        if origin in ways
        for there, time in _quickest(ways, origin).items()
        if there != origin
    ]
    on_none = _on_no_pathway(stops, {*start[~bad].tolist(), *end[~bad].tolist()})
    feed.note("gtfs_note_pathways_lack", n=len(on_none), stops=first_few(on_none, repr))
    pairs = pd.DataFrame(found, columns=none.columns).astype(np.int32)
    return pairs[np.isin(pairs["to_stop"], ends)].reset_index(drop=True)


def _on_no_pathway(stops: pd.DataFrame, drawn: set[int]) -> pd.Index:
    """Return the platforms that no pathway leads to, of stations with some."""
    known, platform = stops.index.isin(stops.index[sorted(drawn)]), (stops["kind"] == "stop").to_numpy()
    own = stops["parent"].where(stops["parent"] != "", stops.index.to_series())
    areas = stops.loc[known & (stops["kind"] == "boarding_area").to_numpy(), "parent"]
    known |= stops.index.isin(areas)
    return stops.index[platform & ~known & (stops["parent"] != "").to_numpy() & own.isin(set(own[known])).to_numpy()]


def _seconds(
    feed: Feed,
    table: FeedTable,
    start: npt.NDArray[np.int32],
    end: npt.NDArray[np.int32],
    mode: npt.NDArray[np.generic],
    stops: pd.DataFrame,
) -> npt.NDArray[np.float64]:
    """What each pathway takes: as said, else by its length, its steps, or the straight line between its ends."""
    said, length, steps = (
        table[name].parsed(number, math.nan)[0].astype(float) for name in ("traversal_time", "length", "stair_count")
    )
    degrees = stops[["lon", "lat"]].to_numpy()
    between = np.nan_to_num(hops(degrees[np.maximum(start, 0)], degrees[np.maximum(end, 0)]))
    length = np.where(np.isnan(length), between, length)
    walk = np.where(
        mode == STAIRS,
        np.where(np.isnan(steps), length, np.abs(steps) * STEP_METRES) / STAIRS_METRES_A_SECOND,
        length / WALKING_METRES_A_SECOND,
    )
    walk = np.where(mode == ELEVATOR, ELEVATOR_SECONDS, np.where(np.isin(mode, GATES), GATE_SECONDS, walk))
    unsaid = ~(said >= 0)
    feed.note("gtfs_note_pathways_timed", n=int(unsaid.sum()))
    return np.where(unsaid, walk, said)


def _quickest(ways: dict[int, list[tuple[int, float]]], origin: int) -> dict[int, float]:
    """Seconds from one place of a station to all that it leads to."""
    best, heap = {origin: 0.0}, [(0.0, origin)]
    while heap:
        time, here = heapq.heappop(heap)
        if time > best[here]:
            continue
        for there, more in ways.get(here, ()):
            if time + more < best.get(there, math.inf):
                best[there] = time + more
                heapq.heappush(heap, (best[there], there))
    return best
