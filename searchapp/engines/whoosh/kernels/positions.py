"""Kernels over positions: where terms occur in some documents, and which of these occurrences make a phrase or are near each
other.

Common arguments: ``post, last, widths, blocks, starts, sizes, pos, pat`` and so on are the arrays of a set, as `layout` has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, compiled
from searchapp.engines.whoosh.kernels.bits import unpack, width
from searchapp.engines.whoosh.kernels.lists import weight
from searchapp.engines.whoosh.kernels.postings import PART, block_bytes, read_block
from searchapp.engines.whoosh.layout import BLOCK


@bare
def read_middle(data: Any, at: Any, skipped: Any, count: Any, bits: Any, out: Any) -> Any:
    """Read ``count`` integers of a run after its first ``skipped``; gives the place in ``out`` of the first (0 to 7).

    A run is read from where an integer begins a byte. ``out`` holds ``count`` + 7 at least.
    """
    lead = np.int64(0)
    while ((skipped - lead) * bits) & 7:
        lead += 1
    unpack(data, at + (((skipped - lead) * bits) >> 3), count + lead, bits, out, 0)
    return lead


@compiled
def gather(
    post: Any, last: Any, widths: Any, blocks: Any, starts: Any, sizes: Any, pos: Any, pat: Any, parts: Any,
    code: Any, cat: Any, nforms: Any, terms: Any, chosen_ends: Any, chosen: Any, wanted: Any, places: Any, positions: Any,
) -> Any:  # fmt: skip
    """Where terms occur in ``wanted`` documents (ascending): the place of the document among them, and the position.

    In order of terms, then documents, then positions; terms and forms as `weighing.accumulate` takes them. Gives how many;
    when they don't fit, how many there are at least, negative.
    """
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    hits, hit_places, skips = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    steps, codes, use = np.empty(16, np.uint32), np.empty(16, np.uint32), np.zeros(0, np.bool_)
    held = np.int64(0)
    for turn in range(terms.shape[0]):
        term = np.int64(terms[turn])
        run = np.int64(chosen_ends[turn - 1]) if turn > 0 else np.int64(0)
        some = chosen_ends[turn] > run
        form_bits = np.int64(0)
        if some:
            form_bits = np.int64(width(np.int64(nforms[term]) - 1))
            use = np.zeros(np.int64(nforms[term]), np.bool_)
            for number in range(run, np.int64(chosen_ends[turn])):
                use[chosen[number]] = True
        block, at, left = np.int64(blocks[term]), np.int64(starts[term]), np.int64(sizes[term])
        before, place = np.int32(-1), 0
        while left > 0 and place < wanted.shape[0]:
            count = min(left, BLOCK)
            if last[block] < wanted[place]:
                at += block_bytes(widths, block, count)
            else:
                at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
                bits, skipped, found = np.int64(widths[4 * block + 3]), np.int64(0), 0
                number = 0
                while number < count and place < wanted.shape[0]:
                    doc, want = gaps[number], wanted[place]
                    hits[found], hit_places[found], skips[found] = number, place, skipped
                    found += want == doc
                    passed = np.int64(doc <= want)
                    skipped += (np.int64(totals[number]) + 1) * passed
                    number += passed
                    place += want <= doc
                whole = found > 4  # then reading the whole block costs less than reading each
                if found > 0:
                    longest = skips[found - 1] + np.int64(totals[hits[found - 1]]) + 1 if whole else np.int64(0)
                    for hit in range(found):
                        longest = max(longest, np.int64(totals[hits[hit]]) + 8)
                    if steps.shape[0] < longest:
                        steps, codes = np.empty(2 * longest, np.uint32), np.empty(2 * longest, np.uint32)
                    if whole:
                        reach = skips[found - 1] + np.int64(totals[hits[found - 1]]) + 1
                        unpack(pos, np.int64(pat[block]), reach, bits, steps, 0)
                        if some:
                            unpack(code, np.int64(cat[block]), reach, form_bits, codes, 0)
                for hit in range(found):
                    number, total = hits[hit], np.int64(totals[hits[hit]]) + 1
                    if held + total > positions.shape[0]:
                        return -(held + total)
                    lead, code_lead = skips[hit], skips[hit]
                    if not whole:
                        lead = read_middle(pos, np.int64(pat[block]), skips[hit], total, bits, steps)
                        if some:
                            code_lead = read_middle(code, np.int64(cat[block]), skips[hit], total, form_bits, codes)
                    here, first = np.int64(0), np.int64(firsts[number])
                    for occurrence in range(total):
                        second = occurrence >= first
                        if occurrence == first:
                            here = np.int64(0)
                        here += np.int64(steps[lead + occurrence])
                        if (parts & 2 if second else parts & 1) and (not some or use[codes[code_lead + occurrence]]):
                            places[held] = hit_places[hit]
                            positions[held] = here | (np.int64(1) << PART) if second else here
                            held += 1
            before = last[block]
            block += 1
            left -= count
    return held


@bare
def phrases(ends: Any, bases: Any, positions: Any, slop: Any, counts: Any, firsts: Any, lasts: Any) -> Any:
    """The occurrences of a phrase: first and last positions, ascending in each document, and how many each has.

    ``ends`` (words, documents): how many of a word's positions the documents up to each have; the word's positions begin at
    ``bases[word]``. Each following word is taken at its first position after the word before. Gives the number of occurrences.
    """
    words, found = ends.shape[0], 0
    for doc in range(ends.shape[1]):
        counts[doc] = 0
        start = ends[0, doc - 1] if doc > 0 else 0
        for at in range(bases[0] + start, bases[0] + ends[0, doc]):
            here = positions[at]
            whole = True
            for word in range(1, words):
                low = bases[word] + (ends[word, doc - 1] if doc > 0 else 0)
                high = bases[word] + ends[word, doc]
                while low < high:
                    middle = (low + high) >> 1
                    if positions[middle] <= here:
                        low = middle + 1
                    else:
                        high = middle
                if low == bases[word] + ends[word, doc]:
                    whole = False
                    break
                here = positions[low]
            if whole and here - positions[at] - (words - 1) <= slop:
                firsts[found] = positions[at]
                lasts[found] = here
                found += 1
                counts[doc] += 1
    return found


@bare
def near(
    ends: Any, firsts: Any, lasts: Any, other_ends: Any, other_firsts: Any, other_lasts: Any, distance: Any,
    counts: Any, kept_firsts: Any, kept_lasts: Any,
) -> Any:  # fmt: skip
    """The occurrences that have one of the other side, not overlapping, at most ``distance`` away; gives their number.

    Both sides: occurrences ascending in each document, ``ends`` how many the documents up to each have.
    """
    found = 0
    for doc in range(ends.shape[0]):
        counts[doc] = 0
        low = other_ends[doc - 1] if doc > 0 else 0
        after, earlier = low, low
        for at in range(ends[doc - 1] if doc > 0 else 0, ends[doc]):
            while after < other_ends[doc] and other_firsts[after] <= lasts[at]:
                after += 1
            while earlier < other_ends[doc] and other_lasts[earlier] < firsts[at]:
                earlier += 1
            close = after < other_ends[doc] and other_firsts[after] - lasts[at] <= distance
            if earlier > low and firsts[at] - other_lasts[earlier - 1] <= distance:
                close = True
            if close:
                kept_firsts[found], kept_lasts[found] = firsts[at], lasts[at]
                found += 1
                counts[doc] += 1
    return found


@bare
def weigh_spans(book: Any, ends: Any, firsts: Any, wanted: Any, docs: Any, weights: Any) -> Any:
    """Those of ``wanted`` that have occurrences, and their weights; gives their number. ``ends``: occurrences up to each."""
    found, at = np.int64(0), np.int64(0)
    for place in range(wanted.shape[0]):
        if ends[place] == at:
            continue
        first, second, doc = np.int64(0), np.int64(0), np.int64(wanted[place])
        while at < ends[place]:
            inside = firsts[at] >> PART
            first, second, at = first + 1 - inside, second + inside, at + 1
        docs[found], weights[found] = doc, weight(book, doc, first, second)
        found += 1
    return found
