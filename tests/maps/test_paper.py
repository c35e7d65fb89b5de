"""Maps on paper, without JavaScript, and with a background: whole pictures, north, scale, policy."""

import io
import re
import struct
import zlib
from base64 import b64encode
from hashlib import sha256
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import resvg_py
import shapely
from bs4 import BeautifulSoup

import accessmap.maps as am
from accessmap.maps import picture as sheets
from accessmap.maps.drawing import draw
from accessmap.maps.svg import bar_kilometres, picture
from accessmap.provenance import Provenance, Source

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}&\"'"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    boxes = [shapely.box(715_000 + 3000 * k, 6_945_000, 718_000 + 3000 * k, 6_948_000) for k in range(4)]
    columns = {"name": ["Chauny", HOSTILE, "Pinon", "Ham"], "population": [100, 200, 300, 400]}
    inside = [True, True, True, False]
    return gpd.GeoDataFrame(columns, index=list("abcd"), geometry=boxes, crs="EPSG:2154").assign(in_territory=inside)


@pytest.fixture
def page(communes):
    sites = gpd.GeoDataFrame(
        {"name": ["In", "Out"], "category": "hospital"},
        index=["in", "out"],
        geometry=[communes.geometry["a"].centroid, communes.geometry["d"].centroid],
        crs="EPSG:2154",
    )
    result = pd.DataFrame({"baseline": [4.0, 12.0, np.nan], "plan": [4.0, 6.0, np.nan]}, index=list("abc"))
    known = Provenance((Source("Carte", "IGN", "Licence Ouverte", "2026"),))
    return am.compare_map(communes, result, sites, title=f"Accès {HOSTILE}", provenance=known)


def words_of(root) -> str:
    return " ".join(part.text or "" for part in root.iter(f"{SVG}text"))


# ------------------------------------------------------------------ pictures for print


def test_a_sheet_holds_title_map_legend_counts_north_scale_and_credit(page, tmp_path):
    path = page.save_svg(tmp_path / "new" / "carte.svg", view=2)
    root = ElementTree.fromstring(path.read_text("utf-8"))
    words = words_of(root)
    for said in ("Accès", "Écart", "écart de moins de 1", "1 commune · 100", "hors du territoire", "IGN 2026", "km"):
        assert said in words.replace("\u00a0", " ")
    assert root.find(f".//{SVG}path[@class='am-north']") is not None
    assert {"url(#m-hatch)", "url(#l-hatch)"} <= {part.get("fill") for part in root.iter()}
    ids = {part.get("id") for part in root.iter()}
    used = {part.get("href").removeprefix("#") for part in root.iter(f"{SVG}use")}
    assert used <= ids
    assert {"m-hatch", "l-hatch"} <= ids
    assert "alert(1)" in words  # the hostile title is text
    assert root.findall(f".//{SVG}script") == []
    assert "Hôpital (1)" in words  # the one outside is outside the picture


def test_each_view_is_a_sheet_and_no_other(page, tmp_path):
    views = [page.save_svg(tmp_path / f"{k}.svg", view=k).read_text("utf-8") for k in range(3)]
    assert len(set(views)) == 3
    with pytest.raises(ValueError, match="view must be 0 to 2, not 3"):
        page.save_svg(tmp_path / "x.svg", view=3)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize("kind", ["two", "cells", "roads", "isochrones"])
