"""What is shown of siting: tables in a notebook, drawings of fronts, communes left out, and no line of the solver's."""

import copy
import os
import pickle
import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from accessmap import maps, sentences, siting
from accessmap.errors import SitingError, TableError

SVG = "{http://www.w3.org/2000/svg}"
TIMES = pd.DataFrame({"a": [0.0, 20, 40], "b": [20.0, 0, 20], "c": [40.0, 20, 0]}, index=["north", "middle", "south"])
PEOPLE = pd.Series({"north": 1100.0, "middle": 50.0, "south": 80.0})


# ---------------------------------------------------------------------- a siting in a notebook


def rows_of(plan: siting.Siting) -> list[list[str]]:
    page = BeautifulSoup(plan._repr_html_(), "html.parser")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]


def test_the_table_tells_site_by_site_who_goes_there_and_how_far() -> None:
    plan = siting.p_median(TIMES, PEOPLE, 2, existing=["c"])
    assert rows_of(plan) == [
        ["site", "state", "people", "mean min", "worst min"],
        ["a", "new", "1,150", "0.9", "20.0"],
        ["c", "existing", "80", "0.0", "0.0"],
    ]
    assert "proven best" in plan._repr_html_()


def test_people_by_site_make_the_total_with_those_who_reach_none() -> None:
    times = TIMES.copy()
    times.loc["south"] = np.nan
    plan = siting.p_median(times, PEOPLE, 2)
    assert plan.by_site["people"].sum() + plan.unreached_people == PEOPLE.sum()
    assert plan.by_site.index.tolist() == list(plan.sites)


def test_a_site_where_nobody_goes_has_no_minutes() -> None:
    everywhere = siting.p_median(pd.DataFrame({"a": [1.0], "b": [2.0]}, index=["r"]), pd.Series({"r": 5}), 2)
    assert everywhere.by_site.loc["b", "people"] == 0
    assert rows_of(everywhere)[2] == ["b", "new", "0", "", ""]


def test_sites_that_close_are_in_the_table() -> None:
    plan = siting.closures(TIMES, PEOPLE, 1)
    assert [row[:2] for row in rows_of(plan)[1:]] == [["a", "existing"], ["c", "existing"], ["b", "closes"]]


def test_a_long_table_is_cut_and_says_so() -> None:
    times = pd.DataFrame(np.eye(12), columns=[f"s{n}" for n in range(12)], index=[f"r{n}" for n in range(12)])
    rows = rows_of(siting.p_median(times, pd.Series(1, index=times.index), 11))
    assert len(rows) == 1 + 8 + 1
    assert rows[-1][0] == "and 3 more"


def test_names_of_sites_never_become_markup() -> None:
    evil = "<script>alert(1)</script>&"
    page = siting.p_median(TIMES.rename(columns={"a": evil}), PEOPLE, 1)._repr_html_()
    assert "<script>" not in page
    assert BeautifulSoup(page, "html.parser").tbody.th.get_text() == evil


# ---------------------------------------------------------------------- the drawing of a front

FRONT = pd.DataFrame({"mean_minutes": [6.2, 6.8, 7.2], "worst_minutes": [20.5, 18.9, 18.8]})
WORDS = {"title": "Moyenne ou pire cas", "x_label": "Moyenne (min)", "y_label": "Pire cas (min)"}


def drawn(front: pd.DataFrame = FRONT, x: str = "mean_minutes", y: str = "worst_minutes", **options: object):
    return ElementTree.fromstring(maps.front_chart(front, x=x, y=y, **(WORDS | options)).svg)  # type: ignore[arg-type]


def test_every_choice_is_a_point_where_its_axes_say() -> None:
    root = drawn()
    points = np.array([[float(each.get("cx")), float(each.get("cy"))] for each in root.iter(f"{SVG}circle")])
    ticks = {"middle": [], "end": []}
    for text in root.iter(f"{SVG}text"):
        if re.fullmatch(r"[\d,]+", text.text):
            side = text.get("text-anchor")
            at = float(text.get("x")) if side == "middle" else float(text.get("y")) - 4
            ticks[side].append((float(text.text.replace(",", ".")), at))
    for column, side, values in (("mean_minutes", "middle", points[:, 0]), ("worst_minutes", "end", points[:, 1])):
        value, at = np.array(sorted(ticks[side])).T
        assert value[0] <= FRONT[column].min() <= FRONT[column].max() <= value[-1]
        np.testing.assert_allclose(values, np.interp(FRONT[column], value, at), atol=0.11)


