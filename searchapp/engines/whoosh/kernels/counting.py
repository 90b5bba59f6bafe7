"""Kernels that count codes over documents. `searchapp.engines.whoosh.columns` says what the codes are.

``data`` has ``step`` bytes for each document. A plane is at which bit of them its code is, the bits of a code, and where in
the counts the number of its code 0 is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.bits import load
from searchapp.engines.whoosh.layout import FIRST, MONTH, WORDS

TOGETHER = 256
"""Documents counted plane after plane before the next ones: what is read of them stays in the nearest cache."""


@bare
def count(docs: Any, data: Any, step: Any, planes: Any, low: Any, high: Any, counts: Any) -> None:
    """Count the codes of documents in the planes ``low`` to ``high``. Unsigned indices: numba wraps others around."""
    for first in range(0, docs.shape[0], TOGETHER):
        end = min(first + TOGETHER, docs.shape[0])
        for p in range(low, high):
            at, shift, base = planes[p, 0] >> 3, np.uint64(planes[p, 0] & 7), np.uint64(planes[p, 2])
            mask = (np.uint64(1) << np.uint64(planes[p, 1])) - np.uint64(1)
            for number in range(first, end):
                word = load(data, step * np.int64(docs[number]) + at)
                counts[base + (word >> shift & mask)] += np.int32(1)


@bare
def spread(counts: Any, base: Any, filler: Any, members: Any, ends: Any) -> None:
    """Count sets as their members instead. The facet's counts begin at ``base``, its sets come after ``filler``."""
    for s in range(ends.shape[0] - 1):
        number = counts[base + filler + 1 + s]
        if number > 0:
            for place in range(ends[s], ends[s + 1]):
                counts[base + np.int64(members[place])] += number
            counts[base + filler + 1 + s] = np.int32(0)


@bare
def largest(counts: Any, facets: Any, most: Any, out: Any) -> None:
    """Of each facet, given where its counts begin and its number of values, the ``most`` most frequent values.

    The largest counts above 0, of equal ones the earlier first. A row of ``out``: how many these are, the sum of all values'
    counts, that of place 0 (articles that have none); then the places, then as many counts.
    """
    for f in range(facets.shape[0]):
        base, held, total = facets[f, 0], 0, np.int64(0)
        for place in range(1, facets[f, 1] + 1):
            number = np.int64(counts[base + place])
            total += number
            if number == 0 or (held == most and number <= out[f, 2 + most + held]):
                continue
            at = held if held < most else held - 1
            held = min(held + 1, most)
            while at > 0 and out[f, 2 + most + at] < number:
                out[f, 3 + at], out[f, 3 + most + at] = out[f, 2 + at], out[f, 2 + most + at]
                at -= 1
            out[f, 3 + at], out[f, 3 + most + at] = place, number
        out[f, 0], out[f, 1], out[f, 2] = held, total, np.int64(counts[base])


@bare
def count_days(docs: Any, rows: Any, base: Any, begun: Any, exact: Any) -> None:
    """Count dated documents by the first day of their period, ``begun[first - base]``, and those exact by day in ``exact``."""
    for doc in docs:
        row = np.int64(doc) * WORDS
        grain = rows[row + MONTH] >> np.uint32(16) & np.uint32(0xFF)
        if grain > 0:
            day = np.int64(rows[row + FIRST]) - base
            begun[day] += np.int32(1)
            exact[day] += np.int32(grain == 3)


@bare
def remaining(docs: Any, live: Any, out: Any) -> Any:
    """Those of ``live`` that are not in ``docs``, which are some of them, both ascending; gives their number."""
    at, held, last = 0, 0, docs.shape[0] - 1
    for doc in live:
        out[held] = doc
        here = docs[min(at, last)] == doc
        at += here
        held += not here
    return held
