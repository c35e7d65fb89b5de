"""Files as analysts have them: spreadsheets, JSON, zips. Each gives its table, or one clear sentence."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook

from accessmap.errors import SourceError
from accessmap.read.files import part_names, read_table
from accessmap.read.services import read_services

HEAD = ["Code INSEE", "Nom", "Latitude", "Longitude"]
ROWS = [["02173", "Chauny", 49.615, 3.217], ["02304", "La Fère", 49.662, 3.364]]
CSV = "Liste des sites ;;;\nÉdition 2024;;;\ninsee;nom;lat;lon\n02173;Chauny;49,615;3,217\n02304;La Fère;49,662;3,364\n"


def assert_sites(table: gpd.GeoDataFrame) -> None:
    assert table["commune"].tolist() == ["02173", "02304"]
    assert table["name"].tolist() == ["Chauny", "La Fère"]
    places = table.geometry.to_crs(4326)
    assert places.x.round(3).tolist() == [3.217, 3.364]
    assert places.y.round(3).tolist() == [49.615, 49.662]


def keys(table) -> list[str]:
    return [note.key for note in table.attrs["read_notes"]]


def sheet(folder: Path, *rows: list[object], name: str = "t.xlsx", merged: str = "") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(folder / name)
    return folder / name


def test_sheet_and_header_are_found_below_titles_and_above_sources(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Lisez-moi"
    book.active.append(["Ceci est une note de lecture"])
    data = book.create_sheet("Données")
    titles = [["Liste des pharmacies de l'Aisne"], ["Mise à jour 2024"], [], [*HEAD, "Téléphone"]]
    for row in [*titles, *([int(row[0]), *row[1:], "03 23 52 00 00"] for row in ROWS), [], ["Source : ARS, 2024"]]:
        data.append(row)
    book.save(tmp_path / "titres.xls")  # whatever its name
    table = read_services(tmp_path / "titres.xls", category="pharmacy")
    assert_sites(table)
    told = {note.key: note for note in table.attrs["read_notes"]}
    assert "sheet 'Données', header on line 4" in told["sheet_read"]
    assert {"title_passed_over", "foot_left_out", "codes_put_right", "private_left_out"} <= set(told)
    assert not [name for name in table if "phone" in name.lower()]


def test_old_excel(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    old = book.add_sheet("S")
    for at, row in enumerate([HEAD, *ROWS]):
        for place, value in enumerate(row):
            old.write(at, place, value)
    book.save(str(tmp_path / "f.xls"))
    assert_sites(read_services(tmp_path / "f.xls", category="pharmacy"))


def test_open_document(tmp_path: Path) -> None:
    document = OpenDocumentSpreadsheet()
    table = Table(name="T")
    for row in [HEAD, *ROWS]:
        line = TableRow()
        for value in row:
            kind = {"valuetype": "float", "value": value} if isinstance(value, float) else {"valuetype": "string"}
            cell = TableCell(**kind)
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(tmp_path / "f.ods"))
    assert_sites(read_services(tmp_path / "f.ods", category="pharmacy"))


def test_two_sheets_that_may_be_the_table_are_asked_for(tmp_path: Path) -> None:
    book = Workbook()
    for name, row in zip(("A", "B"), ROWS, strict=True):
        one = book.create_sheet(name)
        one.append(HEAD)
        one.append(row)
    book.save(tmp_path / "deux.xlsx")
    with pytest.raises(SourceError, match=r"2 sheets that may be the table \(A, B\): choose one with layer="):
        read_services(tmp_path / "deux.xlsx", category="pharmacy")
    assert read_services(tmp_path / "deux.xlsx", category="pharmacy", layer="B")["name"].tolist() == ["La Fère"]
    assert part_names(tmp_path / "deux.xlsx") == ["A", "B"]


def test_merged_headings_and_cells(tmp_path: Path) -> None:
    rows = [["epci", "insee", "Population", ""], ["", "", "2020", "2021"], ["CC A", "02173", 1, 2], ["", "02304", 3, 4]]
    path = sheet(tmp_path, *rows, merged="C1:D1")
    assert list(read_table(path).table) == ["epci", "insee", "Population 2020", "Population 2021"]
    path = sheet(tmp_path, ["epci", "insee"], ["CC A", "02173"], [None, "02304"], merged="A2:A3")
    raw = read_table(path)
    assert raw.table["epci"].tolist() == ["CC A", "CC A"]
    assert "merged_cells_filled" in [note.key for note in raw.notes]


def test_names_of_variables_below_their_labels_are_the_header(tmp_path: Path) -> None:
    labels = ["Code géographique", "Libellé géographique", "Population en 2021"]
    path = sheet(tmp_path, ["POPULATION"], labels, ["CODGEO", "LIBGEO", "P21_POP"], ["02173", "Chauny", 11500])
    raw = read_table(path)
    assert list(raw.table) == ["CODGEO", "LIBGEO", "P21_POP"]
    assert raw.table["P21_POP"].tolist() == [11500]
    assert list(raw.lines) == ["line 4"]


def test_formula_without_its_value_is_no_blank(tmp_path: Path) -> None:
    path = sheet(tmp_path, [*HEAD, "capacite"], [*ROWS[0], "=1+1"])
    with pytest.raises(SourceError, match="1 formula was saved without its value: open it in a spreadsheet"):
        read_services(path, category="pharmacy")


def test_cells_in_error_are_missing_and_counted(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["insee", "nom"])
    book.active.append(["02173", "#N/A"])
    book.active["B2"].data_type = "e"
    book.save(tmp_path / "e.xlsx")
    raw = read_table(tmp_path / "e.xlsx")
    assert raw.table["nom"].isna().all()
    assert "1 cell in error" in raw.notes[-1]


def test_cell_at_the_far_end_is_refused_before_it_is_held(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"], book.active["XFD1048576"] = 1, 2
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(SourceError, match="row 1048576 and column 16384"):
        read_table(tmp_path / "far.xlsx")


def test_locked_workbook(tmp_path: Path) -> None:
    kept = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    (tmp_path / "a.xlsx").write_bytes(kept + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(SourceError, match=r"a\.xlsx is locked by a password: save it without"):
        read_table(tmp_path / "a.xlsx")
    (tmp_path / "a.doc").write_bytes(kept)
    with pytest.raises(SourceError, match=r"a\.doc cannot be read as a workbook"):
        read_table(tmp_path / "a.doc")


RECORDS = [
    {"nom": "Chauny", "geo": {"lon": 3.217, "lat": 49.615}, "insee": "02173", "contact": {"nom": "X", "tel": "0323"}},
    {"nom": "La Fère", "geo": {"lon": 3.364, "lat": 49.662}, "insee": "02304", "lieu": {"horaires": "9h", "mel": "a"}},
]
V1 = [
    {"recordid": "1", "fields": {"nom": row["nom"], "insee": row["insee"]}, "geometry": shape}
    for row, shape in zip(
        RECORDS, [{"type": "Point", "coordinates": list(row["geo"].values())} for row in RECORDS], strict=True
    )
]


@pytest.mark.parametrize(
    "content",
    [RECORDS, {"total_count": 2, "results": RECORDS}, V1, {"nhits": 2, "records": V1}],
    ids=["list", "results", "fields", "records"],
)
def test_json_of_records(tmp_path: Path, content: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    table = read_services(tmp_path / "a.json", category="pharmacy")
    assert_sites(table)
    assert not {"contact.nom", "contact.tel", "contact", "lieu.mel"} & set(table)
    if content is RECORDS:
        told = next(note for note in table.attrs["read_notes"] if note.key == "private_left_out")
        assert "contact" in told
        assert "lieu.mel" in told
        assert table["lieu.horaires"].tolist()[1] == "9h"


def test_json_of_a_record_a_line_and_in_gzip(tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, RECORDS))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    assert_sites(read_services(tmp_path / "a.jsonl.gz", category="pharmacy"))


def test_private_keys_inside_lists_are_dropped(tmp_path: Path) -> None:
    rows = [{"nom": "A", "sites": [{"ville": "Chauny", "responsable": {"nom": "X"}}, {"ville": "B", "telephone": "0"}]}]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    raw = read_table(tmp_path / "a.json")
    assert json.loads(raw.table["sites"].iloc[0]) == [{"ville": "Chauny"}, {"ville": "B"}]
    assert "sites.responsable, sites.telephone" in raw.notes[-1]


def test_overpass(tmp_path: Path) -> None:
    square = [{"lon": x, "lat": y} for x, y in ((3, 49), (3.1, 49), (3.1, 49.1), (3, 49))]
    elements = [
        {"type": "node", "id": 1, "lat": 49.6, "lon": 3.2, "tags": {"amenity": "pharmacy", "contact:phone": "+33"}},
        {"type": "node", "id": 2, "lat": 49.6, "lon": 3.2},
        {"type": "way", "id": 3, "geometry": square, "tags": {"name": "B"}},
        {"type": "relation", "id": 4, "members": [{"role": "outer", "geometry": square}], "tags": {"name": "C"}},
        {"type": "way", "id": 5, "tags": {"name": "D"}},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"version": 0.6, "elements": elements}), encoding="utf-8")
    raw = read_table(tmp_path / "a.json")
    assert raw.table["osm_id"].tolist() == ["node/1", "way/3", "relation/4", "way/5"]
    assert raw.table.geom_type.tolist()[:3] == ["Point", "Polygon", "Polygon"]
    assert [note.key for note in raw.notes] == ["overpass_read", "overpass_without_place", "private_left_out"]


def test_csv_below_titles_in_cp1252_in_a_zip_of_a_mac(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("dossier/a.csv", CSV.encode("cp1252"))
        archive.writestr("__MACOSX/dossier/._a.csv", b"\0\1")
        archive.writestr("dossier/.DS_Store", b"x")
    assert_sites(read_services(tmp_path / "a.zip", category="pharmacy"))


def test_zip_of_several_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(SourceError, match=r"layer=…, or in the path: 'a\.zip!a\.csv', 'a\.zip!b\.csv'"):
        read_services(tmp_path / "a.zip", category="pharmacy")
    assert_sites(read_services(f"{tmp_path / 'a.zip'}!b.csv", category="pharmacy"))
    assert_sites(read_services(tmp_path / "a.zip", category="pharmacy", layer="a.csv"))
    with zipfile.ZipFile(tmp_path / "bpe.zip", "w") as archive:
        archive.writestr("BPE24.csv", "DEPCOM;TYPEQU;NB_EQUIP\n02173;D307;2\n")
        archive.writestr("varmod.csv", "COD_VAR;COD_MOD;LIB_MOD\nTYPEQU;D307;Pharmacie\n")
    raw = read_table(tmp_path / "bpe.zip", wanted=read_services.__globals__["WANTED"])
    assert (raw.form.part, raw.table["TYPEQU"].tolist()) == ("BPE24.csv", ["D307"])
    assert "'BPE24.csv' is read, by its columns; varmod.csv is not" in raw.notes[-2]
    assert raw.vintage == "2024"


def test_layer_is_told_by_its_shape_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "trois.gpkg"
    row = {"insee": ["02173"], "nom": ["C"]}
    gpd.GeoDataFrame(row, geometry=[shapely.Point(3.2, 49.6)], crs=4326).to_file(path, layer="points")
    gpd.GeoDataFrame(row, geometry=[shapely.LineString([(3, 49), (4, 50)])], crs=4326).to_file(path, layer="lignes")
    gpd.GeoDataFrame(row, geometry=[shapely.box(3, 49, 4, 50)], crs=4326).to_file(path, layer="zones")
    table = read_services(path, category="pharmacy")
    assert table.geom_type.tolist() == ["Point"]
    assert table.geometry.to_crs(4326).x.round(3).tolist() == [3.2]
    assert "part_taken" in keys(table)
