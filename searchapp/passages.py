"""Which passages of a text show its marks best, as compiled code: the runs of marks, and where a passage begins and ends.

Kernels only; `searchapp.snippets` drives them and says what a passage is. Texts come as code points (uint32), and nothing is
looked at beyond the end of the text it is in. Marks are as in `searchapp.query.marks`, ascending.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.analysis.compiled import kernel

bare: Any = kernel(nogil=True, error_model="numpy", _nrt=False)
"""A kernel that makes no arrays, so that numba needn't count references to those it is given."""

Numbers = Any
"""An array, for numba to type."""

PASSAGES = 3
SHORTEST, LONGEST = 200, 260
"""Code points of a passage, as far as the text allows; chosen to fill two to three lines of a page of results."""
REACH = 200
"""Code points from the first mark to the end of the last one that a passage is laid around: leaves room for what goes before."""
BEGINNINGS = 60
"""Marks of a text at which a passage may begin. Of more marks every second, third … is tried; all are counted and marked."""
LEAD_IN = 90
"""A passage begins with the sentence of its first mark, unless that is further back than this."""
ENDING = 4
"""How far before a place it is looked for a boundary that ends there: a dot, a quote or two and a space."""
CODES, PAGES, PAGE = 0x110000, 0x1100, 256
"""Code points there are, in pages of 256 whose letters are learnt together."""

_DISTINCT, _MATCHES, _FIRST, _LAST = 0, 1, 2, 3
"""A run: different leaves and marks (both negative: the best has the least), its first mark, the mark after its last."""
_AFTER, _START, _END, _LOW, _HIGH = 2, 3, 4, 5, 6
"""A passage: leaves and marks as of a run, whether it is of the furniture, where it begins and ends, its marks."""
TEXT, BEGIN, STOP, SPACED, RANGE, RANGES_END = 0, 1, 2, 3, 4, 5
"""What `choose` tells of a headline or passage: the number of its text, or -1 for none; where it begins and ends there; whether
it has white space that isn't a plain space; the first of its ranges, and the one after the last."""

SCRATCH = (BEGINNINGS + 1 + 2 * PASSAGES + 2, 8)
"""Shape of the working array of `choose`: runs and one more, passages of two texts and one more, what is missing."""

_ONE, _TWO, _FOUR, _HALVES = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_M1, _M2, _M4 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_H01 = np.uint64(0x0101010101010101)


@bare
def count_bits(bits: Any) -> Any:
    """How many bits are set."""
    bits -= (bits >> _ONE) & _M1
    bits = (bits & _M2) + ((bits >> _TWO) & _M2)
    bits = (bits + (bits >> _FOUR)) & _M4
    return np.int64((bits * _H01) >> _HALVES)


@bare
def is_space(point: Any) -> Any:
    """What `str.isspace` says of a code point."""
    if 32 < point < 0x85:
        return False
    if point <= 32:
        return point == 32 or 9 <= point <= 13 or 28 <= point <= 31
    if point < 0x2000:
        return point == 0x85 or point == 0xA0 or point == 0x1680
    return point <= 0x200A or point == 0x2028 or point == 0x2029 or point == 0x202F or point == 0x205F or point == 0x3000


@bare
def _may_part(point: Any) -> Any:
    """Whether a sentence may end with a code point: no for nearly all, so that `_boundary` is seldom called."""
    return point == 46 or point == 10 or point == 33 or point == 63 or point >= 0x964


@bare
def _is_letter(point: Any, letters: Numbers, state: Numbers) -> Any:
    """Whether a code point is a letter; a page that isn't known yet is asked for."""
    if point < 128:
        return 65 <= point <= 90 or 97 <= point <= 122
    if letters[CODES + (point >> 8)] == 0:
        state[0] = point >> 8
    return letters[point] != 0


