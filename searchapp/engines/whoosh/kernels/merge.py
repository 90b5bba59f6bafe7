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
    post, pos, code = streams
    widths, pat, cat = blocks
    last, new_widths, bounds, new_pat, new_cat = made
    titles_weigh, bodies_weigh = norms
    weighed = titles_weigh.shape[0] > 0
    at, room, block = np.zeros(4, np.int64), np.zeros(2, np.int64), 0
    out_post, out_pos, out_code = np.empty(1 << 16, np.uint8), np.empty(1 << 16, np.uint8), np.empty(1 << 16, np.uint8)
    gaps, more, titles = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    positions, codes = np.empty(4 * BLOCK, np.int64), np.zeros(4 * BLOCK, np.int64)
    new_gaps, new_more, new_titles = np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint32), np.empty(BLOCK, np.uint32)
    new_positions, new_codes = np.empty(4 * BLOCK, np.uint32), np.empty(4 * BLOCK, np.uint32)
    at_member = begins[:-1].copy()
    for term in range(bits.shape[0]):
        terms[1][term], terms[2][term] = block, at[0]
        count, before, total, best = 0, -1, 0, 0.0
        at[3], room[1] = 0, bits[term]
        for source in range(begins.shape[0] - 1):
            member = at_member[source]
            if member == begins[source + 1] or number[member] != term:
                continue
            at_member[source] += 1
            left, read, place = df[member], first[member], places[member]
            document = document_at[source] - 1
            new = codes_at[member]
            while left > 0:
                size = min(left, BLOCK)
                shape = widths[4 * read : 4 * read + 4]
                unpack(post, place, size, shape[0], gaps, 0)
                place += packed(size, np.int64(shape[0]))
                unpack(post, place, size, shape[1], more, 0)
                place += packed(size, np.int64(shape[1]))
                unpack(post, place, size, shape[2], titles, 0)
                place += packed(size, np.int64(shape[2]))
                occurrences = more[:size].sum() + size
                if occurrences > positions.shape[0]:
                    positions, codes = np.empty(2 * occurrences, np.int64), np.zeros(2 * occurrences, np.int64)
                unpack(pos, pat[read], occurrences, shape[3], positions, 0)
                if coded:
                    unpack(code, cat[read], occurrences, code_bits[member], codes, 0)
                occurrence = 0
                for posting in range(size):
                    document += gaps[posting] + 1
                    held = more[posting] + 1
                    target = documents[document]
                    if target >= 0:
                        if at[3] + held > new_positions.shape[0]:
                            new_positions = _longer(new_positions, at[3] + held)
                            new_codes = _longer(new_codes, at[3] + held)
                        for step in range(held):
                            new_positions[at[3] + step] = positions[occurrence + step]
                        if coded:
                            for step in range(held):
                                new_codes[at[3] + step] = remap[new + codes[occurrence + step]]
                        at[3] += held
                        new_gaps[count], new_more[count], new_titles[count] = target - before - 1, held - 1, titles[posting]
                        before = target
                        if weighed:
                            weight = titles[posting] * titles_weigh[target] + (held - titles[posting]) * bodies_weigh[target]
                            best = max(best, weight)
                        count += 1
                        total += 1
                        if count == BLOCK:
                            out_post = _roomier(out_post, at[0], 3 * count)
                            out_pos = _roomier(out_pos, at[1], at[3])
                            out_code = _roomier(out_code, at[2], at[3])
                            last[block], new_pat[block], new_cat[block] = before, at[1], at[2]
                            bounds[block] = bound(best) if weighed else NO_BOUND
                            shape_made, out = new_widths[4 * block : 4 * block + 4], (out_post, out_pos, out_code)
                            write_block(
                                count, new_gaps, new_more, new_titles, new_positions, new_codes, room, coded, out, at, shape_made
                            )
                            block, count, at[3], best = block + 1, 0, 0, 0.0
                    occurrence += held
                left -= size
                read += 1
        if count:
            out_post = _roomier(out_post, at[0], 3 * count)
            out_pos = _roomier(out_pos, at[1], at[3])
            out_code = _roomier(out_code, at[2], at[3])
            last[block], new_pat[block], new_cat[block] = before, at[1], at[2]
            bounds[block] = bound(best) if weighed else NO_BOUND
            shape_made, out = new_widths[4 * block : 4 * block + 4], (out_post, out_pos, out_code)
            write_block(count, new_gaps, new_more, new_titles, new_positions, new_codes, room, coded, out, at, shape_made)
            block += 1
        terms[0][term] = total
    return (out_post[: at[0]], out_pos[: at[1]], out_code[: at[2]]), block


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
