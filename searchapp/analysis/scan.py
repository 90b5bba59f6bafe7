"""The token pattern as compiled code: where tokens are in running text, and which surface each of them is.

Kernels only; `searchapp.analysis.batch` drives them. What a token is stands in `searchapp.analysis.definition`: `_stop`
follows its pattern, alternative by alternative, and is held against it in the tests. Texts come as one array of code
points, uint8 or uint32; nothing is looked at beyond the end of the text it is in.

Surfaces are told apart after lowering A-Z, in a hash table with open addressing: rows of a key and a number. The key of a
surface of at most eight code points below 256 is those code points, so that equal keys are equal surfaces. Any other
surface's key is a hash, and the surface is compared. The seeds are secret: nobody can make up texts that all collide.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numba import njit

bare: Any = partial(njit, cache=True, nogil=True, _nrt=False)
"""A kernel that makes no arrays, so that numba needn't count references to those it is given."""

Numbers = Any
"""An array, for numba to type."""

DONE, PAGE_MISSING, SURFACES_FULL, TOKENS_FULL = 0, 1, 2, 3
"""What `scan` returns: finished, or what it lacks to go on from where ``state`` says."""
TEXT, POSITION, PREVIOUS, TOKENS, LINKS, SURFACES, LETTERS, PAGE = 0, 1, 2, 3, 4, 5, 6, 7
"""Entries of ``state``: the text to go on in; the code point to go on at; the end of the token before it in its text, or -1;
tokens and links found; surfaces and their letters kept; the page that is missing."""

# the bits of searchapp.analysis.characters: a compiled kernel would not notice if an imported number changed
_INSIDE, _START, _LETTER, _MARK, _DIGIT, _SPACELESS, _FOLLOWS, _JOINER = 1, 2, 4, 8, 16, 32, 64, 128
_BEGINS, _JOINED = _START | _SPACELESS, _LETTER | _DIGIT
_DOT, _COMMA, _ARABIC_DECIMAL = 0x2E, 0x2C, 0x66B
_SMALL_S, _CAPITAL_S = 0x73, 0x53
_ONE, _BYTE, _CODE, _HALF = np.uint64(1), np.uint64(8), np.uint64(21), np.uint64(32)
"""Bits to shift by. Arithmetic of uint64 with other integers would be done in floats."""


@bare
def _run(text: Numbers, bits: Numbers, at: int, stop: int, wanted: int) -> int:
    """The end of the run of code points of a class that begins at ``at``; at most ``stop``."""
    while at < stop and bits[text[at]] & wanted:
        at += 1
    return at


@bare
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
    if suffix + 1 < end and bits[text[suffix]] & _JOINER and text[suffix] not in (_DOT, _COMMA, _ARABIC_DECIMAL):
        letter = text[suffix + 1]
        if letter in (_SMALL_S, _CAPITAL_S) and not (suffix + 2 < end and bits[text[suffix + 2]] & _INSIDE):
            return suffix + 2
    return at


@bare
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


@bare
def _word(text: Numbers, bits: Numbers, start: int, end: int, longest: int) -> int:
    """The end of a word or plain number that begins at ``start``."""
    at = _run(text, bits, start + 1, min(end, start + longest), _INSIDE)
    for _ in range(4):
        if at + 1 >= end:
            break
        wanted = 0
        if text[at] == _DOT or text[at] == _ARABIC_DECIMAL:
            wanted = bits[text[at - 1]] & _DIGIT
        elif bits[text[at]] & _JOINER and text[at] != _COMMA:
            wanted = _LETTER
        if not bits[text[at + 1]] & wanted:
            break
        at = _run(text, bits, at + 2, min(end, at + 1 + longest), _INSIDE)
    return at


@bare
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


@bare
def _lowered(code: int) -> Any:
    """A-Z as a-z."""
    return np.uint64(code) + np.uint64(32) if 65 <= code <= 90 else np.uint64(code)


@bare
def _mixed(mixed: Any, block: Any, seed: Any) -> Any:
    product = (mixed ^ block) * seed
    return product ^ (product >> _HALF)


@bare
def _shift(size: int) -> Any:
    """By how much a product is shifted to give a slot of a table of ``size``, a power of two."""
    bits = 64
    while size > 1:
        size >>= 1
        bits -= 1
    return np.uint64(bits)


@bare
def _blocks(text: Numbers, start: int, stop: int, seeds: Numbers) -> tuple[Any, Any, Any]:
    """What `scan` has when it has read a surface: the hash of its full blocks of 8, the block after them, all bits of it."""
    mixed = seeds[0]
    block = seen = np.uint64(0)
    for at in range(start, stop):
        if at > start and (at - start) & 7 == 0:
            mixed = _mixed(mixed, block, seeds[1])
            block = np.uint64(0)
        block = (block << _BYTE) | _lowered(text[at])
        seen |= np.uint64(text[at])
    return mixed, block, seen


@bare
def _wide_key(text: Numbers, start: int, stop: int, seeds: Numbers) -> Any:
    """The hash of a surface with code points above 255, three in a block: nothing of them is lost before it is mixed."""
    mixed = seeds[0]
    for first in range(start, stop, 3):
        block = np.uint64(stop - first)
        for at in range(first, min(first + 3, stop)):
            block = (block << _CODE) | _lowered(text[at])
        mixed = _mixed(mixed, block, seeds[1])
    return mixed


