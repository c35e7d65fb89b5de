"""Every word shown to the public, French first and English second, and how numbers are written in each language."""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from accessmap.categories import CATEGORIES, FALLBACK_COLOUR, Category, Lang, is_plural

__all__ = [
    "BASELINE",
    "CATEGORIES",
    "Category",
    "Lang",
    "Words",
    "at_place",
    "category",
    "check_lang",
    "date_text",
    "minutes",
    "minutes_change",
    "number",
    "people",
    "people_change",
    "percent",
    "text",
    "unit",
]


# The narrow no-break space (U+202F) parts thousands and precedes "%" and "!" in French (Imprimerie nationale).
NARROW: Final = "\u202f"
NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"
_STRAIGHT: Final = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
# What an option of Python is called in a study.toml too, and its value as Python writes it in our texts.
OPTIONS: Final = (
    *("calibrate", "cap", "category", "cell_metres", "clip", "columns", "commune", "crs", "encoding", "epci", "lat"),
    *("layer", "layout", "licence", "lon", "percent", "population", "quarter", "roll", "territory", "types", "zonages"),
)
_VALUE: Final = r"'[^']*'|\{\{(?:[^{}]|\{\w+\})*\}\}|True\b|False\b|…|\{\w+(?:![rs])?\}|"
_OPTION: Final = re.compile(rf"(?<![\w?&-])({'|'.join(OPTIONS)})=({_VALUE})")
_KEYED: Final = re.compile(r"'(\{?\w+\}?)': ")
_IN_FILES: ContextVar[bool] = ContextVar("in_files", default=False)
BASELINE: Final = "baseline"
MODES: Final = ("car", "walk", "bike", "transit")  # that have words
"""Name of a study without changes, beside scenarios."""


def category(name: str, label: str = "") -> Category:
    """Return the words and marker of a category; one that is not published is shown under its label, or its own name.

    >>> category("pharmacy").fr
    'pharmacie'
    >>> category("ludothèque").plural
    'ludothèque'
    """
    word = label or name
    return CATEGORIES.get(name) or Category(word, word, word, word, "diamond", FALLBACK_COLOUR)


def check_lang(lang: str) -> Lang:
    """Return `lang` if accessmap speaks it.

    Raises
    ------
    ValueError
        For anything but "fr" and "en".

    >>> check_lang("fr")
    'fr'
    """
    if lang == "fr":
        return "fr"
    if lang == "en":
        return "en"
    raise ValueError(f"lang must be 'fr' or 'en', not {lang!r}.")


def curled(shown: Any) -> Any:
    """Return text with the apostrophe of print between letters, as names from a file often have it not; else as it is.

    >>> curled("CC des Lisières de l'Oise")
    'CC des Lisières de l’Oise'
    """
    return _STRAIGHT.sub("’", shown) if type(shown) is str else shown


def number(value: float, *, digits: int = 0, lang: Lang = "fr", signed: bool = False) -> str:
    r"""Return a number as it is written in `lang`; NaN is an en dash, and nothing is ever written "−0".

    >>> number(70550), number(12.35, digits=1, lang="en")
    ('70\u202f550', '12.4')
    """
    if math.isnan(value):
        return "–"
    scaled = abs(_rounded(value, digits))
    sign = "" if scaled == 0 else MINUS if value < 0 else "+" if signed else ""
    written = f"{scaled:,.{digits}f}"
    if lang == "fr":
        written = written.replace(",", NARROW).replace(".", ",")
    return sign + written


def _rounded(value: float, digits: int) -> float:
    """Return a number as it is written: half away from zero, as people round; NaN stays."""
    if math.isnan(value):
        return value
    # 12.35 is 12,4 though its float lies just below.
    return math.copysign(math.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits, value)


def added_up(parts: Sequence[float]) -> list[int]:
    """Return parts of a whole as they are written: whole numbers that add up to it (largest remainders).

    >>> added_up([1.5, 1.5, 7.2]), added_up([30.4, 30.4, 30.4])
    ([2, 1, 7], [31, 30, 30])
    """
    below = [math.floor(part + 1e-9) for part in parts]
    order = sorted(range(len(parts)), key=lambda k: below[k] - parts[k])
    raised = set(order[: round(math.fsum(parts)) - sum(below)])
    return [count + (k in raised) for k, count in enumerate(below)]


