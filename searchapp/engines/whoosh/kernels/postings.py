"""Kernels over posting lists: decode, weigh, probe, accumulate, and gather positions. `layout` gives the format.

Common arguments: ``post, last, widths`` are X.post, X.last, X.widths of a set; a list is its first block ``block``, where that
begins in X.post ``at``, and its number of postings ``df``. ``dead`` is one byte a document, not 0 for deleted ones; empty
when none is. Documents come out ascending.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, compiled
from searchapp.engines.whoosh.kernels.bits import packed, unpack, width
from searchapp.engines.whoosh.layout import BLOCK, WORDS

PART = 40
"""A position in the second part has this bit set, so that no phrase reaches from title to body."""


@bare
def block_bytes(widths: Any, block: Any, count: Any) -> Any:
    """Bytes of a block in X.post."""
    place = 4 * block
    return (
        packed(count, np.int64(widths[place]))
        + packed(count, np.int64(widths[place + 1]))
        + packed(count, np.int64(widths[place + 2]))
    )


@bare
def read_block(post: Any, widths: Any, block: Any, at: Any, before: Any, count: Any, docs: Any, totals: Any, firsts: Any) -> Any:
    """Decode one block: documents, occurrences, and those in the first part. ``before`` is the document before its first.

    Gives where the next block begins in X.post.
    """
    place = 4 * block
    bits = np.int64(widths[place])
    unpack(post, at, count, bits, docs, 0)
    at += packed(count, bits)
    doc = np.int32(before)
    for number in range(count):
        doc += docs[number] + np.int32(1)
        docs[number] = doc
    bits = np.int64(widths[place + 1])
    unpack(post, at, count, bits, totals, 0)
    at += packed(count, bits)
    bits = np.int64(widths[place + 2])
    unpack(post, at, count, bits, firsts, 0)
    return at + packed(count, bits)


@bare
def weigh_all(
    docs: Any, firsts: Any, seconds: Any, low: Any, high: Any,
    rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any, weights: Any,
) -> None:  # fmt: skip
    """BM25F's weights of postings ``low`` to ``high``: ``firsts`` occurrences in the first part, ``seconds`` in the second.

    One occurrence weighs boost / (1 - b + b × length / average length). Of the first part the length is in ``column`` of
    ``rows``, and ``table`` has that number by length as far as it reaches; the other ones are the second part's. ``ranking``
    (2, 3) has boost, b and average length of both.
    Not a function of one posting: handing over so many arrays costs more than the arithmetic.
    """
    boost, b, average = ranking[0, 0], ranking[0, 1], ranking[0, 2]
    other_boost, other_b, other_average = ranking[1, 0], ranking[1, 1], ranking[1, 2]
    for place in range(low, high):
        row = WORDS * np.int64(docs[place])
        weight = 0.0
        if other_boost != 0.0:
            length = np.int64(rows[row + other_column])
            if length < other_table.shape[0]:
                one = other_table[length]
            else:
                one = other_boost / (1.0 - other_b + other_b * length / other_average)
            weight = seconds[place] * one
        if firsts[place] > 0 and boost != 0.0:
            length = np.int64(rows[row + column])
            one = table[length] if length < table.shape[0] else boost / (1.0 - b + b * length / average)
            weight = firsts[place] * one + weight
        weights[place] = weight


@compiled
def weigh(
    post: Any, last: Any, widths: Any, block: Any, at: Any, df: Any, dead: Any,
    parts: Any, rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    factor: Any, k1: Any, docs: Any, weights: Any,
) -> Any:  # fmt: skip
    """All live postings that occur in one of ``parts`` (1 first, 2 second, 3 any): documents and weights; gives their number.

    With a ``factor`` above 0 the weights become scores: factor × weight / (k1 + weight).
    """
    found, before, left = 0, np.int32(-1), df
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    here, scores = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.float64)
    deleted = dead.shape[0] > 0
    while left > 0:
        count = min(left, BLOCK)
        at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
        kept = 0
        for number in range(count):
            doc = gaps[number]
            if deleted and dead[doc]:
                continue
            first = firsts[number] if parts & 1 else np.int32(0)
            second = totals[number] + np.int32(1) - firsts[number] if parts & 2 else np.int32(0)
            if first + second > 0:
                here[kept], totals[kept], firsts[kept] = doc, second, first
                kept += 1
        weigh_all(here, firsts, totals, 0, kept, rows, column, other_column, table, other_table, ranking, scores)
        for number in range(kept):
            docs[found + number] = here[number]
            weight = scores[number]
            weights[found + number] = factor * weight / (k1 + weight) if factor > 0.0 else weight
        found += kept
        before = last[block]
        block += 1
        left -= count
    return found


@compiled
def add_list(
    post: Any, last: Any, widths: Any, block: Any, at: Any, df: Any, dead: Any,
    parts: Any, rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    factor: Any, k1: Any, bits: Any, scores: Any,
) -> None:  # fmt: skip
    """Add a list's scores to those of its documents (``scores`` has one item a document), and set their ``bits``."""
    before, left = np.int32(-1), df
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    here, weights = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.float64)
    deleted = dead.shape[0] > 0
    while left > 0:
        count = min(left, BLOCK)
        at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
        kept = 0
        for number in range(count):
            doc = gaps[number]
            if deleted and dead[doc]:
                continue
            first = firsts[number] if parts & 1 else np.int32(0)
            second = totals[number] + np.int32(1) - firsts[number] if parts & 2 else np.int32(0)
            if first + second > 0:
                here[kept], totals[kept], firsts[kept] = doc, second, first
                kept += 1
        weigh_all(here, firsts, totals, 0, kept, rows, column, other_column, table, other_table, ranking, weights)
        for number in range(kept):
            doc, weight = here[number], weights[number]
            scores[doc] += factor * weight / (k1 + weight)
            bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)
        before = last[block]
        block += 1
        left -= count


