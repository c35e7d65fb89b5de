"""Files of other editions and forms, cut by the publishers' schemas: none of them was seen whole."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import SourceError
from accessmap.read.recognising import recognise


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    square = shapely.box(710_000, 6_940_000, 730_000, 6_960_000)
    row = {"name": "Chauny", "population": 100, "epci": "200071785", "in_territory": True}
    return gpd.GeoDataFrame([row], geometry=[square], index=pd.Index(["02173"], name="code"), crs="EPSG:2154")


def told(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# Source of the header: sheets "APL 2022" and "APL 2023" of the workbook of the DREES, as public programs read it.
APL = [
    "Code commune INSEE",
    "Commune",
    "APL aux médecins généralistes",
    "APL aux médecins généralistes de 65 ans et moins",
]


def test_apl_of_several_years_is_read_of_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "apl.xlsx"
    with pd.ExcelWriter(path) as book:
        for year in (2022, 2023):
            rows = [[f"APL aux médecins généralistes en {year}", *[None] * 3], [None] * 4, APL]
            rows += [[f"{code:05d}", "X", year / 1000, 1.0] for code in range(2001, 2040)]
            rows += [["Lecture : 2 consultations par an et par habitant", *[None] * 3]]
            pd.DataFrame(rows).to_excel(book, sheet_name=f"APL {year}", index=False, header=False)
    read = am.read.reference(path)
    assert (len(read), read["value"].unique().tolist(), set(read["vintage"])) == (39, [2.023], {"2023"})
    assert "'APL 2023' is read" in told(read)
    assert am.read.reference(f"{path}!APL 2022")["value"].unique().tolist() == [2.022]


def test_counts_of_the_fibre_are_divided_by_the_premises_of_their_quarter(tmp_path: Path, communes) -> None:
    names = ["Code commune", "Meilleure estimation des locaux T3 2024", "Meilleure estimation des locaux T4 2024"]
    path = tmp_path / "deploiements.csv"
    pd.DataFrame([["02173", 100, 200, 50, 150]], columns=[*names, "T3 2024", "T4 2024"]).to_csv(
        path, sep=";", index=False
    )
    assert recognise(path).loc[0, ["kind", "publisher", "vintage"]].tolist() == ["digital", "ARCEP", "2024"]
    assert am.read.digital(path, communes)["fibre"].tolist() == [0.75]
    assert am.read.digital(path, communes, quarter="T3 2024")["fibre"].tolist() == [0.5]


def test_overpass_tells_the_category_by_its_tags(tmp_path: Path, communes) -> None:
    tags = [{"amenity": "pharmacy", "name": "A", "wheelchair": "yes"}, {"amenity": "bank", "name": "B"}]
    elements = [{"type": "node", "id": n, "lat": 49.61, "lon": 3.2, "tags": each} for n, each in enumerate(tags)]
    base = {"version": 0.6, "osm3s": {"timestamp_osm_base": "2024-11-05T09:12:33Z"}}
    path = tmp_path / "overpass.json"
    path.write_text(json.dumps(base | {"elements": elements}), "utf-8")
    read = am.read_services(path, category="pharmacy", communes=communes)
    assert read[["name", "category", "step_free"]].to_numpy().tolist() == [["A", "pharmacy", "yes"]]
    assert read.attrs["vintage"] == "2024-11-05"
    with pytest.raises(SourceError, match="library"):
        am.read_services(path, category="library", communes=communes)


def test_communes_of_geo_api_have_their_outline_and_not_the_box_around(tmp_path: Path) -> None:
    outline = {"type": "Polygon", "coordinates": [[[3.1, 49.5], [3.3, 49.5], [3.2, 49.7], [3.1, 49.5]]]}
    box = {"type": "Polygon", "coordinates": [[[3.1, 49.5], [3.3, 49.5], [3.3, 49.7], [3.1, 49.7], [3.1, 49.5]]]}
    row = {"nom": "Chauny", "code": "02173", "codeEpci": "200071785", "population": 11600, "codesPostaux": ["02300"]}
    path = tmp_path / "communes.json"
    path.write_text(json.dumps([row | {"contour": outline, "bbox": box}]), "utf-8")
    assert recognise(path).loc[0, "kind"] == "communes"
    read = am.read_communes(path)
    assert read["epci"].tolist() == ["200071785"]
    assert read.to_crs(4326).geometry.iloc[0].area == pytest.approx(shapely.geometry.shape(outline).area, rel=0.01)


def test_list_of_types_names_what_is_new_in_the_bpe(tmp_path: Path, communes) -> None:
    dictionary = {"COD_VAR": ["TYPEQU", "AN"], "COD_MOD": ["A999", "2024"], "LIB_MOD": ["LIEU NOUVEAU", "2024"]}
    pd.DataFrame(dictionary).to_csv(tmp_path / "varmod_bpe24.csv", sep=";", index=False)
    pd.DataFrame({"TYPEQU": ["A999"], "Libelle_TYPEQU": ["Lieu nouveau"]}).to_excel(
        tmp_path / "types.xlsx", index=False
    )
    rows = {"AN": "2024", "DEPCOM": "02173", "TYPEQU": ["D307", "A999"], "NB_EQUIP": [2, 1]}
    pd.DataFrame(rows).to_csv(tmp_path / "bpe.csv", sep=";", index=False)
    kinds = recognise(tmp_path).set_index("file")["kind"].to_dict()
    assert kinds == {"bpe.csv": "services", "types.xlsx": "dictionary", "varmod_bpe24.csv": "dictionary"}
    for types in ("varmod_bpe24.csv", "types.xlsx"):
        read = am.read_services(tmp_path / "bpe.csv", communes=communes, types=tmp_path / types)
        assert read["category"].tolist() == ["pharmacy", "lieu_nouveau"]
        assert read["name"].iloc[1] == "Lieu nouveau (Chauny)"
    with pytest.raises(SourceError, match="no list of types of equipment"):
        am.read_services(tmp_path / "bpe.csv", communes=communes, types=tmp_path / "bpe.csv")
