"""Random trees and requests against brute force, while articles are replaced, removed and merged."""

from __future__ import annotations

import math
import os
import threading
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from invented import article as invented

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import build as building
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.fields import BY_NAME, DEFAULT_SCOPE, FACETS, MISSING, TEXT_FIELDS, values_of
from searchapp.query.tree import (
    VALUE_GAP,
    And,
    Days,
    Everything,
    Fuzzy,
    Keyword,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Term,
    Wildcard,
    wanted,
)
from searchapp.results import FacetCount

NUMBER = 160


class Plain:
    """The documentation of the tree, over lists."""

    def __init__(self, articles: list[Article]) -> None:
        self.articles = articles
        self.tokens = {(a.id, f): self._tokens(a, f) for a in articles for f in (*TEXT_FIELDS, "byline")}
        self._spans: dict[object, list[tuple[int, int]]] = {}

    def _tokens(self, a: Article, field: str) -> list[tuple[int, str]]:
        found, start = [], 0
        for value in values_of(a, field):
            forms = [token.form for token in analysis.tokens(value, a.language)]
            found += list(enumerate(forms, start))
            start += len(forms) + VALUE_GAP
        return found

    def spans(self, leaf: Node, a: Article, field: str) -> list[tuple[int, int]]:
        tokens = self.tokens.get((a.id, field), [])
        chain = analysis.chain(a.language)
        stemmed = field in TEXT_FIELDS
        match leaf:
            case Term(form, exact=exact):
                return [(p, p) for p, t in tokens if t == form or (stemmed and not exact and same(t, form, chain))]
            case Prefix(prefix):
                return [(p, p) for p, t in tokens if t.startswith(prefix)]
            case Wildcard(pattern):
                start, end = pattern.split("*")
                return [(p, p) for p, t in tokens if len(t) >= len(pattern) - 1 and t.startswith(start) and t.endswith(end)]
            case Fuzzy(form, 1):
                near = [(p, t) for p, t in tokens if abs(len(t) - len(form)) < 2]
                return [(p, p) for p, t in near if t == form or t in one_edit(form)]
            case Phrase(forms, slop=slop, exact=exact):
                words = [[p for p, _ in self.spans(Term(form, (field,), exact), a, field)] for form in forms]
                found = []
                for first in words[0]:
                    at = first
                    for places in words[1:]:
                        at = min((p for p in places if p > at), default=10**9)
                    if at - first - (len(forms) - 1) <= slop:
                        found.append((first, at))
                return found
            case Near(left, right, distance):
                others = self.spans(right, a, field)
                return [
                    x for x in self.spans(left, a, field) if any(0 < max(y[0] - x[1], x[0] - y[1]) <= distance for y in others)
                ]
        raise AssertionError(leaf)

    def matches(self, node: Node, a: Article) -> bool:
        match node:
            case Everything():
                return True
            case And(children):
                return all(self.matches(child, a) for child in children)
            case Or(children):
                return any(self.matches(child, a) for child in children)
            case Not(child):
                return not self.matches(child, a)
            case Keyword(field, value):
                return value in [analysis.fold(v) for v in values_of(a, field)]
            case Days(first, last):
                return a.period is not None and a.period.last >= (first or date.min) and a.period.first <= (last or date.max)
            case _:
                return any(self.spans(node, a, field) for field in scope(node))

    def scores(self, tree: Node) -> Counter[str]:
        average = {f: sum(len(self.tokens[a.id, f]) for a in self.articles) / len(self.articles) for f in TEXT_FIELDS}
        total: Counter[str] = Counter()
        for leaf in wanted(tree):
            if isinstance(leaf, Keyword | Days):
                continue
            n = sum(self.matches(leaf, a) for a in self.articles)
            for a in self.articles:
                weight = 0.0
                for f in scope(leaf):
                    if f in TEXT_FIELDS and average[f]:
                        row, length = BY_NAME[f], len(self.tokens[a.id, f]) / average[f]
                        weight += row.boost * len(self.spans(leaf, a, f)) / (1 - row.length_norm + row.length_norm * length)
                total[a.id] += leaf.boost * math.log(1 + (len(self.articles) - n + 0.5) / (n + 0.5)) * weight / (1.5 + weight)
        return total