@bare
def _boundary(text: Numbers, at: Any, stop: Any, letters: Numbers, state: Numbers) -> Any:
    """Where what parts sentences or paragraphs ends, if it begins at ``at``; else -1. It ends at ``stop`` at the latest.

    A line feed with the white space after it; or the end of a sentence, closing quotes and brackets, and white space, which
    may be missing after a full-width sign. A dot after fewer than three letters is taken for an abbreviation's.
    """
    point = np.int64(text[at])
    end = at + 1
    wide = point == 0x3002 or point == 0xFF01 or point == 0xFF1F
    if point == 46:
        if at < 3:
            return np.int64(-1)
        for back in range(at - 3, at):
            if not _is_letter(np.int64(text[back]), letters, state):
                return np.int64(-1)
    elif not (wide or point == 10 or point == 33 or point == 63 or point == 0x964 or point == 0x965):
        return np.int64(-1)
    if point != 10:
        while end < stop:
            sign = text[end]
            if not (sign == 34 or sign == 39 or sign == 41 or sign == 93 or sign == 0x2019 or sign == 0x201D):
                break
            end += 1
    closed = end
    while end < stop and is_space(text[end]):
        end += 1
    if end > closed or point == 10:
        return end
    return at + 1 if wide else np.int64(-1)


@bare
def _last_boundary(text: Numbers, first: Any, stop: Any, letters: Numbers, state: Numbers) -> Any:
    """Where the last sentence begins whose boundary lies between two places; -1 if none does."""
    found, at = np.int64(-1), first
    while at < stop:
        end = _boundary(text, at, stop, letters, state) if _may_part(text[at]) else np.int64(-1)
        if end >= 0:
            found = at = end
        else:
            at += 1
    return found


@bare
def _word_start(text: Numbers, at: Any, limit: Any) -> Any:
    """The first beginning of a word from ``at`` on; ``at`` itself in text without spaces. A plain space goes before others."""
    if at <= 0 or is_space(text[at - 1]):
        return max(at, 0)
    limit = min(limit, text.shape[0])
    other = np.int64(-1)
    for place in range(at, limit):
        if text[place] == 32:
            return place + 1
        if other < 0 and is_space(text[place]):
            other = place + 1
    return other if other >= 0 else at


