"""What a file holds, before any column is understood."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

__all__ = ["RawTable"]


@dataclass(frozen=True)
class RawTable:
    """What a file holds, before any column is understood.

    Parameters
    ----------
    name
        File name, for messages.
    table
        A DataFrame of text (CSV), or a table with types, geographic where the file is; plain numbering of rows.
    lines
        Where each row stands in the file: "line 4" as a spreadsheet counts, or "feature 3".
    notes
        Sentences on what was done to read it.
    """

    name: str
    table: pd.DataFrame
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def keep(self, mask: Iterable[bool], note: str = "") -> "RawTable":
        """Return the rows where `mask` is true, numbered anew, and a sentence on it."""
        kept = np.fromiter(mask, dtype=bool, count=len(self.table))
        table = self.table.loc[kept].reset_index(drop=True)
        lines = tuple(line for line, one in zip(self.lines, kept, strict=True) if one)
        return replace(self, table=table, lines=lines, notes=(*self.notes, note) if note else self.notes)

    def told(self, *notes: str) -> "RawTable":
        """Return the same with further sentences."""
        return replace(self, notes=(*self.notes, *notes))
