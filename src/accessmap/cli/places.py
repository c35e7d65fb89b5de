"""Private to `cli`: which study a command is about, and the places it is given."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.study.study import Study
    from accessmap.studyfile import StudyFile


HERE = Path("study.toml")
LON_LAT = re.compile(r"\s*(-?\d+(?:\.\d*)?)\s*,\s*(-?\d+(?:\.\d*)?)\s*")


def add_study(parser: Any, say: Say, *, told: str = "help_study_or_sample", first: bool = True) -> None:
    """Describe the arguments that name the study: the first one, where none else is, or `--study`, and not both."""
    if first:
        parser = parser.add_mutually_exclusive_group() if isinstance(parser, argparse.ArgumentParser) else parser
        parser.add_argument("first", type=Path, nargs="?", metavar="study.toml", help=say(told))
    told = "help_study_too" if first else told
    parser.add_argument("--study", type=Path, metavar="study.toml", help=say(told))


def study_path(asked: argparse.Namespace) -> Path:
    """Return the path of the study.toml that is named, however it is, or of that of this folder."""
    path: Path = getattr(asked, "first", None) or asked.study or HERE
    return path


def study_asked(asked: argparse.Namespace, say: Say) -> tuple[Study, StudyFile | None]:
    """Return the study of the file that is named, of study.toml here where there is one, or the sample."""
    from accessmap import studyfile

    path = study_path(asked)
    if path is HERE and not path.is_file():
        import accessmap as am

        say.tell("with_sample")
        return am.load_sample(), None
    file = studyfile.read_settings(path)
    return studyfile.loaded(file).study, file


def add_mode(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the argument that names one of the modes of the study."""
    parser.add_argument("--mode", default=None, metavar="MODE", help=say("help_study_mode"))


def mode_asked(asked: argparse.Namespace, study: Study) -> str:
    """Return the mode that is asked for, the first of the study where none is; StudyError where it has no such mode."""
    from accessmap.words.near import near_names

    mode: str = asked.mode or next(iter(study.networks))
    if mode not in study.networks:
        known = ", ".join(study.networks)
        raise StudyError(
            Problem("studyfile_unknown_mode", value=mode, near=near_names(mode, study.networks), modes=known)
        )
    return mode


def communes_alone(study: Study) -> gpd.GeoDataFrame:
    """Return the communes without their EPCI, whose names a place is not: one leaves from a commune."""
    return study.communes.drop(columns="epci_name", errors="ignore").assign(epci="")


def place(text: str, study: Study) -> tuple[str, gpd.GeoSeries]:
    """Return the name and the point (in the CRS of the communes) of "lon,lat", of a commune or of a site.

    The point of a commune is that of its mairie; a commune goes before a site of the same name.
    Refused where the place is unknown, several share its name, or the degrees cannot be.
    """
    import geopandas as gpd

    from accessmap.read.territory import codes_of
    from accessmap.studyfile.problems import StudyFileError, problem
    from accessmap.words.near import near_matches
    from accessmap.words.notes import Note

    if match := LON_LAT.fullmatch(text):
        lon, lat = float(match[1]), float(match[2])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise StudyError(Problem("studyfile_no_degrees", place=text.strip()))
        name = f"{lon:g}, {lat:g}"
        west, south, east, north = study.communes.to_crs("EPSG:4326").total_bounds
        if not (west <= lon <= east and south <= lat <= north) and west <= lat <= east and south <= lon <= north:
            right = f"{match[2]},{match[1]}"
            raise StudyError(Problem("studyfile_degrees_swapped", value=text, place=text.strip(), right=right))
        return name, gpd.GeoSeries.from_xy([lon], [lat], index=[name], crs="EPSG:4326").to_crs(study.communes.crs)
    codes, unknown = codes_of(communes_alone(study), [text.strip()])
    if unknown:
        one = unknown[0]
        site = None if one.several else _site(one.name, study)
        if site is not None:
            points = study.services.geometry.loc[[site]].to_crs(study.communes.crs)
            return str(study.services["name"][site]), points.representative_point()
        reason = "studyfile_several_communes" if one.several else "studyfile_unknown_commune"
        told: dict[str, Any] = {"name": one.name, "codes": ", ".join(one.several)}
        services = study.services
        near = near_matches(one.name, [*study.communes["name"], *services["name"], *services.index])
        raise StudyFileError(problem(reason, None, near, **told), about=Note("cli_place_asked"))
    code = str(codes[0])
    mairies = study.mairies
    here = mairies[mairies["commune"] == code] if "commune" in mairies else mairies[:0]
    points = here if len(here) else study.communes.loc[[code]]
    point = points.geometry.representative_point().iloc[0]
    return str(study.communes["name"][code]), gpd.GeoSeries([point], index=[code], crs=study.communes.crs)


def _site(name: str, study: Study) -> str | None:
    """Return the id of the site of this id or name, None where there is none; StudyError where there are several."""
    from accessmap.words.near import plain

    services = study.services
    if name in services.index:
        return name
    same = services.index[services["name"].astype("str").map(plain) == plain(name)]
    if len(same) > 1:
        raise StudyError(Problem("studyfile_several_sites", name=name, codes=", ".join(map(str, same[:5]))))
    return str(same[0]) if len(same) else None
