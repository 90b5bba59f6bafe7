"""Random queries: this engine and Whoosh's own `Searcher` find the same on the same files, and score it the same.

Whoosh searches without a limit, so it prunes nothing (R1, R2, R6, R7: its pruning loses hits, counts wrong, and makes one side of
an AND out of it). Not asked, because Whoosh is wrong or means something else:

    AndNot (R4: the first excluded article of a segment is a hit), Require (R5: the complement), DisjunctionMax (R3: another
    article's score); NOT is asked as an intersection with the complement, its constant score of 1 (R7) taken away
    filter= and collapse= (R9, R10): filters are leaves here
    FuzzyTerm: Whoosh's automaton doesn't know swapped neighbours, and its cursor over several segments stands at nothing
    slop in phrases of three words and more: Whoosh allows it between each two

Scores are compared where every scored leaf is one of Whoosh's terms: it sums the words of a phrase, gives a prefix a constant,
and weighs a stem once for each language. And not where an AND stands below an OR: the contract counts all leaves that an
article matches, Whoosh those of the sides that match as a whole.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from random import Random

import pytest
import whoosh.index
from invented import AGENCIES, BYLINES, FRENCH, GLUE, HINDI, PLACES, SECTIONS, WORDS
from invented import article as invented
from whoosh import query
from whoosh.searching import Searcher

from searchapp import analysis
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.schema import exact
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.engines.whoosh.weighting import NOTHING, ContractWeighting
from searchapp.fields import TEXT_FIELDS
from searchapp.query.tree import (
    And,
    Days,
    Everything,
    Keyword,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Term,
    Wildcard,
)

QUERIES = 1000
SEED = int(os.environ.get("ORACLE_SEED", "20251122"))
CHAINS = ("en", "fr", "-")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> WhooshSnapshot:
    """220 articles in three segments, none of them deleted."""
    engine, random = WhooshEngine(tmp_path_factory.mktemp("index")), Random(SEED)
    articles = [invented(random, number) for number in range(220)]
    for start, end in ((0, 180), (180, 215), (215, 220)):
        with engine.begin_build(full=start == 0) as build:
            for one in articles[start:end]:
                build.add(one)
            build.publish(journal=end)
    return engine.snapshot()


def forms(random: Random) -> str:
    words = random.choice([WORDS, WORDS, WORDS, GLUE, HINDI, FRENCH])
    return analysis.columns(words[min(int(random.expovariate(4 / len(words))), len(words) - 1)], None)[0][0]


def word(random: Random) -> Node:
    return Term(forms(random), (random.choice([*TEXT_FIELDS, "body", "body"]),), random.random() < 0.7, random.choice([1.0, 2.5]))


def leaf(random: Random) -> Node:
    field, boost = random.choice([*TEXT_FIELDS, "body", "body"]), random.choice([1.0, 1.0, 2.5])
    form, other, of = forms(random), forms(random), random.random() < 0.5
    name, value = random.choice([("byline", BYLINES), ("section", SECTIONS), ("agency", AGENCIES), ("place", PLACES)])
    year = random.randint(2020, 2024)
    words = analysis.columns(random.choice(value), None)[0]
    return random.choice(
        [
            Term(form, (field,), of, boost),
            Term(random.choice(words), (name,)),
            Phrase((form, other), (field,), random.choice([0, 1, 4]), of),
            Phrase(("of", "the", form)[random.randint(0, 1) :], (field,), 0, of),
            Phrase(tuple(words), (name,), 0, True),
            Near(Term(form, (field,), True), Term(other + "x" * (form == other), (field,), True), random.randint(1, 6)),
            Prefix(form[: random.randint(1, 4)], (field,)),
            Wildcard(f"{form[:2]}*{form[-1]}", (field,)),
            Wildcard(f"{form[0]}?{form[2:]}", (field,)),
            Keyword("language", random.choice(["en", "hi", "fr", "xx"])),
            Keyword("year", str(year)),
            Keyword("id", f"t:{random.randint(0, 230)}"),
            Days(date(year, 1, 1), date(year + random.randint(0, 2), 12, 31)),
            Days(None, date(year, 12, 31)),
        ]
    )


def tree(random: Random, depth: int, leaf: Callable[[Random], Node]) -> Node:
    kind = random.random()
    if depth == 0 or kind < 0.25:
        return leaf(random)
    if kind < 0.28:
        return Everything()
    children = tuple(dict.fromkeys(tree(random, depth - 1, leaf) for _ in range(random.randint(2, 3))))
    if kind < 0.5:
        return And(children)
    if kind < 0.85:
        return Or(children)
    return And((*children, Not(tree(random, depth - 1, leaf))))


def unscored(asked: query.Query) -> query.Query:
    """Weighing next to nothing: Whoosh takes a constant score of 0 for none given, which is 1."""
    return query.ConstantScoreQuery(asked, NOTHING)


class Nearby(query.SpanNear2):  # type: ignore[misc]
    """Whoosh's own looks for ``And`` under a name that isn't there."""

    def _and_query(self) -> query.And:
        return query.And(self.qs)


def as_whoosh(node: Node) -> query.Query:
    match node:
        case Everything():
            return unscored(query.Every())
        case And(children):
            return query.And([as_whoosh(child) for child in children])
        case Or(children):
            return query.Or([as_whoosh(child) for child in children])
        case Not(child):
            return unscored(query.Not(as_whoosh(child)))
        case Term(form, (field,), of_form, boost):
            return any_of([query.Term(name, word, boost=boost) for name, (word,) in terms((form,), field, of_form)])
        case Phrase(words, (field,), slop, of_form):
            return any_of([query.Phrase(name, list(own), slop=slop + 1) for name, own in terms(words, field, of_form)])
        case Near(Term(one, (field,)), Term(other, _), distance):
            both = [query.Term(exact(field), form) for form in (one, other)]
            return Nearby(both, slop=distance, ordered=False, mindist=1)
        case Prefix(prefix, (field,)):
            return query.Prefix(exact(field), prefix)
        case Wildcard(pattern, (field,)):
            return query.Wildcard(exact(field), pattern)
        case Keyword(field, value):
            return query.Term(field, analysis.fold(value))
        case Days(first, last):
            return unscored(query.TermRange("year", first and str(first.year), last and str(last.year)))
    raise AssertionError(node)


def terms(words: Sequence[str], field: str, of_form: bool) -> list[tuple[str, tuple[str, ...]]]:
    """The same words as terms of one of Whoosh's fields: one way, or one for each chain."""
    if field not in TEXT_FIELDS:
        return [(field, tuple(words))]
    if of_form:
        return [(exact(field), tuple(words))]
    ways = dict.fromkeys(tuple(f"{analysis.stem(word, chain)}/{chain}" for word in words) for chain in CHAINS)
    return [(field, way) for way in ways]


