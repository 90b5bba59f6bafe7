"""Sorted lists of byte strings, searched where they are mapped: binary search, globs, and forms a few edits away.

A list is ``blob`` (uint8), one item after the other, and ``ends`` (uint32), where each item ends; items begin ``gap`` bytes after
the end of the one before (1 where a line feed stands between them, else 0), the first at 0. Items are in the order of their
bytes, which for UTF-8 is that of code points.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import compiled


@compiled
def compare(blob: Any, start: Any, end: Any, key: Any) -> Any:
    """Whether the item ``blob[start:end]`` stands before ``key`` (-1), at it (0) or after it (1)."""
    size = min(end - start, key.shape[0])
    for place in range(size):
        if blob[start + place] != key[place]:
            return -1 if blob[start + place] < key[place] else 1
    if end - start == key.shape[0]:
        return 0
    return -1 if end - start < key.shape[0] else 1


@compiled
def begin(ends: Any, gap: Any, number: Any) -> Any:
    """Where an item begins."""
    return np.int64(ends[number - 1]) + gap if number > 0 else np.int64(0)


@compiled
def lower_bound(blob: Any, ends: Any, gap: Any, key: Any) -> Any:
    """How many items stand before ``key``: the number of the first that is it or after it."""
    low, high = np.int64(0), np.int64(ends.shape[0])
    while low < high:
        middle = (low + high) >> 1
        if compare(blob, begin(ends, gap, middle), np.int64(ends[middle]), key) < 0:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def find(blob: Any, ends: Any, key: Any) -> Any:
    """The number of the item that is ``key``, in a list without gaps; -1 when there is none."""
    number = lower_bound(blob, ends, 0, key)
    if number == ends.shape[0] or compare(blob, begin(ends, 0, number), np.int64(ends[number]), key) != 0:
        return np.int64(-1)
    return number


@compiled
def lower_bound_ordered(blob: Any, ends: Any, order: Any, key: Any) -> Any:
    """The same for items without gaps in any order, of which ``order`` gives the sorted one."""
    low, high = np.int64(0), np.int64(order.shape[0])
    while low < high:
        middle = (low + high) >> 1
        number = np.int64(order[middle])
        if compare(blob, begin(ends, 0, number), np.int64(ends[number]), key) < 0:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _after(blob: Any, place: Any, end: Any) -> Any:
    """Where the character at ``place`` (of UTF-8, surrogates passed) ends."""
    place += 1
    while place < end and blob[place] & 0xC0 == 0x80:
        place += 1
    return place


@compiled
def _fits(blob: Any, start: Any, end: Any, pattern: Any) -> Any:
    """Whether a glob matches the whole of ``blob[start:end]``: ``*`` any run, ``?`` any one character.

    Goes back to the last ``*`` only, which is enough: taking the first place where the parts before it fit is always right.
    """
    place, at, star, resume = start, 0, -1, start
    while place < end:
        sign = pattern[at] if at < pattern.shape[0] else np.uint8(0)
        if sign == 42:
            star, resume = at, place
            at += 1
        elif sign == 63:
            place = _after(blob, place, end)
            at += 1
        elif at < pattern.shape[0] and sign == blob[place]:
            place += 1
            at += 1
        elif star >= 0:
            resume = _after(blob, resume, end)
            at, place = star + 1, resume
        else:
            return False
    while at < pattern.shape[0] and pattern[at] == 42:
        at += 1
    return at == pattern.shape[0]


@compiled
def matching(blob: Any, ends: Any, gap: Any, first: Any, last: Any, head: Any, pattern: Any, found: Any) -> Any:
    """Numbers of the items ``first`` … ``last - 1`` that a glob matches whole, but for their first ``head`` bytes.

    Gives how many; ends when ``found`` is full. Most items are refused by their last bytes, when the glob has a ``*`` and letters
    after it.
    """
    count, tail = 0, 0
    while tail < pattern.shape[0] and pattern[pattern.shape[0] - 1 - tail] not in (42, 63):
        tail += 1
    ending = pattern[pattern.shape[0] - tail :]
    for number in range(first, last):
        if count == found.shape[0]:
            break
        start, end = begin(ends, gap, number) + head, np.int64(ends[number])
        if end - start < tail or compare(blob, end - tail, end, ending) != 0:
            continue
        if _fits(blob, start, end, pattern):
            found[count] = number
            count += 1
    return count


@compiled
def _shared(blob: Any, one: Any, other: Any, most: Any) -> Any:
    """How many bytes are the same from ``blob[one]`` and ``blob[other]`` on, up to ``most``."""
    count = 0
    while count < most and blob[one + count] == blob[other + count]:
        count += 1
    return count


@compiled
def _begins_alike(blob: Any, ends: Any, gap: Any, number: Any, other: Any, size: Any) -> Any:
    """Whether an item begins with the ``size`` bytes at ``blob[other]``."""
    start = begin(ends, gap, number)
    return np.int64(ends[number]) - start >= size and _shared(blob, start, other, size) == size


@compiled
def _past(blob: Any, ends: Any, gap: Any, number: Any, last: Any, size: Any) -> Any:
    """The first item after ``number`` (or ``last``) that doesn't share its first ``size`` bytes: by ever longer strides."""
    other = begin(ends, gap, number)
    low, stride = number, np.int64(1)
    while low + stride < last and _begins_alike(blob, ends, gap, low + stride, other, size):
        low += stride
        stride <<= 1
    high = min(low + stride, last)
    while high - low > 1:
        middle = (low + high) >> 1
        if _begins_alike(blob, ends, gap, middle, other, size):
            low = middle
        else:
            high = middle
    return high


