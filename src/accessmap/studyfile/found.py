"""A study.toml of the files of a folder: what each is, where it goes, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from accessmap.categories import Lang
from accessmap.errors import AccessmapError, Problem, StudyError
from accessmap.read.columns import read_numbers
from accessmap.read.communes import communes_around, read_communes
from accessmap.read.files import read_table
from accessmap.read.fitting import SIZES
from accessmap.read.layouts.registry import KINDS
from accessmap.read.recognising import Recognised, counted, recognised
from accessmap.studyfile.communes import official_title
from accessmap.studyfile.sorting import COUNTED, FIRST, Found, sort_files
from accessmap.studyfile.template import placed, relative, rendered
from accessmap.words.notes import Note
from accessmap.words.words import Words

FAR = 1_500  # communes in a file beyond which those far from the territory are left out
AROUND_KM = 30
# From corner to corner of metropolitan France in EPSG:3035, metres: no Lambert reaches as far east.
GRID_OF_FRANCE = (3_150_000, 4_400_000, 1_950_000, 3_250_000)


@dataclass(frozen=True)
class FoundStudy:
    """The text of a study.toml of a folder, its title, what each file is, and of those that it leaves out why."""

    text: str
    title: str
    every: list[Recognised]
    left: list[tuple[Recognised, Note]]


def found_study(
    folder: str | Path,
    home: Path,
    *,
    title: str = "",
    territory: Sequence[str] = (),
    category: str | None = None,
    services: Sequence[tuple[str, str | None]] = (),
    file: str = "study.toml",
    lang: Lang = "fr",
) -> FoundStudy:
    """Return the study.toml of the files of a folder, and what each of them is.

    Parameters
    ----------
    folder
        Of the files.
    home
        The folder of the study.toml, from which its paths start.
    title, territory, category, file
        As for :func:`~accessmap.studyfile.template.study_text`.
    services
        Files whose category is told, which no column need tell: in the folder, or anywhere.
    lang
        Of its comments, and of the study.

    Raises
    ------
    StudyError
        Where no file holds communes, or none services of a category that is known.
    """
    area, every = recognised_in(folder, territory, services)
    found = sort_files(every, area, {str(path): kind for path, kind in services if kind}, category)
    if "communes" not in found.sections:
        raise StudyError(Problem("found_no_communes", value=str(folder)))
    if not found.services:
        raise StudyError(_no_services(found, folder))
    words = Words(lang)
    communes = found.sections["communes"]
    first = [each for each in FIRST if each in found.categories]
    chosen = category or next(iter(first), found.categories[0])
    typed = " · ".join(territory)
    if not title:
        title = typed or Path(folder).resolve().name
        title = official_title(area, title, territory) if area is not None and typed else title
    text = rendered(
        "found.toml.j2",
        say=words,
        lang=lang,
        file=file,
        folder=str(folder),
        title=title,
        territory=list(territory),
        around=AROUND_KM if territory and (communes.rows or 0) > FAR else None,
        sections=dict.fromkeys(KINDS) | {name: _told(one, home, words) for name, one in found.sections.items()},
        spare={name: [_told(one, home, words) for one in each] for name, each in found.spare.items()},
        services=[
            {
                **each,
                **_told(each["one"], home, words),
                "types": _types(found, each["one"], home, words),
                "bpe": _is_bpe(each["one"]),
            }
            for each in found.services
        ],
        unnamed=[{**each, **_told(each["one"], home, words)} for each in found.unnamed],
        elsewhere=[_told(one, home, words) for one in found.elsewhere],
        others=[_told(one, home, words) for one in found.others],
        mairies="mairie" in found.categories,
        cell_metres=_cell_metres(found.sections.get("residents")),
        zonages=[_told(one, home, words) for one in found.zonages],
        references=[_told(one, home, words) for one in found.references],
        category=chosen,
        alongside=[one for one in found.categories if one not in (chosen, "mairie")][:6],
    )
    return FoundStudy(text, title, every, _left(found))


def recognised_in(
    folder: str | Path, territory: Sequence[str] = (), services: Sequence[tuple[str, str | None]] = ()
) -> tuple[gpd.GeoDataFrame | None, list[Recognised]]:
    """Return what the files of a folder are, and how many of their rows are in a territory of its communes.

    Parameters
    ----------
    folder
        Of the files.
    territory
        Names or codes of EPCI or communes; all communes where none is given.
    services
        Further files, and their category.

    Returns
    -------
    tuple
        The communes, None where the folder has none that can be read; and each table.

    Raises
    ------
    StudyFileError
        Where a name of the territory is that of no EPCI or commune, with near matches.
    """
    every = recognised(folder)
    inside = {Path(str(one.file)).resolve() for one in every}
    more = [path for path, _ in services if Path(path).resolve() not in inside]
    every += [one for path in more for one in recognised(path)]
    area = _area([one for one in every if one.kind in ("communes", "population", "epci")], territory)
    if area is None:
        return None, every
    return area, [_counted(one, area) if one.kind in COUNTED else one for one in every]


def _counted(one: Recognised, area: gpd.GeoDataFrame) -> Recognised:
    try:
        return counted(one, read_table(one.path), area)
    except AccessmapError:
        return one  # what reads the file says what is wrong with it


def _area(every: Sequence[Recognised], territory: Sequence[str]) -> gpd.GeoDataFrame | None:
    """The communes of a study of these files, the territory marked; None where they cannot be read."""
    found = sort_files(every)
    if "communes" not in found.sections:
        return None
    beside: dict[str, Any] = {
        name: found.sections[name].path for name in ("population", "epci") if name in found.sections
    }
    one = found.sections["communes"]
    try:
        if not territory:
            return read_communes(one.path, **beside)
        communes = communes_around(one.path, territory, **beside)
    except AccessmapError:
        return None  # `check` says what is wrong with them
    codes, _ = placed(communes, territory)
    communes = communes.assign(in_territory=communes.index.isin(codes))
    if (one.rows or 0) <= FAR:
        return communes
    near = communes.geometry.intersects(
        communes.geometry[communes["in_territory"]].union_all().buffer(AROUND_KM * 1000)
    )
    return communes[near]


def _no_services(found: Found, folder: str | Path) -> Problem:
    """Why there are no services: none at all, or of a category that nothing tells, with what to type."""
    if not found.unnamed:
        return Problem("found_no_services", value=str(folder))
    each = found.unnamed[0]
    typed = f"{each['category'] or 'pharmacy'}={each['one'].file}"
    names = ", ".join(one["one"].file.name for one in found.unnamed)
    return Problem("found_no_category", value=str(folder), n=len(found.unnamed), names=names, typed=typed)


def _left(found: Found) -> list[tuple[Recognised, Note]]:
    """What the study leaves out, and why: what is not known tells it itself."""
    named = [(one, Note("left_elsewhere", n=one.rows or 0)) for one in found.elsewhere]
    for each in found.unnamed:
        one, guess = each["one"], each["category"]
        typed = f"--services {guess or 'pharmacy'}={one.file}"
        named.append((one, Note("left_guessed" if guess else "left_unnamed", typed=typed, guess=guess)))
    named += [(one, Note("left_twice", names=", ".join(names))) for one, names in found.twice]
    named += [(one, Note("left_spare")) for each in found.spare.values() for one in each]
    return named + [(one, Note("left_other")) for one in found.others if one.kind]


def _cell_metres(one: Recognised | None) -> int | None:
    """The size of the cells of Eurostat's grid whose corners a file of residents has as x and y; None for others."""
    if one is None:
        return None
    raw = read_table(one.path)
    corners = [read_numbers(raw.table[raw.names[name]]) for name in ("x", "y") if name in raw.names]
    if len(corners) != 2 or any(each.key for each in corners):
        return None
    west, east, south, north = GRID_OF_FRANCE
    x, y = (each.numbers for each in corners)
    inside = x.between(west, east).all() and y.between(south, north).all()
    return next((size for size in SIZES if inside and not ((x % size) + (y % size)).any()), None)


