"""Private to `cli`: `accessmap national`, a whole country in parts, as Parquet by territory."""

from __future__ import annotations

import argparse
from pathlib import Path

from accessmap.cli.say import Say


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("study", type=Path, nargs="?", default=Path("study.toml"), help=say("help_national_study"))
    parser.add_argument("--out", type=Path, default=Path("national"), metavar=say("folder"), help=say("help_national"))
    parser.add_argument("--by", choices=("department", "epci", "tiles"), default="department", help=say("help_by"))
    parser.add_argument("--nearest", type=int, default=1, metavar="K", help=say("help_nearest"))
    parser.add_argument("--buffer-km", type=float, default=40.0, metavar="KM", help=say("help_buffer_km"))
    parser.add_argument("--workers", type=int, default=None, metavar="N", help=say("help_workers"))
    parser.add_argument("--page", action="store_true", help=say("help_national_page"))
    parser.add_argument("--scheduler", default=None, metavar="tcp://…", help=say("help_scheduler"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Compute every territory that is not there yet, and say what became of each."""
    import accessmap as am
    from accessmap.country.page import national_page

    parts = am.national(
        asked.study,
        asked.out,
        by=asked.by,
        nearest=asked.nearest,
        buffer_km=asked.buffer_km,
        workers=asked.workers,
        scheduler=asked.scheduler,
        progress=not (say.quiet or say.as_json),
    )
    failed = parts[parts["state"] == "failed"]
    for code, row in failed.iterrows():
        say.warn(say("national_failed", code=code, name=row["name"], error=row["error"]))
    counts = {state: int((parts["state"] == state).sum()) for state in ("computed", "kept", "failed")}
    for state, count in counts.items():
        if count and state != "failed":
            say.tell(f"national_{state}", n=count)
    say.tell("national_written", path=asked.out)
    told = {}
    if asked.page and len(parts) > len(failed):
        told["page"] = national_page(asked.out, lang=say.lang)
        say.tell("page_written", path=told["page"])
    say.result(path=asked.out, **counts, parts=parts.reset_index().to_dict("records"), **told)
    return 1 if len(failed) else 0