def scope(leaf: Node) -> tuple[str, ...]:
    return leaf.left.fields if isinstance(leaf, Near) else leaf.fields  # type: ignore[union-attr]


def same(a: str, b: str, chain: str) -> bool:
    return analysis.stem(a, chain) == analysis.stem(b, chain)


def one_edit(word: str) -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    halves = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return (
        {a + b[1:] for a, b in halves if b}
        | {a + c + b[1:] for a, b in halves if b for c in letters}
        | {a + c + b for a, b in halves for c in letters}
        | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    )


def a_leaf(random: Random, forms: list[str]) -> Node:
    fields = random.choice([DEFAULT_SCOPE, DEFAULT_SCOPE, ("title",), ("body", "furniture"), ("byline",)])
    form, other = random.choice(forms), random.choice(forms)
    boost = random.choice([1.0, 1.0, 2.5])
    kind = random.randrange(9)
    if kind == 0:
        return Prefix(form[:2], fields, boost)
    if kind == 1:
        return Wildcard(f"{form[:1]}*{form[-1:]}", fields, boost)
    if kind == 2:
        return Fuzzy(form[1:] if random.random() < 0.5 else form, 1, fields, boost) if form.isascii() else Term(form, fields)
    if kind == 3:
        return Phrase((form, other), fields, random.choice([0, 1, 3, 8]), random.random() < 0.3, boost)
    if kind == 4:
        sides = random.choice(
            [(Term(form, fields), Term(other, fields)), (Phrase((form, other), fields, 2), Prefix(other[:2], fields))]
        )
        return Near(*sides, random.choice([1, 2, 6]), boost)
    if kind == 5:
        return Keyword(random.choice(["language", "year"]), random.choice(["en", "fr", "2021", "2023"]))
    if kind == 6:
        day = date(2020, 1, 1) + timedelta(random.randrange(1800))
        return Days(random.choice([None, day]), day + timedelta(random.randrange(400)))
    return Term(form, fields, random.random() < 0.3, boost)


def a_tree(random: Random, forms: list[str], depth: int = 2) -> Node:
    if depth == 0 or random.random() < 0.4:
        return a_leaf(random, forms)
    children = tuple(a_tree(random, forms, depth - 1) for _ in range(random.randint(1, 3)))
    return random.choice([And(children), Or(children), Or(children), Not(children[0])])


def counted(articles: list[Article], facet: str) -> tuple[dict[str, int], int]:
    counts: Counter[str] = Counter(value for a in articles for value in set(values_of(a, facet)))
    return dict(counts), sum(not values_of(a, facet) for a in articles)


def shown(count: FacetCount) -> tuple[dict[str, int], int]:
    assert list(count.values) == sorted(count.values, key=lambda value: (-value.count, value.value))
    return {value.value: value.count for value in count.values if value.count and value.value != MISSING}, count.missing


