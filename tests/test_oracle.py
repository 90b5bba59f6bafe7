"""The whole way from a typed query to counts and order, against brute force (`oracle.py`), on several random archives.

``ORACLE_SEED`` gives other archives and other questions; the seed is in every failure's message.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from invented import AGENCIES, BYLINES, GLUE, PLACES, SECTIONS, SOURCES, WORDS, article, question
from oracle import Oracle, first_day, last_day, overlaps

from searchapp.archive.withdrawals import Withdrawals
from searchapp.article import Article
from searchapp.engines.whoosh import compaction
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

SEED = int(os.environ["ORACLE_SEED"])
WORLDS = {"fresh": 1300, "changed": 1300, "merged": 1300, "uneven": 1300}
"""Questions asked of each archive."""
FACETS = ("section", "source", "byline", "agency", "place", "language", "year", "tag")


@dataclass
class World:
    """An archive twice: as brute force has it, and indexed."""

    name: str
    oracle: Oracle
    searcher: Searcher
    facts: dict[str, dict[str, tuple[str, ...]]]
    """Article id -> facet -> values."""


def live_articles(name: str, random: Random) -> Iterator[tuple[list[Article], list[str]]]:
    """Builds of an archive: what is put in or replaced, and what is removed."""
    if name == "fresh":
        yield [article(random, number) for number in range(240)], []
        return
    for step in range(6 if name == "merged" else 4):
        added = [article(random, number) for number in range(step * 45, step * 45 + 80)]
        yield added, [f"t:{number}" for number in random.sample(range(step * 45 + 60), 6)]
    if name == "uneven":
        yield [*extremes(random)], []


def extremes(random: Random) -> Iterator[Article]:
    """A very long article and very short ones; the same word over and over; nothing but furniture."""
    plain = replace(article(random, 0), language="en", published="2022-06-01", published_precision="day", furniture="")
    lorem = random.choices([*GLUE, *WORDS], k=100_000)
    yield replace(plain, id="x:long", title="report", body=" ".join(lorem))
    yield replace(plain, id="x:one", title="flood", body="")
    yield replace(plain, id="x:same", title="rain", body="rain " * 3000)
    yield replace(plain, id="x:furniture", title="0", body="", furniture="bridge flood inquiry")
    yield replace(plain, id="x:bare", title="bridge", body="bridge", section=None, source=None, byline=(), tags=(), places=(),
                  agency=(), language=None, published=None, published_precision=None)  # fmt: skip


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Built in one go, or in several with articles replaced, removed, and segments merged on the way.

    Some of it is hidden, some withdrawn.
    """
    random = Random(f"{SEED} {request.param}")
    directory = tmp_path_factory.mktemp("index")
    engine = WhooshEngine(directory)
    live: dict[str, Article] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "MOST_SEGMENTS", 2 if request.param == "merged" else 8)
        for number, (added, removed) in enumerate(live_articles(request.param, random)):
            with engine.begin_build(full=number == 0) as build:
                for one in added:
                    live[one.id] = replace(one, available_from="2999-01-01") if random.random() < 0.03 else one
                    build.add(live[one.id])
                for gone in removed:
                    build.remove(gone)
                    live.pop(gone, None)
                build.publish(journal=number + 1)
    hidden = [one.id for one in live.values() if one.available_from and not one.id.startswith("x:")]
    assert hidden
    log = Withdrawals(directory)
    for number, one in enumerate(random.sample(sorted(key for key in live if not key.startswith("x:")), len(live) // 20)):
        log.withdraw(one, f"reason {number}")
    hidden += log.known().ids
    facts = {one.id: {facet: values(one, facet) for facet in FACETS} for one in live.values()}
    return World(request.param, Oracle(list(live.values()), hidden), Searcher(engine, withdrawals=log), facts)


def values(a: Article, facet: str) -> tuple[str, ...]:
    if facet == "year":
        return (a.published[:4],) if a.published else ()
    value = getattr(a, {"place": "places", "tag": "tags"}.get(facet, facet))
    return value if isinstance(value, tuple) else (value,) if value else ()


def filters(random: Random) -> dict[str, tuple[str, ...]]:
    known = {"section": [*SECTIONS, "(none)"], "source": SOURCES, "byline": BYLINES, "agency": [*AGENCIES, "(none)"],
             "place": [*PLACES, "(none)"], "language": ["en", "hi", "fr", "(none)"], "year": ["2021", "2023", "(none)"],
             "tag": ["water", "law", "(none)"]}  # fmt: skip
    names = random.sample(sorted(known), random.choice([0, 0, 0, 1, 2]))
    return {name: tuple(random.sample(known[name], random.randint(1, 2))) for name in names}


def failing(facts: dict[str, tuple[str, ...]], request: SearchRequest) -> frozenset[str]:
    """The facets whose filters an article doesn't pass."""

    def has(facet: str, wanted: tuple[str, ...]) -> bool:
        return any(value in wanted for value in facts[facet] or ("(none)",))

    return frozenset(
        {f for f, wanted in request.where.items() if not has(f, wanted)}
        | {f for f, bad in request.without.items() if has(f, bad)}
    )


def instant(a: Article) -> str:
    assert a.published is not None
    return f"{first_day(a.published)}{a.published[10:] or 'T00:00:00'}"


def in_order(found: list[Article], sort: str, scores: Counter[str]) -> list[str]:
    dated = sorted((a for a in found if a.published), key=lambda a: a.id)
    undated = sorted((a for a in found if not a.published), key=lambda a: a.id)
    dated.sort(key=instant, reverse=sort != "oldest")
    if sort == "relevance":
        return [a.id for a in sorted(dated + undated, key=lambda a: -round(scores[a.id], 9))]
    return [a.id for a in dated + undated]


def asked(random: Random, text: str) -> SearchRequest:
    first, last = random.choice([(None, None), (None, None), (None, None), ("2021-05", None), ("2022", "2023-03-15")])
    return SearchRequest(
        q=text, where=filters(random), without={} if random.random() < 0.8 else filters(random), first=first, last=last,
        sort=random.choice(["relevance", "relevance", "newest", "oldest"]), facet_size=100, size=random.choice([5, 10, 20, 100]),
        highlight=random.random() < 0.1,
    )  # fmt: skip


def test_engine_and_parser_agree_with_brute_force(world: World) -> None:
    random = Random(f"{SEED} questions {world.name}")
    kinds: Counter[str] = Counter()
    with_hits = 0
    for _ in range(WORLDS[world.name]):
        text, meaning = question(random)
        request = asked(random, text)
        with_hits += compared(world, request, meaning)
        kinds.update(kinds_of(meaning))
    print(f"seed {SEED}, {world.name}: {with_hits} of {WORLDS[world.name]} questions with hits; {dict(kinds)}")
    assert with_hits >= WORLDS[world.name] / 2
    rare = {kind: kinds[kind] for kind in KINDS if kinds[kind] < 20}
    assert not rare, f"too few of these to mean anything: {rare}"


def compared(world: World, request: SearchRequest, meaning: tuple[Any, ...]) -> bool:
    """Whether there are hits; all that is told of them is what brute force says."""
    oracle, told = world.oracle, f"seed {SEED}, {world.name}: {request}"
    page = world.searcher.search(request)
    ids = oracle.matching(meaning)
    lower, upper = first_day(request.first or "0001"), last_day(request.last or "9999")
    dated = bool(request.first or request.last)
    matched = [a for a in oracle.articles if a.id in ids and (not dated or overlaps(a, lower, upper))]
    filtered = bool(request.where or request.without)
    failed = {a.id: failing(world.facts[a.id], request) if filtered else frozenset() for a in matched}
    found = [a for a in matched if not failed[a.id]]
    assert page.total == len(found), f"{told} read as {page.read_as}"
    scores = oracle.scores(meaning) if request.sort == "relevance" else Counter()
    by_id = {a.id: a for a in found}
    assert [hit.article.id for hit in page.hits] == in_order(found, request.sort, scores)[: request.size], told
    assert [hit.article for hit in page.hits] == [by_id[hit.article.id] for hit in page.hits], told
    if request.sort == "relevance":
        assert [hit.score for hit in page.hits] == pytest.approx([scores[hit.article.id] for hit in page.hits], abs=1e-6), told
    assert set(page.facets) == set(FACETS)
    for facet, count in page.facets.items():
        own = [world.facts[a.id][facet] for a in matched if failed[a.id] <= {facet}]
        counted = Counter(value for some in own for value in some)
        assert {v.value: v.count for v in count.values if v.count and v.value != "(none)"} == counted, f"{facet} of {told}"
        assert count.missing == own.count(()), f"{facet} of {told}"
    check_histogram(page, found, told)
    return page.total > 0


KINDS = ("all", "and", "or", "not", "word", "exact", "phrase", "near", "prefix", "wild", "fuzzy", "keyword", "days")


def kinds_of(meaning: tuple[Any, ...]) -> list[str]:
    below = meaning[1] if meaning[0] in ("and", "or") else [meaning[1]] if meaning[0] == "not" else []
    return [meaning[0], *(kind for child in below for kind in kinds_of(child))]


def check_histogram(page: Any, found: list[Article], told: str) -> None:
    histogram = page.histogram
    length = {"year": 4, "month": 7, "day": 10}[histogram.interval]
    counted = Counter(a.published[:length] for a in found if a.published and len(a.published) >= length)
    assert {str(day)[:length]: count for day, count in histogram.buckets} == dict(counted), told
    assert histogram.missing == len(found) - sum(counted.values()), told


def test_a_cursor_walks_every_hit_once_in_order(world: World) -> None:
    random = Random(f"{SEED} walks {world.name}")
    questions = [("", ("all",)), *(question(random) for _ in range(25))]
    for text, meaning in questions:
        found = [a for a in world.oracle.articles if a.id in world.oracle.matching(meaning)]
        for sort in ("relevance", "newest", "oldest"):
            told = f"seed {SEED}, {world.name}: {text!r} by {sort}"
            request = SearchRequest(q=text, sort=sort, size=random.choice([7, 40]), facets=(), highlight=False)
            walked: list[str] = []
            cursor = None
            while True:
                page = world.searcher.search(replace(request, cursor=cursor))
                walked += [hit.article.id for hit in page.hits]
                assert len(walked) <= page.total == len(found), told
                cursor = page.next
                if cursor is None:
                    break
            scores = world.oracle.scores(meaning) if sort == "relevance" else Counter()
            assert walked == in_order(found, sort, scores), told
            assert walked == list(world.searcher.ids(request)) == [a.id for a in world.searcher.stream(request)], told


def test_there_are_enough_questions() -> None:
    assert sum(WORLDS.values()) >= 5000


def test_the_archives_are_what_they_are_said_to_be(world: World, tmp_path: Path) -> None:
    """Several segments, or one; deletions; the long article."""
    generation = world.searcher._engine.snapshot().generation  # type: ignore[attr-defined]
    segments = {"fresh": 1, "changed": 4, "merged": 2, "uneven": 5}[world.name]
    assert len(generation.views) == segments, tmp_path
    assert any(len(view.dead) for view in generation.views) == (world.name != "fresh")
    assert generation.articles == len(world.oracle.held)
