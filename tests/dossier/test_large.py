"""The dossier of a territory of many communes: sheets in pages of their own, residents gathered, and all of it said."""

import os
import re
from pathlib import Path

import geopandas as gpd
import large
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup

from accessmap.dossier import Dossier, alternatives, apart, candidates, pages
from accessmap.dossier.chapter import chapters
from accessmap.measures.minutes import by_commune, nearest
from accessmap.roads.network import RoadNetwork
from accessmap.sample import load_sample
from accessmap.study import gathering, travel
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study

SIDE, METRES = 12, 2_000
FEW = [chapter for chapter in chapters() if chapter.name in ("decision", "alternatives", "communes")]


def grid(side=SIDE) -> Study:
    """Square communes in two départements, joined from centre to centre, four homes in each, a pharmacy in five."""
    number = np.arange(side * side)
    x, y = 700_000.0 + number % side * METRES, 6_950_000.0 + number // side * METRES
    codes = [f"{'02' if k % side < side // 2 else '80'}{k + 1:03}" for k in number]
    names = [f"Village {k:03}" if k > 1 else "Sainte-Marie" for k in number]
    communes = gpd.GeoDataFrame(
        {"name": names, "population": 40 + number, "epci": "200000001", "in_territory": True},
        geometry=shapely.box(x, y, x + METRES, y + METRES),
        index=pd.Index(codes, name="code"),
        crs=2154,
    )
    centres = shapely.points(x + METRES / 2, y + METRES / 2)
    of, corner = np.repeat(number, 4), np.tile(np.arange(4), len(number))
    homes = shapely.points(x[of] + METRES / 2 + corner * 30, y[of] + METRES / 2 + corner % 2 * 40)
    residents = gpd.GeoDataFrame(
        {"commune": np.array(codes)[of], "population": 10.0 + of / 4},
        geometry=homes,
        index=pd.Index([f"r{k}" for k in range(len(of))], name="resident_id"),
        crs=2154,
    )
    at = np.concatenate([number, number[7::60]])
    kinds = ["mairie"] * len(number) + ["pharmacy"] * (len(at) - len(number))
    services = gpd.GeoDataFrame(
        {"name": [f"{kind} {k}" for kind, k in zip(kinds, at, strict=True)], "category": kinds},
        geometry=centres[at],
        index=pd.Index([f"{kind}-{k}" for kind, k in zip(kinds, at, strict=True)], name="service_id"),
        crs=2154,
    ).assign(commune=np.array(codes)[at])
    degrees = gpd.GeoSeries(centres, crs=2154).to_crs(4326)
    places = pd.DataFrame({"lon": degrees.x.to_numpy(), "lat": degrees.y.to_numpy()}, index=codes)
    right, down = number[number % side < side - 1], number[:-side]
    tails, heads = np.concatenate([right, down]), np.concatenate([right + 1, down + side])
    edges = pd.DataFrame({"u": np.array(codes)[tails], "v": np.array(codes)[heads], "minutes": 2.0 + tails % 3})
    roads = RoadNetwork.from_edges(places, edges, directed=False)
    return Study(communes, residents, services, roads, title="Grand territoire", thresholds=(5, 10))


@pytest.fixture(scope="module")
def whole():
    return grid()


