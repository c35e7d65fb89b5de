"""Missing: a piece of data without which something cannot be measured, told in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from accessmap import labels

__all__ = ["Missing", "missing_told"]


# Texts that name a table or column: its words, for those who have never seen the table, stand before it.
PLAIN: Final = {"table": "table", "column": "column", "unknown_sites": "column"}


@dataclass(frozen=True)
class Missing:
    """A piece of data that is not there.

    Parameters
    ----------
    key
        What kind of thing is missing: a text "missing_<key>" of `templates/words.toml`.
    names
        What fills the text: names and numbers of the data.
    count
        How many, where the text has a singular and a plural.
    where
        The territory that lacks it, where several are compared and others do not.

    Examples
    --------
    >>> Missing("table", (("table", "schools"),)).told(lang="en")
    'schools'
    """

    key: str
    names: tuple[tuple[str, str], ...] = ()
    count: int | None = None
    where: str = ""

    @classmethod
    def of(cls, key: str, *, n: int | None = None, **names: str) -> Missing:
        """Return what is missing, and what it is of.

        >>> Missing.of("table", table="digital").names
        (('table', 'digital'),)
        """
        return cls(key, tuple(names.items()), n)

    def told(self, *, lang: labels.Lang = "fr") -> str:
        """Return it in words, without a capital or a full stop.

        >>> Missing.of("table", table="digital").told()
        'la couverture numérique des communes'
        """
        values: dict[str, object] = dict(self.names)
        if "category" in values:
            values["category"] = labels.category(str(values["category"])).name(lang)
        if "what" in values:
            values["what"] = labels.text(f"programme_what_{values['what']}", lang=lang)
        if self.key in PLAIN:
            names = str(values[PLAIN[self.key]]).split(", ")
            values["told"] = ", ".join(labels.text(f"lack_{name}", lang=lang) for name in names)
        told = labels.text(f"missing_{self.key}", lang=lang, n=self.count, **values)
        return labels.text("programme_where_missing", lang=lang, where=self.where, told=told) if self.where else told

    def __str__(self) -> str:
        return self.told()


def missing_told(missing: Iterable[Missing], *, lang: labels.Lang = "fr") -> str:
    """Return all that is missing as one piece of text, each once; empty where nothing is.

    Parameters
    ----------
    missing
        Such as the `missing` of a row of `indicators`.
    lang
        "fr" or "en".

    Examples
    --------
    >>> missing_told([Missing.of("table", table="schools"), Missing.of("table", table="equipment")], lang="en")
    'schools; the equipment of schools'
    """
    separator = labels.text("programme_and", lang=lang)
    return separator.join(dict.fromkeys(each.told(lang=lang) for each in missing))
