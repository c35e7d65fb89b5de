"""The real services of the Aisne and around through the table of kinds: health, shops and culture on one network."""

import geopandas as gpd
import pandas as pd
import pytest
from aisne import BASKETS, COUNCIL, aisne_study, services_of
from bs4 import BeautifulSoup

import accessmap as am
from accessmap.categories import CATEGORIES
from accessmap.measures.baskets import basket_minutes
from accessmap.measures.imbalance import score
from accessmap.tables.contracts import check_services


@pytest.fixture(scope="module")
def communes(real_data) -> gpd.GeoDataFrame:
    return am.read_communes(real_data / "communes.gpkg")


@pytest.fixture(scope="module")
def study(real_data) -> am.Study:
    return aisne_study(real_data, kinds=COUNCIL)


def test_each_kind_is_once_in_a_commune_and_none_of_its_count_is_lost(real_data, communes) -> None:
    read = services_of(real_data, communes, ["grocery", "primary_school", "pharmacy"])
    check_services(read, communes)
    assert not read.duplicated(["category", "commune"]).any()
    counts = pd.read_csv(real_data / "bpe_2013_counts.csv").groupby("equipment")["count"].sum()
    totals = read.groupby("category")["capacity"].sum()
    assert totals["pharmacy"] == counts["Pharmacie"]
    assert totals["grocery"] == counts["Épicerie"] + counts["Supérette"]
    rpi = "Classe élémentaire de regroupement pédagogique intercommunal (RP"
    assert totals["primary_school"] == counts["École élémentaire"] + counts[rpi]


def test_capacity_says_what_it_counts(real_data, communes) -> None:
    read = services_of(real_data, communes, ["general_practitioner", "pharmacy", "digital_help"])
    assert dict(read.groupby("category")["capacity_unit"].agg(lambda units: " / ".join(sorted(set(units))))) == {
        "digital_help": "conseillers numériques",
        "general_practitioner": "médecins généralistes",
        "pharmacy": "pharmacies",
    }
    advisers = pd.read_csv(real_data / "conseillers_numeriques_2022.csv")["advisers"].sum()
    assert 0 < read.loc[read["category"] == "digital_help", "capacity"].sum() <= advisers


def test_kind_that_was_not_counted_is_named_with_those_that_were(real_data, communes) -> None:
    with pytest.raises(ValueError, match="the count of 2013 has no library: it has .*hairdresser"):
        services_of(real_data, communes, ["library", "bakery"])


def test_study_of_the_three_words_has_them_all_and_names_what_it_counts(study) -> None:
    assert set(study.services["category"]) == {*COUNCIL, "mairie"}
    assert set(COUNCIL) <= set(CATEGORIES)
    assert set(BASKETS) == {"health", "proximity_shops", "culture"}


@pytest.mark.parametrize("name", BASKETS)
def test_basket_is_reached_and_scored_in_every_commune_of_the_territory(study, name) -> None:
    sites = study.services[study.services["category"].isin(BASKETS[name])]
    minutes = basket_minutes(study.minutes(sites), sites, BASKETS[name])
    table = pd.DataFrame({kind: am.by_commune(minutes[kind], study.residents)["value"] for kind in minutes})
    inside = table[study.communes["in_territory"].reindex(table.index)]
    assert len(inside) == 84
    points = score(inside, weights=dict.fromkeys(inside, 1), bounds=dict.fromkeys(inside, (30, 5)))
    assert points.between(0, 100).all()
    assert points["02173"] == points.max()  # Chauny, the largest town, is best served in each of the three


def test_one_dossier_covers_health_shops_and_culture_on_the_real_roads(study) -> None:
    dossier = am.Dossier.of(study, category="general_practitioner", alongside=COUNCIL[1:])
    page = BeautifulSoup(dossier.to_html(), "html.parser")
    heads = [row.get_text().strip() for row in page.select("#services tr.d-group")]
    assert heads == ["Services publics", "Santé", "Commerces et services de proximité", "Culture et loisirs"]
    # Of so many services a sheet is set smaller, to be one page on paper.
    assert all("d-long" in sheet["class"] for sheet in page.select("article.d-sheet"))
    means = dossier.tables["services"]["mean"].xs("baseline", level="situation")
    assert set(means.index) == set(COUNCIL)
    # The longest trips are those to what few communes have.
    assert means["theatre"] > means["cinema"] > means["bakery"]
    assert len(page.select(".d-sheet")) == 84
    assert len(dossier.to_html()) < 4_000_000
