"""In which CRS points would fall in the communes of the study: told where theirs is missing or wrong, never taken."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import TableError

SQUARE = shapely.box(710_000, 6_940_000, 730_000, 6_960_000)
PLACES = gpd.GeoSeries.from_xy([712_000, 715_000, 725_000], [6_945_000, 6_950_000, 6_955_000], crs=2154)


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    row = {"name": "Chauny", "population": 100, "epci": "200071785", "in_territory": True}
    return gpd.GeoDataFrame([row], geometry=[SQUARE], index=pd.Index(["02173"], name="code"), crs="EPSG:2154")


def told(table: pd.DataFrame, communes: gpd.GeoDataFrame, **options: object) -> str:
    with pytest.raises(TableError) as caught:
        am.read_services(table, category="pharmacy", communes=communes, **options)
    return "\n".join(problem.told("fr") for problem in caught.value.problems if problem.key.startswith("crs_would"))


def sites(crs: int, names: tuple[str, str], *, swapped: bool = False) -> pd.DataFrame:
    placed = PLACES.to_crs(crs)
    pair = (placed.y, placed.x) if swapped else (placed.x, placed.y)
    return pd.DataFrame({"nom": ["A", "B", "C"], names[0]: pair[0], names[1]: pair[1]})


@pytest.mark.parametrize("crs", [2154, 3035, 3857, 27572, 3949, 32631])
def test_numbers_without_a_crs_are_answered_with_theirs(crs: int, communes: gpd.GeoDataFrame) -> None:
    said = told(sites(crs, ("x", "y")), communes)
    assert f"3 points sur 3 tomberaient dans les communes de l’étude avec crs='EPSG:{crs}'" in said
    read = am.read_services(sites(crs, ("x", "y")), category="pharmacy", communes=communes, crs=crs)
    assert read["commune"].tolist() == ["02173"] * 3


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("crs", [3035, 27572])
def test_numbers_in_a_wrong_crs_are_answered_with_theirs(crs: int, clip: bool, communes: gpd.GeoDataFrame) -> None:
    assert f"crs='EPSG:{crs}'" in told(sites(crs, ("x", "y")), communes, crs=2154, clip=clip)
    assert f"crs='EPSG:{crs}'" in told(sites(crs, ("lon", "lat")), communes, clip=clip)


def test_exchanged_columns_are_told(communes: gpd.GeoDataFrame) -> None:
    assert "les deux colonnes échangées" in told(sites(4326, ("lon", "lat"), swapped=True), communes)


def test_other_faults_do_not_blame_the_crs(communes: gpd.GeoDataFrame) -> None:
    right = sites(4326, ("lon", "lat")).assign(capacity=[-1, 2, 3])
    assert told(right, communes) == ""
    elsewhere = pd.DataFrame({"nom": ["A"], "x": [12.5], "y": [1e9]})
    assert told(elsewhere, communes) == ""


def test_corners_of_eurostat_cells_are_told_with_their_size(communes: gpd.GeoDataFrame) -> None:
    grid = pd.DataFrame({"X": [3_831_000, 3_832_000], "Y": [2_971_000, 2_970_000], "T": [120, 7]})
    with pytest.raises(TableError, match=r"if crs='EPSG:3035', and all are corners .* pass cell_metres=1000"):
        am.read_residents(grid, communes)
    assert am.read_residents(grid, communes, cell_metres=1000)["population"].sum() == 127


def test_boundaries_are_tried_against_all_of_france() -> None:
    row = {"insee": "02173", "nom": "Chauny", "population": 100}
    shapes = gpd.GeoSeries([SQUARE], crs=2154).to_crs(27572).to_numpy()
    with pytest.raises(TableError, match=r"would fall inside France if crs='EPSG:27572'"):
        am.read_communes(gpd.GeoDataFrame([row], geometry=shapes))


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("said", [3857, 3949, 32632])
@pytest.mark.parametrize("code", ["02173", None])
def test_a_crs_declared_by_the_file_that_puts_most_far_away_is_refused(
    code: str | None, said: int, clip: bool, communes: gpd.GeoDataFrame
) -> None:
    """A geocoder's metres saved under another EPSG: not one site is moved to its commune in a note."""
    table = gpd.GeoDataFrame({"nom": ["A", "B", "C"], "insee": code}, geometry=PLACES.to_numpy(), crs=said)
    with pytest.raises(TableError) as caught:
        am.read_services(table, category="pharmacy", communes=communes, clip=clip)
    words = "\n".join(problem.told("fr") for problem in caught.value.problems)
    assert "3 points sur 3 tomberaient dans les communes de l’étude avec crs='EPSG:2154'" in words
    named = "de la commune que le fichier leur donne" if code else "des communes de l’étude"
    assert f"3 points sur 3, lus en EPSG:{said}, sont à plus de 20 km {named}" in words
    read = am.read_services(table, category="pharmacy", communes=communes, clip=clip, crs=2154)
    assert read["point_quality"].tolist() == ["file"] * 3


