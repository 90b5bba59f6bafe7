"""The matches of posting lists without their scores: enough to filter and to count. Few of them are scored then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchapp.engines.base import K1
from searchapp.engines.whoosh import leaves as lv
from searchapp.engines.whoosh.evaluation import Found
from searchapp.engines.whoosh.kernels import documents as kernels
from searchapp.engines.whoosh.kernels.lists import CURSOR
from searchapp.engines.whoosh.leaves import BOTH, NO_DOCS, NO_WEIGHTS, Group, Lists, Word
from searchapp.engines.whoosh.view import Docs, View
from searchapp.query.deadline import Deadline

_TEXT = Group("text", BOTH, "text")


MANY = 4096
"""Postings from which on it takes less to look the best matches up again than to score all."""
FEW = 2500
"""Matches, times words, up to which scoring them takes less than looking for the best ones."""


SCATTERED = 200
"""A list with so many times more postings than there are documents left isn't decoded: each is looked up in it."""


def worth(views: Sequence[View], lists: Lists, *, filtered: bool) -> bool:
    """Whether matches are better found without scores: when filters leave few of them, or there are many postings.

    All of these must be matches, whatever part of a text they are in.
    """
    if any(word.parts != BOTH for words in lists.of for word in words):
        return False
    return filtered or sum(sum(_sizes(view, words)) for view, words in zip(views, lists.of, strict=True)) >= MANY


def found(views: Sequence[View], lists: Lists, deadline: Deadline) -> list[Found]:
    """The live documents that are in any of a segment's lists, or in every one; lists that are `worth` it."""
    return [Found(view, _docs(view, words, lists, deadline), NO_WEIGHTS) for view, words in zip(views, lists.of, strict=True)]


def _docs(view: View, words: Sequence[Word], lists: Lists, deadline: Deadline) -> Docs:
    if not words:
        return NO_DOCS
    sizes = _sizes(view, words)
    docs = np.empty(max(sizes) + kernels.SPARE, np.int32)
    if len(words) == 1:
        return docs[: kernels.listed(view.books["text"].at, words[0].term, docs)]
    if lists.every:
        return _in_all(view, words, docs, deadline)
    bits = view.scratch.bits
    for word in words:
        deadline.check()
        kernels.add_all(docs, kernels.listed(view.books["text"].at, word.term, docs), bits)
    union = np.empty(min(sum(sizes), view.documents), np.int32)
    return union[: kernels.members(bits, union)]


def _in_all(view: View, words: Sequence[Word], docs: Docs, deadline: Deadline) -> Docs:
    """Documents that are in every list, from the shortest one on. ``docs`` has room for any list."""
    lists, book, bits = view.lists["text"], view.books["text"].at, view.scratch.bits
    terms = sorted([word.term for word in words], key=lists.sizes.item)
    left = docs[: kernels.listed(book, terms[0], docs)]
    for term in terms[1:]:
        deadline.check()
        if len(left) * SCATTERED < lists.sizes.item(term):
            left = left[lv.probe(view, _TEXT, term, left)[0]]
            continue
        other = np.empty(lists.sizes.item(term) + kernels.SPARE, np.int32)
        kernels.add_all(left, len(left), bits)
        number = kernels.kept(other, kernels.listed(book, term, other), bits)
        kernels.remove_all(left, len(left), bits)
        left = other[:number]
    return left


def scored(part: Found, words: Sequence[Word]) -> Found:
    """The same matches, with the sums of their words' scores, in the order of the words."""
    scores = np.zeros(len(part.docs))
    book, room = part.view.books["text"].at, part.view.scratch.room(CURSOR)
    for word in words:
        kernels.score(book, room, word.term, word.factor, K1, part.docs, scores)
    return Found(part.view, part.docs, scores)


def _sizes(view: View, words: Sequence[Word]) -> list[int]:
    return [view.lists["text"].sizes.item(word.term) for word in words]
