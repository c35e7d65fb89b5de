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
        " 10 minutes ou moins, contre 72 % aujourd’hui."
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
        " 72% today."
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


def test_another_place_that_is_better_on_every_measure_is_named():
    lines = decided(COUCY, TERGNIER, plan("Folembray", "near", mean=6.44, share=0.816, d9=11.5))
    assert lines[2] == (
        "Un autre lieu fait mieux sur toutes les mesures : Folembray, 6,4 min, 82 % des habitants à 10 minutes ou"
        " moins, un habitant sur dix à plus de 11,5 min."
    )
    worse_for_the_last = plan("Champs", "near", mean=6.44, share=0.816, d9=12.5)
    assert len(decided(COUCY, TERGNIER, worse_for_the_last)) == 2


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
    assert lines[-1] == "« tard » ne change pas les trajets : à juger sur ce qu’elle change, les horaires d’ouverture."
    assert lines[0].startswith("Aujourd’hui, 72 %")


def test_gains_name_the_oldest_and_those_without_a_car_where_they_are_known():
    row = plan(
        "Coucy", gain=100.0, lose=30.0, newly_reached=5.0, communes_gain=2, communes_lose=1, for_whom="Coucy, Guny"
    )
    told = [line.replace("\xa0", " ") for line in sentences.gains(table(row), lang="en")]
    assert " ".join(told) == (
        "“Coucy”: 100 people gain at least 1 minute, newly reached: 5 people (2 communes); 30 people lose at least 1"
        " minute (1 commune); under a minute of change, or none, for 1,000 people. Most for: Coucy, Guny."
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
    assert "2 sites of the territory of 3 are placed by a rule" in told
    assert "7 people of 100 reach no site today" in told
    assert sentences.certainty(facts.drop(index=facts.index), lang="en")[0].startswith(
        "The best place was not computed"
    )


def test_what_trips_save_is_a_supposition_and_told_in_two_digits():
    table = pd.DataFrame({"eur": float("nan"), "unknown": 1, "km": -87388.2, "eur_car": -55578.9}, index=["Coucy"])
    told = sentences.costs(table, lang="fr")[-1]
    assert "environ −87 000 km, soit −56 000 €" in told.replace("\u202f", " ").replace("\xa0", " ")
