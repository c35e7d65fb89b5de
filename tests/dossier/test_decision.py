"""The decision page and its alternatives: the numbers of `compare`, exact siting, and what a mayor can read aloud."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

import accessmap as am
from accessmap.dossier import Dossier
from accessmap.dossier.alternatives import NEAR
from accessmap.dossier.sureness import as_good
from accessmap.study.scenario import Scenario

KIND = "france_services"
FEW = [chapter for chapter in am.chapters() if chapter.name in ("decision", "alternatives", "sureness", "history")]


def said(soup) -> str:
    return " ".join(soup.get_text(" ").split())


@pytest.fixture(scope="module")
def dossier(sample_study):
    plan = Scenario("Coucy").open(KIND, commune="02217")
    asked = {"chapters": FEW, "uncertainty": am.uncertainty.Assumptions()}
    return Dossier.of(sample_study, sample_study.scenarios["2017"], plan, category=KIND, **asked)


@pytest.fixture(scope="module")
def page(dossier):
    return BeautifulSoup(dossier.to_html(), "html.parser")


def test_how_sure_it_is_stands_first_of_what_is_sure(dossier, page, sample_study):
    """The plans of one site more in the same worlds."""
    table, checks, unsure = (dossier.tables[name] for name in ("sureness", "to_check", "undecided"))
    plans = dossier.tables["alternatives"]
    assert set(table.index) == set(plans.index)
    assert table["mean_now"].to_numpy() == pytest.approx(plans["mean"].reindex(table.index).to_numpy(), abs=1e-4)
    assert table["share_now"].to_numpy() == pytest.approx(plans["share"].reindex(table.index).to_numpy())
    assert table["chance"].sum() == pytest.approx(1)
    assert table["name"].iloc[0] == "Tergnier"
    assert (table["mean_low"] < table["mean_now"]).all()
    assert (table["mean_now"] < table["mean_high"]).all()
    assert checks.index[0] == "everything"
    assert len(unsure) == sample_study.communes["in_territory"].sum()
    text = said(page.select_one("#decision"))
    assert "Tergnier reste le meilleur choix dans" in text
    assert "« Coucy » serait le meilleur choix dans" in text
    often = round(1 / dossier.tables["check_together"].loc["sites", "changes"])
    assert "À vérifier d’abord : la liste des sites (ouverts, absents, horaires)" in text
    assert f"cela changerait la décision 1 fois sur {often}" in text
    assert said(page).count("À vérifier d’abord") == 1
    # First the two plans of the recommendation, by its own measures, and why the mean trip names a third.
    assert table.loc["Coucy", "as_good"] == 1
    (chance,) = table.loc[table["name"] == "Folembray", "as_good"]
    assert table.loc[table["name"] == "Tergnier", "as_good"].item() < chance < 1
    often = f"Folembray fait au moins aussi bien que « Coucy » dans {int(10 * chance + 0.5)} cas sur 10."
    assert often in text
    assert len(page.find("h3", string="Est-ce sûr\u202f?").parent.select(".d-whole")) == 4  # the rest is folded
    why = "Pourquoi deux lieux : Folembray fait mieux que « Coucy » sur chaque mesure, Tergnier sur le trajet moyen"
    assert text.index(often) < text.index(why) < text.index("Tergnier reste le meilleur choix dans")
    (short,) = [said(each) for each in page.select("#decision .d-short") if "prouvé" in each.get_text()]
    assert short.startswith(f"Folembray au moins aussi bien dans {int(10 * chance + 0.5)} cas sur 10 ;")
    assert "est tiré au hasard 300 fois" in text
    # Each figure of the cards has its range; where nobody loses in any world, that has none.
    cards = said(page.select_one("#chiffres"))
    for name in ("baseline", "Coucy"):
        low, high = (f"{table.loc[name, f'd9_{end}']:.1f}".replace(".", ",") for end in ("low", "high"))
        assert f"(entre {low} et {high})" in cards
    assert "8 098 habitants gagnent au moins 1 minute (entre " in cards
    assert "(entre 0 et 0)" not in cards


def test_as_good_counts_the_worlds_in_which_a_plan_is_no_worse_on_both_measures(toy_study):
    plans = [Scenario("bourg").open(KIND, commune="02002"), Scenario("aville").open(KIND, commune="02001")]
    draws = am.uncertainty.draw(toy_study, plans, category=KIND, cutoff=2, n=40)
    found = as_good(draws, "bourg", ["bourg", "aville"])
    worlds = range(len(draws.minutes))
    minutes, share = (table.to_dict("list") for table in (draws.minutes, draws.share))
    no_worse = [
        minutes["aville"][world] <= minutes["bourg"][world] + 1e-6
        and share["aville"][world] >= share["bourg"][world] - 1e-6
        for world in worlds
    ]
    assert found.to_dict() == {"bourg": 1.0, "aville": sum(no_worse) / len(worlds)}


def test_communes_of_an_undecided_class_are_hatched_on_the_maps_and_told_in_words(dossier, page):
    """Those that are more often in another class than in that of their colour, on every map of minutes."""
    communes, unsure = dossier.tables["communes"], dossier.tables["undecided"]
    for number, name in ((0, "baseline"), (1, "Coucy")):
        here = set(communes.index[communes[f"class_chance {name}"] < 0.5])
        assert 0 < len(here) < len(communes) / 2
        picture = page.select_one(f"#carte-{number}-t").parent
        (hatched,) = picture.find_all("g", fill=f"url(#carte-{number}-unsure)")
        assert {use["href"].removeprefix("#z-") for use in hatched.find_all("use")} == here
        assert picture.find("pattern", id=f"carte-{number}-unsure")
        told = picture.find("desc").get_text()
        assert f"classe incertaine (plus souvent une autre que celle-ci)\xa0: {len(here)}\xa0communes" in told
    assert not page.select_one("#carte-2-t").parent.find_all("pattern", id="carte-2-unsure")  # a change has no class
    assert set(communes.index[communes["class_chance baseline"] < 0.5]) == set(unsure.index[unsure["undecided"]])
    row = communes.loc["02217"]
    assert row["minutes_low baseline"] < row["minutes baseline"] < row["minutes_high baseline"]
    low, high = (f"{row[f'minutes_{end} baseline']:.0f}" for end in ("low", "high"))
    assert f"entre {low} et {high}" in said(page.select_one("#fiche-02217 tbody"))


def test_a_chapter_tells_what_would_change_the_answer(dossier, page, sample_study):
    """The lead of the best plan is that of the alternatives; a speed that flips it and the range assumed are told."""
    table, plans = dossier.tables["tornado"], dossier.tables["alternatives"]
    means = plans.loc[plans["question"] == 0, "counted"].sort_values()
    assert table["lead"].to_numpy() == pytest.approx(means.iloc[1] - means.iloc[0], abs=1e-4)
    towns = table.loc[("road_class", "towns")]
    assert towns["low"] < 1 < towns["high"]
    text = said(page.select_one("#sureness"))
    told = (
        f"Tergnier ne serait plus le meilleur pour le trajet moyen si l’on "
        f"roulait à {towns['kmh_flips']:.0f} km/h au lieu de 60 entre deux"
    )
    assert told in text
    assert "c’est hors de la fourchette supposée, de 54 à 66" in text  # the least and the most of 1 case in 20
    assert not towns["low"] < towns["flips"] < towns["high"]
    chart = page.select_one("#sureness svg[role=img]")
    assert "L’avance de Tergnier" in chart["aria-label"]
    assert "Vitesse entre deux villes, 54 à 66 km/h : 8 → 19 (Folembray à 80 km/h)" in said(chart.find("desc"))
    assert "communes sur 84" in text


def test_each_alternative_has_the_numbers_that_compare_gives(dossier, sample_study):
    table = dossier.tables["alternatives"]
    assert set(table["name"]) >= {"Coucy", "Tergnier", "Folembray", "Blérancourt"}
    towns = sample_study.communes.reset_index().set_index("name")["code"]
    rows = {name: row for name, row in zip(table["name"], table.to_dict("records"), strict=True) if name in towns.index}
    plans = [Scenario(name).open(KIND, commune=towns[name]) for name in rows]
    inside, people = sample_study.inside, sample_study.people
    minutes = am.compare(plans, sample_study, category=KIND)[inside]
    for name, row in rows.items():
        assert row["mean"] == pytest.approx((minutes[name] * people).sum() / people.sum(), abs=1e-5)
        assert row["share"] == pytest.approx(float(am.coverage(minutes[name], people, 10).iloc[0, 0]))
    told = table.set_index("name")[["mean", "share"]].round({"mean": 2, "share": 3})
    assert told.loc[["Coucy", "Tergnier", "Blérancourt"]].to_numpy().tolist() == [
        [6.58, 0.799],
        [6.22, 0.782],
        [6.76, 0.774],
    ]


def test_gains_losses_and_the_rest_make_the_people(dossier, sample_study):
    table = dossier.tables["alternatives"]
    sides = ["gain", "lose", "newly_reached", "no_longer_reached", "unchanged"]
    assert (table[sides].sum(axis=1) == sample_study.people.sum()).all()
    assert (table.loc["Coucy", "gain"], table.loc["Coucy", "communes_gain"]) == (8098, 24)


def test_the_best_is_the_siting_of_the_library_and_ranks_count_every_place(dossier, sample_study):
    table, tried = dossier.tables["alternatives"], dossier.tables["places_tried"]
    best = table[table["best"]].iloc[0]
    assert (best["name"], best["status"], best["gap"], best["places"]) == ("Tergnier", "optimal", 0.0, 81)
    assert len(tried) == 81  # the 84 mairies, without the three where a site stands
    assert tried["mean"].is_monotonic_increasing
    assert table.loc["Coucy", "rank"] == 1 + tried["name"].tolist().index("Coucy-le-Château-Auffrique") == 9
    near = table[table["role"] == "near"]
    assert len(near) == 4
    assert (near["mean_added"] <= NEAR).all()
    assert table.loc["Coucy", "near"]
    assert table.loc["Coucy", "people_added"] == 1202


def test_the_decision_is_the_first_thing_of_the_page(page):
    head = page.select_one("#decision")
    assert head.find_previous("section") is None
    # One class of minutes would hold every place: the map tells how near the best each comes.
    legend = said(page.select_one("#alternatives .am-legend"))
    assert "le plus court : Tergnier, 6,2 min 1 commune" in legend
    assert "moins de 0,5 min de plus" in legend
    assert "0,5 min de plus, ou davantage" in legend
    assert "un site y est déjà, ou aucun lieu possible 3 communes" in legend
    looks = [svg.decode_contents() for svg in page.select("#alternatives .am-legend svg")]
    assert len(looks) == len(set(looks)) == 5  # no two classes look the same
    # Each difference is that of the figures it stands beside: Verneuil's 6.47 is 0.25 over Tergnier's 6.22.
    shown = [said(row) for row in page.select("#alternatives table:not(.d-sortable) tbody tr")]
    assert any(row.startswith("Verneuil") and "6,5 min +0,3 min" in row for row in shown)
    minutes = [[said(cell) for cell in row.select("td")] for row in page.select("#alternatives .d-sortable tbody tr")]
    written = [[float(cell.split()[0].replace(",", ".").replace("−", "-")) for cell in row[-3:-1]] for row in minutes]
    assert len(written) == 81
    assert all(round(mean - written[0][0], 1) == gap for mean, gap in written)
    assert said(head.h2) == "Faut-il ouvrir une France services à Coucy-le-Château-Auffrique ?"
    advice = said(head.select_one(".d-advice"))
    assert advice.startswith(
        "Recommandation : comparer avec Folembray avant de voter, car « Coucy » améliore l’accès (le"
    )
    assert "trajet moyen passe de 7,3 à 6,6 min" in advice
    assert "Folembray fait mieux sur chaque mesure (6,4 min, 82 % à 10 minutes" in advice
    names = [said(each) for each in head.select(".d-fact h3")]
    assert names == [
        *("Qui gagne, qui perd", "Ce que cela coûte", "Est-ce sûr ?", "Les alternatives les plus proches"),
        *("Ce que l’on ne sait pas", "D’où l’on vient", "Dates des données"),
    ]
    assert len(head.select("details")) == len(names) + 1  # how each is computed, and the rule
    assert "2017" not in advice
    assert "Blérancourt (rang 24 sur 81)" in said(page.select_one("#alternatives"))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_speech_is_two_minutes_long(sample_study, dossier, lang):
    plan = Scenario("Coucy").open(KIND, commune="02217")
    spoken = dossier if lang == "fr" else Dossier.of(sample_study, plan, category=KIND, chapters=[], lang="en")
    text = spoken.speech()
    words = [word for word in text.split() if any(letter.isalnum() for letter in word)]
    assert 230 <= len(words) <= 320
    assert "min " not in text.replace("\xa0", " ")  # units are words
    assert "%" not in text
    assert "Tergnier" in text
    if lang == "fr":  # worlds are drawn
        assert re.search(
            "300 fois avec d’autres hypothèses, le calcul donne.: Folembray au moins aussi bien dans", text
        )
    end = "comparer « Coucy » avec Folembray avant" if lang == "fr" else "compare “Coucy” with Folembray before"
    assert end in text.replace("\xa0", " ")


def test_the_second_to_fourth_stand_beside_a_proposal_that_is_the_best(sample_study):
    # Every place by how many people it serves: ranks behind it, near or not, are told.
    plan = Scenario("Tergnier").open(KIND, commune="02738")
    dossier = Dossier.of(sample_study, plan, category=KIND, chapters=FEW)
    table, tried = dossier.tables["alternatives"], dossier.tables["places_tried"]
    assert table.loc["Tergnier", "rank"] == 1
    page = said(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#decision"))
    for rank in (2, 3, 4):
        assert f"{tried['name'].iloc[rank - 1]} (rang {rank} sur 81) :" in page


def test_two_sites_have_a_best_pair_and_no_list_of_single_places(sample_study):
    pair = Scenario("deux").open(KIND, commune="02217").open(KIND, commune="02738")
    dossier = Dossier.of(sample_study, pair, category=KIND, chapters=FEW)
    table = dossier.tables["alternatives"]
    assert table[table["best"]]["name"].tolist() == ["Folembray, Tergnier"]
    assert table.loc["deux", "near"]
    assert "places_tried" not in dossier.tables


def test_a_study_without_candidates_or_ages_says_what_it_cannot(toy_study):
    plan = Scenario("Bourg").open(KIND, commune="02002")
    dossier = Dossier.of(toy_study, plan, candidates=None, chapters=FEW)
    row = dossier.tables["alternatives"].loc["Bourg"]
    assert (row["question"], row["gain"], row["unchanged"]) == (-1, 50, 100)
    facts = dossier.tables["certainty"]
    assert facts.loc["aged", "unknown"] == facts.loc["without_car", "unknown"] == 150
    page = said(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#decision"))
    assert "Aucun calcul du meilleur lieu" in page
    assert "combien ont 75 ans ou plus" in page
    nothing = toy_study.with_services(toy_study.services[toy_study.services["category"] == KIND])
    assert "alternatives" not in Dossier.of(nothing, category=KIND, chapters=FEW).tables


def test_the_oldest_and_those_without_a_car_are_counted_where_known(toy_study):
    residents = toy_study.residents.assign(age_75_over=[10.0, 8, 1], without_car=[20.0, 9, 2])
    study = replace(toy_study, residents=residents)
    row = (
        Dossier.of(study, Scenario("Bourg").open(KIND, commune="02002"), chapters=FEW)
        .tables["alternatives"]
        .loc["Bourg"]
    )
    assert (row["total_aged"], row["gain_aged"], row["lose_aged"], row["gain_without_car"]) == (18, 8, 0, 9)
    assert row["best"]
    assert row["rank"] == 1


def test_a_proposed_point_that_is_no_candidate_may_be_the_best(toy_study):
    point = toy_study.services.loc[["mairie-b"]].to_crs(4326).geometry.iloc[0]
    plan = Scenario("là").open(KIND, lon=point.x + 0.001, lat=point.y)
    table = Dossier.of(toy_study, plan, candidates=toy_study.services.loc[["mairie-a"]], chapters=FEW).tables[
        "alternatives"
    ]
    assert table.loc["là", "best"]
    assert table.loc["là", "places"] == 1  # a site stands at the one candidate