@compiled
def count_live(post: Any, last: Any, widths: Any, block: Any, at: Any, df: Any, dead: Any, parts: Any) -> Any:
    """Number of live postings that occur in one of ``parts``."""
    found, before, left = 0, np.int32(-1), df
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    deleted = dead.shape[0] > 0
    while left > 0:
        count = min(left, BLOCK)
        at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
        for number in range(count):
            if deleted and dead[gaps[number]]:
                continue
            first = firsts[number]
            if (parts & 1 and first > 0) or (parts & 2 and totals[number] + 1 > first):
                found += 1
        before = last[block]
        block += 1
        left -= count
    return found


@compiled
def probe(
    post: Any, last: Any, widths: Any, block: Any, at: Any, df: Any,
    parts: Any, rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    wanted: Any, size: Any, places: Any, weights: Any,
) -> Any:  # fmt: skip
    """Which of ``wanted[:size]`` (ascending documents) are in a list: their places and weights; gives their number.

    Blocks without a wanted document are skipped unread.
    """
    found, before, left, place = 0, np.int32(-1), df, 0
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    docs, in_first, in_second = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    in_one, in_other = np.int32(parts & 1), np.int32(parts >> 1 & 1)
    while left > 0 and place < size:
        count = min(left, BLOCK)
        if last[block] < wanted[place]:
            at += block_bytes(widths, block, count)
        else:
            at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
            number = 0
            while place < size and number < count:  # without a branch on what is met, as nobody can guess it
                doc, want = gaps[number], wanted[place]
                first = firsts[number] * in_one
                second = (totals[number] + np.int32(1) - firsts[number]) * in_other
                places[found], docs[found], in_first[found], in_second[found] = place, doc, first, second
                found += np.int64(want == doc) & np.int64(first + second > 0)
                number += doc <= want
                place += want <= doc
        before = last[block]
        block += 1
        left -= count
    weigh_all(docs, in_first, in_second, 0, found, rows, column, other_column, table, other_table, ranking, weights)
    return found


@compiled
def accumulate(
    post: Any, last: Any, widths: Any, blocks: Any, starts: Any, sizes: Any, dead: Any, parts: Any,
    code: Any, cat: Any, nforms: Any, terms: Any, low: Any, high: Any, chosen_ends: Any, chosen: Any, counts: Any, bits: Any,
) -> None:  # fmt: skip
    """Add the occurrences of ``terms[low:high]`` to ``counts`` (first part × 2³² + second) and set the documents' ``bits``.

    ``blocks, starts, sizes`` are X.block, X.at, X.df. A term whose run of ``chosen`` (numbers of forms, up to ``chosen_ends``)
    is not empty counts with these forms only. Sums are of integers, so the order of terms doesn't matter.
    """
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    deleted = dead.shape[0] > 0
    codes, use = np.empty(0, np.uint32), np.zeros(0, np.bool_)
    for turn in range(low, high):
        term = np.int64(terms[turn])
        run = np.int64(chosen_ends[turn - 1]) if turn > 0 else np.int64(0)
        some = chosen_ends[turn] > run
        form_bits = np.int64(0)
        if some:
            form_bits = np.int64(width(np.int64(nforms[term]) - 1))
            if use.shape[0] < np.int64(nforms[term]):
                use = np.zeros(np.int64(nforms[term]), np.bool_)
            for place in range(run, np.int64(chosen_ends[turn])):
                use[chosen[place]] = True
        block, at, left, before = np.int64(blocks[term]), np.int64(starts[term]), np.int64(sizes[term]), np.int32(-1)
        while left > 0:
            count = min(left, BLOCK)
            at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
            if some:
                occurrences = np.int64(0)
                for number in range(count):
                    occurrences += np.int64(totals[number]) + 1
                if codes.shape[0] < occurrences:
                    codes = np.empty(2 * occurrences, np.uint32)
                unpack(code, np.int64(cat[block]), occurrences, form_bits, codes, 0)
            at_code = np.int64(0)
            for number in range(count):
                doc = gaps[number]
                first, second = np.int64(firsts[number]), np.int64(totals[number]) + 1 - np.int64(firsts[number])
                if some:
                    kept = np.int64(0)
                    for place in range(at_code, at_code + first):
                        kept += use[codes[place]]
                    at_code += first
                    first, kept = kept, np.int64(0)
                    for place in range(at_code, at_code + second):
                        kept += use[codes[place]]
                    at_code += second
                    second = kept
                if not parts & 1:
                    first = 0
                if not parts & 2:
                    second = 0
                if first + second > 0 and not (deleted and dead[doc]):
                    counts[doc] += np.uint64(first << 32 | second)
                    bits[doc >> 6] |= np.uint64(1) << np.uint64(doc & 63)
            before = last[block]
            block += 1
            left -= count
        if some:
            for place in range(run, np.int64(chosen_ends[turn])):
                use[chosen[place]] = False


