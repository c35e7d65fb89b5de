"""One worker: computes the parts that it is told, one after the other; `python -m accessmap.country.worker INPUTS OUT`.

It reads a code of a territory a line, and answers each with a line of JSON: state, error, and its peak of memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from accessmap.country.inputs import load_country
from accessmap.country.parts import Country, is_whole, write_part

KEPT, COMPUTED, FAILED = "kept", "computed", "failed"


def one_part(country: Country, code: str, out: Path) -> tuple[str, str]:
    """Return the state of a territory after it was looked at, and computed where it was not whole; and what failed."""
    try:
        if is_whole(country, code, out):
            return KEPT, ""
        write_part(country, code, out)
    except Exception as error:  # whatever it is, the other territories can do without this one
        return FAILED, f"{type(error).__name__}: {error}"
    return COMPUTED, ""


def part_of(inputs: str, code: str, out: str) -> tuple[str, str]:
    """Return the same of a country that lies in a folder: nothing large goes through who asks."""
    return one_part(load_country(Path(inputs)), code, Path(out))


def peak_bytes() -> int:
    """Return the most memory that this process has had, 0 where the system does not say it."""
    try:  # Linux counts in `ru_maxrss` what the process that started this one had then
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(inputs: str, out: str) -> None:
    """Answer every line of standard input."""
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may speak between the answers
    for line in sys.stdin:
        state, error = part_of(inputs, line.strip(), out)
        answers.write(json.dumps({"state": state, "error": error, "peak": peak_bytes()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
