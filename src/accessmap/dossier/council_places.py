"""Where a site of a category is or may be, and the minutes to each place, as a page carries them."""

from __future__ import annotations

import base64
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import Problem, StudyError
from accessmap.measures.resilience import site_places
from accessmap.study.named import place_of
from accessmap.study.scenario import Scenario
from accessmap.study.steps import Close, Move, Open
from accessmap.study.study import Study
from accessmap.tables.checks import crs_name, on_earth
from accessmap.tables.contracts import category_shown

MS_PER_MINUTE: Final = 60_000
MOST_TRIPS: Final = 6_000_000  # residents x places in one file: 24 million characters
DEGREES: Final = 6  # decimals of a candidate's lon and lat: 0.1 m


def places_of(study: Study, category: str, candidates: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return where a site of the category is or may be: see `CouncilTable`, of which it is a table."""
    sites = study.sites(category)
    opens = _opened(study, category, candidates)
    if not opens:
        raise StudyError(Problem("council_no_candidates"), about="candidates")
    points = [place_of(step, study) for step in opens]
    shown = category_shown(study.services, category).name("fr")
    new = pd.DataFrame(
        {
            "name": [
                step.name or f"{shown} – {study.communes['name'][commune]}"
                for step, (_, commune) in zip(opens, points, strict=True)
            ],
            "commune": [commune for _, commune in points],
            "step": [step.values() for step in opens],
        },
        index=[str(step.id) for step in opens],
    )
    found = gpd.GeoDataFrame(new, geometry=[point for point, _ in points], crs=sites.crs)
    there = set(zip(sites.geometry.x, sites.geometry.y, strict=True))
    apart = [(point.x, point.y) not in there for point in found.geometry]
    today_sites = sites[["name", "geometry", *({"commune"} & set(sites))]].assign(step=None)
    both = pd.concat([today_sites, found[apart]])
    where = site_places(both, study.communes)
    both["commune"], both["inside"] = where["commune"].astype(object), where["inside"]
    both["today"] = [True] * len(sites) + [False] * sum(apart)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=sites.crs).rename_axis("place")


def _opened(study: Study, category: str, candidates: gpd.GeoDataFrame | None) -> list[Open]:
    """Return the step that opens a site at each candidate, with an id that no service has."""
    label = None if category in CATEGORIES else category_shown(study.services, category).name("fr")
    if candidates is None:
        inside = study.communes.index[study.communes["in_territory"]]
        mairies = study.mairies
        held = set(mairies["commune"]) if "commune" in mairies else set()
        given: list[dict[str, Any]] = [{"commune": code, "id": f"{category}-{code}"} for code in inside if code in held]
    else:
        if candidates.crs is None:
            raise StudyError(Problem("map_no_crs"), about="candidates")
        if not on_earth(candidates.crs):
            raise StudyError(Problem("points_crs_undefined", value=crs_name(candidates.crs)), about="candidates")
        strange = candidates.geometry.geom_type != "Point"
        if strange.any():
            value = strange.index[strange][0]
            raise StudyError(Problem("study_no_points", n=int(strange.sum()), value=value), about="candidates")
        points = candidates.geometry.to_crs("EPSG:4326")
        named = candidates["name"] if "name" in candidates else pd.Series(candidates.index, candidates.index)
        given = [
            {"lon": round(lon, DEGREES), "lat": round(lat, DEGREES), "id": f"{category}-{key}", "name": str(name)}
            for key, lon, lat, name in zip(candidates.index, points.x, points.y, named, strict=True)
        ]
    taken = set(map(str, study.services.index))
    for each in given:
        own, number = each["id"], 2
        while each["id"] in taken:
            each["id"], number = f"{own}-{number}", number + 1
        taken.add(each["id"])
    return [Open(category=category, category_label=label, **each) for each in given]


def plan_of(scenario: Scenario, category: str, places: gpd.GeoDataFrame, study: Study) -> dict[str, Any] | None:
    """Return a scenario as the page has a plan, by numbers of places; None where it does more, or goes elsewhere."""
    number = {name: k for k, name in enumerate(places.index)}
    at = {(point.x, point.y): k for k, point in enumerate(places.geometry)}
    closed, moved, opened = [], {}, []
    for step in scenario.with_ids(study).steps:
        if not isinstance(step, Open | Close | Move) or (isinstance(step, Open) and step.category != category):
            return None
        there = None if isinstance(step, Close) else place_of(step, study)[0]
        to = None if there is None else at.get((there.x, there.y))
        site = None if isinstance(step, Open) else number.get(step.id)
        if (there is not None and (to is None or places["today"].iloc[to])) or (
            not isinstance(step, Open) and (site is None or not places["today"].iloc[site])
        ):
            return None
        if isinstance(step, Close):
            closed.append(site)
        elif isinstance(step, Move):
            moved[site] = to
        else:
            opened.append(to)
    # What closes or moves twice, or stands where another does, is told by the scenario alone.
    used = [*closed, *moved, *moved.values(), *opened]
    if len(used) > len(set(used)):
        return None
    return {"name": scenario.name, "plan": {"closed": sorted(closed), "moved": moved, "opened": opened}}


def check_size(study: Study, places: int, most: int = MOST_TRIPS) -> None:
    """Raise StudyError where one file cannot hold the minutes of all residents of the territory to all places."""
    residents = int(study.inside.sum())
    if residents * places > most:
        raise StudyError(Problem("council_too_large", residents=residents, places=places, most=most // residents))


def packed(minutes: npt.NDArray[np.float32]) -> tuple[str, int]:
    """Return minutes, column by column, as whole milliseconds in base64, and the bytes of each; all ones: not reached.

    Three bytes hold trips of up to 4 h 39; four are taken where one is longer. The minutes of the engine are float32 of
    whole milliseconds: nothing is lost.

    >>> packed(np.array([[0.0], [1.0], [np.nan]], "float32"))
    ('AAAAAOpg////', 3)
    """
    lost = np.isnan(minutes)
    ms = np.rint(np.where(lost, 0.0, minutes.astype("float64")) * MS_PER_MINUTE).astype("int64")
    if not (lost | ((ms / MS_PER_MINUTE).astype("float32") == minutes)).all():
        raise StudyError(Problem("council_not_milliseconds"))
    width = 3 if ms.max(initial=0) < 2**24 - 1 else 4
    ms[lost] = 256**width - 1
    raw = np.ascontiguousarray(ms.T.astype(">u4")).view("uint8").reshape(-1, 4)[:, 4 - width :]
    return base64.b64encode(raw.tobytes()).decode("ascii"), width
