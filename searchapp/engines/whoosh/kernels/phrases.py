"""Phrases of words that are one posting list each: which documents hold them, and how often.

Documents that hold all words are met list by list, from the rarest on; only in these are positions read, as they are asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.clock import LATE, end_of, nanoseconds
from searchapp.engines.whoosh.kernels.clock import ROOM as CLOCK
from searchapp.engines.whoosh.kernels.lists import (
    AT_BLOCK,
    COUNT,
    CURSOR,
    DEAD,
    DOCS,
    FIRST_BITS,
    FIRSTS,
    LAST,
    LEFT,
    PAT,
    PLACE,
    POS,
    TOTAL_BITS,
    TOTALS,
    WIDTHS,
    begin,
    get,
    open_block,
    put,
    read_docs,
    run_at,
    seek,
    skip,
    weight,
)  # fmt: skip
from searchapp.engines.whoosh.kernels.memory import address, i32, u8, u32
from searchapp.engines.whoosh.kernels.postings import PART
from searchapp.engines.whoosh.layout import BLOCK

RUN, BITS, NEXT, TURN, STOP, POSITION, OF_BLOCK = range(7)
"""Of a word's occurrences in a document: where the run of X.pos is and how wide; the number in it of the next one, of the
second part's first, of the one after the last; the position read last; the block whose sums of occurrences are there."""
SUMS = 7 * 8
"""Where the sums are: of the block's postings up to each."""
STREAM = SUMS + 4 * BLOCK
ROOM = CURSOR + STREAM + 8 + CLOCK
"""Bytes of working memory for each word."""
OFTEN = 15
"""Blocks, less one, after which the clock is looked at."""
PASSED = -1
"""Instead of a position, when all are read."""


@bare
def open_stream(book: Any, cursor: Any, stream: Any, parts: Any) -> None:
    """Begin the occurrences in some parts of the document that a cursor is at."""
    block, place, sums = get(cursor, AT_BLOCK), get(cursor, PLACE), stream + SUMS
    if get(stream, OF_BLOCK) != block:  # occurrences - 1 lie as documents do: as differences, less one
        read_docs(get(cursor, TOTALS), get(cursor, COUNT), get(cursor, TOTAL_BITS), np.int64(0), sums)
        put(stream, OF_BLOCK, block)
    before = i32(sums, place - 1) if place > 0 else np.int64(0)
    first = run_at(get(cursor, FIRSTS), place, get(cursor, FIRST_BITS))
    put(stream, RUN, get(book, POS) + u32(get(book, PAT), block))
    put(stream, BITS, u8(get(book, WIDTHS), 4 * block + 3))
    put(stream, NEXT, before if parts & 1 else before + first)
    put(stream, TURN, before + first)
    put(stream, STOP, i32(sums, place) if parts & 2 else before + first)
    put(stream, POSITION, 0)


@bare
def step(stream: Any) -> Any:
    """Read the next position: those in the second part have bit `PART` set; `PASSED` after the last."""
    number = get(stream, NEXT)
    if number >= get(stream, STOP):
        return np.int64(PASSED)
    before = np.int64(1) << PART if number == get(stream, TURN) else get(stream, POSITION)
    position = before + run_at(get(stream, RUN), number, get(stream, BITS))
    put(stream, POSITION, position)
    put(stream, NEXT, number + 1)
    return position


@bare
def occurrences(streams: Any, m: Any, slop: Any) -> Any:
    """How often a phrase occurs in the document whose streams are open: first part × 2³² + second.

    Each following word is taken at its first position after the word before; as first positions ascend, so do these.
    """
    found = np.int64(0)
    while True:
        first = step(streams)
        if first == PASSED:
            return found
        before = first
        for j in range(1, m):
            stream = streams + STREAM * j
            here = get(stream, POSITION)
            while here <= before:
                here = step(stream)
                if here == PASSED:
                    return found
            before = here
        if before - first - (m - 1) <= slop:
            found += 1 if first >> PART else np.int64(1) << 32


@bare
def in_order_of_size(cursors: Any, m: Any, order: Any) -> None:
    """List cursors at their beginnings, those with the fewest postings first."""
    for j in range(m):
        cursor, place = cursors + CURSOR * j, j
        while place > 0 and get(get(order, place - 1), LEFT) > get(cursor, LEFT):
            put(order, place, get(order, place - 1))
            place -= 1
        put(order, place, cursor)


@bare
def holding(book: Any, room: Any, terms: Any, parts: Any, slop: Any, docs: Any, weights: Any, seconds: Any) -> Any:
    """The live documents that hold a phrase of ``terms`` in ``parts``, and their weights; gives their number.

    ``room``: `ROOM` bytes for each term. ``docs, weights`` have as many items as the rarest term has postings.
    `LATE` when it takes longer than ``seconds``.
    """
    m, found, dead, more, clock = terms.shape[0], np.int64(0), get(book, DEAD), True, address(room)
    cursors, until, turn = clock + CLOCK, end_of(clock, seconds), np.int64(0)
    streams = cursors + CURSOR * m
    order = streams + STREAM * m
    for j in range(m):
        begin(book, cursors + CURSOR * j, terms[j], parts, 0.0)
        put(streams + STREAM * j, OF_BLOCK, -1)
    in_order_of_size(cursors, m, order)
    rarest = get(order, 0)
    while more:
        turn += 1
        if turn & OFTEN == 0 and nanoseconds(clock) > until:
            return np.int64(LATE)
        open_block(book, rarest)
        last, count = i32(get(book, LAST), get(rarest, AT_BLOCK)), get(rarest, COUNT)
        for place in range(count):
            doc, there = i32(get(rarest, DOCS), place), True
            for j in range(1, m):
                cursor = get(order, j)
                more = skip(book, cursor, doc)
                if not more:
                    break
                open_block(book, cursor)
                there = seek(cursor, doc)
                if not there:
                    break
            if not more:
                break
            if not there or (dead != 0 and u8(dead, doc) != 0):
                continue
            put(rarest, PLACE, place)
            for j in range(m):
                open_stream(book, cursors + CURSOR * j, streams + STREAM * j, parts)
            number = occurrences(streams, m, slop)
            if number > 0:
                docs[found] = doc
                weights[found] = weight(book, doc, number >> 32, number & 0xFFFFFFFF)
                found += 1
        more = more and skip(book, rarest, last + 1)
    return found
