"""The whole way from a typed query to counts and order, against brute force (`oracle.py`)."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest
from invented import AGENCIES, BYLINES, PLACES, SECTIONS, SOURCES, article, question
from oracle import Oracle, first_day, last_day

from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

QUESTIONS = 1000
SEED = int(os.environ.get("ORACLE_SEED", "20250206"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Oracle, Searcher]:
    """300 articles indexed in four builds, some replaced and some removed on the way."""
    random = Random(SEED)
    engine = WhooshEngine(tmp_path_factory.mktemp("index"))
    live = {}
    for build_number in range(4):
        with engine.begin_build(full=build_number == 0) as build:
            for number in range(build_number * 75, build_number * 75 + 100):
                live[f"t:{number}"] = article(random, number)
                build.add(live[f"t:{number}"])
            for gone in random.sample(sorted(live), 5):
                build.remove(gone)
                del live[gone]
            build.publish(journal=build_number + 1)
    return Oracle(list(live.values())), Searcher(engine)


def filters(random: Random) -> dict[str, tuple[str, ...]]:
    known = {"section": [*SECTIONS, "(none)"], "source": SOURCES, "byline": BYLINES, "agency": [*AGENCIES, "(none)"],
             "place": [*PLACES, "(none)"], "language": ["en", "hi", "fr", "(none)"], "year": ["2021", "2023", "(none)"],
             "tag": ["water", "law", "(none)"]}  # fmt: skip
    names = random.sample(sorted(known), random.choice([0, 0, 0, 1, 2]))
    return {name: tuple(random.sample(known[name], random.randint(1, 2))) for name in names}


def values(a: object, facet: str) -> tuple[str, ...]:
    value = getattr(a, {"place": "places", "tag": "tags"}.get(facet, facet))
    return value if isinstance(value, tuple) else (value,) if value else ()


def passes(a: object, where: dict[str, tuple[str, ...]], without: dict[str, tuple[str, ...]], but: str = "") -> bool:
    def has(facet: str, wanted: tuple[str, ...]) -> bool:
        return bool(set(values(a, facet) or ("(none)",)) & set(wanted))

    return all(has(f, w) for f, w in where.items() if f != but) and not any(has(f, w) for f, w in without.items() if f != but)


def instant(a: object) -> str:
    return f"{first_day(a.published)}{a.published[10:] or 'T00:00:00'}"  # type: ignore[attr-defined]


def in_order(found: list, sort: str, scores: Counter[str]) -> list[str]:  # type: ignore[type-arg]
    dated = sorted((a for a in found if a.published), key=lambda a: a.id)
    undated = sorted((a for a in found if not a.published), key=lambda a: a.id)
    dated.sort(key=instant, reverse=sort != "oldest")
    if sort == "relevance":
        return [a.id for a in sorted(dated + undated, key=lambda a: -round(scores[a.id], 9))]
    return [a.id for a in dated + undated]


def test_engine_and_parser_agree_with_brute_force(world: tuple[Oracle, Searcher]) -> None:
    oracle, searcher = world
    random = Random(SEED + 1)
    kinds: Counter[str] = Counter()
    with_hits = 0
    for _ in range(QUESTIONS):
        text, meaning = question(random)
        where, without = filters(random), {} if random.random() < 0.8 else filters(random)
        first, last = random.choice([(None, None), (None, None), ("2021-05", None), ("2022", "2023-03-15")])
        sort = random.choice(["relevance", "relevance", "newest", "oldest"])
        told = f"seed {SEED}: {text!r} where {where} without {without} from {first} to {last} by {sort}"
        request = SearchRequest(q=text, where=where, without=without, first=first, last=last, sort=sort, facet_size=100, size=100)
        page = searcher.search(request)
        lower, upper = first_day(first or "0001"), last_day(last or "9999")
        matched = [
            a
            for a in oracle.articles
            if oracle.matches(meaning, a)
            and (not (first or last) or (a.published and first_day(a.published) <= upper and last_day(a.published) >= lower))
        ]
        found = [a for a in matched if passes(a, where, without)]
        assert page.total == len(found), f"{told} read as {page.read_as}"
        scores = oracle.scores(meaning) if sort == "relevance" else Counter()
        if any(score < 0 for score in scores.values()):
            pytest.fail("a score below 0")
        assert [hit.article.id for hit in page.hits] == in_order(found, sort, scores)[:100], told
        if sort == "relevance":
            assert [hit.score for hit in page.hits] == pytest.approx([scores[hit.article.id] for hit in page.hits], abs=1e-6), (
                told
            )
        for facet, count in page.facets.items():
            own = [a for a in matched if passes(a, where, without, but=facet)]
            counted = Counter(value for a in own for value in values(a, facet))
            assert {v.value: v.count for v in count.values if v.count and v.value != "(none)"} == dict(counted), (
                f"{facet} of {told}"
            )
            assert count.missing == sum(1 for a in own if not values(a, facet)), f"{facet} of {told}"
        check_histogram(page, found, told)
        with_hits += page.total > 0
        kinds.update(kinds_of(meaning))
    assert with_hits >= QUESTIONS / 2
    rare = {kind: kinds[kind] for kind in KINDS if kinds[kind] < 20}
    assert not rare, f"too few of these to mean anything: {rare}"


KINDS = ("all", "and", "or", "not", "word", "exact", "phrase", "near", "prefix", "wild", "fuzzy", "keyword", "days")


def kinds_of(meaning: tuple) -> list[str]:  # type: ignore[type-arg]
    below = meaning[1] if meaning[0] in ("and", "or") else [meaning[1]] if meaning[0] == "not" else []
    return [meaning[0], *(kind for child in below for kind in kinds_of(child))]


def check_histogram(page: object, found: list, told: str) -> None:  # type: ignore[type-arg]
    histogram = page.histogram  # type: ignore[attr-defined]
    length = {"year": 4, "month": 7, "day": 10}[histogram.interval]
    counted = Counter(a.published[:length] for a in found if a.published and len(a.published) >= length)
    assert {str(day)[:length]: count for day, count in histogram.buckets} == dict(counted), told
    assert histogram.missing == len(found) - sum(counted.values()), told


def test_a_cursor_walks_every_hit_once_in_order(world: tuple[Oracle, Searcher]) -> None:
    oracle, searcher = world
    for sort in ("relevance", "newest", "oldest"):
        for text in ("", "bridge OR flood", "NOT the"):
            whole = [a.id for a in searcher.stream(SearchRequest(q=text, sort=sort))]
            walked: list[str] = []
            cursor = None
            for _ in range(200):
                page = searcher.search(SearchRequest(q=text, sort=sort, size=7, cursor=cursor))
                walked += [hit.article.id for hit in page.hits]
                cursor = page.next
                if cursor is None:
                    break
            assert walked == whole
            assert len(set(walked)) == len(walked) == page.total
    assert len(oracle.articles) > 200
