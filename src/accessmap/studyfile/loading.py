"""The study that a study.toml names: every table read, every problem of all of them told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.categories import Lang
from accessmap.dossier.brand import Brand
from accessmap.dossier.results import category_of
from accessmap.errors import AccessmapError, Problem, ScenarioError
from accessmap.provenance import Provenance
from accessmap.study.comparison import check_one_territory
from accessmap.study.plausibility import NOTES, REFUSE, doubts, plausibility
from accessmap.study.saved import read_saved
from accessmap.study.scenario_files import read as read_scenarios
from accessmap.study.study import NOTE_COLUMNS, Study
from accessmap.studyfile import plans
from accessmap.studyfile.communes import marked_communes, official_title
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import StudyFileError, place_of
from accessmap.studyfile.reading import StudyFile, read_settings
from accessmap.studyfile.roads import networks_of
from accessmap.studyfile.services import services_of, spread_among
from accessmap.studyfile.tables import reference_of, residents_of, rule_of, tables_of
from accessmap.studyfile.transit import feeds, with_journeys
from accessmap.words.near import Categories, near_matches
from accessmap.words.notes import Figure, Note
from accessmap.words.system import why_failed

if TYPE_CHECKING:
    from accessmap.programme import Programme
    from accessmap.roads.network import RoadNetwork
    from accessmap.roads.transit.journeys import Journeys


# What is missing where a section with a wrong value was left out, and what a reader says that lost an option.
FOLLOWS = (
    "studyfile_no_services",
    "studyfile_residents_need_mairies",
    "studyfile_roads_need_mairies",
    "studyfile_refused",
)
# What a page says in place of a caution of the command line.
PAGES = {
    "studyfile_caution_sample": "studyfile_caution_sample_page",
    "studyfile_caution_sample_france_services": "studyfile_caution_sample_france_services_page",
    "studyfile_caution_sample_hospital": "studyfile_caution_sample_hospital_page",
    "studyfile_caution_edge": "studyfile_caution_edge_page",
    "studyfile_caution_people": "studyfile_caution_people_page",
}


@dataclass(frozen=True, eq=False)
class Loaded:
    """A study, and what its readers said they did.

    Parameters
    ----------
    study
        Whole.
    said
        Sentences by section, such as "services[1]", in English.
    programme
        Of a contract, where the settings name one; what it changes is among the scenarios of the study.
    reference
        Published figures, where the settings name any.
    cautions
        What makes the minutes longer than they are: services that are not in the data. They are notes of the study too.
    measured
        The measures of its roads beside their bounds, as `accessmap.study.plausibility` returns them; None where they
        were not asked for.
    brand
        Title, logo and colour of the council, for its dossier.
    earlier
        By name, the studies of earlier dates; none where they were not asked for.
    """

    study: Study
    said: Mapping[str, tuple[str, ...]]
    programme: Programme | None = None
    reference: pd.DataFrame | None = None
    cautions: tuple[Problem, ...] = ()
    measured: pd.DataFrame | None = None
    brand: Brand = field(default_factory=Brand)
    earlier: Mapping[str, Study] = field(default_factory=dict)


def load_study(path: str | Path) -> Study:
    r"""Return the study that a study.toml names, or that `Study.save` kept in a folder.

    docs/command_line.md lists every section and key. Paths are relative to the file.

    Parameters
    ----------
    path
        Of a study.toml, or of the folder of a saved study.

    Raises
    ------
    StudyFileError
        With every problem of the settings, or of all the tables that they name: line, key, value and remedy.
    StudyError
        Where a folder holds no saved study, or a study.toml besides, or what it holds is damaged.

    Examples
    --------
    >>> import tempfile
    >>> text = '[study]\nterritory = ["CC du Pays Noyonnais"]\n[communes]\nsample = true\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "study.toml")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     study = load_study(path)
    >>> study.title, int(study.communes["in_territory"].sum())
    ('CC du Pays Noyonnais', 42)
    """
    try:
        folder = Path(path).is_dir()
    except OSError:  # a name that is too long: told as a file that is not there
        folder = False
    return read_saved(path, _saved_study) if folder else loaded(read_settings(path)).study


def _saved_study(*, scenarios: tuple[Path, Mapping[str, str]], categories: frozenset[str], **fields: Any) -> Study:
    """Return the study that a folder holds: its scenarios read, and each category known that it knew."""
    file, named = scenarios
    plans = read_scenarios(file)
    study = Study(scenarios={name: plans[name].named(own) for name, own in named.items()}, **fields)
    study.__dict__["_categories"] = categories
    return study


def loaded(
    file: StudyFile,
    *,
    scenarios_from: Path | None = None,
    for_dossier: bool = False,
    known: Collection[Problem] = (),
    country: bool = False,
) -> Loaded:
    """Return the study of settings that have been read.

    Parameters
    ----------
    file
        The settings, and the folder that their paths start from.
    scenarios_from
        A file with the text of `file`, where that is not what stands at its path any more.
    for_dossier
        Whether the settings must tell which service a dossier of the study is about.
    known
        Problems found before, which are told together with those of the tables.
    country
        Whether it is a whole country, of which the communes that nothing can be computed of are left out.

    Raises
    ------
    StudyFileError
        With every problem of all the tables.
    """
    ledger = Ledger(file, known)
    lost = {place_of(problem).path[:1] for problem in known}  # what hangs on what was lost before is not told again
    written, scenarios = plans.scenarios_of(ledger, scenarios_from or file.path)
    communes = marked_communes(ledger, country=country)
    services = services_of(ledger, communes) if communes is not None else None
    homes = networks = None
    more: dict[str, pd.DataFrame] = {}
    if communes is not None:
        homes = ledger.tried(("residents",), partial(residents_of, ledger, communes, services))
        services = services if services is None else spread_among(ledger, services, communes, homes)
        roads = networks_of(ledger, communes, services)
        networks = None if roads is None else with_journeys(ledger, roads, communes)
        more = tables_of(ledger, communes, services)
        for each in written:
            ledger.problems += each.places(communes, services if ("services",) not in lost else None)
    else:
        _look_for_files(ledger)
    programme = plans.programme_of(ledger)
    brand = _brand(ledger)
    reference = reference_of(ledger)
    study: Study | None = None
    if communes is not None and homes is not None and services is not None and networks is not None:
        make = partial(_study, ledger, communes, homes, services, networks, scenarios=scenarios, **more)
        study = ledger.tried(("study",), make)
    if study is not None:
        study = plans.with_programme(ledger, study, programme)
        plans.check_carried_out(ledger, written, study)
    if study is not None:
        _check_people(ledger, study)
    if services is not None and ("services",) not in lost:
        steps = [step for plan in scenarios.values() for step in plan.steps]
        opened = {str(step.category) for step in steps if step.action == "open"}
        _check_categories(ledger, {*services["category"], *opened})
    if study is not None and for_dossier and not {("dossier",), ("services",)} & lost:
        _check_category_told(ledger, study)
    earlier = _earlier(ledger, study) if study is not None and for_dossier else {}
    measured = _check_plausible(ledger, study) if study is not None and for_dossier and not ledger.problems else None
    problems = [each for each in ledger.problems if each in known or not _follows(each, known)]
    if problems or study is None:
        raise StudyFileError(*sorted(problems, key=lambda each: place_of(each).order), about=file.path.name)
    lang = file.settings.study.lang
    study = replace(study, cautions=tuple(_kept(page_sentence(each), lang) for each in ledger.cautions))
    said = MappingProxyType(ledger.said)
    return Loaded(study, said, programme, reference, tuple(ledger.cautions), measured, brand, earlier)


def communes_of(file: StudyFile) -> gpd.GeoDataFrame:
    r"""Return the communes of a study.toml, the territory marked; no other file that it names is opened.

    Raises
    ------
    StudyFileError
        With every problem of the communes and the territory.

    Examples
    --------
    >>> from accessmap.studyfile import settings_of
    >>> communes = communes_of(settings_of(Path("study.toml"), "[communes]\nsample = true\n"))
    >>> int(communes["in_territory"].sum())
    84
    """
    ledger = Ledger(file)
    communes = marked_communes(ledger)
    if communes is None or ledger.problems:
        raise StudyFileError(*ledger.problems, about=file.path.name)
    return communes


def page_sentence(caution: Problem) -> Note:
    """Return a caution as a page prints it, for who has never seen the file: what it means, not where it stands."""
    return Note(PAGES.get(caution.key, caution.key), **caution.values)


def _kept(caution: Note, lang: Lang) -> str:
    """Return what a study keeps of a caution: what the roads are doubted for stays a note, to be known as one."""
    return caution if caution.key in NOTES.values() or caution.key == "plausibility_accepted" else caution.told(lang)


def _brand(ledger: Ledger) -> Brand:
    """Return the title, logo and colour of the dossier, keeping a problem for each that cannot be taken."""
    asked = ledger.settings.dossier
    brand = ledger.tried(("dossier", "colour"), partial(Brand.of, colour=asked.colour)) or Brand()
    if asked.logo is not None:
        drawn = ledger.tried(("dossier", "logo"), partial(Brand.of, logo=ledger.file.find(asked.logo)))
        brand = replace(brand, logo=drawn.logo if drawn else "")
    if brand.notes:
        ledger.said["dossier"] = brand.notes
    return replace(brand, title=asked.title or "", subtitle=asked.subtitle or "")


def _earlier(ledger: Ledger, study: Study) -> dict[str, Study]:
    """Return the studies of earlier dates, keeping a problem for each that is not read or of another territory."""
    found: dict[str, Study] = {}
    for number, section in enumerate(ledger.settings.earlier):
        at = ("earlier", number, "path")
        try:
            each = load_study(ledger.file.find(section.path))
            check_one_territory({section.name: each}, study, study.title)
        except AccessmapError as error:
            ledger.add("studyfile_refused", *at, message=error)
        except OSError as error:
            ledger.add("studyfile_no_input", *at, path=str(error.filename), why=why_failed(error))
        else:
            found[section.name] = each
    return found


DOUBTED_TIMES = 2.0
"""How many times the legal population, or the reverse, the people of a file are doubted."""


def _check_people(ledger: Ledger, study: Study) -> None:
    """Keep a caution where the people counted are far from the legal population: thousands, or a decimal misread."""
    counted = study.counted
    people, legal = counted.loc[counted["in_territory"], ["population", "population_legal"]].sum()
    least, most = sorted((float(people), float(legal)))
    if 0 < DOUBTED_TIMES * least < most:
        told = {"people": Figure.of(people, digits=0), "legal": Figure.of(legal, digits=0)}
        ledger.cautions.append(ledger.file.problem("studyfile_caution_people", "residents", "path", **told))


def _check_plausible(ledger: Ledger, study: Study) -> pd.DataFrame:
    """Return the measures of the roads, keeping a problem, or a caution, for each beyond its bound."""
    accepted = set(ledger.settings.check.accept)
    unknown = sorted(accepted - set(NOTES))
    for name in unknown:
        near = near_matches(name, NOTES)
        ledger.add("studyfile_unknown_measure", "check", "accept", near=near, measure=name, known=", ".join(NOTES))
    category = category_of(study, list(study.scenarios.values()), ledger.settings.dossier.category)
    sites = study.services["category"] == category
    measured = plausibility(study, category if sites.any() else None)
    at = {mode: path for mode, (path, _) in ledger.settings.roads.by_mode.items()}
    for mode, verdict, note in doubts(measured, accepted):
        problem = ledger.file.problem(note.key, *at.get(mode, ("roads",)), **note.values)
        (ledger.problems if verdict == REFUSE else ledger.cautions).append(problem)
    return measured


def _study(
    ledger: Ledger,
    communes: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    networks: Mapping[str, RoadNetwork | Journeys],
    **more: Any,
) -> Study:
    """Return the whole study."""
    settings = ledger.settings
    thresholds = sorted(set(settings.study.thresholds))
    notes = [part for part in (*ledger.notes, *ledger.notes_said()) if len(part)]
    return Study(
        communes,
        residents,
        services,
        networks=networks,
        title=official_title(communes, settings.study.title, settings.study.territory),
        thresholds=tuple(int(each) if each == int(each) else each for each in thresholds),
        provenance=Provenance(tuple(dict.fromkeys(ledger.sources)), rule_of(settings)),
        notes=pd.concat(notes, ignore_index=True) if notes else pd.DataFrame(columns=list(NOTE_COLUMNS)),
        **more,
    )


def _look_for_files(ledger: Ledger) -> None:
    """Keep the problems of the files that are not there: without communes none of them can be read."""
    settings = ledger.settings
    paths: list[tuple[str | int, ...]] = [("services", n, "path") for n, _ in enumerate(settings.services)]
    paths += [("services", n, "accessibility") for n, _ in enumerate(settings.services)]
    paths += [("residents", "path")]
    paths += [(*at, name) for at, _ in settings.roads.by_mode.values() for name in ("path", "nodes", "edges")]
    paths += feeds(settings.transit) if settings.transit is not None else []
    paths += [(name, "path") for name in ("digital", "schools", "equipment")]
    for path in paths:
        if getattr(settings, str(path[0])) is not None and ledger.named(*path) is not None:
            ledger.tried(path, partial(ledger.found, *path))


def _check_categories(ledger: Ledger, known: set[str]) -> None:
    """Keep the problems of categories of the dossier that no service has."""
    dossier = ledger.settings.dossier
    asked: list[tuple[tuple[str | int, ...], str | None]] = [(("dossier", "category"), dossier.category)]
    asked += [(("dossier", "alongside", n), name) for n, name in enumerate(dossier.alongside or [])]
    if dossier.candidates != "mairie":
        asked.append((("dossier", "candidates"), dossier.candidates))
    for path, category in asked:
        if category is not None and category not in known:
            told = {"category": Categories.of([category]), "known": Categories.of(sorted(known))}
            ledger.add("studyfile_unknown_category", *path, near=near_matches(category, known), **told)


def _check_category_told(ledger: Ledger, study: Study) -> None:
    """Keep a problem where `Dossier.of` would not know which service it is about."""
    if any(place_of(problem).path[:1] in (("scenario",), ("scenarios",)) for problem in ledger.problems):
        return  # what they open would tell
    try:
        category_of(study, list(study.scenarios.values()), ledger.settings.dossier.category)
    except ScenarioError:
        known = Categories.of(sorted(set(study.services["category"])))
        ledger.add("studyfile_no_category", "dossier", "category", known=known)


def _follows(problem: Problem, known: Iterable[Problem]) -> bool:
    """Return whether a problem comes of one that was known before, in the same section (of services, the same file)."""
    path = place_of(problem).path
    depth = len(path[:2]) if path[:1] == ("services",) else 1
    return problem.key in FOLLOWS and any(place_of(each).path[:depth] == path[:depth] for each in known)
