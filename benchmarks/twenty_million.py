"""Porto's roads, tiled to 20 million nodes: prepared, saved, opened, and the nearest of 200 kinds for every node.

    python benchmarks/twenty_million.py [--tiles 73] [--kinds 200] [--folder FOLDER] [--keep]

Each stage runs in a process of its own, which is told when it ends: seconds on the clock and of the processor (both
cores), and the most resident memory the process has held, pages of mapped files included (Linux). Tiles lie in rows,
and each is joined to its neighbours east and north by roads of two ways, so that they are one network: the outermost
nodes of Porto's main part on facing sides, by height (or by width), are joined one to one, at 50 km/h over the straight
distance between them. Kinds have from 4 to 2,000 destinations a million nodes, chosen at random. Everything is written
to `--folder` (by default a temporary one, removed afterwards; 20 million nodes fill some 20 GB).

At the end, what was written is compared with scipy's Dijkstra over the tile in the middle and its neighbours, for a few
kinds: a time counts as proven where it is shorter than the way to the edge of these tiles, and must be equal to the ms,
and so must which destination it is.
Data: ``ACCESSMAP_DATA``, by default ../shared/data.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
ID_STEP = 10**12
SEAMS = 100  # roads between two tiles
SEAM_KMH = 50
ASKED_GB, ASKED_MINUTES = 16, 15


def peak():
    """Return the most that this process has held, GB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e9


class Clock:
    """Prints what each stage took."""

    def __init__(self):
        self.told = []
        self._begin = time.perf_counter(), time.process_time()

    def __call__(self, name, more=""):
        now = time.perf_counter(), time.process_time()
        wall, cpu = (b - a for a, b in zip(self._begin, now, strict=True))
        self.told.append((name, wall, cpu))
        print(f"{name:34} {wall:8.1f} s {cpu:8.1f} s CPU   peak {peak():6.2f} GB   {more}", flush=True)
        self._begin = time.perf_counter(), time.process_time()


def places_of(tiles):
    """Return the column and row of every tile, of about as many rows as columns."""
    columns = math.ceil(math.sqrt(tiles))
    return np.arange(tiles) % columns, np.arange(tiles) // columns


def ids_of(ids, tile):
    return ids + np.where(ids > 0, tile * ID_STEP, -tile * ID_STEP)


def kilometres(a, b):
    east = (a[:, 0] - b[:, 0]) * np.cos(np.radians((a[:, 1] + b[:, 1]) / 2))
    return np.hypot(east, a[:, 1] - b[:, 1]) * 111.2


def seams_of(network, tiles):
    """Return the edges between neighbouring tiles."""
    main = network.nodes[(network.parts() == 0).to_numpy()]
    xy = main[["lon", "lat"]].to_numpy()
    size = np.ptp(network.nodes[["lon", "lat"]].to_numpy(), axis=0) * 1.001
    column, row = places_of(tiles)
    found = []
    for axis, other in ((0, 1), (1, 0)):
        outer = np.argsort(xy[:, axis], kind="stable")
        low, high = (some[np.argsort(xy[some, other], kind="stable")] for some in (outer[:SEAMS], outer[-SEAMS:]))
        shift = np.where(np.arange(2) == axis, size[axis], 0)
        km = kilometres(xy[high], xy[low] + shift)
        for tile in range(tiles):
            there = np.flatnonzero((column == column[tile] + (axis == 0)) & (row == row[tile] + (axis == 1)))
            if len(there):
                u, v = ids_of(main.index.to_numpy()[high], tile), ids_of(main.index.to_numpy()[low], there[0])
                ways = {"minutes": km / SEAM_KMH * 60, "length_m": (km * 1000).astype("float32")}
                found += [pd.DataFrame({"u": u, "v": v, **ways}), pd.DataFrame({"u": v, "v": u, **ways})]
    return pd.concat(found, ignore_index=True) if found else None


def tiled(network, tiles):
    """Return a network as many times, joined to one."""
    import accessmap as am

    size = np.ptp(network.nodes[["lon", "lat"]].to_numpy(), axis=0) * 1.001
    column, row = places_of(tiles)
    nodes = pd.DataFrame(
        {
            "lon": np.concatenate([network.nodes["lon"].to_numpy() + size[0] * each for each in column]),
            "lat": np.concatenate([network.nodes["lat"].to_numpy() + size[1] * each for each in row]),
        },
        index=pd.Index(np.concatenate([ids_of(network.nodes.index.to_numpy(), tile) for tile in range(tiles)])),
    )
    parts = []
    for tile in range(tiles):
        ends = {end: ids_of(network.edges[end].to_numpy(), tile) for end in ("u", "v")}
        parts.append(network.edges.assign(**ends))
    if (seams := seams_of(network, tiles)) is not None:
        known = network.edges.iloc[np.zeros(len(seams), int)].reset_index(drop=True)
        parts.append(known.assign(**seams, delay_s=np.float32(0), speed_kmh=np.float32(SEAM_KMH)))
    turns, costs = (
        pd.concat(
            [table.assign(nodes=[ids_of(np.array(each), tile).tolist() for each in table["nodes"]])
             for tile in range(tiles)],
            ignore_index=True,
        )
        for table in (network.turns, network.turn_costs)
    )  # fmt: skip
    edges = pd.concat(parts, ignore_index=True)
    return am.RoadNetwork(nodes, edges, turns=turns, turn_costs=costs, provenance=network.provenance)


