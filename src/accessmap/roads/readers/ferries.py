"""Ferry lines of an OpenStreetMap file: relations that say for several ways who may board and how long it takes.

Rules follow the OpenStreetMap wiki (Tag:route=ferry, Key:duration).
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from accessmap.roads.readers.osm_limits import Tags
from accessmap.roads.readers.osm_pace import ferry_minutes

# What a line says for the ways it takes, where they do not say so themselves.
OF_THE_LINE = (
    *("access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorcar", "hgv"),
    *("name", "ref", "interval", "headway"),
)


class Lines:
    """The ferry lines of a file, and the ways that they take."""

    def __init__(self, relations: Iterable[Any]) -> None:
        self._lines: list[tuple[dict[str, str], list[int]]] = []
        self._at: dict[int, int] = {}  # position among the ways kept, by id
        for relation in relations:
            tags = dict(relation.tags)
            if "ferry" in tags.get("route", "").split(";"):
                ways = [member.ref for member in relation.members if member.type == "w"]
                self._lines.append((tags, list(dict.fromkeys(ways))))
        self._line_of: dict[int, dict[str, str]] = {}
        for tags, ways in reversed(self._lines):  # of two lines on one way the first that the file has
            self._line_of.update(dict.fromkeys(ways, tags))

    def __bool__(self) -> bool:
        return bool(self._lines)

    @property
    def ways(self) -> set[int]:
        """The ids of all ways that lines take."""
        return set(self._line_of)

    def takes(self, way: int) -> bool:
        """Return whether a line goes along a way."""
        return way in self._line_of

    def tags_of(self, way: int, tags: dict[str, str]) -> dict[str, str]:
        """Return the tags of a way with those that its line has for it; a way that is none otherwise is a ferry."""
        line = self._line_of.get(way)
        if line is None or "highway" in tags:
            return tags
        return {"route": "ferry", **{key: line[key] for key in OF_THE_LINE if key in line}, **tags}

    def keep(self, way: int, tags: Tags, position: int) -> None:
        """Note where among the ways kept a ferry's way is."""
        if way in self._line_of and "highway" not in tags:
            self._at[way] = position

    def minutes(self, ways: pd.DataFrame) -> pd.Series:
        """Return the minutes of each way, those without any having their share of their line's, by length.

        What is known of the other ways of the line is taken off it first. A line of which a way is missing leaves its
        ways without minutes.
        """
        minutes = ways["minutes"].to_numpy(dtype=float).copy()
        metres = ways["whole_metres"].to_numpy(dtype=float)
        for tags, members in self._lines:
            whole = ferry_minutes(tags.get("duration", ""))
            if whole is None or any(way not in self._at for way in members):
                continue
            at = np.array([self._at[way] for way in members], dtype=np.int64)
            open_ = at[np.isnan(minutes[at])]
            left = whole - float(np.nansum(minutes[at]))
            length = float(metres[open_].sum())
            if len(open_) and left > 0 and not math.isnan(length) and length > 0:
                minutes[open_] = left * metres[open_] / length
        return pd.Series(minutes, index=ways.index)
