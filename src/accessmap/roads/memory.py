"""Memory that reading leaves behind: given back, rather than kept by the allocators for whatever comes later."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa


@contextmanager
def given_back() -> Iterator[None]:
    """Have Arrow take what it needs from the C library, and give all that is free at the end back to the system.

    The pool that Arrow brings keeps a part for each of its threads.
    """
    pool = pa.default_memory_pool()
    own = pool.backend_name != "system"
    if own:  # else it is so already, perhaps in another thread
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        if own:
            pa.set_memory_pool(pool)
        trim()


def trim() -> None:
    """Give what is free back to the system, where the C library can (glibc)."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
