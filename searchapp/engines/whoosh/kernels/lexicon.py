"""Sorted lists of byte strings, searched where they are mapped: binary search, globs, and forms a few edits away.

A list is ``blob`` (uint8), one item after the other, and ``ends`` (uint32), where each item ends; items begin ``gap`` bytes after
the end of the one before (1 where a line feed stands between them, else 0), the first at 0. Items are in the order of their
bytes, which for UTF-8 is that of code points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def compare(blob: Any, start: Any, end: Any, key: Any) -> Any:
    """Whether the item ``blob[start:end]`` stands before ``key`` (-1), at it (0) or after it (1)."""
    size = min(end - start, key.shape[0])
    for place in range(size):
        if blob[start + place] != key[place]:
            return -1 if blob[start + place] < key[place] else 1
    if end - start == key.shape[0]:
        return 0
    return -1 if end - start < key.shape[0] else 1


@njit(cache=True, nogil=True)
def begin(ends: Any, gap: Any, number: Any) -> Any:
    """Where an item begins."""
    return np.int64(ends[number - 1]) + gap if number > 0 else np.int64(0)


@njit(cache=True, nogil=True)
def lower_bound(blob: Any, ends: Any, gap: Any, key: Any) -> Any:
    """How many items stand before ``key``: the number of the first that is it or after it."""
    low, high = np.int64(0), np.int64(ends.shape[0])
    while low < high:
        middle = (low + high) >> 1
        if compare(blob, begin(ends, gap, middle), np.int64(ends[middle]), key) < 0:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def lower_bound_ordered(blob: Any, ends: Any, order: Any, key: Any) -> Any:
    """The same for items without gaps in any order, of which ``order`` gives the sorted one."""
    low, high = np.int64(0), np.int64(order.shape[0])
    while low < high:
        middle = (low + high) >> 1
        number = np.int64(order[middle])
        if compare(blob, begin(ends, 0, number), np.int64(ends[number]), key) < 0:
            low = middle + 1
        else:
            high = middle
    return low