def minutes(value: float, *, lang: Lang = "fr", digits: int = 1) -> str:
    r"""Return minutes with their unit; NaN is "non atteint".

    >>> minutes(12.4), minutes(float("nan")), minutes(12.4, lang="en")
    ('12,4\xa0min', 'non atteint', '12.4\xa0min')
    """
    return (
        text("unreached", lang=lang) if math.isnan(value) else f"{number(value, digits=digits, lang=lang)}{NO_BREAK}min"
    )


def cutoff(value: float, *, lang: Lang = "fr") -> str:
    r"""Return a cutoff in minutes as a sentence spells it out, to the tenth where it is no whole number.

    >>> cutoff(20), cutoff(1), cutoff(7.5, lang="en")
    ('20\xa0minutes', '1\xa0minute', '7.5\xa0minutes')
    """
    written = number(value, digits=0 if value == round(value) else 1, lang=lang)
    return text("cutoff_spelled", lang=lang, n=value, value=written)


def minutes_change(value: float, *, lang: Lang = "fr", digits: int = 1) -> str:
    r"""Return a change in minutes with its sign and unit; NaN is an en dash.

    >>> minutes_change(-3.25)
    '−3,3\xa0min'
    """
    return "–" if math.isnan(value) else f"{number(value, digits=digits, lang=lang, signed=True)}{NO_BREAK}min"


def people(value: float, *, lang: Lang = "fr") -> str:
    r"""Return a number of people with its noun, singular or plural.

    >>> people(1240), people(1), people(0, lang="en")
    ('1\u202f240\xa0habitants', '1\xa0habitant', '0\xa0people')
    """
    return text("people", lang=lang, n=value)


def people_change(value: float, *, lang: Lang = "fr") -> str:
    r"""Return a change in people with its sign.

    >>> people_change(4900)
    '+4\u202f900\xa0habitants'
    """
    return text("people", lang=lang, n=abs(value)).join(("" if round(value) == 0 else MINUS if value < 0 else "+", ""))


def percent(share: float, *, lang: Lang = "fr", digits: int = 0) -> str:
    r"""Return a share (0-1) in per cent; what is not quite everyone is never written 100 %, nor a few people 0 %.

    >>> percent(0.713), percent(0.9996), percent(0.713, lang="en")
    ('71\xa0%', '>\xa099\xa0%', '71%')
    """
    if math.isnan(share):
        return "–"
    space = NO_BREAK if lang == "fr" else ""
    step = 10.0**-digits
    value = share * 100
    if 100 - step / 2 <= value < 100 - 1e-9:
        return f">{NO_BREAK}{number(100 - step, digits=digits, lang=lang)}{space}%"
    if 1e-9 < value < step / 2:
        return f"<{NO_BREAK}{number(step, digits=digits, lang=lang)}{space}%"
    return f"{number(value, digits=digits, lang=lang)}{space}%"


def unit(name: str, *, lang: Lang = "fr", short: bool = False) -> str:
    """Return a unit as a legend spells it out, or in short after a number; one that is not known is shown as it is.

    >>> unit("minutes"), unit("minutes", short=True), unit("km", short=True)
    ('minutes', 'min', 'km')
    """
    key = f"unit_{name}" + ("_short" if short else "")
    return text(key, lang=lang) if key in _words() else name


def text(key: str, *, lang: Lang = "fr", n: float | None = None, **values: object) -> str:
    """Return the words of `key` in `lang`, filled with `values`.

    Parameters
    ----------
    key
        Name of the text.
    lang
        "fr" or "en".
    n
        A count: it chooses singular or plural and fills ``{n}``, written as the language writes numbers.
    **values
        What fills the other braces. They are data: whoever puts the text in a page escapes it.

    Raises
    ------
    KeyError
        For a key that has no words.

    Examples
    --------
    >>> text("unreached_communes", n=2)
    '2 communes non atteintes'
    >>> text("unreached_communes", n=1, lang="en")
    '1 commune not reached'
    """
    if key not in _words():
        near = get_close_matches(key, list(_words()), n=3)
        raise KeyError(f"no text {key!r}" + (f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""))
    return _filled(_form(key, lang), lang, n, values)


