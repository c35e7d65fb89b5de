"""The Lorenz curve as a picture: what it draws, what it says to those who do not see it, and what it escapes."""

import pickle
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from accessmap.errors import OptionError, TableError
from accessmap.maps.change_charts import dumbbell_chart, step_chart
from accessmap.maps.charts import Chart, front_chart, heat_chart, lorenz_chart
from accessmap.measures.imbalance.indices import gini

SVG = "{http://www.w3.org/2000/svg}"
PEOPLE = pd.Series({"a": 3.0, "b": 1.0})


def drawn(values, people=PEOPLE, **options):
    return ElementTree.fromstring(lorenz_chart(values, people, **options).svg)


def curve(root, colour="#0072b2"):
    """The points of the first path of that colour, as shares of people and access."""
    path = next(each for each in root.iter(f"{SVG}path") if each.get("stroke") == colour)
    points = np.array([[float(x) for x in pair] for pair in re.findall(r"([\d.]+),([\d.]+)", path.get("d"))])
    start, end = points[0], points[-1]
    return (points - start) / (end - start)


def test_the_curve_goes_through_the_cumulative_shares():
    # a: 3 people with 1 each, b: 1 person with 3: three quarters of the people have half.
    points = curve(drawn(pd.DataFrame({"x": {"a": 1.0, "b": 3.0}})))
    np.testing.assert_allclose(points, [[0, 0], [0.75, 0.5], [1, 1]], atol=1e-3)


def test_equal_shares_lie_on_the_diagonal():
    points = curve(drawn(pd.DataFrame({"x": {"a": 2.0, "b": 2.0}})))
    np.testing.assert_allclose(points[:, 0], points[:, 1], atol=1e-3)


def test_the_gini_index_is_told_in_words_and_in_the_drawing():
    root = drawn(pd.DataFrame({"2017": {"a": 0.0, "b": 4.0}, "2024": {"a": 1.0, "b": 1.0}}))
    told = root.find(f"{SVG}desc").text
    assert told == "2017 : Gini 0,75 ; 2024 : Gini 0,00"
    assert root.get("role") == "img"
    assert root.get("aria-label").endswith(told)
    written = [text.text for text in root.iter(f"{SVG}text")]
    assert "2017 : Gini 0,75" in written
    assert "2024 : Gini 0,00" in written


def test_numbers_are_written_in_english_where_asked():
    root = drawn(pd.DataFrame({"x": {"a": 0.0, "b": 4.0}}), lang="en")
    assert root.find(f"{SVG}desc").text == "x : Gini 0.75"


def test_text_never_becomes_markup():
    evil = '<script>alert("1")</script>&'
    root = drawn(pd.DataFrame({evil: {"a": 1.0, "b": 3.0}}), title=evil, people_label=evil, access_label=evil)
    assert root.find(f"{SVG}title").text == evil
    assert not list(root.iter(f"{SVG}script"))
    assert sum(text.text.startswith(evil) for text in root.iter(f"{SVG}text")) == 4


def test_thousands_of_residents_make_a_light_drawing_of_the_same_curve():
    rng = np.random.default_rng(0)
    values = pd.DataFrame({"x": rng.gamma(2, 1, 9_000)})
    people = pd.Series(rng.integers(1, 50, 9_000).astype(float))
    drawing = lorenz_chart(values, people)
    assert len(drawing.svg) < 12_000
    points = curve(ElementTree.fromstring(drawing.svg))
    area = np.trapezoid(points[:, 1], points[:, 0])
    assert 1 - 2 * area == pytest.approx(gini(values["x"], people), abs=2e-3)


