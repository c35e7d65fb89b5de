"""Without a car: minutes by mode, who is left out, and where numbers of people without a car come from."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import RoadNetwork, Study, sentences, siting
from accessmap.errors import NetworkError, SourceError, StudyError, TableError
from accessmap.read.insee import households as read_households_without_car
from accessmap.roads.modelled import LOCAL_METRES, MAX_METRES, modelled_legs
from accessmap.roads.speeds import rows_of
from accessmap.study.modes import coverage as coverage_by_mode
from accessmap.study.modes import gap as mode_gap
from accessmap.study.modes import minutes as minutes_by_mode
from accessmap.study.modes import minutes_by_car, people_by_car, people_without_car, without_car

FS = "france_services"


@pytest.fixture
def toy(toy_study):
    """The three villages: 3 minutes from one to the next by car, 24 on foot."""
    walk = toy_study.network.with_minutes(toy_study.network.edges["minutes"] * 8)
    return replace(toy_study, networks={"car": toy_study.network, "walk": walk})


@pytest.fixture(scope="module")
def modes(sample_study):
    mairies = sample_study.sites("mairie")
    slow = {mode: RoadNetwork.modelled(sample_study.communes, mairies, mode=mode) for mode in ("bike", "walk")}
    return replace(sample_study, networks={"car": sample_study.network, **slow})


# ------------------------------------------------------------------ the modelled network on foot and by bike


def test_the_speeds_of_the_modelled_modes_are_those_of_the_speed_tables(modes):
    table = {(row["mode"], row["road_class"]): float(row["kmh"]) for row in rows_of("driving")}
    for mode in ("walk", "bike"):
        edges = modes.networks[mode].edges
        kmh = edges["length_m"] / 1000 / (edges["minutes"] / 60)
        np.testing.assert_allclose(kmh, table[mode, "other"])


def test_a_straight_leg_pays_the_detour_of_the_way():
    assert modelled_legs("walk")["access_kmh"] == pytest.approx(4.8 / 1.2)
    assert modelled_legs("bike")["access_kmh"] == pytest.approx(15 / 1.2)


@pytest.mark.parametrize("mode", ["car", "bike", "walk"])
def test_every_mode_joins_the_roads_at_the_same_places(mode):
    legs = modelled_legs(mode)
    assert (legs["local_metres"], legs["max_metres"]) == (LOCAL_METRES, MAX_METRES)


def test_walking_is_never_quicker_than_cycling_nor_cycling_than_the_car(sample_study, modes):
    for category in (FS, "hospital", "mairie"):
        minutes = minutes_by_mode(modes, category=category)
        assert minutes.columns.to_list() == ["car", "bike", "walk"]
        assert minutes.notna().all(axis=None)
        assert (minutes["walk"] >= minutes["bike"]).all()
        assert (minutes["bike"] >= minutes["car"]).all()


def test_a_modelled_network_says_its_mode_and_that_it_is_modelled(modes):
    assert modes.networks["walk"].provenance.modelled
    assert modes.networks["walk"].provenance.parameters["mode"] == "walk"
    assert modes.networks["walk"].provenance.parameters["speeds"] == "4.8 km/h"
    assert "mode walk" in repr(modes.networks["walk"])


def test_an_unknown_mode_is_refused_with_a_near_match(sample_study):
    with pytest.raises(NetworkError, match=r"unknown mode 'walks' \(did you mean 'walk'\?\)"):
        RoadNetwork.modelled(sample_study.communes, sample_study.sites("mairie"), mode="walks")


# ------------------------------------------------------------------ tables by mode


def test_minutes_of_the_car_are_those_of_the_study(sample_study):
    minutes = minutes_by_mode(sample_study, category=FS)
    expected = sample_study.minutes(sample_study.sites(FS)).min(axis=1)
    np.testing.assert_allclose(minutes["car"], expected, atol=1e-4)


def test_coverage_by_mode_is_of_the_territory_alone(toy):
    table = coverage_by_mode(toy, category=FS, cutoffs=[5, 30])
    assert table.to_dict("index") == {
        ("car", 5): {"people": 150.0, "share": 1.0},
        ("car", 30): {"people": 150.0, "share": 1.0},
        ("walk", 5): {"people": 100.0, "share": pytest.approx(2 / 3)},
        ("walk", 30): {"people": 150.0, "share": 1.0},
    }


def test_the_thresholds_are_those_of_the_study(toy):
    assert coverage_by_mode(toy, category=FS).loc["walk"].index.to_list() == [2, 5]


def test_who_is_left_out_by_hand(toy):
    captive = pd.Series({"ra": 30.0, "rb": 20.0, "rx": 10.0})
    table = without_car(toy, category=FS, people=captive, cutoffs=[2, 5, 30])
    assert table.index.to_list() == [("walk", 2), ("walk", 5), ("walk", 30)]
    assert table["without_car"].to_list() == [50.0] * 3
    assert table["others"].to_list() == [100.0] * 3
    assert table["within"].to_list() == [30.0, 30.0, 50.0]
    assert table["share"].to_list() == [0.6, 0.6, 1.0]
    # within 2 minutes the car does not reach b either: nobody there is left out for want of a car
    assert table["left_out"].to_list() == [0.0, 20.0, 0.0]
    assert table["left_out_share"].to_list() == [0.0, 0.4, 0.0]
    assert table["others_share"].to_list() == [0.7, 1.0, 1.0]


def test_residents_who_carry_without_car_need_no_captive(toy):
    captive = pd.Series({"ra": 30.0, "rb": 20.0, "rx": 10.0})
    carrying = replace(toy, residents=toy.residents.assign(without_car=captive))
    pd.testing.assert_frame_equal(without_car(carrying, category=FS), without_car(toy, category=FS, people=captive))


def test_without_numbers_of_people_without_a_car_the_error_says_what_to_do(toy):
    with pytest.raises(TableError, match=r"no column 'without_car'.*read\.households"):
        without_car(toy, category=FS)


@settings(max_examples=5, deadline=None, report_multiple_bugs=False)
@given(share=st.floats(0, 1), cutoff=st.floats(1, 60))
def test_captive_and_others_are_everyone_and_nobody_is_counted_twice(sample_study, modes, share, cutoff):
    captive = sample_study.residents["population"] * share
    table = without_car(modes, category=FS, people=captive, cutoffs=[cutoff])
    np.testing.assert_allclose(table["without_car"] + table["others"], 70_550)
    assert (table["within"] + table["left_out"] <= table["without_car"] + 1e-6).all()


def test_more_minutes_reach_more_people_and_the_quicker_mode_reaches_more(sample_study, modes):
    captive = sample_study.residents["population"] * 0.2
    within = without_car(modes, category=FS, people=captive, cutoffs=[10, 20, 30, 60])["within"]
    assert within["walk"].is_monotonic_increasing
    assert within["bike"].is_monotonic_increasing
    assert (within["bike"] >= within["walk"]).all()


def test_shares_of_nobody_are_unknown_and_not_zero(toy):
    nobody = pd.Series(0.0, index=toy.residents.index)
    table = without_car(toy, category=FS, people=nobody, cutoffs=[5])
    assert table[["share", "left_out_share"]].isna().all(axis=None)


def test_the_gap_by_commune_by_hand(toy):
    table = mode_gap(toy, category=FS)
    assert table.index.to_list() == [("walk", "02001"), ("walk", "02002")]
    assert table["car_minutes"].to_list() == pytest.approx([0.0, 3.0])
    assert table["gap"].to_list() == pytest.approx([0.0, 21.0])
    assert table["people"].to_list() == [100.0, 50.0]


def test_who_walks_to_no_site_is_counted_and_in_no_mean(toy):
    edges = toy.networks["walk"].edges
    on_foot = toy.networks["walk"].without(edges.index[edges["u"] == "02002"])  # one can walk to b, not away from it
    table = mode_gap(toy.with_network(on_foot, mode="walk"), category=FS)
    assert table.loc[("walk", "02002"), ["people", "unreached_people"]].to_list() == [50.0, 50.0]
    assert table.loc[("walk", "02002"), ["minutes", "car_minutes", "gap"]].isna().all()


def test_the_gap_may_be_that_of_the_people_without_a_car(toy):
    captive = pd.Series({"ra": 30.0, "rb": 0.0, "rx": 0.0})
    table = mode_gap(toy, category=FS, people=captive)
    assert table["people"].to_list() == [30.0, 0.0]
    assert np.isnan(table.loc[("walk", "02002"), "gap"])


def test_networks_without_a_car_or_with_nothing_else_are_refused(toy):
    with pytest.raises(StudyError, match="networks are dict: give a RoadNetwork"):
        replace(toy, networks={})
    with pytest.raises(StudyError, match="give that of 'car'"):
        mode_gap(replace(toy, networks={"walk": toy.networks["walk"]}), category=FS)
    with pytest.raises(StudyError, match="at least one other"):
        mode_gap(replace(toy, networks={"car": toy.network}), category=FS)
    with pytest.raises(StudyError, match="no service of category"):
        minutes_by_mode(toy, category="france_service")


def test_minutes_of_each_mode_are_those_that_the_study_gives(toy):
    table = minutes_by_mode(toy, category=FS)
    for mode in ("car", "walk"):
        assert table[mode].equals(toy.nearest(FS, mode=mode)["minutes"].rename(mode))
    with pytest.raises(StudyError, match=r"no network of mode 'wlk' \(did you mean 'walk'\?\), only 'car', 'walk'"):
        toy.minutes(FS, mode="wlk")


def test_a_site_out_of_reach_on_foot_is_reached_by_nobody_and_stops_nothing(toy):
    far = toy.services.copy()
    far.loc[["fs-a", "fs-x"], "geometry"] = far.loc[["fs-a", "fs-x"]].translate(0, 9000)
    table = coverage_by_mode(toy.with_services(far), category=FS)
    assert table["share"].to_list() == [0.0] * 4


# ------------------------------------------------------------------ people without a car


def residents_of(**people):
    return pd.DataFrame(
        {"commune": list(people), "population": list(people.values())}, index=[f"r-{c}" for c in people]
    )


def test_shares_by_commune_are_given_to_every_resident_of_it():
    residents = pd.DataFrame({"commune": ["a", "a", "b"], "population": [100, 50, 10]}, index=["r1", "r2", "r3"])
    assert people_without_car(residents, shares=pd.Series({"a": 0.2, "b": 1.0})).to_list() == [20.0, 10.0, 10.0]


def test_a_commune_without_a_share_is_named_where_people_live():
    residents = residents_of(**{"02173": 10, "02304": 0})
    assert people_without_car(residents, shares=pd.Series({"02173": 0.5})).to_list() == [5.0, 0.0]
    with pytest.raises(TableError, match=r"No share for 1 communes where people live, such as '02173'"):
        people_without_car(residents, shares=pd.Series({"02304": 0.5}))


@pytest.mark.parametrize("share", [-0.1, 1.5, 20.0])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(TableError, match="between 0 and 1"):
        people_without_car(residents_of(a=10), shares=pd.Series({"a": share}))


def test_no_more_people_without_a_car_than_people():
    residents = residents_of(a=10).assign(without_car=[11])
    with pytest.raises(TableError, match="More people without a car than people in 1 rows, such as 'r-a'"):
        people_without_car(residents)


def test_an_unknown_number_of_people_without_a_car_is_refused():
    with pytest.raises(TableError, match="missing or infinite"):
        people_without_car(residents_of(a=10).assign(without_car=[np.nan]))


def test_the_table_of_insee_gives_the_share_of_the_latest_census(tmp_path):
    path = tmp_path / "base-cc-logement-2022.CSV"
    path.write_text(
        "CODGEO;P22_LOG;P22_RP;P22_RP_VOIT1P;P22_RP_VOIT1;P16_RP;P16_RP_VOIT1P\n"
        "02173;6000;5600.5;4200.375;2500;5500;4500\n02304;10;0;0;0;8;4\n"
    )
    table = read_households_without_car(path)
    assert table.loc["02173"].to_list() == pytest.approx([5600.5, 1400.125, 0.25])
    assert table.loc["02304", "households"] == 0
    assert np.isnan(table.loc["02304", "share"])


def test_the_table_by_iris_is_added_up_by_commune(tmp_path):
    path = tmp_path / "base-ic-logement-2022.CSV"
    path.write_text(
        "IRIS;COM;P22_RP;P22_RP_VOIT1P\n021730101;02173;300;150\n021730102;02173;100;90\n023040000;02304;50;45\n"
    )
    assert read_households_without_car(path)["without_car"].to_dict() == {"02173": 160.0, "02304": 5.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CODGEO;P22_RP\n02173;10\n", "no column P22_RP and P22_RP_VOIT1P"),
        ("NOM;P22_RP;P22_RP_VOIT1P\nChauny;10;5\n", "no column CODGEO"),
        ("CODGEO;P22_RP;P22_RP_VOIT1P\n02173;10;peu\n", "P22_RP_VOIT1P is not a number"),
    ],
)
def test_a_table_that_is_not_that_of_insee_is_refused(tmp_path, text, message):
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=message):
        read_households_without_car(path)


def test_the_whole_way_from_insee_to_the_table(tmp_path, sample_study, modes):
    path = tmp_path / "base-cc-logement-2022.csv"
    rows = "".join(f"{code};100;80\n" for code in sample_study.communes.index)
    path.write_text("CODGEO;P22_RP;P22_RP_VOIT1P\n" + rows)
    captive = people_without_car(sample_study.residents, shares=read_households_without_car(path)["share"])
    table = without_car(modes, category=FS, people=captive, cutoffs=[30])
    assert table["without_car"].to_list() == pytest.approx([14_110.0] * 2)
    assert table.loc[("walk", 30), "left_out_share"] > table.loc[("bike", 30), "left_out_share"] > 0


# ------------------------------------------------------------------ the sentence


def told(left_out, share, **options):
    index = pd.MultiIndex.from_tuples([("walk", 30), ("rollers", 30)], names=["mode", "cutoff"])
    table = pd.DataFrame({"left_out": [left_out] * 2, "left_out_share": [share] * 2}, index=index)
    options = {"mode": "walk", "cutoff": 30, "category": FS, **options}
    (said,) = sentences.without_car(table, **options)
    return said.replace("\xa0", " ").replace("\u202f", " ")


def test_the_sentence_agrees_in_number():
    assert told(1240.4, 0.38) == (
        "France services : 1 240 habitants sans voiture (38 %) n’ont pas de site à 30 minutes ou moins à pied, "
        "alors qu’en voiture ils en auraient un."
    )
    assert "1 habitant sans voiture (1 %) n’a pas de site" in told(1.0, 0.01)


def test_nobody_left_out_is_said_so():
    assert "aucun habitant sans voiture" in told(0.2, 0.0)
    assert "nobody without a car" in told(0.0, 0.0, lang="en")


def test_a_mode_without_words_is_shown_as_it_is_named():
    assert "30 minutes ou moins rollers" in told(10, 0.1, mode="rollers")


def test_an_unknown_row_and_language_are_refused():
    with pytest.raises(StudyError, match=r"no row for 'walks' at 30 minutes \(did you mean 'walk'\?\)"):
        told(1, 0.1, mode="walks")
    with pytest.raises(ValueError, match="lang"):
        told(1, 0.1, lang="de")


# ------------------------------------------------------------------ real roads


@pytest.fixture(scope="module")
def liechtenstein(data_folder):
    """A study of Liechtenstein: 200 places to live and 5 pharmacies at nodes of its roads, and its three networks."""
    networks = {
        mode: RoadNetwork.from_osm(data_folder / "osm" / "liechtenstein.osm.pbf", mode=mode)
        for mode in ("car", "bike", "walk")
    }
    roads = networks["car"]
    main = roads.nodes[roads.parts() == 0].sample(205, random_state=0)
    points = gpd.GeoSeries.from_xy(main["lon"], main["lat"], crs=4326).to_crs(roads.crs)
    communes = gpd.GeoDataFrame(
        {"name": ["Liechtenstein"], "population": [40_000], "epci": [None], "in_territory": [True]},
        geometry=[shapely.box(*points.total_bounds).buffer(1000)],
        index=pd.Index(["00001"], name="code"), crs=roads.crs,
    )  # fmt: skip
    homes, places = points.iloc[5:], points.iloc[:5]
    residents = gpd.GeoDataFrame(
        {"commune": "00001", "population": 200, "without_car": 40.0}, geometry=homes.to_numpy(),
        index=pd.Index([f"r{n}" for n in range(200)], name="resident_id"), crs=roads.crs,
    )  # fmt: skip
    services = gpd.GeoDataFrame(
        {"name": "Apotheke", "category": "pharmacy"}, geometry=places.to_numpy(),
        index=pd.Index([f"p{n}" for n in range(5)], name="service_id"), crs=roads.crs,
    )  # fmt: skip
    return Study(communes, residents, services, networks=networks, title="Liechtenstein")


def test_tables_by_walk_bike_and_car_come_out_in_one_call_on_real_roads(liechtenstein):
    table = without_car(liechtenstein, category="pharmacy", cutoffs=[10, 30])
    assert table.index.to_list() == [("bike", 10), ("bike", 30), ("walk", 10), ("walk", 30)]
    assert (table["without_car"] == 8_000).all()
    assert table.loc[("walk", 30), "share"] < table.loc[("bike", 30), "share"] < table.loc[("bike", 30), "others_share"]
    assert 0.2 < table.loc[("walk", 30), "left_out_share"] < 1
    gap = mode_gap(liechtenstein, category="pharmacy")
    assert gap.loc[("walk", "00001"), "gap"] > gap.loc[("bike", "00001"), "gap"] > 0


def test_on_real_roads_hardly_anyone_walks_quicker_than_they_drive(liechtenstein):
    """Footpaths and one-way streets make some trips of a few hundred metres quicker on foot; long ones never."""
    minutes = minutes_by_mode(liechtenstein, category="pharmacy").dropna()
    far = minutes["car"] > 5
    assert far.sum() > 20
    assert (minutes["walk"] > minutes["car"])[far].all()


def test_those_who_have_a_car_and_those_who_have_none_each_have_their_minutes(toy_study):
    """By car 3 minutes to the next village, on foot 70: of 150 people in a and b, 20 and 10 have no car."""
    walk = toy_study.network.with_minutes(toy_study.network.edges["minutes"] * 0 + 70)
    people = toy_study.residents.assign(without_car=[20.0, 10.0, 1.0])
    study = replace(toy_study, residents=people, networks={"car": toy_study.network, "walk": walk})
    times, counted = minutes_by_car(study, study.mairies), people_by_car(study)
    assert counted.to_dict() == {
        ("ra", "car"): 80, ("rb", "car"): 40, ("rx", "car"): 9,
        ("ra", "without_car"): 20, ("rb", "without_car"): 10, ("rx", "without_car"): 1,
    }  # fmt: skip
    assert times.loc[("ra", "car"), ["mairie-a", "mairie-b"]].tolist() == [0, 3]
    assert times.loc[("ra", "without_car"), ["mairie-a", "mairie-b"]].tolist() == [0, 70]
    best = siting.p_median(times, counted, 1)
    assert best.sites == ("mairie-a",)
    assert best.objective == pytest.approx(40 * 3 + 9 * 6 + 10 * 70 + 1 * 140)
    near = siting.max_coverage(times, counted, 1, cutoff=10)
    assert (near.sites, near.objective) == (("mairie-a",), pytest.approx(129 + 20))
    with pytest.raises(StudyError, match="car"):
        minutes_by_car(toy_study, study.mairies)
