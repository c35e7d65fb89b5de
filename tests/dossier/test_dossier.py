"""The council dossier: one file that loads nothing, and whose every sentence comes from the numbers."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup

from accessmap.dossier import Dossier, corrections
from accessmap.dossier.layout import Folded, Lines, Table
from accessmap.dossier.results import quoted_cutoff, weighted_quantile
from accessmap.errors import ScenarioError
from accessmap.measures.hours import minutes_when, open_when
from accessmap.measures.imbalance import summary, theil
from accessmap.roads.network import RoadNetwork
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study, said_rows
from accessmap.words.notes import Note
from accessmap.words.words import Words, curled

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


def rows(soup, section: str) -> list[list[str]]:
    return [[said(cell) for cell in row.find_all(["th", "td"])] for row in soup.select(f"#{section} tbody tr")]


# ------------------------------------------------------------------ the file


def test_the_page_loads_nothing_from_outside(page):
    assert page.find_all(["link", "iframe", "img", "object", "embed", "form", "base"]) == []
    assert page.find_all(src=True) == []
    assert {a["href"][0] for a in page.find_all("a")} == {"#"}
    assert {use["href"][0] for use in page.find_all("use")} == {"#"}


def test_the_policy_allows_only_the_scripts_and_styles_of_the_page_by_hash(dossier):
    html = dossier.to_html()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    assert "http" not in policy
    code = re.findall(r"<script>(.*?)</script>", html, re.DOTALL) + re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    hashes = {"'sha256-" + base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() + "'" for part in code}
    assert hashes == set(re.findall(r"'sha256-[^']+'", policy))


def test_no_element_has_style_or_handlers_that_the_policy_would_block(page):
    assert page.find_all(style=True) == []
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]


def test_the_file_is_small(dossier, tmp_path):
    assert dossier.save(tmp_path / "dossier.html").stat().st_size < 2_500_000


def test_saving_makes_folders_returns_the_path_and_leaves_no_draft(dossier, tmp_path):
    path = dossier.save(tmp_path / "out" / "pays.html")
    assert path == tmp_path / "out" / "pays.html"
    assert [each.name for each in path.parent.iterdir()] == ["pays.html"]
    assert path.read_bytes().startswith(b"<!DOCTYPE html>")


def test_a_failed_save_leaves_what_was_there(dossier, tmp_path, monkeypatch):
    path = tmp_path / "pays.html"
    path.write_text("earlier")
    monkeypatch.setattr("accessmap.files.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        dossier.save(path)
    assert path.read_text() == "earlier"
    assert [each.name for each in tmp_path.iterdir()] == ["pays.html"]


def test_same_inputs_same_bytes_and_the_date_of_the_epoch(study, plan, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")
    pages = [Dossier.of(study, plan).to_html() for _ in range(2)]
    assert pages[0] == pages[1]
    assert "1er janvier 2025" in pages[0]


def test_a_notebook_cell_holds_the_page(dossier):
    frame = BeautifulSoup(dossier._repr_html_(), "html.parser").iframe
    assert frame["title"] == dossier.title
    assert BeautifulSoup(frame["srcdoc"], "html.parser").h1.get_text() == dossier.title


# ------------------------------------------------------------------ what it says


def test_the_verdict_is_computed_from_people_of_the_territory(study, plan):
    dossier = Dossier.of(study, plan)
    people = study.residents["population"][study.inside]
    minutes = study.minutes(study.sites("france_services"))[study.inside.to_numpy()].min(axis=1)
    share = people[minutes <= 10].sum() / people.sum()
    assert dossier.verdict.startswith(
        f"Aujourd’hui, {round(100 * share)}\u00a0% des habitants sont à 10\u00a0minutes ou moins"
    )
    assert "d’une France services" in dossier.verdict
    gained = dossier.tables["coverage"].loc[10] @ pd.Series({"baseline": -1.0, plan.name: 1.0}) * people.sum()
    assert f"+{round(gained):,}".replace(",", "\u202f") in dossier.verdict


def test_the_quoted_threshold_looks_at_today_only():
    shares = pd.DataFrame({"baseline": [0.4, 0.9, 0.99], "plan": [0.4, 0.9, 1.0]}, index=[10, 20, 30])
    assert quoted_cutoff(shares) == 20
    assert quoted_cutoff(shares.assign(plan=0.0)) == 20
    assert quoted_cutoff(shares.assign(baseline=1.0)) == 10


def test_the_threshold_quoted_is_described_by_what_is_true_of_it(study, page):
    assert "est le plus long que moins de 95 % des habitants respectent" in said(page.select_one("#methode"))
    found = Dossier.of(study, category="mairie", alongside=())
    assert found.tables["coverage"]["baseline"].min() > 0.95
    told = said(BeautifulSoup(found.to_html(), "html.parser").select_one("#methode"))
    assert "10 minutes, est le plus court de l’étude, car au moins 95 % des habitants respectent déjà" in told
    assert "moins de 95 %" not in told


def test_corrections_of_the_neighbours_are_not_denied(study):
    notes = study.report_data()
    away = notes["commune"].isin(study.communes.index[~study.communes["in_territory"]])
    assert away.any()
    told = said(
        BeautifulSoup(
            Dossier.of(replace(study, notes=notes[away]), category="hospital", alongside=()).to_html(), "html.parser"
        ).select_one("#corrections")
    )
    assert "Aucune correction ni hypothèse ne concerne le territoire." in told
    assert re.search(r"\d+ concerne(nt)? les communes voisines", told)
    assert "Aucune correction n’a été faite" not in told


def test_what_a_file_made_its_reader_say_of_several_categories_is_told_once(study):
    alike = [Note("bpe_blanks", n=n, file="bpe.csv", column="NB_EQUIP", rows="ligne 2") for n in (3, 4, 5)]
    other = Note("bpe_blanks", n=6, file="autre.csv", column="NB_EQUIP", rows="ligne 2")
    parts = corrections.shown(replace(study, notes=said_rows("services", [*alike, other])), Words("fr"))
    (lines,) = [each for part in parts if isinstance(part, Folded) for each in part.parts if isinstance(each, Lines)]
    assert [line.split("\xa0:")[0] for line in lines.lines] == ["bpe.csv", "autre.csv"]
    assert lines.lines[0].endswith("(de même, en d’autres nombres, 2 autres fois)")
    (table,) = [part for part in parts if isinstance(part, Table)]
    assert "18" in [cell.text for cell in table.rows[-1]]  # all of them count


def test_only_the_territory_is_reported(page, study):
    assert len(rows(page, "communes")) == 84
    people = study.communes["population"][study.communes["in_territory"]].sum()
    assert (
        f"84\u00a0communes, {people:,}\u00a0habitants".replace(",", "\u202f", 2).replace("communes\u202f", "communes,")
        in page.select_one(".d-territory").string
    )


def test_a_row_shows_people_site_minutes_and_change(page, dossier):
    table = dossier.tables["communes"]
    row = next(row for row in rows(page, "communes") if row[0] == "Coucy-le-Château-Auffrique")
    before = table.loc["02217", "minutes baseline"]
    assert row[2] == f"{before:.1f} min".replace(".", ",")
    assert row[-2].startswith("−")
    assert row[-1].startswith("France services de ")
    assert len(row) == 4 + 2 * 2


def test_rows_are_in_alphabetical_order_whatever_the_accents(page):
    names = [row[0] for row in rows(page, "communes")]
    assert names.index("Béthancourt-en-Vaux") < names.index("Bichancourt")


def test_coverage_is_of_people_at_every_threshold(page, dossier, study):
    shown = rows(page, "coverage")
    assert [row[0] for row in shown] == [f"{cutoff:g} minutes ou moins" for cutoff in study.thresholds]
    people = study.residents["population"][study.inside].sum()
    count = round(dossier.tables["coverage"].iloc[0, 0] * people)
    assert f"{count:,}".replace(",", " ") in shown[0][1].replace("\u202f", " ")


def test_who_gains_and_who_loses_is_told_by_scenario(page):
    told = said(page.select_one("#changes"))
    assert "Communes qui gagnent le plus" in told
    assert "Communes qui perdent le plus" in told
    assert "Personne ne perd 1 minute ou plus." in told


def test_every_view_is_a_picture_with_name_description_and_legend(page):
    pictures = page.select("#carte-avant-apres svg.am-picture")
    assert len(pictures) == 1 + 2 * 2
    for picture in pictures:
        assert picture["role"] == "img"
        named = [page.find(id=key) for key in picture["aria-labelledby"].split()]
        assert all(node.get_text() for node in named)
        assert picture.find_parent("figure").select(".d-legend li")


def test_links_within_the_page_lead_somewhere(page):
    ids = {tag["id"] for tag in page.find_all(id=True)}
    assert {a["href"][1:] for a in page.find_all("a")} <= ids


def test_the_furthest_communes_are_named_longest_first(page, dossier):
    table = dossier.tables["communes"]
    worst = table.sort_values("minutes baseline", ascending=False)["name"].head(5).to_list()
    shown = [said(row.th) for row in page.select("#inequality .d-sides tbody tr")]
    assert shown == worst


def test_outlines_are_in_the_page_once(page):
    paths = [path["d"] for path in page.select("path[id^=z-]")]
    assert len(paths) == len(set(paths)) > 84
    data = page.find("script", type="application/json").string
    assert not [path for path in paths if path in data]


def test_a_modelled_network_is_said_at_the_top_and_with_its_remedy(page):
    assert "Réseau modélisé" in said(page.select_one(".d-opening"))
    assert "refait sur de vraies routes" in said(page.select_one("#methode"))
    assert page.select_one(".am-credit").string.startswith("Réseau modélisé")


def test_sources_parameters_version_and_repairs_are_there(page, study):
    sources = said(page.select_one("#sources"))
    for source in study.credit.sources:
        assert curled(" ".join(source.title.split())) in sources
        assert source.licence in sources
    for name, value in study.credit.parameters.items():
        assert all(" ".join(Words("fr").told(text).split()) in sources for text in (name, value))
    assert "accessmap 0." in said(page.footer)
    assert "Mairie d’Anizy-le-Grand" in said(page.select_one("#corrections"))


def test_the_tables_of_a_dossier_are_told_in_its_language(dossier, study):
    english = replace(dossier, lang="en")
    remedies = ("placée à la mairie du chef-lieu", "placed at the mairie of the main village")
    for made, remedy in zip((dossier, english), remedies, strict=True):
        report = made.tables["data_report"].set_index("id")
        assert report.loc["mairie-02018", "remedy"] == remedy
        assert {type(told) for told in report["problem"]} == {str}
    assert study.report_data()["remedy"].map(lambda note: note.key).notna().all()


def test_what_is_studied_is_told_in_words(page):
    asked = said(page.select_one(".d-actions"))
    assert "ouvrir une France services à Coucy-le-Château-Auffrique" in asked
    assert "fermer « France services de Chauny »" in asked


def test_the_commune_that_is_spoken_of_is_named_on_the_maps(page):
    for picture in page.select("#carte-avant-apres svg.am-picture"):
        assert "Coucy-le-Château-Auffrique" in [name.string for name in picture.select(".am-label")]


def test_sites_outside_that_serve_the_territory_are_on_the_pictures_with_the_names_of_their_communes(page, dossier):
    serving = dossier.tables["outside_sites"].sort_values("people").index[-1]
    assert serving == "france_services-02694"
    for picture in page.select("#carte-avant-apres svg.am-picture"):
        assert {"Saint-Simon", "La Fère", "Pinon"} <= {name.string for name in picture.select(".am-label")}
        _, top, _, _ = (int(part) for part in picture["viewbox"].split())
        places = [
            re.search(r"translate\((-?\d+) (-?\d+)\)", mark["transform"]) for mark in picture.select("[transform]")
        ]
        assert any(top < int(place[2]) < 0 for place in places if place)


def test_headings_are_in_order(page):
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_labels_point_to_them(page):
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for tag in page.find_all(attrs={"aria-labelledby": True}):
        assert set(tag["aria-labelledby"].split()) <= set(ids)


def test_without_a_scenario_it_is_the_state_of_affairs(study):
    soup = BeautifulSoup(Dossier.of(study, category="hospital").to_html(), "html.parser")
    assert len(soup.select("#carte-avant-apres svg.am-picture")) == 1
    assert soup.select_one("#changes") is None
    assert "d’un hôpital." in soup.select_one(".d-verdict").string


def test_in_english_the_page_is_english(study, plan):
    soup = BeautifulSoup(Dossier.of(study, plan, lang="en").to_html(), "html.parser")
    assert soup.html["lang"] == "en"
    assert soup.select_one(".d-verdict").string.startswith("Today, ")
    assert "Aujourd" not in said(soup.main)


# ------------------------------------------------------------------ the chapters behind the answer


def bullets(soup, section: str) -> list[str]:
    return [said(line) for line in soup.select(f"#{section} > .d-lines li")]


def french(value: float) -> str:
    return f"{round(value):,}".replace(",", "\u202f")


def plain(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def test_every_chapter_says_how_it_is_computed_and_links_to_the_method(page):
    for section in ("inequality", "hours", "dependence", "resilience"):
        line = page.select_one(f"#{section} > .d-how")
        assert said(line).startswith("Comment c’est calculé."), section
        assert line.a["href"] == "#methode"
    assert "docs/method_measures.md" in said(page.select_one("#methode"))


def test_every_picture_that_speaks_has_a_title_and_a_description(page):
    pictures = page.select("svg[role=img]")
    # The maps, that of the alternatives, charts of two scenarios, the Lorenz curve, small maps (mairies, all in
    # one class, are a line); one map a sheet.
    assert len([each for each in pictures if not each.find_parent("article")]) == 5 + 1 + 4 + 1 + 2
    assert len(page.select(".d-sheet .am-picture")) == 84
    assert all(picture.find("title").get_text() and picture.find("desc").get_text() for picture in pictures)
    assert len(page.select("details svg[role=img]")) == len(page.select("details:has(svg) table")) == 1


def test_the_curve_and_the_dumbbells_say_the_numbers_of_the_tables(page, dossier):
    name = dossier.tables["changes"].index.unique("scenario")[-1]
    curve, dumbbells = [said(each) for each in page.select("#changes svg desc")][-2:]
    shares = dossier.tables["coverage"].loc[10, ["baseline", name]]
    before, after = (f"{100 * share:.0f} %" for share in shares)
    assert curve == f"10 minutes : Aujourd’hui {before} ; Avec le scénario {after}"
    communes = dossier.tables["communes"].set_index("name")
    gain = dossier.tables["changes"].xs(name, level="scenario")["gain"]
    first = dossier.tables["communes"]["name"][gain.idxmax()]
    old, new = (plain(communes[f"minutes {each}"][first]) for each in ("baseline", name))
    assert dumbbells.startswith(f"{first} : {old} min → {new} min")


def test_the_week_and_the_communes_by_service_are_grids_whose_figures_are_the_tables(page, dossier):
    ten = next(row for row in page.select("#hours table:has(.d-tone) tbody tr") if said(row.th) == "10 h 00")
    share = dossier.tables["hours_of_week"]["worst"][pd.Timestamp("2026-06-13 10:00")]
    assert said(ten.select("td")[5]) == f"{100 * share:.0f} %"
    assert "d-tone6" in ten.select("td")[5]["class"]
    near = dossier.tables["services_by_commune"].xs("baseline", level="situation")["minutes"]
    names = dossier.tables["communes"]["name"]
    rows = {
        said(row.th): [said(cell) for cell in row.select(".d-tone")]
        for row in page.select("#services details tbody tr")
    }
    assert rows == {
        names[code]: [plain(near[category, code]) for category in near.index.unique("category")] for code in names.index
    }


def test_the_spread_is_told_from_the_people_of_the_territory(page, dossier, study):
    minutes = study.minutes(study.sites("france_services"))[study.inside.to_numpy()].min(axis=1)
    people = study.residents["population"][study.inside]
    best, worst = (weighted_quantile(minutes, people, share) for share in (0.1, 0.9))
    first, beyond = bullets(page, "inequality")[:2]
    assert f"mettent {plain(best)} min ou moins" in first
    # Who divides the figures finds 10,5, the unrounded ones 10,8: neither is told to the tenth.
    assert (plain(best), plain(worst), plain(worst / best)) == ("1,3", "13,7", "10,8")
    assert "plus de 13,7 min, soit environ 11 fois plus" in first
    assert beyond.startswith(f"{french(people[minutes > 10].sum())} habitants".replace("\u202f", " "))
    assert "personne à plus de 30 minutes" in beyond


def test_the_part_between_epcis_is_that_of_the_theil_index(page, study):
    minutes = study.minutes(study.sites("france_services"))[study.inside.to_numpy()].min(axis=1).astype("float64")
    residents = study.residents[study.inside]
    parts = theil(minutes, residents["population"], groups=residents["commune"].map(study.communes["epci"]))
    assert bullets(page, "inequality")[2].startswith(f"{round(100 * parts.between / parts.total)} % de ces écarts")
    assert "les 2 intercommunalités" in bullets(page, "inequality")[2]


def test_a_gini_that_falls_because_everyone_is_further_is_not_called_progress(page):
    closed, opened = bullets(page, "inequality")[3:5]
    assert "plus égaux parce que moins bien servis" in closed
    assert "les trajets sont moins inégaux" in opened


def test_every_index_has_a_name_a_meaning_and_a_value_in_each_situation(page, dossier):
    table = page.select_one("#inequality table")
    shown = table.select("tbody tr")
    assert len(shown) == 9
    assert all(row.th.select_one(".d-note").get_text() and len(row.find_all("td")) == 3 for row in shown)
    gini = next(row for row in shown if "Gini" in row.th.get_text())
    assert [said(cell) for cell in gini.find_all("td")] == [
        plain(value, 2) for value in dossier.tables["imbalance"].loc["gini"]
    ]


def test_classes_of_communes_count_everyone_once_in_each_situation(page, dossier, study):
    sums = dossier.tables["classes"].groupby(level="situation").sum()
    assert sums["communes"].to_list() == [84] * 3
    assert sums["people"].to_list() == [study.communes["population"][study.communes["in_territory"]].sum()] * 3
    shown = said(page.select("#inequality table")[1])
    assert "plus de 30 % sous la moyenne" in shown
    assert "Non atteintes" not in shown
    deficits = dossier.tables["deficits"].loc["baseline"]
    assert (deficits["class"] == "strong_deficit").eq(deficits["percent"] > 30).all()


def test_the_curve_tells_the_gini_of_the_table_and_its_figures_are_beside(page, dossier):
    told = page.select_one("#inequality details svg desc").get_text()
    for value in dossier.tables["imbalance"].loc["gini"]:
        assert f"Gini {plain(value, 2)}" in told
    figures = page.select("#inequality details tbody tr")
    assert [said(row.th) for row in figures] == [f"{share} %" for share in range(10, 100, 10)]


@pytest.mark.slow
def test_long_names_are_cut_in_the_drawing_and_never_alike(study):
    plans = [Scenario(f"Une très longue description {k}").open("france_services", commune="02217") for k in "ab"]
    soup = BeautifulSoup(Dossier.of(study, *plans).to_html(), "html.parser")
    told = soup.select_one("#inequality details svg desc").get_text()
    assert "1. Une très longue des…" in told
    assert "2. Une très longue des…" in told


def test_supply_to_move_is_told_only_where_capacities_are_known(toy_study, page):
    assert "devrait être déplacée" not in said(page)
    services = toy_study.services.assign(capacity=[np.nan, np.nan, np.nan, 2.0, 1.0])
    found = Dossier.of(toy_study.with_services(services), category="france_services")
    # Within 5 minutes A serves a and b, X serves b and x: a has 2/150, b 2/150 + 1/60 each; b's people have too much.
    a, b = 100 * 2 / 150, 50 * (2 / 150 + 1 / 60)
    share = abs(a / (a + b) - 100 / 150)
    told = bullets(BeautifulSoup(found.to_html(), "html.parser"), "inequality")
    assert told[-1].startswith(f"Aujourd’hui : {round(100 * share)} % de l’offre (agents) devrait être déplacée")
    partly = Dossier.of(toy_study.with_services(services.assign(capacity=[1, 1, 1, 2, np.nan])), category="mairie")
    assert "de l’offre (capacité)" in partly.to_html()
    unknown = Dossier.of(toy_study.with_services(services.assign(capacity=np.nan)), category="france_services")
    assert "devrait être déplacée" not in unknown.to_html()


def test_hours_that_are_not_known_are_said_so_and_the_mairies_stand_in(page, dossier):
    told = bullets(page, "hours")
    assert told[0].startswith("Horaires inconnus : ces données ne disent pas quand les France services ouvrent.")
    assert "mairies" in told[1]
    assert set(dossier.tables["hours"]["category"]) == {"mairie"}


def saturday_shares(study, *, unknown_open: bool) -> pd.Series:
    """Share of each commune's people within 10 minutes of a mairie open on Saturday morning, by hand."""
    sites, inside = study.sites("mairie"), study.inside.to_numpy()
    opens = open_when(sites, "saturday_morning").fillna(unknown_open).to_numpy(dtype=bool)
    near = study.minutes(sites)[inside].loc[:, opens].min(axis=1) <= 10
    residents = study.residents[inside]
    people = residents["population"].groupby(residents["commune"])
    return (residents["population"] * near).groupby(residents["commune"]).sum() / people.sum()


