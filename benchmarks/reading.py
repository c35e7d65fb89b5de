"""Time and memory of reading and opening roads: Porto from OpenStreetMap, and a million nodes saved.

    python benchmarks/reading.py [--against ../other/src] [--mode car] [--tiles 4]

Data: ``ACCESSMAP_DATA``, by default ../shared/data. Each reading runs in a process of its own, after a small file has
warmed it up; seconds are those of the processor, in all threads. The peak is that of the resident memory, less what was
held before and what the tables themselves take. `--against` measures another source tree in the same run. The tiles lie
side by side, a degree apart.
"""

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
NODES = 347_944  # in Porto's file
ID_STEP = 10**12


def held(key):
    """Return bytes of resident memory: now (VmRSS), or at most since it was reset (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def reading(osm, mode):
    """Read Porto, and print seconds of the processor and bytes at the peak above the result."""
    from accessmap.roads.readers.osm import read_osm

    read_osm(osm / "porto_alegre.osm.pbf", mode=mode)
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = held("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    begin = time.process_time()
    roads = read_osm(osm / "porto.osm.pbf", mode=mode)
    seconds = time.process_time() - begin
    tables = [table for table in (roads.nodes, roads.edges, roads.turns, roads.turn_costs) if table is not None]
    result = sum(int(table.memory_usage(deep=True).sum()) for table in tables)
    print(json.dumps({"us": seconds / NODES * 1e6, "bytes": (held("VmHWM") - before - result) / NODES}))


def tiled(network, tiles):
    """Return a network as many times, side by side."""
    import accessmap as am

    def of(table, tile):
        def ids(column):
            return column + np.where(column > 0, tile * ID_STEP, -tile * ID_STEP)

        if table is network.nodes:
            return table.assign(lon=table["lon"] + tile).set_axis(ids(table.index.to_numpy()))
        if table is network.edges:
            return table.assign(u=ids(table["u"].to_numpy()), v=ids(table["v"].to_numpy()))
        return table.assign(nodes=[ids(np.array(nodes)).tolist() for nodes in table["nodes"]])

    nodes, edges, turns, costs = (
        None if table is None else pd.concat([of(table, tile) for tile in range(tiles)])
        for table in (network.nodes, network.edges, network.turns, network.turn_costs)
    )
    edges, turns, costs = (None if each is None else each.reset_index(drop=True) for each in (edges, turns, costs))
    return am.RoadNetwork(nodes, edges, turns=turns, turn_costs=costs, provenance=network.provenance)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path)
    parser.add_argument("--mode", default="car")
    parser.add_argument("--tiles", type=int, default=4)
    parser.add_argument("--worker", action="store_true")
    options = parser.parse_args()
    osm = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data")) / "osm"
    if options.worker:
        reading(osm, options.mode)
        return
    for source in filter(None, (options.against, ROOT / "src")):
        command = [sys.executable, __file__, "--worker", "--mode", options.mode]
        environment = {**os.environ, "PYTHONPATH": str(source.resolve())}
        done = subprocess.run(command, capture_output=True, check=True, env=environment)
        found = json.loads(done.stdout.splitlines()[-1])
        told = f"{found['us']:.1f} µs and {found['bytes']:.0f} bytes above the result a node of the file"
        print(f"from_osm, {options.mode}, {'another tree' if source == options.against else 'this one'}: {told}")
    if not options.tiles:
        return
    import accessmap as am

    network = tiled(am.RoadNetwork.from_osm(osm / "porto.osm.pbf", mode=options.mode), options.tiles)
    with tempfile.TemporaryDirectory() as folder:
        path = network.save(Path(folder, "tiled.roads"))
        seconds = []
        for _ in range(5):
            begin = time.perf_counter(), time.process_time()
            am.RoadNetwork.load(path)
            seconds.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
        wall, processor = (min(each) for each in zip(*seconds, strict=True))
        size = f"{len(network.nodes):,} nodes and {len(network.edges):,} edges, {path.stat().st_size / 1e6:.0f} MB"
        print(f"load of {size}: {wall:.2f} s, {processor:.2f} of the processor (the best of 5)")


if __name__ == "__main__":
    main()
