"""The dossier of a whole region: CPU, memory and megabytes of every stage that `accessmap run` goes through.

    ACCESSMAP_DATA=… python benchmarks/large.py [--of 08,10,51] [--homes 100] [--sure] [--keep FOLDER]

Makes a study of the communes of these départements (Grand Est where not given: 5,100) with so many points of residents
a commune, from france/ of the folder that ACCESSMAP_DATA names, and prints a line a stage. The peak is of the process.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap import studyfile
from accessmap.read.spread import spread_residents
from accessmap.tables.checks import METRIC_CRS

GRAND_EST = "08,10,51,52,54,55,57,67,68,88"
AROUND_METRES = 20_000
#: Kinds of the equipment list that the study keeps, as the list names them.
KINDS = {
    "pharmacy": "Pharmacie",
    "general_practitioner": "Médecin généraliste",
    "emergency": "Urgences",
    "middle_school": "Collège",
    "gendarmerie": "Gendarmerie",
    "cinema": "Cinéma",
}
DESCRIPTION = """\
[study]
title = "{title}"
[communes]
path = "communes.parquet"
[residents]
path = "residents.parquet"
[[services]]
category = "mairie"
path = "mairies.parquet"
[[services]]
path = "counts.parquet"
clip = true
[roads]
nodes = "{france}/tm_france_nodes.csv.gz"
edges = "{france}/tm_france_edges.csv.gz"
clip = true
[dossier]
category = "pharmacy"
formats = ["xlsx", "gpkg"{formats}]
[[scenario]]
name = "Une pharmacie de plus"
[[scenario.step]]
action = "open"
category = "pharmacy"
commune = "{small}"
"""


def territory(data, folder, of, homes, *, sure=False, title="Grand Est", formats=()):
    """Write a study of these départements, with so many points of residents a commune, and return its study.toml."""
    france = data / "france"
    whole = gpd.read_parquet(france / "communes.parquet")
    whole = whole[whole.geometry.notna() & (whole["population"] > 0)].set_index("code").to_crs(METRIC_CRS)
    inside = whole["dep"].isin(of)
    land = whole.geometry[inside].simplify(500).union_all().buffer(AROUND_METRES, quad_segs=2)
    near = whole[whole.intersects(land)]
    near = near.assign(in_territory=near["dep"].isin(of)).astype({"population": "int64"})
    halls = gpd.GeoSeries.from_xy(near["mairie_lon"], near["mairie_lat"], index=near.index, crs=4326).to_crs(METRIC_CRS)
    astray = halls.is_empty | ~halls.within(near.geometry, align=False)
    halls = halls.where(~astray, near.representative_point())
    mairies = gpd.GeoDataFrame({"commune": near.index, "name": "Mairie"}, geometry=halls.to_numpy(), crs=METRIC_CRS)
    mairies.index = pd.Index("mairie-" + near.index, name="service_id")
    points = gpd.GeoDataFrame(geometry=halls)
    here = near[near["in_territory"]]
    spread = [spread_residents(here, points, points=homes), spread_residents(near.drop(index=here.index), points)]
    near.reset_index().to_parquet(folder / "communes.parquet")
    pd.concat(spread).reset_index().to_parquet(folder / "residents.parquet")
    mairies.assign(category="mairie").reset_index().to_parquet(folder / "mairies.parquet")
    counts = pd.read_parquet(france / "bpe_2013_counts.parquet")
    counts[counts["equipment"].isin(KINDS.values())].to_parquet(folder / "counts.parquet")
    without = here.index.difference(counts["depcom"][counts["equipment"] == KINDS["pharmacy"]])
    small = str(here["population"].loc[without].idxmax())  # the largest commune without a pharmacy
    more = "".join(f', "{each}"' for each in formats)
    told = DESCRIPTION.format(title=title, france=france, small=small, formats=more)
    told += "[uncertainty]\n" if sure else ""
    path = folder / "study.toml"
    path.write_text(told, "utf-8")
    return path


def stages(path, out):
    """Yield (stage, seconds of CPU, seconds) of a run, in order."""

    def lap():
        nonlocal cpu, wall
        took = time.process_time() - cpu, time.perf_counter() - wall
        cpu, wall = time.process_time(), time.perf_counter()
        return took

    cpu, wall = time.process_time(), time.perf_counter()
    file = studyfile.read_settings(path)
    found = studyfile.loaded(file, for_dossier=True)
    yield "read", *lap()
    dossier = studyfile.dossier_of(file, found)
    yield "dossier", *lap()
    page = dossier.save(out / "large.html")
    yield "page", *lap()
    if not (out / "large-fiches.html").exists():  # those of a large territory are saved with its page
        dossier.save_sheets(out / "large-fiches.html")
    yield "sheets", *lap()
    studyfile.write_maps(dossier, out, "large")
    yield "map", *lap()
    for kind in file.settings.dossier.formats:
        studyfile.write_tables(dossier, out, "large", formats=[kind])
        yield kind, *lap()
    studyfile.write_record(studyfile.manifest_of(file, dossier, page, folder=out), out / "large.json")
    yield "record", *lap()


def peak():
    """Gigabytes of memory at the peak so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--of", default=GRAND_EST)
    asked.add_argument("--homes", type=int, default=100)
    asked.add_argument("--sure", action="store_true", help="draw worlds: [uncertainty]")
    asked.add_argument("--keep", type=Path, help="leave the study and its files here")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        path = territory(Path(os.environ["ACCESSMAP_DATA"]), folder, given.of.split(","), given.homes, sure=given.sure)
        communes = pd.read_parquet(folder / "communes.parquet", columns=["in_territory"])["in_territory"].sum()
        out = folder / "out"
        out.mkdir(exist_ok=True)
        (out / "large-fiches.html").unlink(missing_ok=True)
        print(f"{communes:,} communes, peak {peak():.2f} GB before")
        whole = np.zeros(2)
        for name, cpu, wall in stages(path, out):
            whole += cpu, wall
            print(f"{name:10} {cpu:8.1f} s of CPU {wall:8.1f} s   peak {peak():5.2f} GB", flush=True)
        print(f"{'in all':10} {whole[0]:8.1f} s of CPU {whole[1]:8.1f} s   peak {peak():5.2f} GB")
        for each in sorted(out.rglob("*")):
            if each.is_file():
                print(f"{each.stat().st_size / 1e6:8.2f} MB  {each.relative_to(out)}")


if __name__ == "__main__":
    main()
