"""The best matches of a word, of any of several, or of all of them, without looking at every posting: when nothing is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.base import K1
from searchapp.engines.whoosh.evaluation import Evaluation
from searchapp.engines.whoosh.gates import Gate
from searchapp.engines.whoosh.kernels import prune
from searchapp.engines.whoosh.kernels.clock import LATE
from searchapp.engines.whoosh.leaves import Group, Lists, Word, add_up
from searchapp.engines.whoosh.order import Part
from searchapp.engines.whoosh.view import View
from searchapp.errors import QueryTimeout
from searchapp.query.deadline import Deadline
from searchapp.query.tree import Fuzzy, Prefix, Wildcard

NONE = -1.0
"""A threshold that nothing is below."""
WORTH = 3
"""A guide is followed when it has so many times fewer postings than would be looked at."""


def best(views: Sequence[View], lists: Lists, gates: Sequence[Gate], most: int, deadline: Deadline) -> list[Part]:
    """Of each segment the first ``most`` live documents in order of relevance, but for some that are none of the first of all.

    A segment's last one bounds what the next segments have to find. Raises QueryTimeout.
    """
    parts, threshold = [], NONE
    for view, words, gate in zip(views, lists.of, gates, strict=True):
        held = _best(view, words, gate, most, threshold, deadline, every=lists.every)
        if len(held) == most:
            threshold = max(threshold, _last(held))
        parts.append(_part(held))
    return parts


def best_of_forms(
    evaluation: Evaluation, leaf: Prefix | Wildcard | Fuzzy, group: Group, gates: Sequence[Gate], most: int, deadline: Deadline
) -> list[Part]:
    """The same of a leaf that stands for many words of title and body."""
    chosen, views = evaluation.selections(leaf, group), evaluation.views
    sums = [add_up(view, group, selection, deadline) for view, selection in zip(views, chosen, strict=True)]
    factor = leaf.boost * evaluation.idf(sum(int(np.bitwise_count(scratch.bits).sum()) for scratch in sums))
    parts = []
    for view, scratch, gate in zip(views, sums, gates, strict=True):
        entries = np.empty((min(most, view.documents), 4), np.int64)
        found = prune.of_tally(view.books["text"].at, gate.at, scratch.counts, scratch.bits, factor, K1, entries, len(entries))
        parts.append(_part(entries[:found]))
    return parts


def _part(entries: NDArray[np.int64]) -> Part:
    return Part(entries[:, 0], entries.view(np.float64)[:, 1], entries[:, 2])


def _best(
    view: View, words: Sequence[Word], gate: Gate, most: int, threshold: float, deadline: Deadline, *, every: bool
) -> NDArray[np.int64]:
    """The kernels' entries: document, score (its bits), moment, rank."""
    entries = np.empty((min(most, view.documents), 4), np.int64)
    if not words or not len(entries):
        return entries[:0]
    room, book = view.scratch.room(prune.ROOM * (len(words) + 1)), view.books["text"].at
    terms, factors = np.array([word[:2] for word in words], np.int64), np.array([word.factor for word in words])
    if gate.guide is not None:
        sizes = [view.lists["text"].sizes.item(word.term) for word in words]
        if WORTH * gate.size < (min(sizes) if every else sum(sizes)):
            guide = view.books["values"].at, gate.guide, every
            held = prune.guided(book, gate.at, *guide, room, terms, factors, K1, threshold, entries, len(entries), deadline.left)
            return _in_time(entries, held)
    ways = [slice(None)]
    if not every and len(words) > 1:  # the list with the highest factor alone shows what a document must score at least
        alone = int(factors.argmax())
        ways = [slice(alone, alone + 1), slice(None)]
    kernel = prune.all_of if every else prune.any_of
    for some in ways:
        held = kernel(book, gate.at, room, terms[some], factors[some], K1, threshold, entries, len(entries), deadline.left)
        if held == most:
            threshold = max(threshold, _last(entries))
    return _in_time(entries, held)


def _in_time(entries: NDArray[np.int64], held: int) -> NDArray[np.int64]:
    if held == LATE:
        raise QueryTimeout
    return entries[:held]


def _last(entries: NDArray[np.int64]) -> float:
    """The score of the last."""
    return entries.view(np.float64).item(len(entries) - 1, 1)