def test_saturday_morning_names_the_communes_where_nobody_or_few_find_an_open_mairie(page, study):
    surely, perhaps = (saturday_shares(study, unknown_open=value) for value in (False, True))
    people = study.communes["population"].reindex(surely.index)
    lines = bullets(page, "hours")[3:]
    assert f"{round(100 * (people * surely).sum() / people.sum())} % des habitants" in lines[0]
    few = (surely > 0) & (surely < 0.5)
    assert not (perhaps == 0).any()
    expected = [
        ("personne n’a de site ouvert", (surely == 0) & (perhaps > 0), True),
        ("moins de la moitié des habitants ont un site ouvert", few & (perhaps < 0.5), False),
        ("moins de la moitié des habitants ont un site ouvert", few & (perhaps >= 0.5), True),
    ]
    for line, (told, those, depends) in zip(lines[1:], expected, strict=True):
        assert line.startswith(f"Dans {those.sum()} communes, {told} le samedi matin à 10 minutes ou moins")
        assert set(line.split(" : ")[1].rstrip(".").split(", ")) == set(study.communes["name"][those.index[those]])
        assert ("sauf si un site aux horaires inconnus ouvre" in line) == depends


def test_a_commune_where_all_mairies_are_shut_on_saturday_is_named_without_a_perhaps(two_parts):
    sites = two_parts.services.assign(category="mairie", hours="Mo-Fr 09:00-12:00")
    found = Dossier.of(two_parts.with_services(sites), category="mairie")
    told = bullets(BeautifulSoup(found.to_html(), "html.parser"), "hours")[-1]
    assert told.startswith("Dans 3 communes, personne n’a de site ouvert le samedi matin à ")
    assert told.endswith(" minutes ou moins : Deux, Trois, Un.")


