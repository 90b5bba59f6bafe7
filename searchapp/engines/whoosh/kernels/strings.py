"""Sorted lists of byte strings: their order, and several made one."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import compiled


@compiled
def unite(data: Any, starts: Any, ends: Any, first: Any, ranks: Any, out: Any, out_ends: Any) -> Any:
    """The distinct byte strings of several sorted lists, in order: gives their number, fills ``ranks`` with each one's place.

    String i is ``data[starts[i] : ends[i]]``; list s is strings ``first[s] : first[s + 1]``, of which those with a negative
    rank are passed over. ``out`` and ``out_ends`` take the strings one after the other.
    """
    lists = first.shape[0] - 1
    at, keys = first[:-1].copy(), np.zeros(lists, np.uint64)
    for number in range(lists):
        at[number] = _next(at[number], first[number + 1], ranks)
        if at[number] < first[number + 1]:
            keys[number] = _key(data, starts[at[number]], ends[at[number]])
    found, size = 0, 0
    while True:
        best = -1
        for number in range(lists):
            if at[number] == first[number + 1] or (best >= 0 and keys[number] > keys[best]):
                continue
            if best < 0 or keys[number] < keys[best] or _compare(data, starts, ends, at[number], at[best]) < 0:
                best = number
        if best < 0:
            return found
        chosen, key = at[best], keys[best]
        for number in range(best, lists):
            here = at[number]
            if here == first[number + 1] or keys[number] != key or _compare(data, starts, ends, here, chosen) != 0:
                continue
            ranks[here] = found
            at[number] = _next(here + 1, first[number + 1], ranks)
            if at[number] < first[number + 1]:
                keys[number] = _key(data, starts[at[number]], ends[at[number]])
        for place in range(starts[chosen], ends[chosen]):
            out[size] = data[place]
            size += 1
        out_ends[found] = size
        found += 1


@compiled
def _next(at: Any, end: Any, ranks: Any) -> Any:
    while at < end and ranks[at] < 0:
        at += 1
    return at


@compiled
def _key(data: Any, start: Any, end: Any) -> Any:
    """The first eight bytes, the first one highest."""
    key = np.uint64(0)
    for place in range(8):
        key <<= np.uint64(8)
        if start + place < end:
            key |= np.uint64(data[start + place])
    return key


@compiled
def _compare(data: Any, starts: Any, ends: Any, one: Any, other: Any) -> Any:
    return _difference(data, starts[one], ends[one], data, starts[other], ends[other])


@compiled
def _difference(data: Any, start: Any, end: Any, others: Any, first: Any, last: Any) -> Any:
    """Below, at or above 0 as ``data[start:end]`` stands before, at or after ``others[first:last]``."""
    for place in range(min(end - start, last - first)):
        difference = np.int64(data[start + place]) - np.int64(others[first + place])
        if difference:
            return difference
    return np.int64((end - start) - (last - first))


@compiled
def keys(data: Any, starts: Any, ends: Any, skip: Any, out: Any) -> None:
    """Of each byte string eight bytes from ``skip`` on, as an integer that orders like them."""
    for number in range(starts.shape[0]):
        out[number] = _key(data, starts[number] + skip, ends[number])


@compiled
def mark(data: Any, starts: Any, ends: Any, order: Any, wanted: Any, wanted_starts: Any, wanted_ends: Any, marked: Any) -> None:
    """Set ``marked`` for all strings that are among the wanted ones; ``order`` is the strings' sorted one."""
    for number in range(wanted_starts.shape[0]):
        low, high = 0, order.shape[0]
        while low < high:
            middle = (low + high) >> 1
            here = order[middle]
            if _difference(data, starts[here], ends[here], wanted, wanted_starts[number], wanted_ends[number]) < 0:
                low = middle + 1
            else:
                high = middle
        while low < order.shape[0]:
            here = order[low]
            if _difference(data, starts[here], ends[here], wanted, wanted_starts[number], wanted_ends[number]) != 0:
                break
            marked[here] = True
            low += 1


@compiled
def mark_repeated(data: Any, starts: Any, ends: Any, order: Any, marked: Any) -> None:
    """Set ``marked`` for all strings but the last of those that are equal; equal ones stand in ``order`` as they came."""
    for place in range(order.shape[0] - 1):
        here, after = order[place], order[place + 1]
        if _difference(data, starts[here], ends[here], data, starts[after], ends[after]) == 0:
            marked[here] = True
