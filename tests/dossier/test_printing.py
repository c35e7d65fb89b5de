"""A PDF is printed by the browser that is there, whole or not at all; where there is none a sentence says how."""

import os
import shutil
import stat
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from accessmap.dossier.printing import BROWSER, MACOS, WINDOWS, browsers, print_page
from accessmap.errors import WriteError

PAGE = "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>{title}</title></head><body><h1>Chauny</h1>"
BY_HAND = "Ctrl+P et «\xa0Enregistrer au format PDF\xa0»"
DAY = date(2026, 1, 2)
WRITE = "pathlib.Path(next(a[15:] for a in sys.argv if a.startswith('--print-to-pdf='))).write_bytes"
posix = pytest.mark.skipif(os.name != "posix", reason="a browser of ours is a script")


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(title="Accès &amp; écarts (Chauny)"), encoding="utf-8")
    return path


@pytest.fixture
def called(tmp_path, monkeypatch):
    """What stands for a browser: a program of a few lines."""

    def make(body: str) -> None:
        path = tmp_path / "own-browser"
        path.write_text(f"#!{sys.executable}\nimport sys, time, pathlib\n{body}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv(BROWSER, str(path))

    return make


def refusal(page, **options):
    path = page.with_name("a.pdf")
    with pytest.raises(WriteError) as error:
        print_page(page, path, day=DAY, **options)
    assert not path.exists()
    return error.value.told("fr")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium here")
def test_a_page_is_printed_twice_alike_under_the_day_it_is_given(page, tmp_path, monkeypatch):
    monkeypatch.setenv(BROWSER, "chromium")
    paths = [print_page(page, tmp_path / "out" / name, day=DAY) for name in ("a.pdf", "b.pdf")]
    content = paths[0].read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"(D:20260102000000+00'00')") == 2
    assert content == paths[1].read_bytes()
    page.unlink()
    assert BY_HAND in refusal(page)  # what is not there is no PDF of a fault


def test_without_a_browser_it_is_said_how_to_print(page, monkeypatch):
    monkeypatch.delenv(BROWSER, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("accessmap.dossier.printing._usual", lambda: iter(()))
    told = refusal(page)
    assert told.startswith("Pas de PDF\xa0: ni Chromium, ni Chrome, ni Edge, ni Brave n’a été trouvé")
    assert BY_HAND in told


def test_a_browser_that_is_named_and_not_there_is_named_in_the_refusal(page, monkeypatch):
    monkeypatch.setenv(BROWSER, "no-such-browser")
    assert "ACCESSMAP_BROWSER nomme «\xa0no-such-browser\xa0»" in refusal(page)


@posix
def test_a_browser_that_never_ends_is_ended(page, called):
    called("time.sleep(60)")
    start = time.monotonic()
    assert "(0.5 s)" in refusal(page, seconds=0.5)
    assert time.monotonic() - start < 20


@posix
@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "sys.exit(3)",
        f"{WRITE}(b'%PDF-1.4 cut')",
        f"{WRITE}(b'%PDF-1.4 /Title (Access denied) %%EOF')",
    ],
)
def test_what_is_no_whole_pdf_of_the_page_is_refused(page, called, body):
    called(body)
    assert "le navigateur n’a pas imprimé" in refusal(page)


def test_usual_places_of_windows_and_macos_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.delenv(BROWSER, raising=False)
    monkeypatch.setenv("PATH", "")
    edge = tmp_path / Path(*WINDOWS[1].split("\\"))
    edge.parent.mkdir(parents=True)
    edge.touch()
    monkeypatch.setenv("ProgramFiles", str(tmp_path))
    monkeypatch.setattr("accessmap.dossier.printing.WINDOWS", [each.replace("\\", "/") for each in WINDOWS])
    monkeypatch.setattr(sys, "platform", "win32")
    assert str(edge) in list(browsers())
    home = tmp_path / "Applications" / f"{MACOS[0]}.app" / "Contents" / "MacOS" / MACOS[0]
    home.parent.mkdir(parents=True)
    home.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert str(home) in list(browsers())
