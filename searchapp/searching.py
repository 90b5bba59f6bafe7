"""SearchRequest -> ResultPage: parse, ask the engine, mark what matched. The one way every surface searches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from searchapp.archive.withdrawals import NOTHING_WITHDRAWN, Withdrawal, Withdrawals, Withdrawn
from searchapp.article import Article, Span
from searchapp.cursor import Cursor, question_digest
from searchapp.engines.base import Engine, EngineAnswer, EngineRequest, Explanation, GenerationInfo, Snapshot
from searchapp.errors import BadRequest, Problem, QueryRefused, QueryTimeout
from searchapp.fields import MISSING, values_of
from searchapp.query.deadline import Deadline
from searchapp.query.language import ParsedQuery, parse
from searchapp.query.tree import And, Days, Everything, Node, Not
from searchapp.results import Clause, Hit, ResultPage, SearchRequest, Snippet, Sort
from searchapp.snippets import highlight_page, mark


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The articles printed before and after one, by the same paper on the same day."""

    previous: Article | None
    next: Article | None


@dataclass(slots=True)
class _OneRequest:
    """What the questions of one request have in common."""

    deadline: float | None
    snapshot: Snapshot | None = None
    withdrawn: Withdrawn | None = None


@dataclass(frozen=True, slots=True)
class ExplainedQuery:
    """How a query was read, how many articles each part matches by itself, and why one article scores what it does."""

    parsed: ParsedQuery
    clauses: tuple[Clause, ...]
    total: int
    article: Explanation | None = None


T = TypeVar("T")


