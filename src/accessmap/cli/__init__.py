"""The command line: a study.toml written, checked and run; questions answered; a dossier verified.

Exit codes: 0 done, 1 accessmap refused the input (one message on standard error), 2 wrong usage, 3 `verify` found a
difference, 130 interrupted. `docs/command_line.md` tells each command.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any, NoReturn

from accessmap import __version__
from accessmap.categories import Lang
from accessmap.cli.say import PLAINLY, Say
from accessmap.errors import AccessmapError
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.system import why_failed

__all__ = ["main"]

# What argparse says (Python 3.11 to 3.14), and the sentence that tells it.
SENTENCES = (
    ("required", r"the following arguments are required: (?P<names>.+)"),
    ("one_of", r"one of the arguments (?P<names>.+) is required"),
    ("choice", r"argument (?P<name>[^:]+): invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.+)\)"),
    ("unknown", r"unrecognized arguments: (?P<names>.+)"),
    ("value", r"argument (?P<name>[^:]+): expected (?:one|at least one|\d+) arguments?"),
    ("integer", r"argument (?P<name>[^:]+): invalid int value: '(?P<given>.*)'"),
    ("number", r"argument (?P<name>[^:]+): invalid float value: '(?P<given>.*)'"),
    ("both", r"argument (?P<name>[^:]+): not allowed with argument (?P<other>.+)"),
    ("extra", r"argument (?P<name>[^:]+): ignored explicit argument '(?P<given>.*)'"),
    ("ambiguous", r"ambiguous option: (?P<name>\S+) could match (?P<known>.+)"),
)


def _usage_told(message: str, say: Say) -> str:
    """Return a message of argparse in one language; one that is not known stays as it is."""
    for key, pattern in SENTENCES:
        if match := re.fullmatch(pattern, message):
            values: dict[str, Any] = match.groupdict()
            if key == "unknown":
                values["n"] = len(values["names"].split())
            if key == "choice":
                known = [name.strip(" '") for name in values["known"].split(",")]
                near = near_names(values["given"], known)
                values |= {"known": ", ".join(known), "near": say("usage_near", name=near[0]) if near else ""}
            return say(f"usage_{key}", **values)
    return message


REFUSED, USAGE, INTERRUPTED = 1, 2, 130
WESTERN = re.compile(r"-\d+(\.\d*)?\s*,.+")
# In the order of the help; each is a module of this package.
COMMANDS = (
    "demo",
    "data",
    "new",
    "check",
    "run",
    "services",
    "site",
    "explain",
    "isochrones",
    "fetch",
    "verify",
    "national",
    "page",
    "split",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console or file that is not in UTF-8 refuses no command
            stream.reconfigure(errors=PLAINLY)
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read has read enough: `accessmap check | head`
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return 0
    return code


def _run(arguments: list[str]) -> int:
    lang = _lang(arguments)
    if not arguments:
        _parser(Say(lang)).print_help(sys.stderr)
        return USAGE
    # A place west of Greenwich begins with a minus, which argparse would take for an option: a space before it helps.
    arguments = [f" {each}" if WESTERN.fullmatch(each) else each for each in arguments]
    asked = _parser(Say(lang)).parse_args(arguments)
    say = Say(lang, quiet=asked.quiet, as_json=asked.json)
    try:
        code: int = import_module(f"accessmap.cli.{asked.command}").run(asked, say)
    except AccessmapError as error:
        with labels.typed_in_files():
            return _refused(error.told(lang), say)
    except BrokenPipeError:
        raise
    except OSError as error:  # a folder that may not be written to, a disk that is full
        return _refused(say("no_access", path=error.filename or "", why=why_failed(error).told(lang)), say)
    except KeyboardInterrupt:
        say.warn(say("interrupted"))
        return INTERRUPTED
    return code


def _refused(message: str, say: Say) -> int:
    say.warn(f"accessmap: {message}")
    say.result(error=message, exit_code=REFUSED)
    return REFUSED


class _Parser(argparse.ArgumentParser):
    """A parser that speaks one language: what is wrong with a command, and the titles of its help."""

    arguments = "positional arguments"
    lang: Lang = "fr"

    def format_help(self) -> str:
        """Return the help, its first group under the title of this class."""
        return super().format_help().replace("positional arguments:", f"{self.arguments}:", 1)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {_usage_told(message, Say(self.lang))}\n")


def _lang(arguments: Sequence[str]) -> Lang:
    """Return the language asked for, before anything else is understood: help is written in it."""
    given = [each.partition("=")[2] for each in arguments if each.startswith("--lang=")]
    given += [after for before, after in pairwise(arguments) if before == "--lang"]
    return "en" if given[-1:] == ["en"] else "fr"


def _parser(say: Say) -> argparse.ArgumentParser:
    titled: type[_Parser] = type("_Titled", (_Parser,), {"arguments": say("arguments"), "lang": say.lang})
    common = titled(add_help=False)
    parser = titled(prog="accessmap", description=say("about"), epilog=say("exit_codes"), add_help=False)
    for each in (common, parser):
        each.add_argument("-h", "--help", action="help", help=say("help_help"))
        each.add_argument("--lang", choices=("fr", "en"), default=say.lang, help=say("help_lang"))
    common.add_argument("--quiet", action="store_true", help=say("help_quiet"))
    common.add_argument("--json", action="store_true", help=say("help_json"))
    parser.add_argument("--version", action="version", version=f"accessmap {__version__}", help=say("help_version"))
    commands = parser.add_subparsers(title=say("commands"), required=True, metavar=say("command"), dest="command")
    for name in COMMANDS:
        told = say(f"about_{name}")
        one = commands.add_parser(name, help=told, description=told, parents=[common], add_help=False)
        import_module(f"accessmap.cli.{name}").add(one, say)
    return parser
