"""Kernels over matches: documents and scores as arrays, sets of documents as bits (document d is bit d % 64 of word d // 64)."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, compiled
from searchapp.engines.whoosh.kernels.postings import PART, lowest, weigh_all
from searchapp.engines.whoosh.layout import FIRST, INSTANT, LAST, MONTH, WORDS

MOMENTS = WORDS // 2
"""Words of 64 bits in a row."""


@bare
def saturate(weights: Any, factor: Any, k1: Any) -> None:
    """Weights to scores, in place: factor × weight / (k1 + weight)."""
    for place in range(weights.shape[0]):
        weights[place] = factor * weights[place] / (k1 + weights[place])


@bare
def set_bits(docs: Any, bits: Any) -> None:
    """Add documents to a set."""
    for doc in docs:
        bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)


@bare
def add_scores(docs: Any, weights: Any, factor: Any, k1: Any, bits: Any, scores: Any) -> None:
    """Add a leaf's scores to those of the documents of a set; ``scores`` has one item a document."""
    for place in range(docs.shape[0]):
        doc = docs[place]
        if bits[doc >> 6] >> np.uint64(doc & 63) & np.uint64(1):
            scores[doc] += factor * weights[place] / (k1 + weights[place])


@bare
def take(bits: Any, scores: Any, docs: Any, found: Any) -> Any:
    """The documents of a set with their scores, which are 0 afterwards; gives their number."""
    number = 0
    for place in range(bits.shape[0]):
        word = bits[place]
        while word:
            doc = np.int64(place) * 64 + lowest(word)
            word &= word - np.uint64(1)
            docs[number] = doc
            found[number] = scores[doc]
            scores[doc] = 0.0
            number += 1
    return number


@bare
def overlaps(rows: Any, row: Any, low: Any, high: Any) -> Any:
    """Whether the period of the article whose row begins at ``row`` overlaps the days ``low`` to ``high``."""
    dated = rows[row + MONTH] >> np.uint32(16) & np.uint32(0xFF)
    return dated > 0 and np.int64(rows[row + LAST]) >= low and np.int64(rows[row + FIRST]) <= high


@bare
def within(rows: Any, low: Any, high: Any, bits: Any) -> None:
    """The set of the articles whose period overlaps the days ``low`` to ``high``."""
    for doc in range(rows.shape[0] // WORDS):
        if overlaps(rows, WORDS * doc, low, high):
            bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)


@bare
def before(score: Any, moment: Any, rank: Any, other_score: Any, other_moment: Any, other_rank: Any) -> Any:
    """Whether one place in the order is before another: higher score, then later moment, then smaller rank."""
    if score != other_score:
        return score > other_score
    if moment != other_moment:
        return moment > other_moment
    return rank < other_rank


@bare
def offer(rank: Any, held: Any, doc: Any, score: Any, moment: Any, best: Any, best_scores: Any, best_moments: Any) -> Any:
    """Put a document among the best ones so far, a heap with the last of them at its top; gives how many it holds now."""
    most, place = best.shape[0], np.int64(rank[doc])
    if held < most:
        at = held
        held += 1
        while at > 0:
            parent = (at - 1) >> 1
            if not before(best_scores[parent], best_moments[parent], np.int64(rank[best[parent]]), score, moment, place):
                break
            best[at], best_scores[at], best_moments[at] = best[parent], best_scores[parent], best_moments[parent]
            at = parent
    elif before(score, moment, place, best_scores[0], best_moments[0], np.int64(rank[best[0]])):
        at = 0
        while 2 * at + 1 < most:
            child = 2 * at + 1
            if child + 1 < most and before(
                best_scores[child], best_moments[child], np.int64(rank[best[child]]),
                best_scores[child + 1], best_moments[child + 1], np.int64(rank[best[child + 1]]),
            ):  # fmt: skip
                child += 1
            if not before(score, moment, place, best_scores[child], best_moments[child], np.int64(rank[best[child]])):
                break
            best[at], best_scores[at], best_moments[at] = best[child], best_scores[child], best_moments[child]
            at = child
    else:
        return held
    best[at], best_scores[at], best_moments[at] = doc, score, moment
    return held


@bare
def in_order(rank: Any, held: Any, best: Any, best_scores: Any, best_moments: Any) -> None:
    """Sort what `offer` made a heap of: the first in the order to the front."""
    for end in range(held - 1, 0, -1):
        doc, score, moment = best[end], best_scores[end], best_moments[end]
        best[end], best_scores[end], best_moments[end] = best[0], best_scores[0], best_moments[0]
        at, place = 0, np.int64(rank[doc])
        while 2 * at + 1 < end:
            child = 2 * at + 1
            if child + 1 < end and before(
                best_scores[child], best_moments[child], np.int64(rank[best[child]]),
                best_scores[child + 1], best_moments[child + 1], np.int64(rank[best[child + 1]]),
            ):  # fmt: skip
                child += 1
            if not before(score, moment, place, best_scores[child], best_moments[child], np.int64(rank[best[child]])):
                break
            best[at], best_scores[at], best_moments[at] = best[child], best_scores[child], best_moments[child]
            at = child
        best[at], best_scores[at], best_moments[at] = doc, score, moment


