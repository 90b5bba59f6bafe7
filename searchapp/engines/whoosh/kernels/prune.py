"""The best documents of a union of posting lists, without looking at all of them: MaxScore with block maxima.

Turtle & Flood 1995 (MaxScore), Ding & Suel 2011 (block maxima). Provably the same as looking at all: a document or block
is passed over only when the sum of its bounds is below the score of the last of the best so far; at an equal score it is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, compiled
from searchapp.engines.whoosh.kernels.match import in_order, offer
from searchapp.engines.whoosh.kernels.postings import block_bytes, read_block, weigh_all
from searchapp.engines.whoosh.layout import BLOCK, INSTANT, WORDS

END = np.int32(2**31 - 1)
MOMENTS = WORDS // 2
SAFE = 1.0 + 1e-9
"""Bounds are sums in another order than scores: this much more than any rounding."""


@bare
def skip(last: Any, widths: Any, lists: Any, j: Any, doc: Any) -> None:
    """Move list j on to the block that ``doc`` would be in. ``lists[j]``: block, its start, postings from it on, place or -1."""
    while lists[j, 2] > 0 and last[lists[j, 0]] < doc:
        lists[j, 1] += block_bytes(widths, lists[j, 0], min(lists[j, 2], BLOCK))
        lists[j, 2] -= BLOCK
        lists[j, 0] += 1
        lists[j, 3] = -1


@bare
def open_block(
    post: Any, last: Any, widths: Any, first_block: Any, lists: Any, j: Any, parts: Any, factor: Any, k1: Any,
    rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    docs: Any, scores: Any, totals: Any, firsts: Any, here: Any, weights: Any,
) -> None:  # fmt: skip
    """Decode the block list j stands at: documents, and scores, 0 for those that don't occur in its parts.

    ``totals, firsts, here, weights`` are a block's working arrays.
    """
    block, count = lists[j, 0], min(lists[j, 2], BLOCK)
    previous = last[block - 1] if block > first_block else np.int32(-1)
    read_block(post, widths, block, lists[j, 1], previous, count, here, totals, firsts)
    for number in range(count):
        totals[number] = totals[number] + 1 - firsts[number] if parts & 2 else 0
        if not parts & 1:
            firsts[number] = 0
    weigh_all(here, firsts, totals, 0, count, rows, column, other_column, table, other_table, ranking, weights)
    for number in range(count):
        docs[j, number] = here[number]
        scores[j, number] = factor * weights[number] / (k1 + weights[number])
    for number in range(count, BLOCK):
        docs[j, number] = END
    lists[j, 3] = 0


@compiled
def best_of(
    post: Any, last: Any, widths: Any, bounds: Any, blocks: Any, starts: Any, sizes: Any, terms: Any, dead: Any, parts: Any,
    rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    factors: Any, k1: Any, saturated: Any, moments: Any, rank: Any, best: Any, best_scores: Any, best_moments: Any,
) -> Any:  # fmt: skip
    """The first documents that any of ``terms`` occurs in, in order of relevance; gives their number.

    ``bounds, blocks, starts, sizes`` are X.max, X.block, X.at, X.df. Of each term ``parts`` (as `weigh` takes them), its
    ``factors``; ``saturated[c]`` is what weight / (k1 + weight) can't exceed in a block with bound c.
    """
    m, limit, held = terms.shape[0], best.shape[0], 0
    tops = np.zeros(m, np.float64)
    for j in range(m):
        for block in range(blocks[terms[j]], blocks[terms[j] + 1]):
            tops[j] = max(tops[j], factors[j] * saturated[bounds[block]])
    order = np.argsort(tops)
    sums = np.cumsum(tops[order])
    lists, first_blocks, here = np.empty((m, 4), np.int64), np.empty(m, np.int64), np.empty(m, np.int32)
    docs, scores, shares = np.empty((m, BLOCK), np.int32), np.empty((m, BLOCK), np.float64), np.zeros(m, np.float64)
    working = (np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.float64))
    for j in range(m):
        term = np.int64(terms[j])
        first_blocks[j] = np.int64(blocks[term])
        lists[j, 0], lists[j, 1], lists[j, 2], lists[j, 3] = first_blocks[j], np.int64(starts[term]), np.int64(sizes[term]), -1
        here[j] = np.int32(0)
    threshold, essential = -1.0, 0
    while essential < m:
        doc = END
        for turn in range(essential, m):
            j = order[turn]
            if lists[j, 3] < 0 and here[j] != END:
                # the one essential list: blocks that can't matter are passed over undecoded
                rest = sums[essential - 1] if essential > 0 else 0.0
                while (
                    essential == m - 1
                    and lists[j, 2] > 0
                    and (rest + factors[j] * saturated[bounds[lists[j, 0]]]) * SAFE < threshold
                ):
                    skip(last, widths, lists, j, last[lists[j, 0]] + np.int32(1))
                if lists[j, 2] <= 0:
                    here[j] = END
                else:
                    open_block(
                        post, last, widths, first_blocks[j], lists, j, parts[j], factors[j], k1,
                        rows, column, other_column, table, other_table, ranking, docs, scores, *working,
                    )  # fmt: skip
                    while docs[j, lists[j, 3]] < here[j]:
                        lists[j, 3] += 1
                    here[j] = docs[j, lists[j, 3]]
            doc = min(doc, here[j])
        if doc == END:
            break
        if essential == m - 1:
            # the documents of this block that can't matter are passed over together
            j = order[essential]
            rest, count, place = sums[essential - 1] if essential > 0 else 0.0, min(lists[j, 2], BLOCK), lists[j, 3]
            while place < count and (scores[j, place] + rest) * SAFE < threshold:
                place += 1
            if place == count:
                here[j] = last[lists[j, 0]] + np.int32(1)
                skip(last, widths, lists, j, here[j])
                if lists[j, 2] <= 0:
                    here[j] = END
                continue
            lists[j, 3], doc = place, docs[j, place]
            here[j] = doc
        total, hopeless = 0.0, False
        for turn in range(essential, m):
            j = order[turn]
            shares[j] = 0.0
            if here[j] == doc:
                place = lists[j, 3]
                shares[j] = scores[j, place]
                total += shares[j]
                if place + 1 < min(lists[j, 2], BLOCK):
                    lists[j, 3] = place + 1
                    here[j] = docs[j, place + 1]
                else:
                    here[j] = doc + np.int32(1)
                    skip(last, widths, lists, j, here[j])
                    if lists[j, 2] <= 0:
                        here[j] = END
        for turn in range(essential - 1, -1, -1):
            j = order[turn]
            shares[j] = 0.0
            if hopeless or (total + sums[turn]) * SAFE < threshold:
                hopeless = True
                continue
            skip(last, widths, lists, j, doc)
            if lists[j, 2] <= 0:
                continue
            rest = sums[turn - 1] if turn > 0 else 0.0
            if (total + rest + factors[j] * saturated[bounds[lists[j, 0]]]) * SAFE < threshold:
                hopeless = True
                continue
            if lists[j, 3] < 0:
                open_block(
                    post, last, widths, first_blocks[j], lists, j, parts[j], factors[j], k1,
                    rows, column, other_column, table, other_table, ranking, docs, scores, *working,
                )  # fmt: skip
            place = lists[j, 3]
            while docs[j, place] < doc:
                place += 1
            lists[j, 3] = place
            if docs[j, place] == doc:
                shares[j] = scores[j, place]
                total += shares[j]
        if hopeless or (dead.shape[0] > 0 and dead[doc]):
            continue
        score = 0.0
        for j in range(m):
            score += shares[j]
        if score == 0.0 or (held == limit and score < best_scores[0]):
            continue
        held = offer(rank, held, doc, score, moments[MOMENTS * np.int64(doc) + INSTANT], best, best_scores, best_moments)
        if held == limit:
            threshold = best_scores[0]
            while essential < m and sums[essential] * SAFE < threshold:
                essential += 1
    in_order(rank, held, best, best_scores, best_moments)
    return held
