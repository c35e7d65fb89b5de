"""The bundled sample: whole, clean, without personal data, every repair owned up to; and the script that builds it."""

import importlib.util
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from opening_hours import OpeningHours
from processes import python
from shapely import Point, box

from accessmap import sample
from accessmap.tables.contracts import check_communes, check_residents, check_services

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data" / "communes"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_sample", ROOT / "scripts" / "build_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def communes():
    return sample.sample_communes()


@pytest.fixture(scope="module")
def services():
    return sample.sample_services()


# ---------------------------------------------------------------- what is in it


def test_tables_are_in_the_contract(communes, services):
    check_communes(communes)
    check_services(services)
    check_residents(sample.sample_residents(), communes)
    assert communes.crs.to_epsg() == services.crs.to_epsg() == 2154


def test_territory_is_the_two_epci_and_its_legal_population(communes):
    territory = communes[communes["in_territory"]]
    assert (len(communes), len(territory), territory["population"].sum()) == (1288, 84, 70_550)
    assert territory["epci"].value_counts().to_dict() == {"200071785": 48, "200071769": 36}


def test_communes_are_those_within_40_km_of_the_territory(communes, real_data):
    known = gpd.read_file(real_data / "communes.gpkg", engine="pyogrio").set_index("insee")
    assert set(communes.index) == set(known.index[known["within_40km"]])
    assert (communes["population"] == known["population"].loc[communes.index]).all()
    assert (communes["epci"].fillna("") == known["epci"].loc[communes.index].fillna("")).all()


def test_communes_leave_no_gap_and_do_not_overlap(communes):
    assert communes.is_valid.all()
    assert shapely.coverage_is_valid(communes.geometry.to_numpy())
    whole = shapely.coverage_union_all(communes.geometry.to_numpy())
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    assert sum(hole.area for hole in holes) < 1_000  # m²: slivers of rounding
    assert communes.area.sum() == pytest.approx(whole.area, rel=1e-9)


def test_every_mairie_stands_in_its_commune(communes):
    mairies = sample.sample_mairies()
    assert mairies.index.equals(communes.index)
    assert communes.contains(mairies.geometry).all()


def test_moved_mairies_keep_their_published_point_and_how_far_they_went():
    mairies = sample.sample_mairies()
    moved = mairies["point_quality"].isin(["outside_commune_moved", "border_moved_inside"])
    published = gpd.GeoSeries.from_xy(mairies["original_lon"], mairies["original_lat"], crs=4326).to_crs(2154)
    distance = mairies.geometry.distance(published.set_axis(mairies.index))
    assert (distance[moved] - mairies["moved_metres"][moved]).abs().max() < 5
    assert distance[mairies["point_quality"] == "address"].max() == 0
    assert mairies["moved_metres"][mairies["point_quality"] == "border_moved_inside"].max() < 110
    assert mairies["point_quality"].value_counts().to_dict() == {
        "address": 1199,
        "outside_commune_moved": 83,
        "border_moved_inside": 5,
        "seat_of_merged_commune": 1,
    }


def test_hours_are_read_by_opening_hours(communes):
    hours = sample.sample_mairies()["hours"].dropna()
    assert len(hours) > 1200
    for text in hours.unique():
        assert OpeningHours(text, country="FR").next_change() is not None
    territory = communes.index[communes["in_territory"]]
    assert len(hours.index.intersection(territory)) == 83  # 82 of the directory, and the seat of Anizy-le-Grand


def test_every_mairie_is_a_service_and_the_typed_ones_stand_at_it(services):
    mairies = services[services["category"] == "mairie"].set_index("commune")
    assert len(mairies) == 1288
    assert services["category"].value_counts().drop("mairie").to_dict() == {"france_services": 14, "hospital": 7}
    typed = services[services["category"] != "mairie"]
    assert (typed["point_quality"] == "placed_at_mairie").all()
    assert all(typed.geometry.to_numpy() == mairies.geometry.loc[typed["commune"]].to_numpy())
    assert (services["step_free"] == "unknown").all()
    assert typed["source"].str.contains(r"\(20\d\d").all()


