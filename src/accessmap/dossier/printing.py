"""A page as PDF, printed by the browser that is there; it is given no network, no profile and an end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from html import unescape
from pathlib import Path
from typing import Final

from accessmap.errors import Problem, WriteError
from accessmap.files import write_whole
from accessmap.words.system import why_failed

BROWSER: Final = "ACCESSMAP_BROWSER"
"""The variable that names the browser to print with, by its path or its name on the PATH."""
SECONDS: Final = 180.0
# Those that print without a window, as they are called on the PATH.
NAMES: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge", "brave-browser", "brave"),
)
# Where their installers put them: under these folders of Windows, and among the programs of macOS.
WINDOWS: Final = (
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
    r"BraveSoftware\Brave-Browser\Application\brave.exe",
    r"Chromium\Application\chrome.exe",
)
MACOS: Final = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser")
ALONE: Final = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no name resolves: nothing is fetched
    "--no-pdf-header-footer",
    "--print-to-pdf-no-header",  # the same, before version 113
)
# The hour that Chromium writes into a PDF, in as many bytes as any other.
WRITTEN: Final = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}[^)]{7}\)")


def browsers() -> Iterator[str]:
    """Yield the browsers that can print, the one that is named first; where one is named, no other."""
    if named := os.environ.get(BROWSER):
        yield from filter(None, [shutil.which(named)])
        return
    for name in NAMES:
        if found := shutil.which(name):
            yield found
    for place in _usual():
        if place.is_file():
            yield str(place)


def _usual() -> Iterator[Path]:
    if sys.platform == "win32":
        for folder in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"):
            if home := os.environ.get(folder):
                yield from (Path(home, each) for each in WINDOWS)
    elif sys.platform == "darwin":
        for programs in (Path("/Applications"), Path("~/Applications").expanduser()):
            yield from (programs / f"{name}.app/Contents/MacOS/{name}" for name in MACOS)
    else:
        yield Path("/snap/bin/chromium")


def print_page(page: Path, path: str | os.PathLike[str], *, day: date, seconds: float = SECONDS) -> Path:
    """Print a page of ours as PDF, whole or not at all, and return its path.

    Parameters
    ----------
    page
        The HTML; it loads nothing from outside.
    path
        Of the PDF; folders are made.
    day
        The day that the PDF bears.
    seconds
        How long a browser may take.

    Raises
    ------
    WriteError
        Where no browser is found, or none of them prints in time; it says how to print by hand.
    """
    why = ""
    for browser in browsers():
        with tempfile.TemporaryDirectory(prefix="accessmap-", ignore_cleanup_errors=True) as folder:
            made = Path(folder, "page.pdf")
            why = _printed(browser, page, made, Path(folder, "profile"), seconds)
            if why:
                continue
            content = made.read_bytes()
        return write_whole(WRITTEN.sub(rf"/\1 (D:{day:%Y%m%d}000000+00'00')".encode(), content), path)
    if named := os.environ.get(BROWSER):
        raise WriteError(Problem("print_failed" if why else "print_not_there", name=named, variable=BROWSER, why=why))
    key = "print_failed" if why else "print_no_browser"
    raise WriteError(Problem(key, name="Chromium", variable=BROWSER, why=why))


def _printed(browser: str, page: Path, made: Path, profile: Path, seconds: float) -> str:
    """Print a page and return why it could not be; nothing where it was."""
    options = [*ALONE, f"--user-data-dir={profile}", f"--print-to-pdf={made}", page.absolute().as_uri()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.insert(0, "--no-sandbox")  # it has none for root, as in a container; the page is ours
    try:
        # A group of its own: what it starts ends with it.
        job = subprocess.Popen(  # noqa: S603 - a browser that is there, and options of ours
            [browser, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return why_failed(error)
    try:
        code = job.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"{seconds:g} s"
    finally:
        _end(job)
    return "" if _is_whole(made, page) else f"{Path(browser).name}: {code}"


def _is_whole(made: Path, page: Path) -> bool:
    """Return whether a PDF is of this page, to its end: of one that it may not read, a browser prints the fault."""
    if not made.is_file():
        return False
    content, shown = made.read_bytes(), re.search(r"<title>(.*?)</title>", page.read_text("utf-8"), re.DOTALL)
    title = unescape(shown[1]) if shown else ""
    plain = re.sub(r"([()\\])", r"\\\1", title).encode("latin-1", "replace")
    named = (b"<FEFF" + title.encode("utf-16-be").hex().upper().encode() + b">", b"(" + plain + b")")
    return (
        content.startswith(b"%PDF-")
        and b"%%EOF" in content[-32:]
        and any(b"/Title " + each in content for each in named)
    )


def _end(job: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            job.kill()
        else:
            os.killpg(job.pid, signal.SIGKILL)
    with suppress(OSError):
        job.wait()