@contextmanager
def typed_in_files() -> Iterator[None]:
    """Tell, as long as it lasts, what can be typed in a study.toml or at the command line, and not in Python.

    A text of its own for them stands under `file_fr`, `file_mend_fr` …; in any other options become keys.

    Examples
    --------
    >>> with typed_in_files():
    ...     mend("residents_outside", lang="en")
    'load their communes too, or pass clip = true to leave them out'
    """
    token = _IN_FILES.set(True)
    try:
        yield
    finally:
        _IN_FILES.reset(token)


def _form(key: str, form: str) -> str:
    """Return the words of a key as the reader can type what they name; empty where it has none of this form."""
    told = _words()[key].get(form, "")
    return (_words()[key].get(f"file_{form}") or as_keys(told)) if _IN_FILES.get() else told


def as_keys(words: str) -> str:
    """Return words with the options of Python that they name as keys of a study.toml.

    >>> as_keys("passez clip=True et crs='EPSG:2154', ou encoding= avec columns={{'lon': …}}")
    'passez clip = true et crs = "EPSG:2154", ou encoding avec columns = {{ lon = … }}'
    """
    return _OPTION.sub(_as_key, words) if "=" in words else words


def _as_key(option: re.Match[str]) -> str:
    name, value = option[1], option[2]
    if value.startswith("{{"):
        value = f"{{{{ {_KEYED.sub(chr(92) + '1 = ', value[2:-2])} }}}}"
    elif value.startswith("'"):
        value = f'"{value[1:-1]}"'
    return f"{name} = {value.lower() if value in ('True', 'False') else value}" if value else name


def mend(key: str, *, lang: Lang = "fr", n: float | None = None, **values: object) -> str:
    """Return the remedy that goes with the text of a problem, filled as `text` is; empty where it has none."""
    return _filled(_form(key, f"mend_{lang}"), lang, n, values)


def _filled(words: str, lang: Lang, n: float | None, values: dict[str, object]) -> str:
    """Return words with their braces filled; a value that can be told is told in the same language."""
    values = {name: value.told(lang) if hasattr(value, "told") else bare(value) for name, value in values.items()}
    if n is not None:
        singular, _, plural = words.partition("|")
        words = (plural or singular) if is_plural(n, lang) else singular
        values["n"] = number(n, lang=lang)
    return words.format(**values)


def bare(value: Any) -> Any:
    """Return a number of numpy as Python writes it, and any other value as it is.

    >>> bare(np.float64(-2)), bare(np.float32(0.1)), bare((np.int64(3), "a"))
    (-2.0, 0.1, (3, 'a'))
    """
    if isinstance(value, np.float32 | np.float16):
        return float(str(value))
    if isinstance(value, np.number | np.bool_ | np.str_):
        return value.item()
    return type(value)(map(bare, value)) if type(value) in (list, tuple) else value


def has_text(key: str) -> bool:
    """Return whether a key has words."""
    return key in _words()


def has_brace(key: str, name: str) -> bool:
    """Return whether a text places a value itself, in its sentence or its remedy."""
    return any(f"{{{name}" in each for each in _words()[key].values())


def capitalised(words: str) -> str:
    """Return words with a capital at their start, the rest as it is.

    >>> capitalised("école de La Fère"), capitalised("")
    ('École de La Fère', '')
    """
    return words[:1].upper() + words[1:]


def date_text(day: date, *, lang: Lang = "fr") -> str:
    """Return a date as it is read aloud."""
    month = text("months", lang=lang).split()[day.month - 1]
    first = "er" if lang == "fr" and day.day == 1 else ""
    return f"{day.day}{first} {month} {day.year}"