def test_territory_has_three_france_services_none_of_them_open_in_2018(communes, services):
    france_services = services[services["category"] == "france_services"]
    inside = france_services[france_services["commune"].map(communes["in_territory"])]
    assert set(inside["commune"]) == {"02173", "02304", "02602"}
    assert inside["note"].str.contains("Aucune MSAP dans le territoire en 2018").all()


def test_typed_services_agree_with_the_published_list(services, real_data):
    listed = pd.read_csv(real_data / "france_services_2024-08.csv", dtype=str)
    typed = services[services["category"] == "france_services"]
    assert set(typed["commune"]) <= set(listed["insee"])


def test_residents_are_all_the_people_of_their_commune_and_inside_it(communes):
    residents = sample.sample_residents()
    people = residents.groupby("commune")["population"].sum()
    assert (people == communes["population"].loc[people.index]).all()
    assert set(people.index) == set(communes.index)
    assert 5_000 < len(residents) < 8_000
    homes = communes.geometry.loc[residents["commune"]]
    assert shapely.contains(homes.to_numpy(), residents.geometry.to_numpy()).all()


def test_notes_own_up_to_every_repair_and_every_typed_place(services):
    notes = sample.sample_notes()
    assert notes.columns.tolist() == ["table", "id", "commune", "problem", "remedy"]
    assert not notes.isna().any().any()
    doubtful = services.index[services["point_quality"] != "address"]
    assert set(doubtful) <= set(notes["id"])
    named = services.index.union(sample.sample_communes().index)
    assert set(notes["id"]) <= set(named)


def test_notes_name_the_five_mairies_of_the_territory_that_were_moved(communes, services):
    notes = sample.sample_notes()
    territory = communes.index[communes["in_territory"]]
    remedy = notes[notes["id"].str.startswith("mairie-")].set_index("commune")["remedy"]
    remedy = remedy[remedy.index.isin(territory)].rename(communes["name"]).to_dict()
    remedy = {name: note.told("fr").replace("\u00a0", " ") for name, note in remedy.items()}
    assert remedy.pop("Anizy-le-Grand") == "placée à la mairie du chef-lieu"
    assert remedy.pop("Besmé").startswith("ramené à la limite (38 m")  # 33 m outside: the border is that coarse
    assert set(remedy) == {"Manicamp", "Quincy-Basse", "Saint-Paul-aux-Bois", "Rogécourt"}
    assert all(text.startswith("placé au centre de la commune") for text in remedy.values())


# ---------------------------------------------------------------- how it is shipped


def test_files_hold_no_way_to_reach_a_person():
    """Neither e-mail, telephone nor web address; the directory has them, the sample has not."""
    reach = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<!\d)0[1-9]([ .]\d\d){4}(?!\d)|https?://|www\.")
    for path in FOLDER.glob("*.*"):
        if path.suffix != ".md":
            assert not reach.search(path.read_text(encoding="utf-8")), path.name


def test_folder_is_under_3_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


def test_readme_names_every_file():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in readme for path in FOLDER.iterdir() if path.name != "README.md")


def test_caller_may_change_what_it_was_given():
    sample.sample_communes()["population"] = 0
    assert sample.sample_communes()["population"].sum() > 1_000_000


def test_provenance_names_each_file_by_its_hash():
    sources = sample.sample_provenance().sources
    assert len({source.sha256 for source in sources}) == len(sample.FILES)
    assert all(source.licence == "Licence Ouverte" for source in sources)


def test_reading_the_sample_takes_under_two_seconds():
    code = (
        "from time import perf_counter as now\nimport accessmap.sample as s\nstart = now()\n"
        "s.sample_communes(), s.sample_services(), s.sample_residents(), s.sample_notes(), s.sample_provenance()\n"
        "print(now() - start)"
    )
    done = python("-c", code, check=True)
    assert float(done.stdout) < 2


