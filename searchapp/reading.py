"""The files of sources -> extracts and rejects, always in the same order, read by one process or several.

Several processes pay for formats that take long to read (saved HTML). They only read: what they find is judged, journalled
and indexed by the caller.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from searchapp.errors import ArchiveError
from searchapp.readers import read_file, walk
from searchapp.readers.extract import Extract, Reject
from searchapp.sources import Source

Found = tuple[Path, Source, Extract | Reject]

STREAMED = 8 * 1024 * 1024
"""Bytes from which a file is read record by record by the caller, whatever the number of processes: its extracts need
not fit into memory."""
AHEAD = 8
"""Files a process may be ahead of the caller."""


def read_sources(sources: Sequence[Source], jobs: int = 1) -> Iterator[Found]:
    """Every record of every file, in the order of the sources, their paths and the files' names.

    Raises ArchiveError when a reading process dies (it was killed, or ran out of memory).
    """
    if jobs == 1:
        for path, source in _files(sources):
            for found in read_file(path, source.root, source.format):
                yield path, source, found
    else:
        yield from _read_ahead(sources, jobs)


def _files(sources: Sequence[Source]) -> Iterator[tuple[Path, Source]]:
    for source in sources:
        for top in source.paths:
            for path in walk(top):
                yield path, source


def _read_ahead(sources: Sequence[Source], jobs: int) -> Iterator[Found]:
    waiting: deque[tuple[Path, Source, Future[list[Extract | Reject]] | None]] = deque()
    # Spawned, not forked: a forked child would inherit the writer's lock and keep it when the writer dies.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for path, source in _files(sources):
            small = path.is_file() and path.stat().st_size < STREAMED
            waiting.append((path, source, pool.submit(_read_whole, path, source) if small else None))
            if len(waiting) >= AHEAD * jobs:
                yield from _collect(*waiting.popleft())
        while waiting:
            yield from _collect(*waiting.popleft())


def _collect(path: Path, source: Source, reading: Future[list[Extract | Reject]] | None) -> Iterator[Found]:
    try:
        records = reading.result() if reading else read_file(path, source.root, source.format)
    except BrokenProcessPool as error:
        raise ArchiveError(
            f"{path}: the process reading it died (out of memory?); what was read before is safe, try again with --jobs 1"
        ) from error
    for found in records:
        yield path, source, found


def _read_whole(path: Path, source: Source) -> list[Extract | Reject]:
    return list(read_file(path, source.root, source.format))
