"""Documents of posting lists, without how often or how well, which is looked up of few: what counting needs of all matches.

A *book* is the address of a table, as `lists` says. Arrays that documents are decoded into need `SPARE` items more than that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.lists import (
    BLOCKS,
    DEAD,
    LAST,
    PLACE,
    POST,
    SIZES,
    STARTS,
    WIDTHS,
    begin,
    get,
    open_block,
    read_docs,
    run_bytes,
    seek,
    share,
    skip,
)
from searchapp.engines.whoosh.kernels.memory import address, i32, u8, u32
from searchapp.engines.whoosh.kernels.weighing import lowest
from searchapp.engines.whoosh.layout import BLOCK

SPARE = BLOCK


@bare
def listed(book: Any, term: Any, docs: Any) -> Any:
    """The live documents of a term; gives their number."""
    block, left = u32(get(book, BLOCKS), term), u32(get(book, SIZES), term)
    at = get(book, POST) + u32(get(book, STARTS), term)
    last, dead, out, before = get(book, LAST), get(book, DEAD), address(docs), np.int64(-1)
    held = np.int64(0)
    while left > 0:
        count, widths = min(left, BLOCK), u32(get(book, WIDTHS), block)
        read_docs(at, count, widths & 0xFF, before, out + 4 * held)
        if dead:
            alive = held
            for number in range(held, held + count):
                docs[alive] = docs[number]
                alive += u8(dead, np.int64(docs[number])) == 0
            held = alive
        else:
            held += count
        at += run_bytes(count, widths)
        before = i32(last, block)
        block += 1
        left -= count
    return held


@bare
def add_all(docs: Any, size: Any, bits: Any) -> None:
    """Add ``docs[:size]`` to a set."""
    for number in range(size):
        doc = np.uint64(docs[number])
        bits[doc >> np.uint64(6)] |= np.uint64(1) << (doc & np.uint64(63))


@bare
def kept(docs: Any, size: Any, bits: Any) -> Any:
    """Move those of ``docs[:size]`` that are in a set to the front; gives their number."""
    held = 0
    for number in range(size):
        doc = np.uint64(docs[number])
        docs[held] = docs[number]
        held += np.int64(bits[doc >> np.uint64(6)] >> (doc & np.uint64(63)) & np.uint64(1))
    return held


@bare
def remove_all(docs: Any, size: Any, bits: Any) -> None:
    """Empty a set of ``docs[:size]``."""
    for number in range(size):
        bits[np.uint64(docs[number]) >> np.uint64(6)] = np.uint64(0)


@bare
def members(bits: Any, docs: Any) -> Any:
    """The documents of a set, which is empty afterwards; gives their number."""
    held = 0
    for place in range(bits.shape[0]):
        word = bits[place]
        bits[place] = np.uint64(0)
        while word:
            docs[held] = np.int64(place) * 64 + lowest(word)
            word &= word - np.uint64(1)
            held += 1
    return held


@bare
def score(book: Any, cursor: Any, term: Any, factor: Any, k1: Any, docs: Any, scores: Any) -> None:
    """Add a term's scores to those of some documents (ascending). ``cursor``: an array of `lists.CURSOR` bytes to work in."""
    at = address(cursor)
    begin(book, at, term, 3, factor)
    for number in range(docs.shape[0]):
        doc = np.int64(docs[number])
        if not skip(book, at, doc):
            break
        open_block(book, at)
        if seek(at, doc):
            scores[number] += share(book, at, get(at, PLACE), doc, k1)
