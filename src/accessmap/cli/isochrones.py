"""Private to `cli`: `accessmap isochrones`, the land within so many minutes of each site, as a file for a GIS."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.cli.places import add_mode, add_study, mode_asked, place, study_asked
from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError
from accessmap.words.near import category_meant

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.maps.offline import OfflineMap
    from accessmap.study.study import Study


DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".html": None}


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--category", default="france_services", metavar=say("category"), help=say("help_category"))
    where.add_argument("--at", metavar=say("place"), help=say("help_at"))
    parser.add_argument("--minutes", type=float, nargs="+", default=None, metavar="MIN", help=say("help_minutes"))
    parser.add_argument("--all", action="store_true", help=say("help_iso_all"))
    parser.add_argument("--outward", action="store_true", help=say("help_outward"))
    add_mode(parser, say)
    parser.add_argument("--out", type=Path, default=Path("isochrones.gpkg"), metavar=say("file"), help=say("help_iso"))
    add_study(parser, say)


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write one polygon for each site and number of minutes, and print their areas."""
    import accessmap as am
    from accessmap import studyfile
    from accessmap.dossier.layers import dated

    suffix = asked.out.suffix.casefold()
    if suffix not in DRIVERS:
        raise StudyError(Problem("studyfile_not_geographic", name=asked.out.name, known=", ".join(DRIVERS)))
    with say.steps(2) as step, studyfile.Drafts(asked.out.absolute().parent) as drafts:
        step("step_read")
        study, _ = study_asked(asked, say)
        step("step_isochrones")
        names, points, others = _points(asked, study)
        network = study.networks[mode_asked(asked, study)]
        areas = am.isochrones(network, points, asked.minutes or study.thresholds, outward=asked.outward)
        table = areas.reset_index().rename(columns={areas.index.names[0]: "site"})
        table.insert(1, "name", [str(names[site]) for site in table["site"]])
        table.insert(3, "km2", table.geometry.area / 1e6)
        draft = drafts.path(asked.out.name)
        if suffix == ".html":
            studyfile.write_map(_map(areas, points, study, asked, say), draft)
        else:
            with dated():
                out = table if suffix == ".gpkg" else table.to_crs(4326)
                out.to_file(draft, driver=DRIVERS[suffix], layer="isochrones")
        written = drafts.place()
    titles = [say("isochrones_site"), say("isochrones_minutes"), say("isochrones_km2")]
    told = zip(table["name"], table["minutes"], table["km2"], strict=True)
    rows = [(name, say.words.count(minutes), say.words.count(km2)) for name, minutes, km2 in told]
    say.rows(titles, rows)
    if asked.at is None and not asked.all:
        inside = say("isochrones_inside", n=len(points))
        say.line(say("isochrones_others", n=others, inside=inside) if others else f"{inside}.")
    modelled = network.provenance.modelled
    if modelled:
        say.tell("isochrones_modelled")
    say.written([studyfile.Written(asked.out, written[0].replaced)])
    records = table.drop(columns="geometry").to_dict("records")
    say.result(path=asked.out, replaced=written[0].replaced, modelled=modelled, isochrones=records)
    return 0


def _points(asked: argparse.Namespace, study: Study) -> tuple[dict[str, str], gpd.GeoSeries, int]:
    """Return the names and points of the sites that are asked for, or of the one place, and how many were left out."""
    if asked.at is not None:
        name, points = place(asked.at, study)
        return {str(points.index[0]): name}, points, 0
    every = study.sites(category_meant(asked.category, study.services["category"].unique()))
    inside = study.communes.loc[study.communes["in_territory"]].union_all()
    sites = every if asked.all else every[every.geometry.intersects(inside)]
    if sites.empty:
        raise StudyError(Problem("studyfile_no_site_inside", category=asked.category))
    return dict(sites["name"]), sites.geometry, len(every) - len(sites)


def _map(
    areas: gpd.GeoDataFrame, points: gpd.GeoSeries, study: Study, asked: argparse.Namespace, say: Say
) -> OfflineMap:
    """Return the areas as a map, with the sites that are known and the people counted in each band."""
    import pandas as pd

    import accessmap as am

    homes, mode = study.residents.geometry, mode_asked(asked, study)
    network = study.networks[mode]
    trips = network.trips(points, homes).minutes().T if asked.outward else network.trips(homes, points).minutes()
    times = pd.DataFrame(trips, index=homes.index, columns=points.index)
    by = f" {say.words.mode(mode)}" if asked.mode else ""
    known = study.services[study.services.index.isin(areas.index.get_level_values(0))]
    return am.maps.isochrone_map(
        areas,
        known if len(known) else None,
        study.communes,
        residents=study.residents,
        times=times,
        title=say("isochrones_title_out" if asked.outward else "isochrones_title_in", title=study.title, by=by),
        provenance=study.credit,
        lang=say.lang,
    )
