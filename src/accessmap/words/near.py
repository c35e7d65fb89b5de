"""What was meant by a name that is not known: the nearest of those that are."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Self

from accessmap.categories import CATEGORIES, Lang
from accessmap.words import words
from accessmap.words.notes import Listed, Note, first_few, written


class Near(Note):
    r"""Names that may have been meant: " (did you mean …?)"; empty of none.

    >>> Near.of(["mairie"]), Near.of(["mairie", "maison"]).told("fr"), Near.of([])
    (" (did you mean 'mairie'?)", " (vouliez-vous dire 'mairie' ou 'maison'\u202f?)", '')
    """

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the note of these names."""
        return cls("", names=tuple(names))

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        names: Sequence[str] = values["names"]
        if not names:
            return ""
        return words.text("did_you_mean", lang=lang, names=words.text("or", lang=lang).join(map(written, names)))


class Categories(Note):
    """Categories as one types them in the reader's language, with commas.

    >>> Categories.of(["bakery", "mairie"]).told("fr"), str(Categories.of(["bakery"]))
    ('boulangerie, mairie', 'bakery')
    """

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """Return the note of these keys."""
        return cls("", keys=tuple(keys))

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        return ", ".join(CATEGORIES[one].fr if lang == "fr" and one in CATEGORIES else one for one in values["keys"])


def did_you_mean(name: object, known: Iterable[object]) -> Near:
    """Return ' (did you mean …?)' with the nearest known names, or an empty note.

    >>> did_you_mean("maire", ["mairie", "hospital"])
    " (did you mean 'mairie'?)"
    """
    return Near.of(near_names(name, known))


def near_names(name: object, known: Iterable[object]) -> tuple[str, ...]:
    """Return the known names that are spelt almost like one, whatever its case, the nearest first.

    >>> near_names("maire", ["mairie", "hospital"])
    ('mairie',)
    """
    by_text = {str(candidate).casefold(): str(candidate) for candidate in known}
    return tuple(by_text[text] for text in get_close_matches(str(name).casefold(), list(by_text), n=3, cutoff=0.6))


def near_matches(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Return the known names nearest to one, whatever its case and accents, and those that contain it."""
    by_plain = {plain(candidate): candidate for candidate in known}
    wanted = plain(name)
    holding = [text for text in by_plain if len(wanted) > 2 and wanted in text]
    close = get_close_matches(wanted, list(by_plain), n=most, cutoff=0.6)
    return tuple(by_plain[text] for text in dict.fromkeys([*holding, *close]))[:most]


def category_meant(name: str, own: Iterable[str] = ()) -> str:
    """Return the published category that a word names in French or English, one or many; the word itself of no other.

    Parameters
    ----------
    name
        As it is typed, whatever its case and accents.
    own
        Categories of a study, which are meant before any other.

    Examples
    --------
    >>> category_meant("Pharmacies"), category_meant("hopital"), category_meant("general practitioner")
    ('pharmacy', 'hospital', 'general_practitioner')
    >>> category_meant("pharmacie", own=["pharmacie"]), category_meant("ludothèque")
    ('pharmacie', 'ludothèque')
    """
    if name in own or name in CATEGORIES:
        return name
    wanted = plain(name.replace("_", " "))
    for key, each in CATEGORIES.items():
        if wanted in {plain(word) for word in (key.replace("_", " "), each.fr, each.plural, each.en, each.plural_en)}:
            return key
    return name


def plain(name: str) -> str:
    """Return a name without case, accents, hyphens and doubled spaces, to compare by.

    Examples
    --------
    >>> plain("CC du  Pays de la Fère")
    'cc du pays de la fere'
    """
    letters = unicodedata.normalize("NFKD", name.replace("’", "'").replace("-", " "))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).casefold().split())


def some(values: Iterable[object], known: Iterable[object] = ()) -> Listed:
    r"""Return the first few values, each with its near matches among `known`, and how many more there are.

    >>> some(["mairi"], ["mairie"]), some(["mairi"], ["mairie"]).told("fr")
    ("'mairi' (did you mean 'mairie'?)", "'mairi' (vouliez-vous dire 'mairie'\u202f?)")
    """
    names = [str(name) for name in known]
    return first_few(
        list(dict.fromkeys(values)),
        lambda value: Note("two_parts", first=written(value), then=did_you_mean(value, names)),
    )
