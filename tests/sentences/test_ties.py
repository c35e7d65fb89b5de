"""What stands first or last with others, and numbers beside their difference."""

import pandas as pd

from accessmap import sentences
from accessmap.words.words import Words


def said(lines):
    return [line.replace("\xa0", " ").replace("\u202f", " ") for line in lines]


def services(means, scores=None):
    index = pd.MultiIndex.from_tuples([(name, "baseline") for name in means], names=["category", "situation"])
    table = pd.DataFrame({"sites": 1.0, "mean": list(means.values()), "outside_share": 0.0}, index=index)
    table_of_scores = None if scores is None else pd.DataFrame({"score": scores})
    return said(sentences.services(table, scores=table_of_scores, lang="fr"))


def test_every_service_at_an_end_is_named():
    told = services({"mairie": 2.01, "bank": 2.04, "hospital": 9.0})
    assert told[0] == (
        "Trajet moyen : de 2,0 min pour les services les plus proches (mairie, banque) à 9,0 min pour le plus éloigné"
        " (hôpital)."
    )
    assert services({"mairie": 2.01, "bank": 2.04})[0] == "Trajet moyen : 2,0 min pour chacun des services."


def test_communes_with_the_score_of_the_last_named_are_named_too():
    scores = pd.Series([10.0, 20, 30, 40, 50, 50, 50, 90], index=list("abcdefgh"))
    assert services({"mairie": 1.0, "bank": 2.0}, scores)[-1].endswith("d (40), e (50) et 2 autres.")
    alike = pd.Series(50.0, index=list("abcdefgh"))
    assert not any("moins bien servies" in line for line in services({"mairie": 1.0, "bank": 2.0}, alike))


def test_closings_that_hurt_alike_are_named_together():
    index = pd.MultiIndex.from_tuples([("02001", 10.0)], names=["commune", "cutoff"])
    table = pd.DataFrame({"one_away": [0.0], "share": [0.0], "name": ["Aville"]}, index=index)
    closings = pd.DataFrame({"name": ["A", "B", "C"], "people": [50.2, 49.9, 20.0], "minutes": [3.01, 3.02, 3.0]})
    told = said(sentences.resilience(table, criticality=closings, people=100, lang="fr"))
    assert "celle de « A », à égalité avec « B » : 50 habitants iraient ailleurs, 3,0 min plus loin" in " ".join(told)


def test_a_change_stands_beside_its_numbers_as_they_subtract():
    words = Words("fr")
    assert words.change_beside(11.36, 11.34, -0.02).replace("\xa0", " ") == "−0,1 min"
    assert words.change_beside(11.34, 11.31, -0.03).replace("\xa0", " ") == "0,0 min"
    assert words.change_beside(12.0, 15.0, -2.0).replace("\xa0", " ") == "−2,0 min"  # some were not reached before


def test_parts_as_written_make_the_whole():
    indices = ["mean", "p10", "p90", "p90_p10", "theil", "theil_between", "gini"]
    table = pd.DataFrame({"baseline": [5.0, 5.0, 5.02, 1.004, 0.2, 0.067, 0.1]}, index=indices)
    shares = pd.DataFrame({"baseline": [0.9]}, index=[10.0])
    told = " ".join(said(sentences.inequality(table, coverage=shares, people=100, groups=2, lang="fr")))
    assert "34 % de ces écarts" in told
    assert "le reste, 66 %" in told
    assert "fois plus" not in told
