"""Whether this machine has compiled the kernels before.

That is a mark in the cache folder, by the source of the kernels and their compiler. A mark that is wrong costs
time, never a result: too much is compiled at once, or a job is searched that need not be.
"""

import platform
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path


@cache
def _mark() -> str:
    digest = blake2b(digest_size=12)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    digest.update(f"{version('numba')} {platform.python_version()} {platform.machine()} {platform.node()}".encode())
    return f"{digest.hexdigest()}.compiled"


def remembered(folder: Path) -> bool:
    """Return whether the kernels were compiled before."""
    return (folder / _mark()).exists()


def remember(folder: Path) -> None:
    """Note that the kernels are compiled."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _mark()).touch()
