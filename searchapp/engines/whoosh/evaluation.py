"""A query tree on the segments of a generation: which live documents match, and how well.

A leaf's idf needs the number of its matches in all segments, so leaves are looked up everywhere first. Then, segment by
segment, one of three ways gives the same matches with the same scores, bit for bit: one leaf alone; several words that
must all be there, from the rarest on, skipping the blocks that can't matter; or any tree, as sets of documents.

Every leaf is looked up, whether or not it could still change the answer, so that one past its limit is refused wherever
it stands. An `Evaluation` lives for one request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TypeVar, cast

import numpy as np

from searchapp import analysis
from searchapp.engines.base import K1
from searchapp.engines.whoosh import leaves as lv
from searchapp.engines.whoosh.hiding import Mask, among, documents
from searchapp.engines.whoosh.kernels import match as kernels
from searchapp.engines.whoosh.layout import SEPARATOR
from searchapp.engines.whoosh.leaves import NO_MATCHES, Group, Lists, Matches, Selection, Spans, Word
from searchapp.engines.whoosh.resolve import Resolver
from searchapp.engines.whoosh.schema import stem_term
from searchapp.engines.whoosh.view import Bits, Docs, Floats, View, as_bits, words
from searchapp.fields import KEYWORD_FIELDS
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.tree import (
    And,
    Days,
    Everything,
    Fuzzy,
    Keyword,
    Near,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Positional,
    Prefix,
    Term,
    Wildcard,
    leaves,
    wanted,
)

Text = Positional | Near
_Leaf = TypeVar("_Leaf", bound=Text)
FIRST_DAY, LAST_DAY = 1, date.max.toordinal()
AT_ONCE = 256
"""Documents whose positions are compared in one step, to begin with."""
QUICK = 0.01
"""Seconds; the next step takes twice as many documents when one took less."""


class Found:
    """The matches of one segment, scored: what order, filters and counts start from."""

    def __init__(self, view: View, docs: Docs, scores: Floats) -> None:
        self.view = view
        self.docs = docs
        self.scores = scores


class Evaluation:
    """The matches of one request's trees. Raises QueryRefused when a leaf stands for too many forms; QueryTimeout.

    The deadline is looked at between the steps: leaves, segments, some documents of a phrase. One step is a few milliseconds of
    kernels, of which none looks at it by itself.
    """

    def __init__(self, views: Sequence[View], chains: Sequence[str], deadline: Deadline = NEVER) -> None:
        self._deadline = deadline
        self._chains = chains
        self.views = views
        self.articles = sum(view.articles for view in views)
        self._resolver = Resolver(views, chains)
        self._matches: dict[Text, list[Matches]] = {}
        self._numbers: dict[Text, int] = {}
        self._words: dict[Term, list[tuple[Group, int | None]] | None] = {}
        self._keys: dict[int, tuple[Text, Text]] = {}

    def found(self, tree: Node) -> list[Found]:
        """The matches of a tree in every segment, in its order, with scores."""
        self.check(tree)
        if isinstance(tree, Everything):
            return [Found(view, view.live_docs.copy(), np.zeros(view.articles)) for view in self.views]
        if isinstance(tree, Term | Phrase | Prefix | Wildcard | Fuzzy | Near):
            return self._found_leaf(tree)
        if isinstance(tree, And) and tree.children and all(isinstance(child, Term) for child in tree.children):
            found = self._found_words([child for child in tree.children if isinstance(child, Term)])
            if found is not None:
                return found
        if isinstance(tree, Or) and (lists := self.lists(tree)) is not None:
            return [self._any_word(view, some) for view, some in zip(self.views, lists.of, strict=True)]
        return [self._found_tree(tree, number) for number in range(len(self.views))]

    def bits(self, tree: Node, number: int) -> Bits:
        """The matches of a tree in a segment as a set. Deleted documents may be among them after NOT."""
        self._deadline.check()
        view = self.views[number]
        match tree:
            case Everything():
                return view.live_bits.copy()
            case Nothing():
                return np.zeros(words(view.documents), np.uint64)
            case And(children):
                bits = view.live_bits.copy()
                for child in children:
                    bits &= self.bits(child, number)
                return bits
            case Or(children):
                bits = np.zeros(words(view.documents), np.uint64)
                for child in children:
                    bits |= self.bits(child, number)
                return bits
            case Not(child):
                return view.live_bits & ~self.bits(child, number)
            case Days(first, last):
                return self._days(view, first, last)
            case Keyword():
                return _set_of(view, self._keyword(view, tree))
            case _:
                return _set_of(view, self.matches(tree)[number].docs)

    def total(self, tree: Node, hidden: Sequence[Mask]) -> int:
        """How many live documents that aren't hidden match a tree; no filter is applied."""
        self.check(tree)
        if isinstance(tree, Term | Phrase | Prefix | Wildcard | Fuzzy | Near):
            return self.matching(tree) - self._hidden_matches(tree, hidden)
        total = 0
        for number, mask in enumerate(hidden):
            bits = self.bits(tree, number)
            if len(mask):
                bits = bits & ~as_bits(mask.view(np.bool_))
            total += int(np.bitwise_count(bits).sum())
        return total

    def _hidden_matches(self, leaf: Text, hidden: Sequence[Mask]) -> int:
        """How many of the documents that a leaf matches are hidden; few usually are, and those are looked up in a word's list."""
        plain = self._plain(self._key(leaf)) if isinstance(leaf, Term) else None
        found = 0
        for number, mask in enumerate(hidden):
            view = self.views[number]
            group, term = plain[number] if plain else (None, None)
            if len(mask) and group is None:
                found += among(view, self.matches(leaf)[number].docs, mask)
            elif len(mask) and group is not None and term is not None:
                found += len(lv.probe(view, group, term, documents(view, mask))[0])
        return found

    def matches(self, leaf: Text) -> list[Matches]:
        """The matches of a leaf in every segment."""
        key = self._key(leaf)
        if key not in self._matches:
            self._matches[key] = [self._leaf(view, key) for view in self.views]
        return self._matches[key]

    def matching(self, leaf: Text) -> int:
        """How many live documents a leaf matches in all segments."""
        key = self._key(leaf)
        if key not in self._numbers:
            plain = self._plain(key) if isinstance(key, Term) and key not in self._matches else None
            if plain is None:
                self._numbers[key] = sum(len(part.docs) for part in self.matches(key))
            else:
                self._numbers[key] = sum(
                    0 if term is None else lv.count_live(view, group, term)
                    for view, (group, term) in zip(self.views, plain, strict=True)
                )
        return self._numbers[key]

    def lists(self, tree: Node) -> Lists | None:
        """The posting lists of title and body that a tree is the union or the intersection of; None when it is anything else."""
        every = isinstance(tree, And)
        found: list[list[Word]] = [[] for _ in self.views]
        lacking: set[int] = set()
        for term in tree.children if isinstance(tree, And | Or) else (tree,):
            parts = _parts(term.fields) if isinstance(term, Term) and not term.exact else 0
            if not parts or not isinstance(term, Term) or (numbers := self._numbers_of(term.form)) is None:
                return None
            factor = term.boost * self.idf(self._alive(numbers, parts))
            if factor <= 0:
                return None
            for at, number in enumerate(numbers):
                if number is not None:
                    found[at].append(Word(number, parts, factor))
                elif every:
                    lacking.add(at)
        return Lists([[] if at in lacking else some for at, some in enumerate(found)], every)

    def _numbers_of(self, form: str) -> list[int | None] | None:
        """The term of ``text`` that a form is in each segment, None where there is none; None when it is several in one."""
        stems = [stem_term(form, chain) for chain in self._chains]
        found: list[int | None] = []
        for view in self.views:
            known = [number for stem in stems if (number := view.term("text", stem)) is not None]
            if len(known) > 1:
                return None
            found.append(known[0] if known else None)
        return found

    def _alive(self, numbers: Sequence[int | None], parts: int) -> int:
        """How many live documents terms of ``text`` occur in."""
        group = Group("text", parts, "text")
        return sum(
            lv.count_live(view, group, number) for view, number in zip(self.views, numbers, strict=True) if number is not None
        )

    def expanded(self, tree: Node) -> Group | None:
        """The one group in which a tree is a prefix, a wildcard or a fuzzy word, if that is what it is; else None."""
        if not isinstance(tree, Prefix | Wildcard | Fuzzy):
            return None
        groups = tuple(lv.groups_of(tree.fields))
        return groups[0] if len(groups) == 1 and groups[0].of_set == "text" else None

    def selections(self, leaf: Prefix | Wildcard | Fuzzy, group: Group) -> list[Selection]:
        """What it stands for in each segment."""
        self.check(leaf)
        return [self._resolver.select(view, group, leaf) for view in self.views]

    def idf(self, matching: int) -> float:
        """What so few matches are worth."""
        return math.log(1 + (self.articles - matching + 0.5) / (matching + 0.5))

    def occurrences(self, leaf: Text, field: str, number: int, doc: int) -> int:
        """How often a leaf occurs in one field of a document of a segment."""
        docs = np.array([doc], np.int32)
        found = 0
        for group in lv.groups_of((field,)):
            if any(group.of_set == of.of_set and group.field == of.field and group.parts & of.parts for of in _groups(leaf)):
                found += len(self._spans(self.views[number], group, leaf, docs).firsts)
        return found

    def _key(self, leaf: _Leaf) -> _Leaf:
        """A leaf without what doesn't change its matches."""
        known = self._keys.get(id(leaf))
        if known is None:  # the leaf is kept too, so that no other one gets its id
            bare = leaf if leaf.span is None and leaf.boost == 1.0 else replace(leaf, span=None, boost=1.0)
            known = self._keys[id(leaf)] = (leaf, bare)
        return cast(_Leaf, known[1])

    def factor(self, leaf: Text) -> float:
        """What a leaf's saturated weight is multiplied by: boost × idf."""
        return leaf.boost * self.idf(self.matching(leaf))

    def check(self, tree: Node) -> None:
        """Raise QueryRefused when a leaf of a tree is past its limit."""
        for leaf in leaves(tree):
            self._deadline.check()
            for part in (leaf.left, leaf.right) if isinstance(leaf, Near) else (leaf,):
                if isinstance(part, Wildcard | Fuzzy):
                    self._resolver.check(part)

    def _found_leaf(self, leaf: Text) -> list[Found]:
        factor = self.factor(leaf)
        plain = self._plain(self._key(leaf)) if isinstance(leaf, Term) and self._key(leaf) not in self._matches else None
        if plain is not None:
            return [self._scored_word(view, group, term, factor) for view, (group, term) in zip(self.views, plain, strict=True)]
        parts = self.matches(leaf)
        del self._matches[self._key(leaf)]  # the arrays become what is found, and are changed
        found = []
        for view, part in zip(self.views, parts, strict=True):
            kernels.saturate(part.weights, factor, K1)
            found.append(Found(view, *part))
        return found

    def _scored_word(self, view: View, group: Group, term: int | None, factor: float) -> Found:
        if term is None:
            return Found(view, *NO_MATCHES)
        size = view.lists[group.of_set].sizes.item(term)
        docs, scores = np.empty(size, np.int32), np.empty(size, np.float64)
        number = lv.weigh(view, group, term, docs, scores, factor, K1)
        return Found(view, docs[:number], scores[:number])

    def _plain(self, leaf: Term) -> list[tuple[Group, int | None]] | None:
        """The one posting list that a word is in each segment (None: in none); or None when it isn't as simple."""
        if leaf not in self._words:
            self._words[leaf] = self._lists_of(leaf)
        return self._words[leaf]

    def _lists_of(self, leaf: Term) -> list[tuple[Group, int | None]] | None:
        groups = tuple(lv.groups_of(leaf.fields))
        if len(groups) != 1:
            return None
        found = []
        for view in self.views:
            selection = self._resolver.select(view, groups[0], leaf)
            if len(selection.terms) and selection.single is None:
                return None
            found.append((groups[0], selection.single if len(selection.terms) else None))
        return found

    def _found_words(self, terms: Sequence[Term]) -> list[Found] | None:
        """The matches of words that must all be there; None when one of them isn't in one list in each segment."""
        plain = [self._plain(self._key(term)) for term in terms]
        known = [lists for lists in plain if lists is not None]
        if len(known) < len(plain):
            return None
        factors = [self.factor(term) for term in terms]
        return [self._all_words(view, [lists[number] for lists in known], factors) for number, view in enumerate(self.views)]

    def _all_words(self, view: View, lists: Sequence[tuple[Group, int | None]], factors: Sequence[float]) -> Found:
        present = [(group, term) for group, term in lists if term is not None]
        if len(present) < len(lists):
            return Found(view, *NO_MATCHES)
        order = sorted(range(len(present)), key=lambda place: view.lists[present[place][0].of_set].sizes.item(present[place][1]))
        group, term = present[order[0]]
        docs, weights = lv.weighed(view, group, Selection.whole([term]))
        columns = {order[0]: weights}
        for place in order[1:]:
            self._deadline.check()
            places, weights = lv.probe(view, *present[place], docs)
            docs = docs[places]
            columns = {known: column[places] for known, column in columns.items()} | {place: weights}
        scores = np.zeros(len(docs))
        for place, factor in enumerate(factors):
            kernels.saturate(columns[place], factor, K1)
            scores += columns[place]
        return Found(view, docs, scores)

    def _any_word(self, view: View, some: Sequence[Word]) -> Found:
        bits, scores = np.zeros(words(view.documents), np.uint64), view.scratch.scores
        for word in some:
            self._deadline.check()
            lv.add_scores(view, word, K1, bits, scores)
        return _taken(view, bits, scores)

    def _found_tree(self, tree: Node, number: int) -> Found:
        view = self.views[number]
        bits = self.bits(tree, number)
        scores = view.scratch.scores
        for leaf in wanted(tree):
            if not isinstance(leaf, Keyword | Days):
                part = self.matches(leaf)[number]
                kernels.add_scores(part.docs, part.weights, self.factor(leaf), K1, bits, scores)
        return _taken(view, bits, scores)

    def _leaf(self, view: View, leaf: Text) -> Matches:
        self._deadline.check()
        return lv.joined([self._in_group(view, group, leaf) for group in _groups(leaf)])

    def _in_group(self, view: View, group: Group, leaf: Text) -> Matches:
        if isinstance(leaf, Phrase):
            words = self._selections(view, group, leaf.forms, leaf)
            if not all(len(word.terms) for word in words):
                return NO_MATCHES
            terms = [term for word in words if (term := word.single) is not None]
            if len(terms) == len(words):
                return lv.phrase_matches(view, group, terms, leaf.slop, self._deadline)
        if isinstance(leaf, Phrase | Near):
            docs = self._candidates(view, group, leaf)
            if not len(docs):
                return NO_MATCHES
            steps = self._in_steps(docs)
            parts = [lv.weighed_spans(view, group, self._spans(view, group, leaf, some), some) for some in steps]
            if len(parts) == 1:
                return parts[0]
            return Matches(np.concatenate([part.docs for part in parts]), np.concatenate([part.weights for part in parts]))
        return lv.weighed(view, group, self._resolver.select(view, group, leaf), self._deadline)

    def _in_steps(self, docs: Docs) -> Iterator[Docs]:
        """The documents in parts, each of which takes a few milliseconds; what is found in them doesn't depend on the parts."""
        low, size = 0, AT_ONCE
        while low < len(docs):
            self._deadline.check()
            begin = time.monotonic()
            yield docs[low : low + size]
            low += size
            if time.monotonic() - begin < QUICK:
                size *= 2

    def _candidates(self, view: View, group: Group, leaf: Text) -> Docs:
        """Documents that hold every word of a leaf somewhere in the group."""
        match leaf:
            case Near():
                return lv.common([self._candidates(view, group, side) for side in (leaf.left, leaf.right)])
            case Phrase():
                return lv.holding_all(view, group, self._selections(view, group, tuple(dict.fromkeys(leaf.forms)), leaf))
            case _:
                return lv.weighed(view, group, self._resolver.select(view, group, leaf)).docs

    def _selections(self, view: View, group: Group, forms: Sequence[str], leaf: Phrase) -> list[Selection]:
        return [self._resolver.agreeing(view, group, form, exact=leaf.exact) for form in forms]

    def _spans(self, view: View, group: Group, leaf: Text, docs: Docs) -> Spans:
        match leaf:
            case Near():
                left, right = (self._spans(view, group, side, docs) for side in (leaf.left, leaf.right))
                return lv.near_spans(left, right, leaf.distance)
            case Phrase():
                return lv.phrase_spans(view, group, self._selections(view, group, leaf.forms, leaf), leaf.slop, docs)
            case _:
                return lv.spans_in(view, group, self._resolver.select(view, group, leaf), docs)

    def _keyword(self, view: View, leaf: Keyword) -> Docs:
        if leaf.field not in KEYWORD_FIELDS:
            return lv.NO_DOCS
        group = Group("values", lv.BOTH, leaf.field)
        term = view.term("values", leaf.field + SEPARATOR + analysis.fold(leaf.value))
        return lv.NO_DOCS if term is None else lv.weighed(view, group, Selection.whole([term])).docs

    def _days(self, view: View, first: date | None, last: date | None) -> Bits:
        bits = np.zeros(words(view.documents), np.uint64)
        kernels.within(view.segment["rows"], *day_range(first, last), bits)
        return bits & view.live_bits


