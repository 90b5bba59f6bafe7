"""The best documents of a union of posting lists, without looking at all of them: MaxScore with block maxima.

Turtle & Flood 1995 (MaxScore), Ding & Suel 2011 (block maxima). Provably the same as looking at all: a document or block
is passed over only when the sum of its bounds is below the score of the last of the best so far; at an equal score it is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from searchapp.engines.whoosh.kernels.match import offer
from searchapp.engines.whoosh.kernels.postings import block_bytes, read_block, weight_of
from searchapp.engines.whoosh.layout import BLOCK

END = np.int32(2**31 - 1)
SAFE = 1.0 + 1e-9
"""Bounds are sums in another order than scores: this much more than any rounding."""


@njit(cache=True, nogil=True)
def skip(last: Any, widths: Any, lists: Any, j: Any, doc: Any) -> None:
    """Move list j on to the block that ``doc`` would be in. ``lists[j]``: block, its start, postings from it on, place or -1."""
    while lists[j, 2] > 0 and last[lists[j, 0]] < doc:
        lists[j, 1] += block_bytes(widths, lists[j, 0], min(lists[j, 2], BLOCK))
        lists[j, 2] -= BLOCK
        lists[j, 0] += 1
        lists[j, 3] = -1


@njit(cache=True, nogil=True)
def seek(
    post: Any, last: Any, widths: Any, starts: Any, lists: Any, j: Any, doc: Any, docs: Any, totals: Any, firsts: Any
) -> Any:
    """Move list j on to its first posting at ``doc`` or after; gives that document, or `END`."""
    skip(last, widths, lists, j, doc)
    if lists[j, 2] <= 0:
        return END
    block = lists[j, 0]
    if lists[j, 3] < 0:
        previous = last[block - 1] if block > starts[j] else np.int32(-1)
        count = min(lists[j, 2], BLOCK)
        read_block(post, widths, block, lists[j, 1], previous, count, docs[j], totals[j], firsts[j])
        lists[j, 3] = 0
    place = lists[j, 3]
    while docs[j, place] < doc:
        place += 1
    lists[j, 3] = place
    return docs[j, place]


@njit(cache=True, nogil=True)
def best_of(
    post: Any, last: Any, widths: Any, bounds: Any, blocks: Any, starts: Any, sizes: Any, terms: Any, dead: Any,
    parts: Any, lengths: Any, tables: Any, ranking: Any, factors: Any, k1: Any, most: Any, tops: Any,
    instant: Any, rank: Any, best: Any, best_scores: Any, best_moments: Any,
) -> Any:  # fmt: skip
    """The first documents in order of relevance that any of ``terms`` occurs in, unsorted; gives their number.

    ``bounds, blocks, starts, sizes`` are X.max, X.block, X.at, X.df. Of each term ``parts`` (as `weigh` takes them), its
    ``factors``, ``most[j, c]`` the score that a block with bound c can't exceed, and ``tops[j]`` the same for the whole list.
    """
    m, limit, held = terms.shape[0], best.shape[0], 0
    order = np.argsort(tops)
    sums = np.cumsum(tops[order])
    lists, first_blocks, here = np.empty((m, 4), np.int64), np.empty(m, np.int64), np.empty(m, np.int32)
    docs, totals, firsts = np.empty((m, BLOCK), np.int32), np.empty((m, BLOCK), np.int32), np.empty((m, BLOCK), np.int32)
    shares = np.zeros(m, np.float64)
    for j in range(m):
        term = np.int64(terms[j])
        first_blocks[j] = np.int64(blocks[term])
        lists[j, 0], lists[j, 1], lists[j, 2], lists[j, 3] = first_blocks[j], np.int64(starts[term]), np.int64(sizes[term]), -1
        here[j] = seek(post, last, widths, first_blocks, lists, j, np.int32(0), docs, totals, firsts)
    threshold, essential = -1.0, 0
    while essential < m:
        doc = END
        for turn in range(essential, m):
            doc = min(doc, here[order[turn]])
        if doc == END:
            break
        if essential == m - 1:
            j = order[essential]
            rest = sums[essential - 1] if essential > 0 else 0.0
            if (rest + most[j, bounds[lists[j, 0]]]) * SAFE < threshold:
                here[j] = seek(post, last, widths, first_blocks, lists, j, last[lists[j, 0]] + np.int32(1), docs, totals, firsts)
                continue
        total = 0.0
        for turn in range(m):
            shares[turn] = 0.0
        for turn in range(essential, m):
            j = order[turn]
            if here[j] == doc:
                place = lists[j, 3]
                first, second = np.int64(firsts[j, place]), np.int64(totals[j, place]) + 1 - np.int64(firsts[j, place])
                weight = weight_of(doc, first if parts[j] & 1 else 0, second if parts[j] & 2 else 0, lengths, tables, ranking)
                shares[j] = factors[j] * weight / (k1 + weight)
                total += shares[j]
                here[j] = seek(post, last, widths, first_blocks, lists, j, doc + np.int32(1), docs, totals, firsts)
        hopeless = False
        for turn in range(essential - 1, -1, -1):
            if (total + sums[turn]) * SAFE < threshold:
                hopeless = True
                break
            j = order[turn]
            skip(last, widths, lists, j, doc)
            if lists[j, 2] <= 0:
                continue
            rest = sums[turn - 1] if turn > 0 else 0.0
            if (total + rest + most[j, bounds[lists[j, 0]]]) * SAFE < threshold:
                hopeless = True
                break
            if seek(post, last, widths, first_blocks, lists, j, doc, docs, totals, firsts) == doc:
                place = lists[j, 3]
                first, second = np.int64(firsts[j, place]), np.int64(totals[j, place]) + 1 - np.int64(firsts[j, place])
                weight = weight_of(doc, first if parts[j] & 1 else 0, second if parts[j] & 2 else 0, lengths, tables, ranking)
                shares[j] = factors[j] * weight / (k1 + weight)
                total += shares[j]
        if hopeless or (dead.shape[0] > 0 and dead[doc]):
            continue
        score = 0.0
        for turn in range(m):
            score += shares[turn]
        if score == 0.0 or (held == limit and score < best_scores[0]):
            continue
        held = offer(rank, held, doc, score, instant[doc], best, best_scores, best_moments)
        if held == limit:
            threshold = best_scores[0]
            while essential < m and sums[essential] * SAFE < threshold:
                essential += 1
    return held
