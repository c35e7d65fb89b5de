"""Lists that councils make or export themselves: of several kinds, with what is closed, in degrees and minutes."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.errors import TableError
from accessmap.read.communes import read_communes
from accessmap.read.points import angle
from accessmap.read.recognising import recognised
from accessmap.read.services import read_services

HERE = {"longitude": "2.17", "latitude": "45.957"}


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    rows = {"name": ["Aubusson", "Felletin"], "population": [3366, 1593], "epci": "200044014", "in_territory": True}
    squares = [shapely.box(630e3, 6535e3, 642e3, 6545e3), shapely.box(630e3, 6525e3, 642e3, 6535e3)]
    return gpd.GeoDataFrame(rows, geometry=squares, index=pd.Index(["23008", "23079"], name="code"), crs=2154)


def notes(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


def test_rows_that_a_column_says_are_of_another_category_are_left_out(communes: gpd.GeoDataFrame) -> None:
    kinds = pd.DataFrame([HERE] * 3).assign(id=["1", "2", "3"], nom="A", type=["Pharmacie", "Banque", "Parapharmacie"])
    read = read_services(kinds, category="pharmacy", communes=communes)
    assert list(read.index) == ["1", "3"]
    assert "1 row that 'type' says is of another category left out ('Banque')" in notes(read)
    # a column that never names the category asked tells something else
    beside = kinds.assign(type=["Banque", "Banque", "Mairie"])
    assert len(read_services(beside, category="pharmacy", communes=communes)) == 3


def test_overpass_turbo_export_is_read_by_its_tags(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    tags = [{"amenity": "pharmacy", "name": "A", "wheelchair": "yes"}, {"amenity": "bank", "name": "B"}]
    features = [
        {"type": "Feature", "id": f"node/{at}", "properties": {"@id": f"node/{at}", **said}}
        | {"geometry": {"type": "Point", "coordinates": [2.17, 45.957]}}
        for at, said in enumerate(tags)
    ]
    path = tmp_path / "export.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    read = read_services(path, category="pharmacy", communes=communes)
    assert read[["name", "step_free"]].to_numpy().tolist() == [["A", "yes"]]
    assert list(read.index) == ["node/0"]
    assert set(read_services(path, communes=communes)["category"]) == {"pharmacy", "bank"}
    assert [one.kind for one in recognised(path)] == ["services"]


def test_site_whose_day_of_closing_is_past_is_left_out(communes: gpd.GeoDataFrame) -> None:
    days = ["", "2019-01-01", "31/12/2020", "2999-01-01"]
    table = pd.DataFrame([HERE] * 4).assign(id=list("abcd"), nom="A", date_fermeture=days)
    read = read_services(table, category="pharmacy", communes=communes)
    assert list(read.index) == ["a", "d"]
    assert "2 sites that 'date_fermeture' says are closed left out" in notes(read)


def test_longer_names_of_columns_and_names_of_communes(communes: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame([HERE]).assign(**{"Nom de la structure": "Pharma", "Accès PMR": "partiel"})
    read = read_services(table, category="pharmacy", communes=communes)
    assert read[["name", "step_free"]].to_numpy().tolist() == [["Pharma", "unknown"]]
    unnamed = read_services(pd.DataFrame([HERE | {"insee": "23008"}]), category="pharmacy", communes=communes)
    assert unnamed["name"].tolist() == ["pharmacie (Aubusson)"]


def test_name_made_for_a_count_is_that_of_the_commune_though_its_zero_was_lost() -> None:
    rows = {"name": ["Chauny"], "population": [9], "epci": "e", "in_territory": True}
    code = pd.Index(["02173"], name="code")
    chauny = gpd.GeoDataFrame(rows, geometry=[shapely.box(713e3, 6943e3, 719e3, 6950e3)], index=code, crs=2154)
    counts = pd.DataFrame({"CODGEO": ["2173"], "TYPEQU": ["B203"], "NB_EQUIP": ["5"]})
    assert read_services(counts, communes=chauny)["name"].tolist() == ["Boulangerie (Chauny)"]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("45°57'25.2\"N", "2°10'12\"E"),
        ("45° 57,42' N", "2° 10,2' E"),
        ("N 45°57′25,2″", "E 2°10′12″"),
        ("45°57’25,2’’", "2°10’12’’"),
    ],
)
def test_degrees_and_minutes_are_read(communes: gpd.GeoDataFrame, lat: str, lon: str) -> None:
    right = gpd.GeoSeries.from_xy([2.17], [45.957], crs=4326).to_crs(2154).iloc[0]
    for columns in ({"latitude": lat, "longitude": lon}, {"coordonnees": f"{lat} {lon}"}):
        read = read_services(pd.DataFrame([{"nom": "A", **columns}]), category="pharmacy", communes=communes)
        assert read.geometry.iloc[0].distance(right) < 1


def test_angles_west_and_south_and_what_is_none() -> None:
    assert angle("2°30'O") == angle("2° 30' W") == angle("-2°30'") == -2.5
    assert [angle(text) for text in ("45.957", "45°75'", "45° Nord", "12° C")] == [None] * 4


PARTS = pd.DataFrame(
    {
        "code": ["23008", "23008", "23079"],
        "name": ["Aubusson", "Aubusson", "Felletin"],
        "population": [3366, 3366, 1593],
    }
)
SHAPES = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000), shapely.box(0, 1000, 2000, 2000)]


def test_commune_whose_parts_are_rows_is_made_one() -> None:
    read = read_communes(gpd.GeoDataFrame(PARTS, geometry=SHAPES, crs=2154))
    assert read["population"].tolist() == [3366, 1593]
    assert read.area.tolist() == [2e6, 2e6]
    assert "1 commune in several rows of the same name and population made one: '23008'" in notes(read)
    other = PARTS.assign(population=[3000, 366, 1593])  # of each part, or a mistake: nobody knows
    with pytest.raises(TableError, match="'code' is there more than once"):
        read_communes(gpd.GeoDataFrame(other, geometry=SHAPES, crs=2154))


def test_populations_in_thousands_are_refused() -> None:
    shapes = [shapely.box(0, 9000 * at, 2000, 9000 * at + 9000) for at in range(2)]
    table = gpd.GeoDataFrame(PARTS.iloc[1:].assign(population=[3.366, 0.593]), geometry=shapes, crs=2154)
    with pytest.raises(TableError, match=r"'population' counts thousands and not people.*3\.366"):
        read_communes(table)
    assert read_communes(table.assign(population=[336.6, 59.3]))["population"].tolist() == [336.6, 59.3]


@pytest.mark.parametrize("column", ["WKT", "geom", "the_geom"])
def test_shapes_that_qgis_writes_as_text_are_read_in_degrees(column: str) -> None:
    shape = "MULTIPOLYGON (((2.1 45.9, 2.2 45.9, 2.2 46, 2.1 45.9)))"
    row = {column: shape, "code": "23008", "nom": "Aubusson", "population": "3366"}
    read = read_communes(pd.DataFrame([row]))
    assert read.to_crs(4326).total_bounds.round(6).tolist() == [2.1, 45.9, 2.2, 46]
    assert "are taken in EPSG:4326" in notes(read)
    metres = row | {column: "POLYGON ((630000 6535000, 640000 6535000, 640000 6545000, 630000 6535000))"}
    with pytest.raises(TableError, match="'geometry' is text without a CRS"):
        read_communes(pd.DataFrame([metres]))