@bare
def _start(text: Numbers, at: Any, earliest: Any, letters: Numbers, state: Numbers) -> Any:
    """The beginning of the sentence that ``at`` is in, else of a word before it; not before ``earliest``."""
    found = _last_boundary(text, max(earliest - ENDING, 0), at, letters, state)
    if found >= earliest:
        return found
    return _word_start(text, max(at - LEAD_IN // 2, earliest), at) if earliest > 0 else np.int64(0)


@bare
def _last_start(text: Numbers, size: Any, letters: Numbers, state: Numbers) -> Any:
    """Where the last passage of full length begins, ``size`` being where the text ends but for white space."""
    at = size - LONGEST
    if at <= 0:
        return np.int64(0)
    found = _last_boundary(text, max(at - ENDING, 0), size - SHORTEST, letters, state)
    return found if found >= at else _word_start(text, at, at + LONGEST)


@bare
def _end(text: Numbers, least: Any, limit: Any, letters: Numbers, state: Numbers) -> Any:
    """Where a passage ends that may end from ``least`` to ``limit``, which lies in the text: the first sentence's end there, else
    the last word's."""
    at = max(least - ENDING, 0)
    while at < limit:
        end = _boundary(text, at, limit, letters, state) if _may_part(text[at]) else np.int64(-1)
        if end >= least:
            while end > 0 and is_space(text[end - 1]):
                end -= 1
            return end
        at = end if end >= 0 else at + 1
    for place in range(limit, least - 1, -1):
        if text[place] == 32:
            return place
    at = limit
    while at > least and not is_space(text[at]):
        at -= 1
    return at if is_space(text[at]) else limit


@bare
def _window(
    text: Numbers, size: Any, first: Any, last: Any, found: Numbers, begun: Any, count: Any, window: Numbers,
    letters: Numbers, state: Numbers,
) -> Any:  # fmt: skip
    """Write where the passage around the marks that begin at ``first`` and end at ``last`` begins and ends.

    ``size`` is where the text ends but for white space; ``found[begun:count]`` are the passages there are of it. False when
    too little is left between two of them.
    """
    low, high = np.int64(0), np.int64(text.shape[0])
    for number in range(begun, count):
        if found[number, _END] <= first:
            low = max(low, found[number, _END])
        elif found[number, _START] > first:
            high = min(high, found[number, _START])
        else:  # it ends within the first mark
            return False
    earliest = first - LEAD_IN if last - first <= LONGEST - LEAD_IN else min(last - LONGEST, first)
    start = _start(text, first, max(earliest, low), letters, state)
    limit = start + LONGEST
    if limit >= size:
        full = _last_start(text, size, letters, state)
        if low <= full < start:
            start = full
        window[0], window[1] = start, size
        return high >= size and (start == 0 or start + SHORTEST <= size)
    if limit > high:
        limit = high
        if limit < start + SHORTEST:
            return False
    window[0], window[1] = start, _end(text, max(start + SHORTEST, last), limit, letters, state)
    return True


@bare
def _run(leaves: Numbers, first: Any, last: Any, runs: Numbers, number: Any) -> None:
    """Put a run of marks among the others."""
    seen = np.uint64(0)
    for mark in range(first, last):
        seen |= leaves[mark]
    runs[number, _DISTINCT], runs[number, _MATCHES] = -count_bits(seen), first - last
    runs[number, _FIRST], runs[number, _LAST] = first, last


@bare
def _all_runs(starts: Numbers, ends: Numbers, leaves: Numbers, runs: Numbers) -> Any:
    """The marks within `REACH` of each at which a passage may begin; how many runs these are."""
    size = starts.shape[0]
    count, last = np.int64(0), np.int64(0)
    for first in range(0, size, (size - 1) // BEGINNINGS + 1):
        last = max(last, first + 1)
        while last < size and ends[last] <= starts[first] + REACH:
            last += 1
        _run(leaves, first, last, runs, count)
        count += 1
    return count


@bare
def _before(rows: Numbers, one: Any, other: Any) -> Any:
    """Whether one run or passage is better than another: by its first four columns."""
    for column in range(4):
        if rows[one, column] != rows[other, column]:
            return rows[one, column] < rows[other, column]
    return False


@bare
def _take_best(runs: Numbers, count: Any) -> None:
    """Move the best of some runs to the end."""
    best = 0
    for number in range(1, count):
        if _before(runs, number, best):
            best = number
    for column in range(4):
        runs[best, column], runs[count - 1, column] = runs[count - 1, column], runs[best, column]


@bare
def _free(runs: Numbers, number: Any, found: Numbers, begun: Any, count: Any) -> Any:
    """Up to which mark a run is free: its end if no passage has any of it, at most its first if one has that."""
    first, last = runs[number, _FIRST], runs[number, _LAST]
    for other in range(begun, count):
        if first < found[other, _HIGH] and found[other, _LOW] < last:
            last = found[other, _LOW]
    return last


@bare
def _cut(
    text: Numbers, starts: Numbers, ends: Numbers, leaves: Numbers, after: Any, runs: Numbers, found: Numbers, begun: Any,
    letters: Numbers, state: Numbers,
) -> Any:  # fmt: skip
    """Put the best passages of a text after the ``begun`` there are, not overlapping, each with a mark; how many it makes."""
    left, count, size = _all_runs(starts, ends, leaves, runs), begun, text.shape[0]
    while size > 0 and is_space(text[size - 1]):
        size -= 1
    window = found[-1]
    while left > 0 and count < begun + PASSAGES:
        _take_best(runs, left)
        left -= 1
        first, last = runs[left, _FIRST], runs[left, _LAST]
        free = _free(runs, left, found, begun, count)
        if free < last:
            if free > first:
                _run(leaves, first, free, runs, left)
                left += 1
            continue
        start, end = np.int64(starts[first]), np.int64(ends[last - 1])
        if not _window(text, size, start, end, found, begun, count, window, letters, state):
            continue
        low, high = first, last
        while low > 0 and starts[low - 1] >= window[0]:
            low -= 1
        while low < last and starts[low] < window[0]:
            low += 1
        while high < ends.shape[0] and ends[high] <= window[1]:
            high += 1
        while high > low and ends[high - 1] > window[1]:
            high -= 1
        if low < high:  # else one token longer than a passage
            _run(leaves, low, high, runs, BEGINNINGS)
            found[count, _DISTINCT], found[count, _MATCHES] = runs[BEGINNINGS, _DISTINCT], runs[BEGINNINGS, _MATCHES]
            found[count, _AFTER] = after
            found[count, _START], found[count, _END], found[count, _LOW], found[count, _HIGH] = window[0], window[1], low, high
            count += 1
    return count


@bare
def _lead(text: Numbers, row: Numbers, letters: Numbers, state: Numbers) -> Any:
    """Write where the beginning of a text that is shown without marks begins and ends; whether there is any."""
    size, start = text.shape[0], np.int64(0)
    while size > 0 and is_space(text[size - 1]):
        size -= 1
    if size == 0:
        return False
    while is_space(text[start]):
        start += 1
    row[BEGIN] = start
    row[STOP] = size if start + LONGEST >= size else _end(text, start + SHORTEST, start + LONGEST, letters, state)
    return True


@bare
def _show(
    text: Numbers, starts: Numbers, ends: Numbers, joined: Numbers, low: Any, high: Any, row: Numbers, ranges: Numbers, held: Any
) -> Any:  # fmt: skip
    """Write the ranges of some marks, counted from where their passage begins, and what else is told of it."""
    row[RANGE] = held
    for mark in range(low, high):
        if mark > low and joined[mark]:
            held -= 1
        else:
            ranges[0, held] = starts[mark] - row[BEGIN]
        ranges[1, held] = ends[mark] - row[BEGIN]
        held += 1
    row[RANGES_END] = held
    row[SPACED] = 0
    for place in range(row[BEGIN], row[STOP]):
        if text[place] != 32 and is_space(text[place]):
            row[SPACED] = 1
            break
    return held


@bare
def choose(
    points: Numbers, bounds: Numbers, places: Numbers, starts: Numbers, ends: Numbers, leaves: Numbers, joined: Numbers,
    letters: Numbers, scratch: Numbers, rows: Numbers, ranges: Numbers,
) -> Any:  # fmt: skip
    """The headline and the best passages of some articles: their body's, then their furniture's; the lead where there is none.

    Of each article there are three texts (title, body, furniture): ``points[bounds[n]:bounds[n + 1]]``, and of each its marks,
    ``places[n]``: the first one and the one after its last in ``starts`` … ``joined``. ``letters``: 1 for every code point that
    is a letter, 0 for others, then 1 for every page of them that is filled. ``scratch``: int64, `SCRATCH`. Written: for each
    article 1 + `PASSAGES` ``rows`` (`TEXT` …), the best passage first; ``ranges`` (where each begins and ends), of which there
    are no more than marks. Gives a page of ``letters`` that is missing, without which all else is worth nothing, or -1.
    """
    runs, found, state, held = scratch[: BEGINNINGS + 1], scratch[BEGINNINGS + 1 : -1], scratch[-1], np.int64(0)
    state[0] = -1
    for article in range(rows.shape[0]):
        title, shown = 3 * article, rows[article]
        text = points[bounds[title] : bounds[title + 1]]
        for number in range(1, shown.shape[0]):
            shown[number, TEXT] = -1
        shown[0, TEXT], shown[0, BEGIN], shown[0, STOP] = title, 0, 0
        held = _show(text, starts, ends, joined, places[title, 0], places[title, 1], shown[0], ranges, held)
        count = np.int64(0)
        for part in range(1, 3):
            first, last = places[title + part, 0], places[title + part, 1]
            if first < last:
                text = points[bounds[title + part] : bounds[title + part + 1]]
                count = _cut(
                    text, starts[first:last], ends[first:last], leaves[first:last], part - 1, runs, found, count, letters, state
                )
        for number in range(min(count, PASSAGES)):
            best = number
            for other in range(number + 1, count):
                if _before(found, other, best):
                    best = other
            for column in range(7):
                found[best, column], found[number, column] = found[number, column], found[best, column]
            row, part = shown[number + 1], title + 1 + found[number, _AFTER]
            row[TEXT], row[BEGIN], row[STOP] = part, found[number, _START], found[number, _END]
            text, first = points[bounds[part] : bounds[part + 1]], places[part, 0]
            low, high = first + found[number, _LOW], first + found[number, _HIGH]
            held = _show(text, starts, ends, joined, low, high, row, ranges, held)
        if count == 0:
            text = points[bounds[title + 1] : bounds[title + 2]]
            if _lead(text, shown[1], letters, state):
                shown[1, TEXT] = title + 1
                held = _show(text, starts, ends, joined, 0, 0, shown[1], ranges, held)
    return state[0]
