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
from searchapp.engines.whoosh.kernels.counting import code_of

TOGETHER = 256
"""Documents filtered test after test before the next ones."""


@bare
def during(data: Any, step: Any, days: Any, doc: Any) -> Any:
    """Whether an article's period overlaps the days asked for."""
    return code_of(data, step, days[5], days[6], doc) >= days[1] and code_of(data, step, days[3], days[4], doc) <= days[2]


@bare
def passes(hidden: Any, data: Any, step: Any, days: Any, planes: Any, flags: Any, doc: Any) -> Any:
    """Whether a document passes all filters. ``hidden``: one byte a document (empty: none is)."""
    if hidden.shape[0] > 0 and hidden[doc]:
        return False
    if days[0] and not during(data, step, days, doc):
        return False
    found = 0
    for p in range(planes.shape[0]):
        found |= flags[planes[p, 2] + code_of(data, step, planes[p, 0], planes[p, 1], doc)]
        rule = planes[p, 3]
        if rule:
            if found & 2 or (rule == 2 and not found & 1):
                return False
            found = 0
    return True


@bare
def passing(
    docs: Any, scores: Any, hidden: Any, data: Any, step: Any, days: Any, planes: Any, flags: Any,
    state: Any, found: Any, single: Any, failed: Any,
) -> Any:  # fmt: skip
    """Move the matches that pass all filters to the front of ``docs`` and ``scores``; gives their number, and of the others.

    The others are those that fail exactly one facet's filter and nothing else: they are put into ``single``, and which facet's
    it is into ``failed``. ``state`` and ``found`` are working arrays of `TOGETHER`: failed tests + 256 × facet's number.
    """
    kept, others = 0, 0
    for first in range(0, docs.shape[0], TOGETHER):
        size, facet = min(TOGETHER, docs.shape[0] - first), 0
        for number in range(size):
            state[number] = np.int32(0)
            found[number] = np.uint8(0)
        if hidden.shape[0] > 0:
            for number in range(size):
                state[number] += np.int32(2) * np.int32(hidden[docs[first + number]] != 0)
        if days[0]:
            for number in range(size):
                state[number] += np.int32(2) * np.int32(not during(data, step, days, docs[first + number]))
        for p in range(planes.shape[0]):
            at, width, base, rule = planes[p, 0], planes[p, 1], planes[p, 2], planes[p, 3]
            for number in range(size):
                found[number] |= flags[np.uint64(base + code_of(data, step, at, width, docs[first + number]))]
            if rule:
                unchosen, fails = np.int32(rule == 2), np.int32(1 + 256 * facet)
                for number in range(size):
                    flag = np.int32(found[number])
                    state[number] += fails * (flag >> np.int32(1) | (unchosen & ~flag))
                    found[number] = np.uint8(0)
                facet += 1
        for number in range(size):
            failing, doc = state[number] & np.int32(255), docs[first + number]
            docs[kept], scores[kept] = doc, scores[first + number]
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
