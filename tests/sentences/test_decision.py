"""What is recommended, by its rule: of tables, as sentences."""

import pandas as pd
import pytest

from accessmap import sentences

NONE = {"gain": 0.0, "lose": 0.0, "newly_reached": 0.0, "no_longer_reached": 0.0, "unchanged": 1000.0}
COUNTED = {"communes_gain": 0, "communes_lose": 0, "for_whom": "", "total_aged": float("nan")}


def plan(name, role="proposal", mean=7.3, share=0.72, d9=13.7, **more):
    row = {"name": name, "role": role, "mean": mean, "counted": mean, "share": share, "d9": d9}
    row |= {"question": 0, "opens": 1, "closes": 0, "near": True, "best": role == "best", "unreached_people": 0.0}
    return {**row, "status": "optimal", "gap": 0.0, "places": 81, **NONE, **COUNTED, **more}


def table(*rows, today=None):
    first = plan("baseline", "today", question=-1, opens=0, near=False) | (today or {})
    made = pd.DataFrame([first, *rows], index=["baseline", *(row["name"] for row in rows)])
    best = made[made["best"]].drop_duplicates("question").set_index("question")
    made["mean_added"] = made["mean"] - made["question"].map(best["mean"])
    made["people_added"] = (made["share"] - made["question"].map(best["share"])) * 1000
    return made


def decided(*rows, lang="fr", today=None, **more):
    told = sentences.decision(table(*rows, today=today), category="pharmacy", cutoff=10, lang=lang, **more)
    return [line.replace("\xa0", " ").replace("\u202f", " ") for line in told]


COUCY = plan("Coucy", mean=6.58, share=0.799, d9=11.8, rank=9)
TERGNIER = plan("Tergnier", "best", mean=6.22, share=0.782, d9=13.7, rank=1)


def test_a_proposal_near_the_proven_best_is_recommended_and_the_best_is_named():
    first, second = decided(COUCY, TERGNIER)
    assert first == (
        "Recommandation : « Coucy », car le trajet moyen passe de 7,3 à 6,6 min, et 80 % des habitants sont à"
        " 10 minutes ou moins, contre 72 % aujourd’hui ; sur le seul trajet moyen, Tergnier ferait mieux (6,2 min) ;"
        " l’écart, sous la demi-minute, ne tranche pas."
    )
    assert second == (
        "Pour le trajet moyen, « Coucy » est au rang 9 des 81 lieux possibles : le plus court s’obtient avec Tergnier"
        " (prouvé), 6,2 min, soit 0,4 min de moins par habitant, mais 17 habitants de moins à 10 minutes ou moins."
    )
    lines = decided({**COUCY, "rank": float("nan")}, TERGNIER)
    assert lines[1].startswith(
        "Le trajet moyen le plus court n’est pas parmi les propositions : Tergnier (prouvé sur 81"
    )
    assert decided(COUCY, TERGNIER, lang="en")[0] == (
        "Recommended: “Coucy”, since the mean trip falls from 7.3 to 6.6 min, and 80% of people are within 10 minutes,"
        " 72% today; on the mean trip alone, Tergnier would do better (6.2 min); the difference, under half a"
        " minute, does not decide."
    )


def test_a_proposal_that_is_the_proven_best_is_told_to_be():
    (line,) = decided(COUCY | {"best": True})
    assert line.endswith("contre 72 % aujourd’hui ; c’est le meilleur choix (prouvé sur 81 lieux possibles).")
    (line,) = decided(COUCY | {"best": True, "status": "time limit", "gap": 0.013})
    assert line.endswith("c’est le meilleur choix (calcul arrêté : à 1,3 % au plus du meilleur).")


def test_of_several_the_fewest_minutes_a_person_is_taken():
    lines = decided(COUCY, plan("Folembray", mean=6.44, share=0.816, d9=11.5), TERGNIER)
    assert lines[0].startswith("Recommandation : « Folembray », car le trajet moyen passe de 7,3 à 6,4 min")


def test_what_is_far_from_the_proven_best_is_not_recommended_as_it_is():
    lines = decided(plan("Brie", mean=7.1, share=0.728, near=False), TERGNIER)
    assert lines[0].startswith(
        "Aucune proposition n’est recommandée telle quelle : la meilleure est « Brie » (le trajet"
    )
    assert "Tergnier" in lines[1]