def test_shares_of_open_sites_are_those_of_the_functions_on_the_territory_alone(page, dossier, study):
    sites, inside = study.sites("mairie"), study.inside.to_numpy()
    times, people = study.minutes(sites)[inside], study.residents["population"][inside]
    table = dossier.tables["hours"]
    for moment in ("lunchtime", "after_17", "after_18", "saturday_morning"):
        minutes = minutes_when(times, sites, moment)
        for cutoff in (10, 20):
            for case in ("worst", "best"):
                share = people[minutes[case] <= cutoff].sum() / people.sum()
                assert table.loc[(moment, cutoff), case] == pytest.approx(share)
    evening = next(row for row in page.select("#hours table tbody tr") if "18" in row.th.get_text())
    assert said(evening.td) == f"{round(100 * table.loc[('after_18', 10), 'worst'])} %"
    assert said(page.select_one("#hours h3")) == "Habitants qui ont un site ouvert à portée (mairies)"


def test_the_imbalance_table_is_the_summary_of_the_territory_whole(dossier, study):
    inside = study.inside.to_numpy()
    minutes = study.minutes(study.sites("france_services"))[inside].min(axis=1).astype("float64")
    residents = study.residents[inside]
    expected = summary(
        minutes,
        residents["population"],
        unit="minutes",
        higher_is_better=False,
        line=10,
        groups=residents["commune"].map(study.communes["epci"]),
    )["value"]
    pd.testing.assert_series_equal(dossier.tables["imbalance"]["baseline"], expected, check_names=False)


