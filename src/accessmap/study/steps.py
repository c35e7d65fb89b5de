"""Private to `scenarios`: how each step changes the services or the roads of a study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import ScenarioError
from accessmap.measures.digital import connected
from accessmap.measures.schools import equipped
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.words.near import did_you_mean

__all__ = ["ACTIONS", "Changes", "Step"]


@dataclass(frozen=True)
class Step:
    """One change: what is done to which site, and where or with which values.

    Parameters
    ----------
    action
        "open", "close", "move", or "set" for a property of a site; "close_road" or "set_speed" for a stretch of road;
        "connect" for a commune; "equip" for a school.
    id
        Id of the site or school; None lets `open` make one from category and place.
    category, name
        Of a site that opens.
    commune
        INSEE code or name: the place is the point of its mairie.
    lon, lat
        Place in degrees, instead of a commune.
    properties
        Columns that "set" changes, with their new value; "kmh" for "set_speed"; "technology" and "share" for
        "connect"; what a school gets for "equip".
    road
        The two node ids of a stretch of road.
    """

    action: Literal["open", "close", "move", "set", "close_road", "set_speed", "connect", "equip"]
    id: str | None = None
    category: str | None = None
    name: str | None = None
    commune: str | None = None
    lon: float | None = None
    lat: float | None = None
    properties: tuple[tuple[str, Any], ...] = ()
    road: tuple[Any, Any] | None = None

    def given(self) -> dict[str, Any]:
        """Return what the step says, by name; what it leaves out is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}


# What a column says of the sites that nothing is known of, when a step is the first to know it of one.
UNKNOWN = {"step_free": "unknown", "capacity": np.nan}


class Changes:
    """A study on its way to another: its services and roads, and the ids of the sites that steps have touched."""

    def __init__(self, study: Study) -> None:
        self.before = study
        self.services = study.services
        self.network = study.network
        self.digital = study.digital
        self.equipment = study.equipment
        self.touched: set[str] = set()

    def study(self) -> Study:
        """Return the study with the changes; only changed roads are routed again."""
        return self.before.changed(self.services, self.network, digital=self.digital, equipment=self.equipment)


def _open(changes: Changes, step: Step) -> None:
    services, study = changes.services, changes.before
    point, commune = _place(step, study)
    category = step.category or ""
    where = commune if commune is not None else f"{step.lon:.5f}-{step.lat:.5f}"
    site = step.id if step.id is not None else f"{category}-{where}"
    if site in services.index:
        raise ScenarioError(f"site {site!r} exists already; give the new one another id.")
    if category not in CATEGORIES and category not in set(services["category"]):
        known = {*CATEGORIES, *services["category"]}
        raise ScenarioError(f"unknown category {category!r}{did_you_mean(category, known)}.")
    label = CATEGORIES[category].fr if category in CATEGORIES else category
    town = study.communes["name"].get(commune) if commune is not None else None
    row = {
        "name": step.name or (f"{label} – {town}" if town else label),
        "category": category,
        "commune": commune,
        "step_free": "unknown",
        "source": "scenario",
    }
    new = gpd.GeoDataFrame(
        {column: [value] for column, value in row.items() if column in services or column in ("name", "category")},
        geometry=gpd.GeoSeries([point], crs=services.crs).to_list(),
        index=pd.Index([site], name=services.index.name),
        crs=services.crs,
    )
    changes.services = _stack(services, new)
    changes.touched.add(site)