def test_every_kind_of_map_has_a_sheet(kind, communes, sample_study, tmp_path):
    values = pd.Series([4.0, 12.0, np.nan], list("abc"))
    made = {
        "two": lambda: am.bivariate_map(communes, values, values, first_breaks=[5], second_breaks=[5, 10]),
        "cells": lambda: am.cell_map(
            sample_study.residents, pd.Series(1.0, sample_study.residents.index), cell_metres=1000
        ),
        "roads": lambda: am.network_map(sample_study.network, sample_study.communes),
        "isochrones": lambda: am.explore(
            gpd.GeoDataFrame(
                geometry=[communes.geometry["a"]],
                index=pd.MultiIndex.from_tuples([("s", 5.0)], names=["point", "minutes"]),
                crs=communes.crs,
            )
        ),
    }[kind]()
    root = ElementTree.fromstring(made.save_svg(tmp_path / "a.svg").read_text("utf-8"))
    view = made.drawing.views[0]
    words = words_of(root).replace("\u00a0", " ")
    assert all(entry.label.replace("\u00a0", " ").split()[0] in words for entry in view.entries)
    wide, high = (float(root.get(side)) for side in ("width", "height"))
    lowest = max(float(part.get("y")) for part in root.findall(f"{SVG}text"))
    assert lowest < high
    assert sheets.NARROWEST <= wide <= sheets.WIDTH


def test_words_keep_to_their_column(communes, tmp_path):
    name = "Un nom " + "très " * 40 + "long"
    communes.loc["a", "name"] = name
    values = pd.Series([1.0], ["a"], name=name)
    page = am.bivariate_map(communes, values, values, first_breaks=[5], second_breaks=[5], title=name)
    root = ElementTree.fromstring(page.save_svg(tmp_path / "a.svg").read_text("utf-8"))
    for text in root.findall(f"{SVG}text"):
        wide = len(text.text) * float(text.get("font-size")) * sheets.REGULAR
        assert float(text.get("x")) + wide <= sheets.WIDTH


def pixels(png: bytes) -> np.ndarray:
    """Decode a PNG of 8-bit RGBA, enough for a test."""
    wide, high = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return np.frombuffer(zlib.decompress(data), np.uint8).reshape(high, 1 + 4 * wide)


def test_png_is_the_same_picture_in_the_width_asked_for(page, tmp_path):
    path = page.save_png(tmp_path / "carte.png", width=800)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">I", content[16:20]) == (800,)
    assert len(np.unique(pixels(content))) > 50
    for width in (199, 10_001):
        with pytest.raises(ValueError, match="width must be 200 to 10,000"):
            page.save_png(tmp_path / "b.png", width=width)


def test_a_machine_without_fonts_is_told_instead_of_losing_the_words(page, monkeypatch):
    drawn = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda svg, **given: drawn(svg, skip_system_fonts=True, **given))
    with pytest.raises(ValueError, match="no font to write with"):
        sheets.png(sheets.sheet(page.drawing))


def test_save_writes_what_the_name_of_the_file_says(page, tmp_path):
    for name in ("a.png", "b.PNG", "c.svg", "d.html", "e.htm"):
        page.save(tmp_path / name)
        page.save(str(tmp_path / "deeper" / name))
    assert (tmp_path / "a.png").read_bytes() == page.save_png(tmp_path / "f.png").read_bytes()
    assert (tmp_path / "b.PNG").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "deeper" / "c.svg").read_bytes() == page.save_svg(tmp_path / "g.svg").read_bytes()
    for name in ("d.html", "e.htm"):
        assert (tmp_path / name).read_text("utf-8").startswith("<!DOCTYPE html>")
    inside = io.BytesIO()
    page.save(inside, close_file=False)
    assert inside.getvalue().startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["a.pdf", "carte", "a.jpg", "a.png.gz"])
def test_save_refuses_another_ending_in_one_sentence(page, tmp_path, name):
    with pytest.raises(ValueError, match=r"end the name in \.png, \.svg or \.html") as caught:
        page.save(tmp_path / name)
    assert caught.value.problems[0].value == name
    assert "terminez le nom par .png, .svg ou .html" in caught.value.told("fr")
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ without JavaScript


