"""The results of a contract before and after, by hand on the toy; territories side by side; how both are told."""

from dataclasses import replace
from itertools import permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from accessmap import Scenario, coverage, sentences
from accessmap.errors import ScenarioError, StudyError, TableError
from accessmap.programme import (
    INDICATORS,
    Operation,
    PlannedStep,
    Programme,
    Selection,
    effect_rows,
    effects,
    indicators,
    programme_rows,
    side_by_side,
    side_rows,
    territories_of,
)
from accessmap.programme.carrying import missing_told
from accessmap.programme.files import sample as sample_programme
from accessmap.programme.sentences import programme_told


@pytest.fixture
def known_study(toy_study):
    """The toy with all that indicators ask: fibre, écoles, coworking, operators, people helped.

    A and B are the territory: sites mairie-a, mairie-b, fs-a, and a coworking at B; X is outside it.
    """
    services = toy_study.services
    work = services.loc[["mairie-b"]].assign(name="Le Relais", category="coworking").set_axis(["cw-b"])
    services = gpd.GeoDataFrame(pd.concat([services, work]).rename_axis("service_id"), crs=2154)
    services["operator"] = pd.Series({"fs-a": "Pôle", "fs-x": "Pôle", "mairie-a": "Aville", "mairie-b": "Bourg"})
    services["refers_to"] = pd.Series({"mairie-b": "cw-b; nowhere"})
    services["people_helped"] = pd.Series({"fs-a": 120.0, "fs-x": 900.0, "mairie-a": 7.0})
    services["step_free"] = ["yes", "no", "yes", "unknown", "yes", "unknown"]
    schools = gpd.GeoDataFrame(
        {
            "name": ["École A", "École B", "Collège B", "École X"],
            "level": ["primary", "nursery", "middle", "primary"],
            "commune": ["02001", "02002", "02002", "60001"],
        },
        geometry=toy_study.communes.geometry.iloc[[0, 1, 1, 2]].centroid.to_numpy(),
        index=pd.Index(["sa", "sb", "cb", "sx"], name="school_id"),
        crs=2154,
    )
    equipment = pd.DataFrame(
        {"tablets": [0.0, 0.0, 9.0], "interactive_boards": [0.0, 1.0, 0.0]},
        index=pd.Index(["sa", "sb", "cb"], name="school_id"),
    )
    digital = pd.DataFrame(
        {"fibre": [0.5, 0.9, 0.0], "premises": [60, 20, 9]}, index=pd.Index(["02001", "02002", "60001"], name="code")
    )
    return replace(toy_study, services=services, schools=schools, equipment=equipment, digital=digital)


def one(*steps, **given):
    return Programme("Contrat", (Operation("one", "ONE", "Commune", ("02001",), steps=steps),), **given)


def table(study, plan, **given):
    return indicators(study, plan, **given).set_index("indicator")


def both(study, plan, name, **given):
    return table(study, plan, **given).loc[name, ["before", "after"]].tolist()


def lacks(study, plan, name):
    return missing_told(table(study, plan).loc[name, "missing"], lang="en")


NOTHING = Scenario("rien")


# ---- each indicator, by hand


def test_every_indicator_by_hand(known_study):
    before = table(known_study, NOTHING, within=2)["before"]
    assert before.to_dict() == {
        "services_kept": 4,
        "services_created": 0,
        "services_networked": 3,  # fs-a with fs-x by its operator; mairie-b and cw-b, one refers to the other
        "services_step_free": 1,  # mairie-a; of fs-a and cw-b one is unknown, mairie-x and fs-x are elsewhere
        "fibre_rate": pytest.approx((60 * 0.5 + 20 * 0.9) / 80),
        "schools_equipped": 1,  # the collège is no école
        "schools_equipped_share": 0.5,
        "coworking_places": 1,
        "help_reach": 1.0,  # A has its France services, B its coworking
        "help_sites": 2,
        "people_helped": 120,
    } | {"services_step_free": before["services_step_free"]}
    assert list(before.index) == list(INDICATORS)
    assert table(known_study, NOTHING)["missing"]["fibre_rate"] == ()


