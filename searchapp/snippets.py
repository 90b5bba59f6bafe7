"""Why an article matched: passages of its stored text and the ranges in them that matched. No HTML, no engine.

A leaf is marked where it occurs in the fields it names: words and their inflected forms, prefixes, wildcards and fuzzy
words by the whole token; each word of a phrase (as one range where they stand side by side); both sides of a NEAR where they
are near. Leaves under NOT are never marked, exact ones only in their exact form.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from searchapp.analysis import chain, columns, compounds
from searchapp.article import Article, Span
from searchapp.query.occurrences import TokenText, occurrences
from searchapp.query.tree import Leaf, Node, wanted
from searchapp.results import Snippet

PASSAGES = 3
SHORTEST, LONGEST = 200, 260
"""Code points of a passage, as far as the text allows; chosen to fill two to three lines of a page of results."""
STRETCH = 32_768
"""Code points read at a time when looking for passages: five thousand words, more than all but a few articles have. Of
a longer text the passages come from the first stretch that has a match, so that ten such articles on a page stay quick."""
MARKED = 200_000
"""Code points of a text in which `mark` looks; an article of a megabyte would take seconds."""
_LEAD_IN = 90
"""A passage begins with the sentence of its first match, unless that is further back than this."""

_BOUNDARY = re.compile(r"(?:(?<=[^\W\d_]{3})\.|[!?।॥。！？])[\"”’')\]]*\s+|\n\s*|(?<=[。！？])")
"""Between sentences or paragraphs. A dot after fewer than three letters is taken for an abbreviation's."""
_SPACES = re.compile(r"\s")


def highlight(article: Article, tree: Node) -> tuple[Snippet, tuple[Snippet, ...]]:
    """The headline with its matches, and up to `PASSAGES` passages, best first.

    Best: most different leaves, then most matches, then earliest, the body before the furniture. Without a match in the text, the
    passage is the lead, unmarked. An article without body and matches has no passage.
    """
    leaves = tuple(wanted(tree))
    title = Snippet(article.title, _marks(article.title, "title", article.language, leaves).ranges())
    passages: list[_Passage] = []
    for name, text in (("body", article.body), ("furniture", article.furniture)):
        for stretch in _stretches(text):
            marks = _marks(stretch, name, article.language, leaves)
            if marks.starts:
                passages += _passages(stretch, marks, after=name != "body")
                break
    if not passages:
        return title, _lead(article.body)
    passages.sort(key=lambda passage: passage.rank)
    return title, tuple(passage.snippet for passage in passages[:PASSAGES])


def mark(text: str, field: str, language: str | None, tree: Node) -> tuple[Span, ...]:
    """The ranges of a text of ``field`` that ``tree`` matches (in its first `MARKED` code points), in order, not overlapping."""
    return _marks(text[:MARKED], field, language, tuple(wanted(tree))).ranges()


def _stretches(text: str) -> Iterator[str]:
    """The text in pieces of about `STRETCH`, cut between words."""
    start = 0
    while start < len(text):
        end = start + STRETCH
        if end < len(text):
            end = text.rfind(" ", start, end) + 1 or end
        yield text[start:end]
        start = end