def test_a_page_carries_every_view_as_a_picture_with_its_legend_and_words(page):
    soup = BeautifulSoup(page.get_root().render(), "html.parser")
    stills = soup.select(".am-stills .am-still")
    assert [still.strong.get_text() for still in stills] == [view.name for view in page.drawing.views]
    for still, view in zip(stills, page.drawing.views, strict=True):
        said = still.svg.desc.get_text()
        assert all(entry.label in said for entry in view.entries)
        assert len(still.select("li")) >= len(view.entries)
        used = {use["href"].removeprefix("#") for use in still.select("use")}
        assert used <= {part["id"] for part in soup.select(".am-defs [id]")}
    assert len({part["id"] for part in soup.find_all(id=True)}) == len(soup.find_all(id=True))


@pytest.mark.parametrize(("metres", "bar"), [(36_000, 5), (12_000, 2), (3_000, 0.5), (200_000, 20)])
def test_the_scale_bar_is_round_and_at_most_a_fifth(metres, bar):
    box = shapely.box(700_000, 6_900_000, 700_000 + metres, 6_900_000 + metres)
    zone = gpd.GeoDataFrame({"name": ["A"]}, index=["a"], geometry=[box], crs="EPSG:2154")
    assert bar_kilometres(am.access_map(zone, pd.Series({"a": 1.0})).drawing) == bar


@pytest.mark.parametrize("foot", [6_858_000, 6_862_000, 6_885_000])
def test_the_arrow_towards_a_site_beyond_the_picture_is_not_on_the_scale(foot):
    box = shapely.box(700_000, 6_900_000, 736_000, 6_936_000)
    zone = gpd.GeoDataFrame({"name": ["A"]}, index=["a"], geometry=[box], crs="EPSG:2154")
    columns = {"name": ["Out"], "category": "hospital", "geometry": [shapely.Point(660_000, foot)]}
    sites = gpd.GeoDataFrame(columns, index=["out"], crs="EPSG:2154")
    drawing = am.access_map(zone, pd.Series({"a": 1.0})).drawing
    beyond = draw(zone, drawing.views, sites, title="", credit="", lang="fr", serving=["out"])
    root = ElementTree.fromstring(str(picture(beyond, 0, key="k", alt="")))
    parts = {part.get("class"): part for part in root.iter("path")}
    across, down, _, scale = map(float, re.findall(r"-?[\d.]+", parts["am-beyond"].get("transform")))
    north, top = map(int, re.match(r"M(\d+),(\d+)", parts["am-north"].get("d")).groups())
    assert across + 9 * scale < north or down + 9 * scale < top


# ------------------------------------------------------------------ policy and backgrounds


def policy(soup: BeautifulSoup) -> str:
    found = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    return found["content"] if found else ""


def test_a_page_lets_in_only_its_own_scripts(page):
    html = page.get_root().render()
    rule = policy(BeautifulSoup(html, "html.parser"))
    assert rule.startswith("default-src 'none'; img-src data:; style-src ")
    for code in re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL):
        assert b64encode(sha256(code.encode()).digest()).decode() in rule
    assert "unsafe" not in rule


def test_a_map_with_a_layer_of_somebody_else_has_no_policy_that_would_break_it(page):
    import folium

    folium.Marker((49.6, 3.2)).add_to(page)
    assert policy(BeautifulSoup(page.get_root().render(), "html.parser")) == ""


@pytest.mark.parametrize(("name", "host"), [("osm", "tile.openstreetmap.org"), ("ign", "data.geopf.fr")])
def test_tiles_come_only_when_asked_from_one_host_and_are_credited(communes, name, host):
    values = pd.Series({"a": 4.0})
    html = am.access_map(communes, values, tiles=name).get_root().render()
    soup = BeautifulSoup(html, "html.parser")
    assert f"img-src data: https://{host};" in policy(soup)
    credit = soup.select_one(".am-credit").get_text()
    assert ("OpenStreetMap" if name == "osm" else "Plan IGN") in credit
    assert host not in am.access_map(communes, values).get_root().render()


def test_an_unknown_background_is_refused(communes):
    with pytest.raises(ValueError, match="did you mean 'osm'"):
        am.access_map(communes, pd.Series({"a": 4.0}), tiles="osn")