def test_a_notebook_shows_the_drawing():
    drawing = lorenz_chart(pd.DataFrame({"x": {"a": 1.0, "b": 3.0}}), PEOPLE)
    assert drawing._repr_html_() == drawing.svg
    assert "http" not in drawing.svg.replace("http://www.w3.org/2000/svg", "")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TableError, match="nothing to share"):
        lorenz_chart(pd.DataFrame({"x": {"a": 0.0, "b": 0.0}}), PEOPLE)
    with pytest.raises(TableError, match="5 columns"):
        lorenz_chart(pd.DataFrame(np.ones((2, 5)), index=["a", "b"]), PEOPLE)
    with pytest.raises(TableError, match="0 columns"):
        lorenz_chart(pd.DataFrame(index=["a", "b"]), PEOPLE)
    with pytest.raises(TableError, match="not reached"):
        lorenz_chart(pd.DataFrame({"x": {"a": np.nan, "b": 1.0}}), PEOPLE)


def test_two_columns_of_one_name_stay_two_curves():
    values = pd.DataFrame([[1.0, 1.0], [1.0, 3.0]], index=["a", "b"], columns=["x", "x"])
    assert drawn(values).find(f"{SVG}desc").text == "x : Gini 0,00 ; x : Gini 0,25"


# ------------------------------------------------------------------ one kind of chart

HEAT = pd.DataFrame({"09:00": [0.5, 1.0], "10:00": [np.nan, 0.0]}, index=pd.DatetimeIndex(["2026-06-08", "2026-06-09"]))
FRONT = pd.DataFrame({"cost": [1, 2], "share": [0.5, 1.0]})
CHARTS = {
    "lorenz": lorenz_chart(pd.DataFrame({"x": {"a": 1.0, "b": 3.0}}), PEOPLE),
    "heat": heat_chart(HEAT, title="Mairies ouvertes"),
    "front": front_chart(FRONT, x="cost", y="share", title="Coût", x_label="Sites", y_label="Part"),
    "step": step_chart(pd.DataFrame({"x": {"a": 1.0, "b": 3.0}}), PEOPLE, title="Qui", x_label="Min", y_label="Part"),
    "dumbbell": dumbbell_chart(PEOPLE, PEOPLE, title="Minutes", before_label="avant", after_label="après"),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_is_named_shown_saved_and_copied_alike(chart, tmp_path):
    root = ElementTree.fromstring(chart.svg)
    assert isinstance(chart, Chart)
    assert chart._repr_html_() == chart._repr_svg_() == chart.svg
    assert root.find(f"{SVG}title").text == chart.title
    assert root.get("role") == "img"
    assert root.get("aria-label").startswith(chart.title)
    assert "style=" not in chart.svg  # the security policy of a page refuses it
    assert pickle.loads(pickle.dumps(chart)) == chart
    assert chart.save(tmp_path / "a.svg").read_text("utf-8") == chart.svg
    assert chart.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    page = chart.save(tmp_path / "a.html").read_text("utf-8")
    assert chart.svg in page
    with pytest.raises(OptionError, match=r"end the name in \.png, \.svg or \.html"):
        chart.save(tmp_path / "a.pdf")


def test_what_charts_refuse_is_told_in_french_too():
    with pytest.raises(TableError) as caught:
        front_chart(FRONT, x="coste", y="share", title="", x_label="", y_label="")
    assert caught.value.problems[0].near == ("cost",)
    assert (
        caught.value.told("fr") == "front\u00a0: 1 problème. aucune colonne 'coste' (vouliez-vous dire 'cost'\u202f?)."
    )


# ------------------------------------------------------------------ before and after

TIMES = pd.DataFrame({"a": [5.0, 12.0, np.nan], "b": [5.0, 8.0, 30.0]}, index=["r1", "r2", "r3"])
WHO = pd.Series([50.0, 30.0, 20.0], index=TIMES.index)
STEP = {"title": "Qui", "x_label": "Minutes", "y_label": "Habitants"}
DUMBBELL = {"title": "Minutes", "before_label": "avant", "after_label": "après"}


def steps(root, colour):
    """The corners of a curve, as minutes (0 to 30) and shares (0 to 1)."""
    path = next(each for each in root.iter(f"{SVG}path") if each.get("stroke") == colour)
    moves = re.findall(r"([MHV])([\d.]+)(?:,([\d.]+))?", path.get("d"))
    x, y, points = 0.0, 0.0, []
    for kind, first, second in moves:
        x = float(first) if kind in "MH" else x
        y = float(second or first) if kind in "MV" else y
        points.append((x, y))
    points = np.array(points)
    return (points - [62, 48 + 230]) / [300 / 30, -230]


def test_a_step_curve_rises_by_the_people_at_their_minutes_and_never_counts_who_is_not_reached():
    root = ElementTree.fromstring(step_chart(TIMES, WHO, cutoff=10, **STEP).svg)
    corners = [(0, 0), (5, 0), (5, 0.5), (12, 0.5), (12, 0.8), (30, 0.8)]
    found = steps(root, "#0072b2")
    assert all(np.abs(found - corner).max(axis=1).min() < 0.02 for corner in corners)
    assert found[:, 1].max() == pytest.approx(0.8, abs=0.01)
    assert steps(root, "#d55e00")[:, 1].max() == pytest.approx(1, abs=0.01)
    assert re.sub(r"\s", " ", root.find(f"{SVG}desc").text) == "10 minutes : a 50 % ; b 80 %"
    assert {"a", "b"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_a_step_curve_of_many_people_is_thinned_to_what_can_be_seen():
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"a": rng.uniform(0, 30, 5000)})
    root = ElementTree.fromstring(step_chart(many, pd.Series(1.0, many.index), **STEP).svg)
    found = steps(root, "#0072b2")
    assert len(found) < 700
    assert np.abs(found[:, 0] / 30 - found[:, 1]).max() < 0.05


