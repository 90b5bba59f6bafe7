"""Whoosh's own storage, opened safely: the parts of it this engine stands on, and the two it has to mend.

Whoosh keeps its table of contents, segment directories and posting blocks as pickles. Here unpickling knows the five
classes a stock segment is made of and nothing else, so that opening an index never runs code from it. And a segment's
parts are mapped, not copied into memory on opening.
"""

from __future__ import annotations

import collections
import io
import pickle
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import whoosh.codec.whoosh3
import whoosh.columns
import whoosh.filedb.compound
import whoosh.filedb.structfile
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader

from searchapp.engines.whoosh.schema import make_schema

INDEX_NAME = "MAIN"

_ALLOWED: dict[tuple[str, str], Any] = {
    ("whoosh.codec.whoosh3", "W3Segment"): W3Segment,
    ("whoosh.codec.whoosh3", "W3Codec"): W3Codec,
    ("collections", "defaultdict"): collections.defaultdict,
    ("builtins", "int"): int,
    ("builtins", "set"): set,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} has no business in an index")
        return found


def load(file: IO[bytes], **_: Any) -> Any:
    """Like ``pickle.load``, for the known classes only. Raises UnpicklingError for others."""
    return _Unpickler(file).load()


def loads(data: bytes, **_: Any) -> Any:
    """Like ``pickle.loads``, for the known classes only. Raises UnpicklingError for others."""
    return _Unpickler(io.BytesIO(data)).load()


def dumps(value: Any, _: int) -> bytes:
    """Like ``pickle.dumps``, but bytes stay bytes: in the version Whoosh asks for they are calls to a decoder."""
    return pickle.dumps(value, 4)


class MappedFile(whoosh.filedb.compound.BufferFile):  # type: ignore[misc]
    """A part of a compound segment; copied only when it is read as a stream."""

    def __init__(self, buf: memoryview, name: str | None = None, onclose: Any = None) -> None:
        self._buf = buf
        self._name = name
        self.onclose = onclose
        self.is_real = False
        self.is_closed = False

    @cached_property
    def file(self) -> io.BytesIO:
        """The stream Whoosh seeks in."""
        return io.BytesIO(self._buf)


whoosh.filedb.structfile.load_pickle = load
whoosh.codec.whoosh3.dumps = dumps
whoosh.codec.whoosh3.loads = loads
whoosh.columns.loads = loads
whoosh.filedb.compound.BufferFile = MappedFile


def create(directory: Path) -> FileIndex:
    """An empty index in an existing directory."""
    return FileIndex.create(FileStorage(str(directory)), make_schema(), INDEX_NAME)


def open_index(directory: Path) -> FileIndex:
    """The index of a directory. The schema is ours; the one pickled there is not read."""
    return FileIndex(FileStorage(str(directory)), make_schema(), INDEX_NAME)


def open_segments(directory: Path) -> list[SegmentReader]:
    """Readers of its segments, in the order of the table of contents."""
    index = open_index(directory)
    toc = index._read_toc()
    return [SegmentReader(index.storage, toc.schema, segment, generation=toc.generation) for segment in toc.segments]