def test_the_front_is_told_to_those_who_do_not_see_it() -> None:
    root = drawn(names=pd.Series(["Chauny", "Pinon", "Coucy"]))
    told = root.find(f"{SVG}desc").text
    assert told == "Moyenne (min) ; Pire cas (min) : Chauny : 6,2 ; 20,5 | Pinon : 6,8 ; 18,9 | Coucy : 7,2 ; 18,8"
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"Moyenne ou pire cas. {told}"
    assert next(each.find(f"{SVG}title").text for each in root.iter(f"{SVG}circle")) == "Chauny : 6,2 ; 20,5"


def test_names_that_would_lie_over_another_are_left_to_the_titles() -> None:
    root = drawn(names=pd.Series(["Chauny", "Pinon, Anizy, Coucy, Folembray", "Coucy"]))
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert "Chauny" in written
    assert "Pinon, Anizy, Coucy, Folembray" in written
    assert "Coucy" not in written  # its point lies below and to the right of the name before


def test_a_front_of_coverage_is_written_in_per_cent_and_english() -> None:
    front = pd.DataFrame({"cost": [1, 2, 3], "share": [0.5, 0.9, 1.0]})
    root = drawn(front, "cost", "share", lang="en")
    assert root.find(f"{SVG}desc").text.endswith("1; 50.0% | 2; 90.0% | 3; 100.0%")


def test_text_never_becomes_markup() -> None:
    evil = '<script>alert("1")</script>&'
    root = drawn(title=evil, x_label=evil, y_label=evil, names=pd.Series([evil] * 3))
    assert root.find(f"{SVG}title").text == evil
    assert not list(root.iter(f"{SVG}script"))


def test_one_choice_alone_can_be_drawn() -> None:
    assert len(list(drawn(FRONT.head(1)).iter(f"{SVG}circle"))) == 1


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(TableError, match="did you mean 'mean_minutes'"):
        drawn(x="mean_minute")
    with pytest.raises(TableError, match="no row"):
        drawn(FRONT.head(0))
    with pytest.raises(TableError, match="missing in some rows"):
        drawn(FRONT.replace(6.2, np.nan))


# ---------------------------------------------------------------------- communes that cannot be served

RESIDENTS = pd.DataFrame({"commune": ["02001", "02001", "02002"], "population": [90, 20, 5]}, index=TIMES.index)
COMMUNES = pd.DataFrame({"name": ["Aville", "Bourg"]}, index=["02001", "02002"])


def test_communes_too_far_from_every_site_are_named_with_what_is_too_much() -> None:
    with pytest.raises(SitingError) as refused:
        siting.set_cover(TIMES, cutoff=15, forbidden=["a", "c"])
    table = siting.unserved(refused.value, TIMES, RESIDENTS, COMMUNES, cutoff=15, forbidden=["a", "c"])
    assert table.index.tolist() == ["02001", "02002"]
    assert table.columns.tolist() == ["name", "people", "people_in_all", "minutes", "beyond"]
    assert table.loc["02001"].tolist() == ["Aville", 90, 110, 20.0, 5.0]
    assert table.loc["02002"].tolist() == ["Bourg", 5, 5, 20.0, 5.0]
    assert refused.value.smallest_cutoff == 20.0


def test_communes_left_out_by_too_few_sites_are_within_reach_of_some() -> None:
    with pytest.raises(SitingError) as refused:
        siting.p_median(TIMES, PEOPLE, 2, within=10)
    table = siting.unserved(refused.value, TIMES, RESIDENTS, COMMUNES, cutoff=10)
    assert refused.value.smallest_p == 3
    assert table["beyond"].tolist() == [0.0]
    by_resident = siting.unserved(refused.value, TIMES, RESIDENTS, COMMUNES, cutoff=pd.Series(10.0, index=TIMES.index))
    pd.testing.assert_frame_equal(table, by_resident)