def check(engine: WhooshEngine, articles: list[Article], random: Random, questions: int) -> int:
    plain = Plain(articles)
    forms = sorted({form for tokens in plain.tokens.values() for _, form in tokens})
    snapshot, hits = engine.snapshot(), 0
    for _ in range(questions):
        tree = a_tree(random, forms)
        where = {"section": random.choice([("Local",), ("World", MISSING)])} if random.random() < 0.3 else {}
        without = {"byline": ("Arko Sen", "Zoë Dutta")} if random.random() < 0.2 else {}
        request = EngineRequest(
            tree=tree,
            limit=NUMBER * 2,
            facets=FACETS,
            facet_size=1000,
            where=where,
            without=without,
            clauses=(tree,),
            histogram=True,
        )
        answer = snapshot.search(request)
        matching = [a for a in articles if plain.matches(tree, a)]
        in_section = [a for a in matching if not where or set(values_of(a, "section") or (MISSING,)) & set(where["section"])]
        found = [a for a in in_section if not (without and set(a.byline) & set(without["byline"]))]
        assert answer.clauses == (len(matching),), tree
        assert {hit.key.id for hit in answer.hits} == {a.id for a in found}, tree
        assert answer.total == len(found)
        scores = plain.scores(tree)
        assert all(hit.key.score == pytest.approx(scores[hit.key.id], abs=1e-9) for hit in answer.hits), tree
        assert list(answer.hits) == sorted(
            answer.hits, key=lambda hit: (-hit.key.score, -(hit.key.instant or -(10**15)), hit.key.id)
        )
        assert all(hit.article == next(a for a in articles if a.id == hit.key.id) for hit in answer.hits[:3])
        for name in FACETS:
            own = in_section if name == "byline" else found
            if name == "section":
                own = [a for a in matching if not (without and set(a.byline) & set(without["byline"]))]
            assert shown(answer.facets[name]) == counted(own, name), (tree, name)
        assert answer.histogram is not None
        assert sum(n for _, n in answer.histogram.buckets) + answer.histogram.missing == len(found)
        hits += bool(found)
    return hits


def test_against_brute_force_through_updates_and_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MOST_SEGMENTS", 3)
    monkeypatch.setattr(building, "KEPT_IN_A_MERGE", 1)
    seed = int(os.environ.get("ORACLE_SEED", "7"))
    random = Random(seed)
    engine, live, hits = WhooshEngine(tmp_path), {}, 0
    for round_number in range(7):
        monkeypatch.setattr(building, "MOST_OCCURRENCES", random.choice([300, 8_000_000]))
        with engine.begin_build(full=round_number == 0) as build:
            for number in random.sample(range(NUMBER), 60):
                one = invented(random, number)
                build.add(one)
                live[one.id] = one
            for gone in random.sample(sorted(live), 12):
                build.remove(gone)
                del live[gone]
            build.publish(journal=0)
        hits += check(engine, list(live.values()), random, 7)
    assert hits > 20
    before = [
        engine.snapshot().search(EngineRequest(tree=Term(form, DEFAULT_SCOPE), limit=500)) for form in ("flood", "banks", "the")
    ]
    with engine.begin_build(full=True) as build:
        for one in sorted(live.values(), key=lambda a: a.id):
            build.add(one)
        build.publish(journal=0)
    after = [
        engine.snapshot().search(EngineRequest(tree=Term(form, DEFAULT_SCOPE), limit=500)) for form in ("flood", "banks", "the")
    ]
    assert before == after, "to the last bit: deletions and merges leave no trace in a score"


def test_many_threads_get_the_same_answers(tmp_path: Path) -> None:
    random = Random(3)
    engine = WhooshEngine(tmp_path)
    with engine.begin_build(full=True) as build:
        for number in range(60):
            build.add(invented(random, number))
        build.publish(journal=0)
    trees: list[Node] = [a_tree(random, ["flood", "bridge", "river", "banks", "the"]) for _ in range(30)]
    requests = [EngineRequest(tree=tree, facets=FACETS, histogram=True) for tree in trees]
    wanted_answers = [WhooshEngine(tmp_path).snapshot().search(request) for request in requests]
    answers: list[list[object]] = []

    def ask() -> None:
        answers.append([engine.snapshot().search(request) for request in requests])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [wanted_answers] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_engine_opened_before_a_fork_answers_in_both(tmp_path: Path) -> None:
    random = Random(4)
    engine = WhooshEngine(tmp_path)
    with engine.begin_build(full=True) as build:
        for number in range(30):
            build.add(invented(random, number))
        build.publish(journal=0)
    request = EngineRequest(tree=Or((Term("flood", DEFAULT_SCOPE), Prefix("br", DEFAULT_SCOPE))), facets=FACETS)
    answer = engine.snapshot().search(request)
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(0 if [engine.snapshot().search(request) for _ in range(20)] == [answer] * 20 else 1)
        children.append(child)
    assert [engine.snapshot().search(request) for _ in range(20)] == [answer] * 20
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
