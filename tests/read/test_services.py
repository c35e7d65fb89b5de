"""Files of services: the lists of the State as they come, and what is wrong with them named by line."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours
from pyproj import Transformer

from accessmap.errors import SourceError, TableError
from accessmap.measures.hours.access import open_when
from accessmap.read.communes import read_communes
from accessmap.read.opening_hours import DAYS
from accessmap.read.services import read_services
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_services

X, Y = 713_000.0, 6_946_000.0
FRANCE_SERVICES = """id_fs;lib_fs;insee;latitude;longitude;h_lundi;h_mardi;h_samedi;format_fs
7;Chauny;02173;49,6175;3,1995;08:45 - 12:00 / 13:30 - 18:00;8h30-12h et 14h - 17h;fermé;Fixe
8;Bus;02001;49,6175;3,1867;;;;Bus
"""


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Abbécourt", "Chauny"],
            "population": [518, 11_600],
            "epci": ["e", "e"],
            "in_territory": [True, False],
        },
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        index=pd.Index(["02001", "02173"], name="code"),
        crs=METRIC_CRS,
    )


def saved(tmp_path: Path, text: str, name: str = "s.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_list_of_france_services_is_understood_as_it_comes(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    read = read_services(saved(tmp_path, FRANCE_SERVICES), category="france_services", communes=communes)
    assert list(read.index) == ["7", "8"]
    assert read["name"].tolist() == ["Chauny", "Bus"]
    assert set(read["category"]) == {"france_services"}
    assert read.loc["7", "hours"] == "Mo 08:45-12:00,13:30-18:00; Tu 08:30-12:00,14:00-17:00; PH off"
    assert pd.isna(read.loc["8", "hours"])
    assert read["format_fs"].tolist() == ["Fixe", "Bus"]
    east, north = Transformer.from_crs(4326, 2154, always_xy=True).transform(3.1995, 49.6175)
    assert read.geometry.iloc[0].distance(shapely.Point(east, north)) < 0.001
    assert OpeningHours(read.loc["7", "hours"], country="FR")


def test_hours_that_are_not_understood_are_left_missing_and_told(tmp_path: Path) -> None:
    text = FRANCE_SERVICES.replace("8h30-12h et 14h - 17h", "sur rendez-vous")
    read = read_services(saved(tmp_path, text), category="france_services")
    assert read["hours"].isna().all()
    told = "s.csv: hours of 1 service not understood, left missing: line 2 '7' (mardi 'sur rendez-vous')."
    assert told in read.attrs["read_notes"]


def test_timetable_of_the_public_directory_becomes_opening_hours(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame(
        {
            "insee": ["02001", "02173"],
            "nom": ["Abbécourt", "Chauny"],
            "hours": ['[["lundi", "mardi", [["13:30:00", "17:30:00"]]]]', "[]"],
        },
        geometry=gpd.points_from_xy([X, X + 1], [Y, Y]),
        crs=METRIC_CRS,
    )
    table.to_file(tmp_path / "mairies.gpkg")
    read = read_services(tmp_path / "mairies.gpkg", category="mairie")
    assert list(read.index) == ["mairie-02001", "mairie-02173"]
    assert read.loc["mairie-02001", "hours"] == "Mo-Tu 13:30-17:30; PH off"
    assert pd.isna(read.loc["mairie-02173", "hours"])


def test_site_without_a_point_is_placed_in_its_commune_and_marked(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    text = "id,name,insee,lon,lat\na,A,02173,,\nb,B,,3.1868,49.6176\nc,C,60999,3.4,49.7\n"
    read = read_services(saved(tmp_path, text), category="bank", communes=communes)
    assert read["point_quality"].tolist() == ["commune", "file", "file"]
    assert communes.geometry["02173"].contains(read.geometry["a"])
    assert read["commune"].tolist() == ["02173", "02001", "60999"]
    notes = read.attrs["read_notes"]
    assert "s.csv: 1 service without a point placed inside their commune: line 2 'a'." in notes
    assert "s.csv: commune of 1 service told by where they are." in notes


def test_category_of_the_caller_keeps_the_one_of_the_file_aside(tmp_path: Path) -> None:
    text = f"id,nom,Catégorie,x,y\na,A,104,{X},{Y}\n"
    read = read_services(saved(tmp_path, text), category="gendarmerie", crs=2154)
    assert read["category"].tolist() == ["gendarmerie"]
    assert read["category_in_file"].tolist() == ["104"]


def test_category_of_ones_own_needs_only_a_label(tmp_path: Path) -> None:
    text = f"id,name,category,category_label,x,y\na,A,repair_cafe,atelier de réparation,{X},{Y}\n"
    assert read_services(saved(tmp_path, text), crs=2154).loc["a", "category_label"] == "atelier de réparation"


def test_step_free_is_read_in_french_and_blank_is_unknown(tmp_path: Path) -> None:
    text = f"id,name,step_free,x,y\na,A,oui,{X},{Y}\nb,B,NON,{X},{Y}\nc,C,,{X},{Y}\n"
    read = read_services(saved(tmp_path, text), category="bank", crs=2154)
    assert read["step_free"].tolist() == ["yes", "no", "unknown"]
    assert "s.csv: step_free is unknown for 1 service." in read.attrs["read_notes"]


@pytest.mark.parametrize(
    "names", ["LAMBERT_X,LAMBERT_Y", "x_lambert93,y_lambert93", "X_L93,Y_L93", "Lambert_93_X,Lambert_93_Y"]
)
def test_columns_named_lambert_need_no_crs(tmp_path: Path, names: str) -> None:
    read = read_services(saved(tmp_path, f"id,nom,{names}\na,A,{X},{Y}\n"), category="bank")
    assert read.geometry.iloc[0].equals(shapely.Point(X, Y))
    assert "s.csv: x and y read as EPSG:2154, as their names say." in read.attrs["read_notes"]


def test_lambert_93_and_degrees_place_a_site_alike(tmp_path: Path) -> None:
    lon, lat = Transformer.from_crs(2154, 4326, always_xy=True).transform(X, Y)
    degrees = read_services(saved(tmp_path, f"id,nom,lng,latitude\na,A,{lon},{lat}\n", "d.csv"), category="bank")
    metres = read_services(saved(tmp_path, f"id;nom;coordx;coordy\na;A;{X};{Y}\n", "m.csv"), category="bank", crs=2154)
    assert degrees.geometry.iloc[0].distance(metres.geometry.iloc[0]) < 0.001


def test_ids_keep_their_zeros(tmp_path: Path) -> None:
    read = read_services(saved(tmp_path, f"nofinesset,rs,x,y\n020000089,CH,{X},{Y}\n"), category="hospital", crs=2154)
    assert list(read.index) == ["020000089"]


def test_geojson_column_of_mixed_types_is_text(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"id": "a", "name": name},
            "geometry": {"type": "Point", "coordinates": [3.2, 49.6]},
        }
        for name in ("A", 3)
    ]
    features[1]["properties"]["id"] = "b"
    path = saved(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "s.geojson")
    assert read_services(path, category="bank")["name"].tolist() == ["A", "3"]


def test_point_at_zero_zero_is_no_place(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"id": ["a"], "name": ["A"]}, geometry=[shapely.Point(0, 0)], crs=4326)
    table.to_file(tmp_path / "s.gpkg")
    with pytest.raises(TableError, match="'geometry' is missing in 1 row: feature 1 'a'"):
        read_services(tmp_path / "s.gpkg", category="bank")


def test_one_point_of_a_multipoint_layer_is_a_point(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"id": ["a"], "name": ["A"]}, geometry=[shapely.MultiPoint([(X, Y, 80)])], crs=METRIC_CRS)
    table.to_file(tmp_path / "s.gpkg")
    assert read_services(tmp_path / "s.gpkg", category="bank").geometry.iloc[0].equals(shapely.Point(X, Y))


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".csv"])
def test_table_of_ours_comes_back_as_it_was_saved(tmp_path: Path, communes: gpd.GeoDataFrame, suffix: str) -> None:
    ours = read_services(saved(tmp_path, FRANCE_SERVICES), category="france_services", communes=communes)
    path = tmp_path / f"ours{suffix}"
    if suffix == ".parquet":
        ours.to_parquet(path)
    elif suffix == ".gpkg":
        ours.drop(columns="h_samedi").to_file(path, index=True)
    else:
        pd.DataFrame(ours).to_csv(path)
    columns = ["name", "category", "hours", "commune", "format_fs", "geometry"]
    again = read_services(path, crs=METRIC_CRS)[columns]
    assert_geodataframe_equal(again, ours[columns], check_dtype=False, check_less_precise=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text("abcéèç;,\"' \t|œ&<", min_size=1, max_size=8).filter(lambda name: name.strip()), min_size=1, max_size=5
    ),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
def test_names_come_through_any_dialect_of_csv(tmp_path: Path, names: list[str], separator: str, encoding: str) -> None:
    table = pd.DataFrame({"id": [f"s{row}" for row in range(len(names))], "nom": names, "x": X, "y": Y})
    path = tmp_path / "s.csv"
    path.write_bytes(table.to_csv(index=False, sep=separator).encode(encoding))
    read = read_services(path, category="bank", crs=2154)
    assert read["name"].tolist() == [name.strip() for name in names]


def test_real_lists_of_the_state(real_data: Path) -> None:
    communes = read_communes(real_data / "communes.gpkg")
    sites = read_services(real_data / "france_services_2024-08.csv", category="france_services", communes=communes)
    assert len(sites) == 90
    assert sites["commune"].str.startswith("02").sum() == 35
    territory = communes.index[communes["in_territory"]]
    inside = sites[sites["commune"].isin(territory)]
    assert sorted(inside["commune"]) == ["02173", "02304", "02602"]  # Chauny, La Fère, Pinon
    assert inside["hours"].notna().all()
    hospitals = read_services(real_data / "hospitals_finess_2020.csv", category="hospital", communes=communes)
    assert len(hospitals) == 149
    assert hospitals.loc["20000097", "commune"] == "02304"
    check_services(pd.concat([sites, hospitals]))


def test_real_mairies_geocoded_overseas_are_named(real_data: Path) -> None:
    message = (
        "lies outside metropolitan France, .* in 2 rows: feature 990 'mairie-60166' .*, feature 1003 'mairie-60192'"
    )
    with pytest.raises(TableError, match=message):
        read_services(real_data / "mairies.gpkg", category="mairie")


HALF = "id,nom,lon,lat\n" + "".join(f"s{k},S,3.1{k},49.6\ne{k},E,,\n" for k in range(8))
BAD = {
    "no category": (
        f"id,nom,x,y\na,A,{X},{Y}\n",
        {"crs": 2154},
        "'category' is missing: the file has service_id, name, x, y",
    ),
    "unknown category": (
        f"id,nom,x,y\na,A,{X},{Y}\n",
        {"crs": 2154, "category": "pharmaci"},
        r"'category' is unknown in 1 row: line 2 'a' \('pharmaci' \(did you mean 'pharmacy'\?\)\)",
    ),
    "no name": (
        f"id,x,y,category\na,{X},{Y},bank\n",
        {"crs": 2154},
        "'name' is missing: the file has service_id, x, y, cat",
    ),
    "name blank": (f"id,nom,x,y\na,,{X},{Y}\n", {"crs": 2154}, "'name' is missing in 1 row: line 2 'a'"),
    "half without coordinates": (
        HALF,
        {},
        r"'geometry' is missing in 8 rows: line 3 'e0', .* and 3 more: place the site in its commune .*communes=",
    ),
    "no coordinates": (
        "id,nom,adresse\na,A,1 rue\n",
        {},
        "There are no coordinates: the file has service_id, name, adresse",
    ),
    "without CRS": (f"id,nom,x,y\na,A,{X},{Y}\n", {}, r"without a CRS \(line 2 'a': x=713000.0, y=6946000.0\)"),
    "hours": (
        f"id,nom,hours,x,y\na,A,lundi 9h,{X},{Y}\n",
        {"crs": 2154},
        r"'hours' cannot be read in 1 row: line 2 'a' \('lundi",
    ),
    "hours that are no timetable": (
        f"id,nom,hours,x,y\na,A,[9],{X},{Y}\n",
        {"crs": 2154},
        r"cannot be read in 1 row: .*'\[9\]'",
    ),
    "step_free": (
        f"id,nom,step_free,x,y\na,A,peut-être,{X},{Y}\n",
        {"crs": 2154},
        r"none of yes, no, unknown .*\('peut-être'\)",
    ),
    "capacity": (
        f"id,nom,capacity,x,y\na,A,-2,{X},{Y}\n",
        {"crs": 2154},
        r"'capacity' is negative in 1 row: line 2 'a' \(-2\)",
    ),
    "capacity in words": (
        f"id,nom,capacity,x,y\na,A,dix,{X},{Y}\n",
        {"crs": 2154},
        r"'capacity' is not a number .*'dix'",
    ),
    "duplicate": (
        f"id,nom,x,y\na,A,{X},{Y}\na,B,{X},{Y}\n",
        {"crs": 2154},
        "more than once in 2 rows: line 2 'a', line 3 'a'",
    ),
    "two columns of ids": (
        f"id,finess,nom,x,y\na,b,A,{X},{Y}\n",
        {"crs": 2154},
        r"Columns 'id' and 'finess' may both be 'service_id' and differ \(line 2: 'a' and 'b'\): choose with columns=",
    ),
    "not geocoded, among others": (
        f"id,nom,x,y\na,A,{X},{Y}\nb,B,0,0\n",
        {"crs": 2154},
        r"lies outside metropolitan France, .* in 1 row: line 3 'b' \(x=0, y=0\)",
    ),
    "swapped Lambert-93": (f"id,nom,x,y\na,A,{Y},{X}\n", {"crs": 2154}, "x and y swapped in 1 row: line 2 'a'"),
    "another grid": (f"id,nom,x,y\na,A,{X},2500000\n", {"crs": 2154}, "lies outside metropolitan France"),
}


@pytest.mark.parametrize(("text", "options", "message"), BAD.values(), ids=BAD)
def test_services_file_out_of_the_contract_is_refused(tmp_path: Path, text: str, options, message: str) -> None:
    options = (
        options
        if "no category" in message or "'category'" in message or "bank" in text
        else {"category": "bank", **options}
    )
    with pytest.raises(TableError, match=message):
        read_services(saved(tmp_path, text), **options)


def test_site_with_the_code_of_a_merged_commune_is_named(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,nom,insee,x,y\na,A,02999,{X + 5},{Y + 5}\n")
    with pytest.raises(TableError, match=r"though the site is inside it in 1 row: line 2 'a' \('02999', in '02001'\)"):
        read_services(path, category="bank", communes=communes, crs=2154)


def test_mis_separated_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match="one column only .*: separate its columns with semicolons, commas, tabs, bars"
    ):
        read_services(saved(tmp_path, "id nom lon lat\na A 3.2 49.6\n"), category="bank")


WEEK = "id;nom;insee;longitude;latitude;" + ";".join(f"h_{day}" for day in DAYS) + "\n"


def timetable(tmp_path, row):
    path = tmp_path / "fs.csv"
    path.write_text(f"{WEEK}1;A;02173;3.21;49.61;{row}\n", encoding="utf-8")
    return read_services(path, category="france_services")


@pytest.mark.parametrize(
    ("row", "hours", "told"),
    [
        (
            "12:00-09:00;09:00-12:00;;;;;",
            "Tu 09:00-12:00; Mo unknown; PH off",
            "span 12:00-09:00 ends before it starts",
        ),
        ("25:00-26:00;09:00-12:00;;;;;", "Tu 09:00-12:00; Mo unknown; PH off", "unreadable span ['25:00', '26:00']"),
        ("22:00-02:00;09:00-12:00;;;;;", "Mo 22:00-02:00; Tu 09:00-12:00; PH off", ""),
        (";".join(["Fermé"] * 7), "off", ""),
        ("09h-12h;Fermé;;;;Fermé;Fermé", "Mo 09:00-12:00; PH off", ""),
    ],
)
def test_no_span_of_a_timetable_vanishes_without_a_note(tmp_path, row, hours, told):
    services = timetable(tmp_path, row)
    assert services["hours"].tolist() == [hours]
    mended = [note for note in services.attrs["read_notes"] if "mended" in note]
    assert [told in note and "line 2 '1', lundi" in note for note in mended] == [True] * bool(told)
    assert all("écartée" in note.told("fr") for note in mended)


def test_closed_all_week_is_closed_and_blank_is_unknown(tmp_path):
    closed = timetable(tmp_path, ";".join(["fermé", "FERMÉ", "Fermée", "Fermeture", "non", "Fermé", "ferme"]))
    assert open_when(closed, "saturday_morning").tolist() == [False]
    for unknown in (";" * 6, "Fermé" + ";" * 6):
        assert open_when(timetable(tmp_path, unknown), "saturday_morning").tolist() == [pd.NA]


def test_directory_timetables_tell_what_was_mended(tmp_path):
    path = tmp_path / "m.csv"
    week = '[["lundi","mardi",[["09:00","12:00"],["14:00","13:00"]]]]'.replace('"', '""')
    path.write_text(
        f'id,nom,insee,longitude,latitude,hours\n1,A,02173,3.21,49.61,"{week}"\n2,B,02173,3.21,49.61,Fermé\n'
    )
    services = read_services(path, category="mairie")
    assert services["hours"].tolist() == ["Mo-Tu 09:00-12:00; PH off", "off"]
    assert any("lundi-mardi: span 14:00-13:00 ends before it starts" in note for note in services.attrs["read_notes"])
