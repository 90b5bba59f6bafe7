"""A posting list, walked block by block: its documents are decoded, how often each has the term is looked up where it is asked.

`layout` gives the format. A *book* is the address of a table of int64 that says where the arrays of a set are (`view` makes
it): the names below are its places. A *cursor* is the address of `CURSOR` bytes that say where a walk stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, inlined
from searchapp.engines.whoosh.kernels.memory import f64, i32, i64, put_f64, put_i32, put_i64, u8, u32, u64
from searchapp.engines.whoosh.layout import BLOCK, WORDS

BOOK = (
    "post", "last", "widths", "blocks", "starts", "sizes", "bounds", "ceilings", "dead",
    "lengths", "rows", "column", "other_column", "table", "tabled", "other_table", "other_tabled", "numbers", "moments", "rank",
    "pos", "pat", "code", "cat", "nforms",
)  # fmt: skip
"""Of a set: addresses of X.post, X.last, X.widths, X.block, X.at, X.df, X.max; of what weight / (k1 + weight) can't exceed
with each bound; of one byte a document, not 0 for deleted ones (0: none is); of the documents' `lengths <packed>`; of
``rows``, with the columns of both parts' lengths; of what one occurrence weighs by length, in both parts, and how many
lengths are there; of boost, b and average length of both; of ``rows`` as int64; of ids.rank; of X.pos,
X.pat, X.code, X.cat and X.nforms."""
(POST, LAST, WIDTHS, BLOCKS, STARTS, SIZES, BOUNDS, CEILINGS, DEAD, LENGTHS, ROWS, COLUMN, OTHER_COLUMN, TABLE, TABLED,
 OTHER_TABLE, OTHER_TABLED, NUMBERS, MOMENTS, RANK, POS, PAT, CODE, CAT, NFORMS) = range(len(BOOK))  # fmt: skip

LONG_TITLE, LONG_BODY, BODY_BITS = 0xFF, 0xFFFFFF, 24
"""A document's lengths in 32 bits: the first part's above the second's, these numbers standing for themselves or more."""

(AT_BLOCK, AT, LEFT, COUNT, PLACE, HERE, TOTALS, TOTAL_BITS, FIRSTS, FIRST_BITS, DOCS, BEGIN, PARTS, FACTOR, CAP, SHARE) = range(
    16
)
"""In a cursor: the block, where it begins in X.post, postings from it on; how many it has, the place in it (-1: not decoded), the
document there; where its occurrences - 1 are and how wide, those in the first part; where its documents are; the first block; the
parts that count, the factor, what a posting of the block can score, what the document at hand does."""
NEAR = 16
"""Documents compared at once."""
CURSOR = 16 * 8 + 4 * (BLOCK + NEAR)
END = 2**31 - 1


get, put = i64, put_i64
"""Numbers of a book, and of a cursor."""


@inlined
def run_at(at: Any, place: Any, bits: Any) -> Any:
    """One integer of a run of width ``bits``."""
    bit = place * bits
    return np.int64((u64(at + (bit >> 3)) >> np.uint64(bit & 7)) & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))


@bare
def read_docs(at: Any, count: Any, bits: Any, before: Any, docs: Any) -> None:
    """Decode a block's documents to int32 from ``docs`` on, and `END` in the places after them."""
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    for eight in range((count + 7) >> 3):
        base, out = at + eight * bits, docs + 32 * eight
        for number in range(8):
            value = (u64(base + ((number * bits) >> 3)) >> np.uint64((number * bits) & 7)) & mask
            put_i32(out, number, np.int64(value))
    doc = before
    for number in range(count):
        doc += i32(docs, number) + 1
        put_i32(docs, number, doc)
    for number in range(count, BLOCK):
        put_i32(docs, number, END)


@bare
def run_bytes(count: Any, widths: Any) -> Any:
    """Bytes of a block in X.post; ``widths`` as they are there, four bytes."""
    return (
        ((count * (widths & 0xFF) + 7) >> 3)
        + ((count * (widths >> 8 & 0xFF) + 7) >> 3)
        + ((count * (widths >> 16 & 0xFF) + 7) >> 3)
    )


@bare
def cap(book: Any, cursor: Any) -> None:
    """Note what a posting of the cursor's block can score."""
    bound = u8(get(book, BOUNDS), get(cursor, AT_BLOCK))
    put_f64(cursor, CAP, f64(cursor, FACTOR) * f64(get(book, CEILINGS), bound))


@bare
def begin(book: Any, cursor: Any, term: Any, parts: Any, factor: Any) -> None:
    """Put a cursor at the first block of a term."""
    block = u32(get(book, BLOCKS), term)
    put(cursor, AT_BLOCK, block)
    put(cursor, BEGIN, block)
    put(cursor, AT, u32(get(book, STARTS), term))
    put(cursor, LEFT, u32(get(book, SIZES), term))
    put(cursor, PLACE, np.int64(-1))
    put(cursor, DOCS, cursor + 16 * 8)
    for place in range(BLOCK, BLOCK + NEAR):
        put_i32(cursor + 16 * 8, place, END)
    put(cursor, PARTS, parts)
    put_f64(cursor, FACTOR, factor)
    cap(book, cursor)


