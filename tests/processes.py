"""Programs that tests start: each has an end, and takes Ctrl-C even where the suite runs with it ignored."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

SECONDS = 300


def run(*command: str, check: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and return what it printed."""
    return subprocess.run(
        command, check=check, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, **options
    )


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run this Python."""
    return run(sys.executable, *arguments, **options)


@contextmanager
def started(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program, and kill it when the block ends, or when time is up."""
    # What is ignored here (nohup, `make test &`) would stay ignored there: only a handler falls back to the default.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    finally:
        signal.signal(signal.SIGINT, before)
    end = Timer(SECONDS, job.kill)
    end.start()
    with job:
        try:
            yield job
        finally:
            end.cancel()
            job.kill()