def at_place(name: str, *, lang: Lang = "fr") -> str:
    """Return "à Chauny", with the article contracted where French does."""
    if lang == "fr":
        for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
            if name.startswith(article):
                return contracted + name.removeprefix(article)
    return text("at_place", lang=lang, place=name)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of words/texts, by key and language; read when first needed."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted((files("accessmap") / "words" / "texts").iterdir(), key=lambda file: file.name):
        found |= tomllib.loads(file.read_text("utf-8"))
    return MappingProxyType(found)


def unfilled(key: str, lang: Lang) -> str:
    r"""Return the words of a key with their braces as they stand: for a page that fills them itself.

    >>> unfilled("people", "en")
    '{n}\xa0person|{n}\xa0people'
    """
    return _words()[key][lang]


def keys_of(topic: str) -> list[str]:
    """Return the keys of the texts that begin so, of whatever file."""
    return [key for key in _words() if key.startswith(topic)]


class Words:
    """The texts and number formats of one language, bound once."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, n: float | None = None, **values: object) -> str:
        """Return the words of a key, as `text` does."""
        return text(key, lang=self.lang, n=n, **values)

    def told(self, text: object) -> str:
        """Return a note in this language, and any other text as it is."""
        return str(text.told(self.lang) if hasattr(text, "told") else text)

    def mode(self, name: object) -> str:
        """Return how one goes by a mode; the name of one that has no words."""
        return self(f"mode_{name}") if name in MODES else str(name)

    def people(self, value: float) -> str:
        """Return people with their noun; a dash where it is not known how many."""
        return "–" if math.isnan(value) else people(round(value), lang=self.lang)

    def minutes(self, value: float) -> str:
        """Return minutes with one decimal."""
        return minutes(value, lang=self.lang)

    def change(self, value: float) -> str:
        """Return a change in minutes."""
        return minutes_change(value, lang=self.lang)

    def change_shown(self, before: float, after: float) -> str:
        """Return a change as the numbers beside it, with one decimal, subtract; empty where they are alike."""
        change = _rounded(after, 1) - _rounded(before, 1)
        return "" if abs(change) < 0.05 else self.change(change)

    def change_beside(self, before: float, after: float, change: float) -> str:
        """Return a change beside its two numbers: as they subtract, unless it is of other people than theirs."""
        same = abs(after - before - change) < 0.05
        return self.change(_rounded(after, 1) - _rounded(before, 1) if same else change)

    def difference_shown(self, before: float, after: float) -> str:
        """Return the difference of two numbers as they are written with one decimal; empty where they are alike."""
        change = _rounded(after, 1) - _rounded(before, 1)
        return "" if abs(change) < 0.05 else number(change, digits=1, lang=self.lang, signed=True)

    def times(self, more: float, less: float) -> str:
        r"""Return how many times one number is another that stands beside it, both written with one decimal.

        It has a decimal where who divides the numbers as they are written finds the same, and none, with "about", where
        rounding them changes it.

        Examples
        --------
        >>> Words("en").times(13.7, 4.9), Words("en").times(13.72, 1.271), Words("en").times(3, 3)
        ('2.8', 'about 11', '1')
        """
        ratio, written = more / less, _rounded(less, 1)
        shown = _rounded(ratio, 1)
        if not written or _rounded(_rounded(more, 1) / written, 1) != shown:
            return self("times_about", value=self.count(ratio))
        return self.count(ratio, digits=0 if shown == round(shown) else 1)

    def percent(self, share: float) -> str:
        """Return a share in per cent."""
        return percent(share, lang=self.lang)

    def count(self, value: float, *, digits: int = 0) -> str:
        """Return a number."""
        return number(value, digits=digits, lang=self.lang)

    def cutoff(self, minutes: float) -> str:
        """Return a threshold, the word spelled out."""
        return cutoff(minutes, lang=self.lang)

    def name(self, column: str) -> str:
        """Return how a column of the results is called on the page."""
        return self("baseline") if column == BASELINE else self("with_scenario", name=column)

    def listed(self, names: Sequence[str], *, most: int) -> str:
        """Return names with commas, the first so many, and how many more there are."""
        shown = ", ".join(names[:most])
        return shown + self("and_others", n=len(names) - most) if len(names) > most else shown
