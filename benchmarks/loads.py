"""Peak memory of 200,000 residents × 2,000 sites on Porto's roads, each call in a process of its own.

    python benchmarks/loads.py [--residents 200000] [--sites 2000] [--calls travel_times Study.minutes]

Data: ``ACCESSMAP_DATA``, by default ../shared/data. The peak is that of the whole process (ru_maxrss), with Python, the
libraries and the network in it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

import accessmap as am

ROOT = Path(__file__).resolve().parents[1]
MOST_GB = 3.0


def table(network, count, kind, **columns):
    """Points within 200 m of nodes of the network that are chosen at random."""
    rng = np.random.default_rng(count)
    nodes = network.nodes.iloc[rng.integers(0, len(network.nodes), count)]
    xy = nodes[["lon", "lat"]].to_numpy() + rng.uniform(-0.002, 0.002, (count, 2))
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=4326).to_crs(network.crs)
    index = pd.Index([f"{kind}{number}" for number in range(count)], name=f"{kind}_id")
    return gpd.GeoDataFrame({"commune": "02001", **columns}, geometry=points.to_numpy(), index=index, crs=network.crs)


def work(path, call, residents, sites):
    network = am.RoadNetwork.load(path)
    homes = table(network, residents, "resident", population=1.0)
    places = table(network, sites, "service", name="x", category="pharmacy")
    loaded = peak()
    begin = time.perf_counter()
    if call == "Study.minutes":
        zone = {"name": ["Porto"], "population": [float(residents)], "epci": ["1"], "in_territory": [True]}
        communes = gpd.GeoDataFrame(
            zone, geometry=[box(*homes.total_bounds)], index=pd.Index(["02001"], name="code"), crs=homes.crs
        )
        study = am.Study(communes, homes, places, network)
        minutes = study.minutes()
        again = study.minutes()
        assert again.equals(minutes)
    else:
        minutes = am.travel_times(homes, places, network)
    return {
        "seconds": time.perf_counter() - begin,
        "before": loaded,
        "peak": peak(),
        "minutes": minutes.size * 4 / 1e9,
        "reached": float(minutes.iloc[::100].notna().to_numpy().mean()),
    }


def peak():
    """Return the most that this process has held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--residents", type=int, default=200_000)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--calls", nargs="+", default=["travel_times", "Study.minutes"])
    parser.add_argument("--worker")
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(work(*json.loads(options.worker))))
        return
    folder = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data"))
    with tempfile.TemporaryDirectory() as kept:
        path = am.RoadNetwork.from_osm(folder / "osm" / "porto.osm.pbf").save(Path(kept, "porto.zip"))
        for call in options.calls:
            task = json.dumps([str(path), call, options.residents, options.sites])
            done = subprocess.run([sys.executable, __file__, "--worker", task], capture_output=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{call}: {options.residents:,} × {options.sites:,} ({found['minutes']:.2f} GB of minutes, "
                f"{found['reached']:.1%} reached) in {found['seconds']:.1f} s; peak {found['peak']:.2f} GB "
                f"({found['before']:.2f} before the call); {'within' if found['peak'] <= MOST_GB else 'BEYOND'} "
                f"{MOST_GB:g} GB",
                flush=True,
            )


if __name__ == "__main__":
    main()
