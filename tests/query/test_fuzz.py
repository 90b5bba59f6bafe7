"""Whatever is typed: reading it never fails and is quick, says how it was read, and a search for it is answered or refused.

Quick: a few hundred strings. `make torture`: more than a hundred thousand, and those that coverage leads to (where atheris is
installed: pip install '.[fuzz]').
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from served import invent
from typed_queries import ANY, BENT, GRAMMATICAL, RAW

from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import BadRequest
from searchapp.query.language import parse
from searchapp.query.limits import MAX_CHARACTERS, MAX_LEAVES
from searchapp.query.tree import leaves
from searchapp.results import SearchRequest
from searchapp.searching import Searcher

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "hi", "fr")


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    engine = WhooshEngine(invent(tmp_path_factory.mktemp("fuzz") / "index", 60))
    yield Searcher(engine)
    engine.close()


def read(text: str) -> None:
    """All that is promised of reading a text."""
    parsed = parse(text, LANGUAGES)
    assert parsed == parse(text, LANGUAGES), "the same each time"
    assert isinstance(parsed.read_as, str)
    assert all(0 <= note.start <= note.end <= len(text) and note.message for note in parsed.notes)
    if len(text) > MAX_CHARACTERS:
        assert parsed.refused
    assert all(problem.parameter == "q" and problem.message for problem in parsed.refused)
    if not parsed.refused:
        assert sum(1 for _ in leaves(parsed.tree)) <= MAX_LEAVES


def ask(searcher: Searcher, text: str) -> None:
    """A search for it is answered, or refused with a reason."""
    try:
        page = searcher.search(SearchRequest(q=text, size=3))
    except BadRequest as error:
        refused = error.problems
    else:
        assert len(page.hits) <= page.total <= 60
        assert all(0 <= clause.total <= 60 for clause in page.clauses)
        return
    assert all(problem.message for problem in refused)


def tried(texts: st.SearchStrategy[str], examples: int, each: int, check: Callable[[str], None]) -> int:
    """The number of strings checked."""
    count = 0

    @seed(int(os.environ["TORTURE_SEED"]))
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(texts, min_size=each, max_size=each))
    def run(batch: list[str]) -> None:
        nonlocal count
        for text in batch:
            check(text)
        count += len(batch)

    run()
    return count


def test_anything_is_read_and_answered(searcher: Searcher) -> None:
    def both(text: str) -> None:
        read(text)
        ask(searcher, text)

    assert tried(ANY, examples=60, each=5, check=both) >= 300


@pytest.mark.torture
@pytest.mark.parametrize(
    ("name", "texts", "examples"),
    [("by the grammar", GRAMMATICAL, 1500), ("bent", BENT, 1500), ("raw", RAW, 5000)],
    ids=["grammar", "bent", "raw"],
)
def test_a_hundred_thousand_strings(
    searcher: Searcher, name: str, texts: st.SearchStrategy[str], examples: int, tally: Callable[[str, int, str], None]
) -> None:
    slowest, of = 0.0, ""

    def both(text: str) -> None:
        nonlocal slowest, of
        begun = time.thread_time()
        parse(text, LANGUAGES)
        took = time.thread_time() - begun
        if took > slowest:
            slowest, of = took, text
        read(text)
        ask(searcher, text)

    count = tried(texts, examples, each=10, check=both)
    print(f"{count} strings {name}; slowest to read: {slowest * 1000:.1f} ms, {of!r}")
    assert count >= 10 * examples
    tally("queries of any kind, read and searched for", count, f"{name}: none raised, read in {slowest * 1000:.0f} ms at most")


@pytest.mark.torture
def test_long_texts_are_read_in_time(tally: Callable[[str, int, str], None]) -> None:
    """As long as a query may be, of few different characters: what parsers get slow by."""
    draw, slowest = random.Random(int(os.environ["TORTURE_SEED"])), 0.0
    tokens = [
        '"',
        "(",
        ")",
        "*",
        "?",
        "~",
        "^",
        ":",
        "-",
        "a",
        "ab",
        " ",
        "OR ",
        "AND ",
        "NOT ",
        "NEAR/5 ",
        "title:",
        "date:",
        "[",
        "..",
        "é",
        "1",
    ]
    for _ in range(20_000):
        some = draw.sample(tokens, draw.randint(1, 5))
        text = "".join(draw.choices(some, k=512))[: draw.choice([512, 511, 300])]
        begun = time.thread_time()
        parse(text, LANGUAGES)
        slowest = max(slowest, time.thread_time() - begun)
    print(f"slowest {slowest * 1000:.1f} ms")
    assert slowest < 0.5
    tally(
        "queries of any kind, read and searched for", 20_000, f"as long as they may be: read in {slowest * 1000:.0f} ms at most"
    )


@pytest.mark.torture
def test_where_coverage_leads(tally: Callable[[str, int, str], None]) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed (pip install '.[fuzz]'): queries are not fuzzed by coverage")
    command = [sys.executable, str(ROOT / "tests/query/fuzz_by_coverage.py"), "-max_total_time=90", "-max_len=2100",
               "-timeout=10", f"-seed={os.environ['TORTURE_SEED']}"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    runs = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
    print(runs)
    tally("queries of any kind, read and searched for", int(runs[-1].split()[1]), "by coverage (atheris): none raised")
