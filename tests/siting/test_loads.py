"""Sites with capacities: brute force, published optima, and what comes out in time."""

import itertools

import numpy as np
import pandas as pd
import pytest

from accessmap import siting


def territory(residents, sites, seed):
    """Residents and sites on a plane, people of unequal number."""
    rng = np.random.default_rng(seed)
    homes, places = rng.uniform(0, 40, (residents, 2)), rng.uniform(0, 40, (sites, 2))
    minutes = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)) * 1.3 + 1
    ids = [f"r{number}" for number in range(residents)]
    times = pd.DataFrame(minutes.astype("float32"), ids, [f"s{number}" for number in range(sites)])
    return times, pd.Series(rng.integers(1, 200, residents).astype("float64"), ids)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("way", ["textbook", "branches"])
def test_unequal_and_tight_room_equals_brute_force(seed, way, monkeypatch):
    if way == "branches":  # as if the pairs were too many for the textbook model
        monkeypatch.setattr("accessmap.siting.solver.plans._FEW", -1)
        monkeypatch.setattr("accessmap.siting.solver.plans._PACKED", 0)
    times, people = territory(12, 5, seed)
    room = pd.Series(np.random.default_rng(seed).uniform(0.45, 0.9, 5) * people.sum(), times.columns)
    best = np.inf
    first = (np.arange(2**12)[:, None] >> np.arange(12)) & 1 == 0  # who goes to the first of the pair, every way
    for one, other in itertools.combinations(times.columns, 2):
        load = first @ people.to_numpy()
        fits = (load <= room[one]) & (people.sum() - load <= room[other])
        cost = np.where(first, times[one], times[other]).astype("float64") @ people.to_numpy()
        best = min(best, cost[fits].min(initial=np.inf))
    plan = siting.capacitated_p_median(times, people, 2, capacity=room)
    assert plan.objective == pytest.approx(best)
    assert plan.status == "optimal"


PUBLISHED = {  # best known values of Osman & Christofides (1994), all of them proven since
    "01": 713, "03": 751, "04": 651, "05": 664, "06": 778, "07": 787, "10": 829, "11": 1006, "13": 1026, "14": 982,
    "16": 954, "17": 1034, "19": 1031,
}  # fmt: skip
QUICK = ("03", "04", "05", "06")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in PUBLISHED]
)
def test_published_capacitated_medians_are_reproduced_and_proven(data_folder, name):
    """Costs of the files are not weighted by demand, so the minutes are those costs by person."""
    numbers = np.array((data_folder / "oracles" / "pmedcap" / f"pmedcap{name}.txt").read_text().split(), dtype=float)
    count, p, room = numbers[2:5].astype(int)
    points = numbers[5:].reshape(count, 4)
    people = pd.Series(points[:, 3], [f"n{number:.0f}" for number in points[:, 0]])
    cost = np.floor(np.hypot(*(points[:, None, 1:3] - points[None, :, 1:3]).transpose(2, 0, 1)))
    times = pd.DataFrame(cost / points[:, 3:], people.index, people.index)
    plan = siting.capacitated_p_median(times, people, p, capacity=pd.Series(float(room), people.index))
    assert plan.objective == pytest.approx(PUBLISHED[name])
    assert plan.status == "optimal"
    assert plan.bound == pytest.approx(PUBLISHED[name])
    assert (people.groupby(plan.assignment).sum() <= room).all()


def test_a_thousand_residents_are_sent_whole_and_the_plan_is_proven():
    times, people = territory(1000, 40, 3)
    room = pd.Series(people.sum() / 4 * 1.1, times.columns)
    plan = siting.capacitated_p_median(times, people, 4, capacity=room)
    assert plan.status == "optimal"
    assert plan.gap <= 1e-6
    assert (people.groupby(plan.assignment).sum() <= room.iloc[0]).all()
    assert plan.objective >= siting.p_median(times, people, 4).objective


def test_room_for_all_gives_the_p_median():
    times, people = territory(60, 12, 1)
    room = pd.Series(people.sum(), times.columns)
    plan = siting.capacitated_p_median(times, people, 3, capacity=room)
    free = siting.p_median(times, people, 3)
    assert plan.objective == pytest.approx(free.objective)
    assert plan.sites == free.sites


def test_more_room_is_never_worse():
    times, people = territory(60, 12, 2)
    values = [
        siting.capacitated_p_median(
            times, people, 4, capacity=pd.Series(people.sum() / 4 * slack, times.columns)
        ).objective
        for slack in (1.05, 1.2, 1.6)
    ]
    assert values == sorted(values, reverse=True)


def test_a_budget_existing_sites_and_promises_hold():
    times, people = territory(40, 10, 5)
    room = pd.Series(people.sum() / 2, times.columns)
    costs = pd.Series(np.arange(1.0, 11.0), times.columns)
    options = {"existing": ["s9"], "forbidden": ["s0"], "costs": costs, "budget": 20.0, "within": 30.0}
    plan = siting.capacitated_p_median(times, people, None, capacity=room, **options)
    assert "s9" in plan.sites
    assert "s0" not in plan.sites
    assert costs[list(plan.sites)].sum() <= 20
    assert plan.minutes.max() <= 30
    assert plan.status == "optimal"


def test_out_of_time_the_best_plan_found_comes_with_its_gap():
    times, people = territory(400, 60, 7)
    room = pd.Series(people.sum() / 12 * 1.05, times.columns)
    plan = siting.capacitated_p_median(times, people, 12, capacity=room, time_limit=4)
    assert (people.groupby(plan.assignment).sum() <= room.iloc[0]).all()
    assert 0 <= plan.gap < 0.5
    assert plan.bound <= plan.objective
