"""Articles and periods: what is kept comes back the same, and the quick ways say what the plain ones do."""

from __future__ import annotations

import dataclasses
import json
import re
from calendar import monthrange
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from searchapp.article import Article, Finding, Period, Provenance, Span

PROVENANCE = Provenance(file="courier/1.txt", format="text_save", sha256="0" * 64)

words = st.text(max_size=12)
several = st.lists(words, max_size=3).map(tuple)
spans = st.none() | st.tuples(st.integers(0, 90), st.integers(0, 90)).map(lambda pair: Span(min(pair), max(pair)))
findings = st.builds(Finding, words, words, words, st.floats(0, 1), spans, st.sampled_from(["text", "date"]))
provenances = st.builds(Provenance, words, words, words, offset=st.none() | st.integers(0, 9), record_id=st.none() | words)
dates = st.sampled_from(
    [(None, None), ("2025", "year"), ("2025-02", "month"), ("2025-02-06", "day"), ("2025-02-06T09:30:00+05:30", "time")]
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    published, precision = draw(dates)
    maybe = st.none() | st.text(min_size=1, max_size=12)
    return Article(
        id=draw(st.text(min_size=1, max_size=12)),
        title=draw(st.text(min_size=1, max_size=12)),
        body=draw(words),
        provenance=draw(provenances),
        published=published,
        published_precision=precision,
        findings=tuple(draw(st.lists(findings, max_size=3))),
        furniture=draw(words),
        available_from=draw(st.sampled_from([None, "2025-03-06", "2025-03-06T12:00:00"])),
        **{name: draw(several) for name in ("byline", "agency", "places", "tags")},
        **{name: draw(maybe) for name in ("dateline_date", "section", "source", "language", "url", "page", "rights")},
    )


@given(articles())
def test_what_is_stored_comes_back_equal_and_of_the_same_types(article: Article) -> None:
    found = Article.from_stored(json.loads(json.dumps(article.to_stored())))
    checked = dataclasses.replace(found, findings=tuple(map(dataclasses.replace, found.findings)))
    assert found == checked == article
    assert hash(found) == hash(article)
    assert repr(found) == repr(article)
    assert type(found) is Article
    assert type(found.provenance) is Provenance
    for finding in found.findings:
        assert type(finding) is Finding
        assert finding.span is None or type(finding.span) is Span
    for field in dataclasses.fields(Article):
        assert type(getattr(found, field.name)) is type(getattr(article, field.name)), field.name


def test_what_came_back_is_frozen() -> None:
    article = Article(id="a", title="t", body="", provenance=PROVENANCE, findings=(Finding("a", "b", "c", 1.0, Span(1, 2)),))
    found = Article.from_stored(article.to_stored())
    assert found.findings[0].span is not None
    for value, name in ((found, "id"), (found.provenance, "file"), (found.findings[0], "rule"), (found.findings[0].span, "end")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, 1)
        with pytest.raises((AttributeError, TypeError)):
            value.other = 1  # type: ignore[attr-defined]


def test_keys_are_in_the_order_of_the_fields_and_unknown_ones_absent() -> None:
    article = Article(
        id="a",
        title="",
        body="b",
        provenance=PROVENANCE,
        published="2025",
        published_precision="year",
        byline=("x",),
        language="en",
        furniture="f",
    )
    shown = article.to_json()
    assert list(shown) == ["id", "title", "body", "published", "published_precision", "byline", "language", "provenance"]
    assert shown["byline"] == ["x"]
    assert shown["provenance"] == {"file": "courier/1.txt", "format": "text_save", "sha256": "0" * 64}
    assert article.to_stored() == shown | {"furniture": "f", "findings": []}


# Periods


def plainly(text: str) -> tuple[date, date]:
    """What `Period.parse` promises, written without regard to speed."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text):
        day = datetime.fromisoformat(text).date()
        return day, day
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts), date(*parts)
    first, last = (parts[1], parts[1]) if len(parts) == 2 else (1, 12)
    return date(parts[0], first, 1), date(parts[0], last, monthrange(parts[0], last)[1])


def result(read: object, text: str) -> object:
    try:
        found = read(text)  # type: ignore[operator]
    except ValueError:
        return ValueError
    return (found.first, found.last) if isinstance(found, Period) else found


@given(
    st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", fullmatch=True)
    | st.dates().map(str)
    | st.datetimes().map(str)
    | st.text(alphabet="0123456789-TW: ٣²", max_size=11)
    | st.text(max_size=11)
)
@example("2025-02-29")
@example("2024-02-29")
@example("2022-W01-1")
@example("2022-W1-01")
@example("20220704")
@example("2022-07")
@example("2022-13")
@example("2022-00")
@example("0000")
@example("2022-٠٧-04")
@example("2022-07-04\n")
@example("2022-07-0²")
@example("")
def test_periods_are_read_as_promised(text: str) -> None:
    assert result(Period.parse, text) == result(plainly, text)
    only_days = re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text)
    assert result(Period.of_days, text) == (result(plainly, text) if only_days else ValueError)
