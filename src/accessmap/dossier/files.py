"""A page as a file: written whole or not at all, dated, and closed to the outside by its own policy."""

import os
from base64 import b64encode
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from accessmap.wholefile import write_whole

__all__ = ["policy", "today", "write"]


def write(page: str, target: Path) -> Path:
    """Write a page whole or not at all; folders are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(page, target)


def policy(style: str, script: str = "") -> str:
    """Return the Content-Security-Policy: nothing from outside, our style and script by hash."""

    def hashed(code: str) -> str:
        return "'sha256-" + b64encode(sha256(code.encode()).digest()).decode("ascii") + "'" if code else "'none'"

    return (
        f"default-src 'none'; img-src data:; style-src {hashed(style)}; script-src {hashed(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def today() -> date:
    """Return the day a page is dated: SOURCE_DATE_EPOCH (reproducible-builds.org), or today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else datetime.now().astimezone().date()
