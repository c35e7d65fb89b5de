"""The page of a country carries the numbers of its parts, and says what is missing."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from outlined import Page
from scipy.spatial import cKDTree

import accessmap as am
from accessmap.categories import CATEGORIES
from accessmap.cli import main
from accessmap.country.page import MOST_KINDS, national_page, page_of
from accessmap.studyfile.loading import load_study
from accessmap.words import words as labels

WITHOUT = "80"


@pytest.fixture(scope="module")
def folder(country_folder, tmp_path_factory):
    """A country of which one département was not computed yet, with the dossier of one EPCI."""
    own = tmp_path_factory.mktemp("page") / "national"
    shutil.copytree(country_folder, own)
    (own / "parts" / f"{WITHOUT}.json").unlink()
    dossier = own / "dossiers" / "200071785" / "out"
    dossier.mkdir(parents=True)
    for name in ("chauny-fiches.html", "chauny.html", "chauny.json"):
        (dossier / name).write_text("{}")
    return own


@pytest.fixture(scope="module")
def page(folder):
    return Page(national_page(folder).read_text("utf-8"))


@pytest.fixture(scope="module")
def study(folder):
    return load_study(folder / "inputs")


def test_figures_of_communes_epci_departements_and_the_whole_are_those_of_the_study(page, study):
    known = study.communes.index[~study.communes.index.str.startswith(WITHOUT)]
    people = study.people[study.residents["commune"].isin(known).to_numpy()]
    of = study.residents.loc[people.index, "commune"]
    for kind in page.figure("communes", "minutes"):
        minutes = study.nearest(kind)["minutes"].loc[people.index]
        codes = page.lines("codes")
        levels = {
            "communes": (of, codes),
            "epci": (of.map(study.communes["epci"]), [row[0] for row in page.data["epci"]]),
            "deps": (of.str[:2], [row[0] for row in page.data["deps"]]),
            "whole": (of.map(lambda _: ""), [""]),
        }
        for level, (group, index) in levels.items():
            weight = people.groupby(group.to_numpy()).sum()
            mean = (minutes * people).groupby(group.to_numpy()).sum() / weight
            within = ((minutes <= 20) * people).groupby(group.to_numpy()).sum() / weight
            shown = page.figure(level, "minutes")[kind] / 10, page.figure(level, "within_20")[kind] / 10_000
            for own, whole, off in (
                (shown[0], mean, 0.0501),
                (shown[1], within, 0.01 if level == "communes" else 2e-4),
            ):
                expected = whole.reindex(index).to_numpy()
                np.testing.assert_array_equal(np.isnan(own), np.isnan(expected))
                assert np.nanmax(np.abs(own - expected)) < off


def test_a_part_that_is_missing_is_missing_on_the_page_and_nothing_is_made_of_it(page, study):
    codes = np.array(page.lines("codes"))
    minutes = next(iter(page.figure("communes", "minutes").values()))
    assert np.isnan(minutes[np.char.startswith(codes, WITHOUT)]).all()
    row = next(k for k, dep in enumerate(page.data["deps"]) if dep[0] == WITHOUT)
    assert np.isnan(page.figure("deps", "minutes")["hospital"][row])
    inside = study.residents["commune"].str.startswith(WITHOUT)
    assert page.data["deps"][row][2] == round(study.people[inside].sum())  # who lives there is known all the same
    told = study.residents["commune"][~inside]  # in one commune of two nobody of the fixture lives
    left = study.communes[~study.communes.index.isin(told)]
    assert f"{len(left)}\u00a0communes" in page.attention
    assert labels.number(int(left["population"].sum()), lang="fr") in page.attention


def test_a_few_are_never_none_and_nearly_all_are_never_all(page, study):
    within = page.figure("whole", "within_20")["hospital"][0]
    assert 0 < within < 10_000
    unreached = page.figure("whole", "unreached")["hospital"][0]
    assert unreached == 0


def test_classes_of_density_are_people_per_square_kilometre_of_the_epci(page, study):
    people = study.people.groupby(study.residents["commune"]).sum().reindex(study.communes.index, fill_value=0)
    bounds = [bound for bound, _ in page.data["classes"]]
    for code, _, held, number, density, _ in page.data["epci"]:
        inside = study.communes["epci"] == code
        expected = people[inside].sum() / study.communes.geometry[inside].area.sum() * 1e6
        assert (held, density) == (round(people[inside].sum()), round(expected))
        assert bounds[number] <= expected < [*bounds, np.inf][number + 1]


def test_a_dossier_beside_the_page_is_linked_and_the_others_have_none(page):
    linked = {row[0]: row[5] for row in page.data["epci"] if row[5]}
    assert linked == {"200071785": "dossiers/200071785/out/chauny.html"}


def test_the_page_asks_for_nothing_and_speaks_both_languages(folder, tmp_path):
    text = national_page(folder, tmp_path / "page.html", kinds=["mairie"], lang="en").read_text("utf-8")
    assert "default-src &#39;none&#39;" in text
    assert "How many minutes by road" in text
    assert [kind["many"] for kind in Page(text).data["kinds"]] == ["town halls"]


def test_what_is_no_country_or_of_two_runs_is_refused(folder, tmp_path):
    with pytest.raises(am.AccessmapError, match="no computed territory"):
        national_page(tmp_path)
    with pytest.raises(ValueError, match="hospitl"):
        national_page(folder, kinds=["hospitl"])
    record = next((folder / "parts").iterdir())
    told = json.loads(record.read_text("utf-8"))
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    told["parameters"]["nearest"] = 2
    (other / "parts" / record.name).write_text(json.dumps(told))
    with pytest.raises(am.AccessmapError, match="two different runs"):
        national_page(other)


@pytest.mark.slow
def test_page_of_all_communes_of_france_is_under_6_megabytes(data_folder, tmp_path):
    communes = gpd.read_parquet(data_folder / "france" / "communes.parquet").set_index("code")
    known = communes.geometry.notna() & communes["population"].notna() & ~communes["dep"].str.startswith(("97", "98"))
    communes = communes[known].to_crs(2154).assign(in_territory=True).rename_axis("code")
    middles = communes.representative_point()
    kinds = list(CATEGORIES)[:MOST_KINDS]
    ids = pd.Index([f"r-{code}" for code in communes.index], name="resident_id")
    homes = {"commune": communes.index.to_numpy(), "population": communes["population"].to_numpy()}
    residents = gpd.GeoDataFrame(homes, geometry=middles.to_numpy(), index=ids, crs=2154)
    rng, tables = np.random.default_rng(0), []
    xy = np.column_stack([middles.x, middles.y])
    for kind, share in zip(kinds, np.geomspace(0.3, 0.005, len(kinds)), strict=True):
        sites = xy[rng.random(len(xy)) < share]
        minutes = cKDTree(sites).query(xy)[0] / 1000 * 1.3 + rng.gamma(2, 1, len(xy))
        within = {f"within_{t}": np.clip((t - minutes) / 3 + 0.5, 0, 1) for t in (10, 20, 30)}
        rows = pd.MultiIndex.from_product([communes.index, [kind]], names=["code", "kind"])
        told = {"minutes": minutes, "unreached_people": 0.0, **within, "people": homes["population"]}
        tables.append(pd.DataFrame(told, index=rows))
    points = {"name": kinds, "category": kinds, "commune": communes.index[0]}
    at = gpd.GeoSeries([middles.iloc[0]] * len(kinds), crs=2154).to_numpy()
    services = gpd.GeoDataFrame(points, geometry=at, index=pd.Index(kinds, name="service_id"), crs=2154)
    nodes = pd.DataFrame({"lon": [2.0, 2.1], "lat": [47.0, 47.0]}, index=["a", "b"])
    edges = pd.DataFrame({"u": ["a"], "v": ["b"], "minutes": [5.0]})
    study = am.Study(communes, residents, services, am.RoadNetwork.from_edges(nodes, edges, directed=False))
    text = page_of(study, pd.concat(tables), tmp_path, tmp_path / "index.html", "fr")
    page = Page(text)
    assert len(page.lines("codes")) == len(communes) > 34_700
    assert len(page.data["kinds"]) == MOST_KINDS
    assert len(text.encode()) < 6_000_000


def test_command_writes_the_page(folder: Path, capsys, tmp_path):
    out = tmp_path / "p.html"
    assert main(["page", str(folder), "--out", str(out), "--kind", "hospital", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(out)
    assert [kind["key"] for kind in Page(out.read_text("utf-8")).data["kinds"]] == ["hospital"]
