from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchapp.article import Span
from searchapp.web.wording import (
    count_of,
    date_in_words,
    day_in_words,
    language_in_words,
    language_tag,
    paragraphs,
    pieces,
    safe_link,
)


@pytest.mark.parametrize(
    ("published", "words"),
    [
        (None, ""),
        ("2025", "2025"),
        ("2025-02", "February 2025"),
        ("2025-02-06", "Thursday, 6 February 2025"),
        ("2025-02-06T14:30:00+05:30", "Thursday, 6 February 2025, 14:30"),
        ("1899-12-31", "Sunday, 31 December 1899"),
    ],
)
def test_dates(published: str | None, words: str) -> None:
    assert date_in_words(published) == words


def test_weekday_on_request() -> None:
    assert date_in_words("2025-02-06", weekday=False) == "6 February 2025"


@given(st.dates())
def test_days_agree_with_the_calendar(day: date) -> None:
    weekday, rest = day_in_words(day).split(", ")
    number, month, year = rest.split(" ")
    assert weekday == day.strftime("%A")
    assert month == day.strftime("%B")
    assert (int(number), int(year)) == (day.day, day.year)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "No articles"),
        (1, "One article"),
        (2, "Two articles"),
        (12, "Twelve articles"),
        (13, "13 articles"),
        (1234, "1,234 articles"),
    ],
)
def test_counts(number: int, words: str) -> None:
    assert count_of(number, "article") == words


def test_languages() -> None:
    assert language_in_words("hi") == "Hindi"
    assert language_in_words("pt-BR") == "Portuguese (pt-BR)"
    assert language_in_words("tlh") == "tlh"
    assert language_tag("zh-Hant-TW") == "zh-Hant-TW"
    assert language_tag('en"><b>') == language_tag(None) == language_tag("english language") == language_tag("en\n") == ""


@pytest.mark.parametrize("url", ["https://ridge.example/a?b=c#d", "HTTP://ridge.example"])
def test_links_to_follow(url: str) -> None:
    assert safe_link(url) == url


@pytest.mark.parametrize(
    "url",
    [None, "", "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//ridge.example/a", "ftp://a/b",
     "http:alert(1)", "https://[", "/local", "vbscript:x"],
)  # fmt: skip
def test_links_not_to_follow(url: str | None) -> None:
    assert safe_link(url) is None


cuts = st.lists(st.integers(0, 60), min_size=0, max_size=8).map(sorted)


@given(st.text("ab \n", max_size=60), cuts)
def test_pieces_are_the_whole_text(text: str, edges: list[int]) -> None:
    edges = [min(edge, len(text)) for edge in edges]
    spans = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    cut = pieces(text, spans)
    assert "".join(piece.text for piece in cut) == text
    marked = "".join(("x" if piece.marked else ".") * len(piece.text) for piece in cut)
    assert marked == "".join("x" if any(s.start <= at < s.end for s in spans) else "." for at in range(len(text)))


@given(st.text("ab \n", max_size=60), cuts)
def test_paragraphs_lose_nothing_but_blank_lines(text: str, edges: list[int]) -> None:
    edges = [min(edge, len(text)) for edge in edges]
    spans = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    shown = list(paragraphs(text, spans))
    joined = "".join("".join(piece.text for piece in block) for block in shown)
    assert joined.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")
    whole = sum(sum(not c.isspace() for c in piece.text) for piece in pieces(text, spans) if piece.marked)
    assert sum(sum(not c.isspace() for c in p.text) for block in shown for p in block if p.marked) == whole


def test_a_match_across_paragraphs_is_marked_in_both() -> None:
    first, second = paragraphs("one two\n\nthree four", [Span(4, 14)])
    assert [(piece.text, piece.marked) for piece in first] == [("one ", False), ("two", True)]
    assert [(piece.text, piece.marked) for piece in second] == [("three", True), (" four", False)]
