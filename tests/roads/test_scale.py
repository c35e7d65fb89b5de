"""What reading and opening roads cost, node by node: Porto, and a million nodes tiled from it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "reading.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_reading_and_opening_stay_within_what_a_node_may_cost(data_folder: Path) -> None:
    asked = [sys.executable, BENCHMARK, "--tiles", "4"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=600).stdout
    found = re.search(r"this one: ([\d.]+) µs and (\d+) bytes", told)
    opened = re.search(r"load of ([\d,]+) nodes .*: [\d.]+ s, ([\d.]+) of the processor", told)
    assert found, told
    assert opened, told
    # Twice what an idle machine takes: 3.5 µs, 75 bytes, 0.2 s a million nodes.
    assert float(found[1]) < 7, told
    assert int(found[2]) < 150, told
    assert float(opened[2]) / int(opened[1].replace(",", "")) < 0.4e-6, told
