"""Where the parts of a country are computed: in this process, in several of this machine, or on a Dask cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, cast

from accessmap.country.inputs import save_country
from accessmap.country.parts import Country
from accessmap.country.worker import FAILED, one_part
from accessmap.errors import OptionError, Problem
from accessmap.files import Drafts
from accessmap.roads.engine.threads import thread_count
from accessmap.words.notes import Note

States = dict[str, tuple[str, str]]
Done = Callable[[], None]
#: How often a part is tried whose worker was lost: one that takes too much memory is lost each time.
TRIES = 3
#: Of the free memory, what the workers may take together by the peak of the first.
SHARE_OF_MEMORY = 0.8


def here(country: Country, out: Path, done: Done) -> States:
    """Return the state of every territory, computed in this process one after the other."""
    states: States = {}
    for code in country.territories:
        states[code] = one_part(country, code, out)
        done()
    return states


def in_processes(country: Country, out: Path, done: Done, *, workers: int | None) -> States:
    """Return the state of every territory, computed by processes of this machine.

    Without a number of workers the first part is computed by one, and then as many work as fit in memory and cores.
    Ctrl-C lets each worker end its part; again, and they are killed.
    """
    with Drafts(out) as drafts:
        return _Team(save_country(country, drafts.path("inputs")), out, country.territories, done).run(workers)


def on_dask(country: Country, out: Path, done: Done, *, scheduler: str) -> States:
    """Return the state of every territory, computed by the workers of a Dask cluster that see the folder `out`."""
    try:
        import distributed
    except ImportError as error:
        raise OptionError(Problem("national_no_dask", value=scheduler)) from error
    from accessmap.country.worker import part_of

    dask: Any = distributed  # half of its functions have types
    states: States = {}
    with Drafts(out) as drafts, dask.Client(scheduler) as client:
        inputs = str(save_country(country, drafts.path("inputs")).absolute())
        asked = {
            client.submit(
                part_of, inputs, code, str(out.absolute()), key=f"accessmap-{code}-{drafts.path('').name}"
            ): code
            for code in country.territories
        }
        try:
            for future in dask.as_completed(asked):
                lost = future.exception()
                states[asked[future]] = future.result() if lost is None else (FAILED, f"{type(lost).__name__}: {lost}")
                done()
        except KeyboardInterrupt:
            client.cancel(list(asked))
            raise
    return states


def free_bytes() -> float:
    """Return the memory that is free on this machine, infinite where the system does not say it."""
    try:
        lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
    except OSError:
        return float("inf")
    return next((int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable")), float("inf"))


class _Team:
    """Workers, each with a thread that gives it one territory after the other."""

    def __init__(self, inputs: Path, out: Path, codes: list[str], done: Done) -> None:
        self.inputs, self.out, self.done = inputs, out, done
        self.codes: SimpleQueue[str] = SimpleQueue()
        for code in codes:
            self.codes.put(code)
        self.states: States = {}
        self.peak = 0
        self.first = threading.Event()
        self.stopped = False
        self.processes: list[subprocess.Popen[str]] = []

    def run(self, workers: int | None) -> States:
        threads = [threading.Thread(target=self._work, daemon=True)]
        try:
            threads[0].start()
            if workers is None:
                while not self.first.wait(0.2):  # so that Ctrl-C is heard
                    pass
                workers = min(thread_count(), self._fitting())
            for _ in range(min(workers, self.codes.qsize() + 1) - 1):
                threads.append(threading.Thread(target=self._work, daemon=True))
                threads[-1].start()
            self._wait(threads)
        except KeyboardInterrupt:
            self.stopped = True
            self._wait(threads)  # each ends its part: what is there is whole
            raise
        finally:
            for process in self.processes:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    with suppress(OSError):  # what was written to who is gone
                        cast("IO[str]", pipe).close()
        return self.states

    def _wait(self, threads: list[threading.Thread]) -> None:
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(0.2)

    def _fitting(self) -> int:
        return 1 + int(free_bytes() * SHARE_OF_MEMORY / self.peak) if self.peak else 1

    def _work(self) -> None:
        process = None
        while not self.stopped:
            try:
                code = self.codes.get_nowait()
            except Empty:
                break
            answer = None
            for _ in range(TRIES):
                process = process or self._started()
                answer = self._asked(process, code)
                if answer is not None or self.stopped:
                    break
                process = None  # lost: another tries
            lost = FAILED, str(Note("national_lost", tries=TRIES))
            self.states[code] = lost if answer is None else (str(answer["state"]), str(answer["error"]))
            self.peak = max(self.peak, int(answer["peak"]) if answer else 0)
            self.first.set()
            self.done()
        self.first.set()
        if process is not None:
            cast("IO[str]", process.stdin).close()
            process.wait()

    def _started(self) -> subprocess.Popen[str]:
        # A session of its own: Ctrl-C in the terminal is for who gives the work, and closing it for nobody.
        process = subprocess.Popen(  # noqa: S603 - this Python and this package
            [sys.executable, "-m", "accessmap.country.worker", str(self.inputs), str(self.out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "ACCESSMAP_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def _asked(self, process: subprocess.Popen[str], code: str) -> dict[str, str | int] | None:
        """Return what a worker answers, None where it is gone."""
        try:
            question, answer = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            question.write(f"{code}\n")
            question.flush()
            told: dict[str, str | int] | None = json.loads(answer.readline() or "null")
        except (OSError, ValueError):
            return None
        return told
