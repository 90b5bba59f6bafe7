"""A leaf of a query in one segment: which live documents it matches, with which weights.

A leaf looks in groups of fields: title and body are the two parts of one set of postings, every other field is a group of its
own. In each group it stands for some terms; Phrase and Near compare the positions of several such selections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels import phrases, weighing
from searchapp.engines.whoosh.kernels import positions as kernels
from searchapp.engines.whoosh.kernels.clock import LATE
from searchapp.engines.whoosh.view import NO_NUMBERS, Bits, Docs, Floats, Ints, Scratch, View
from searchapp.errors import QueryTimeout
from searchapp.fields import NAME_FIELDS
from searchapp.query.deadline import NEVER, Deadline

BOTH = 3
NO_DOCS: Docs = np.zeros(0, np.int32)
NO_WEIGHTS: Floats = np.zeros(0, np.float64)
STEP = 1_000_000
"""Postings accumulated in one call of a kernel, if no list has more: some milliseconds."""


class Group(NamedTuple):
    """Fields that are looked up together: ``parts`` of a set (1 first, 2 second), or one field of the set ``values``."""

    of_set: str
    parts: int
    field: str


TEXT = Group("text", BOTH, "text")


@dataclass(frozen=True, slots=True)
class Selection:
    """Terms of a set, and where only some of their forms are meant, which: as the kernels take them."""

    terms: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    chosen: NDArray[np.uint32]

    @classmethod
    def whole(cls, terms: Sequence[int] | NDArray[np.uint32]) -> Selection:
        """Terms with all their forms."""
        return cls(np.array(terms, np.uint32), np.zeros(len(terms), np.uint32), NO_NUMBERS)

    @property
    def single(self) -> int | None:
        """The term, if it is just one with all its forms."""
        return self.terms.item(0) if len(self.terms) == 1 and not self.ends.item(0) else None


class Word(NamedTuple):
    """A posting list of the set ``text`` in one segment: term, parts as the kernels take them, factor (boost × idf)."""

    term: int
    parts: int
    factor: float


class Lists(NamedTuple):
    """Posting lists in each segment; whether a document must be in every one of them (``every``), or in any."""

    of: list[list[Word]]
    every: bool


class Matches(NamedTuple):
    """Live documents, ascending, and the weight of each."""

    docs: Docs
    weights: Floats


NO_MATCHES = Matches(NO_DOCS, NO_WEIGHTS)


class Spans(NamedTuple):
    """Occurrences in some documents: how many of them the documents up to each have, first and last positions, ascending."""

    ends: Ints
    firsts: Ints
    lasts: Ints


def groups_of(fields: Sequence[str]) -> Iterator[Group]:
    """The groups that a leaf's fields are in. Fields without positions are in none."""
    parts = ("title" in fields) + 2 * ("body" in fields)
    if parts:
        yield Group("text", parts, "text")
    if "furniture" in fields:
        yield Group("furniture", BOTH, "furniture")
    for name in dict.fromkeys(fields):
        if name in NAME_FIELDS:
            yield Group("values", BOTH, name)


def weighed(view: View, group: Group, selection: Selection, deadline: Deadline = NEVER) -> Matches:
    """Where a selection occurs."""
    term = selection.single
    if term is None:
        return _accumulated(view, group, selection, deadline)
    docs, weights = _room(view, group, [term])
    found = weigh(view, group, term, docs, weights)
    return Matches(docs[:found], weights[:found])


def weigh(view: View, group: Group, term: int, docs: Docs, weights: Floats, factor: float = 0.0, k1: float = 0.0) -> int:
    """Fill in documents and weights (scores, with a factor) of a term; gives their number."""
    book, room = _tables(view, group)
    found: int = weighing.weigh(book, room, term, group.parts, factor, k1, docs, weights)
    return found


def add_scores(view: View, word: Word, k1: float, bits: Bits, scores: Floats) -> None:
    """Add a word's scores to those of its documents, and the documents to a set."""
    book, room = _tables(view, TEXT)
    weighing.add_list(book, room, word.term, word.parts, word.factor, k1, bits, scores)


