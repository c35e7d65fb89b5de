"""Private to `cli`: `accessmap data`, what the files of a folder are, told by their content."""

from __future__ import annotations

import argparse
from typing import Any

from accessmap.cli.say import Say
from accessmap.words import words as labels


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("folder", metavar=say("folder"), help=say("help_data_folder"))
    parser.add_argument("--epci", action="append", default=[], metavar=say("name"), help=say("help_epci"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print one line a table, and why a file is none that is known."""
    from accessmap.read.recognising import recognise_rows, recognised

    if asked.epci:
        from accessmap.studyfile import recognised_in

        area, every = recognised_in(asked.folder, asked.epci)
        if area is None:
            say.tell("data_no_communes")
    else:
        every = recognised(asked.folder)
    rows = recognise_rows(every)
    show(rows, say)
    say.result(tables=as_records(rows, say))
    return 0


def as_records(rows: list[dict[str, Any]], say: Say) -> list[dict[str, Any]]:
    """Return what each table is for machines, its reason told."""
    with labels.typed_in_files():
        return [{**row, "reason": row["reason"].told(say.lang)} for row in rows]


def show(rows: list[dict[str, Any]], say: Say) -> None:
    """Print what each table is: file, kind, publisher, date, form and rows; then what is none that is known."""
    here = any(row["rows_inside"] is not None for row in rows)
    named = ("file", "kind", "publisher", "vintage", "form", "rows", *(["rows_inside"] if here else []))
    titles = [say(f"data_{name}") for name in named]
    lines = [
        (
            _name(row),
            say.words(f"kind_{row['kind']}") if row["kind"] else say("data_unknown"),
            _known(row["publisher"]),
            _known(row["vintage"]),
            " ".join(_known(row[name]) for name in ("form", "encoding", "separator")).replace("\t", "tab").strip(),
            *(_known(row[name]) for name in named[5:]),
        )
        for row in rows
    ]
    say.rows(titles, lines, left=5)
    for row in rows:
        if not row["kind"]:
            near = say("data_near", kind=say.words(f"kind_{row['nearest']}")) if row["nearest"] else ""
            lacks = say("data_missing", names=row["missing"]) if row["missing"] else ""
            with labels.typed_in_files():
                say.line(f"  {_name(row)} : {row['reason'].told(say.lang)}{near}{lacks}")


def _name(row: dict[str, Any]) -> str:
    return f"{row['file']} ({row['part']})" if row["part"] else str(row["file"])


def _known(value: object) -> str:
    return "" if value is None or str(value) in ("<NA>", "nan") else str(value)
