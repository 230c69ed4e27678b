"""Compilation of loops over pixels, the only file that knows numba.

Compiled code is kept in ``__pycache__``; it frees the GIL and divides without checking for zero.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numba


def function(loops: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers and arrays at its first call."""
    return _compiled(loops, fastmath=False)


def reordered(loops: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function whose sums may be taken in another order, so that they run on vector units.

    Infinities and NaN keep their meaning. The order depends on the processor, never on the run.
    """
    return _compiled(loops, fastmath={"reassoc", "contract", "nsz", "arcp"})


def _compiled(loops: Callable[..., Any], *, fastmath: bool | set[str]) -> Callable[..., Any]:
    bare = inspect.unwrap(loops)  # the tests' shape checker wraps every function, and numba compiles no wrapper
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    try:
        compiled: Callable[..., Any] = numba.njit(bare, cache=True, **settings)
    except RuntimeError:  # neither the folder nor the home can be written to: compiled anew in each process
        compiled = numba.njit(bare, **settings)
    return compiled