def test_an_error_that_names_nobody_has_an_empty_table() -> None:
    table = siting.unserved(SitingError("no"), TIMES, RESIDENTS, COMMUNES, cutoff=10)
    assert table.empty
    assert table.columns.tolist() == ["name", "people", "people_in_all", "minutes", "beyond"]


def test_residents_of_other_tables_are_refused() -> None:
    with pytest.raises(TableError, match="give the same ones"):
        siting.unserved(SitingError("no", residents=["nobody"]), TIMES, RESIDENTS, COMMUNES, cutoff=10)


def test_the_sample_cannot_be_served_in_ten_minutes_by_three_and_the_communes_are_told(sample_study) -> None:
    here = sample_study.inside
    mairies = sample_study.sites("mairie")
    mairies = mairies[mairies["commune"].map(sample_study.communes["in_territory"])]
    times = sample_study.minutes(mairies)[here]
    residents = sample_study.residents[here]
    with pytest.raises(SitingError) as refused:
        siting.p_median(times, residents["population"], 3, within=12)
    table = siting.unserved(refused.value, times, residents, sample_study.communes, cutoff=12)
    assert refused.value.smallest_p == siting.set_cover(times, cutoff=12).objective
    assert refused.value.smallest_cutoff == pytest.approx(siting.p_center(times, 3).objective)
    assert table["name"].notna().all()
    assert table["people"].sum() == residents["population"].loc[list(refused.value.residents)].sum()
    assert (table["people"] <= table["people_in_all"]).all()


# ---------------------------------------------------------------------- the price of another site, in words


def priced(mean: float, beyond: float, unreached: float = 0.0) -> pd.DataFrame:
    row = {"instead_of": "anizy", "mean_added": mean, "beyond_added": beyond, "unreached_added": unreached}
    return pd.DataFrame([row], index=["coucy"])


@pytest.mark.parametrize(
    ("mean", "beyond", "told"),
    [
        (2.1, 800, "2,1\u00a0minutes de plus en moyenne, 800\u00a0habitants de plus au-delà de 20\u00a0minutes."),
        (0.094, -1, "0,09\u00a0minute de plus en moyenne, 1\u00a0habitant de moins au-delà de 20\u00a0minutes."),
        (
            -2,
            -1240,
            "2,0\u00a0minutes de moins en moyenne, 1\u202f240\u00a0habitants de moins au-delà de 20\u00a0minutes.",
        ),
        (0.004, 0.2, "autant de minutes en moyenne, autant d’habitants au-delà de 20\u00a0minutes."),
        (float("nan"), 1, "temps moyen inconnu, 1\u00a0habitant de plus au-delà de 20\u00a0minutes."),
    ],
)
def test_the_price_is_told_as_french_is_written(mean: float, beyond: float, told: str) -> None:
    names = pd.Series({"coucy": "Coucy", "anizy": "Anizy"})
    said = sentences.price(priced(mean, beyond), "coucy", cutoff=20, names=names)
    assert said == [f"Coucy et non Anizy\u00a0: {told}"]


def test_who_would_reach_no_site_is_told_apart() -> None:
    price, apart = sentences.price(priced(1.0, 40, 12), "coucy", cutoff=7.5)
    assert price.startswith("coucy et non anizy")
    assert price.endswith("au-delà de 7,5\u00a0minutes.")
    assert apart == "12\u00a0habitants n’atteindraient plus aucun site."
    with pytest.raises(SitingError, match="did you mean 'coucy'"):
        sentences.price(priced(1.0, 40), "couci", cutoff=20)


# ---------------------------------------------------------------------- the solver and the standard output


