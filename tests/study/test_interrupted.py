"""Ctrl-C ends long calls soon, and a bar is shown while they work where it is asked for."""

import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from processes import started

BEGIN = """
import sys
import geopandas as gpd, numpy as np, pandas as pd
import accessmap as am
side = np.arange(100)
x, y = (axis.ravel() for axis in np.meshgrid(side, side))
nodes = pd.DataFrame({"lon": 3.0 + 0.002 * x, "lat": 49.5 + 0.002 * y})
number = np.arange(10_000).reshape(100, 100)
ends = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
u, v = (np.concatenate([pair[end].ravel() for pair in ends]) for end in (0, 1))
roads = am.RoadNetwork.from_edges(nodes, pd.DataFrame({"u": u, "v": v, "minutes": 0.2}), directed=False)

def table(kind, count, **columns):
    places = np.random.default_rng(count).random((count, 2)) * 0.198 + (3.0, 49.5)
    points = gpd.GeoSeries(gpd.points_from_xy(*places.T), crs=4326).to_crs(2154)
    index = pd.Index([f"{kind}{i}" for i in range(count)], name=f"{kind}_id")
    return gpd.GeoDataFrame(columns, geometry=points.to_numpy(), index=index, crs=2154)

homes = table("resident", 60_000, commune="02001", population=1.0)
sites = table("service", 1_000, commune="02001", name="x", category="pharmacy")
minutes = pd.DataFrame(np.random.default_rng(0).random((3000, 300)) * 60, homes.index[:3000], sites.index[:300])
people = pd.Series(1.0, index=minutes.index)
chosen = dict(existing=sites.index[:2], time_limit=60, progress=True)
print("ready", flush=True)
while True:
"""
CALLS = {
    "travel_times": "am.travel_times(homes, sites, roads, progress=True)",
    "nearest_times": "am.nearest_times(homes, sites, roads, k=20, progress=True)",
    "isochrones": "am.isochrones(roads, sites.geometry, [10, 20], progress=True)",
    "p_median": "am.siting.p_median(minutes, people, p=20, **chosen)",
    "mean_and_worst": "am.siting.mean_and_worst(minutes, people, 20, **chosen)",
    "fetch": "am.RoadNetwork.fetch((3.1, 49.5, 3.2, 49.6), cache='{folder}', endpoint='{silent}', progress=True)",
    "from_osm": "am.RoadNetwork.from_osm('{data}/osm/porto.osm.pbf', progress=True)",
    "Dossier.of": "am.Dossier.of(am.load_sample(), category='hospital', progress=True)",
}
#: Where the tables above are not asked for.
NO_TABLES = """
import accessmap as am
print("ready", flush=True)
while True:
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_ends_a_long_call_within_two_seconds(call, tmp_path, data_folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes what is asked, and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        asked = CALLS[call].format(folder=tmp_path, silent=address, data=data_folder)
        begin = BEGIN if {"homes", "minutes", "sites"} & set(re.findall(r"\w+", asked)) else NO_TABLES
        interrupted(f"{begin}    {asked}")


def interrupted(program):
    with started(sys.executable, "-c", program) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        time.sleep(1.5)
        assert job.poll() is None
        for _ in range(3):  # Python drops a signal that comes while it deletes an object: one presses again
            job.send_signal(signal.SIGINT)
            asked = time.perf_counter()
            with suppress(subprocess.TimeoutExpired):
                job.wait(timeout=15)
                break
        _, errors = job.communicate(timeout=30)
        took = time.perf_counter() - asked
    assert job.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert took < 2
