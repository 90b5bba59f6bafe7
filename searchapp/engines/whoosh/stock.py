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
from whoosh.index import _CURRENT_TOC_VERSION, _FLOAT_SIZE, _INT_SIZE, _LONG_SIZE, TOC, FileIndex

from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.schema import make_schema
from searchapp.engines.whoosh.segment import Segment

INDEX_NAME = "MAIN"
_SIZES = (_INT_SIZE, _LONG_SIZE, _FLOAT_SIZE)
_ORDER = -12345
"""How Whoosh finds out in which order a machine's bytes were written."""


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
    """The newest table of contents. The schema is this code's, not the file's. Raises UnpicklingError for foreign segments.

    Not by `TOC.read`: for the tables of older editions of Whoosh that unpickles whatever they name.
    """
    storage = _Storage(str(directory))
    generation = TOC._latest_generation(storage, INDEX_NAME)
    if generation < 0:
        raise ValueError(f"{directory} has no table of contents")
    stream = storage.open_file(TOC._filename(INDEX_NAME, generation))
    sizes = tuple(stream.read_varint() for _ in range(3))
    order, version = stream.read_int(), stream.read_int()
    if (sizes, order, version) != (_SIZES, _ORDER, _CURRENT_TOC_VERSION):
        raise ValueError(
            f"{directory} has a table of contents of version {version}, not {_CURRENT_TOC_VERSION}, or of another machine"
        )
    release = tuple(stream.read_varint() for _ in range(3))
    stream.skip_string()  # the schema
    if stream.read_int() != generation:
        raise ValueError(f"{directory} has a table of contents with another one's name")
    stream.read_int()  # unused
    segments = stream.read_pickle()
    if not isinstance(segments, list) or not all(isinstance(segment, ArraySegment) for segment in segments):
        raise pickle.UnpicklingError("the table of contents holds something that isn't a segment of arrays")
    return TOC(make_schema(), segments, generation, version=version, release=release)


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
    _clean(directory, TOC._filename(INDEX_NAME, toc.generation + 1), {segment.segment_id() for segment in result})
    return result


def _clean(directory: Path, contents: str, segments: Collection[str]) -> None:
    """Remove every other table of contents and the files of other segments. Whoosh's own way of it passes over errors."""
    tables, parts = TOC._pattern(INDEX_NAME), TOC._segment_pattern(INDEX_NAME)
    for path in sorted(directory.iterdir()):
        part = parts.match(path.name)
        if (tables.match(path.name) and path.name != contents) or (part and part.group(1) not in segments):
            path.unlink()


def open_segments(directory: Path) -> list[tuple[ArraySegment, Segment]]:
    """Its segments, mapped, each with what the table of contents says of it, in its order."""
    opened = [(segment, Segment(directory, segment.segment_id())) for segment in read_toc(directory).segments]
    for segment, mapped in opened:
        if segment.doccount != mapped.articles:
            raise ValueError(f"{mapped.name} holds {mapped.articles} articles, not {segment.doccount}")
    return opened