class Searcher:
    """Searches an engine. ``clock`` gives seconds since 1970 and decides what is available yet.

    ``seconds`` is how long a search may take (None: as long as it does); what takes longer ends in QueryTimeout. ``timed`` is
    told the seconds each search took the engine. No answer has an article that ``withdrawals`` (None: nothing is) knows of.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.time,
        *,
        seconds: float | None = None,
        timed: Callable[[float], None] | None = None,
        withdrawals: Withdrawals | None = None,
    ) -> None:
        self._engine = engine
        self._withdrawals = withdrawals
        self._clock = clock
        self._seconds = seconds
        self._timed = timed
        self._one: _OneRequest | None = None

    def for_request(self, begun: float | None = None) -> Searcher:
        """A searcher for one request, which began at ``begun`` (seconds of `time.monotonic`; None: now).

        Whatever it is asked, it is asked of the generation that was current at the first question, as of one moment; and all that
        together has the time that one search has. For one thread.
        """
        begun = time.monotonic() if begun is None else begun
        deadline = None if self._seconds is None else begun + self._seconds
        found, moment = copy(self), self._clock()
        found._clock = lambda: moment
        found._one = _OneRequest(deadline)
        return found

    def within(self, seconds: float) -> Searcher:
        """The same with no more than ``seconds`` from now for its answers."""
        found, end = copy(self), time.monotonic() + seconds
        known = self._deadline()
        one = self._one or _OneRequest(None)
        found._one = replace(one, deadline=end if known is None else min(known, end))
        return found

    def _snapshot(self, generation: str | None = None) -> Snapshot:
        """The current generation, or a named one; for one request the same each time."""
        withheld = self._withdrawn().ids
        if generation is not None or self._one is None:
            return self._engine.snapshot(generation, withheld=withheld)
        if self._one.snapshot is None:
            self._one.snapshot = self._engine.snapshot(withheld=withheld)
        return self._one.snapshot

    def _withdrawn(self) -> Withdrawn:
        """What is withdrawn, looked up anew each time; for one request the same each time."""
        if self._one is None or self._one.withdrawn is None:
            known = self._withdrawals.known() if self._withdrawals else NOTHING_WITHDRAWN
            if self._one is None:
                return known
            self._one.withdrawn = known
        return self._one.withdrawn

    def _still_shown(self, found: Iterator[T], id_of: Callable[[T], str]) -> Iterator[T]:
        """What of a stream isn't withdrawn while it is read, which may take minutes."""
        log = self._withdrawals
        return found if log is None else (one for one in found if id_of(one) not in log.known().ids)

    def withdrawal(self, article_id: str) -> Withdrawal | None:
        """Why an article may not be shown, and since when; None when it isn't withdrawn."""
        return self._withdrawn().by_id.get(article_id)

    def withdrawn(self) -> Withdrawn:
        """All that is withdrawn now."""
        return self._withdrawn()

    def _deadline(self) -> float | None:
        """When the answer to a question that is asked now stops being wanted."""
        if self._one is not None:
            return self._one.deadline
        return None if self._seconds is None else time.monotonic() + self._seconds

    def search(self, request: SearchRequest) -> ResultPage:
        """Answer a request exactly.

        Raises QueryRefused past a query limit, BadRequest for a cursor that isn't ours, GenerationGone for one whose
        generation has been collected, and the other errors of `Engine.snapshot`.
        """
        start = time.perf_counter()
        cursor = Cursor.decode(request.cursor, request) if request.cursor else None
        snapshot = self._snapshot(cursor.generation if cursor else None)
        parsed = _parsed(request.q, snapshot)
        now = self._now(cursor)
        deadline = self._deadline()
        asked = _engine_request(request, parsed, now, cursor, deadline)
        answer = self._answer(snapshot, asked)
        seen = (cursor.seen if cursor else asked.offset) + len(answer.keys)
        last = self._is_last(cursor, answer, seen, request.size)
        return ResultPage(
            request=request,
            read_as=parsed.read_as,
            notes=parsed.notes,
            clauses=_clauses(parsed, answer),
            total=answer.total,
            hits=_hits(answer, parsed, Deadline(deadline), marked=request.highlight),
            facets=answer.facets,
            histogram=answer.histogram,
            generation=snapshot.info.name,
            next=None if last else _next(request, answer, snapshot.info.name, seen, now),
            took_ms=round((time.perf_counter() - start) * 1000, 3),
        )

    def _is_last(self, cursor: Cursor | None, answer: EngineAnswer, seen: int, size: int) -> bool:
        """Whether no hit follows. On a walk, what was seen may have been withdrawn since, and says less about what is left."""
        if cursor is not None and self._withdrawn().so_far:
            return len(answer.keys) < size
        return not answer.keys or seen >= answer.total

    def _answer(self, snapshot: Snapshot, asked: EngineRequest) -> EngineAnswer:
        start = time.perf_counter()
        try:
            return snapshot.search(asked)
        finally:
            if self._timed is not None:
                self._timed(time.perf_counter() - start)

    def stream(self, request: SearchRequest) -> Iterator[Article]:
        """Every article that matches, in order, without a cap; lazily. Raises like `search`, before the first article."""
        snapshot = self._snapshot()
        parsed = _parsed(request.q, snapshot)
        found = snapshot.stream(_engine_request(request, parsed, self._now(), None, self._deadline()))
        return self._still_shown(found, lambda article: article.id)

    def ids(self, request: SearchRequest) -> Iterator[str]:
        """The ids of the articles `stream` would give, in its order; much cheaper, as no article is read."""
        snapshot = self._snapshot()
        parsed = _parsed(request.q, snapshot)
        found = snapshot.ids(_engine_request(request, parsed, self._now(), None, self._deadline()))
        return self._still_shown(found, str)

    def begun(self, first: date, last: date) -> Iterator[str]:
        """Ids of the articles whose period begins within the days (inclusive), oldest first: each day's, in one place."""
        return self._snapshot().ids(self._days(first, last, _not_before(first)))

    def article(self, article_id: str) -> Article | None:
        """One article by its id; None when there is none, it isn't available yet, or it is withdrawn (see `withdrawal`)."""
        found = self._snapshot().article(article_id)
        return found if found is None or self._available(found) else None

    def marks(self, article: Article, q: str) -> dict[str, tuple[Span, ...]]:
        """What a query matched in an article's whole title, body and furniture. A query past the limits marks nothing, nor
        does one that takes too long to be looked up in it."""
        parsed = parse(q, self._snapshot().languages)
        if parsed.refused or not q.strip():
            return {"title": (), "body": (), "furniture": ()}
        deadline = Deadline(self._deadline())
        try:
            return {
                name: mark(getattr(article, name), name, article.language, parsed.tree, deadline)
                for name in ("title", "body", "furniture")
            }
        except QueryTimeout:
            return {"title": (), "body": (), "furniture": ()}

    def day(self, day: date) -> list[Article]:
        """The articles of one day, oldest first; those whose date is less precise than a day are not among them."""
        return list(self._snapshot().stream(self._days(day, day, _not_beyond(day))))

    def days_around(self, day: date) -> tuple[date | None, date | None]:
        """The nearest days before and after that have articles."""
        before = self._first_day(last=_shifted(day, -1), sort="newest")
        after = self._first_day(first=_shifted(day, 1), sort="oldest")
        return before, after

    def neighbours(self, article: Article) -> Neighbours:
        """The previous and the next article of the same day and paper, in the order of that day's page."""
        period = article.period
        if period is None or article.published_precision not in ("day", "time"):
            return Neighbours(None, None)
        snapshot, day = self._snapshot(), period.first
        same = replace(self._days(day, day, _not_beyond(day)), where={"source": values_of(article, "source") or (MISSING,)})
        ids = list(snapshot.ids(same))
        if article.id not in ids:
            return Neighbours(None, None)
        at = ids.index(article.id)
        return Neighbours(
            snapshot.article(ids[at - 1]) if at else None, snapshot.article(ids[at + 1]) if at + 1 < len(ids) else None
        )

    def explain(self, q: str, article_id: str | None = None) -> ExplainedQuery:
        """How a query is read, what each part of it matches alone, and why one article scores what it does.

        Raises BadRequest for an id that no article has, or none that may be seen yet.
        """
        snapshot = self._snapshot()
        parsed = _parsed(q, snapshot)
        clauses = tuple(node for _, node in parsed.clauses)
        now = self._now()
        answer = snapshot.search(EngineRequest(tree=parsed.tree, limit=0, clauses=clauses, now=now, deadline=self._deadline()))
        article = None
        if article_id is not None:
            article = snapshot.explain(parsed.tree, article_id, now)
            if article is None:
                raise BadRequest([Problem("id", f"there is no article {article_id!r}")])
        return ExplainedQuery(parsed, _clauses(parsed, answer), answer.total, article)

    def generation(self) -> GenerationInfo:
        """The generation that answers now."""
        return self._snapshot().info

    def pinned(self) -> GenerationInfo | None:
        """The generation that a searcher `for_request` has asked so far; None when none."""
        return self._one.snapshot.info if self._one and self._one.snapshot else None

    def state(self) -> str:
        """Changes whenever an answer could: the generation's name, how many of its articles are hidden, withdrawals so far."""
        snapshot = self._snapshot()
        hidden = snapshot.hidden(self._now())
        return (f"{snapshot.info.name}-{hidden}" if hidden else snapshot.info.name) + self.walk_state()

    def walk_state(self) -> str:
        """Changes whenever an answer to a cursor could: with withdrawals. All else a walk has from its own generation."""
        return self._withdrawn().state

    def trouble(self) -> str | None:
        """Why another generation answers than the one that should, or what is wrong with the log of withdrawals; else None."""
        return self._engine.trouble or (self._withdrawals.trouble if self._withdrawals else None)

    def generations(self) -> list[GenerationInfo]:
        """All generations that are kept, oldest first."""
        return list(self._engine.generations())

    def _first_day(self, *, sort: Sort, first: date | None = None, last: date | None = None) -> date | None:
        request = SearchRequest(
            first=first.isoformat() if first else None,
            last=last.isoformat() if last else None,
            sort=sort,
            facets=(),
        )
        snapshot = self._snapshot()
        asked = _engine_request(request, _parsed("", snapshot), self._now(), None, self._deadline())
        for article in filter(None, map(snapshot.article, snapshot.ids(asked))):
            if article.published_precision in ("day", "time") and article.period is not None:
                return article.period.first
        return None

    def _days(self, first: date, last: date, tree: Node) -> EngineRequest:
        return EngineRequest(tree=tree, first=first, last=last, sort="oldest", now=self._now(), deadline=self._deadline())

    def _now(self, cursor: Cursor | None = None) -> int:
        """The moment that decides what is available; a walk's own, but never one that has yet to come."""
        now = int(self._clock())
        return min(cursor.now, now) if cursor else now

    def _available(self, article: Article) -> bool:
        return article.available_at <= self._clock()


