"""A disk without room gives one AccessmapError that names the file; what was there stays."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from accessmap.dossier import Dossier
from accessmap.errors import AccessmapError, WriteError
from accessmap.files import write_whole
from accessmap.sample import load_sample


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file may have more than 4 kB: writing more fails, as on a disk that is full."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_full_disk_is_one_error_that_names_the_file(tmp_path: Path, no_room: None) -> None:
    path = write_whole("before", tmp_path / "a.html")
    with pytest.raises(WriteError, match=r"a\.html cannot be written \(File too large\): make room") as error:
        write_whole("x" * 100_000, path)
    assert (error.value.errno, error.value.filename) == (errno.EFBIG, str(path))
    assert "ne peut pas être écrit" in error.value.told("fr")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.html"]
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_network_is_not_saved_by_half(tmp_path: Path, no_room: None) -> None:
    with pytest.raises(AccessmapError, match=r"a\.roads cannot be written"):
        load_sample().network.save(tmp_path / "a.roads")
    assert os.listdir(tmp_path) == []


def test_study_is_not_saved_by_half(tmp_path: Path, toy_study, no_room: None) -> None:
    with pytest.raises(WriteError, match="study cannot be written"):
        toy_study.save(tmp_path / "study")
    assert os.listdir(tmp_path) == []


def test_dossier_is_not_saved_by_half(tmp_path: Path, toy_study, no_room: None) -> None:
    with pytest.raises(WriteError, match=r"d\.html cannot be written"):
        Dossier.of(toy_study, category="france_services").save(tmp_path / "d.html")
    assert os.listdir(tmp_path) == []


def test_name_with_a_nul(tmp_path: Path) -> None:
    with pytest.raises(AccessmapError, match="cannot be written"):
        write_whole("x", tmp_path / "a\0b")
