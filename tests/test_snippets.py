"""Highlights and passages: by hand, and against a plain reading of every shown text."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import plain_passages
import pytest
from hard_strings import POOLS
from hypothesis import given, settings
from hypothesis import strategies as st

from searchapp import passages as kernels
from searchapp.analysis import chain, stem, tokens
from searchapp.article import Article, Provenance, Span
from searchapp.passages import BEGINNINGS, LONGEST, PASSAGES, REACH, SHORTEST
from searchapp.query.language import parse
from searchapp.query.marks import ArticleMarks, Marks, PageMarks, find, find_in_article
from searchapp.query.matching import fuzzy_matches, wildcard_matches
from searchapp.query.tree import Everything, Fuzzy, Near, Node, Phrase, Positional, Prefix, Term, Wildcard, wanted
from searchapp.results import Snippet
from searchapp.snippets import highlight, highlight_page, mark

FROM = Provenance("a.jsonl", "jsonl", "0" * 64)


def article(body: str = "", **changes: Any) -> Article:
    values: dict[str, Any] = {"id": "1", "title": "Headline", "body": body, "provenance": FROM, "language": "en"}
    return Article(**values | changes)


def shown(snippet: Snippet) -> str:
    """The snippet with its ranges in brackets."""
    text = snippet.text
    for span in reversed(snippet.ranges):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]{text[span.end :]}"
    return text


def marked(query: str, text: str, field: str = "body", language: str | None = "en") -> str:
    return shown(Snippet(text, mark(text, field, language, parse(query, ("en", "fr")).tree)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("minister", "The [Minister]’s [ministers], the U.S. vice-president and St. [Minister]-in-waiting ran"),
        ("=ministers", "The Minister’s [ministers], the U.S. vice-president and St. Minister-in-waiting ran"),
        ("minist*", "The [Minister]’s [ministers], the U.S. vice-president and St. [Minister]-in-waiting ran"),
        ("min?sters", "The Minister’s [ministers], the U.S. vice-president and St. Minister-in-waiting ran"),
        ("ministre~1", "The [Minister]’s ministers, the U.S. vice-president and St. [Minister]-in-waiting ran"),
        ('"the minister"', "[The Minister]’s ministers, the U.S. vice-president and St. Minister-in-waiting ran"),
        ('"the ministers the us"~0', "The Minister’s ministers, the U.S. vice-president and St. Minister-in-waiting ran"),
        ('"the ministers the us"~1', "[The Minister]’s ministers, [the U.S]. vice-president and St. Minister-in-waiting ran"),
        ("vice-president", "The Minister’s ministers, the U.S. [vice-president] and St. Minister-in-waiting ran"),
        ("U.S. OR ran", "The Minister’s ministers, the [U.S]. vice-president and St. Minister-in-waiting [ran]"),
        ("ran NEAR/1 waiting", "The Minister’s ministers, the U.S. vice-president and St. Minister-in-[waiting] [ran]"),
        ("ran NEAR/3 minister", "The Minister’s ministers, the U.S. vice-president and St. [Minister]-in-waiting [ran]"),
        (
            '"u.s. vice president" NEAR/3 minister',
            "The [Minister]’s [ministers], the [U.S. vice-president] and St. [Minister]-in-waiting ran",
        ),
        ("ran NEAR/2 minister", "The Minister’s ministers, the U.S. vice-president and St. Minister-in-waiting ran"),
        ("ran -minister", "The Minister’s ministers, the U.S. vice-president and St. Minister-in-waiting [ran]"),
        ("title:ran place:ran in:furniture", "The Minister’s ministers, the U.S. vice-president and St. Minister-in-waiting ran"),
        ("*", "The Minister’s ministers, the U.S. vice-president and St. Minister-in-waiting ran"),
    ],
)
def test_what_is_marked(query: str, expected: str) -> None:
    # the possessive ending belongs to the token
    expected = expected.replace("[Minister]’s", "[Minister’s]").replace("[The Minister]’s", "[The Minister’s]")
    assert marked(query, expected.replace("[", "").replace("]", "")) == expected


def test_forms_of_other_languages_and_names() -> None:
    assert marked("état", "l’État, l'etat", language="fr") == "l’[État], l'[etat]"
    assert marked("état", "l’État, etat", language="en") == "l’État, [etat]"
    assert marked("सिंह", "राजनाथ सिंह", language="hi") == "राजनाथ [सिंह]"
    assert marked("東京", "在東京的", language="ja") == "在[東京]的"
    assert marked("ministers", "minister", language="hi") == "minister"
    assert marked("place:delhi", "New Delhi", field="place") == "New [Delhi]"
    assert marked("byline:run", "Runs Run", field="byline") == "Runs [Run]"
    assert marked("delhi", "New Delhi", field="place") == "New Delhi"


def sentences(*words: str, filler: int = 12) -> str:
    return " ".join(f"Here {word} is said " + "and more " * filler + "then over." for word in words)


def test_the_best_passage_comes_first() -> None:
    body = sentences("flood", "flood", "x", "y", "z") + " " + sentences("flood relief", "x", "x", "x") + " Flood flood flood."
    _, snippets = highlight(article(body), parse("flood relief").tree)
    assert "[flood] [relief]" in shown(snippets[0])
    assert shown(snippets[1]).count("[") >= shown(snippets[2]).count("[")
    assert len(snippets) == PASSAGES


def test_passages_have_a_readable_length_and_do_not_overlap() -> None:
    body = sentences(*["flood"] * 20)
    _, snippets = highlight(article(body), parse("flood").tree)
    assert len(snippets) == PASSAGES
    places = sorted((body.index(s.text) if body.count(s.text) == 1 else -1, len(s.text)) for s in snippets)
    assert all(len(s.text) <= LONGEST for s in snippets)
    assert all(len(s.text) >= SHORTEST / 2 for s in snippets)
    assert places


def test_a_passage_is_cut_between_words() -> None:
    body = "word " * 100 + "flood " + "word " * 100
    _, snippets = highlight(article(body), parse("flood").tree)
    assert len(snippets) == 1
    assert set(snippets[0].text.split()) == {"word", "flood"}
    assert SHORTEST <= len(snippets[0].text) <= LONGEST


def test_without_a_match_the_lead() -> None:
    body = "\n" + sentences("one", "two", "three", "four")
    title, snippets = highlight(article(body, title="Flood in town"), parse("flood").tree)
    assert shown(title) == "[Flood] in town"
    assert len(snippets) == 1
    assert snippets[0].text.startswith("Here one is said")
    assert snippets[0].ranges == ()
    assert len(snippets[0].text) <= LONGEST


def test_nothing_to_show() -> None:
    assert highlight(article("", title="Flood"), parse("x").tree) == (Snippet("Flood", ()), ())


def test_furniture_is_shown_when_it_matched_and_only_then() -> None:
    item = article("The body says weekly.", furniture="Tabloid weekly")
    assert [shown(s) for s in highlight(item, parse("weekly").tree)[1]] == ["The body says [weekly]."]
    assert [shown(s) for s in highlight(item, parse("in:furniture weekly").tree)[1]] == ["Tabloid [weekly]"]
    assert [shown(s) for s in highlight(item, parse("in:all weekly").tree)[1]] == ["The body says [weekly].", "Tabloid [weekly]"]


def test_paragraphs_become_one_line_and_ranges_still_fit() -> None:
    _, snippets = highlight(article("First.\n\nThe flood\u2028came."), parse("flood came").tree)
    assert shown(snippets[0]) == "First.  The [flood] [came]."


# against a plain reading


def agrees(leaf: Term | Phrase, form: str, token: str, language: str | None) -> bool:
    return form == token or (not leaf.exact and stem(form, chain(language)) == stem(token, chain(language)))


def plain(leaf: Positional, forms: list[str], language: str | None) -> set[frozenset[int]]:
    """Every occurrence of a leaf, by trying each token."""
    if isinstance(leaf, Phrase):
        found = set()
        for first in range(len(forms)):
            at, chosen = first - 1, []
            for wanted_form in leaf.forms:
                at = next((n for n in range(at + 1, len(forms)) if agrees(leaf, wanted_form, forms[n], language)), -1)
                if at < 0 or (not chosen and at != first):
                    break
                chosen.append(at)
            if len(chosen) == len(leaf.forms) and chosen[-1] - first - (len(chosen) - 1) <= leaf.slop:
                found.add(frozenset(chosen))
        return found
    matches = {
        Term: lambda form: agrees(leaf, leaf.form, form, language),
        Prefix: lambda form: form.startswith(leaf.prefix),
        Wildcard: lambda form: wildcard_matches(leaf.pattern, form),
        Fuzzy: lambda form: fuzzy_matches(leaf.form, form, leaf.distance),
    }[type(leaf)]
    return {frozenset({number}) for number, form in enumerate(forms) if matches(form)}


def brute(tree: Node, text: str, field: str, language: str | None) -> set[int]:
    """Numbers of all tokens that should be marked."""
    forms = [token.form for token in tokens(text, language)]
    found: set[int] = set()
    for leaf in wanted(tree):
        if isinstance(leaf, Near):
            if field in leaf.left.fields:
                lefts, rights = plain(leaf.left, forms, language), plain(leaf.right, forms, language)
                for one in lefts:
                    for other in rights:
                        apart = max(min(other) - max(one), min(one) - max(other))
                        if 0 < apart <= leaf.distance:
                            found |= one | other
        elif isinstance(leaf, Positional) and field in leaf.fields:
            found |= {number for occurrence in plain(leaf, forms, language) for number in occurrence}
    return found


WORDS = [
    "flood",
    "Floods",
    "relief",
    "the",
    "U.S.",
    "ran",
    "running",
    "run’s",
    "vice-president",
    "l’état",
    "bridge.\n\n",
    "फ्लड",
    "東京",
    "fload.",
]
QUERIES = [
    "flood",
    "=floods",
    "flood relief",
    '"the flood"',
    '"the flood"~2',
    "flo*",
    "fl?od",
    "flood~1",
    "flood NEAR/2 relief",
    "état",
    '"flood relief" NEAR/3 "the run"~1',
    "run OR (the -flood)",
    "vice-president bridge",
    "東京",
    "in:all run",
    '"the the flood"~3',
    "the NEAR/1 the",
    "ru* NEAR/2 flood~1",
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join),
    st.sampled_from(QUERIES),
    st.sampled_from(["en", "fr", "hi", None]),
)
@settings(deadline=None, max_examples=300)
def test_marks_are_those_of_a_plain_reading(text: str, query: str, language: str | None) -> None:
    tree = parse(query, ("en", "fr")).tree
    expected = brute(tree, text, "body", language)
    spans = mark(text, "body", language, tree)
    for token in tokens(text, language):
        inside = any(span.start <= token.start and token.end <= span.end for span in spans)
        assert inside == (token.position in expected), token
    if text:
        _, snippets = highlight(article(text, language=language), tree)
        assert len(snippets) <= PASSAGES
        for snippet in snippets:
            assert len(snippet.text) <= LONGEST
            flat = text.replace("\n", " ")
            places = [at for at in range(len(flat)) if flat.startswith(snippet.text, at)]
            assert any(_same(snippet, at, text, spans) for at in places), snippet
        assert bool(expected) == any(snippet.ranges for snippet in snippets)


def _same(snippet: Snippet, at: int, text: str, spans: Any) -> bool:
    """Whether the snippet's ranges are the whole text's, cut to what is shown."""
    end = at + len(snippet.text)
    there = {place for span in spans for place in range(span.start, span.end) if at <= place < end}
    here = {at + place for span in snippet.ranges for place in range(span.start, span.end)}
    return here <= there and all(not text[place].isalnum() or _cut(text, place, at, end) for place in there - here)


def _cut(text: str, place: int, start: int, end: int) -> bool:
    """Whether the token at ``place`` reaches over an end of what is shown."""
    return any(
        token.start <= place < token.end and (token.start < start or token.end > end)
        for language in ("en", "fr")
        for token in tokens(text, language)
    )


def test_long_texts_take_time_in_proportion() -> None:
    tree = parse('flood "the flood" flo* flood~1 the NEAR/50 flood "the the the the flood"~50', ()).tree
    text = "the flood and the floods. " * 8000
    highlight(article(text[:1000]), tree)
    start = time.process_time()
    highlight(article(text), tree)
    assert time.process_time() - start < 6


def test_a_page_of_hits_is_quick() -> None:
    body = " ".join(f"word{n % 150} of the bridge inquiry." for n in range(80))
    tree = parse("bridge inquiry").tree
    item = article(body)
    highlight(item, tree)
    start = time.process_time()
    for _ in range(10):
        highlight(item, tree)
    assert time.process_time() - start < 0.1, "400 words in at most 10 ms each, on a slow and busy machine"


def test_choosing_passages_costs_a_fraction_of_reading() -> None:
    body = " ".join(f"Item{n} of the {'bridge' if n % 60 == 7 else 'lake'} was read, and nobody said more." for n in range(400))
    tree, item = parse("bridge").tree, article(body)
    found = find_in_article({"body": body}, "en", tuple(wanted(tree)))
    best = []
    for marks in (found, None):
        times = []
        for _ in range(20):
            start = time.process_time()
            highlight(item, tree, marks)
            times.append(time.process_time() - start)
        best.append(min(times))
    assert best[0] < best[1] / 10, "the text between the passages isn't looked at"


def test_given_marks_are_believed() -> None:
    item = article("The flood came.", furniture="A flood", title="Flood")
    given_marks = {"body": Marks([4], [9], [1], [False])}
    title, snippets = highlight(item, parse("came").tree, given_marks)
    assert (shown(title), [shown(s) for s in snippets]) == ("Flood", ["The [flood] came."])


# which passages


def runs_within_reach(marks: Marks) -> list[tuple[int, int]]:
    """Different leaves and marks of all marks that lie within the reach of each."""
    found = []
    for first, start in enumerate(marks.starts):
        inside = [n for n in range(first, len(marks.starts)) if n == first or marks.ends[n] <= start + REACH]
        found.append((len({leaf for n in inside for leaf in range(8) if marks.leaves[n] >> leaf & 1}), len(inside)))
    return found


PIECES = [
    *WORDS,
    *["and", "more", "words", "that", "nobody", "asked", "for."] * 3,
    "sentence.\n",
    "longer",
    "ends!",
    "“Yes.”",
    "x" * 60,
]


@given(
    st.lists(st.sampled_from(PIECES), min_size=30, max_size=300).map(" ".join),
    st.sampled_from(["flood OR relief OR run", "the OR flood~1 OR =floods", '"the flood"~3 OR bridge', "東京 OR the"]),
)
@settings(deadline=None, max_examples=150)
def test_the_first_passage_shows_the_best_run_of_marks(text: str, query: str) -> None:
    tree = parse(query, ("en",)).tree
    marks = find(text, "body", "en", tuple(wanted(tree)))
    best = max(runs_within_reach(marks), default=None)
    _, snippets = highlight(article(text), tree)
    if best is None or len(marks.starts) > BEGINNINGS:
        return
    flat = text.replace("\n", " ")
    places = [at for at in range(len(flat)) if flat.startswith(snippets[0].text, at)]
    there = []
    for at in places:
        inside = [n for n, start in enumerate(marks.starts) if at <= start and marks.ends[n] <= at + len(snippets[0].text)]
        there.append((len({leaf for n in inside for leaf in range(8) if marks.leaves[n] >> leaf & 1}), len(inside)))
    assert max(there) >= best


def test_a_passage_holds_the_marks_that_lie_within_reach() -> None:
    filler = "nobody said anything about it at all, " * 4
    body = f"{filler}Flood {'and so on ' * 17}relief. {filler * 3}"
    _, snippets = highlight(article(body), parse("flood relief").tree)
    assert len(snippets) == 1
    assert "[Flood]" in shown(snippets[0])
    assert "[relief]" in shown(snippets[0])


def test_a_passage_is_laid_around_sentences() -> None:
    before = "An earlier sentence that has nothing to do with it and goes on for a while, as they did. "
    body = before * 2 + "The flood came at night. " + "Then people left the town and went to the hills above. " * 12
    _, snippets = highlight(article(body), parse("flood").tree)
    assert snippets[0].text.startswith("The flood came at night. Then people")
    assert snippets[0].text.endswith("above.")


def test_passages_leave_each_other_room() -> None:
    body = "word " * 40 + " ".join("flood " + "word " * random for random in (30, 12, 36, 20, 45, 8, 16, 50))
    _, snippets = highlight(article(body), parse("flood").tree)
    places = sorted(body.index(s.text) for s in snippets if body.count(s.text) == 1)
    assert all(later - earlier >= SHORTEST for earlier, later in pairwise(places))
    assert all(SHORTEST <= len(s.text) <= LONGEST and s.ranges for s in snippets)


def test_very_many_marks_are_thinned_the_same_way_every_time() -> None:
    body = " ".join(["the flood"] * 2000 + ["the flood relief"] + ["the flood"] * 1000)
    tree = parse("flood OR the").tree
    marks = find_in_article({"body": body}, "en", tuple(wanted(tree)))
    shown_first = highlight(article(body), tree, marks)
    assert shown_first == highlight(article(body), tree, marks)
    assert len(shown_first[1]) == PASSAGES


def test_a_token_longer_than_a_passage_makes_none() -> None:
    long = "’".join(["x" * 120] * 4)
    _, snippets = highlight(article(f"{long} and {long} then", title="x"), parse("xx*").tree)
    assert snippets
    assert all(snippet.ranges == () for snippet in snippets)


PLAIN_BOUNDARY = re.compile(r"(?:(?<=[^\W\d_]{3})\.|[!?।॥。！？])[\"”’')\]]*\s+|\n\s*|(?<=[。！？])")
"""The boundary as one would write it; what is used begins with one of a few characters and is ten times as fast."""


@given(st.text(alphabet="ab1. \n!?。।”')\t_é", max_size=40))
@settings(deadline=None, max_examples=500)
def test_boundaries_are_the_plain_ones(text: str) -> None:
    plain = {match.end() for match in PLAIN_BOUNDARY.finditer(text)}
    found = {match.end() for match in plain_passages.BOUNDARY.finditer(text)}
    assert plain <= found
    assert all(text[at - 1] in "。！？" for at in found - plain), "after such a sign even where another boundary follows"


@pytest.mark.parametrize("space", ["\t", "\n", "\r", "\x0b", "\x1f", "\u2028", "\u00a0", "\u3000"])
def test_every_white_space_is_shown_as_a_plain_one(space: str) -> None:
    for body in (f"The flood{space}came", f"The flood{space}came, “they” say"):
        (snippet,) = highlight(article(body), parse("flood").tree)[1]
        assert snippet.text == body.replace(space, " ")


def test_a_hyphenated_word_is_marked_whole_when_asked_for_in_one() -> None:
    body = "Talks on co-operation went on; operation Rain did not."
    (span,) = mark(body, "body", "en", parse("cooperation").tree)
    assert body[span.start : span.end] == "co-operation"
    assert [body[s.start : s.end] for s in mark(body, "body", "en", parse("operation").tree)] == ["operation", "operation"]
    assert mark(body, "body", "en", parse("co").tree) == (Span(9, 11),)


# the compiled rule against the plain one

SEED = 20_251_122
SIGNS = [".", ".!?", "।॥。！？", "\"”’')]", " \n\t\r", "\u2028\u3000\u00a0\x1f", "éß५१²東ａ", "A"]
ENDS = [" ", " ", " ", ". ", ".", "! ", "\n", "\n\n", ", ", ".” ", "。", "？", "」", " \u00a0", ") ", "' ", ""]


def invented_text(random: Random, size: int) -> str:
    """Words, signs that end sentences or nearly do, and white space of every kind."""
    pools: Sequence[str] = POOLS if random.random() < 0.4 else SIGNS
    strange = random.choice([0.02, 0.3, 1.0])
    found: list[str] = []
    while len(found) < size:
        pool = random.choice(pools) if random.random() < strange else "abcdefghé"
        found += [*random.choices(pool, k=random.randint(1, 9)), *random.choice(ENDS)]
    return "".join(found)[:size]


def invented_marks(random: Random, text: str) -> Marks:
    """Tokens without white space at their ends, some next to each other, some far apart, some very long."""
    found, at = Marks(), 0
    gaps, sizes = random.choice([([0, 1, 2, 5, 20, 80, 300, 700], [1, 2, 3, 5, 8, 12, 30, 150, 400]), ([0, 1, 2], [1, 2, 3])])
    while True:
        at += random.choice(gaps)
        while at < len(text) and text[at].isspace():
            at += 1
        end = min(at + random.choice(sizes), len(text))
        while end > at and text[end - 1].isspace():
            end -= 1
        if end <= at:
            return found
        found.starts.append(at)
        found.ends.append(end)
        found.leaves.append(1 << random.choice([0, 0, 1, 2, 5, 63]) | 1 << random.choice([0, 1, 62]))
        found.joined.append(len(found.starts) > 1 and random.random() < 0.2)
        at = end


def invented_article(random: Random) -> tuple[Article, ArticleMarks]:
    sizes = [0, 5, 100, 250, 270, 300, 500, 900, 2000, 5000]
    texts = {
        "title": invented_text(random, random.choice([1, 60])),
        "body": invented_text(random, random.choice(sizes)),
        "furniture": invented_text(random, random.choice([0, 0, 300, 1000])),
    }
    marks = {name: invented_marks(random, text) for name, text in texts.items() if random.random() < 0.7}
    return article(**texts), {name: of_text for name, of_text in marks.items() if of_text.starts}


def test_the_compiled_rule_is_the_plain_one() -> None:
    random = Random(SEED)
    passages = 0
    for _ in range(700):
        made = [invented_article(random) for _ in range(random.choice([1, 3]))]
        articles, marks = [item for item, _ in made], PageMarks.of([item for item, _ in made], [found for _, found in made])
        shown_page = highlight_page(articles, Everything(), marks)
        for number, (item, found) in enumerate(made):
            assert marks.of_article(number) == found
            assert shown_page[number] == plain_passages.highlight(item, found), (item, found)
            passages += len(shown_page[number][1])
    assert passages > 1500


def test_white_space_is_what_python_takes_for_it() -> None:
    points = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    found = [code for code, point in enumerate(points) if kernels.is_space(point)]
    assert found == [code for code in range(sys.maxunicode + 1) if chr(code).isspace()]


@given(st.lists(st.integers(0, 63)))
def test_bits_are_counted(bits: list[int]) -> None:
    assert kernels.count_bits(np.uint64(sum(1 << bit for bit in set(bits)))) == len(set(bits))


def test_no_articles() -> None:
    assert highlight_page([], Everything()) == []
