"""What another source knows of services: OpenStreetMap's points, acceslibre's entrances, a list beside another."""

from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.categories import CATEGORIES
from accessmap.errors import SourceError, TableError
from accessmap.read.matching import alike
from accessmap.read.osm_points import rules


def told(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- OpenStreetMap ----------------------------------------------------------------------------------------------------

EXTRACT = """<?xml version="1.0"?>
<osm version="0.6" generator="t">
{nodes}
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
  <tag k="amenity" v="library"/><tag k="name" v="Médiathèque"/><tag k="wheelchair" v="yes"/></way>
</osm>
"""
CORNERS = ((3.20, 49.60), (3.202, 49.60), (3.202, 49.602), (3.20, 49.602))


def node(number: int, lon: float, lat: float, **tags: str) -> str:
    inside = "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
    return f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">{inside}</node>'


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    corners = [node(k + 1, *corner) for k, corner in enumerate(CORNERS)]
    others = [
        node(
            20, 3.21, 49.61, amenity="pharmacy", name="Pharmacie A", opening_hours="Mo-Fr 09:00-12:00", wheelchair="no"
        ),
        node(21, 3.22, 49.62, amenity="pharmacy", wheelchair="limited", opening_hours="sur rendez-vous"),
        node(22, 3.23, 49.63, amenity="pharmacy", disused="yes"),
        node(23, 3.24, 49.64, disused__amenity="pharmacy"),
        node(24, 3.25, 49.65, amenity="doctors", healthcare__speciality="ophthalmology"),
        node(25, 3.26, 49.66, amenity="doctors;pharmacy", name="Maison B"),
        node(26, 3.27, 49.67, amenity="police", police__FR="gendarmerie", name="Brigade"),
        node(27, 3.28, 49.68, amenity="school", name="École sans niveau"),
        node(28, 3.29, 49.69, amenity="hospital", emergency="yes", name="CH"),
    ]
    path = tmp_path / "extract.osm"
    path.write_text(EXTRACT.format(nodes="\n".join([*corners, *others])), "utf-8")
    return path


def test_points_of_a_category_are_what_has_its_tags(extract: Path) -> None:
    read = am.read_services(extract, category="pharmacy")
    assert "vintage" not in read.attrs
    assert read.index.tolist() == ["node/20", "node/21", "node/25"]
    assert read["step_free"].tolist() == ["no", "unknown", "unknown"]
    assert read["hours"].fillna("").tolist() == ["Mo-Fr 09:00-12:00", "", ""]
    assert read["name"].tolist() == ["Pharmacie A", "pharmacie (node/21)", "Maison B"]
    said = told(read)
    for words in ("wheelchair access of 1 site is limited", "hours of 1 place", "1 site without a name"):
        assert words in said
    place = read.to_crs(4326).geometry["node/20"]
    assert (round(place.x, 6), round(place.y, 6)) == (3.21, 49.61)


def test_what_an_editor_deleted_is_no_site(extract: Path) -> None:
    text = extract.read_text("utf-8").replace('<node id="25"', '<node id="25" action="delete"')
    extract.write_text(text, "utf-8")
    assert am.read_services(extract, category="pharmacy").index.tolist() == ["node/20", "node/21"]


def test_area_is_a_site_at_its_centroid(extract: Path) -> None:
    read = am.read_services(extract, category="library")
    assert read["step_free"].to_dict() == {"way/10": "yes"}
    place = read.to_crs(4326).geometry["way/10"]
    assert (round(place.x, 5), round(place.y, 5)) == (3.201, 49.601)


def test_every_category_of_a_file_is_read_at_once(extract: Path) -> None:
    read = am.read_services(extract)
    assert read["category"].value_counts().to_dict() == {
        "pharmacy": 3,
        **dict.fromkeys(("general_practitioner", "gendarmerie", "hospital", "emergency", "library"), 1),
    }
    assert read.loc["node/28-emergency", "name"] == "CH"
    assert "1 school of which no level is told" in told(read)


def test_what_the_file_or_the_table_of_tags_has_not_is_refused(extract: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has nothing of the category bakery \(shop=bakery\)"):
        am.read_services(extract, category="bakery")
    with pytest.raises(SourceError, match="No tags of OpenStreetMap are known for the category mediathèque"):
        am.read_services(extract, category="mediathèque")
    broken = tmp_path / "b.osm"
    broken.write_text(extract.read_text("utf-8")[:900], "utf-8")
    with pytest.raises(SourceError, match="cannot be read whole"):
        am.read_services(broken, category="pharmacy")


@pytest.mark.parametrize(
    ("name", "category", "tags"),
    [
        ("liechtenstein.osm.pbf", "restaurant", [("amenity", "restaurant")]),
        ("north-bayreuth.osm.gz", "bakery", [("shop", "bakery")]),
    ],
)
def test_real_extracts_have_as_many_as_a_slow_count(data_folder: Path, name: str, category: str, tags) -> None:
    path = data_folder / "osm" / name
    counted = {
        (kind, thing.id)
        for thing in osmium.FileProcessor(str(path))
        for kind in (thing.type_str(),)
        if any(thing.tags.get(key) == value for key, value in tags)
        and (kind != "r" or thing.tags.get("type") == "multipolygon")
    }
    read = am.read_services(path, category=category)
    long = {"n": "node", "w": "way", "r": "relation"}
    assert set(read.index) == {f"{long[kind]}/{number}" for kind, number in counted}
    dates = {"liechtenstein.osm.pbf": "2015-07-27", "north-bayreuth.osm.gz": "2014-11-04"}  # header; newest object
    assert read.attrs["vintage"] == dates[name]


def test_tags_are_of_categories_that_are_known() -> None:
    assert {rule.category for rule in rules()} - set(CATEGORIES) == {"ehpad"}
    assert all(rule.tags and all(key and value for key, value in (*rule.tags, *rule.without)) for rule in rules())


# --- a list beside another --------------------------------------------------------------------------------------------


def sites(names: list[str], xs: list[float], prefix: str, category: str = "pharmacy") -> gpd.GeoDataFrame:
    index = pd.Index([f"{prefix}{k}" for k in range(len(names))], name="service_id")
    points = gpd.GeoSeries([shapely.Point(715_000 + x, 6_946_000) for x in xs], index=index, crs=2154)
    return gpd.GeoDataFrame({"name": names, "category": category}, index=index, geometry=points)


def test_lists_are_set_side_by_side_each_site_once() -> None:
    listed = sites(["Pharmacie Dupont", "Pharmacie du Marché", "Pharmacie de la Gare"], [0, 1000, 5000], "l")
    other = sites(["PHARMACIE DUPONT", "Pharmacie Martin", "Dupont", "Pharmacie Neuve"], [200, 1030, 100, 9000], "o")
    table = am.read.differences(listed, other)
    pairs = table.dropna(subset=["service_id", "other_id"]).set_index("service_id")
    assert pairs["other_id"].to_dict() == {"l0": "o2", "l1": "o1"}
    assert pairs["match"].to_dict() == {"l0": "name", "l1": "place"}
    assert table["where"].value_counts().to_dict() == {"both": 2, "other": 2, "list": 1}
    said = am.sentences.differences(table, lang="en")
    counted = "Pharmacies: 3 in the list, 4 in the other source; 2 in both."
    alone = "In the list only: Pharmacie de la Gare. In the other source only: PHARMACIE DUPONT, Pharmacie Neuve."
    assert said == [f"{counted} {alone}"]
    assert am.sentences.differences(table)[0].startswith("Pharmacies\u00a0: 3 dans la liste, 4 dans l’autre source")


def test_only_what_lies_within_the_communes_is_asked_of_the_other_list() -> None:
    listed, other = sites(["A"], [0], "l"), sites(["A", "B"], [10, 50_000], "o")
    within = gpd.GeoDataFrame(geometry=[shapely.box(714_000, 6_945_000, 716_000, 6_947_000)], crs=2154)
    assert am.read.differences(listed, other, within=within)["where"].tolist() == ["both"]
    with pytest.raises(TableError, match="has no site of the category pharmacy"):
        am.read.differences(listed, sites(["A"], [0], "o", "bakery"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        *(("Mairie de La Fère", "MAIRIE - LA FERE", True), ("Mairie de Chauny", "Mairie de Sinceny", False)),
        *(
            ("Pharmacie", "Pharmacie Dupont", False),
            ("Pharmacie", "pharmacie", True),
            ("École J. Ferry", "Jules Ferry", False),
        ),
        *(("Médiathèque Louis Aragon", "Bibliothèque municipale Louis Aragon", True), ("", "Pharmacie Dupont", False)),
    ],
)
def test_names_are_alike_by_the_words_that_tell_them_apart(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is alike(other, one) is same


# --- acceslibre -------------------------------------------------------------------------------------------------------


def erp(name: str, x: float, **more: object) -> dict[str, object]:
    place = gpd.GeoSeries([shapely.Point(715_000 + x, 6_946_000)], crs=2154).to_crs(4326).iloc[0]
    row = {"id": f"{name}-{x}", "name": name, "postal_code": "02300", "commune": "Chauny", "siret": None}
    row |= {"longitude": place.x, "latitude": place.y, "activite": "x", "entree_plain_pied": None}
    return row | dict.fromkeys(("entree_marches", "entree_marches_rampe", "entree_ascenseur", "entree_pmr")) | more


@pytest.mark.parametrize(
    ("entrance", "answer"),
    [
        ({"entree_plain_pied": "True"}, "yes"),
        ({"entree_plain_pied": True, "entree_largeur_mini": 60}, "unknown"),
        ({"entree_plain_pied": "False", "entree_marches": 2, "entree_marches_rampe": "aucune"}, "no"),
        ({"entree_plain_pied": "False", "entree_marches": 2, "entree_marches_rampe": "fixe"}, "yes"),
        ({"entree_plain_pied": "False", "entree_ascenseur": "True"}, "yes"),
        ({"entree_plain_pied": "False", "entree_pmr": "True"}, "yes"),
        ({"entree_plain_pied": "False"}, "no"),
        ({}, "unknown"),
    ],
)
def test_entrance_is_step_free_as_it_is_told(entrance: dict[str, object], answer: str) -> None:
    read = am.read.entrances(
        pd.DataFrame([erp("Pharmacie Dupont", 40, **entrance)]), sites(["Pharmacie Dupont"], [0], "l")
    )
    assert read["step_free"].tolist() == [answer]
    assert read["step_free_match"].tolist() == ["place_and_name"]


def test_identifier_goes_before_place_and_what_is_ambiguous_stays_unknown() -> None:
    services = sites(["Pharmacie Dupont", "Pharmacie du Marché", "Poste", "Loin"], [0, 1000, 2000, 9000], "l")
    services = services.assign(
        siret=["21020173500010", None, None, None], step_free=["unknown", "unknown", "yes", "unknown"]
    )
    places = [
        erp("Autre nom", 7000, siret="21020173500010", entree_plain_pied="True"),
        erp("Pharmacie Dupont", 5, entree_plain_pied="False"),
        erp("Marché", 1010, entree_plain_pied="True"),
        erp("Pharmacie Marché", 1020, entree_plain_pied="False"),
        erp("Poste", 2010, entree_plain_pied="False"),
        erp("Boulangerie", 9000, entree_plain_pied="True"),
    ]
    read = am.read.entrances(pd.DataFrame(places), services)
    assert read["step_free"].tolist() == ["yes", "unknown", "yes", "unknown"]
    assert read["step_free_match"].fillna("").tolist() == ["identifier", "", "place_and_name", ""]
    said = told(read)
    assert "1 service that several places fit" in said
    assert "'Pharmacie du Marché'" in said
    assert "1 service of which the table says otherwise, which is kept: 'Poste'" in said


def test_number_of_finess_is_an_identifier_with_or_without_its_zero() -> None:
    services = sites(["CH"], [0], "l").set_axis(pd.Index(["020000097"], name="service_id"))
    places = pd.DataFrame([erp("Autre", 9000, finess="20000097", entree_plain_pied="True")])
    assert am.read.entrances(places, services)["step_free_match"].tolist() == ["identifier"]


def test_acceslibre_is_no_list_of_services_and_nothing_else_is_acceslibre() -> None:
    places = pd.DataFrame([erp("A", 0, entree_plain_pied="True")])
    with pytest.raises(SourceError, match="acceslibre"):
        am.read_services(places, category="library")
    with pytest.raises(SourceError, match="acceslibre"):
        am.read.entrances(pd.DataFrame({"nom": ["A"], "lon": [3.2], "lat": [49.6]}), sites(["A"], [0], "l"))
