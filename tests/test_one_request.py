"""What one request asks is asked of one generation at one moment, and together takes no longer than one search may."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import Engine, EngineAnswer, EngineRequest
from searchapp.engines.factory import open_engine
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.errors import QueryTimeout
from searchapp.results import SearchRequest
from searchapp.searching import Searcher
from searchapp.settings import Settings


def article(key: str, body: str = "the bridge", **more: str) -> Article:
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    return Article(id=key, title=key, body=body, provenance=provenance, **more)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(Settings.make(index=str(tmp_path)))
    publish(opened, article("a"), article("b", available_from="2025-03-06T12:00:00Z"))
    yield opened
    opened.close()


def publish(engine: Engine, *articles: Article) -> None:
    with engine.begin_build(full=not engine.generations()) as build:
        for one in articles:
            build.add(one)
        build.publish(journal=0)


def test_a_swap_is_not_seen_within_a_request(engine: Engine) -> None:
    searcher = Searcher(engine)
    one = searcher.for_request()
    before = one.search(SearchRequest(q="bridge"))
    state = one.state()
    publish(engine, article("c"))
    time.sleep(0.01)
    assert one.search(SearchRequest(q="bridge")).total == before.total == 2
    assert one.article("c") is None
    assert (one.generation().name, one.state()) == (before.generation, state)
    assert searcher.for_request().search(SearchRequest(q="bridge")).total == 3
    assert searcher.state() != state


def test_nor_does_an_article_become_available_within_it(engine: Engine) -> None:
    clock = iter([1_741_262_399.0, 1_741_262_400.0])
    searcher = Searcher(engine, lambda: next(clock))
    one = searcher.for_request()
    assert [one.search(SearchRequest()).total for _ in range(3)] == [1, 1, 1]
    assert one.article("b") is None
    assert searcher.for_request().search(SearchRequest()).total == 2


def test_all_its_questions_share_its_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    deadlines: list[float | None] = []
    search = WhooshSnapshot.search

    def noted(snapshot: WhooshSnapshot, request: EngineRequest) -> EngineAnswer:
        deadlines.append(request.deadline)
        return search(snapshot, request)

    monkeypatch.setattr(WhooshSnapshot, "search", noted)
    Searcher(engine).search(SearchRequest())
    one = Searcher(engine, seconds=30).for_request(begun=time.monotonic() - 10)
    one.search(SearchRequest())
    one.search(SearchRequest())
    one.within(5).search(SearchRequest())
    one.within(500).search(SearchRequest())
    none, first, second, shorter, longer = deadlines
    assert none is None
    assert first == second == longer
    assert first == pytest.approx(time.monotonic() + 20, abs=5)
    assert shorter == pytest.approx(time.monotonic() + 5, abs=3)


def test_past_it_nothing_is_answered(engine: Engine) -> None:
    took: list[float] = []
    searcher = Searcher(engine, seconds=30, timed=took.append)
    late = searcher.for_request(begun=time.monotonic() - 31)
    for way in (late.search, late.stream, late.ids):
        with pytest.raises(QueryTimeout):
            way(SearchRequest(q="bridge"))
    assert len(took) == 1, "a search that is broken off is timed, too"
    assert searcher.search(SearchRequest(q="bridge")).total == 2
    assert len(took) == 2


def test_an_article_is_shown_without_marks_where_looking_takes_too_long(engine: Engine) -> None:
    publish(engine, article("long", "the bridge of bridges " * 1000))
    searcher = Searcher(engine, seconds=30)
    found = searcher.article("long")
    assert found is not None
    q = " OR ".join(f"{letter}ridg~2" for letter in "abcdefgh")
    assert len(searcher.marks(found, q)["body"]) == 2000
    assert searcher.for_request(begun=time.monotonic() - 31).marks(found, q) == {"title": (), "body": (), "furniture": ()}
