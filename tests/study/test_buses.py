"""What moves is no fixed site: it is in the table of services, and in no minutes nor count unless it is asked for."""

import math

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import TableError
from accessmap.measures.hours.access import days_open
from accessmap.tables.contracts import moving

BUS = "france_services-02691"


@pytest.fixture(scope="module")
def study() -> am.Study:
    """The sample with a bus at Coucy, which is there on two days a week."""
    sample = am.load_sample()
    services = sample.services.assign(hours=sample.services["hours"].astype("object"))
    at = sample.mairies.loc["mairie-02217"].copy()
    at[["name", "category", "mobile", "hours"]] = ["Bus de Coucy", "france_services", True, "Mo,Th 09:00-12:00"]
    bus = gpd.GeoDataFrame([at], index=pd.Index(["bus"], name="service_id"), crs=services.crs)
    both = pd.concat([services, bus]).astype({"mobile": bool})
    both["hours"] = both["hours"].where(both["hours"].notna(), None)
    return am.Study(sample.communes, sample.residents, both, sample.network, title="Avec bus")


def test_sites_are_fixed_unless_buses_are_asked_for(study) -> None:
    fixed, every = study.sites("france_services"), study.sites("france_services", mobile=True)
    assert every.index.difference(fixed.index).tolist() == ["bus", BUS]
    assert moving(every).sum() == 2
    assert not moving(fixed).any()


def test_minutes_of_a_category_are_those_to_its_fixed_sites(study) -> None:
    assert "bus" not in study.minutes("france_services")
    assert "bus" in study.minutes()
    assert "bus" not in set(study.nearest("france_services")["service_id"])
    assert "bus" in set(study.nearest(study.sites("france_services", mobile=True))["service_id"])


def test_opened_site_is_fixed_and_a_category_of_buses_alone_has_no_site(study) -> None:
    other = am.Scenario("S").open("france_services", commune="02217").apply(study)
    assert not moving(other.services)["france_services-02217"]
    assert "france_services-02217" in other.sites("france_services").index
    alone = study.services.assign(mobile=study.services["category"].eq("hospital"))
    bare = am.Study(study.communes, study.residents, alone, study.network)
    assert bare.sites("hospital").empty
    assert len(bare.sites("hospital", mobile=True)) == 7


def test_mobile_is_true_or_false_or_not_said(study) -> None:
    without = study.services.drop(columns="mobile")
    assert not moving(without).any()
    half = study.services.astype({"mobile": object})
    half.loc[half["category"] == "mairie", "mobile"] = None
    assert moving(half).sum() == 2
    wrong = half.assign(mobile="06 12 34 56 78")
    with pytest.raises(TableError, match="'mobile' is not true or false"):
        am.Study(study.communes, study.residents, wrong, study.network)


def test_days_a_week_are_counted_from_hours() -> None:
    hours = pd.DataFrame({"hours": ["Mo,Th 09:00-12:00", "Mo-Sa 09:00-12:00; PH off", None, "off"]})
    days = days_open(hours)
    assert days.tolist()[:2] == [2, 6]
    assert math.isnan(days[2])
    assert days[3] == 0


def test_dossier_counts_fixed_sites_and_says_who_is_near_a_bus(study) -> None:
    dossier = am.Dossier.of(
        study, am.Scenario("Pinon fermé").close("france_services-02602"), category="france_services"
    )
    people = study.people
    fixed = study.minutes("france_services")[study.inside].min(axis=1)
    every = study.minutes(study.sites("france_services", mobile=True))[study.inside].min(axis=1)
    cutoff = 10
    shares = [float(people[minutes <= cutoff].sum() / people.sum()) for minutes in (fixed, every)]
    assert dossier.tables["coverage"].loc[cutoff, "baseline"] == pytest.approx(shares[0])
    assert dossier.tables["services"].loc[("france_services", "baseline"), "sites"] == 3
    buses = dossier.tables["buses"]
    assert buses.loc["bus", ["name", "days"]].tolist() == ["Bus de Coucy", 2]
    if dossier.tables["buses"]["share_fixed"].iloc[0] == pytest.approx(shares[0]):
        assert buses["share"].tolist() == pytest.approx([shares[1]] * len(buses))
    more = round((buses["share"].iloc[0] - buses["share_fixed"].iloc[0]) * people.sum())
    assert more > 0
    line = am.sentences.buses(buses, cutoff=cutoff, people=float(people.sum()))[0]
    assert "Bus de Coucy, 2 jours par semaine" in line.replace("\xa0", " ")
    assert "pas compté" in line
    assert isinstance(study.services.geometry.iloc[0], shapely.Point)
