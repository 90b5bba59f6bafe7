"""Writing a segment in bulk: articles are inverted with array sorts, and written in stock Whoosh's layout.

Whoosh's own writer does Python work for every posting, three times over; here it is done for every distinct term. What
comes out is a stock segment (`postings` names the layout), which unmodified Whoosh reads. Uses these private parts of
Whoosh 2.7.4: SegmentWriter._flush_segment, W3FieldWriter._tindex, _postfile, _fieldid; W3TermInfo's attributes.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment, W3TermInfo
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.system import pack_ushort
from whoosh.writing import SegmentWriter

from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.postings import SegmentPostings
from searchapp.engines.whoosh.schema import FIELDS_OF_WHOOSH, RECORD, STEMMED, Document, exact, stem_term

BLOCK = 128
"""Postings in a block, as in stock Whoosh."""
LEAST_COMPRESSED = 120
"""Bytes from which a block is compressed; below, zlib costs time and saves nothing."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Inverted:
    """One field of some articles: ``terms`` sorted, and of each occurrence the term's number, the document and the position.

    Occurrences of a term are in order of documents, then positions.
    """

    terms: Sequence[str]
    numbers: Ints
    docs: Ints
    positions: Ints


def merged(parts: Sequence[Inverted]) -> Inverted:
    """Several as one; the documents of each part come after those of the part before."""
    terms = sorted({term for part in parts for term in part.terms})
    place = {term: number for number, term in enumerate(terms)}
    numbers = [np.array([place[term] for term in part.terms], np.int64)[part.numbers] for part in parts if len(part.terms)]
    if not numbers:
        return Inverted([], _EMPTY, _EMPTY, _EMPTY)
    together = np.concatenate(numbers)
    docs = np.concatenate([part.docs for part in parts])
    positions = np.concatenate([part.positions for part in parts])
    order = np.lexsort((positions, docs, together))
    return Inverted(terms, together[order], docs[order], positions[order])


_EMPTY: Ints = np.zeros(0, np.int64)


class _Numbers(dict[str, int]):
    """Numbers terms in the order in which they come."""

    def __missing__(self, term: str) -> int:
        self[term] = number = len(self)
        return number


