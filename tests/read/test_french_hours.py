"""Hours written in French words: read whole, or not at all."""

import geopandas as gpd
import pandas as pd
import pytest
from opening_hours import validate

from accessmap.read.french_hours import french_hours
from accessmap.read.opening_hours import Timetable
from accessmap.read.services import read_services


def told(text: str) -> str | None:
    hours = french_hours(text)
    return hours.text() if isinstance(hours, Timetable) else hours


@pytest.mark.parametrize(
    ("text", "osm"),
    [
        ("Du lundi au vendredi 9h-12h et 14h-17h30", "Mo-Fr 09:00-12:00,14:00-17:30; PH off"),
        (
            "LUNDI AU JEUDI 8H30-12H 13H30-17H VENDREDI 8H30-12H",
            "Mo-Th 08:30-12:00,13:30-17:00; Fr 08:30-12:00; PH off",
        ),
        ("du mardi au samedi de 9 h 30 à 12 h 30 et de 14 h à 19 h.", "Tu-Sa 09:30-12:30,14:00-19:00; PH off"),
        ("Lundi : 08:30-12:00 | Mardi matin : 9h–12h", "Mo 08:30-12:00; Tu 09:00-12:00; PH off"),
        ("lun-ven 9h-12h - 14h-18h ; sam fermé", "Mo-Fr 09:00-12:00,14:00-18:00; PH off"),
        ("samedi au lundi 9-12h", "Mo,Sa-Su 09:00-12:00; PH off"),
        ("lundi, mardi 9h-12h / mardi 14h-18h", "Mo 09:00-12:00; Tu 09:00-12:00,14:00-18:00; PH off"),
        ("lundi 9h-12h sur RDV, mardi 9h-12h", 'Tu 09:00-12:00; Mo 09:00-12:00 "sur rendez-vous"; PH off'),
        ("24h/24 et 7j/7", "24/7"),
        ("Fermé du lundi au dimanche", None),
        ("du lundi au dimanche : fermé", "off"),
    ],
)
def test_week_in_french_words_is_read(text: str, osm: str | None) -> None:
    assert told(text) == osm
    assert osm is None or validate(osm)


@pytest.mark.parametrize(
    "text",
    [
        *("9h-12h 14h-18h", "Ouvert le mardi matin", "lundi 9h-12h sauf vacances", "mars : 9h-12h", "sur rendez-vous"),
        *(
            "1er lundi du mois 9h-12h",
            "lundi 9h-12h et vendredi",
            "mercredi 10h-12h (été : 9h)",
            "24h/24",
            "L Ma Me 9h-12h",
        ),
        *(
            "lundi fermé le matin, 14h-18h",
            "lundi 9h-12h fermé mardi",
            "lundi fermé, lundi 9h-12h",
            "semaines paires",
            "",
        ),
    ],
)
def test_what_holds_for_some_days_or_weeks_only_is_not_read_at_all(text: str) -> None:
    assert told(text) is None


def test_column_of_french_hours_is_read_and_the_rest_left_empty_and_told() -> None:
    rows = pd.DataFrame({"id": ["1", "2", "3"], "nom": "A", "x": 700_000, "y": 6_900_000})
    table = rows.assign(Horaires=["Lundi 9h-12h", "Sur rendez-vous", "Mo-Fr 08:00-12:00"])
    read = read_services(table, category="pharmacy", crs=2154)
    assert read["hours"].tolist()[::2] == ["Mo 09:00-12:00; PH off", "Mo-Fr 08:00-12:00"]
    assert pd.isna(read["hours"].iloc[1])
    assert any(
        "hours of 1 service not understood, left missing: row 2 '2' ('Sur rendez-vous')" in n for n in notes(read)
    )


def test_day_by_appointment_is_neither_surely_open_nor_the_end_of_the_week() -> None:
    row = {"id": "1", "nom": "A", "x": 700_000, "y": 6_900_000, "lundi": "9h à 12h", "mardi": "09h00 - 12h00 sur RDV"}
    read = read_services(pd.DataFrame([row | {"mercredi": "Fermé"}]), category="pharmacy", crs=2154)
    assert read["hours"].tolist() == ['Mo 09:00-12:00; Tu 09:00-12:00 "sur rendez-vous"; PH off']


def notes(table: gpd.GeoDataFrame) -> list[str]:
    return table.attrs["read_notes"]