def _stack(services: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return both tables as one, with the columns and types of the first."""
    new = new.reindex(columns=services.columns).astype(services.drop(columns="geometry").dtypes.to_dict())
    return gpd.GeoDataFrame(pd.concat([services, new]), geometry="geometry", crs=services.crs)


def _close(changes: Changes, step: Step) -> None:
    changes.services = changes.services.drop(index=_known(changes.services, step.id))


def _move(changes: Changes, step: Step) -> None:
    site = _known(changes.services, step.id)
    point, commune = _place(step, changes.before)
    services = changes.services.copy()
    services.loc[[site], "geometry"] = gpd.GeoSeries([point], index=[site], crs=services.crs)
    if "commune" in services:
        services.loc[site, "commune"] = commune
    changes.services = services
    changes.touched.add(site)


def _set(changes: Changes, step: Step) -> None:
    site = _known(changes.services, step.id)
    services = changes.services.copy()
    for column, value in step.properties:
        if column not in services:
            services[column] = UNKNOWN.get(column, pd.NA)
        services.loc[site, column] = value
    changes.services = services
    changes.touched.add(site)


def _close_road(changes: Changes, step: Step) -> None:
    changes.network = changes.network.without(_edges(changes.network, step.road))


def _set_speed(changes: Changes, step: Step) -> None:
    network, kmh = changes.network, dict(step.properties)["kmh"]
    edges = _edges(network, step.road)
    if not kmh > 0:
        raise ScenarioError(f"kmh is {kmh}: give a speed above 0, or close the road.")
    if "length_m" not in network.edges or network.edges.loc[edges, "length_m"].isna().any():
        raise ScenarioError("the network does not know the length of this road (no length_m): no speed can be set.")
    changes.network = network.with_minutes(network.edges.loc[edges, "length_m"] / 1000 / kmh * 60)


def _connect(changes: Changes, step: Step) -> None:
    given = dict(step.properties)
    if changes.digital is None:
        raise ScenarioError("the study has no digital table: give Study(digital=…) what is connectable today.")
    code = _commune_code(changes.before, str(step.commune))
    try:
        changes.digital = connected(changes.digital, {code: given["share"]}, technology=given["technology"])
    except ValueError as error:
        raise ScenarioError(str(error)) from error


def _equip(changes: Changes, step: Step) -> None:
    schools = changes.before.schools
    if schools is None:
        raise ScenarioError("the study has no schools: give Study(schools=…).")
    if not step.properties:
        raise ScenarioError("say what the school gets: tablets, interactive_boards, ent or connection_mbps.")
    try:
        changes.equipment = equipped(changes.equipment, schools, {str(step.id): dict(step.properties)})
    except ValueError as error:
        raise ScenarioError(str(error)) from error


ACTIONS = {
    "open": _open,
    "close": _close,
    "move": _move,
    "set": _set,
    "close_road": _close_road,
    "set_speed": _set_speed,
    "connect": _connect,
    "equip": _equip,
}


def _edges(network: RoadNetwork, road: tuple[Any, Any] | None) -> pd.Index:
    u, v = road or (None, None)
    edges = network.edges
    found = ((edges["u"] == u) & (edges["v"] == v)) | ((edges["u"] == v) & (edges["v"] == u))
    if not found.any():
        unknown = [node for node in (u, v) if node not in network.nodes.index]
        if unknown:
            raise ScenarioError(f"no node {unknown[0]!r}{did_you_mean(unknown[0], network.nodes.index)}.")
        raise ScenarioError(f"no road between {u!r} and {v!r}: see network.edges.")
    return edges.index[found]


def _known(services: gpd.GeoDataFrame, site: str | None) -> str:
    if site not in services.index:
        raise ScenarioError(f"no site {site!r}{did_you_mean(site, services.index)}.")
    return str(site)


def _place(step: Step, study: Study) -> tuple[Any, str | None]:
    """Return the point of a step, in the CRS of the services, and the commune where it was given."""
    if (step.commune is None) == (step.lon is None or step.lat is None):
        raise ScenarioError("say where: either commune=, or both lon= and lat= in degrees.")
    if step.commune is None:
        return _point(study, step.lon, step.lat), None
    code = _commune_code(study, step.commune)
    mairies = study.services[study.services["category"] == "mairie"]
    points = mairies.loc[mairies["commune"] == code, "geometry"] if "commune" in mairies else mairies["geometry"][:0]
    if points.empty:
        raise ScenarioError(f"commune {code} has no mairie among the services to stand for it: give lon= and lat=.")
    return points.iloc[0], code


def _point(study: Study, lon: float | None, lat: float | None) -> Any:
    point = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs(study.services.crs).iloc[0]
    west, south, east, north = study.communes.total_bounds
    if not (west <= point.x <= east and south <= point.y <= north):
        raise ScenarioError(
            f"lon {lon}, lat {lat} is outside the communes of the study: degrees are needed, longitude first."
        )
    return point


def _commune_code(study: Study, commune: str) -> str:
    if commune in study.communes.index:
        return commune
    names = study.communes["name"]
    same = names.index[names.str.casefold() == str(commune).casefold()]
    if len(same) == 1:
        return str(same[0])
    if len(same) > 1:
        raise ScenarioError(f"{len(same)} communes are named {commune!r} ({', '.join(same)}): give the INSEE code.")
    raise ScenarioError(f"unknown commune {commune!r}{did_you_mean(commune, [*names, *names.index])}.")
