"""The study that a study.toml names: every table read, every problem of all of them told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.dossier.results import category_of
from accessmap.errors import AccessmapError, ScenarioError
from accessmap.provenance import Provenance, Source
from accessmap.roads.readers.tables import file_sha256
from accessmap.study.scenario import Scenario
from accessmap.study.study import NOTE_COLUMNS, Study
from accessmap.studyfile import plans, sections
from accessmap.studyfile.plans import Plans
from accessmap.studyfile.problems import Problem, StudyFileError
from accessmap.studyfile.reading import StudyFile, read_settings
from accessmap.words.near import near_matches

if TYPE_CHECKING:
    from accessmap.programme import Programme
    from accessmap.studyfile.settings import Credit

__all__ = ["Loaded", "communes_of", "load_study", "loaded"]


# What is missing where a section with a wrong value was left out, and what a reader says that lost an option.
FOLLOWS = ("no_services", "residents_need_mairies", "roads_need_mairies", "refused")


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
    cautions
        What makes the minutes longer than they are: services that are not in the data. They are notes of the study too.
    """

    study: Study
    said: Mapping[str, tuple[str, ...]]
    programme: Programme | None = None
    cautions: tuple[Problem, ...] = ()


def load_study(path: str | Path) -> Study:
    r"""Return the study that a study.toml names.

    docs/command_line.md lists every section and key. Paths are relative to the file.

    Raises
    ------
    StudyFileError
        With every problem of the settings, or of all the tables that they name: line, key, value and remedy.

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
    return loaded(read_settings(path)).study


def loaded(
    file: StudyFile,
    *,
    scenarios_from: Path | None = None,
    for_dossier: bool = False,
    known: Iterable[Problem] = (),
) -> Loaded:
    r"""Return the study of settings that have been read.

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

    Raises
    ------
    StudyFileError
        With every problem of all the tables.

    Examples
    --------
    >>> from accessmap.studyfile import settings_of
    >>> loaded(settings_of(Path("study.toml"), "[communes]\nsample = true\n")).programme is None
    True
    """
    return Loading(file, scenarios_from or file.path, known).whole(for_dossier=for_dossier)


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
    loading = Loading(file, file.path)
    communes = sections.communes_of(loading)
    if communes is None or loading.problems:
        raise StudyFileError(file.path.name, loading.problems)
    return communes


class Loading:
    """The tables of one study.toml on their way, with the problems met so far; what hangs on a lost one is left."""

    def __init__(self, file: StudyFile, scenarios_from: Path, known: Iterable[Problem] = ()) -> None:
        self.file = file
        self.settings = file.settings
        self.scenarios_from = scenarios_from
        self.problems: list[Problem] = list(known)
        self.plans: list[Plans] = []
        self.cautions: list[Problem] = []
        self.said: dict[str, tuple[str, ...]] = {}
        self.sources: list[Source] = []
        self.notes: list[pd.DataFrame] = []

    def whole(self, *, for_dossier: bool) -> Loaded:
        """Return the study, or raise with every problem of all of its tables."""
        known = list(self.problems)
        lost = {problem.key[:1] for problem in known}  # what hangs on what was lost before is not told again
        scenarios = plans.scenarios_of(self)
        communes = sections.communes_of(self)
        services = sections.services_of(self, communes) if communes is not None else None
        homes = network = None
        more: dict[str, pd.DataFrame] = {}
        if communes is not None:
            homes = self.tried(("residents",), partial(sections.residents_of, self, communes, services))
            network = self.tried(("roads",), partial(sections.network_of, self, communes, services))
            more = sections.tables_of(self, communes, services)
            plans.check_plans(self, communes, services if ("services",) not in lost else None)
        else:
            self.look_for_files()
        programme = plans.programme_of(self)
        study: Study | None = None
        if communes is not None and homes is not None and services is not None and network is not None:
            make = partial(self.study, communes, homes, services, network, scenarios, more)
            study = self.tried(("study",), make)
        if study is not None:
            study = plans.with_programme(self, study, programme)
            plans.check_carried_out(self, study)
        if services is not None and ("services",) not in lost:
            self.check_categories(set(services["category"]))
        if study is not None and for_dossier and not {("dossier",), ("services",)} & lost:
            self.check_category_told(study)
        self.problems = [each for each in self.problems if each in known or not _follows(each, known)]
        if self.problems or study is None:
            raise StudyFileError(self.file.path.name, sorted(self.problems, key=lambda problem: problem.place))
        lang = self.settings.study.lang
        study = replace(study, cautions=tuple(each.sentence(lang) for each in self.cautions))
        return Loaded(study, MappingProxyType(self.said), programme, tuple(self.cautions))

    def tried(self, key: tuple[str | int, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` returns, or None after keeping the problem that it raised under this key."""
        try:
            return make()
        except StudyFileError as error:
            self.problems += error.problems
        except AccessmapError as error:
            self.problems.append(self.file.problem("refused", *key, message=str(error)))
        except OSError as error:
            self.problems.append(self.file.problem("no_file", *key, path=str(error.filename), why=error.strerror or ""))
        return None

    def found(self, *key: str | int) -> Path:
        """Return the file that a key names, and keep its source; StudyFileError where there is no such file."""
        name = self._at(*key)
        path = self.file.find(str(name))
        if not path.is_file():
            beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
            near = near_matches(path.name, beside)
            why = {"path": str(path), "folder": str(path.parent)}
            raise StudyFileError(self.file.path.name, [self.file.problem("no_data_file", *key, near=near, **why)])
        return path

    def _at(self, *key: str | int) -> object:
        found: Any = self.settings
        for part in key:
            found = found[part] if isinstance(part, int) else getattr(found, part)
        return found

    def credit(self, path: Path, credit: Credit | None) -> Source:
        """Return the source of a file, as the settings credit it or by its name."""
        told = credit.model_dump() if credit else {}
        named = {**told, "title": told.get("title") or path.name, "publisher": told.get("publisher") or path.name}
        blank = {"licence": "", "vintage": ""}
        return Source(**{**blank, **named, "sha256": file_sha256(path)})

    def keep(self, section: str, path: Path, credit: Credit | None, table: pd.DataFrame) -> None:
        """Keep what a reader said, and the source of its file."""
        self.said[section] = tuple(table.attrs.get("read_notes", ()))
        self.sources.append(self.credit(path, credit))

    def study(
        self,
        communes: gpd.GeoDataFrame,
        residents: gpd.GeoDataFrame,
        services: gpd.GeoDataFrame,
        network: Any,
        scenarios: Mapping[str, Scenario],
        more: Mapping[str, Any],
    ) -> Study:
        """Return the whole study."""
        rule = sections.rule_of(self.settings)
        thresholds = sorted(set(self.settings.study.thresholds))
        notes = [part for part in self.notes if len(part)]
        return Study(
            communes,
            residents,
            services,
            network,
            title=self.settings.study.title or sections.title_of(communes),
            thresholds=tuple(int(each) if each == int(each) else each for each in thresholds),
            scenarios=scenarios,
            provenance=Provenance(tuple(dict.fromkeys(self.sources)), rule),
            notes=pd.concat(notes, ignore_index=True) if notes else pd.DataFrame(columns=list(NOTE_COLUMNS)),
            **more,
        )

    def look_for_files(self) -> None:
        """Keep the problems of the files that are not there: without communes none of them can be read."""
        settings = self.settings
        keys: list[tuple[str | int, ...]] = [("services", n, "path") for n, each in enumerate(settings.services)]
        keys += [("residents", "path"), *(("roads", name) for name in ("path", "nodes", "edges"))]
        keys += [(name, "path") for name in ("digital", "schools", "equipment")]
        for key in keys:
            section = getattr(settings, str(key[0]))
            if section is not None and self._at(*key) is not None:
                self.tried(key, partial(self.found, *key))

    def check_categories(self, known: set[str]) -> None:
        """Keep the problems of categories of the dossier that no service has."""
        asked: list[tuple[tuple[str | int, ...], str | None]] = [
            (("dossier", "category"), self.settings.dossier.category)
        ]
        asked += [(("dossier", "alongside", n), name) for n, name in enumerate(self.settings.dossier.alongside or [])]
        for place, category in asked:
            if category is not None and category not in known:
                told = {"category": category, "known": ", ".join(sorted(known))}
                near = near_matches(category, known)
                self.problems.append(self.file.problem("unknown_category", *place, near=near, **told))

    def check_category_told(self, study: Study) -> None:
        """Keep a problem where `Dossier.of` would not know which service it is about."""
        if any(problem.key[:1] in (("scenario",), ("scenarios",)) for problem in self.problems):
            return  # what they open would tell
        try:
            category_of(study, list(study.scenarios.values()), self.settings.dossier.category)
        except ScenarioError:
            known = ", ".join(sorted(set(study.services["category"])))
            self.problems.append(self.file.problem("no_category", "dossier", "category", known=known))


def _follows(problem: Problem, known: Iterable[Problem]) -> bool:
    """Return whether a problem comes of one that was known before, in the same section (of services, the same file)."""
    depth = len(problem.key[:2]) if problem.key[:1] == ("services",) else 1
    return problem.reason in FOLLOWS and any(each.key[:depth] == problem.key[:depth] for each in known)
