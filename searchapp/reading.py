"""The files of sources -> extracts and rejects, always in the same order, read by one process or several.

Several processes pay for formats that take long to read (saved HTML). They only read: what they find is judged, journalled
and indexed by the caller. A file whose bytes are known to have been read in full is hashed instead.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from searchapp.archive import children
from searchapp.errors import ArchiveError
from searchapp.readers import read_file, walk
from searchapp.readers.extract import Extract, Reject
from searchapp.sources import Source


@dataclass(frozen=True, slots=True)
class Ended:
    """A file's records have all been given. ``sha256``: of the bytes they were read from; None when these were changing."""

    sha256: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """A file was not read: its bytes are those the caller knows."""


Found = tuple[Path, Source, Extract | Reject | Ended | Known]
KnownFile = Callable[[Path, Source], str | None]
"""The sha256 of the bytes with which a file need not be read again; None when there is no such thing."""

STREAMED = 8 * 1024 * 1024
"""Bytes from which a file is read record by record by the caller, whatever the number of processes: its extracts need
not fit into memory."""
AHEAD = 8
"""Files a process may be ahead of the caller."""


def read_sources(sources: Sequence[Source], jobs: int = 1, known: KnownFile | None = None) -> Iterator[Found]:
    """Every record of every file, in the order of the sources, their paths and the files' names; `Ended` after each file.

    Raises ArchiveError when a reading process dies (it was killed, or ran out of memory).
    """
    ask = known or _nothing
    if jobs == 1:
        for path, source in _files(sources):
            for found in read_whole(path, source, ask(path, source)):
                yield path, source, found
    else:
        yield from _read_ahead(sources, jobs, ask)


def read_whole(path: Path, source: Source, known: str | None = None) -> Iterator[Extract | Reject | Ended | Known]:
    """The records of a file and `Ended`; only `Known` when its bytes have that sha256."""
    before = _sha256(path)
    if before is not None and before == known:
        yield Known()
        return
    yield from read_file(path, source.root, source.format)
    yield Ended(before if before is not None and before == _sha256(path) else None)


def _nothing(_path: Path, _source: Source) -> None:
    """No file is known."""


def _files(sources: Sequence[Source]) -> Iterator[tuple[Path, Source]]:
    for source in sources:
        for top in source.paths:
            for path in walk(top):
                yield path, source


def _read_ahead(sources: Sequence[Source], jobs: int, known: KnownFile) -> Iterator[Found]:
    waiting: deque[tuple[Path, Source, str | None, Future[list[Extract | Reject | Ended | Known]] | None]] = deque()
    with children.pool(jobs) as pool:
        for path, source in _files(sources):
            small = path.is_file() and path.stat().st_size < STREAMED
            same = known(path, source)
            waiting.append((path, source, same, pool.submit(_listed, path, source, same) if small else None))
            if len(waiting) >= AHEAD * jobs:
                yield from _collect(*waiting.popleft())
        while waiting:
            yield from _collect(*waiting.popleft())


def _collect(
    path: Path, source: Source, known: str | None, reading: Future[list[Extract | Reject | Ended | Known]] | None
) -> Iterator[Found]:
    try:
        records = reading.result() if reading else read_whole(path, source, known)
    except BrokenProcessPool as error:
        raise ArchiveError(
            f"{path}: the process reading it died (out of memory?); what was read before is safe, try again with --jobs 1"
        ) from error
    for found in records:
        yield path, source, found


def _listed(path: Path, source: Source, known: str | None) -> list[Extract | Reject | Ended | Known]:
    return list(read_whole(path, source, known))


def _sha256(path: Path) -> str | None:
    """Of a regular file's bytes; None when they can't be read."""
    try:
        if not path.is_file():  # a pipe would never end
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
