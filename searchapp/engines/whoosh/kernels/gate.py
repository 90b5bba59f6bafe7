"""Whether one document passes a request's filters: for those who look at few of the matches.

A *gate* is the address of a table of int64: `GATE`, then for each plane of each facet that is filtered `PLANE`. 0 lets everything
pass. What they mean is told in `kernels.filtering`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, inlined
from searchapp.engines.whoosh.kernels.memory import i32, i64, prefetch, u8, u64

GATE = (
    "hidden", "data", "step", "dated", "low", "high", "first", "first_bits", "last", "last_bits", "flags", "planes",
)  # fmt: skip
"""Address of one byte a document, not 0 for those that may not be seen (0: all may); of the codes, and their bytes a document;
whether days are a filter, the first and last ones as codes, the planes of articles' first and last days; address of the flags;
number of planes."""
HIDDEN, DATA, STEP, DATED, LOW, HIGH, BEGUN, BEGUN_BITS, ENDED, ENDED_BITS, FLAGS, PLANES = range(len(GATE))
PLANE = 4
"""At which bit of a document's codes it is, the bits of a code, where in the flags its code 0 is, and the rule or 0."""
CHOSEN, EXCLUDED = 1, 2


@inlined
def code_at(codes: Any, at: Any, bits: Any) -> Any:
    """The code of a plane; ``codes`` is the address of a document's."""
    return np.int64(u64(codes + (at >> 3)) >> np.uint64(at & 7) & (np.uint64(1) << np.uint64(bits)) - np.uint64(1))


@bare
def passes(gate: Any, doc: Any) -> Any:
    """Whether a document may be seen, and passes all filters."""
    if gate == 0:
        return True
    hidden, codes = i64(gate, HIDDEN), i64(gate, DATA) + i64(gate, STEP) * doc
    if hidden != 0 and u8(hidden, doc) != 0:
        return False
    if i64(gate, DATED):
        if code_at(codes, i64(gate, ENDED), i64(gate, ENDED_BITS)) < i64(gate, LOW):
            return False
        if code_at(codes, i64(gate, BEGUN), i64(gate, BEGUN_BITS)) > i64(gate, HIGH):
            return False
    plane, flags, found = gate + 8 * len(GATE), i64(gate, FLAGS), np.int64(0)
    for _ in range(i64(gate, PLANES)):
        found |= u8(flags, i64(plane, 2) + code_at(codes, i64(plane, 0), i64(plane, 1)))
        rule = i64(plane, 3)
        if rule:
            if found & EXCLUDED or (rule == 2 and not found & CHOSEN):
                return False
            found = np.int64(0)
        plane += 8 * PLANE
    return True


@bare
def approach(gate: Any, docs: Any, count: Any) -> None:
    """Have what `passes` reads of some documents (int32, at an address) fetched: waiting for each one's takes long."""
    data, step = i64(gate, DATA), i64(gate, STEP)
    for number in range(count):
        prefetch(data + step * i32(docs, number))