@pytest.fixture(scope="module")
def made(whole, tmp_path_factory):
    """The dossier saved, as a territory ten times larger would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "MOST_PLACES", 300)
        patch.setattr(gathering, "FEWER_PLACES", 200)
        patch.setattr(candidates, "MOST_PLACES", 100)
        patch.setattr(candidates, "PROMISING", 20)
        patch.setattr(alternatives, "MANY_KEPT", 1)
        patch.setattr(apart, "MOST_SHEETS", 100)
        patch.setattr(pages, "MOST_ROWS", 50)
        patch.setattr(travel, "MOST_CELLS", 20_000)
        plan = Scenario("Une pharmacie").open("pharmacy", commune=whole.communes.index[60])
        dossier = Dossier.of(whole, plan, category="pharmacy", chapters=FEW)
        page = dossier.save(tmp_path_factory.mktemp("large") / "dossier.html")
    return dossier, page


def test_many_sheets_leave_the_page_and_every_link_leads_to_one(made):
    _, page = made
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    assert not soup.select("article.d-sheet")
    assert f"Le territoire a {SIDE * SIDE} communes" in soup.select_one("#fiches").get_text()
    links = soup.select("#fiches-index a")
    assert len(links) == SIDE * SIDE
    ids = {}
    for name in {link["href"].split("#")[0] for link in links}:
        sheets = BeautifulSoup(page.with_name(name).read_text("utf-8"), "html.parser")
        ids[name] = {article["id"] for article in sheets.select("article.d-sheet")}
        assert sheets.select_one("p.d-back a")["href"] == "dossier.html#fiches"
        # Its maps use no path that is in another page.
        used = {use["href"][1:] for use in sheets.select("article use")}
        assert used <= {path["id"] for path in sheets.select("svg.am-defs path")}
    assert sorted(ids) == ["dossier-fiches-02.html", "dossier-fiches-80.html"]
    assert all(link["href"].split("#")[1] in ids[link["href"].split("#")[0]] for link in links)
    twice = [link.get_text() for link in links if link.get_text().startswith("Sainte-Marie")]
    assert twice == ["Sainte-Marie (02001)", "Sainte-Marie (02002)"]
    index = BeautifulSoup(page.with_name("dossier-fiches.html").read_text("utf-8"), "html.parser")
    assert len(index.select("nav.d-index a")) == SIDE * SIDE


def test_places_of_residents_are_gathered_and_nobody_is_lost(made, whole):
    dossier, page = made
    known = dossier._known
    assert known.results.total == whole.people.sum()
    pd.testing.assert_series_equal(
        known.results.communes["population"], whole.counted["population"].rename("population"), check_dtype=False
    )
    assert len(known.study.residents) <= 200
    alone = nearest(whole.minutes("pharmacy"))["minutes"]
    gap = by_commune(alone, whole.residents)["value"] - known.results.communes["minutes baseline"]
    told = f"au plus {gap.abs().max():.1f}".replace(".", ",")
    text = BeautifulSoup(page.read_text("utf-8"), "html.parser").select_one("#methode").get_text().replace("\xa0", " ")
    assert told in text
    assert re.search(r"Les 576 lieux où l’on habite sont regroupés en 144 ", text)


def test_the_nearest_found_without_all_minutes_is_the_same(whole, monkeypatch):
    some = nearest(whole.minutes("mairie"))
    monkeypatch.setattr(travel, "MOST_CELLS", 10)
    pd.testing.assert_frame_equal(whole.nearest("mairie"), some)


def test_the_best_of_the_promising_places_is_the_best_of_all(made):
    dossier, page = made
    known = dossier._known
    minutes, people = known.study.minutes("mairie"), known.results.people
    now = known.results.minutes["baseline"]
    means = {site: people @ np.fmin(now, minutes[site]) / people.sum() for site in minutes}
    table = dossier.tables["alternatives"]
    best = table[table["best"]].iloc[0]
    assert best["mean"] == pytest.approx(min(means.values()), abs=1e-4)
    assert (
        "sont comparés" in BeautifulSoup(page.read_text("utf-8"), "html.parser").select_one("#alternatives").get_text()
    )


def test_long_tables_are_cut_on_the_page_and_say_so(made):
    _, page = made
    section = BeautifulSoup(page.read_text("utf-8"), "html.parser").select_one("#communes")
    assert len(section.select("tbody tr")) == 50
    assert f"Les 50 premières lignes sur {SIDE * SIDE}" in section.get_text()


def test_a_territory_of_few_communes_keeps_its_sheets_and_its_residents():
    study = load_sample()
    same, note = gathering.for_dossier(study, "hospital")
    assert same is study
    assert note is None
    free = study.mairies.iloc[:84]
    assert candidates.promising(free, study, None)[0] is free
    assert int(study.communes["in_territory"].sum()) < apart.MOST_SHEETS


@pytest.mark.slow
def test_a_region_of_five_thousand_communes_and_half_a_million_places(tmp_path):
    if "ACCESSMAP_DATA" not in os.environ:
        pytest.skip("the data of France are not here")
    path = large.territory(Path(os.environ["ACCESSMAP_DATA"]), tmp_path, large.GRAND_EST.split(","), 95)
    assert len(gpd.read_parquet(tmp_path / "residents.parquet")) > 500_000
    used = sum(cpu for _, cpu, _ in large.stages(path, tmp_path))
    assert used <= 600  # five minutes on two cores
    assert large.peak() < 4
    assert (tmp_path / "large.html").stat().st_size < 8_000_000
