"""The best so many documents in the order of relevance: a heap with the last of them at its top.

An entry is four int64 at an address: document, score (its bits), moment, rank. The order: higher score, then later moment,
then smaller rank.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.memory import address, f64, i64, put_f64, put_i64, u32
from searchapp.engines.whoosh.layout import INSTANT, WORDS

ENTRY = 32
MOMENTS = WORDS // 2
"""Words of 64 bits in a row."""


@bare
def before(score: Any, moment: Any, rank: Any, other_score: Any, other_moment: Any, other_rank: Any) -> Any:
    """Whether one place in the order is before another."""
    if score != other_score:
        return score > other_score
    if moment != other_moment:
        return moment > other_moment
    return rank < other_rank


@bare
def _first(entry: Any, score: Any, moment: Any, rank: Any) -> Any:
    """Whether an entry is before a place in the order."""
    return before(f64(entry, 1), i64(entry, 2), i64(entry, 3), score, moment, rank)


@bare
def _put(entry: Any, doc: Any, score: Any, moment: Any, rank: Any) -> None:
    put_i64(entry, 0, doc)
    put_f64(entry, 1, score)
    put_i64(entry, 2, moment)
    put_i64(entry, 3, rank)


@bare
def _move(entry: Any, to: Any) -> None:
    _put(to, i64(entry, 0), f64(entry, 1), i64(entry, 2), i64(entry, 3))


@bare
def _sink(best: Any, size: Any, doc: Any, score: Any, moment: Any, rank: Any) -> None:
    """Put an entry into a heap of ``size`` in the place of its top."""
    at = np.int64(0)
    while 2 * at + 1 < size:
        child = best + ENTRY * (2 * at + 1)
        if 2 * at + 2 < size and _first(child, f64(child + ENTRY, 1), i64(child + ENTRY, 2), i64(child + ENTRY, 3)):
            child += ENTRY
        if _first(child, score, moment, rank):
            break
        _move(child, best + ENTRY * at)
        at = (child - best) // ENTRY
    _put(best + ENTRY * at, doc, score, moment, rank)


@bare
def offer(best: Any, most: Any, held: Any, doc: Any, score: Any, moment: Any, rank: Any) -> Any:
    """Put a document among the best ``most`` so far, of which there are ``held``; gives how many there are now."""
    if held == most:
        if not _first(best, score, moment, rank):
            _sink(best, held, doc, score, moment, rank)
        return held
    at = held
    while at > 0:
        parent = best + ENTRY * ((at - 1) >> 1)
        if not _first(parent, score, moment, rank):
            break
        _move(parent, best + ENTRY * at)
        at = (at - 1) >> 1
    _put(best + ENTRY * at, doc, score, moment, rank)
    return held + 1


@bare
def in_order(best: Any, held: Any) -> None:
    """Sort what `offer` made: the first in the order to the front."""
    for size in range(held - 1, 0, -1):
        last = best + ENTRY * size
        doc, score, moment, rank = i64(last, 0), f64(last, 1), i64(last, 2), i64(last, 3)
        _move(best, last)
        _sink(best, size, doc, score, moment, rank)


@bare
def top(
    docs: Any, scores: Any, moments: Any, ranks: Any, sign: Any, scored: Any,
    bounded: Any, after_score: Any, after_moment: Any, after_rank: Any, best: Any, most: Any,
) -> Any:  # fmt: skip
    """The first ``most`` of ``docs``, in order, as entries of ``best`` (int64, four each); gives their number.

    The order: score (0 for all unless ``scored``), then moment (``sign`` × instant; undated the smallest integer), then rank.
    ``bounded``: only those after the given place; at an equal score and moment those of ``after_rank`` or more are after it.
    """
    held, undated, entries = np.int64(0), np.int64(-(2**63)), address(best)
    if most == 0:
        return held
    for number in range(docs.shape[0]):
        score = scores[number] if scored else 0.0
        if held == most and score < f64(entries, 1):
            continue
        doc = np.int64(docs[number])
        moment = moments[MOMENTS * doc + INSTANT]
        if moment != undated:
            moment *= sign
        rank = np.int64(ranks[doc])
        if bounded and before(score, moment, rank, after_score, after_moment, after_rank):
            continue
        held = offer(entries, most, held, doc, score, moment, rank)
    in_order(entries, held)
    return held


@bare
def moment_of(rows: Any, doc: Any) -> Any:
    """When the article's period begins; ``rows`` is the address of the array."""
    return i64(rows, MOMENTS * doc + INSTANT)


@bare
def rank_of(ranks: Any, doc: Any) -> Any:
    """The place of a document's id among all; ``ranks`` is the address of ids.rank."""
    return u32(ranks, doc)
