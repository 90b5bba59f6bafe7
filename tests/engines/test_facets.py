"""Histogram intervals and dates as instants, against the calendar."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.documents import available_of, instant_of
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.query.tree import Everything
from searchapp.results import Histogram


def article(number: int, published: str | None, **more: object) -> Article:
    precision = {None: None, 4: "year", 7: "month", 10: "day"}.get(published and len(published), "time")
    provenance = Provenance(file="f", format="jsonl", sha256="0")
    return Article(
        id=str(number),
        title="x",
        body="",
        provenance=provenance,
        published=published,
        published_precision=precision,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def histogram(root: Path, *published: str | None) -> Histogram:
    engine = WhooshEngine(root)
    with engine.begin_build(full=True) as build:
        for number, text in enumerate(published):
            build.add(article(number, text))
        build.publish(journal=0)
    answer = engine.snapshot().search(EngineRequest(tree=Everything(), histogram=True)).histogram
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("published", "interval", "missing"),
    [
        (["2024-01-01", "2024-03-02"], "day", 0),  # 62 days, both counted, in a leap year
        (["2024-01-01", "2024-03-03"], "month", 0),
        (["2020-01-31", "2024-12-01"], "month", 0),  # 60 months
        (["2020-01-31", "2025-01-01"], "year", 0),
        (["2024-01-01", "2024-01", "2024", None], "day", 3),
        (["2024-01", "2024-02"], "month", 0),
        (["2024-01", "2024", None], "month", 2),
        (["2024", "2024"], "year", 0),
        ([None], "year", 1),
        (["2024-01-01T23:59:59-11:00"], "day", 0),
        (["0001-01-01", "9999-12-31"], "year", 0),
    ],
)
def test_the_interval_fits_the_range(tmp_path: Path, published: list[str | None], interval: str, missing: int) -> None:
    answer = histogram(tmp_path, *published)
    assert (answer.interval, answer.missing) == (interval, missing)
    assert sum(number for _, number in answer.buckets) + missing == len(published)


@pytest.mark.parametrize(("span", "start"), [(50, "day"), (900, "month"), (9000, "year")])
def test_buckets_are_counts_by_the_calendar(tmp_path: Path, span: int, start: str) -> None:
    random = Random(span)
    days = [date(1988, 1, 1) + timedelta(random.randrange(span)) for _ in range(300)]
    firsts = {"day": lambda day: day, "month": lambda day: day.replace(day=1), "year": lambda day: day.replace(month=1, day=1)}
    wanted = Counter(map(firsts[start], days))
    answer = histogram(tmp_path, *(day.isoformat() for day in days))
    assert answer.interval == start
    assert list(answer.buckets) == sorted(wanted.items())


def test_instants() -> None:
    assert instant_of(article(1, "1970-01-02")) == 86400
    assert instant_of(article(1, "1970-02")) == 31 * 86400
    assert instant_of(article(1, "1969")) == -365 * 86400
    assert instant_of(article(1, "1970-01-01T05:30:00+05:30")) == 0
    assert instant_of(article(1, "1970-01-01T00:00:00.9")) == 0
    assert instant_of(article(1, "1969-12-31T23:59:59.5")) == -1
    assert instant_of(article(1, "0001-01-01T00:00:00+14:00")) is not None
    assert instant_of(article(1, None)) is None


def test_availability() -> None:
    assert available_of(article(1, None, available_from="1970-01-01T00:00:00.5")) == 1
    assert available_of(article(1, None, available_from="1970-01-02")) == 86400
    assert available_of(article(1, None)) < -(10**18)
