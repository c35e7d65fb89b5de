"""Lists that come beside the services: La Poste's calendar of opening, places of digital help, INSEE's ranges."""

import datetime as dt
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours, validate

from accessmap.errors import SourceError
from accessmap.read.insee import ranges as read_ranges
from accessmap.read.layouts.kinds import kinds
from accessmap.read.opening_hours import hours as read_hours
from accessmap.read.services import read_services
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_services

X, Y = 713_000.0, 6_946_000.0


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Abbécourt and Chauny as squares of 1 km."""
    boxes = [shapely.box(X + 1000 * k, Y, X + 1000 * (k + 1), Y + 1000) for k in range(2)]
    return gpd.GeoDataFrame(
        {"name": ["Abbécourt", "Chauny"], "population": 500, "epci": "e", "in_territory": True},
        geometry=boxes,
        index=pd.Index(["02001", "02173"], name="code"),
        crs=METRIC_CRS,
    )


def saved(folder: Path, text: str, name: str = "laposte_ouvertur.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told(table: pd.Series | pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- La Poste: the calendar -------------------------------------------------------------------------------------------

# The columns of laposte_ouvertur, some of whose seven spans and all of whose letter-box spans are left out.
HEAD = (
    "#Identifiant;Libellé_du_site;Date_calendrier;Plage_horaire_1;Plage_horaire_2;Plage_horaire_3;"
    "Heure_limite_dépôt_Courrier;Heure_limite_dépôt_Chrono;Heure_limite_dépôt_Colis;Libellé_de_la_fermeture;"
    "Bp_Plage_horaire_1;Bp_Libellé_de_la_fermeture\n"
)
OPEN, HALF, SHUT = "09:00-12:00;13:30-16:45", "09:00-12:00;", "FERME;"
MONDAY = dt.date(2026, 9, 7)  # no public holiday for the eight weeks that follow but All Saints', a Sunday


def day(point: str, date: dt.date, spans: str) -> str:
    return f"{point};SITE {point};{date};{spans};;15:00;15:00;15:00;;FERME;\n"


def calendar(point: str, week: list[str], weeks: int = 4) -> str:
    dates = [(MONDAY + dt.timedelta(days), week[days % 7]) for days in range(7 * weeks)]
    return "".join(day(point, date, spans) for date, spans in reversed(dates))  # La Poste's rows are in no order


USUAL = [OPEN, OPEN, OPEN, HALF, OPEN, HALF, SHUT]


def test_usual_week_of_a_point_is_told_from_its_days(tmp_path) -> None:
    path = saved(tmp_path, HEAD + calendar("05212A", USUAL) + calendar("20365B", ["06:00-20:00;"] * 7))
    hours = read_hours(path)
    assert hours.index.name == "service_id"
    assert hours.to_dict() == {
        "poste-05212A": "Mo-We,Fr 09:00-12:00,13:30-16:45; Th,Sa 09:00-12:00; PH off",
        "poste-20365B": "Mo-Su 06:00-20:00; PH off",
    }
    assert "usual week of 2 points from 2026-09-07 to 2026-10-04" in told(hours)


def test_columns_of_the_file_of_today_are_read_alike(tmp_path) -> None:
    old = HEAD + calendar("05212A", USUAL)
    new = old.replace("#Identifiant", "identifiant").replace("Libellé_du_site", "libelle_du_site;caracteristique")
    new = new.replace("Date_calendrier", "date_calendrier").replace("Plage_horaire_", "plage_horaire_")
    new = new.replace(";SITE 05212A;", ";SITE 05212A;Bureau de poste;").replace("Bp_Plage", "bp_plage")
    assert read_hours(saved(tmp_path, new, "new.csv")).equals(read_hours(saved(tmp_path, old)))


def test_letter_boxes_are_not_the_counter(tmp_path) -> None:
    text = HEAD + calendar("05212A", USUAL).replace(";;FERME;\n", ";;06:00-22:00;\n")
    assert read_hours(saved(tmp_path, text))["poste-05212A"].startswith("Mo-We,Fr 09:00-12:00,13:30-16:45")


def test_public_holidays_are_no_part_of_the_usual_week(tmp_path) -> None:
    """11 November 2026 is a Wednesday: closed in the post office, open shorter in the shop."""
    wednesdays = [dt.date(2026, 11, 4), dt.date(2026, 11, 11)]
    text = HEAD + "".join(day("1A", date, OPEN if date.day == 4 else SHUT) for date in wednesdays)
    text += "".join(day("2B", date, OPEN if date.day == 4 else HALF) for date in wednesdays)
    assert read_hours(saved(tmp_path, text)).to_dict() == {
        "poste-1A": "We 09:00-12:00,13:30-16:45; PH off",
        "poste-2B": "We 09:00-12:00,13:30-16:45; PH 09:00-12:00",
    }


def test_fortnight_of_leave_does_not_change_the_usual_week(tmp_path) -> None:
    week = calendar("1A", USUAL, weeks=6)
    for days in range(14):
        date = MONDAY + dt.timedelta(days)
        week = week.replace(day("1A", date, USUAL[days % 7]), day("1A", date, SHUT))
    hours = read_hours(saved(tmp_path, HEAD + week))
    assert hours["poste-1A"] == "Mo-We,Fr 09:00-12:00,13:30-16:45; Th,Sa 09:00-12:00; PH off"
    assert "1 point with weekdays that change from week to week, the most frequent kept, such as poste-1A" in told(
        hours
    )


def test_every_other_saturday_is_not_promised(tmp_path) -> None:
    saturdays = [MONDAY + dt.timedelta(5 + 7 * week) for week in range(4)]
    days = "".join(day("1A", date, HALF if number % 2 else SHUT) for number, date in enumerate(saturdays))
    friday = day("1A", MONDAY + dt.timedelta(4), OPEN)
    assert read_hours(saved(tmp_path, HEAD + days + friday))["poste-1A"] == "Fr 09:00-12:00,13:30-16:45; PH off"


def test_point_that_is_closed_throughout_is_off_and_counted(tmp_path) -> None:
    hours = read_hours(saved(tmp_path, HEAD + calendar("1A", [SHUT] * 7) + calendar("2A", USUAL)))
    assert hours["poste-1A"] == "off"
    assert "1 point closed on every day of the calendar, such as poste-1A" in told(hours)


def test_day_that_cannot_be_read_is_passed_over_and_told(tmp_path) -> None:
    text = HEAD + calendar("1A", USUAL) + day("1A", MONDAY + dt.timedelta(35), "sur rendez-vous;")
    hours = read_hours(saved(tmp_path, text))
    assert hours["poste-1A"].startswith("Mo-We,Fr 09:00-12:00")
    assert "1 day not understood, passed over, such as line 30 ('sur rendez-vous')" in told(hours)
    with pytest.raises(SourceError, match="no day is understood, such as 'sur rendez-vous'"):
        read_hours(saved(tmp_path, HEAD + day("1A", MONDAY, "sur rendez-vous;")))


def test_day_without_a_date_is_named(tmp_path) -> None:
    text = HEAD + calendar("1A", USUAL, weeks=1).replace("2026-09-07", "07/09/2026")
    with pytest.raises(SourceError, match=r"1 day without a point or a date .* the first in line 8 \('07/09/2026'\)"):
        read_hours(saved(tmp_path, text))


def test_another_file_is_no_calendar(tmp_path) -> None:
    with pytest.raises(SourceError, match=r"not La Poste's calendar of opening .* it has columns id, nom"):
        read_hours(saved(tmp_path, "id,nom\n1,A\n"))


def test_hours_join_the_points_of_contact_by_their_id(tmp_path, communes) -> None:
    points = (
        "Identifiant_A;Libellé_du_site;Caractéristique_du_site;Code_INSEE;Latitude;Longitude\n"
        "05212A;CHAUNY BP;Bureau de Poste;02173;49.6176;3.1968\n"
        "20365B;ABBECOURT RP;Relais poste commerçant;02001;49.6176;3.1868\n"
    )
    services = read_services(saved(tmp_path, points, "laposte_poincont.csv"), communes=communes)
    assert "see am.read.hours" in told(services)
    hours = read_hours(saved(tmp_path, HEAD + calendar("05212A", USUAL)))
    joined = services.assign(hours=hours.reindex(services.index))
    check_services(joined, communes)
    assert joined["hours"].isna().tolist() == [False, True]


SPANS = st.sampled_from([OPEN, HALF, SHUT, "14:00-18:00;", "07:00-12:00;12:00-19:00", "20:00-00:00;"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(week=st.lists(SPANS, min_size=7, max_size=7))
def test_hours_read_back_say_the_days_of_the_file(tmp_path, week) -> None:
    text = read_hours(saved(tmp_path, HEAD + calendar("1A", week)))["poste-1A"]
    assert validate(text)
    rules = OpeningHours(text, country="FR")
    for number, spans in enumerate(week):
        noon = dt.datetime.combine(MONDAY + dt.timedelta(number), dt.time(10, 30))
        evening = dt.datetime.combine(MONDAY + dt.timedelta(number), dt.time(15, 0))
        assert rules.is_open(noon) == (spans in {OPEN, HALF, "07:00-12:00;12:00-19:00"})
        assert rules.is_open(evening) == (spans in {OPEN, "14:00-18:00;", "07:00-12:00;12:00-19:00"})


# --- places of digital help -------------------------------------------------------------------------------------------

PLACES = (
    '"id","pivot","nom","commune","code_postal","code_insee","adresse","latitude","longitude","typologie","telephone",'
    '"courriels","horaires","itinerance","structure_parente","date_maj","services"\n'
    '"s-1","43493312300029","La Fabrique","Chauny","02300","02173","12 RUE","49.6176","3.1968","TIERS_LIEUX|ASSO",'
    '"+33180059880","jeanne.martin@fabrique.fr","Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00","Fixe","","2026-06-02",'
    '"Aide aux démarches administratives|Accès internet et matériel informatique"\n'
    '"s-2","","Bibliothèque","Abbécourt","02300","02001","1 RUE","49.6176","3.1868","BIB","","","sur rendez-vous",'
    '"Itinérant","","2026-06-02","Accès internet et matériel informatique"\n'
    '"s-3","","Mairie","Abbécourt","02300","02001","1 RUE","","","MUNI;EPN","","","","","","2026-06-02","Aide"\n'
)


def test_places_of_digital_help_are_read_and_tiers_lieux_are_workplaces_too(tmp_path, communes) -> None:
    read = read_services(saved(tmp_path, PLACES, "mediation.csv"), communes=communes)
    assert read["category"].to_dict() == {
        "mednum-s-1": "digital_help",
        "mednum-s-2": "digital_help",
        "mednum-s-3": "digital_help",
        "mednum-s-1-coworking": "coworking",
    }
    assert read.geometry["mednum-s-1"].equals(read.geometry["mednum-s-1-coworking"])
    assert read["hours"].dropna().unique().tolist() == ["Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00"]
    assert read["mobile"].tolist() == [False, True, False, False]
    assert read.loc["mednum-s-3", "point_quality"] == "commune"
    said = told(read)
    assert "1 tiers-lieu also read as coworking" in said
    assert "hours of 1 place not understood, left missing: 'sur rendez-vous'" in said
    assert "1 place mobile, at its address" in said
    everything = read.to_csv() + said
    assert "jeanne" not in everything
    assert "33180059880" not in everything


def test_only_workplaces_are_kept_when_asked(tmp_path, communes) -> None:
    read = read_services(saved(tmp_path, PLACES, "mediation.csv"), category="coworking", communes=communes)
    assert read.index.tolist() == ["mednum-s-1-coworking"]
    without = PLACES.replace("TIERS_LIEUX|", "")
    with pytest.raises(SourceError, match="no row is of category 'coworking'; it has digital_help"):
        read_services(saved(tmp_path, without, "mediation.csv"), category="coworking", communes=communes)


# --- INSEE's ranges ---------------------------------------------------------------------------------------------------

RANGES = (
    "Les gammes d'équipements 2025;;;;\nFrance hors Mayotte;;;;\n"
    "TYPEQU_REGROUPEMENT;LIBELLE_TYPEQU_REGROUPEMENT;TYPEQU;LIBELLE_TYPEQU;GAMME\n"
    "BR01;SUPÉRETTE OU ÉPICERIE;B201;SUPÉRETTE;Gamme de proximité\n"
    "BR01;SUPÉRETTE OU ÉPICERIE;B202;ÉPICERIE;Gamme de proximité\n"
    "B105;SUPERMARCHÉ;B105;SUPERMARCHÉ;Gamme intermédiaire\n"
    "F303;CINÉMA;F303;CINÉMA;Gamme supérieure\n"
    "G105;GÎTE;G105;GÎTE;Hors Gamme\n;;;;\nSource : Insee, BPE 2025;;;;\n"
)


def test_ranges_are_read_under_the_titles_of_the_workbook(tmp_path) -> None:
    table = read_ranges(saved(tmp_path, RANGES, "gammes.csv"))
    assert table["range"].dropna().to_dict() == {
        "B201": "proximity",
        "B202": "proximity",
        "B105": "intermediate",
        "F303": "superior",
    }
    assert table["category"].to_dict() == {
        "B201": "grocery",
        "B202": "grocery",
        "B105": "supermarket",
        "F303": "cinema",
        "G105": "gite",
    }
    ours = kinds().dropna(subset=["code", "range"]).query("nomenclature == 'bpe2025'").set_index("code")["range"]
    assert Counter(ours.reindex(table.index).dropna() == table["range"].reindex(ours.index).dropna()) == {True: 4}


def test_ranges_of_before_in_one_word_and_without_titles_are_read_alike(tmp_path) -> None:
    text = "TYPEQU;GAMME\nB203;proximité\nB102;intermédiaire\nB101;supérieure\n"
    table = read_ranges(saved(tmp_path, text, "gammes.csv"))
    assert table["range"].tolist() == ["proximity", "intermediate", "superior"]
    assert table["label"].isna().all()
    assert table["category"].tolist() == ["bakery", "supermarket", "hypermarket"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            RANGES.replace("Gamme supérieure", "Gamme haute"),
            r"no range in 1 row: line 7 \('Gamme haute'\): INSEE writes",
        ),
        (RANGES.replace("GAMME", "RANG"), "no line with the columns TYPEQU and GAMME: save as CSV"),
        (RANGES.replace("B202;ÉPICERIE", "B105;ÉPICERIE"), "B105 in two ranges: give one list, of one year"),
    ],
)
def test_list_that_is_none_is_refused_with_its_reason(tmp_path, text, message) -> None:
    with pytest.raises(SourceError, match=message):
        read_ranges(saved(tmp_path, text, "gammes.csv"))