class Gathered:
    """One field of the articles being added: runs of terms at consecutive positions."""

    def __init__(self) -> None:
        self._terms = _Numbers()
        self._numbers = array("I")
        self._runs: dict[str, array[int]] = {name: array("q") for name in ("doc", "start", "length", "chain")}
        self._chains = _Numbers()

    def add(self, doc: int, start: int, terms: Sequence[str], chain: str) -> None:
        """Add one run. No term comes twice at one position of a document."""
        known = self._terms
        self._numbers.extend([known[term] for term in terms])
        runs = self._runs
        runs["doc"].append(doc)
        runs["start"].append(start)
        runs["length"].append(len(terms))
        runs["chain"].append(self._chains[chain])

    def __len__(self) -> int:
        return len(self._numbers)

    def inverted(self) -> Inverted:
        """By form."""
        numbers = np.frombuffer(self._numbers, np.uint32).astype(np.int64)
        return merged([Inverted(list(self._terms), numbers, *self._places())])

    def stemmed(self) -> Inverted:
        """By stem and chain: each distinct form is stemmed once for each chain it occurs in."""
        numbers = np.frombuffer(self._numbers, np.uint32).astype(np.int64)
        chains = np.repeat(self._run("chain"), self._run("length"))
        stems = _Numbers()
        table = np.zeros((len(self._chains), len(self._terms)), np.int64)
        forms = list(self._terms)
        for chain, code in self._chains.items():
            for number in np.unique(numbers[chains == code]).tolist():
                table[code, number] = stems[stem_term(forms[number], chain)]
        return merged([Inverted(list(stems), table[chains, numbers], *self._places())])

    def _run(self, name: str) -> Ints:
        return np.frombuffer(self._runs[name], np.int64)

    def _places(self) -> tuple[Ints, Ints]:
        lengths = self._run("length")
        starts = np.cumsum(lengths) - lengths - self._run("start")
        return np.repeat(self._run("doc"), lengths), np.arange(len(self._numbers)) - np.repeat(starts, lengths)


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes a whole field at once."""

    def write(self, name: str, field: Any, inverted: Inverted) -> None:
        self.start_field(name, field)
        bounds = np.searchsorted(inverted.numbers, np.arange(len(inverted.terms) + 1))
        new = np.ones(len(inverted.docs), np.bool_)
        new[1:] = (inverted.docs[1:] != inverted.docs[:-1]) | (inverted.numbers[1:] != inverted.numbers[:-1])
        firsts = np.flatnonzero(new)
        docs = inverted.docs[firsts]
        ends = np.append(firsts[1:], len(new))
        payload = inverted.positions.astype(np.uint32).tobytes() if field.format.posting_size else None
        starts = np.searchsorted(firsts, bounds)
        for number, term in enumerate(inverted.terms):
            low, high = int(starts[number]), int(starts[number + 1])
            if low < high:
                self._write_term(term, docs[low:high], firsts[low:high].tolist(), ends[low:high].tolist(), payload)
        self.finish_field()

    def _write_term(self, term: str, docs: Ints, firsts: list[int], ends: list[int], payload: bytes | None) -> None:
        offset = self._postfile.tell()
        self._postfile.write(b"W3Bl")
        most = 1.0
        for low in range(0, len(docs), BLOCK):
            high = min(low + BLOCK, len(docs))
            most = max(most, self._write_block(docs[low:high], firsts[low:high], ends[low:high], payload, high == len(docs)))
        info = W3TermInfo()
        info._weight = float(ends[-1] - firsts[0])
        info._df = len(docs)
        info._maxweight = most
        info._maxlength = 0
        info._minid, info._maxid = int(docs[0]), int(docs[-1])
        info.set_extent(offset, self._postfile.tell() - offset)
        self._tindex.add(pack_ushort(self._fieldid) + term.encode("utf-8", "surrogatepass"), info.to_bytes())

    def _write_block(self, docs: Ints, firsts: list[int], ends: list[int], payload: bytes | None, last: bool) -> float:
        ids = docs.tolist()
        deltas = (ids[0], *np.diff(docs).tolist()) if len(ids) > 1 else (ids[0],)
        values = None if payload is None else tuple(payload[4 * a : 4 * b] for a, b in zip(firsts, ends, strict=True))
        weights = tuple(float(b - a) for a, b in zip(firsts, ends, strict=True))
        most = max(weights)
        body = stock.dumps((deltas, None if most == 1.0 else weights, values), 4)
        compression = 3 if len(body) >= LEAST_COMPRESSED else 0
        if compression:
            body = zlib.compress(body, compression)
        head = stock.dumps((len(ids), ids[-1], most, compression, 0, 0), 4)
        size = len(head) + len(body)
        self._postfile.write_int(-size if last else size)
        self._postfile.write(head)
        self._postfile.write(body)
        return most


class _Codec(W3Codec):  # type: ignore[misc]
    """Stock Whoosh's codec, writing fields in bulk. It is not what the segment names: that is stock's."""

    def field_writer(self, storage: Any, segment: Any) -> _FieldWriter:
        return _FieldWriter(self, storage, segment)

    def new_segment(self, _: Any, indexname: str) -> W3Segment:
        return W3Segment(W3Codec(), indexname)


class BulkWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's segment writer for documents that are ready made."""

    def __init__(self, index: FileIndex) -> None:
        super().__init__(index, codec=_Codec())
        self._gathered = {name: Gathered() for name in FIELDS_OF_WHOOSH if name not in STEMMED}
        self._merged: dict[str, list[Inverted]] = {name: [] for name in FIELDS_OF_WHOOSH}

    @property
    def occurrences(self) -> int:
        """Tokens gathered in memory; each takes 4 bytes until the end, then about 60 for a moment, field by field."""
        return sum(map(len, self._gathered.values()))

    def add(self, document: Document) -> None:
        """Add a document; its number is `docnum` before the call."""
        self._add_record(document.record)
        for name, start, terms in document.runs:
            self._gathered[name].add(self.docnum, start, terms, document.chain)
        self._added = True
        self.docnum += 1

    def _add_record(self, record: bytes) -> None:
        self.perdocwriter.start_doc(self.docnum)
        self.perdocwriter.add_column_value(RECORD, self.schema[RECORD].column_type, record)
        self.perdocwriter.finish_doc()

    def add_reader(self, reader: SegmentReader) -> None:
        """Add the live documents of a segment, after all that were added one by one."""
        number = reader.doc_count_all()
        dead = set(reader.segment().deleted_docs())
        place = np.full(number, -1, np.int64)
        records = reader.column_reader(RECORD)
        for doc in range(number):
            if doc not in dead:
                place[doc] = self.docnum
                self._add_record(records[doc])
                self.docnum += 1
        segment = SegmentPostings(reader, 0)
        for name in FIELDS_OF_WHOOSH:
            self._merged[name].append(_moved(segment.everything(name), place))
        self._added = True

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        for name in sorted(FIELDS_OF_WHOOSH):
            new = self._gathered[exact(name)].stemmed() if name in STEMMED else self._gathered[name].inverted()
            parts = [new, *self._merged.pop(name)]
            self.fieldwriter.write(name, self.schema[name], merged(parts) if len(parts) > 1 else new)
        self.fieldwriter.close()


def _moved(field: tuple[Sequence[str], Ints, Ints, Ints], place: Ints) -> Inverted:
    """A field of a segment, its documents renumbered (-1 leaves one out)."""
    terms, numbers, docs, positions = field
    docs = place[docs]
    kept = docs >= 0
    return Inverted(terms, numbers[kept], docs[kept], positions[kept])
