"""Words and numbers as the public reads them."""

import math
import re
import string
import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessmap.categories import CATEGORIES, DOMAINS
from accessmap.errors import Problem
from accessmap.words import words as labels
from accessmap.words.near import category_meant
from accessmap.words.notes import Note, first_few
from accessmap.words.opening import hours_text
from accessmap.words.words import Words

NARROW, NO_BREAK = "\u202f", "\u00a0"
VOCABULARY = [
    "mairie",
    "france_services",
    "hospital",
    "emergency",
    "high_school",
    "middle_school",
    "primary_school",
    "general_practitioner",
    "nurse",
    "pharmacy",
    "dentist",
    "bakery",
    "grocery",
    "supermarket",
    "post_office",
    "bank",
    "cinema",
    "library",
    "gendarmerie",
    "coworking",
    "digital_help",
]
TEXTS = {
    file.name: tomllib.loads(file.read_text("utf-8")) for file in (files("accessmap") / "words" / "texts").iterdir()
}
WORDS = {key: words for texts in TEXTS.values() for key, words in texts.items()}


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_the_published_vocabulary_has_labels():
    assert set(VOCABULARY) <= set(labels.CATEGORIES)


def test_no_two_categories_share_both_shape_and_colour():
    drawn = Counter((kind.shape, kind.colour) for kind in labels.CATEGORIES.values())
    assert [pair for pair, count in drawn.items() if count > 1] == []


def test_no_category_is_drawn_as_one_that_is_not_published():
    unknown = labels.category("ludothèque")
    assert (unknown.shape, unknown.colour) not in {(kind.shape, kind.colour) for kind in labels.CATEGORIES.values()}


@pytest.mark.parametrize(
    ("name", "one", "many", "english"),
    [
        ("health_house", "une maison de santé", "maisons de santé", "a group practice"),
        ("midwife", "une sage-femme", "sages-femmes", "a midwife"),
        ("petrol_station", "une station-service", "stations-service", "a petrol station"),
        ("postal_relay", "un relais poste", "relais poste", "a postal counter in a shop"),
        ("employment_agency", "une agence France Travail", "agences France Travail", "a job centre"),
        ("butcher", "une boucherie-charcuterie", "boucheries-charcuteries", "a butcher"),
        ("theatre", "une salle de spectacle", "salles de spectacle", "a theatre"),
        ("tennis", "un court de tennis", "courts de tennis", "a tennis court"),
    ],
)
def test_compound_nouns_take_their_article_and_plural(name, one, many, english):
    assert labels.category(name).with_article() == one
    assert labels.category(name).name(count=2) == many
    assert labels.category(name).with_article("en") == english


@pytest.mark.parametrize("name", labels.CATEGORIES)
def test_every_category_has_its_words_in_both_languages(name):
    kind = labels.CATEGORIES[name]
    assert all(word.strip() == word and word for word in (kind.fr, kind.en, kind.plural, kind.plural_en))
    assert not [word for word in (kind.fr, kind.plural) if "'" in word]  # the apostrophe is ’ in what is read


@pytest.mark.parametrize("name", labels.CATEGORIES)
def test_marker_colours_stand_out_on_white(name):
    assert 1.05 / (luminance(labels.CATEGORIES[name].colour) + 0.05) >= 4.5


def test_an_unknown_category_is_shown_under_its_own_name():
    assert labels.category("ludothèque").name(count=2) == "ludothèque"


def test_french_thousands_are_parted_by_a_narrow_no_break_space_and_decimals_by_a_comma():
    assert labels.number(70550) == f"70{NARROW}550"
    assert labels.number(1234567.891, digits=2) == f"1{NARROW}234{NARROW}567,89"
    assert labels.number(1234.5, digits=1, lang="en") == "1,234.5"


def test_minutes_people_and_percent_carry_their_unit():
    assert labels.minutes(12.4) == f"12,4{NO_BREAK}min"
    assert labels.people(1240) == f"1{NARROW}240{NO_BREAK}habitants"
    assert labels.percent(0.78) == f"78{NO_BREAK}%"


