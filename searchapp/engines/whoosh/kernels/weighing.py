"""Posting lists as documents and weights: one list, its meeting with documents known, the union of many. `lists` has the terms.

``parts``: occurrences in the first part count (1), in the second (2), in both (3). Documents come out ascending, deleted ones
don't.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, inlined
from searchapp.engines.whoosh.kernels.bits import width
from searchapp.engines.whoosh.kernels.lists import (
    AT_BLOCK,
    CAT,
    CODE,
    COUNT,
    CURSOR,
    DEAD,
    DOCS,
    FIRST_BITS,
    FIRSTS,
    LAST,
    LEFT,
    NFORMS,
    PARTS,
    PLACE,
    TOTAL_BITS,
    TOTALS,
    begin,
    get,
    open_block,
    run_at,
    seek,
    skip,
    weight,
)  # fmt: skip
from searchapp.engines.whoosh.kernels.memory import address, i32, i64, put_i64, u8, u32
from searchapp.engines.whoosh.layout import BLOCK

LOW = 0xFFFFFFFF
"""Occurrences in both parts as one number: first part × 2³² + second."""
ROOM = CURSOR + 8 * BLOCK
"""Bytes of working memory."""


@inlined
def occurrences(cursor: Any, place: Any) -> Any:
    """How often a posting of the open block occurs in the parts that count."""
    parts = get(cursor, PARTS)
    first = run_at(get(cursor, FIRSTS), place, get(cursor, FIRST_BITS))
    second = run_at(get(cursor, TOTALS), place, get(cursor, TOTAL_BITS)) + 1 - first
    if parts != 3:
        first *= parts & 1
        second *= parts >> 1
    return first << 32 | second


@bare
def tally(book: Any, cursor: Any, numbers: Any) -> Any:
    """Decode the cursor's block: how often each posting occurs in the parts that count, 0 when deleted; gives how many they are.

    ``numbers``: the address of a block's int64. The documents are where the cursor says.
    """
    open_block(book, cursor)
    count, dead, parts, here = get(cursor, COUNT), get(book, DEAD), get(cursor, PARTS), get(cursor, DOCS)
    firsts, first_bits, totals, total_bits = (
        get(cursor, FIRSTS), get(cursor, FIRST_BITS), get(cursor, TOTALS), get(cursor, TOTAL_BITS),
    )  # fmt: skip
    if total_bits == 0 and first_bits == 0:
        for place in range(count):
            put_i64(numbers, place, parts >> 1)
    elif first_bits == 0:
        for place in range(count):
            put_i64(numbers, place, (run_at(totals, place, total_bits) + 1) * (parts >> 1))
    else:
        for place in range(count):
            first = run_at(firsts, place, first_bits)
            second = run_at(totals, place, total_bits) + 1 - first
            put_i64(numbers, place, (first * (parts & 1)) << 32 | second * (parts >> 1))
    if dead != 0:
        for place in range(count):
            if u8(dead, i32(here, place)) != 0:
                put_i64(numbers, place, 0)
    return count


@inlined
def after(book: Any, cursor: Any) -> Any:
    """Go on to the next block; gives whether there is one."""
    return skip(book, cursor, i32(get(book, LAST), get(cursor, AT_BLOCK)) + 1)


@bare
def weigh(book: Any, room: Any, term: Any, parts: Any, factor: Any, k1: Any, docs: Any, weights: Any) -> Any:
    """All postings of a term, as many as fit: documents and weights; gives their number. ``room``: `ROOM` bytes.

    With a ``factor`` above 0 the weights become scores: factor × weight / (k1 + weight).
    """
    found, cursor, numbers = np.int64(0), address(room), address(room) + CURSOR
    begin(book, cursor, term, parts, factor)
    more, here = get(cursor, LEFT) > 0, get(cursor, DOCS)
    while more:
        for place in range(tally(book, cursor, numbers)):
            doc, number = i32(here, place), i64(numbers, place)
            if number:
                one = weight(book, doc, number >> 32, number & LOW)
                docs[found] = doc
                weights[found] = factor * one / (k1 + one) if factor > 0.0 else one
                found += 1
        more = after(book, cursor)
    return found


@bare
def documents(book: Any, room: Any, term: Any, parts: Any, docs: Any) -> Any:
    """As `weigh`, documents alone."""
    found, cursor, numbers = np.int64(0), address(room), address(room) + CURSOR
    begin(book, cursor, term, parts, 0.0)
    more, here, plain = get(cursor, LEFT) > 0, get(cursor, DOCS), parts == 3 and get(book, DEAD) == 0
    while more:
        if plain:
            open_block(book, cursor)
        count = get(cursor, COUNT) if plain else tally(book, cursor, numbers)
        for place in range(count):
            if plain or i64(numbers, place):
                docs[found] = i32(here, place)
                found += 1
        more = after(book, cursor)
    return found


@bare
def count_live(book: Any, room: Any, term: Any, parts: Any) -> Any:
    """How many documents `weigh` gives."""
    found, cursor, numbers = np.int64(0), address(room), address(room) + CURSOR
    begin(book, cursor, term, parts, 0.0)
    more = get(cursor, LEFT) > 0
    while more:
        for place in range(tally(book, cursor, numbers)):
            found += i64(numbers, place) != 0
        more = after(book, cursor)
    return found


@bare
def add_list(book: Any, room: Any, term: Any, parts: Any, factor: Any, k1: Any, bits: Any, scores: Any) -> None:
    """Add a term's scores to those of its documents (``scores`` has one item a document), and set their ``bits``."""
    cursor, numbers = address(room), address(room) + CURSOR
    begin(book, cursor, term, parts, factor)
    more, here = get(cursor, LEFT) > 0, get(cursor, DOCS)
    while more:
        for place in range(tally(book, cursor, numbers)):
            doc, number = i32(here, place), i64(numbers, place)
            if number:
                one = weight(book, doc, number >> 32, number & LOW)
                scores[doc] += factor * one / (k1 + one)
                bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)
        more = after(book, cursor)