def test_french_punctuation_of_the_chapters_never_parts_from_its_word(page):
    for section in ("inequality", "hours", "dependence", "resilience"):
        lines = page.select_one(f"#{section}").select("p, li, h2, h3, th, td, summary")
        text = "\n".join(line.get_text() for line in lines)
        assert not re.search(" [:;?!»]|\u00a0[;?!]|« ", text), section


def test_unknown_hours_are_a_range_never_a_silent_no(page, dossier):
    table = dossier.tables["hours"]
    assert (table["worst"] <= table["best"]).all()
    saturday = next(row for row in page.select("#hours table tbody tr") if "samedi" in row.th.get_text())
    assert "au mieux" in said(saturday)
    assert "1 inconnu" in said(saturday)


def test_a_category_with_hours_speaks_of_its_own(study):
    found = Dossier.of(study, category="mairie")
    told = bullets(BeautifulSoup(found.to_html(), "html.parser"), "hours")
    assert not any("inconnus :" in line for line in told)
    assert told[0].startswith("1 site du territoire sur 84 n’a pas d’horaires connus")


def test_where_no_hours_are_known_one_sentence_says_so(two_parts):
    found = Dossier.of(two_parts, category="pharmacy")
    soup = BeautifulSoup(found.to_html(), "html.parser")
    said_unknown = [line for line in bullets(soup, "inconnu") if "pharmacies ouvrent" in line]
    assert len(said_unknown) == 1
    assert soup.select("#hours") == []
    assert found.tables["hours"].empty