@bare
def _keep(
    text: Numbers, start: int, stop: int, slot: Any, key: Any, exact: Any, slots: Numbers, spans: Numbers, letters: Numbers,
    state: Numbers,
) -> int:  # fmt: skip
    """Keep a new surface at a free slot; its number, or -1 if there is no room."""
    number = state[SURFACES]
    used = state[LETTERS]
    if 2 * number >= slots.shape[0] or used + stop - start > letters.shape[0]:
        return np.int64(-1)
    for at in range(start, stop):
        letters[used + at - start] = _lowered(text[at])
    spans[number + 1] = used + stop - start
    slots[slot, 0] = key
    slots[slot, 1] = (np.uint64(number + 1) << _ONE) | exact
    state[SURFACES] = number + 1
    state[LETTERS] = used + stop - start
    return number


@bare
def _page_missing(text: Numbers, known: Numbers) -> int:
    """The first page that ``text`` needs and that isn't known; -1 if there is none."""
    for at in range(text.shape[0]):
        if known[text[at] >> 8] == 0:
            return np.int64(text[at]) >> 8
    return np.int64(-1)


@bare
def scan(
    text: Numbers, ends: Numbers, bits: Numbers, known: Numbers, longest: int, slots: Numbers, spans: Numbers, letters: Numbers,
    seeds: Numbers, state: Numbers, counts: Numbers, surfaces: Numbers, starts: Numbers, lengths: Numbers, links: Numbers,
) -> int:  # fmt: skip
    """Find the tokens of several texts in one array of code points, from where ``state`` says.

    ``ends``: for each text, the end of its code points in ``text``. ``bits`` and ``known``: see `characters`. ``slots``: the
    hash table, a power of two of rows, zeros where free. ``spans`` and ``letters``: where each surface's code points are, and
    they. Written from ``state[TOKENS]`` on: surface, start in its text and length of every token; ``counts``: tokens up to
    the end of each text; ``links``: the numbers of tokens that one hyphen parts from the token before.

    A word is hashed while its end is looked for, and there is no call of another kernel for a known one without joiners.
    """
    state[PAGE] = _page_missing(text, known) if state[POSITION] == 0 else -1
    if state[PAGE] >= 0:
        return PAGE_MISSING
    shift = _shift(slots.shape[0])
    mask = np.uint64(slots.shape[0] - 1)
    token, at, previous = state[TOKENS], state[POSITION], state[PREVIOUS]
    for number in range(state[TEXT], ends.shape[0]):
        begin = ends[number - 1] if number > 0 else 0
        end = ends[number]
        while at < end:
            code = text[np.uint64(at)]
            kind = bits[code]
            if not kind & _BEGINS:
                at += 1
                continue
            start = at
            mixed, block, seen = seeds[0], _lowered(code), np.uint64(code)
            most = min(end, at + longest)
            at += 1
            while at < most:
                code = text[np.uint64(at)]
                if not bits[code] & _INSIDE:
                    break
                if (at - start) & 7 == 0:
                    mixed = _mixed(mixed, block, seeds[1])
                    block = np.uint64(0)
                block = (block << _BYTE) | _lowered(code)
                seen |= np.uint64(code)
                at += 1
            joined = at + 1 < end and bits[text[at]] & _JOINER and bits[text[at + 1]] & _JOINED
            if joined or kind & _SPACELESS or at - start == longest:
                at = _stop(text, bits, start, end, longest)
                mixed, block, seen = _blocks(text, start, at, seeds)
            exact = np.uint64(at - start <= 8 and seen >> _BYTE == 0)
            key = block
            if not exact:
                key = _mixed(mixed, block, seeds[1]) if seen >> _BYTE == 0 else _wide_key(text, start, at, seeds)
            slot = (key * seeds[2]) >> shift
            found = np.int64(-1)
            while slots[slot, 1] != 0:
                if slots[slot, 0] == key and slots[slot, 1] & _ONE == exact:
                    found = np.int64(slots[slot, 1] >> _ONE) - 1
                    if exact:
                        break
                    first = spans[found]
                    same = spans[found + 1] - first == at - start
                    back = at
                    while same and back > start:
                        back -= 1
                        same = letters[first + back - start] == _lowered(text[back])
                    if same:
                        break
                    found = np.int64(-1)
                slot = (slot + _ONE) & mask
            if found < 0:
                found = _keep(text, start, at, slot, key, exact, slots, spans, letters, state)
            if found < 0 or token == surfaces.shape[0]:
                state[TEXT], state[POSITION], state[PREVIOUS], state[TOKENS] = number, start, previous, token
                return SURFACES_FULL if found < 0 else TOKENS_FULL
            surfaces[token], starts[token], lengths[token] = found, start - begin, at - start
            if previous >= 0 and start - previous == 1 and (text[previous] == 0x2D or 0x2010 <= text[previous] <= 0x2011):
                links[state[LINKS]] = token
                state[LINKS] += 1
            token += 1
            previous = at
        counts[number] = token
        at = end
        previous = -1
    state[TOKENS] = token
    return DONE


@bare
def rehash(slots: Numbers, larger: Numbers, seeds: Numbers) -> None:
    """Move a hash table into a larger one, all zeros."""
    shift = _shift(larger.shape[0])
    mask = np.uint64(larger.shape[0] - 1)
    for old in range(slots.shape[0]):
        if slots[old, 1] != 0:
            slot = (slots[old, 0] * seeds[2]) >> shift
            while larger[slot, 1] != 0:
                slot = (slot + _ONE) & mask
            larger[slot, 0] = slots[old, 0]
            larger[slot, 1] = slots[old, 1]


@bare
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
