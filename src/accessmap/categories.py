"""Kinds of services: their words in both languages, and how each is marked on a map."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

Lang = Literal["fr", "en"]
Shape = Literal["circle", "square", "triangle", "diamond", "star", "cross", "pentagon", "wedge", "hourglass", "bar"]


def is_plural(count: float, lang: Lang) -> bool:
    """Return whether a count takes the plural: in French from 2 on, in English whatever is not 1."""
    return abs(count) >= 2 if lang == "fr" else count != 1


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
            return self.plural if is_plural(count, "fr") else self.fr
        return self.plural_en if is_plural(count, "en") else self.en

    def with_article(self, lang: Lang = "fr") -> str:
        """Return the name with its indefinite article.

        >>> CATEGORIES["pharmacy"].with_article(), CATEGORIES["emergency"].with_article("en")
        ('une pharmacie', 'an emergency department')
        """
        if lang == "fr":
            return f"{'une' if self.feminine else 'un'} {self.fr}"
        return f"{'an' if self.en[0] in 'aeiou' else 'a'} {self.en}"


# Dark enough for 4.5:1 on white (WCAG 2.1 AA), and apart under the three common colour-blindnesses (Okabe & Ito 2008).
_COLOURS: Final = {
    "ink": "#1b1b1b",
    "blue": "#00568f",
    "rust": "#a63f00",
    "green": "#00664b",
    "purple": "#8a2f6b",
    "brown": "#6b5300",
}


def _published() -> dict[str, Category]:
    """Return the categories of presets/categories.csv by name."""
    text = (files("accessmap") / "presets" / "categories.csv").read_text("utf-8")
    found: dict[str, Category] = {}
    row: dict[str, Any]
    for row in csv.DictReader(text.splitlines()):
        name, colour = row.pop("category"), _COLOURS[row.pop("colour")]
        found[name] = Category(colour=colour, feminine=row.pop("feminine") == "yes", **row)
    return found


CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(_published())

# What a category that is not published is drawn in.
FALLBACK_COLOUR: Final = _COLOURS["ink"]

# Categories by domain, in the order a dossier lists them; the words are `domain_…` of words.toml. They follow the
# domains of INSEE's BPE (A services, B commerce, C education, D health, F sport and culture); the public offices and
# the digital help that a rural contract speaks of are taken out of A, transport (E) is a domain of its own.
DOMAINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "public": (
            *("mairie", "france_services", "msap", "gendarmerie", "police", "employment_agency"),
            *("family_benefits", "health_insurance", "tax_office"),
            *("post_office", "postal_agency", "postal_relay"),
        ),
        "health": (
            *("general_practitioner", "nurse", "pharmacy", "dentist", "physiotherapist", "midwife"),
            *("medical_laboratory", "health_house", "health_centre", "hospital", "emergency", "maternity"),
            *("rehabilitation", "psychiatric_care", "long_term_care"),
        ),
        "shops": (
            *("bakery", "butcher", "fishmonger", "grocery", "supermarket", "hypermarket", "petrol_station", "bank"),
            *("restaurant", "hairdresser", "vet"),
        ),
        "school": ("childcare", "nursery_school", "primary_school", "middle_school", "high_school"),
        "culture": ("library", "cinema", "theatre", "bookshop", "swimming_pool", "tennis"),
        "digital": ("digital_help", "coworking"),
        "transport": ("train_station", "transit_stop", "carpool_place", "charging_station"),
    }
)
OTHER_DOMAIN: Final = "other"

# Those who practise: a town has a doctor settle, where it opens a pharmacy.
PRACTITIONERS: Final = frozenset({"general_practitioner", "nurse", "dentist", "physiotherapist", "midwife", "vet"})


def domain(category: str) -> str:
    """Return the domain of a category: one of :data:`DOMAINS`, or "other" for one that is not published.

    >>> domain("pharmacy"), domain("ludothèque")
    ('health', 'other')
    """
    return next((name for name, members in DOMAINS.items() if category in members), OTHER_DOMAIN)
