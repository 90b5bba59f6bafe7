"""The same answer, to the last bit, however an archive came to be, whichever way is taken, and whoever else is asking."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from invented import FRENCH, GLUE, HINDI, WORDS, article, question

from searchapp.article import Article
from searchapp.engines.base import EngineAnswer, EngineRequest
from searchapp.engines.whoosh import compaction
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.fields import DEFAULT_SCOPE, FACETS
from searchapp.query.language import parse
from searchapp.query.tree import And, Node, Or, Term
from searchapp.results import Sort

SEED = int(os.environ["ORACLE_SEED"])
NOW = 1_800_000_000
MOST = {"several": 8, "merging": 2, "whole": 1}
"""Segments an archive may have while it grows; ``whole`` ends as one that was merged of many."""


def articles(random: Random, count: int) -> list[Article]:
    made = [article(random, number) for number in range(count)]
    return [replace(one, available_from="2999-01-01") if random.random() < 0.02 else one for one in made]


def grown(root: Path, final: list[Article], most: int) -> WhooshSnapshot:
    """The articles in six increments: with earlier versions that are replaced, and others that are removed."""
    random = Random(f"{SEED} {most}")
    engine = WhooshEngine(root)
    parts = [final[number::6] for number in range(6)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "MOST_SEGMENTS", most)
        for number, part in enumerate(parts):
            with engine.begin_build(full=number == 0) as build:
                for old in (one for later in parts[number + 1 :] for one in later if random.random() < 0.1):
                    build.add(replace(article(random, 0), id=old.id))
                for one in part:
                    build.add(one)
                for extra in range(20):
                    build.add(replace(article(random, 0), id=f"extra:{number}:{extra}", tags=("gone",), section="Gone"))
                for extra in range(20):
                    build.remove(f"extra:{number - 1}:{extra}")
                if number == 5:
                    for extra in range(20):
                        build.remove(f"extra:5:{extra}")
                build.publish(journal=number)
    return engine.snapshot()


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WhooshSnapshot]:
    """One and the same archive, built in one go and grown."""
    final = articles(Random(SEED), 700)
    engine = WhooshEngine(tmp_path_factory.mktemp("full"))
    with engine.begin_build(full=True) as build:
        for one in final:
            build.add(one)
        build.publish(journal=1)
    return {"full": engine.snapshot()} | {name: grown(tmp_path_factory.mktemp(name), final, most) for name, most in MOST.items()}


def request(random: Random, tree: Node) -> EngineRequest:
    where = {"section": ("Local", "(none)"), "tag": ("water",), "place": ("Geneva", "New Delhi")}
    return EngineRequest(
        tree=tree,
        where={name: where[name] for name in random.sample(sorted(where), random.choice([0, 0, 0, 1, 2]))},
        without={"source": ("Vallée Matin",)} if random.random() < 0.2 else {},
        sort=random.choice(["relevance", "relevance", *get_args(Sort)]), limit=random.choice([1, 10, 60]),
        offset=random.choice([0, 0, 5]), facets=FACETS, facet_size=random.choice([3, 100]), histogram=True, clauses=(tree,),
        now=random.choice([None, NOW]), highlight=random.random() < 0.2,
    )  # fmt: skip


def requests(random: Random, count: int) -> list[EngineRequest]:
    return [request(random, parse(question(random)[0], ("en", "hi", "fr")).tree) for _ in range(count)]


def test_the_archives_differ_in_their_segments_only(archives: dict[str, WhooshSnapshot]) -> None:
    assert {name: len(one.generation.views) for name, one in archives.items()} == {
        "full": 1, "several": 6, "merging": 2, "whole": 1,
    }  # fmt: skip
    assert any(len(view.dead) for view in archives["several"].generation.views)
    assert {one.generation.articles for one in archives.values()} == {700}
    assert {tuple(sorted(one.generation.averages.items())) for one in archives.values()} == {
        tuple(sorted(archives["full"].generation.averages.items()))
    }


@pytest.mark.parametrize("name", MOST)
def test_answers_are_the_same_in_one_segment_and_in_several(archives: dict[str, WhooshSnapshot], name: str) -> None:
    """Articles, scores, marks, facets, histogram; and the walk that begins after a hit."""
    random = Random(f"{SEED} segments")
    with_hits = 0
    for asked in requests(random, 300):
        one, other = archives["full"].search(asked), archives[name].search(asked)
        assert one == other, f"seed {SEED}: {asked}"
        with_hits += one.total > 0
        if one.hits:
            after = replace(asked, after=one.hits[0].key, offset=0)
            assert archives["full"].search(after) == archives[name].search(after), f"seed {SEED}: {after}"
            assert list(archives["full"].ids(asked)) == list(archives[name].ids(asked)), f"seed {SEED}: {asked}"
    assert with_hits > 150


def test_eight_threads_get_what_one_gets(archives: dict[str, WhooshSnapshot]) -> None:
    """Each with the questions in its own order, of two snapshots at once; working arrays are each thread's own."""
    asked = requests(Random(f"{SEED} threads"), 60)
    alone = [archives["full"].search(one) for one in asked]
    keys = [archives["full"].keys(one) for one in asked]

    def ask(number: int) -> list[tuple[int, EngineAnswer, object]]:
        order = list(range(len(asked)))
        Random(number).shuffle(order)
        snapshot = archives[("several", "merging")[number % 2]]
        return [(place, snapshot.search(asked[place]), snapshot.keys(asked[place])) for place in order]

    with ThreadPoolExecutor(8) as pool:
        for told in pool.map(ask, range(8)):
            for place, answer, found in told:
                assert answer == alone[place], f"seed {SEED}: {asked[place]}"
                assert found == keys[place], f"seed {SEED}: {asked[place]}"