@bare
def probe(book: Any, room: Any, term: Any, parts: Any, wanted: Any, places: Any, weights: Any) -> Any:
    """Which of ``wanted`` (ascending documents) a term occurs in: their places, and its weights; gives their number.

    Blocks without a wanted document are passed over unread.
    """
    found, cursor, dead = np.int64(0), address(room), get(book, DEAD)
    begin(book, cursor, term, parts, 0.0)
    for number in range(wanted.shape[0]):
        doc = np.int64(wanted[number])
        if not skip(book, cursor, doc):
            break
        open_block(book, cursor)
        if seek(cursor, doc):
            there = occurrences(cursor, get(cursor, PLACE))
            if there and (dead == 0 or u8(dead, doc) == 0):
                places[found] = number
                weights[found] = weight(book, doc, there >> 32, there & LOW)
                found += 1
    return found


@bare
def of_forms(cursor: Any, codes: Any, form_bits: Any, total: Any, place: Any, use: Any) -> Any:
    """Of a posting whose first occurrence is number ``total`` of its block, the occurrences that are of the forms in ``use``."""
    first = run_at(get(cursor, FIRSTS), place, get(cursor, FIRST_BITS))
    second = run_at(get(cursor, TOTALS), place, get(cursor, TOTAL_BITS)) + 1 - first
    kept, others = np.int64(0), np.int64(0)
    for number in range(total, total + first):
        kept += use[run_at(codes, number, form_bits)]
    for number in range(total + first, total + first + second):
        others += use[run_at(codes, number, form_bits)]
    parts = get(cursor, PARTS)
    return (kept * (parts & 1)) << 32 | others * (parts >> 1)


@bare
def add_forms(book: Any, cursor: Any, term: Any, use: Any, counts: Any, bits: Any) -> None:
    """As `add_occurrences`, of the forms in ``use`` (one byte each, not 0 for those that count)."""
    dead, form_bits = get(book, DEAD), np.int64(width(u32(get(book, NFORMS), term) - 1))
    more = get(cursor, LEFT) > 0
    while more:
        open_block(book, cursor)
        here, total = get(cursor, DOCS), np.int64(0)
        codes = get(book, CODE) + u32(get(book, CAT), get(cursor, AT_BLOCK))
        for place in range(get(cursor, COUNT)):
            doc = i32(here, place)
            number = of_forms(cursor, codes, form_bits, total, place, use)
            total += run_at(get(cursor, TOTALS), place, get(cursor, TOTAL_BITS)) + 1
            if number and not (dead != 0 and u8(dead, doc) != 0):
                counts[doc] += np.uint64(number)
                bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)
        more = after(book, cursor)


@bare
def add_occurrences(book: Any, cursor: Any, numbers: Any, counts: Any, bits: Any) -> None:
    """Add the occurrences of a cursor's list to ``counts`` of their documents, and set these documents' ``bits``."""
    more, here = get(cursor, LEFT) > 0, get(cursor, DOCS)
    while more:
        for place in range(tally(book, cursor, numbers)):
            doc, number = i32(here, place), i64(numbers, place)
            if number:
                counts[doc] += np.uint64(number)
                bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)
        more = after(book, cursor)


@bare
def accumulate(
    book: Any, room: Any, terms: Any, low: Any, high: Any, ends: Any, chosen: Any, use: Any, parts: Any, counts: Any, bits: Any
) -> None:
    """Add the occurrences of ``terms[low:high]`` to ``counts`` and ``bits``.

    A term whose run of ``chosen`` (numbers of forms, up to ``ends``) is not empty counts with these forms only; ``use`` has a 0
    for each form of any term, also afterwards. Sums are of integers, so the order of terms doesn't matter.
    """
    cursor = address(room)
    for turn in range(low, high):
        begin(book, cursor, np.int64(terms[turn]), parts, 0.0)
        run, end = np.int64(ends[turn - 1]) if turn > 0 else np.int64(0), np.int64(ends[turn])
        if run == end:
            add_occurrences(book, cursor, cursor + CURSOR, counts, bits)
            continue
        for place in range(run, end):
            use[chosen[place]] = 1
        add_forms(book, cursor, np.int64(terms[turn]), use, counts, bits)
        for place in range(run, end):
            use[chosen[place]] = 0


@inlined
def lowest(word: Any) -> Any:
    """Place of the lowest bit set in a word that isn't 0."""
    below = (word & (~word + np.uint64(1))) - np.uint64(1)
    value = below - ((below >> np.uint64(1)) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))


@bare
def harvest(book: Any, counts: Any, bits: Any, docs: Any, weights: Any) -> Any:
    """Documents and weights of what was accumulated; gives their number, and leaves ``counts`` and ``bits`` all 0."""
    found = np.int64(0)
    for place in range(bits.shape[0]):
        word = bits[place]
        bits[place] = np.uint64(0)
        while word:
            doc = 64 * place + lowest(word)
            word &= word - np.uint64(1)
            number = np.int64(counts[doc])
            counts[doc] = np.uint64(0)
            docs[found] = doc
            weights[found] = weight(book, doc, number >> 32, number & LOW)
            found += 1
    return found
