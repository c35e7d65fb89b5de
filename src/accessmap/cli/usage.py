"""Private to `cli`: what argparse finds wrong with a command, in our words."""

from __future__ import annotations

import re
from typing import Any

from accessmap.cli.say import word
from accessmap.errors import did_you_mean
from accessmap.labels import Lang

__all__ = ["told"]

# What argparse says (Python 3.11 to 3.14), and the sentence that tells it.
SENTENCES = (
    ("required", r"the following arguments are required: (?P<names>.+)"),
    ("choice", r"argument (?P<name>[^:]+): invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.+)\)"),
    ("unknown", r"unrecognized arguments: (?P<names>.+)"),
    ("value", r"argument (?P<name>[^:]+): expected (?:one|at least one|\d+) arguments?"),
    ("integer", r"argument (?P<name>[^:]+): invalid int value: '(?P<given>.*)'"),
    ("number", r"argument (?P<name>[^:]+): invalid float value: '(?P<given>.*)'"),
    ("both", r"argument (?P<name>[^:]+): not allowed with argument (?P<other>.+)"),
    ("extra", r"argument (?P<name>[^:]+): ignored explicit argument '(?P<given>.*)'"),
    ("ambiguous", r"ambiguous option: (?P<name>\S+) could match (?P<known>.+)"),
)


def told(message: str, lang: Lang) -> str:
    """Return a message of argparse in one language; one that is not known stays as it is.

    Examples
    --------
    >>> told("the following arguments are required: --category, -p", "en")
    'missing: --category, -p.'
    >>> told("argument COMMAND: invalid choice: 'chek' (choose from 'check', 'run')", "en")
    'COMMAND: "chek" is not possible (did you mean "check"?). Choose from: check, run.'
    """
    for key, pattern in SENTENCES:
        if match := re.fullmatch(pattern, message):
            values: dict[str, Any] = match.groupdict()
            if key == "unknown":
                return word("usage_unknown", lang, n=len(values["names"].split()), **values)
            if key == "choice":
                known = [name.strip(" '") for name in values["known"].split(",")]
                values |= {"known": ", ".join(known), "near": _near(values["given"], known, lang)}
            return word(f"usage_{key}", lang, **values)
    return message


def _near(given: str, known: list[str], lang: Lang) -> str:
    near = re.search(r"'(.*)'", did_you_mean(given, known))
    return word("usage_near", lang, name=near[1]) if near else ""