@dataclass(slots=True)
class _Marks:
    """The tokens of a text that matched, ascending: their ranges and leaves, and which belong to the one before."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    leaves: list[frozenset[int]] = field(default_factory=list)
    joined: list[bool] = field(default_factory=list)

    def ranges(self, first: int = 0, end: int | None = None, offset: int = 0) -> tuple[Span, ...]:
        """Ranges of the marks from number ``first`` up to ``end``, counted from code point ``offset``."""
        found: list[list[int]] = []
        for number in range(first, len(self.starts) if end is None else end):
            if found and self.joined[number] and number > first:
                found[-1][1] = self.ends[number]
            else:
                found.append([self.starts[number], self.ends[number]])
        return tuple(Span(start - offset, stop - offset) for start, stop in found)


def _marks(text: str, field: str, language: str | None, leaves: Sequence[Leaf]) -> _Marks:
    marks = _Marks()
    looking = [(number, leaf) for number, leaf in enumerate(leaves) if _looks_in(leaf, field)]
    if not text or not looking:
        return marks
    forms, starts, ends = columns(text, language)
    whole = compounds(text, forms, starts, ends)
    parts = TokenText(forms, chain(language))
    tokens = TokenText(forms, chain(language), whole) if whole else parts
    marked: dict[int, set[int]] = {}
    joined: set[int] = set()
    for number, leaf in looking:
        of_parts = set(occurrences(leaf, field, parts)) if whole else set()
        for occurrence in occurrences(leaf, field, tokens):
            if whole and occurrence not in of_parts:
                occurrence = _with_second_parts(occurrence, whole)
            for token in occurrence:
                marked.setdefault(token, set()).add(number)
            joined.update(after for before, after in pairwise(occurrence) if after == before + 1)
    for token in sorted(marked):
        marks.starts.append(starts[token])
        marks.ends.append(ends[token])
        marks.leaves.append(frozenset(marked[token]))
        marks.joined.append(token in joined)
    return marks


def _with_second_parts(occurrence: tuple[int, ...], whole: Mapping[int, str]) -> tuple[int, ...]:
    """An occurrence that holds only with a hyphenated word taken as one: both its parts matched."""
    return tuple(sorted({*occurrence, *(token + 1 for token in occurrence if token in whole)}))


def _looks_in(leaf: Leaf, field: str) -> bool:
    fields = getattr(leaf, "fields", None)
    if fields is None and hasattr(leaf, "left"):
        fields = leaf.left.fields
    return fields is not None and field in fields


@dataclass(slots=True)
class _Passage:
    """A candidate. ``rank`` sorts the best first."""

    rank: tuple[int, int, bool, int]
    snippet: Snippet


def _passages(text: str, marks: _Marks, *, after: bool) -> list[_Passage]:
    """The best passages of one text, not overlapping, each with a match."""
    if not marks.starts:
        return []
    windows = _windows(text, marks)
    taken: list[tuple[int, int]] = []
    found: list[_Passage] = []
    while len(found) < PASSAGES:
        best = max(_scored(marks, windows, taken), default=None)
        if best is None:
            break
        distinct, matches, _, first, last, (start, end) = best
        taken.append((start, end))
        snippet = Snippet(_SPACES.sub(" ", text[start:end]), marks.ranges(first, last, start))
        found.append(_Passage((-distinct, -matches, after, start), snippet))
    return found


_Scored = tuple[int, int, int, int, int, tuple[int, int]]


def _scored(marks: _Marks, windows: Sequence[tuple[int, int]], taken: Sequence[tuple[int, int]]) -> Iterator[_Scored]:
    """Each window that overlaps none taken: different leaves, marks, -start, first mark, mark after the last, window."""
    counts: Counter[int] = Counter()
    low = high = 0
    for number, (start, end) in enumerate(windows):
        if number and windows[number - 1] == (start, end):
            continue
        while high < len(marks.starts) and marks.ends[high] <= end:
            counts.update(marks.leaves[high])
            high += 1
        while high > low and marks.ends[high - 1] > end:
            high -= 1
            counts.subtract(marks.leaves[high])
        while low < high and marks.starts[low] < start:
            counts.subtract(marks.leaves[low])
            low += 1
        if low < high and not any(start < other_end and other_start < end for other_start, other_end in taken):
            yield sum(1 for count in counts.values() if count > 0), high - low, -start, low, high, (start, end)


def _windows(text: str, marks: _Marks) -> list[tuple[int, int]]:
    """For each mark the passage that begins with its sentence; ascending."""
    bounds = [0, *(match.end() for match in _BOUNDARY.finditer(text)), len(text)]
    last = _last_start(text, bounds)
    found: list[tuple[int, int]] = []
    for mark_start in marks.starts:
        start = bounds[bisect_right(bounds, mark_start) - 1]
        if mark_start - start > _LEAD_IN:
            start = _word_start(text, mark_start - _LEAD_IN // 2, mark_start)
        start = max(min(start, last), found[-1][0] if found else 0)
        found.append((start, _end(text, start, bounds)))
    return found


def _last_start(text: str, bounds: Sequence[int]) -> int:
    """Where the last passage of full length begins."""
    at = len(text.rstrip()) - LONGEST
    if at <= 0:
        return bounds[0]
    sentence = bounds[bisect_left(bounds, at)]
    return sentence if sentence <= at + LONGEST - SHORTEST else _word_start(text, at, at + LONGEST)


def _word_start(text: str, at: int, limit: int) -> int:
    """The first beginning of a word from ``at`` on; ``at`` itself in text without spaces."""
    if at <= 0 or text[at - 1].isspace():
        return max(at, 0)
    match = _SPACES.search(text, at, limit)
    return match.end() if match else at


def _end(text: str, start: int, bounds: Sequence[int]) -> int:
    """Where the passage that begins at ``start`` ends: a sentence's end where one is near, else a word's."""
    limit = start + LONGEST
    if limit >= len(text):
        return len(text.rstrip())
    sentence = bounds[bisect_right(bounds, limit) - 1]
    if sentence >= start + SHORTEST:
        return len(text[:sentence].rstrip()) if text[sentence - 1].isspace() else sentence
    at = limit
    while at > start + SHORTEST and not text[at].isspace():
        at -= 1
    return (at if text[at].isspace() else limit) if at > start else limit


def _lead(body: str) -> tuple[Snippet, ...]:
    if not body.strip():
        return ()
    start = len(body) - len(body.lstrip())
    bounds = [0, *(match.end() for match in _BOUNDARY.finditer(body, 0, start + LONGEST + 2)), len(body)]
    return (Snippet(_SPACES.sub(" ", body[start : _end(body, start, bounds)]), ()),)
