"""Maps by commune: what is painted, said and carried, and that it needs no internet."""

import copy
import json
import math
import pickle
import re
from bisect import bisect_left

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

import accessmap.maps as am
from accessmap.errors import TableError
from accessmap.maps.choropleth import MINUTES, SEQUENTIAL, breaks_for, change_classes, classes, rounded_breaks
from accessmap.maps.drawing import embedded, path_of
from accessmap.provenance import Provenance, Source
from accessmap.words.words import Words

HOSTILE = "<script>alert(1)</script>"
INJECTED = "{{ 7 * 7 }}{% for x in y %}\u2028</script><b>'\""
KNOWN = Provenance((Source("Carte", "IGN", "Licence Ouverte", "2026"),))


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Six squares of 3 km: a to d of the territory, e and f its neighbours, and one far away."""
    x, y = 715_000, 6_945_000
    squares = {name: shapely.box(x + 3000 * k, y, x + 3000 * (k + 1), y + 3000) for k, name in enumerate("abcdef")}
    squares["far"] = shapely.box(x + 90_000, y, x + 93_000, y + 3000)
    return gpd.GeoDataFrame(
        {
            "name": ["Chauny", "Tergnier", "La Fère", "Pinon", "Noyon", "Ham", "Reims"],
            "population": [100, 200, 300, 400, 500, 600, 700],
            "in_territory": [True] * 4 + [False] * 3,
        },
        index=pd.Index(squares, name="code"),
        geometry=list(squares.values()),
        crs="EPSG:2154",
    )


@pytest.fixture
def values() -> pd.Series:
    return pd.Series({"a": 4.0, "b": 12.0, "c": 26.0, "d": np.nan, "e": 99.0})


@pytest.fixture
def services(communes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["France services de Chauny", "Pharmacie"], "category": ["france_services", "pharmacy"]},
        index=["fs", "ph"],
        geometry=[communes.geometry["a"].centroid, communes.geometry["e"].centroid],
        crs="EPSG:2154",
    )


def parsed(page) -> BeautifulSoup:
    return BeautifulSoup(page.get_root().render(), "html.parser")


def data_of(soup: BeautifulSoup) -> dict:
    return json.loads(soup.find("script", type="application/json").string)


def legend(soup: BeautifulSoup, view: int = 0) -> list[str]:
    section = soup.select_one(f'.am-legend[data-view="{view}"]')
    return [" ".join(item.get_text(" ").split()) for item in section.select("li")]


# ------------------------------------------------------------------ pages


def test_a_page_has_language_title_heading_and_a_viewport_that_can_be_enlarged(communes, values):
    soup = parsed(am.access_map(communes, values, title="Accès à la mairie"))
    assert soup.html["lang"] == "fr"
    assert soup.title.string == "Accès à la mairie"
    assert [heading.get_text() for heading in soup.find_all("h1")] == ["Accès à la mairie"]
    assert "user-scalable" not in soup.find("meta", attrs={"name": "viewport"})["content"]


def test_a_page_names_no_address_to_load(communes, values, services):
    soup = parsed(am.access_map(communes, values, services))
    assert soup.find_all(["link", "iframe", "img"]) == []
    assert soup.find_all(src=True) == []
    text = str(soup)
    assert set(re.findall(r"url\((?!data:image/png;base64,|#)([^)]{0,40})\)", text)) <= {"#default#VML"}
    assert "sourceMappingURL" not in text
    # Any address left is quoted in Leaflet's own comments and namespaces, or is that of a namespace.
    assert {address.split("/")[2] for address in re.findall(r"https?://[\w./-]+", text)} <= {
        "www.w3.org",
        "leafletjs.com",
        "bugs.chromium.org",
        "bugzilla.mozilla.org",
    }


def test_leaflet_comes_once_and_with_its_licence(communes, values):
    html = am.access_map(communes, values).get_root().render()
    assert html.count("Vladimir Agafonkin, (c) 2010-2011 CloudMade") == 1
    assert "Redistributions in binary form" in html


def test_two_maps_in_one_page_share_leaflet(communes, values):
    first, second = am.access_map(communes, values), am.access_map(communes, values)
    first.get_root().add_child(second)
    html = first.get_root().render()
    assert html.count("Vladimir Agafonkin, (c) 2010-2011 CloudMade") == 1
    assert len(BeautifulSoup(html, "html.parser").select(".folium-map")) == 2


def test_rendering_twice_gives_the_same_page(communes, values):
    page = am.access_map(communes, values)
    assert page.get_root().render() == page.get_root().render()


def test_a_notebook_cell_holds_the_whole_page(communes, values):
    cell = BeautifulSoup(am.access_map(communes, values)._repr_html_(), "html.parser")
    inner = BeautifulSoup(cell.iframe["srcdoc"], "html.parser")
    assert inner.select_one(".folium-map") is not None


def test_other_folium_layers_can_be_added(communes, values):
    import folium

    page = am.access_map(communes, values)
    folium.Marker((49.6, 3.2), popup="ici").add_to(page)
    html = page.get_root().render()
    assert f"addTo({page.get_name()})" in html.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("name", [HOSTILE, INJECTED])
def test_names_stay_text_wherever_they_appear(communes, values, services, name):
    communes.loc["a", "name"] = name
    services.loc["fs", "name"] = name
    services.loc["ph", "category"] = name
    soup = parsed(
        am.access_map(communes, values, services, title=name, provenance=Provenance((Source(name, name, "", ""),)))
    )
    clean = name.replace("\u2028", " ")
    assert soup.title.string.replace("\u2028", " ") == clean
    assert soup.h1.get_text().replace("\u2028", " ") == clean
    data = data_of(soup)
    assert data["zones"][0]["name"] == name
    assert name in data["layers"][0]["points"][0][2] + data["layers"][1]["points"][0][2]
    assert name in [option["value"] for option in soup.select("datalist option")]
    assert name[1:] in soup.select_one(".am-layers").get_text()
    assert soup.find_all("b") == []
    assert not [script for script in soup.find_all("script") if (script.string or "").startswith("alert")]


def test_scenario_names_stay_text(communes):
    result = pd.DataFrame({"baseline": [4.0, 8, 9, 9], HOSTILE: [4.0, 5, 9, 9]}, index=list("abcd"))
    soup = parsed(am.compare_map(communes, result))
    assert HOSTILE in soup.select_one(".am-views").get_text()
    assert not [script for script in soup.find_all("script") if (script.string or "").startswith("alert")]


@given(st.text())
def test_embedded_json_never_ends_its_script_and_reads_back(text):
    written = embedded({"name": text})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"name": text}


def test_a_map_without_sources_says_so_and_a_modelled_network_comes_first(communes, values):
    assert parsed(am.access_map(communes, values)).select_one(".am-credit").string.startswith("Provenance inconnue")
    modelled = Provenance(KNOWN.sources, {}, modelled=True)
    credit = parsed(am.access_map(communes, values, provenance=modelled)).select_one(".am-credit").string
    assert credit.startswith("Réseau modélisé")
    assert "IGN 2026" in credit
    assert "modélisé" not in parsed(am.access_map(communes, values, provenance=KNOWN)).select_one(".am-credit").string


def test_a_modelled_network_is_named_even_where_no_source_is(communes, values):
    credit = am.access_map(communes, values, provenance=Provenance(modelled=True)).drawing.credit
    assert "réseau modélisé" in credit.lower()
    assert "provenance inconnue" in credit


def test_english_says_everything_in_english(communes, values):
    soup = parsed(am.access_map(communes, values, lang="en"))
    assert soup.html["lang"] == "en"
    assert "not reached or no data" in " ".join(legend(soup))
    assert data_of(soup)["words"]["outside"] == "outside the territory"


# ------------------------------------------------------------------ what is painted


def test_only_the_territory_is_painted_and_counted(communes, values):
    view = am.access_map(communes, values).drawing.views[0]
    assert set(view.fill) == set("abcd")
    assert sum(entry.communes for entry in view.entries) == 4
    assert sum(entry.people for entry in view.entries) == 1000


def test_neighbours_are_drawn_as_context_and_the_far_are_not(communes, values):
    zones = {zone.code: zone.inside for zone in am.access_map(communes, values).drawing.zones}
    assert zones == {"a": True, "b": True, "c": True, "d": True, "e": False, "f": False}


def test_missing_is_hatched_has_its_own_entry_and_is_counted_in_words(communes, values):
    soup = parsed(am.access_map(communes, values))
    view = am.access_map(communes, values).drawing.views[0]
    assert view.entries[view.fill["d"]].pattern == "hatch"
    assert view.entries[view.fill["d"]].colour not in SEQUENTIAL
    assert "non atteint ou sans donnée 1 commune · 400 habitants" in legend(soup)
    assert soup.select_one(".am-note").string == "1 commune non atteinte"
    assert data_of(soup)["views"][0]["told"]["d"][0] == "non atteint"


def test_a_legend_gives_bounds_units_communes_and_people(communes, values):
    soup = parsed(am.access_map(communes, values, breaks=[10, 20]))
    assert soup.select_one(".am-legend-title").string == "Temps moyen par commune (minutes)"
    assert legend(soup)[:3] == [
        "10 min ou moins 1 commune · 100 habitants",
        "plus de 10 à 20 min 1 commune · 200 habitants",
        "plus de 20 min 1 commune · 300 habitants",
    ]


def test_a_value_on_a_bound_belongs_below_it(communes):
    on_bound = pd.Series({"a": 10.0, "b": float(np.nextafter(np.float32(10), np.float32(11))), "c": 20.0, "d": 21.0})
    fill = am.access_map(communes, on_bound, breaks=[10, 20]).drawing.views[0].fill
    assert [fill[code] for code in "abcd"] == [0, 1, 1, 2]


def test_dark_is_worst_either_way():
    values = pd.Series({"a": 1.0, "b": 9.0})
    less, _ = classes(values, None, breaks=[5], unit="sites", say=Words("fr"))
    more, _ = classes(values, None, breaks=[5], unit="sites", say=Words("fr"), higher_is_better=True)
    assert [entry.colour for entry in less] == [entry.colour for entry in reversed(more)]
    assert less[-1].colour == SEQUENTIAL[-1]


@given(st.lists(st.integers(0, 90), min_size=1, max_size=30), st.lists(st.integers(0, 90), min_size=1, max_size=30))
def test_the_same_minutes_have_the_same_colour_on_every_map(here, there):
    say, told = Words("fr"), []
    for values in (pd.Series(here, dtype="float64"), pd.Series(there, dtype="float64")):
        entries, fill = classes(values, None, breaks=breaks_for(values, "minutes"), unit="minutes", say=say)
        told.append({bisect_left(MINUTES, value): entries[fill[str(at)]].colour for at, value in values.items()})
    one, other = told
    assert {place: one[place] for place in one.keys() & other.keys()} == {
        place: other[place] for place in one.keys() & other.keys()
    }
    for of_map in told:
        assert [of_map[place] for place in sorted(of_map)] == sorted(of_map.values(), key=SEQUENTIAL.index)


def test_the_table_of_by_commune_is_mapped_and_its_unreached_people_are_told(communes):
    table = pd.DataFrame({"value": [4.0, 8, 9, 9], "unreached_people": [0.0, 12, 0, 0]}, index=list("abcd"))
    told = am.access_map(communes, table).drawing.views[0].told
    assert told["b"][:2] == ("8,0\u00a0min", "dont 12 habitants non atteints")
    assert len(told["a"]) == 2


def test_arguments_are_not_changed(communes, values, services):
    before = communes.copy(), values.copy(), services.copy()
    am.access_map(communes, values, services).get_root().render()
    pd.testing.assert_frame_equal(communes, before[0])
    pd.testing.assert_series_equal(values, before[1])
    pd.testing.assert_frame_equal(services, before[2])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (pd.Series({"a": np.inf}), "infinite values for \\['a'\\]"),
        (pd.Series({"a": "quatre"}), "must be numbers"),
        (pd.Series([1.0, 2.0], index=["a", "a"]), "several values for \\['a'\\]"),
        (pd.Series({"aa": 1.0}), "no value is of a commune.*did you mean 'a'"),
        (pd.DataFrame({"minutes": [1.0]}, index=["a"]), "must have a column 'value'"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_its_reason(communes, bad, message):
    with pytest.raises(TableError, match=message):
        am.access_map(communes, bad)


@pytest.mark.parametrize("bad", [[20, 10], [10, 10], [math.nan], list(range(9))])
def test_bounds_that_make_no_classes_are_refused(communes, values, bad):
    with pytest.raises(ValueError, match="breaks"):
        am.access_map(communes, values, breaks=bad)


def test_communes_without_crs_or_territory_are_refused_at_once(communes, values):
    lost = communes.set_crs(None, allow_override=True).assign(in_territory=False)
    with pytest.raises(TableError, match="2 problems"):
        am.access_map(lost, values)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_rounded_bounds_are_few_rise_and_lie_within_the_values(numbers):
    bounds = rounded_breaks(pd.Series(numbers))
    assert len(bounds) <= 6
    assert list(bounds) == sorted(set(bounds))
    assert all(min(numbers) < bound < max(numbers) for bound in bounds)


def test_bounds_grow_where_equal_steps_would_leave_nearly_everyone_in_one_class(sample_study):
    people = sample_study.communes["population"].astype("float64")
    bounds = rounded_breaks(people)
    fullest = np.bincount(np.searchsorted(bounds, people)).max() / len(people)
    assert bounds == (100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)
    assert fullest < 0.75
    assert rounded_breaks(pd.Series(np.linspace(0, 30, 50))) == (5.0, 10.0, 15.0, 20.0, 25.0)


def test_shares_are_written_in_per_cent(communes):
    shares = pd.Series({"a": 0.25, "b": 0.5, "c": 0.995, "d": 1.0})
    view = am.access_map(communes, shares, unit="share", breaks=[0.5, 0.975], higher_is_better=True).drawing.views[0]
    assert [entry.label for entry in view.entries if not entry.pattern] == [
        "50\u00a0% ou moins",
        "plus de 50\u00a0% à 97,5\u00a0%",
        "plus de 97,5\u00a0%",
    ]
    assert [view.told[code][0] for code in "cd"] == [">\u00a099\u00a0%", "100\u00a0%"]


@given(st.lists(st.floats(-1e3, 1e3) | st.just(np.nan), min_size=1, max_size=30), st.booleans())
def test_every_zone_is_in_one_class_and_classes_hold_everyone(numbers, better):
    values = pd.Series(numbers, index=[str(k) for k in range(len(numbers))])
    people = pd.Series(range(1, len(numbers) + 1), values.index, dtype="float64")
    entries, fill = classes(
        values, people, breaks=rounded_breaks(values), unit="minutes", say=Words("fr"), higher_is_better=better
    )
    assert set(fill) == set(values.index)
    assert sum(entry.communes for entry in entries) == len(values)
    assert sum(entry.people for entry in entries) == people.sum()
    assert all((entries[fill[code]].pattern == "hatch") == np.isnan(value) for code, value in values.items())


# ------------------------------------------------------------------ geometry


def points_of(path: str) -> list[list[tuple[int, int]]]:
    rings = []
    for part in path.split("M")[1:]:
        steps = np.array([[int(n) for n in step.split(",")] for step in part.rstrip("z").split("l")])
        rings.append([tuple(point) for point in steps.cumsum(axis=0).tolist()])
    return rings


def test_a_path_gives_back_the_polygon_and_its_hole():
    shape = shapely.box(0, 0, 100, 60).difference(shapely.box(10, 10, 20, 20))
    outer, hole = points_of(path_of(shape, (0, 60)))
    assert shapely.Polygon(outer, [hole]).area == shape.area


def test_neighbours_share_their_border_after_rounding(communes, values):
    zones = {zone.code: set(points_of(zone.path)[0]) for zone in am.access_map(communes, values).drawing.zones}
    assert len(zones["a"] & zones["b"]) == 2


def test_each_outline_is_in_the_page_once(communes):
    result = pd.DataFrame({"baseline": [4.0, 8, 9, 9], "x": [4.0, 5, 9, 9], "y": [3.0, 5, 9, 9]}, index=list("abcd"))
    page = am.compare_map(communes, result)
    html = page.get_root().render()
    assert [html.count(f'd="{zone.path}"') for zone in page.drawing.zones] == [1] * 6
    assert [html.count(zone.path) for zone in page.drawing.zones] == [1] * 6


# ------------------------------------------------------------------ comparisons


def test_levels_share_one_scale_and_views_come_in_order(communes):
    result = pd.DataFrame({"baseline": [4.0, 18, 9, 9], "plan": [4.0, 5, 9, 9]}, index=list("abcd"))
    views = am.compare_map(communes, result).drawing.views
    assert [view.key for view in views] == ["baseline", "with plan", "change plan"]
    labels = [[entry.label for entry in view.entries if not entry.pattern] for view in views[:2]]
    assert labels[0] == labels[1]


def test_a_change_is_centred_at_zero_and_mirrored():
    before = pd.Series({"a": 20.0, "b": 20.0, "c": 20.0})
    after = pd.Series({"a": 12.0, "b": 20.5, "c": 28.0})
    entries, fill = change_classes(before, after, None, breaks=(1, 5, 10), unit="minutes", say=Words("fr"))
    shown = {code: entries[number].label for code, number in fill.items()}
    assert shown == {
        "a": "gain de 5 à 10\u00a0min",
        "b": "écart de moins de 1\u00a0min",
        "c": "perte de 5 à 10\u00a0min",
    }


def test_newly_reached_is_no_gain_in_minutes_and_lost_reach_no_loss(communes):
    result = pd.DataFrame({"baseline": [np.nan, 8, np.nan, 9], "plan": [3.0, np.nan, np.nan, 9]}, index=list("abcd"))
    view = am.compare_map(communes, result).drawing.views[2]
    painted = {code: view.entries[number] for code, number in view.fill.items()}
    assert painted["a"].label == "nouvellement atteint"
    assert painted["b"].label == "n’est plus atteint"
    assert [painted[code].pattern for code in "abcd"] == ["dots", "cross", "hatch", ""]
    assert not [line for line in view.told["a"] if "Écart" in line]


@pytest.mark.parametrize("columns", [["baseline"], ["today", "plan"]])
def test_a_comparison_needs_a_baseline_and_a_scenario(communes, columns):
    with pytest.raises(TableError, match="baseline|scenario"):
        am.compare_map(communes, pd.DataFrame(1.0, index=list("abcd"), columns=columns))


# ------------------------------------------------------------------ catchments


def test_each_commune_takes_the_colour_of_its_site(communes, services):
    goes = pd.Series({"a": "fs", "b": "fs", "c": "ph", "d": np.nan}, dtype="object")
    view = am.catchment_map(communes, goes, services).drawing.views[0]
    assert [(entry.label, entry.communes, entry.people) for entry in view.entries] == [
        ("France services de Chauny", 2, 300.0),
        ("Pharmacie", 1, 300.0),
        ("non atteint ou sans donnée", 1, 400.0),
    ]
    assert len({entry.colour for entry in view.entries}) == 3


def test_the_areas_of_catchments_give_the_same_map(communes, services):
    areas = communes.assign(site=["fs", "fs", "ph", "ph", "ph", "ph", "ph"]).dissolve("site")
    view = am.catchment_map(communes, areas[["geometry"]], services).drawing.views[0]
    assert [view.fill[code] for code in "abcd"] == [0, 0, 1, 1]


def test_many_sites_that_touch_have_different_colours():
    squares = [
        shapely.box(715_000 + 1000 * i, 6_945_000 + 1000 * j, 716_000 + 1000 * i, 6_946_000 + 1000 * j)
        for i in range(5)
        for j in range(5)
    ]
    index = [f"c{k}" for k in range(25)]
    zones = gpd.GeoDataFrame({"name": index}, index=index, geometry=squares, crs="EPSG:2154")
    sites = gpd.GeoDataFrame({"name": index, "category": "bank"}, index=index, geometry=zones.centroid, crs="EPSG:2154")
    view = am.catchment_map(zones, pd.Series(index, index), sites).drawing.views[0]
    colour = {code: view.entries[number].colour for code, number in view.fill.items()}
    one, other = shapely.STRtree(squares).query(squares, predicate="touches")
    assert all(colour[index[i]] != colour[index[j]] for i, j in zip(one, other, strict=True))


def test_a_catchment_of_no_known_service_is_refused(communes, services):
    with pytest.raises(TableError, match="no service 'fz'"):
        am.catchment_map(communes, pd.Series({"a": "fz"}), services)


def test_services_beyond_the_drawn_neighbours_are_left_out(communes, values, services):
    services.loc["ph", "geometry"] = communes.geometry["far"].centroid
    drawing = am.access_map(communes, values, services).drawing
    assert [layer.key for layer in drawing.layers] == ["france_services"]


def test_the_rarest_services_are_drawn_on_top(communes, values, services):
    every = services.loc[["ph", "fs", "fs"]].set_axis(["p", "f1", "f2"])
    drawing = am.access_map(communes, values, every).drawing
    assert [layer.key for layer in drawing.layers] == ["france_services", "pharmacy"]


# ------------------------------------------------------------------ errors as data, maps that travel


def test_all_that_is_wrong_with_communes_is_data_and_is_told_in_french(communes):
    broken = communes.drop(columns="name").set_crs(None, allow_override=True).assign(in_territory=False)
    with pytest.raises(TableError) as caught:
        am.access_map(broken, pd.Series(1.0, communes.index))
    assert [problem.key for problem in caught.value.problems] == ["map_no_name", "map_no_crs", "map_no_territory"]
    assert caught.value.problems[1].remedy == "call set_crs with the one of the file"
    assert caught.value.told("fr").startswith("communes\u00a0: 3 problèmes. 'name' manque. il n’y a pas de système")


def test_an_unknown_background_is_refused_with_near_matches_in_both_languages(communes):
    with pytest.raises(ValueError, match="not 'osn' \\(did you mean 'osm'") as caught:
        am.access_map(communes, pd.Series(1.0, communes.index), tiles="osn")
    assert caught.value.problems[0].near == ("osm",)
    assert "vouliez-vous dire 'osm'" in caught.value.told("fr")


def test_a_map_can_be_pickled_and_copied(communes):
    page = am.access_map(communes, pd.Series(range(len(communes)), communes.index, dtype="float64"))
    for again in (pickle.loads(pickle.dumps(page)), copy.deepcopy(page)):
        assert again.drawing.to_json() == page.drawing.to_json()
        assert again.drawing.views[0].fill == page.drawing.views[0].fill
        assert "<!DOCTYPE html>" in again.get_root().render()