@pytest.fixture(scope="module", params=["full", "several"])
def long_lists(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WhooshSnapshot:
    """Short articles enough for posting lists of several blocks, in one segment or in four, some replaced."""
    random = Random(f"{SEED} lists")
    made = [replace(article(random, n), body=" ".join(random.choices([*GLUE, *WORDS], k=random.randint(1, 30))), furniture="",
                    tags=("rare" if random.random() < 0.03 else "water",), available_from="2999-01-01" if n % 50 == 0 else None)
            for n in range(2400)]  # fmt: skip
    engine = WhooshEngine(tmp_path_factory.mktemp(request.param))
    parts = [made] if request.param == "full" else [made[:1500], made[1300:2000], made[1900:2100], made[2050:]]
    for number, part in enumerate(parts):
        with engine.begin_build(full=number == 0) as build:
            for one in part:
                build.add(one)
            build.publish(journal=number)
    return engine.snapshot()


def words(random: Random) -> Node:
    """A word, any of several or all of them, the same one twice perhaps; in some of the text fields."""
    scopes = [DEFAULT_SCOPE, DEFAULT_SCOPE, ("title",), ("body",)]
    some = random.choices([*GLUE, *WORDS, *HINDI, *FRENCH, "nowhere"], k=random.choice([1, 1, 2, 3, 5]))
    terms = tuple(Term(word.lower(), random.choice(scopes), boost=random.choice([1.0, 1.0, 2.5, 0.1])) for word in some)
    if len(terms) == 1:
        return terms[0]
    return And(terms) if random.random() < 0.3 else Or(terms)


def filters(random: Random) -> dict[str, Any]:
    """None, mostly; one or several values, frequent or rare ones, excluded ones, days, hidden articles."""
    values = {"section": ("Local", "(none)"), "byline": ("Banri Nong",), "tag": ("rare",), "place": ("New Delhi",)}
    return {
        "where": {name: values[name] for name in random.sample(sorted(values), random.choice([0, 0, 0, 1, 1, 2]))},
        "without": {"source": ("Vallée Matin",)} if random.random() < 0.2 else {},
        "first": random.choice([None, None, date(2021, 5, 1)]),
        "now": random.choice([None, NOW]),
    }


def test_the_best_without_looking_at_all_are_the_best_of_all(long_lists: WhooshSnapshot) -> None:
    """`keys` skips what can't be among the first; `search` scores every match. Order and scores are the same bits."""
    random = Random(f"{SEED} best")
    found: Counter[bool] = Counter()
    for _ in range(1400):
        limit, offset = random.choice([1, 3, 10, 100, 3000]), random.choice([0, 0, 7])
        asked = EngineRequest(tree=words(random), limit=limit, offset=offset, **filters(random))
        exhaustive = [hit.key for hit in long_lists.search(asked).hits]
        assert list(long_lists.keys(asked)) == exhaustive, f"seed {SEED}: {asked}"
        found[bool(exhaustive)] += 1
    assert found[True] > 700


def test_keys_are_those_of_search_whatever_is_asked(archives: dict[str, WhooshSnapshot]) -> None:
    random = Random(f"{SEED} keys")
    for asked in requests(random, 150):
        for snapshot in archives.values():
            assert list(snapshot.keys(asked)) == [hit.key for hit in snapshot.search(asked).hits], f"seed {SEED}: {asked}"
