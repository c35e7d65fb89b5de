"""Files appear whole or not at all, and there is one folder of caches."""

import os
import re
import sys
from pathlib import Path

import processes
import pytest

import accessmap
from accessmap import files
from accessmap.errors import StudyError


def test_a_draft_takes_its_place_when_all_went_well(tmp_path):
    place = tmp_path / "new" / "a.txt"
    with files.draft_of(place) as draft:
        draft.write_text("a")
        assert not place.exists()
    assert place.read_text() == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert [path.name for path in place.parent.iterdir()] == ["a.txt"]


def test_a_draft_that_fails_leaves_what_was_there(tmp_path):
    place = files.write_whole("before", tmp_path / "a.txt")
    with pytest.raises(IsADirectoryError), files.draft_of(place) as draft:
        (draft.write_text("half"), tmp_path.write_text(""))
    assert place.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


KILLED = """
import os, signal, sys
from accessmap import files
with files.Drafts(sys.argv[1]) as drafts:
    drafts.path("a.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process is asked there")
@pytest.mark.parametrize("there", [True, False])
def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path, there):
    out = tmp_path / "out"
    if there:
        out.mkdir()
    processes.run(sys.executable, "-c", KILLED, str(out))
    assert len(list(tmp_path.rglob(".accessmap-*"))) == 1
    out.mkdir(exist_ok=True)
    mine = files.folder_aside(out)  # of a process that lives
    other, forgotten, last_copy = (out / f".accessmap-{name}" for name in ("0abc", "1abc", "2abc"))
    for folder in (other, forgotten, last_copy):
        folder.mkdir()
    (last_copy / "old").mkdir()
    for folder in (forgotten, last_copy):
        os.utime(folder, (0, 0))
    files.write_whole("whole", out / "a.txt")
    assert sorted(tmp_path.rglob(".accessmap-*")) == sorted([mine, other, last_copy])


def test_text_is_utf8_with_unix_line_ends_and_bytes_are_as_they_are(tmp_path):
    assert files.write_whole("é\n", tmp_path / "a").read_bytes() == b"\xc3\xa9\n"
    assert files.write_whole(b"\r\n", str(tmp_path / "b")).read_bytes() == b"\r\n"


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(StudyError, match="is a file"):
        files.write_whole("", tmp_path / "a" / "b.txt")


def test_caches_are_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCESSMAP_CACHE", str(tmp_path))
    assert files.cache_folder() == tmp_path
    monkeypatch.delenv("ACCESSMAP_CACHE")
    assert files.cache_folder().name == "accessmap"


def test_no_other_file_writes_drafts_or_finds_caches():
    ours = re.compile(r"mkdtemp|mkstemp|NamedTemporaryFile|\.part\"|os\.replace|ACCESSMAP_CACHE\"|XDG_CACHE_HOME")
    home = Path(accessmap.__file__).parent
    found = {path.relative_to(home).as_posix() for path in home.rglob("*.py") if ours.search(path.read_text("utf-8"))}
    assert found == {"files.py"}
