"""A new segment of articles: analysed and inverted in batches, kept as runs, put together at the end."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from searchapp.article import Article
from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.arrays import Arrays
from searchapp.engines.whoosh.assembly import Assembly
from searchapp.engines.whoosh.inversion import Inverter
from searchapp.engines.whoosh.layout import SETS
from searchapp.engines.whoosh.parallel import AHEAD, Workers
from searchapp.engines.whoosh.records import compressor, learn, record_of
from searchapp.engines.whoosh.vocabulary import Source
from searchapp.errors import EngineError

BATCH_ARTICLES, BATCH_BYTES = 2_048, 8 * 2**20
"""What is analysed at a time."""
RUN_ARTICLES, RUN_BYTES = 16_384, 40 * 2**20
"""What is inverted at a time: some 6 million tokens, which take 24 bytes each for a moment. Merging takes memory for each run."""
HELD = 32 * 2**20
"""Bytes of runs held in memory; more go to disk until the segment is finished."""
LARGEST_SCALE = 4
"""Batches that are given to a process together, after the first ones: few runs are merged faster than many."""
FULL_BYTES, FULL_ARTICLES = 720 * 2**20, 2_000_000
"""Stored text after which the next segment should be begun: some 120 million tokens. No stream comes near its limit."""


class SegmentWriter:
    """Writes one segment. ``dictionary``: of the stored frames; None: one is learnt from the first articles.

    With ``workers``, other processes analyse and invert. Left unfinished, its files are no segment.
    """

    def __init__(self, directory: Path, name: str, dictionary: bytes | None, workers: Workers | None = None) -> None:
        self._directory = directory
        self.name = name
        self._dictionary = dictionary
        self._workers = workers
        self._articles: list[Article] = []
        self._records: list[bytes] = []
        self._bytes = self._run_bytes = self._all_bytes = 0
        self._run_articles = 0
        self.articles = 0
        self._inverter: Inverter | None = None
        self._assembly: Assembly | None = None
        self._runs: list[Source] = []
        self._files: list[Path] = []
        self._waiting: deque[tuple[Future[None], Path, int]] = deque()
        self._making: deque[tuple[Future[Arrays], int]] = deque()
        self._held = 0
        self._scale = 1

    @property
    def full(self) -> bool:
        """Whether the next article should go to another segment."""
        return self._all_bytes >= FULL_BYTES or self.articles >= FULL_ARTICLES

    @property
    def dictionary(self) -> bytes:
        """The dictionary of the stored frames, once `finish` has been called."""
        return self._dictionary or b""

    def add(self, article: Article) -> int:
        """Add an article; gives its number in the segment."""
        record = record_of(article)
        if self._workers is None or not self._files:
            self._articles.append(article)
        self._records.append(record)
        self._bytes += len(record)
        self._all_bytes += len(record)
        self.articles += 1
        if len(self._records) >= self._scale * BATCH_ARTICLES or self._bytes >= self._scale * BATCH_BYTES:
            self._analyse(self._workers)
        return self.articles - 1

    def _analyse(self, workers: Workers | None) -> None:
        """Have the batch analysed."""
        with _no_collection():
            self._analyse_by(workers)
        self._articles, self._records, self._bytes = [], [], 0

    def _analyse_by(self, workers: Workers | None) -> None:
        if self._dictionary is None:
            self._dictionary = learn(self._records)
        if self._assembly is None:
            self._assembly = Assembly(self._directory, self.name, self._dictionary)
        if workers is None:
            self._analyse_here()
        else:
            path = self._next_file()
            made = workers.make(self._records, self._dictionary, path)
            self._waiting.append((made, path, len(self._records)))
            if len(self._files) % workers.jobs == 0:
                self._scale = min(2 * self._scale, LARGEST_SCALE)
            if len(self._waiting) > AHEAD + workers.jobs:
                self._collect()

    def _analyse_here(self) -> None:
        if self._inverter is None:
            self._inverter = Inverter(compressor(self.dictionary))
        self._inverter.add(self._articles, self._records)
        self._run_articles += len(self._articles)
        self._run_bytes += self._bytes
        if self._run_articles >= RUN_ARTICLES or self._run_bytes >= RUN_BYTES:
            self._end_run()
        while len(self._making) > 1 or (self._making and self._making[0][0].done()):
            self._keep()

    def _end_run(self) -> None:
        """Have a run made of what was analysed here."""
        assert self._inverter is not None
        self._making.append((self._inverter.run(), self._run_articles))
        self._run_articles = self._run_bytes = 0

    def _keep(self) -> None:
        """Take over the run that was begun first; keep what merging needs of it, in memory or in a file."""
        made, articles = self._making.popleft()
        run = made.result()
        self._take(run, articles)
        kept = {name: items for name, items in run.items() if name.startswith(tuple(f"{of_set}." for of_set in SETS))}
        size = sum(items.nbytes for items in kept.values())
        if self._held + size > HELD:
            path = self._next_file()
            arrays.write(path, kept)
            kept = arrays.read(path)[0]
        else:
            self._held += size
        self._runs.append(kept)

    def _collect(self) -> None:
        """Take over the run that was asked for first."""
        made, path, count = self._waiting.popleft()
        try:
            made.result()
        except BrokenProcessPool as error:
            raise EngineError("a process that analysed articles died (out of memory?); try again with --jobs 1") from error
        run = arrays.read(path)[0]
        self._take(run, count)
        self._runs.append(run)

    def _take(self, run: Arrays, articles: int) -> None:
        assert self._assembly is not None
        self._assembly.add_articles(run, np.ones(articles, np.bool_), self.dictionary)

    def _next_file(self) -> Path:
        self._files.append(self._directory / f"{self.name}.run{len(self._files)}")
        return self._files[-1]

    def finish(self) -> None:
        """Write the segment's files."""
        if self._records or self._assembly is None:
            self._analyse(self._workers if self._files else None)  # processes aren't begun for a single batch
        while self._waiting:
            self._collect()
        if self._run_articles:
            self._end_run()
        while self._making:
            self._keep()
        self._inverter = None  # what it knows of words takes as much memory as merging
        assert self._assembly is not None
        with self._assembly as assembly:
            assembly.finish(self._runs)
        for path in self._files:
            path.unlink()
        self._runs = []

    def close(self) -> None:
        """Close the files of a segment that won't be finished."""
        if self._assembly is not None:
            self._assembly.close()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for cycles of objects: analysis makes none, and each look passes over all words ever met."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
