"""Whoosh's table of contents: which segments an index directory has. Read safely, written as Whoosh does.

Whoosh keeps it as a pickle. Here unpickling knows `ArraySegment` and nothing else, so that opening an index never runs code
from it; the schema pickled there is skipped. Whoosh itself is left as it is: its own ``open_dir`` unpickles what it finds.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, FileIndex, clean_files

from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.schema import make_schema
from searchapp.engines.whoosh.segment import Segment

INDEX_NAME = "MAIN"


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != (ArraySegment.__module__, ArraySegment.__name__):
            raise pickle.UnpicklingError(f"{module}.{name} has no business in an index")
        return ArraySegment


def load(file: IO[bytes]) -> Any:
    """Like ``pickle.load``, for plain values and segments of arrays. Raises UnpicklingError for anything else."""
    return _Unpickler(file).load()


class _Storage(FileStorage):  # type: ignore[misc]
    """A directory whose files unpickle nothing but known classes."""

    def open_file(self, name: str, **kwargs: Any) -> StructFile:
        """A file of it, read whole: Whoosh closes none when it raises."""
        return _File(io.BytesIO(Path(self._fpath(name)).read_bytes()), name=name, **kwargs)


class _File(StructFile):  # type: ignore[misc]
    def read_pickle(self) -> Any:
        return load(self.file)


def create(directory: Path) -> FileIndex:
    """An empty index in an existing directory."""
    return FileIndex.create(FileStorage(str(directory)), make_schema(), INDEX_NAME)


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
