"""Lists that France publishes, as they are: kinds, ids, places and what is left out."""

from pathlib import Path

import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import TableError
from accessmap.read.layouts.kinds import kinds_of


@pytest.fixture(scope="module")
def opendata(real_data: Path) -> Path:
    return real_data.parent / "opendata"


def told(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- schools ----------------------------------------------------------------------------------------------------------


def test_annuaire_is_schools_each_once_by_its_uai(opendata: Path) -> None:
    read = am.read_services(opendata / "annuaire_education_35.csv")
    kinds = {"primary_school": 573, "nursery_school": 112, "middle_school": 116, "high_school": 72}
    assert read["category"].value_counts().to_dict() == kinds
    assert len(read) == 873
    assert "120 rows that are no school" in told(read)
    assert "3 further rows of one school" in told(read)
    assert read.loc["0350122T", ["category", "capacity", "capacity_unit", "commune"]].tolist() == [
        *("primary_school", 143, "élèves", "35016")
    ]
    assert read["point_quality"].isin(["address", "street"]).mean() > 0.5
    both = am.read.schools(opendata / "annuaire_education_35.csv", around(read))
    assert (both["level"] == "primary").sum() == 454 + 119
    assert set(both.index) == set(read.index)


def around(services: pd.DataFrame) -> object:
    """One commune a code, each a square about its schools, so that every one lies in its own."""
    shapes = services.dissolve("commune").geometry.envelope.buffer(500)
    table = shapes.to_frame("geometry").rename_axis("code")
    return table.assign(name=table.index, population=1, epci="x", in_territory=True)


def test_located_schools_have_their_uai_and_the_quality_of_their_point(opendata: Path) -> None:
    read = am.read_services(opendata / "adresse_geolocalisation_35.csv")
    assert len(read) == 117
    assert set(read["category"]) == {"middle_school"}
    assert read.index[0] == "0350017D"
    assert read["point_quality"].isin(["address", "street", "commune"]).mean() > 0.9
    assert (
        read.geometry.iloc[0].distance(am.read_services(opendata / "annuaire_education_35.csv").geometry["0350017D"])
        < 1
    )


def test_rolls_are_read_by_year(opendata: Path) -> None:
    roll = am.read.roll(opendata / "ecoles_effectifs_35.csv", year="2022")
    assert (len(roll), roll["classes"].sum()) == (675, 4766)
    second = am.read.roll(opendata / "effectifs_second_degre_35.csv")
    assert set(second["year"]) == {"2019-2020"}
    with pytest.raises(TableError, match="The year 1999 is not in the file"):
        am.read.roll(opendata / "ecoles_effectifs_35.csv", year="1999")


CLOSED = "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_commune;etat;latitude;longitude\n"


def test_closed_school_is_no_service(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "0020001A;A;Collège;02173;OUVERT;49.6;3.2\n0020002B;B;Collège;02173;FERME;49.6;3.2\n"
    path.write_text(CLOSED + rows, "utf-8")
    read = am.read_services(path)
    assert read.index.tolist() == ["0020001A"]
    assert "'B'" in told(read)


# --- FINESS: kinds told apart -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "category"),
    [
        *(("101", "hospital"), ("355", "hospital"), ("365", "hospital"), ("122", "hospital")),
        *(("362", "long_term_care"), ("109", "rehabilitation"), ("292", "psychiatric_care"), ("500", "ehpad")),
    ],
)
def test_kinds_of_finess_are_told_apart(code: str, category: str) -> None:
    assert kinds_of("finess", [code], ["…"])["category"].tolist() == [category]
