"""The files that France publishes, as data: how each is known by what it holds, of which kind it is, who reads it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

KINDS = (
    *("communes", "population", "epci", "zonage", "residents", "services", "schools", "roll", "equipment", "digital"),
    *("step_free", "roads", "nodes", "edges", "minutes", "indicator", "merged", "dictionary"),
)
"""What a file may be, as `[kind_…]` of the words tells it.

communes (with their shapes), population and epci (beside communes that lack them), zonage (flags of communes),
residents, services, schools, roll (pupils by school and year), equipment (of schools), digital, step_free (entrances of
places, beside services), roads (a whole file of
them), nodes and edges (two tables), minutes (published, to set beside one's own), indicator (published, by commune),
merged (codes through time), dictionary (of the codes of another file: no data).
"""
READERS: Mapping[str, str] = {
    **dict.fromkeys(("communes", "population", "epci"), "read_communes"),
    **dict.fromkeys(("minutes", "indicator"), "read.reference"),
    **dict.fromkeys(("nodes", "edges"), "RoadNetwork.from_edges"),
    **{kind: f"read.{kind}" for kind in ("schools", "roll", "equipment", "digital")},
    **{kind: f"read_{kind}" for kind in ("residents", "services")},
    "zonage": "read.zonages",
    "step_free": "read.entrances",
    "roads": "RoadNetwork.from_osm",
    "merged": "codes.read",
}
"""What of accessmap reads each kind, or takes it beside what it reads: populations are read with the communes."""
SHAPES = ("", "none", "point", "line", "polygon")
TIMES = re.compile(r"(\d+)\*(.+)")


@dataclass(frozen=True)
class Layout:
    r"""One published file: a table of `presets/layouts/*.toml`, its name the header of the table.

    Parameters
    ----------
    name
        Of the layout; for services that which `read_services(layout=…)` takes.
    kind
        One of :data:`KINDS`.
    title, publisher
        What it is, and who publishes it, as a page quotes them.
    columns
        Alternatives, any of which tells the file. Each is a list of patterns that must each match the whole of the
        plain name of a column ("Code INSEE" is code_insee); "2*nb_\\w+" must match two. The keys of JSON records are
        columns: those of a nested one are joined by a point in the file, and so by "_" here.
    without
        Patterns of columns that tell that it is another file.
    shape
        "polygon", "line" or "point" where the geometry must be so, "none" where there must be none; "" for any.
    category
        Of services of one category, which the file does not name; "" where it names the kind of each row.
    licence
        As a page quotes it.
    dated
        Pattern of the column whose values hold the date or year of each row: the latest is the vintage.
    year
        Pattern of the plain name of a column that holds the year, which is its group: "p(\\d\\d)_pop". Without `dated`
        and `year` the vintage is that which the sheet or the file is named after.
    seen
        False where no file of this layout was at hand: it follows the publisher's description.
    fields
        Of services that need no reading of their own: names in the contract (and `code`, `label` of a kind; `beside`,
        in brackets after the name), and the pattern of the plain name of the column that has each.
    kept
        Patterns of further columns to keep.
    rows
        Patterns of columns, and the plain values of the rows to keep of each.
    codes
        Nomenclature of :func:`~accessmap.read.layouts.kinds.kinds` by which `code` and `label` tell the category.
    otherwise
        The label of a kind that the file does not name.
    prefix
        Of the ids.
    kmh
        Of edges without minutes: pattern of `system` to km/h, the first that matches.
    roads
        Of edges: what a network of them takes, where a study does not say it, as `RoadNetwork.from_edges` names it.

    Examples
    --------
    >>> layouts()["laposte"].matched({"libelle_du_site", "caracteristique_du_site", "adresse"})
    2
    """

    name: str
    kind: str
    title: str
    columns: tuple[tuple[str, ...], ...]
    publisher: str = ""
    without: tuple[str, ...] = ()
    shape: str = ""
    category: str = ""
    licence: str = ""
    dated: str = ""
    year: str = ""
    seen: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: str = ""
    otherwise: str = ""
    prefix: str = ""
    kmh: Mapping[str, float] = field(default_factory=dict)
    roads: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _patterns(self) -> list[list[tuple[int, str, re.Pattern[str]]]]:
        return [[_counted(one) for one in alternative] for alternative in self.columns]

    def missing(self, names: Collection[str]) -> list[str]:
        """Return the patterns of the nearest alternative that no column matches."""
        lacking = (
            [one for times, one, pattern in alternative if sum(map(bool, map(pattern.fullmatch, names))) < times]
            for alternative in self._patterns
        )
        return min(lacking, key=len)

    def matched(self, names: Collection[str], shape: str | None = None) -> int:
        """Return how many columns tell the file to be this one, 0 where it is not.

        Parameters
        ----------
        names
            Plain names of its columns.
        shape
            One of :data:`SHAPES`, "none" for a table without geometry; None where that is not known.
        """
        if shape is not None and self.shape not in ("", shape):
            return 0
        if any(re.fullmatch(one, name) for one in self.without for name in names):
            return 0
        return max(
            sum(times for times, _, _ in alternative)
            if all(sum(map(bool, map(pattern.fullmatch, names))) >= times for times, _, pattern in alternative)
            else 0
            for alternative in self._patterns
        )


def names_of(pattern: str) -> str:
    """Return the names of columns that a pattern stands for, as one would write them: the first of each group.

    >>> names_of("(cod|code_)?com(mune)?|depcom|codgeo"), names_of("2*p[0-9]_pop"), names_of("pmun_?(20)?")
    ('com / depcom / codgeo', 'p0_pop', 'pmun')
    """
    text = re.sub(r"\\d(?:\{(\d+)[\d,]*\})?", lambda digits: "0" * int(digits[1] or 1), _counted(pattern)[1])
    text = re.sub(r"\[(.)[^]]*\](\?)?", lambda one: "" if one[2] else one[1], text)
    group = re.compile(r"\((?:\?:)?([^()|]*)(\|[^()]*)?\)(\?)?")
    while group.search(text):
        text = group.sub(lambda each: "" if each[3] else each[1], text)
    return " / ".join(re.sub(r"[^.]\?", "", one).replace(".*", "…") for one in text.split("|"))


def _counted(text: str) -> tuple[int, str, re.Pattern[str]]:
    match = TIMES.fullmatch(text)
    return (int(match[1]), match[2], re.compile(match[2])) if match else (1, text, re.compile(text))


@cache
def layouts() -> Mapping[str, Layout]:
    """Return every published file that is known, by name.

    >>> layouts()["bpe"].publisher
    'INSEE'
    """
    found: dict[str, Layout] = {}
    for source in sorted((files("accessmap") / "presets" / "layouts").iterdir(), key=lambda each: each.name):
        for name, row in tomllib.loads(source.read_text(encoding="utf-8")).items():
            first = row.pop("columns")
            columns = [first] if isinstance(first[0], str) else first
            row["without"], row["kept"] = tuple(row.get("without", ())), tuple(row.get("kept", ()))
            found[name] = Layout(name, columns=tuple(map(tuple, columns)), **row)
    return found


def layout_of(names: Collection[str], shape: str | None = None, kinds: Iterable[str] = KINDS) -> Layout | None:
    """Return the published file that has columns of these plain names, None where it is none that is known.

    Of several the one that most columns tell: a table of minutes by type of equipment is not the equipment.

    Examples
    --------
    >>> layout_of({"typequ", "depcom", "nb_equip"}).name, layout_of({"insee", "nom"})
    ('bpe', None)
    """
    scored = [(one.matched(names, shape), one) for one in layouts().values() if one.kind in kinds]
    best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] else None


def nearest_layout(names: Collection[str], kinds: Iterable[str] = KINDS) -> tuple[Layout, list[str]] | None:
    """Return the published file that lacks the fewest of its columns, and those; None where none has half of them.

    >>> near = nearest_layout({"id_fs", "adresse"})
    >>> near[0].name, near[1]
    ('france_services', ['lib_fs'])
    """
    lacking = [(one.missing(names), one) for one in layouts().values() if one.kind in kinds]
    some = [(gone, one) for gone, one in lacking if 2 * len(gone) <= min(map(len, one.columns))]
    if not some:
        return None
    gone, one = min(some, key=lambda pair: len(pair[0]))
    return one, gone