def test_the_outside_is_told_with_who_carries_and_who_comes(page, dossier):
    carried, coming = dossier.tables["outside_sites"], dossier.tables["outside_demand"]["outside_people"].sum()
    told = bullets(page, "dependence")
    count = carried["people"].sum()
    assert told[0].startswith(f"{french(count)} habitants ({round(100 * count / 70550)} %)".replace("\u202f", " "))
    assert "CA du Saint-Quentinois (2 060 habitants)" in told[1]
    assert french(coming).replace("\u202f", " ") in told[2]
    assert "accueille plus qu’il n’envoie" in told[2]
    first = page.select_one("#dependence tbody tr")
    assert "Saint-Simon" in said(first)
    assert "reviendraient dans le territoire" in said(first)


def test_data_that_end_at_the_border_say_nothing_of_the_outside(two_parts):
    soup = BeautifulSoup(Dossier.of(two_parts, category="pharmacy").to_html(), "html.parser")
    assert bullets(soup, "dependence")[0].startswith("Les données s’arrêtent à la limite du territoire")
    assert soup.select("#dependence table") == []


def test_one_closing_counts_the_people_near_thanks_to_one_single_site(page, study):
    times = study.minutes(study.sites("france_services"))[study.inside.to_numpy()].to_numpy()
    first, second = np.sort(times, axis=1)[:, :2].T
    people = study.residents["population"][study.inside].to_numpy()
    alone = people[(first <= 20) & ~(second <= 20)].sum()
    told = bullets(page, "resilience")[1:]
    assert told[0].startswith(f"{french(alone)} habitants".replace("\u202f", " "))
    assert told[1] == "Aucune fermeture isolée ne ferait passer quelqu’un au-delà de 30 minutes."
    assert "« France services de Chauny »" in told[2]


