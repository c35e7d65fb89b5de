"""Published figures and zonages in the dossier: right numbers, their dates, and what is not known said to be."""

import geopandas as gpd
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import accessmap as am
from accessmap.dossier.columns import column_of
from accessmap.dossier.reference import departement
from accessmap.words.words import Words

MINUTES = [["A128", "02", 7.8], ["A128", "FR", 7.9], ["A128", "60", 9.0], ["D307", "02", 3.8]]
APL = {"codgeo": ["02001", "02002", "60001"], "APL aux médecins généralistes": [3.0, 1.5, 9.0], "annee": ["2022"] * 3}


@pytest.fixture(scope="module")
def published():
    minutes = pd.DataFrame(MINUTES, columns=["TYPEQU", "dep", "moyenne"]).assign(LIBGEO="", mediane=1.0)
    return pd.concat([am.read.reference(minutes), am.read.reference(pd.DataFrame(APL))], ignore_index=True)


@pytest.fixture
def study(toy_study):
    """The toy with a doctor of 450 consultations at a, and two flags: frr of b alone, qpv unknown of b."""
    doctor = toy_study.services.loc[["fs-a"]].rename(index={"fs-a": "gp"})
    doctor = doctor.assign(name="Dr", category="general_practitioner", consultations=450.0)
    services = gpd.GeoDataFrame(pd.concat([toy_study.services, doctor]), crs=doctor.crs).rename_axis("service_id")
    flags = {"frr": [False, True, True], "qpv": pd.array([True, None, False], "boolean")}
    communes = toy_study.communes.assign(**flags)
    return am.Study(communes, toy_study.residents, services, networks=toy_study.networks, thresholds=[2, 5])


def said(lines) -> str:
    return " ".join(lines).replace("\xa0", " ").replace("\u202f", " ")


def test_our_figures_stand_beside_the_published_ones_and_results_by_zonage(study, published):
    plan = am.Scenario("Bourg").open("france_services", commune="02002")
    dossier = am.Dossier.of(study, plan, category="france_services", reference=published)

    table = dossier.tables["reference"]
    row = table.loc[("minutes", "france_services", "departement", "02")].to_dict()
    # a (100 people) is there, b (50) 3 minutes away: 1 minute on average, of the 150 people of the territory alone
    assert (row["own"], row["people"], row["published"]) == (pytest.approx(1.0), 150, 7.8)
    assert row["difference"] == pytest.approx(1.0 - 7.8)
    row = table.loc[("apl", "general_practitioner", "territory", "")].to_dict()
    # 450 consultations for the 160 people within ten minutes, in the study, of whom 10 live outside the territory
    assert row["own"] == pytest.approx(450 / 160)
    assert row["published"] == pytest.approx((100 * 3.0 + 50 * 1.5) / 150)
    assert (row["people"], row["vintage_published"]) == (150, "2022")
    assert ("minutes", "pharmacy", "departement", "02") not in table.index  # no service of the study
    assert not any("60" in key for key in table.index)  # beyond the territory
    communes = dossier.tables["reference_by_commune"].loc["general_practitioner"]
    assert communes["published"].to_dict() == {"02001": 3.0, "02002": 1.5}

    zonages = dossier.tables["zonages"]
    share, people, median = (zonages[name].to_dict() for name in ("share", "people", "median"))
    assert (share["frr", "in", "baseline"], share["frr", "in", "Bourg"]) == (0.0, 1.0)
    assert (people["frr", "in", "baseline"], people["frr", "out", "baseline"]) == (50, 100)
    assert median["frr", "in", "baseline"] == pytest.approx(3.0)
    assert (people["qpv", "in", "baseline"], people["qpv", "unknown", "baseline"]) == (100, 50)

    for name in ("zonages", "reference", "reference_by_commune"):
        for column in dossier.tables[name].reset_index():
            assert column_of(name, str(column), Words("fr"), category="x", cutoff="2 min") is not None, (name, column)

    page = BeautifulSoup(dossier.to_html(), "html.parser")
    text = said([page.select_one("#reference").get_text(" ", strip=True)])
    assert "France services : 1,0 min en moyenne dans le territoire, 7,8 min publiées pour le département Aisne" in text
    assert "(date inconnue), un écart de −6,8 min." in text
    assert "de 2,8 consultations par habitant et par an d’après cette étude, 2,5 publiées pour les communes" in text
    assert "Rien de publié n’est donné pour : mairies." in text
    text = said([page.select_one("#zonages").get_text(" ", strip=True)])
    assert "1 commune, 50 habitants, dont 0 % à 2 minutes ou moins, trajet médian 3,0 min" in text
    assert "Avec « Bourg », 100 %, et 100 % dans le reste du territoire." in text
    assert "Le classement de 1 commune (50 habitants) n’est pas connu." in text


def test_what_is_not_known_is_missing_and_said(study, published):
    services = study.services.drop(columns="consultations")
    dossier = am.Dossier.of(study.with_services(services), category="mairie", reference=published)
    table = dossier.tables["reference"]
    assert pd.isna(table.loc[("apl", "general_practitioner", "territory", ""), ["own", "difference"]]).all()
    lines = said(am.sentences.reference(table, unpublished=["mairie"]))
    assert "la nôtre n’est pas calculée, faute des consultations de chaque site" in lines
    plain = am.Dossier.of(study, category="mairie")
    assert "reference" not in plain.tables


def test_departements_of_codes():
    assert [departement(code) for code in ("02001", "2B033", "97302")] == ["02", "2B", "973"]
