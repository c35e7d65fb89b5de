"""Siting: published optima, brute force on small instances, and what is said when there is no answer."""

import csv
import importlib.util
import inspect
import itertools
import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall
from shapely import Point

from accessmap import siting
from accessmap.errors import SitingError, TableError
from accessmap.siting.solver.minutes import MeanMinutes

PMEDIAN = {"pmed1": 5819, "pmed2": 4093, "pmed3": 4250}
PCENTER = {"pmed1": 127, "pmed2": 98, "pmed3": 93}


# ---------------------------------------------------------------------- published numbers


def orlib(path: Path) -> tuple[pd.DataFrame, int]:
    """Minutes between all nodes of an OR-Library graph, where the last of repeated edges wins, and p."""
    numbers = np.array(path.read_text().split(), dtype=int)
    nodes, edges, p = numbers[:3]
    lengths = np.full((nodes, nodes), np.inf)
    for u, v, length in numbers[3 : 3 + 3 * edges].reshape(-1, 3):
        lengths[u - 1, v - 1] = lengths[v - 1, u - 1] = length
    ids = [f"n{node}" for node in range(1, nodes + 1)]
    return pd.DataFrame(floyd_warshall(lengths), index=ids, columns=ids), int(p)


@pytest.mark.parametrize("name", list(PMEDIAN))
def test_orlib_optima_are_reproduced(data_folder: Path, name: str) -> None:
    times, p = orlib(data_folder / "oracles" / "orlib_pmed" / f"{name}.txt")
    ones = pd.Series(1, index=times.index)
    median, center = siting.p_median(times, ones, p), siting.p_center(times, p)
    assert median.objective == pytest.approx(PMEDIAN[name], abs=1e-6)
    assert (median.status, len(median.sites)) == ("optimal", p)
    assert median.gap <= 1e-6
    assert (center.objective, center.bound, len(center.sites)) == (PCENTER[name], PCENTER[name], p)


@pytest.fixture(scope="module")
def san_francisco() -> tuple[pd.DataFrame, pd.Series]:
    """spopt's table: metres from 205 tracts to 16 stores, and people."""
    found = importlib.util.find_spec("spopt")
    if found is None or found.origin is None:
        pytest.skip("spopt is not installed: its wheel carries the San Francisco table")
    folder = Path(found.origin).parent / "tests" / "test_locate" / "data"
    path = folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    with path.open() as file:
        rows = [
            (row["DestinationName"], row["name"], float(row["distance"]), int(row["demand"]))
            for row in csv.DictReader(file)
        ]
    table = pd.DataFrame(rows, columns=["tract", "store", "metres", "people"])
    return table.pivot_table(index="tract", columns="store", values="metres"), table.groupby("tract")["people"].first()


def test_san_francisco_mean_and_coverage_are_those_of_spopt(san_francisco: tuple[pd.DataFrame, pd.Series]) -> None:
    metres, people = san_francisco
    assert siting.p_median(metres, people, 4).mean_minutes == pytest.approx(2982.1268579890657, rel=1e-12)
    covered = siting.max_coverage(metres, people, 4, cutoff=5000)
    assert (covered.minutes > 5000).sum() == 21


# ---------------------------------------------------------------------- brute force


def table(minutes: np.ndarray) -> pd.DataFrame:
    rows, columns = minutes.shape
    return pd.DataFrame(minutes, [f"r{row}" for row in range(rows)], [f"s{column}" for column in range(columns)])


