"""Marks from the index are those that reading the texts finds: every field, every kind of leaf, every language."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import invented
import numpy as np
import pytest

from searchapp.article import Article
from searchapp.engines.whoosh import marks, tokens
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.view import View
from searchapp.engines.whoosh.writing import SegmentWriter
from searchapp.fields import TEXT_FIELDS
from searchapp.query.language import parse
from searchapp.query.marks import STRETCH, find_in_article
from searchapp.query.tree import wanted

SEED = 20_241_122

QUERIES = [
    *("bridge", "=bridges", "in:all report", "furniture:tea", "title:bank OR body:flood", "bridge minister -flood", "zzzz"),
    *('"the bridge"', '"flood the minister"~5', '"co operation"', '"co-operation the"~9', '="bridge floods"~30'),
    *("flood NEAR/4 the", '"the flood"~2 NEAR/9 minister', "min* NEAR/3 the", "co* NEAR/2 vice~1", "co-operation NEAR/5 the"),
    *("co-operation", "cooperation", "co", "operation", "vicechancellor", "vice", "chancellor", "coop*", "c*r", "in:all vice-c*"),
    *(
        "mini*",
        "fl*d",
        "r?port",
        "t*ing",
        "ministre~2",
        "brigde~2",
        "10*",
        "104.*",
        "125*",
        "u.s*",
        "ohar*",
        "cafe",
        "caf*",
        "zoe~1",
    ),
    *("U.S.", "1250", "o'hara", "dont", "pont", "ponts", "etat", "l'etat", "e*t", "ecole~1", "elec*"),
    *(
        "बाढ़",
        "बा*",
        "चुनव~1",
        "नदी NEAR/6 पुल",
        '"पुल बाढ़"~20',
        "东京",
        '"东京"',
        "the",
        "the of and to",
        "état-major",
        "etatmajor",
        "ma*",
    ),
]


def view_of(directory: Path, articles: Sequence[Article]) -> View:
    writer = SegmentWriter(directory, "MAIN_a", None)
    for article in articles:
        writer.add(article)
    writer.finish()
    return View(Segment(directory, "MAIN_a"), np.ones(len(articles), np.bool_))


def spiced(random: Random, article: Article) -> Article:
    """The article with words of all scripts among its own."""
    odd = [
        *(
            "co-operation",
            "Co-operation",
            "co-operations-wide",
            "vice-chancellor",
            "run-s",
            "état-major",
            "l’état-major",
            "d'l'eau-x",
        ),
        *(
            "2024-25",
            "06.02.2025",
            "东京的",
            "ｆｕｌｌ",
            "co\u00adop",
            "O’Hara’s",
            "U.S.-led",
            "x" * 140,
            "\n\n",
            "naïve-ly",
            "state‑run",
        ),
        *("minister’s", "A.B.-C", "a-b-c", "\ud800", "ﬁre", "Mr.", "…", "“tea”"),
    ]
    values = {}
    for name in TEXT_FIELDS:
        words = getattr(article, name).split(" ")
        for _ in range(random.choice([0, 1, 6])):
            words.insert(random.randint(0, len(words)), random.choice(odd))
        values[name] = " ".join(words)
    return replace(article, **values)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Article], View]:
    random = Random(SEED)
    articles = [invented.article(random, number) for number in range(400)]
    articles = [spiced(random, article) if number % 2 else article for number, article in enumerate(articles)]
    return articles, view_of(tmp_path_factory.mktemp("marks"), articles)


def check(query: str, articles: Sequence[Article], view: View, docs: Sequence[int]) -> int:
    """Number of marks, the same both ways."""
    leaves = tuple(wanted(parse(query, ("en", "fr", "hi")).tree))
    shown = [articles[doc] for doc in docs]
    found = marks.of(view, docs, shown, leaves)
    for article, of_article in zip(shown, found, strict=True):
        texts = {name: getattr(article, name) for name in TEXT_FIELDS}
        assert of_article == find_in_article(texts, article.language, leaves), (query, article)
    return sum(len(of_field.starts) for of_article in found for of_field in of_article.values())


@pytest.mark.parametrize("query", QUERIES)
def test_every_kind_of_leaf(world: tuple[list[Article], View], query: str) -> None:
    articles, view = world
    number = check(query, articles, view, range(len(articles)))
    assert (number > 0) == (query != "zzzz")


def test_random_questions(world: tuple[list[Article], View]) -> None:
    articles, view = world
    random = Random(SEED + 1)
    number = 0
    for _ in range(400):
        docs = random.sample(range(len(articles)), 10)
        number += check(invented.question(random)[0], articles, view, docs) > 0
    assert number > 200


LONG_QUERIES = [
    "bridge",
    "zebra",
    '"the zebra"',
    "zeb*",
    "zebr~1",
    "zebra NEAR/3 the",
    "co-operation zebra",
    "=zebra OR zebras",
    "the",
]


@pytest.fixture(scope="module")
def long_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Article], View]:
    """Long texts: whose only match is late, or at a cut; without spaces; with runs and gaps that take several bytes."""
    random = Random(SEED + 2)
    words = invented.text(random, "en", 12_000)
    late = f"{words} the zebra, co-operation and zebras. {words}"
    at_cut = f"{words[: STRETCH - 3]} zebra the zebra {words}"
    spaceless = "东京" * (STRETCH // 2) + " the zebra"
    gaps = f"zebra{' ' * 300}the {'-' * 20_000} zebra {'x' * 127} zebra {'—' * 140} the zebra" + f" {words}"
    runs = "ab" * STRETCH + " the zebra"
    bodies = [late, at_cut, spaceless, gaps, runs, words, f"{words}\n{late}"]
    made = [replace(invented.article(random, number), body=body, language="en") for number, body in enumerate(bodies)]
    return made, view_of(tmp_path_factory.mktemp("long"), made)


@pytest.mark.parametrize("query", LONG_QUERIES)
def test_long_texts(long_world: tuple[list[Article], View], query: str) -> None:
    articles, view = long_world
    assert check(query, articles, view, range(len(articles))) > 0


def test_an_article_of_100_000_words_is_quick(tmp_path: Path) -> None:
    random = Random(SEED + 3)
    body = f"{invented.text(random, 'en', 100_000)} zebra crossing"
    article = replace(invented.article(random, 1), body=body, language="en")
    view = view_of(tmp_path, [article])
    queries = ("zebra", "the bridge flood", '"zebra crossing"', "zeb*", "zebr~1", 'the NEAR/9 "the bridge"')
    asked = [tuple(wanted(parse(query, ("en",)).tree)) for query in queries]
    assert all(marks.of(view, [0], [article], leaves)[0]["body"].starts for leaves in asked)
    start = time.process_time()
    for leaves in asked:
        marks.of(view, [0], [article], leaves)
    assert time.process_time() - start < 2, "a tenth of it on a quiet machine"


def test_only_what_was_asked_for_is_looked_at(world: tuple[list[Article], View]) -> None:
    articles, view = world
    (found,) = marks.of(view, [3], [articles[3]], ())
    assert found == {}
    assert marks.of(view, [], [], tuple(wanted(parse("bridge", ()).tree))) == []


def test_what_would_be_read_differently_by_itself_is_odd() -> None:
    assert tokens.form_of("Bridge", "en") == "bridge"
    assert tokens.form_of("O’Hara’s", "en") == "ohara"
    for surface in ("l'eau", "two words", "", "-"):
        with pytest.raises(tokens.Odd):
            tokens.form_of(surface, "fr")
