"""Postings made: occurrences sorted by term, cut into blocks and packed as `searchapp.engines.whoosh.layout` says.

An occurrence is a *mark* (document << 33 | part << 32 | position; part 0 is the title, 1 all else) and a code (its form among
the term's). Marks of a term ascend. Buffers for packed bytes need room for the widest integers and 8 bytes more.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.bits import load, pack, packed, unpack, width
from searchapp.engines.whoosh.layout import BLOCK, BOUND_STEPS, BOUND_ZERO, NO_BOUND

PART = 1 << 32
SLACK = 1e-9
"""A bound is this much above the weight, relatively: whoever computes a weight in another order stays below."""


@bare
def tally(rows: Any, ends: Any, compound_tokens: Any, compound_rows: Any, text: Any, furniture: Any) -> None:
    """Count each row's occurrences in ``text`` (title and body) and ``furniture``; ``ends`` are of three texts a document."""
    token, seen = 0, 0
    for document in range(ends.shape[0] // 3):
        cut = ends[3 * document + 1]
        while token < ends[3 * document + 2]:
            counts = text if token < cut else furniture
            counts[rows[token]] += 1
            while seen < compound_tokens.shape[0] and compound_tokens[seen] == token:
                counts[compound_rows[seen]] += 1
                seen += 1
            token += 1


@bare
def sort(rows: Any, ends: Any, compounds: Any, targets: Any, furniture: Any, places: Any, marks: Any, codes: Any) -> None:
    """Put every occurrence of the text, or of the furniture, where its term's are.

    ``compounds`` are two rows: tokens, and the rows of the words they begin. ``targets``: for each row its term << 32 | code.
    ``places``: where each term's next occurrence goes.
    """
    seen, end = 0, 0
    for document in range(ends.shape[0] // 3):
        start, middle, cut = end, ends[3 * document], ends[3 * document + 1]
        end = ends[3 * document + 2]
        if furniture:
            start = middle = cut
        stop = end if furniture else cut
        while seen < compounds.shape[1] and compounds[0, seen] < start:
            seen += 1
        for token in range(start, stop):
            mark = (document << 33) + (token - start if token < middle else PART + token - middle)
            target = targets[rows[token]]
            while True:
                term = target >> 32
                place = places[term]
                marks[place] = mark
                codes[place] = target & 0xFFFFFFFF
                places[term] = place + 1
                if seen == compounds.shape[1] or compounds[0, seen] != token:
                    break
                target = targets[compounds[1, seen]]
                seen += 1


@bare
def bound(weight: Any) -> Any:
    """The code of the smallest power that isn't below a weight, see ``X.max``."""
    if weight <= 0.0:
        return 0
    code = math.ceil(math.log2(weight * (1.0 + SLACK)) * BOUND_STEPS) + BOUND_ZERO
    return NO_BOUND if code >= NO_BOUND else max(code, 0)


@bare
def write_block(
    count: Any,
    gaps: Any,
    more: Any,
    titles: Any,
    positions: Any,
    codes: Any,
    room: Any,
    coded: Any,
    out: Any,
    at: Any,
    widths: Any,
) -> None:
    """Pack one block of ``count`` postings and ``at[3]`` occurrences. ``room``: which code is the first one, the codes' width.

    ``out``: post, pos, code; ``at``: where to go on in these.
    """
    post, pos, code = out
    number = at[3]
    widths[0], widths[1], widths[2] = _widest(gaps, count), _widest(more, count), _widest(titles, count)
    widths[3] = _widest(positions, number)
    at[0] = pack(gaps, 0, count, np.int64(widths[0]), post, at[0])
    at[0] = pack(more, 0, count, np.int64(widths[1]), post, at[0])
    at[0] = pack(titles, 0, count, np.int64(widths[2]), post, at[0])
    at[1] = pack(positions, 0, number, np.int64(widths[3]), pos, at[1])
    if coded:
        at[2] = pack(codes, room[0], number, room[1], code, at[2])


@bare
def _widest(numbers: Any, count: Any) -> Any:
    """Bits of the widest."""
    mask = np.uint64(0)
    for place in range(count):
        mask |= np.uint64(numbers[place])
    return width(mask)


@bare
def pack_terms(
    starts: Any, marks: Any, codes: Any, bits: Any, coded: Any, scratch: Any, out: Any, terms: Any, blocks: Any
) -> Any:
    """Pack sorted occurrences; those of term t are ``starts[t] : starts[t + 1]``. Gives the number of blocks.

    ``bits``: width of each term's codes. ``scratch``: three arrays of `BLOCK` numbers, one as long as the longest list, and one
    of four zeros, the first three of which become the bytes of the streams. ``out``: post, pos, code.
    ``terms``: df, first block, place in post.
    ``blocks``: last document, widths, pat, cat.
    """
    last, widths, pat, cat = blocks
    gaps, more, titles, positions, at = scratch
    block = 0
    for term in range(starts.shape[0] - 1):
        terms[1][term], terms[2][term] = block, at[0]
        place, end, count, before, df = starts[term], starts[term + 1], 0, -1, 0
        at[3], begin = 0, place
        while place < end:
            document = marks[place] >> 33
            gaps[count], more[count], titles[count] = document - before - 1, 0, 0
            before, part, position = document, -1, 0
            while place < end and marks[place] >> 33 == document:
                here = (marks[place] >> 32) & 1
                now = marks[place] & 0xFFFFFFFF
                if here != part:
                    part, position = here, 0
                positions[at[3]] = now - position
                position = now
                more[count] += 1
                titles[count] += 1 - here
                at[3] += 1
                place += 1
            more[count] -= 1
            count += 1
            df += 1
            if count == BLOCK or place == end:
                last[block], pat[block], cat[block] = before, at[1], at[2]
                room = (begin, bits[term])
                write_block(count, gaps, more, titles, positions, codes, room, coded, out, at, widths[4 * block : 4 * block + 4])
                block, count, at[3], begin = block + 1, 0, 0, place
        terms[0][term] = df
    return block


@bare
def survey(
    terms: Any, streams: Any, blocks: Any, bits: Any, rows: Any, live: Any, coded: Any, scratch: Any, alive: Any, used: Any
) -> None:
    """Which terms and which of their forms have occurrences in live documents: sets ``alive[term]``, ``used[rows[term] + code]``.

    ``terms``: df, first block, place in post. ``streams``: post, code. ``blocks``: widths, cat.
    ``scratch``: three arrays of `BLOCK` numbers.
    """
    df, first, places = terms
    post, codes = streams
    widths, cat = blocks
    gaps, more, titles = scratch
    for term in range(df.shape[0]):
        left, block, at, document = df[term], first[term], places[term], -1
        mask = (np.uint64(1) << np.uint64(bits[term])) - np.uint64(1)
        while left > 0:
            count, place = min(left, BLOCK), 0
            at = read_block(post, at, count, widths, block, gaps, more, titles)
            for posting in range(count):
                document += gaps[posting] + 1
                after = place + more[posting] + 1
                if live[document]:
                    alive[term] = True
                    for bit in range(place * bits[term], after * bits[term] if coded else 0, max(bits[term], 1)):
                        code = load(codes, cat[block] + (bit >> 3)) >> np.uint64(bit & 7)
                        used[rows[term] + np.int64(code & mask)] = True
                    if coded and bits[term] == 0:
                        used[rows[term]] = True
                place = after
            left -= count
            block += 1


@bare
def read_block(post: Any, place: Any, size: Any, widths: Any, block: Any, gaps: Any, more: Any, titles: Any) -> Any:
    """Unpack a block's gaps, occurrences - 1 and occurrences in the title; gives where the next block begins."""
    one, two, three = np.int64(widths[4 * block]), np.int64(widths[4 * block + 1]), np.int64(widths[4 * block + 2])
    unpack(post, place, size, one, gaps, 0)
    place += packed(size, one)
    unpack(post, place, size, two, more, 0)
    place += packed(size, two)
    unpack(post, place, size, three, titles, 0)
    return place + packed(size, three)


@bare
def write_offsets(starts: Any, lengths: Any, ends: Any, out: Any, out_ends: Any) -> None:
    """Where tokens are, as the layout's ``offsets``; ``ends`` are of three texts a document. ``out_ends``: of each document."""
    size, token = 0, 0
    for text in range(ends.shape[0]):
        before = 0
        while token < ends[text]:
            gap, length = np.int64(starts[token]) - before, np.int64(lengths[token])
            before += gap + length
            out[size] = min(length, 31) << 3 | min(gap, 7)
            size += 1
            if length >= 31:
                size = _write_rest(length - 31, out, size)
            if gap >= 7:
                size = _write_rest(gap - 7, out, size)
            token += 1
        if text % 3 == 2:
            out_ends[text // 3] = size


@bare
def _write_rest(value: Any, out: Any, at: Any) -> Any:
    while value > 127:
        out[at] = (value & 127) | 128
        at += 1
        value >>= 7
    out[at] = value
    return at + 1
