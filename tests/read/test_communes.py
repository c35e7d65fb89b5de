"""Files of communes: any format by its content, any usual name of a column, and one clear error where that fails."""

import gzip
import logging
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import SourceError, TableError
from accessmap.read.columns import as_numbers, plain
from accessmap.read.communes import read_communes
from accessmap.read.delimited import read_delimited
from accessmap.read.files import read_table
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_communes

X, Y = 713_000.0, 6_946_000.0
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
HTML = b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head></html>"


def contract() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Abbécourt", "Chauny"],
            "population": [518, 11_600],
            "epci": ["200071785", "200071769"],
            "in_territory": [True, False],
        },
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        index=pd.Index(["02001", "02173"], name="code"),
        crs=METRIC_CRS,
    )


BOW_TIE = shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])


def french() -> gpd.GeoDataFrame:
    return contract().reset_index().rename(columns={"code": "INSEE_COM", "name": "NOM_COM", "population": "PMUN"})


def written(table: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        pd.DataFrame(table).to_csv(path)
    else:
        table.to_file(path)
    return path


@pytest.mark.parametrize("name", ["c.gpkg", "c.geojson", "c.shp", "c.parquet"])
def test_same_table_from_every_format(tmp_path: Path, name: str) -> None:
    source = french().drop(columns="in_territory")
    read = read_communes(
        written(source if name != "c.geojson" else source.to_crs(4326), tmp_path / name), territory=["02001"]
    )
    check_communes(read)
    assert (read.geometry.hausdorff_distance(contract().geometry) < 0.01).all()
    expected = contract()
    assert_geodataframe_equal(read.set_geometry(expected.geometry), expected, check_crs=False, check_dtype=False)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".csv"])