def destinations_of(network, kinds):
    """Return the nodes of each kind, from rare to common."""
    rng = np.random.default_rng(17)
    ids, n = network.nodes.index.to_numpy(), len(network.nodes)
    sizes = np.geomspace(4, 2000, kinds) * n / 1e6
    return {f"kind_{i:03}": ids[rng.integers(0, n, max(1, round(size)))] for i, size in enumerate(sizes)}


def make(options):
    import accessmap as am

    clock = Clock()
    network = am.RoadNetwork.from_osm(options.osm / "porto.osm.pbf")
    clock("read Porto", f"{len(network.nodes):,} nodes")
    big = tiled(network, options.tiles)
    clock("tiled (data made for this)", f"{len(big.nodes):,} nodes, {len(big.edges):,} directed edges")
    path = big.save(options.roads)
    clock("saved", f"{path.stat().st_size / 1e9:.2f} GB")
    return clock.told, {"nodes": len(big.nodes)}


def prepare(options):
    import accessmap as am

    clock = Clock()
    network = am.RoadNetwork.load(options.roads)
    clock("opened")
    router = network._roads.router
    clock("states and arcs to route on", f"{router.graph.n:,} states, {router.graph.m:,} arcs")
    hierarchy = router.prepare().hierarchy
    size = sum(each.nbytes for each in (hierarchy.place, *hierarchy.up.arrays, *hierarchy.down.arrays))
    clock("prepared, and kept on disk", f"{size / 1e9:.2f} GB in {hierarchy.up.ms.dtype}")
    return clock.told, {}


def nearest(options):
    import accessmap as am

    clock = Clock()
    network = am.RoadNetwork.load(options.roads)
    clock("opened")
    network._roads.router.prepare()
    clock("opened as prepared")
    folder = network.nearest_everywhere(destinations_of(network, options.kinds), options.folder / "nearest")
    size = sum(path.stat().st_size for path in folder.iterdir())
    nodes = len(network.nodes)
    cpu = time.process_time() - clock._begin[1]
    each = f"{cpu / nodes / options.kinds * 1e6:.4f} s CPU a million nodes and kind"
    clock(f"nearest of {options.kinds} kinds to Parquet", f"{size / 1e9:.1f} GB, {each}")
    return clock.told, {}


