"""How far times by car, by bike and on foot are from those of two independent engines, OSRM and Valhalla.

    python benchmarks/accuracy.py --engines-python PATH [--modes car,bike,walk] [--half check] [--worst 0]
                                  [--data FOLDER] [--pairs 2000] [--cache FOLDER] [FILE …]

Both engines ship wheels for Python 3.12 and later (`pip install pyvalhalla osrm-bindings osmium`); PATH is the python
of an environment that has them. They build their own data from the same OpenStreetMap file (OSRM with the car, bicycle
and foot profiles of its wheel, Valhalla with its defaults but borders without checks) and answer the same pairs: nodes
of the streets that people set out from, drawn from the file itself with seed 1, at distances at which people travel so
(`MODES`), but for those on streets whose own tags bar the mode. Half of the pairs serve to fit constants, the other
half to check them: what is asked is asked of the check half alone. What is compared with both is the geometric mean of
their seconds. Times of the engines are kept in the cache folder.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Mode(NamedTuple):
    """What both engines call a mode, at which straight distances pairs are drawn, and what is asked of it."""

    profile: str  # of OSRM
    costing: str  # of Valhalla
    kilometres: tuple[float, float]
    median: tuple[float, float]  # bounds of the median ratio to the geometric mean of both engines
    correlation: float  # with each engine, at least
    error: float  # mean error against the geometric mean, less than


# French trips (Enquête mobilité des personnes 2019): on foot 1 km on average, by bike 3.5 km.
MODES = {
    "car": Mode("car", "auto", (0.5, 1000.0), (0.92, 1.08), 0.985, 0.10),
    "bike": Mode("bicycle", "bicycle", (0.5, 10.0), (0.9, 1.1), 0.98, 1.0),
    "walk": Mode("foot", "pedestrian", (0.3, 3.0), (0.9, 1.1), 0.98, 1.0),
}
# Where the engines differ so much from each other, no time can be near both: then ours are asked to be no further
# from them than they are from each other.
AGREED = 0.985
NETWORKS = ("porto.osm.pbf", "liechtenstein.osm.pbf", "north-bayreuth.osm.gz", "porto_alegre.osm.pbf")
# Streets that trips set out from: on these both engines, and we, let everybody set out.
STREETS = {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street"}
# Where a tag of the street itself bars a mode, an engine answers for another road near by, even for a motorway.
BARRED = {"no", "agricultural", "forestry", "bus", "psv"}
ACCESS = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "walk": ("foot", "access"),
}
SNAPPED_METRES = 20  # further from the node than this, an engine answers for another place


def engine_times(pairs_path: str, mode: str, folder: str) -> None:
    """Part run by the engines' Python: writes seconds.csv (OSRM, Valhalla; empty where there is no route)."""
    import osrm
    import valhalla

    home = Path(folder)
    source = home.parent / "network.osm.pbf"
    osrm_home, valhalla_home = Path(osrm.__file__).parent, Path(valhalla.__file__).parent
    base, config_file = home / "network.osrm", home.parent / "valhalla.json"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if not (home / "network.osrm.hsgr").exists():
        profile = osrm_home / "share" / "profiles" / f"{MODES[mode].profile}.lua"
        (home / "network.osm.pbf").unlink(missing_ok=True)
        (home / "network.osm.pbf").symlink_to(source)
        subprocess.run([osrm_home / "bin" / "osrm-extract", "-p", profile, home / "network.osm.pbf"], **quiet)
        subprocess.run([osrm_home / "bin" / "osrm-contract", base], **quiet)
    if not config_file.exists():
        (home.parent / "tiles").mkdir(exist_ok=True)
        config = json.dumps(valhalla.get_config(tile_extract="", tile_dir=str(home.parent / "tiles")))
        (home.parent / "building.json").write_text(config)
        build = valhalla_home / "bin" / "valhalla_build_tiles"
        subprocess.run([build, "-c", home.parent / "building.json", source], **quiet)
        (home.parent / "building.json").rename(config_file)
    router = osrm.OSRM(storage_config=str(base), algorithm="CH", use_shared_memory=False)
    actor = valhalla.Actor(str(config_file))
    with open(pairs_path, newline="") as stream:
        pairs = [tuple(map(float, row)) for row in csv.reader(stream)]
    rows = [(_osrm_seconds(osrm, router, *pair), _valhalla_seconds(actor, MODES[mode], *pair)) for pair in pairs]
    with open(home / "seconds.csv", "w", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _osrm_seconds(osrm, router, lon, lat, lon_to, lat_to):
    try:
        answer = router.Route(osrm.RouteParameters(coordinates=[(lon, lat), (lon_to, lat_to)], overview="false"))
        snapped = max(point["distance"] for point in answer["waypoints"])
        return answer["routes"][0]["duration"] if snapped < SNAPPED_METRES else ""
    except RuntimeError:
        return ""


def _valhalla_seconds(actor, mode, lon, lat, lon_to, lat_to):
    request = {
        "locations": [{"lon": lon, "lat": lat}, {"lon": lon_to, "lat": lat_to}],
        "costing": mode.costing,
        # By default a border takes 10 minutes of checks, which Liechtenstein, Austria and Switzerland do not hold.
        "costing_options": {mode.costing: {"country_crossing_cost": 0}},
        "directions_type": "none",
    }
    try:
        return actor.route(request)["trip"]["summary"]["time"]
    except RuntimeError:
        return ""


def random_pairs(path, mode, count, seed=1):
    """Longitude and latitude of origins and destinations, (count, 4): nodes of the file's streets, in random order."""
    import numpy as np
    import osmium

    found = set()
    for way in osmium.FileProcessor(str(path)).with_locations():
        if way.is_way() and way.tags.get("highway") in STREETS:
            found.update((node.lon, node.lat) for node in way.nodes if node.location.valid())
    places = np.array(sorted(found))
    low, high = MODES[mode].kilometres
    draws = np.random.default_rng(seed)
    chosen = np.empty((0, 4))
    while len(chosen) < count:
        pairs = places[draws.integers(0, len(places), (100 * count, 2))].reshape(-1, 4)
        east = (pairs[:, 2] - pairs[:, 0]) * np.cos(np.radians(pairs[:, 1]))
        kilometres = 111.2 * np.hypot(east, pairs[:, 3] - pairs[:, 1])
        chosen = np.vstack([chosen, pairs[(low <= kilometres) & (kilometres <= high)]])
    return chosen[:count].round(7)


def barred_pairs(path, mode, ends):
    """Whether an end of each pair lies on no street but such as are barred to the mode."""
    import numpy as np
    import osmium

    open_ = set()
    for way in osmium.FileProcessor(str(path)).with_locations():
        if way.is_way() and way.tags.get("highway") in STREETS:
            told = next((way.tags[key] for key in ACCESS[mode] if key in way.tags), "yes")
            if not BARRED.issuperset(told.split(";")):
                open_.update((round(node.lon, 7), round(node.lat, 7)) for node in way.nodes if node.location.valid())
    return np.array([(x, y) not in open_ or (x2, y2) not in open_ for x, y, x2, y2 in ends.tolist()])


def our_seconds(network, ends):
    """Seconds of each pair by accessmap, from node to node.

    How places join the roads near them is another matter: only where the node is closed to the mode, or cut off from
    the other, is the place asked for instead, as both engines do with it.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    at = pd.Series(network.nodes.index, index=pd.MultiIndex.from_frame(network.nodes[["lon", "lat"]].round(7)))
    at = at[~at.index.duplicated()]
    start, end = (at.reindex(pd.MultiIndex.from_arrays(ends[:, side : side + 2].T)).to_numpy() for side in (0, 2))
    found = np.full(len(ends), np.nan)
    for part in _parts(pd.notna(start) & pd.notna(end)):
        found[part] = np.diag(network.matrix(start[part], end[part])) * 60
    for part in _parts(np.isnan(found)):
        places = [gpd.GeoSeries(gpd.points_from_xy(*ends[part, side : side + 2].T), crs=4326) for side in (0, 2)]
        found[part] = np.diag(network.travel_minutes(*places)) * 60
    return found


def _parts(chosen):
    """Positions of what is chosen, some 500 at a time."""
    import numpy as np

    at = np.flatnonzero(chosen)
    return np.array_split(at, -(-len(at) // 500)) if len(at) else []


def as_pbf(source, target):
    """The file as .osm.pbf, which both engines read."""
    import osmium

    if not target.exists():
        with osmium.SimpleWriter(str(target)) as writer:
            for thing in osmium.FileProcessor(str(source)):
                writer.add(thing)


def reference_seconds(path, mode, ends, python, folder):
    """Seconds of OSRM and Valhalla for the pairs (NaN where none), from the cache if they were asked before."""
    import numpy as np
    import pandas as pd

    home = folder / mode
    home.mkdir(parents=True, exist_ok=True)
    wanted = "\n".join(",".join(f"{x:.7f}" for x in row) for row in ends)
    pairs_file, answer = home / "pairs.csv", home / "seconds.csv"
    if not (answer.exists() and pairs_file.exists() and pairs_file.read_text() == wanted):
        answer.unlink(missing_ok=True)
        pairs_file.write_text(wanted)
        as_pbf(path, folder / "network.osm.pbf")
        subprocess.run([python, __file__, "--engine-times", str(pairs_file), mode, str(home)], check=True)
    return pd.read_csv(answer, header=None, names=["OSRM", "Valhalla"], dtype=np.float64)


def compared(ours, both, mode):
    """What is said of one network and mode, and what is not as asked."""
    import numpy as np

    asked = MODES[mode]
    both = both.where((both > 0).all(axis=1))
    routed = both.notna().all(axis=1).to_numpy()
    known = routed & np.isfinite(ours) & (ours > 0)
    mine, osrm, valhalla = ours[known], *both.to_numpy()[known].T
    middle = np.sqrt(osrm * valhalla)

    def alike(a, b):
        return float(np.corrcoef(a, b)[0, 1])

    row = {
        "pairs": int(known.sum()),
        "unrouted": int((routed & ~known).sum()),
        "minutes": float(np.median(middle)) / 60,
        "ratio": float(np.median(mine / middle)),
        "to OSRM": float(np.median(mine / osrm)),
        "to Valhalla": float(np.median(mine / valhalla)),
        "r OSRM": alike(mine, osrm),
        "r Valhalla": alike(mine, valhalla),
        "r engines": alike(osrm, valhalla),
        "error": float((np.abs(mine - middle) / middle).mean()),
        "ninth": float(np.quantile(np.abs(mine - middle) / middle, 0.9)),
        "engines differ": float((np.abs(valhalla - osrm) / middle).mean()),
    }
    agreed = row["r engines"] >= AGREED
    least = asked.correlation if agreed else min(asked.correlation, row["r engines"])
    failed = []
    if not asked.median[0] <= row["ratio"] <= asked.median[1]:
        failed.append("ratio")
    failed += [name for name in ("r OSRM", "r Valhalla") if row[name] < least]
    if row["error"] >= (asked.error if agreed else max(asked.error, row["engines differ"])):
        failed.append("error")
    return row, failed


def worst_pairs(ends, ours, both, count):
    """The pairs whose minutes differ most from both engines' mean, in proportion."""
    import numpy as np
    import pandas as pd

    table = pd.DataFrame(ends, columns=["lon", "lat", "lon to", "lat to"])
    table = table.assign(ours=ours / 60, OSRM=both["OSRM"].to_numpy() / 60, Valhalla=both["Valhalla"].to_numpy() / 60)
    table["ratio"] = table["ours"] / np.sqrt(table["OSRM"] * table["Valhalla"])
    table = table[np.isfinite(table["ratio"]) & (table["ratio"] > 0)]
    return table.loc[np.log(table["ratio"]).abs().sort_values(ascending=False).index].head(count)


def main() -> int:
    if sys.argv[1:2] == ["--engine-times"]:
        engine_times(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "networks", nargs="*", metavar="FILE", help=f"files, or names in the data folder; {', '.join(NETWORKS)}"
    )
    parser.add_argument(
        "--engines-python", required=True, help="python of an environment with pyvalhalla and osrm-bindings"
    )
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--half", choices=["fit", "check"], default="check", help="which half of the pairs is told")
    parser.add_argument("--worst", type=int, default=0, help="tell so many of the worst pairs of each")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("ACCESSMAP_DATA", Path(__file__).parents[2] / "shared" / "data")),
    )
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "accessmap-accuracy")
    args = parser.parse_args()
    import pandas as pd

    from accessmap import RoadNetwork

    rows, worst = [], []
    for mode in args.modes.split(","):
        for name in args.networks or NETWORKS:
            path = Path(name) if Path(name).exists() else args.data / "osm" / name
            short = path.name.split(".")[0]
            ends = random_pairs(path, mode, args.pairs)
            both = reference_seconds(path, mode, ends, args.engines_python, args.cache / short)
            half = slice(0, args.pairs // 2) if args.half == "fit" else slice(args.pairs // 2, None)
            ends, both = ends[half], both.iloc[half].reset_index(drop=True)
            asked = ~barred_pairs(path, mode, ends)
            ends, both = ends[asked], both[asked].reset_index(drop=True)
            ours = our_seconds(RoadNetwork.from_osm(path, mode=mode), ends)
            row, failed = compared(ours, both, mode)
            rows.append({"mode": mode, "network": short, **row, "asked": ", ".join(failed) or "ok"})
            worst.append((f"{mode}, {short}", worst_pairs(ends, ours, both, args.worst)))
    table = pd.DataFrame(rows)
    for column in ("error", "ninth", "engines differ"):
        table[column] = [f"{share:.1%}" for share in table[column]]
    figures = {column: "{:.4f}".format for column in table if column.startswith("r ")}
    print(table.to_string(index=False, float_format="{:.3f}".format, formatters=figures))
    if args.worst:
        for title, pairs in worst:
            print(f"\n{title}: the {len(pairs)} pairs whose minutes differ most")
            degrees = dict.fromkeys(pairs.columns[:4], "{:.6f}".format)
            print(pairs.to_string(index=False, formatters=degrees, float_format="{:.2f}".format))
    return int((table["asked"] != "ok").any())


if __name__ == "__main__":
    sys.exit(main())
