"""Runs made by several processes: records go out, files of runs come back.

A run stands for itself, so it doesn't matter which process makes it, and one process or ten give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path

from searchapp.analysis import learnt
from searchapp.archive import children
from searchapp.article import Article
from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.inversion import Inverter
from searchapp.engines.whoosh.records import compressor
from searchapp.engines.whoosh.schema import from_json

AHEAD = 1
"""Batches that wait while every process has one."""
PART = 2_048
"""Articles analysed at a time."""


class Workers:
    """Processes that make runs; begun when there is something to do."""

    def __init__(self, jobs: int, known: Path) -> None:
        self.jobs = jobs
        self._known = known
        self._pool: ProcessPoolExecutor | None = None

    def make(self, records: Sequence[bytes], dictionary: bytes, path: Path) -> Future[None]:
        """Have a run of articles, given as what is stored of them, made and written."""
        return self.pool.submit(_make, records, dictionary, path)

    @property
    def pool(self) -> ProcessPoolExecutor:
        """The processes."""
        if self._pool is None:
            self._pool = children.pool(self.jobs, learnt.load, self._known)
        return self._pool

    def close(self) -> None:
        """End the processes; what they haven't begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _make(records: Sequence[bytes], dictionary: bytes, path: Path) -> None:
    inverter = _inverter(dictionary)
    for first in range(0, len(records), PART):
        part = records[first : first + PART]
        inverter.add([Article.from_stored(from_json(record)) for record in part], part)
    arrays.write(path, inverter.run().result())


@cache
def _inverter(dictionary: bytes) -> Inverter:
    """This process's own, which remembers words from run to run."""
    return Inverter(compressor(dictionary))
