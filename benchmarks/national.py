"""All of France: every kind of the equipment list from every commune, and six kinds beside the minutes published.

    ACCESSMAP_DATA=… python benchmarks/national.py [--out FOLDER] [--workers N] [--six] [--growth]

Reads france/ and opendata/ of the folder that ACCESSMAP_DATA names (data/README says which files) and prints time and
memory, then for each kind and département the mean of the people beside the published one, and the errors of a half of
the départements drawn by a seed (`TRAINING`) beside those of the other. Chosen on these six kinds: that services
known by their count are spread by the law of the people (`accessmap.read.counts.service_places`). None is of a kind.
With --six those kinds alone are computed, which takes a minute.

With --growth only the growth from 1 to 96 départements is printed: seconds and memory by 1,000 places where people are.
"""

import argparse
import os
import resource
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from aisne import PUBLISHED
from departements import EQUIPMENT

import accessmap as am
from accessmap.studyfile.loading import loaded
from accessmap.studyfile.reading import read_settings
from accessmap.tables.departments import department

#: The list of 2022 has these whole; that of 2013 has no France services.
FRANCE_SERVICES = ("02", "08", "60", "80")
#: No published time is below a minute: the first decile of pharmacies is 1 nearly everywhere.
LEAST = 1.0

DESCRIPTION = """\
[study]
title = "France"
[communes]
path = "{france}/communes.parquet"
[[services]]
category = "mairie"
path = "{france}/communes.parquet"
clip = true
[[services]]
path = "{counts}"
clip = true
[[services]]
path = "{france_services}"
clip = true
[residents]
modelled = true
[roads]
nodes = "{france}/tm_france_nodes.csv.gz"
edges = "{france}/tm_france_edges.csv.gz"
"""


#: The draw of a half of the published départements: what is tried is tried on these.
TRAINING = 17


def description(data, folder, *, six=False):
    """The national.toml of these data, written to a folder; `six` keeps the kinds whose minutes are published.

    France services on tour count where they are listed, as INSEE's "implantations" do: to a study a bus is no site.
    """
    listed = pd.read_csv(data / "opendata" / "france_services_2022-12.csv", sep=",", dtype=str)
    listed.drop(columns="itinerance").to_csv(folder / "france_services.csv", index=False)
    counts = data / "france" / "bpe_2013_counts.parquet"
    if six:
        table = pd.read_parquet(counts)
        counts = folder / counts.name
        table[table["equipment"].isin(EQUIPMENT.values())].to_parquet(counts)
    told = {"france": data / "france", "counts": counts, "france_services": folder / "france_services.csv"}
    path = folder / "national.toml"
    path.write_text(DESCRIPTION.format(**told), "utf-8")
    return path


def means(out, kinds):
    """Minutes to the nearest of each kind of the people of each département and of France, none below a minute."""
    cells = pd.read_parquet(out / "cells", columns=["population", "territory", *kinds])
    rows = {}
    for kind in kinds:
        minutes = cells[kind].clip(lower=LEAST)
        known = cells[minutes.notna() & (cells["population"] > 0)].assign(minutes=minutes)
        weighted = known["minutes"] * known["population"]
        by = known["territory"].astype(str)
        rows[kind] = weighted.groupby(by).sum() / known["population"].groupby(by).sum()
        rows[kind]["FR"] = weighted.sum() / known["population"].sum()
    return pd.DataFrame(rows)


def compared(out, data):
    """One row a kind and département: published and ours."""
    table = pd.read_csv(data / "france" / "access_minutes_2023.csv", dtype={"dep": str})
    table = table.assign(kind=table["Libelle_TYPEQU"].map(PUBLISHED))
    ours = means(out, list(PUBLISHED.values()))
    table["ours"] = [ours[kind].get(dep) for kind, dep in zip(table["kind"], table["dep"], strict=True)]
    known = (table["kind"] != "france_services") | table["dep"].isin(FRANCE_SERVICES)
    return table.loc[known, ["kind", "dep", "moyenne", "ours"]].rename(columns={"moyenne": "published"})


