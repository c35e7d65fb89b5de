"""The map of two values at once: near or far, connected or not, and where both are bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.categories import Lang
from accessmap.errors import OptionError, Problem
from accessmap.maps.choropleth import checked_breaks, class_words, series_of, value_text
from accessmap.maps.communes import territory
from accessmap.maps.drawing import NO_DATA, Entry, Square, View
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.maps.svg import TWO
from accessmap.provenance import Provenance
from accessmap.tables.cutoffs import classes_of
from accessmap.words import words as labels
from accessmap.words.words import Words

# Rows and columns of the palette that two or three classes take.
PLACES = {2: (0, 2), 3: (0, 1, 2)}


def bivariate_map(
    communes: gpd.GeoDataFrame,
    first: pd.Series,
    second: pd.Series,
    *,
    first_breaks: Sequence[float],
    second_breaks: Sequence[float],
    units: tuple[str, str] = ("minutes", ""),
    higher_is_better: tuple[bool, bool] = (False, False),
    corners: tuple[str, str, str, str] | None = None,
    services: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    r"""Return a map of two values by commune, in `units`, each in two or three classes, with people in every class.

    The first value darkens the colour; the second changes its hue and its texture, so that the nine classes are told
    apart without colour too. The best of both is light and plain, the worst of both dark and striped.

    Parameters
    ----------
    communes
        Zones by code; those with `in_territory` are painted, their neighbours only outlined.
    first, second
        By code; the name of each Series is what the legend calls it. A commune without one of them is hatched and
        counted as "non renseigné".
    first_breaks, second_breaks
        One bound (two classes) or two (three); a value on a bound belongs to the better class.
    units
        Of the two values: "minutes", "share" (0-1, written in per cent), or any word.
    higher_is_better
        For each value, whether the largest is best.
    corners
        What the legend calls its corners, along the rows: the best of both ("near and connected"), the worst of the
        first, the worst of the second, the worst of both ("far and little connected"). By default their classes.
    services, title, provenance, tiles, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where a value cannot be mapped: infinite, not a number, twice for one commune, or of no commune of the table.
    ValueError
        Where there is not one bound or two, or they do not rise.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(730_000 + x, 6_940_000, 731_000 + x, 6_941_000) for x in (0, 1000)]
    >>> names = {"name": ["Chauny", "Sinceny"], "population": [12_000, 2_000]}
    >>> communes = gpd.GeoDataFrame(names, index=["02173", "02719"], geometry=squares, crs="EPSG:2154")
    >>> minutes = pd.Series([4.0, 25.0], communes.index, name="Minutes")
    >>> fibre = pd.Series([0.95, 0.40], communes.index, name="Fibre")
    >>> page = bivariate_map(
    ...     communes, minutes, fibre, first_breaks=[20], second_breaks=[0.8], units=("minutes", "share"),
    ...     higher_is_better=(False, True), lang="en",
    ... )
    >>> print(page.drawing.views[0].square.looks[1][1].told("en").replace("\xa0", " "))
    over 20 min · under 80%: 1 commune · 2,000 people
    """
    say = Words(labels.check_lang(lang))
    codes, people = territory(communes)
    given = {"first": (first, first_breaks), "second": (second, second_breaks)}
    names = [say(f"two_{key}") if series.name is None else str(series.name) for key, (series, _) in given.items()]
    known = [series_of(series, communes.index, key).loc[codes] for key, (series, _) in given.items()]
    bounds = [_bounds(breaks, f"{key}_breaks") for key, (_, breaks) in given.items()]
    sides = [_Side(*each, say) for each in zip(known, bounds, units, higher_is_better, strict=True)]
    view = _view(sides, names, people, units, corners, say)
    title = title or say("two_title")
    return mapped(communes, [view], services, title=title, provenance=provenance, tiles=tiles, say=say)


class _Side:
    """One of the two values: the class of each commune, 0 the best, and the words of the classes."""

    def __init__(self, values: pd.Series, bounds: Sequence[float], unit: str, better: bool, say: Words) -> None:
        self.known = values
        # On a bound, the better of two classes: what is near enough is near, and what is connected enough connected.
        words = class_words(bounds, unit, say, closed="left" if better else "right")
        number = classes_of(values, bounds, closed="left" if better else "right")
        self.words = tuple(words[::-1] if better else words)
        self.number = pd.Series(len(bounds) - number if better else number, index=values.index)
        self.places = PLACES[len(words)]


def _bounds(breaks: Sequence[float], name: str) -> tuple[float, ...]:
    bounds = checked_breaks(breaks)
    if len(bounds) not in (1, 2):
        raise OptionError(Problem("map_two_bounds", where=name, value=len(bounds)))
    return bounds


def _view(
    sides: Sequence[_Side],
    names: Sequence[str],
    people: pd.Series | None,
    units: tuple[str, str],
    corners: tuple[str, str, str, str] | None,
    say: Words,
) -> View:
    across, down = sides
    unknown = across.known.isna() | down.known.isna()
    wide = len(across.words)
    number = (down.number * wide + across.number).where(~unknown, wide * len(down.words)).astype(int)
    looks = [
        Entry(
            say("two_class", first=across.words[x], second=down.words[y]),
            TWO[down.places[y]][across.places[x]],
            f"two{down.places[y]}{across.places[x]}" if down.places[y] else "",
        )
        for y in range(len(down.words))
        for x in range(wide)
    ]
    at = (0, wide - 1, len(looks) - wide, len(looks) - 1)
    called = dict(zip(at, corners or (looks[k].label for k in at), strict=True))
    if corners is not None:
        for k, name in called.items():
            label = say("labelled", name=labels.capitalised(name), value=looks[k].label)
            looks[k] = replace(looks[k], label=label)
    looks.append(Entry(say("no_value"), NO_DATA, "hatch"))
    entries = tuple(_counted(entry, number == k, people) for k, entry in enumerate(looks))
    square = Square(
        names[0],
        names[1],
        across.words,
        down.words,
        tuple(entries[row * wide : (row + 1) * wide] for row in range(len(down.words))),
    )
    told = {
        str(code): tuple(
            say("labelled", name=name, value=_value(side.known[code], unit, say))
            for name, side, unit in zip(names, sides, units, strict=True)
        )
        + (() if people is None else (say.people(people[code]),))
        for code in number.index
    }
    kept = entries if unknown.any() else entries[:-1]
    fill = {str(code): int(k) for code, k in number.items()}
    heading = say("two_legend")
    note = say("two_corners", best=called[at[0]], worst=called[at[-1]])
    return View("two", heading, heading, kept, fill, told, note, square)


def _value(value: float, unit: str, say: Words) -> str:
    return say("no_value") if np.isnan(value) else value_text(value, unit, say)


def _counted(entry: Entry, chosen: pd.Series, people: pd.Series | None) -> Entry:
    total = None if people is None else float(people[chosen].sum())
    return Entry(entry.label, entry.colour, entry.pattern, int(chosen.sum()), total)
