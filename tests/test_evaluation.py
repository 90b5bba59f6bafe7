"""Measures against figures worked out by hand, the files of judgments, and `searchapp evaluate`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from searchapp.article import Article, Provenance
from searchapp.cli import main
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import QueryRefused
from searchapp.evaluation import MEASURES, JudgmentsError, evaluate, ndcg, read_qrels, read_queries, written
from searchapp.searching import Searcher

ARTICLES = {
    "a1": ("Bridge falls", "The bridge over the Umtru fell on Monday."),
    "a2": ("Rust on bridge", "Rust had been reported twice before the bridge fell, and bridge inspectors warned."),
    "a3": ("Tea wages", "Pluckers at the Rangmanik garden get more."),
    "a4": ("Ferry begins", "A ferry replaces the fallen bridge."),
    "odd id/5": ("Orchid show", "Orchids were shown in the town hall."),
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    engine = WhooshEngine(tmp_path_factory.mktemp("index"))
    with engine.begin_build(full=True) as build:
        for key, (title, body) in ARTICLES.items():
            article_id = "paper:odd-id-5-fafc318add" if " " in key else f"paper:{key}"
            provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0")
            build.add(Article(id=article_id, title=title, body=body, language="en", provenance=provenance))
        build.publish(journal=1)
    return Searcher(engine)


# Worked out by hand: grades 3 at ranks 2, 1 at rank 4, a 2 never found, a 0 at rank 1.
GAINS = {"a": 3, "b": 1, "c": 2, "d": 0, "e": -1}
RANKING = ["d", "a", "x", "b", "e"]
BY_HAND = {
    "nDCG@10": (3 / math.log2(3) + 1 / math.log2(5)) / (3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)),
    "MAP": (1 / 2 + 2 / 4 + 0) / 3,
    "MRR": 1 / 2,
    "P@10": 2 / 10,
    "recall@100": 2 / 3,
    "success@1": 0.0,
    "success@10": 1.0,
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_what_was_worked_out_by_hand(name: str) -> None:
    assert MEASURES[name](RANKING, GAINS) == pytest.approx(BY_HAND[name], abs=1e-12)


@pytest.mark.parametrize("name", MEASURES)
def test_bounds(name: str) -> None:
    """The best order gives 1 (but precision, of 3 relevant articles in 10 hits), nothing found gives 0."""
    assert MEASURES[name](["a", "c", "b"], GAINS) == pytest.approx(0.3 if name == "P@10" else 1)
    assert MEASURES[name](["x", "y"], GAINS) == MEASURES[name]([], GAINS) == 0
    assert MEASURES[name](["x"], {}) == 0


def test_depths_cut_where_they_say() -> None:
    late = ["x"] * 10 + ["a"]
    assert (MEASURES["nDCG@10"](late, {"a": 1}), MEASURES["success@10"](late, {"a": 1})) == (0, 0)
    assert MEASURES["success@10"](late[1:], {"a": 1}) == 1
    assert MEASURES["MRR"](late, {"a": 1}) == pytest.approx(1 / 11)
    assert MEASURES["recall@100"](["x"] * 100 + ["a"], {"a": 1}) == 0
    assert MEASURES["recall@100"](["x"] * 99 + ["a"], {"a": 1}) == 1
    many = {str(number): 1 for number in range(20)}
    assert ndcg([str(number) for number in range(10)], many) == pytest.approx(1)


def test_the_ranking_of_an_index_is_measured(searcher: Searcher) -> None:
    queries = {"1": "the bridge NOT rust", "2": "OR wages?", "3": "nobody judged this", "4": "orchids"}
    qrels = {"1": {"a2": 2, "paper:a4": 1, "a9": 1}, "2": {"a3": 1, "a1": 0}, "4": {"odd id/5": 1}, "3": {"a1": 0}}
    found = evaluate(searcher, queries, qrels)
    assert (found.queries, found.unjudged, found.judged, found.absent) == (3, 1, 5, 1)
    assert found.measures["success@1"] == 1
    assert found.measures["recall@100"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    strict = evaluate(searcher, queries, qrels, "all")
    assert strict.measures["recall@100"] == pytest.approx((1 / 3 + 1 + 1) / 3), "NOT is an operator again"


def test_words_are_joined_by_or_and_never_operators() -> None:
    assert written("N.Y. COCOA, NOT tea-leaves", "any") == '"N.Y" OR "COCOA" OR "NOT" OR "tea" OR "leaves"'
    assert written("N.Y. COCOA, NOT tea-leaves", "all") == "N.Y. COCOA, NOT tea-leaves"
    assert written(" … ", "any") == ""


def test_a_query_without_words_finds_nothing(searcher: Searcher) -> None:
    assert evaluate(searcher, {"1": "…", "2": "tea"}, {"1": {"a1": 1}, "2": {"a3": 1}}).measures["MRR"] == 0.5


def test_a_query_past_a_limit_is_named(searcher: Searcher) -> None:
    with pytest.raises(QueryRefused, match=r"query 7: .* characters"):
        evaluate(searcher, {"7": "bridge " * 100}, {"7": {"a1": 1}})


def test_judgments_of_another_archive_are_refused(searcher: Searcher) -> None:
    with pytest.raises(JudgmentsError, match="none of the relevant articles is in this index"):
        evaluate(searcher, {"1": "bridge"}, {"1": {"zz": 1}})
    with pytest.raises(JudgmentsError, match="no query has a relevant article"):
        evaluate(searcher, {"1": "bridge"}, {"1": {"a1": 0}})


# The files


def file(folder: Path, text: str) -> Path:
    path = folder / "file"
    path.write_text(text, encoding="utf-8")
    return path


def test_files_of_queries(tmp_path: Path) -> None:
    text = '\ufeff{"_id": "1", "text": "tea"}\r\n\n{"id": 2, "text": "\u0928\u0926\u0940\u2028", "metadata": {}}\n'
    assert read_queries(file(tmp_path, text)) == {"1": "tea", "2": "नदी\u2028"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"_id": "1", "text": "tea"}\nwages\n', "line 2: not a query"),
        ("[]\n", "line 1: not a query"),
        ('{"_id": "1"}', "line 1: not a query"),
        ('{"_id": null, "text": "tea"}', "line 1: _id and text must be text"),
        ('{"_id": "1", "text": ["tea"]}', "line 1: _id and text must be text"),
        ('{"_id": "1", "text": "tea"}\n\n{"_id": 1, "text": "wages"}', "line 3: there is a query 1 already"),
    ],
)
def test_what_is_wrong_with_queries_is_said_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(JudgmentsError, match=f"file, {told}"):
        read_queries(file(tmp_path, text))


@pytest.mark.parametrize("heading", ["", "query-id\tcorpus-id\tscore\n"])
def test_files_of_judgments(tmp_path: Path, heading: str) -> None:
    path = file(tmp_path, heading + "1\ta 1\t2\r\n1\ta2\t0\n\n2\t0\ta3\t1\n2 0 a4 -1\n")
    assert read_qrels(path, {"1": "", "2": ""}) == {"1": {"a 1": 2, "a2": 0}, "2": {"a3": 1, "a4": -1}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1\ta1\n", "line 1: 2 columns"),
        ("1\ta1\t1\n1\ta2\tyes\n", "line 2: the grade must be a whole number, not 'yes'"),
        ("1\ta1\t1\n3\ta2\t1\n", "line 2: there is no query '3'"),
        ("1\ta1\t1\n1\ta1\t2\n", "line 2: query '1' and article 'a1' have another grade above"),
    ],
)
def test_what_is_wrong_with_judgments_is_said_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(JudgmentsError, match=f"file, {told}"):
        read_qrels(file(tmp_path, text), {"1": ""})


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(JudgmentsError, match="No such file"):
        read_queries(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b'{"_id": "1", "text": "caf\xe9"}')
    with pytest.raises(JudgmentsError, match="not UTF-8"):
        read_queries(tmp_path / "latin")


# The command


def call(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [*arguments, "--index", str(folder / "index")], prog_name="searchapp")
    return done.exit_code, done.stdout, done.stderr


def test_the_command(tmp_path: Path) -> None:
    rows = [{"_id": key, "title": title, "text": body} for key, (title, body) in ARTICLES.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text('{"_id": "1", "text": "orchids"}\n{"_id": "2", "text": "tea"}', encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\todd id/5\t1\n2\ta1\t1\n2\ta9\t1\n", encoding="utf-8")
    assert call(tmp_path, "index", str(tmp_path / "corpus.jsonl"))[0] == 0
    files = ("--queries", str(tmp_path / "queries.jsonl"), "--qrels", str(tmp_path / "qrels.tsv"))
    code, out, err = call(tmp_path, "evaluate", *files)
    assert (code, err) == (0, "")
    assert "nDCG@10     0.5000" in out
    assert "1 of the relevant articles is not in the index" in out
    code, out, _ = call(tmp_path, "evaluate", *files, "--json", "--match", "all")
    shown = json.loads(out)
    assert (code, shown["measures"]["MAP"], shown["queries"], shown["absent"], shown["match"]) == (0, 0.5, 2, 1, "all")
    assert list(shown["measures"]) == list(MEASURES)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text("tea\n", encoding="utf-8")
    code, out, err = call(tmp_path, "evaluate", "--queries", str(tmp_path / "queries.jsonl"), "--qrels", "none")
    assert (code, out) == (1, "")
    assert "queries.jsonl, line 1: not a query" in err
