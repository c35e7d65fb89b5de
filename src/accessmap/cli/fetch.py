"""`accessmap fetch`, the roads of a place from OpenStreetMap, asked for once and kept."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from accessmap.cli.places import add_study, study_path
from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError

BOUNDS = re.compile(r"\s*" + r"\s*,\s*".join([r"(-?\d+(?:\.\d*)?)"] * 4) + r"\s*")


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    where = parser.add_mutually_exclusive_group()
    add_study(where, say, told="help_fetch_study")
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
    import accessmap as am
    from accessmap import studyfile

    with say.steps(2) as step, studyfile.Drafts(asked.out.absolute().parent) as drafts:
        step("step_area")
        area = _area(asked)
        step("step_fetch")
        options = {"mode": asked.mode, "buffer_metres": asked.buffer, "cache": asked.cache}
        network = am.RoadNetwork.fetch(area, endpoint=asked.endpoint, **options)
        network.save(drafts.path(asked.out.name))
        written = drafts.place()
    edges, nodes = (say.words.count(len(table)) for table in (network.edges, network.nodes))
    say.tell("fetch_done", nodes=nodes, edges=edges, credit=network.provenance.credit)
    say.written([studyfile.Written(asked.out, written[0].replaced)])
    say.tell("fetch_next", path=asked.out.as_posix())
    say.result(path=asked.out, replaced=written[0].replaced, nodes=len(network.nodes), edges=len(network.edges))
    return 0


def _area(asked: argparse.Namespace) -> Any:
    """Return the place as `RoadNetwork.fetch` takes it: bounds, a name, or the territory of a study."""
    from accessmap import studyfile

    if asked.area is not None:
        match = BOUNDS.fullmatch(asked.area)
        if match is None:
            raise StudyError(Problem("studyfile_no_bounds", given=asked.area))
        return tuple(float(part) for part in match.groups())
    if asked.place is not None:
        return asked.place
    communes = studyfile.communes_of(studyfile.read_settings(study_path(asked)))
    return communes.loc[communes["in_territory"]]