def _tables(view: View, group: Group) -> tuple[int, NDArray[np.uint8]]:
    """What kernels read and where they work."""
    return view.books[group.of_set].at, view.scratch.room(weighing.ROOM)


def documents(view: View, group: Group, selection: Selection) -> Docs:
    """The documents that a selection occurs in."""
    term = selection.single
    if term is None:
        return _accumulated(view, group, selection, NEVER).docs
    docs = np.empty(view.lists[group.of_set].sizes.item(term), np.int32)
    return docs[: weighing.documents(*_tables(view, group), term, group.parts, docs)]


def _room(view: View, group: Group, terms: Sequence[int] | NDArray[np.uint32]) -> tuple[Docs, Floats]:
    sizes = view.lists[group.of_set].sizes
    size = min(sizes.item(terms[0]) if len(terms) == 1 else int(sizes[terms].sum(dtype=np.int64)), view.documents)
    return np.empty(size, np.int32), np.empty(size, np.float64)


def _accumulated(view: View, group: Group, selection: Selection, deadline: Deadline) -> Matches:
    if not len(selection.terms):
        return NO_MATCHES
    scratch = add_up(view, group, selection, deadline)
    docs, weights = _room(view, group, selection.terms)
    found = weighing.harvest(view.books[group.of_set].at, scratch.counts, scratch.bits, docs, weights)
    return Matches(docs[:found], weights[:found])


def add_up(view: View, group: Group, selection: Selection, deadline: Deadline = NEVER) -> Scratch:
    """Add a selection's occurrences up in the thread's working arrays, where they have to be harvested."""
    scratch, terms = view.scratch, selection.terms
    use = scratch.forms(view.most_forms[group.of_set])
    for low, high in _steps(view.lists[group.of_set].sizes[terms]):
        deadline.check()
        weighing.accumulate(
            *_tables(view, group), terms, low, high, selection.ends, selection.chosen, use, group.parts,
            scratch.counts, scratch.bits,
        )  # fmt: skip
    return scratch