def test_a_service_that_closes_is_not_kept_and_one_that_moves_inside_is(known_study):
    assert both(known_study, Scenario("x").close("fs-a"), "services_kept") == [4, 3]
    assert both(known_study, Scenario("x").close("fs-x"), "services_kept") == [4, 4]
    assert both(known_study, Scenario("x").move("fs-a", commune="02002"), "services_kept") == [4, 4]
    assert both(known_study, Scenario("x").move("fs-a", commune="60001"), "services_kept") == [4, 3]


def test_a_service_is_created_where_it_opens_inside(known_study):
    assert both(known_study, Scenario("x").open("bank", commune="02001"), "services_created") == [0, 1]
    assert both(known_study, Scenario("x").open("bank", commune="60001"), "services_created") == [0, 0]
    again = Scenario("x").close("fs-a").open("france_services", commune="02001")
    assert both(known_study, again, "services_created") == [0, 1]
    # one that comes in from outside is neither kept nor created
    assert both(known_study, Scenario("x").move("fs-x", commune="02001"), "services_created") == [0, 0]


def test_an_opening_of_unknown_kind_counts_as_created_and_says_what_lacks(known_study):
    vague = one(PlannedStep("open", commune="02002", name="Guichet"))
    assert both(known_study, vague, "services_created") == [0, 1]
    assert lacks(known_study, vague, "services_created") == "the kind of service that opens (Guichet)"
    assert both(known_study, one(PlannedStep("open", commune="60001")), "services_created") == [0, 0]
    assert both(known_study, one(PlannedStep("open")), "services_created") == [0, 1]  # its operation is at A
    known = one(PlannedStep("open", commune="02002", category="bank"))
    assert both(known_study, known, "services_created") == [0, 1]
    assert lacks(known_study, known, "services_created") == ""


def test_a_point_says_whether_an_opening_is_inside(known_study):
    places = known_study.services.geometry.loc[["mairie-b", "mairie-x"]].to_crs(4326)
    counts = [
        both(known_study, one(PlannedStep("open", lon=place.x, lat=place.y)), "services_created") for place in places
    ]
    assert counts == [[0, 1], [0, 0]]


def test_a_network_is_a_shared_operator_or_a_reference(known_study):
    assert both(known_study, Scenario("x").close("fs-x"), "services_networked") == [3, 2]
    assert both(known_study, Scenario("x").close("cw-b"), "services_networked") == [3, 1]
    assert lacks(known_study, NOTHING, "services_networked") == ""


def test_services_that_say_nothing_of_a_network_are_counted_apart(known_study):
    services = known_study.services.drop(columns="refers_to")
    study = known_study.with_services(services)
    assert both(study, NOTHING, "services_networked") == [1, 1]
    assert lacks(study, NOTHING, "services_networked") == "who runs each site, of 1 service"
    silent = known_study.with_services(services.drop(columns="operator"))
    assert both(silent, NOTHING, "services_networked") == pytest.approx([np.nan, np.nan], nan_ok=True)
    lacking = "who runs each site; the network of each site; whom each site refers to"
    assert lacks(silent, NOTHING, "services_networked") == lacking


def test_several_networks_may_stand_in_one_cell(known_study):
    services = known_study.services.drop(columns=["operator", "refers_to"])
    services["network"] = pd.Series({"mairie-a": "Biblio; Aisne numérique", "mairie-b": "Aisne numérique", "fs-a": "F"})
    assert both(known_study.with_services(services), NOTHING, "services_networked") == [2, 2]


def test_a_site_that_refers_to_itself_is_in_no_network(known_study):
    services = known_study.services.drop(columns="operator")
    alone = known_study.with_services(services.assign(refers_to=pd.Series({"mairie-a": "mairie-a"})))
    assert both(alone, NOTHING, "services_networked") == [0, 0]


