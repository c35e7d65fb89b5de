"""Files that appear whole or not at all, written beside their place and moved there; and where caches are."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from accessmap.errors import AccessmapError, Problem, StudyError, WriteError

TOML_BYTES = 4_000_000
"""The most that a study, scenarios or a programme may have: a hundred times the longest seen."""
JSON_BYTES = 200_000_000
"""The most that the record of a dossier or of a saved study may have: ten times the longest seen."""
TOML_TABLES = 5_000  # headers of tables and scenarios in one file
TOML_PARTS = 50  # of one key with points
# A key, quoted or not, at the start of a line or of an inline table, up to its last part.
TOML_KEY = re.compile(
    r"""(?:^|[\[{,])[ \t]*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*)){50}""", re.MULTILINE
)


def check_input(path: str | os.PathLike[str], *, most: int | None = None) -> Path:
    """Return the path of a file that may be read: a plain file, no larger than `most` bytes.

    Every file that accessmap reads goes through here: a pipe or a device would never end.

    Raises
    ------
    OSError
        Where there is none, its name cannot be one, it is a folder, a pipe or a device, or it is too large.
    """
    try:
        found = os.stat(path)
        str(path).encode()
    except ValueError as error:  # NUL, or bytes that are no UTF-8
        shown = str(path).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        raise OSError(errno.EINVAL, "its name is no text that a file can have: rename it", shown) from error
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, and no file", str(path))
    if most is not None and found.st_size > most:
        told = f"it has {found.st_size:,} bytes, more than the {most:,} that are read"
        raise OSError(errno.EFBIG, told, str(path))
    return Path(path)


def is_input(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a file that may be read, as :func:`check_input` has it.

    >>> is_input("a" * 300)
    False
    """
    try:
        check_input(path)
    except OSError:
        return False
    return True


def file_of(path: str | os.PathLike[str]) -> Path:
    """Return the file of a path, without what is meant of it: of "lots.zip!communes.csv", where there is no such file.

    >>> file_of("nowhere.zip!communes.csv")
    PosixPath('nowhere.zip!communes.csv')
    """
    before, mark, after = str(path).partition("!")
    return Path(before) if mark and after and not is_input(path) and is_input(before) else Path(path)


