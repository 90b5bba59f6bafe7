"""Which terms a field of Whoosh's has in a segment, and their postings: `layout` read plainly, one term at a time.

The engine's queries don't come here; Whoosh's do, and tests. So this shares no code with the kernels.

A segment holds title and body in one set, and no exact forms: a stem is a term of ``title`` when one of its occurrences is in
the title, a form is one of ``title_exact`` when one of its stems' occurrences there is that form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels.lexicon import lower_bound
from searchapp.engines.whoosh.layout import BLOCK, SEPARATOR
from searchapp.engines.whoosh.schema import STEMMED, exact
from searchapp.engines.whoosh.segment import Segment, text_at
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS

Ints = NDArray[np.int64]

What = Literal["parts", "positions", "forms"]
"""How much of a term is decoded: each of these includes those before it."""

KEPT = 1024
"""Terms of a field whose postings are kept, because Whoosh asks for each several times."""

FIRST, SECOND = 0, 1


@dataclass(frozen=True, slots=True)
class TermPostings:
    """Documents, ascending, the number of occurrences in each, and the positions of all, one document's after the other's."""

    docs: Ints
    counts: Ints
    positions: Ints


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """All of a term in a set: documents, occurrences of each in both parts, and of each occurrence the position and the form."""

    docs: Ints
    parts: Ints
    positions: Ints
    codes: Ints

    def where(self, part: int, code: int | None = None) -> TermPostings:
        """Those in a part, and of one form."""
        runs = self.parts.ravel()
        kept = np.repeat(np.arange(len(runs)) % 2 == part, runs)
        if code is not None:
            kept &= self.codes == code
        docs = np.repeat(self.docs, self.parts.sum(axis=1))[kept]
        found, counts = np.unique(docs, return_counts=True)
        return TermPostings(found, counts.astype(np.int64), self.positions[kept])


class Field:
    """One field of Whoosh's in a segment. Its terms have numbers ``first`` … ``last - 1`` in the order of their bytes.

    Not every number need be a term of the field: `has` says.
    """

    def __init__(self, segment: Segment, of_set: str) -> None:
        self._segment = segment
        self._set = of_set
        self.first, self.last = 0, 0
        self.postings = lru_cache(KEPT)(self._postings)
        """The postings of a number, deleted documents included; empty when it isn't a term of the field."""

    def term(self, number: int) -> bytes:
        """The term of a number."""
        raise NotImplementedError

    def find(self, term: bytes) -> int:
        """The number of the first that isn't before ``term``."""
        raise NotImplementedError

    def _postings(self, number: int) -> TermPostings:
        raise NotImplementedError

    def has(self, number: int) -> bool:
        """Whether a number is a term of the field."""
        return len(self.postings(number).docs) > 0

    def numbers(self, start: int) -> Iterator[int]:
        """The field's terms from a number on."""
        return (number for number in range(start, self.last) if self.has(number))

    def number(self, term: bytes) -> int | None:
        """The number of a term; None when the field doesn't have it."""
        at = self.find(term)
        return at if at < self.last and self.term(at) == term and self.has(at) else None

    def _search(self, name: str, gap: int, key: bytes) -> int:
        found: int = lower_bound(self._segment[name], self._segment[f"{name}.ends"], gap, np.frombuffer(key, np.uint8))
        return found

    def _occurrences(self, term: int, what: What = "positions") -> _Occurrences:
        return _read(self._segment, self._set, term, what)


class StemField(Field):
    """The stems in one part of a set."""

    def __init__(self, segment: Segment, of_set: str, part: int) -> None:
        super().__init__(segment, of_set)
        self._part = part
        self.last = len(segment[f"{of_set}.terms.ends"])

    def term(self, number: int) -> bytes:
        """Stem and chain."""
        return text_at(self._segment[f"{self._set}.terms"], self._segment[f"{self._set}.terms.ends"], number)

    def find(self, term: bytes) -> int:
        """The number of the first that isn't before ``term``."""
        return self._search(f"{self._set}.terms", 0, term)

    def has(self, number: int) -> bool:
        """Whether a number is a term of the field."""
        return bool(self._occurrences(number, "parts").parts[:, self._part].any())

    def _postings(self, number: int) -> TermPostings:
        return self._occurrences(number).where(self._part)


class FormField(Field):
    """The forms in one part of a set."""

    def __init__(self, segment: Segment, of_set: str, part: int) -> None:
        super().__init__(segment, of_set)
        self._part = part
        self.last = len(segment[f"{of_set}.forms.ends"])

    def term(self, number: int) -> bytes:
        """The form."""
        ends = self._segment[f"{self._set}.forms.ends"]
        start = ends.item(number - 1) + 1 if number else 0
        return self._segment[f"{self._set}.forms"][start : ends.item(number)].tobytes()

    def find(self, term: bytes) -> int:
        """The number of the first that isn't before ``term``."""
        return self._search(f"{self._set}.forms", 1, term)

    def _postings(self, number: int) -> TermPostings:
        """Those of each chain the form occurs in, which have no document together."""
        segment, name = self._segment, f"{self._set}.forms"
        rows = range(segment[f"{name}.start"].item(number), segment[f"{name}.start"].item(number + 1))
        stems = [(segment[f"{name}.term"].item(row), segment[f"{name}.code"].item(row)) for row in rows]
        found = [self._occurrences(term, "forms").where(self._part, code) for term, code in stems]
        docs, counts = (np.concatenate([getattr(part, what) for part in found]) for what in ("docs", "counts"))
        positions = np.split(np.concatenate([part.positions for part in found]), np.cumsum(counts)[:-1])
        order = np.argsort(docs)
        together = np.concatenate([positions[place] for place in order.tolist()]) if len(docs) else np.zeros(0, np.int64)
        return TermPostings(docs[order], counts[order], together)


