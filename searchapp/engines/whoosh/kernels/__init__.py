"""Compiled loops over arrays. They know nothing of articles or queries, and check no bounds: callers size every array."""

from __future__ import annotations

from typing import Any

from searchapp.analysis.compiled import kernel
from searchapp.engines.whoosh.kernels.stamps import use_stamps

use_stamps()

compiled: Any = kernel(nogil=True, error_model="numpy")
"""A kernel that may make arrays."""
bare: Any = kernel(nogil=True, error_model="numpy", _nrt=False)
"""A kernel that makes no arrays, so need not count references to those it is given.

Numba counts them, atomically, wherever an array comes out of a tuple or a name stands for another array than before. In a
kernel over posting lists, most of which are short, that was two thirds of the time.
"""
inlined: Any = kernel(nogil=True, error_model="numpy", _nrt=False, forceinline=True)
"""A bare kernel that becomes a part of those that call it: for a few instructions in the innermost loops."""
