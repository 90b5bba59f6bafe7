"""Passages in plain Python, by patterns and loops over lists: what the compiled rule of `searchapp.passages` is held against."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from functools import reduce
from operator import or_

from searchapp.article import Article, Span
from searchapp.passages import BEGINNINGS, ENDING, LEAD_IN, LONGEST, PASSAGES, REACH, SHORTEST
from searchapp.query.marks import ArticleMarks, Marks
from searchapp.results import Snippet

BOUNDARY = re.compile(r"[.\n!?।॥。！？](?:(?<=\n)\s*|(?:(?<=[^\W\d_]{3}\.)|(?<=[!?।॥。！？]))[\"”’')\]]*\s+|(?<=[。！？]))")
"""Between sentences or paragraphs. A dot after fewer than three letters is taken for an abbreviation's. It begins with
one of a few characters so that the text between is passed over quickly."""
_SPACES = re.compile(r"\s")

_Window = tuple[int, int]
"""Where a passage begins and ends in its text."""
_Passage = tuple[tuple[int, int, bool, int], Snippet]
"""What sorts the best first, and the passage."""


def highlight(article: Article, marks: ArticleMarks) -> tuple[Snippet, tuple[Snippet, ...]]:
    """The headline and the passages of an article, as `searchapp.snippets.highlight_page` says."""
    title = Snippet(article.title, _all_ranges(marks["title"]) if "title" in marks else ())
    passages = _passages(article.body, marks["body"], after=False) if "body" in marks else []
    if "furniture" in marks:
        passages += _passages(article.furniture, marks["furniture"], after=True)
        passages.sort(key=_rank)
    if not passages:
        return title, _lead(article.body)
    return title, tuple([snippet for _, snippet in passages[:PASSAGES]])


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
    return tuple([Span(start - offset, stop - offset) for start, stop in zip(starts, ends, strict=True)])


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
        found.append(((distinct, matches, after, start), Snippet(_one_line(text[start:end]), _ranges(marks, low, high, start))))
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
        elif start > first:
            high = min(high, start)
        else:
            return None
    earliest = first - LEAD_IN if last - first <= LONGEST - LEAD_IN else min(last - LONGEST, first)
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
    found = _boundary(text, earliest - ENDING if earliest > ENDING else 0, at)
    if found >= earliest:
        return found
    return _word_start(text, max(at - LEAD_IN // 2, earliest), at) if earliest else 0


def _boundary(text: str, first: int, last: int) -> int:
    """Where the last sentence begins whose boundary lies between two places; -1 if none does."""
    found = -1
    for match in BOUNDARY.finditer(text, first, last):
        found = match.end()
    return found


def _last_start(text: str, size: int) -> int:
    """Where the last passage of full length begins, ``size`` being where the text ends but for white space."""
    at = size - LONGEST
    if at <= 0:
        return 0
    found = _boundary(text, max(at - ENDING, 0), size - SHORTEST)
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
    for match in BOUNDARY.finditer(text, least - ENDING, limit):
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
    return (Snippet(_one_line(body[start:end]), ()),)


def _one_line(text: str) -> str:
    """The text with every white space a plain space."""
    return re.sub(r"\s", " ", text)