@inlined
def skip(book: Any, cursor: Any, doc: Any) -> Any:
    """Move on to the block that a document would be in; gives whether there is one."""
    if get(cursor, LEFT) > 0 and i32(get(book, LAST), get(cursor, AT_BLOCK)) < doc:
        skip_blocks(book, cursor, doc)
    return get(cursor, LEFT) > 0


@bare
def skip_blocks(book: Any, cursor: Any, doc: Any) -> None:
    """Pass over the blocks that end before a document, of which there is one."""
    left, block, at = get(cursor, LEFT), get(cursor, AT_BLOCK), get(cursor, AT)
    last, widths = get(book, LAST), get(book, WIDTHS)
    while left > 0 and i32(last, block) < doc:
        at += run_bytes(min(left, BLOCK), u32(widths, block))
        left -= BLOCK
        block += 1
    put(cursor, AT_BLOCK, block)
    put(cursor, AT, at)
    put(cursor, LEFT, left)
    put(cursor, PLACE, -1)
    if left > 0:
        cap(book, cursor)


@inlined
def open_block(book: Any, cursor: Any) -> None:
    """Decode the documents of the cursor's block, if they aren't yet."""
    if get(cursor, PLACE) < 0:
        decode(book, cursor)


@bare
def decode(book: Any, cursor: Any) -> None:
    """Decode the documents of the cursor's block."""
    block, count = get(cursor, AT_BLOCK), min(get(cursor, LEFT), BLOCK)
    widths = u32(get(book, WIDTHS), block)
    at, bits = get(book, POST) + get(cursor, AT), widths & 0xFF
    before = i32(get(book, LAST), block - 1) if block > get(cursor, BEGIN) else np.int64(-1)
    read_docs(at, count, bits, before, get(cursor, DOCS))
    totals = at + ((count * bits + 7) >> 3)
    put(cursor, TOTALS, totals)
    put(cursor, TOTAL_BITS, widths >> 8 & 0xFF)
    put(cursor, FIRSTS, totals + ((count * (widths >> 8 & 0xFF) + 7) >> 3))
    put(cursor, FIRST_BITS, widths >> 16 & 0xFF)
    put(cursor, COUNT, count)
    put(cursor, PLACE, np.int64(0))


@inlined
def seek(cursor: Any, doc: Any) -> Any:
    """Move to the first document of the open block that isn't before one; gives whether it is that one.

    Documents are asked for in ascending order. The next `NEAR` are compared at once, for it mostly is among these; if not, the
    block is halved, without a branch that nobody can guess.
    """
    docs, place = get(cursor, DOCS), get(cursor, PLACE)
    passed = np.int64(0)
    for number in range(NEAR):
        passed += i32(docs, place + number) < doc
    place += passed
    if passed == NEAR:
        place, step = np.int64(0), np.int64(BLOCK >> 1)
        while step > 0:
            place += step * np.int64(i32(docs, place + step - 1) < doc)
            step >>= 1
    put(cursor, PLACE, place)
    return i32(docs, place) == doc


@inlined
def norm(length: Any, table: Any, tabled: Any, numbers: Any) -> Any:
    """What one occurrence in a field of some length weighs: boost / (1 - b + b × length / average length)."""
    if length < tabled:
        return f64(table, length)
    b = f64(numbers, 1)
    return f64(numbers, 0) / (1.0 - b + b * length / f64(numbers, 2))


@inlined
def weight(book: Any, doc: Any, first: Any, second: Any) -> Any:
    """BM25F's weight of ``first`` occurrences in the first part and ``second`` in the second."""
    lengths = u32(get(book, LENGTHS), doc)
    body = lengths & LONG_BODY
    if body == LONG_BODY:
        body = u32(get(book, ROWS), WORDS * doc + get(book, OTHER_COLUMN))
    found = second * norm(body, get(book, OTHER_TABLE), get(book, OTHER_TABLED), get(book, NUMBERS) + 24)
    if first > 0:
        title = lengths >> BODY_BITS
        if title == LONG_TITLE:
            title = u32(get(book, ROWS), WORDS * doc + get(book, COLUMN))
        found = first * norm(title, get(book, TABLE), get(book, TABLED), get(book, NUMBERS)) + found
    return found


@inlined
def share(book: Any, cursor: Any, place: Any, doc: Any, k1: Any) -> Any:
    """The score of a posting of the open block; 0 when it isn't in the parts that count."""
    first = run_at(get(cursor, FIRSTS), place, get(cursor, FIRST_BITS))
    second = run_at(get(cursor, TOTALS), place, get(cursor, TOTAL_BITS)) + 1 - first
    parts = get(cursor, PARTS)
    if parts != 3:
        first *= parts & 1
        second *= parts >> 1
    found = weight(book, np.int64(doc), first, second)
    return f64(cursor, FACTOR) * found / (k1 + found)
