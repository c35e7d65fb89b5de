"""One file of the web, whole or not at all: resumed where it was cut, bounded in time and size, asked for once."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from accessmap.errors import Problem, SourceError
from accessmap.files import is_input, read_json, write_whole
from accessmap.words.notes import Note
from accessmap.words.system import why_failed

AGENT = "accessmap (one request at a time, kept 30 days)"
ATTEMPTS = 4
PAUSE_SECONDS = 2.0  # doubled after each failure
STALLED_SECONDS = 30.0
KEPT_DAYS = 30
REDIRECTS = 5
BUSY = {408, 429, 500, 502, 503, 504}
PART = 1 << 16

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, of how many where the server says it."""


@dataclass(frozen=True)
class Kept:
    """A file of the web on disk.

    Parameters
    ----------
    path
        Where it is.
    address
        What was asked for.
    day
        When it was, YYYY-MM-DD.
    sha256
        Of what came.
    """

    path: Path
    address: str
    day: str
    sha256: str


def download(
    address: str,
    folder: Path,
    *,
    most_bytes: int,
    seconds: float,
    progress: Progress | None = None,
) -> Kept:
    """Return a file of the web, from the folder where it was kept within the last 30 days, else asked for now.

    What came before a connection was cut stays beside it, and the server is asked for the rest, if what it has is still
    the same; a server that takes no ranges begins again.

    Parameters
    ----------
    address
        http or https; it may only be redirected to https, or to http from http.
    folder
        Of what is kept.
    most_bytes, seconds
        Bounds of the whole.
    progress
        Told what has come.

    Raises
    ------
    SourceError
        Where it cannot be had: moved, refused, cut four times, too large or too slow.
    """
    check_address(address)
    path = folder / hashlib.sha256(address.encode()).hexdigest()[:24]
    told = path.with_suffix(".json")
    if is_input(path) and is_input(told):
        known = read_json(told)
        if known["sha256"] == _sha256(path) and (date.today() - date.fromisoformat(known["day"])).days <= KEPT_DAYS:
            return Kept(path, **known)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".begun")  # no draft: it stays, for the next run to go on with
    _insist(address, part, most_bytes, time.monotonic() + seconds, progress)
    known = {"address": address, "day": date.today().isoformat(), "sha256": _sha256(part)}
    part.replace(path)
    write_whole(json.dumps(known), told)
    path.with_suffix(".validator").unlink(missing_ok=True)
    return Kept(path, **known)


def check_address(address: str, *, plain: bool = True) -> None:
    """Refuse an address that is neither https, nor http where that may be.

    Raises
    ------
    SourceError
        Where it is another.
    """
    if urlsplit(address).scheme not in (("http", "https") if plain else ("https",)):
        raise SourceError(Problem("download_address", where=address))


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = REDIRECTS

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        check_address(newurl, plain=req.type == "http")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _insist(address: str, part: Path, most_bytes: int, until: float, progress: Progress | None) -> None:
    """Bring the whole of it, asked again while the server is busy, cannot be reached or cuts off."""
    why = Note.plain("")
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(max(0, min(PAUSE_SECONDS * 2 ** (attempt - 1), until - time.monotonic())))
        try:
            return _receive(address, part, most_bytes, until, progress)
        except urllib.error.HTTPError as error:
            why = why_failed(error)
            error.close()
            if error.code == 416:  # what is here is not the beginning of what is there
                part.unlink(missing_ok=True)
            elif error.code not in BUSY:
                break
        except _CutError:
            why = Note("download_cut")
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, SourceError):
                raise
            why = why_failed(error)
    raise SourceError(Problem("download_failed", where=address, why=why))


class _CutError(Exception):
    """Fewer bytes came than were promised."""


def _receive(address: str, part: Path, most_bytes: int, until: float, progress: Progress | None) -> None:
    """Receive the file, or the rest of it."""
    beside = part.with_suffix(".validator")
    have = part.stat().st_size if is_input(part) and is_input(beside) else 0
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    known = beside.read_text(encoding="utf-8") if have else ""
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": known}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - scheme checked
    with urllib.request.build_opener(_Redirects).open(request, timeout=STALLED_SECONDS) as response:
        validator = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        begins = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        resumed = response.status == 206 and begins and validator == known
        have = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        _check_size(address, part, total or 0, most_bytes)
        if not resumed:  # in this order: what is left of another file never stands beside the mark of this one
            beside.unlink(missing_ok=True)
            part.write_bytes(b"")
            if response.status == 206:  # a part of what is no more: the next attempt asks for the whole
                raise _CutError
            if validator and not validator.startswith("W/"):
                beside.write_text(validator, encoding="utf-8")
        with part.open("ab") as file:
            while piece := response.read1(PART):
                have += len(piece)
                _check_size(address, part, have, most_bytes)
                if time.monotonic() > until:
                    raise SourceError(Problem("download_slow", where=address))
                file.write(piece)
                if progress is not None:
                    progress(have, total)
    if total is not None and have != total:
        raise _CutError


def _check_size(address: str, part: Path, size: int, most: int) -> None:
    if size > most:
        part.unlink(missing_ok=True)
        raise SourceError(Problem("download_large", where=address, most=f"{most / 1e6:,.0f}"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
