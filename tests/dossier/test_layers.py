"""The GeoPackage of a dossier opens in QGIS as the dossier's maps are: the same classes, colours and words."""

import sqlite3
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest

import accessmap as am
from accessmap.maps.drawing import SHAPES, Entry
from accessmap.maps.qgis import BRUSHES, MARKERS, Rule, change_rules, level_rules, qml, sld
from accessmap.words.words import Words

SE, OGC = "{http://www.opengis.net/se}", "{http://www.opengis.net/ogc}"
PLAN = 'Bourg & "Xanton" <1>'
COLUMNS = [
    *("id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML"),
    *("styleSLD", "useAsDefault", "description", "owner", "ui", "update_time"),
]
MADE: dict[str, am.Dossier] = {}  # made once: it is read-only


@pytest.fixture
def dossier(toy_study):
    if not MADE:
        own = am.Scenario(PLAN).open("france_services", commune="02002").close("fs-x")
        past = am.Scenario("Plus rien").close("fs-a").close("fs-x")
        MADE["dossier"] = am.Dossier.of(toy_study, own, past, category="france_services", chapters=[])
    return MADE["dossier"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("layers")


@pytest.fixture
def path(dossier, folder):
    path = folder / "out" / "a.gpkg"
    return path if path.exists() else dossier.save_layers(path)


def styles(path):
    with sqlite3.connect(path) as file:
        return pd.read_sql("SELECT * FROM layer_styles", file)


def painted(path, layer, style, key):
    """The colour and label of each row, by the filters of a style, which SQLite reads as QGIS does."""
    whole = ET.fromstring(style)
    symbols = {
        symbol.get("name"): symbol.findall("layer/Option/Option[@name='color']")[0].get("value")
        for symbol in whole.find("renderer-v2/symbols")
    }
    found = {}
    with sqlite3.connect(path) as file:
        every = {row[0] for row in file.execute(f'SELECT "{key}" FROM {layer}')}
        for rule in whole.find("renderer-v2/rules"):
            where = rule.get("filter", "1")
            rows = (
                every - set(found)
                if where == "ELSE"
                else {row[0] for row in file.execute(f'SELECT "{key}" FROM {layer} WHERE {where}')}
            )
            assert not rows & set(found), "a row is painted twice"
            found |= dict.fromkeys(rows, (symbols[rule.get("symbol")], rule.get("label")))
    assert set(found) == every
    return found


def test_the_table_of_styles_is_as_qgis_makes_it(path):
    table = styles(path)
    assert list(table.columns) == COLUMNS
    assert table.groupby("f_table_name")["useAsDefault"].sum().to_dict() == dict.fromkeys(
        ("communes", "services", "residents"), 1
    )
    assert (table["styleName"].str.len() <= 30).all()
    assert not table.duplicated(["f_table_name", "styleName"]).any()
    with sqlite3.connect(path) as file:
        kinds = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
        geometry = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert kinds["layer_styles"] == "attributes"
    assert set(table["f_geometry_column"]) == set(geometry.values())
    assert len(gpd.read_file(path, layer="layer_styles")) == len(table)


def test_residents_have_their_minutes_and_what_is_not_reached_stays_empty(path):
    people = gpd.read_file(path, layer="residents").set_index("resident_id")
    assert people["minutes baseline"].to_dict() == {"ra": 0, "rb": 3}
    assert people[f"change {PLAN}"].to_dict() == {"ra": 0, "rb": -3}
    assert people["minutes Plus rien"].isna().all()


def test_communes_are_painted_as_on_the_map(path, dossier):
    drawing, table = dossier._drawing, styles(path)
    here = table[table["f_table_name"] == "communes"]["styleQML"]
    assert len(here) == len(drawing.views) == 5
    for view, style in zip(drawing.views, here, strict=True):
        for code, (colour, label) in painted(path, "communes", style, "code").items():
            entry = view.entries[view.fill[code]]
            assert label == entry.label
            if not entry.pattern:
                assert colour == ",".join(str(int(entry.colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def test_people_are_painted_once_each_by_every_style(path):
    table = styles(path)
    for style in table[table["f_table_name"] == "residents"]["styleQML"]:
        painted(path, "residents", style, "resident_id")
    (sites,) = table[table["f_table_name"] == "services"]["styleQML"]
    assert {label for _, label in painted(path, "services", sites, "service_id").values()} == {"France services"}


def test_missing_is_hatched_and_the_two_forms_say_the_same(path):
    for _, row in styles(path).iterrows():
        whole, other = ET.fromstring(row["styleQML"]), ET.fromstring(row["styleSLD"].encode())
        rules = whole.findall("renderer-v2/rules/rule")
        assert [rule.get("label") for rule in rules] == [name.text for name in other.iter(f"{SE}Name")][2:]
        assert len({rule.get("key") for rule in rules}) == len(rules)
        if row["f_table_name"] == "communes":
            last = whole.find("renderer-v2/symbols")[-1]
            hatch = [each.get("value") for each in last.findall("layer/Option/Option[@name='style']")]
            assert hatch == ["solid", "b_diagonal"]
            assert "slash" in [name.text for name in list(other.iter(f"{SE}Rule"))[-1].iter(f"{SE}WellKnownName")]


def test_columns_have_french_names_in_qgis(path):
    table = styles(path)
    whole = ET.fromstring(table.loc[table["f_table_name"] == "communes", "styleQML"].iloc[0])
    names = {alias.get("field"): alias.get("name") for alias in whole.iter("alias")}
    assert names["minutes baseline"] == "Trajet moyen – Aujourd’hui"
    assert names["code"] == "Code INSEE"
    assert names[f"change {PLAN}"] == f"Changement – {PLAN}"


def test_the_same_dossier_makes_the_same_bytes(dossier, path, tmp_path):
    assert dossier.save_layers(tmp_path / "b.gpkg").read_bytes() == path.read_bytes()


def test_a_value_on_a_bound_is_in_the_class_of_the_map():
    words = Words("en")
    assert [rule.where for rule in level_rules("m", (10.0, 20.0), words)] == [
        (("m", "<=", 10.0),),
        (("m", ">", 10.0), ("m", "<=", 20.0)),
        (("m", ">", 20.0),),
        (("m", "null", 0.0),),
    ]
    assert [rule.where for rule in level_rules("m", (), words)] == [(("m", "known", 0.0),), (("m", "null", 0.0),)]
    same = next(
        rule for rule in change_rules("c", "b", "a", words) if rule.where == (("c", ">=", -1.0), ("c", "<=", 1.0))
    )
    assert same.entry.colour == "#ffffff"


def test_every_marker_and_hatching_has_one_of_qgis():
    assert set(MARKERS) == set(SHAPES)
    for shape in SHAPES:
        for form in (
            qml([Rule(Entry("<é>", "#010203"), shape=shape)], {}),
            sld([Rule(Entry("<é>", "#010203"), shape=shape)], "a"),
        ):
            assert "<é>" in [
                text for each in ET.fromstring(form.encode()).iter() for text in (each.text, each.get("label"))
            ]
    for name in BRUSHES:
        assert (
            len(ET.fromstring(qml([Rule(Entry("a", "#010203", name))], {})).findall("renderer-v2/symbols/symbol/layer"))
            == 2
        )