def test_only_a_modelled_network_warns_that_the_counts_are_exaggerated(page, two_parts):
    assert bullets(page, "resilience")[0].startswith("Attention : le réseau est modélisé")
    soup = BeautifulSoup(Dossier.of(two_parts, category="pharmacy").to_html(), "html.parser")
    told = bullets(soup, "resilience")
    assert told[0].startswith("300 habitants (50 %) ne sont à 20 minutes ou moins que grâce à un seul site")
    assert any("n’atteindraient plus aucun site" in line for line in told)


def test_where_nobody_is_reached_any_more_the_chapters_still_stand(two_parts):
    found = Dossier.of(two_parts, Scenario("fermeture").close("p"))
    soup = BeautifulSoup(found.to_html(), "html.parser")
    assert "plus personne n’atteint de site" in said(soup.select_one("#inequality"))
    assert found.tables["imbalance"].loc["unreached_people"].to_list() == [300.0, 600.0]
    assert "Non atteintes" in said(soup.select("#inequality table")[1])
    # Today's curve is of those reached, as its Gini index is.
    assert "Gini" in soup.select_one("#inequality details svg desc").get_text()


# ------------------------------------------------------------------ hostile and odd inputs


@pytest.fixture(scope="module")
def hostile(study):
    communes, services = study.communes.copy(), study.services.copy()
    communes.loc["02173", "name"] = HOSTILE
    communes["epci_name"] = HOSTILE
    services.loc[services["category"] == "france_services", "name"] = HOSTILE
    notes = study.notes.copy()
    notes["problem"] = notes["remedy"] = HOSTILE
    return replace(study, communes=communes, services=services, notes=notes, title=HOSTILE)


