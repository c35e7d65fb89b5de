"""Keep one stray line of HiGHS out of the output, and nothing else."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

__all__ = ["without_stray_lines"]

# HiGHS 1.8 to 1.12 print this with printf, whatever its log options say, each time it repairs a solution.
_STRAY = b"HighsMipSolverData::transformNewIntegerFeasibleSolution"


class _Aside:
    """Standard output put aside in a file while any thread solves; shared, since it belongs to the whole process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.solving = 0
        self.saved = -1
        self.file: IO[bytes] | None = None

    def begin(self) -> None:
        with self.lock:
            if self.solving == 0:
                _flush()
                file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last thread is done
                self.saved = os.dup(1)
                os.dup2(file.fileno(), 1)
                self.file = file
            self.solving += 1

    def end(self) -> None:
        with self.lock:
            self.solving -= 1
            if self.solving or self.file is None:
                return
            _flush()
            os.dup2(self.saved, 1)
            os.close(self.saved)
            self.file.seek(0)
            for line in self.file:
                if not line.startswith(_STRAY):
                    _write(line)
            self.file.close()
            self.file = None


_ASIDE = _Aside()


@contextmanager
def without_stray_lines() -> Iterator[None]:
    """Within this block, put the process's standard output aside; then write all of it but the stray lines of HiGHS.

    What other threads print meanwhile comes late, and is not lost; a notebook's own output does not pass here at all.
    A process that another thread starts meanwhile would keep the file for its output: start it with one of its own.
    Where there is no standard output, or no way to flush C's, nothing is done.
    """
    if sys.platform == "win32":
        yield
        return
    try:
        _ASIDE.begin()
    except OSError:  # standard output is closed, or there is no room for a file
        yield
        return
    try:
        yield
    finally:
        _ASIDE.end()


def _write(line: bytes) -> None:
    while line:
        line = line[os.write(1, line) :]


def _flush() -> None:
    """Empty the buffers of Python and of C, so that each text goes where it was written to."""
    with suppress(OSError, ValueError, AttributeError):  # a stream without a file is none of ours
        if sys.stdout.fileno() == 1:
            sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
