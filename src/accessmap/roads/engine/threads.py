"""Work on several cores: compiled kernels let go of the interpreter lock, so plain threads are enough."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Self, TypeVar

_Result = TypeVar("_Result")

#: Parts of a job for each thread: several, so that no thread waits long for the slowest part.
_PARTS = 4


def thread_count() -> int:
    """Return the threads to use: as many cores as this process may run on, or ``ACCESSMAP_THREADS``."""
    asked = os.environ.get("ACCESSMAP_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


class Team:
    """Threads that share a job by contiguous parts; results come back in the order of the parts.

    Parameters
    ----------
    threads
        How many; by default `thread_count()`.

    Examples
    --------
    >>> with Team(2) as team:
    ...     sum(team.run(lambda part: sum(range(100)[part]), 100))
    4950
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or thread_count()
        self._executor: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def run(
        self, work: Callable[[slice], _Result], count: int, *, least: int = 1, most: int | None = None
    ) -> list[_Result]:
        """Return what `work` returns for each slice of ``range(count)``.

        Each holds at least about `least` items, and at most about `most`: between two slices Ctrl-C is heard.
        """
        if not count:
            return []
        parts = min(self.threads * _PARTS, count // max(least, 1))
        parts = max(parts, -(-count // most) if most else 1)
        slices = [slice(a, b) for a, b in pairwise(count * part // parts for part in range(parts + 1)) if a < b]
        if self.threads == 1 or len(slices) < 2:
            return [work(part) for part in slices]
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="accessmap")
        return list(self._executor.map(work, slices))
