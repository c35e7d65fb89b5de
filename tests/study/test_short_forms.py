"""One is as good as several, and what is of another kind is refused in one clear sentence."""

import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import AccessmapError


def test_one_scenario_and_one_cutoff_are_as_good_as_several(toy_study):
    plan = am.Scenario("plan").open("france_services", commune="02002")
    result = am.compare([plan], toy_study)
    pd.testing.assert_frame_equal(am.compare(plan, toy_study), result)
    pd.testing.assert_frame_equal(am.compare({"plan": plan}, toy_study), result)
    inside = result[toy_study.inside]
    pd.testing.assert_frame_equal(am.coverage(inside, toy_study.people, 2), am.coverage(inside, toy_study.people, [2]))
    points = toy_study.sites("france_services")
    one, several = (am.isochrones(toy_study.network, points, cutoffs) for cutoffs in (3, [3]))
    assert one.geometry.equals(several.geometry)


WRONG = {
    "travel_times of a dict": lambda s: am.travel_times({}, s.services, s.network),
    "travel_times without roads": lambda s: am.travel_times(s.residents, s.services, s),
    "nearest_times of a Series": lambda s: am.nearest_times(s.residents["population"], s.services, s.network),
    "nearest_times without roads": lambda s: am.nearest_times(s.residents, s.services, "car"),
    "nearest_times of no site": lambda s: am.nearest_times(s.residents, s.services, s.network, k=0),
    "isochrones without roads": lambda s: am.isochrones(s, s.services, 10),
    "isochrones of a name": lambda s: am.isochrones(s.network, "mairie", 10),
    "isochrones of text": lambda s: am.isochrones(s.network, s.services, "10"),
    "catchments of a Series": lambda s: am.catchments(s.communes, s.residents, s.people),
    "catchments of a dict": lambda s: am.catchments(s.communes, {}, s.minutes()),
    "compare of names": lambda s: am.compare(["plan"], s),
    "compare of a name": lambda s: am.compare("plan", s),
    "compare of a table": lambda s: am.compare(am.Scenario("plan").close("fs-a"), s.services),
    "compare by a number": lambda s: am.compare(am.Scenario("p").close("fs-a"), s, measure=lambda each: 1.0),
    "compare_tables by a number": lambda s: am.compare_tables(am.Scenario("p").close("fs-a"), s, lambda each: 1.0),
    "winners of a Series": lambda s: am.winners_and_losers(s.people, s.residents),
    "winners without a baseline": lambda s: am.winners_and_losers(s.minutes(), s.residents),
    "winners among no residents": lambda s: am.winners_and_losers(s.minutes(), {}),
    "by_commune of a dict": lambda s: am.by_commune({}, s.residents),
    "by_commune of no residents": lambda s: am.by_commune(s.people, "residents"),
    "nearest of a Series": lambda s: am.nearest(s.people),
    "coverage of a dict": lambda s: am.coverage({}, s.people),
    "coverage of a list of people": lambda s: am.coverage(s.minutes(), [1, 2, 3]),
    "coverage of text": lambda s: am.coverage(s.minutes(), s.residents["population"], "10"),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_another_kind_of_value_is_refused_in_one_sentence(toy_study, call):
    with pytest.raises(AccessmapError) as refused:
        call(toy_study)
    assert refused.value.problems[0].key
    assert refused.value.told("fr") != str(refused.value)