@bare
def top(
    docs: Any, scores: Any, moments: Any, rank: Any, sign: Any, scored: Any,
    bounded: Any, after_score: Any, after_moment: Any, after_rank: Any, best: Any, best_scores: Any, best_moments: Any,
) -> Any:  # fmt: skip
    """The first of ``docs``, in order, as many as ``best`` holds; gives their number.

    The order: score (0 for all unless ``scored``), then moment (``sign`` × instant; undated the smallest integer), then rank.
    ``bounded``: only those after the given place; at an equal score and moment those of ``after_rank`` or more are after it.
    """
    most, held, undated = best.shape[0], 0, np.int64(-(2**63))
    if most == 0:
        return 0
    for number in range(docs.shape[0]):
        score = scores[number] if scored else 0.0
        if held == most and score < best_scores[0]:
            continue
        doc = docs[number]
        moment = moments[MOMENTS * np.int64(doc) + INSTANT]
        if moment != undated:
            moment *= sign
        if bounded and before(score, moment, np.int64(rank[doc]), after_score, after_moment, after_rank):
            continue
        held = offer(rank, held, doc, score, moment, best, best_scores, best_moments)
    in_order(rank, held, best, best_scores, best_moments)
    return held


@bare
def phrases(ends: Any, bases: Any, positions: Any, slop: Any, counts: Any, firsts: Any, lasts: Any) -> Any:
    """The occurrences of a phrase: first and last positions, ascending in each document, and how many each has.

    ``ends`` (words, documents): how many of a word's positions the documents up to each have; the word's positions begin at
    ``bases[word]``. Each following word is taken at its first position after the word before. Gives the number of occurrences.
    """
    words, found = ends.shape[0], 0
    for doc in range(ends.shape[1]):
        counts[doc] = 0
        start = ends[0, doc - 1] if doc > 0 else 0
        for at in range(bases[0] + start, bases[0] + ends[0, doc]):
            here = positions[at]
            whole = True
            for word in range(1, words):
                low = bases[word] + (ends[word, doc - 1] if doc > 0 else 0)
                high = bases[word] + ends[word, doc]
                while low < high:
                    middle = (low + high) >> 1
                    if positions[middle] <= here:
                        low = middle + 1
                    else:
                        high = middle
                if low == bases[word] + ends[word, doc]:
                    whole = False
                    break
                here = positions[low]
            if whole and here - positions[at] - (words - 1) <= slop:
                firsts[found] = positions[at]
                lasts[found] = here
                found += 1
                counts[doc] += 1
    return found


@bare
def near(
    ends: Any, firsts: Any, lasts: Any, other_ends: Any, other_firsts: Any, other_lasts: Any, distance: Any,
    counts: Any, kept_firsts: Any, kept_lasts: Any,
) -> Any:  # fmt: skip
    """The occurrences that have one of the other side, not overlapping, at most ``distance`` away; gives their number.

    Both sides: occurrences ascending in each document, ``ends`` how many the documents up to each have.
    """
    found = 0
    for doc in range(ends.shape[0]):
        counts[doc] = 0
        low = other_ends[doc - 1] if doc > 0 else 0
        after, earlier = low, low
        for at in range(ends[doc - 1] if doc > 0 else 0, ends[doc]):
            while after < other_ends[doc] and other_firsts[after] <= lasts[at]:
                after += 1
            while earlier < other_ends[doc] and other_lasts[earlier] < firsts[at]:
                earlier += 1
            close = after < other_ends[doc] and other_firsts[after] - lasts[at] <= distance
            if earlier > low and firsts[at] - other_lasts[earlier - 1] <= distance:
                close = True
            if close:
                kept_firsts[found], kept_lasts[found] = firsts[at], lasts[at]
                found += 1
                counts[doc] += 1
    return found


@compiled
def weigh_spans(
    ends: Any, firsts: Any, wanted: Any, rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    docs: Any, weights: Any,
) -> Any:  # fmt: skip
    """Those of ``wanted`` that have occurrences, and their weights; gives their number. ``ends``: occurrences up to each."""
    found, at, size = 0, np.int64(0), wanted.shape[0]
    in_first, in_second = np.zeros(size, np.int32), np.zeros(size, np.int32)
    for place in range(size):
        if ends[place] == at:
            continue
        while at < ends[place]:
            if firsts[at] >> PART:
                in_second[found] += 1
            else:
                in_first[found] += 1
            at += 1
        docs[found] = wanted[place]
        found += 1
    weigh_all(docs, in_first, in_second, 0, found, rows, column, other_column, table, other_table, ranking, weights)
    return found
