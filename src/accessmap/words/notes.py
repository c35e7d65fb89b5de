"""Notes: sentences kept as a key and values, so that they are worded in the reader's language when they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Self

from accessmap.categories import Lang
from accessmap.words import words

SHOWN = 5  # things named one by one before "and n more"


class Note(str):
    r"""A sentence, or a part of one: English text as it stands, and told in either language when it is shown.

    It is text (so that a table that carries notes can be exported), and it is data: its key and values.

    Parameters
    ----------
    key
        Of its text, one of words/texts; empty for text that is the same in every language (`Note.plain`).
    n
        A count: it chooses singular or plural, and fills ``{n}``.
    **values
        What fills the other braces; a value that is a note is told in the same language.

    Examples
    --------
    >>> note = Note("unreached_communes", n=2)
    >>> note, note.told("fr")
    ('2 communes not reached', '2 communes non atteintes')
    """

    key: str
    n: float | None
    values: dict[str, Any]

    def __new__(cls, key: str, *, n: float | None = None, **values: Any) -> Self:  # noqa: D102 - the class says it
        self = super().__new__(cls, cls._worded(key, "en", n, values))
        self.key, self.n, self.values = key, n, values
        return self

    @classmethod
    def plain(cls, text: str) -> Self:
        """Return text that is the same in every language: a name, a number, what another program said.

        >>> Note.plain("Chauny").told("fr")
        'Chauny'
        """
        return cls("", text=text)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        return words.text(key, lang=lang, n=n, **values) if key else str(values["text"])

    def told(self, lang: Lang = "fr") -> str:
        """Return the note in one language."""
        return self._worded(self.key, lang, self.n, self.values)

    def __deepcopy__(self, memo: object) -> Self:
        return self  # never changed, and pandas copies a table's attrs at every step

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.key, self.n, self.values)


def _again(kind: type[Note], key: str, n: float | None, values: dict[str, Any]) -> Note:
    return kind(key, n=n, **values)


class Figure(Note):
    r"""A number, written as each language writes it.

    >>> Figure.of(1234.5, digits=1), Figure.of(1234.5, digits=1).told("fr")
    ('1,234.5', '1\u202f234,5')
    """

    @classmethod
    def of(cls, value: float, *, digits: int = 0) -> Self:
        """Return a number with so many decimals."""
        return cls("", value=float(value), digits=digits)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        return words.number(values["value"], digits=values["digits"], lang=lang)


class Metres(Note):
    r"""A distance with its unit: metres, and kilometres from a thousand on.

    >>> Metres.of(415), Metres.of(6415).told("fr"), Metres.of(2000)
    ('415\xa0m', '6,4\xa0km', '2\xa0km')
    """

    @classmethod
    def of(cls, value: float) -> Self:
        """Return a distance of so many metres."""
        return cls("", value=float(value))

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        metres: float = values["value"]
        if round(metres) < 1000:
            return f"{words.number(metres, lang=lang)}\u00a0m"
        return f"{words.number(metres / 1000, digits=0 if round(metres) % 1000 == 0 else 1, lang=lang)}\u00a0km"


class DayRead(Note):
    """A date, as each language reads it aloud.

    >>> DayRead.of(date(2025, 2, 4)), DayRead.of(date(2025, 2, 4)).told("fr")
    ('4 February 2025', '4 février 2025')
    """

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the note of a date."""
        return cls("", day=day)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        return words.date_text(values["day"], lang=lang)


class Listed(Note):
    """Things with commas, and how many more there are.

    >>> Listed.of(["a", "b"], more=3), Listed.of(["a", "b"], more=3).told("fr")
    ('a, b and 3 more', 'a, b et 3 de plus')
    """

    @classmethod
    def of(cls, parts: Sequence[str], *, more: int = 0) -> Self:
        """Return the parts, each text or a note, and how many more there are."""
        return cls("", parts=tuple(parts), more=more)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        told = ", ".join(part.told(lang) if isinstance(part, Note) else part for part in values["parts"])
        return told + (words.text("more_listed", lang=lang, n=values["more"]) if values["more"] else "")


class Aside(Note):
    """Why in brackets, where it helps: a note, or what a library said in English, which French is spared.

    >>> Aside.of("unexpected EOF"), Aside.of("unexpected EOF").told("fr"), Aside.of(Note.plain("ligne 3")).told("fr")
    (' (unexpected EOF)', '', ' (ligne 3)')
    """

    @classmethod
    def of(cls, why: str) -> Self:
        """Return the brackets of a reason; none of an empty one."""
        return cls("", why=why)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        why = values["why"]
        if isinstance(why, Note):
            return f" ({why.told(lang)})"
        return f" ({why})" if why and lang == "en" else ""


def written(value: object) -> str:
    """Return what stands in a cell as Python writes it, numpy's numbers as plain ones: '-2.0', "'a'"."""
    return repr(words.bare(value))


def first_few(items: Sequence[Any] | Any, told: Callable[[Any], str] = written) -> Listed:
    """Return the first few items as they are told, with commas, and how many more there are.

    >>> first_few(["a", "b", "c", "d", "e", "f"])
    "'a', 'b', 'c', 'd', 'e' and 1 more"
    """
    return Listed.of([told(item) for item in items[:SHOWN]], more=max(0, len(items) - SHOWN))


ALIKE = 2  # sentences that differ in numbers alone, and are all told


def told_once(notes: Iterable[str], lang: Lang = "fr") -> dict[str, int]:
    """Return each sentence once, with how many more it stands for: those of one file that differ in numbers alone.

    >>> three = [Note("bpe_zeros", n=n, file="bpe.csv") for n in (3, 4, 5)]
    >>> list(told_once([*three, "other"], "en").values())
    [2, 0]
    """
    kinds: dict[object, dict[str, None]] = {}
    for note in notes:
        text, kind = (note.told(lang), (note.key, note.values.get("file"))) if isinstance(note, Note) else (note, note)
        kinds.setdefault(kind, {})[text] = None
    found: dict[str, int] = {}
    for texts in kinds.values():
        first, *others = texts
        found |= {first: len(others)} if len(others) >= ALIKE else dict.fromkeys(texts, 0)
    return found


def record_of(note: Note) -> dict[str, Any]:
    """Return a note as plain values, to be saved.

    >>> record_of(Note("unreached_communes", n=2))
    {'kind': 'Note', 'key': 'unreached_communes', 'n': 2, 'values': {}}
    """
    values = {name: _saved(value) for name, value in note.values.items()}
    return {"kind": type(note).__name__, "key": note.key, "n": words.bare(note.n), "values": values}


def _saved(value: Any) -> Any:
    if isinstance(value, Note):
        return record_of(value)
    return [_saved(each) for each in value] if isinstance(value, tuple | list) else words.bare(value)


def note_of(record: Any) -> Note:
    """Return the note that `record_of` made plain values of.

    Raises
    ------
    ValueError
        Where it is no such record.

    >>> note_of(record_of(Listed.of(["a", Figure.of(1.5, digits=1)])))
    'a, 1.5'
    """
    kinds = {kind.__name__: kind for kind in (Note, Figure, Metres, Listed)}
    try:
        kind = kinds[record["kind"]]
        values = {str(name): _again_of(value) for name, value in record["values"].items()}
        note = kind(str(record["key"]), n=record["n"], **values)
        note.told("fr")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"no note ({error})") from error
    return note


def _again_of(value: Any) -> Any:
    if isinstance(value, dict):
        return note_of(value)
    return tuple(_again_of(each) for each in value) if isinstance(value, list) else value
