"""Highlights and passages: by hand, and against a plain reading of every shown text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchapp.analysis import chain, stem, tokens
from searchapp.article import Article, Provenance, Span
from searchapp.query.language import parse
from searchapp.query.matching import fuzzy_matches, wildcard_matches
from searchapp.query.tree import Fuzzy, Near, Node, Phrase, Positional, Prefix, Term, Wildcard, wanted
from searchapp.results import Snippet
from searchapp.snippets import LONGEST, PASSAGES, SHORTEST, highlight, mark

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


def test_a_hyphenated_word_is_marked_whole_when_asked_for_in_one() -> None:
    body = "Talks on co-operation went on; operation Rain did not."
    (span,) = mark(body, "body", "en", parse("cooperation").tree)
    assert body[span.start : span.end] == "co-operation"
    assert [body[s.start : s.end] for s in mark(body, "body", "en", parse("operation").tree)] == ["operation", "operation"]
    assert mark(body, "body", "en", parse("co").tree) == (Span(9, 11),)