def test_a_town_hall_adapted_is_one_more_step_free(known_study):
    services = known_study.services.assign(step_free=["no", "no", "yes", "unknown", "yes", "unknown"])
    study = known_study.with_services(services)
    assert both(study, Scenario("x").adapt("mairie-a"), "services_step_free") == [0, 1]
    assert lacks(study, NOTHING, "services_step_free") == "step-free access, of 2 services"


def test_what_is_unknown_before_is_nan_and_not_zero(known_study):
    unknown = known_study.with_services(known_study.services.assign(step_free="unknown"))
    before, after = both(unknown, Scenario("x").adapt("mairie-a"), "services_step_free")
    assert np.isnan(before)
    assert after == 1
    assert lacks(unknown, Scenario("x").adapt("mairie-a"), "services_step_free") == "step-free access, of 3 services"


def test_fibre_is_weighted_by_premises_or_else_by_people(known_study):
    assert both(known_study, Scenario("x").connect("02001"), "fibre_rate") == pytest.approx([0.6, 0.975])
    people = replace(known_study, digital=known_study.digital[["fibre"]])
    assert both(people, NOTHING, "fibre_rate")[0] == pytest.approx((100 * 0.5 + 50 * 0.9) / 150)
    wide = known_study.about(["02001", "02002", "60001"], title="ABX")
    unknown = known_study.digital.assign(fibre=[0.5, 0.9, np.nan], premises=[60.0, 20.0, np.nan])
    assert both(replace(wide, digital=unknown), NOTHING, "fibre_rate")[0] == pytest.approx(0.6)
    half = replace(known_study, digital=known_study.digital.drop("02002"))
    assert both(half, NOTHING, "fibre_rate")[0] == 0.5
    assert lacks(half, NOTHING, "fibre_rate") == "the coverage of 1 commune"
    mobile = replace(known_study, digital=pd.DataFrame({"mobile_4g": [1.0]}, index=["02001"]))
    assert lacks(mobile, NOTHING, "fibre_rate") == "the share of premises with fibre"


def test_a_purchase_equips_a_school(known_study):
    bought = one(PlannedStep("equip", schools=Selection("02001"), properties=(("tablets", "unknown"),)))
    assert both(known_study, bought, "schools_equipped") == [1, 2]
    assert both(known_study, bought, "schools_equipped_share") == [0.5, 1.0]
    unknown = replace(known_study, equipment=None)
    assert both(unknown, bought, "schools_equipped") == pytest.approx([np.nan, 1], nan_ok=True)
    assert lacks(unknown, bought, "schools_equipped") == "the equipment of 1 school"
    assert lacks(unknown, NOTHING, "schools_equipped") == "the equipment of 2 schools"
    nowhere = replace(known_study, schools=known_study.schools.loc[["cb"]], equipment=None)
    assert lacks(nowhere, NOTHING, "schools_equipped") == "the schools (Trois villages)"


def test_coworking_and_help_are_places_of_the_territory(known_study):
    more = Scenario("x").open("coworking", commune="02001").open("digital_help", commune="60001")
    assert both(known_study, more, "coworking_places") == [1, 2]
    assert both(known_study, more, "help_sites") == [2, 3]
    none = known_study.with_services(known_study.services.query("category == 'mairie'"))
    assert both(none, NOTHING, "coworking_places") == pytest.approx([np.nan, np.nan], nan_ok=True)
    assert lacks(none, NOTHING, "coworking_places") == "services of this kind in the data: coworking space"
    assert lacks(none, NOTHING, "help_reach") == "places of digital help in the data"
    assert lacks(none, NOTHING, "help_sites") == "places of digital help in the data"


def test_help_in_reach_is_a_share_of_people(known_study):
    less = Scenario("x").close("cw-b")
    assert both(known_study, less, "help_reach", within=2) == pytest.approx([1, 100 / 150])
    assert both(known_study, less, "help_reach", within=3) == [1, 1]


