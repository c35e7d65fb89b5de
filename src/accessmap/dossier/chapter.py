"""A chapter of the dossier: its tables, its sentences and what it shows; the built-in ones, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from accessmap.dossier import (
    alternatives,
    answer,
    council,
    decision,
    digital,
    flips,
    history,
    hours,
    inequality,
    programme,
    reference,
    resilience,
    services,
    supply,
    without_car,
    zonages,
)
from accessmap.dossier.layout import Part
from accessmap.dossier.results import Known, Tables
from accessmap.errors import Problem, Problems, StudyError
from accessmap.words.notes import Note
from accessmap.words.words import Words

# What the page calls its own parts.
TAKEN: Final = re.compile(
    r"(chiffres|carte.*|explorer|fiche.*|methode|corrections|sources|glossaire|inconnu|cherche.*|imprimer.*|z-.*|ct-.*)(-t)?"
)

# The chapter of what is not known, which the dossier makes of those that have nothing to show.
UNTOLD: Final = "inconnu"


@dataclass(frozen=True)
class Chapter:
    """One chapter of a dossier; the page, its navigation and the saved tables have all that `Dossier.of` is given.

    Parameters
    ----------
    name
        Its anchor: letters, digits, "_" and "-".
    tables
        Of what the dossier knows (`study`, `results`, `categories`, `programme`, `lang` …): its tables by name. One
        whose name begins with an underscore stays with the chapter. Without a table there is no chapter.
    sentences
        Of these tables (``tables["name"]``, and ``tables.known``) and the words of the page (``words.lang``): what
        stands first, a sentence a line.
    shown
        Of the same: what follows; plain text is a paragraph, a DataFrame a table, markup (`markupsafe.Markup`) a
        picture, or parts of `accessmap.dossier.layout`.
    title
        Plain text, or a note that is told in the language of the page; the name where not given.

    Examples
    --------
    >>> import accessmap as am
    >>> people = am.Chapter(
    ...     "people",
    ...     lambda known: {"people": known.results.communes[["name", "population"]].head(3)},
    ...     lambda tables, words: [words.people(tables["people"]["population"].sum())],
    ...     lambda tables, words: [tables["people"]],
    ... )
    >>> dossier = am.Dossier.of(am.load_sample(), category="hospital", chapters=(*am.chapters(), people))
    >>> len(dossier.tables["people"]), "#people" in dossier.to_html()
    (3, True)
    """

    name: str
    tables: Callable[[Known], Mapping[str, pd.DataFrame] | None]
    sentences: Callable[[Tables, Words], Sequence[str]]
    shown: Callable[[Tables, Words], Sequence[Part]]
    title: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w-]*", self.name) or TAKEN.fullmatch(self.name):
            raise StudyError(Problem("chapter_name", value=self.name))


def check_chapters(chapters: Sequence[Chapter]) -> None:
    """Raise where two chapters have one name, or one has the anchor of another's title.

    Raises
    ------
    StudyError
        Which name there is twice.
    """
    anchors = [anchor for chapter in chapters for anchor in (chapter.name, f"{chapter.name}-t")]
    problems = Problems()
    for name in dict.fromkeys(chapter.name for chapter in chapters):
        if anchors.count(name) > 1:
            problems.add("chapter_twice", value=name)
    problems.raise_if_any(StudyError, "chapters")


def chapters() -> tuple[Chapter, ...]:
    """Return the built-in chapters of a dossier, in order.

    Examples
    --------
    >>> [chapter.name for chapter in chapters()][:3]
    ['decision', 'alternatives', 'sureness']
    """
    silent = answer.no_sentences
    return (
        Chapter("decision", decision.tables, decision.sentences, decision.shown, Note("chapter_decision")),
        Chapter(
            "alternatives",
            alternatives.tables,
            alternatives.sentences,
            alternatives.shown,
            Note("chapter_alternatives"),
        ),
        Chapter("sureness", flips.tables, flips.sentences, flips.shown, Note("chapter_sureness")),
        Chapter("changes", answer.changes_tables, silent, answer.changes_shown, Note("chapter_changes")),
        Chapter(
            "coverage",
            answer.coverage_tables,
            answer.coverage_sentences,
            answer.coverage_shown,
            Note("chapter_coverage"),
        ),
        Chapter("council", council.tables, silent, council.shown, Note("chapter_council")),
        Chapter("services", services.tables, services.sentences, services.shown, Note("chapter_services")),
        Chapter("supply", supply.tables, supply.sentences, supply.shown, Note("chapter_supply")),
        Chapter("inequality", inequality.tables, inequality.sentences, inequality.shown, Note("chapter_inequality")),
        Chapter("zonages", zonages.tables, zonages.sentences, zonages.shown, Note("chapter_zonages")),
        Chapter("reference", reference.tables, reference.sentences, reference.shown, Note("chapter_reference")),
        Chapter("hours", hours.tables, hours.sentences, hours.shown, Note("chapter_hours")),
        Chapter(
            "without_car", without_car.tables, without_car.sentences, without_car.shown, Note("chapter_without_car")
        ),
        Chapter(
            "dependence",
            resilience.dependence_tables,
            resilience.dependence_sentences,
            resilience.dependence_shown,
            Note("chapter_dependence"),
        ),
        Chapter(
            "resilience",
            resilience.resilience_tables,
            resilience.resilience_sentences,
            resilience.resilience_shown,
            Note("chapter_resilience"),
        ),
        Chapter("digital", digital.tables, digital.sentences, digital.shown, Note("chapter_digital")),
        Chapter("programme", programme.tables, programme.sentences, programme.shown, Note("chapter_programme")),
        Chapter("history", history.tables, history.sentences, history.shown, Note("chapter_history")),
        Chapter("communes", answer.communes_tables, silent, answer.communes_shown, Note("chapter_communes")),
    )
