"""Every word shown to the public, French first and English second, and how numbers are written in each language."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

from accessmap.errors import did_you_mean

__all__ = [
    "CATEGORIES",
    "Category",
    "Lang",
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

Lang = Literal["fr", "en"]
Shape = Literal["circle", "square", "triangle", "diamond", "star", "cross", "pentagon", "wedge"]

# The narrow no-break space (U+202F) parts thousands and precedes "%" and "!" in French (Imprimerie nationale).
NARROW: Final = "\u202f"
NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2212"


@dataclass(frozen=True)
class Category:
    """A kind of service: its words in both languages and how it is drawn.

    Parameters
    ----------
    fr, en
        Name in French and English, singular.
    plural
        Plural in French.
    plural_en
        Plural in English.
    shape, colour
        The marker: colours repeat, shapes repeat, no two categories share both, so that colour is never alone.
    capacity_unit
        What `capacity` counts, in French; empty where it has no agreed unit.
    feminine
        Gender of the French noun, for the article.
    """

    fr: str
    en: str
    plural: str
    plural_en: str
    shape: Shape
    colour: str
    capacity_unit: str = ""
    feminine: bool = False

    def name(self, lang: Lang = "fr", *, count: int = 1) -> str:
        """Return the name in `lang`, plural where `count` asks for it.

        >>> CATEGORIES["pharmacy"].name(count=3), CATEGORIES["pharmacy"].name("en")
        ('pharmacies', 'pharmacy')
        """
        if lang == "fr":
            return self.plural if _is_plural(count, "fr") else self.fr
        return self.plural_en if _is_plural(count, "en") else self.en

    def with_article(self, lang: Lang = "fr") -> str:
        """Return the name with its indefinite article.

        >>> CATEGORIES["pharmacy"].with_article(), CATEGORIES["emergency"].with_article("en")
        ('une pharmacie', 'an emergency department')
        """
        if lang == "fr":
            return f"{'une' if self.feminine else 'un'} {self.fr}"
        return f"{'an' if self.en[0] in 'aeiou' else 'a'} {self.en}"


# Dark enough for 4.5:1 on white (WCAG 2.1 AA), and apart under the three common colour-blindnesses (Okabe & Ito 2008).
_INK, _BLUE, _RUST, _GREEN, _PURPLE, _BROWN = "#1b1b1b", "#00568f", "#a63f00", "#00664b", "#8a2f6b", "#6b5300"

CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "mairie": Category("mairie", "town hall", "mairies", "town halls", "square", _INK, feminine=True),
        "france_services": Category(
            "France services", "France services", "France services", "France services", "star", _RUST, "agents", True
        ),
        "msap": Category(
            "maison de services au public",
            "public service house",
            "maisons de services au public",
            "public service houses",
            "star",
            _PURPLE,
            "agents",
            True,
        ),
        "hospital": Category("hôpital", "hospital", "hôpitaux", "hospitals", "cross", _BLUE, "lits"),
        "emergency": Category(
            "service d’urgences",
            "emergency department",
            "services d’urgences",
            "emergency departments",
            "cross",
            _RUST,
            "passages par an",
        ),
        "high_school": Category("lycée", "high school", "lycées", "high schools", "pentagon", _BLUE, "élèves"),
        "middle_school": Category(
            "collège", "middle school", "collèges", "middle schools", "pentagon", _GREEN, "élèves"
        ),
        "primary_school": Category(
            "école primaire",
            "primary school",
            "écoles primaires",
            "primary schools",
            "pentagon",
            _PURPLE,
            "élèves",
            True,
        ),
        "general_practitioner": Category(
            "médecin généraliste",
            "general practitioner",
            "médecins généralistes",
            "general practitioners",
            "circle",
            _BLUE,
            "consultations par an",
        ),
        "nurse": Category("infirmier", "nurse", "infirmiers", "nurses", "circle", _PURPLE, "infirmiers"),
        "pharmacy": Category("pharmacie", "pharmacy", "pharmacies", "pharmacies", "cross", _GREEN, "pharmaciens", True),
        "dentist": Category("dentiste", "dentist", "dentistes", "dentists", "circle", _BROWN, "dentistes"),
        "bakery": Category("boulangerie", "bakery", "boulangeries", "bakeries", "triangle", _BROWN, feminine=True),
        "grocery": Category("épicerie", "grocery", "épiceries", "groceries", "triangle", _GREEN, "m²", True),
        "supermarket": Category("supermarché", "supermarket", "supermarchés", "supermarkets", "triangle", _BLUE, "m²"),
        "post_office": Category(
            "bureau de poste", "post office", "bureaux de poste", "post offices", "diamond", _BROWN
        ),
        "bank": Category("banque", "bank", "banques", "banks", "diamond", _BLUE, feminine=True),
        "cinema": Category("cinéma", "cinema", "cinémas", "cinemas", "wedge", _RUST, "fauteuils"),
        "library": Category("bibliothèque", "library", "bibliothèques", "libraries", "wedge", _PURPLE, "places", True),
        "gendarmerie": Category(
            "gendarmerie", "gendarmerie", "gendarmeries", "gendarmeries", "square", _BLUE, "gendarmes", True
        ),
        "coworking": Category(
            "espace de coworking",
            "coworking space",
            "espaces de coworking",
            "coworking spaces",
            "wedge",
            _GREEN,
            "postes",
        ),
        "digital_help": Category(
            "aide au numérique", "digital help", "aides au numérique", "digital help", "diamond", _GREEN, "postes", True
        ),
    }
)


def category(name: str) -> Category:
    """Return the words and marker of a category; one that is not published is shown under its own name.

    >>> category("pharmacy").fr
    'pharmacie'
    >>> category("ludothèque").plural
    'ludothèque'
    """
    return CATEGORIES.get(name) or Category(name, name, name, name, "diamond", _INK)


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
    raise ValueError(f"lang must be 'fr' or 'en', not {lang!r}{did_you_mean(lang, ('fr', 'en'))}.")


def number(value: float, *, digits: int = 0, lang: Lang = "fr", signed: bool = False) -> str:
    r"""Return a number as it is written in `lang`; NaN is an en dash, and nothing is ever written "−0".

    >>> number(70550), number(12.35, digits=1, lang="en")
    ('70\u202f550', '12.4')
    """
    if math.isnan(value):
        return "–"
    # Half away from zero, as people round: 12.35 is 12,4 though its float lies just below.
    scaled = math.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits
    sign = "" if scaled == 0 else MINUS if value < 0 else "+" if signed else ""
    written = f"{scaled:,.{digits}f}"
    if lang == "fr":
        written = written.replace(",", NARROW).replace(".", ",")
    return sign + written


def minutes(value: float, *, lang: Lang = "fr", digits: int = 1) -> str:
    r"""Return minutes with their unit; NaN is "non atteint".

    >>> minutes(12.4), minutes(float("nan")), minutes(12.4, lang="en")
    ('12,4\xa0min', 'non atteint', '12.4\xa0min')
    """
    return (
        text("unreached", lang=lang) if math.isnan(value) else f"{number(value, digits=digits, lang=lang)}{NO_BREAK}min"
    )


def minutes_change(value: float, *, lang: Lang = "fr") -> str:
    r"""Return a change in minutes with its sign and unit; NaN is an en dash.

    >>> minutes_change(-3.25)
    '−3,3\xa0min'
    """
    return "–" if math.isnan(value) else f"{number(value, digits=1, lang=lang, signed=True)}{NO_BREAK}min"


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
        raise KeyError(f"no text {key!r}{did_you_mean(key, _words())}")
    words = _words()[key][lang]
    if n is not None:
        singular, _, plural = words.partition("|")
        words = (plural or singular) if _is_plural(n, lang) else singular
        values["n"] = number(n, lang=lang)
    return words.format(**values)


def date_text(day: date, *, lang: Lang = "fr") -> str:
    """Return a date as it is read aloud.

    >>> date_text(date(2026, 11, 1)), date_text(date(2026, 11, 24), lang="en")
    ('1er novembre 2026', '24 November 2026')
    """
    month = text("months", lang=lang).split()[day.month - 1]
    first = "er" if lang == "fr" and day.day == 1 else ""
    return f"{day.day}{first} {month} {day.year}"


def at_place(name: str, *, lang: Lang = "fr") -> str:
    """Return "à Chauny", with the article contracted where French does.

    >>> at_place("Chauny"), at_place("Le Catelet"), at_place("Les Septvallons"), at_place("La Fère")
    ('à Chauny', 'au Catelet', 'aux Septvallons', 'à La Fère')
    """
    if lang == "fr":
        for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
            if name.startswith(article):
                return contracted + name.removeprefix(article)
    return text("at_place", lang=lang, place=name)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of words.toml, by key and language; read when first needed."""
    return MappingProxyType(tomllib.loads((files("accessmap") / "templates" / "words.toml").read_text("utf-8")))


def _is_plural(count: float, lang: Lang) -> bool:
    # French: 0, 1 and 1.5 are singular; English: only 1 is.
    return abs(count) >= 2 if lang == "fr" else count != 1
