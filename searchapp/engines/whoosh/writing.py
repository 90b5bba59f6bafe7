"""A new segment of articles: analysed and inverted in batches, kept as runs, put together at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from searchapp.article import Article
from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.arrays import Arrays
from searchapp.engines.whoosh.assembly import Assembly
from searchapp.engines.whoosh.inversion import Inverter
from searchapp.engines.whoosh.records import compressor, learn, record_of
from searchapp.engines.whoosh.vocabulary import Source

BATCH_ARTICLES, BATCH_BYTES = 4_096, 8 * 2**20
"""What is analysed at a time."""
RUN_ARTICLES, RUN_BYTES = 32_768, 48 * 2**20
"""What is inverted at a time: some 8 million tokens, which take 12 bytes each for a moment."""
HELD = 64 * 2**20
"""Bytes of runs held in memory; more go to disk until the segment is finished."""
FULL_BYTES, FULL_ARTICLES = 720 * 2**20, 2_000_000
"""Stored text after which the next segment should be begun: some 120 million tokens. No stream comes near its limit."""


class SegmentWriter:
    """Writes one segment. ``dictionary``: of the stored frames; None: one is learnt from the first articles.

    A context manager: left unfinished, its files are no segment.
    """

    def __init__(self, directory: Path, name: str, dictionary: bytes | None) -> None:
        self._directory = directory
        self.name = name
        self._dictionary = dictionary
        self._articles: list[Article] = []
        self._records: list[bytes] = []
        self._bytes = self._run_bytes = self._all_bytes = 0
        self._run_articles = 0
        self.articles = 0
        self._inverter: Inverter | None = None
        self._assembly: Assembly | None = None
        self._runs: list[Source] = []
        self._spilled: list[Path] = []
        self._held = 0

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
        self._articles.append(article)
        self._records.append(record)
        self._bytes += len(record)
        if len(self._articles) >= BATCH_ARTICLES or self._bytes >= BATCH_BYTES:
            self._analyse()
        self.articles += 1
        return self.articles - 1

    def _analyse(self) -> None:
        if self._inverter is None or self._assembly is None:
            if self._dictionary is None:
                self._dictionary = learn(self._records)
            self._inverter = Inverter(compressor(self._dictionary))
            self._assembly = Assembly(self._directory, self.name, self._dictionary)
        self._inverter.add(self._articles, self._records)
        self._run_articles += len(self._articles)
        self._run_bytes += self._bytes
        self._all_bytes += self._bytes
        self._articles, self._records, self._bytes = [], [], 0
        if self._run_articles >= RUN_ARTICLES or self._run_bytes >= RUN_BYTES:
            self._end_run()

    def _end_run(self) -> None:
        assert self._inverter is not None
        assert self._assembly is not None
        run = self._inverter.run()
        self._assembly.add_articles(run, np.ones(self._run_articles, np.bool_), self._dictionary or b"")
        self._keep({name: items for name, items in run.items() if name.startswith(("text.", "furniture.", "values."))})
        self._run_articles = self._run_bytes = 0

    def _keep(self, run: Arrays) -> None:
        size = sum(items.nbytes for items in run.values())
        if self._held + size <= HELD:
            self._held += size
            self._runs.append(run)
            return
        path = self._directory / f"{self.name}.run{len(self._runs)}"
        arrays.write(path, run)
        self._spilled.append(path)
        self._runs.append(arrays.read(path)[0])

    def finish(self) -> None:
        """Write the segment's files."""
        if self._articles or self._inverter is None:
            self._analyse()
        if self._run_articles or not self._runs:
            self._end_run()
        assert self._assembly is not None
        with self._assembly as assembly:
            assembly.finish(self._runs)
        for path in self._spilled:
            path.unlink()
        self._runs = []

    def close(self) -> None:
        """Close the files of a segment that won't be finished."""
        if self._assembly is not None:
            self._assembly.close()
