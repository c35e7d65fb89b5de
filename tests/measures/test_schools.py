"""Schools and their equipment: contracts, selection, rates, purchases; the unknown is never a zero."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from accessmap.errors import TableError
from accessmap.measures.schools import (
    SOCLE_NUMERIQUE_2021,
    equipment_change,
    equipment_rates,
    equipment_ratios,
    equipped,
    school_services,
    schools_from_counts,
    schools_of,
)
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import LEVELS, check_equipment, check_schools
from accessmap.words import words as labels

SHARES = ["rate", "worst", "best"]


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Chauny", "Manicamp", "Pinon"],
            "population": [11_600, 300, 1_700],
            "epci": ["200071785", "200071769", "200071769"],
            "in_territory": [True, True, True],
        },
        geometry=[shapely.box(1000 * i, 0, 1000 * (i + 1), 1000) for i in range(3)],
        index=pd.Index(["02173", "02456", "02602"], name="code"),
        crs=METRIC_CRS,
    )


@pytest.fixture
def schools() -> gpd.GeoDataFrame:
    """Four schools: two at Chauny (200 and 100 pupils), one at Manicamp (50), one at Pinon of unknown roll."""
    return gpd.GeoDataFrame(
        {
            "name": ["Les Marais", "Jean Rostand", "Manicamp", "Pinon"],
            "level": ["primary", "middle", "primary", "nursery"],
            "commune": ["02173", "02173", "02456", "02602"],
            "pupils": [200, 100, 50, np.nan],
            "classes": [8, 4, 2, np.nan],
            "sector": ["public", "private", "public", None],
        },
        geometry=shapely.points([[100, 100], [200, 200], [1500, 500], [2500, 500]]),
        index=pd.Index(["0020001A", "0020002B", "0020003C", "0020004D"], name="school_id"),
        crs=METRIC_CRS,
    )


@pytest.fixture
def equipment() -> pd.DataFrame:
    """Les Marais has tablets and no board, Jean Rostand boards; Manicamp has nothing; nothing is known of Pinon."""
    return pd.DataFrame(
        {
            "tablets": [20, np.nan, 0],
            "interactive_boards": [0, 4, 0],
            "ent": ["yes", "no", "unknown"],
            "connection_mbps": [100, 8, np.nan],
        },
        index=pd.Index(["0020001A", "0020002B", "0020003C"], name="school_id"),
    )


# ---- contracts


def test_all_that_is_wrong_with_schools_is_told_at_once(schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    wrong = schools.assign(
        level=["primary", "midle", "primary", "nursery"],
        commune=["02173", "02173", "02456", "02603"],
        pupils=[200, 100, 50, -3],
        sector=["public", "privé", None, None],
        with_nursery=["yes", "no", "unknown", "oui"],
    )
    with pytest.raises(TableError) as caught:
        check_schools(wrong, communes)
    said = str(caught.value)
    assert said.startswith("schools: 5 problems.")
    assert "'level' is unknown in 1 row: '0020002B' ('midle' (did you mean 'middle'?))" in said
    assert "no commune of the communes table in 1 row: '0020004D' ('02603' (did you mean '02602'" in said
    assert "'pupils' is negative in 1 row: '0020004D' (-3)" in said
    assert "'sector' is neither public nor private in 1 row: '0020002B' ('privé'" in said
    assert "'with_nursery' is none of yes, no, unknown in 1 row: '0020004D' ('oui')" in said


def test_all_that_is_wrong_with_equipment_is_told_at_once(schools: gpd.GeoDataFrame) -> None:
    wrong = pd.DataFrame(
        {
            "tablets": [-3, 2],
            "connection_mbps": ["fibre", "8"],
            "ent": ["oui", "yes"],
            "tablets_at_least": ["yes", True],
        },
        index=pd.Index(["0020001A", "0020009Z"], name="school_id"),
    )
    with pytest.raises(TableError) as caught:
        check_equipment(wrong, schools)
    said = str(caught.value)
    assert said.startswith("equipment: 5 problems.")
    assert "'tablets' is negative in 1 row: '0020001A' (-3)" in said
    assert "'connection_mbps' is not a number" in said
    assert "'fibre'" in said
    assert "'ent' is none of yes, no, unknown in 1 row: '0020001A' ('oui')" in said
    assert "'tablets_at_least' is not true or false in 1 row: '0020001A' ('yes')" in said
    assert "'school_id' is no school of the schools table in 1 row: '0020009Z' (did you mean '0020" in said


@pytest.mark.parametrize("table", [None, 3, pd.Series([1])])
def test_what_is_no_table_is_said(table: object) -> None:
    with pytest.raises(TableError, match="and not a DataFrame"):
        check_equipment(table)


def test_column_twice_and_floor_without_counts_are_said() -> None:
    twice = pd.DataFrame([[1, 2]], columns=["tablets", "tablets"], index=pd.Index(["a"], name="school_id"))
    with pytest.raises(TableError, match="Columns 'tablets' are there twice"):
        check_equipment(twice)
    alone = pd.DataFrame({"tablets_at_least": [True]}, index=pd.Index(["a"], name="school_id"))
    with pytest.raises(TableError, match="'tablets_at_least' is there without 'tablets'"):
        check_equipment(alone)


# ---- selection


def test_schools_of_an_epci_and_a_level(schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    assert schools_of(schools, communes, epci="200071769").index.tolist() == ["0020003C", "0020004D"]
    assert schools_of(schools, communes, epci="200071769", level="primary").index.tolist() == ["0020003C"]
    assert schools_of(schools, commune=["02173", "02456"], level="primary").index.tolist() == ["0020001A", "0020003C"]
    assert schools_of(schools, sector="public").index.tolist() == ["0020001A", "0020003C"]
    assert schools_of(schools, sector=["public", "private"]).index.tolist() == ["0020001A", "0020002B", "0020003C"]
    assert schools_of(schools, communes, commune="02456", level="high").empty


def test_no_question_keeps_every_school(schools: gpd.GeoDataFrame) -> None:
    assert schools_of(schools).equals(schools)


def test_selection_by_what_is_not_there_is_told_with_near_matches(
    schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame
) -> None:
    with pytest.raises(TableError) as caught:
        schools_of(schools, communes, commune=["Manicamp", "02174"], epci="20071769", level="primaire")
    said = str(caught.value)
    assert "commune='Manicamp' is none of the 3 that are there (its code is '02456')" in said
    assert "commune='02174'" in said
    assert "did you mean '02173'" in said
    assert "epci='20071769' is none of the 2 that are there (did you mean '200071769'" in said
    assert "level='primaire' is none of the 4 that are there (did you mean 'primary'?)" in said


def test_selection_by_epci_needs_the_communes(schools: gpd.GeoDataFrame) -> None:
    with pytest.raises(TableError, match="epci=… needs the communes"):
        schools_of(schools, epci="200071769")


# ---- schools as services


def test_each_school_is_a_service_of_its_level(schools: gpd.GeoDataFrame) -> None:
    services = school_services(schools)
    assert services["category"].tolist() == ["primary_school", "middle_school", "primary_school", "nursery_school"]
    assert services.index.tolist() == schools.index.tolist()
    assert set(services["category"]) <= set(labels.CATEGORIES)
    assert "capacity" not in services.columns


def test_primary_school_with_nursery_classes_is_two_services(schools: gpd.GeoDataFrame) -> None:
    services = school_services(schools.assign(with_nursery=["yes", "yes", "unknown", "yes"]))
    assert services["category"].value_counts().to_dict() == {
        "primary_school": 2, "nursery_school": 2, "middle_school": 1
    }  # fmt: skip
    assert services.loc["0020001A-nursery", "category"] == "nursery_school"
    assert services.geometry["0020001A-nursery"].equals(schools.geometry["0020001A"])


def test_minutes_to_a_school_are_minutes_to_any_service(toy_study) -> None:
    import accessmap as am

    point = toy_study.services.geometry["mairie-b"]
    schools = gpd.GeoDataFrame(
        {"name": ["B"], "level": ["primary"], "commune": ["02002"]},
        geometry=[point],
        index=pd.Index(["0020001A"], name="school_id"),
        crs=METRIC_CRS,
    )
    minutes = am.travel_times(toy_study.residents, school_services(schools), toy_study.network)["0020001A"]
    expected = toy_study.minutes(toy_study.services.loc[["mairie-b"]])["mairie-b"]
    assert minutes.tolist() == expected.tolist()


def counted(**columns: object) -> gpd.GeoDataFrame:
    table = {"name": ["École (1)"], "category": ["primary_school"], "commune": ["02173"], "capacity": [3]} | columns
    return gpd.GeoDataFrame(
        table, geometry=[shapely.Point(1, 1)], index=pd.Index(["bpe-1"], name="service_id"), crs=METRIC_CRS
    )


def test_counts_become_as_many_schools_where_the_count_stands() -> None:
    schools = schools_from_counts(counted(point_quality=["placed_at_mairie"]))
    assert schools.index.tolist() == ["bpe-1-1", "bpe-1-2", "bpe-1-3"]
    assert set(schools["level"]) == {"primary"}
    assert set(schools["point_quality"]) == {"placed_at_mairie"}
    assert not {"pupils", "classes", "sector"} & set(schools.columns)


def test_counts_without_a_whole_number_of_schools_are_refused() -> None:
    for number in (np.nan, 1.5):
        with pytest.raises(TableError, match="'bpe-1' has no whole number of schools"):
            schools_from_counts(counted(capacity=[number]))
    with pytest.raises(TableError, match="No school is counted"):
        schools_from_counts(counted(category=["bakery"]))


# ---- rates


def test_rates_by_hand(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    rates = equipment_rates(schools, equipment).loc["all"]
    # equipped: Les Marais yes (tablets), Jean Rostand yes (boards, whatever its tablets), Manicamp no, Pinon not known
    assert rates.loc["equipped", SHARES].tolist() == pytest.approx([300 / 350] * 3)
    assert rates.loc["equipped", ["schools_with", "known_schools", "unknown_schools"]].tolist() == [2, 3, 1]
    # tablets: Jean Rostand's 100 pupils are unknown
    assert rates.loc["tablets", SHARES].tolist() == pytest.approx([200 / 250, 200 / 350, 300 / 350])
    assert rates.loc["tablets", ["known_pupils", "unknown_pupils"]].tolist() == [250, 100]
    assert rates.loc["interactive_boards", SHARES].tolist() == pytest.approx([100 / 350] * 3)
    assert rates.loc["ent", SHARES].tolist() == pytest.approx([200 / 300, 200 / 350, 250 / 350])
    assert rates.loc["connection", SHARES].tolist() == pytest.approx([200 / 300, 200 / 350, 250 / 350])
    # one board a class: 4 boards for 4 classes meet it, none for 8 and for 2 do not
    assert rates.loc["reference", SHARES].tolist() == pytest.approx([100 / 350] * 3)
    assert set(rates["unweighted_schools"]) == {1}


def test_each_school_once_counts_the_school_of_unknown_roll(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    rates = equipment_rates(schools, equipment, weights="schools").loc["all"]
    assert rates.loc["equipped", SHARES].tolist() == pytest.approx([2 / 3, 2 / 4, 3 / 4])
    assert set(rates["unweighted_schools"]) == {0}


def test_rates_by_commune_level_and_epci(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame, communes: gpd.GeoDataFrame
) -> None:
    by_commune = equipment_rates(schools, equipment, by="commune").xs("equipped", level="measure")
    assert by_commune["rate"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(by_commune.loc["02602", "rate"])
    by_level = equipment_rates(schools, equipment, by="level")["rate"]
    assert by_level.loc["primary", "equipped"] == pytest.approx(200 / 250)
    by_epci = equipment_rates(schools, equipment, communes, by="epci")
    assert by_epci.loc[("200071785", "equipped"), "rate"] == 1
    assert by_epci.loc[("200071769", "equipped"), ["rate", "schools"]].tolist() == [0, 2]
    by_sector = equipment_rates(schools, equipment, by="sector", weights="schools")
    assert by_sector.index.get_level_values("sector").unique().tolist() == ["private", "public", "unknown"]


def test_groups_add_up_to_all(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    counts = ["schools", "schools_with", "known_schools", "unknown_schools", "known_pupils", "unknown_pupils"]
    parts = equipment_rates(schools, equipment, by="level")[counts].groupby(level="measure").sum()
    assert_frame_equal(parts, equipment_rates(schools, equipment).loc["all"][counts].sort_index(), check_like=True)


def test_selection_of_schools_sets_other_rows_of_equipment_aside(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame
) -> None:
    primary = schools_of(schools, level="primary")
    by_level = equipment_rates(schools, equipment, by="level").loc["primary"]
    assert_frame_equal(equipment_rates(primary, equipment).loc["all"], by_level)


def test_nothing_known_is_no_rate_and_all_bounds(schools: gpd.GeoDataFrame) -> None:
    rates = equipment_rates(schools, None)
    assert rates["rate"].isna().all()
    assert (rates["worst"] == 0).all()
    assert (rates["best"] == 1).all()
    assert (rates["unknown_pupils"] == 350).all()
    assert equipment_ratios(schools, None)["ratio"].isna().all()


def test_equipped_is_what_the_caller_says(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    boards = equipment_rates(schools, equipment, equipped_with=["interactive_boards"]).loc["all"]
    assert boards.loc["equipped", "rate"] == boards.loc["interactive_boards", "rate"]
    ent = equipment_rates(schools, equipment, equipped_with=["ent"]).loc["all"]
    assert ent.loc["equipped", SHARES].tolist() == ent.loc["ent", SHARES].tolist()


def test_connection_is_counted_from_the_threshold_on(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    exactly = equipment_rates(schools, equipment, connection_mbps=8).loc[("all", "connection")]
    beyond = equipment_rates(schools, equipment, connection_mbps=8.01).loc[("all", "connection")]
    assert (exactly["schools_with"], beyond["schools_with"]) == (2, 1)


@pytest.mark.parametrize(
    ("reference", "meeting", "known"),
    [
        ({"tablets": 20}, 1, 2),
        ({"tablets_per_pupil": 0.1}, 1, 2),
        ({"tablets_per_class": 2.5}, 1, 2),
        ({"interactive_boards_per_class": 1.0, "connection_mbps": 30}, 0, 3),
        ({"interactive_boards": 0}, 3, 3),
    ],
)
def test_reference_is_a_parameter(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame, reference: dict[str, float], meeting: int, known: int
) -> None:
    row = equipment_rates(schools, equipment, reference=reference).loc[("all", "reference")]
    assert row[["schools_with", "known_schools"]].tolist() == [meeting, known]


def test_reference_met_to_the_last_tablet_is_met(schools: gpd.GeoDataFrame) -> None:
    # 0.1 × 3 is 0.30000000000000004 in floats, and 60 of 200 pupils are three in ten
    table = pd.DataFrame({"tablets": [60]}, index=pd.Index(["0020001A"], name="school_id"))
    row = equipment_rates(schools, table, reference={"tablets_per_pupil": 0.1 * 3}).loc[("all", "reference")]
    assert row["schools_with"] == 1


def test_school_said_to_have_no_class_answers_no_question_of_boards_per_class(schools: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"interactive_boards": [0]}, index=pd.Index(["0020001A"], name="school_id"))
    row = equipment_rates(schools.assign(classes=0), table).loc[("all", "reference")]
    assert row[["schools_with", "known_schools"]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "communes"}, r"by='communes' is none of .* \(did you mean 'commune'"),
        ({"weights": "pupil"}, "did you mean 'pupils'"),
        ({"equipped_with": ["tablet"]}, "did you mean 'tablets'"),
        ({"reference": {"boards_per_class": 1}}, "did you mean .*'interactive_boards_per_class'"),
        ({"reference": {"tablets": -1}}, r"reference\['tablets'\] is -1: give a number, 0 or more"),
        ({"reference": {}}, "must each ask for something"),
        ({"equipped_with": []}, "must each ask for something"),
    ],
)
def test_option_that_is_none_is_said(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        equipment_rates(schools, equipment, **options)


def test_rate_without_its_weight_is_refused(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    for table in (schools.drop(columns="pupils"), schools.assign(pupils=np.nan)):
        with pytest.raises(TableError, match="'pupils' is known of no school: .*weights='schools'"):
            equipment_rates(table, equipment)
    with pytest.raises(TableError, match="by='epci' needs the communes"):
        equipment_rates(schools, equipment, by="epci")
    with pytest.raises(TableError, match="by='sector' and the schools have no such column"):
        equipment_rates(schools.drop(columns="sector"), equipment, by="sector")


def test_ratios_are_of_sums_and_not_means_of_schools(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    ratios = equipment_ratios(schools, equipment).loc["all"]
    # Les Marais 200 pupils and 20 tablets, Manicamp 50 and none; Jean Rostand's tablets are not known
    assert ratios.loc["pupils_per_tablet", "ratio"] == pytest.approx(250 / 20)
    assert ratios.loc["tablets_per_pupil", "ratio"] == pytest.approx(20 / 250)
    assert ratios.loc["interactive_boards_per_class", "ratio"] == pytest.approx(4 / 14)
    assert ratios.loc["pupils_per_tablet", ["amount", "unknown_pupils"]].tolist() == [20, 100]


def test_pupils_per_tablet_without_a_tablet_is_no_number(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    ratios = equipment_ratios(schools, equipment, by="commune").loc["02456"]
    assert np.isnan(ratios.loc["pupils_per_tablet", "ratio"])
    assert ratios.loc["tablets_per_pupil", "ratio"] == 0
    assert ratios.loc["pupils_per_tablet", "known_schools"] == 1


# ---- purchases


def test_purchase_adds_to_what_is_there_and_touches_nothing_else(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame
) -> None:
    given = equipment.copy()
    after = equipped(equipment, schools, {"0020003C": {"tablets": 15, "ent": "yes", "connection_mbps": 300}})
    assert_frame_equal(equipment, given)
    assert after.loc["0020003C"].tolist() == [15, 0, "yes", 300]
    others = equipment.drop("0020003C")
    assert_frame_equal(after.loc[others.index], others, check_dtype=False)
    check_equipment(after, schools)


def test_purchase_on_an_unknown_stock_is_a_floor(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    after = equipped(equipment, schools, {"0020002B": {"tablets": 10}, "0020004D": {"interactive_boards": 1}})
    assert after["tablets_at_least"].tolist() == [False, True, False, False]
    assert after["interactive_boards_at_least"].tolist() == [False, False, False, True]
    assert after.loc["0020004D", "ent"] == "unknown"
    check_equipment(after, schools)
    again = equipped(after, schools, {"0020002B": {"tablets": 5}, "0020001A": {"tablets": 1}})
    assert again["tablets"].tolist()[:2] == [21, 15]
    assert again["tablets_at_least"].tolist() == [False, True, False, False]


def test_floor_says_yes_and_never_no(schools: gpd.GeoDataFrame) -> None:
    after = equipped(None, schools, {"0020001A": {"tablets": 10}})
    few = equipment_rates(schools, after, reference={"tablets": 11}).loc["all"]
    assert few.loc["reference", ["schools_with", "known_schools"]].tolist() == [0, 0]
    enough = equipment_rates(schools, after, reference={"tablets": 10}).loc["all"]
    assert enough.loc["reference", ["schools_with", "known_schools"]].tolist() == [1, 1]
    assert enough.loc["equipped", ["rate", "worst"]].tolist() == pytest.approx([1, 200 / 350])
    ratios = equipment_ratios(schools, after).loc[("all", "tablets_per_pupil")]
    assert np.isnan(ratios["ratio"])
    assert ratios[["amount", "amount_at_least"]].tolist() == [0, 10]


def test_buying_nothing_on_top_of_nothing_known_says_nothing(schools: gpd.GeoDataFrame) -> None:
    after = equipped(None, schools, {"0020001A": {"tablets": 0}})
    assert after["tablets"].isna().all()
    assert "tablets_at_least" not in after.columns


def test_purchase_of_nothing_changes_nothing(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    assert_frame_equal(equipped(equipment, schools, {}), equipment)
    assert equipped(None, schools, {}).empty


def test_all_that_is_wrong_with_a_purchase_is_told_at_once(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    added = {
        "0020001B": {"tablets": 3},
        "0020001A": {"tablet": 3, "ent": "oui"},
        "0020002B": {"tablets": -1, "interactive_boards": "two", "connection_mbps": float("nan")},
        "0020003C": {"tablets": True},
    }
    with pytest.raises(TableError) as caught:
        equipped(equipment, schools, added)
    said = str(caught.value)
    assert said.startswith("equipment: 7 problems.")
    assert "'0020001B' is no school of the schools table (did you mean '0020" in said
    assert (
        "gets 'tablet', which is none of tablets, interactive_boards, ent, connection_mbps (did you mean 'tab" in said
    )
    assert "ent='oui': write 'yes' or 'no'" in said
    assert "tablets=-1: give a count, 0 or more" in said
    assert "interactive_boards='two'" in said
    assert "connection_mbps=nan: give Mbit/s" in said
    assert "tablets=True" in said


def test_equipping_every_school_of_an_epci(
    schools: gpd.GeoDataFrame, equipment: pd.DataFrame, communes: gpd.GeoDataFrame
) -> None:
    # "Développement du numérique dans les écoles de la CC Picardie des Châteaux, acquisition de TBI"
    chosen = schools_of(schools, communes, epci="200071769", level=["nursery", "primary"])
    after = equipped(equipment, schools, {school: {"interactive_boards": 2} for school in chosen.index})
    change = equipment_change(schools, equipment, after, communes=communes, by="epci", weights="schools")
    boards = change.xs("interactive_boards", level="measure")
    assert boards.loc["200071769", ["before", "after"]].tolist() == [0, 1]
    assert boards.loc["200071769", ["schools_before", "schools_after"]].tolist() == [0, 2]
    assert boards.loc["200071769", ["known_before", "known_after"]].tolist() == [1, 2]
    assert boards.loc["200071769", ["worst_before", "worst_after", "best_before", "best_after"]].tolist() == [
        0,
        1,
        0.5,
        1,
    ]
    assert boards.loc["200071785", "change"] == 0


def test_knowing_only_the_schools_that_buy_is_shown_for_what_it_is(schools: gpd.GeoDataFrame) -> None:
    after = equipped(None, schools, {"0020003C": {"tablets": 5}})
    row = equipment_change(schools, None, after, weights="schools").loc[("all", "tablets")]
    assert row["after"] == 1  # of the one school that is known
    assert row[["worst_before", "worst_after", "known_before", "known_after"]].tolist() == [0, 0.25, 0, 1]


def test_change_has_every_rate_and_ratio_before_and_after(schools: gpd.GeoDataFrame, equipment: pd.DataFrame) -> None:
    after = equipped(equipment, schools, {"0020003C": {"tablets": 5}})
    change = equipment_change(schools, equipment, after).loc["all"]
    assert change.loc["equipped", ["before", "after"]].tolist() == pytest.approx([300 / 350, 1])
    assert change.loc["pupils_per_tablet", ["before", "after"]].tolist() == pytest.approx([250 / 20, 250 / 25])
    assert change.loc["pupils_per_tablet", "change"] == pytest.approx(-2.5)
    assert change.loc["ent", "change"] == 0
    assert change["schools_after"].isna().sum() == 3
    assert change.index[0] == "equipped"
    assert change.index[-1] == "interactive_boards_per_class"
    both = equipment_rates(schools, after).loc["all"]["rate"]
    assert change.loc[both.index, "after"].tolist() == both.tolist()


# ---- invariants

COUNTS = st.one_of(st.none(), st.integers(0, 40))
SCHOOL = st.fixed_dictionaries(
    {
        "level": st.sampled_from(LEVELS),
        "pupils": COUNTS,
        "classes": COUNTS,
        "tablets": COUNTS,
        "interactive_boards": COUNTS,
        "floor": st.booleans(),
        "ent": st.sampled_from(["yes", "no", "unknown"]),
        "connection_mbps": st.one_of(st.none(), st.floats(0, 1000)),
        "asked": st.booleans(),
        "bought": st.integers(0, 30),
        "boards_bought": st.integers(0, 5),
    }
)
DRAWN = st.lists(SCHOOL, min_size=1, max_size=6)


def tables(drawn: list[dict[str, object]]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    frame = pd.DataFrame(drawn, index=pd.Index([f"s{i}" for i in range(len(drawn))], name="school_id"))
    numbers = ["pupils", "classes", "tablets", "interactive_boards", "connection_mbps"]
    frame[numbers] = frame[numbers].astype("float64")
    schools = gpd.GeoDataFrame(
        frame[["level", "pupils", "classes"]].assign(name="A", commune="02173"),
        geometry=shapely.points([[1.0, 1.0]] * len(frame)),
        crs=METRIC_CRS,
    )
    asked = frame[frame["asked"]]
    floor = asked["floor"] & asked["tablets"].notna()
    return schools, asked[["tablets", "interactive_boards", "ent", "connection_mbps"]].assign(tablets_at_least=floor)


def bought(drawn: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {
        f"s{i}": {"tablets": one["bought"], "interactive_boards": one["boards_bought"]} for i, one in enumerate(drawn)
    }


@settings(max_examples=15, deadline=None)
@given(DRAWN)
def test_rates_are_shares_between_their_bounds_and_schools_add_up(drawn: list[dict[str, object]]) -> None:
    schools, equipment = tables(drawn)
    rates = equipment_rates(schools, equipment, by="level", weights="schools")
    known = rates.dropna(subset="rate")
    assert known["rate"].between(0, 1).all()
    assert (rates["worst"] <= rates["best"]).all()
    assert (known["worst"] <= known["rate"] + 1e-12).all()
    assert (known["rate"] <= known["best"] + 1e-12).all()
    assert (rates["known_schools"] + rates["unknown_schools"] == rates["schools"]).all()
    assert (rates["schools_with"] <= rates["known_schools"]).all()
    assert rates.xs("ent", level="measure")["schools"].sum() == len(schools)


@settings(max_examples=15, deadline=None)
@given(DRAWN, st.sampled_from(["pupils", "schools"]))
def test_buying_tablets_and_boards_never_lowers_a_rate(drawn: list[dict[str, object]], weights: str) -> None:
    schools, equipment = tables(drawn)
    schools["pupils"] = schools["pupils"].fillna(1.0)
    after = equipped(equipment, schools, bought(drawn))
    check_equipment(after, schools)
    reference = {"tablets_per_pupil": 0.2, **SOCLE_NUMERIQUE_2021}
    change = equipment_change(schools, equipment, after, by="level", weights=weights, reference=reference)
    shares = change.drop(["pupils_per_tablet"], level="measure")
    assert (shares["change"].dropna() >= -1e-12).all()
    for bound in ("worst", "best"):
        assert ((shares[f"{bound}_after"] - shares[f"{bound}_before"]).dropna() >= -1e-12).all()
    assert (change.xs("pupils_per_tablet", level="measure")["change"].dropna() <= 1e-12).all()
    # of a reference of two parts, a school that lacked one may now hang on the other, which is not known
    asked = change.drop("reference", level="measure")
    assert (asked["known_after"] >= asked["known_before"]).all()


@settings(max_examples=15, deadline=None)
@given(DRAWN, st.randoms(use_true_random=False))
def test_order_of_the_rows_changes_nothing(drawn: list[dict[str, object]], random) -> None:
    schools, equipment = tables(drawn)
    one = equipment_rates(schools, equipment, by="level", weights="schools")
    order = list(range(len(schools)))
    random.shuffle(order)
    other = equipment_rates(schools.iloc[order], equipment.iloc[::-1], by="level", weights="schools")
    assert_frame_equal(one, other)


@settings(max_examples=15, deadline=None)
@given(DRAWN)
def test_two_purchases_are_one_of_their_sum(drawn: list[dict[str, object]]) -> None:
    schools, equipment = tables(drawn)
    once = bought(drawn)
    twice = {school: {name: 2 * value for name, value in what.items()} for school, what in once.items()}
    stepwise = equipped(equipped(equipment, schools, once), schools, once)
    assert_frame_equal(stepwise, equipped(equipment, schools, twice))


def test_school_that_gets_what_it_lacked_hangs_on_what_is_not_known(schools: gpd.GeoDataFrame) -> None:
    before = pd.DataFrame({"tablets": [0]}, index=pd.Index(["0020001A"], name="school_id"))
    after = equipped(before, schools, {"0020001A": {"tablets": 9}})
    row = equipment_change(schools, before, after, reference={"tablets": 9, "interactive_boards": 1}, weights="schools")
    assert row.loc[("all", "reference"), ["known_before", "known_after"]].tolist() == [1, 0]
    assert row.loc[("all", "reference"), ["best_before", "best_after"]].tolist() == [0.75, 1]


# ---- words


def test_each_measure_has_its_words(schools: gpd.GeoDataFrame) -> None:
    change = equipment_change(schools, None, None)
    for measure in change.index.get_level_values("measure"):
        for lang in ("fr", "en"):
            assert labels.text(f"equipment_{measure}", lang=lang, mbps="30")
