"""Why a road has its speed, in either language."""

import pytest

from accessmap.maps.roads import route_map
from accessmap.roads.law import legal_limit
from accessmap.words.reasons import reason_told, road_told
from accessmap.words.words import Words

TOLD = {
    "secondary in built-up area, as driven": "route secondaire en agglomération, vitesse pratiquée",
    "trunk_link in open country, as driven": "voie rapide hors agglomération, vitesse pratiquée",
    "maxspeed=50, drivers 96 %": "limite 50 km/h, les conducteurs en font 96 %",
    "visitors only (destination)": "réservé aux riverains et aux visiteurs (destination)",
    "visitors only": "réservé aux riverains et aux visiteurs",
    "surface=gravel": "revêtement : gravier",
    "sac_scale=alpine_hiking": "sentier alpin",
    "tracktype=grade4": "chemin en terre",
    "service=parking_aisle": "voie de service : allée de parking",
    "roundabout": "rond-point",
    "ferry by its timetable": "bac, selon son horaire",
    "bike on track": "à vélo, chemin",
    f"{legal_limit('FR', 'rural')[1]}, drivers 97 %": (
        "limite légale 80 km/h (FR, art. R413-2, I-3°: hors agglomération), les conducteurs en font 97 %"
    ),
    f"maxspeed:type=FR:rural: {legal_limit('FR', 'rural')[1]}, drivers 97 %": (
        "maxspeed:type=FR:rural, limite légale 80 km/h (FR, art. R413-2, I-3°: hors agglomération),"
        " les conducteurs en font 97 %"
    ),
    f"maxspeed:type=BE-VLG:rural: {legal_limit('BE-VLG', 'rural')[1]}, drivers 96 %": (
        "maxspeed:type=BE-VLG:rural, limite légale 70 km/h"
        " (BE-VLG, Verkeersreglement art. 11.2, 3° (Vlaams Gewest, 2017): buiten bebouwde kom),"
        " les conducteurs en font 96 %"
    ),
    "IGN, vitesse_moyenne_vl 45": "IGN, vitesse_moyenne_vl 45",
}


@pytest.mark.parametrize("reason", TOLD)
def test_a_reason_is_told_in_french(reason):
    assert reason_told(reason, Words("fr")).replace("\xa0", " ") == TOLD[reason]


def test_in_english_it_stays_english():
    assert reason_told("visitors only (destination)", Words("en")) == "visitors only (destination)"
    assert reason_told("secondary in open country, as driven", Words("en")).endswith("in open country, as driven")
    assert road_told("of_its_own", Words("en")) == "of_its_own"


def test_no_reason_of_a_real_way_is_left_in_english_on_a_french_map(sample_study):
    network = sample_study.network
    mairies = sample_study.mairies.geometry
    way = network.explain(mairies.iloc[[0]], mairies.iloc[[9]])
    way["speed_reason"] = "secondary in built-up area, as driven"
    page = route_map(way, lang="fr").get_root().render()
    assert "as driven" not in page
    assert "en agglomération, vitesse pratiquée" in page