def test_people_helped_are_those_of_places_that_help_inside(known_study):
    assert both(known_study, Scenario("x").close("fs-x"), "people_helped") == [120, 120]
    assert lacks(known_study, NOTHING, "people_helped") == "people helped a year, of 1 service"
    closed = Scenario("x").close("fs-a")
    assert lacks(known_study, closed, "people_helped").startswith("people helped a year")


def test_the_share_in_reach_agrees_with_coverage_on_the_sample(sample_study):
    inside = sample_study.inside
    minutes = sample_study.minutes(sample_study.sites("france_services")).min(axis=1)[inside]
    expected = coverage(minutes, sample_study.residents["population"][inside], [7.0]).iloc[0, 0]
    assert both(sample_study, NOTHING, "help_reach", within=7.0)[0] == pytest.approx(expected)


# ---- programmes, scenarios, targets


def test_a_scenario_and_a_programme_of_the_same_steps_count_the_same(known_study):
    planned = one(PlannedStep("close", id="fs-a"), PlannedStep("connect", commune="02001"))
    scenario = Scenario("Contrat").close("fs-a").connect("02001")
    pd.testing.assert_frame_equal(indicators(known_study, planned), indicators(known_study, scenario))


def test_several_plans_stand_one_below_the_other(known_study):
    found = indicators(known_study, [one(), Scenario("x").close("fs-a")])
    assert found["scenario"].unique().tolist() == ["Contrat", "x"]
    assert len(found) == 2 * len(INDICATORS)
    with pytest.raises(ScenarioError, match="two plans are named 'x'"):
        indicators(known_study, [Scenario("x"), Scenario("x")])


def test_targets_are_those_of_the_programme_unless_given(known_study):
    aimed = one(targets=(("fibre_rate", 1.0),))
    assert table(known_study, aimed)["target"].dropna().to_dict() == {"fibre_rate": 1.0}
    assert table(known_study, aimed, targets={"help_sites": 4})["target"].dropna().to_dict() == {"help_sites": 4.0}
    assert table(known_study, NOTHING)["target"].isna().all()


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ({"fiber_rate": 1}, "no indicator 'fiber_rate' .did you mean 'fibre_rate'"),
        ({"fibre_rate": 103}, "the target of 'fibre_rate' is 103: give a share from 0 to 1"),
        ({"help_sites": -1}, "the target of 'help_sites' is -1: give 0 or more"),
        ({"help_sites": float("nan")}, "the target of 'help_sites' is nan"),
    ],
)
def test_a_target_that_cannot_be_is_refused(known_study, targets, problem):
    with pytest.raises(ScenarioError, match=problem):
        indicators(known_study, one(), targets=targets)


def test_minutes_are_not_negative(known_study):
    with pytest.raises(ScenarioError, match="within is -1"):
        indicators(known_study, one(), within=-1)


def test_effects_are_alone_and_on_top_of_those_before(known_study):
    first = Operation("one", "ONE", "C", ("02001",), steps=(PlannedStep("connect", commune="02001"),))
    second = Operation(
        "two", "TWO", "C", ("02001",), steps=(PlannedStep("connect", communes=Selection(epci="200000001")),)
    )
    found = effects(known_study, Programme("Contrat", (first, second))).query("indicator == 'fibre_rate'")
    assert found["change"].tolist() == pytest.approx([0.375, 0.4])
    assert found["alone"].tolist() == pytest.approx([0.975, 1.0])
    assert found["added"].tolist() == pytest.approx([0.375, 0.025])
    assert found["cumulated"].tolist() == pytest.approx([0.975, 1.0])


def test_what_operations_add_makes_the_whole(sample_study):
    programme = sample_programme()
    found = effects(sample_study, programme)
    whole = table(sample_study, programme)
    created = found.loc[found["indicator"] == "services_created", "added"].sum()
    assert created == whole.loc["services_created", "after"] == 1
    last = found.query("operation == 'ecoles-chauny'").set_index("indicator")["cumulated"]
    pd.testing.assert_series_equal(last, whole["after"], check_names=False)