def test_hostile_names_stay_text_everywhere(hostile):
    plan = Scenario(HOSTILE).open("france_services", commune="02217", name=HOSTILE)
    html = Dossier.of(hostile, plan).to_html()
    assert HOSTILE not in html
    soup = BeautifulSoup(html, "html.parser")
    # The data of the map, those of the council table, and our own script.
    assert len(soup.find_all("script")) == 3
    for place in (
        "title",
        "h1",
        ".d-verdict",
        "#communes",
        "#corrections",
        ".d-actions",
        ".am-views",
        "#changes",
        "#inequality",
        "#dependence",
        "#resilience",
        "figure",
    ):
        assert HOSTILE in soup.select_one(place).get_text(), place


@pytest.fixture(scope="module")
def two_parts() -> Study:
    """Three communes in a row; the road ends after the second, so that the third reaches nothing beyond itself."""
    squares = [shapely.box(715_000 + 4000 * k, 6_945_000, 719_000 + 4000 * k, 6_949_000) for k in range(3)]
    codes = pd.Index(["02001", "02002", "02003"], name="code")
    communes = gpd.GeoDataFrame(
        {"name": ["Un", "Deux", "Trois"], "population": [100, 200, 300], "epci": None, "in_territory": True},
        index=codes,
        geometry=squares,
        crs="EPSG:2154",
    ).astype({"epci": "str"})
    middles = communes.centroid
    places = middles.to_crs("EPSG:4326")
    ends = gpd.GeoSeries(shapely.points(middles.x + 500, middles.y), crs="EPSG:2154").to_crs("EPSG:4326")
    nodes = pd.DataFrame({"lon": [*places.x, *ends.x], "lat": [*places.y, *ends.y]}, index=list(range(6)))
    edges = pd.DataFrame({"u": [0, 0, 1, 2], "v": [1, 3, 4, 5], "minutes": [8.0, 1.0, 1.0, 1.0]})
    residents = gpd.GeoDataFrame(
        {"commune": codes, "population": [100, 200, 300]},
        index=pd.Index(["a", "b", "c"], name="resident_id"),
        geometry=middles.to_list(),
        crs="EPSG:2154",
    )
    services = gpd.GeoDataFrame(
        {"name": ["Pharmacie", "Mairie"], "category": ["pharmacy", "mairie"]},
        index=pd.Index(["p", "m"], name="service_id"),
        geometry=[middles.iloc[0], middles.iloc[0]],
        crs="EPSG:2154",
    )
    return Study(communes, residents, services, RoadNetwork.from_edges(nodes, edges, directed=False), title="Toy")


