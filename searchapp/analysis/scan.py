"""The token pattern as compiled code: where tokens are in running text, and which surface each of them is.

Kernels only; `searchapp.analysis.batch` drives them. What a token is stands in `searchapp.analysis.definition`: `_stop`
follows its pattern, alternative by alternative, and is held against it in the tests. Texts come as one array of code
points, uint8 or uint32; nothing is looked at beyond the end of the text it is in.

Surfaces are told apart after lowering A-Z, in a hash table with open addressing: rows of a key and a number. The key of a
surface of at most eight code points below 256 is those code points, so that equal keys are equal surfaces. Any other
surface's key is a hash, and the surface is compared. The seeds are secret: nobody can make up texts that all collide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Numbers = Any
"""An array, for numba to type."""

DONE, PAGE_MISSING, SURFACES_FULL, TOKENS_FULL = 0, 1, 2, 3
"""What `scan` returns: finished, or what it lacks to go on from where ``state`` says."""
TEXT, POSITION, PREVIOUS, TOKENS, LINKS, SURFACES, LETTERS, PAGE = 0, 1, 2, 3, 4, 5, 6, 7
"""Entries of ``state``: the text to go on in; the code point to go on at; the end of the token before it in its text, or -1;
tokens and links found; surfaces and their letters kept; the page that is missing."""

# the bits of searchapp.analysis.characters: a compiled kernel would not notice if an imported number changed
_INSIDE, _START, _LETTER, _MARK, _DIGIT, _SPACELESS, _FOLLOWS, _APOSTROPHE = 1, 2, 4, 8, 16, 32, 64, 128
_DOT, _COMMA, _ARABIC_DECIMAL = 0x2E, 0x2C, 0x66B
_SMALL_S, _CAPITAL_S = 0x73, 0x53
_ONE, _EIGHT, _THREE_CODES = np.uint64(1), np.uint64(8), np.uint64(21)
_HALF = np.uint64(32)


@njit(cache=True, nogil=True)
def _run(text: Numbers, bits: Numbers, at: int, stop: int, wanted: int) -> int:
    """The end of the run of code points of a class that begins at ``at``; at most ``stop``."""
    while at < stop and bits[text[at]] & wanted:
        at += 1
    return at


@njit(cache=True, nogil=True)
def _initials(text: Numbers, bits: Numbers, start: int, end: int) -> int:
    """The end of initials (U.S., J.K.’s) that begin with the letter at ``start``; ``start`` if there are none."""
    at = _run(text, bits, start + 1, end, _MARK)
    before = start
    parts = 0
    while parts < 20 and at + 1 < end and text[at] == _DOT and bits[text[at + 1]] & _LETTER:
        before = at
        at = _run(text, bits, at + 2, end, _MARK)
        parts += 1
    if parts == 0:
        return start
    if at < end and bits[text[at]] & _INSIDE:
        return before if parts > 1 else start
    suffix = at + 1 if at < end and text[at] == _DOT else at
    if suffix + 1 < end and bits[text[suffix]] & _APOSTROPHE:
        letter = text[suffix + 1]
        if letter in (_SMALL_S, _CAPITAL_S) and not (suffix + 2 < end and bits[text[suffix + 2]] & _INSIDE):
            return suffix + 2
    return at


@njit(cache=True, nogil=True)
def _number(text: Numbers, bits: Numbers, start: int, end: int) -> int:
    """The end of a number with commas (1,00,000.50) that begins with the digit at ``start``; ``start`` if there is none."""
    at = _run(text, bits, start + 1, min(end, start + 4), _DIGIT)
    if at - start > 3:
        return start
    last = start
    groups = 0
    while at < end and text[at] == _COMMA:
        at += 1
        digits = _run(text, bits, at, min(end, at + 4), _DIGIT) - at
        if digits == 3:
            last = at + 3
        if groups == 5 or digits < 2 or digits > 3:
            break
        groups += 1
        at += digits
    if last == start:
        return start
    at = last
    if at + 1 < end and text[at] == _DOT and bits[text[at + 1]] & _DIGIT:
        at = _run(text, bits, at + 1, min(end, at + 21), _DIGIT)
    return _run(text, bits, at, min(end, at + 20), _INSIDE)


@njit(cache=True, nogil=True)
def _word(text: Numbers, bits: Numbers, start: int, end: int, longest: int) -> int:
    """The end of a word or plain number that begins at ``start``."""
    at = _run(text, bits, start + 1, min(end, start + longest), _INSIDE)
    for _ in range(4):
        if at + 1 >= end:
            break
        wanted = 0
        if bits[text[at]] & _APOSTROPHE:
            wanted = _LETTER
        elif (text[at] == _DOT or text[at] == _ARABIC_DECIMAL) and bits[text[at - 1]] & _DIGIT:
            wanted = _DIGIT
        if not bits[text[at + 1]] & wanted:
            break
        at = _run(text, bits, at + 2, min(end, at + 1 + longest), _INSIDE)
    return at


@njit(cache=True, nogil=True)
def _stop(text: Numbers, bits: Numbers, start: int, end: int, longest: int) -> int:
    """The end of the token that begins at ``start``, whose code point begins one."""
    kind = bits[text[start]]
    if kind & _SPACELESS:
        return _run(text, bits, start + 1, end, _FOLLOWS)
    if start + 1 < end:
        following = text[start + 1]
        if kind & _LETTER and (following == _DOT or bits[following] & _MARK):
            stop = _initials(text, bits, start, end)
            if stop > start:
                return stop
        if kind & _DIGIT and (following == _COMMA or bits[following] & _DIGIT):
            stop = _number(text, bits, start, end)
            if stop > start:
                return stop
    return _word(text, bits, start, end, longest)


@njit(cache=True, nogil=True)
def _lowered(code: int) -> int:
    return code + 32 if 65 <= code <= 90 else code


@njit(cache=True, nogil=True)
def _key(text: Numbers, start: int, stop: int, seeds: Numbers) -> tuple[Any, Any]:
    """The key of a surface, and 1 where equal keys are equal surfaces, else 0."""
    if stop - start <= 8:
        key = np.uint64(0)
        all_bits = np.uint64(0)
        for at in range(start, stop):
            code = np.uint64(_lowered(np.int64(text[at])))
            key = (key << _EIGHT) | code
            all_bits |= code
        if all_bits < np.uint64(256):
            return key, _ONE
    mixed = seeds[0]
    for first in range(start, stop, 3):
        block = np.uint64(stop - first)
        for at in range(first, min(first + 3, stop)):
            block = (block << _THREE_CODES) | np.uint64(_lowered(np.int64(text[at])))
        mixed = (mixed ^ block) * seeds[1]
        mixed ^= mixed >> _HALF
    return mixed, np.uint64(0)


@njit(cache=True, nogil=True)
def _first_slot(key: Any, seeds: Numbers, mask: Any) -> Any:
    mixed = key * seeds[2]
    mixed ^= mixed >> _HALF
    mixed *= seeds[3]
    return (mixed >> _HALF) & mask


@njit(cache=True, nogil=True)
def _surface(
    text: Numbers, start: int, stop: int, slots: Numbers, spans: Numbers, letters: Numbers, seeds: Numbers, state: Numbers
) -> int:
    """The number of the surface text[start:stop], a new one if need be. The caller has seen to room for one more."""
    key, exact = _key(text, start, stop, seeds)
    mask = np.uint64(slots.shape[0] - 1)
    slot = _first_slot(key, seeds, mask)
    while True:
        entry = slots[slot, 1]
        if entry == 0:
            break
        if slots[slot, 0] == key and entry & _ONE == exact:
            number = np.int64(entry >> _ONE) - 1
            if exact:
                return number
            kept = spans[number]
            if spans[number + 1] - kept == stop - start:
                at = start
                while at < stop and letters[kept + at - start] == _lowered(np.int64(text[at])):
                    at += 1
                if at == stop:
                    return number
        slot = (slot + _ONE) & mask
    number = state[SURFACES]
    used = state[LETTERS]
    for at in range(start, stop):
        letters[used + at - start] = _lowered(np.int64(text[at]))
    spans[number + 1] = used + stop - start
    slots[slot, 0] = key
    slots[slot, 1] = (np.uint64(number + 1) << _ONE) | exact
    state[SURFACES] = number + 1
    state[LETTERS] = used + stop - start
    return number


@njit(cache=True, nogil=True)
def scan(
    text: Numbers, ends: Numbers, bits: Numbers, known: Numbers, longest: int, slots: Numbers, spans: Numbers, letters: Numbers,
    seeds: Numbers, state: Numbers, counts: Numbers, surfaces: Numbers, starts: Numbers, lengths: Numbers, links: Numbers,
) -> int:  # fmt: skip
    """Find the tokens of several texts in one array of code points, from where ``state`` says.

    ``ends``: for each text, the end of its code points in ``text``. ``bits`` and ``known``: see `characters`. ``slots``: the
    hash table, a power of two of rows, zeros where free. ``spans`` and ``letters``: where each surface's code points are, and
    they. Written from ``state[TOKENS]`` on: surface, start in its text and length of every token; ``counts``: tokens up to
    the end of each text; ``links``: the numbers of tokens that one hyphen parts from the token before.
    """
    if state[POSITION] == 0:
        for at in range(text.shape[0]):
            if known[text[at] >> 8] == 0:
                state[PAGE] = np.int64(text[at]) >> 8
                return PAGE_MISSING
    token = state[TOKENS]
    at = state[POSITION]
    previous = state[PREVIOUS]
    for number in range(state[TEXT], ends.shape[0]):
        begin = ends[number - 1] if number > 0 else 0
        end = ends[number]
        while at < end:
            if not bits[text[at]] & (_START | _SPACELESS):
                at += 1
                continue
            stop = _stop(text, bits, at, end, longest)
            full = 2 * state[SURFACES] >= slots.shape[0] or state[LETTERS] + stop - at > letters.shape[0]
            if full or token == surfaces.shape[0]:
                state[TEXT], state[POSITION], state[PREVIOUS], state[TOKENS] = number, at, previous, token
                return SURFACES_FULL if full else TOKENS_FULL
            surfaces[token] = _surface(text, at, stop, slots, spans, letters, seeds, state)
            starts[token] = at - begin
            lengths[token] = stop - at
            if at - previous == 1 and previous >= 0:
                between = text[previous]
                if between == 0x2D or between == 0x2010 or between == 0x2011:
                    links[state[LINKS]] = token
                    state[LINKS] += 1
            token += 1
            previous = at = stop
        counts[number] = token
        at = end
        previous = -1
    state[TOKENS] = token
    return DONE


@njit(cache=True, nogil=True)
def rehash(slots: Numbers, larger: Numbers, seeds: Numbers) -> None:
    """Move a hash table into a larger one, all zeros."""
    mask = np.uint64(larger.shape[0] - 1)
    for old in range(slots.shape[0]):
        if slots[old, 1] != 0:
            slot = _first_slot(slots[old, 0], seeds, mask)
            while larger[slot, 1] != 0:
                slot = (slot + _ONE) & mask
            larger[slot, 0] = slots[old, 0]
            larger[slot, 1] = slots[old, 1]


@njit(cache=True, nogil=True)
def place(
    counts: Numbers, read: Numbers, starts: Numbers, lengths: Numbers, links: Numbers, pieces: Numbers,
    ends: Numbers, forms: Numbers, places: Numbers, widths: Numbers, pairs: Numbers,
) -> int:  # fmt: skip
    """Put what surfaces are read as in their places; returns the number of pairs.

    ``read``: for each surface in the text, its form, or -1 - the first of its rows in ``pieces``: form, start, length, rows
    from this one on (0: no form at all). ``counts`` and ``links``: as `scan` wrote them. Written: ``ends`` of texts, and form,
    start and length of every token; ``pairs``: tokens that one hyphen parts from the next.
    """
    token = link = pair = surface = 0
    for number in range(counts.shape[0]):
        first = token
        while surface < counts[number]:
            linked = link < links.shape[0] and links[link] == surface
            start = starts[surface]
            if linked:
                link += 1
                linked = token > first and places[token - 1] + widths[token - 1] + 1 == start
            before = token
            found = read[surface]
            if found >= 0:
                forms[token], places[token], widths[token] = found, start, lengths[surface]
                token += 1
            else:
                row = np.int64(-1 - found)
                for part in range(row, row + pieces[row, 3]):
                    forms[token], places[token], widths[token] = pieces[part, 0], start + pieces[part, 1], pieces[part, 2]
                    token += 1
            if linked and token > before and places[before] == start:
                pairs[pair] = before - 1
                pair += 1
            surface += 1
        ends[number] = token
    return pair
