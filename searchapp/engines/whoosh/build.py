"""The next generation, built aside: segments of what is new, deletions, merging; then checked and published.

An increment begins as hard links to the current generation. What the build itself reads of that is checked before; what it
only links keeps the checksum it was published with (docs/decisions/0005-increments-on-linked-files.md).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import numpy as np

from searchapp.analysis import learnt, tokens
from searchapp.article import Article
from searchapp.engines.base import GenerationInfo
from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.compaction import Size, chosen
from searchapp.engines.whoosh.deletions import dead_in_base, dead_in_new
from searchapp.engines.whoosh.files import make_sure_of_room, writing
from searchapp.engines.whoosh.generations import Generations
from searchapp.engines.whoosh.joining import Mask
from searchapp.engines.whoosh.layout import COLUMNS, PARTS
from searchapp.engines.whoosh.manifest import Manifest
from searchapp.engines.whoosh.merging import merge_segments
from searchapp.engines.whoosh.parallel import Workers
from searchapp.engines.whoosh.publishing import Publisher
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.engines.whoosh.writing import SegmentWriter
from searchapp.errors import EngineError
from searchapp.query.tree import Term

WORTH_KEEPING = 50
"""Articles of a build that has learnt enough for the file to be written anew."""
CANARIES = 20
"""Articles at least that are looked up and searched for in the finished generation before it is published."""
GROWTH = 2.5
"""Bytes a build writes at most for each byte of the journal it reads, scratch files included (docs/known-failures.md)."""


class WhooshBuild:
    """An `IndexBuild`. ``base`` is the name of the generation to build on, whose sizes are verified; None: begin from nothing.

    ``jobs`` processes analyse; the index is the same to the byte. ``size`` is how many bytes of the journal will be built from:
    where there is no room for what becomes of them, EngineError is raised at once.
    """

    def __init__(self, generations: Generations, base: str | None, jobs: int = 1, size: int = 0) -> None:
        self._generations = generations
        self._publisher = Publisher(generations)
        self._base = base
        self._added = 0
        self._removed: dict[str, int] = {}
        self._canaries: dict[str, Article] = {}
        self._new: list[str] = []
        self._writer: SegmentWriter | None = None
        self._learnt = generations.learnt
        learnt.load(self._learnt)
        self._workers = Workers(jobs, self._learnt) if jobs > 1 else None
        self._directory: Path | None = self._publisher.begin(base, int(GROWTH * size))
        try:
            self._begin(self._directory)
        except BaseException:
            self._abandon()
            raise

    def _begin(self, directory: Path) -> None:
        with _building(directory):
            if self._base is None:
                stock.create(directory)
            segments = stock.open_segments(directory)
            self._numbered = max([_number(known) for known, _ in segments], default=0)
            largest = max(segments, key=lambda each: each[1].articles if len(each[1]["stored.dictionary"]) else -1, default=None)
            self._dictionary = largest[1].dictionary or None if largest else None

    def add(self, article: Article) -> None:
        """Put an article in, in the place of the one with the same id."""
        directory = self._open()
        try:
            if self._writer is not None and self._writer.full:
                self._finish_segment()
            if self._writer is None:
                self._writer = SegmentWriter(directory, self._next_name(), self._dictionary, self._workers)
            self._writer.add(article)
        except Exception:
            with _building(directory):
                raise
        if self._added & (self._added + 1) == 0 or len(self._canaries) < CANARIES or article.id in self._canaries:
            self._canaries[article.id] = article
        self._added += 1

    def remove(self, article_id: str) -> None:
        """Take an article out; one that isn't there is no error."""
        self._open()
        self._removed[article_id] = self._added

    def _open(self) -> Path:
        if self._directory is None:
            raise EngineError("this build is over; begin another one")
        return self._directory

    def _next_name(self) -> str:
        self._numbered += 1
        return f"{stock.INDEX_NAME}_{self._numbered}"

    def _finish_segment(self) -> None:
        if self._writer is not None:
            self._writer.finish()
            self._dictionary = self._writer.dictionary or None
            self._new.append(self._writer.name)
            self._writer = None

    def publish(self, *, journal: int) -> GenerationInfo:
        """Write, make durable, check, make current. After an error the old generation is current."""
        directory = self._open()
        try:
            with _building(directory):
                self._finish_segment()
                expected = self._commit(directory)
                manifest = self._publisher.seal(directory, self._base, articles=expected, journal=journal)
                self._read_back(directory, manifest)
                self._publisher.publish(directory, manifest)
            if self._added >= WORTH_KEEPING:
                with suppress(OSError):
                    learnt.save(self._learnt, aside=self._generations.tmp)
        finally:
            self._abandon()
        return manifest.info(current=True)

    def _commit(self, directory: Path) -> int:
        """Delete, merge, and write the table of contents. Gives the number of articles there should be."""
        base = stock.open_segments(directory)
        new = [Segment(directory, name) for name in self._new]
        dead = [self._dead(segment, new) for _, segment in base] + dead_in_new(new, self._removed)
        before = [*(known.live for known, _ in base), *(np.ones(segment.articles, np.bool_) for segment in new)]
        live: list[Mask] = [mask & ~gone for mask, gone in zip(before, dead, strict=True)]
        segments = [*(segment for _, segment in base), *new]
        sizes = [Size(int(mask.sum()), len(mask), _longest(directory, one)) for mask, one in zip(live, segments, strict=True)]
        add = {segment.name: _described(segment.name, segment.articles) for segment in new}
        drop = set()
        for group in chosen(sizes):
            rewritten = [segments[number] for number in group]
            drop |= {segment.name for segment in rewritten}
            if any(sizes[number].live for number in group):
                for segment in rewritten:
                    self._check(segment, PARTS)
                make_sure_of_room(directory, sum(_bytes(directory, segment) for segment in rewritten))
                name = self._next_name()
                count = merge_segments(directory, name, rewritten, [~live[number] for number in group])
                add[name] = _described(name, count)
        deletions = {
            segment.name: np.flatnonzero(mask & gone) for segment, mask, gone in zip(segments, before, dead, strict=True)
        }
        stock.commit(
            directory,
            add=[described for name, described in add.items() if name not in drop],
            drop=[segment.name for _, segment in base if segment.name in drop],
            deletions={name: documents.tolist() for name, documents in deletions.items() if name not in drop and len(documents)},
        )
        return sum(size.live for size in sizes)

    def _dead(self, segment: Segment, new: list[Segment]) -> Mask:
        """What of an older segment came again or was removed."""
        if not (self._added or self._removed):
            return np.zeros(segment.articles, np.bool_)
        self._check(segment, [COLUMNS])
        return dead_in_base(segment, new, self._removed)

    def _check(self, segment: Segment, parts: tuple[str, ...] | list[str]) -> None:
        """Hash the files of an older segment that are about to be read."""
        if self._base is not None and segment.name not in self._new:
            self._generations.check(self._base, [f"{segment.name}{part}" for part in parts])

    def _read_back(self, directory: Path, manifest: Manifest) -> None:
        """Verify, open, count, look up and search as a reader would."""
        self._generations.verify_in(directory, "sizes")
        opened = WhooshSnapshot(directory, manifest.info(current=False))
        if opened.generation.articles != manifest.articles:
            raise EngineError(
                f"the new index holds {opened.generation.articles} articles, not {manifest.articles}; it was abandoned"
            )
        for article_id, article in self._canaries.items():
            if article_id in self._removed:
                continue
            if opened.article(article_id) != article:
                raise EngineError(f"article {article_id!r} can't be read back from the new index; it was abandoned")
            for token in tokens(article.title, article.language)[:1]:
                why = opened.explain(Term(token.form, ("title",)), article_id)
                if why is None or not why.matches:
                    raise EngineError(f"article {article_id!r} is not found by {token.form!r}; the new index was abandoned")

    def _abandon(self) -> None:
        """Remove what is still in the building place; after publishing there is nothing."""
        directory, self._directory = self._directory, None
        if directory is not None:
            if self._writer is not None:
                with suppress(OSError):  # what is buffered can't be written either
                    self._writer.close()
            if self._workers is not None:
                self._workers.close()
            shutil.rmtree(directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._abandon()


def _number(known: ArraySegment) -> int:
    """Segments are numbered in the order of their making; a name is never used again in what follows from a generation."""
    return int(known.segment_id().removeprefix(f"{stock.INDEX_NAME}_"))


def _described(name: str, articles: int) -> ArraySegment:
    return ArraySegment(stock.INDEX_NAME, name.removeprefix(f"{stock.INDEX_NAME}_"), articles)


def _longest(directory: Path, segment: Segment) -> int:
    return max(_sizes(directory, segment))


def _bytes(directory: Path, segment: Segment) -> int:
    return sum(_sizes(directory, segment))


def _sizes(directory: Path, segment: Segment) -> list[int]:
    return [(directory / f"{segment.name}{part}").stat().st_size for part in PARTS]


@contextmanager
def _building(directory: Path) -> Iterator[None]:
    """Whatever the parts of a build and the file system raise becomes EngineError."""
    try:
        with writing(directory):
            yield
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(f"{directory}: the new index can't be built ({error!r}); the old one is untouched") from error
