"""Kernels that say which tokens of the articles shown matched: from postings and stored offsets, touching only these articles.

`searchapp.engines.whoosh.layout` gives the formats; ``post … nforms`` are as in `kernels.postings`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from searchapp.engines.whoosh.kernels.bits import load, width
from searchapp.engines.whoosh.kernels.postings import block_bytes, read_block
from searchapp.engines.whoosh.layout import BLOCK, LENGTHS, WORDS

TITLE, BODY, FURNITURE = LENGTHS["title"], LENGTHS["body"], LENGTHS["furniture"]

_BLOCK, _BEFORE, _TOTAL, _FIRSTS = 0, 1, 2, 3
"""Columns of what `_find` fills in: a posting's block, occurrences before it there, its own, and those in the first part."""

_MAYBE, _LINKED, _SURE = 0, 1, 2


@njit(cache=True, nogil=True)
def _find(
    post: Any, last: Any, widths: Any, block: Any, at: Any, left: Any, docs: Any, chains: Any, chain: Any, word: Any, found: Any
) -> None:  # fmt: skip
    """Find a term's postings of ``docs`` (ascending) whose chain is ``chain``. Blocks without any are skipped unread."""
    gaps, totals, firsts = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    before, place = np.int32(-1), 0
    while left > 0 and place < docs.shape[0]:
        count = min(left, BLOCK)
        if last[block] < docs[place]:
            at += block_bytes(widths, block, count)
        else:
            at = read_block(post, widths, block, at, before, count, gaps, totals, firsts)
            skipped = np.int64(0)
            for number in range(count):
                while place < docs.shape[0] and docs[place] < gaps[number]:
                    place += 1
                if place == docs.shape[0]:
                    break
                total = np.int64(totals[number]) + 1
                if docs[place] == gaps[number] and chains[place] == chain:
                    found[place, word, _BLOCK] = block
                    found[place, word, _BEFORE] = skipped
                    found[place, word, _TOTAL] = total
                    found[place, word, _FIRSTS] = firsts[number]
                skipped += total
        before = last[block]
        block += 1
        left -= count


@njit(cache=True, nogil=True)
def _item(data: Any, at: Any, number: Any, bits: Any) -> Any:
    """One integer of the run that begins at a byte."""
    bit = number * bits
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    return np.int64((load(data, at + (bit >> 3)) >> np.uint64(bit & 7)) & mask)


@njit(cache=True, nogil=True)
def _rest(offsets: Any, at: Any) -> Any:
    """What stands after a token's byte for more: its value, and where it ends."""
    value, shift = np.int64(0), 0
    while True:
        byte = np.int64(offsets[at])
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


@njit(cache=True, nogil=True)
def _tokens(offsets: Any, at: Any, count: Any, begins: Any, stops: Any, first: Any) -> Any:
    """Where ``count`` tokens of a text begin and end, from ``begins[first]`` on; gives where the next text's offsets begin."""
    place = np.int64(0)
    for token in range(first, first + count):
        byte = np.int64(offsets[at])
        at += 1
        length, gap = byte >> 3, byte & 7
        if length == 31:
            more, at = _rest(offsets, at)
            length += more
        if gap == 7:
            more, at = _rest(offsets, at)
            gap += more
        begins[token] = place + gap
        place += gap + length
        stops[token] = place
    return at


