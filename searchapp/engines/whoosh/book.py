"""Where the arrays of a set are, and a request's filters, as tables of addresses: how kernels get them in one number.

A table keeps what it points to alive. `kernels.lists.BOOK` and `kernels.gate.GATE` say what stands in which place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels.lists import BODY_BITS, LONG_BODY, LONG_TITLE

_SOME = np.zeros(8, np.uint64)


class Addresses:
    """A table of int64: numbers, and the addresses of arrays."""

    def __init__(self, items: Sequence[NDArray[Any] | int]) -> None:
        self._kept = items
        self._table = np.array([item if isinstance(item, int) else address(item) for item in items], np.int64)
        self.at = address(self._table)
        """Its own address."""


def address(items: NDArray[Any]) -> int:
    """Of an array's first item; of an empty one, that of some bytes, for runs of width 0 are read, too."""
    found: int = (items if items.size else _SOME).ctypes.data
    return found


def mask_or_none(mask: NDArray[np.uint8]) -> NDArray[np.uint8] | int:
    """0 for an empty mask, which stands for one of zeros."""
    return mask if len(mask) else 0


def made(names: Sequence[str], items: Mapping[str, NDArray[Any] | int]) -> Addresses:
    """A table with an item in each place."""
    return Addresses([items[name] for name in names])


def packed_lengths(first: NDArray[np.uint32] | None, second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Documents' lengths in two parts in 32 bits each, as `kernels.lists` reads them: an eighth of what their rows take."""
    found = np.minimum(second, np.uint32(LONG_BODY))
    if first is not None:
        found |= np.minimum(first, np.uint32(LONG_TITLE)) << np.uint32(BODY_BITS)
    return found
