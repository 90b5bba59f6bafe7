"""A segment of arrays as Whoosh's readers, cursors and matchers: general and slow, what its own `Searcher` stands on.

The interface is Whoosh 2.7.4's ``whoosh/codec/base.py`` and ``whoosh/matching/mcore.py``, so names and conventions here are
Whoosh's. Beyond what these say: a term that is absent has frequency 0 (readers of several segments add them up); numbers are
Python's, never NumPy's; a matcher that is through still answers ``id`` (AndNot and AndMaybe ask for it); `MultiCursor` calls
``term``. Nothing is unmapped on ``close``: other readers share the segment.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, KeysView
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.base import FieldCursor, PerDocumentReader, Segment, TermsReader
from whoosh.columns import ColumnReader
from whoosh.matching import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo, TermNotFound

from searchapp.engines.whoosh import segment as mapped
from searchapp.engines.whoosh.schema import RECORD, STEMMED, exact, to_json
from searchapp.engines.whoosh.terms import Field, TermPostings, fields_of

LENGTHS = {field: name for name in STEMMED for field in (name, exact(name))}
"""Fields of Whoosh's that have lengths, and the text field whose lengths these are."""


class ArrayTermsReader(TermsReader):  # type: ignore[misc]
    """The terms of a segment."""

    def __init__(self, segment: mapped.Segment) -> None:
        self._segment = segment
        self._fields = fields_of(segment)

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._number(*term) is not None

    def indexed_field_names(self) -> KeysView[str]:
        """Names of all fields."""
        return self._fields.keys()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        """All terms, in order."""
        return ((name, self._fields[name].term(number)) for name, number in self._numbers("", b""))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        """All terms from one on, those of later fields too."""
        return ((name, self._fields[name].term(number)) for name, number in self._numbers(fieldname, prefix))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """All terms with what is known of them."""
        return self.items_from("", b"")

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """The same from a term on."""
        numbers = self._numbers(fieldname, prefix)
        return (((name, self._fields[name].term(number)), self.info(name, number)) for name, number in numbers)

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """What is known of a term. Raises TermNotFound."""
        return self.info(fieldname, self._needed(fieldname, text))

    def frequency(self, fieldname: str, text: bytes) -> float:
        """Occurrences of a term."""
        number = self._number(fieldname, text)
        return 0 if number is None else float(self._fields[fieldname].postings(number).counts.sum())

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Documents a term is in, deleted ones included."""
        number = self._number(fieldname, text)
        return 0 if number is None else len(self._fields[fieldname].postings(number).docs)

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ArrayMatcher:
        """The postings of a term. Raises TermNotFound."""
        postings = self._fields[fieldname].postings(self._needed(fieldname, text))
        lengths = self._lengths(fieldname, postings)
        return ArrayMatcher(postings, (fieldname, text), format_, scorer, lengths)

    def cursor(self, fieldname: str, fieldobj: Any) -> ArrayCursor:
        """A cursor over a field's terms."""
        return ArrayCursor(self, fieldname, self._fields[fieldname], fieldobj)

    def close(self) -> None:
        """Nothing: the segment may be others' too."""

    def info(self, fieldname: str, number: int) -> TermInfo:
        """What is known of the term of a number."""
        found = self._fields[fieldname].postings(number)
        docs, counts = found.docs, found.counts
        least, most = self._lengths(fieldname, found)
        return TermInfo(float(counts.sum()), len(docs), least, most, float(counts.max()), docs.item(0), docs.item(-1))

    def _number(self, fieldname: str, text: bytes) -> int | None:
        return self._fields[fieldname].number(text) if fieldname in self._fields else None

    def _needed(self, fieldname: str, text: bytes) -> int:
        number = self._number(fieldname, text)
        if number is None:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return number

    def _numbers(self, fieldname: str, start: bytes) -> Iterator[tuple[str, int]]:
        for name, field in self._fields.items():
            if name >= fieldname:
                first = field.find(start) if name == fieldname else field.first
                yield from ((name, number) for number in field.numbers(first))

    def _lengths(self, fieldname: str, postings: TermPostings) -> tuple[int, int]:
        """The smallest and the largest length of the field in the documents of some postings."""
        if fieldname not in LENGTHS:
            return 1, 1
        lengths = self._segment[f"length.{LENGTHS[fieldname]}"][postings.docs]
        return int(lengths.min()), int(lengths.max())


class ArrayCursor(FieldCursor):  # type: ignore[misc]
    """Walks a field's terms: what Whoosh's Levenshtein automaton does."""

    def __init__(self, reader: ArrayTermsReader, name: str, field: Field, fieldobj: Any) -> None:
        self._reader = reader
        self._name = name
        self._field = field
        self._fieldobj = fieldobj
        self.first()

    def is_valid(self) -> bool:
        """Whether it stands at a term."""
        return self._at < self._field.last

    def text(self) -> str | None:
        """The term it stands at; None past the last."""
        return self._fieldobj.from_bytes(self._field.term(self._at)) if self.is_valid() else None

    term = text

    def term_info(self) -> TermInfo | None:
        """What is known of the term it stands at."""
        return self._reader.info(self._name, self._at) if self.is_valid() else None

    def first(self) -> str | None:
        """Go to the first term."""
        return self._go(self._field.first)

    def next(self) -> str | None:
        """Go to the next term."""
        return self._go(self._at + 1)

    def find(self, term: str | bytes) -> str | None:
        """Go to the first term that isn't before ``term``."""
        return self._go(self._field.find(term if isinstance(term, bytes) else self._fieldobj.to_bytes(term)))

    def _go(self, number: int) -> str | None:
        self._at = next(self._field.numbers(number), self._field.last)
        return self.text()


