"""The map of one way: complete, offline, and its street names are data."""

import re

import pytest
from bs4 import BeautifulSoup

from accessmap import route_map


@pytest.fixture
def way(sample_study):
    home, site = sample_study.residents.geometry.loc[["02217-01"]], sample_study.sites("hospital").geometry.iloc[[0]]
    return sample_study.network.explain(home, site)


def page(drawn, tmp_path):
    drawn.save(tmp_path / "route.html")
    return (tmp_path / "route.html").read_text("utf-8")


def test_every_stretch_is_a_line_with_its_minutes(way, tmp_path):
    html = page(route_map(way), tmp_path)
    assert html.count("L.polyline(") == len(way)
    assert f"{way['minutes'].sum():.1f}".replace(".", ",") in html


def test_nothing_is_loaded_from_outside(way, sample_study, tmp_path):
    html = page(route_map(way, communes=sample_study.communes), tmp_path)
    soup = BeautifulSoup(html, "html.parser")
    assert [tag for tag in soup.find_all(["script", "img", "iframe"]) if tag.get("src")] == []
    assert soup.find_all("link") == []
    assert "L.geoJson(" in html


def test_a_modelled_network_and_an_unknown_one_say_so(way, sample_study, tmp_path):
    assert "provenance inconnue" in page(route_map(way), tmp_path).lower()
    assert "Réseau modélisé" in page(route_map(way, provenance=sample_study.network.provenance), tmp_path)


def test_hostile_street_names_stay_text(way, tmp_path):
    hostile = way.assign(name="<script>alert(1)</script>{{ 7 * 7 }}`${1}`\"'")
    html = page(route_map(hostile, title="<img src=x onerror=alert(2)>"), tmp_path)
    assert "<script>alert(1)" not in html
    assert "<img src=x" not in html
    tooltips = re.findall(r"bindTooltip\(\s*`(.*?)`", html, flags=re.DOTALL)
    assert tooltips
    assert all("49" not in text.split("·")[0] and "${" not in text for text in tooltips)