def told(table):
    """Print errors and correlations, of all, by kind, and the départements furthest off."""
    error = table["ours"] - table["published"]
    print(f"all: mean absolute error {error.abs().mean():.2f} min, r {table['ours'].corr(table['published']):.3f}")
    codes = sorted(set(table["dep"]) - {"FR"})
    drawn = np.random.default_rng(TRAINING).choice(codes, len(codes) // 2, replace=False)
    for name, some in (("training", table["dep"].isin(drawn)), ("untouched", ~table["dep"].isin([*drawn, "FR"]))):
        by_kind = error[some].abs().groupby(table["kind"][some], sort=False).mean().round(2).to_dict()
        r = table["ours"][some].corr(table["published"][some])
        print(f"  {name}: error {error[some].abs().mean():.2f} min, r {r:.3f}; {by_kind}")
    for kind, part in table.groupby("kind", sort=False):
        off = part["ours"] - part["published"]
        dep = part[part["dep"] != "FR"]
        france = part.loc[part["dep"] == "FR"]
        whole = "" if france.empty else f"; France {france['ours'].item():.1f} for {france['published'].item():.1f}"
        r = dep["ours"].corr(dep["published"])
        print(f"  {kind:16} error {off.abs().mean():.2f}, too long by {off.mean():+.2f}, r {r:.2f}{whole}")
    worst = table.assign(off=error).reindex(error.abs().sort_values(ascending=False).index).head(8)
    print("furthest off:")
    print(worst.round(1).to_string(index=False))


def growth(data, folder, workers):
    """Print time and memory of ever more départements, those with the fewest communes and the most by turns."""
    study = loaded(read_settings(description(data, folder)), country=True).study
    code = pd.Series([department(commune) for commune in study.communes.index], study.communes.index)
    size = code.value_counts()[lambda n: n > 1].sort_values()
    turns = [each for pair in zip(size.index[::-1], size.index, strict=True) for each in pair]
    order = list(dict.fromkeys(turns))
    print("départements  places  seconds  s a 1,000 places  peak of the largest process, GB")
    for n in (1, 2, 6, 24, len(order)):
        some = study.about(code.index[code.isin(order[:n])], title=f"{n}")
        started = time.perf_counter()
        am.national(some, folder / f"growth-{n}", workers=workers)
        seconds = time.perf_counter() - started
        places = int(some.inside.sum())
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6
        print(f"{n:12} {places:7} {seconds:8.1f} {seconds / places * 1000:17.2f} {peak:19.2f}")


class Watched(threading.Thread):
    """Looks at the workers, and keeps the most memory that one has had, kB: `ru_maxrss` counts what its parent had."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop, self.peak = threading.Event(), 0

    def run(self):
        while not self.stop.wait(0.5):
            pids = " ".join(each.read_text() for each in Path("/proc/self/task").glob("*/children")).split()
            for pid in pids:
                with suppress(OSError):
                    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                    held = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
                    self.peak = max([self.peak, *held])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--six", action="store_true", help="the six published kinds alone")
    parser.add_argument("--growth", action="store_true")
    asked = parser.parse_args()
    data = Path(os.environ["ACCESSMAP_DATA"])
    with tempfile.TemporaryDirectory() as folder:
        if asked.growth:
            growth(data, Path(folder), asked.workers)
            return
        out = asked.out or Path(folder, "national")
        started, watched = time.perf_counter(), Watched()
        watched.start()
        parts = am.national(description(data, Path(folder), six=asked.six), out, workers=asked.workers, progress=True)
        seconds = time.perf_counter() - started
        print(parts["state"].value_counts().to_dict(), parts.loc[parts["error"] != "", "error"].to_dict())
        watched.stop.set()
        own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        cpu = sum(each.ru_utime + each.ru_stime for each in (own, others))
        size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
        peaks = f"peak {own.ru_maxrss / 1e6:.2f} GB here, {watched.peak / 1e6:.2f} GB the largest worker"
        print(f"{seconds:.0f} s ({cpu:.0f} s of computing), {peaks}, {size / 1e6:.0f} MB written")
        told(compared(out, data))


if __name__ == "__main__":
    main()
