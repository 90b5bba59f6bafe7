"""Codes of values and dates, however they are laid out: counts and filters against the articles themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.columns import MOST_PLANES
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.fields import MISSING, values_of
from searchapp.query.tree import And, Everything, Node, Or, Term
from searchapp.results import FacetCount

SCOPE = ("title", "body")
WORDS = {"every": 1.0, "most": 0.9, "half": 0.5, "some": 0.1, "few": 0.01}
"""Words, and in how many of the articles each is."""
FACETS = ("section", "byline", "tag", "year")
COUNT = 400


def articles(random: Random, most: int) -> list[Article]:
    """Some with ``most`` tags, the others with up to two; days, months, years and none."""
    made = []
    for number in range(COUNT):
        day = date(1, 1, 1) + timedelta(random.randrange(date.max.toordinal()))
        published = random.choice([None, day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]])
        tags = [f"t{random.randrange(40)}" for _ in range(most if number % 150 == 7 else random.randrange(3))]
        made.append(
            Article(
                id=f"{number:03}",
                title=" ".join(word for word, share in WORDS.items() if random.random() < share),
                body="",
                provenance=Provenance(file="f", format="jsonl", sha256="0"),
                published=published,
                published_precision={None: None, 4: "year", 7: "month", 10: "day"}[published and len(published)],  # type: ignore[index]
                section=random.choice([None, "Local", "World"]),
                byline=tuple(random.sample(["A", "B", "C"], random.randrange(3))),
                tags=tuple(dict.fromkeys(tags)),
                language="en",
            )
        )
    return made


def built(root: Path, parts: Sequence[Sequence[Article]]) -> WhooshSnapshot:
    engine = WhooshEngine(root)
    for number, part in enumerate(parts):
        with engine.begin_build(full=not number) as build:
            for one in part:
                build.add(one)
            build.publish(journal=number)
    found = engine.snapshot()
    assert isinstance(found, WhooshSnapshot)
    return found


@pytest.fixture(scope="module", params=[(1, 1), (5, 1), (5, 2), (30, 2)], ids=str)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Article], WhooshSnapshot]:
    most, segments = request.param
    made = articles(Random(most), most)
    cut = COUNT // segments + 50 * (segments - 1)
    return made, built(tmp_path_factory.mktemp("index"), [made[:cut], made[cut:]][:segments])


def trees() -> Iterator[tuple[Node, frozenset[str]]]:
    """Queries with the words that a match must have one of."""
    yield Everything(), frozenset()
    for word in WORDS:
        yield Term(word, SCOPE), frozenset({word})
    yield Or((Term("some", SCOPE), Term("few", SCOPE))), frozenset({"some", "few"})


def values(article: Article, name: str) -> tuple[str, ...]:
    return values_of(article, name) or (MISSING,)


def passes(article: Article, where: dict[str, tuple[str, ...]], without: dict[str, tuple[str, ...]], leaving: str = "") -> bool:
    chosen = all(set(values(article, name)) & set(some) for name, some in where.items() if name != leaving)
    return chosen and not any(set(values(article, name)) & set(some) for name, some in without.items() if name != leaving)


def shown(counted: FacetCount) -> dict[str, int]:
    """The counts above 0, those of articles without a value under `MISSING`."""
    found = {value.value: value.count for value in counted.values} | {MISSING: counted.missing}
    return {value: number for value, number in found.items() if number}


FILTERS: list[tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]] = [
    ({}, {}),
    ({"tag": ("t3",)}, {}),
    ({"tag": ("t3", MISSING), "section": ("Local",)}, {}),
    ({"byline": ("A", "B")}, {"tag": ("t1", "t2")}),
    ({}, {"section": (MISSING,), "byline": ("C",)}),
    ({"tag": ("no such",)}, {}),
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_counts_are_those_of_the_articles(
    archive: tuple[list[Article], WhooshSnapshot], filters: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]
) -> None:
    made, snapshot = archive
    where, without = filters
    for tree, words in trees():
        asked = EngineRequest(
            tree=tree, where=where, without=without, facets=FACETS, facet_size=1000, histogram=True, limit=COUNT
        )
        answer = snapshot.search(asked)
        matching = [one for one in made if not words or words & set(one.title.split())]
        passing = [one for one in matching if passes(one, where, without)]
        assert answer.total == len(passing)
        assert sorted(key.id for key in answer.keys) == sorted(one.id for one in passing)
        for name in FACETS:
            left = [one for one in matching if passes(one, where, without, leaving=name)]
            wanted = Counter(value for one in left for value in values(one, name))
            assert shown(answer.facets[name]) == wanted, name
        assert answer.histogram is not None
        wanted_years = Counter(one.period.first.year for one in passing if one.period)
        if answer.histogram.interval == "year":
            assert {start.year: number for start, number in answer.histogram.buckets} == wanted_years
        assert answer.histogram.missing + sum(number for _, number in answer.histogram.buckets) == len(passing)


@pytest.mark.parametrize("days", [("0001-01-01", None), (None, "5000-06-30"), ("2000-01-15", "7777-07-07"), ("9999-12-31", None)])
def test_days_are_those_of_the_articles(
    archive: tuple[list[Article], WhooshSnapshot], days: tuple[str | None, str | None]
) -> None:
    made, snapshot = archive
    first, last = (date.fromisoformat(day) if day else None for day in days)
    answer = snapshot.search(EngineRequest(tree=Everything(), first=first, last=last, limit=COUNT))
    periods = {one.id: one.period for one in made if one.period}
    wanted = [one for one, period in periods.items() if period.last >= (first or date.min) and period.first <= (last or date.max)]
    assert sorted(key.id for key in answer.keys) == sorted(wanted)


def test_how_many_planes(archive: tuple[list[Article], WhooshSnapshot]) -> None:
    """Most articles' values have planes, those of the others are sets; and there are articles of both kinds."""
    made, snapshot = archive
    for view in snapshot.generation.views:
        tags = view.segment.columns.facets["tag"]
        assert len(tags.planes) <= min(2, MOST_PLANES)
        assert view.segment.columns.facets["section"].members.size == 0
    largest = max(len(one.tags) for one in made)
    assert (snapshot.generation.views[0].segment.columns.facets["tag"].members.size > 0) == (largest > 2)


@pytest.mark.parametrize("every", [False, True])
def test_scores_are_the_same_either_way(archive: tuple[list[Article], WhooshSnapshot], *, every: bool) -> None:
    """Filtered matches are scored one by one, those that aren't with all of their lists: to the bit the same."""
    made, snapshot = archive
    tree = (And if every else Or)((Term("half", SCOPE), Term("most", SCOPE)))
    everything = {key.id: key.score for key in snapshot.search(EngineRequest(tree=tree, limit=COUNT)).keys}
    filtered = snapshot.search(EngineRequest(tree=tree, where={"section": ("Local",)}, limit=COUNT)).keys
    assert len(filtered) > 50
    assert {key.id: key.score for key in filtered} == {
        one.id: everything[one.id] for one in made if one.section == "Local" and one.id in everything
    }
