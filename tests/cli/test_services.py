"""`accessmap services`: the sites of a study, as its files say them."""

import json

import accessmap as am
from accessmap import cli


def test_sites_of_a_commune_and_kind_are_listed_with_what_is_known(capsys) -> None:
    asked = ["services", "--commune", "chauny", "--commune", "La Fère", "--category", "hospital"]
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert "2 services." in said
    assert "hospital-02173" in said
    assert "inconnu" in said  # its capacity
    assert cli.main([*asked, "--json", "--lang", "en"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [site["service_id"] for site in answer["services"]] == ["hospital-02173", "hospital-02304"]
    assert answer["services"][0]["capacity"] is None


def test_kinds_are_asked_for_by_the_names_that_the_list_prints(capsys) -> None:
    for kind in ("hôpital", "Hopitaux", "hospitals"):
        assert cli.main(["services", "--commune", "chauny", "--category", kind, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert [site["service_id"] for site in answer["services"]] == ["hospital-02173"]


def test_without_a_commune_the_territory_is_meant(capsys, sample_study: am.Study) -> None:
    assert cli.main(["services", "--category", "mairie", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    inside = sample_study.communes["in_territory"]
    assert answer["n"] == (sample_study.mairies["commune"].map(inside)).sum()


def test_unknown_commune_or_kind_is_refused_with_the_nearest(capsys) -> None:
    assert cli.main(["services", "--commune", "Chaunyy"]) == 1
    assert '"Chauny"' in capsys.readouterr().err
    assert cli.main(["services", "--category", "pharmcy"]) == 1
    assert "pharmacy" in capsys.readouterr().err


def test_unknown_kind_is_answered_with_those_there_are_in_words_of_the_reader(capsys) -> None:
    assert cli.main(["services", "--category", "boulangeries de nuit"]) == 1
    assert "Catégories présentes : France services, hôpital, mairie" in capsys.readouterr().err.replace("\u00a0", " ")
    assert cli.main(["services", "--category", "night bakery", "--lang", "en"]) == 1
    assert "Categories there are: france_services, hospital, mairie" in capsys.readouterr().err


def test_degrees_with_the_latitude_first_are_refused_with_the_right_order(capsys) -> None:
    assert cli.main(["explain", "49.61,3.21", "Chauny", "--lang", "en"]) == 1
    assert "write '3.21,49.61'" in capsys.readouterr().err
