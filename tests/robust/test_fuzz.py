"""Thousands of damaged files, the same ones each time: each is refused in words of ours, or read as what it says.

Of every reader one small file (tests/robust/inputs.py) is damaged (damage.py), three quarters as often as is written
there; ``FUZZ_TIMES=10`` tries ten times what is written, ``FUZZ_SEED`` others, ``FUZZ_ONLY`` names the files, and
``FUZZ_KEEP`` a folder for those that end badly.
"""

from __future__ import annotations

import os
import random
import time
import zlib
from collections import Counter
from pathlib import Path

import pytest
from inputs import Answer, Input, inputs

from accessmap.errors import AccessmapError

TIMES = float(os.environ.get("FUZZ_TIMES", "0.75"))
ONLY = tuple(os.environ.get("FUZZ_ONLY", "").split(","))  # beginnings of names
KEEP = os.environ.get("FUZZ_KEEP", "")
SEED = int(os.environ.get("FUZZ_SEED", "13"))
MOST_SECONDS, MOST_BYTES = 20.0, 1_000_000_000


def _peak() -> int:
    """Memory of this process at its highest since the last call, in bytes; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


@pytest.fixture
def cases(toy_study) -> dict[str, Input]:
    return {each.file: each for each in inputs(toy_study) if each.file.startswith(ONLY)}


def tries(case: Input) -> int:
    return max(1, round(case.times * TIMES))


def test_there_are_enough_of_them(cases: dict[str, Input]) -> None:
    assert sum(tries(each) for each in cases.values()) >= 3_000 or ONLY != ("",)


def end_of(case: Input, content: bytes, folder: Path, before: Answer) -> tuple[str, str | None]:
    """How a damaged file ends, "refused" or "read", and what is wrong with that."""
    room, start = _peak(), time.perf_counter()
    try:
        now = case.answer(content, folder)
    except AccessmapError as error:
        end, wrong = "refused", None if str(error) and error.told("fr") else "is refused without a word"
    except Exception as error:  # what is looked for
        end, wrong = "failed", f"{type(error).__name__}: {str(error)[:200]}"
    else:
        end, wrong = "read", case.judge(case.content, content, before, now)
    took, more = time.perf_counter() - start, _peak() - room
    if took > MOST_SECONDS or more > MOST_BYTES:
        wrong = f"took {took:.0f} s and {more / 1e6:.0f} MB"
    return end, wrong


def test_damaged_files_are_refused_or_read_as_what_they_say(cases: dict[str, Input], tmp_path: Path) -> None:
    found = []
    ends: Counter[str] = Counter()
    for name, case in cases.items():
        before = case.answer(case.content, tmp_path)
        rng = random.Random(SEED + zlib.crc32(name.encode()))
        for number in range(tries(case)):
            kind = rng.choice(sorted(case.damages))
            content = case.damages[kind](case.content, random.Random(rng.random()))
            end, wrong = end_of(case, content, tmp_path, before)
            ends[end] += 1
            if wrong is not None:
                found.append(f"{name} {number} ({kind}): {wrong}")
                if KEEP:
                    Path(KEEP, f"{number}-{name}").write_bytes(content)
    assert not found, f"{len(found)} of {sum(ends.values())}:\n" + "\n".join(found[:200])
    assert min(ends["refused"], ends["read"]) > len(cases), ends
