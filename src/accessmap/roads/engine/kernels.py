"""How kernels are compiled: once, kept on disk where a folder can be written, and free of the interpreter lock."""

from collections.abc import Callable
from typing import Any

import numba as nb


def kernel(function: Callable[..., Any]) -> Any:
    """Return `function` compiled when first called.

    numba keeps the machine code beside the source, else in the user's cache folder or ``NUMBA_CACHE_DIR``; where
    none can be written it refuses to cache, and the kernel is compiled anew in each process.
    """
    try:
        return nb.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return nb.njit(nogil=True)(function)
