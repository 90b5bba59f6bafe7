"""Whether one document passes a request's filters: for those who look at few of the matches.

A *gate* is the address of a table of int64: `GATE`, then for each facet that is filtered its column in a row, where its flags
begin and its number of values. 0 lets everything pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.memory import i32, i64, prefetch, u8, u32
from searchapp.engines.whoosh.layout import FIRST, LAST, MONTH, WORDS

GATE = ("hidden", "dated", "low", "high", "rows", "filters", "flags", "sets", "ends", "set_bases")
"""Address of one byte a document, not 0 for those that may not be seen (0: all may); whether days ``low`` to ``high`` are a
filter; of ``rows``; number of facets that are filtered; addresses of the flags, of the members of sets of values
(`View.facet_sets`), where these end, each facet's first."""
HIDDEN, DATED, LOW, HIGH, ROWS, FILTERS, FLAGS, SETS, ENDS, SET_BASES = range(len(GATE))
WIDTH = len(GATE)
CHOSEN, EXCLUDED = 1, 2
"""A value's flags. Place 0 of a facet's is for articles without a value, the one after its values tells whether any is chosen."""


@bare
def flags_of(gate: Any, flags: Any, column: Any, values: Any, place: Any) -> Any:
    """The flags of all values that a row's number in a facet column stands for."""
    if place <= values:
        return u8(flags, place)
    found = np.int64(0)
    at = i64(gate, ENDS) + 8 * (i64(i64(gate, SET_BASES), column) + place - values - 1)
    for member in range(i64(at, 0), i64(at, 1)):
        found |= u8(flags, u32(i64(gate, SETS), member))
    return found


@bare
def passes(gate: Any, doc: Any) -> Any:
    """Whether a document may be seen, and passes all filters."""
    if gate == 0:
        return True
    hidden, row = i64(gate, HIDDEN), i64(gate, ROWS) + 4 * WORDS * doc
    if hidden != 0 and u8(hidden, doc) != 0:
        return False
    if i64(gate, DATED):
        if u32(row, MONTH) >> 16 & 0xFF == 0:
            return False
        last, first = u32(row, LAST), u32(row, FIRST)
        if last < i64(gate, LOW) or first > i64(gate, HIGH):
            return False
    at = gate + 8 * WIDTH
    for _ in range(i64(gate, FILTERS)):
        column, flags, values = i64(at, 0), i64(gate, FLAGS) + i64(at, 1), i64(at, 2)
        found = flags_of(gate, flags, column, values, u32(row, column))
        if found & EXCLUDED or (u8(flags, values + 1) and not found & CHOSEN):
            return False
        at += 24
    return True


@bare
def approach(gate: Any, docs: Any, count: Any) -> None:
    """Have what `passes` reads of some documents (int32, at an address) fetched: waiting for each of their rows takes long."""
    rows = i64(gate, ROWS)
    for number in range(count):
        prefetch(rows + 4 * WORDS * i32(docs, number))
