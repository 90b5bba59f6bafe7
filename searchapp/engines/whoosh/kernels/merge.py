"""Postings of several segments made one list a term, repacked; what is of dead documents is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from searchapp.engines.whoosh.kernels.bits import packed, unpack
from searchapp.engines.whoosh.kernels.build import bound, write_block
from searchapp.engines.whoosh.layout import BLOCK, NO_BOUND


@njit(cache=True, nogil=True)
def merge(
    members: Any, sources: Any, streams: Any, blocks: Any, remap: Any, bits: Any, coded: Any, norms: Any, terms: Any, made: Any
) -> Any:
    """Merge a chunk of terms. Gives the three streams made (post, pos, code), and the number of blocks.

    ``members``, one item a term of a source, the sources one after the other: the term's number in the chunk (ascending in
    a source), df, first block, place in post, width of its codes, where its codes' new ones are in ``remap``.
    ``sources``: where each one's members begin; its documents' new numbers (-1: dead), one source after the other; where
    these begin. ``streams``: post, pos, code; ``blocks``: widths, pat, cat. ``bits``: width of the codes to be written.
    ``norms``: what an occurrence in title and body weighs in each new document; empty: no bounds.
    ``terms``: df, first block, place in post. ``made``: last document, widths, max, pat, cat.
    """
    number, df, first, places, code_bits, codes_at = members
    begins, documents, document_at = sources
    weighed = norms[0].shape[0] > 0
    out = (np.empty(1 << 16, np.uint8), np.empty(1 << 16, np.uint8), np.empty(1 << 16, np.uint8))
    at, block, next_member = np.zeros(4, np.int64), 0, begins[:-1].copy()
    read = (np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64))
    positions, codes = np.empty(4 * BLOCK, np.int64), np.zeros(4 * BLOCK, np.int64)
    waiting = (np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint32))
    moved, recoded = np.empty(4 * BLOCK, np.uint32), np.empty(4 * BLOCK, np.uint32)
    for term in range(bits.shape[0]):
        terms[1][term], terms[2][term] = block, at[0]
        count, before, total, best, at[3] = 0, -1, 0, 0.0, 0
        for source in range(begins.shape[0] - 1):
            member = next_member[source]
            if member == begins[source + 1] or number[member] != term:
                continue
            next_member[source] += 1
            left, held_in, place, document = df[member], first[member], places[member], document_at[source] - 1
            while left > 0:
                size = min(left, BLOCK)
                shape = blocks[0][4 * held_in : 4 * held_in + 4]
                place = read_block(streams[0], place, size, shape, read)
                occurrences = read[1][:size].sum() + size
                if occurrences > positions.shape[0]:
                    positions, codes = np.empty(2 * occurrences, np.int64), np.zeros(2 * occurrences, np.int64)
                unpack(streams[1], blocks[1][held_in], occurrences, shape[3], positions, 0)
                if coded:
                    unpack(streams[2], blocks[2][held_in], occurrences, code_bits[member], codes, 0)
                occurrence = 0
                for posting in range(size):
                    document += read[0][posting] + 1
                    many, titles, target = read[1][posting] + 1, read[2][posting], documents[document]
                    if target >= 0:
                        end = at[3] + many
                        if end > moved.shape[0]:
                            moved, recoded = _longer(moved, end), _longer(recoded, end)
                        for step in range(many):
                            moved[at[3] + step] = positions[occurrence + step]
                        if coded:
                            for step in range(many):
                                recoded[at[3] + step] = remap[codes_at[member] + codes[occurrence + step]]
                        at[3] = end
                        waiting[0][count], waiting[1][count], waiting[2][count] = target - before - 1, many - 1, titles
                        before = target
                        if weighed:
                            best = max(best, titles * norms[0][target] + (many - titles) * norms[1][target])
                        count, total = count + 1, total + 1
                        if count == BLOCK:
                            out = _write(
                                block,
                                count,
                                before,
                                best,
                                weighed,
                                waiting,
                                moved,
                                recoded,
                                bits[term],
                                coded,
                                out,
                                at,
                                made,
                            )
                            block, count, best = block + 1, 0, 0.0
                    occurrence += many
                left, held_in = left - size, held_in + 1
        if count:
            out = _write(block, count, before, best, weighed, waiting, moved, recoded, bits[term], coded, out, at, made)
            block += 1
        terms[0][term] = total
    return (out[0][: at[0]], out[1][: at[1]], out[2][: at[2]]), block


@njit(cache=True, nogil=True)
def read_block(post: Any, place: Any, size: Any, shape: Any, out: Any) -> Any:
    """Unpack a block's gaps, occurrences - 1 and occurrences in the title; gives where the next block begins."""
    for run in range(3):
        unpack(post, place, size, shape[run], out[run], 0)
        place += packed(size, np.int64(shape[run]))
    return place


@njit(cache=True, nogil=True)
def _write(
    block: Any,
    count: Any,
    before: Any,
    best: Any,
    weighed: Any,
    waiting: Any,
    positions: Any,
    codes: Any,
    bits: Any,
    coded: Any,
    out: Any,
    at: Any,
    made: Any,
) -> Any:
    """Write a block and what the dictionary says of it; gives the streams, which may have been made anew."""
    last, widths, bounds, pat, cat = made
    last[block], pat[block], cat[block] = before, at[1], at[2]
    bounds[block] = bound(best) if weighed else NO_BOUND
    roomy = (_roomier(out[0], at[0], 3 * count), _roomier(out[1], at[1], at[3]), _roomier(out[2], at[2], at[3]))
    gaps, more, titles = waiting
    write_block(count, gaps, more, titles, positions, codes, (0, bits), coded, roomy, at, widths[4 * block : 4 * block + 4])
    at[3] = 0
    return roomy


@njit(cache=True, nogil=True)
def _roomier(out: Any, at: Any, numbers: Any) -> Any:
    """``out``, or a longer copy of it when so many numbers of any width don't fit behind ``at``."""
    if at + 4 * numbers + 16 <= out.shape[0]:
        return out
    longer = np.empty(2 * (at + 4 * numbers + 16), np.uint8)
    longer[:at] = out[:at]
    return longer


@njit(cache=True, nogil=True)
def _longer(items: Any, least: Any) -> Any:
    longer = np.empty(2 * least, np.uint32)
    longer[: items.shape[0]] = items
    return longer