def test_two_that_are_written_alike_are_not_told_apart():
    lines = decided(COUCY, plan("Guny", mean=6.61, share=0.796, d9=12.0), TERGNIER)
    assert "Les données ne départagent pas « Coucy », « Guny » : à l’arrondi près, les trajets sont les mêmes." in lines
    # Nor is a best place that no proposal is, where it is written alike.
    lines = decided(COUCY, TERGNIER | {"mean": 6.56, "counted": 6.56})
    assert "Les données ne départagent pas « Coucy », Tergnier" in lines[1]


def test_what_changes_a_hair_is_no_headline():
    (line,) = decided(plan("Cinq", mean=7.29, share=0.7203))
    assert line == (
        "La proposition ne raccourcit pas le trajet moyen de l’ensemble (7,3 min aujourd’hui) : sur ce critère,"
        " elle n’est pas recommandée."
    )
    closing = plan("fermer", mean=11.1, share=0.42, opens=0, closes=1, question=-1, near=False)
    assert "elle n’est pas recommandée" in decided(closing)[0]


FOLEMBRAY = plan("Folembray", "near", mean=6.44, share=0.816, d9=11.5, rank=2)


COMPARED = {
    "fr": (
        "Recommandation : comparer avec Folembray avant de voter, car « Coucy » améliore l’accès (le trajet moyen"
        " passe de 7,3 à 6,6 min, et 80 % des habitants sont à 10 minutes ou moins, contre 72 % aujourd’hui), mais"
        " Folembray fait mieux sur chaque mesure (6,4 min, 82 % à 10 minutes ou moins, un habitant sur dix à plus"
        " de 11,5 min au lieu de 11,8 min) ; l’écart, sous la demi-minute, ne tranche pas."
    ),
    "en": (
        "Recommended: compare with Folembray before the vote, since “Coucy” improves access (the mean trip falls"
        " from 7.3 to 6.6 min, and 80% of people are within 10 minutes, 72% today), but Folembray does better on"
        " every measure (6.4 min, 82% within 10 minutes, one person in ten beyond 11.5 min instead of 11.8 min);"
        " the difference, under half a minute, does not decide."
    ),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_proposal_that_another_place_beats_on_every_measure_is_to_be_compared_with_it(lang):
    lines = decided(COUCY, TERGNIER, FOLEMBRAY, plan("Champs", "near", mean=6.5, share=0.815, d9=11.3), lang=lang)
    assert lines[0] == COMPARED[lang]
    assert len(lines) == 2  # and what the proven best on the mean is
    assert "Tergnier" in lines[1]


def certain(modelled=False, counted=0, of=7):
    facts = {"roads": (float(modelled), 1), "points": (of, of), "counted": (counted, of)}
    return pd.DataFrame.from_dict(facts, orient="index", columns=["unknown", "of"]).assign(gap=float("nan"))


def test_what_is_too_little_to_decide_is_said_in_the_sentence_that_recommends():
    roads = {"certainty": certain(modelled=True)}
    assert decided(COUCY, TERGNIER, FOLEMBRAY, **roads)[0].endswith(
        "11,8 min) ; l’écart, sous la demi-minute (routes modélisées), ne tranche pas."
    )
    # Half a minute or more decides; modelled roads are said all the same.
    far = {"mean": 5.9, "counted": 5.9}
    assert decided(COUCY, FOLEMBRAY | far)[0].endswith("au lieu de 11,8 min).")
    assert decided(COUCY, FOLEMBRAY | far, **roads)[0].endswith(
        "11,8 min) ; sur des routes modélisées, un trajet donné peut s’en écarter de plusieurs minutes."
    )
    # So is a gain on today of less than half a minute, and a best place that another follows closely.
    small = plan("Trespoux", mean=6.9, share=0.75, best=True)
    assert decided(small)[0].endswith("; ce gain moyen de moins d’une demi-minute est trop petit pour être sûr.")
    assert decided(TERGNIER, FOLEMBRAY, **roads)[1].endswith(
        "; Folembray suit à moins d’une demi-minute (routes modélisées) : l’écart ne tranche pas."
    )
    assert decided(TERGNIER, FOLEMBRAY | {"mean": 6.73, "counted": 6.73})[1].endswith("contre 72 % aujourd’hui.")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_best_place_that_rests_on_numbers_by_commune_is_told_to(lang):
    told = {"fr": "7 sites du territoire sur 7 ne sont qu’un nombre par commune", "en": "7 sites of the territory of 7"}
    facts = certain(counted=7)
    assert told[lang] in decided(TERGNIER, certainty=facts, lang=lang)[-1]
    for fewer in (certain(counted=3), facts.drop(index="counted")):
        assert not any(told[lang] in line for line in decided(TERGNIER, certainty=fewer, lang=lang))
    # Where no place was searched there is none that would rest on them.
    assert not any(told[lang] in line for line in decided(COUCY | {"question": -1}, certainty=facts, lang=lang))
    sure = " ".join(sentences.certainty(pd.concat([siting(), facts]), lang=lang))
    assert {"fr": "la preuve ne vaut que pour ce placement", "en": "holds for that placing only"}[lang] in sure
    brief = sentences.brief(
        table(TERGNIER), certainty=pd.concat([siting(), facts]), costs=pd.DataFrame({"eur": []}), cutoff=10, lang=lang
    )
    assert {"fr": "sites comptés par commune", "en": "sites counted by commune"}[lang] in brief["sure"]


def siting():
    return pd.DataFrame({"unknown": [0.0], "of": [81.0], "gap": [0.0]}, index=["siting"])


def test_differences_in_the_headline_are_those_of_the_numbers_as_written():
    # 6.54 - 6.26 is 0.28, and 6,5 - 6,3 is 0,2.
    lines = decided(COUCY | {"mean": 6.54, "counted": 6.54}, TERGNIER | {"mean": 6.26, "counted": 6.26})
    assert "6,3 min, soit 0,2 min de moins par habitant" in lines[1]


def test_the_nearest_alternatives_are_the_first_ranks_however_far():
    places = [plan(f"n{k}", "next", mean=6.3 + k, rank=k, for_whom="Guny") for k in (4, 3, 2)]
    town = plan("Ville", "town", mean=11.0, rank=22, for_whom="Ville")
    told = sentences.alternatives(table(TERGNIER | {"role": "proposal"}, *places, town), cutoff=10)
    assert [line.split("\xa0")[0].split(" ")[0] for line in told] == ["n2", "n3", "n4"]


def test_what_is_worse_on_one_measure_beats_nobody():
    for worse in ({"d9": 12.5}, {"share": 0.79}, {"mean": 6.7, "counted": 6.7}, {"unreached_people": 3.0}):
        assert decided(COUCY, TERGNIER, FOLEMBRAY | worse)[0].startswith("Recommandation : « Coucy », car")
    closer = decided(COUCY, TERGNIER, FOLEMBRAY | {"mean": 6.58, "counted": 6.58})
    assert "Folembray fait aussi bien ou mieux sur chaque mesure" in closer[0]
    same = decided(COUCY, TERGNIER, FOLEMBRAY | {"mean": 6.57, "counted": 6.57, "share": 0.8, "d9": 11.79})
    assert "avant de voter" not in same[0]  # written alike
    # The last tenth is a measure too, where mean and share are written alike.
    last = decided(COUCY, FOLEMBRAY | {"mean": 6.57, "counted": 6.57, "share": 0.8})
    assert last[0].startswith("Recommandation : comparer avec Folembray")


def test_plans_of_more_sites_beat_none_of_fewer_and_those_of_fewer_do():
    two = {"opens": 2, "question": 1}
    assert decided(COUCY, FOLEMBRAY | two)[0].startswith("Recommandation : « Coucy », car")
    lines = decided(COUCY | two, FOLEMBRAY)
    assert lines[0].startswith("Recommandation : comparer avec Folembray avant de voter")


def test_another_proposal_that_is_better_on_every_measure_but_not_near_its_own_best_is_named():
    # It moves a site, and opens two: as many more, but another question.
    moved = plan("Champs", mean=6.3, share=0.83, d9=11.0, opens=2, closes=1, question=1, near=False)
    best = plan("Deux", "best", mean=5.5, share=0.8, d9=14.0, opens=2, closes=1, question=1)
    lines = decided(COUCY, TERGNIER, moved, best)
    assert lines[0].startswith("Recommandation : comparer avec « Champs » avant de voter, car « Coucy » améliore")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_proposal_far_from_the_best_names_what_beats_it(lang):
    far = plan("Brie", mean=7.1, share=0.728, near=False)
    first = decided(far, TERGNIER, lang=lang)[0]
    if lang == "fr":
        assert "Tergnier fait aussi bien ou mieux sur chaque mesure (6,2 min, 78 %" in first
        assert first.startswith("Aucune proposition n’est recommandée telle quelle : la meilleure est « Brie »")
    else:
        assert first.startswith("No proposal is recommended as it is: the best is “Brie”")
        assert "Tergnier does as well or better on every measure (6.2 min, 78%" in first
    fewer = decided(far, TERGNIER | {"share": 0.72}, lang=lang)[0]
    assert ("sur le seul trajet moyen, Tergnier" if lang == "fr" else "on the mean trip alone, Tergnier") in fewer


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_where_no_proposal_is_better_than_today_the_best_place_is_named(lang):
    first, *more = decided(plan("Cinq", mean=7.29, share=0.7203), TERGNIER, lang=lang)
    end = {
        "fr": "elle n’est pas recommandée ; sur le seul trajet moyen, Tergnier ferait mieux (6,2 min).",
        "en": "it is not recommended; on the mean trip alone, Tergnier would do better (6.2 min).",
    }
    assert first.endswith(end[lang])
    assert not more


def test_each_number_of_sites_has_its_recommendation_and_the_council_chooses_the_number():
    two = plan("deux", mean=5.46, share=0.86, d9=11.1, opens=2, question=-1, near=False)
    lines = decided(COUCY, two, TERGNIER)
    assert lines[0].startswith("Recommandation, avec 1 site de plus : « Coucy »")
    assert lines[1].startswith("Recommandation, avec 2 sites de plus : « deux »")
    assert lines[-1].startswith("Combien de sites ouvrir ne se lit pas dans les trajets")


def test_without_a_proposal_the_page_says_how_it_is_and_where_the_next_site_would_go():
    lines = decided(TERGNIER)
    assert lines[0] == (
        "Aujourd’hui, 72 % des habitants sont à 10 minutes ou moins d’une pharmacie, et le trajet moyen est de 7,3 min."
        " Rien n’est proposé au vote."
    )
    assert lines[1].startswith(
        "Pour une pharmacie de plus, le meilleur lieu est Tergnier (prouvé sur 81 lieux possibles)"
    )
    assert decided()[1] == "Aucun lieu possible n’est connu : le meilleur prochain site ne peut pas être dit."
    same = decided(TERGNIER | {"mean": 7.3, "counted": 7.3, "share": 0.72})
    assert same[1] == "Aucun des 81 lieux possibles ne raccourcirait les trajets."


def test_what_is_unknown_is_said_and_what_to_ask():
    unknown = {"mean": float("nan"), "counted": float("nan"), "share": float("nan")}
    (line,) = decided(COUCY, today=unknown)
    assert line.startswith("Rien ne peut être recommandé : aucun habitant n’est compté")
    assert "À demander" in line


def test_a_first_site_where_nobody_reaches_one_is_recommended():
    lines = decided(COUCY | {"question": -1}, today={"mean": float("nan"), "counted": float("nan"), "share": 0.0})
    assert lines[0].startswith("Recommandation : « Coucy », car 80 % des habitants seraient à 10 minutes ou moins")


def test_a_proposal_that_moves_no_site_is_judged_by_what_it_changes():
    lines = decided(plan("tard"), TERGNIER, instead={"tard": "les horaires d’ouverture"})
    assert lines[-1] == "« tard » ne change pas ces trajets : à juger sur ce qu’elle change, les horaires d’ouverture."
    assert lines[0].startswith("Aujourd’hui, 72 %")


def test_gains_name_the_oldest_and_those_without_a_car_where_they_are_known():
    row = plan(
        "Coucy", gain=100.0, lose=30.0, newly_reached=5.0, communes_gain=2, communes_lose=1, for_whom="Coucy, Guny"
    )
    told = [line.replace("\xa0", " ") for line in sentences.gains(table(row), lang="en")]
    assert " ".join(told) == (
        "“Coucy”: 100 people gain at least 1 minute, newly reached: 5 people (they live in 2 communes); 30 people lose"
        " at least 1 minute (they live in 1 commune); under a minute of change, or none, for 1,000 people."
        " Most for: Coucy, Guny."
    )
    row |= {"total_aged": 50.0, "gain_aged": 20.0, "lose_aged": 3.0}
    told = sentences.gains(table(row), lang="fr")[1].replace("\xa0", " ")
    assert told == "Parmi les 50 habitants de 75 ans et plus, 20 gagnent et 3 perdent."


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_costs_that_are_known_in_part_say_so(lang):
    costs = pd.DataFrame({"eur": [50_000.0], "unknown": [2], "km": [-10.4], "eur_car": [-6.6]}, index=["Coucy"])
    told = " ".join(sentences.costs(costs, lang=lang)).replace("\xa0", " ").replace("\u202f", " ")
    assert ("50 000 €" if lang == "fr" else "50,000 €") in told
    assert ("−10 km, soit −7 €" if lang == "fr" else "−10 km, that is −7 €") in told
    assert ("2 opérations n’y est pas" if lang == "fr" else "2 operations is not in it") in told


def test_certainty_says_what_is_proven_and_what_is_supposed():
    facts = pd.DataFrame(
        {"unknown": [0, 1, 1, 2, 7], "of": [81, 1, 1, 3, 100], "gap": [0.02] + [float("nan")] * 4},
        index=["siting", "roads", "homes", "points", "unreached"],
    )
    told = " ".join(sentences.certainty(facts, lang="en")).replace("\xa0", " ")
    assert "among 81 possible places another choice would be at most 2.0% better" in told
    assert "Roads are modelled" in told
    timed = facts.loc[["roads"]].assign(unknown=0).reindex(["roads", "estimated"]).fillna({"unknown": 1, "of": 1})
    told_timed = " ".join(sentences.certainty(timed))
    assert "Vraies routes, temps estimés" in told_timed
    assert "calculés sur de vraies routes" not in told_timed
    assert "calculés sur de vraies routes" in " ".join(sentences.certainty(timed.assign(unknown=0)))
    assert "2 sites of the territory of 3 are placed by a rule" in told
    assert "7 people of 100 reach no site today" in told
    assert sentences.certainty(facts.drop(index=facts.index), lang="en")[0].startswith(
        "The best place was not computed"
    )


def test_what_trips_save_is_a_supposition_and_told_in_two_digits():
    table = pd.DataFrame({"eur": float("nan"), "unknown": 1, "km": -87388.2, "eur_car": -55578.9}, index=["Coucy"])
    told = sentences.costs(table, lang="fr")[-1]
    assert "environ −87 000 km, soit −56 000 €" in told.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_phone_shows_each_fact_of_the_decision_in_a_line(lang):
    row = COUCY | {"gain": 100.0, "lose": 0.0, "newly_reached": 5.0, "communes_gain": 2}
    facts = pd.DataFrame(
        {"unknown": [0, 1, 3, 0], "of": [81, 1, 3, 3], "gap": [0.0] + [float("nan")] * 3},
        index=["siting", "roads", "hours", "step_free"],
    )
    costs = pd.DataFrame({"eur": [float("nan")], "unknown": [1]}, index=["Coucy"])
    past = pd.DataFrame({"share": [0.01]}, index=["2017"])
    made = table(row, TERGNIER, FOLEMBRAY)
    told = sentences.brief(made, certainty=facts, costs=costs, history=past, cutoff=10, lang=lang)
    told = {name: line.replace("\xa0", " ").replace("\u202f", " ") for name, line in told.items()}
    french = {
        "gains": "105 habitants gagnent une minute ou plus, personne ne perd.",
        "costs": "Inconnu : à demander à qui porterait le site.",
        "sure": "Plus court trajet prouvé ; routes modélisées.",
        "alternatives": "Tergnier 6,2 min ; Folembray 6,4 min.",
        "unknowns": "Horaires.",
        "history": "2017 : 1 % à 10 minutes ou moins.",
    }
    if lang == "fr":
        assert told == french
    assert told.keys() == french.keys()
    both = table(row, plan("Guny", lose=3.0))
    priced = pd.DataFrame({"eur": [50_000.0, float("nan")], "unknown": [0, 1]}, index=["Coucy", "Guny"])
    gap = facts.assign(unknown=[0, 0, 0, 0], gap=[0.013] + [float("nan")] * 3)
    told = sentences.brief(both, certainty=gap, costs=priced, cutoff=10, lang="en")
    assert told["gains"].count("“") == 2
    assert told["costs"].replace("\xa0", " ") == "50,000 € by the programme, unknown in part."
    assert told["sure"] == "Shortest trip to within 1.3%; real roads."
    assert "unknowns" not in told
    assert "history" not in told
