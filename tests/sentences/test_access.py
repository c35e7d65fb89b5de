"""What stands first in a dossier: one threshold, and who gains or loses where shares do not tell plans apart."""

import pandas as pd
import pytest

from accessmap import sentences

PLAN = "plan"


def changes(gain: float, lose: float, newly: float = 0.0, gone: float = 0.0) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([(PLAN, "02173"), (PLAN, "02217")], names=["scenario", "commune"])
    rows = {"gain": gain, "lose": lose, "newly_reached": newly, "no_longer_reached": gone, "minutes": float("nan")}
    return pd.DataFrame({key: [value, 0.0] for key, value in rows.items()}, index=index)


def headline(before: float, after: float, moved: pd.DataFrame | None = None) -> str:
    shares = pd.DataFrame({"baseline": [before, 1.0], PLAN: [after, 1.0]}, index=[10, 20])
    (said,) = sentences.coverage(shares, category="pharmacy", people=10_000, changes=moved, lang="en")
    return said.replace("\xa0", " ").partition("; ")[2]


def test_shares_that_are_written_apart_are_told_with_the_people_between():
    assert headline(0.72, 0.78, changes(900, 0)) == "with the scenario “plan”, 78% (+600 people)."


@pytest.mark.parametrize("after", [0.995, 0.9955])
def test_shares_that_are_written_alike_give_way_to_who_gains_and_who_loses(after):
    told = headline(0.995, after, changes(1240, 12, newly=3))
    assert told == (
        "with the scenario “plan”, the share is about the same, but trips change: "
        "1,240 people gain at least 1 minute, 12 people lose at least 1 minute, newly reached: 3 people."
    )
    assert ">" not in told


def test_where_nobody_gains_a_minute_the_same_share_is_said_to_be_the_same():
    assert (
        headline(0.995, 0.9955, changes(0, 0)) == "with the scenario “plan”, the same share when rounded (+5 people)."
    )
    assert headline(0.995, 0.995, changes(0, 0)) == "with the scenario “plan”, the same share."
    assert headline(0.995, 0.9955) == "with the scenario “plan”, the same share when rounded (+5 people)."


def spread(p90: float, p10: float, after: float) -> list[str]:
    rows = {"mean": [5.0, 5.0], "p10": [p10, p10], "p90": [p90, after], "p90_p10": [p90 / p10, after / p10]}
    table = pd.DataFrame(rows | {"gini": [0.3, 0.3], "theil": [0.0, 0.0]}, index=["baseline", PLAN]).T
    coverage = pd.DataFrame({"baseline": [0.9], PLAN: [0.9]}, index=[10])
    return [
        line.replace("\xa0", " ") for line in sentences.inequality(table, coverage=coverage, people=100.0, lang="fr")
    ]


@pytest.mark.parametrize(
    ("p90", "p10", "told"),
    [
        (10.8, 1, "10,8"),
        (11.0, 1, "11"),
        (10.96, 1, "11"),
        (3.0, 1, "3"),
        (2.25, 1, "2,3"),
        (13.72, 1.271, "environ 11"),
        (12.0, 0.04, "environ 300"),
    ],
)
def test_a_ratio_is_told_as_its_parts_as_written_divide_and_as_about_where_rounding_changes_it(p90, p10, told):
    assert f"soit {told} fois plus" in spread(p90, p10, p90)[0]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(11.36, 11.34, "11,3 min (−0,1 min)"), (11.34, 11.26, "11,3 min (inchangé)"), (11.4, 13.4, "13,4 min (+2,0 min)")],
)
def test_what_shows_beside_a_number_is_what_the_numbers_shown_subtract_to(before, after, told):
    assert told in spread(before, 1.0, after)[2]


def test_an_indicator_that_is_written_the_same_before_and_after_is_not_told_as_a_change():
    table = pd.DataFrame({"indicator": ["services_created"], "unit": ["share"], "before": [0.7401], "after": [0.7403]})
    assert sentences.programme(table, lang="en") == ["No indicator that is measured changes."]


def test_numbers_before_and_after_have_the_decimals_that_tell_them_apart():
    index = pd.MultiIndex.from_tuples([("hospital", name, "capacity") for name in ("a", "b")])
    row = {"within": 30, "per": 1000, "unit": "lits", "before_worst": 2.61, "before_best": 2.61}
    table = pd.DataFrame([row | {"after_worst": each, "after_best": each} for each in (2.64, 2.61)], index=index)
    (line,) = sentences.touched(table, lang="en")
    assert line.endswith(": 2.61 today, 2.64 with “a”, as many with “b”.")
