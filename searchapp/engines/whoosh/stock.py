"""Whoosh's own storage, opened safely: the parts of it this engine stands on, and the two it has to mend.

`create`, `commit` and `open_segments` are about segments of arrays; the rest about stock segments, and will go with them.

Whoosh keeps its table of contents, segment directories and posting blocks as pickles. Here unpickling knows the five
classes a stock segment is made of and nothing else, so that opening an index never runs code from it. And a segment's
parts are mapped, not copied into memory on opening.
"""

from __future__ import annotations

import collections
import io
import pickle
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import whoosh.codec.whoosh3
import whoosh.columns
import whoosh.filedb.compound
import whoosh.filedb.structfile
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, FileIndex, clean_files
from whoosh.reading import SegmentReader

from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.schema import make_schema
from searchapp.engines.whoosh.segment import Segment

INDEX_NAME = "MAIN"

_ALLOWED: dict[tuple[str, str], Any] = {
    (ArraySegment.__module__, ArraySegment.__name__): ArraySegment,
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


def open_readers(directory: Path) -> list[SegmentReader]:
    """Readers of its stock segments, in the order of the table of contents."""
    index = open_index(directory)
    toc = index._read_toc()
    return [SegmentReader(index.storage, toc.schema, segment, generation=toc.generation) for segment in toc.segments]


class _Storage(FileStorage):  # type: ignore[misc]
    """A directory whose files unpickle nothing but known classes."""

    def open_file(self, name: str, **kwargs: Any) -> StructFile:
        """A file of it, read whole: Whoosh closes none when it raises."""
        return _File(io.BytesIO(Path(self._fpath(name)).read_bytes()), name=name, **kwargs)


class _File(StructFile):  # type: ignore[misc]
    def read_pickle(self) -> Any:
        return load(self.file)


def read_toc(directory: Path) -> TOC:
    """The newest table of contents. The schema is this code's, not the file's. Raises UnpicklingError for foreign segments."""
    toc = TOC.read(_Storage(str(directory)), INDEX_NAME, schema=make_schema())
    if not isinstance(toc.segments, list) or not all(isinstance(segment, ArraySegment) for segment in toc.segments):
        raise pickle.UnpicklingError("the table of contents holds something that isn't a segment of arrays")
    return toc


def commit(
    directory: Path,
    add: Sequence[ArraySegment] = (),
    drop: Collection[str] = (),
    deletions: Mapping[str, Iterable[int]] | None = None,
) -> list[ArraySegment]:
    """Write the next table of contents, and remove the files of segments that aren't in it any more. Gives its segments.

    ``drop`` and the keys of ``deletions`` are names (`ArraySegment.segment_id`); ``deletions`` are document numbers, of added
    segments too. The files of ``add`` are there already. The directory is the caller's alone: nothing is locked, files are
    made new, renamed and unlinked, never written through, so hard links to an older generation are safe. Nothing is made durable.
    Raises ValueError for a name that isn't there, and for one that is there twice.
    """
    toc = read_toc(directory)
    segments = {segment.segment_id(): segment for segment in toc.segments}
    for name in drop:
        if segments.pop(name, None) is None:
            raise ValueError(f"no segment {name} to drop")
    for segment in add:
        if segments.setdefault(segment.segment_id(), segment) is not segment:
            raise ValueError(f"segment {segment.segment_id()} is there already")
    for name, docs in (deletions or {}).items():
        if name not in segments:
            raise ValueError(f"no segment {name} to delete from")
        segments[name].delete(docs)
    storage = FileStorage(str(directory))
    result = list(segments.values())
    TOC(make_schema(), result, toc.generation + 1).write(storage, INDEX_NAME)
    clean_files(storage, INDEX_NAME, toc.generation + 1, result)
    return result


def open_segments(directory: Path) -> list[tuple[ArraySegment, Segment]]:
    """Its segments, mapped, each with what the table of contents says of it, in its order."""
    opened = [(segment, Segment(directory, segment.segment_id())) for segment in read_toc(directory).segments]
    for segment, mapped in opened:
        if segment.doccount != mapped.articles:
            raise ValueError(f"{mapped.name} holds {mapped.articles} articles, not {segment.doccount}")
    return opened
