"""The next generation, built aside: a Whoosh segment for what is new, columns for each segment, then checked and published.

An increment begins as hard links to the current generation; Whoosh marks the replaced articles deleted and gets one more
segment. When there are too many segments, or one is mostly deleted, the small ones are merged into the new one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from whoosh.reading import SegmentReader

from searchapp.article import Article
from searchapp.engines.base import GenerationInfo
from searchapp.engines.whoosh import columns, stock
from searchapp.engines.whoosh.bulk import BulkWriter
from searchapp.engines.whoosh.generations import Generations, Manifest, info_of, writing
from searchapp.engines.whoosh.schema import document
from searchapp.engines.whoosh.table import ORDER, Table
from searchapp.errors import EngineError

MOST_OCCURRENCES = 8_000_000
"""Tokens in a segment, beyond which the next is begun: inverting the largest field takes about 60 bytes each."""
MOST_SEGMENTS = 8
"""More cost every query; fewer make every increment rewrite more."""
KEPT_IN_A_MERGE = 3
"""The largest segments stay as they are, so that a merge's cost follows what was added, not the archive."""
MOST_MERGED = 50_000
"""Articles of a segment that is never merged, unless it is mostly deleted: merging happens in memory."""
CANARIES = 20
"""Articles looked up by id in the finished generation before it is published."""


class WhooshBuild:
    """An `IndexBuild`. ``base`` is the current generation's table, or None to begin from nothing."""

    def __init__(self, generations: Generations, base_name: str | None, base: Table | None) -> None:
        self._generations = generations
        self._base_name = base_name
        self._base = base
        self._added: dict[str, tuple[str, int]] = {}
        self._replaced: list[tuple[str, int]] = []
        self._dropped: set[int] = set()
        self._directory: Path | None = generations.begin(base_name)
        with writing(self._directory):
            if base_name is None:
                stock.create(self._directory)
            self._writer = BulkWriter(stock.open_index(self._directory))

    def add(self, article: Article) -> None:
        """Put an article in, in the place of the one with the same id."""
        analysed = document(article)
        with _building(self._open()):
            if self._writer.occurrences >= MOST_OCCURRENCES:
                self._next_segment()
            self._drop(article.id)
            self._added[article.id] = (self._writer.newsegment.segment_id(), self._writer.docnum)
            self._writer.add(analysed)

    def remove(self, article_id: str) -> None:
        """Take an article out; one that isn't there is no error."""
        self._open()
        self._drop(article_id)

    def _drop(self, article_id: str) -> None:
        added = self._added.pop(article_id, None)
        if added is not None:
            self._replaced.append(added)
        row = self._base.row(article_id) if self._base else None
        if row is not None:
            self._dropped.add(row)

    def _open(self) -> Path:
        if self._directory is None:
            raise EngineError("this build is over; begin another one")
        return self._directory

    def _next_segment(self) -> None:
        self._writer.commit(mergetype=_keep)
        self._writer = BulkWriter(stock.open_index(self._open()))

    def publish(self, *, journal: int) -> GenerationInfo:
        """Write, check, make durable, make current. After an error the old generation is current."""
        directory = self._open()
        try:
            with _building(directory):
                self._commit(directory)
                self._write_columns(directory)
                manifest = self._seal(directory, journal)
                name = self._generations.publish(directory, manifest)
        finally:
            self._abandon()
        return info_of(name, manifest, current=True)

    def _commit(self, directory: Path) -> None:
        """Write the last segment, then mark what was replaced as deleted (Whoosh can only delete what is committed), merge."""
        self._next_segment()
        writer = self._writer
        for row in self._dropped:
            writer.delete_document(row)
        segments = {segment.segment_id(): segment for segment in writer.segments}
        for segment, doc in self._replaced:
            segments[segment].delete_document(doc)
        writer.commit(mergetype=_merge)
        for left in directory.glob("*_WRITELOCK"):
            left.unlink()

    def _write_columns(self, directory: Path) -> None:
        for reader in stock.open_readers(directory):
            path = columns.file_of(directory, reader)
            if not path.exists():
                columns.write(path, *columns.derive(reader))
        (directory / ORDER).unlink(missing_ok=True)
        columns.write(directory / ORDER, Table(directory, ordered=False).make_orders(), {})

    def _seal(self, directory: Path, journal: int) -> Manifest:
        """Count and look up articles as a reader would, then write the manifest."""
        table = Table(directory)
        expected = len(self._added) + ((self._base.articles - len(self._dropped)) if self._base else 0)
        if table.articles != expected:
            raise EngineError(f"the new index holds {table.articles} articles, not {expected}; it was abandoned")
        ids = list(self._added)
        for article_id in ids[:: max(1, len(ids) // CANARIES)]:
            row = table.row(article_id)
            if row is None or table.record(row).id != article_id:
                raise EngineError(f"article {article_id!r} can't be read back from the new index; it was abandoned")
        return self._generations.seal(directory, self._base_name, articles=table.articles, journal=journal)

    def _abandon(self) -> None:
        """Remove what is still in the building place; after publishing there is nothing."""
        directory, self._directory = self._directory, None
        if directory is not None:
            if not self._writer.is_closed:
                with suppress(Exception):
                    self._writer.cancel()
            shutil.rmtree(directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._abandon()


@contextmanager
def _building(directory: Path) -> Iterator[None]:
    """Whatever Whoosh and the file system raise becomes EngineError."""
    try:
        with writing(directory):
            yield
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(f"{directory}: the new index can't be built ({error!r}); the old one is untouched") from error


def _keep(_: Any, segments: list[Any]) -> list[Any]:
    """A merge policy of Whoosh's: merge nothing."""
    return segments


def _merge(writer: BulkWriter, segments: list[Any]) -> list[Any]:
    """A merge policy of Whoosh's: gives the segments that stay, having added the others to the new one."""
    kept = [segment for segment in segments if segment.deleted_count() * 2 <= segment.doc_count_all()]
    if len(kept) > MOST_SEGMENTS:
        largest = sorted(kept, key=lambda segment: -int(segment.doc_count_all()))[:KEPT_IN_A_MERGE]
        kept = [segment for segment in kept if segment in largest or segment.doc_count_all() > MOST_MERGED]
    for segment in segments:
        if segment not in kept and segment.deleted_count() < segment.doc_count_all():
            writer.add_reader(SegmentReader(writer.storage, writer.schema, segment))
    return kept
