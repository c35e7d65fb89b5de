"""A study.toml of the files of a folder: what each is, where it goes, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accessmap.categories import Lang
from accessmap.errors import Problem, StudyError
from accessmap.read.columns import read_numbers
from accessmap.read.files import read_table
from accessmap.read.fitting import SIZES
from accessmap.read.layouts.known import in_layout
from accessmap.read.layouts.registry import KINDS
from accessmap.read.recognising import Recognised, recognised
from accessmap.studyfile.template import relative, rendered
from accessmap.words.words import Words

# Of a file of many kinds those that a first study shows, most wanted first; the first is what its dossier is about.
FIRST = (
    *("france_services", "general_practitioner", "pharmacy", "post_office", "nurse", "primary_school", "bakery"),
    *("supermarket", "library", "hospital"),
)
MANY = 12
FAR = 1_500  # communes in a file beyond which those far from the territory are left out
AROUND_KM = 30
# From corner to corner of metropolitan France in EPSG:3035, metres: no Lambert reaches as far east.
GRID_OF_FRANCE = (3_150_000, 4_400_000, 1_950_000, 3_250_000)
REFERENCES = ("access_minutes", "apl")  # layouts of figures that a dossier sets beside its own


@dataclass
class Found:
    """What goes where: by section the file that is taken, and those left beside it."""

    sections: dict[str, Recognised] = field(default_factory=dict)
    services: list[dict[str, Any]] = field(default_factory=list)
    spare: dict[str, list[Recognised]] = field(default_factory=dict)
    others: list[Recognised] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    zonages: list[Recognised] = field(default_factory=list)
    references: list[Recognised] = field(default_factory=list)
    types: Recognised | None = None


def found_text(
    folder: str | Path,
    home: Path,
    *,
    title: str = "",
    territory: Sequence[str] = (),
    category: str | None = None,
    file: str = "study.toml",
    lang: Lang = "fr",
) -> tuple[str, list[Recognised]]:
    """Return the text of a study.toml of the files of a folder, and what each of them is.

    Parameters
    ----------
    folder
        Of the files.
    home
        The folder of the study.toml, from which its paths start.
    title, territory, category, file
        As for :func:`~accessmap.studyfile.template.study_text`.
    lang
        Of its comments, and of the study.

    Raises
    ------
    StudyError
        Where no file holds communes, or none services.
    """
    every = recognised(folder)
    found = _sorted(every)
    if "communes" not in found.sections:
        raise StudyError(Problem("found_no_communes", value=str(folder)))
    if not found.services:
        raise StudyError(Problem("found_no_services", value=str(folder)))
    words = Words(lang)
    communes = found.sections["communes"]
    chosen = category or next((one for one in FIRST if one in found.categories), found.categories[0])
    text = rendered(
        "found.toml.j2",
        say=words,
        lang=lang,
        file=file,
        folder=str(folder),
        title=title or (" · ".join(territory) if territory else Path(folder).resolve().name),
        territory=list(territory),
        around=AROUND_KM if territory and (communes.rows or 0) > FAR else None,
        sections=dict.fromkeys(KINDS) | {name: _told(one, home, words) for name, one in found.sections.items()},
        spare={name: [_told(one, home, words) for one in each] for name, each in found.spare.items()},
        services=[
            {**each, **_told(each["one"], home, words), "types": _types(found, each["one"], home, words)}
            for each in found.services
        ],
        others=[_told(one, home, words) for one in found.others],
        mairies="mairie" in found.categories,
        cell_metres=_cell_metres(found.sections.get("residents")),
        zonages=[_told(one, home, words) for one in found.zonages],
        references=[_told(one, home, words) for one in found.references],
        category=chosen,
        alongside=[one for one in found.categories if one not in (chosen, "mairie")][:6],
    )
    return text, every


def _sorted(every: Iterable[Recognised]) -> Found:
    """Put each table where a study reads it: of several of one kind the newest."""
    found = Found()
    newest = sorted(every, key=lambda one: (one.vintage, one.path), reverse=True)
    lacking = any("population" in one.missing for one in newest if one.kind == "communes")
    taken = {"communes", "residents", "digital", "schools", "roll", "roads", "nodes", "edges", "equipment", "step_free"}
    taken |= {"population", "epci"} if lacking else set()
    for one in newest:
        if one.kind == "services":
            _add_services(found, one)
        elif one.kind == "zonage":
            found.zonages.append(one)
        elif one.layout is not None and one.layout.name in REFERENCES:
            found.references.append(one)
        elif one.kind == "dictionary" and found.types is None and _lists_types(one):
            found.types = one
        elif one.kind not in taken:
            found.others.append(one)
        elif one.kind in found.sections:
            found.spare.setdefault(one.kind, []).append(one)
        else:
            found.sections[one.kind] = one
    _make_whole(found, lacking=lacking)
    return found


def _make_whole(found: Found, *, lacking: bool) -> None:
    """Let one file be what it is twice, and leave aside what stands alone and is read with another."""
    if lacking and "population" not in found.sections and "epci" in found.sections:
        names = read_table(found.sections["epci"].path).names
        if any("pmun" in name for name in names):  # the composition of EPCI counts the people too
            found.sections["population"] = found.sections["epci"]
    communes = found.sections.get("communes")
    if communes is not None and communes.layout is not None and communes.layout.category:
        found.services.insert(0, {"category": communes.layout.category, "one": communes})
        found.categories.insert(0, communes.layout.category)
    for alone, other in (("roll", "schools"), ("equipment", "schools"), ("nodes", "edges"), ("edges", "nodes")):
        if alone in found.sections and other not in found.sections:
            found.others.append(found.sections.pop(alone))
    if "roads" in found.sections and "edges" in found.sections:
        for name in ("nodes", "edges"):
            found.spare.setdefault("roads", []).append(found.sections.pop(name))


def _add_services(found: Found, one: Recognised) -> None:
    """Add a file of services: whole, or of many kinds those that are wanted first; of one layout the newest."""
    same = [each["one"] for each in found.services if one.layout is not None and each["one"].layout == one.layout]
    if same and one.layout is not None and one.vintage and same[0].vintage != one.vintage:
        found.spare.setdefault("services", []).append(one)
        return
    if (one.layout is None and not one.categories) or one.missing:
        found.others.append(one)
        return
    kinds = list(one.categories) or _kinds_in(one)
    few = kinds if len(kinds) <= MANY else [kind for kind in FIRST if kind in kinds]
    sections = [None] if len(kinds) == len(few) and len(kinds) > 1 else few
    if len(few) == 1 and not (one.layout is not None and one.layout.category):
        sections = few
    for kind in sections:
        found.services.append({"category": kind, "one": one})
    found.categories += [kind for kind in few if kind not in found.categories]


def _lists_types(one: Recognised) -> bool:
    """Whether a dictionary names the types of equipment of the BPE."""
    return one.layout is not None and (one.layout.name == "bpe_types" or "bpe" in one.path.casefold())


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
    is_bpe = one.layout is not None and one.layout.name == "bpe"
    return _told(found.types, home, words) if is_bpe and found.types is not None else None


def _kinds_in(one: Recognised) -> list[str]:
    """The categories that a published file tells of its rows."""
    raw, _ = in_layout(read_table(one.path), None, None, None)
    return sorted(raw.table["category"].dropna().unique()) if "category" in raw.table else []


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
