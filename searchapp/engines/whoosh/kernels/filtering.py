"""Kernels that filter documents by their codes. `searchapp.engines.whoosh.columns` says what the codes are.

Common arguments: ``data`` has ``step`` bytes for each document; a plane is at which bit of them its code is, and the bits of a
code. ``days``: 1 when days are a filter, the first and last one as codes, and the planes of articles' first and last days.
``planes``: of each facet that has a filter each plane, where in ``flags`` its code 0 is, and 0 or, at the last one, the facet's
rule: 1 to pass what is not excluded, 2 when a value must be chosen too. ``flags``: 1 for chosen values, 2 for excluded ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.bits import load

TOGETHER = 256
"""Documents filtered test after test before the next ones."""


@bare
def seen(docs: Any, first: Any, end: Any, hidden: Any, data: Any, step: Any, days: Any, left: Any) -> Any:
    """The places, from ``first`` to ``end``, of documents that may be seen and are of the days asked for; gives their number."""
    held = 0
    if days[0]:
        low, high = np.uint64(days[1]), np.uint64(days[2])
        at, shift, mask = days[3] >> 3, np.uint64(days[3] & 7), (np.uint64(1) << np.uint64(days[4])) - np.uint64(1)
        to, other, its = days[5] >> 3, np.uint64(days[5] & 7), (np.uint64(1) << np.uint64(days[6])) - np.uint64(1)
        for number in range(first, end):
            own = step * np.int64(docs[number])
            begun, ended = load(data, own + at) >> shift & mask, load(data, own + to) >> other & its
            left[held] = number
            held += np.int64(begun <= high) & np.int64(ended >= low)
    else:
        for number in range(first, end):
            left[number - first] = number
        held = end - first
    if hidden.shape[0] > 0:
        every, held = held, 0
        for number in range(every):
            left[held] = left[number]
            held += hidden[docs[left[number]]] == 0
    return held


@bare
def passing(
    docs: Any, scores: Any, hidden: Any, data: Any, step: Any, days: Any, planes: Any, flags: Any,
    left: Any, found: Any, state: Any, single: Any, failed: Any,
) -> Any:  # fmt: skip
    """Move the matches that pass all filters to the front of ``docs``, and ``scores`` if any; gives how many, and of the others.

    The others are those that fail exactly one facet's filter and nothing else: they are put into ``single``, and which facet's
    it is into ``failed``. ``left``, ``found`` and ``state`` are working arrays of `TOGETHER`: places, flags, failed tests
    + 256 × facet's number. Without a branch on what a document has, as nobody can guess it.
    """
    kept, others, scored = 0, 0, scores.shape[0] > 0
    for first in range(0, docs.shape[0], TOGETHER):
        size, facet = seen(docs, first, min(first + TOGETHER, docs.shape[0]), hidden, data, step, days, left), 0
        for number in range(size):
            state[number] = np.int32(0)
            found[number] = np.uint8(0)
        for p in range(planes.shape[0]):
            at, shift, base, rule = planes[p, 0] >> 3, np.uint64(planes[p, 0] & 7), np.uint64(planes[p, 2]), planes[p, 3]
            mask = (np.uint64(1) << np.uint64(planes[p, 1])) - np.uint64(1)
            for number in range(size):
                found[number] |= flags[base + (load(data, step * np.int64(docs[left[number]]) + at) >> shift & mask)]
            if rule:
                unchosen, fails = np.int32(rule == 2), np.int32(1 + 256 * facet)
                for number in range(size):
                    flag = np.int32(found[number])
                    state[number] += fails * (flag >> np.int32(1) | (unchosen & ~flag))
                    found[number] = np.uint8(0)
                facet += 1
        for number in range(size):
            failing, doc = state[number] & np.int32(255), docs[left[number]]
            docs[kept] = doc
            if scored:
                scores[kept] = scores[left[number]]
            single[others], failed[others] = doc, state[number] >> np.int32(8)
            kept += failing == 0
            others += failing == 1
    return kept, others


@bare
def flag_sets(flags: Any, filler: Any, members: Any, ends: Any) -> None:
    """Flag the sets of a facet, which come after ``filler``, with all flags of their members."""
    for s in range(ends.shape[0] - 1):
        flag = np.uint8(0)
        for place in range(ends[s], ends[s + 1]):
            flag |= flags[np.int64(members[place])]
        flags[filler + 1 + s] = flag
