"""Why an article matched: passages of its stored text and the ranges in them that matched. No HTML, no engine.

A leaf is marked where it occurs in the fields it names: words and their inflected forms, prefixes, wildcards and fuzzy
words by the whole token; each word of a phrase (as one range where they stand side by side); both sides of a NEAR where they
are near. Leaves under NOT are never marked, exact ones only in their exact form. An engine may say which tokens these are;
else `searchapp.query.marks` finds them.

Passages are chosen by the marks alone, and only then is the text around the chosen ones looked at: marks that lie within `REACH`
belong together, and a passage is laid around them that begins and ends with a sentence where it can. `searchapp.passages` does
it, for all articles of a page at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp import passages
from searchapp.article import Article, Span
from searchapp.passages import CODES, PAGE, PAGES, PASSAGES, RANGE, RANGES_END, SCRATCH
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.marks import ArticleMarks, Marks, PageMarks, find, find_in_article
from searchapp.query.tree import Node, wanted
from searchapp.results import Snippet

MARKED = 200_000
"""Code points of a text in which `mark` looks; an article of a megabyte would take seconds."""

_SPACES = re.compile(r"\s")
_PLAIN_SPACES = bytes(32 if chr(code).isspace() else code for code in range(256))
"""For ASCII; several times as fast as a pattern."""

Shown = tuple[Snippet, tuple[Snippet, ...]]
"""The headline of an article with its matches, and up to `PASSAGES` passages, best first."""


def highlight(article: Article, tree: Node, marks: ArticleMarks | None = None) -> Shown:
    """One article as `highlight_page` shows it. Without ``marks`` they are looked for."""
    return highlight_page([article], tree, None if marks is None else PageMarks.of([article], [marks]))[0]


def highlight_page(
    articles: Sequence[Article], tree: Node, marks: PageMarks | None = None, deadline: Deadline = NEVER
) -> list[Shown]:
    """For each article the headline and the passages. Without ``marks`` they are looked for. Raises QueryTimeout.

    Best: most different leaves, then most matches, then earliest, the body before the furniture. Without a match in the text, the
    passage is the lead, unmarked. An article without body and matches has no passage. Of a text longer than `marks.STRETCH`
    the passages come from its first stretch that has a match, so that ten such articles on a page stay quick.
    """
    deadline.check()
    if marks is None:
        marks = _found(articles, tree, deadline)
    rows, ranges = _chosen(len(articles), marks)
    spans = _spans(*ranges.tolist())
    return [_shown(article, chosen, spans) for article, chosen in zip(articles, rows.tolist(), strict=True)]


def mark(text: str, field: str, language: str | None, tree: Node, deadline: Deadline = NEVER) -> tuple[Span, ...]:
    """The ranges of a text of ``field`` that ``tree`` matches (in its first `MARKED` code points), in order, not overlapping.

    Raises QueryTimeout.
    """
    return _ranges(find(text[:MARKED], field, language, tuple(wanted(tree)), deadline))


def _found(articles: Sequence[Article], tree: Node, deadline: Deadline) -> PageMarks:
    leaves, found = tuple(wanted(tree)), []
    for article in articles:
        deadline.check()
        texts = {"title": article.title, "body": article.body, "furniture": article.furniture}
        found.append(find_in_article(texts, article.language, leaves))
    return PageMarks.of(articles, found)


def _chosen(articles: int, marks: PageMarks) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """What `passages.choose` tells of some articles: its rows, and the ranges."""
    rows = np.empty((articles, 1 + PASSAGES, 6), np.int32)
    ranges = np.empty((2, len(marks.starts)), np.int32)
    scratch, texts, letters = np.empty(SCRATCH, np.int64), marks.texts, _letters()
    while True:
        missing: int = passages.choose(
            texts.points, texts.bounds, marks.places, marks.starts, marks.ends, marks.leaves, marks.joined,
            letters, scratch, rows, ranges,
        )  # fmt: skip
        if missing < 0:
            return rows, ranges
        _learn(missing)


@cache
def _letters() -> NDArray[np.uint8]:
    """The letters met so far, as `passages.choose` takes them; memory of pages that are never asked for is never touched."""
    return np.zeros(CODES + PAGES, np.uint8)


def _learn(page: int) -> None:
    """Fill a page of the letters. Doing it twice, or in two threads, changes nothing."""
    letters, codes = _letters(), range(page * PAGE, (page + 1) * PAGE)
    letters[codes.start : codes.stop] = [(sign := chr(code)).isalnum() and not sign.isdecimal() for code in codes]
    letters[CODES + page] = 1


def _shown(article: Article, rows: Sequence[Sequence[int]], spans: tuple[Span, ...]) -> Shown:
    """An article's headline and passages as values; ``rows`` are of `passages.choose`, ``spans`` its ranges."""
    found = []
    for number, begin, stop, spaced, first, end in rows[1:]:
        if number < 0:
            break
        text = (article.body if number % 3 == 1 else article.furniture)[begin:stop]
        found.append(_snippet(_one_line(text) if spaced else text, spans[first:end]))
    title = rows[0]
    return _snippet(article.title, spans[title[RANGE] : title[RANGES_END]]), tuple(found)


def _ranges(marks: Marks) -> tuple[Span, ...]:
    """The ranges of all marks of a text."""
    starts, ends = marks.starts, marks.ends
    if True in marks.joined:
        begin = [number for number in range(len(starts)) if number == 0 or not marks.joined[number]]
        starts = [marks.starts[number] for number in begin]
        ends = [marks.ends[number - 1] for number in (*begin[1:], len(marks.ends))]
    return _spans(starts, ends)


def _spans(starts: Sequence[int], ends: Sequence[int]) -> tuple[Span, ...]:
    found = []
    for start, stop in zip(starts, ends):  # noqa: B905 the check costs more than a range does
        made: Any = _OpenSpan()
        made.start = start
        made.end = stop
        made.__class__ = Span
        found.append(made)
    return tuple(found)


def _one_line(text: str) -> str:
    """The text with every white space a plain space."""
    if text.isascii():
        return text.encode("ascii").translate(_PLAIN_SPACES).decode("ascii")
    text = text.replace("\n", " ")
    return text if text.isprintable() else _SPACES.sub(" ", text)


# The text is cut where the marks say, so nothing is left to check; a page of results has a hundred of these objects. What they
# are while their slots are filled; then they are given their own class, and are frozen.


class _OpenSpan:
    __slots__ = Span.__slots__


class _OpenSnippet:
    __slots__ = Snippet.__slots__


def _snippet(text: str, ranges: tuple[Span, ...]) -> Snippet:
    made: Any = _OpenSnippet()
    made.text = text
    made.ranges = ranges
    made.__class__ = Snippet
    found: Snippet = made
    return found
