"""Seconds and memory of each measure on 10,000 residents × 500 services: python benchmarks/measures.py."""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from accessmap import decay, imbalance
from accessmap.measures.apl import apl
from accessmap.measures.baskets import basket
from accessmap.measures.floating import balanced_fca, balancing_cost, spatial_availability, three_step_fca, two_step_fca
from accessmap.measures.minutes import by_commune, coverage, gravity, median_opportunities, nearest, opportunities
from accessmap.measures.raam import raam

RESIDENTS, SERVICES, COMMUNES = 10_000, 500, 800
ALLOWED_SECONDS = 2.0


def country() -> tuple[pd.DataFrame, pd.Series, pd.DataFrame, pd.DataFrame]:
    """Return minutes across a square of 100 minutes, beyond 60 not reached; supply; residents; services."""
    rng = np.random.default_rng(1579)
    homes, sites = rng.random((RESIDENTS, 2)) * 100, rng.random((SERVICES, 2)) * 100
    minutes = np.hypot(homes[:, None, 0] - sites[None, :, 0], homes[:, None, 1] - sites[None, :, 1])
    minutes[minutes > 60] = np.nan
    ids, names = [f"r{i}" for i in range(RESIDENTS)], [f"s{j}" for j in range(SERVICES)]
    times = pd.DataFrame(minutes.astype(np.float32), index=ids, columns=names)
    supply = pd.Series(rng.integers(1, 30, SERVICES).astype(float), index=names)
    communes = rng.integers(0, COMMUNES, RESIDENTS).astype(str)
    residents = pd.DataFrame({"commune": communes, "population": rng.integers(1, 500, RESIDENTS)}, index=ids)
    services = pd.DataFrame({"category": rng.choice(list("abcdefghijk"), SERVICES)}, index=names)
    return times, supply, residents, services


def measured(run: Callable[[], object]) -> tuple[float, float]:
    """Return seconds (best of three, untraced) and the peak of what is allocated meanwhile, in MB."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return min(seconds), peak


def main() -> None:
    """Print a line a measure, and say which are slower than allowed."""
    times, supply, residents, services = country()
    people, weigh = residents["population"], decay.gaussian(10)
    access = two_step_fca(times, supply, people, decay=weigh)
    ages = pd.DataFrame({"young": people // 3, "old": people // 4})
    runs: dict[str, Callable[[], object]] = {
        "nearest": lambda: nearest(times),
        "nearest, k=3": lambda: nearest(times, k=3),
        "coverage": lambda: coverage(times, people, [10, 20, 30]),
        "by_commune": lambda: by_commune(access, residents),
        "imbalance.split": lambda: imbalance.split(access, ages),
        "opportunities": lambda: opportunities(times, supply, cutoff=30),
        "median_opportunities": lambda: median_opportunities(times, supply, cutoffs=range(20, 41)),
        "gravity": lambda: gravity(times, supply, decay=weigh),
        "two_step_fca": lambda: two_step_fca(times, supply, people, decay=weigh),
        "three_step_fca": lambda: three_step_fca(times, supply, people, decay=weigh),
        "balanced_fca": lambda: balanced_fca(times, supply, people, decay=weigh),
        "spatial_availability": lambda: spatial_availability(times, supply, people, decay=weigh),
        "balancing_cost": lambda: balancing_cost(times, supply, people),
        "apl": lambda: apl(times, supply, people),
        "basket": lambda: basket(times, services, list("abcdefghijk")),
        "imbalance.summary": lambda: imbalance.summary(access, people, unit="per person", higher_is_better=True),
    }
    print(f"{RESIDENTS:,} residents × {SERVICES} services, the minutes are {times.to_numpy().nbytes / 1e6:.0f} MB")
    slow = []
    for name, run in runs.items():
        seconds, peak = measured(run)
        print(f"{name:<22} {seconds:7.3f} s {peak:8.0f} MB")
        slow += [name] if seconds > ALLOWED_SECONDS else []
    raam(times.iloc[:2], supply, people.iloc[:2])  # compiles
    # Answering in turn alone took 2 s to 1e-4, 23 s to 1e-6, 117 s to 1e-8; with Newton steps each takes 2 to 3 s.
    for tolerance in (1e-4, 1e-6, 1e-8, 1e-10):
        start = time.perf_counter()
        found = raam(times, supply, people, tolerance=tolerance)
        print(f"raam, gap {found.gap:.1e}      {time.perf_counter() - start:7.3f} s")
    print(f"over {ALLOWED_SECONDS:g} s: {', '.join(slow) or 'none but raam'}")


if __name__ == "__main__":
    main()
