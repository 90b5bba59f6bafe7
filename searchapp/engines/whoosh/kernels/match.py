"""Kernels over matches: documents and scores as arrays, sets of documents as bits (document d is bit d % 64 of word d // 64)."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.weighing import lowest
from searchapp.engines.whoosh.layout import FIRST, LAST, MONTH, WORDS


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
