"""Lines of prose that a publisher or a spreadsheet puts above the header of a CSV."""

import csv
import io
from collections import Counter
from collections.abc import Sequence

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
        if not line.strip():
            continue
        if not _is_title(line, [below for below in lines[row + 1 :] if below.strip()], separators):
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
        if rows * 5 >= widths.total() * 4 and width > columns:
            columns, filled = width, [cell for cell in above if cell.strip()]
    return columns > 1 and len(filled) * 2 <= columns and any(map(_is_prose, filled))


def _is_prose(text: str) -> bool:
    return len(text.split(" ")) > 2
