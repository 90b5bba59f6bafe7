"""Segments of arrays as Whoosh knows them: what its table of contents holds, and how its own `Searcher` reads them.

`ArraySegment` is pickled in every table of contents by its class path, so it stays here for ever. Writing is not Whoosh's
part: `ArrayCodec` only reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.base import Codec, Segment
from whoosh.filedb.filestore import FileStorage

from searchapp.engines.whoosh import segment as mapped
from searchapp.engines.whoosh.readers import ArrayDocReader, ArrayTermsReader

_NAME = re.compile(r"[0-9a-z]+\Z")
"""What Whoosh takes for the id of a segment when it looks for files nobody needs."""


class ArraySegment(Segment):  # type: ignore[misc]
    """What the table of contents says of a segment: its id, its articles, which of them are deleted. Never an array of its files.

    ``segment_id`` is lower-case letters and digits, chosen by the build; `segment_id` (Whoosh's name) is ``MAIN_`` + that, the
    beginning of its files' names. Raises ValueError for an id that names no file, or a deleted document that isn't there.
    """

    def __init__(self, indexname: str, segment_id: str, doccount: int) -> None:
        self._fill(indexname, segment_id, doccount, np.zeros(doccount, np.bool_))

    def _fill(self, indexname: str, segid: str, doccount: int, deleted: NDArray[np.bool_]) -> None:
        if not (_NAME.match(segid) and indexname.isalnum() and len(deleted) == doccount):
            raise ValueError(f"not a segment: {indexname!r}, {segid!r}, {doccount!r} articles")
        self.indexname = indexname
        self.segid = segid
        self.doccount = doccount
        self.compound = False
        self._deleted = deleted
        self._numbers: frozenset[int] | None = None
        self._mapped: mapped.Segment | None = None

    def __getstate__(self) -> dict[str, str | int | bytes]:
        deleted = np.packbits(self._deleted).tobytes()
        return {"indexname": self.indexname, "segid": self.segid, "doccount": self.doccount, "deleted": deleted}

    def __setstate__(self, state: dict[str, Any]) -> None:
        count, packed = int(state["doccount"]), np.frombuffer(bytes(state["deleted"]), np.uint8)
        deleted = np.unpackbits(packed, count=count).astype(np.bool_) if len(packed) * 8 >= count else np.zeros(0, np.bool_)
        self._fill(str(state["indexname"]), str(state["segid"]), count, deleted)

    @property
    def live(self) -> NDArray[np.bool_]:
        """Which documents aren't deleted. A copy."""
        live: NDArray[np.bool_] = ~self._deleted
        return live

    def delete(self, docs: Iterable[int]) -> None:
        """Mark documents deleted."""
        numbers = np.fromiter(docs, np.int64)
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < self.doccount:
            raise ValueError(f"{self.segment_id()} has no document {numbers.min()} or no {numbers.max()}")
        self._deleted[numbers] = True
        self._numbers = None

    def mapped(self, storage: FileStorage) -> mapped.Segment:
        """Its arrays; mapped once, and at once: a writer may remove the files at any later commit."""
        if self._mapped is None:
            self._mapped = mapped.Segment(Path(storage.folder), self.segment_id())
        return self._mapped

    def codec(self) -> ArrayCodec:
        """How it is read."""
        return ArrayCodec()

    def should_assemble(self) -> bool:
        """Whether Whoosh may put its files into one: no, they are mapped."""
        return False

    def set_doc_count(self, doccount: int) -> None:
        """Refused: the number of articles is known when a segment is made."""
        if doccount != self.doccount:
            raise ValueError("a segment of arrays is complete when it is made")

    def doc_count_all(self) -> int:
        """Articles, deleted ones included."""
        return self.doccount

    def deleted_count(self) -> int:
        """Deleted articles."""
        return int(self._deleted.sum())

    def deleted_docs(self) -> frozenset[int]:
        """Numbers of the deleted documents; made once, because Whoosh asks for them with every term."""
        if self._numbers is None:
            self._numbers = frozenset(np.flatnonzero(self._deleted).tolist())
        return self._numbers

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Mark a document deleted, or (``delete`` False) not."""
        if delete:
            self.delete([docnum])
        else:
            self._deleted[docnum] = False
            self._numbers = None

    def is_deleted(self, docnum: int) -> bool:
        """Whether a document is deleted. Whoosh's NOT asks for the one after the last, too."""
        return docnum in self.deleted_docs()


class ArrayCodec(Codec):  # type: ignore[misc]
    """Reads segments of arrays for Whoosh. There is nothing to write with: `build` makes segments whole."""

    def terms_reader(self, storage: FileStorage, segment: ArraySegment) -> ArrayTermsReader:
        """The terms of a segment, and their postings."""
        return ArrayTermsReader(segment.mapped(storage))

    def per_document_reader(self, storage: FileStorage, segment: ArraySegment) -> ArrayDocReader:
        """What is known of its documents."""
        return ArrayDocReader(segment.mapped(storage), segment)
