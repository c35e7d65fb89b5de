"""Shared fixtures: where the real data is, and what is said when it is not there."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real data, or a skip that says how to bring it."""
    folder = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found in {folder}: set ACCESSMAP_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def real_data(data_folder: Path) -> Path:
    """Folder of the whole Aisne: communes, mairies, roads, census grid and published figures."""
    return data_folder / "pays-chaunois"
