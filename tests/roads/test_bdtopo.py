"""IGN BD TOPO roads: both generations of names, one rule at a time, then the Sarthe."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from accessmap.errors import NetworkError, SourceError
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers.bdtopo import read_bdtopo

X, Y = 720_000.0, 6_940_000.0
V3 = {"nature": "Route à 1 chaussée", "importance": "3", "sens_de_circulation": "Double sens"}
V3_SHAPEFILE = {"NATURE": "Route à 1 chaussée", "IMPORTANCE": "3", "SENS": "Double sens"}
V2 = {"NATURE": "Route à 1 chaussée", "IMPORTANCE": "3", "SENS": "Double"}


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in points])


KILOMETRE = line((0, 0), (1000, 0))


def roads_of(tmp_path: Path, *rows: dict[str, Any], lines: Any = None, mode: str = "car", suffix: str = "gpkg") -> Any:
    lines = lines or [line((0, 2000 * i), (1000, 2000 * i)) for i in range(len(rows))]
    path = tmp_path / f"troncon_de_route.{suffix}"
    gpd.GeoDataFrame(list(rows), geometry=lines, crs=2154).to_file(path)
    return read_bdtopo(path, mode=mode)


# An arc east goes as the line is drawn.
def directions(roads: Any) -> set[str]:
    lon = roads.nodes["lon"]
    return {"east" if lon[u] < lon[v] else "west" for u, v in zip(roads.edges["u"], roads.edges["v"], strict=True)}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (V3, {"east", "west"}),
        ({**V3, "sens_de_circulation": "Sens direct"}, {"east"}),
        ({**V3, "sens_de_circulation": "Sens inverse"}, {"west"}),
        ({**V3, "sens_de_circulation": "Sans objet"}, {"east", "west"}),
        ({**V3, "sens_de_circulation": None}, {"east", "west"}),
        (V2, {"east", "west"}),
        ({**V2, "SENS": "Direct"}, {"east"}),
        ({**V2, "SENS": "Inverse"}, {"west"}),
        ({**V2, "SENS": "NC"}, {"east", "west"}),
        ({**V3_SHAPEFILE, "SENS": "Sens inverse"}, {"west"}),
    ],
)
def test_sens_is_the_way_a_road_is_driven(tmp_path: Path, row: dict[str, Any], expected: set[str]) -> None:
    assert directions(roads_of(tmp_path, row)) == expected


@pytest.mark.parametrize(
    ("nature", "importance", "road_class"),
    [
        ("Type autoroutier", "1", "motorway"),
        ("Autoroute", "1", "motorway"),
        ("Quasi-autoroute", "1", "trunk"),
        ("Bretelle", "1", "motorway_link"),
        ("Bretelle", "3", "secondary_link"),
        ("Route à 2 chaussées", "1", "trunk"),
        ("Route à 2 chaussées", "2", "primary"),
        ("Route à 1 chaussée", "3", "secondary"),
        ("Route à 1 chaussée", "4", "tertiary"),
        ("Route à 1 chaussée", "5", "unclassified"),
        ("Route à 1 chaussée", "NC", "unclassified"),
        ("Rond-point", "4", "tertiary"),
        ("Route empierrée", "5", "track"),
        ("Route empierr\ufffde", "5", "track"),  # read in a wrong encoding
        ("Route ï¿½ 2 chaussï¿½es", "2", "primary"),
        ("Bac ou liaison maritime", "4", "ferry"),
        ("Bac auto", "4", "ferry"),
    ],
)
def test_nature_and_importance_make_the_class(tmp_path: Path, nature: str, importance: str, road_class: str) -> None:
    roads = roads_of(tmp_path, {**V3, "nature": nature, "importance": importance})
    assert set(roads.edges["road_class"]) == {road_class}
    assert roads.edges["snappable"].all() == (
        road_class not in {"motorway", "motorway_link", "ferry"} and "Quasi" not in nature
    )


@pytest.mark.parametrize(
    ("row", "modes"),
    [
        ({"nature": "Chemin"}, {"bike", "walk"}),
        ({"nature": "Sentier"}, {"walk"}),
        ({"nature": "Escalier"}, {"walk"}),
        ({"nature": "Piste cyclable"}, {"bike", "walk"}),
        ({"nature": "Bac piéton"}, {"walk"}),
        ({"nature": "Type autoroutier"}, {"car"}),
        ({"acces_vehicule_leger": "Libre"}, {"car", "bike", "walk"}),
        ({"acces_vehicule_leger": "A péage"}, {"car", "bike", "walk"}),
        ({"acces_vehicule_leger": "Restreint aux ayants droit"}, {"car", "bike", "walk"}),  # no way through: below
        ({"acces_vehicule_leger": "Physiquement impossible"}, {"bike", "walk"}),
        ({"acces_pieton": "Restreint aux ayants droit"}, {"car", "bike", "walk"}),
        ({"acces_pieton": "Libre"}, {"car", "bike", "walk"}),
        ({"ACCES_PED": "Physiquement impossible"}, {"car", "bike"}),
        ({"nature_de_la_restriction": "Aire piétonne"}, {"bike", "walk"}),
        ({"nature_de_la_restriction": "Voie réservée aux bus"}, {"bike", "walk"}),
        ({"nature_de_la_restriction": "Voie verte"}, {"bike", "walk"}),
        ({"NAT_RESTR": "Aménagement mixte hors voie verte"}, {"bike", "walk"}),
        ({"nature_de_la_restriction": "Voie de tramway utilisable par les véhicules de secours"}, {"walk"}),
        ({"nature_de_la_restriction": "Passage barré", "acces_vehicule_leger": "Libre"}, {"bike", "walk"}),
        ({"nature_de_la_restriction": "Plot amovible"}, {"car", "bike", "walk"}),  # no way through: below
        ({"NAT_RESTR": "Voie verte", "ACCES_VL": "Restreint aux ayants droit"}, {"bike", "walk"}),
        ({"etat_de_l_objet": "En projet"}, set()),
        ({"ETAT": "Non exploité"}, set()),
        ({"ETAT": "NR"}, {"car", "bike", "walk"}),
        ({"restriction_de_hauteur": 1.5}, {"bike", "walk"}),
        ({"restriction_de_hauteur": 3.5, "RESTR_P": 3.5, "restriction_de_longueur": 0.0}, {"car", "bike", "walk"}),
        ({"RESTR_LAR": "1,5"}, {"bike", "walk"}),
        ({"restriction_de_poids_total": 1.0}, {"bike", "walk"}),
        ({"itineraire_vert": True}, {"car", "bike", "walk"}),  # green signs between cities, no greenway
        ({"prive": True}, {"car", "bike", "walk"}),
        ({"etat_de_l_objet": "En construction"}, set()),
        ({"etat_de_l_objet": "En service"}, {"car", "bike", "walk"}),
    ],
)
def test_who_may_use_a_road(tmp_path: Path, row: dict[str, Any], modes: set[str]) -> None:
    found = set()
    for mode in ("car", "bike", "walk"):
        try:
            roads_of(tmp_path, {**V3, **row}, mode=mode)
        except NetworkError as error:
            assert "none of its 1 roads is open to mode" in str(error)  # noqa: PT017 - the rest passes
        else:
            found.add(mode)
    assert found == modes


@pytest.mark.parametrize(
    ("row", "through"),
    [
        ({}, {"car": True, "bike": True, "walk": True}),
        ({"prive": True}, {"car": False, "bike": False, "walk": False}),
        ({"acces_vehicule_leger": "Restreint aux ayants droit"}, {"car": False, "bike": True, "walk": True}),
        ({"acces_pieton": "Restreint aux ayants droit"}, {"car": True, "bike": True, "walk": False}),
        ({"nature_de_la_restriction": "Plot amovible"}, {"car": False, "bike": True, "walk": True}),
        ({"NAT_RESTR": "Entrée avec gardien"}, {"car": False, "bike": True, "walk": True}),
    ],
)
def test_private_roads_are_no_way_through(tmp_path: Path, row: dict[str, Any], through: dict[str, bool]) -> None:
    for mode, expected in through.items():
        assert (roads_of(tmp_path, {**V3, **row}, mode=mode).edges["through"] == expected).all()


@pytest.mark.parametrize(
    ("row", "kmh"),
    [
        ({"urbain": True}, 47),
        ({"urbain": False}, 66),
        ({"urbain": False, "vitesse_moyenne_vl": 45}, 45),
        ({"urbain": False, "vitesse_moyenne_vl": 0}, 66),
        ({"urbain": True, "vitesse_moyenne_vl": 65}, 47),
        ({"urbain": False, "nature": "Rond-point"}, 30),
        ({"urbain": False, "nature": "Route à 2 chaussées", "importance": "1"}, 100),
        ({"urbain": True, "nature": "Route à 2 chaussées", "importance": "2"}, 48),
    ],
)
def test_speeds_follow_setting_and_the_mean_that_ign_gives(tmp_path: Path, row: dict[str, Any], kmh: float) -> None:
    assert roads_of(tmp_path, {**V3, **row}).edges["speed_kmh"].iloc[0] == pytest.approx(kmh)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"sens_amenagement_cyclable_gauche": "Sens inverse"}, {"east", "west"}),
        ({"sens_amenagement_cyclable_droit": "Double sens"}, {"east", "west"}),
        ({"SENS_CYC_G": "Sens inverse"}, {"east", "west"}),
        ({"bande_cyclable": "Double sens"}, {"east", "west"}),  # 3.0
        ({"CYCLABLE": "Sens direct"}, {"east"}),
        ({"sens_amenagement_cyclable_droit": "Sens direct"}, {"east"}),
        ({}, {"east"}),
    ],
)
def test_bicycles_ride_against_a_one_way_street_where_they_have_a_lane(
    tmp_path: Path, row: dict[str, Any], expected: set[str]
) -> None:
    one_way = {**V3, "sens_de_circulation": "Sens direct", **row}
    assert directions(roads_of(tmp_path, one_way, mode="bike")) == expected
    assert directions(roads_of(tmp_path, one_way)) == {"east"}


@pytest.mark.parametrize(
    ("row", "kmh"),
    [
        ({"nombre_de_voies": 1}, 45),  # too narrow for two cars
        ({"NB_VOIES": 2.0}, 66),
        ({"nombre_de_voies": 1, "sens_de_circulation": "Sens direct"}, 66),
        ({"largeur_de_chaussee": 3.0}, 45),
        ({"LARGEUR": "5,5"}, 66),
        ({"LARGEUR": 0.0, "NB_VOIES": 0}, 66),
    ],
)
def test_narrow_roads_are_slower(tmp_path: Path, row: dict[str, Any], kmh: float) -> None:
    assert roads_of(tmp_path, {**V3, "urbain": False, **row}).edges["speed_kmh"].iloc[0] == pytest.approx(kmh)


@pytest.mark.parametrize(
    ("row", "joined"),
    [
        ({"position_par_rapport_au_sol": "-1"}, False),
        ({"POS_SOL": -2}, False),
        ({"POS_SOL": "0"}, True),
        ({"position_par_rapport_au_sol": "1"}, True),
        ({"position_par_rapport_au_sol": "Gué ou radier"}, True),
    ],
)
def test_nobody_joins_a_tunnel(tmp_path: Path, row: dict[str, Any], joined: bool) -> None:
    assert (roads_of(tmp_path, {**V3, **row}).edges["snappable"] == joined).all()


# Every column of a Shapefile of version 3.5, and of `ROUTE` of version 2.2, as files have them.
WHOLE_35 = {
    "ID": "TRONROUT0000000000000001",
    "NATURE": "Route à 1 chaussée",
    "NOM_COLL_G": "R DU PONT",
    "NOM_COLL_D": "",
    "IMPORTANCE": "3",
    "FICTIF": "Non",
    "POS_SOL": "0",
    "ETAT": "En service",
    "NB_VOIES": 2,
    "LARGEUR": 5.0,
    "IT_VERT": "Non",
    "PRIVE": "Non",
    "SENS": "Sens direct",
    "BUS": "",
    "URBAIN": "Oui",
    "VIT_MOY_VL": 45,
    "ACCES_VL": "Libre",
    "ACCES_PED": "",
    "FERMETURE": "",
    "NAT_RESTR": "",
    "RESTR_H": 0.0,
    "RESTR_P": 0.0,
    "RESTR_PPE": 0.0,
    "RESTR_LAR": 0.0,
    "RESTR_LON": 0.0,
    "RESTR_MAT": "Non",
    "NUMERO": "D12",
    "CL_ADMIN": "",
    "NOM_BAN_G": "Rue du Pont",
    "SENS_CYC_G": "Sens inverse",
    "CYCLABLE_G": "Bande cyclable",
    "SENS_DFCI": "",
}
WHOLE_22 = {
    "ID": "TRONROUT0000000000000001",
    "NATURE": "Route à 1 chaussée",
    "NUMERO": "D12",
    "NOM_VOIE_G": "R DU PONT",
    "IMPORTANCE": "3",
    "CL_ADMIN": "Départementale",
    "MISE_SERV": "",
    "IT_VERT": "Hors itinéraire vert",
    "FICTIF": "Non",
    "FRANCHISST": "NC",
    "LARGEUR": 5.0,
    "NB_VOIES": "2",
    "POS_SOL": 0,
    "SENS": "Direct",
    "INSEECOM_G": "02691",
    "ETAT": "NR",
    "Z_INI": 81.2,
    "Z_FIN": 82.0,
}


@pytest.mark.parametrize("row", [WHOLE_35, WHOLE_22])
def test_a_whole_row_of_either_generation(tmp_path: Path, row: dict[str, Any]) -> None:
    roads = roads_of(tmp_path, row, suffix="shp")
    assert directions(roads) == {"east"}
    edge = roads.edges.iloc[0]
    assert (edge["road_class"], edge["snappable"], edge["through"]) == ("secondary", True, True)
    assert edge["name"] == "R DU PONT"
    assert edge["speed_kmh"] == pytest.approx(45 if row is WHOLE_35 else 66)
    by_bike = roads_of(tmp_path, row, suffix="shp", mode="bike")
    assert directions(by_bike) == ({"east", "west"} if row is WHOLE_35 else {"east"})


NAME = "R DU PONT"
EDITIONS = [
    {**V2, "SENS": "Direct", "NOM_RUE_G": NAME},  # 2.0
    {**V2, "SENS": "Direct", "NOM_VOIE_G": NAME},  # 2.2
    {**V3_SHAPEFILE, "SENS": "Sens direct", "ACCES_VL": "Libre", "VIT_MOY_VL": 60, "PRIVE": "Non", "NOM_1_G": NAME},
    {**V3, "sens_de_circulation": "Sens direct", "acces_vehicule_leger": "Libre", "prive": 0, "nom_1_gauche": NAME},
]


@pytest.mark.parametrize("row", EDITIONS)
def test_every_edition_gives_the_same_street(tmp_path: Path, row: dict[str, Any]) -> None:
    roads = roads_of(tmp_path, row)
    assert directions(roads) == {"east"}
    assert roads.edges["road_class"].tolist() == ["secondary"]
    assert roads.edges["name"].tolist() == [NAME]
    assert roads.parameters["country"] == "FR"


def test_roads_meet_where_their_ends_do_and_not_where_they_cross(tmp_path: Path) -> None:
    lines = [line((0, 0), (500, 300), (1000, 0)), line((1000.01, 0.0), (2000, 0)), line((500, -500), (500, 500))]
    roads = roads_of(tmp_path, V3, V3, V3, lines=lines)
    u, v = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(len(roads.nodes),) * 2)
    assert connected_components(graph)[0] == 2
    assert len(roads.nodes) == 3 + 1 + 2
    assert roads.edges["length_m"].sum() / 2 == pytest.approx(2 * np.hypot(500, 300) + 1000 + 1000, rel=2e-3)


def test_streets_are_named_before_roads_are_numbered(tmp_path: Path) -> None:
    roads = roads_of(
        tmp_path, {**V2, "NUMERO": "D12", "NOM_RUE_G": "NR"}, {**V2, "NUMERO": "D12", "NOM_RUE_G": "R DU PONT"}
    )
    assert set(roads.edges["name"]) == {"D12", "R DU PONT"}


@pytest.mark.parametrize(("crs", "suffix"), [(2154, "gpkg"), (4326, "geojson"), (3857, "gpkg"), (2949, "gpkg")])
def test_roads_that_do_not_touch_do_not_meet_whatever_the_crs(tmp_path: Path, crs: int, suffix: str) -> None:
    # Two roads of 30 km, 2 km apart, whose ends fell together in degrees; and a gap of 5 cm, which joins.
    lines = [line((0, y), (10_000, y), (20_000, y), (30_000, y)) for y in (0, 2_000)]
    lines.append(line((30_000.05, 0), (31_000, 0)))
    path = tmp_path / f"roads.{suffix}"
    gpd.GeoDataFrame([V3] * 3, geometry=lines, crs=2154).to_crs(crs).to_file(path)
    roads = read_bdtopo(path)
    u, v = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    assert connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(len(roads.nodes),) * 2))[0] == 2
    assert len(roads.nodes) == 9


STREETS = [
    "NOM_RUE_G", "NOM_RUE_D", "NOM_VOIE_G", "NOM_VOIE_D", "nom_1_gauche", "nom_1_droite", "nom_2_gauche",
    "nom_voie_ban_gauche", "nom_voie_ban_droite", "nom_collaboratif_gauche", "nom_voie_gauche", "NOM_1_G", "NOM_V_B_G",
    "NOM_V_B_D", "NOM_C_G",
]  # fmt: skip


@pytest.mark.parametrize("column", STREETS)
def test_street_names_of_every_edition_tell_what_is_built_up(tmp_path: Path, column: str) -> None:
    lines = [line((0, 100 * i), (400, 100 * i)) for i in range(6)]
    roads = roads_of(tmp_path, *[{**V2, "IMPORTANCE": "5", column: "R DU PONT"}] * 6, lines=lines)
    assert set(roads.edges["name"]) == {"R DU PONT"}
    assert roads.edges["speed_reason"].str.contains("built-up").all()
    assert not any("street names" in name for name in roads.parameters)


def test_the_newest_name_on_the_left_comes_first_and_an_empty_one_gives_way(tmp_path: Path) -> None:
    row = {**V3, "nom_1_gauche": "R A", "nom_voie_ban_gauche": "Rue A", "nom_collaboratif_droite": "Rue B"}
    names = [row, {**row, "nom_voie_ban_gauche": ""}, {**row, "nom_1_gauche": None, "nom_voie_ban_gauche": None}]
    assert set(roads_of(tmp_path, *names).edges["name"]) == {"Rue A", "R A", "Rue B"}


def test_what_an_edition_lacks_is_said_with_what_it_costs(tmp_path: Path) -> None:
    whole = {"urbain": False, "vitesse_moyenne_vl": 60, "acces_vehicule_leger": "Libre", "prive": False,
             "etat_de_l_objet": "En service", "nom_1_gauche": "R"}  # fmt: skip
    said = [name for name in roads_of(tmp_path, {**V3, **whole}).parameters if "not in this file" in name]
    assert said == []
    lacking = roads_of(tmp_path, {**V3, **whole, "nom_1_gauche": None, "toponyme_rue": "R"}).parameters
    names = [name for name in lacking if "not in this file" in name]
    assert len(names) == 1
    assert names[0].startswith("street names")
    assert "towns are crossed too fast" in lacking[names[0]]
    bare = [name.split(" (")[0] for name in roads_of(tmp_path, V2).parameters if "not in this file" in name]
    assert bare == ["built-up areas", "street names", "mean speed", "access", "private roads", "state"]


def test_what_is_said_of_an_edition_is_told_in_french_after_saving(tmp_path: Path) -> None:
    roads_of(tmp_path, V2)
    network = RoadNetwork.from_bdtopo(tmp_path / "troncon_de_route.gpkg")
    kept = RoadNetwork.load(network.save(tmp_path / "roads.zip")).provenance.parameters
    assert dict(kept) == dict(network.provenance.parameters)
    assert {k.told("fr"): v.told("fr") for k, v in kept.items() if "prive" in k} == {
        "voies privées (prive)\u00a0: non dites par le fichier": "les voies privées comptent comme ouvertes"
    }


def test_a_shapefile_reads_like_a_geopackage(tmp_path: Path) -> None:
    assert len(roads_of(tmp_path, V3_SHAPEFILE, suffix="shp").edges) == 2


def test_the_source_is_named(tmp_path: Path) -> None:
    source = roads_of(tmp_path, V3).source
    assert (source.publisher, source.licence) == ("IGN", "Licence Ouverte 2.0")
    assert source.sha256


def test_what_is_not_bd_topo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_bdtopo(tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("hello")
    with pytest.raises(SourceError, match=r"text\.gpkg: cannot be read as a map file"):
        read_bdtopo(tmp_path / "text.gpkg")
    gpd.GeoDataFrame({"a": [1]}, geometry=[KILOMETRE], crs=2154).to_file(tmp_path / "other.gpkg")
    with pytest.raises(
        SourceError, match=r"not BD TOPO roads: no nature \(nature\), no importance.* Its columns are a"
    ):
        read_bdtopo(tmp_path / "other.gpkg")
    gpd.GeoDataFrame([V3], geometry=[shapely.Point(X, Y)], crs=2154).to_file(tmp_path / "points.gpkg")
    with pytest.raises(SourceError, match="holds Point: roads are lines"):
        read_bdtopo(tmp_path / "points.gpkg")
    with pytest.raises(NetworkError, match="unknown mode"):
        read_bdtopo(tmp_path / "points.gpkg", mode="horse")


CROSS = {  # four arms of 1 km, and what lies beyond the eastern one
    "W": line((-1000, 0), (-400, 0), (0, 0)),
    "E": line((0, 0), (500, 0), (1000, 0)),
    "N": line((0, 1000), (0, 0)),
    "S": line((0, -1000), (0, 0)),
    "X": line((1000, 0), (1000, 1000)),
}
NON_COMMUNICATIONS = {"lien_vers_troncon_entree": "TRONROUT_W", "liens_vers_troncon_sortie": "TRONROUT_N"}


def crossroads(tmp_path: Path, *rows: dict[str, Any], own_file: str = "") -> Path:
    """A GeoPackage with the table of non-communications in it, or in a file of its own."""
    path = tmp_path / "bdtopo.gpkg"
    roads = [{**V3, "cleabs": f"TRONROUT_{name}"} for name in CROSS]
    gpd.GeoDataFrame(roads, geometry=list(CROSS.values()), crs=2154).to_file(path, layer="troncon_de_route")
    if rows:
        where = tmp_path / own_file if own_file else path
        points = [shapely.Point(X, Y)] * len(rows)
        table = gpd.GeoDataFrame(list(rows), geometry=points, crs=2154)
        table.to_file(where, layer=Path(own_file).stem if own_file else "non_communication")
    return path


FAR = {"W": (-1000, 0), "E": (1000, 0), "N": (0, 1000), "S": (0, -1000), "X": (1000, 1000)}


def reached(network: RoadNetwork, start: str) -> set[str]:
    """The arms whose far end is reached straight: 2 km, 3 to X; who may not turn goes round by 2 km more."""
    places = gpd.GeoSeries.from_xy(network.nodes["lon"], network.nodes["lat"], crs=4326).to_crs(2154)
    far = {name: shapely.Point(X + x, Y + y) for name, (x, y) in FAR.items()}
    at = {name: network.nodes.index[places.distance(point).argmin()] for name, point in far.items()}
    minutes = network.matrix([at[start]], list(at.values()))[0]
    return {name for name, took in zip(at, minutes, strict=True) if took < (3.2 if name == "X" else 2.2)}


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (NON_COMMUNICATIONS, {"N"}),
        ({**NON_COMMUNICATIONS, "liens_vers_troncon_sortie": "TRONROUT_N/TRONROUT_S"}, {"N", "S"}),
        # Roads that follow one another are one way that cannot be driven: E can, X beyond it cannot.
        ({**NON_COMMUNICATIONS, "liens_vers_troncon_sortie": "TRONROUT_E/TRONROUT_X"}, {"X"}),
        ({"lien_vers_troncon_entree": "TRONROUT_X", "liens_vers_troncon_sortie": "TRONROUT_N"}, set()),  # do not meet
    ],
)
def test_turns_that_cannot_be_made_are_not(tmp_path: Path, row: dict[str, Any], missing: set[str]) -> None:
    path = crossroads(tmp_path, {"cleabs": "NON_COMM_1", **row})
    network = RoadNetwork.from_bdtopo(path)
    assert reached(network, "W") == set(CROSS) - missing
    assert reached(network, "S") == set(CROSS)
    on_foot = RoadNetwork.from_bdtopo(path, mode="walk")
    assert on_foot.turns is None
    obeyed = network.provenance.parameters["non-communications obeyed"]
    assert obeyed == ("1" if missing else "0")


def test_a_table_of_turns_may_be_a_file_of_its_own_under_its_short_names(tmp_path: Path) -> None:
    row = {"ID": "NON_COMM_1", "ID_TR_ENT": "TRONROUT_W", "ID_TR_SOR": "TRONROUT_N"}
    path = crossroads(tmp_path, row, own_file="NON_COMMUNICATION.shp")
    without = RoadNetwork.from_bdtopo(path)
    assert reached(without, "W") == set(CROSS)
    assert without.provenance.parameters["forbidden turns (non_communication)"].startswith("no table given")
    network = RoadNetwork.from_bdtopo(path, turns=tmp_path / "NON_COMMUNICATION.shp")
    assert reached(network, "W") == set(CROSS) - {"N"}
    assert network.turns["source"].tolist() == ["NON_COMM_1"]


def test_a_table_that_is_none_of_turns_is_refused(tmp_path: Path) -> None:
    path = crossroads(tmp_path, {"a": "b"})
    with pytest.raises(SourceError, match=r"bdtopo\.gpkg: is no table of non-communications.*columns: a"):
        read_bdtopo(path)


def test_the_sarthe_loads_and_hangs_together(data_folder: Path) -> None:
    path = data_folder / "osm" / "bdtopo_sarthe" / "ROUTE.shp"
    if not path.exists():
        pytest.skip(f"{path} not there")
    roads = read_bdtopo(path)
    assert set(roads.edges["road_class"]) == {
        "primary",
        "secondary",
        "tertiary",
        "unclassified",
        "residential",
        "track",
    }
    assert roads.nodes["lon"].between(-1, 1).all()
    assert roads.nodes["lat"].between(47, 49).all()
    assert roads.edges.drop(columns="name").notna().all(axis=None)
    u, v = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    _, part = connected_components(
        coo_array((np.ones(len(u)), (u, v)), shape=(len(roads.nodes),) * 2), connection="strong"
    )
    # Two banks of the Loir: the sheet holds no bridge between them.
    assert np.sort(np.bincount(part))[-2:].sum() / len(part) > 0.95
    built_up = roads.edges["speed_reason"].str.contains("built-up|urban").mean()
    assert 0.2 < built_up < 0.8