def _taken(view: View, bits: Bits, scores: Floats) -> Found:
    """A set of documents with their scores, which are all 0 afterwards."""
    size = int(np.bitwise_count(bits).sum())
    docs, found = np.empty(size, np.int32), np.empty(size, np.float64)
    kernels.take(bits, scores, docs, found)
    return Found(view, docs, found)


def day_range(first: date | None, last: date | None) -> tuple[int, int]:
    """Days, None where open, as the columns have them."""
    return (first.toordinal() if first else FIRST_DAY, last.toordinal() if last else LAST_DAY)


@cache
def _parts(fields: tuple[str, ...]) -> int:
    """The parts of ``text`` that fields are; 0 when another group is among them, or none."""
    groups = tuple(lv.groups_of(fields))
    return groups[0].parts if len(groups) == 1 and groups[0].of_set == "text" else 0


def _groups(leaf: Text) -> tuple[Group, ...]:
    if isinstance(leaf, Near):
        right = _groups(leaf.right)
        return tuple(
            Group(group.of_set, group.parts & other.parts, group.field)
            for group in _groups(leaf.left)
            for other in right
            if group.field == other.field and group.parts & other.parts
        )
    return tuple(lv.groups_of(leaf.fields))


def _set_of(view: View, docs: Docs) -> Bits:
    bits = np.zeros(words(view.documents), np.uint64)
    kernels.set_bits(docs, bits)
    return bits
