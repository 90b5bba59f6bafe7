"""Compiled loops over arrays. They know nothing of articles or queries, and check no bounds: callers size every array."""

from __future__ import annotations

from functools import partial
from typing import Any

from numba import njit

from searchapp.engines.whoosh.kernels.stamps import use_stamps

use_stamps()

compiled: Any = partial(njit, cache=True, nogil=True, error_model="numpy")
"""A kernel that may make arrays."""
bare: Any = partial(njit, cache=True, nogil=True, error_model="numpy", _nrt=False)
"""A kernel that makes no arrays, so need not count references to those it is given.

Numba counts them, atomically, wherever an array comes out of a tuple or a name stands for another array than before. In a
kernel over posting lists, most of which are short, that was two thirds of the time.
"""