@pytest.mark.parametrize("clip", [False, True])
def test_residents_declared_in_a_wrong_crs_are_refused(clip: bool, communes: gpd.GeoDataFrame) -> None:
    people = {"id": ["a", "b", "c"], "population": [1, 2, 3], "insee": "02173"}
    with pytest.raises(TableError, match=r"3 of 3 points would fall inside the communes .* crs='EPSG:2154'"):
        am.read_residents(gpd.GeoDataFrame(people, geometry=PLACES.to_numpy(), crs=3857), communes, clip=clip)


def test_schools_declared_in_a_wrong_crs_are_refused(communes: gpd.GeoDataFrame) -> None:
    list_ = {"numero_uai": ["0020001A", "0020002B", "0020003C"], "nom": ["A", "B", "C"], "code_commune": "02173"}
    kinds = {"niveau": "elementary", "effectif": 20, "statut": "public"}
    table = gpd.GeoDataFrame({**list_, **kinds}, geometry=PLACES.to_numpy(), crs=3857)
    with pytest.raises(TableError, match=r"3 of 3 points would fall inside the communes .* crs='EPSG:2154'"):
        am.read.schools(table, communes=communes)


def test_a_file_of_the_country_is_far_from_the_study_in_its_own_crs(communes: gpd.GeoDataFrame) -> None:
    """Most of it is elsewhere, as in any other CRS; one site far from its commune is moved in a note."""
    places = [*PLACES[:2], *(shapely.Point(400_000 + 10_000 * at, 6_500_000) for at in range(8))]
    table = gpd.GeoDataFrame({"nom": list("ABCDEFGHIJ")}, geometry=places, crs=2154)
    assert list(am.read_services(table, category="pharmacy", communes=communes, clip=True)["name"]) == ["A", "B"]
    coded = table.assign(insee=["02173"] * 3 + ["87085"] * 7)
    read = am.read_services(coded, category="pharmacy", communes=communes, clip=True)
    assert read["point_quality"].tolist() == ["file", "file", "outside_commune_moved"]


@pytest.fixture(scope="module")
def wide() -> gpd.GeoDataFrame:
    """Five communes in a row, each 25 km wide."""
    squares = [shapely.box(600_000 + 25_000 * at, 6_900_000, 625_000 + 25_000 * at, 6_925_000) for at in range(5)]
    rows = {"name": list("ABCDE"), "population": 100, "epci": "200071785", "in_territory": True}
    return gpd.GeoDataFrame(
        rows, geometry=squares, index=pd.Index([f"0200{k}" for k in range(1, 6)], name="code"), crs=2154
    )


def at(wide: gpd.GeoDataFrame, where: list[int], named: list[str]) -> gpd.GeoDataFrame:
    points = wide.geometry.centroid.to_numpy()[where]
    return gpd.GeoDataFrame({"nom": list("abcdef")[: len(where)], "insee": named}, geometry=points, crs=2154)


def test_sites_that_all_name_their_head_office_count_where_they_are(wide: gpd.GeoDataFrame) -> None:
    read = am.read_services(at(wide, [0, 1, 2, 3, 4], ["02001"] * 5), category="library", communes=wide)
    assert read["commune"].tolist() == wide.index.tolist()
    assert set(read["point_quality"]) == {"file"}
    assert any("4 services all name commune 02001" in note for note in read.attrs["read_notes"])


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_two_or_three_sites_far_from_their_commune_are_moved_in_a_note_and_not_refused(
    rows: int, wide: gpd.GeoDataFrame
) -> None:
    """A bus at its garage, a code that was typed wrong: no CRS would put them right."""
    read = am.read_services(
        at(wide, [4, 3, 4][:rows], ["02001", "02001", "02002"][:rows]), category="library", communes=wide
    )
    assert read["point_quality"].tolist() == ["outside_commune_moved"] * rows
    assert "line" in str(read.attrs["read_notes"]) or "row" in str(read.attrs["read_notes"])


def test_codes_in_another_order_are_refused(wide: gpd.GeoDataFrame) -> None:
    """One column was sorted without the others: every site names a commune it is far from."""
    table = at(wide, [0, 1, 2, 3, 4], ["02004", "02005", "02001", "02002", "02003"])
    with pytest.raises(TableError, match=r"5 of 5 points, .* are more than 20 km from the commune that the file names"):
        am.read_services(table, category="library", communes=wide)
