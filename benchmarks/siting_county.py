"""Siting at the size of a county: python benchmarks/siting_county.py [points] [seconds].

The census cells of the Aisne split to 10,000 points, its mairies the candidates, real roads: p-median and coverage,
with the greedy heuristic, exchange from it (Teitz & Bart 1968) and spopt (the textbook model, the same HiGHS) beside in
one run. Prints seconds of the clock and of the processor, the gap, objectives and seconds of the others over ours, the
most memory so far, and how long after its time limit a search stopped; where spopt has no answer in two minutes, that.
Reads the folder that ACCESSMAP_DATA names.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from aisne import aisne_study

from accessmap import siting

CUTOFF = 10.0  # minutes
PATIENCE = 120  # seconds that spopt is given
LARGE = 250_000  # pairs beyond which the textbook p-median takes many minutes


def county(points: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return minutes from so many points of the Aisne to its mairies, and people; the fullest cells are in four."""
    study = aisne_study(Path(os.environ["ACCESSMAP_DATA"]) / "pays-chaunois")
    homes = study.residents[study.residents["commune"].str.startswith("02")]
    homes = homes.sort_values("population", ascending=False)
    parts = np.ones(len(homes), int)
    while parts.sum() < points and (parts < 4).any():
        parts[: max(1, points - int(parts.sum()))][parts[: max(1, points - int(parts.sum()))] < 4] += 1
    which = np.repeat(np.arange(len(homes)), parts)[:points]
    corner = np.concatenate([np.arange(each) for each in parts])[:points]
    x = homes.geometry.x.to_numpy()[which] + np.array([-250, 250, -250, 250])[corner]
    y = homes.geometry.y.to_numpy()[which] + np.array([-250, -250, 250, 250])[corner]
    people = homes["population"].to_numpy("float64")[which] / parts[which]
    halls = study.sites("mairie")
    halls = halls[halls["commune"].str.startswith("02")]
    ids = [f"r{number}" for number in range(len(which))]
    minutes = study.network.travel_minutes(gpd.GeoSeries.from_xy(x, y, crs=homes.crs), halls.geometry)
    times = pd.DataFrame(minutes, ids, halls.index)
    reached = times.notna().all(axis=1)
    return times[reached], pd.Series(people, ids)[reached]


def heuristic(minutes: np.ndarray, people: np.ndarray, p: int, seconds: float) -> tuple[float, float]:
    """Return person-minutes of the greedy choice, and of exchanges of one site until none helps or time is up."""
    chosen: list[int] = []
    now = np.full(len(minutes), np.inf)
    for _ in range(p):
        chosen.append(int((people @ np.minimum(minutes, now[:, None])).argmin()))
        now = np.minimum(now, minutes[:, chosen[-1]])
    greedy, until, better = float(people @ now), time.perf_counter() + seconds, True
    while better and time.perf_counter() < until:
        better = False
        for place in range(p):
            rest = minutes[:, [site for site in chosen if site != chosen[place]]].min(axis=1)
            totals = people @ np.minimum(minutes, rest[:, None])
            if totals.min() < people @ minutes[:, chosen].min(axis=1) * (1 - 1e-9):
                chosen[place], better = int(totals.argmin()), True
    return greedy, float(people @ minutes[:, chosen].min(axis=1))


def spopt(kind: str, times: pd.DataFrame, people: pd.Series, p: int) -> tuple[float, float] | None:
    """Return objective and seconds of spopt with HiGHS, model included; None where it is not there, or too large."""
    try:
        import pulp
        from spopt.locate import MCLP, PMedian
    except ImportError:
        return None
    if kind == "p-median" and times.size > LARGE:
        return None
    started, minutes = time.perf_counter(), times.to_numpy("float64")
    solver = pulp.HiGHS(msg=False, timeLimit=PATIENCE)
    try:
        if kind == "p-median":
            model = PMedian.from_cost_matrix(minutes, people.to_numpy(), p).solve(solver)
        else:
            model = MCLP.from_cost_matrix(minutes, people.to_numpy(), CUTOFF, p_facilities=p).solve(solver)
    except RuntimeError:  # not solved in that time
        return float("nan"), time.perf_counter() - started
    return float(pulp.value(model.problem.objective)), time.perf_counter() - started


def row(kind: str, times: pd.DataFrame, people: pd.Series, p: int, limit: float) -> dict[str, Any]:
    """Return one line: ours, and the others as ratios to ours."""
    asked: Callable[[], siting.Siting] = {
        "p-median": lambda: siting.p_median(times, people, p, time_limit=limit),
        "coverage": lambda: siting.max_coverage(times, people, p, cutoff=CUTOFF, time_limit=limit),
    }[kind]
    clock, processor = time.perf_counter(), time.process_time()
    plan = asked()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    found = {
        "question": f"{kind} {times.shape[0]}x{times.shape[1]}", "p": p, "gap": f"{plan.gap:.1e}",
        "seconds": round(clock, 1), "processor": round(processor, 1), "after_limit": round(max(0.0, clock - limit), 1),
        "GB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
    }  # fmt: skip
    if kind == "p-median":
        greedy, exchanged = heuristic(times.to_numpy("float64"), people.to_numpy(), p, limit)
        found |= {
            "greedy/ours": round(greedy / plan.objective, 4),
            "exchange/ours": round(exchanged / plan.objective, 4),
        }
    other = spopt(kind, times, people, p)
    if other is not None:
        solved = round(other[0] / plan.objective, 5) if other[0] == other[0] else f"not solved in {PATIENCE} s"
        found |= {"spopt/ours": solved, "spopt_seconds/ours": round(other[1] / clock, 1)}
    return found | {"load": round(os.getloadavg()[0], 1)}


def main() -> None:
    points, limit = (int(sys.argv[1]) if len(sys.argv) > 1 else 10_000), float(sys.argv[2] if len(sys.argv) > 2 else 60)
    times, people = county(points)
    few = times.index[:: max(1, len(times) // 250)]
    asked = [("p-median", times, p) for p in (5, 10, 20)] + [("p-median", times.loc[few], 20)]
    asked += [("coverage", times, 20), ("coverage", times.loc[few], 20)]
    for kind, table, p in asked:
        print(row(kind, table, people[table.index], p, limit), flush=True)
    print(row("p-median", times, people, 20, 4.0))  # stop at the time limit means at the limit


if __name__ == "__main__":
    main()
