"""What is asked by day rather than by query: a day's articles, those next to one, the days around, parts of a site map."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import Engine
from searchapp.engines.factory import open_engine
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.searching import Searcher
from searchapp.settings import Settings

NOON = 1_741_262_400.0
"""6 March 2025, 12:00 UTC."""


def article(key: str, published: str | None, source: str | None = "The Ridge", **more: str) -> Article:
    precision = {0: None, 4: "year", 7: "month", 10: "day"}.get(len(published or ""), "time")
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    return Article(
        id=key,
        title=key,
        body="",
        published=published,
        published_precision=precision,  # type: ignore[arg-type]
        source=source,
        provenance=provenance,
        **more,  # type: ignore[arg-type]
    )


ARTICLES = (
    article("year", "2025"),
    article("january", "2025-01"),
    article("march", "2025-03"),
    article("first", "2025-03-01"),
    article("a", "2025-03-06"),
    article("b", "2025-03-06"),
    article("c", "2025-03-06T09:30:00"),
    article("other", "2025-03-06", source="The Plains"),
    article("nobody-1", "2025-03-06", source=None),
    article("nobody-2", "2025-03-06", source=None),
    article("tomorrow", "2025-03-06", available_from="2025-03-07"),
    article("last", "2025-12-31"),
    article("undated", None),
)


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    engine: Engine = open_engine(Settings.make(index=str(tmp_path)))
    with engine.begin_build(full=True) as build:
        for one in ARTICLES:
            build.add(one)
        build.publish(journal=0)
    yield Searcher(engine, lambda: NOON)
    engine.close()


def test_a_day_holds_what_was_printed_on_it(searcher: Searcher) -> None:
    assert [one.id for one in searcher.day(date(2025, 3, 6))] == ["a", "b", "nobody-1", "nobody-2", "other", "c"]
    assert [one.id for one in searcher.day(date(2025, 3, 1))] == ["first"], "neither its month nor its year"
    assert searcher.day(date(2025, 1, 1)) == []
    assert [one.id for one in searcher.day(date(2025, 12, 31))] == ["last"]


def test_neighbours_are_of_the_same_paper_and_day(searcher: Searcher) -> None:
    def around(key: str) -> tuple[str | None, str | None]:
        found = searcher.article(key)
        assert found is not None
        near = searcher.neighbours(found)
        return near.previous and near.previous.id, near.next and near.next.id

    assert around("a") == (None, "b")
    assert around("b") == ("a", "c")
    assert around("c") == ("b", None)
    assert around("other") == (None, None)
    assert around("nobody-2") == ("nobody-1", None), "papers that aren't known count as one"
    for imprecise in ("year", "march", "undated"):
        assert around(imprecise) == (None, None)


def test_only_the_neighbours_are_read(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    found = searcher.article("b")
    assert found is not None
    read: list[str] = []
    one = WhooshSnapshot.article
    monkeypatch.setattr(WhooshSnapshot, "article", lambda self, key: read.append(key) or one(self, key))
    monkeypatch.setattr(WhooshSnapshot, "stream", None)
    searcher.neighbours(found)
    assert read == ["a", "c"]


def test_the_days_around_have_articles_of_a_day(searcher: Searcher) -> None:
    assert searcher.days_around(date(2025, 3, 6)) == (date(2025, 3, 1), date(2025, 12, 31))
    assert searcher.days_around(date(2025, 3, 1)) == (None, date(2025, 3, 6))
    assert searcher.days_around(date(2025, 12, 31)) == (date(2025, 3, 6), None)


def test_what_begins_within_some_days_is_in_one_part(searcher: Searcher) -> None:
    assert list(searcher.begun(date(2025, 1, 1), date(2025, 1, 31))) == ["january", "year"]
    assert list(searcher.begun(date(2025, 2, 1), date(2025, 2, 28))) == []
    assert list(searcher.begun(date(2025, 3, 1), date(2025, 3, 31)))[:2] == ["first", "march"]
    year = list(searcher.begun(date(2025, 1, 1), date(2025, 12, 31)))
    assert sorted(year) == sorted(one.id for one in ARTICLES if one.id not in ("undated", "tomorrow"))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar(searcher: Searcher, day: date) -> None:
    assert searcher.day(day) == []
    assert list(searcher.begun(day, day)) == []
    searcher.days_around(day)
