"""Residents brought to the legal population: every commune adds up to it, and each case is counted in a note."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import TableError
from accessmap.read.calibration import AGES, NOT_PEOPLE
from accessmap.read.raw import plain
from accessmap.tables.checks import METRIC_CRS

X, Y = 713_000.0, 6_946_000.0
NAMES = ["Abbécourt", "Béthancourt", "Chauny", "Dury"]
CODES = ["02001", "02081", "02173", "02273"]


def communes(*people: float) -> gpd.GeoDataFrame:
    """Return a row of square kilometres, from west to east."""
    count = len(people)
    return gpd.GeoDataFrame(
        {"name": NAMES[:count], "population": people, "epci": "e", "in_territory": [True] * (count - 1) + [False]},
        geometry=[shapely.box(X + 1000 * k, Y, X + 1000 * k + 1000, Y + 1000) for k in range(count)],
        index=pd.Index(CODES[:count], name="code"),
        crs=METRIC_CRS,
    )


def cells(*rows: tuple[int, float], **more: list[float]) -> pd.DataFrame:
    """Return residents, each in the commune of a number."""
    table = pd.DataFrame(rows, columns=["commune", "population"])
    places = {"x": X + 1000 * table["commune"] + 500 + 7 * table.index, "y": Y + 10.0}
    ids = [f"r{k}" for k in table.index]
    return table.assign(resident_id=ids, commune=[CODES[k] for k in table["commune"]], **places, **more)


def mairies(*places: tuple[str, float, float]) -> gpd.GeoDataFrame:
    codes, x, y = zip(*places, strict=True)
    table = {"commune": codes, "category": "mairie"}
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=METRIC_CRS)


def read(table: pd.DataFrame, places: gpd.GeoDataFrame, **options: object) -> gpd.GeoDataFrame:
    return am.read_residents(table, places, crs=METRIC_CRS, calibrate=True, **options)


def test_people_and_ages_are_multiplied_by_legal_over_counted() -> None:
    table = cells((0, 150), (0, 50), (1, 30), Y_LT15=[20, 10, 6], without_car=[15, 0, 3], households=[60, 20, 12])
    found = read(table, communes(104, 45))
    assert found["population"].tolist() == pytest.approx([78, 26, 45])
    assert found["Y_LT15"].tolist() == pytest.approx([10.4, 5.2, 9])
    assert found["without_car"].tolist() == pytest.approx([7.8, 0, 4.5])
    assert found["households"].tolist() == [60, 20, 12]
    assert found["population_counted"].tolist() == [150, 50, 30]
    (note,) = [each for each in found.attrs["read_notes"] if each.key == "residents_calibrated"]
    assert "2 communes brought to their legal population, 230 → 149" in note
    assert "(factors 0.52 in Abbécourt to 1.50 in Béthancourt)" in note
    assert "columns population, Y_LT15, without_car," in note
    assert "de 0,52 à Abbécourt à 1,50 à Béthancourt" in note.told("fr")


def test_without_calibration_people_stay_as_counted() -> None:
    table = am.read_residents(cells((0, 150), (0, 50)), communes(104, 45), crs=METRIC_CRS)
    assert table["population"].tolist() == [150, 50]
    assert "population_counted" not in table


def test_a_commune_where_nobody_is_counted_has_one_point_at_its_mairie() -> None:
    table = cells((0, 10), (1, 0), imputed=[True, False], age_75_over=[3, 0])
    at = mairies(("02081", X + 1300, Y + 300), ("02173", X + 9000, Y), ("02001", X + 1, Y + 1))
    found = read(table, communes(10, 45, 20, 0), mairies=at)
    assert found.groupby("commune")["population"].sum().to_dict() == {"02001": 10, "02081": 45, "02173": 20}
    added = found.iloc[2:]
    assert added.index.tolist() == ["02081-0", "02173-0"]
    assert added["population_counted"].tolist() == [0, 0]
    assert added["age_75_over"].isna().all()  # nobody knows of what age they are
    assert added["imputed"].tolist() == [False, False]
    assert added.geometry.iloc[0].equals(shapely.Point(X + 1300, Y + 300))
    # a mairie far from its commune is badly placed
    assert added.geometry.iloc[1].within(communes(10, 45, 20).geometry.iloc[2])
    told = found.attrs["read_notes"]
    assert any(
        "1 commune where nobody is counted (45 by the legal population), a point added at its" in n for n in told
    )
    assert any(
        "(20 by the legal population) and no mairie is known within" in n and "Chauny (02173)" in n for n in told
    )


def test_without_mairies_the_point_is_within_the_commune() -> None:
    found = read(cells((0, 10)), communes(10, 45))
    assert found.loc["02081-0", "geometry"].within(communes(10, 45).geometry.iloc[1])
    assert found["population"].sum() == 55


@pytest.mark.parametrize("legal", [np.nan, 0])
def test_where_the_legal_population_is_not_known_people_stay_as_counted(legal: float) -> None:
    found = read(cells((0, 20), (1, 30)), communes(10, legal))
    assert found["population"].tolist() == [10, 30]
    told = [each for each in found.attrs["read_notes"] if each.key == "residents_as_counted"]
    words = "1 commune whose legal population is not known (30 people counted) left as counted: Béthancourt (02081)."
    assert told == [f"the table: {words}"]


def test_an_id_that_is_taken_is_not_given_twice() -> None:
    found = read(cells((0, 20)).assign(resident_id="02081-0"), communes(10, 45))
    assert found.index.tolist() == ["02081-0", "02081-0'"]


def test_what_else_is_wrong_with_communes_is_still_refused() -> None:
    with pytest.raises(TableError, match="'population' is negative in 1 row: '02081'"):
        read(cells((0, 20)), communes(10, -1))


@pytest.mark.parametrize(
    "name",
    [
        "moins de 15",
        "65 ans et plus",
        "age_75_over",
        "aged_65",
        "without_car",
        "Y_LT15",
        "Y_1564",
        "ind_0_3",
        "ind_80p",
        "ind_inc",
        "ind_age1",
        "P21_POP0014",
        "P21_F65P",
        "pop_0_14",
        "pop0014",
    ],
)
def test_columns_of_people_of_an_age_are_known(name: str) -> None:
    assert AGES.fullmatch(plain(name))
    assert not NOT_PEOPLE.fullmatch(plain(name))


@pytest.mark.parametrize(
    "name", ["men", "men_pauv", "ind_snv", "log_av45", "cell_id", "pop_2021", "pop2011", "age_moyen", "part_65_ans"]
)
def test_other_columns_are_none(name: str) -> None:
    assert not AGES.fullmatch(plain(name)) or NOT_PEOPLE.fullmatch(plain(name))


def test_the_grid_of_the_aisne_adds_up_to_the_legal_population_of_every_commune(real_data: Path) -> None:
    folder = real_data
    every = am.read_communes(folder / "communes.gpkg")
    at = am.read_services(folder / "mairies.gpkg", communes=every, category="mairie")
    grid = folder / "population_1km_2021.csv"
    found = am.read_residents(grid, every, cell_metres=1000, clip=True, calibrate=True, mairies=at)
    people = found.groupby("commune")["population"].sum().reindex(every.index)
    assert (people == every["population"]).all()
    assert found["population_counted"].sum() == 1_164_341
    ages = found[["Y_LT15", "Y_1564", "Y_GE65"]].sum(axis=1)
    cells = found["population_counted"] > 0
    raw = am.read_residents(grid, every, cell_metres=1000, clip=True)
    before = raw[["Y_LT15", "Y_1564", "Y_GE65"]].sum(axis=1) / raw["population"]
    assert (ages[cells] / found["population"][cells] - before).abs().max() < 1e-6


@pytest.mark.parametrize("calibrate", [False, True])
def test_more_people_of_an_age_than_there_are_is_said(calibrate: bool) -> None:
    table = cells((0, 100), (0, 50), (1, 30), Y_LT15=[600, 50.4, 6], age_mean=[900, 900, 900])
    found = am.read_residents(table, communes(104, 45), crs=METRIC_CRS, calibrate=calibrate)
    (note,) = [each for each in found.attrs["read_notes"] if each.key == "age_over_population"]
    assert "'Y_LT15' counts more people than there are residents in 1 row" in note
    assert "600 and 100" in note
    assert found["Y_LT15"].iloc[0] == pytest.approx(600 * (104 / 150 if calibrate else 1))
