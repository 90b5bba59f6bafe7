"""The sample archive holds what its README promises, and answers the ten questions written down for it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from searchapp.article import Article
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.indexing import run_index
from searchapp.results import SearchRequest
from searchapp.searching import Searcher
from searchapp.settings import Settings

CORPUS = Path(__file__).parents[1] / "corpus"
QUESTIONS = yaml.safe_load((CORPUS / "questions.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    settings = Settings.make(index=tmp_path_factory.mktemp("sample") / "index", corpus=CORPUS / "corpus.yml")
    engine = WhooshEngine(settings.index)
    report = run_index(settings, engine)
    assert report.rejects == []
    assert report.duplicates == 0
    return Searcher(engine)


@pytest.fixture(scope="module")
def articles(searcher: Searcher) -> list[Article]:
    return list(searcher.stream(SearchRequest()))


def test_it_is_large_and_varied_enough(articles: list[Article]) -> None:
    assert len(articles) >= 150
    lengths = [len(article.body.split()) for article in articles if article.body]
    assert min(lengths) >= 75
    assert max(lengths) <= 620
    assert len({article.source for article in articles}) == 3
    assert len({article.year for article in articles}) >= 4
    assert {article.provenance.format for article in articles} >= {"text", "html", "feed", "jsonl", "csv"}
    assert sum(article.published is None for article in articles) >= 4
    assert sum(not article.byline for article in articles) >= 10
    assert sum(len(article.places) == 2 for article in articles) >= 3
    assert {credit for article in articles for credit in article.agency} >= {"NWS", "PNA", "TOP"}


def test_nearly_every_sentence_occurs_once(articles: list[Article]) -> None:
    sentences = Counter(
        sentence for article in articles for sentence in re.split(r"(?<=[.!?।”])\s+", article.body) if len(sentence) > 25
    )
    once = sum(count == 1 for count in sentences.values())
    assert once / len(sentences) >= 0.95


def test_wire_stories_run_under_different_headlines(articles: list[Article]) -> None:
    printed: dict[str, list[Article]] = {}
    for article in articles:
        if article.agency and article.language == "en":
            for sentence in re.split(r"(?<=[.!?”])\s+", article.body):
                if len(sentence) > 40:
                    printed.setdefault(sentence, []).append(article)
    shared = {frozenset(a.id for a in copies) for copies in printed.values() if len(copies) > 1}
    assert len(shared) >= 8
    for copies in printed.values():
        assert len({a.title for a in copies}) == len(copies)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["query"])
def test_the_questions_are_answered_on_the_first_page(searcher: Searcher, question: dict[str, str]) -> None:
    page = searcher.search(SearchRequest(q=question["query"]))
    titles = [hit.title.text for hit in page.hits]
    assert question["title"] in titles[:3], f"{question['ask']}: read as {page.read_as}, found {titles}"


def test_ten_questions_are_written_down() -> None:
    assert len(QUESTIONS) == 10


def test_no_neighbouring_headline_makes_a_hit(searcher: Searcher, articles: list[Article]) -> None:
    """Each text save ends with headlines of other articles: searching one must not find the page it merely stands on."""
    titles = {article.title for article in articles}
    checked = 0
    for article in articles:
        if article.provenance.format != "text":
            continue
        neighbours = [line for line in article.furniture.splitlines() if line in titles and line != article.title]
        for line in neighbours[:1]:
            words = " ".join(re.findall(r"\w+", line)) if line.isascii() else line.replace('"', "")
            found = searcher.search(SearchRequest(q=f'"{words}"', size=100))
            assert article.id not in [hit.article.id for hit in found.hits]
            checked += 1
    assert checked >= 20
