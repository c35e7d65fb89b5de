"""Every service side by side, and the sheet of each commune: the page says what the tables say."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from accessmap.dossier import Dossier
from accessmap.dossier.levels import is_whole
from accessmap.dossier.services import places
from accessmap.errors import StudyError
from accessmap.measures.imbalance import score, score_sensitivity
from accessmap.measures.minutes import by_commune, nearest
from accessmap.roads.network import RoadNetwork
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario
from accessmap.words import words as labels
from accessmap.words.words import Words

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def study():
    return load_sample()


@pytest.fixture(scope="module")
def plan():
    return Scenario("France services à Coucy").open("france_services", commune="02217")


@pytest.fixture(scope="module")
def dossier(study, plan):
    return Dossier.of(study, replace(study.scenarios["2017"], kind="proposal"), plan)


@pytest.fixture(scope="module")
def page(dossier):
    return BeautifulSoup(dossier.to_html(), "html.parser")


def said(soup) -> str:
    return " ".join(soup.get_text(" ").split())


def rows(soup) -> list[list[str]]:
    return [[said(cell) for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")]


# ------------------------------------------------------------------ all services


def test_every_service_of_the_study_is_shown_below_its_domain(page):
    titles = [row[0] for row in rows(page.select_one("#services > .d-scroll"))]
    shown = [title for title in titles if not title.startswith("Scénario")]
    public = ["Services publics", "France services du 1er août 2024", "Mairies de 2026"]
    assert shown == [*public, "Santé", "Hôpitaux (avec ou sans urgences) de 2020"]  # each with the date of its data
    head = [said(line) for line in page.select(".d-opening .d-whole")]  # a phone has the first again, in short
    assert [line.startswith("Données : habitants de 2023, ") for line in head].count(True) == 1
    head = said(page.select_one(".d-opening"))
    assert "hôpitaux de 2020" in head
    assert [said(figure.strong) for figure in page.select("#services figure")] == [
        "France services",
        "Hôpitaux (avec ou sans urgences)",
    ]
    chapter = page.select_one("#services")
    assert "Mairies : 5 min ou moins dans toutes les communes" in said(chapter)
    assert "ces données ne disent pas où sont les urgences" in said(chapter)
    # Small maps show the sites outside that serve people, or where they are; a shared legend counts none of its maps.
    assert len(chapter.select("path.am-beyond")) > 0
    assert "flèche au bord" in said(chapter.select_one(".d-shared"))
    assert "habitants" not in said(chapter.select_one(".d-legend"))


def test_a_scenario_has_a_row_only_below_the_service_it_changes(dossier):
    assert dossier.tables["services"].index.to_list() == [
        ("france_services", "baseline"),
        ("france_services", "2017"),
        ("france_services", "France services à Coucy"),
        ("mairie", "baseline"),
        ("hospital", "baseline"),
    ]


def test_numbers_of_a_service_are_those_counted_resident_by_resident(dossier, study):
    inside = study.inside.to_numpy()
    people = study.residents["population"][inside].astype("float64")
    sites = study.sites("hospital")
    found = nearest(study.minutes(sites)[inside])
    facts = dossier.tables["services"].loc[("hospital", "baseline")]
    assert facts["mean"] == pytest.approx(np.average(found["minutes"], weights=people))
    assert facts["within 20"] == pytest.approx(people[found["minutes"] <= 20].sum() / people.sum())
    outside = ~sites["commune"].map(study.communes["in_territory"]).astype(bool)
    leaning = found["service_id"].map(outside).astype(bool)
    assert facts["outside_share"] == pytest.approx(people[leaning].sum() / people.sum())
    assert facts["sites"] == (~outside).sum()


def test_the_score_is_the_mean_of_services_between_the_stated_bounds(dossier, study, page):
    minutes = {
        kind: by_commune(study.minutes(study.sites(kind)).min(axis=1), study.residents)["value"]
        for kind in ("france_services", "mairie", "hospital")
    }
    inside = study.communes.index[study.communes["in_territory"]]
    expected = score(
        pd.DataFrame(minutes).loc[inside],
        weights=dict.fromkeys(minutes, 1),
        bounds=dict.fromkeys(minutes, (max(study.thresholds), min(study.thresholds) / 2)),
    )
    assert np.allclose(dossier.tables["scores"]["score"], expected)
    assert "entre 30 minutes de trajet (0 point) et 5 minutes (100 points)" in said(page.select_one("#services"))


def test_a_service_that_is_not_in_the_study_is_named(study):
    with pytest.raises(StudyError, match=r"no service of category 'hospitl' \(did you mean 'hospital'\?\)"):
        Dossier.of(study, category="france_services", alongside=["hospitl"])


def test_a_dossier_of_one_service_has_no_such_chapter(study):
    soup = BeautifulSoup(Dossier.of(study, category="hospital", alongside=()).to_html(), "html.parser")
    assert soup.select("#services") == []
    assert soup.select_one('a[href="#services"]') is None


def test_a_service_whose_sites_are_all_elsewhere_is_said_to_have_none_inside(study):
    away = study.sites("hospital")
    outside = away.index[~away["commune"].map(study.communes["in_territory"]).astype(bool)]
    others = study.services[(study.services["category"] != "hospital") | study.services.index.isin(outside)]
    soup = BeautifulSoup(Dossier.of(study.with_services(others), category="france_services").to_html(), "html.parser")
    assert "Un service n’a aucun site dans le territoire : hôpitaux." in said(soup.select_one("#services"))


# ------------------------------------------------------------------ commune sheets


def test_each_commune_has_a_sheet_that_the_index_leads_to(page, study):
    inside = study.communes.index[study.communes["in_territory"]]
    sheets = {sheet["id"].removeprefix("fiche-"): sheet for sheet in page.select(".d-sheet")}
    assert set(sheets) == set(inside)
    assert {link["href"] for link in page.select("#fiches-index a")} == {f"#fiche-{code}" for code in inside}
    assert all(said(sheet.h3) == study.communes["name"][code] for code, sheet in sheets.items())


def test_a_sheet_shows_the_nearest_site_minutes_rank_and_each_change(page, dossier):
    code = "02217"
    sheet = page.select_one(f"#fiche-{code}")
    first = [re.sub(r"\s", " ", cell) for cell in rows(sheet)[0]]
    today = dossier.tables["services_by_commune"].loc[("france_services", "baseline", code)]
    after = dossier.tables["services_by_commune"].loc[("france_services", "France services à Coucy", code)]
    assert first[0] == f"France services {today['site']}" + (" · hors du territoire" if today["outside"] else "")
    assert first[1] == re.sub(r"\s", " ", labels.minutes(today["minutes"]))
    assert first[-3] == f"{today['rank']:.0f} sur 84"
    assert first[-1].startswith(re.sub(r"\s", " ", labels.minutes(after["minutes"])))
    change = re.sub(r"\s", " ", labels.minutes_change(after["minutes"] - today["minutes"]))
    assert change in first[-1]
    verdict = re.sub(r"\s", " ", said(sheet.select_one(".d-sheet-verdict")))
    assert verdict.startswith(f"À Coucy-le-Château-Auffrique, il faut {first[1]} en moyenne pour rejoindre une France")
    assert verdict.endswith(f"avec « France services à Coucy », {first[-1].split(' min')[0]} min ({change}).")


def test_a_sheet_sets_the_commune_beside_its_epci_and_the_territory_and_what_insee_publishes(page, study):
    """The sample has 688 of the 797 communes of the Aisne: its own mean of the département would be of others."""
    heads = [said(head) for head in page.select("#fiche-02217 > .d-scroll thead th")]
    assert heads[1:5] == [
        "Coucy-le-Château-Auffrique",
        "CC Picardie des Châteaux",
        "Territoire",
        "Aisne (INSEE 2023)",
    ]
    minutes, homes = study.nearest("france_services")["minutes"], study.residents
    epci = homes["commune"].isin(study.communes.index[study.communes["epci"] == "200071769"])
    inside = study.inside
    means = [np.average(minutes[where], weights=homes["population"][where]) for where in (epci, inside)]
    shown = [cell.split()[0].replace(",", ".") for cell in rows(page.select_one("#fiche-02217"))[0][2:5]]
    assert [float(value) for value in shown] == [round(means[0], 1), round(means[1], 1), 7.8]
    bars = page.select("#fiche-02217 > .d-scroll tbody tr")[0].select(".d-bar rect:last-child")
    widths = [float(bar["width"].rstrip("%")) for bar in bars]
    assert widths[1] / widths[2] == pytest.approx(means[0] / means[1], abs=0.01)
    # No figure is published of mairies and hospitals: no bar.
    assert [row[4] for row in rows(page.select_one("#fiche-02217"))[1:3]] == ["–", "–"]


def test_the_mean_of_a_departement_is_told_where_all_of_its_communes_are_there(toy_study):
    assert not is_whole(toy_study, "02")
    assert not is_whole(toy_study, "99")
    paris = {"02001": "75056"}  # the only commune of its département
    whole = type(toy_study)(
        toy_study.communes.rename(index=paris),
        toy_study.residents.replace({"commune": paris}),
        toy_study.services.replace({"commune": paris}),
        toy_study.network,
    )
    assert is_whole(whole, "75")
    page = BeautifulSoup(Dossier.of(whole, category="france_services", chapters=()).sheets_to_html(), "html.parser")
    table = page.select_one("#fiche-75056 > .d-scroll")
    assert [said(head) for head in table.select("thead th")][-2] == "Paris"
    assert rows(table)[0][-2] == rows(table)[0][1]


def test_a_sheet_draws_the_way_to_each_nearest_site_and_to_that_of_a_scenario(page, dossier):
    table = dossier.tables["services_by_commune"]
    for code in ("02217", "02001", "02140"):
        drawing = page.select_one(f"#fiche-{code} .am-picture")
        ways = drawing.select("path.d-way")
        sites = table["site"].xs(("france_services", code), level=("category", "code"))
        homes = 1 if code == "02217" else 0  # Coucy's own is where its ways begin
        assert len(drawing.select("path.d-planned")) == sites.nunique() - 1 - homes
        sites = {table.loc[(kind, "baseline", code), "site"] for kind in ("france_services", "hospital")}
        assert all(site.replace("'", "’") in said(drawing.desc) for site in sites)
        assert 1 <= len(ways) <= 4


def test_a_mairie_of_another_commune_is_said_to_be_no_substitute(toy_study):
    week = "Mo-Fr 09:00-12:00"
    services = toy_study.services[toy_study.services["name"] != "Mairie B"]
    services = services.assign(hours=[week, week, "Sa 09:00-12:00", "", ""][: len(services)])
    study = toy_study.with_services(services.assign(hours=services["hours"].where(services["category"] == "mairie")))
    page = BeautifulSoup(Dossier.of(study, category="france_services").sheets_to_html(), "html.parser")
    own, without = said(page.select_one("#fiche-02001")), said(page.select_one("#fiche-02002"))
    assert "Mairie A · " not in own
    assert "les données n’ont pas la mairie de la commune, qu’une autre ne remplace pas" in without
    assert re.search(r"Le samedi matin\s: votre mairie est fermée", own)
    assert "votre mairie" not in without.split("Le samedi matin")[1].split("Au moins un soir")[0]
    assert re.search(r"Au moins un soir de semaine, après 17\sh\s: votre mairie est fermée", own)


def test_ranks_run_from_the_nearest_commune(dossier):
    table = dossier.tables["services_by_commune"].xs(("mairie", "baseline"), level=("category", "situation"))
    order = table.sort_values("minutes")
    assert order["rank"].is_monotonic_increasing
    assert order["rank"].iloc[0] == 1


def test_communes_that_share_a_place_share_the_best_and_are_said_to(dossier):
    ranks = pd.Series([1.0, 1.0, 3.0, 4.0, 4.0, np.nan], index=list("abcdef"))
    assert places(ranks, Words("fr")).to_list() == ["1er ex æquo", "1er ex æquo", "3", "4e ex æquo", "4e ex æquo", "–"]
    scores = dossier.tables["scores"]
    expected = scores["score"].round(9).rank(ascending=False, method="min")
    assert scores["rank"].equals(expected.rename("rank"))
    assert (scores["best_rank"] <= scores["rank"]).all()
    assert (scores["rank"] <= scores["worst_rank"]).all()


def test_all_that_have_the_highest_score_are_first(study):
    near = study.communes.index[study.communes["in_territory"]][:7]
    minutes = pd.DataFrame({"a": 20.0, "b": 30.0}, index=study.communes.index).assign(c=25.0)
    minutes.loc[near] = 1.0
    marks = dict.fromkeys(minutes, (30.0, 5.0))
    found = score_sensitivity(
        minutes, weights=dict.fromkeys(minutes, 1.0), bounds=marks, change=1.0, highest_first=True
    )
    assert found.loc[near, ["rank", "best_rank", "worst_rank"]].eq(1).all(axis=None)
    assert found.drop(near)["rank"].eq(8).all()


def test_people_of_the_sheets_who_gain_add_up_to_the_dossier(dossier, page):
    total = 0
    for sheet in page.select(".d-sheet"):
        found = re.search(r"Coucy »\s:\s([\d\s]+?)\shabitants? gagne", said(sheet))
        total += int(re.sub(r"\s", "", found[1])) if found else 0
    gain = dossier.tables["changes"].xs("France services à Coucy", level="scenario")["gain"].sum()
    assert total == pytest.approx(gain, abs=42)  # each of 84 is rounded by half a person at most


def test_sheets_alone_load_nothing_and_hold_every_commune(dossier, tmp_path):
    path = dossier.save_sheets(tmp_path / "fiches.html")
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    assert len(soup.select(".d-sheet")) == 84
    assert soup.find_all(["link", "iframe", "img"]) == []
    (script,) = soup.find_all("script")  # that which makes cards of wide tables, let through by its hash alone
    digest = b64encode(sha256(script.string.encode()).digest()).decode()
    policy = soup.select_one('meta[http-equiv="Content-Security-Policy"]')["content"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "src" not in script.attrs


@pytest.mark.slow
def test_hostile_names_stay_text_in_sheets(study):
    named = study.communes.assign(name=study.communes["name"].where(study.communes.index != "02217", HOSTILE))
    hostile = type(study)(named, study.residents, study.services, study.network, title=HOSTILE)
    dossier = Dossier.of(hostile, category="hospital")
    for html in (dossier.to_html(), dossier.sheets_to_html()):
        soup = BeautifulSoup(html, "html.parser")
        assert said(soup.select_one("#fiche-02217")).startswith(HOSTILE)
        assert "alert(1)" not in " ".join(
            script.get_text() for script in soup.find_all("script") if "type" not in script.attrs
        )


# ------------------------------------------------------------------ the hash


@pytest.mark.slow
def test_the_hash_changes_with_the_numbers_and_not_with_the_day(study, plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")
    first = Dossier.of(study, plan, alongside=())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    later = Dossier.of(study, plan, alongside=())
    other = Dossier.of(study, plan.close("france_services-02602"), alongside=())
    assert first.made != later.made
    assert first.hash == later.hash != other.hash
    assert first.hash[:16] in first.to_html()


# ------------------------------------------------------------------ without a car


def test_walkers_and_cyclists_are_set_beside_the_car(study, plan):
    mairies = study.sites("mairie")
    networks = {mode: RoadNetwork.modelled(study.communes, mairies, mode=mode) for mode in ("bike", "walk")}
    dossier = Dossier.of(replace(study, networks={**study.networks, **networks}), plan, alongside=())
    shares = dossier.tables["modes"]["share"]
    assert shares["baseline", "car", 10] == pytest.approx(dossier.tables["coverage"].loc[10, "baseline"])
    assert shares["baseline", "walk", 10] < shares["baseline", "bike", 10] < shares["baseline", "car", 10]
    assert shares[plan.name, "walk", 10] > shares["baseline", "walk", 10]
    chapter = BeautifulSoup(dossier.to_html(), "html.parser").select_one("#without_car")
    heads = [said(row.th) for row in chapter.select("tr.d-group")]
    assert heads == ["En voiture", "À vélo", "À pied"]
    sheet = BeautifulSoup(dossier.sheets_to_html(), "html.parser").select_one("#fiche-02217 .d-two-columns table")
    assert [said(head) for head in sheet.select("th")[:4]] == ["Temps de trajet", "En voiture", "À vélo", "À pied"]
    by_bike = by_commune(dossier._known.study.nearest("france_services", mode="bike")["minutes"], study.residents)
    assert rows(sheet)[0][2].split()[0] == labels.number(by_bike["value"]["02217"], digits=1)
    assert "Les données ne disent pas combien d’habitants n’ont pas de voiture." in said(chapter)


def test_people_without_a_car_who_are_left_out_are_counted_where_they_are_known(study):
    without = study.residents.assign(without_car=study.residents["population"] * 0.2)
    poorer = replace(study, residents=without)
    network = RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="walk")
    poorer = replace(poorer, networks={**poorer.networks, "walk": network})
    dossier = Dossier.of(poorer, category="hospital", alongside=())
    chapter = said(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#without_car"))
    assert "habitants sans voiture" in chapter
    assert "alors qu’en voiture ils en auraient un" in chapter


def test_without_other_networks_there_is_no_such_chapter(page):
    assert page.select_one("#without_car") is None


def test_what_a_reader_must_know_first_stands_at_the_top_of_both_pages(study):
    warned = replace(study, cautions=(f"Il manque des sites {HOSTILE}.",))
    dossier = Dossier.of(warned, category="hospital", alongside=())
    for html in (dossier.to_html(), dossier.sheets_to_html()):
        boxes = [said(box) for box in BeautifulSoup(html, "html.parser").select(".d-warning")]
        assert f"Attention. Il manque des sites {HOSTILE}." in boxes
