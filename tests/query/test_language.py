"""Parsing: golden cases, limits on both sides, and totality on text of every kind."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from searchapp.analysis import readings
from searchapp.article import Span
from searchapp.query import limits
from searchapp.query.language import ParsedQuery, parse
from searchapp.query.scanner import Lexeme
from searchapp.query.scope import ANYWHERE
from searchapp.query.tree import And, Days, Everything, Near, Node, Not, Nothing, Or, Phrase, Prefix, Term, leaves
from searchapp.query.words import WordReader

GOLDEN = sorted((Path(__file__).parents[1] / "golden_queries").glob("*.yml"))
CASES = [(file.stem, case) for file in GOLDEN for case in yaml.safe_load(file.read_text(encoding="utf-8"))]
BOTH = ("title", "body")


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{name}: {case['query']}" for name, case in CASES])
def test_golden(case: dict[str, Any]) -> None:
    parsed = parse(case["query"], case.get("languages", ["en"]))
    assert parsed.refused == ()
    assert parsed.read_as == case["read_as"]
    assert [note.message for note in parsed.notes] == case.get("notes", [])
    if "clauses" in case:
        assert [text for text, _ in parsed.clauses] == case["clauses"]


def test_leaves_know_their_fields_form_weight_and_place() -> None:
    parsed = parse('=Runs^2 place:"New Delhi" pri*', ("en",))
    assert parsed.tree == And(
        (
            Term("runs", BOTH, exact=True, boost=2.0, span=Span(0, 7)),
            Phrase(("new", "delhi"), ("place",), exact=True, span=Span(14, 25)),
            Prefix("pri", BOTH, span=Span(26, 30)),
        )
    )
    assert [node for _, node in parsed.clauses] == list(parsed.tree.children)


def test_near_takes_the_weights_and_the_common_fields() -> None:
    tree = parse("title:a^2 NEAR/3 b^3").tree
    assert tree == Near(Term("a", ("title",), span=Span(6, 9)), Term("b", ("title",), span=Span(17, 20)), 3, 6.0, Span(6, 20))


def test_days() -> None:
    assert parse("date:2024-02").tree == Days(date(2024, 2, 1), date(2024, 2, 29), Span(5, 12))
    assert parse("date:>2024-02").tree == Days(date(2024, 3, 1), None, Span(5, 13))
    assert parse("date:<2024").tree == Days(None, date(2023, 12, 31), Span(5, 10))
    assert parse("year:2021..2023").tree == Days(date(2021, 1, 1), date(2023, 12, 31), Span(5, 15))


def test_the_simplest_tree() -> None:
    assert parse("NOT NOT x").tree == parse("NOT NOT x").tree
    assert isinstance(parse("NOT NOT x").tree, Term)
    assert isinstance(parse("((x))").tree, Term)
    nested = parse("(a b) (c (d e))").tree
    assert isinstance(nested, And)
    assert [leaf.form for leaf in leaves(nested) if isinstance(leaf, Term)] == ["b", "c", "d", "e"]
    either = parse("x OR (y OR z)").tree
    assert isinstance(either, Or)
    assert len(either.children) == 3


# limits, both sides


def refused(text: str) -> bool:
    return bool(parse(text).refused)


def test_characters() -> None:
    assert not refused("x" * limits.MAX_CHARACTERS)
    assert refused("x" * (limits.MAX_CHARACTERS + 1))
    parsed = parse("x " * 5_000_000)
    assert parsed.refused[0].parameter == "q"
    assert "10,000,000" in parsed.refused[0].message
    assert str(limits.MAX_CHARACTERS) in parsed.refused[0].message
    assert parsed.tree == Nothing()
    assert parsed.clauses == ()


def test_leaves() -> None:
    assert not refused(" ".join(f"w{n}" for n in range(limits.MAX_LEAVES)))
    assert refused(" ".join(f"w{n}" for n in range(limits.MAX_LEAVES + 1)))
    assert refused("a-b " * (limits.MAX_LEAVES // 2 + 1)), "a hyphenated word counts twice"


def test_depth() -> None:
    deep = limits.MAX_DEPTH
    assert not refused("(" * deep + "x" + ")" * deep)
    assert refused("(" * (deep + 1) + "x" + ")" * (deep + 1))
    assert not refused("(x) " * 60)


@pytest.mark.parametrize(
    ("inside", "outside", "kept"),
    [
        (f'"a b"~{limits.MAX_SLOP}', f'"a b"~{limits.MAX_SLOP + 1}', f'title or body: "a b"~{limits.MAX_SLOP}'),
        (f"a NEAR/{limits.MAX_SLOP} b", f"a NEAR/{limits.MAX_SLOP + 1} b", f"title or body: a NEAR/{limits.MAX_SLOP} b"),
        (f"word~{limits.MAX_FUZZY}", f"word~{limits.MAX_FUZZY + 1}", f"title or body: word~{limits.MAX_FUZZY}"),
        ("x^10", "x^10.1", "title or body: x^10"),
        ("x^0.1", "x^0.05", "title or body: x^0.1"),
    ],
)
def test_numbers(inside: str, outside: str, kept: str) -> None:
    assert (parse(inside).read_as, parse(inside).notes) == (kept, ())
    assert parse(outside).read_as == kept
    assert len(parse(outside).notes) == 1


def test_prefixes() -> None:
    assert isinstance(parse("x" * limits.MIN_PREFIX + "*").tree, Prefix)
    assert parse("x" * limits.MIN_PREFIX + "*").notes == ()
    short = parse("x" * (limits.MIN_PREFIX - 1) + "*")
    assert isinstance(short.tree, Term)
    assert len(short.notes) == 1


# totality

DEATH = [
    "*",
    "body:*",
    "?*",
    "*a*",
    "a* b* c* d* e*",
    " OR ".join(f"{c}*" for c in "abcdefghijklmnopqrstuvwxyz"),
    "????????",
    "[a TO zz]",
    " OR ".join(["w"] * 1000),
    " ".join(["w"] * 1000),
    "NOT w " * 2000,
    "(" * 5000,
    "(" * 512,
    '"' * 20_000,
    '"' * 512,
    "a:" * 10_000,
    "a:" * 256,
    "a^" * 256,
    "[" * 512,
    "[" * 20_000,
    "[a TO " * 73,
    "[a TO " * 4000,
    "x" * 100_000,
    "x" * 512,
    '"' + "a " * 40 + '"',
    '"a b"~1000000',
    "date:[" + "1" * 500,
    "date:[" + "1" * 500 + "]",
    "date:[19 TO 99999]",
    "date:[ to ]",
    "^1e308 ^-1 ^nan",
    "x^1e308 x^-1 x^nan x^inf",
    "a\0b\u202ec",
    "a" + "\u0301" * 511,
    "a~2",
    "a~9",
    "a~" * 256,
    "w~9 " * 20,
    "(.*)*(.*)*x",
    "([a-z]*)*Q",
    "NOT OR foobar",
    "NOT " * 128,
    "-" * 512,
    "- " * 256,
    "a NEAR " * 73,
    "(a OR b) NEAR " * 36,
    "date:" * 102,
    "in:" * 170,
    "in:title " * 56,
    "İ" * 512,
    "\u2028",
    "\ud800" * 512,
    "title:(" * 60,
    '"a" ' * 128,
    "*a" * 256,
    "?a" * 256,
    "a?" * 256,
    "東" * 512,
    "a-" * 256,
    "'a" * 256,
    "1,1" * 170,
    "👍🏽" * 256,
    " " * 512,
    "=" * 512,
    "+" * 512,
    "a=b" * 100,
    "()" * 256,
    "a OR " * 100,
    "AND " * 128,
    "~^~^" * 128,
    '"~' * 256,
    ")" * 512,
    "(a) OR " * 70,
    "x^2^3",
    "in:in:in:",
    "title:date:x",
    "-" + "(-" * 8 + "x",
]


@pytest.mark.parametrize("text", DEATH, ids=lambda text: ascii(text[:20]))
def test_queries_of_death(text: str) -> None:
    parse("warm", ("en", "fr"))
    start = time.process_time()
    check(text)
    assert time.process_time() - start < 0.25


PIECES = [
    "bridge",
    "the",
    "U.S.",
    "vice-president",
    "l’état",
    "राजनाथ",
    "東京",
    "=",
    '"',
    "(",
    ")",
    "-",
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "NEAR/3",
    "NEAR/x",
    "title:",
    "place:",
    "date:",
    "year:",
    "language:",
    "in:",
    "in:title",
    "in:all",
    "foo:",
    "*",
    "?",
    "pri*",
    "te?t",
    "fuz~",
    "~2",
    "^2",
    "^",
    "~",
    "2025-02",
    "2025-02..2025-03",
    "..",
    ">=2024",
    "[2024 TO 2025]",
    "[",
    "]",
    "“",
    "”",
    "–",
    "—",
    "\u3000",
    "\x00",
    "\ud800",
    "：",
    "（",
    " ",
    " ",
    " ",
]


def check(text: str, languages: tuple[str, ...] = ("en", "fr")) -> ParsedQuery:
    """What holds for every query."""
    parsed = parse(text, languages)
    if len(text) <= limits.MAX_CHARACTERS:
        assert len(parsed.text) == len(text)
        parsed.text.encode()
        parsed.read_as.encode()
    if parsed.refused:
        assert parsed.tree == Nothing()
        assert all(problem.parameter == "q" for problem in parsed.refused)
        return parsed
    assert sum(1 for _ in leaves(parsed.tree)) <= limits.MAX_LEAVES
    for note in parsed.notes:
        assert 0 <= note.start <= note.end <= len(text), note
        assert note.message.encode()
    assert list(parsed.notes) == sorted(parsed.notes, key=lambda note: (note.start, note.end))
    for leaf in leaves(parsed.tree):
        assert leaf.span is not None
        assert leaf.span.end <= len(text)
        assert leaf.span.start < leaf.span.end
    simplest(parsed.tree)
    assert bool(parsed.clauses) == (not isinstance(parsed.tree, Everything))
    for clause, _ in parsed.clauses:
        assert clause in parsed.text
    assert "\n" not in parsed.read_as
    if isinstance(parsed.tree, Nothing):
        assert parsed.notes
    return parsed


def simplest(node: Node) -> None:
    match node:
        case And(children):
            assert len(children) > 1
            assert not any(isinstance(child, And | Everything | Nothing) for child in children)
        case Or(children):
            assert len(children) > 1
            assert not any(isinstance(child, Or | Everything | Nothing) for child in children)
        case Not(child):
            assert not isinstance(child, Not)
    for child in getattr(node, "children", ()) or ([node.child] if isinstance(node, Not) else []):
        simplest(child)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C", "Cs"]), max_size=120))
@settings(deadline=None, max_examples=300)
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(deadline=None, max_examples=600)
def test_any_sequence_of_pieces(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
@settings(deadline=None, max_examples=300)
def test_any_sequence_of_words(text: str) -> None:
    check(text, ())


@given(st.text(alphabet='()"ab -*', max_size=40))
@settings(deadline=None, max_examples=300)
def test_quotes_and_parentheses(text: str) -> None:
    check(text)


def test_the_kin_of_the_signs_are_read_like_them() -> None:
    assert parse("“new delhi”  –x （a：b）").read_as == parse('"new delhi" -x (a:b)').read_as
    assert parse("ｔｉｔｌｅ：x").read_as == "title: x"


@given(
    st.from_regex(r"[A-Za-z]{1,60}", fullmatch=True), st.lists(st.sampled_from(["en", "fr", "it", "ca", "hi", "de"]), max_size=3)
)
def test_words_of_plain_letters_are_read_as_the_analysis_reads_them(word: str, languages: list[str]) -> None:
    ((form,),) = readings(word, languages)
    read = WordReader(languages).read(Lexeme("WORD", word, 0, len(word)), ANYWHERE, word)
    assert read == Term(form, BOTH, span=Span(0, len(word)))