@pytest.mark.slow
def test_the_standard_output_stays_where_it_is_while_the_solver_works(capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(5)
    times = pd.DataFrame(rng.uniform(1, 40, (400, 60)), columns=[f"s{site}" for site in range(60)])
    people = pd.Series(rng.integers(1, 200, 400).astype("float64"))
    before, seen, done = os.fstat(1), set(), threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add((os.fstat(1).st_dev, os.fstat(1).st_ino))
        os.write(1, b"from elsewhere\n")

    watcher = threading.Thread(target=look)
    watcher.start()
    plan = siting.p_median(times, people, 6, time_limit=20)
    done.set()
    watcher.join(10)
    assert len(plan.sites) == 6
    assert seen == {(before.st_dev, before.st_ino)}
    assert capfd.readouterr() == ("from elsewhere\n", "")


def test_a_question_whose_answer_the_solver_repairs_prints_nothing(sample_study, capfd) -> None:
    here, mairies = sample_study.inside, sample_study.sites("mairie")
    mairies = mairies[mairies["commune"].map(sample_study.communes["in_territory"])]
    times, people = sample_study.minutes(mairies)[here], sample_study.residents["population"][here]
    one_each = pd.Series(1, index=times.columns)
    most = siting.max_coverage(times, people, None, cutoff=10, costs=one_each, budget=10)
    assert most.status == "optimal"
    assert capfd.readouterr() == ("", "")


def test_every_public_name_of_siting_is_in_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "method_siting.md").read_text(encoding="utf-8")
    aside = {"Siting"}  # what functions return
    assert {name for name in siting.__all__ if f"`{name}`" not in page} == aside


# ---------------------------------------------------------------------- errors as data, results that travel


def test_why_there_is_no_answer_is_data_and_is_told_in_french() -> None:
    with pytest.raises(SitingError) as caught:
        siting.set_cover(TIMES, cutoff=15, forbidden=["a", "c"])
    error = caught.value
    (problem,) = error.problems
    assert (error.about, error.residents, error.smallest_cutoff) == ("set_cover", ("north", "south"), 20.0)
    assert problem.remedy == "within 20 minutes every resident has a site"
    assert str(error).endswith("What would do: within 20 minutes every resident has a site.")
    assert error.told("fr") == (
        "set_cover\u00a0: 2 points d’habitants sont trop loin de tout site qui peut être ouvert, quel que soit le choix"
        "\u00a0: 'north' (20,0\u00a0min, 5,0 de trop), 'south' (20,0\u00a0min, 5,0 de trop). "
        "Ce qui suffirait\u00a0: à 20 minutes, chaque habitant a un site."
    )


def test_every_way_out_of_too_few_sites_is_told_in_both_languages() -> None:
    with pytest.raises(SitingError) as caught:
        siting.p_median(TIMES, PEOPLE, 1, within=10)
    error = caught.value
    assert (error.smallest_p, error.smallest_cutoff) == (3, 20.0)
    assert error.problems[0].remedy == "3 sites, or 10 more minutes for everyone (within 20)"
    assert error.told("fr").endswith("Ce qui suffirait\u00a0: 3 sites, ou 10 minutes de plus pour chacun (en 20).")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.told("fr"), again.residents) == (str(error), error.told("fr"), error.residents)


def test_all_that_is_wrong_with_a_question_is_told_at_once() -> None:
    with pytest.raises(SitingError) as caught:
        siting.p_median(TIMES, PEOPLE, 0, existing=["aa"], time_limit=0)
    assert [(problem.key, problem.value) for problem in caught.value.problems] == [
        ("siting_no_site", "aa"),
        ("siting_p", 0),
        ("siting_time_limit", 0),
    ]
    assert str(caught.value) == (
        "siting: existing: no site 'aa' (did you mean 'a'?). p is 0: give the number of open sites, 1 or more. "
        "time_limit is 0: give seconds above 0."
    )


def test_a_siting_can_be_pickled_and_copied_and_stays_read_only() -> None:
    plan = siting.p_median(TIMES, PEOPLE, 2, existing=["c"])
    for again in (pickle.loads(pickle.dumps(plan)), copy.deepcopy(plan)):
        assert repr(again) == repr(plan)
        assert again.parameters == plan.parameters
        pd.testing.assert_frame_equal(again.by_site, plan.by_site)
        with pytest.raises(TypeError):
            again.parameters["p"] = 3
