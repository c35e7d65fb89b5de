"""What the steps of a scenario name, found in a study: communes, points, and sites by their category and commune."""

from __future__ import annotations

from typing import Any, Final, Protocol

import geopandas as gpd

from accessmap.categories import CATEGORIES
from accessmap.errors import Problem, ScenarioError
from accessmap.measures.resilience import site_places
from accessmap.study.study import Study
from accessmap.words.near import near_names
from accessmap.words.notes import Listed

MOST: Final = 20  # sites that an error lists


class Placed(Protocol):
    """What has a place: a commune, or a point in degrees."""

    @property
    def commune(self) -> str | None:
        """Code or name of a commune."""

    @property
    def lon(self) -> float | None:
        """Degrees."""

    @property
    def lat(self) -> float | None:
        """Degrees."""


def place_of(step: Placed, study: Study) -> tuple[Any, str | None]:
    """Return the point of a step, in the CRS of the services, and the commune where it was given."""
    if (step.commune is None) == (step.lon is None or step.lat is None):
        raise ScenarioError(Problem("step_no_place"))
    if step.commune is None:
        return _point(study, step.lon, step.lat), None
    code = commune_code(study, step.commune)
    mairies = study.mairies
    points = mairies.loc[mairies["commune"] == code, "geometry"] if "commune" in mairies else mairies["geometry"][:0]
    if points.empty:
        raise ScenarioError(Problem("step_no_mairie", value=code, code=code))
    return points.iloc[0], code


def _point(study: Study, lon: float | None, lat: float | None) -> Any:
    point = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs(study.services.crs).iloc[0]
    west, south, east, north = study.communes.total_bounds
    if not (west <= point.x <= east and south <= point.y <= north):
        raise ScenarioError(Problem("step_outside", value=(lon, lat), lon=lon, lat=lat))
    return point


def commune_code(study: Study, commune: str) -> str:
    """Return the code of a commune that its code or name tells; ScenarioError where there is none, or several."""
    if commune in study.communes.index:
        return commune
    names = study.communes["name"]
    same = names.index[names.str.casefold() == str(commune).casefold()]
    if len(same) == 1:
        return str(same[0])
    if len(same) > 1:
        codes = ", ".join(same)
        raise ScenarioError(
            Problem("step_communes_of_name", n=len(same), value=commune, commune=repr(commune), codes=codes)
        )
    near = near_names(commune, [*names, *names.index])
    raise ScenarioError(Problem("step_unknown_commune", value=commune, commune=repr(commune), near=near))


def site_in(category: str, code: str, services: gpd.GeoDataFrame, study: Study) -> str:
    """Return the id of the one site of a category in a commune; ScenarioError where there is none, or several."""
    known = {*CATEGORIES, *services["category"]}
    if category not in known:
        raise ScenarioError(Problem("step_no_such_category", value=category, near=near_names(category, known)))
    here = services[(site_places(services, study.communes)["commune"] == code).fillna(False).to_numpy(bool)]
    found = here[here["category"] == category]
    if len(found) == 1:
        return str(found.index[0])
    listed = [f"{key} ({name})" for key, name in (found if len(found) else here)["name"].items()]
    key = "step_several_sites_in" if len(found) else "step_no_site_in" if listed else "step_nothing_in"
    sites = Listed.of(listed[:MOST], more=max(0, len(listed) - MOST))
    told = {"category": category, "place": study.communes["name"][code]}
    raise ScenarioError(Problem(key, n=len(found), value=category, sites=sites, **told))
