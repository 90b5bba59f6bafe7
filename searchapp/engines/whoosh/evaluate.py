"""A query tree on a generation's arrays: which rows match, and how well. Set algebra over postings, nothing else.

Every leaf is evaluated, whether or not it could still change the answer, so that a leaf past its limit is refused
wherever it stands. `Evaluation` lives for one request.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from searchapp import analysis
from searchapp.engines.base import K1
from searchapp.engines.whoosh.postings import NO_POSTINGS, SHIFT, Ints, Postings, from_occurrences
from searchapp.engines.whoosh.table import Floats, Mask, Table
from searchapp.errors import Problem, QueryRefused
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS
from searchapp.query.limits import MAX_EXPANSION
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
    wanted,
)


@dataclass(frozen=True, slots=True)
class Spans:
    """Where a leaf occurs in one field: first and last positions as occurrences, ascending, and the postings of the first."""

    starts: Ints
    ends: Ints
    postings: Postings

    @classmethod
    def of(cls, postings: Postings) -> Spans:
        """Of something one token long."""
        return cls(postings.occurrences, postings.occurrences, postings)


@dataclass(frozen=True, slots=True)
class Match:
    """What a positional leaf matches: its rows (ascending), and its postings in each field it looks in."""

    rows: Ints
    fields: tuple[tuple[str, Postings], ...]


class Evaluation:
    """The matches of one request's trees. Raises QueryRefused when a leaf stands for too many forms."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._matches: dict[Positional | Near, Match] = {}
        self._expansions: dict[Wildcard | Fuzzy, dict[str, Sequence[str]]] = {}

    def mask(self, node: Node) -> Mask:
        """Which rows match. Rows of deleted articles may be among them."""
        match node:
            case Everything():
                return np.ones(self._table.rows, np.bool_)
            case Nothing():
                return np.zeros(self._table.rows, np.bool_)
            case And(children):
                mask = np.ones(self._table.rows, np.bool_)
                for child in children:
                    mask &= self.mask(child)
                return mask
            case Or(children):
                mask = np.zeros(self._table.rows, np.bool_)
                for child in children:
                    mask |= self.mask(child)
                return mask
            case Not(child):
                return ~self.mask(child)
            case Keyword():
                return self._of_rows(self._keyword(node).docs)
            case Days(first, last):
                return self.days(first, last)
            case _:
                return self._of_rows(self._match(node).rows)

    def days(self, first: date | None, last: date | None) -> Mask:
        """Rows whose period overlaps the days (inclusive; None = open). Undated ones don't."""
        table = self._table
        mask: Mask = table.grain > 0
        if first is not None:
            mask &= table.last >= first.toordinal()
        if last is not None:
            mask &= table.first <= last.toordinal()
        return mask

    def scores(self, tree: Node, rows: Ints) -> Floats:
        """The scores of some rows (ascending), by the formula of `searchapp.engines.base`."""
        total = np.zeros(len(rows), np.float64)
        for leaf in wanted(tree):
            if not isinstance(leaf, Keyword | Days):
                total += self._scored(leaf, rows)
        return total

    def _scored(self, leaf: Positional | Near, rows: Ints) -> Floats:
        table, match = self._table, self._match(leaf)
        weight = np.zeros(len(rows), np.float64)
        for name, postings in match.fields:
            if name in TEXT_FIELDS and len(postings.docs) and len(rows):
                place = np.searchsorted(rows, postings.docs)
                place[place == len(rows)] = 0
                here = rows[place] == postings.docs
                docs = postings.docs[here]
                weight[place[here]] += postings.counts[here] * table.norms[name][docs]
        matching = len(match.rows)
        idf = math.log(1 + (table.articles - matching + 0.5) / (matching + 0.5))
        return leaf.boost * idf * weight / (K1 + weight)

    def _of_rows(self, rows: Ints) -> Mask:
        mask = np.zeros(self._table.rows, np.bool_)
        mask[rows] = True
        return mask

    def _keyword(self, leaf: Keyword) -> Postings:
        if leaf.field not in KEYWORD_FIELDS:
            return NO_POSTINGS
        value = analysis.fold(leaf.value)
        return self._table.postings(("value", value), leaf.field, [value])

    def _match(self, leaf: Positional | Near) -> Match:
        key = replace(leaf, span=None, boost=1.0)
        if key not in self._matches:
            fields = tuple((name, self._spans(leaf, name).postings) for name in _fields(leaf))
            docs = [postings.docs for _, postings in fields]
            self._matches[key] = Match(np.unique(np.concatenate(docs)) if docs else NO_POSTINGS.docs, fields)
        return self._matches[key]

    def _spans(self, leaf: Positional | Near, field: str) -> Spans:
        table = self._table
        match leaf:
            case Term(form, exact=exact):
                return Spans.of(table.agreeing(form, field, as_form=exact))
            case Prefix(prefix):
                key, forms = ("prefix", prefix), table.lexicon(field).prefixed(prefix)
                return Spans.of(table.any_of(forms, key, field))
            case Wildcard(pattern):
                return Spans.of(table.any_of(self._expansion(leaf, field), ("wildcard", pattern), field))
            case Fuzzy(form, distance):
                return Spans.of(table.any_of(self._expansion(leaf, field), ("fuzzy", form, distance), field))
            case Phrase():
                return self._phrase(leaf, field)
            case Near():
                return _near(self._spans(leaf.left, field), self._spans(leaf.right, field), leaf.distance)

    def _phrase(self, leaf: Phrase, field: str) -> Spans:
        words = [self._table.agreeing(form, field, as_form=leaf.exact) for form in leaf.forms]
        if not words or not all(len(word.docs) for word in words):
            return Spans.of(NO_POSTINGS)
        starts = _in_all(words)
        ends = starts
        for word in words[1:]:
            places = np.searchsorted(word.occurrences, ends, side="right")
            found = places < len(word.occurrences)
            starts, ends = starts[found], word.occurrences[places[found]]
            near = ends - starts <= leaf.slop + len(words) - 1
            starts, ends = starts[near], ends[near]
        return Spans(starts, ends, from_occurrences(starts))

    def _expansion(self, leaf: Wildcard | Fuzzy, field: str) -> Sequence[str]:
        """The forms a leaf stands for in a field, once they are known to be few enough in all its fields together."""
        by_field = self._expansions.get(leaf)
        if by_field is not None:
            return by_field[field]
        by_field = {name: self._forms(leaf, name) for name in _fields(leaf)}
        distinct = {form for forms in by_field.values() for form in forms}
        if len(distinct) > MAX_EXPANSION:
            number = self._held(by_field, len(distinct))
            if number > MAX_EXPANSION:
                raise QueryRefused([Problem("q", _refusal(leaf, number))])
        self._expansions[leaf] = by_field
        return by_field[field]

    def _forms(self, leaf: Wildcard | Fuzzy, field: str) -> Sequence[str]:
        lexicon = self._table.lexicon(field)
        return lexicon.matching(leaf.pattern) if isinstance(leaf, Wildcard) else lexicon.near(leaf.form, leaf.distance)

    def _held(self, by_field: dict[str, Sequence[str]], number: int) -> int:
        """How many of ``number`` distinct forms occur in articles that aren't deleted; counting ends past the limit."""
        if self._table.articles == self._table.rows:
            return number
        held: set[str] = set()
        for field, forms in by_field.items():
            for form in forms:
                if form not in held and len(self._table.agreeing(form, field, as_form=True).docs):
                    held.add(form)
                    if len(held) > MAX_EXPANSION:
                        return len(held)
        return len(held)