def test_a_step_curve_refuses_nobody_and_other_people():
    with pytest.raises(TableError, match="nobody is counted"):
        step_chart(TIMES, WHO * 0, **STEP)
    with pytest.raises(TableError):
        step_chart(TIMES, WHO.rename({"r1": "r9"}), **STEP)


def test_dumbbells_write_both_values_and_say_what_is_not_reached():
    before = pd.Series({"Aville": 13.4, "Bourg": 6.0, "Cité": np.nan, "Dun": 4.0, "Eu": np.nan})
    after = pd.Series({"Aville": 2.1, "Bourg": 6.04, "Cité": 9.0, "Dun": np.nan, "Eu": np.nan})
    root = ElementTree.fromstring(dumbbell_chart(before, after, **DUMBBELL).svg)
    words = [re.sub(r"\s", " ", text.text) for text in root.iter(f"{SVG}text")]
    assert {"13,4", "2,1", "6,0", "9,0 (nouvellement atteint)", "4,0 (n’est plus atteint)", "non atteint"} <= set(words)
    told = re.sub(r"\s", " ", root.find(f"{SVG}desc").text)
    assert told.startswith("Aville : 13,4 min → 2,1 min ; Bourg : 6,0 min ; Cité : non atteint → 9,0 min")
    dots = [dot for dot in root.iter(f"{SVG}circle") if float(dot.get("cy")) > 50]
    assert len(dots) == 2 + 1 + 1 + 1
    x = {float(dot.get("cx")) for dot in dots[:2]}
    assert max(x) - min(x) == pytest.approx(176 * (13.4 - 2.1) / 15, abs=0.2)


def test_dumbbells_of_other_names_or_none_are_refused():
    with pytest.raises(TableError, match="names differ"):
        dumbbell_chart(pd.Series({"a": 1.0}), pd.Series({"b": 1.0}), **DUMBBELL)
    with pytest.raises(TableError, match="no row"):
        dumbbell_chart(pd.Series(dtype="float64"), pd.Series(dtype="float64"), **DUMBBELL)


def test_a_name_does_not_touch_the_share_on_its_left():
    two = pd.DataFrame({"Aujourd’hui": np.arange(1.0, 21), "Avec": np.arange(1.0, 21) * 0.57})
    root = ElementTree.fromstring(step_chart(two, pd.Series(1.0, two.index), cutoff=10, **STEP).svg)
    at = {"".join(text.itertext()).strip(): float(text.get("y")) for text in root.iter() if text.tag.endswith("text")}
    share = next(y for told, y in at.items() if told.startswith("85"))
    assert abs(share - at["Avec"]) > 20
