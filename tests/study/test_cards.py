"""What a study, a network and a scenario show in a notebook: short tables, in French first, all text escaped."""

import re
from html import unescape

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

import accessmap as am
from accessmap.provenance import Provenance, Source
from accessmap.study.steps import ACTIONS
from accessmap.words.cards import MOST_STEPS, network_card, scenario_card, study_card

HOSTILE = "<script>alert(1)</script>\"'&{0}{title}"


def rows(card):
    """The rows of a card by their heading, with plain spaces."""
    page = BeautifulSoup(card, "html.parser")
    return {
        row.th.get_text(): " ".join(" | ".join(cell.get_text() for cell in row.find_all("td")).split())
        for row in page.tbody.find_all("tr")
    }


def card_of(study, **changed):
    told = {
        "title": study.title,
        "thresholds": study.thresholds,
        "scenarios": list(study.scenarios),
        "provenance": study.credit,
    }
    return study_card(study.communes, study.services, **{**told, **changed})


def steps_of(scenario):
    return [step.given() for step in scenario.steps]


def test_a_study_tells_its_territory_people_services_and_thresholds(toy_study):
    found = rows(card_of(toy_study))
    assert found["Territoire"] == "2 communes, sur 3 avec les environs"
    assert found["Population"] == "150 habitants"
    assert found["Services"] == "3 mairies, 2 France services"
    assert found["Seuils"] == "2, 5 min"
    assert found["Scénarios"] == "aucun"
    assert found["Sources"] == "provenance inconnue"


def test_a_card_is_in_english_where_it_is_asked(toy_study):
    card = card_of(toy_study, lang="en", scenarios=["A", "B"])
    assert rows(card)["Population"] == "150 people"
    assert rows(card)["Scenarios"] == "A, B"
    assert 'lang="en"' in card


def test_modelled_roads_are_said_to_be_so_and_real_ones_are_not(sample_study, toy_study):
    assert "réseau modélisé" in rows(sample_study.network._repr_html_())["Attention"]
    assert "réseau modélisé" in rows(card_of(sample_study))["Attention"]
    assert "Attention" not in rows(toy_study.network._repr_html_())


def test_a_network_tells_its_size_and_its_speed_off_the_road(toy_study):
    found = rows(toy_study.network._repr_html_())
    assert (found["Nœuds"], found["Arcs (un par sens)"], found["Du lieu à la route"]) == ("3", "4", "4,8 km/h")


def test_sources_carry_licence_and_the_start_of_their_hash():
    source = Source("Routes", "IGN", "Licence Ouverte", "2026", sha256="0123456789abcdef" * 4)
    card = network_card(1, 0, access_kmh=5.0, provenance=Provenance((source,), {"mode": "car"}))
    assert rows(card)["Sources"] == "Routes (IGN, 2026, Licence Ouverte) sha256 0123456789ab"
    assert rows(card)["Paramètres"] == "mode : car"
    assert rows(card)["Du lieu à la route"] == "5 km/h"


def test_a_scenario_tells_each_step_in_its_order():
    plan = (
        am.Scenario("Coucy")
        .open("france_services", commune="02217", name="Coucy")
        .move("fs-1", lon=3.4, lat=49.5)
        .resize("gp-2", capacity=5400.0)
        .close_road("n1", "n2")
    )
    card = scenario_card(plan.name, steps_of(plan))
    assert rows(card) == {
        "1": "ouvrir | France services, Coucy | 02217 |",
        "2": "déplacer | fs-1 | 3,4000 ; 49,5000 |",
        "3": "modifier | gp-2 | | capacity = 5400",
        "4": "fermer la route | n1 – n2 | |",
    }
    assert "4 changements" in BeautifulSoup(card, "html.parser").caption.get_text().replace("\xa0", " ")


def test_a_scenario_without_steps_says_that_nothing_changes():
    page = BeautifulSoup(scenario_card("Rien", []), "html.parser")
    assert page.caption.get_text() == "Scénario · Rien · aucun changement"
    assert page.find("thead") is None


def test_a_long_scenario_counts_what_it_does_not_show():
    steps = [{"action": "close", "id": str(number)} for number in range(MOST_STEPS + 3)]
    found = rows(scenario_card("Long", steps))
    assert len(found) == MOST_STEPS + 1
    assert found["…"].startswith("et 3 autres")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_action_of_a_scenario_has_its_words(action, lang):
    assert scenario_card("Plan", [{"action": action}], lang=lang)


def test_no_text_becomes_markup(toy_study):
    source = Source(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    told = Provenance((source,), {HOSTILE: HOSTILE}, modelled=True)
    services = toy_study.services.assign(category=HOSTILE)
    step = {"action": "set", "id": HOSTILE, "properties": ((HOSTILE, HOSTILE),), "commune": HOSTILE}
    cards = [
        study_card(toy_study.communes, services, title=HOSTILE, thresholds=(5,), scenarios=[HOSTILE], provenance=told),
        network_card(1, 1, access_kmh=4.8, provenance=told),
        scenario_card(HOSTILE, [step, {"action": "open", "category": HOSTILE, "name": HOSTILE}]),
    ]
    for card in cards:
        page = BeautifulSoup(card, "html.parser")
        assert page.find("script") is None
        assert HOSTILE in page.get_text()


@given(name=st.text(min_size=1, max_size=40))
def test_a_name_is_read_back_as_it_was_written(name):
    card = scenario_card("A", [{"action": "close", "id": name}])
    cell = re.findall(r"<td style='text-align:left'>(.*?)</td>", card, flags=re.DOTALL)[1]
    assert unescape(cell) == name
    assert "<" not in cell
