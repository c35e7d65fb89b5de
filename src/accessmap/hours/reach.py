"""Spans of opening against moments, wanted times and residents: the arithmetic behind `accessmap.hours`, on arrays."""

import numpy as np
from numpy.typing import NDArray

from accessmap.alignment import Floats
from accessmap.hours.spans import WEEK_MINUTES, Openings, Spans

__all__ = ["blocks", "finds_open", "is_open", "lengths", "overlaps", "union_hours"]

_BLOCK = 2_000_000  # spans met by residents that are held at a time
_CELLS = 20_000_000  # cells of a matrix that are held at a time


def is_open(case: Openings, moments: Floats) -> NDArray[np.bool_]:
    """Return whether each site (rows) is open at each moment (columns, sorted): start <= moment < end."""
    table = np.zeros((case.count, len(moments) + 1), dtype=np.int32)
    np.add.at(table, (case.site, np.searchsorted(moments, case.start)), 1)
    np.add.at(table, (case.site, np.searchsorted(moments, case.end)), -1)
    return np.asarray(table.cumsum(axis=1)[:, :-1] > 0)


def overlaps(case: Openings, wanted: Spans, at_least: float) -> NDArray[np.bool_]:
    """Return whether each site has a span that shares so many minutes with a wanted one."""
    found = np.zeros(case.count, dtype=bool)
    for start, end in wanted:
        shared = np.minimum(case.end, end) - np.maximum(case.start, start)
        found[case.site[(shared >= at_least) & (shared > 0)]] = True
    return found


def lengths(case: Openings) -> tuple[Floats, NDArray[np.intp]]:
    """Return the hours of each site in the week, and the days on which it is open at all."""
    hours = np.bincount(case.site, weights=case.end - case.start, minlength=case.count) / 60
    days = np.zeros((case.count, 7), dtype=bool)
    for day in range(7):
        days[case.site[(case.start < (day + 1) * 1440) & (case.end > day * 1440)], day] = True
    return hours, days.sum(axis=1)


def blocks(minutes: NDArray[np.floating], case: Openings, within: float) -> list[tuple[int, NDArray[np.floating]]]:
    """Return blocks of residents (first row, minutes) that meet some two million spans each."""
    if not len(minutes):
        return []
    spans = np.bincount(case.site, minlength=case.count)
    met = (minutes <= within) @ spans
    block = np.cumsum(met) // _BLOCK
    firsts = np.flatnonzero(np.diff(block, prepend=-1))
    return [(int(first), part) for first, part in zip(firsts, np.split(minutes, firsts[1:]), strict=True)]


def finds_open(
    minutes: NDArray[np.floating], case: Openings, within: float, step: int, stay: float
) -> NDArray[np.bool_]:
    """Return whether each resident (rows), leaving at each step of the week (columns), finds an open site.

    For a site t minutes away and open from a to b, one may leave from a − t on, before b − t and no later than
    b − stay − t: a range of steps. Ranges are summed as +1 where they begin and −1 where they end.
    """
    steps = WEEK_MINUTES // step
    resident, site = np.nonzero(minutes <= within)
    count = np.bincount(case.site, minlength=case.count)
    first = np.cumsum(count) - count
    # One entry for each span of each site that each resident has within reach.
    pair = np.repeat(np.arange(len(resident)), count[site])
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(count[site]) - count[site], count[site])
    span = first[site[pair]] + nth
    away = minutes[resident, site].astype(np.float64)[pair]
    start = np.ceil((case.start[span] - away) / step)
    end = np.minimum(np.ceil((case.end[span] - away) / step), np.floor((case.end[span] - stay - away) / step) + 1)
    start, end = (np.clip(edge, 0, steps).astype(np.intp) for edge in (start, end))
    some = start < end
    row = resident[pair[some]] * (steps + 1)
    size = len(minutes) * (steps + 1)
    change = np.bincount(row + start[some], minlength=size) - np.bincount(row + end[some], minlength=size)
    return np.asarray(change.reshape(len(minutes), steps + 1).cumsum(axis=1)[:, :-1] > 0)


def union_hours(near: NDArray[np.float32], case: Openings) -> Floats:
    """Return the hours when at least one of the sites near each resident (rows of 0 and 1) is open."""
    edges = np.unique(np.concatenate([case.start, case.end, [0.0]]))  # between two edges nothing opens or closes
    opened = is_open(case, edges)[:, :-1].astype(np.float32)
    spell = np.diff(edges) / 60
    hours = np.zeros(len(near))
    width = max(1, _CELLS // max(1, len(near)))
    for first in range(0, len(spell), width):
        part = slice(first, first + width)
        hours += (near @ opened[:, part] > 0) @ spell[part]
    return hours
