"""Private to `cli`: `accessmap split`, a large OpenStreetMap file cut by territory."""

from __future__ import annotations

import argparse
from pathlib import Path

from accessmap.cli.say import Say


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("extract", type=Path, metavar=say("file"), help=say("help_split_extract"))
    parser.add_argument("--communes", type=Path, required=True, metavar=say("file"), help=say("help_split_communes"))
    parser.add_argument("--by", choices=("department", "epci", "tiles"), default="department", help=say("help_by"))
    parser.add_argument("--buffer-km", type=float, default=10.0, metavar="KM", help=say("help_split_buffer"))
    parser.add_argument("--out", type=Path, default=Path("roads"), metavar=say("folder"), help=say("help_split_out"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the pieces that are not there yet, and say what became of each."""
    import accessmap as am
    from accessmap.country.splitting import split_osm

    communes = am.read_communes(asked.communes)
    pieces = split_osm(asked.extract, communes, asked.out, by=asked.by, buffer_km=asked.buffer_km)
    counts = {state: int((pieces["state"] == state).sum()) for state in ("written", "kept", "empty")}
    for code, row in pieces[pieces["state"] == "empty"].iterrows():
        say.warn(say("split_empty", code=code, name=row["name"]))
    for state in ("written", "kept"):
        if counts[state]:
            say.tell(f"split_{state}", n=counts[state], **({"path": asked.out} if state == "written" else {}))
    say.result(path=asked.out, **counts, parts=pieces.reset_index().to_dict("records"))
    return 0