@pytest.mark.parametrize(
    ("count", "fr", "en"), [(0, "habitant", "people"), (1, "habitant", "person"), (2, "habitants", "people")]
)
def test_zero_is_singular_in_french_and_plural_in_english(count, fr, en):
    assert labels.people(count).split(NO_BREAK)[1] == fr
    assert labels.people(count, lang="en").split(NO_BREAK)[1] == en


def test_half_is_rounded_away_from_zero():
    assert labels.number(12.35, digits=1) == "12,4"
    assert labels.number(-0.05, digits=1) == "\u22120,1"


def test_nothing_is_ever_written_minus_zero():
    assert labels.number(-0.04, digits=1, signed=True) == "0,0"
    assert labels.people_change(-0.2).startswith("0")


def test_not_everyone_is_never_a_hundred_per_cent_and_a_few_never_zero():
    assert labels.percent(0.9999) == f">{NO_BREAK}99{NO_BREAK}%"
    assert labels.percent(0.0001) == f"<{NO_BREAK}1{NO_BREAK}%"
    assert labels.percent(1.0) == f"100{NO_BREAK}%"
    assert labels.percent(0.0) == f"0{NO_BREAK}%"


def test_not_reached_is_words_and_never_a_number():
    assert labels.minutes(math.nan) == "non atteint"
    assert labels.minutes(math.nan, lang="en") == "not reached"
    assert labels.minutes_change(math.nan) == "–"


def test_a_language_we_do_not_speak_is_refused_by_name():
    with pytest.raises(ValueError, match="'de'"):
        labels.check_lang("de")


def test_an_unknown_text_names_its_neighbours():
    with pytest.raises(KeyError, match="unreached"):
        labels.text("unreachd")


def test_both_languages_fill_the_same_braces():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [key for key, told in WORDS.items() if fields(told["fr"]) != fields(told["en"])] == []
    assert [key for key, told in WORDS.items() if not (told["fr"].strip(" ") and told["en"].strip(" "))] == []
    assert [key for key, told in WORDS.items() if ("mend_fr" in told) != ("mend_en" in told)] == []


def test_french_punctuation_is_held_by_a_no_break_space():
    french = {key: f"{told['fr']}\n{told.get('mend_fr', '')}" for key, told in WORDS.items()}
    marks = (" :", " ;", " ?", " !", " »", "« ")
    assert [key for key, text in french.items() if any(mark in text for mark in marks)] == []
    # The apostrophe is ’ in what is read.
    assert [key for key, text in french.items() if re.search(r"[^\W\d_]'[^\W_{]", text)] == []


def test_french_contracts_the_article_of_a_place():
    assert labels.at_place("Le Catelet") == "au Catelet"
    assert labels.at_place("Les Septvallons") == "aux Septvallons"
    assert labels.at_place("La Fère") == "à La Fère"
    assert labels.at_place("Leuilly-sous-Coucy") == "à Leuilly-sous-Coucy"


def test_the_first_of_a_month_is_said_premier():
    assert labels.date_text(date(2026, 2, 1)) == "1er février 2026"
    assert labels.date_text(date(2026, 12, 31), lang="en") == "31 December 2026"


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_written_number_reads_back_within_half_a_step(value, digits):
    for lang in ("fr", "en"):
        written = labels.number(value, digits=digits, lang=lang).replace("\u2212", "-")
        plain = written.replace(NARROW, "").replace(",", ".") if lang == "fr" else written.replace(",", "")
        assert abs(float(plain) - value) <= 0.5 * 10**-digits + 1e-6


def test_every_category_is_of_one_domain_that_has_words():
    members = [name for domain in DOMAINS.values() for name in domain]
    assert sorted(members) == sorted(CATEGORIES)
    assert all(labels.text(f"domain_{name}", lang=lang) for name in (*DOMAINS, "other") for lang in ("fr", "en"))


def test_no_key_stands_in_two_files():
    keys = [key for texts in TEXTS.values() for key in texts]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_numbers_of_numpy_are_told_as_plain_ones():
    told = (
        Problem("column_missing", value=np.float64(-2.0), where=np.int64(3)),
        Note("row_value", row=np.int64(3), value=np.float32(0.1)),
    )
    assert "np." not in " ".join(told)
    assert "-2.0" in told[0]
    assert "0.1" in told[1]
    assert first_few([np.float64(1), np.int64(2), np.str_("a")]) == "1.0, 2, 'a'"


