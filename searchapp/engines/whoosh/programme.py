"""What the leaves of a request look for in texts, as `kernels.mark` takes it: words, patterns, and how they belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.tokens import Sieve
from searchapp.fields import TEXT_FIELDS
from searchapp.query.marks import looking_in
from searchapp.query.occurrences import Pattern
from searchapp.query.tree import Fuzzy, Leaf, Near, Phrase, Positional, Prefix, Term, Wildcard

Word = tuple[str, bool]
"""A form, and whether it is meant exactly."""

_BITS = {name: 1 << number for number, name in enumerate(TEXT_FIELDS)}
_PATTERNS = (Prefix, Wildcard, Fuzzy)


class Programme:
    """The leaves of a tree that have places in texts.

    ``words`` and ``patterns``: what is looked for; a *list* is the number of a word, or of a pattern plus that of words.
    ``fields``: bits of the text fields looked in, title 1, body 2, furniture 4. ``rows``, ``parts``, ``members`` (int64): the
    leaves as `kernels.mark` says.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = leaves
        self.words: dict[Word, int] = {}
        self.patterns: list[Pattern] = []
        self.fields = 0
        self._parts: list[tuple[int, int, int]] = []
        self._members: list[int] = []
        rows = [row for number, leaf in enumerate(leaves) if (row := self._row(number, leaf)) is not None]
        self.sieves = [Sieve(pattern) for pattern in self.patterns]
        members = [member if member >= 0 else len(self.words) - 1 - member for member in self._members]
        self.rows: NDArray[np.int64] = np.array(rows, np.int64).reshape(-1, 5)
        self.parts: NDArray[np.int64] = np.array(self._parts, np.int64).reshape(-1, 3)
        self.members: NDArray[np.int64] = np.array(members, np.int64)

    def looking(self, name: str) -> list[tuple[int, Leaf]]:
        """The leaves that look in a field, numbered."""
        return looking_in(self.leaves, name)

    def _row(self, number: int, leaf: Leaf) -> tuple[int, int, int, int, int] | None:
        """A leaf's fields, number, part, other part and distance; None when it has no place in texts."""
        if isinstance(leaf, Near):
            fields = _fields(leaf.left) & _fields(leaf.right)
        elif isinstance(leaf, Positional):
            fields = _fields(leaf)
        else:
            fields = 0
        self.fields |= fields
        if not fields:
            return None
        if isinstance(leaf, Near):
            return fields, number, self._part(leaf.left), self._part(leaf.right), leaf.distance
        assert isinstance(leaf, Positional)
        return fields, number, self._part(leaf), -1, 0

    def _part(self, part: Positional) -> int:
        """A word, phrase or pattern; its number."""
        first = len(self._members)
        if isinstance(part, _PATTERNS):
            self.patterns.append(part)
            self._members.append(-len(self.patterns))
        else:
            for word in _words(part):
                self._members.append(self.words.setdefault(word, len(self.words)))
        slop = part.slop if isinstance(part, Phrase) else 0
        self._parts.append((first, len(self._members) - first, slop))
        return len(self._parts) - 1


def words_of(leaf: Leaf) -> Iterator[Word]:
    """The words that a leaf looks for."""
    if isinstance(leaf, Near):
        yield from words_of(leaf.left)
        yield from words_of(leaf.right)
    elif isinstance(leaf, Term | Phrase):
        yield from _words(leaf)


def _words(part: Term | Phrase) -> Iterator[Word]:
    if isinstance(part, Term):
        yield part.form, part.exact
    else:
        yield from ((form, part.exact) for form in part.forms)


def _fields(part: Positional) -> int:
    found = 0
    for name in part.fields:
        found |= _BITS.get(name, 0)
    return found
