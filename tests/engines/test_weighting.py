"""The weighting model against the formula, and through Whoosh's top ten."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import plain_segment
import pytest
import whoosh.index
from invented import article as invented
from whoosh import query
from whoosh.searching import Searcher

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.base import K1
from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.weighting import NOTHING, ContractWeighting
from searchapp.fields import BY_NAME


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    random = Random(8)
    return [invented(random, number) for number in range(90)]


@pytest.fixture(scope="module")
def searcher(articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    directory: Path = tmp_path_factory.mktemp("index")
    stock.create(directory)
    stock.commit(
        directory, [plain_segment.write(directory, "a", articles[:50]), plain_segment.write(directory, "b", articles[50:])]
    )
    with whoosh.index.open_dir(str(directory)).searcher(weighting=ContractWeighting()) as searcher:
        yield searcher


@pytest.mark.parametrize("field", ["title", "body", "furniture"])
@pytest.mark.parametrize("form", ["the", "bridge", "floods"])
def test_a_term_scores_by_the_formula(searcher: Searcher, articles: list[Article], field: str, form: str) -> None:
    tokens = [[token.form for token in analysis.tokens(getattr(a, field), a.language)] for a in articles]
    average = sum(map(len, tokens)) / len(tokens)
    matching = sum(form in own for own in tokens)
    idf = math.log(1 + (len(tokens) - matching + 0.5) / (matching + 0.5))
    row, expected = BY_NAME[field], {}
    for doc, own in enumerate(tokens):
        if form in own:
            weight = row.boost * own.count(form) / (1 - row.length_norm + row.length_norm * len(own) / average)
            expected[doc] = 2.5 * idf * weight / (K1 + weight)
    asked = query.Term(f"{field}_exact", form, boost=2.5)
    assert {doc: score for score, doc in searcher.search(asked, limit=None).top_n} == pytest.approx(expected, rel=1e-12)


def test_other_fields_match_and_weigh_nothing(searcher: Searcher, articles: list[Article]) -> None:
    names = [query.Term("section", word) for word in ("local", "world", "sports", "opinion")]
    found = searcher.search(query.Or(names), limit=None).top_n
    assert {doc for _, doc in found} == {doc for doc, a in enumerate(articles) if (a.section or "National") != "National"}
    assert all(0 < score <= 4 * NOTHING for score, _ in found)


def test_a_top_ten_loses_nothing(searcher: Searcher) -> None:
    words = ["the", "bridge", "flood", "floods", "reported", "of", "in"]
    for number in range(60):
        chosen = [query.Term("body_exact", word) for word in Random(number).sample(words, 2 + number % 3)]
        asked = query.Or(chosen) if number % 2 else query.And([chosen[0], query.Or(chosen[1:])])
        whole = [score for score, _ in searcher.search(asked, limit=None).top_n]
        assert [score for score, _ in searcher.search(asked, limit=5).top_n] == whole[:5]
