"""The real timetable that several files of tests ask."""

from pathlib import Path

import pytest

import accessmap as am


@pytest.fixture(scope="session")
def ter(data_folder: Path) -> am.Timetable:
    """Trains and coaches of the SNCF's TER, of early 2025: read once, for it is read-only."""
    return am.Timetable.from_gtfs(data_folder / "gtfs" / "ter_sncf_2025-01.zip", licence="ODbL")
