"""Rows of what is sorted and weighed by: columns to rows and back. `layout.ROW` has the format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.layout import ROW, WORDS

_RECORD = np.dtype(
    {
        "names": [column.name for column in ROW],
        "formats": [column.dtype for column in ROW],
        "offsets": [column.at for column in ROW],
        "itemsize": 4 * WORDS,
    }
)
NAMES = tuple(column.name for column in ROW)


def packed(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.uint32]:
    """The rows of some columns."""
    table = np.zeros(len(columns["instant"]), _RECORD)
    for name in NAMES:
        table[name] = columns[name]
    return table.view(np.uint32)


def unpacked(rows: NDArray[np.uint32]) -> dict[str, NDArray[Any]]:
    """The columns of rows, as views of them. Raises ValueError for half a row."""
    table = rows.view(_RECORD)
    return {name: table[name] for name in NAMES}
