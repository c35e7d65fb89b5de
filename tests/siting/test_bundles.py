"""Several services in shared buildings: toys by head, every plan of small instances, what `compare` says of them."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import accessmap as am
from accessmap.errors import SitingError, TableError
from accessmap.siting import BundlePlan, BundleService, bundle

# A town at b, villages at a and c.
TIMES = pd.DataFrame({"a": [2.0, 20, 40], "b": [20.0, 2, 20], "c": [40.0, 20, 2]}, index=["north", "middle", "south"])
PEOPLE = pd.Series({"north": 60.0, "middle": 100.0, "south": 40.0})
POST, HELP = BundleService(opening=10, half_day=1), BundleService(opening=4, half_day=1)


def test_a_building_is_paid_once_and_services_follow_the_money() -> None:
    plan = bundle(TIMES, PEOPLE, {"post_office": POST, "digital_help": HELP}, {2027: 31, 2028: 40}, building=15)
    # 15 + 10 + 4 and two half-days are 31: both at b, 2,200 person-minutes each; then a comes (60 × 18 saved, twice).
    assert plan.opens[["year", "service", "site"]].to_numpy().tolist() == [
        [2027, "post_office", "b"], [2027, "digital_help", "b"],
        [2028, "post_office", "a"], [2028, "digital_help", "a"],
    ]  # fmt: skip
    assert plan.costs[["buildings", "openings", "half_days", "spent"]].to_numpy().tolist() == [
        [15, 14, 2, 31], [15, 14, 4, 33],
    ]  # fmt: skip
    assert plan.objective == 2 * (60 * 20 + 100 * 2 + 40 * 20) + 2 * (60 * 2 + 100 * 2 + 40 * 20)
    assert (plan.status, plan.gap) == ("optimal", 0.0)
    apart = bundle(TIMES, PEOPLE, {"post_office": POST}, {2027: 26}, building=15)
    assert apart.costs["spent"].tolist() == [26]


def test_money_that_is_left_waits_only_where_it_is_asked_to() -> None:
    options: dict[str, Any] = {"building": 15, "existing": {"post_office": pd.Series({"b": 10})}}
    with pytest.raises(SitingError, match="affords nothing: the least that can be added costs 26 in"):
        bundle(TIMES, PEOPLE, {"post_office": POST}, {2027: 14, 2028: 14}, **options)
    later = bundle(TIMES, PEOPLE, {"post_office": POST}, {2027: 14, 2028: 14}, carry_over=True, **options)
    assert later.opens[["year", "site"]].to_numpy().tolist() == [[2028, "a"]]
    assert later.costs["spent"].tolist() == [0, 26]


def test_a_full_site_sends_people_on_and_half_days_make_room() -> None:
    post = {"post_office": BundleService(half_day=1, capacity=100, most=3)}
    today = {"post_office": pd.Series({"a": 1.0, "b": 1.0})}
    one = bundle(TIMES, PEOPLE, post, {2027: 1}, existing=today, forbidden=["c"])
    # Today 200 places for 200 people: 40 of the middle would go to a. One half-day more, at b, makes room for all.
    assert one.schedule.loc[(2027, "post_office", "b"), ["half_days", "added", "people"]].tolist() == [2, 1, 140]
    assert one.minutes["sent_on"].tolist() == [0]
    assert one.costs["spent"].tolist() == [1]
    full = bundle(
        TIMES,
        PEOPLE,
        post,
        {2027: 1},
        existing=today,
        taken={"post_office": pd.Series({"b": 60})},
        forbidden=["b", "c"],
    )
    assert full.schedule.loc[(2027, "post_office", "b"), "room"] == 40
    # South saves 20 minutes at b, the middle 18: the 40 places are for the south.
    assert full.minutes.loc[(2027, "post_office"), ["sent_on", "mean_minutes"]].tolist() == [100, 14.6]
    assert full.assignment.groupby("site")["people"].sum().to_dict() == {"a": 160, "b": 40}


def test_people_may_be_left_without_a_place_at_a_price() -> None:
    post = {"post_office": BundleService(opening=1, capacity=100, most=1)}
    with pytest.raises(SitingError, match="does not serve everyone in each year from 2027 on: 1 more a year would"):
        bundle(TIMES, PEOPLE, post, {2027: 1})
    plan = bundle(TIMES, PEOPLE, post, {2027: 1}, unserved_minutes=60)
    assert plan.opens["site"].tolist() == ["b"]
    assert plan.minutes.loc[(2027, "post_office"), ["people", "unserved", "mean_minutes"]].tolist() == [100, 100, 2]
    assert plan.objective == 100 * 2 + 100 * 60


def test_who_no_site_reaches_is_counted_apart() -> None:
    times = TIMES.copy()
    times.loc["south"] = np.nan
    plan = bundle(times, PEOPLE, {"post_office": POST}, {2027: 11})
    assert plan.minutes.loc[(2027, "post_office"), ["people", "unreached"]].tolist() == [160, 40]
    assert np.isnan(plan.minutes["today_minutes"]).all()


def test_every_problem_is_told_at_once() -> None:
    post: Mapping[str, BundleService] = {"post_office": POST}
    slips = {"post_ofice": pd.Series({"a": 1}), "post_office": pd.Series({"d": 1})}
    with pytest.raises(SitingError, match="'post_ofice' is not among .*did you mean 'post_office'.*no site 'd'"):
        bundle(TIMES, PEOPLE, post, {2027: 9}, existing=slips)
    with pytest.raises(SitingError, match="lacks 2028, 2029: years follow one another"):
        bundle(TIMES, PEOPLE, post, {2027: 9, 2030: 9})
    with pytest.raises(SitingError, match="budget, 2027 is -1"):
        bundle(TIMES, PEOPLE, post, {2027: -1})
    with pytest.raises(SitingError, match="as whole numbers"):
        bundle(TIMES, PEOPLE, post, pd.Series({"2027": 9.0}))
    wrong = {"post_office": BundleService(opening=-1, capacity=0, least=3, most=2)}
    with pytest.raises(SitingError, match=r"opening is -1.*capacity is 0.*3 to 2 half-days"):
        bundle(TIMES, PEOPLE, wrong, {2027: 9})
    small = {"post_office": BundleService(capacity=1, most=10)}
    with pytest.raises(SitingError, match="post_office: 30 places at most.* for 200 people"):
        bundle(TIMES, PEOPLE, small, {2027: 9})
    with pytest.raises(SitingError, match="says nothing of the service 'post_office'"):
        bundle(TIMES, {}, post, {2027: 9})
    with pytest.raises(SitingError, match="Nothing can be added"):
        bundle(TIMES, PEOPLE, post, {2027: 9}, existing={"post_office": pd.Series({"a": 1})}, forbidden=list("abc"))
    with pytest.raises(TableError, match="building"):
        bundle(TIMES, PEOPLE, post, {2027: 9}, building=pd.Series({"a": 1.0}))


# Every plan of small instances.

YEARS = (2027, 2028)


def _least(minutes: np.ndarray, people: np.ndarray, room: list[float], unserved: float | None) -> float:
    """Return the fewest person-minutes with so much room at each site (0: it is shut)."""
    pairs = [(i, j) for i in range(len(people)) for j in range(len(room)) if room[j] > 0]
    cost = [minutes[pair] for pair in pairs]
    if unserved is not None:
        pairs, cost = pairs + [(i, -1) for i in range(len(people))], cost + [unserved] * len(people)
    if not pairs:
        return np.inf
    sent = np.array([[float(pair[0] == i) for pair in pairs] for i in range(len(people))])
    taken = np.array([[float(pair[1] == j) for pair in pairs] for j in range(len(room))])
    found = linprog(cost, A_ub=taken, b_ub=[min(each, 1e6) for each in room], A_eq=sent, b_eq=people)
    return float(found.fun) if found.status == 0 else np.inf


def _best(
    times: pd.DataFrame, people: pd.Series, services: dict[str, BundleService], budget: list[float],
    building: list[float], today: dict[str, list[int]], unserved: float | None,
) -> float:  # fmt: skip
    """Return the least objective of all plans, tried one by one."""
    minutes, weights, sites = times.to_numpy(), people.to_numpy("float64"), range(times.shape[1])
    names, known = list(services), {}
    built = {j for j in sites for name in names if today[name][j]}
    best = np.inf
    opens = [range(3) if not today[name][j] else [-1] for name in names for j in sites]
    for when in itertools.product(*opens):
        total, seen = 0.0, set(built)
        for year, money in enumerate(budget):
            cheapest = {0.0: 0.0}
            for number, name in enumerate(names):
                service, first = services[name], when[number * len(sites) : (number + 1) * len(sites)]
                once = sum(service.opening for j in sites if first[j] == year)
                fitted = {j for j in sites if first[j] == year} - seen
                once, seen = once + sum(building[j] for j in fitted), seen | fitted
                most = [max(0, service.most - today[name][j]) if today[name][j] else service.most for j in sites]
                fewest = [0 if today[name][j] else service.least for j in sites]
                spans = [range(fewest[j], most[j] + 1) if first[j] <= year else [0] for j in sites]
                options: dict[float, float] = {}
                for more in itertools.product(*spans):
                    open_ = tuple(today[name][j] + more[j] for j in sites)
                    if (name, open_) not in known:
                        room = [(service.capacity or 1e6) * each for each in open_]
                        known[name, open_] = service.weight * _least(minutes, weights, room, unserved)
                    cost = once + service.half_day * sum(more)
                    options[cost] = min(options.get(cost, np.inf), known[name, open_])
                merged: dict[float, float] = {}
                for (spent, value), (cost, more_value) in itertools.product(cheapest.items(), options.items()):
                    merged[spent + cost] = min(merged.get(spent + cost, np.inf), value + more_value)
                cheapest = merged
            total += min((value for spent, value in cheapest.items() if spent <= money + 1e-9), default=np.inf)
        best = min(best, total)
    return best


@st.composite
def instances(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    cells = draw(st.lists(st.integers(0, 30), min_size=rows * columns, max_size=rows * columns))
    sites = [f"s{column}" for column in range(columns)]
    times = pd.DataFrame(np.array(cells, "float64").reshape(rows, columns), [f"r{row}" for row in range(rows)], sites)
    people = pd.Series(draw(st.lists(st.integers(1, 8), min_size=rows, max_size=rows)), index=times.index)
    few = st.integers(0, 5).map(float)
    services, today = {}, {}
    for name in ("post_office", "digital_help"):
        services[name] = BundleService(
            opening=draw(few), half_day=draw(st.integers(0, 2).map(float)), least=1, most=draw(st.integers(1, 2)),
            capacity=draw(st.one_of(st.none(), st.integers(3, 15))), weight=draw(st.sampled_from([1.0, 2.0])),
        )  # fmt: skip
        today[name] = draw(st.lists(st.sampled_from([0, 0, 1]), min_size=columns, max_size=columns))
    budget = draw(st.lists(st.integers(0, 25).map(float), min_size=2, max_size=2))
    building = draw(st.lists(few, min_size=columns, max_size=columns))
    unserved = draw(st.sampled_from([None, 35.0]))
    asked = {"times": times, "people": people, "services": services, "unserved": unserved}
    return asked, {"today": today, "budget": budget, "building": building}


def _asked(asked: dict[str, Any], more: dict[str, Any], *, extra: float = 0.0) -> BundlePlan | None:
    sites = asked["times"].columns
    existing = {
        name: pd.Series(each, sites, dtype="float64")[np.array(each) > 0] for name, each in more["today"].items()
    }
    budget = {year: money + extra for year, money in zip(YEARS, more["budget"], strict=True)}
    try:
        return bundle(
            asked["times"], asked["people"], asked["services"], budget, unserved_minutes=asked["unserved"],
            building=pd.Series(more["building"], sites), existing=existing,
        )  # fmt: skip
    except SitingError:
        return None


@settings(max_examples=8, deadline=None)
@given(instances())
def test_no_other_plan_is_better_and_more_money_never_worse(instance: tuple[dict[str, Any], dict[str, Any]]) -> None:
    asked, more = instance
    plan = _asked(asked, more)
    if plan is None:
        return
    best = _best(asked["times"], asked["people"], asked["services"], **{**more, "unserved": asked["unserved"]})
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, rel=1e-5)
    assert (plan.costs["spent"] <= plan.costs["budget"] + 1e-6).all()
    assert (plan.schedule["people"] <= plan.schedule["room"] + 1e-6).all()
    richer = _asked(asked, more, extra=7.0)
    assert richer is not None
    assert richer.objective <= plan.objective * (1 + 1e-6)


def test_sharing_is_never_dearer_than_apart() -> None:
    services = {"post_office": POST, "digital_help": HELP}
    shared = bundle(TIMES, PEOPLE, services, {2027: 60}, building=15)
    apart = [
        bundle(TIMES, PEOPLE, {name: service}, {2027: money}, building=15).objective
        for (name, service), money in zip(services.items(), (34, 26), strict=True)
    ]
    assert shared.objective < sum(apart)


# On the sample, as scenarios.


@pytest.fixture(scope="module")
def chaunois() -> tuple[am.Study, am.siting.BundleSites, BundlePlan]:
    study = am.load_sample()
    services = {
        "france_services": BundleService(opening=20, half_day=6, capacity=1_500, least=4),
        "digital_help": BundleService(opening=5, half_day=3, weight=0.5),
    }
    halls = study.sites("mairie")
    halls = halls[halls["commune"].isin(study.communes.index[study.communes["in_territory"]])].iloc[::14]
    asked = am.siting.bundle_sites(study, services, candidates=halls, today={"france_services": 10})
    plan = bundle(
        asked.times, asked.people, services, {2027: 90, 2028: 90}, building=40, existing=asked.existing,
        taken=asked.taken, forbidden=asked.forbidden, unserved_minutes=90, time_limit=4,
    )  # fmt: skip
    return study, asked, plan


def test_scenarios_of_a_bundle_are_read_by_compare_and_files(
    chaunois: tuple[am.Study, am.siting.BundleSites, BundlePlan], tmp_path: Path
) -> None:
    study, asked, plan = chaunois
    assert plan.bound <= plan.objective
    assert 0 <= plan.gap < 0.5
    assert not plan.opens.empty
    assert (plan.costs["spent"] <= plan.costs["budget"] + 1e-6).all()
    scenarios = plan.to_scenarios("Bouquet", asked.sites)
    assert [each.name for each in scenarios] == ["Bouquet 2027", "Bouquet 2028"]
    assert list(am.scenarios.read(am.scenarios.write(scenarios, tmp_path / "plans.toml")).values()) == scenarios
    for service in ("france_services", "digital_help"):
        result = am.compare(scenarios, study, category=service)[study.inside]
        for year, scenario in zip((2027, 2028), scenarios, strict=True):
            mean = np.average(result[scenario.name], weights=study.people)
            assert plan.minutes.loc[(year, service), "nearest_minutes"] == pytest.approx(mean, abs=1e-3)
    then = scenarios[-1].apply(study).services
    opened = plan.schedule.loc[2028].reset_index().query("added > 0 and half_days == added")
    hours = am.hours.half_days(then.loc[opened["service"] + "-" + opened["site"]])
    assert hours.tolist() == opened["half_days"].tolist()


def test_hours_that_nobody_knows_are_asked_for(chaunois: tuple[am.Study, am.siting.BundleSites, BundlePlan]) -> None:
    study, asked, _ = chaunois
    with pytest.raises(SitingError, match="france_services: the hours of 13 sites are not known"):
        am.siting.bundle_sites(study, {"france_services": BundleService(capacity=900)})
    with pytest.raises(SitingError, match="today: 'franceservices' is not among"):
        am.siting.bundle_sites(study, {"france_services": BundleService()}, today={"franceservices": 3})
    assert asked.people.index.equals(asked.times.index)
    assert len(asked.forbidden) == 10  # sites beyond the territory
    # People of Saint-Quentin go to their own site and take its places.
    assert sum(float(each.sum()) for each in asked.taken.values()) <= study.residents["population"].sum()