@bare
def ones(bits: Any) -> Any:
    """Number of bits set."""
    total = np.int64(0)
    for word in bits:
        value = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
        value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
        value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        total += np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))
    return total


@bare
def lowest(word: Any) -> Any:
    """Place of the lowest bit set in a word that isn't 0."""
    below = (word & (~word + np.uint64(1))) - np.uint64(1)
    value = below - ((below >> np.uint64(1)) & np.uint64(0x5555555555555555))
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def harvest(
    counts: Any, bits: Any, rows: Any, column: Any, other_column: Any, table: Any, other_table: Any, ranking: Any,
    docs: Any, weights: Any,
) -> Any:  # fmt: skip
    """Documents and weights of what was accumulated; gives their number, and leaves ``counts`` and ``bits`` all 0."""
    found, size = 0, docs.shape[0]
    in_first, in_second = np.empty(size, np.int32), np.empty(size, np.int32)
    for place in range(bits.shape[0]):
        word = bits[place]
        bits[place] = np.uint64(0)
        while word:
            doc = np.int64(place) * 64 + lowest(word)
            word &= word - np.uint64(1)
            packed_counts = counts[doc]
            counts[doc] = np.uint64(0)
            in_first[found] = np.int64(packed_counts >> np.uint64(32))
            in_second[found] = np.int64(packed_counts & np.uint64(0xFFFFFFFF))
            docs[found] = doc
            found += 1
    weigh_all(docs, in_first, in_second, 0, found, rows, column, other_column, table, other_table, ranking, weights)
    return found


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


@bare
def group_forms(
    numbers: Any, start: Any, term: Any, code: Any, nforms: Any, seen: Any, terms: Any, ends: Any, chosen: Any
) -> Any:
    """The terms that some forms belong to, and which forms of each: `accumulate` takes what comes out. Gives their number.

    ``start, term, code`` are X.forms.start and its rows. A term all of whose forms are there has an empty run of ``chosen``.
    ``seen`` has one 0 a term, also afterwards; ``terms, ends, chosen`` have an item for each row of the forms.
    """
    found = 0
    for number in numbers:
        for row in range(start[number], start[number + 1]):
            t = term[row]
            if seen[t] == 0:
                terms[found] = t
                found += 1
            seen[t] += 1
    end = np.uint32(0)
    for place in range(found):
        t = terms[place]
        if seen[t] == nforms[t]:
            seen[t] = 0
        else:
            size = seen[t]
            seen[t] = end + np.uint32(1)
            end += size
        ends[place] = end
    for number in numbers:
        for row in range(start[number], start[number + 1]):
            t = term[row]
            if seen[t] > 0:
                chosen[seen[t] - 1] = code[row]
                seen[t] += 1
    for place in range(found):
        seen[terms[place]] = 0
    return found


@compiled
def gather(
    post: Any, last: Any, widths: Any, blocks: Any, starts: Any, sizes: Any, pos: Any, pat: Any, parts: Any,
    code: Any, cat: Any, nforms: Any, terms: Any, chosen_ends: Any, chosen: Any, wanted: Any, places: Any, positions: Any,
) -> Any:  # fmt: skip
    """Where terms occur in ``wanted`` documents (ascending): the place of the document among them, and the position.

    In order of terms, then documents, then positions; terms and forms as `accumulate` takes them. Gives how many; when they
    don't fit, how many there are at least, negative.
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
