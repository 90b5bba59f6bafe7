"""Why an article matched: passages of its stored text and the ranges in them that matched. No HTML, no engine.

A leaf is marked where it occurs in the fields it names: words and their inflected forms, prefixes, wildcards and fuzzy
words by the whole token; each word of a phrase (as one range where they stand side by side); both sides of a NEAR where they
are near. Leaves under NOT are never marked, exact ones only in their exact form. An engine may say which tokens these are;
else `searchapp.query.marks` finds them.

Passages are chosen by the marks alone, and only then is the text around the chosen ones looked at: marks that lie within `REACH`
belong together, and a passage is laid around them that begins and ends with a sentence where it can.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from searchapp.article import Article, Span
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.marks import ArticleMarks, Marks, find, find_in_article
from searchapp.query.tree import Node, wanted
from searchapp.results import Snippet

PASSAGES = 3
SHORTEST, LONGEST = 200, 260
"""Code points of a passage, as far as the text allows; chosen to fill two to three lines of a page of results."""
REACH = 200
"""Code points from the first mark to the end of the last one that a passage is laid around: leaves room for what goes before."""
MARKED = 200_000
"""Code points of a text in which `mark` looks; an article of a megabyte would take seconds."""
BEGINNINGS = 60
"""Marks of a text at which a passage may begin. Of more marks every second, third … is tried; all are counted and marked."""
_LEAD_IN = 90
"""A passage begins with the sentence of its first mark, unless that is further back than this."""

_BOUNDARY = re.compile(r"[.\n!?।॥。！？](?:(?<=\n)\s*|(?:(?<=[^\W\d_]{3}\.)|(?<=[!?।॥。！？]))[\"”’')\]]*\s+|(?<=[。！？]))")
"""Between sentences or paragraphs. A dot after fewer than three letters is taken for an abbreviation's. It begins with
one of a few characters so that the text between is passed over quickly."""
_ENDING = 4
"""How far before a place it is looked for a boundary that ends there: a dot, a quote or two and a space."""
_SPACES = re.compile(r"\s")
_PLAIN_SPACES = bytes(32 if chr(code).isspace() else code for code in range(256))
"""For ASCII; several times as fast as a pattern."""

_Window = tuple[int, int]
"""Where a passage begins and ends in its text."""
_Passage = tuple[tuple[int, int, bool, int], Snippet]
"""What sorts the best first, and the passage."""


def highlight(article: Article, tree: Node, marks: ArticleMarks | None = None) -> tuple[Snippet, tuple[Snippet, ...]]:
    """The headline with its matches, and up to `PASSAGES` passages, best first. Without ``marks`` they are looked for.

    Best: most different leaves, then most matches, then earliest, the body before the furniture. Without a match in the text, the
    passage is the lead, unmarked. An article without body and matches has no passage. Of a text longer than `marks.STRETCH`
    the passages come from its first stretch that has a match, so that ten such articles on a page stay quick.
    """
    if marks is None:
        texts = {"title": article.title, "body": article.body, "furniture": article.furniture}
        marks = find_in_article(texts, article.language, tuple(wanted(tree)))
    title = _snippet(article.title, _all_ranges(marks["title"]) if "title" in marks else ())
    passages = _passages(article.body, marks["body"], after=False) if "body" in marks else []
    if "furniture" in marks:
        passages += _passages(article.furniture, marks["furniture"], after=True)
        passages.sort(key=_rank)
    if not passages:
        return title, _lead(article.body)
    return title, tuple([snippet for _, snippet in passages[:PASSAGES]])


def mark(text: str, field: str, language: str | None, tree: Node, deadline: Deadline = NEVER) -> tuple[Span, ...]:
    """The ranges of a text of ``field`` that ``tree`` matches (in its first `MARKED` code points), in order, not overlapping.

    Raises QueryTimeout.
    """
    return _all_ranges(find(text[:MARKED], field, language, tuple(wanted(tree)), deadline))


def _rank(passage: _Passage) -> tuple[int, int, bool, int]:
    return passage[0]


def _all_ranges(marks: Marks) -> tuple[Span, ...]:
    return _ranges(marks, 0, len(marks.starts))


def _ranges(marks: Marks, first: int, end: int, offset: int = 0) -> tuple[Span, ...]:
    """Ranges of the marks from number ``first`` up to ``end``, counted from code point ``offset``."""
    starts, ends = marks.starts[first:end], marks.ends[first:end]
    if True in marks.joined:
        begin = [number for number in range(first, end) if number == first or not marks.joined[number]]
        starts = [marks.starts[number] for number in begin]
        ends = [marks.ends[number - 1] for number in (*begin[1:], end)]
    found = []
    for start, stop in zip(starts, ends):  # noqa: B905 the check costs more than a range does
        made: Any = _OpenSpan()
        made.start = start - offset
        made.end = stop - offset
        made.__class__ = Span
        found.append(made)
    return tuple(found)


def _passages(text: str, marks: Marks, *, after: bool) -> list[_Passage]:
    """The best passages of one text, not overlapping, each with a mark; the best first."""
    found: list[_Passage] = []
    runs, starts, ends = _runs(marks), marks.starts, marks.ends
    taken: list[tuple[int, int]] = []
    windows: list[_Window] = []
    at, size = 0, len(text.rstrip())
    while at < len(runs) and len(found) < PASSAGES:
        distinct, matches, first, last = runs[at]
        at += 1
        if taken:
            free = _free(first, last, taken)
            if free < last:
                if free > first:
                    insort(runs, _run(marks, first, free), at)
                continue
        window = _window(text, size, starts[first], ends[last - 1], windows)
        if window is None:
            continue
        start, end = window
        low, high = bisect_left(starts, start), bisect_right(ends, end)
        if low == high:  # one token longer than a passage
            continue
        if low != first or high != last:
            distinct, matches, _, _ = _run(marks, low, high)
        windows.append(window)
        taken.append((low, high))
        found.append(((distinct, matches, after, start), _snippet(_one_line(text[start:end]), _ranges(marks, low, high, start))))
    if len(found) > 1:
        found.sort(key=_rank)
    return found


_Run = tuple[int, int, int, int]
"""Different leaves and marks (both negative: the best come first), first mark, mark after the last."""


def _runs(marks: Marks) -> list[_Run]:
    """The marks within `REACH` of each at which a passage may begin, best first."""
    starts, ends, leaves = marks.starts, marks.ends, marks.leaves
    size = len(starts)
    one = len(set(leaves)) == 1 and -leaves[0].bit_count()
    found = []
    for first in range(0, size, (size - 1) // BEGINNINGS + 1):
        last = bisect_right(ends, starts[first] + REACH, first + 1)
        found.append((one or -reduce(or_, leaves[first:last]).bit_count(), first - last, first, last))
    found.sort()
    return found


def _run(marks: Marks, first: int, last: int) -> _Run:
    return -reduce(or_, marks.leaves[first:last]).bit_count(), first - last, first, last


def _free(first: int, last: int, taken: Sequence[tuple[int, int]]) -> int:
    """Up to which mark a run is free: ``last`` if none of it is taken, at most ``first`` if its first is."""
    for low, high in taken:
        if first < high and low < last:
            last = low
    return last


def _window(text: str, size: int, first: int, last: int, taken: Sequence[_Window]) -> _Window | None:
    """Where the passage around the marks that begin at ``first`` and end at ``last`` begins and ends.

    ``size`` is where the text ends but for white space. None when too little is left between two that are taken.
    """
    low, high = 0, len(text)
    for start, end in taken:
        if end <= first:
            low = max(low, end)
        elif start >= last:
            high = min(high, start)
    earliest = first - _LEAD_IN if last - first <= LONGEST - _LEAD_IN else min(last - LONGEST, first)
    start = _start(text, first, earliest if earliest > low else low)
    limit = start + LONGEST
    if limit >= size:
        full = _last_start(text, size)
        start = full if low <= full < start else start
        return (start, size) if high >= size and (start == 0 or start + SHORTEST <= size) else None
    if limit > high:
        limit = high
        if limit < start + SHORTEST:
            return None
    least = start + SHORTEST
    return start, _end(text, least if least > last else last, limit)


def _start(text: str, at: int, earliest: int) -> int:
    """The beginning of the sentence that ``at`` is in, else of a word before it; not before ``earliest``."""
    found = _boundary(text, earliest - _ENDING if earliest > _ENDING else 0, at)
    if found >= earliest:
        return found
    return _word_start(text, max(at - _LEAD_IN // 2, earliest), at) if earliest else 0


def _boundary(text: str, first: int, last: int) -> int:
    """Where the last sentence begins whose boundary lies between two places; -1 if none does."""
    found = -1
    for match in _BOUNDARY.finditer(text, first, last):
        found = match.end()
    return found


def _last_start(text: str, size: int) -> int:
    """Where the last passage of full length begins, ``size`` being where the text ends but for white space."""
    at = size - LONGEST
    if at <= 0:
        return 0
    found = _boundary(text, max(at - _ENDING, 0), size - SHORTEST)
    return found if found >= at else _word_start(text, at, at + LONGEST)


def _word_start(text: str, at: int, limit: int) -> int:
    """The first beginning of a word from ``at`` on; ``at`` itself in text without spaces."""
    if at <= 0 or text[at - 1].isspace():
        return max(at, 0)
    space = text.find(" ", at, limit)
    if space >= 0:
        return space + 1
    match = _SPACES.search(text, at, limit)
    return match.end() if match else at


def _end(text: str, least: int, limit: int) -> int:
    """Where a passage ends that may end from ``least`` to ``limit``: the first sentence's end there, else the last word's."""
    for match in _BOUNDARY.finditer(text, least - _ENDING, limit):
        at = match.end()
        if at >= least:
            while text[at - 1].isspace():
                at -= 1
            return at
    space = text.rfind(" ", least, limit + 1)
    if space >= 0:
        return space
    at = limit
    while at > least and not text[at].isspace():
        at -= 1
    return at if text[at].isspace() else limit


def _lead(body: str) -> tuple[Snippet, ...]:
    size = len(body.rstrip())
    if not size:
        return ()
    start = len(body) - len(body.lstrip())
    end = size if start + LONGEST >= size else _end(body, start + SHORTEST, start + LONGEST)
    return (_snippet(_one_line(body[start:end]), ()),)


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