@njit(cache=True, nogil=True)
def _places(offsets: Any, offset_ends: Any, rows: Any, furniture: Any, docs: Any) -> Any:
    """Where all tokens of both parts begin and end, and for each document and part, where its tokens end among them."""
    ends = np.empty(2 * docs.shape[0], np.int64)
    total, longest = np.int64(0), np.int64(0)
    for number in range(docs.shape[0]):
        doc = docs[number]
        first, second = np.int64(rows[WORDS * doc + TITLE]), np.int64(rows[WORDS * doc + BODY])
        if furniture:
            longest = max(longest, first + second)
            first, second = np.int64(0), np.int64(rows[WORDS * doc + FURNITURE])
        ends[2 * number], ends[2 * number + 1] = total + first, total + first + second
        total += first + second
    begins, stops = np.empty(max(total, 0), np.int32), np.empty(max(total, 0), np.int32)
    other, another = np.empty(longest, np.int32), np.empty(longest, np.int32)
    start = np.int64(0)
    for number in range(docs.shape[0]):
        doc = docs[number]
        at = np.int64(offset_ends[doc - 1]) if doc > 0 else np.int64(0)
        if furniture:
            at = _tokens(offsets, at, np.int64(rows[WORDS * doc + TITLE]), other, another, 0)
            at = _tokens(offsets, at, np.int64(rows[WORDS * doc + BODY]), other, another, 0)
        at = _tokens(offsets, at, ends[2 * number] - start, begins, stops, start)
        _tokens(offsets, at, ends[2 * number + 1] - ends[2 * number], begins, stops, ends[2 * number])
        start = ends[2 * number + 1]
    return begins, stops, ends


@njit(cache=True, nogil=True)
def locate(
    post: Any, last: Any, widths: Any, blocks: Any, starts: Any, sizes: Any, pos: Any, pat: Any, code: Any, cat: Any, nforms: Any,
    offsets: Any, offset_ends: Any, rows: Any, furniture: Any, docs: Any, chains: Any, terms: Any, forms: Any,
) -> Any:  # fmt: skip
    """Where some words occur in ``docs`` (ascending), each of which has a chain (its number).

    ``terms[chain, word]`` is a term of the set, -1 for none; ``forms[chain, word]`` the only one of its forms that is meant, -1
    for any. ``rows``: X.rows; the set is text, or furniture if so said, without a first part.
    Gives the occurrences as rows (number of the token in its field, where that begins, where it ends), documents one after
    the other, in each the parts, in each the words; ``ends[doc, part, word]``, where each of these ends; and `_places`.
    """
    found = np.zeros((docs.shape[0], terms.shape[1], 4), np.int64)
    for chain in range(terms.shape[0]):
        for word in range(terms.shape[1]):
            term = terms[chain, word]
            if term >= 0:
                block, at, left = np.int64(blocks[term]), np.int64(starts[term]), np.int64(sizes[term])
                _find(post, last, widths, block, at, left, docs, chains, chain, word, found)
    begins, stops, bounds = _places(offsets, offset_ends, rows, furniture, docs)
    size = np.int64(0)
    for number in range(docs.shape[0]):
        for word in range(terms.shape[1]):
            size += found[number, word, _TOTAL]
    rows = np.empty((3, size), np.int32)
    ends = np.empty((docs.shape[0], 2, terms.shape[1]), np.int32)
    held, base = np.int64(0), np.int64(0)
    for number in range(docs.shape[0]):
        for part in range(2):
            for word in range(terms.shape[1]):
                block, before = found[number, word, _BLOCK], found[number, word, _BEFORE]
                total, firsts = found[number, word, _TOTAL], found[number, word, _FIRSTS]
                before, total = (before + firsts, total - firsts) if part == 1 else (before, firsts)
                bits, here = np.int64(widths[4 * block + 3]) if total > 0 else 0, np.int64(0)
                form = forms[chains[number], word]
                form_bits = np.int64(0)
                if form >= 0 and total > 0:
                    form_bits = np.int64(width(np.int64(nforms[terms[chains[number], word]]) - 1))
                for occurrence in range(before, before + total):
                    here += _item(pos, np.int64(pat[block]), occurrence, bits)
                    if form < 0 or _item(code, np.int64(cat[block]), occurrence, form_bits) == form:
                        rows[0, held] = here
                        rows[1, held] = begins[base + here]
                        rows[2, held] = stops[base + here]
                        held += 1
                ends[number, part, word] = held
            base = bounds[2 * number + part]
    return rows, ends, begins, stops, bounds