def test_a_programme_all_off_changes_nothing(known_study):
    off = one(PlannedStep("close", id="fs-a")).without("one")
    found = indicators(known_study, off)
    pd.testing.assert_series_equal(found["before"], found["after"], check_names=False)
    assert effects(known_study, off).empty
    assert off.measurable(known_study).empty


@pytest.mark.parametrize("order", list(permutations(["one", "two", "three"])))
def test_kept_and_created_do_not_hang_on_the_order(toy_study, order):
    steps = {
        "one": PlannedStep("close", id="fs-a"),
        "two": PlannedStep("open", category="bank", commune="02002"),
        "three": PlannedStep("set", id="mairie-a", properties=(("step_free", "yes"),)),
    }
    programme = Programme(
        "Contrat", tuple(Operation(name, name, "C", ("02001",), steps=(steps[name],)) for name in order)
    )
    found = table(toy_study, programme)["after"]
    assert found[["services_kept", "services_created", "services_step_free"]].tolist() == [2, 1, 1]


# ---- territories side by side


def row(found, indicator, category="", minutes=None):
    """One row of territories side by side."""
    chosen = found[(found["indicator"] == indicator) & (found["category"] == category)]
    chosen = chosen if minutes is None else chosen[chosen["minutes"] == minutes]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_territories_by_hand(known_study):
    names = {"AB": ["02001", "02002"], "X": "200000002", "60": "60"}
    found = side_by_side(known_study, names, within=2)

    def values(*key):
        return row(found, *key)[list(names)].astype(float).to_list()

    assert values("communes") == [2, 1, 1]
    assert values("people") == [150, 10, 10]
    assert values("share_within", "france_services", 2) == pytest.approx([100 / 150, 1, 1])
    assert values("share_within", "france_services", 5) == [1, 1, 1]
    assert values("mean_minutes", "france_services") == pytest.approx([1, 0, 0])
    assert values("sites_per_10000", "france_services") == pytest.approx([10000 / 150, 1000, 1000])
    assert values("unreached_share", "coworking") == [0, 0, 0]
    assert values("sites_per_10000", "coworking") == pytest.approx([10000 / 150, 0, 0])
    assert values("fibre_rate") == pytest.approx([0.6, 0, 0])
    assert values("schools_equipped_share") == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert values("help_reach", "", 2) == [1, 1, 1]
    assert values("help_minutes") == [0, 0, 0]
    assert values("help_per_10000") == pytest.approx([20000 / 150, 1000, 1000])
    assert values("helped_per_10000") == pytest.approx([8000, 900000, 900000])
    lacking = missing_told(row(found, "schools_equipped_share")["missing"], lang="en")
    assert lacking == "the equipment of 1 school (X); the equipment of 1 school (60)"
    nobody = known_study.with_services(known_study.services.drop(columns="people_helped"))
    lacking = row(side_by_side(nobody, names), "helped_per_10000")["missing"]
    assert missing_told(lacking, lang="en") == "people helped a year"


def test_a_resident_at_exactly_a_cutoff_is_within_it(known_study):
    study = replace(known_study, thresholds=(3,))
    study = study.with_services(study.services.drop("cw-b"))
    exact = side_by_side(study, {"B": ["02002"]}, categories=["france_services"], within=3)
    assert row(exact, "help_reach")["B"] == 1
    assert row(exact, "mean_minutes", "france_services")["B"] == 3
    assert row(exact, "share_within", "france_services", 3)["B"] == 1


def test_the_territory_alone_is_what_the_indicators_say(known_study):
    found = side_by_side(known_study)
    ours = table(known_study, NOTHING)["before"]
    assert row(found, "fibre_rate")["Trois villages"] == ours["fibre_rate"]
    assert row(found, "help_reach")["Trois villages"] == ours["help_reach"]


