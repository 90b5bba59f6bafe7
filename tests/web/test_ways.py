"""The ways out of an empty page cost a few searches and a moment, and say only what was counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from searchapp.results import Clause, ResultPage, SearchRequest
from searchapp.web import ways

FILTERED = SearchRequest(q="a b c", where={"section": ("Local",)})


def empty_page(request: SearchRequest, *clauses: tuple[str, int], took_ms: float = 1.0) -> ResultPage:
    return ResultPage(
        request=request,
        read_as="",
        notes=(),
        clauses=tuple(Clause(text, total) for text, total in clauses),
        total=0,
        hits=(),
        facets={},
        histogram=None,
        generation="1",
        next=None,
        took_ms=took_ms,
    )


@dataclass
class Archive:
    """Answers from a table, each answer taking as long as it is told to; and the clock that sees it."""

    totals: dict[str, int]
    seconds: float = 0.001
    now: float = 1000.0
    asked: list[SearchRequest] = field(default_factory=list)

    def search(self, request: SearchRequest) -> ResultPage:
        self.asked.append(request)
        self.now += self.seconds
        return replace(empty_page(request), total=self.totals.get(request.q, 0))

    def ways_out_of(self, page: ResultPage) -> list[tuple[str, int]]:
        return [(way.request.q, total) for way, total in ways.out_of(page, self.search, lambda: self.now)]


def test_many_words_cost_few_searches() -> None:
    words = [f"w{number}" for number in range(40)]
    page = empty_page(SearchRequest(q=" ".join(words)), *((word, 40 - number) for number, word in enumerate(words)))
    archive = Archive({})
    assert archive.ways_out_of(page) == []
    assert len(archive.asked) == ways.MOST
    assert [set(words) - set(asked.q.split()) for asked in archive.asked] == [{"w39"}, {"w38"}, {"w37"}, {"w36"}], "rarest first"
    assert all((asked.facets, asked.size, asked.highlight) == ((), 1, False) for asked in archive.asked)


def test_with_filters_too() -> None:
    archive = Archive({})
    assert archive.ways_out_of(empty_page(FILTERED, ("a", 3), ("b", 2), ("c", 1))) == []
    assert len(archive.asked) == ways.MOST


def test_nothing_is_tried_after_a_page_that_took_longer_than_there_is_time() -> None:
    archive = Archive({"a b": 5})
    page = empty_page(SearchRequest(q="a b c"), ("a", 3), ("b", 2), ("c", 1), took_ms=ways.BUDGET * 1000 + 1)
    assert archive.ways_out_of(page) == []
    assert archive.asked == []


def test_what_was_counted_before_time_was_up_is_offered() -> None:
    archive = Archive({"a b": 5, "a c": 7}, seconds=ways.BUDGET / 2 + 0.001)
    page = empty_page(SearchRequest(q="a b c"), ("a", 3), ("b", 2), ("c", 1))
    assert archive.ways_out_of(page) == [("a b", 5)]
    assert archive.now - 1000.0 < ways.BUDGET


@pytest.mark.parametrize("took_ms", [1.0, 9000.0])
def test_what_the_clauses_tell_needs_no_search(took_ms: float) -> None:
    archive = Archive({})
    assert archive.ways_out_of(empty_page(SearchRequest(q="a zz"), ("a", 31), ("zz", 0), took_ms=took_ms)) == [("a", 31)]
    assert archive.ways_out_of(empty_page(SearchRequest(q="a b"), ("a", 31), ("b", 40), took_ms=took_ms)) == [
        ("b", 40),
        ("a", 31),
    ]
    assert archive.asked == []


def test_steps_that_cannot_help_are_not_tried() -> None:
    archive = Archive({"a b": 5})
    page = empty_page(SearchRequest(q="a yy zz b"), ("a", 31), ("yy", 0), ("zz", 0), ("b", 40))
    assert archive.ways_out_of(page) == [("a b", 5)]
    assert [asked.q for asked in archive.asked] == ["a b"], "neither without yy alone nor without zz alone"
    archive = Archive({})
    archive.ways_out_of(empty_page(FILTERED, ("a", 31), ("zz", 0)))
    assert all("zz" not in asked.q for asked in archive.asked), "without filters it would still be in no article"
