"""What the system, a server or a parser said of a fault, in the reader's language: they speak English, or none of ours.

Inside brackets that a sentence always has; where it can do without them, :class:`~accessmap.words.notes.Aside`.
"""

import errno
import re
import tomllib
from typing import Final

from accessmap.categories import Lang
from accessmap.words.notes import Note

# Faults of files and of the network that a user meets, by the number of the system.
_KNOWN: Final = {
    errno.ENOENT: "system_absent",
    errno.ENOTDIR: "system_absent",
    errno.EACCES: "system_no_right",
    errno.EPERM: "system_no_right",
    errno.EROFS: "system_read_only",
    errno.EISDIR: "system_folder",
    errno.ENOSPC: "system_full",
    errno.EDQUOT: "system_full",
    errno.ENAMETOOLONG: "system_long_name",
    errno.EINVAL: "system_bad_name",
    errno.ECONNREFUSED: "system_refused",
    errno.ECONNRESET: "system_cut",
    errno.EPIPE: "system_cut",
    errno.ETIMEDOUT: "system_slow",
    errno.ENETUNREACH: "system_no_network",
    errno.EHOSTUNREACH: "system_no_network",
}
_LINE: Final = re.compile(r"\(at line (\d+)")


class _Said(Note):
    """What was said in English, and a sentence of ours in French."""

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, str]) -> str:
        said = values.get("said")
        return said if lang == "en" and said else super()._worded(key, lang, n, values)


def why_failed(error: BaseException | str) -> Note:
    """Return why something failed: English as it was said, French in our words.

    >>> why_failed(FileNotFoundError(errno.ENOENT, "No such file or directory")).told("fr")
    'il n’y a rien à ce nom'
    >>> why_failed(tomllib.TOMLDecodeError("Invalid value (at line 3, column 5)")).told("fr")
    'à la ligne 3'
    """
    import urllib.error  # loaded where something failed, not with the library

    if isinstance(error, urllib.error.HTTPError):
        return _Said("system_http", said=f"HTTP {error.code} {error.reason}", code=str(error.code))
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, BaseException):
        return why_failed(error.reason)
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    line = _LINE.search(text) if isinstance(error, tomllib.TOMLDecodeError) else None
    if line is not None:
        return _Said("system_line", said=text, line=line[1])
    return _Said(_key(error), said=text)


def _key(error: BaseException | str) -> str:
    import http.client
    import socket
    import ssl

    if isinstance(error, socket.gaierror):
        return "system_no_server"
    if isinstance(error, ssl.SSLError):
        return "system_certificate"
    if isinstance(error, TimeoutError):
        return "system_slow"
    if isinstance(error, ConnectionError) and error.errno is None:
        return "system_cut"
    if isinstance(error, OSError) and error.errno in _KNOWN:
        return _KNOWN[error.errno]
    if isinstance(error, http.client.HTTPException):
        return "system_cut"
    return "system_not_utf8" if isinstance(error, UnicodeDecodeError) else "system_other"