def _types(found: Found, one: Recognised, home: Path, words: Words) -> dict[str, Any] | None:
    """The list of types that stands beside a file of the BPE."""
    return _told(found.types, home, words) if _is_bpe(one) and found.types is not None else None


def _is_bpe(one: Recognised) -> bool:
    return one.layout is not None and one.layout.name == "bpe"


def _told(one: Recognised, home: Path, words: Words) -> dict[str, Any]:
    """What the text says of a table: its path, why it is what it is, and its source."""
    credit = {}
    if one.layout is not None:
        named = {"title": one.layout.title, "publisher": one.layout.publisher, "licence": one.layout.licence}
        credit = {key: value for key, value in {**named, "vintage": one.vintage}.items() if value}
    name = one.file.name + (f", {one.form.part}" if one.form.part else "")
    reason = one.reason.told(words.lang)
    parts = [words("found_is", name=name, reason=reason)]
    other = [words("found_is", name=name, reason=f"{words(f'kind_{one.kind}')}, {reason}" if one.kind else reason)]
    if one.rows:
        parts.append(words("found_rows", n=one.rows))
    if one.inside is not None and one.kind in COUNTED:
        parts.append(words("found_inside", n=one.inside))
    if one.vintage:
        parts.append(words("found_date", date=one.vintage))
    if one.nearest:
        other.append(words("found_near", kind=words(f"kind_{one.nearest}")))
    if one.missing:
        other.append(words("found_missing", names=", ".join(one.missing)))
    return {
        "path": relative(str(one.file), home),
        "whole": relative(one.path, home),
        "layer": one.form.part,
        "told": "".join(parts),
        "told_other": "".join(other),
        "source": credit,
    }
