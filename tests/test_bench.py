"""The measurements: deterministic articles, queries of every kind, engines that agree, figures in the fixed shape."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.agree import agree
from bench.articles import generate, write
from bench.corpora import normalised
from bench.engines.base import FACETS, MODES, Answer, read
from bench.judging import matches
from bench.queries import KINDS, MEASURED, Query, choose, count
from bench.timing import Times, percentile
from searchapp.article import Article

ROOT = Path(__file__).parents[1]


def tantivy() -> Any:
    if find_spec("tantivy") is None:
        pytest.skip("needs tantivy: .venv/bin/python -m pip install '.[bench]'")
    from bench.engines.tantivy import Tantivy

    return Tantivy()


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(300, tmp_path_factory.mktemp("articles"))


@pytest.fixture(scope="module")
def chosen(articles: Path) -> tuple[list[Query], list[Query]]:
    return choose(count(lambda: read(articles), 300), share=0.4)


class TestArticles:
    def test_a_smaller_size_is_the_beginning_of_a_larger_one(self, articles: Path) -> None:
        assert list(generate(40)) == list(read(articles))[:40]

    def test_another_seed_gives_other_articles(self) -> None:
        assert next(generate(1, seed=1)) != next(generate(1, seed=2))

    def test_every_article_is_one_of_ours(self, articles: Path) -> None:
        for shown in read(articles):
            assert Article.from_stored(shown).to_json() == {name: value for name, value in shown.items() if value != []}

    def test_they_are_as_long_and_as_varied_as_news(self, articles: Path) -> None:
        words = [len(article["body"].split()) for article in read(articles)]
        assert 280 < sum(words) / len(words) < 380
        assert max(words) > 800
        assert len({article["section"] for article in read(articles)}) == 24

    def test_words_grow_without_end(self, articles: Path) -> None:
        seen: Counter[str] = Counter()
        sizes = []
        for number, article in enumerate(read(articles), start=1):
            seen.update(article["body"].lower().split())
            if number in (75, 150, 300):
                sizes.append(len(seen))
        assert sizes[1] > 1.3 * sizes[0]
        assert sizes[2] > 1.3 * sizes[1]

    def test_collections_of_others_are_read_under_their_own_names(self, tmp_path: Path) -> None:
        source = tmp_path / "old.jsonl"
        record = {"_id": 7, "headline": "Rain", "text": "It rained.", "date": "1987-02-26T15:01:01", "topics": ["wet"]}
        source.write_text(json.dumps(record) + "\n" + json.dumps(record) + "\n", encoding="utf-8")
        (article,) = read(normalised(source, tmp_path / "."))
        assert (article["id"], article["title"], article["body"]) == ("7", "Rain", "It rained.")
        assert (article["published"], article["tags"], article["language"]) == ("1987-02-26", ["wet"], "en")
        Article.from_stored(article)


class TestQueries:
    def test_of_each_kind_there_are_some_and_all_are_distinct(self, chosen: tuple[list[Query], list[Query]]) -> None:
        measured, warming = chosen
        assert {query.kind for query in measured} == set(KINDS)
        assert len(set(measured) | set(warming)) == len(measured) + len(warming)

    def test_a_full_set_is_more_than_three_hundred(self) -> None:
        assert sum(MEASURED.values()) >= 300

    def test_they_are_the_same_each_time(self, articles: Path, chosen: tuple[list[Query], list[Query]]) -> None:
        assert choose(count(lambda: read(articles), 300), share=0.4) == chosen

    def test_as_a_reader_types_them(self) -> None:
        assert Query("or", "or", ("rain", "wind")).text == "rain OR wind"
        assert Query("and", "and", ("rain", "wind")).text == "rain wind"
        assert Query("phrase", "phrase", ("heavy", "rain")).text == '"heavy rain"'
        assert Query("prefix", "prefix", ("rai",)).text == "rai*"


class TestFigures:
    def test_a_querys_time_is_the_median_of_its_passes(self) -> None:
        queries = [Query("rare", "term", ("a",)), Query("or", "or", ("a", "b"))]
        times = Times(queries)
        for one_pass in ([1.0, 5.0], [3.0, 7.0], [2.0, 90.0]):
            times.add((one_pass, [milliseconds / 2 for milliseconds in one_pass]))
        assert times.typical() == [2.0, 7.0]
        assert times.summary()["by_kind"] == {"rare": 2.0, "or": 7.0}
        assert times.summary()["mean_ms"] == 4.5
        assert times.summary()["cpu_mean_ms"] == 2.25

    def test_the_percentile_is_one_of_the_values(self) -> None:
        assert percentile([float(value) for value in range(100)], 0.95) == 95.0


class Stub:
    """An engine elsewhere that finds given articles, and says which it should find."""

    modes = MODES

    def __init__(self, name: str, found: set[str], right: set[str]) -> None:
        self.name, self.found, self.right = name, found, right

    def able(self, queries: list[Query]) -> list[Query]:
        return queries

    def answers(self, mode: str, queries: list[Query]) -> list[Answer]:  # noqa: ARG002
        return [Answer(total=len(self.found), facets={"section": {"City": len(self.found)}}) for _ in queries]

    def ids(self, query: Query) -> set[str]:  # noqa: ARG002
        return self.found

    def should_match(self, pairs: list[tuple[Query, dict[str, Any]]]) -> list[bool]:
        return [article["id"] in self.right for _, article in pairs]


@pytest.mark.parametrize(
    ("found", "right", "ok"),
    [
        ({"a", "b"}, {"a", "b"}, True),
        ({"a"}, {"a"}, True),
        ({"a"}, {"a", "b"}, False),
        ({"a", "b", "c", "d"}, {"a", "b", "c"}, False),
    ],
    ids=["the same", "another analyser", "misses one", "finds too much"],
)
def test_only_what_analysers_explain_is_agreement(tmp_path: Path, found: set[str], right: set[str], ok: bool) -> None:
    articles = tmp_path / "articles.jsonl"
    articles.write_text('{"id": "a"}\n{"id": "b"}\n{"id": "c"}\n{"id": "d"}\n', encoding="utf-8")
    ours, theirs = Stub("ours", {"a", "b", "c"}, {"a", "b", "c"}), Stub("theirs", found, right)
    (agreement,) = agree(ours, [theirs], [Query("rare", "term", ("rain",))], articles)  # type: ignore[arg-type, list-item]
    assert agreement.ok is ok
    assert agreement.as_json()["equal"] == 0


def test_an_engine_and_plain_reading_agree(articles: Path, chosen: tuple[list[Query], list[Query]], tmp_path: Path) -> None:
    peer = tantivy()
    peer.build(articles, tmp_path)
    peer.open(tmp_path)
    everything = list(read(articles))
    for query in chosen[0][::5]:
        found = peer.ask(query, "page")
        assert found.total == len(peer.ids(query)) == sum(matches(peer, query, article) for article in everything), query
        assert len(found.shown) == len(found.hits) == min(10, found.total)
        assert set(found.facets) == set(FACETS)


@pytest.mark.slow
def test_the_command_compares_and_writes_the_fixed_shape(tmp_path: Path) -> None:
    tantivy()
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "bench", "--size", "300", "--share", "0.1", "--passes", "1", "--peers", "tantivy"]
    done = subprocess.run([*command, "--json", str(out)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["articles"] == 300
    for name in ("searchapp", "tantivy"):
        engine = result["engines"][name]
        assert {"seconds", "articles_per_s", "bytes", "peak_mb"} <= set(engine["index"])
        assert engine["open_ms"] > 0
        for mode in MODES:
            assert {"mean_ms", "p50_ms", "p95_ms", "by_kind"} <= set(engine[mode])
            assert set(engine[mode]["by_kind"]) == set(KINDS)
    assert result["ratios"]["tantivy"]["page"]["mean_ms"] > 0
    assert all(not found["unexplained"] for found in result["agreement"].values())
    assert "| tantivy |" in done.stdout
