"""How much of a packed file is unpacked: a few kilobytes may claim to be a thousand gigabytes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from accessmap.read.raw import refusal

PACKED = (b"\x1f\x8b", b"PK\x03\x04")
UNPACKED_BYTES = 1_000_000_000  # the largest file of France as a whole that we know, unpacked, has 0.7 GB
UNPACKED_FREELY, UNPACKED_TIMES = 100_000_000, 100  # past so many bytes, times the packed file (CSV: 10)
MOST_BYTES = "ACCESSMAP_MOST_BYTES"
"""The variable of the environment that lifts the bound of what is read of a CSV or GeoJSON, packed or not."""


def most_bytes() -> int:
    """Return the most bytes that are read of a text: ``ACCESSMAP_MOST_BYTES``, or 1 GB.

    >>> most_bytes()
    1000000000
    """
    given = os.environ.get(MOST_BYTES, "")
    return int(given) if given.isdecimal() else UNPACKED_BYTES


def unpacked(path: Path, packed: IO[bytes], *, spent: int = 0) -> Iterator[bytes]:
    """Yield what a packed file expands to, while it stays within bounds.

    Parameters
    ----------
    path
        Of the file, which the bound follows.
    packed
        What is read.
    spent
        Bytes that other parts of it had.

    Raises
    ------
    SourceError
        Past the bound.
    """
    bound = min(most_bytes(), max(UNPACKED_FREELY, UNPACKED_TIMES * path.stat().st_size))
    while part := packed.read(1 << 20):
        spent += len(part)
        if spent > bound:
            raise refusal(path.name, "unpacked_too_large", value=bound, most=f"{bound / 1e6:,.0f}")
        yield part