@st.composite
def instances(draw: st.DrawFn, holes: bool = False) -> tuple[pd.DataFrame, pd.Series, int]:
    """Few residents and sites, whole minutes (so that there are ties), some of them not reached."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(2, 6))
    entry = st.integers(0, 30) if not holes else st.one_of(st.integers(0, 30), st.none())
    cells = draw(st.lists(entry, min_size=rows * columns, max_size=rows * columns))
    minutes = np.array([np.nan if cell is None else cell for cell in cells], "float64").reshape(rows, columns)
    people = np.array(draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), "float64")
    assume(people.sum() > 0)
    times = table(minutes)
    return times, pd.Series(people, index=times.index), draw(st.integers(1, columns))


def subsets(times: pd.DataFrame, sizes: range) -> list[tuple[str, ...]]:
    """All sets of sites of these sizes; of one size in the order of the columns."""
    return [chosen for size in sizes for chosen in itertools.combinations(times.columns, size)]


def best_of(values: dict[tuple[str, ...], float]) -> tuple[tuple[str, ...], float]:
    """The smallest value, and the first set (fewest sites, then first columns) that has it."""
    smallest = min(values.values())
    return next(chosen for chosen, value in values.items() if value <= smallest + 1e-9), smallest


def person_minutes(times: pd.DataFrame, people: pd.Series, chosen: tuple[str, ...]) -> float:
    """Sum over the residents with people whom some site reaches; infinite if one of them is left out."""
    counted = (people > 0) & times.notna().any(axis=1)
    return float((times.loc[counted, list(chosen)].min(axis=1).fillna(np.inf) * people[counted]).sum())


quick = settings(max_examples=25, deadline=None)


@quick
@given(instances())
def test_p_median_is_the_first_of_the_best_sets(instance: tuple[pd.DataFrame, pd.Series, int]) -> None:
    times, people, p = instance
    sites, value = best_of({each: person_minutes(times, people, each) for each in subsets(times, range(p, p + 1))})
    plan = siting.p_median(times, people, p)
    assert plan.objective == pytest.approx(value)
    assert plan.sites == sites
    assert (plan.status, plan.gap <= 1e-6) == ("optimal", True)
    assert plan.minutes.to_numpy() == pytest.approx(times[list(sites)].min(axis=1).to_numpy())
    assert plan.assignment.tolist() == times[list(sites)].idxmin(axis=1).tolist()


@quick
@given(instances(holes=True))
def test_p_median_reaches_everyone_who_can_be_reached_or_explains(
    instance: tuple[pd.DataFrame, pd.Series, int],
) -> None:
    times, people, p = instance
    assume(person_minutes(times, people, tuple(times.columns)) >= 0 and (people[times.notna().any(axis=1)] > 0).any())
    values = {each: person_minutes(times, people, each) for each in subsets(times, range(p, p + 1))}
    sites, value = best_of(values)
    if np.isfinite(value):
        plan = siting.p_median(times, people, p)
        assert (plan.sites, plan.objective) == (sites, pytest.approx(value))
        lost = times[list(sites)].isna().all(axis=1)
        assert plan.unreached_people == people[lost].sum()
        assert plan.assignment[lost].isna().all()
        return
    with pytest.raises(SitingError, match="unreached_minutes") as refused:
        siting.p_median(times, people, p)
    enough = [size for size in range(1, times.shape[1] + 1) for each in subsets(times, range(size, size + 1))
              if np.isfinite(person_minutes(times, people, each))]  # fmt: skip
    assert refused.value.smallest_p == min(enough)


@quick
@given(instances(holes=True), st.integers(30, 90))
def test_unreached_minutes_price_those_left_out(instance: tuple[pd.DataFrame, pd.Series, int], price: int) -> None:
    times, people, p = instance
    counted = (people > 0) & times.notna().any(axis=1)
    assume(counted.any())
    values = {each: float((times.loc[counted, list(each)].min(axis=1).fillna(price) * people[counted]).sum())
              for each in subsets(times, range(p, p + 1))}  # fmt: skip
    sites, value = best_of(values)
    plan = siting.p_median(times, people, p, unreached_minutes=price)
    assert (plan.sites, plan.objective) == (sites, pytest.approx(value))


@quick
@given(instances(), st.data())
def test_existing_forbidden_budget_and_promises_are_kept(
    instance: tuple[pd.DataFrame, pd.Series, int], data: st.DataObject
) -> None:
    times, people, p = instance
    roles = [data.draw(st.sampled_from(["", "", "existing", "forbidden"])) for _ in times.columns]
    existing = [site for site, role in zip(times.columns, roles, strict=True) if role == "existing"]
    forbidden = [site for site, role in zip(times.columns, roles, strict=True) if role == "forbidden"]
    costs = pd.Series([data.draw(st.integers(0, 5)) for _ in times.columns], index=times.columns)
    budget, within = data.draw(st.integers(1, 15)), data.draw(st.integers(10, 40))
    at_most = data.draw(st.booleans())
    assume(len(existing) <= p <= times.shape[1] - len(forbidden) and costs[existing].sum() <= budget)
    values = {}
    for chosen in subsets(times, range(max(1, len(existing)) if at_most else p, p + 1)):
        allowed = (
            set(existing) <= set(chosen) and not set(forbidden) & set(chosen) and costs[list(chosen)].sum() <= budget
        )
        if allowed and (times[list(chosen)].min(axis=1) <= within).all():
            values[chosen] = person_minutes(times, people, chosen)

    def ask() -> siting.Siting:
        return siting.p_median(times, people, p, existing=existing, forbidden=forbidden, costs=costs, budget=budget,
                               within=within, at_most=at_most)  # fmt: skip

    if not values:
        with pytest.raises(SitingError):
            ask()
        return
    plan = ask()
    assert plan.objective == pytest.approx(min(values.values()))
    assert values[plan.sites] == pytest.approx(plan.objective)
    assert plan.opened == tuple(site for site in plan.sites if site not in existing)


def worst_share(times: pd.DataFrame, people: pd.Series, chosen: tuple[str, ...], share: float) -> float:
    """Mean of the worst share, person by person, each person cut in 100 parts."""
    minutes = np.repeat(times[list(chosen)].min(axis=1).to_numpy(), (people * 100).astype(int))
    return float(np.sort(minutes)[::-1][: round(share * len(minutes))].mean())


@settings(max_examples=15, deadline=None)
@given(instances(), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_worst_off_makes_the_mean_of_the_worst_share_smallest(
    instance: tuple[pd.DataFrame, pd.Series, int], share: float
) -> None:
    times, people, p = instance
    sites, value = best_of({each: worst_share(times, people, each, share) for each in subsets(times, range(p, p + 1))})
    plan = siting.worst_off(times, people, p, share=share)
    assert (plan.objective, plan.sites, plan.status) == (pytest.approx(value), sites, "optimal")
    assert plan.gap <= 1e-6


@quick
@given(instances(holes=True), st.integers(0, 30))
def test_max_coverage_equals_brute_force(instance: tuple[pd.DataFrame, pd.Series, int], cutoff: int) -> None:
    times, people, p = instance
    values = {
        each: -float(people[(times[list(each)] <= cutoff).any(axis=1)].sum())
        for each in subsets(times, range(p, p + 1))
    }
    sites, value = best_of(values)
    plan = siting.max_coverage(times, people, p, cutoff=cutoff)
    assert (plan.objective, plan.sites) == (pytest.approx(-value), sites)
    assert plan.bound >= plan.objective - 1e-9


@quick
@given(instances(holes=True), st.integers(0, 30), st.booleans())
def test_set_cover_equals_brute_force_or_says_which_cutoff_would_do(
    instance: tuple[pd.DataFrame, pd.Series, int], cutoff: int, priced: bool
) -> None:
    times, people, _ = instance
    reached = times.notna().any(axis=1)
    costs = pd.Series(range(1, times.shape[1] + 1), index=times.columns) if priced else None
    prices = costs if costs is not None else pd.Series(1, index=times.columns)
    values = {each: float(prices[list(each)].sum()) for each in subsets(times, range(1, times.shape[1] + 1))
              if (times.loc[reached, list(each)] <= cutoff).any(axis=1).all()}  # fmt: skip
    if not values:
        with pytest.raises(SitingError) as refused:
            siting.set_cover(times, cutoff=cutoff, costs=costs)
        needed = times[reached].min(axis=1).max()
        assert refused.value.smallest_cutoff == needed
        assert set(refused.value.residents) == set(times.index[reached & (times.min(axis=1) > cutoff)])
        assert siting.set_cover(times, cutoff=needed).sites
        return
    plan = siting.set_cover(times, cutoff=cutoff, costs=costs, demand=people)
    assert plan.objective == min(values.values())
    assert plan.sites in values
    assert plan.unreached_people == people[~reached].sum()


@quick
@given(instances(holes=True), st.integers(0, 30))
def test_set_cover_needs_p_sites_exactly_where_p_center_keeps_the_cutoff(
    instance: tuple[pd.DataFrame, pd.Series, int], cutoff: int
) -> None:
    times, _, p = instance
    try:
        center = siting.p_center(times, p).objective
    except SitingError:
        center = np.inf
    try:
        sites = siting.set_cover(times, cutoff=cutoff).objective
    except SitingError:
        sites = np.inf
    assume(times.notna().any(axis=None))
    assert (sites <= p) == (center <= cutoff)


@quick
@given(instances())
def test_p_center_equals_brute_force_and_breaks_ties_by_order_or_mean(
    instance: tuple[pd.DataFrame, pd.Series, int],
) -> None:
    times, people, p = instance
    sites, value = best_of({each: times[list(each)].min(axis=1).max() for each in subsets(times, range(p, p + 1))})
    plan = siting.p_center(times, p)
    assert (plan.objective, plan.bound, plan.sites) == (value, value, sites)
    lived = times[people > 0]
    values = {
        each: (lived[list(each)].min(axis=1).max(), person_minutes(times, people, each))
        for each in subsets(times, range(p, p + 1))
    }
    weighed = siting.p_center(times, p, demand=people)
    assert weighed.objective == min(values.values())[0]
    assert values[weighed.sites] == min(values.values())


@quick
@given(instances())
def test_p_dispersion_equals_brute_force(instance: tuple[pd.DataFrame, pd.Series, int]) -> None:
    times, _, p = instance
    size = min(times.shape)
    assume(2 <= p <= size)
    between = pd.DataFrame(times.to_numpy()[:size, :size], times.columns[:size], times.columns[:size])

    def apart(chosen: tuple[str, ...]) -> float:
        return -min(between.loc[one, other] for one, other in itertools.permutations(chosen, 2))

    sites, value = best_of({each: apart(each) for each in subsets(between, range(p, p + 1))})
    plan = siting.p_dispersion(between, p)
    assert (plan.objective, plan.sites, plan.status) == (-value, sites, "optimal")


@settings(max_examples=12, deadline=None)
@given(instances(), st.data())
def test_capacitated_p_median_equals_brute_force(
    instance: tuple[pd.DataFrame, pd.Series, int], data: st.DataObject
) -> None:
    times, people, p = instance
    times, people = times.iloc[:4, :4], people.iloc[:4]
    assume(p <= times.shape[1] and people.sum() > 0)
    room = pd.Series([data.draw(st.integers(0, 20)) for _ in times.columns], index=times.columns, dtype="float64")
    values = []
    for chosen in subsets(times, range(p, p + 1)):
        for sent in itertools.product(chosen, repeat=len(times)):
            load = pd.Series(0.0, index=times.columns)
            for resident, site in zip(times.index, sent, strict=True):
                load[site] += people[resident]
            if (load <= room).all():
                values.append(sum(people[r] * times.loc[r, s] for r, s in zip(times.index, sent, strict=True)))
    if not values:
        with pytest.raises(SitingError):
            siting.capacitated_p_median(times, people, p, capacity=room)
        return
    plan = siting.capacitated_p_median(times, people, p, capacity=room)
    assert plan.objective == pytest.approx(min(values))
    load = people.groupby(plan.assignment).sum()
    assert (load <= room[load.index]).all()
    assert set(plan.assignment[people > 0]) <= set(plan.sites)


@quick
@given(instances(), st.sampled_from([0.0, 0.1, 0.5]))
def test_near_optimal_sets_are_complete(instance: tuple[pd.DataFrame, pd.Series, int], slack: float) -> None:
    times, people, p = instance
    values = {each: person_minutes(times, people, each) for each in subsets(times, range(p, p + 1))}
    plan = siting.p_median(times, people, p)
    found = siting.near_optimal(times, people, plan, slack=slack, limit=100)
    near = {each for each, value in values.items() if value <= plan.objective * (1 + slack) + 1e-9}
    assert set(found["sites"]) == near
    assert found["objective"].is_monotonic_increasing
    assert found["objective"].tolist() == pytest.approx([values[each] for each in found["sites"]])


@quick
@given(instances(), st.integers(0, 30))
def test_near_optimal_coverage_is_complete(instance: tuple[pd.DataFrame, pd.Series, int], cutoff: int) -> None:
    times, people, p = instance
    plan = siting.max_coverage(times, people, p, cutoff=cutoff)
    found = siting.near_optimal(times, people, plan, slack=0.2, limit=100)
    near = {each for each in subsets(times, range(p, p + 1))
            if people[(times[list(each)] <= cutoff).any(axis=1)].sum() >= 0.8 * plan.objective - 1e-9}  # fmt: skip
    assert set(found["sites"]) == near


@quick
@given(instances())
def test_mean_and_worst_is_the_whole_pareto_front(instance: tuple[pd.DataFrame, pd.Series, int]) -> None:
    times, people, p = instance
    lived = people > 0
    points = {
        (person_minutes(times, people, each) / people.sum(), float(times.loc[lived, list(each)].min(axis=1).max()))
        for each in subsets(times, range(p, p + 1))
    }
    front = {one for one in points if not any(b[0] <= one[0] + 1e-9 and b[1] <= one[1] and b != one for b in points)}
    found = siting.mean_and_worst(times, people, p)
    assert sorted(zip(found["mean_minutes"], found["worst_minutes"], strict=True)) == [
        pytest.approx(one) for one in sorted(front)
    ]


@quick
@given(instances(), st.integers(0, 30), st.data())
def test_coverage_and_cost_is_the_whole_pareto_front(
    instance: tuple[pd.DataFrame, pd.Series, int], cutoff: int, data: st.DataObject
) -> None:
    times, people, _ = instance
    costs = pd.Series([data.draw(st.integers(1, 4)) for _ in times.columns], index=times.columns)
    best: dict[int, float] = {}
    for chosen in subsets(times, range(1, times.shape[1] + 1)):
        cost, covered = int(costs[list(chosen)].sum()), float(people[(times[list(chosen)] <= cutoff).any(axis=1)].sum())
        best[cost] = max(best.get(cost, -1.0), covered)
    front, most = {}, -1.0
    for cost in sorted(best):
        if best[cost] > most:
            front[cost] = most = best[cost]
    found = siting.coverage_and_cost(times, people, cutoff=cutoff, costs=costs)
    assert dict(zip(found["cost"], found["people"], strict=True)) == front


@settings(max_examples=12, deadline=None)
@given(instances(), st.data())
def test_openings_are_in_the_best_order(instance: tuple[pd.DataFrame, pd.Series, int], data: st.DataObject) -> None:
    times, people, _ = instance
    existing = data.draw(st.sampled_from([(), (times.columns[0],)]))
    count = data.draw(st.integers(1, times.shape[1] - len(existing)))
    plan = siting.openings(times, people, count, existing=existing)
    final = siting.p_median(times, people, len(existing) + count, existing=existing)
    assert set(plan["opens"]) == set(final.opened)

    def total(order: tuple[str, ...]) -> float:
        return sum(person_minutes(times, people, existing + order[: year + 1]) for year in range(count))

    assert total(tuple(plan["opens"])) == pytest.approx(min(map(total, itertools.permutations(final.opened))))
    assert (plan["regret_minutes"] >= -1e-9).all()
    assert plan["regret_minutes"].iloc[-1] == pytest.approx(0, abs=1e-9)


# ---------------------------------------------------------------------- what is said, and small rules

VILLAGES = pd.DataFrame(
    {"a": [0.0, 20, 40, 15], "b": [20.0, 0, 20, 25], "c": [40.0, 20, 0, 35]},
    index=["north", "middle", "south", "hamlet"],
)
PEOPLE = pd.Series({"north": 100.0, "middle": 50.0, "south": 80.0, "hamlet": 10.0})


def test_same_tables_give_the_same_answer() -> None:
    rng = np.random.default_rng(5)
    times = table(rng.integers(0, 12, (60, 14)).astype("float32"))
    people = pd.Series(rng.integers(1, 9, 60), index=times.index)
    plans = [siting.p_median(times, people, 4) for _ in range(2)]
    assert plans[0].sites == plans[1].sites
    assert plans[0].objective == plans[1].objective
    shuffled = siting.p_median(
        times.sample(frac=1, random_state=1), people.loc[times.sample(frac=1, random_state=1).index], 4
    )
    assert shuffled.sites == plans[0].sites


def test_equally_good_sites_are_chosen_in_the_order_of_the_columns() -> None:
    times = table(np.ones((3, 6)))
    ones = pd.Series(1, index=times.index)
    for plan in (
        siting.p_median(times, ones, 2),
        siting.max_coverage(times, ones, 2, cutoff=1),
        siting.p_center(times, 2),
    ):
        assert plan.sites == ("s0", "s1")


def test_at_most_opens_no_site_that_helps_nobody() -> None:
    times = table(np.array([[5.0, 5.0, 9.0]]))
    assert siting.p_median(times, pd.Series({"r0": 4}), 3, at_most=True).sites == ("s0",)


def test_weights_of_groups_change_the_choice() -> None:
    times = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0]}, index=["young", "old"])
    residents = pd.DataFrame({"population": [100, 80], "age_75_over": [5, 40]}, index=times.index)
    assert siting.p_median(times, residents["population"], 1).sites == ("a",)
    assert siting.p_median(times, residents["population"] + residents["age_75_over"], 1).sites == ("b",)


def test_float32_minutes_at_exactly_the_cutoff_are_covered() -> None:
    times = pd.DataFrame({"a": [30.1]}, index=["r1"], dtype="float32")
    people = pd.Series({"r1": 10})
    assert siting.max_coverage(times, people, 1, cutoff=30.1).objective == 10
    assert siting.set_cover(times, cutoff=30.1).sites == ("a",)
    assert siting.p_median(times, people, 1, within=30.1).sites == ("a",)


def test_no_one_loses_more_than_is_promised() -> None:
    before = VILLAGES[["a", "c"]].min(axis=1)
    free = siting.p_median(VILLAGES, PEOPLE, 1)
    assert (free.minutes - before).max() == 20
    bound = siting.p_median(VILLAGES, PEOPLE, 2, within=before + 0)
    assert bound.sites == ("a", "c")
    with pytest.raises(SitingError, match="more minutes for everyone") as refused:
        siting.p_median(VILLAGES, PEOPLE, 1, within=before + 5)
    assert refused.value.smallest_p == 2


def test_someone_too_far_from_every_site_is_named_with_the_cutoff_that_would_do() -> None:
    with pytest.raises(SitingError, match=r"'hamlet' \(15.0 min, 5.0 too many\).*within 15 minutes") as refused:
        siting.set_cover(VILLAGES, cutoff=10)
    assert (refused.value.residents, refused.value.smallest_cutoff) == (("hamlet",), 15.0)
    copy = pickle.loads(pickle.dumps(refused.value))
    assert (str(copy), copy.residents) == (str(refused.value), ("hamlet",))


def test_too_few_sites_are_refused_with_the_smallest_p_and_cutoff() -> None:
    with pytest.raises(SitingError, match="at best 1 residents") as refused:
        siting.p_median(VILLAGES, PEOPLE, 1, within=20)
    assert (refused.value.smallest_p, refused.value.smallest_cutoff) == (2, 25.0)
    assert siting.p_median(VILLAGES, PEOPLE, 1, within=25).sites == ("b",)
    assert siting.p_median(VILLAGES, PEOPLE, 2, within=20).sites


def test_a_budget_too_small_for_the_promise_is_refused_with_the_one_that_would_do() -> None:
    costs = pd.Series({"a": 7.0, "b": 30.0, "c": 8.0})
    with pytest.raises(SitingError, match="a budget of 15"):
        siting.p_median(VILLAGES, PEOPLE, None, costs=costs, budget=10, within=20)
    assert siting.p_median(VILLAGES, PEOPLE, None, costs=costs, budget=15, within=20).sites == ("a", "c")


def test_too_little_room_is_refused_with_the_number_of_sites_that_would_do() -> None:
    room = pd.Series({"a": 120.0, "b": 100.0, "c": 90.0})
    with pytest.raises(SitingError, match="at least 3 sites") as refused:
        siting.capacitated_p_median(VILLAGES, PEOPLE, 2, capacity=room)
    assert refused.value.smallest_p == 3


def test_all_slips_in_the_question_are_listed_at_once() -> None:
    with pytest.raises(SitingError, match=r"no site 'bb' \(did you mean.*cannot be both.*p is 0") as refused:
        siting.p_median(VILLAGES, PEOPLE, 0, existing=["bb", "a"], forbidden=["a"])
    assert "'b'" in str(refused.value)
    with pytest.raises(SitingError, match="text 'a'"):
        siting.p_median(VILLAGES, PEOPLE, 1, existing="a")
    with pytest.raises(SitingError, match="closures"):
        siting.p_median(VILLAGES, PEOPLE, 1, existing=["a", "b"])
    with pytest.raises(SitingError, match="only 2 sites may be open"):
        siting.p_median(VILLAGES, PEOPLE, 3, forbidden=["a"])
    with pytest.raises(SitingError, match="p, a budget"):
        siting.p_median(VILLAGES, PEOPLE, None)
    with pytest.raises(SitingError, match="less than the longest minutes"):
        siting.p_median(VILLAGES, PEOPLE, 1, unreached_minutes=30)
    with pytest.raises(TableError, match="1 ids"):
        siting.p_median(VILLAGES, PEOPLE.iloc[:3], 1)


def test_residents_whom_nothing_reaches_are_counted_and_never_dropped() -> None:
    times = VILLAGES.copy()
    times.loc["hamlet"] = np.nan
    for plan in (
        siting.p_median(times, PEOPLE, 1),
        siting.p_center(times, 1, demand=PEOPLE),
        siting.set_cover(times, cutoff=20, demand=PEOPLE),
        siting.worst_off(times, PEOPLE, 1),
        siting.max_coverage(times, PEOPLE, 1, cutoff=20),
    ):
        assert plan.unreached_people == 10
        assert plan.assignment.isna().tolist() == plan.minutes.isna().tolist() == [False, False, False, True]


def test_closures_close_what_is_missed_least() -> None:
    plan = siting.closures(VILLAGES, PEOPLE, 1)
    harm = {site: person_minutes(VILLAGES, PEOPLE, tuple(VILLAGES.columns.drop(site))) for site in VILLAGES.columns}
    assert plan.closed == (min(harm, key=lambda site: harm[site]),)
    assert siting.closures(VILLAGES, PEOPLE, 1, keep=["b"]).closed != ("b",)
    with pytest.raises(SitingError, match="1 to 2 can close"):
        siting.closures(VILLAGES, PEOPLE, 3)


def test_price_of_another_site_is_the_best_exchange() -> None:
    plan = siting.p_median(VILLAGES, PEOPLE, 2)
    assert plan.sites == ("a", "c")
    prices = siting.price(VILLAGES, PEOPLE, plan, cutoff=15)
    mean = {
        pair: person_minutes(VILLAGES, PEOPLE, pair) / PEOPLE.sum() for pair in (("a", "b"), ("b", "c"), ("a", "c"))
    }
    assert prices.loc["b", "instead_of"] == ("c" if mean["a", "b"] < mean["b", "c"] else "a")
    assert prices.loc["b", "mean_added"] == pytest.approx(min(mean["a", "b"], mean["b", "c"]) - mean["a", "c"])
    assert prices.loc["b", "beyond_added"] == 80 - 50
    other = siting.price(VILLAGES, PEOPLE, plan, cutoff=15, instead_of="a")
    assert other.loc["b", "mean_added"] == pytest.approx(mean["b", "c"] - mean["a", "c"])
    with pytest.raises(SitingError, match="not a chosen site"):
        siting.price(VILLAGES, PEOPLE, plan, cutoff=15, instead_of="b")
    kept = siting.p_median(VILLAGES, PEOPLE, 2, existing=["a"], within=20)
    assert siting.price(VILLAGES, PEOPLE, kept, cutoff=15)["instead_of"].unique().tolist() == list(kept.opened)


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_exchange_of_two_sites_is_worth_what_it_is_said_to_be(
    count: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accessmap.siting.solver.minutes._FEW_MINUTES", few)  # compiled, or not
    rng = np.random.default_rng(count)
    mean = MeanMinutes(rng.integers(0, 30, (40, 9)).astype("float64"), rng.uniform(1, 5, 40))
    y = np.isin(np.arange(9), rng.choice(9, count, replace=False))
    totals, sites = mean._exchanges(y)
    for out, into in np.ndindex(totals.shape):
        changed = y.copy()
        changed[sites[out]], changed[into] = False, True
        wanted = np.inf if y[into] else mean.weights @ mean.nearest(changed)
        assert totals[out, into] == pytest.approx(wanted, abs=1e-12)


def test_time_limit_gives_the_best_answer_so_far_with_its_gap() -> None:
    rng = np.random.default_rng(2)
    times = table(rng.uniform(0, 60, (300, 60)))
    people = pd.Series(rng.integers(1, 90, 300), index=times.index)
    hurried = siting.p_median(times, people, 12, time_limit=0.01)
    assert hurried.status == "time limit"
    assert 1e-6 < hurried.gap <= 1
    assert hurried.bound < hurried.objective
    assert "time limit" in repr(hurried)


def test_residents_with_the_same_minutes_are_merged_and_the_sizes_said() -> None:
    doubled = pd.concat([VILLAGES, VILLAGES.rename(index=lambda id_: f"{id_}-2")])
    people = pd.Series(1.0, index=doubled.index)
    plan = siting.p_median(doubled, people, 1)
    assert (plan.size["residents"], plan.size["sites"]) == (8, 3)
    assert plan.size["distinct_residents"] <= 4


def test_a_plan_becomes_a_scenario_that_opens_and_closes() -> None:
    candidates = gpd.GeoDataFrame(
        {"name": ["Mairie", "Poste", "Maison"], "category": ["mairie", "post_office", "france_services"],
         "commune": ["02217", "02304", "02173"]},
        geometry=[Point(733000, 6937000), Point(730000, 6950000), Point(714000, 6947000)],
        index=["a", "b", "c"], crs=2154,
    )  # fmt: skip
    plan = siting.p_median(VILLAGES, PEOPLE, 3, existing=["c"]).to_scenario("Trois", "france_services", candidates)
    assert [(step.action, step.commune, step.category) for step in plan.steps] == [
        ("open", "02217", "france_services"),
        ("open", None, "france_services"),
    ]
    point = gpd.GeoSeries.from_xy([plan.steps[1].lon], [plan.steps[1].lat], crs=4326).to_crs(2154).iloc[0]
    assert point.distance(candidates.geometry["b"]) < 0.01
    closing = siting.closures(VILLAGES, PEOPLE, 1)
    steps = closing.to_scenario("Moins", "mairie", candidates).steps
    assert [(step.action, step.id) for step in steps] == [("close", *closing.closed)]
    with pytest.raises(SitingError, match="no candidate"):
        siting.p_median(VILLAGES, PEOPLE, 1).to_scenario("x", "bank", candidates.drop(index=["a", "b", "c"]))


# ---------------------------------------------------------------------- what is shown meanwhile


TABLE = pd.DataFrame({"a": [0.0, 9, 9], "b": [9.0, 0, 2], "c": [9.0, 2, 0]}, index=["a", "b", "c"])
LIVING = pd.Series({"a": 10, "b": 30, "c": 20})
LONG = {
    "p_median": ((TABLE, LIVING, 2), {}),
    "worst_off": ((TABLE, LIVING, 2), {}),
    "closures": ((TABLE, LIVING, 1), {}),
    "max_coverage": ((TABLE, LIVING, 2), {"cutoff": 5}),
    "set_cover": ((TABLE,), {"cutoff": 5}),
    "p_center": ((TABLE, 2), {}),
    "p_dispersion": ((TABLE, 2), {}),
    "capacitated_p_median": ((TABLE, LIVING, 2), {"capacity": pd.Series(60, TABLE.columns)}),
    "mobile_round": ((TABLE, LIVING), {"half_days": 2, "cutoff": 5}),
    "mean_and_worst": ((TABLE, LIVING, 2), {}),
    "coverage_and_cost": ((TABLE, LIVING), {"cutoff": 5}),
    "openings": ((TABLE, LIVING, 2), {}),
    "bundle": ((TABLE, LIVING, {"msap": siting.BundleService(opening=1)}, {2027: 2}), {}),
    "near_optimal": ((TABLE, LIVING, siting.p_median(TABLE, LIVING, 2)), {}),
}


def test_all_that_take_a_time_limit_can_show_their_progress() -> None:
    public = {name: getattr(siting, name) for name in siting.__all__ if name != "Siting"}
    assert {name for name, call in public.items() if "time_limit" in inspect.signature(call).parameters} == set(LONG)


@pytest.mark.parametrize("name", LONG)
def test_progress_is_shown_where_it_is_asked_for_alone(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    tables, options = LONG[name]
    shown = getattr(siting, name)(*tables, **options, progress=True)
    told = capsys.readouterr()
    assert "Choosing sites" in told.err
    assert told.out == ""
    plain = getattr(siting, name)(*tables, **options)
    assert capsys.readouterr() == ("", "")
    if isinstance(plain, pd.DataFrame):
        pd.testing.assert_frame_equal(shown, plain)
    else:
        assert (shown.sites, shown.objective) == (plain.sites, plain.objective)