def _parsed(q: str, snapshot: Snapshot) -> ParsedQuery:
    parsed = parse(q, snapshot.languages)
    if parsed.refused:
        raise QueryRefused(parsed.refused)
    return parsed


def _engine_request(
    request: SearchRequest, parsed: ParsedQuery, now: int, cursor: Cursor | None, deadline: float | None
) -> EngineRequest:
    first, last = request.days
    return EngineRequest(
        tree=parsed.tree,
        where=request.where,
        without=request.without,
        first=first,
        last=last,
        sort=request.sort,
        offset=(request.page - 1) * request.size,
        limit=request.size,
        after=cursor.after if cursor else None,
        facets=request.facets,
        facet_size=request.facet_size,
        histogram=True,
        clauses=tuple(node for _, node in parsed.clauses),
        now=now,
        highlight=request.highlight,
        deadline=deadline,
    )


def _clauses(parsed: ParsedQuery, answer: EngineAnswer) -> tuple[Clause, ...]:
    return tuple(Clause(text, total) for (text, _), total in zip(parsed.clauses, answer.clauses, strict=True))


def _hits(answer: EngineAnswer, parsed: ParsedQuery, deadline: Deadline, *, marked: bool) -> tuple[Hit, ...]:
    if marked:
        shown = highlight_page(answer.articles, parsed.tree, answer.marks, deadline)
    else:
        shown = [(Snippet(article.title, ()), ()) for article in answer.articles]
    return tuple(
        [
            Hit(article, key.score, title, snippets)
            for article, key, (title, snippets) in zip(answer.articles, answer.keys, shown, strict=True)
        ]
    )


def _next(request: SearchRequest, answer: EngineAnswer, generation: str, seen: int, now: int) -> str:
    last = answer.keys[-1]
    return Cursor(generation=generation, question=question_digest(request), after=last, seen=seen, now=now).encode()


def _not_before(day: date) -> Node:
    """Articles whose period doesn't reach back before a day."""
    return Everything() if day == date.min else Not(Days(None, _shifted(day, -1)))


def _not_beyond(day: date) -> Node:
    """Articles whose period, if the day is in it, is that day: not its month or year."""
    after = Everything() if day == date.max else Not(Days(_shifted(day, 1), None))
    return And((_not_before(day), after))


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:  # the first or last day of the calendar
        return day
