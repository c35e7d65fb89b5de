"""The chapter "Without a car" of a study with a timetable: the bus of `toy_transit`, with values done by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from toy_transit import with_bus

import accessmap as am

FS = "france_services"


@pytest.fixture
def study(toy_study, tmp_path):
    return with_bus(toy_study, tmp_path)


def chapter(dossier):
    return " ".join(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#without_car").text.split())


def test_who_can_go_and_be_home_the_same_day(study):
    """From b at 9:00, there from 9:05 to 10:05, the bus of 11:00, home at 11:05; on Saturdays no bus goes back."""
    people = study.residents["commune"].map({"02001": 20.0, "02002": 9.0, "60001": 2.0})
    dossier = am.Dossier.of(replace(study, residents=study.residents.assign(without_car=people)), category=FS)
    row = dossier.tables["round_trips"].loc[FS]
    assert row[["people", "can", "sure", "saturday_can", "saturday_sure"]].tolist() == [29, 29, 29, 20, 20]
    assert (row["without_car"], pd.Timestamp(row["saturday"]).weekday()) == (True, 5)
    communes = dossier.tables["round_trips_by_commune"]
    assert communes["people"].sum() == row["people"]
    assert communes["can"].sum() == row["can"]
    assert communes.loc["02001", ["people", "can", "saturday_can", "away", "lost"]].tolist() == [20, 20, 20, 60, 0]
    assert communes.loc["02002", ["people", "can", "saturday_can", "away", "lost"]].tolist() == [9, 9, 0, 125, 65]
    said = chapter(dossier)
    # One bus a day there and one back give no class: nobody has one, and the map says it.
    assert dossier.tables["served"][["name", "C", "none"]].to_numpy().tolist() == [["Aville", 0, 100], ["Bourg", 0, 50]]
    assert "Personne ne vit près d’un arrêt qui donne une desserte de classe A à D." in said
    assert "150 habitants (100 %) n’ont pas d’arrêt assez proche où cet horaire passe assez souvent" in said
    assert "aucun habitant 2 communes · 150 habitants" in said
    # One bus in an hour is one every two hours each way, class F: from b at 9:00, from a at 11:00.
    assert (
        "67 % des habitants ont une desserte d’une de ces classes entre 11 h et 12 h, et aucun entre 6 h et 7 h."
        in said
    )
    rows = BeautifulSoup(dossier.to_html(), "html.parser").select("#without_car tr")
    grid = [[cell.text.replace("\xa0", " ") for cell in row.select("th, td")] for row in rows]
    at = grid.index(["Heure", "F", "hors classe"])
    assert [row[1] for row in grid[at + 1 : at + 17]] == [*["0 %"] * 3, "33 %", "0 %", "67 %", *["0 %"] * 10]
    assert [row[2] for row in grid[at + 4 : at + 7]] == ["67 %", "100 %", "33 %"]
    assert "29 habitants sans voiture (100 %) peuvent aller à un site ouvert et en revenir le même jour" in said
    assert "; le samedi, 20." in said
    assert "2 h 05" in said
    assert "Ni transports collectifs" not in said
    assert "ODbL" in dossier.to_html()


def test_what_transport_on_demand_adds_is_told_with_what_is_booked(study, tmp_path):
    """Without a bus from b that day: a taxi takes there, and back."""
    journeys = study.networks["transit"]
    streets = {"walk": study.networks["walk"], "car": study.network}
    taxi = am.OnDemand(study.communes, "Mo-Fr 08:00-18:00", name="TAD", notice=(1, "16:00"))
    late = {"depart": ("08:00", "09:00"), "date": journeys.date.isoformat(), "between": ("09:30", "18:00")}
    with_taxi = journeys.timetable.journeys(streets, on_demand=taxi, **late)
    dossier = am.Dossier.of(study.with_network(with_taxi, mode="transit"), category=FS)
    assert dossier.tables["round_trips"].loc[FS, "can"] == 150
    said = chapter(dossier)
    assert "50 personnes ne peuvent y aller et en revenir le même jour que grâce au transport à la demande" in said
    assert "(« TAD », à réserver la veille avant 16 h)" in said
    assert "Transport à la demande « TAD » : ce jour-là 08:00–18:00, à 100 % de la vitesse d’une voiture" in said


def test_everybody_is_counted_where_nobody_knows_who_has_no_car_and_unknown_hours_are_told(study):
    blank = study.with_services(study.services.assign(hours=None))
    dossier = am.Dossier.of(blank, category=FS, lang="en")
    assert dossier.tables["round_trips"].loc[FS, ["people", "can", "sure", "saturday_can"]].tolist() == [
        150,
        150,
        0,
        100,
    ]
    assert dossier.tables["round_trips_by_commune"]["people"].sum() == study.people.sum()
    assert "with known opening hours alone, it can be said of nobody." in chapter(dossier)


def test_a_timetable_without_a_saturday_says_so(study):
    row = {"people": 10.0, "date": "2025-03-25", "can": 0.0, "sure": 0.0, "without_car": True}
    row |= {"saturday": None, "saturday_can": np.nan, "saturday_sure": np.nan}
    told = am.sentences.round_trips(pd.DataFrame([row], index=[FS]), lang="fr")
    assert len(told) == 1
    assert "aucun habitant sans voiture" in told[0]
    assert told[0].endswith("l’horaire ne dit rien d’un samedi.")
    row |= {"can": 4.0, "sure": 3.0, "without_car": False, "saturday": "2025-03-15", "saturday_can": 2.0}
    told = am.sentences.round_trips(pd.DataFrame([row | {"saturday_sure": 1.0}], index=[FS]), lang="en")
    assert "without taking a car, 4 people (40%) can go to a site, taken to be open where" in told[0].replace(
        "\xa0", " "
    )
    assert told[1].replace("\xa0", " ").endswith("hours alone, 3 people; on a Saturday, 1.")


def test_what_a_scenario_of_lines_changes_is_told(study):
    """A bus every half hour from b, and back: 9 without a car gain; without any bus they cannot go."""
    people = study.residents["commune"].map({"02001": 20.0, "02002": 9.0, "60001": 2.0})
    known = replace(study, residents=study.residents.assign(without_car=people))
    more = am.Scenario("Navette").add_line("N", ["02002", "02001"], minutes=[0, 5], every=30)
    less = am.Scenario("Sans bus").cut_line("1")
    site = am.Scenario("Site").open(FS, commune="02002").cut_line("1")
    taxi = am.Scenario("TAD").add_on_demand("Taxi TAD", ["02001", "02002"], "Mo-Fr 07:00-19:00", notice=(1, "16:00"))
    dossier = am.Dossier.of(known, more, less, site, taxi, category=FS)
    table = dossier.tables["lines_changed"]
    assert table.index.tolist() == ["Navette", "Sans bus", "Site", "TAD"]
    sides = ["gain", "lose", "newly_reached", "no_longer_reached", "can_before", "can"]
    assert table[sides].to_numpy().tolist() == [[9, 0, 0, 0, 29, 29], [0, 0, 0, 9, 29, 20], *2 * [[9, 0, 0, 0, 29, 29]]]
    said = chapter(dossier)
    assert "« Navette », en transports collectifs : 9 habitants sans voiture gagnent au moins 1 minute, pers" in said
    assert "9 habitants n’ont plus de site à leur portée." in said
    # Every half hour each way gives a bus class D at both mairies; without the one bus a day nothing changes.
    assert "« Navette » : 150 habitants ont une desserte d’une de ces classes (0 aujourd’hui)." in said
    assert "« Sans bus » ne change pas combien d’habitants ont une desserte d’une de ces classes (0)." in said
    assert "« Sans bus » : 20 habitants sans voiture peuvent aller et revenir le même jour (29 aujourd’hui)." in said
    page = " ".join(BeautifulSoup(dossier.to_html(), "html.parser").text.split())
    assert "Ces trajets ne changent pas : ce scénario change les lignes de transports collectifs" in page
    assert "réer la ligne « N » (02002 – 02001, toutes les 30 minutes de 6 h 00 à 20 h 00)" in page
    assert "réer le transport à la demande « Taxi TAD » (Aville, Bourg ; lundi à vendredi 7 h-19 h ; à réserver" in page
    assert "TAD (transport" not in page  # only in names of the plan, which stay as they are written
    assert "« TAD », en transports collectifs : 9 habitants sans voiture gagnent au moins 1 minute, pers" in said
    assert dossier.tables["changes"].loc["Sans bus", ["gain", "lose"]].sum().sum() == 0


@pytest.mark.slow
def test_the_trains_of_the_pays_chaunois(sample_study, data_folder):
    timetable = am.Timetable.from_gtfs(data_folder / "gtfs" / "ter_sncf_2025-01.zip", licence="ODbL")
    walk = am.RoadNetwork.modelled(sample_study.communes, sample_study.mairies, mode="walk")
    networks = {"car": sample_study.network, "walk": walk, "transit": timetable.journeys(walk)}
    study = replace(sample_study, networks=networks)
    dossier = am.Dossier.of(study, category=FS)
    table, communes = dossier.tables["round_trips"], dossier.tables["round_trips_by_commune"]
    assert table.index.tolist() == [FS, "mairie", "hospital"]
    assert (table["people"] == study.people.sum()).all()
    assert communes["people"].sum() == study.people.sum()
    assert communes["can"].sum() == table.loc[FS, "can"]
    assert communes["saturday_can"].sum() == table.loc[FS, "saturday_can"]
    on_foot = study.nearest(FS, mode="walk")["minutes"][study.inside] <= 60
    assert study.people[on_foot].sum() < table.loc[FS, "can"] < study.people.sum()
    assert (communes["away"].dropna() >= 60).all()
    assert (communes["away"].isna() == (communes["can"] == 0)).all()
    assert table["can"].idxmax() == "mairie"  # with 1,288 sites there is one nearby for nearly all
    assert "Les allers-retours ne sont pas comptés" not in chapter(dossier)
