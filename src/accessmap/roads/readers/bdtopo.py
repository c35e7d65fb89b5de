"""Road networks from IGN's BD TOPO, theme transport: `troncon_de_route` (version 3) or `ROUTE` (version 2)."""

import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem, SourceError
from accessmap.provenance import Source
from accessmap.roads import speeds
from accessmap.roads.readers import osm_tags
from accessmap.roads.readers.tables import RoadTables, Ways, file_sha256, road_tables, straight_segments
from accessmap.words.notes import Listed, Note

__all__ = ["read_bdtopo"]

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
    "street": (
        "nom_collaboratif_gauche",
        "nom_voie_ban_gauche",
        "nom_1_gauche",
        "nom_c_g",
        "nom_v_b_g",
        "nom_1_g",
        "nom_rue_g",
    ),
    "number": ("cpx_numero", "numero"),
}
EATEN = "\ufffd".encode().decode("latin-1")  # the mark of a lost letter, itself read in the wrong encoding
NEEDED = ("nature", "importance", "sens")
NOTHING = {"", "nc", "nr", "none", "nan", "sans objet", "<na>"}
BY_IMPORTANCE = {"1": "trunk", "2": "primary", "3": "secondary", "4": "tertiary", "5": "unclassified", "6": "service"}
# Letters only, "ee" as "e": so an accented letter that a wrong encoding has eaten makes no difference.
NATURES = {
    "typeautoroutier": "motorway",
    "autoroute": "motorway",
    "quasiautoroute": "expressway",
    "bretelle": "link",
    "route2chausses": "dual",
    "route1chausse": "road",
    "rondpoint": "roundabout",
    "routeempierre": "track",
    "chemin": "path",
    "sentier": "footway",
    "pistecyclable": "cycleway",
    "escalier": "steps",
    "bacouliaisonmaritime": "ferry",
    "bacauto": "ferry",
    "bacpieton": "foot ferry",
    "bacpiton": "foot ferry",
}
LINKS = {"1": "motorway_link", "2": "primary_link", "3": "secondary_link"}
TRUE = {"true", "oui", "1", "vrai"}


@dataclass(frozen=True)
class _Columns:
    """The attributes found, as lower-case text without accents ("" where nothing is said), and the names of streets."""

    text: dict[str, list[str]]
    names: list[str | None]


def read_bdtopo(
    path: str | Path,
    *,
    mode: str = "car",
    layer: str | None = None,
    tolerance_metres: float = 0.1,
    vintage: str = "undated",
) -> RoadTables:
    """Return the roads of a BD TOPO file, as `RoadNetwork.from_bdtopo`.

    Roads join where their ends fall in one cell of `tolerance_metres`; where they merely cross (bridges) they do not.
    The mean speed that IGN gives (vitesse_moyenne_vl) caps ours. Cars use gravelled roads (routes empierrées) at the
    pace of a track, and no paths. Version 2 does not say what is built up: roads that have a street name there count as
    residential streets, and their density decides.

    Parameters
    ----------
    tolerance_metres
        Side of the cells in which ends meet: the step of IGN's coordinates.
    vintage
        Date of the edition, as the source must be quoted.

    Examples
    --------
    >>> import shapely, tempfile
    >>> road = gpd.GeoDataFrame({"NATURE": ["Route à 1 chaussée"], "IMPORTANCE": ["4"], "SENS": ["Sens direct"]},
    ...                         geometry=[shapely.LineString([(720000, 6940000), (721000, 6940000)])], crs=2154)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     road.to_file(Path(folder, "troncon_de_route.gpkg"))
    ...     roads = read_bdtopo(Path(folder, "troncon_de_route.gpkg"))
    >>> len(roads.edges), roads.edges["road_class"].item()
    (1, 'tertiary')
    """
    speeds.check_mode(mode)
    path = Path(path)
    table = _table(path, layer)
    columns = _columns(table, path)
    ways, kept = _ways(columns, mode)
    if not len(ways):
        raise NetworkError(Problem("roads_bdtopo_none", where=str(path), value=mode, n=len(table)))
    nodes, ends = _ends(table.geometry.array[kept], tolerance_metres, table.crs)
    lines = table.geometry.iloc[kept].to_crs(4326).to_list()
    more, segments = straight_segments(nodes, ends[:, 0], ends[:, 1], lines)
    return road_tables(
        more,
        segments,
        ways,
        events=pd.DataFrame({"node": np.empty(0, dtype=np.int64), "event": np.empty(0, dtype=object)}),
        mode=mode,
        country="FR",
        source=Source(
            f"BD TOPO, {path.name}",
            "IGN",
            "Licence Ouverte 2.0",
            vintage,
            "https://geoservices.ign.fr/bdtopo",
            file_sha256(path),
        ),
        parameters={
            Note("roads_told_ends_meet"): f"{tolerance_metres:g} m",
            Note("roads_told_closed"): str(len(table) - len(ways)),
        },
    )


