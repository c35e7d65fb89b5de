"""What is kept while the tables of a study.toml are read: problems, notes, sources, and what readers said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from accessmap.errors import AccessmapError, Problem
from accessmap.files import file_of, is_input
from accessmap.provenance import Source
from accessmap.read.database import Database
from accessmap.roads.readers.tables import file_sha256
from accessmap.study.study import said_rows
from accessmap.studyfile.problems import StudyFileError, dotted
from accessmap.studyfile.reading import StudyFile
from accessmap.words.near import near_matches
from accessmap.words.system import why_failed

if TYPE_CHECKING:
    from accessmap.studyfile.settings import Credit, Settings


class Ledger:
    """The problems, notes and sources of one study.toml, as its tables are read one after the other.

    `cautions` are what makes the minutes longer than they are; `said` is what readers said they did, by section.
    """

    def __init__(self, file: StudyFile, known: Iterable[Problem] = ()) -> None:
        self.file = file
        self.problems: list[Problem] = list(known)
        self.cautions: list[Problem] = []
        self.said: dict[str, tuple[str, ...]] = {}
        self.sources: list[Source] = []
        self.notes: list[pd.DataFrame] = []

    @property
    def settings(self) -> Settings:
        """What the study.toml says."""
        return self.file.settings

    def add(self, key: str, *path: str | int, near: Iterable[str] = (), **values: Any) -> None:
        """Keep one more problem: the key of its sentence, and the path of the key that is wrong."""
        self.problems.append(self.file.problem(key, *path, near=near, **values))

    def tried(self, path: tuple[str | int, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` returns, or None after keeping the problem that it raised under this path."""
        try:
            return make()
        except StudyFileError as error:
            self.problems += error.problems
        except AccessmapError as error:
            self.add("studyfile_refused", *path, message=error)
        except OSError as error:
            self.add("studyfile_no_input", *path, path=str(error.filename), why=why_failed(error))
        return None

    def found(self, *path: str | int) -> Path | Database:
        """Return the file, or the table of a database, that a key names; StudyFileError where there is no such file."""
        found = self.file.source(str(self.named(*path)))
        if not isinstance(found, Database) and not is_input(file_of(found)):
            beside = [each.name for each in found.parent.iterdir()] if found.parent.is_dir() else []
            near = near_matches(found.name, beside)
            raise self.file.refused("studyfile_no_data_file", *path, near=near, path=str(found))
        return found

    def read(self, path: tuple[str | int, ...], read: Callable[[Path | Database], Any]) -> Any:
        """Return what is read from the file that a key names, or None after keeping its problem."""
        return self.tried(path, lambda: read(self.found(*path)))

    def named(self, *path: str | int) -> object:
        """Return what the settings say at a path."""
        found: Any = self.settings
        for part in path:
            found = found[part] if isinstance(part, int) else getattr(found, part)
        return found

    def credit(self, path: Path | Database, credit: Credit | None, *of: str, **known: str) -> Source:
        """Return the source of a file: as the settings credit it, else as is `known` of it, else by its name."""
        told = credit.model_dump(exclude_none=True) if credit else {}
        named = {**known, **{name: value for name, value in told.items() if value}}
        blank = {"title": path.name, "publisher": path.name, "licence": "", "vintage": ""}
        return Source(**{**blank, **named, "sha256": file_sha256(path), "of": of})

    def beside(self, table: pd.DataFrame, name: str, *path: str | int, of: Iterable[str] = ()) -> None:
        """Keep the source of a file that filled columns of a table, as the settings or its reader credit it."""
        known = table.attrs.get("beside", {}).pop(name, {})
        credit = getattr(self.named(*path[:1]), f"{name}_source", None)
        self.sources.append(self.credit(self.found(*path), credit, name.partition(".")[0], *of, **known))

    def table(
        self,
        path: tuple[str | int, ...],
        credit: Credit | None,
        read: Callable[[Path | Database], pd.DataFrame],
        *more: str,
    ) -> Any:
        """Return the table of the file that a key names, or None; what its reader said is kept, and its source.

        `more` is what else of the study comes from it.
        """
        table = self.read(path, read)
        if table is not None:
            self.said[dotted(path[:-1])] = tuple(table.attrs.pop("read_notes", ()))
            name = str(path[0])
            of = [f"services.{kind}" for kind in table["category"].unique()] if name == "services" else [name]
            vintage = str(table.attrs.get("vintage", ""))
            self.sources.append(self.credit(self.found(*path), credit, *of, *more, vintage=vintage))
        return table

    def notes_said(self) -> list[pd.DataFrame]:
        """Return what readers said they did as notes of a study, each sentence of a table once."""
        rows: dict[str, dict[str, None]] = {}
        for section, sentences in self.said.items():
            if section != "dossier":  # of how it looks, not of its data
                rows.setdefault(re.split(r"[.[]", section)[0], {}).update(dict.fromkeys(sentences))
        return [said_rows(table, sentences) for table, sentences in rows.items()]