def test_by_default_the_territory_its_epci_and_its_department(sample_study, toy_study):
    found = territories_of(sample_study)
    assert list(found)[:3] == ["Pays Chaunois", "CA Chauny Tergnier La Fère", "CC Picardie des Châteaux"]
    assert sorted(found["CA Chauny Tergnier La Fère"] + found["CC Picardie des Châteaux"]) == found["Pays Chaunois"]
    assert list(territories_of(toy_study)) == [
        "Trois villages",
        "EPCI 200000001",
        "Aisne (les communes de l’étude)",
    ]


def test_people_of_the_parts_make_the_whole(sample_study):
    names = {"all": territories_of(sample_study)["Pays Chaunois"], "CA": "200071785", "CC": "200071769"}
    found = side_by_side(sample_study, names, categories=["france_services"])
    people = row(found, "people")
    assert people["all"] == people["CA"] + people["CC"] == 70_550
    share = row(found, "share_within", "france_services", 10)
    assert share["all"] == pytest.approx((share["CA"] * people["CA"] + share["CC"] * people["CC"]) / people["all"])


def test_every_wrong_territory_is_told_at_once(toy_study):
    with pytest.raises(StudyError) as error:
        side_by_side(
            toy_study,
            {"a": "200000003", "b": "61", "c": ["02001", "02003"], "d": [], "unit": "02", "e": "Thiérache"},
        )
    told = str(error.value)
    assert told.startswith("side_by_side: 6 problems.")
    assert "'a': no EPCI or department '200000003' (did you mean '20000000" in told
    assert "'c': 1 unknown commune, such as '02003' (did you mean '0200" in told
    assert "'d': no commune is given." in told
    assert "'unit' is a column of the table" in told
    with pytest.raises(StudyError, match="no territory is given"):
        side_by_side(toy_study, {})
    with pytest.raises(StudyError, match="no service of category 'banc'"):
        side_by_side(toy_study, categories=["banc"])


def test_the_aisne_and_the_thierache_stand_beside_the_territory(real_data):
    from aisne import aisne_study

    study = aisne_study(real_data, calibrate=True)
    fibre = pd.read_csv(real_data / "fibre_2025.csv", dtype={"insee": str}).set_index("insee")["fibre_pct"] / 100
    digital = pd.DataFrame({"fibre": fibre[fibre.index.isin(study.communes.index)]}).rename_axis("code")
    names = {"CA": "200071785", "Aisne": "02", "Thiérache du Centre": "240200444"}
    found = side_by_side(replace(study, digital=digital), names, categories=["emergency", "france_services"])
    assert row(found, "communes")[list(names)].to_list() == [48, 797, 68]
    assert row(found, "people")["Aisne"] == 523_342
    far = row(found, "mean_minutes", "emergency")
    assert far["CA"] < far["Aisne"] < far["Thiérache du Centre"]
    assert row(found, "fibre_rate")[list(names)].between(0.9, 1).all()
    shares = found.loc[found["unit"] == "share", list(names)].to_numpy("float64")
    assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()


# ---- in words


def test_the_table_is_told_in_both_languages(known_study):
    plan = one(PlannedStep("connect", commune="02001"), targets=(("fibre_rate", 1.0),))
    found = indicators(known_study, plan, within=5)
    french = programme_rows(found)
    assert list(french.columns) == ["Indicateur", "Avant", "Après", "Objectif", "Définition", "Données qui manquent"]
    assert french.loc["fibre_rate"].iloc[:4].tolist() == [
        "Taux de couverture en fibre",
        "60\u00a0%",
        "98\u00a0%",
        "100\u00a0%",
    ]
    assert "5\u00a0minutes" in french.loc["help_reach", "Définition"]
    english = programme_rows(found, lang="en")
    assert english.loc["fibre_rate"].iloc[1:4].tolist() == ["60%", "98%", "100%"]
    assert english["Target"].drop("fibre_rate").unique().tolist() == ["not set"]


def test_rows_are_of_one_plan(known_study):
    with pytest.raises(ValueError, match="'a', 'b': choose the rows of one"):
        programme_rows(indicators(known_study, [Scenario("a"), Scenario("b")]))


