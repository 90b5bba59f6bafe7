"""What the leaves of a request look for in texts, as `kernels.mark` takes it: words, patterns, and how they belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.tokens import Sieve
from searchapp.fields import TEXT_FIELDS
from searchapp.query.marks import looking_in
from searchapp.query.occurrences import Pattern
from searchapp.query.tree import Fuzzy, Leaf, Near, Phrase, Positional, Prefix, Term, Wildcard

Word = tuple[str, bool]
"""A form, and whether it is meant exactly."""

Numbers = NDArray[np.int64]

_BITS = {name: 1 << number for number, name in enumerate(TEXT_FIELDS)}
_POSITIONAL = (Term, Phrase, Prefix, Wildcard, Fuzzy)


class Programme:
    """The leaves of a tree that have places in texts.

    ``words`` and ``patterns``: what is looked for; a *list* is the number of a word, or of a pattern plus that of words.
    ``fields``: bits of the text fields looked in, title 1, body 2, furniture 4.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = leaves
        self.words: dict[Word, int] = {}
        self.patterns: list[Pattern] = []
        self.fields = 0
        self._rows: list[int] = []
        self._parts: list[int] = []
        self._members: list[int] = []
        for number, leaf in enumerate(leaves):
            self._add(number, leaf)
        self.sieves = [Sieve(pattern) for pattern in self.patterns]
        if self.patterns:
            self._members = [member if member >= 0 else len(self.words) - 1 - member for member in self._members]

    def asked(self, docs: list[int], numbers: list[int], chains: list[int], terms: list[int], forms: list[int]) -> Numbers:
        """All that is asked of some documents, as `kernels.locate` and `kernels.mark` take it.

        Of the documents their numbers, those of their articles on the page and those of their chains; for each chain and word
        its term and its form.
        """
        words, leaves, parts = len(self.words), len(self._rows) // 5, len(self._parts) // 3
        head = [len(docs), len(terms) // words if words else 0, words, leaves, parts]
        every = (head, docs, chains, numbers, terms, forms, self._rows, self._parts, self._members)
        return np.array([*chain.from_iterable(every)], np.int64)

    def looking(self, name: str) -> list[tuple[int, Leaf]]:
        """The leaves that look in a field, numbered."""
        return looking_in(self.leaves, name)

    def _add(self, number: int, leaf: Leaf) -> None:
        """Add a leaf, if it has places in texts."""
        if isinstance(leaf, Near):
            fields = _fields(leaf.left) & _fields(leaf.right)
            if fields:
                self._rows += (fields, number, self._part(leaf.left), self._part(leaf.right), leaf.distance)
                self.fields |= fields
        elif isinstance(leaf, _POSITIONAL):
            fields = _fields(leaf)
            if fields:
                self._rows += (fields, number, self._part(leaf), -1, 0)
                self.fields |= fields

    def _part(self, part: Positional) -> int:
        """Add a word, phrase or pattern; its number."""
        first, slop = len(self._members), 0
        if isinstance(part, Term):
            self._members.append(self._word(part.form, exact=part.exact))
        elif isinstance(part, Phrase):
            self._members += [self._word(form, exact=part.exact) for form in part.forms]
            slop = part.slop
        else:
            self.patterns.append(part)
            self._members.append(-len(self.patterns))
        self._parts += (first, len(self._members) - first, slop)
        return len(self._parts) // 3 - 1

    def _word(self, form: str, *, exact: bool) -> int:
        return self.words.setdefault((form, exact), len(self.words))


def words_of(leaf: Leaf) -> Iterator[Word]:
    """The words that a leaf looks for."""
    if isinstance(leaf, Near):
        yield from words_of(leaf.left)
        yield from words_of(leaf.right)
    elif isinstance(leaf, Term):
        yield leaf.form, leaf.exact
    elif isinstance(leaf, Phrase):
        yield from ((form, leaf.exact) for form in leaf.forms)


def _fields(part: Positional) -> int:
    found = 0
    for name in part.fields:
        found |= _BITS.get(name, 0)
    return found
