"""One generation, answering: filters, order, hits, counts. The contract's `Snapshot`."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from searchapp.article import Article
from searchapp.engines.base import EngineAnswer, EngineHit, EngineRequest, Explanation, GenerationInfo, SortKey
from searchapp.engines.whoosh import columns, facets
from searchapp.engines.whoosh.evaluate import Evaluation
from searchapp.engines.whoosh.explain import explain
from searchapp.engines.whoosh.generations import WAY_OUT
from searchapp.engines.whoosh.postings import Ints
from searchapp.engines.whoosh.table import Floats, Mask, Table
from searchapp.errors import IndexDamaged
from searchapp.query.tree import Node
from searchapp.results import FacetCount

CHUNK = 256
"""Articles a stream reads at a time."""


class WhooshSnapshot:
    """A `Snapshot` over a generation's directory, which has been verified."""

    def __init__(self, directory: Path, info: GenerationInfo) -> None:
        self._directory = directory
        self._info = info
        try:
            self.table = Table(directory)
        except Exception as error:
            raise self._damaged(error) from error

    @property
    def info(self) -> GenerationInfo:
        """The generation this is."""
        return self._info

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its articles, most frequent first."""
        return self.table.languages

    def hidden(self, now: int) -> int:
        """How many articles ``now`` hides."""
        with self._damage():
            return self.table.articles - int(self.table.visible(now).sum())

    def search(self, request: EngineRequest) -> EngineAnswer:
        """Answer exactly. Raises QueryRefused when a leaf stands for more forms than the limit."""
        with self._damage():
            found = _Found(self.table, request)
            clauses = tuple(found.total_of(tree) for tree in request.clauses)
            rows, scores = found.page()
            return EngineAnswer(
                total=found.total,
                hits=tuple(self._hit(int(row), float(score)) for row, score in zip(rows, scores, strict=True)),
                facets=found.facets(),
                histogram=facets.histogram(self.table, found.mask) if request.histogram else None,
                clauses=clauses,
            )

    def stream(self, request: EngineRequest) -> Iterator[Article]:
        """Every match in order (after ``request.after``, if given); raises before the first article, reads lazily."""
        with self._damage():
            rows = _Found(self.table, request).ordered()[0]
        return self._articles(rows)

    def ids(self, request: EngineRequest) -> Iterator[str]:
        """The ids `stream` would give, in its order, without reading an article; raises before the first."""
        with self._damage():
            rows = _Found(self.table, request).ordered()[0]
        return self._ids(rows)

    def article(self, article_id: str) -> Article | None:
        """One article by its id."""
        with self._damage():
            row = self.table.row(article_id)
            return None if row is None else self.table.record(row)

    def explain(self, tree: Node, article_id: str, now: int | None = None) -> Explanation | None:
        """Why an article scores what it does; None when there is none of that id, or ``now`` hides it."""
        with self._damage():
            row = self.table.row(article_id)
            return None if row is None or not self.table.visible(now)[row] else explain(self.table, tree, row)

    def _ids(self, rows: Ints) -> Iterator[str]:
        for start in range(0, len(rows), CHUNK):
            with self._damage():
                ids = [self.table.id(row) for row in rows[start : start + CHUNK].tolist()]
            yield from ids

    def _articles(self, rows: Ints) -> Iterator[Article]:
        for start in range(0, len(rows), CHUNK):
            with self._damage():
                articles = [self.table.record(row) for row in rows[start : start + CHUNK].tolist()]
            yield from articles

    def _hit(self, row: int, score: float) -> EngineHit:
        instant = int(self.table.instant[row])
        return EngineHit(
            self.table.record(row), SortKey(score, None if instant == columns.UNDATED else instant, self.table.id(row))
        )

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """What Whoosh and the decoders raise for bytes that aren't theirs becomes IndexDamaged."""
        try:
            yield
        except (OSError, EOFError, ValueError, KeyError, IndexError, struct.error, zlib.error, pickle.UnpicklingError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(f"{self._directory} can't be read ({error!r}); {WAY_OUT}")


class _Found:
    """The matches of one request."""

    def __init__(self, table: Table, request: EngineRequest) -> None:
        self._table = table
        self._request = request
        self._evaluation = Evaluation(table)
        self._filters = facets.Filters(table, request.where, request.without)
        self._visible = table.visible(request.now)
        self._matches = self._evaluation.mask(request.tree) & self._visible
        if request.first is not None or request.last is not None:
            self._matches &= self._evaluation.days(request.first, request.last)
        self.mask: Mask = self._filters.apply(self._matches)
        self.total = int(self.mask.sum())

    def total_of(self, tree: Node) -> int:
        """How many visible articles match a tree, without filters."""
        return int((self._evaluation.mask(tree) & self._visible).sum())

    def facets(self) -> dict[str, FacetCount]:
        """The counts asked for, each without its own filter."""
        request, counted = self._request, {}
        for name in request.facets:
            mask = self._filters.apply(self._matches, leaving=name) if self._filters.on(name) else self.mask
            where, without = request.where.get(name, ()), request.without.get(name, ())
            counted[name] = facets.count(self._table.facet(name), mask, request.facet_size, where, without)
        return counted

    def page(self) -> tuple[Ints, Floats]:
        """Rows and scores of the hits asked for."""
        start = 0 if self._request.after else self._request.offset
        end = start + self._request.limit
        rows, scores = self.ordered(end)
        rows, scores = rows[start:end], scores[start:end]
        if self._request.sort != "relevance":
            by_row = np.argsort(rows)
            scored = self._evaluation.scores(self._request.tree, rows[by_row])
            scores = np.empty_like(scored)
            scores[by_row] = scored
        return rows, scores

    def ordered(self, most: int | None = None) -> tuple[Ints, Floats]:
        """All matches (at least the first ``most``) in order, and their scores when they are ordered by them."""
        request, table = self._request, self._table
        rows = np.flatnonzero(self.mask)
        by_date = "oldest" if request.sort == "oldest" else "newest"
        rank = table.rank(by_date)[rows]
        relevance = request.sort == "relevance"
        scores = self._evaluation.scores(request.tree, rows) if relevance else np.zeros(len(rows))
        if request.after is not None:
            place = table.place_after(by_date, request.after.instant, request.after.id)
            later = rank >= place
            if relevance:
                later = (scores < request.after.score) | ((scores == request.after.score) & later)
            rows, rank, scores = rows[later], rank[later], scores[later]
        if most is not None and most < len(rows):
            kept = _best(scores, rank, most)
            rows, rank, scores = rows[kept], rank[kept], scores[kept]
        order = np.lexsort((rank, -scores))
        return rows[order], scores[order]


def _best(scores: Floats, rank: np.ndarray[tuple[int], np.dtype[np.int32]], most: int) -> Ints:
    """Indices of at least the ``most`` best, ties at the edge resolved by rank."""
    if most == 0:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - most)[len(scores) - most]
    above = np.flatnonzero(scores > edge)
    level = np.flatnonzero(scores == edge)
    needed = most - len(above)
    if needed < len(level):
        level = level[np.argpartition(rank[level], needed)[:needed]]
    return np.concatenate([above, level])
