"""Private to `cli`: `accessmap page`, one page of what `accessmap national` wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from accessmap.cli.say import Say
from accessmap.words.near import category_meant


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path("national"), help=say("help_page_folder"))
    parser.add_argument("--out", type=Path, default=None, metavar=say("file"), help=say("help_page_out"))
    parser.add_argument("--kind", action="append", default=None, metavar=say("category"), help=say("help_page_kind"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the page, and say where it is."""
    from accessmap.country.page import national_page

    kinds = asked.kind and [category_meant(each) for each in asked.kind]
    page = national_page(asked.folder, asked.out, kinds=kinds, lang=say.lang)
    say.tell("page_written", path=page)
    say.result(path=page)
    return 0