class ArrayMatcher(LeafMatcher):  # type: ignore[misc]
    """The postings of one term. For Whoosh's pruning they are one block."""

    def __init__(
        self, postings: TermPostings, term: tuple[str, bytes], format_: Any, scorer: Any, lengths: tuple[int, int]
    ) -> None:
        self._term = term
        self.format = format_
        self.scorer = scorer
        self._ids: list[int] = postings.docs.tolist()
        self._counts: list[int] = postings.counts.tolist()
        self._positions = postings.positions
        self._starts: list[int] = [0, *postings.counts.cumsum().tolist()]
        self._lengths = lengths
        self._at = 0

    def is_active(self) -> bool:
        """Whether it stands at a posting."""
        return self._at < len(self._ids)

    def reset(self) -> None:
        """Go back to the first posting."""
        self._at = 0

    def copy(self) -> Self:
        """One that goes on by itself."""
        made = self.__class__.__new__(self.__class__)
        made.__dict__.update(self.__dict__)
        return made

    def id(self) -> int:
        """The document; the last one when all are through."""
        return self._ids[min(self._at, len(self._ids) - 1)]

    def all_ids(self) -> Iterator[int]:
        """All documents."""
        return iter(self._ids)

    def next(self) -> bool:
        """Go to the next posting. Says whether a block ended."""
        if not self.is_active():
            raise ReadTooFar
        self._at += 1
        return not self.is_active()

    def skip_to(self, id: int) -> None:
        """Go to the first posting whose document isn't before ``id``."""
        if not self.is_active():
            raise ReadTooFar
        self._at = bisect_left(self._ids, id, self._at)

    def weight(self) -> float:
        """Occurrences in the document."""
        return float(self._counts[self._at])

    def value(self) -> bytes:
        """The posting as `schema.Positions` encodes it, so that stock writers can take it over; empty without positions."""
        start, end = self._starts[self._at : self._at + 2]
        return array("I", self._positions[start:end].tolist()).tobytes() if len(self._positions) else b""

    def all_items(self) -> Iterator[tuple[int, bytes]]:
        """All documents with their values."""
        while self.is_active():
            yield self.id(), self.value()
            self.next()

    def score(self) -> float:
        """The document's score."""
        return float(self.scorer.score(self)) if self.scorer else self.weight()

    def block_min_length(self) -> int:
        """The smallest length of the field."""
        return self._lengths[0]

    def block_max_length(self) -> int:
        """The largest length of the field."""
        return self._lengths[1]

    def block_max_weight(self) -> float:
        """The largest weight."""
        return float(max(self._counts))

    def block_min_id(self) -> int:
        """The first document."""
        return self._ids[0]

    def block_max_id(self) -> int:
        """The last document."""
        return self._ids[-1]

    def skip_to_quality(self, minquality: float) -> int:
        """Skip all when none can be better than ``minquality``. Gives the number of blocks skipped."""
        if not self.is_active() or self.block_quality() > minquality:
            return 0
        self._at = len(self._ids)
        return 1


class RecordColumn(ColumnReader):  # type: ignore[misc]
    """The articles, as JSON (`Article.to_stored`)."""

    def __init__(self, segment: mapped.Segment) -> None:
        self._segment = segment

    def __len__(self) -> int:
        return self._segment.articles

    def __getitem__(self, docnum: int) -> bytes:
        return to_json(self._segment.stored(docnum))

    def __iter__(self) -> Iterator[bytes]:
        return (self[docnum] for docnum in range(len(self)))

    def load(self) -> list[bytes]:
        """All of them."""
        return list(self)


class ArrayDocReader(PerDocumentReader):  # type: ignore[misc]
    """What is known of documents: deletions, lengths, and one column."""

    def __init__(self, segment: mapped.Segment, described: Segment) -> None:
        self._segment = segment
        self._described = described

    def close(self) -> None:
        """Nothing: the segment may be others' too."""

    def doc_count(self) -> int:
        """Documents that aren't deleted."""
        return int(self._described.doc_count())

    def doc_count_all(self) -> int:
        """Documents."""
        return self._segment.articles

    def has_deletions(self) -> bool:
        """Whether any document is deleted."""
        return bool(self._described.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Whether a document is deleted."""
        return bool(self._described.is_deleted(docnum))

    def deleted_docs(self) -> Iterable[int]:
        """Numbers of the deleted documents."""
        deleted: Iterable[int] = self._described.deleted_docs()
        return deleted

    def supports_columns(self) -> bool:
        """Whether there can be columns."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Whether a field has a column."""
        return fieldname == RECORD

    def column_reader(self, fieldname: str, column: Any) -> RecordColumn:  # noqa: ARG002
        """A field's column."""
        if fieldname != RECORD:
            raise KeyError(fieldname)
        return RecordColumn(self._segment)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Tokens of a field in a document."""
        return self._lengths(fieldname).item(docnum) if fieldname in LENGTHS else default

    def field_length(self, fieldname: str) -> int:
        """Tokens of a field in all documents."""
        return int(self._lengths(fieldname).sum())

    def min_field_length(self, fieldname: str) -> int:
        """The smallest length of a field."""
        return int(min(self._lengths(fieldname), default=0))

    def max_field_length(self, fieldname: str) -> int:
        """The largest length of a field."""
        return int(max(self._lengths(fieldname), default=0))

    def stored_fields(self, docnum: int) -> dict[str, Any]:  # noqa: ARG002
        """No field of Whoosh's is stored: the record is a column."""
        return {}

    def _lengths(self, fieldname: str) -> NDArray[np.uint32]:
        return self._segment[f"length.{LENGTHS[fieldname]}"] if fieldname in LENGTHS else np.zeros(0, np.uint32)
