"""Private to `cli`: `accessmap verify`, a dossier made again from its recorded inputs and compared to the digit."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.cli.places import add_study
from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError
from accessmap.files import is_input

if TYPE_CHECKING:
    from accessmap.studyfile import Difference


DIFFERS = 3
SHOWN = 8  # differences of one kind; --json gives all of them
# What does not make a dossier wrong: other libraries may count alike, and the record holds its own settings.
HARMLESS = ("version", "settings")


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("page", type=Path, metavar="dossier.html", help=say("help_page"))
    add_study(parser, say, told="help_verify_study", first=False)


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print whether the page, its inputs and its numbers are those recorded; 3 where they are not."""
    from accessmap import studyfile

    if not is_input(asked.page):
        raise StudyError(Problem("studyfile_no_page", path=str(asked.page)))
    with say.steps(1) as step:
        step("step_verify")
        record, found = studyfile.verified(asked.page, asked.study)
    kinds = Counter(each.kind for each in found)
    wrong = any(kind not in HARMLESS for kind in kinds)
    say.tell("verify_head", page=asked.page.name, made=record["made"], version=record["accessmap"])
    told: Counter[str] = Counter()
    for each in found:
        told[each.kind] += 1
        if told[each.kind] <= SHOWN:
            say.line(f"  - {_told(each, say)}")
    for kind, number in kinds.items():
        if number > SHOWN:
            more = number - SHOWN
            say.tell("verify_more", n=more, kind=say(f"verify_kind_{kind}", n=more))
    if not kinds["page"]:
        say.tell("verify_page_same")
    if not kinds["input"] and not kinds["missing"]:
        say.tell("verify_inputs_same", n=len(record["inputs"]) + bool(record["sample"]))
    if kinds["missing"]:
        say.tell("verify_not_made")
    elif not kinds["number"] and not kinds["table"]:
        say.tell("verify_numbers_same", n=len(record["tables"]))
    say.tell("verify_differs" if wrong else "verify_holds")
    say.result(holds=not wrong, differences=[vars(each) for each in found], made=record["made"])
    return DIFFERS if wrong else 0


def _told(each: Difference, say: Say) -> str:
    """Return one difference as a line; of a text that stands on one side only, that side."""
    key = f"verify_{each.kind}"
    if each.kind == "text" and not (each.recorded and each.found):
        key += "_only" if each.found else "_gone"
    return say(key, name=each.name, recorded=each.recorded, found=each.found)
