"""Exact siting beside spopt and a greedy heuristic: python benchmarks/siting.py [--quick].

Instances are made here from a seed: graphs in the manner of OR-Library's pmed (n nodes, edges of 1 to 100, all shortest
paths; p from n / 20 to n / 10) and territories (residents and mairies on a plane of 40 by 40 minutes). spopt solves the
textbook model with HiGHS or CBC through PuLP, where they are installed.
"""

import argparse
import time

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from accessmap import siting

SPOPT_PAIRS = 100_000  # beyond, the textbook model takes minutes


def graph(nodes: int, edges: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return minutes between the nodes of a random connected graph, and one person each."""
    rng = np.random.default_rng(seed)
    chain = np.column_stack([np.arange(nodes - 1), np.arange(1, nodes)])
    ends = np.sort(np.vstack([chain, rng.integers(0, nodes, (edges - nodes + 1, 2))]), axis=1)
    ends = np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0)
    lengths = rng.integers(1, 101, len(ends))
    between = dijkstra(coo_array((lengths, ends.T), shape=(nodes, nodes)).tocsr(), directed=False)
    ids = [f"n{node}" for node in range(nodes)]
    return pd.DataFrame(between, ids, ids), pd.Series(1.0, ids)


def territory(residents: int, sites: int, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return minutes from residents to sites on a plane, with detours, and people of very unequal number."""
    rng = np.random.default_rng(seed)
    homes, places = rng.uniform(-2, 42, (residents, 2)), rng.uniform(0, 40, (sites, 2))
    minutes = (
        np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)) * rng.uniform(1.1, 1.6, (residents, sites)) + 1
    )
    ids = [f"r{resident}" for resident in range(residents)]
    times = pd.DataFrame(minutes.astype("float32"), ids, [f"s{site}" for site in range(sites)])
    return times, pd.Series(np.round(rng.pareto(1.2, residents) * 20 + 1), ids)


def greedy(times: pd.DataFrame, people: pd.Series, p: int) -> float:
    """Return the person-minutes of opening, one by one, the site that helps most."""
    minutes, weights = times.to_numpy("float64"), people.to_numpy("float64")
    now = np.full(len(minutes), np.inf)
    for _ in range(p):
        totals = weights @ np.minimum(minutes, now[:, None])
        now = np.minimum(now, minutes[:, totals.argmin()])
    return float(weights @ now)


def spopt_p_median(times: pd.DataFrame, people: pd.Series, p: int) -> tuple[float, float] | None:
    """Return person-minutes and seconds of spopt, or None where it is not installed or the model too large."""
    try:
        import pulp
        from spopt.locate import PMedian
    except ImportError:
        return None
    if times.size > SPOPT_PAIRS:
        return None
    names = pulp.listSolvers(onlyAvailable=True)
    solver = pulp.HiGHS(msg=False) if "HiGHS" in names else pulp.PULP_CBC_CMD(msg=False)
    started = time.perf_counter()
    model = PMedian.from_cost_matrix(times.to_numpy("float64"), people.to_numpy("float64"), p).solve(solver)
    return float(pulp.value(model.problem.objective)), time.perf_counter() - started


def row(name: str, times: pd.DataFrame, people: pd.Series, p: int) -> dict[str, object]:
    """Return one line of the table of p-medians."""
    plan = siting.p_median(times, people, p, time_limit=120)
    other = spopt_p_median(times, people, p)
    return {
        "instance": name,
        "p": p,
        "objective": plan.objective,
        "gap": f"{plan.gap:.0e}",
        "seconds": round(plan.seconds, 2),
        "variables": plan.size["variables"],
        "greedy": f"{greedy(times, people, p) / plan.objective - 1:+.2%}",
        "spopt": None if other is None else f"{other[0] / plan.objective - 1:+.4%}",
        "spopt_seconds": None if other is None else round(other[1], 2),
        "spopt/ours": None if other is None else f"{other[1] / plan.seconds:.0f}x",
    }


def crowded(residents: int, sites: int, p: int) -> dict[str, object]:
    """Return one line of the table of capacities: p sites with a fifth more room than people."""
    times, people = territory(residents, sites, 1)
    people = people.clip(upper=people.sum() / p / 4)  # nobody's village is too large for a site
    room = pd.Series(people.sum() / p * 1.2, times.columns)
    plan = siting.capacitated_p_median(times, people, p, capacity=room, time_limit=60)
    free = siting.p_median(times, people, p)
    return {
        "instance": f"territory {residents}x{sites}", "p": p, "method": plan.method, "objective": plan.objective,
        "gap": f"{plan.gap:.1e}", "status": plan.status, "seconds": round(plan.seconds, 2),
        "above the p-median": f"{plan.objective / free.objective - 1:+.2%}",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small instances only")
    quick = parser.parse_args().quick
    graphs = [(100, 200, 5), (100, 200, 10), (200, 800, 5), (200, 800, 20)]
    graphs += [] if quick else [(400, 3200, 5), (400, 3200, 40), (600, 7200, 60), (900, 16200, 90)]
    places = [(700, 84, 3), (700, 84, 10)] + ([] if quick else [(8000, 84, 3), (8000, 84, 10), (10_000, 300, 10)])
    rows = [row(f"graph {n}", *graph(n, edges, n + p), p) for n, edges, p in graphs]
    print(pd.DataFrame(rows).to_string(index=False), flush=True)
    rows = [row(f"territory {n}x{m}", *territory(n, m, 1), p) for n, m, p in places]
    print(pd.DataFrame(rows).to_string(index=False), flush=True)
    rows = []
    for n, m, p in places[: 2 if quick else 4]:
        times, people = territory(n, m, 1)
        plans = [
            siting.max_coverage(times, people, p, cutoff=10),
            siting.p_center(times, p),
            siting.worst_off(times, people, p, time_limit=10 if quick else 60),
        ]
        rows += [
            {"instance": f"territory {n}x{m}", "p": p, "method": plan.method, "objective": plan.objective,
             "gap": f"{plan.gap:.1e}", "status": plan.status, "seconds": round(plan.seconds, 2)}
            for plan in plans
        ]  # fmt: skip
    print(pd.DataFrame(rows).to_string(index=False), flush=True)
    crowds = [(526, 84, 5)] + ([] if quick else [(1288, 84, 5), (1288, 84, 10)])
    print(pd.DataFrame([crowded(n, m, p) for n, m, p in crowds]).to_string(index=False))


if __name__ == "__main__":
    main()