@njit(cache=True, nogil=True)
def _skipped(point: Any) -> Any:
    """Whether a character may be left out of a form: apostrophe, comma, hyphen, dot."""
    return point == 39 or point == 44 or point == 45 or point == 46


@njit(cache=True, nogil=True)
def _lower(point: Any) -> Any:
    return point + 32 if 65 <= point <= 90 else point


@njit(cache=True, nogil=True)
def _begins_like(text: Any, at: Any, end: Any, prefix: Any) -> Any:
    """Whether a form begins with a prefix: `_SURE`, `_MAYBE` (after what isn't an ASCII letter or digit), or -1 for no.

    Folding an ASCII character never depends on what follows, and what is cut off at the end begins with an apostrophe.
    """
    place, answer = 0, _SURE
    for number in range(at, end):
        if place == prefix.shape[0]:
            return answer
        point = np.int64(text[number])
        if point > 127:
            return _MAYBE
        if _skipped(point):
            answer = _MAYBE
        elif _lower(point) != prefix[place]:
            return -1
        else:
            place += 1
    return answer if place == prefix.shape[0] else -1


@njit(cache=True, nogil=True)
def _resembles(text: Any, at: Any, end: Any, size: Any, letters: Any, most: Any) -> Any:
    """Whether a form may be at most ``most`` edits from a word of ``size`` characters that has these ``letters``.

    An edit changes at most two of the set of letters, and the length by one. Not all characters being ASCII letters, digits or
    hyphens, it may always be. `_MAYBE`, or -1 for no.
    """
    own, length = np.uint64(0), 0
    for number in range(at, end):
        point = np.int64(text[number])
        if point == 45:
            continue
        if point > 127 or _skipped(point):
            return _MAYBE
        own |= np.uint64(1) << np.uint64(_lower(point) & 63)
        length += 1
    if abs(length - size) > most:
        return -1
    different = own ^ letters
    for _ in range(2 * most):
        different &= different - np.uint64(1)
    return _MAYBE if different == np.uint64(0) else -1


@njit(cache=True, nogil=True)
def _hyphen(point: Any) -> Any:
    return point == 0x2D or point == 0x2010 or point == 0x2011


@njit(cache=True, nogil=True)
def candidates(points: Any, begins: Any, stops: Any, slots: Any, prefix: Any, size: Any, letters: Any, most: Any) -> Any:
    """The tokens whose form may be meant, and those that may be with the one after a hyphen.

    ``slots`` has a row for each text: its first token and the one after its last, the token that is its number 0, and where its
    code point 0 is in ``points`` (texts one after the other). Meant are forms that begin with ``prefix`` (code points, without
    those that `_skipped` names); or, when ``most`` is not negative, those that `_resembles` one. Gives rows: text, number of
    the token, where it begins and ends; 0 (it may be meant), 1 (together with the one after it), 2 (it begins with ``prefix``);
    and how many columns of them are filled.
    """
    room = np.int64(0)
    for slot in range(slots.shape[0]):
        room += 2 * (slots[slot, 1] - slots[slot, 0])
    found = np.empty((5, room), np.int32)
    count = 0
    for slot in range(slots.shape[0]):
        first, last, zero, shift = slots[slot, 0], slots[slot, 1], slots[slot, 2], slots[slot, 3]
        for token in range(first, last):
            at, end = shift + np.int64(begins[token]), shift + np.int64(stops[token])
            linked = token + 1 < last and begins[token + 1] == stops[token] + 1 and _hyphen(points[end])
            for joined in range(2 if linked else 1):
                if joined:
                    end = shift + np.int64(stops[token + 1])
                answer = _begins_like(points, at, end, prefix) if most < 0 else _resembles(points, at, end, size, letters, most)
                if answer >= 0:
                    found[0, count], found[1, count] = slot, token - zero
                    found[4, count] = _LINKED if joined else answer
                    found[2, count], found[3, count] = begins[token], stops[token]
                    count += 1
    return found, count