def test_people_who_are_not_reached_are_words_and_stay_in_the_shares(two_parts):
    there = two_parts.communes.centroid.to_crs("EPSG:4326").iloc[2]
    found = Dossier.of(two_parts, Scenario("plan").open("pharmacy", lon=there.x, lat=there.y))
    assert found.tables["coverage"].loc[10].to_list() == [0.5, 1.0]
    assert found.tables["summary"].loc["unreached_people"].to_list() == [300.0, 0.0]
    soup = BeautifulSoup(found.to_html(), "html.parser")
    row = next(row for row in rows(soup, "communes") if row[0] == "Trois")
    assert row[2] == row[-1] == "non atteint"
    assert row[-2] == "nouvellement atteint"
    told = said(soup.select_one("#changes"))
    assert "300 habitants qui n’avaient aucun accès sont nouvellement atteints" in told
    assert "Personne ne gagne 1 minute ou plus." in told
    assert "1 commune non atteinte" in said(soup.select_one("figure"))


def test_closing_the_only_site_is_no_loss_in_minutes_but_people_no_longer_reached(two_parts):
    found = Dossier.of(two_parts, Scenario("fermeture").close("p"))
    soup = BeautifulSoup(found.to_html(), "html.parser")
    told = said(soup.select_one("#changes"))
    assert "300 habitants ne sont plus atteints du tout" in told
    assert "Personne ne perd 1 minute ou plus." in told
    assert "3 communes non atteintes" in said(soup.select("figure")[1])
    assert "–" in rows(soup, "communes")[0]


def test_a_network_of_real_roads_is_not_told_as_modelled(two_parts):
    soup = BeautifulSoup(Dossier.of(two_parts, category="pharmacy").to_html(), "html.parser")
    assert "modélisé" not in said(soup)
    assert [said(each)[:16] for each in soup.select(".d-warning")] == ["Attention. 50 % "] * 2  # half is cut off


def test_a_dossier_that_cannot_tell_its_category_asks_for_it(study):
    mixed = Scenario("deux").open("pharmacy", commune="02217").open("bank", commune="02217")
    with pytest.raises(ScenarioError, match="category="):
        Dossier.of(study, mixed)


def test_the_weighted_quantile_counts_people():
    values, people = pd.Series([1.0, 2.0, 3.0, np.nan]), pd.Series([1.0, 1.0, 8.0, 90.0])
    assert weighted_quantile(values, people, 0.1) == 1.0
    assert weighted_quantile(values, people, 0.2) == 2.0
    assert weighted_quantile(values, people, 0.21) == 3.0
    assert np.isnan(weighted_quantile(values.iloc[3:], people.iloc[3:], 0.5))


def test_tables_can_be_written_as_csv_and_geopackage(dossier, tmp_path):
    for name, table in dossier.tables.items():
        table.to_csv(tmp_path / f"{name}.csv")
    dossier.tables["communes"].to_file(tmp_path / "communes.gpkg", driver="GPKG")
    assert (tmp_path / "communes.gpkg").stat().st_size > 10_000
