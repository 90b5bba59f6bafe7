"""Postings of several segments made one list a term, repacked; what is of dead documents is left out."""

from __future__ import annotations

from typing import Any

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.bits import unpack
from searchapp.engines.whoosh.kernels.build import bound, read_block, write_block
from searchapp.engines.whoosh.layout import BLOCK, NO_BOUND


@bare
def merge(
    first_term: Any, members: Any, sources: Any, streams: Any, blocks: Any, remap: Any, bits: Any, coded: Any, norms: Any,
    scratch: Any, out: Any, terms: Any, made: Any, at: Any,
) -> Any:  # fmt: skip
    """Merge the terms of a chunk from ``first_term`` on, until ``scratch`` or ``out`` is too short; gives the next term.

    ``members``, one item a term of a source, the sources one after the other: the term's number in the chunk (ascending in
    a source), df, first block, place in post, width of its codes, where its codes' new ones are in ``remap``.
    ``sources``: each one's next member, and where its members end; its documents' new numbers (-1: dead), one source after the
    other, and where these begin. ``streams``: post, pos, code; ``blocks``: widths, pat, cat. ``bits``: width of the codes to be
    written. ``norms``: what an occurrence in title and body weighs in each new document; empty: no bounds. ``scratch``: six
    arrays of `BLOCK` numbers, and four for occurrences. ``out``: post, pos, code. ``terms``: df, first block, place in post.
    ``made``: last document, widths, max, pat, cat. ``at``: bytes of the three streams, room for a number, and blocks.
    """
    number, df, first, places, code_bits, codes_at = members
    next_member, member_end, documents, document_at = sources
    post, pos, code = streams
    widths, pat, cat = blocks
    titles_weigh, bodies_weigh = norms
    weighed = titles_weigh.shape[0] > 0
    gaps, more, titles, new_gaps, new_more, new_titles, positions, codes, moved, recoded = scratch
    for term in range(first_term, bits.shape[0]):
        post_at, pos_at, code_at, block = at[0], at[1], at[2], at[4]
        terms[1][term], terms[2][term] = block, at[0]
        count, before, total, best, held = 0, -1, 0, 0.0, 0
        for source in range(next_member.shape[0]):
            member = next_member[source]
            if member == member_end[source] or number[member] != term:
                continue
            left, read, place, document = df[member], first[member], places[member], document_at[source] - 1
            while left > 0:
                size = min(left, BLOCK)
                place = read_block(post, place, size, widths, read, gaps, more, titles)
                occurrences = size
                for posting in range(size):
                    occurrences += more[posting]
                if occurrences > positions.shape[0] or held + occurrences > moved.shape[0] or _short(out, at, held + occurrences):
                    at[0], at[1], at[2], at[4] = post_at, pos_at, code_at, block
                    return term
                unpack(pos, pat[read], occurrences, widths[4 * read + 3], positions, 0)
                if coded:
                    unpack(code, cat[read], occurrences, code_bits[member], codes, 0)
                start, end = 0, 0
                for posting in range(size):
                    document += gaps[posting] + 1
                    many, target = more[posting] + 1, documents[document]
                    if target < 0:
                        held = _take(positions, codes, remap, codes_at[member], coded, start, end, moved, recoded, held)
                        end += many
                        start = end
                        continue
                    end += many
                    new_gaps[count], new_more[count], new_titles[count] = target - before - 1, many - 1, titles[posting]
                    before = target
                    if weighed:
                        best = max(best, titles[posting] * titles_weigh[target] + (many - titles[posting]) * bodies_weigh[target])
                    count += 1
                    total += 1
                    if count == BLOCK:
                        at[3] = _take(positions, codes, remap, codes_at[member], coded, start, end, moved, recoded, held)
                        bounded = bound(best) if weighed else NO_BOUND
                        _write(
                            count,
                            before,
                            bounded,
                            new_gaps,
                            new_more,
                            new_titles,
                            moved,
                            recoded,
                            bits[term],
                            coded,
                            out,
                            at,
                            made,
                        )
                        count, best, held, start = 0, 0.0, 0, end
                held = _take(positions, codes, remap, codes_at[member], coded, start, end, moved, recoded, held)
                left, read = left - size, read + 1
        if count:
            at[3], bounded = held, bound(best) if weighed else NO_BOUND
            _write(count, before, bounded, new_gaps, new_more, new_titles, moved, recoded, bits[term], coded, out, at, made)
        terms[0][term] = total
        for source in range(next_member.shape[0]):
            if next_member[source] < member_end[source] and number[next_member[source]] == term:
                next_member[source] += 1
    return bits.shape[0]


@bare
def _short(out: Any, at: Any, occurrences: Any) -> Any:
    """Whether two more blocks, with so many occurrences, might not fit."""
    post, pos, code = out
    most = 4 * occurrences + 16
    return at[0] + 24 * BLOCK + 16 > post.shape[0] or at[1] + most > pos.shape[0] or at[2] + most > code.shape[0]


@bare
def _take(
    positions: Any, codes: Any, remap: Any, recode: Any, coded: Any, start: Any, end: Any, moved: Any, recoded: Any, held: Any
) -> Any:
    """Put occurrences with the ``held`` ones that wait; gives how many wait then."""
    for step in range(end - start):
        moved[held + step] = positions[start + step]
    if coded:
        for step in range(end - start):
            recoded[held + step] = remap[recode + codes[start + step]]
    return held + end - start


@bare
def _write(
    count: Any, last: Any, best: Any, gaps: Any, more: Any, titles: Any, moved: Any, recoded: Any, bits: Any, coded: Any,
    out: Any, at: Any, made: Any,
) -> None:  # fmt: skip
    """Write a block, and what the dictionary says of it."""
    lasts, widths, bounds, pat, cat = made
    block = at[4]
    lasts[block], bounds[block], pat[block], cat[block] = last, best, at[1], at[2]
    write_block(count, gaps, more, titles, moved, recoded, (0, bits), coded, out, at, widths[4 * block : 4 * block + 4])
    at[4] = block + 1
