"""A file that appears whole or not at all: written beside its place, then moved there."""

import os
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(text: str, path: Path) -> Path:
    """Write text as UTF-8 with Unix line ends, whole or not at all, and return its path; the folder must exist.

    Raises
    ------
    OSError
        Where it cannot be written; what was there before is then as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_whole("Chauny", Path(folder, "place.txt"))
    ...     [path.name for path in written.parent.iterdir()], written.read_text("utf-8")
    (['place.txt'], 'Chauny')
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
