"""A programme is data: it is read, refused with every problem, switched on and off, and carried out in order."""

import pickle
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import Scenario, compare
from accessmap.errors import AccessmapError, ScenarioError
from accessmap.programme import (
    KINDS,
    Missing,
    Operation,
    PlannedStep,
    Programme,
    Selection,
    operation_rows,
)
from accessmap.programme.carrying import missing_told
from accessmap.programme.files import read as read_programme
from accessmap.programme.files import sample as sample_programme
from accessmap.programme.files import write as write_programme

OPEN = """
title = "Contrat"
year = 2017

[[operation]]
id = "a"
title = "Un guichet"
owner = "Commune"
communes = ["02002"]
kind = "service"
"""
ADD = OPEN + "[[operation.step]]\n"
AIMED = 'title = "C"\n[targets]\n{}'
STEP = """
[[operation.step]]
action = "open"
category = "france_services"
commune = "02002"
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "programme.toml"
        path.write_text(text, encoding="utf-8")
        return read_programme(path)

    return read


@pytest.fixture
def equipped_study(toy_study):
    """The toy with one école in each commune, nothing known of what they have, and fibre for half of A and B."""
    schools = gpd.GeoDataFrame(
        {
            "name": ["École A", "École B", "Collège B", "Privée B", "École X"],
            "level": ["primary", "nursery", "middle", "primary", "primary"],
            "commune": ["02001", "02002", "02002", "02002", "60001"],
            "sector": ["public", pd.NA, "public", "private", "public"],
        },
        geometry=toy_study.communes.geometry.iloc[[0, 1, 1, 1, 2]].centroid.to_numpy(),
        index=pd.Index(["sa", "sb", "cb", "pb", "sx"], name="school_id"),
        crs=2154,
    )
    digital = pd.DataFrame(
        {"fibre": [0.5, 0.5, 0.0], "premises": [60, 20, 9]}, index=pd.Index(["02001", "02002", "60001"], name="code")
    )
    return replace(toy_study, schools=schools, digital=digital)


def operation(name, *steps, **given):
    return Operation(
        **{"id": name, "title": name.upper(), "owner": "Commune", "communes": ("02001",)} | given, steps=steps
    )


def plan(*steps, **given):
    return Programme("Contrat", (operation("one", *steps, **given),))


def missing(programme, study):
    return [each.told(lang="en") for each in programme.measurable(study)["missing"].iloc[0]]


# ---- the seven operations


def test_the_contract_has_its_seven_operations_in_order():
    programme = sample_programme()
    assert programme.year == 2017
    places = [each.communes or each.epci for each in programme]
    assert places == [
        ("02173",),
        ("02820",),
        ("02716",),
        ("02671",),
        ("02456",),
        "200071769",
        ("02173",),
    ]
    assert len(programme.partners) == 7


def test_the_contract_gives_no_figure_it_does_not_have():
    for each in sample_programme():
        assert (each.year, each.cost_eur, each.financing, each.funders) == (None, None, (), ())
        assert each.reading  # how it is read is always said
    assert sample_programme().targets == ()


def test_each_operation_is_in_communes_of_its_name(sample_study):
    names = sample_study.communes["name"]
    for each in sample_programme():
        assert sample_study.communes.loc[list(each.communes), "in_territory"].all()
        assert all(names[code] in each.title for code in each.communes)


def test_the_sample_measures_step_free_town_halls_and_says_what_lacks_for_the_rest(sample_study):
    table = sample_programme().measurable(sample_study)
    assert table["measured"].tolist() == [False, True, True, True, False, False, False]
    told = {name: missing_told(each, lang="en") for name, each in table["missing"].items()}
    assert told["erp-chauny"] == "the kind of service that opens (ERP administratif de Chauny)"
    assert told["mairie-servais"] == ""
    assert told["mairie-saint-aubin"] == "the new place (Mairie de Saint-Aubin)"
    assert all("schools" in told[name] for name in ("ecole-manicamp", "tbi-ccpc", "ecoles-chauny"))


def test_the_contract_applied_to_the_sample_makes_three_town_halls_step_free(sample_study):
    after = sample_programme().apply(sample_study)
    changed = after.services["step_free"] != sample_study.services["step_free"]
    assert changed[changed].index.to_list() == ["mairie-02671", "mairie-02716", "mairie-02820"]
    assert after.services.geometry.equals(sample_study.services.geometry)
    assert (sample_study.services["step_free"] == "unknown").all()


@pytest.mark.parametrize("number", range(7))
def test_each_operation_can_be_switched_off(sample_study, number):
    programme = sample_programme()
    name = programme.operations[number].id
    less = programme.without(name)
    assert [each.id for each in less] == [each.id for each in programme if each.id != name]
    assert [each.id for each in less.operations] == [each.id for each in programme.operations]
    ours = programme.only(name).scenario(sample_study).steps
    whole = programme.scenario(sample_study).steps
    assert less.scenario(sample_study).steps == tuple(step for step in whole if step not in ours)


def test_the_scenario_is_the_sum_of_the_operations_alone(sample_study):
    programme = sample_programme()
    total = sum(programme.alone(sample_study)[1:], programme.alone(sample_study)[0])
    assert programme.scenario(sample_study).steps == total.steps


def test_operations_compare_alone_and_cumulated(sample_study):
    programme = sample_programme()
    alone = compare(programme.alone(sample_study), sample_study, category="mairie")
    assert list(alone.columns) == ["baseline", *(each.title for each in programme)]
    cumulated = programme.cumulated(sample_study)
    assert [scenario.name[:4] for scenario in cumulated[:2]] == ["1. C", "1–2."]
    assert cumulated[-1].steps == programme.scenario(sample_study).steps
    assert [len(scenario.steps) for scenario in cumulated] == [0, 1, 2, 3, 3, 3, 3]


def test_schools_of_the_territory_are_equipped_where_they_are_known(sample_study):
    codes = ["02456", "02173", "02671", "02018"]
    places = sample_study.services.geometry.loc[[f"mairie-{code}" for code in codes]].to_numpy()
    schools = gpd.GeoDataFrame(
        {"name": codes, "level": "primary", "commune": codes, "pupils": 40},
        geometry=places,
        index=pd.Index(["m", "c", "s", "z"], name="school_id"),
        crs=2154,
    )
    study = replace(sample_study, schools=schools)
    programme = sample_programme()
    table = programme.measurable(study)
    assert table["measured"].tolist() == [False, True, True, True, True, True, False]
    after = programme.apply(study)
    assert after.equipment["interactive_boards"].to_dict() == {"m": 1.0, "s": 1.0, "z": 1.0}
    assert after.equipment["tablets"].notna().to_dict() == {"m": True, "s": False, "z": False}
    assert missing_told(table.loc["ecole-manicamp", "missing"], lang="en") == "the number of tablets (Manicamp)"
    assert "what equipment" in missing_told(table.loc["ecoles-chauny", "missing"], lang="en")


def test_the_whole_aisne_carries_the_programme_out(real_data):
    from aisne import aisne_study

    study = aisne_study(real_data)
    counts = pd.read_csv(real_data / "bpe_2013_counts.csv", dtype={"insee": str})
    counts = counts[(counts["equipment"] == "École élémentaire") & counts["insee"].isin(study.communes.index)]
    schools = gpd.GeoDataFrame(
        {"name": "École", "level": "primary", "commune": counts["insee"].to_numpy()},
        geometry=study.communes.geometry.loc[counts["insee"]].centroid.to_numpy(),
        index=pd.Index([f"e-{code}" for code in counts["insee"]], name="school_id"),
        crs=2154,
    )
    study = replace(study, schools=schools)
    programme = sample_programme()
    after = programme.apply(study)
    members = study.communes.index[study.communes["epci"] == "200071769"]
    with_school = set(schools.index[schools["commune"].isin(members)])
    assert len(with_school) > 10
    assert set(after.equipment.index[after.equipment["interactive_boards"] > 0]) == with_school | {"e-02456"}
    assert programme.measurable(study)["measured"].sum() == 5


# ---- what steps become


def test_a_selection_means_the_sites_of_a_kind_in_a_commune_or_an_epci(toy_study):
    one = plan(PlannedStep("set", sites=Selection("02002", category="mairie"), properties=(("step_free", "yes"),)))
    assert [step.id for step in one.scenario(toy_study).steps] == ["mairie-b"]
    both = plan(PlannedStep("close", sites=Selection(epci="200000001", category="mairie")))
    assert [step.id for step in both.scenario(toy_study).steps] == ["mairie-a", "mairie-b"]


def test_a_selection_sees_what_an_operation_before_it_opened(toy_study):
    first = operation("one", PlannedStep("open", id="new", category="bank", commune="02001"))
    then = operation(
        "two", PlannedStep("set", sites=Selection("02001", category="bank"), properties=(("capacity", 2.0),))
    )
    after = Programme("Contrat", (first, then)).apply(toy_study)
    assert after.services.loc["new", "capacity"] == 2
    assert missing(Programme("Contrat", (then,)), toy_study) == ["no such service in the data (bank, Aville)"]


def test_an_opening_of_unknown_kind_is_no_site_and_is_said(toy_study):
    programme = plan(PlannedStep("open", name="Guichet", commune="02002"))
    assert programme.scenario(toy_study).steps == ()
    assert missing(programme, toy_study) == ["the kind of service that opens (Guichet)"]
    placeless = plan(PlannedStep("open", category="bank"))
    assert missing(placeless, toy_study) == ["the place of what opens (ONE)"]


def test_a_move_without_a_place_leaves_the_site_where_it_is(toy_study):
    assert plan(PlannedStep("move", id="fs-a")).scenario(toy_study).steps == ()
    moved = plan(PlannedStep("move", id="fs-a", commune="02002")).apply(toy_study)
    assert moved.services.geometry["fs-a"] == toy_study.services.geometry["mairie-b"]


def test_two_sites_do_not_move_to_one_place(toy_study):
    step = PlannedStep("move", sites=Selection(epci="200000001", category="mairie"), commune="02001")
    with pytest.raises(ScenarioError, match=r"Operation 1 \('ONE'\): step 1 \(move\): 2 sites are selected"):
        plan(step).scenario(toy_study)


def test_a_sector_leaves_out_the_schools_known_to_be_of_the_other(equipped_study):
    def ids(**given):
        step = PlannedStep("equip", schools=Selection(epci="200000001", **given), properties=(("tablets", 5.0),))
        return [step.id for step in plan(step).scenario(equipped_study).steps]

    assert ids() == ["sa", "sb", "cb", "pb"]
    assert ids(sector="public") == ["sa", "sb", "cb"]
    assert ids(sector="private") == ["pb"]
    assert ids(levels=("nursery", "primary"), sector="public") == ["sa", "sb"]


def test_an_unknown_number_is_one_at_least_and_said_to_be_unknown(equipped_study):
    programme = plan(PlannedStep("equip", id="sa", properties=(("tablets", "unknown"), ("ent", "unknown"))))
    after = programme.apply(equipped_study).equipment
    assert after.loc["sa", ["tablets", "tablets_at_least"]].tolist() == [1.0, True]
    assert "ent" not in after
    assert missing(programme, equipped_study) == ["the number of tablets (sa)", "the digital workspace (sa)"]


def test_a_roll_out_connects_a_commune_or_an_epci(equipped_study, toy_study):
    whole = plan(PlannedStep("connect", communes=Selection(epci="200000001"), properties=(("share", 0.9),)))
    assert whole.apply(equipped_study).digital["fibre"].to_list() == [0.9, 0.9, 0.0]
    one = plan(PlannedStep("connect", commune="02002"))
    assert one.apply(equipped_study).digital["fibre"].to_list() == [0.5, 1.0, 0.0]
    assert missing(one, toy_study) == ["the digital coverage of communes"]
    part = replace(equipped_study, digital=equipped_study.digital.drop("02002"))
    assert whole.apply(part).digital["fibre"].to_dict() == {"02001": 0.9, "60001": 0.0}
    assert missing(whole, part) == ["the coverage of 1 commune"]
    vague = plan(PlannedStep("connect", commune="02002", properties=(("share", "unknown"),)))
    assert missing(vague, equipped_study) == ["the share of premises connectable (Bourg)"]


def test_roads_are_changed_as_in_a_scenario(toy_study):
    closed = plan(PlannedStep("close_road", road=("02001", "02002")))
    assert closed.scenario(toy_study).steps == Scenario("x").close_road("02001", "02002").steps
    with pytest.raises(ScenarioError, match="no node '02003'"):
        plan(PlannedStep("close_road", road=("02001", "02003"))).scenario(toy_study)
    slow = plan(PlannedStep("set_speed", road=("02001", "02002"), properties=(("kmh", "unknown"),)))
    assert missing(slow, toy_study) == ["the speed (02001–02002)"]


def test_an_operation_without_steps_says_so(toy_study):
    assert missing(plan(), toy_study) == ["what the operation changes"]


def test_what_is_switched_off_is_neither_carried_out_nor_checked(toy_study):
    wrong = operation("two", PlannedStep("close", id="no-such"), enabled=False)
    programme = Programme("Contrat", (operation("one", PlannedStep("close", id="fs-a")), wrong))
    assert [step.id for step in programme.scenario(toy_study).steps] == ["fs-a"]
    rows = operation_rows(programme, toy_study, lang="en")
    assert rows["Operation"].to_list() == ["ONE", "TWO (switched off)"]
    assert rows["Measured"].to_list() == ["yes", "–"]


def test_switching_on_again_keeps_the_order():
    programme = sample_programme()
    assert programme.only("ecoles-chauny", "erp-chauny").only(*(each.id for each in programme)) == programme
    assert [each.id for each in programme.only("ecoles-chauny", "erp-chauny")] == ["erp-chauny", "ecoles-chauny"]


@settings(deadline=None, max_examples=10)
@given(off=st.sets(st.sampled_from([each.id for each in sample_programme()])))
def test_whatever_is_off_the_rest_is_the_sum_of_its_parts(sample_study, off):
    programme = sample_programme().without(*off)
    steps = tuple(step for scenario in programme.alone(sample_study) for step in scenario.steps)
    assert programme.scenario(sample_study).steps == steps
    assert len(programme) == 7 - len(off)


# ---- what a study does not have


def test_every_operation_that_names_what_is_not_there_is_told_at_once(toy_study):
    programme = Programme(
        "Contrat",
        (
            operation("one", PlannedStep("close", id="mairie-c"), communes=("02009",)),
            operation("two", PlannedStep("set", sites=Selection("aville", category="mairie"), properties=())),
            operation("three", PlannedStep("open", category="banc", commune="02001"), communes=(), epci="200000009"),
        ),
    )
    with pytest.raises(ScenarioError) as error:
        programme.scenario(toy_study)
    told = str(error.value)
    assert told.startswith(
        "programme 'Contrat': 5 problems. Operation 1 ('ONE'): unknown commune '02009' (did you mean"
    )
    assert "Operation 1 ('ONE'): step 1 (close): no site 'mairie-c' (did you mean 'mairie-" in told
    assert "Operation 2 ('TWO'): step 1 (set): unknown commune 'aville': write its code '02001'." in told
    assert "Operation 3 ('THREE'): unknown EPCI '200000009' (did you mean '20000000" in told
    assert "unknown category 'banc' (did you mean 'bank'" in told


def test_a_school_that_is_not_there_is_named(equipped_study):
    with pytest.raises(ScenarioError, match="no school 'sq'"):
        plan(PlannedStep("equip", id="sq", properties=(("tablets", 1.0),))).scenario(equipped_study)
    nowhere = plan(PlannedStep("equip", schools=Selection("02001", levels=("high",)), properties=(("tablets", 1.0),)))
    assert missing(nowhere, equipped_study) == ["the schools (Aville)"]


def test_an_unknown_id_is_refused_with_the_nearest():
    with pytest.raises(ScenarioError, match="no operation 'mairie-servay' .did you mean 'mairie-servais'"):
        sample_programme().without("mairie-servay")
    with pytest.raises(ScenarioError, match="no operation 'x', 'y'"):
        sample_programme().only("x", "y")
    assert sample_programme()["mairie-servais"].communes == ("02716",)


@pytest.mark.parametrize("title", ["", "  ", "baseline"])
def test_a_programme_needs_a_title(title):
    with pytest.raises(ScenarioError, match="the title is"):
        Programme(title)


def test_no_two_operations_share_an_id_or_a_title():
    with pytest.raises(ScenarioError, match="two operations have the id 'one'"):
        Programme("Contrat", (operation("one"), operation("one", title="Autre")))
    with pytest.raises(ScenarioError, match="two operations have the title 'ONE'"):
        Programme("Contrat", (operation("one"), operation("two", title="ONE")))


def test_what_is_built_by_hand_is_checked_too():
    with pytest.raises(ScenarioError, match="unknown action 'opne' .did you mean 'open'"):
        PlannedStep("opne")
    with pytest.raises(ScenarioError) as error:
        Operation("a", "", "Commune", kind="schol", year=20177, cost_eur=-1.0, financing=(("État", -2.0),))
    told = str(error.value)
    assert told.startswith(
        "operation 'a' (''): 6 problems. its title is missing. give the communes it is in, or its epci."
    )
    assert "unknown kind 'schol' (did you mean 'schools'?)" in told
    assert "its year is 20177" in told
    assert "-1 euros" in told
    assert "-2 euros" in told
    with pytest.raises(ScenarioError, match="no indicator 'fiber_rate' .did you mean 'fibre_rate'"):
        Programme("Contrat", targets=(("fiber_rate", 1.0),))


# ---- the file


def test_a_file_is_read_and_written_without_loss(tmp_path):
    schools = Selection(epci="200071769", levels=("primary",), sector="public")
    first = operation("one", PlannedStep("open", category="bank", lon=3.2, lat=49.6, name="B", id="b"))
    road = PlannedStep("set_speed", road=(1, 2), properties=(("kmh", 30.0),))
    second = operation("two", PlannedStep("close_road", road=(1, 2)), road)
    third = Operation(
        id="three",
        title="Écoles",
        owner="CC",
        epci="200071769",
        kind="schools",
        year=2018,
        cost_eur=12000.5,
        financing=(("État", None), ("Commune", 2000.0)),
        partners=("DSDEN",),
        funders=("État",),
        expected=("des écoles équipées",),
        reading="…",
        steps=(
            PlannedStep("equip", schools=schools, properties=(("tablets", "unknown"), ("ent", "yes"))),
            PlannedStep("connect", commune="02159", properties=(("technology", "fibre"), ("share", 1.0))),
        ),
        enabled=False,
    )
    targets = (("fibre_rate", 1.0),)
    programme = Programme("Contrat", (first, second, third), None, ("USEDA",), targets, "Fiche")
    path = write_programme(programme, tmp_path / "plan.toml")
    assert read_programme(path) == programme
    assert 'year = "unknown"' in path.read_text("utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["plan.toml"]


def test_the_bundled_file_survives_being_written(tmp_path):
    assert read_programme(write_programme(sample_programme(), tmp_path / "plan.toml")) == sample_programme()


def test_a_programme_can_be_pickled():
    assert pickle.loads(pickle.dumps(sample_programme())) == sample_programme()


def test_unknown_is_the_same_as_not_given(read):
    assert read(OPEN + 'year = "unknown"\ncost_eur = "unknown"\n' + STEP) == read(OPEN + STEP)


def test_every_problem_of_a_file_is_told_at_once(read):
    text = OPEN.replace("2017", "20177").replace('"service"', '"servise"')
    text += 'cost_eur = -3\nyear = 20177\nbudget = 4\npartner = ["x"]\n' + STEP.replace('"open"', '"opne"')
    with pytest.raises(ScenarioError) as error:
        read(text)
    told = str(error.value)
    assert "programme.toml: 7 problems." in told
    assert "programme: 'year' is 20177: give a year from 2000 to 2100" in told
    assert "operation 1 ('Un guichet'): unknown key 'budget'" in told
    assert "unknown key 'partner' (did you mean 'partners'?)" in told
    assert "operation 1 ('Un guichet'): 'cost_eur' is negative (-3)" in told
    assert "unknown kind 'servise' (did you mean 'service'?); one of " + ", ".join(KINDS) in told
    assert "operation 1 ('Un guichet'), step 1: unknown action 'opne' (did you mean 'open'?)" in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not = = toml", "not a TOML file of a programme"),
        ('year = 2017\n[[operation]]\nid = "a"', "programme: 'title' is missing"),
        ('titel = "Contrat"', "unknown key 'titel' (did you mean 'title'?)"),
        ('title = "C"\noperation = 3', "'operation' is not a list of tables"),
        ('title = "C"\n[[operation]]\nid = "a"', "operation 1: 'owner' is missing."),
        ('title = "C"\n[[operation]]\nid = "a"', "'communes' is missing: give the INSEE codes"),
        ('title = "C"\n[[operation]]\nid = "a"', "'kind' is missing: one of building"),
        (OPEN + STEP + OPEN.split("2017")[1], "operations 1 and 2 have the id 'a'"),
        (OPEN.replace('["02002"]', "[2002]"), "'communes' is [2002]: give a list of texts"),
        (OPEN.replace("02002", "2002"), "'communes' has '2002': give INSEE codes as text"),
        (OPEN + 'epci = "2000"', "'epci' is '2000': give its SIREN"),
        (OPEN + "financing = 3", "'financing' is 3: give a table of numbers"),
        (OPEN + "[operation.financing]\n\"État\" = -1", "'financing.État' is negative (-1)"),
        (OPEN + 'cost_eur = "cher"', "'cost_eur' is 'cher': give a number"),
        (OPEN + "cost_eur = nan", "'cost_eur' is nan: give a number"),
        (OPEN + "enabled = 1", "'enabled' is 1: write true or false"),
        (OPEN + "reading = 1", "'reading' is 1: give a text"),
        (OPEN + "step = 3", "'step' is not a list of tables"),
        (ADD + 'action = "close"', "step 1 (close): give either 'id' or 'sites', a selection."),
        (OPEN + STEP + "lat = 3.0", "'lon' and 'lat' go together"),
        (OPEN + STEP + "lat = 3.0\nlon = 4.0", "give either 'commune' or 'lon' and 'lat'"),
        (ADD + 'action = "set"\nid = "m"', "nothing is set"),
        (ADD + 'action = "set_speed"\nroad = [1]', "road is [1]: give the two node ids"),
        (ADD + 'action = "set_speed"\nroad = [1, 2]', "'kmh' is missing"),
        (OPEN + STEP.replace('commune = "02002"', "lon = 723000.0\nlat = 49.6"), "'lon' is 723000: give degrees"),
        (OPEN + STEP + "tablets = 3", "step 1 (open): unknown key 'tablets'"),
        (ADD + 'action = "close"\nsites = "all"', "'sites' is 'all': give a selection"),
        (ADD + 'action = "close"\nsites = {commune = "02001"}', "sites: 'category' is missing"),
        (ADD + 'action = "equip"\nschools = {level = "primery"}', "give either 'commune' or 'epci'"),
        (ADD + 'action = "equip"\nschools = {level = "primery"}', "(did you mean 'primary'?)"),
        (ADD + 'action = "equip"\nid = "s"\nent = "oui"', "unknown ent 'oui'"),
        (ADD + 'action = "equip"\nid = "s"\ntablets = -1', "'tablets' is negative (-1)"),
        (ADD + 'action = "connect"\ncommune = "02001"\nshare = 103', "'share' is 103: give at most 1"),
        (AIMED.format("fibre_rate = -1"), "programme: 'targets.fibre_rate' is negative"),
        (AIMED.format("fibre_rate = 103"), "programme: the target of 'fibre_rate' is 103: give a share from 0 to 1"),
        (AIMED.format("fiber_rate = 1"), "programme: no indicator 'fiber_rate' (did you mean 'fibre_rate'?)"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_what_and_where(read, text, problem):
    with pytest.raises(ScenarioError) as error:
        read(text)
    assert problem in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nothing\.toml: not a TOML file"):
        read_programme(tmp_path / "nothing.toml")


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "title", "step", "sites", "action", "commune"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
def test_no_table_whatever_breaks_the_reader(tmp_path_factory, table):
    """A file is read, or refused with our error: never a KeyError or a TypeError from inside."""
    import tomli_w

    path = tmp_path_factory.mktemp("fuzz") / "plan.toml"
    try:
        text = tomli_w.dumps({"title": "C", "operation": [{"id": "a", "step": [{"action": "set", "sites": table}]}]})
    except (TypeError, ValueError):  # not writable as TOML: no file to read
        return
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AccessmapError):
        read_programme(path)


def test_what_is_missing_is_told_once_in_both_languages():
    lacks = [
        Missing.of("table", table="digital"),
        Missing.of("table", table="digital"),
        Missing.of("unknown_schools", n=3),
    ]
    assert missing_told(lacks, lang="en") == "the digital coverage of communes; the equipment of 3 schools"
    assert missing_told(lacks) == "la couverture numérique des communes\u00a0; l’équipement de 3\u00a0écoles"
    assert str(lacks[0]) == "the digital coverage of communes"
    assert lacks[0].told("fr") == "la couverture numérique des communes"


def test_operations_are_told_in_words(sample_study):
    rows = operation_rows(sample_programme(), sample_study)
    assert rows.loc["tbi-ccpc", "Lieu"] == "CC Picardie des Châteaux"
    assert rows["Coût"].unique().tolist() == ["inconnu"]
    assert rows.loc["mairie-saint-aubin", "Mesurée"] == "en partie"
    dear = replace(sample_programme()["mairie-servais"], cost_eur=1250000.0, year=2018)
    dear = replace(dear, financing=(("État", None), ("Commune", 2000.0)), funders=("Région", "USEDA"))
    priced = Programme("Contrat", (dear,))
    told = operation_rows(priced, sample_study, lang="en").loc["mairie-servais"]
    assert told["Financing"] == "État unknown; Commune €2,000; possible: Région, USEDA"
    assert told[["Year", "Cost", "Measured", "Missing data"]].tolist() == ["2018", "€1,250,000", "yes", ""]