def _fields(leaf: Positional | Near) -> tuple[str, ...]:
    """The fields of a leaf that have positions."""
    if isinstance(leaf, Near):
        right = _fields(leaf.right)
        return tuple(name for name in _fields(leaf.left) if name in right)
    return tuple(name for name in dict.fromkeys(leaf.fields) if name in TEXT_FIELDS or name in NAME_FIELDS)


def _in_all(words: Sequence[Postings]) -> Ints:
    """Occurrences of the first word in documents that hold all of them."""
    docs = words[0].docs
    for word in sorted(words[1:], key=lambda word: len(word.docs)):
        docs = np.intersect1d(docs, word.docs, assume_unique=True)
    first = words[0]
    if len(docs) == len(first.docs):
        return first.occurrences
    return first.occurrences[np.isin(first.occurrences >> SHIFT, docs)]


def _near(left: Spans, right: Spans, distance: int) -> Spans:
    """The spans of ``left`` that don't overlap some span of ``right`` and are at most ``distance`` from it."""
    if not len(left.starts) or not len(right.starts):
        return Spans.of(NO_POSTINGS)
    after = np.searchsorted(right.starts, left.ends, side="right")
    found = after < len(right.starts)
    near = np.zeros(len(left.starts), np.bool_)
    near[found] = right.starts[after[found]] - left.ends[found] <= distance
    ends = np.sort(right.ends)
    before = np.searchsorted(ends, left.starts, side="left") - 1
    found = before >= 0
    near[found] |= left.starts[found] - ends[before[found]] <= distance
    return Spans(left.starts[near], left.ends[near], from_occurrences(left.starts[near]))


def _refusal(leaf: Wildcard | Fuzzy, number: int) -> str:
    if isinstance(leaf, Wildcard):
        return f"{leaf.pattern!r} stands for {number:,} words or more; write more letters (at most {MAX_EXPANSION:,})"
    return (
        f"'{leaf.form}~{leaf.distance}' stands for {number:,} words or more; write a longer word or fewer edits "
        f"(at most {MAX_EXPANSION:,})"
    )
