"""Kinds of services: their words in both languages, and how each is marked on a map."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Lang = Literal["fr", "en"]
Shape = Literal["circle", "square", "triangle", "diamond", "star", "cross", "pentagon", "wedge"]


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
            "médecins",
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
        "health_centre": Category(
            "centre de santé", "health centre", "centres de santé", "health centres", "cross", _PURPLE
        ),
        "health_house": Category(
            "maison de santé",
            "group practice",
            "maisons de santé",
            "group practices",
            "cross",
            _BROWN,
            feminine=True,
        ),
        "maternity": Category(
            "maternité", "maternity unit", "maternités", "maternity units", "cross", _INK, "lits", True
        ),
        "physiotherapist": Category(
            "kinésithérapeute",
            "physiotherapist",
            "kinésithérapeutes",
            "physiotherapists",
            "circle",
            _GREEN,
            "kinésithérapeutes",
        ),
        "midwife": Category("sage-femme", "midwife", "sages-femmes", "midwives", "circle", _RUST, "sages-femmes", True),
        "medical_laboratory": Category(
            "laboratoire d’analyses médicales",
            "medical laboratory",
            "laboratoires d’analyses médicales",
            "medical laboratories",
            "circle",
            _INK,
        ),
        "hypermarket": Category("hypermarché", "hypermarket", "hypermarchés", "hypermarkets", "triangle", _INK, "m²"),
        "butcher": Category(
            "boucherie-charcuterie", "butcher", "boucheries-charcuteries", "butchers", "triangle", _RUST, feminine=True
        ),
        "fishmonger": Category(
            "poissonnerie", "fishmonger", "poissonneries", "fishmongers", "triangle", _PURPLE, feminine=True
        ),
        "petrol_station": Category(
            "station-service", "petrol station", "stations-service", "petrol stations", "star", _INK, feminine=True
        ),
        "restaurant": Category("restaurant", "restaurant", "restaurants", "restaurants", "square", _BROWN, "couverts"),
        "hairdresser": Category(
            "salon de coiffure", "hairdresser", "salons de coiffure", "hairdressers", "square", _PURPLE
        ),
        "vet": Category("vétérinaire", "vet", "vétérinaires", "vets", "star", _BROWN, "vétérinaires"),
        "postal_agency": Category(
            "agence postale", "postal agency", "agences postales", "postal agencies", "diamond", _RUST, feminine=True
        ),
        "postal_relay": Category(
            "relais poste", "postal counter in a shop", "relais poste", "postal counters in shops", "diamond", _PURPLE
        ),
        "police": Category(
            "commissariat de police", "police station", "commissariats de police", "police stations", "square", _RUST
        ),
        "employment_agency": Category(
            "agence France Travail",
            "job centre",
            "agences France Travail",
            "job centres",
            "square",
            _GREEN,
            feminine=True,
        ),
        "nursery_school": Category(
            "école maternelle",
            "nursery school",
            "écoles maternelles",
            "nursery schools",
            "pentagon",
            _RUST,
            "élèves",
            True,
        ),
        "childcare": Category("crèche", "day nursery", "crèches", "day nurseries", "pentagon", _BROWN, "places", True),
        "theatre": Category(
            "salle de spectacle", "theatre", "salles de spectacle", "theatres", "wedge", _INK, "fauteuils", True
        ),
        "bookshop": Category("librairie", "bookshop", "librairies", "bookshops", "wedge", _BROWN, feminine=True),
        "swimming_pool": Category(
            "piscine", "swimming pool", "piscines", "swimming pools", "star", _BLUE, feminine=True
        ),
        "tennis": Category("court de tennis", "tennis court", "courts de tennis", "tennis courts", "star", _GREEN),
    }
)

# What a category that is not published is drawn in.
FALLBACK_COLOUR: Final = _INK

# Categories by domain, in the order a dossier lists them; the words are `domain_…` of words.toml. They follow the
# domains of INSEE's BPE (A services, B commerce, C education, D health, F sport and culture); the public offices and
# the digital help that a rural contract speaks of are taken out of A.
DOMAINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "public": (
            *("mairie", "france_services", "msap", "gendarmerie", "police", "employment_agency"),
            *("post_office", "postal_agency", "postal_relay"),
        ),
        "health": (
            *(
                "general_practitioner",
                "nurse",
                "pharmacy",
                "dentist",
                "physiotherapist",
                "midwife",
                "medical_laboratory",
            ),
            *("health_house", "health_centre", "hospital", "emergency", "maternity"),
        ),
        "shops": (
            *("bakery", "butcher", "fishmonger", "grocery", "supermarket", "hypermarket", "petrol_station", "bank"),
            *("restaurant", "hairdresser", "vet"),
        ),
        "school": ("childcare", "nursery_school", "primary_school", "middle_school", "high_school"),
        "culture": ("library", "cinema", "theatre", "bookshop", "swimming_pool", "tennis"),
        "digital": ("digital_help", "coworking"),
    }
)
OTHER_DOMAIN: Final = "other"


def domain(category: str) -> str:
    """Return the domain of a category: one of :data:`DOMAINS`, or "other" for one that is not published.

    >>> domain("pharmacy"), domain("ludothèque")
    ('health', 'other')
    """
    return next((name for name, members in DOMAINS.items() if category in members), OTHER_DOMAIN)