def read_toml(path: str | os.PathLike[str]) -> str:
    """Return the text of a TOML file, with or without the mark of UTF-8.

    Raises
    ------
    OSError, UnicodeDecodeError
        As :func:`check_input`, or where it is not UTF-8.
    """
    return check_input(path, most=TOML_BYTES).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    OSError, ValueError
        As :func:`check_input`, or where it is no JSON in UTF-8, or nested so deep that none is meant.
    """
    try:
        return json.loads(check_input(path, most=JSON_BYTES).read_bytes().decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("It is nested too deeply") from error


def parsed_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises
    ------
    tomllib.TOMLDecodeError
        Where it is not TOML, or so deep, long or large that no study is meant.

    Examples
    --------
    >>> parsed_toml("a = " + "[" * 5000)
    Traceback (most recent call last):
    tomllib.TOMLDecodeError: It is nested too deeply
    """
    if text.count("\n[") > TOML_TABLES:
        raise tomllib.TOMLDecodeError(f"It has more than {TOML_TABLES:,} tables: make several files of it")
    if match := TOML_KEY.search(text):
        line = text.count("\n", 0, match.end()) + 1
        raise tomllib.TOMLDecodeError(f"A key of more than {TOML_PARTS} parts (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("It is nested too deeply") from error
    except ValueError as error:  # Python turns no more than 4,300 digits into a number
        raise tomllib.TOMLDecodeError(f"A number is too long ({error})") from error


@dataclass(frozen=True)
class Written:
    """A file that was written, and whether another of its name was there before."""

    path: Path
    replaced: bool


ASIDE = ".accessmap-"
#: Seconds after which a folder aside is left behind, whoever made it.
_FORGOTTEN = 7 * 24 * 3600


def _machine() -> str:
    return hashlib.blake2b(platform.node().encode(), digest_size=4).hexdigest()


def folder_aside(home: Path) -> Path:
    """Return a new hidden folder for drafts, on the disk of `home`; its name says which process of which machine."""
    return Path(tempfile.mkdtemp(prefix=f"{ASIDE}{_machine()}-{os.getpid()}-", dir=home))


def _remove_left_behind(home: Path) -> None:
    """Remove the folders aside of runs that were killed: their process is gone, or a week has passed.

    One that holds "old" is kept: it may be all that is left of a study that was being replaced.
    """
    with suppress(OSError):
        for path in home.glob(f"{ASIDE}*"):
            with suppress(OSError):
                old = time.time() - path.stat().st_mtime > _FORGOTTEN
                kept = path.is_symlink() or not path.is_dir() or (path / "old").exists()
                if not kept and (old or _killed(path.name)):
                    shutil.rmtree(path, ignore_errors=True)


def _killed(name: str) -> bool:
    machine, _, rest = name.removeprefix(ASIDE).partition("-")
    number = rest.partition("-")[0]
    if machine != _machine() or not number.isdecimal() or sys.platform == "win32":  # where to ask is to interrupt
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # there, but of another user
        return False
    return False


class Drafts:
    """A folder of drafts beside the folder where they will go, as a context; what was not placed is removed.

    Parameters
    ----------
    folder
        Where the files go; made when they are placed.
    overwrite
        Whether a file of the same name may be replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with Drafts(Path(home, "out")) as drafts:
    ...         _ = drafts.path("a.txt").write_text("a")
    ...         written = drafts.place()
    ...     [(each.path.name, each.replaced) for each in written], [path.name for path in Path(home).iterdir()]
    ([('a.txt', False)], ['out'])
    """

    def __init__(self, folder: str | Path, *, overwrite: bool = True) -> None:
        self.folder = Path(folder)
        self.overwrite = overwrite

    def __enter__(self) -> Drafts:
        home = self.folder.absolute()
        while not home.is_dir():  # beside: on the same disk, so that a move is one step
            if home.exists():
                raise StudyError(Problem("studyfile_not_a_folder", path=str(home)))
            home = home.parent
        for place in {home, self.folder.absolute().parent}:  # where drafts of an earlier run of this folder may lie
            _remove_left_behind(place)
        self._aside = folder_aside(home)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)

    def path(self, name: str) -> Path:
        """Return where to write a draft."""
        return self._aside / name

    def check_free(self, *names: str) -> None:
        """Raise where a file is there already and may not be replaced.

        Raises
        ------
        StudyError
            With the names of all such files.
        """
        taken = [name for name in names if (self.folder / name).exists()]
        if taken and not self.overwrite:
            key = "studyfile_taken" if len(taken) == 1 else "studyfile_taken_several"
            raise StudyError(Problem(key, names=", ".join(taken), folder=str(self.folder)))

    def place(self) -> list[Written]:
        """Move every draft into the folder and return what was written, by name."""
        drafts = sorted(self._aside.iterdir())
        self.check_free(*(draft.name for draft in drafts))
        self.folder.mkdir(parents=True, exist_ok=True)
        written = []
        for draft in drafts:
            target = self.folder / draft.name
            written.append(Written(target, target.exists()))
            draft.replace(target)
        return written


@contextmanager
def draft_of(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give where to write a file that appears whole at `path` when all went well, or not at all; folders are made.

    Raises
    ------
    WriteError
        An OSError: where it cannot be written; what was there before is then as it was.
    """
    path = Path(path)
    draft = None
    try:
        with Drafts(path.parent) as drafts:
            draft = drafts.path(path.name)
            yield draft
            draft = None
            drafts.place()
    except OSError as error:
        # What another file refuses while this one is written is no fault of this one.
        if isinstance(error, AccessmapError) or (draft and error.filename and not _within(error.filename, draft)):
            raise
        raise WriteError.of(str(path), error) from error
    except ValueError as error:  # a NUL in its name
        if "null" not in str(error):
            raise
        raise WriteError.of(str(path).replace("\0", "\\x00"), OSError(errno.EINVAL, str(error))) from error


def _within(path: str, folder: Path) -> bool:
    return folder in (Path(path), *Path(path).parents)


def write_whole(content: str | bytes, path: str | os.PathLike[str]) -> Path:
    """Write bytes, or text as UTF-8 with Unix line ends, whole or not at all, and return the path; folders are made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_whole("Chauny", Path(folder, "place.txt"))
    ...     [path.name for path in written.parent.iterdir()], written.read_text("utf-8")
    (['place.txt'], 'Chauny')
    """
    with draft_of(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return Path(path)


def cache_folder() -> Path:
    """Return the folder of what can be made again: ``ACCESSMAP_CACHE``, or `accessmap` in the system's caches."""
    if asked := os.environ.get("ACCESSMAP_CACHE"):
        return Path(asked)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = _home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")
    return base / "accessmap"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # an account without a home
        return Path(tempfile.gettempdir())
