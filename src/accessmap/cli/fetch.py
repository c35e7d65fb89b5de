"""Private to `cli`: `accessmap fetch`, the roads of a place from OpenStreetMap, asked for once and kept."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessmap.cli.say import Say
from accessmap.words import words as labels

if TYPE_CHECKING:
    from accessmap.roads.network import RoadNetwork

__all__ = ["add", "run"]

# Why no server answered, in the sentence of `fetch_roads`.
FAILURE = re.compile(r"no roads could be fetched \((.*)\)\. ", re.DOTALL)
BOUNDS = re.compile(r"\s*" + r"\s*,\s*".join([r"(-?\d+(?:\.\d*)?)"] * 4) + r"\s*")


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--study", type=Path, metavar="study.toml", help=say("help_fetch_study"))
    where.add_argument("--area", metavar=say("bounds"), help=say("help_area"))
    where.add_argument("--place", metavar=say("name"), help=say("help_fetch_place"))
    parser.add_argument("--mode", choices=("car", "bike", "walk"), default="car", help=say("help_mode"))
    parser.add_argument("--buffer", type=float, default=10_000, metavar="M", help=say("help_buffer"))
    parser.add_argument("--cache", type=Path, metavar=say("folder"), help=say("help_cache"))
    parser.add_argument("--endpoint", metavar="URL", help=say("help_endpoint"))
    default = Path("network.roads")
    parser.add_argument("--out", type=Path, default=default, metavar=say("file"), help=say("help_roads_out"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the roads as one file that [roads] path may name."""
    from accessmap import studyfile

    with say.steps(2) as step, studyfile.Drafts(asked.out.absolute().parent) as drafts:
        step("step_area")
        area = _area(asked)
        step("step_fetch")
        options: dict[str, Any] = {"mode": asked.mode, "buffer_metres": asked.buffer, "cache": asked.cache}
        network = _network(area, asked, options)
        network.save(drafts.path(asked.out.name))
        written = drafts.place()
    edges, nodes = (labels.number(len(table), lang=say.lang) for table in (network.edges, network.nodes))
    say.line(say("fetch_done", nodes=nodes, edges=edges, credit=network.provenance.credit))
    say.written([studyfile.Written(asked.out, written[0].replaced)])
    say.line(say("fetch_next", path=asked.out.as_posix()))
    say.result(path=asked.out, replaced=written[0].replaced, nodes=len(network.nodes), edges=len(network.edges))
    return 0


def _network(area: Any, asked: argparse.Namespace, options: dict[str, Any]) -> RoadNetwork:
    """Return the roads; ToldError where no server gives them."""
    import accessmap as am
    from accessmap.errors import NetworkError, SourceError
    from accessmap.roads.readers.overpass import ENDPOINT, fetch_roads
    from accessmap.studyfile import ToldError

    if asked.endpoint is not None and not asked.endpoint.startswith(("http://", "https://")):
        raise ToldError("bad_endpoint", given=asked.endpoint)
    try:
        if asked.endpoint is not None:
            fetch_roads(area, endpoint=asked.endpoint, pause_seconds=1.0, **options)  # into the cache, read below
        return am.RoadNetwork.fetch(area, **options)
    except NetworkError as error:
        if isinstance(error.__cause__, ImportError):
            raise ToldError("no_osmnx") from error
        raise
    except SourceError as error:
        if error.__cause__ is not None and asked.place is not None:
            raise ToldError("no_place", name=asked.place) from error
        why = FAILURE.search(str(error))
        if why is None:
            raise
        raise ToldError("no_roads", endpoint=asked.endpoint or ENDPOINT, why=why[1]) from error


def _area(asked: argparse.Namespace) -> Any:
    """Return the place as `RoadNetwork.fetch` takes it: bounds, a name, or the territory of a study."""
    from accessmap import studyfile

    if asked.area is not None:
        match = BOUNDS.fullmatch(asked.area)
        if match is None:
            raise studyfile.ToldError("no_bounds", given=asked.area)
        return tuple(float(part) for part in match.groups())
    if asked.place is not None:
        return asked.place
    communes = studyfile.communes_of(studyfile.read_settings(asked.study or Path("study.toml")))
    return communes.loc[communes["in_territory"]]