# ---------------------------------------------------------------- the rules of the script


def squares(build, *, former=""):
    """Return two communes with a hole of 1 km² at the border of the second."""
    west = box(700_000, 6_900_000, 704_000, 6_904_000)
    hole = box(704_000, 6_901_000, 705_000, 6_902_000)
    east = box(704_000, 6_900_000, 708_000, 6_904_000) - hole
    table = {"former_codes": ["", former], "in_territory": [True, False]}
    shapes = shapely.segmentize([west, east], 1000)  # a corner each 1 km: neighbours share those of the hole
    return gpd.GeoDataFrame(table, index=["02000", "02001"], geometry=shapes, crs=2154), hole


def test_hole_goes_to_the_merged_commune_and_is_told(build):
    table, hole = squares(build, former="02002")
    repairs = []
    filled = build.fill_merger_gaps(table, table.geometry.to_numpy(), repairs)
    assert filled[1].contains(hole)
    assert filled[0].equals(table.geometry.iloc[0])
    told = [(row["id"], row["problem"], row["problem_value"]) for row in repairs]
    assert told == [("02001", "sample_hole", "1.0 02002")]


def test_hole_that_nobody_may_claim_stops_the_build(build):
    table, _ = squares(build)
    with pytest.raises(SystemExit, match="touches 0 merged"):
        build.fill_merger_gaps(table, table.geometry.to_numpy(), [])


def test_cleaning_closes_slivers_and_overlaps(build):
    shapes = [box(700_000, 6_900_000, 704_000, 6_904_000), box(703_998, 6_900_000, 708_000, 6_904_000)]
    table = gpd.GeoDataFrame({"former_codes": ["", ""]}, index=["02000", "02001"], geometry=shapes, crs=2154)
    repairs = []
    cleaned = build.clean_coverage(table, repairs)
    assert shapely.coverage_is_valid(cleaned.geometry.to_numpy())
    assert cleaned.crs.to_epsg() == 4326
    assert {row["id"] for row in repairs} == {"02000", "02001"}


@pytest.mark.parametrize(
    ("x", "quality", "expected"),
    [(10, "address", 10), (-60, "border_moved_inside", 5), (-101, "outside_commune_moved", 2000)],
)
def test_mairie_is_placed_by_how_far_outside_it_lies(build, x, quality, expected):
    square = box(0, 0, 4000, 4000)
    point, word = build.place(Point(x, 2000), square, "address")
    assert (word, point) == (quality, Point(expected, 2000))


def test_mairie_without_a_point_goes_inside_even_where_the_centroid_does_not(build):
    horseshoe = box(0, 0, 4000, 4000) - box(500, 500, 3500, 4000)
    point, word = build.place(None, horseshoe, "address")
    assert word == "missing_placed"
    assert horseshoe.contains(point)


def test_distance_around_the_territory_is_from_border_to_border(build):
    shapes = [box(0, 0, 1, 1), box(40_001, 0, 50_000, 1), box(40_001.5, 0, 50_000, 1)]
    table = gpd.GeoDataFrame({"in_territory": [True, False, False]}, index=["a", "b", "c"], geometry=shapes, crs=2154)
    assert build.around(table).index.tolist() == ["a", "b"]


def test_only_a_new_commune_has_former_codes(build):
    old = {"siren": "210200071", "anciensCodes": ["02379"]}
    new = {"siren": "200084135", "anciensCodes": ["02301", "02434"]}
    assert build._merged_lately(old) == ""
    assert build._merged_lately(new) == "02301 02434"


def test_geojson_is_one_commune_a_line_and_reads_back(build, tmp_path, communes):
    some = communes.head(3).to_crs(4326)
    build.write_geojson(some, tmp_path / "some.geojson")
    lines = (tmp_path / "some.geojson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    back = gpd.read_file(tmp_path / "some.geojson", engine="pyogrio").set_index("code")
    assert back["name"].tolist() == some["name"].tolist()
    assert back.geometry.geom_equals_exact(some.geometry, 1e-9).all()