class ValueField(Field):
    """The forms of a name field, or the values of a keyword field; of these the number of occurrences is always 1."""

    def __init__(self, segment: Segment, name: str) -> None:
        super().__init__(segment, "values")
        self._head = (name + SEPARATOR).encode("ascii")
        self._keyword = name in KEYWORD_FIELDS
        self.first = self._search("values.terms", 0, self._head)
        self.last = self._search("values.terms", 0, self._head[:-1] + bytes([self._head[-1] + 1]))

    def term(self, number: int) -> bytes:
        """The form or value."""
        return text_at(self._segment["values.terms"], self._segment["values.terms.ends"], number)[len(self._head) :]

    def find(self, term: bytes) -> int:
        """The number of the first that isn't before ``term``."""
        return self._search("values.terms", 0, self._head + term)

    def has(self, number: int) -> bool:
        """Whether a number is a term of the field: all are."""
        return self.first <= number < self.last

    def _postings(self, number: int) -> TermPostings:
        found = self._occurrences(number).where(SECOND)
        return TermPostings(found.docs, np.ones_like(found.counts), np.zeros(0, np.int64)) if self._keyword else found


def fields_of(segment: Segment) -> dict[str, Field]:
    """All fields of Whoosh's, by name, in the order of names."""
    places = {"title": ("text", FIRST), "body": ("text", SECOND), "furniture": ("furniture", SECOND)}
    made: dict[str, Field] = {name: ValueField(segment, name) for name in (*NAME_FIELDS, *KEYWORD_FIELDS)}
    for name in STEMMED:
        made[name] = StemField(segment, *places[name])
        made[exact(name)] = FormField(segment, *places[name])
    return dict(sorted(made.items()))


def _read(segment: Segment, of_set: str, term: int, what: What) -> _Occurrences:
    """Decode a term: what isn't asked for stays empty."""
    first, last = segment[f"{of_set}.block"][term : term + 2].tolist()
    left, at, before = segment[f"{of_set}.df"].item(term), segment[f"{of_set}.at"].item(term), -1
    blocks = []
    for block in range(first, last):
        size = min(left, BLOCK)
        runs = []
        for width in segment[f"{of_set}.widths"][4 * block : 4 * block + 3].tolist():
            runs.append(_unpacked(segment[f"{of_set}.post"], at, size, width))
            at += (size * width + 7) // 8
        docs = before + np.cumsum(runs[0] + 1)
        parts = np.stack([runs[2], runs[1] + 1 - runs[2]], axis=1)
        blocks.append(_Occurrences(docs, parts, *_details(segment, of_set, term, block, parts.ravel(), what)))
        left, before = left - size, int(docs[-1])
    return _Occurrences(*(np.concatenate([getattr(block, name) for block in blocks]) for name in _Occurrences.__slots__))


def _details(segment: Segment, of_set: str, term: int, block: int, runs: Ints, what: What) -> tuple[Ints, Ints]:
    """Positions and forms of a block's occurrences; ``runs``: how many of a document's part come one after the other."""
    nothing = np.zeros(0, np.int64)
    if what == "parts":
        return nothing, nothing
    number, width = int(runs.sum()), segment[f"{of_set}.widths"].item(4 * block + 3)
    steps = _unpacked(segment[f"{of_set}.pos"], segment[f"{of_set}.pat"].item(block), number, width)
    if what == "positions":
        return _summed(steps, runs), nothing
    bits = (segment[f"{of_set}.nforms"].item(term) - 1).bit_length()
    codes = _unpacked(segment[f"{of_set}.code"], segment[f"{of_set}.cat"].item(block), number, bits)
    return _summed(steps, runs), codes


def _unpacked(data: NDArray[np.uint8], at: int, count: int, width: int) -> Ints:
    """A run of ``count`` integers."""
    bits = np.unpackbits(data[at : at + (count * width + 7) // 8], count=count * width, bitorder="little")
    found: Ints = bits.reshape(count, width).astype(np.int64) @ (1 << np.arange(width, dtype=np.int64))
    return found


def _summed(steps: Ints, runs: Ints) -> Ints:
    """Sums that begin anew with each run."""
    sums = np.cumsum(steps)
    bounds = np.cumsum(np.concatenate([[0], runs])).tolist()
    before = [sums[start - 1] if start else 0 for start, end in pairwise(bounds) if end > start]
    return sums - np.repeat(np.array(before, np.int64), runs[runs > 0])