def test_the_sample_is_told_in_sentences(sample_study):
    programme = sample_programme()
    said = programme_told(programme, sample_study, indicators(sample_study, programme))
    assert said[0] == "Contrat de ruralité du Pays Chaunois (2017)\u00a0: 7\u00a0opérations."
    assert said[1] == "3\u00a0opérations sur 7 sont mesurables avec les données fournies, dont 1 en partie."
    assert sum(each.startswith("Non mesurée") for each in said) == 4
    assert sum(each.startswith("Mesurée en partie") for each in said) == 1
    assert said[-4:] == [
        "Services créés\u00a0: 0 avant, 1 après.",
        "Services accessibles de plain-pied\u00a0: inconnu avant, 3 au moins après.",
        "Coûts\u00a0: aucun n’est connu.",
        f"Partenaires et financeurs possibles\u00a0: {', '.join(programme.partners)}.",
    ]


def test_sentences_for_none_all_and_known_costs(known_study):
    def said(programme):
        return programme_told(programme, known_study, indicators(known_study, programme), lang="en")

    assert said(one()) == [
        "Contrat: 1 operation.",
        "None of the 1 operations can be measured with the data given.",
        "Not measured: ONE. Missing: what the operation changes.",
        "No indicator that is measured changes.",
        "Costs: none is known.",
    ]
    dear = replace(one(PlannedStep("connect", commune="02001")).operations[0], cost_eur=12_500.0)
    assert said(Programme("Contrat", (dear,), year=2017)) == [
        "Contrat (2017): 1 operation.",
        "All operations (1) can be measured with the data given.",
        "Fibre coverage: 60% before, 98% after.",
        "Known costs: €12,500, of 1 operation of 1.",
    ]
    assert said(one().without("one"))[0] == "Contrat: 0 operations."


def test_territories_are_told_in_words(known_study):
    found = side_by_side(known_study, {"AB": ["02001", "02002"], "X": "60"}, categories=["france_services"])
    rows = side_rows(found, lang="en")
    assert list(rows.columns) == ["Indicator", "AB", "X", "Missing data"]
    told = rows.set_index("Indicator")
    assert told.loc["People within 5\u00a0minutes (France services)", ["AB", "X"]].tolist() == ["100%", "100%"]
    assert told.loc["Sites for 10,000 people (France services)", "AB"] == "66.7"
    assert told.loc["Mean time (France services)", "AB"] == "1.0\u00a0min"
    assert told.loc["Share of schools equipped", "X"] == "unknown"
    said = sentences.territories(found)
    assert said[0] == "France services, à 5\u00a0minutes ou moins\u00a0: AB 100\u00a0%, X 100\u00a0%."
    assert "maximums" in said[-1]


def test_what_each_operation_changes_is_told(known_study):
    plan = one(PlannedStep("connect", commune="02001"), PlannedStep("close", id="fs-a"))
    idle = Operation("two", "TWO", "C", ("02001",))
    rows = effect_rows(effects(known_study, replace(plan, operations=(*plan.operations, idle))))
    assert list(rows.columns) == ["Opération", "Ce qu’elle change"]
    assert rows.loc["one", "Ce qu’elle change"].startswith("Services maintenus\u00a0: 4 avant, 3 après.")
    assert "Taux de couverture en fibre\u00a0: 60\u00a0% avant, 98\u00a0% après." in rows.loc["one"].iloc[1]
    assert rows.loc["two", "Ce qu’elle change"] == "Rien de mesuré."


@pytest.mark.parametrize("value", [-3.0, "beaucoup"])
def test_people_helped_are_a_number(known_study, value):
    wrong = known_study.services.assign(people_helped=pd.Series({"fs-a": value}, dtype=object))
    with pytest.raises(TableError, match="'people_helped' of 'fs-a' is"):
        indicators(known_study.with_services(wrong), NOTHING)


def test_only_two_languages_are_spoken(sample_study):
    with pytest.raises(ValueError, match="lang must be"):
        programme_rows(indicators(sample_study, NOTHING), lang="de")