def _steps(sizes: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Runs of lists of these sizes, none of which takes long to add up."""
    ends, low, before = np.cumsum(sizes, dtype=np.int64), 0, 0
    while low < len(sizes):
        high = max(low + 1, int(np.searchsorted(ends, before + STEP, "right")))
        yield low, high
        low, before = high, ends.item(high - 1)


def count_live(view: View, group: Group, term: int) -> int:
    """How many live documents a term occurs in."""
    lists = view.lists[group.of_set]
    if group.parts == BOTH and not len(view.dead):
        return lists.sizes.item(term)
    found: int = weighing.count_live(*_tables(view, group), term, group.parts)
    return found


def probe(view: View, group: Group, term: int, wanted: Docs) -> tuple[Ints, Floats]:
    """Which of some documents (ascending) a term occurs in: their places, and its weights there."""
    places, weights = np.empty(len(wanted), np.int64), np.empty(len(wanted), np.float64)
    found = weighing.probe(*_tables(view, group), term, group.parts, wanted, places, weights)
    return places[:found], weights[:found]


def spans_in(view: View, group: Group, selection: Selection, wanted: Docs) -> Spans:
    """The occurrences of a selection in some documents (ascending)."""
    lists = view.lists[group.of_set]
    room = 4 * len(wanted) + 64
    while True:
        places, positions = np.empty(room, np.int32), np.empty(room, np.int64)
        found = kernels.gather(
            lists.post, lists.last, lists.widths, lists.blocks, lists.starts, lists.sizes, lists.pos, lists.pat,
            group.parts, lists.code, lists.cat, lists.nforms, selection.terms, selection.ends, selection.chosen,
            wanted, places, positions,
        )  # fmt: skip
        if found >= 0:
            break
        room = max(2 * room, -2 * found)
    places, positions = places[:found], positions[:found]
    if len(selection.terms) > 1:
        order = np.lexsort((positions, places))
        places, positions = places[order], positions[order]
    ends = np.cumsum(np.bincount(places, minlength=len(wanted)))
    return Spans(ends, positions, positions)


def phrase_spans(view: View, group: Group, words: Sequence[Selection], slop: int, wanted: Docs) -> Spans:
    """The occurrences of a phrase in some documents (ascending)."""
    once = {id(word): word for word in words}  # a phrase may repeat a word
    spans_of = {key: spans_in(view, group, word, wanted) for key, word in once.items()}
    found = [spans_of[id(word)] for word in words]
    sizes = [len(spans.firsts) for spans in found]
    bases = np.cumsum([0, *sizes[:-1]])
    positions = np.concatenate([spans.firsts for spans in found])
    ends = np.stack([spans.ends for spans in found])
    counts = np.empty(len(wanted), np.int64)
    firsts, lasts = np.empty(sizes[0], np.int64), np.empty(sizes[0], np.int64)
    number = kernels.phrases(ends, bases, positions, slop, counts, firsts, lasts)
    return Spans(np.cumsum(counts), firsts[:number], lasts[:number])


def phrase_matches(view: View, group: Group, terms: Sequence[int], slop: int, deadline: Deadline) -> Matches:
    """Where a phrase occurs, each word of which is one term with all its forms. Raises QueryTimeout."""
    sizes = view.lists[group.of_set].sizes
    size = min(sizes.item(term) for term in terms)
    docs, weights = np.empty(size, np.int32), np.empty(size, np.float64)
    found = phrases.holding(
        view.books[group.of_set].at, view.scratch.room(phrases.ROOM * len(terms)), np.array(terms, np.int64), group.parts, slop,
        docs, weights, deadline.left,
    )  # fmt: skip
    if found == LATE:
        raise QueryTimeout
    return Matches(docs[:found], weights[:found])


def near_spans(left: Spans, right: Spans, distance: int) -> Spans:
    """The occurrences of ``left`` that have one of ``right`` near, in the same documents."""
    counts = np.empty(len(left.ends), np.int64)
    firsts, lasts = np.empty(len(left.firsts), np.int64), np.empty(len(left.firsts), np.int64)
    number = kernels.near(
        left.ends, left.firsts, left.lasts, right.ends, right.firsts, right.lasts, distance, counts, firsts, lasts
    )
    return Spans(np.cumsum(counts), firsts[:number], lasts[:number])


def weighed_spans(view: View, group: Group, spans: Spans, wanted: Docs) -> Matches:
    """Occurrences as matches of their documents."""
    docs, weights = np.empty(len(wanted), np.int32), np.empty(len(wanted), np.float64)
    found = kernels.weigh_spans(view.books[group.of_set].at, spans.ends, spans.firsts, wanted, docs, weights)
    return Matches(docs[:found], weights[:found])


def common(lists: Sequence[Docs]) -> Docs:
    """The documents that are in all lists."""
    ordered = sorted(lists, key=len)
    docs = ordered[0]
    for other in ordered[1:]:
        docs = np.intersect1d(docs, other, assume_unique=True)
    return docs


def joined(parts: Sequence[Matches]) -> Matches:
    """The matches of several groups of fields as one: weights are added."""
    parts = [part for part in parts if len(part.docs)]
    if len(parts) < 2:
        return parts[0] if parts else NO_MATCHES
    docs, places = np.unique(np.concatenate([part.docs for part in parts]), return_inverse=True)
    weights = np.zeros(len(docs), np.float64)
    at = 0
    for part in parts:
        weights[places[at : at + len(part.docs)]] += part.weights
        at += len(part.docs)
    return Matches(docs, weights)


def holding_all(view: View, group: Group, words: Sequence[Selection]) -> Docs:
    """The documents that every selection occurs in, the rarest looked up first."""
    if not words or not all(len(word.terms) for word in words):
        return NO_DOCS
    sizes = view.lists[group.of_set].sizes
    ordered = sorted(words, key=lambda word: int(sizes[word.terms].sum(dtype=np.int64)))
    docs = documents(view, group, ordered[0])
    for word in ordered[1:]:
        term = word.single
        docs = common([docs, documents(view, group, word)]) if term is None else docs[probe(view, group, term, docs)[0]]
    return docs
