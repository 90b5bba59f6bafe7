"""A term's postings, decoded in blocks from a stock segment into arrays.

The layout read here is Whoosh 2.7.4's (``whoosh/codec/whoosh3.py``, W3PostingsWriter): a tag, then blocks of up to 128
postings, each a length (negative for the last), a pickled tuple about the block, and a compressed pickle of (document
number deltas, weights, payloads). Document numbers begin anew in each block.

An *occurrence* is one 64-bit integer: document number × 2³² + position. Sorted occurrences are sorted by document, then
by position, and two of different documents are always further apart than any distance a query can ask for.
"""

from __future__ import annotations

import io
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from whoosh.reading import SegmentReader, TermNotFound

from searchapp.engines.whoosh import stock

Ints = NDArray[np.int64]

SHIFT = 32
_TAG = b"W3Bl"
_LENGTH = struct.Struct("!i")


@dataclass(frozen=True, slots=True)
class Postings:
    """Where something occurs: documents, ascending, with the number of occurrences of each, and these, sorted.

    Keyword fields have no occurrences.
    """

    docs: Ints
    counts: Ints
    occurrences: Ints

    @property
    def size(self) -> int:
        """Bytes held."""
        return self.docs.nbytes + self.counts.nbytes + self.occurrences.nbytes

    def kept(self, live: NDArray[np.bool_]) -> Postings:
        """Without the documents that are not ``live``."""
        mask = live[self.docs]
        if mask.all():
            return self
        return Postings(self.docs[mask], self.counts[mask], self.occurrences[live[self.occurrences >> SHIFT]])


_NONE: Ints = np.zeros(0, np.int64)
NO_POSTINGS = Postings(_NONE, _NONE, _NONE)


def from_occurrences(occurrences: Ints) -> Postings:
    """The postings of sorted occurrences."""
    docs, counts = np.unique(occurrences >> SHIFT, return_counts=True)
    return Postings(docs, counts.astype(np.int64), occurrences)


def union(parts: Sequence[Postings]) -> Postings:
    """The occurrences of any of the parts (which share none: they are of different terms or segments)."""
    parts = [part for part in parts if len(part.docs)]
    if not parts:
        return NO_POSTINGS
    if len(parts) == 1:
        return parts[0]
    occurrences = np.concatenate([part.occurrences for part in parts])
    if len(occurrences):
        occurrences.sort()
        return from_occurrences(occurrences)
    docs = np.unique(np.concatenate([part.docs for part in parts]))
    return Postings(docs, np.ones(len(docs), np.int64), _NONE)


class SegmentPostings:
    """The postings of one segment. ``base`` is added to its document numbers. Safe for several threads."""

    def __init__(self, reader: SegmentReader, base: int) -> None:
        self._terms = reader._terms
        self._base = base

    def read(self, field: str, terms: Iterable[str]) -> Postings:
        """The postings of any of the terms, deleted documents included; terms that don't occur are passed over.

        Decoded as one array, because an expansion is many short postings lists.
        """
        blocks = [block for term in terms for block in self._blocks(field, term)]
        if not blocks:
            return NO_POSTINGS
        sizes = np.fromiter((len(ids) for ids, _ in blocks), np.int64, len(blocks))
        deltas = np.fromiter(chain.from_iterable(ids for ids, _ in blocks), np.int64, int(sizes.sum()))
        docs = _restarting_sum(deltas, sizes) + self._base
        if blocks[0][1] is None:
            docs = np.unique(docs)
            return Postings(docs, np.ones(len(docs), np.int64), _NONE)
        payloads = [payload for _, values in blocks for payload in values or ()]
        counts = np.fromiter(map(len, payloads), np.int64, len(payloads)) // 4
        positions = np.frombuffer(b"".join(payloads), np.uint32).astype(np.int64)
        occurrences = (np.repeat(docs, counts) << SHIFT) | positions
        if bool((docs[1:] > docs[:-1]).all()):
            return Postings(docs, counts, occurrences)
        occurrences.sort()
        return from_occurrences(occurrences)

    def everything(self, field: str) -> tuple[Sequence[str], Ints, Ints, Ints]:
        """All of a field, deleted documents included: terms, and of each occurrence term number, document, position."""
        terms = list(self.terms(field))
        parts = [self.read(field, [term]) for term in terms]
        if not parts:
            return (), _NONE, _NONE, _NONE
        if parts[0].occurrences.size:
            numbers = np.repeat(np.arange(len(terms)), [len(part.occurrences) for part in parts])
            together = np.concatenate([part.occurrences for part in parts])
            return terms, numbers, (together >> SHIFT) - self._base, together & (2**SHIFT - 1)
        docs = np.concatenate([part.docs for part in parts])
        return terms, np.repeat(np.arange(len(terms)), [len(part.docs) for part in parts]), docs - self._base, np.zeros_like(docs)

    def terms(self, field: str) -> Iterator[str]:
        """The terms of a field, in code point order."""
        if field in self._terms.indexed_field_names():
            for name, term in self._terms.terms_from(field, b""):
                if name != field:
                    return
                yield term.decode("utf-8", "surrogatepass")

    def _blocks(self, field: str, term: str) -> Iterable[tuple[Sequence[int], Sequence[bytes] | None]]:
        try:
            offset, (length,) = self._terms.term_info(field, term.encode("utf-8", "surrogatepass")).extent()
        except TermNotFound:
            return
        data = self._terms._postfile.get(offset, length)
        if data[:4] != _TAG:
            raise ValueError(f"postings of {field}:{term} don't begin with their tag")
        at = 4
        while True:
            (size,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            end = at + abs(size)
            stream = io.BytesIO(data[at:end])
            compressed = stock.load(stream)[3]
            body = stream.read()
            ids, _, values = stock.loads(zlib.decompress(body) if compressed else body)
            yield ids, values
            if size < 0:
                return
            at = end


def _restarting_sum(deltas: Ints, sizes: Ints) -> Ints:
    """Cumulative sums that begin anew after each run of ``sizes``."""
    sums = np.cumsum(deltas)
    starts = np.cumsum(sizes) - sizes
    before: Ints = sums[starts] - deltas[starts]
    return sums - np.repeat(before, sizes)


class Cache:
    """The postings used last, up to a number of bytes. Safe for several threads; what it hands out is never changed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._held: OrderedDict[Hashable, Postings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Postings]) -> Postings:
        """What was made for ``key``; two threads may both make it, which is harmless."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
                return held
        made = make()
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._size += made.size + 500
                while self._size > self._limit and self._held:
                    self._size -= self._held.popitem(last=False)[1].size + 500
        return made