def check(options):
    """Compare with scipy's Dijkstra over the states of one tile and its neighbours."""
    import accessmap as am
    from accessmap.roads.engine.dijkstra import Searcher
    from accessmap.roads.snapping import ending_at

    clock = Clock()
    network = am.RoadNetwork.load(options.roads)
    column, row = places_of(options.tiles)
    middle = np.flatnonzero((column == (column.max() + 1) // 2) & (row == max(row.max() // 2, 0)))[0]
    kept = np.flatnonzero((abs(column - column[middle]) <= 1) & (abs(row - row[middle]) <= 1))
    tile = np.abs(network.nodes.index.to_numpy()) // ID_STEP
    near = np.isin(tile, kept)
    known = pd.read_parquet(options.folder / "nearest" / "nodes.parquet", columns=[])
    if not known.index.equals(network.nodes.index):
        raise SystemExit("nodes.parquet does not hold the nodes")
    inside = near[network.nodes.index.get_indexer(network.edges["u"])], None
    heads = near[network.nodes.index.get_indexer(network.edges["v"])]
    within = inside[0] & heads
    edge_nodes = network.edges[inside[0] ^ heads]  # the roads that lead out of these tiles
    part = am.RoadNetwork(
        network.nodes[near],
        network.edges[within].reset_index(drop=True),
        turns=of_nodes(network.turns, network.nodes.index[near]),
        turn_costs=of_nodes(network.turn_costs, network.nodes.index[near]),
        provenance=network.provenance,
    )
    roads = part._roads
    searcher = Searcher(roads.router.graph)
    ends = pd.Index(edge_nodes["u"]).union(pd.Index(edge_nodes["v"])).intersection(part.nodes.index)
    out = np.full(len(part.nodes), np.inf)
    if len(ends):
        ms = searcher.nearest(ending_at(roads.grown, roads.numbers(ends)), 1)[0]
        ms = roads.grown.begun(ms)[:, 0]
        out = np.where(ms < 0, np.inf, ms)
    clock(f"{len(kept)} tiles to compare with", f"{len(part.nodes):,} nodes, {len(ends)} on the edge")
    rows = np.flatnonzero(near)
    asked = destinations_of(network, options.kinds)
    cells = proven = wrong = 0
    for kind in list(asked)[:: max(1, options.kinds // 8)]:
        found = pd.read_parquet(options.folder / "nearest" / f"{kind}.parquet").iloc[rows]
        ids = pd.Index(pd.unique(asked[kind]))
        ids = ids[ids.isin(part.nodes.index)]
        seeds = ending_at(roads.grown, roads.numbers(ids))
        ms, which = (roads.grown.begun(each)[:, 0] for each in searcher.nearest(seeds, 1))
        sure = (ms >= 0) & (ms < out) | (ms < 0) & np.isinf(out)
        expected = np.where(ms < 0, np.nan, ms / 60_000).astype("float32")
        same = (found["minutes"].to_numpy() == expected) | np.isnan(expected) & found["minutes"].isna().to_numpy()
        names = np.where(which >= 0, ids.to_numpy()[which] if len(ids) else 0, 0)
        same &= found["nearest"].fillna(0).to_numpy() == names
        cells, proven, wrong = cells + len(rows), proven + int(sure.sum()), wrong + int((sure & ~same).sum())
    clock("compared with scipy", f"{cells:,} cells, {proven:,} of them proven by the edge: {wrong:,} differ")
    return clock.told, {"wrong": wrong}


def of_nodes(turns, ids):
    """Return the turns that lie among these nodes, whole."""
    sizes = turns["nodes"].map(len).to_numpy()
    known = ids.get_indexer(np.concatenate(turns["nodes"].to_list())) >= 0
    first = np.cumsum(sizes) - sizes
    return turns[np.logical_and.reduceat(known, first)].reset_index(drop=True)


STAGES = {"make": make, "prepare": prepare, "nearest": nearest, "check": check}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", type=int, default=73)
    parser.add_argument("--kinds", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true", help="keep the roads and results in --folder")
    parser.add_argument("--stage", choices=STAGES)
    options = parser.parse_args()
    options.osm = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data")) / "osm"
    if options.stage:
        options.roads = options.folder / "tiled.roads"
        told, found = STAGES[options.stage](options)
        (options.folder / f"{options.stage}.json").write_text(json.dumps({"told": told, "peak": peak(), **found}))
        return
    home = options.folder or Path(tempfile.mkdtemp(prefix="twenty_million_"))
    folder = home / "twenty_million"
    folder.mkdir(parents=True)
    try:
        run(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder if options.folder else home)


def run(options, folder):
    """Run the stages one after the other, and print what was asked for and what it took."""
    environment = {**os.environ, "ACCESSMAP_CACHE": str(folder / "cache")}
    # Kernels are compiled once on a machine: a small network has it done before the clock starts.
    warm = [sys.executable, "-c", WARM]
    subprocess.run(warm, check=True, env=environment)
    found = {}
    for stage in STAGES:
        print(f"\n{stage}:", flush=True)
        command = [sys.executable, __file__, "--stage", stage, "--folder", str(folder)]
        command += ["--tiles", str(options.tiles), "--kinds", str(options.kinds)]
        subprocess.run(command, check=True, env=environment)
        found[stage] = json.loads((folder / f"{stage}.json").read_text())
    asked = [told for stage in ("make", "prepare", "nearest") for told in found[stage]["told"][2 * (stage == "make") :]]
    wall, cpu = (sum(told[at] for told in asked) for at in (1, 2))
    most = max(found[stage]["peak"] for stage in ("make", "prepare", "nearest"))
    nodes = found["make"]["nodes"]
    print(f"\n{nodes:,} nodes × {options.kinds} kinds, saved, opened, prepared, opened again and written:")
    print(f"- {wall / 60:.1f} minutes (asked: {ASKED_MINUTES}), {cpu:,.0f} s CPU")
    print(f"- most memory of a process {most:.2f} GB (asked: {ASKED_GB}), {most / nodes * 1e9:,.0f} bytes a node")
    print(f"- {found['check']['wrong']} cells compared with scipy differ")


WARM = """
import numpy as np
from accessmap.roads.engine import Graph, Router, Seeds
at = np.arange(400)
graph = Graph.from_arcs(401, [*at, *at + 1], [*at + 1, *at], np.tile(at + 1, 2), x=np.arange(401.0), y=np.arange(401.0))
router = Router(graph)
router.prepare()
router.nearest(Seeds.at([1, 5]))
"""


if __name__ == "__main__":
    main()