def any_of(queries: list[query.Query]) -> query.Query:
    return queries[0] if len(queries) == 1 else query.Or(queries)


def comparable(node: Node, searcher: Searcher, below_or: bool = False) -> bool:
    """Whether every scored leaf is at most one term of Whoosh's, and Whoosh counts it wherever we do."""
    match node:
        case And(children):
            return not below_or and all(comparable(child, searcher) for child in children)
        case Or(children):
            return all(comparable(child, searcher, True) for child in children)
        case Term(form, (field,), of_form):
            ways = [(name, word) for name, (word,) in terms((form,), field, of_form)]
            return field not in TEXT_FIELDS or sum(way in searcher.reader() for way in ways) < 2
        case Phrase() | Near() | Prefix() | Wildcard():
            return False
    return True


def test_whoosh_finds_and_scores_the_same(snapshot: WhooshSnapshot) -> None:
    random, compared, kinds = Random(SEED), Counter[str](), Counter[str]()
    views = snapshot.generation.views
    assert len(views) > 1
    ids = [view.segment.id(doc) for view in views for doc in range(view.documents)]
    with whoosh.index.open_dir(str(snapshot._directory)).searcher(weighting=ContractWeighting()) as searcher:
        assert [searcher.doc_count(), searcher.doc_count_all()] == [len(ids)] * 2
        for number in range(QUERIES):
            asked = tree(random, number % 3, random.choice([leaf, leaf, word]))
            told = f"seed {SEED}, query {number}: {asked}"
            answer = snapshot.search(EngineRequest(tree=asked, limit=len(ids)))
            ours = {hit.key.id: hit.key.score for hit in answer.hits}
            theirs = {ids[doc]: score for score, doc in searcher.search(as_whoosh(asked), limit=None).top_n}
            assert sorted(ours) == sorted(theirs), told
            assert answer.total == len(ours) == len(answer.hits), told
            if comparable(asked, searcher):
                assert ours == pytest.approx(theirs, abs=1e-5), told
                compared["scores"] += any(ours.values())
            compared["hits"] += bool(ours)
            kinds[type(asked).__name__] += 1
    assert compared["hits"] >= QUERIES / 2
    assert compared["scores"] >= QUERIES / 6, compared
    assert len(kinds) >= 10
    print(
        f"seed {SEED}: {QUERIES} queries, {compared['hits']} with hits, {compared['scores']} with scores compared; {dict(kinds)}"
    )
