"""Sorted lists of byte strings: their order, and several made one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _next(at: Any, end: Any, ranks: Any) -> Any:
    while at < end and ranks[at] < 0:
        at += 1
    return at


@njit(cache=True, nogil=True)
def _key(data: Any, start: Any, end: Any) -> Any:
    """The first eight bytes, the first one highest."""
    key = np.uint64(0)
    for place in range(8):
        key <<= np.uint64(8)
        if start + place < end:
            key |= np.uint64(data[start + place])
    return key


@njit(cache=True, nogil=True)
def _compare(data: Any, starts: Any, ends: Any, one: Any, other: Any) -> Any:
    length, width = ends[one] - starts[one], ends[other] - starts[other]
    for place in range(min(length, width)):
        difference = np.int64(data[starts[one] + place]) - np.int64(data[starts[other] + place])
        if difference:
            return difference
    return length - width


@njit(cache=True, nogil=True)
def keys(data: Any, starts: Any, ends: Any, skip: Any, out: Any) -> None:
    """Of each byte string eight bytes from ``skip`` on, as an integer that orders like them."""
    for number in range(starts.shape[0]):
        out[number] = _key(data, starts[number] + skip, ends[number])