# What a reader of tables is told by, which may stand before somebody who types a study.toml.
OF_FILES = ("communes.toml", "layouts.toml", "lists.toml", "read.toml", "services.toml", "tables.toml", "zonages.toml")
OF_PYTHON = {  # only Python can come to these
    *(
        "clip_without_communes",
        "spread_without_communes",
        "residents_without_spread",
        "codes_how",
        "codes_split",
        "mairies_without_commune",
        "not_a_geodataframe",
        "times_order",
    ),
    *("index_named", "floor_not_bool", "no_territory", "spread_crs", "differences_no_category"),
}
PYTHON = re.compile(
    r"(?<![?&\w])[a-z_]+=(?!limited)|\bTrue\b|\bFalse\b|to_crs|set_crs|\baccessmap\.\w|\bam\.|\bread_\w|\.\w+\(|\bstr\b"
)


def test_whoever_types_a_study_file_is_told_its_keys_and_nothing_of_python():
    said = [
        (key, form, labels.as_keys(words.get(f"file_{form}", words[form])))
        for name in OF_FILES
        for key, words in TEXTS[name].items()
        for form in ("fr", "en", "mend_fr", "mend_en")
        if form in words and key not in OF_PYTHON
    ]
    assert [each for each in said if PYTHON.search(each[2])] == []


def test_the_keys_that_are_told_are_keys_of_a_study_file():
    from accessmap.study.steps import ACTIONS
    from accessmap.studyfile import settings

    known = {name for each in vars(settings).values() for name in getattr(each, "model_fields", {})}
    known |= {name for each in ACTIONS.values() for name in each.__dataclass_fields__}
    assert set(labels.OPTIONS) <= known


@pytest.mark.parametrize("kind", CATEGORIES)
def test_a_category_is_known_by_each_of_its_words(kind):
    words = CATEGORIES[kind]
    typed = (kind, words.fr, words.plural, words.en, words.plural_en, words.fr.upper(), words.fr.replace(" ", "_"))
    assert {category_meant(name) for name in typed} == {kind}


@pytest.mark.parametrize(
    ("hours", "fr"),
    [
        ("Mo-Th 08:30-12:00; PH off", "lundi à jeudi 8 h 30-12 h ; fermé les jours fériés"),
        ("Mo,We 09:00-12:30, 14:00-17:00", "lundi, mercredi 9 h-12 h 30 et 14 h-17 h"),
        ("Fr unknown", "vendredi (horaires inconnus)"),
        ("24/7", "tous les jours, jour et nuit"),
        ("Mo-Su 00:00-24:00; SH off", "tous les jours 0 h-24 h ; fermé pendant les vacances scolaires"),
        ("Sa[1,-1] 10:00-12:00", "1er et dernier samedi du mois 10 h-12 h"),
        ("Sa-Su,PH off", "fermé du samedi au dimanche, les jours fériés"),
        (
            'Fr 20:00-26:00 "sur appel; le soir"; Jan 01 off',
            'vendredi 20 h-2 h "sur appel; le soir" ; fermé le 1er janvier',
        ),
        ("Apr-Oct Mo 09:00-12:00", "avril à octobre lundi 9 h-12 h"),
        ("week 1-53/2 Th 09:00-12:00", "week 1-53/2 jeudi 9 h-12 h"),
        ("sur rendez-vous", "sur rendez-vous"),
    ],
)
def test_opening_hours_are_told_in_words_and_what_is_none_stays(hours, fr):
    told = hours_text(hours, Words("fr"))
    assert told.replace("\xa0", " ").replace("\u202f", " ") == fr


def test_the_page_on_services_names_every_category():
    page = " ".join((Path(__file__).parents[2] / "docs" / "howto_services.md").read_text("utf-8").split())
    assert [name for name, kind in CATEGORIES.items() if f"{kind.fr} `{name}`" not in page] == []