@compiled
def _code_point(blob: Any, place: Any, end: Any) -> Any:
    """The character whose bytes are ``blob[place:end]``."""
    lead = np.int64(blob[place])
    if lead < 0x80:
        return lead
    value = lead & (0x3F >> (end - place - 1))
    for other in range(place + 1, end):
        value = value << 6 | np.int64(blob[other]) & 0x3F
    return value


@compiled
def _next_row(rows: Any, depth: Any, point: Any, before: Any, word: Any, most: Any) -> Any:
    """Fill ``rows[depth]`` of the distance table for a form's character ``depth`` (from 1); gives its least number.

    ``rows[i, j]``: edits from the form's first i characters to the word's first j; more than ``most`` is ``most + 1``. Only
    the j that are no further than ``most`` from i can be within it.
    """
    size, far = word.shape[0], most + 1
    low, high = max(depth - most, 0), min(depth + most, size)
    least = far
    if low > 0:
        rows[depth, low - 1] = far
    for place in range(low, high + 1):
        best = rows[depth - 1, place] + 1
        if place > 0:
            best = min(best, rows[depth, place - 1] + 1)
            best = min(best, rows[depth - 1, place - 1] + (0 if word[place - 1] == point else 1))
            if place > 1 and depth > 1 and word[place - 1] == before and word[place - 2] == point:
                best = min(best, rows[depth - 2, place - 2] + 1)
        best = min(best, far)
        rows[depth, place] = best
        least = min(least, best)
    if high < size:
        rows[depth, high + 1] = far
    return least


@compiled
def near(blob: Any, ends: Any, gap: Any, first: Any, last: Any, head: Any, word: Any, most: Any, found: Any) -> Any:
    """Numbers of the items at most ``most`` edits (optimal string alignment) from ``word`` (code points), but for their heads.

    Walks the list like a tree: the table's rows are kept for the characters that an item shares with the one before, and all
    items that begin with characters already too far away are passed over. Gives how many; ends when ``found`` is full.
    """
    size = word.shape[0]
    deepest = size + most
    rows = np.empty((deepest + 2, size + 2), np.int64)
    points, starts = np.zeros(deepest + 2, np.int64), np.zeros(deepest + 2, np.int64)
    for place in range(size + 2):
        rows[0, place] = min(place, most + 1)
    count, depth, before, number = 0, 0, np.int64(-1), first
    while number < last and count < found.shape[0]:
        start, end = begin(ends, gap, number) + head, np.int64(ends[number])
        shared = _shared(blob, start, before, min(starts[depth], end - start)) if before >= 0 else 0
        while starts[depth] > shared:
            depth -= 1
        place, least = start + starts[depth], 0
        while place < end and depth <= deepest:
            after = _after(blob, place, end)
            depth += 1
            points[depth], starts[depth] = _code_point(blob, place, after), after - start
            least = _next_row(rows, depth, points[depth], points[depth - 1], word, most)
            place = after
            if least > most:
                break
        before = start
        if least > most:
            number = _past(blob, ends, gap, number, last, head + starts[depth])
            depth -= 1
        else:
            if abs(depth - size) <= most and rows[depth, size] <= most:
                found[count] = number
                count += 1
            number += 1
    return count