def test_table_of_ours_comes_back_as_it_was_saved(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"c{suffix}"
    if suffix == ".gpkg":
        contract().to_file(path, index=True)
    else:
        written(contract(), path)
    read = read_communes(path, crs=METRIC_CRS)
    assert_geodataframe_equal(read, contract(), check_dtype=False, normalize=True)


@pytest.mark.parametrize("name", ["c.csv", "c.geojson", "c", "c.PNG"])
def test_geopackage_is_known_whatever_its_name(tmp_path: Path, name: str) -> None:
    written(french(), tmp_path / "true.gpkg")
    shutil.copy(tmp_path / "true.gpkg", tmp_path / name)
    read = read_communes(tmp_path / name)
    assert list(read.index) == ["02001", "02173"]
    assert f"{name} is a GeoPackage file whatever its name says, and was read as one." in read.attrs["read_notes"]


def test_geojson_named_csv_is_read_as_geojson(tmp_path: Path) -> None:
    written(french().to_crs(4326), tmp_path / "true.geojson")
    shutil.copy(tmp_path / "true.geojson", tmp_path / "c.csv")
    assert list(read_communes(tmp_path / "c.csv").index) == ["02001", "02173"]


def test_geometry_of_another_name_is_the_geometry(tmp_path: Path) -> None:
    french().rename_geometry("geom").to_parquet(tmp_path / "c.parquet")
    read = read_communes(tmp_path / "c.parquet")
    assert list(read.columns) == ["name", "population", "epci", "in_territory", "geometry"]


def test_zipped_shapefile_and_gzipped_geojson(tmp_path: Path) -> None:
    written(french().drop(columns="in_territory"), tmp_path / "c.shp")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for part in tmp_path.glob("c.*"):
            if part.suffix != ".zip":
                archive.write(part, f"folder/{part.name}")
    assert list(read_communes(tmp_path / "c.zip").index) == ["02001", "02173"]
    geojson = written(french().to_crs(4326), tmp_path / "g.geojson")
    (tmp_path / "g.geojson.gz").write_bytes(gzip.compress(geojson.read_bytes()))
    assert list(read_communes(tmp_path / "g.geojson.gz").index) == ["02001", "02173"]


@pytest.mark.parametrize("encoding", ["UTF-8", "cp1252"])
def test_shapefile_that_does_not_say_its_encoding_keeps_its_accents(tmp_path: Path, encoding: str) -> None:
    french().drop(columns="in_territory").to_file(tmp_path / "c.shp", encoding=encoding)
    (tmp_path / "c.cpg").unlink()
    dbf = bytearray((tmp_path / "c.dbf").read_bytes())
    dbf[29] = 0
    (tmp_path / "c.dbf").write_bytes(dbf)
    assert read_communes(tmp_path / "c.shp")["name"].tolist() == ["Abbécourt", "Chauny"]


def test_reading_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = written(french(), tmp_path / "c.gpkg")
    before = path.read_bytes()
    read_communes(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.gpkg"]
    assert path.read_bytes() == before


def test_notes_say_what_was_done_and_go_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(french().drop(columns="in_territory").to_crs(4326), tmp_path / "c.gpkg")
    with caplog.at_level(logging.INFO, "accessmap"):
        notes = read_communes(path).attrs["read_notes"]
    assert notes == [
        "c.gpkg: columns renamed, INSEE_COM → code, NOM_COM → name, PMUN → population.",
        "c.gpkg: coordinates brought to EPSG:2154.",
        "c.gpkg: no in_territory column, all 2 communes are the territory.",
    ]
    assert caplog.messages == notes


def test_territory_by_epci_by_commune_or_as_the_file_says(tmp_path: Path) -> None:
    path = written(french(), tmp_path / "c.gpkg")
    assert read_communes(path)["in_territory"].tolist() == [True, False]
    assert read_communes(path, territory="200071769")["in_territory"].tolist() == [False, True]
    assert read_communes(path, territory=["200071785", "02173"])["in_territory"].all()


def test_territory_written_in_words(tmp_path: Path) -> None:
    path = written(french().assign(in_territory=["oui", "non"]), tmp_path / "c.gpkg")
    assert read_communes(path)["in_territory"].tolist() == [True, False]


def national() -> gpd.GeoDataFrame:
    """Two communes beside each other, two of their département without people or shape, two far, two of La Réunion."""
    around = gpd.GeoSeries([shapely.box(55.4, -21, 55.5, -20.9), shapely.box(55.5, -21, 55.6, -20.9)], crs=4326)
    box = [shapely.box(X + 1000 * i, Y, X + 1000 * (i + 1), Y + 1000) for i in range(3)]
    south = shapely.box(X, Y - 600_000, X + 1000, Y - 599_000)
    shapes = gpd.GeoSeries([*box, None, south, None], crs=METRIC_CRS).to_crs(4326)
    codes = ["02001", "02173", "02003", "02004", "81001", "81002", "97411", "97415"]
    return gpd.GeoDataFrame(
        {"code": codes, "name": codes, "population": [518, 11_600, None, 9, None, 9, 9, None]},
        geometry=[*shapes, *around],
        crs=4326,
    )


def test_of_a_national_file_only_what_concerns_the_territory_must_be_whole(tmp_path: Path) -> None:
    path = written(national(), tmp_path / "france.parquet")
    with pytest.raises(TableError, match="'population' is missing in 3 rows"):
        read_communes(path)
    communes = read_communes(path, territory=["02173"])
    assert communes.index.tolist() == ["02001", "02173"]
    assert communes["population"].tolist() == [518, 11_600]
    said = [note.told("fr") for note in communes.attrs["read_notes"]]
    assert any("2 communes sans contour ou sans population, du département" in note for note in said)
    assert any("écartées ('02003', '02004')" in note for note in said)
    assert any(": 2 communes sans contour ou sans population, loin" in note.replace("\u00a0", "") for note in said)
    assert any("2 communes à plus de 1400 km" in note for note in said)


def test_what_is_missing_of_the_territory_itself_is_refused_alone(tmp_path: Path) -> None:
    path = written(national(), tmp_path / "france.parquet")
    for code, missing in (("02003", "'population' is missing in 1 row: feature 3 '02003'"), ("02004", "'geometry'")):
        with pytest.raises(TableError, match=missing) as caught:
            read_communes(path, territory=[code])
        assert len(caught.value.problems) == 1
        assert "1 row" in str(caught.value)


def test_territory_overseas_of_a_national_file_is_measured_in_its_own_projection(tmp_path: Path) -> None:
    path = written(national(), tmp_path / "france.parquet")
    communes = read_communes(path, territory=["97411"])
    assert communes.crs.to_epsg() == 2975
    assert communes.index.tolist() == ["97411"]
    ours = gpd.GeoSeries([shapely.box(55.4, -21, 55.5, -20.9)], crs=4326).to_crs(2975)
    assert communes.area.iloc[0] == pytest.approx(ours.area.iloc[0], rel=1e-6)


def test_further_columns_are_kept_codes_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = written(
        contract().assign(postcodes=["02300", "51000"], income=["21150", "22 340,5"], dep=["51", "51"]),
        tmp_path / "c.csv",
    )
    read = read_communes(path, crs=2154)
    assert read["postcodes"].tolist() == ["02300", "51000"]
    assert read["dep"].tolist() == ["51", "51"]
    assert read["income"].tolist() == [21150, 22340.5]


def test_codes_stored_as_whole_numbers_keep_their_five_digits(tmp_path: Path) -> None:
    path = written(french().assign(INSEE_COM=[51108, 60001]), tmp_path / "c.gpkg")
    assert list(read_communes(path).index) == ["51108", "60001"]


def test_commune_as_a_name_is_not_taken_for_a_code(tmp_path: Path) -> None:
    path = written(french().rename(columns={"NOM_COM": "Commune"}), tmp_path / "c.gpkg")
    assert read_communes(path)["name"].tolist() == ["Abbécourt", "Chauny"]


def test_overseas_communes_are_measured_in_their_legal_projection(tmp_path: Path) -> None:
    reunion = french().set_geometry(
        [shapely.box(55.4, -21, 55.5, -20.9), shapely.box(55.5, -21, 55.6, -20.9)], crs=4326
    )
    read = read_communes(written(reunion.assign(INSEE_COM=["97411", "97418"]), tmp_path / "c.gpkg"))
    assert read.crs.to_epsg() == 2975


def test_real_communes_of_the_aisne(real_data: Path) -> None:
    communes = read_communes(real_data / "communes.gpkg")
    assert len(communes) == 1397
    assert communes["in_territory"].sum() == 84
    assert communes.loc[communes["in_territory"], "population"].sum() == 70_550
    assert communes.loc["02173", "name"] == "Chauny"


Change = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
BAD_TABLES: dict[str, tuple[Change, dict[str, object], str]] = {
    "no name": (
        lambda t: t.drop(columns="NOM_COM"),
        {},
        r"'name' is missing: the file has code, population, epci, in_territory; say which it is with",
    ),
    "no code": (
        lambda t: t.drop(columns="INSEE_COM"),
        {},
        r"1 problem\. 'code' is missing: the file has name, population",
    ),
    "near match": (lambda t: t.rename(columns={"PMUN": "populatoin"}), {}, r"missing \(did you mean 'populatoin'\?\)"),
    "code and insee differ": (
        lambda t: t.assign(code=["02001", "02172"]),
        {},
        r"Columns 'INSEE_COM' and 'code' may both be 'code' and differ \(feature 2: '02173' and '02172'\): choose",
    ),
    "lost zero": (
        lambda t: t.assign(INSEE_COM=[1004, 51108]),
        {},
        r"lost its leading zero in 1 row: feature 1 '1004' \('1004' for '01004'\): read the column as str",
    ),
    "decimals": (
        lambda t: t.assign(INSEE_COM=["2001.0", "02173"]),
        {},
        "read as a number with decimals in 1 row: feature 1 ",
    ),
    "duplicate": (
        lambda t: t.assign(INSEE_COM="02001"),
        {},
        "more than once in 2 rows: feature 1 '02001', feature 2 '02001'",
    ),
    "text population": (
        lambda t: t.assign(PMUN=["518", "beaucoup"]),
        {},
        r"'population' is not a number .* in 1 row: feature 2 '02173' \('beaucoup'\): give people, 0 or more",
    ),
    "ambiguous thousands": (
        lambda t: t.assign(PMUN=["518", "11,600"]),
        {},
        r"'population' may be read two ways .*\('11,600'\): write 11600",
    ),
    "negative": (lambda t: t.assign(PMUN=[-5, 1]), {}, r"negative in 1 row: feature 1 '02001' \(-5\)"),
    "no CRS": (
        lambda t: t.set_crs(None, allow_override=True),
        {},
        r"no CRS \(a Shapefile without .prj\?\): say which with crs=",
    ),
    "degrees labelled Lambert-93": (
        lambda t: t.to_crs(4326).set_crs(2154, allow_override=True),
        {},
        r"Degrees are labelled as metres \(EPSG:2154\) in 2 rows: feature 1 '02001' \(3\.1.*pass crs='EPSG:4326'",
    ),
    "Lambert-93 labelled degrees": (
        lambda t: t.set_crs(4326, allow_override=True),
        {},
        r"Lambert-93 metres are labelled as degrees \(EPSG:4326\) in 2 rows: .*pass crs='EPSG:2154'",
    ),
    "swapped degrees": (
        lambda t: t.set_geometry(shapely.transform(t.to_crs(4326).geometry.array, lambda c: c[:, ::-1]), crs=4326),
        {},
        r"Longitude and latitude are swapped in 2 rows: feature 1 '02001' \(49[.0-9]+, 3[.0-9]+\).*: exchange",
    ),
    "invalid shape": (
        lambda t: t.set_geometry([BOW_TIE] * 2, crs=2154),
        {},
        r"invalid in 2 rows: feature 1 '02001' \(Self-inter.*make_valid\(\)",
    ),
    "points": (lambda t: t.set_geometry(t.centroid), {}, r"wrong type in 2 rows: .*\(Point\): polygons are wanted"),
    "territory unknown": (
        lambda t: t,
        {"territory": ["200071786"]},
        r"territory= names '200071786', the code of no commune and of no EPCI of the file \(did you mean '200071785'",
    ),
    "empty territory": (lambda t: t, {"territory": []}, "'in_territory' is False in every row"),
    "territory neither true nor false": (
        lambda t: t.assign(in_territory=["oui", "peut-être"]),
        {},
        r"'peut-être'\): make it bool",
    ),
    "columns= names no column of the file": (
        lambda t: t,
        {"columns": {"population": "PMUM"}},
        r"columns= takes 'population' from 'PMUM', which the file has not \(did you mean 'PMUN'\?\)",
    ),
    "columns= names no column of the contract": (
        lambda t: t,
        {"columns": {"popullation": "PMUN"}},
        r"columns= names 'popullation' \(did you mean 'population'\?\): it may name code, name",
    ),
    "crs= is none": (lambda t: t, {"crs": "Lambert"}, "crs='Lambert' is no CRS"),
}


@pytest.mark.parametrize(("change", "options", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_communes_file_out_of_the_contract_is_refused(tmp_path: Path, change, options, message) -> None:
    path = tmp_path / "c.parquet"  # keeps whatever is written
    change(french()).to_parquet(path)
    with pytest.raises(TableError, match=message):
        read_communes(path, **options)


def test_centres_of_communes_are_no_shapes(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("insee,nom,pop,lon,lat\n02001,A,5,3.2,49.6\n")
    with pytest.raises(
        TableError, match="1 problem. There are no shapes: the file has code, name, population, lon, lat"
    ):
        read_communes(tmp_path / "c.csv")


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    french().assign(INSEE_COM="1004", PMUN=[-1, 2]).set_crs(4326, allow_override=True).drop(
        columns="NOM_COM"
    ).to_parquet(path)
    with pytest.raises(TableError) as caught:
        read_communes(path)
    assert str(caught.value).startswith("communes (c.parquet): 6 problems. ")


def test_right_crs_can_be_given_where_the_file_says_it_wrong(tmp_path: Path) -> None:
    path = written(french().set_crs(4326, allow_override=True), tmp_path / "c.gpkg")
    read = read_communes(path, crs="EPSG:2154")
    assert read.geometry.geom_equals(contract().geometry).all()
    assert any("says EPSG:4326" in note for note in read.attrs["read_notes"])


def truncated(path: Path) -> None:
    french().to_file(path.with_suffix(".gpkg"))
    content = path.with_suffix(".gpkg").read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def two_layers(path: Path) -> None:
    french().to_file(path, layer="communes")
    french().to_file(path, layer="cantons")


def shapefile_alone(path: Path) -> None:
    path.write_bytes(b"\0\0\x27\x0a" + bytes(96))


def parquet_cut(path: Path) -> None:
    french().to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])


def zip_of(*names: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "a,b\n1,2\n")

    return make


def content(data: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def folder(path: Path) -> None:
    path.mkdir()
    (path / "c.gpkg").write_bytes(b"x")


def beside(path: Path) -> None:
    path.with_stem("d").write_bytes(b"x")


BAD_FILES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "picture": ("c.gpkg", content(PNG), "c.gpkg is a PNG picture and not a table: give a GeoPackage, GeoJSON"),
    "document": ("c.csv", content(b"%PDF-1.7 ..."), "c.csv is a PDF document and not a table"),
    "error page as CSV": ("c.csv", content(HTML), r"c.csv is an HTML page \(an error or login page saved in place of"),
    "error page as GeoJSON": ("c.geojson", content(b"\n" + HTML), "c.geojson is an HTML page"),
    "KML": ("c.kml", content(b"<?xml version='1.0'?><kml></kml>"), "is an XML file"),
    "spreadsheet": ("c.csv", zip_of("[Content_Types].xml", "xl/a.xml"), "c.csv is an Excel or Word document"),
    "zip of several": (
        "c.zip",
        zip_of("a.csv", "b.csv"),
        "must hold one table and holds a.csv, b.csv: name the file by layer=",
    ),
    "zip of none": ("c.zip", zip_of("readme.md"), "must hold one table and holds readme.md"),
    "zip cut short": ("c.zip", content(b"PK\x03\x04abc"), "is a zip cut short or damaged"),
    "gzip cut short": ("c.csv.gz", content(gzip.compress(b"a,b\n1,2\n" * 99)[:-9]), "is cut short or damaged"),
    "empty": ("c.gpkg", content(b""), r"c.gpkg is empty \(0 bytes\)"),
    "blank": ("c.csv", content(b"\n \n"), "holds only blanks"),
    "GeoPackage cut short": ("c.gpkg", truncated, "c.gpkg is a GeoPackage cut short or damaged .*: download it again"),
    "Parquet cut short": ("c.parquet", parquet_cut, "c.parquet is a Parquet file cut short or damaged"),
    "GeoJSON cut short": ("c.geojson", content(b'{"type": "FeatureCollection", "features": [{"ty'), "not whole JSON"),
    "other JSON": (
        "c.geojson",
        content(b'{"error": "quota"}'),
        r"is JSON without a list of records \(error",
    ),
    "binary": ("c.csv", content(b"\x01\x02\0\0\xff" * 9), "is a binary file of an unknown kind"),
    "part of a Shapefile": ("c.dbf", content(b"\x03abc\0"), "c.dbf is one part of a Shapefile: name c.shp"),
    "folder": (
        "folder",
        folder,
        r"is a folder \(it holds c.gpkg\)",
    ),
    "missing with near match": (
        "c.gpkg",
        beside,
        "does not exist .did you mean 'd.gpkg'",
    ),
    "missing folder": ("no/c.gpkg", lambda path: None, "does not exist, nor does its folder"),
    "two layers": ("c.gpkg", two_layers, r"c.gpkg has 2 layers \(communes, cantons\): choose one with layer="),
    "one column": (
        "c.csv",
        content(b"insee nom\n02001 A\n"),
        r"c.csv has one column only \('insee nom'\): separate its columns",
    ),
    "header only": ("c.csv", content(b"insee,nom\n"), "has a header and no rows"),
    "column twice": ("c.csv", content(b"insee,nom,insee\n1,a,2\n"), "has column 'insee' twice"),
    "unequal rows": ("c.csv", content(b"insee,nom\n1,a\n2,b,c\n"), "rows of unequal length .*line 3"),
    "unknown bytes": ("c.csv", content(b"insee,nom\n1,\x81\n"), "neither UTF-8 nor Windows-1252 .*name its encoding="),
}


@pytest.mark.parametrize(("name", "make", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_file_that_is_not_what_is_wanted_is_refused_with_one_clear_error(tmp_path: Path, name, make, message) -> None:
    make(tmp_path / name)
    with pytest.raises(SourceError, match=message):
        read_communes(tmp_path / name)


def test_layer_and_encoding_can_be_named(tmp_path: Path) -> None:
    two_layers(tmp_path / "c.gpkg")
    assert len(read_communes(tmp_path / "c.gpkg", layer="cantons")) == 2
    with pytest.raises(SourceError, match=r"no layer 'canton' \(did you mean 'cantons'\?\): it has communes, cantons"):
        read_communes(tmp_path / "c.gpkg", layer="canton")
    (tmp_path / "c.csv").write_bytes("a,b\né,2\n".encode("mac_roman"))
    assert read_table(tmp_path / "c.csv", encoding="mac_roman").table.loc[0, "a"] == "é"
    with pytest.raises(SourceError, match="is not ascii"):
        read_table(tmp_path / "c.csv", encoding="ascii")


WORDS = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Zs", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, st.from_regex(r"0[0-9]{4}", fullmatch=True)), min_size=1, max_size=9),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_csv_of_any_dialect_gives_the_same_table(rows, separator: str, encoding: str, newline: str) -> None:
    missing = {"", "\\N", "NULL", "null", "NaN", "nan", "NA", "N/A", "None", "<NA>"}
    table = pd.DataFrame(rows, columns=["nom", "libellé", "insee"])
    text = table.to_csv(index=False, sep=separator, lineterminator=newline)
    read = read_delimited("t.csv", text.encode(encoding)).table
    expected = [[None if word in missing else word for word in row] for row in rows]
    if encoding == "cp1252" and text.encode("cp1252") != text.encode("utf-8"):
        try:
            text.encode("cp1252").decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return  # these bytes are as good UTF-8 as Windows-1252: nobody could tell
    assert read.astype(object).where(read.notna(), None).to_numpy().tolist() == expected


@given(st.decimals(-10_000_000, 10_000_000, places=3), st.booleans(), st.sampled_from(["", " ", "\u00a0", "\u202f"]))
def test_numbers_mean_the_same_in_french_and_in_english(number, comma: bool, blank: str) -> None:
    text = f"{number:,.3f}".replace(",", blank)
    text = text.replace(".", ",") if comma else text
    beside = "0,5" if comma else "0.5"  # else "1,000" alone may be read two ways
    assert as_numbers(pd.Series([text, beside])).tolist() == [float(number), 0.5]


@given(st.text())
def test_plain_names_are_stable(name: str) -> None:
    assert plain(plain(name)) == plain(name)
    assert plain(name.upper()) == plain(name.lower().upper())
    assert plain("Libellé COMMUNE ") == plain("LIBELLE_commune")


def test_blank_lines_do_not_shift_the_line_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text('insee,nom,pop,geometry\n\n,,,\n02001,"a,b",-1,"POLYGON ((0 0, 0 1, 1 1, 0 0))"\n')
    with pytest.raises(TableError, match=r"negative in 1 row: line 4 '02001' \(-1\)"):
        read_communes(tmp_path / "c.csv", crs=2154)


def test_an_article_that_a_file_lost_is_put_back_where_the_name_is_known():
    names = {
        "code": ["02304", "02173", "02454"],
        "nom": ["Fère", "Chauny", "Une autre"],
        "population": [2796, 11835, 1],
    }
    boxes = [shapely.box(x, 6_900_000, x + 1000, 6_901_000) for x in (700_000, 701_000, 702_000)]
    shapes = gpd.GeoSeries(boxes, crs=2154)
    read = read_communes(gpd.GeoDataFrame(names, geometry=shapes))
    assert read["name"].tolist() == ["La Fère", "Chauny", "Une autre"]
    assert any("La Fère" in note for note in read.attrs["read_notes"])
