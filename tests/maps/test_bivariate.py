"""The map of two values: each commune in one class, worst of both told apart by eyes that lose colour."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.maps import bivariate_map
from accessmap.maps.svg import PATTERNS, TWO
from accessmap.measures.digital import typology

# Machado, Oliveira & Fernandes (2009), severity 1, and luminance for a black and white print; linear RGB.
EYES = {
    "all": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def squares(count: int) -> gpd.GeoDataFrame:
    boxes = [shapely.box(715_000 + 3000 * k, 6_945_000, 718_000 + 3000 * k, 6_948_000) for k in range(count)]
    index = [f"c{k}" for k in range(count)]
    columns = {"name": index, "population": [100 * (k + 1) for k in range(count)]}
    return gpd.GeoDataFrame(columns, index=index, geometry=boxes, crs="EPSG:2154")


def lab(colour: str, eye) -> np.ndarray:
    """CIE L*a*b* of a colour as an eye sees it."""
    coded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(eye) @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
def test_classes_of_one_texture_are_apart_for_every_eye_and_in_grey(eye):
    for row in TWO:
        seen = [lab(colour, EYES[eye]) for colour in row]
        assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 9
    for column in zip(*TWO, strict=True):
        seen = [lab(colour, EYES[eye]) for colour in column]
        assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 9


def test_each_row_has_a_texture_of_its_own():
    inner = [{PATTERNS[f"two{row}{column}"][2].split("/>")[1].split()[0] for column in range(3)} for row in (1, 2)]
    assert inner == [{"<circle"}, {"<rect"}]


def test_near_or_far_by_connected_or_not():
    minutes = pd.Series({"c0": 5.0, "c1": 25.0, "c2": 5.0, "c3": 25.0, "c4": 20.0}, name="Minutes")
    fibre = pd.Series({"c0": 0.9, "c1": 0.9, "c2": 0.2, "c3": 0.2, "c4": np.nan}, name="Fibre")
    page = bivariate_map(
        squares(5),
        minutes,
        fibre,
        first_breaks=[20],
        second_breaks=[0.8],
        units=("minutes", "share"),
        higher_is_better=(False, True),
    )
    view = page.drawing.views[0]
    assert [view.fill[f"c{k}"] for k in range(5)] == [0, 1, 2, 3, 4]
    worst = view.entries[3]
    assert worst.label == "plus de 20\u00a0min · moins de 80\u00a0%"
    assert (worst.colour, worst.pattern, worst.people) == (TWO[2][2], "two22", 400)
    assert (view.entries[4].label, view.entries[4].pattern, view.entries[4].people) == ("non renseigné", "hatch", 500)
    assert view.told["c4"] == ("Minutes\u00a0: 20,0\u00a0min", "Fibre\u00a0: non renseigné", "500\u00a0habitants")
    assert (view.square.across, view.square.down) == ("Minutes", "Fibre")


def test_corners_of_the_legend_say_their_words():
    corners = ("near and connected", "far but connected", "near, cut off", "far and cut off")
    minutes, fibre = pd.Series({"c0": 5.0, "c1": 35.0}), pd.Series({"c0": 0.9, "c1": 0.2})
    options = {"first_breaks": [10, 30], "second_breaks": [0.8], "units": ("minutes", "share"), "lang": "en"}
    page = bivariate_map(squares(2), minutes, fibre, **options, higher_is_better=(False, True), corners=corners)
    view = page.drawing.views[0]
    named = [entry.label.split(": ")[0] if ": " in entry.label else "" for entry in view.entries]
    assert named == ["Near and connected", "", "Far but connected", "Near, cut off", "", "Far and cut off"]
    assert view.entries[5].label == "Far and cut off: over 30\u00a0min · under 80%"
    assert "best of both (near and connected)" in view.note
    assert "worst of both (far and cut off)" in view.note


def test_a_value_on_a_bound_is_in_the_better_class_as_the_typology_has_it():
    minutes, fibre = pd.Series({"c0": 20.0, "c1": 20.1}), pd.Series({"c0": 0.8, "c1": 0.79})
    options = {"first_breaks": [20], "second_breaks": [0.8], "units": ("minutes", "share")}
    page = bivariate_map(squares(2), minutes, fibre, **options, higher_is_better=(False, True))
    kinds = typology(minutes, fibre, near_minutes=20, connected_share=0.8)["class"].tolist()
    assert [page.drawing.views[0].fill[code] for code in ("c0", "c1")] == [0, 3]
    assert kinds == ["near_connected", "far_unconnected"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(0, 60) | st.just(np.nan) | st.sampled_from([10.0, 20.0])] * 2), min_size=1, max_size=12
    ),
    st.sampled_from([[10.0], [10.0, 20.0]]),
    st.booleans(),
)
def test_every_commune_is_in_one_class_and_classes_hold_everyone(values, breaks, better):
    communes = squares(len(values))
    first, second = (pd.Series([pair[k] for pair in values], communes.index) for k in (0, 1))
    view = bivariate_map(
        communes, first, second, first_breaks=breaks, second_breaks=[15.0], higher_is_better=(better, False)
    ).drawing.views[0]
    assert set(view.fill) == set(communes.index)
    assert sum(entry.communes for entry in view.entries) == len(values)
    assert sum(entry.people for entry in view.entries) == communes["population"].sum()
    unknown = (first.isna() | second.isna()).to_numpy()
    hatched = np.array([view.entries[view.fill[code]].pattern == "hatch" for code in communes.index])
    assert (unknown == hatched).all()


def test_best_is_light_and_plain_whichever_way_is_better():
    communes = squares(2)
    low, high = pd.Series({"c0": 1.0, "c1": 9.0}), pd.Series({"c0": 9.0, "c1": 1.0})
    for better, best in (((False, True), "c0"), ((True, False), "c1")):
        view = bivariate_map(
            communes, low, high, first_breaks=[5], second_breaks=[5], higher_is_better=better
        ).drawing.views[0]
        assert view.entries[view.fill[best]].colour == TWO[0][0]
        assert view.entries[view.fill[best]].pattern == ""


def test_the_axes_are_drawn_and_the_list_says_the_same_in_words():
    hostile = "<b>Minutes</b>{{ 7 * 7 }}"
    first = pd.Series({"c0": 1.0, "c1": 30.0}, name=hostile)
    page = bivariate_map(squares(2), first, first.rename("b"), first_breaks=[10, 20], second_breaks=[10, 20])
    soup = BeautifulSoup(page.get_root().render(), "html.parser")
    square = soup.select_one(".am-panel .am-square")
    assert len(square.select(".am-swatch")) == 9
    assert hostile in square.get_text()
    assert square["aria-hidden"] == "true"
    assert len(soup.select(".am-panel .am-legend li")) == 9
    assert soup.find_all("b") == []


@pytest.mark.parametrize("bad", [[], [1, 2, 3], [2, 1]])
def test_two_or_three_classes_and_no_other(bad):
    values = pd.Series({"c0": 1.0})
    with pytest.raises(ValueError, match="break"):
        bivariate_map(squares(1), values, values, first_breaks=bad, second_breaks=[1])
