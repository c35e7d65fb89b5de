"""Which table is meant of a file that holds several: layers, sheets, files of a zip."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from accessmap.read.dating import day_of
from accessmap.read.layouts.registry import KINDS, layout_of
from accessmap.read.raw import refusal
from accessmap.words.near import near_names
from accessmap.words.notes import Note

PUBLISHED = 1000  # more than any table has columns of a contract


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for in a file: published files of some kinds, else the columns of its contract.

    Parameters
    ----------
    kinds
        Of :data:`~accessmap.read.layouts.registry.KINDS`.
    names
        Of the contract, each with the patterns of what others call it.
    needs
        Those without which a table is none.
    shapes
        Of its geometry, the usual one first.

    Examples
    --------
    >>> wanted = Wanted(("communes",), {"code": ("insee",), "name": ("nom",)}, ("code",))
    >>> wanted.score({"insee", "nom"}), wanted.score({"nom", "note"})
    (4, 0)
    """

    kinds: Sequence[str] = KINDS
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    needs: Sequence[str] = ()
    shapes: Sequence[str] = ("", "none", "point", "line", "polygon")

    def score(self, columns: Collection[str], shape: str | None = None) -> int:
        """Return how well plain names of columns, and the shape where there is one, are those of the table; 0 if not.

        A published file goes before one that only has the columns.
        """
        if shape is not None and shape not in self.shapes:
            return 0
        drawn = int(shape == self.shapes[0])
        published = layout_of(columns, shape, self.kinds)
        if published is not None:
            return PUBLISHED + 2 * published.matched(columns, shape) + drawn
        found = {
            name
            for name, others in self.names.items()
            if any(re.fullmatch(other, column) for other in (name, *others) for column in columns)
        }
        return 2 * len(found) + drawn if found and found.issuperset(self.needs) else 0


ANYTHING = Wanted()


def chosen_part(
    file: str,
    parts: Mapping[str, Callable[[], int]],
    *,
    layer: str | None,
    usual: str | None = None,
    several: str = "several_layers",
) -> tuple[str, tuple[Note, ...]]:
    """Return the name of the table that is meant, and what is said of it; a file that does not tell it is refused.

    Parameters
    ----------
    file
        Its name, for messages.
    parts
        The score of each table, asked for only where it must tell.
    layer
        The one asked for.
    usual
        The one taken where none is asked for.
    several
        Key of the refusal.
    """
    if layer is not None and layer not in parts:
        raise refusal(file, "no_such_layer", value=layer, near=near_names(layer, parts), has=", ".join(parts))
    told = layer or (usual if usual in parts else next(iter(parts)) if len(parts) == 1 else None)
    if told is not None:
        return told, ()
    scores = {name: score() for name, score in parts.items()}
    best = [name for name, score in scores.items() if score and score == max(scores.values())]
    dates = {day_of(name): name for name in best}
    if len(dates) == len(best) > 1 and "" not in dates and len({re.sub(r"\d+", "", name) for name in best}) == 1:
        best = [dates[max(dates)]]  # "APL 2022", "APL 2023": the latest, and said
    if len(best) != 1:
        names = ", ".join(list(parts)[:8])
        forms = ", ".join(f"'{file}!{name}'" for name in list(parts)[:8])
        raise refusal(file, several, value=len(parts), names=names, holds=Note.plain(names), forms=forms)
    others = ", ".join(name for name in parts if name != best[0])
    return best[0], (Note("part_taken", file=file, part=best[0], n=len(parts) - 1, others=others),)