def _table(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    import pyogrio
    import shapely

    if not path.is_file():
        raise SourceError(Problem("roads_bdtopo_no_file", where=str(path)))
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer is None and "troncon_de_route" in layers:
            layer = "troncon_de_route"
        table = gpd.read_file(path, layer=layer) if layer else gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        why = Note.plain(str(error))
        raise SourceError(Problem("roads_bdtopo_unreadable", where=str(path), why=why)) from error
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
        raise SourceError(Problem("roads_bdtopo_no_place", where=str(path)))
    table = table[table.geometry.notna() & ~table.geometry.is_empty].explode(ignore_index=True)
    if not (table.geometry.geom_type == "LineString").all():
        kinds = ", ".join(sorted(set(table.geometry.geom_type)))
        raise SourceError(Problem("roads_bdtopo_not_lines", where=str(path), value=kinds))
    return table.set_geometry(shapely.force_2d(table.geometry.array))


def _columns(table: gpd.GeoDataFrame, path: Path) -> _Columns:
    there = {str(name).casefold(): name for name in table.columns}
    found = {ours: next((there[name] for name in names if name in there), None) for ours, names in NAMES.items()}
    missing = [_absent(name, *NAMES[name]) for name in NEEDED if found[name] is None]
    if missing:
        columns = ", ".join(map(str, table.columns))
        problem = Problem("roads_bdtopo_other", where=str(path), missing=Listed.of(missing), columns=columns)
        raise SourceError(problem)
    text = {
        ours: [""] * len(table) if name is None else [_plain(x) for x in table[name]] for ours, name in found.items()
    }
    names: list[str | None] = [None] * len(table)
    for ours in ("number", "street"):  # the street's name, where there is one, rather than the road's number
        if (column := found[ours]) is not None:
            told = table[column].astype(str)
            names = [new if plain else old for new, plain, old in zip(told, text[ours], names, strict=True)]
    return _Columns(text, names)


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
        urban = {"": use.setting, **dict.fromkeys(TRUE, "urban")}.get(told["urban"], "rural")
        cap, reason = use.cap_kmh, use.cap_reason
        mean = speeds.parse_maxspeed(told["speed"])
        if mode == "car" and mean is not None and not mean >= cap:
            cap, reason = mean, f"IGN, vitesse_moyenne_vl {mean:g}"
        dual = use.dual or _kind(told["nature"]) == "dual"
        ways.add(replace(use, name=name, setting=urban, dual=dual, cap_kmh=cap, cap_reason=reason))
    return ways.frame(), np.array(kept, dtype=np.int64)


def _tags(told: dict[str, str]) -> dict[str, str]:
    """A road of BD TOPO in the words of OpenStreetMap, so that one set of rules holds for both."""
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
    """Direction and access, as tags."""
    tags = {"oneway": "no"}
    if "direct" in told["sens"]:
        tags["oneway"] = "yes"
    elif "inverse" in told["sens"]:
        tags["oneway"] = "-1"
    if told["private"] in TRUE or told["state"].startswith(("en construction", "en projet")):
        tags["access"] = "private"
    if told["access"].startswith(("physiquement impossible", "restreint aux ayants")):
        tags["motor_vehicle"] = "no"
    return tags


def _ends(lines: Any, tolerance_metres: float, crs: Any) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Nodes (lon, lat) where ends of lines meet, and the position of the node at both ends of each line."""
    import shapely

    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    points = np.concatenate([first, last])
    xy = shapely.get_coordinates(points)
    cell = np.rint(xy / tolerance_metres).astype(np.int64)
    _, index, node = np.unique(cell, axis=0, return_index=True, return_inverse=True)
    places = gpd.GeoSeries(points[index], crs=crs).to_crs(4326)
    nodes = pd.DataFrame(
        {"lon": places.x.to_numpy(), "lat": places.y.to_numpy()}, index=pd.RangeIndex(len(index), name="node")
    )
    return nodes, node.reshape(-1).astype(np.int64).reshape(2, -1).T
