"""Road networks from IGN's BD TOPO, theme transport: `troncon_de_route` (version 3) or `ROUTE` (version 2)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem, SourceError
from accessmap.files import is_input
from accessmap.provenance import Source
from accessmap.read.database import Database, called, source
from accessmap.read.dating import day_of
from accessmap.read.files import read_table
from accessmap.roads import speeds
from accessmap.roads.law import parse_maxspeed, rows_of
from accessmap.roads.readers import osm_tags
from accessmap.roads.readers.bdtopo_turns import Row, forbidden, lines_by_name, non_communications
from accessmap.roads.readers.inside import barred_roads
from accessmap.roads.readers.tables import (
    RoadTables,
    Segments,
    Turn,
    Ways,
    file_sha256,
    road_tables,
    straight_segments,
)
from accessmap.tables.checks import on_earth
from accessmap.tables.contracts import metric_crs
from accessmap.words.notes import Listed, Note

# Names of one attribute, newest first: GeoPackage of version 3, its Shapefile (ten letters), version 2.
# IGN, BD TOPO version 3.x and 2.x, Descriptif de contenu.
NAMES = {
    "nature": ("nature",),
    "importance": ("importance",),
    "sens": ("sens_de_circulation", "sens"),
    "speed": ("vitesse_moyenne_vl", "vit_moy_vl"),
    "urban": ("urbain",),
    "access": ("acces_vehicule_leger", "acces_vl"),
    "private": ("prive",),
    "state": ("etat_de_l_objet", "etat"),
    "number": ("cpx_numero", "numero"),
    "id": ("cleabs", "id"),
    "lanes": ("nombre_de_voies", "nb_voies"),
    "width": ("largeur_de_chaussee", "largeur"),
    "walkers": ("acces_pieton", "acces_ped"),
    "restriction": ("nature_de_la_restriction", "nat_restr"),
    "cycling_left": ("sens_amenagement_cyclable_gauche", "sens_cyc_g", "bande_cyclable", "cyclable"),
    "cycling_right": ("sens_amenagement_cyclable_droit", "sens_cyc_d"),
    "ground": ("position_par_rapport_au_sol", "pos_sol"),
    "maxheight": ("restriction_de_hauteur", "restr_h"),
    "maxweight": ("restriction_de_poids_total", "restr_p"),
    "maxaxleload": ("restriction_de_poids_par_essieu", "restr_ppe"),
    "maxwidth": ("restriction_de_largeur", "restr_lar"),
    "maxlength": ("restriction_de_longueur", "restr_lon"),
}
# Figures that are the value of an OpenStreetMap tag (metres, tonnes, lanes); 0 is not known.
FIGURES = ("lanes", "width", "maxheight", "maxweight", "maxaxleload", "maxwidth", "maxlength")
# Street names on the left and on the right: nom_rue_g (2.0), nom_voie_g (2.1 and 2.2), nom_1_gauche (3.0),
# nom_collaboratif_gauche and nom_voie_ban_gauche (3.3), nom_coll_g and nom_ban_g in Shapefiles.
STREET = re.compile(r"nom_(?!com|insee)\w+?_(g|gauche|d|droite)")
NEWEST_STREETS = ("nom_c", "nom_v_b", "nom_ban", "nom_voie_ban", "nom_1")
# What is lost where an edition does not have an attribute.
WITHOUT = {
    name: (Note(f"roads_told_no_{name}"), Note(f"roads_told_no_{name}_cost"))
    for name in ("urban", "street", "speed", "access", "private", "state")
}
EATEN = "\ufffd".encode().decode("latin-1")  # the mark of a lost letter, itself read in the wrong encoding
TOLERANCE_METRES = 0.1  # ends nearer to one another than this meet: the step of IGN's coordinates
NEEDED = ("nature", "importance", "sens")
NOTHING = {"", "nc", "nr", "none", "nan", "sans objet", "<na>"}
BY_IMPORTANCE = {"1": "trunk", "2": "primary", "3": "secondary", "4": "tertiary", "5": "unclassified", "6": "service"}
# Letters only, "ee" as "e": so an accented letter that a wrong encoding has eaten makes no difference.
NATURES = {row["nature"]: row["kind"] for row in rows_of("natures")}
LINKS = {"1": "motorway_link", "2": "primary_link", "3": "secondary_link"}
TRUE = {"true", "oui", "1", "vrai"}
CLOSED = ("physiquement impossible", "interdit")
FOR_SOME = "restreint aux ayants"
# What a nature_de_la_restriction comes to; on all of these IGN lets no car count (Géoplateforme, calcul d'itinéraire).
RESTRICTIONS = {
    "voie verte": {"motor_vehicle": "no", "bicycle": "yes"},
    "amenagement mixte": {"motor_vehicle": "no", "bicycle": "yes"},
    "piste cyclable": {"motor_vehicle": "no", "bicycle": "yes"},
    "tramway": {"motor_vehicle": "no", "bicycle": "no"},
    "bus": {"motor_vehicle": "no"},
    "passage barre": {"motor_vehicle": "no"},
    "plot amovible": {"motor_vehicle": "private"},  # who lives there passes
    "entree avec gardien": {"motor_vehicle": "private"},
}


@dataclass(frozen=True)
class _Columns:
    """The attributes found, as lower-case text without accents ("" where nothing is said), and the names of streets.

    `missing` are those of `WITHOUT` that the file does not have; what is built up and street names also where all of
    it is empty.
    """

    text: dict[str, list[str]]
    names: list[str | None]
    missing: list[str]


def read_bdtopo(
    path: str | Path, *, mode: str = "car", layer: str | None = None, turns: str | Path | None = None
) -> RoadTables:
    """Return the roads of a BD TOPO file, as `RoadNetwork.from_bdtopo`.

    Roads join where their ends meet, whatever the CRS of the file; where they merely cross (bridges) they do not.
    The mean speed that IGN gives (vitesse_moyenne_vl) caps ours. Cars use gravelled roads (routes empierrées) at the
    pace of a track, and no paths. Version 2 does not say what is built up: roads that have a street name there count as
    residential streets, and their density decides. The parameters say which attributes a file is without, and
    what that costs.
    """
    speeds.check_mode(mode)
    path = source(path)
    table, said = _table(path, layer)
    barred = non_communications(path) if turns is None else non_communications(source(turns), alone=True)
    columns = _columns(table, path)
    ways, kept = _ways(columns, mode)
    if not len(ways):
        raise NetworkError(Problem("roads_bdtopo_none", where=called(path), value=mode, n=len(table)))
    nodes, ends = _ends(table.geometry.array[kept], table.crs)
    lines = table.geometry.iloc[kept].to_crs(4326).to_list()
    more, segments = straight_segments(nodes, ends[:, 0], ends[:, 1], lines)
    turns_barred, told = _forbidden(barred, [columns.text["id"][at] for at in kept], segments, ways, mode)
    closed, nobody = len(table) - len(ways), np.empty(0, dtype=np.int64)
    segments, ways, more = barred_roads(segments, ways, more, barriers=nobody, gates=nobody)
    return road_tables(
        more,
        segments,
        ways,
        turns=turns_barred,
        events=pd.DataFrame({"node": nobody, "event": np.empty(0, dtype=object)}),
        mode=mode,
        country="FR",
        source=Source(
            f"BD TOPO, {path.name}",
            "IGN",
            "Licence Ouverte 2.0",
            day_of(path.name),
            "https://geoservices.ign.fr/bdtopo",
            file_sha256(path),
        ),
        parameters={
            Note("roads_told_ends_meet"): f"{TOLERANCE_METRES:g} m",
            Note("roads_told_closed"): str(closed),
            **told,
            **dict(WITHOUT[ours] for ours in columns.missing),
            **({Note("roads_told_reading"): Listed.of(said)} if said else {}),
        },
    )


def _forbidden(
    rows: list[Row] | None, names: list[str], segments: Segments, ways: pd.DataFrame, mode: str
) -> tuple[list[Turn], dict[str, str]]:
    """The turns that cannot be made, and what is told of them; walkers turn where they like."""
    if rows is None:
        return [], {Note("roads_told_bdtopo_no_turns"): Note("roads_told_bdtopo_no_turns_cost")}
    if mode == "walk":
        return [], {}
    open_ = {way: ways[way].to_numpy(dtype=bool)[segments.way] for way in ("forward", "backward")}
    steps = set(zip(segments.start[open_["forward"]].tolist(), segments.end[open_["forward"]].tolist(), strict=True))
    steps |= set(zip(segments.end[open_["backward"]].tolist(), segments.start[open_["backward"]].tolist(), strict=True))
    found, silent = forbidden(rows, lines_by_name(names, segments), steps)
    told: dict[str, str] = {Note("roads_told_bdtopo_turns"): str(len(rows) - silent)}
    if silent:
        told[Note("roads_told_bdtopo_turns_silent")] = str(silent)
    return [Turn(nodes, "non_communication", source) for nodes, source in found], told


def _table(path: Path | Database, layer: str | None) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    import shapely

    if not isinstance(path, Database) and not is_input(path):
        raise SourceError(Problem("roads_bdtopo_no_file", where=called(path)))
    try:
        raw = read_table(path, layer=layer, usual="troncon_de_route")
    except SourceError as error:
        raise SourceError(Problem("roads_bdtopo_unreadable", where=called(path), why=error.problems[0])) from error
    table = raw.table
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None or not on_earth(table.crs):
        raise SourceError(Problem("roads_bdtopo_no_place", where=called(path)))
    table = table[table.geometry.notna() & ~table.geometry.is_empty].explode(ignore_index=True)
    if not (table.geometry.geom_type == "LineString").all():
        kinds = ", ".join(sorted(set(table.geometry.geom_type)))
        raise SourceError(Problem("roads_bdtopo_not_lines", where=called(path), value=kinds))
    return table.set_geometry(shapely.force_2d(table.geometry.array)), raw.notes


def _columns(table: gpd.GeoDataFrame, path: Path | Database) -> _Columns:
    there = {str(name).casefold(): name for name in table.columns}
    found = {ours: next((there[name] for name in names if name in there), None) for ours, names in NAMES.items()}
    missing = [_absent(name, *NAMES[name]) for name in NEEDED if found[name] is None]
    if missing:
        columns = ", ".join(map(str, table.columns))
        problem = Problem("roads_bdtopo_other", where=called(path), missing=Listed.of(missing), columns=columns)
        raise SourceError(problem)
    text = {
        ours: [""] * len(table) if name is None else [_plain(x) for x in table[name]] for ours, name in found.items()
    }
    names: list[str | None] = [None] * len(table)
    text["street"] = [""] * len(table)
    # The street's name, where there is one, rather than the road's number; the newest on the left before any other.
    for column in [found["number"], *(there[name] for name in _street_columns(there))]:
        if column is None:
            continue
        told, plain = table[column].astype(str), [_plain(x) for x in table[column]]
        names = [new if there_is else old for new, there_is, old in zip(told, plain, names, strict=True)]
        if column != found["number"]:
            text["street"] = [new or old for new, old in zip(plain, text["street"], strict=True)]
    empty = {ours for ours in ("urban", "street") if not any(text[ours])}
    return _Columns(text, names, [ours for ours in WITHOUT if ours in empty or found.get(ours, ours) is None])


def _street_columns(names: Iterable[str]) -> list[str]:
    """Return the columns of street names (lower case), the one to be preferred last."""

    def order(name: str) -> tuple[bool, int]:
        left = name.endswith(("_g", "_gauche"))
        newest = [i for i, start in enumerate(NEWEST_STREETS) if name.startswith(start)]
        return left, -min(newest, default=len(NEWEST_STREETS))

    return sorted((name for name in names if STREET.fullmatch(name)), key=order)


def _absent(value: str, name: str, older: str = "") -> Note:
    key = "roads_bdtopo_column_or" if older else "roads_bdtopo_column"
    return Note(key, value=value, name=name, older=older)


def _plain(value: object) -> str:
    """Lower-case text without accents; "" for the words that say nothing."""
    whole = str(value).replace(EATEN, "").replace("\ufffd", "")
    text = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode().strip().casefold()
    return "" if text in NOTHING else text


def _ways(columns: _Columns, mode: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """The table of `Ways` of the roads open to the mode, and their positions in the file."""
    text = columns.text
    ways = Ways()
    kept = []
    for position, name in enumerate(columns.names):
        told = {key: values[position] for key, values in text.items()}
        use = osm_tags.way_use(_tags(told), mode)
        if use is None:
            continue
        kept.append(position)
        pace = use.pace
        urban = {"": pace.setting, **dict.fromkeys(TRUE, "urban")}.get(told["urban"], "rural")
        cap, reason = pace.cap_kmh, pace.cap_reason
        mean = parse_maxspeed(told["speed"])
        if mode == "car" and mean is not None and not mean >= cap:
            cap, reason = mean, f"IGN, vitesse_moyenne_vl {mean:g}"
        dual = use.dual or _kind(told["nature"]) == "dual"
        pace = pace._replace(setting=urban, cap_kmh=cap, cap_reason=reason)
        ways.add(replace(use, name=name, dual=dual, pace=pace))
    return ways.frame(), np.array(kept, dtype=np.int64)


def _tags(told: dict[str, str]) -> dict[str, str]:
    """A road of BD TOPO in the words of OpenStreetMap, so that one set of rules holds for both.

    A street for walkers (`nature_de_la_restriction`) is one whatever its nature; bicycles ride there.
    """
    kind = _kind(told["nature"])
    road_class = BY_IMPORTANCE.get(told["importance"][:1], "unclassified")
    tags = {"highway": road_class}
    if kind in {"motorway", "track", "path", "footway", "cycleway", "steps"}:
        tags = {"highway": kind}
    elif kind == "link":
        tags = {"highway": LINKS.get(told["importance"][:1], "tertiary_link")}
    elif kind in {"ferry", "foot ferry"}:
        tags = {"route": "ferry"} | ({"motor_vehicle": "no", "bicycle": "no"} if kind == "foot ferry" else {})
    elif kind == "roundabout":
        tags["junction"] = "roundabout"
    elif kind == "expressway":
        tags = {"highway": "trunk", "motorroad": "yes"}
    elif kind == "road" and road_class == "unclassified" and told["street"]:
        tags["highway"] = "residential"
    if kind == "track":
        tags["motor_vehicle"] = "yes"
    return tags | _rights(told)


def _kind(nature: str) -> str:
    """Which of `NATURES` a plain text names; "road" for those that are not there."""
    text = nature.replace("route a ", "route ").replace("ee", "e")
    return NATURES.get(re.sub("[^a-z0-9]", "", text), "road")


def _rights(told: dict[str, str]) -> dict[str, str]:
    """Direction, who may, and what fits, as tags."""
    tags = {"oneway": "no"}
    if "direct" in told["sens"]:
        tags["oneway"] = "yes"
    elif "inverse" in told["sens"]:
        tags["oneway"] = "-1"
    tags |= _access(told)
    if "pieton" in told["restriction"]:
        tags |= {"highway": "pedestrian", "bicycle": "yes"}
    if told["ground"].startswith("-"):
        tags["tunnel"] = "yes"
    against = {"yes": "inverse", "-1": "direct"}.get(tags["oneway"])
    if against and any(
        word in told[side] for side in ("cycling_left", "cycling_right") for word in (against, "double")
    ):
        tags["oneway:bicycle"] = "no"
    return tags | {key: figure for key in FIGURES if (figure := _figure(told[key]))}


def _access(told: dict[str, str]) -> dict[str, str]:
    tags = {"access": "private"} if told["private"] in TRUE else {}
    if told["state"] not in {"", "en service"}:
        tags["access"] = "no"
    for word, meant in RESTRICTIONS.items():
        tags |= meant if word in told["restriction"] else {}
    for key, attribute in (("motor_vehicle", "access"), ("foot", "walkers")):
        if told[attribute].startswith(CLOSED):
            tags[key] = "no"
        elif told[attribute].startswith(FOR_SOME):
            tags[key] = tags.get(key, "private")
    return tags


def _figure(text: str) -> str:
    """A number as OpenStreetMap writes it; "" for 0 and for what is none."""
    match = re.fullmatch(r"([0-9]+)(?:[.,]([0-9]+))?", text)
    number = float(f"{match[1]}.{match[2] or 0}") if match else 0.0
    return f"{number:g}" if number else ""


def _ends(lines: Any, crs: Any) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Nodes (lon, lat) where ends of lines meet, and the position of the node at both ends of each line."""
    import shapely
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    points = gpd.GeoSeries(np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]), crs=crs)
    places = points.to_crs(4326)
    metres = shapely.get_coordinates(points.to_crs(metric_crs(places)).array)
    xy, index, same = np.unique(metres, axis=0, return_index=True, return_inverse=True)
    # A little less than the step of the coordinates: ends one step apart are two.
    near = KDTree(xy).query_pairs(0.99 * TOLERANCE_METRES, output_type="ndarray")
    pairs = coo_array((np.ones(len(near), dtype=bool), (near[:, 0], near[:, 1])), shape=(len(xy), len(xy)))
    _, meeting = connected_components(pairs, directed=False)
    _, first = np.unique(meeting, return_index=True)
    at = places.iloc[index[first]]
    nodes = pd.DataFrame({"lon": at.x.to_numpy(), "lat": at.y.to_numpy()}, index=pd.RangeIndex(len(first), name="node"))
    return nodes, meeting[same.reshape(-1)].astype(np.int64).reshape(2, -1).T
