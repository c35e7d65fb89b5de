"""Lines of prose that a publisher or a spreadsheet puts above the header of a table, and below its last row."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accessmap.read.parts import Wanted
from accessmap.read.raw import plain

MOST = 10
LOOKED_AT = 50


def title_lines(text: str, separators: Sequence[str]) -> int:
    r"""Return how many lines stand above the header: sentences, and blanks after them, over a table of more columns.

    Parameters
    ----------
    text
        The file, or its beginning.
    separators
        Of columns, among which that of the lines below is found.

    Examples
    --------
    >>> title_lines("Version beta : des données, non fiables\ncode;nbr;thd\n02173;9;7\n", ";,")
    1
    >>> title_lines("code;nbr;thd\n02173;9;7\n", ";,")
    0
    """
    lines = [line for line, _ in zip(io.StringIO(text), range(LOOKED_AT + MOST), strict=False)]
    skipped = 0
    for row, line in enumerate(lines[:MOST]):
        if not _filled(line):
            continue
        below = [below for below in lines[row + 1 :] if _filled(below)]
        if not _is_title(line, below, separators) and not (skipped and _is_alone(line, below, separators)):
            return row if skipped else 0
        skipped = row + 1
    return skipped


def _is_title(line: str, below: Sequence[str], separators: Sequence[str]) -> bool:
    """Whether a line is prose, and the lines below it are a table of at least twice as many columns."""
    if len(below) < 2 or not _is_prose(line):
        return False
    columns, filled = 1, [line]
    for separator in separators:
        above = next(csv.reader([line], delimiter=separator))
        widths = Counter(len(cells) for cells in csv.reader(below, delimiter=separator))
        width, rows = widths.most_common(1)[0]
        if width > 1 and len(above) == width and all(cell.strip() for cell in above):
            return False  # a header of that table
        if rows * 2 >= widths.total() and width > columns:
            columns, filled = width, [cell for cell in above if cell.strip()]
    return columns > 1 and len(filled) * 2 <= columns and any(map(_is_prose, filled))


def _is_alone(line: str, below: Sequence[str], separators: Sequence[str]) -> bool:
    """Whether a line below a title has one filled cell, over a row of three or more: "Édition 2024;;;"."""
    apart = [one for one in separators if one in line.strip(f"{one} \r\n")]
    under = (next(csv.reader(below[:1], delimiter=one), []) for one in separators if one in line or not apart)
    return not apart and any(len([cell for cell in cells if cell.strip()]) > 2 for cells in under)


def _filled(line: str) -> str:
    """Return what a line has but blanks and separators."""
    return line.strip(" \t\r\n;,|")


def _is_prose(text: str) -> bool:
    return len(text.split(" ")) > 2


@dataclass(frozen=True)
class SheetTable:
    """What a sheet holds as a table.

    Parameters
    ----------
    header
        Of each column.
    rows, numbers
        The cells below it, and the row of the sheet that each stands in, from 0.
    at
        The row of the header, from 0.
    said
        What was left out or filled in: key of its note, how many, and the first of it.
    above
        The text above the header.
    """

    header: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    at: int
    said: tuple[tuple[str, int, str], ...] = ()
    above: str = ""


Span = tuple[tuple[int, int], tuple[int, int]]
HEADERS = 30  # rows among which the header is looked for
CODED = re.compile(r"[A-Z][A-Z0-9_]+")  # INSEE's names of variables: CODGEO, P21_POP
FOOT = re.compile(r"(sources?|notes?|champ|lecture|\(?\*|\(\d)", re.IGNORECASE)


def sheet_table(cells: list[list[Any]], merged: Sequence[Span], wanted: Wanted) -> SheetTable | None:
    """Return the table of a sheet, None where it has none: its header is the row that tells most, else the first.

    Titles above the header, and notes below the rows, are left out; a cell that was merged over several rows stands in
    each of them, where it is text.

    Parameters
    ----------
    cells
        Rows of the sheet from its first, "" where there is nothing.
    merged
        First and last row and column of each cell that was merged.
    wanted
        Of the reader.
    """
    cells = [list(row) for row in cells]
    filled = _fill_merged(cells, merged)
    given = [n for n, row in enumerate(cells) if any(not _is_blank(cell) for cell in row)]
    at = _header_at(cells, given, wanted)
    if at is None:
        return None
    if len(given) > given.index(at) + 2 and _is_coded(cells[given[given.index(at) + 1]]):
        at = given[given.index(at) + 1]
    below = [n for n in given if n > at]
    header = _headings(cells, at, merged, below)
    kept = [place for place, name in enumerate(header) if name or any(not _is_blank(cells[n][place]) for n in below)]
    width = len(kept)
    second = second_table([cells[n] for n in below], below)
    left = below[second:] if second else []
    below = below[:second] if second else below
    foot = []
    while below and is_foot([cells[below[-1]][place] for place in kept], width):
        foot.append(below.pop())
    if not below:
        return None
    above = [n for n in given if n < at]
    said = [
        ("title_passed_over", len(above), repr(_first_text(cells[above[0]])) if above else ""),
        ("second_table_left", len(left), repr(_first_text(cells[left[0]])) if left else ""),
        ("foot_left_out", len(foot), repr(_first_text(cells[foot[-1]])) if foot else ""),
        ("merged_cells_filled", sum(n > at for n in filled), ""),
    ]
    return SheetTable(
        [header[place] or f"column {place + 1}" for place in kept],
        [[cells[n][place] for place in kept] for n in below],
        below,
        at,
        tuple(one for one in said if one[1]),
        "\n".join(str(cell) for n in above for cell in cells[n] if not _is_blank(cell)),
    )


NUMBER_LIKE = re.compile(r"[-+]?[\d\s\u00a0\u202f.,]*\d[\d\s\u00a0\u202f.,]*")


def second_table(rows: Sequence[Sequence[Any]], numbers: Sequence[int]) -> int | None:
    """Return which row begins another table of the same sheet, None where there is none.

    It stands below a blank row, holds nothing but words, also where there were numbers above, and has rows below it.

    Parameters
    ----------
    rows
        Below the header, without those that are blank.
    numbers
        Where each stands.

    Examples
    --------
    >>> second_table([["A", 1], ["B", 2], ["commune", "population"], ["Cahors", 3]], [1, 2, 4, 5])
    2
    """
    for at in range(1, len(rows) - 1):
        if numbers[at] == numbers[at - 1] + 1:
            continue
        given = [place for place, cell in enumerate(rows[at]) if not _is_blank(cell)]
        if len(given) < 2 or any(_is_number(rows[at][place]) for place in given):
            continue
        above = [[row[place] for row in rows[:at] if not _is_blank(row[place])] for place in given]
        if any(cells and 2 * sum(map(_is_number, cells)) > len(cells) for cells in above):
            return at
    return None


def _is_number(cell: object) -> bool:
    return NUMBER_LIKE.fullmatch(cell.strip()) is not None if isinstance(cell, str) else isinstance(cell, int | float)


def _is_blank(cell: object) -> bool:
    return cell == "" or (isinstance(cell, str) and not cell.strip())


def _first_text(row: Sequence[object]) -> str:
    return next(" ".join(str(cell).split())[:80] for cell in row if not _is_blank(cell))


def _fill_merged(cells: list[list[Any]], merged: Sequence[Span]) -> list[int]:
    """Put the text of a merged cell into each row it covers, and return the rows that so got one."""
    filled = []
    for (top, left), (bottom, right) in merged:
        value = cells[top][left] if top < len(cells) and left < len(cells[top]) else ""
        if not isinstance(value, str) or _is_blank(value) or left != right:
            continue
        for row in range(top + 1, min(bottom + 1, len(cells))):
            cells[row][left] = value
            filled.append(row)
    return filled


def _header_at(cells: Sequence[Sequence[Any]], given: Sequence[int], wanted: Wanted) -> int | None:
    """The row of the header: the one whose names the reader knows best, else the first that could be one."""
    widths = Counter(sum(not _is_blank(cell) for cell in cells[n]) for n in given)
    usual = max((width for width, rows in widths.items() if rows * 4 >= max(widths.values())), default=0)
    found: list[tuple[int, int]] = []
    for n in given[:HEADERS]:
        row = [cell for cell in cells[n] if not _is_blank(cell)]
        texts = [" ".join(cell.split()) for cell in row if isinstance(cell, str)]
        if len(row) < 2 or len(texts) * 2 <= len(row) or len(row) * 2 < usual or n == given[-1]:
            continue
        found.append((n, wanted.score(set(map(plain, texts)))))
    if not found:
        return None
    best = max(score for _, score in found)
    return next(n for n, score in found if score == best)


def _headings(cells: Sequence[Sequence[Any]], at: int, merged: Sequence[Span], below: list[int]) -> list[str]:
    """The name of each column; under a heading that spans several, its own after it, from the next row."""
    words = [" ".join(_word(cell).split()) for cell in cells[at]]
    spans = [(left, right) for (top, left), (bottom, right) in merged if top == at == bottom and right > left]
    if spans and below and below[0] == at + 1:
        under = [" ".join(_word(cell).split()) for cell in cells[below[0]]]
        for left, right in spans:
            for place in range(left, min(right + 1, len(words))):
                words[place] = f"{words[left]} {under[place]}".strip() if place == left else words[place]
        for left, right in spans:
            top = words[left].removesuffix(under[left]).strip()
            for place in range(left + 1, min(right + 1, len(words))):
                words[place] = f"{top} {under[place]}".strip()
        below.pop(0)
    return words


def _word(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _is_coded(row: Sequence[object]) -> bool:
    """Whether a row under a header is one more, of INSEE's names of variables, which are known by their underscores."""
    given = [cell for cell in row if not _is_blank(cell)]
    coded = [cell for cell in given if isinstance(cell, str) and CODED.fullmatch(cell)]
    return len(coded) == len(given) > 1 and any("_" in cell or cell.startswith("COD") for cell in coded)


def is_foot(row: Sequence[object], width: int, *, told: bool = False) -> bool:
    """Return whether a row has one cell and tells of the table: begins as such lines do, or else is a sentence."""
    given = [cell for cell in row if not _is_blank(cell)]
    text = str(given[0]).strip()
    return width > 2 and len(given) == 1 and (FOOT.match(text) is not None or (not told and len(text.split()) > 3))
