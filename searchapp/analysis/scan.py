"""The token pattern as compiled code: where tokens are in running text, and which surface each of them is.

Kernels only; `searchapp.analysis.batch` drives them. What a token is stands in `searchapp.analysis.definition`: `_stop`
follows its pattern, alternative by alternative, and is held against it in the tests. Texts come as one array of code
points, uint8 or uint32; nothing is looked at beyond the end of the text it is in.

Most words are letters and digits of ASCII between other characters. Those are looked at in blocks of eight bytes at a time,
for which there is a copy of the text with a byte for each code point, above 127 for all that aren't ASCII, and eight more.

Surfaces are told apart after lowering A-Z, in a hash table with open addressing: rows of two blocks, a number, and nothing. A
surface of at most sixteen code points below 256 is its two blocks, so that equal blocks are equal surfaces. Any other
surface has a hash there, and is compared. The seeds are secret: nobody can make up texts that all collide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from searchapp.analysis.compiled import kernel

bare: Any = kernel(nogil=True, _nrt=False)
"""A kernel that makes no arrays, so that numba needn't count references to those it is given."""

Numbers = Any
"""An array, for numba to type."""

DONE, PAGE_MISSING, SURFACES_FULL, TOKENS_FULL = 0, 1, 2, 3
"""What `scan` returns: finished, or what it lacks to go on from where ``state`` says."""
TEXT, POSITION, PREVIOUS, TOKENS, LINKS, SURFACES, LETTERS, PAGE = 0, 1, 2, 3, 4, 5, 6, 7
"""Entries of ``state``: the text to go on in; the code point to go on at; the end of the token before it in its text, or -1;
tokens and links found; surfaces and their letters kept; the page that is missing, or -1 when all are known."""

TOGETHER = 1024
"""Tokens found before they are looked up."""

# the bits of searchapp.analysis.characters: a compiled kernel would not notice if an imported number changed
_INSIDE, _START, _LETTER, _MARK, _DIGIT, _SPACELESS, _FOLLOWS, _JOINER = 1, 2, 4, 8, 16, 32, 64, 128
_BEGINS, _JOINED = _START | _SPACELESS, _LETTER | _DIGIT
_DOT, _COMMA, _ARABIC_DECIMAL = 0x2E, 0x2C, 0x66B
_SMALL_S, _CAPITAL_S = 0x73, 0x53
_ONE, _TWO, _BYTE, _CODE, _HALF = np.uint64(1), np.uint64(2), np.uint64(8), np.uint64(21), np.uint64(32)
"""Bits to shift by. Arithmetic of uint64 with other integers would be done in floats."""
_HIGH = np.uint64(0x8080808080808080)
_FROM_A, _BEYOND_Z = np.uint64(0x3F3F3F3F3F3F3F3F), np.uint64(0x2525252525252525)
_FROM_SMALL_A, _BEYOND_SMALL_Z = np.uint64(0x1F1F1F1F1F1F1F1F), np.uint64(0x0505050505050505)
_FROM_0, _BEYOND_9 = np.uint64(0x5050505050505050), np.uint64(0x4646464646464646)
"""What makes a byte 128 or more, in each of eight, from a character on."""


def _load(_typing: Any, data: Any, at: Any) -> Any:
    """``load(data, at)``: the eight bytes of an array of bytes from ``at`` on, the first one lowest."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, at), code


def _zeros(_typing: Any, _word: Any) -> Any:
    """``zeros(word)``: the bits of a uint64 below the lowest that is set; 64 when none is."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), code


load: Any = intrinsic(_load)
zeros: Any = intrinsic(_zeros)


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
def _lowered_block(block: Any) -> Any:
    """Eight bytes below 128 with A-Z as a-z. ``byte + 0x3F`` reaches 128 from A on, ``byte + 0x25`` beyond Z."""
    return block | ((((block + _FROM_A) ^ (block + _BEYOND_Z)) & _HIGH) >> _TWO)


@bare
def _plain(block: Any) -> Any:
    """How many of eight bytes, the letters lowered, are a-z or 0-9 before the first that isn't. Some may be above 127."""
    low = block & ~_HIGH
    word = ((low + _FROM_SMALL_A) & ~(low + _BEYOND_SMALL_Z)) | ((low + _FROM_0) & ~(low + _BEYOND_9))
    return zeros(~(word & ~block) & _HIGH) >> np.int64(3)


@bare
def _first(block: Any, count: int) -> Any:
    """The first bytes of eight; the others 0."""
    return block & ((_ONE << np.uint64(8 * count)) - _ONE) if count < 8 else block


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
def _block(text: Numbers, start: int, stop: int) -> Any:
    """At most eight code points below 256 as a block: the first one lowest."""
    block = np.uint64(0)
    for at in range(start, stop):
        block |= _lowered(text[at]) << np.uint64(8 * (at - start))
    return block


@bare
def _is_narrow(text: Numbers, start: int, stop: int) -> bool:
    """Whether a surface is its blocks."""
    seen = np.uint64(stop - start > 16) << _BYTE
    for at in range(start, stop):
        seen |= np.uint64(text[at])
    return seen >> _BYTE == 0


@bare
def _hash(text: Numbers, start: int, stop: int, seeds: Numbers) -> Any:
    """The hash of a surface, three code points in a block: nothing of them is lost before it is mixed."""
    mixed = seeds[0]
    for first in range(start, stop, 3):
        block = np.uint64(stop - first)
        for at in range(first, min(first + 3, stop)):
            block = (block << _CODE) | _lowered(text[at])
        mixed = _mixed(mixed, block, seeds[1])
    return mixed


@bare
def _same(text: Numbers, start: int, stop: int, letters: Numbers, first: int, end: int) -> bool:
    """Whether a surface is one that was kept."""
    same = end - first == stop - start
    back = stop
    while same and back > start:
        back -= 1
        same = letters[first + back - start] == _lowered(text[back])
    return same


@bare
def _keep(
    text: Numbers, start: int, stop: int, slot: Any, one: Any, two: Any, exact: Any, slots: Numbers, spans: Numbers,
    letters: Numbers, state: Numbers,
) -> int:  # fmt: skip
    """Keep a new surface at a free slot; its number."""
    number = state[SURFACES]
    used = state[LETTERS]
    for at in range(start, stop):
        letters[used + at - start] = _lowered(text[at])
    spans[number + 1] = used + stop - start
    slots[slot, 0] = one
    slots[slot, 1] = two
    slots[slot, 2] = (np.uint64(number + 1) << _ONE) | exact
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
def _find(
    text: Numbers, narrow: Numbers, ends: Numbers, bits: Numbers, longest: int, seeds: Numbers, blocks: Numbers, place: Numbers,
    counts: Numbers, starts: Numbers, lengths: Numbers, links: Numbers,
) -> None:  # fmt: skip
    """Find at most `TOGETHER` tokens, from ``place`` on, which is then behind them: text, position, previous, tokens, links.

    ``blocks``: rows of what a surface is in the hash table, and its first code point's number * 2, + 1 if it is its blocks.
    """
    number, at, previous, token, link = place[TEXT], place[POSITION], place[PREVIOUS], place[TOKENS], place[LINKS]
    row, full = 0, blocks.shape[0]
    while number < ends.shape[0]:
        begin = ends[number - 1] if number > 0 else 0
        end = ends[number]
        while at < end:
            if not bits[text[np.uint64(at)]] & _BEGINS:
                at += 1
                continue
            if row == full:
                place[TEXT], place[POSITION], place[PREVIOUS], place[TOKENS], place[LINKS] = number, at, previous, token, link
                return
            start = at
            one, two = _lowered_block(load(narrow, at)), np.uint64(0)
            size = min(_plain(one), end - at)
            at += size
            exact = 1
            if size < 8:
                one = _first(one, size)
            else:
                two = _lowered_block(load(narrow, at))
                size = min(_plain(two), end - at)
                at += size
                two = _first(two, size)
            kind = bits[text[np.uint64(at)]] if at < end else np.uint8(0)
            joined = kind & _JOINER and at + 1 < end and bits[text[np.uint64(at + 1)]] & _JOINED
            if at == start or size == 8 or kind & _INSIDE or joined:
                at = _stop(text, bits, start, end, longest)
                if _is_narrow(text, start, at):
                    one, two = _block(text, start, min(start + 8, at)), _block(text, start + 8, at)
                else:
                    one, two, exact = _hash(text, start, at, seeds), np.uint64(0), 0
            blocks[row, 0], blocks[row, 1], blocks[row, 2] = one, two, np.uint64(start * 2 + exact)
            row += 1
            starts[token], lengths[token] = start - begin, at - start
            if previous >= 0 and start - previous == 1 and (text[previous] == 0x2D or 0x2010 <= text[previous] <= 0x2011):
                links[link] = token
                link += 1
            token += 1
            previous = at
        counts[number] = token
        at = end
        previous = -1
        number += 1
    place[TEXT], place[POSITION], place[PREVIOUS], place[TOKENS], place[LINKS] = number, at, previous, token, link


@bare
def _look_up(blocks: Numbers, count: int, slots: Numbers, shift: Any, seeds: Numbers, surfaces: Numbers, first: int) -> None:
    """The numbers of surfaces that are their blocks and in their own slots; -1 for others.

    There is nothing here that a processor would have to wait for before it looks at the next ones.
    """
    for row in range(count):
        one, two = blocks[row, 0], blocks[row, 1]
        slot = (one * seeds[2] + two * seeds[0]) >> shift
        same = (slots[slot, 0] == one) & (slots[slot, 1] == two) & (slots[slot, 2] & blocks[row, 2] & _ONE != 0)
        surfaces[first + row] = np.int64(slots[slot, 2] >> _ONE) - 1 if same else -1


@bare
def scan(
    text: Numbers, narrow: Numbers, ends: Numbers, bits: Numbers, known: Numbers, longest: int, slots: Numbers, spans: Numbers,
    letters: Numbers, seeds: Numbers, state: Numbers, blocks: Numbers, place: Numbers, counts: Numbers, surfaces: Numbers,
    starts: Numbers, lengths: Numbers, links: Numbers,
) -> int:  # fmt: skip
    """Find the tokens of several texts in one array of code points, from where ``state`` says.

    ``narrow``: ``text`` in bytes, see above. ``ends``: for each text, the end of its code points in ``text``. ``bits`` and
    ``known``: see `characters`; if `state[PAGE]` is -1, all that is needed is known. ``slots``: the hash table, a power of two of
    rows, zeros where free. ``spans`` and ``letters``: where each surface's code points are, and they. ``blocks``: `TOGETHER`
    rows, ``place``: as ``state``; both only for a moment. Written from ``state[TOKENS]`` on: surface, start in its text and
    length of every token; ``counts``: tokens up to the end of each text; ``links``: the numbers of tokens that one hyphen parts
    from the token before.

    Many tokens are found before the first is looked up: then memory is asked for many slots at a time.
    """
    if state[PAGE] >= 0 and state[POSITION] == 0:
        state[PAGE] = _page_missing(text, known)
        if state[PAGE] >= 0:
            return PAGE_MISSING
    shift = _shift(slots.shape[0])
    mask = np.uint64(slots.shape[0] - 1)
    while state[TEXT] < ends.shape[0]:
        first = state[TOKENS]
        if first + TOGETHER > surfaces.shape[0]:
            return TOKENS_FULL
        for part in range(LINKS + 1):
            place[part] = state[part]
        _find(text, narrow, ends, bits, longest, seeds, blocks, place, counts, starts, lengths, links)
        count = place[TOKENS] - first
        if 2 * (state[SURFACES] + count) > slots.shape[0] or state[LETTERS] + text.shape[0] > letters.shape[0]:
            return SURFACES_FULL
        _look_up(blocks, count, slots, shift, seeds, surfaces, first)
        for row in range(count):
            if surfaces[first + row] >= 0:
                continue
            one, two, exact = blocks[row, 0], blocks[row, 1], blocks[row, 2] & _ONE
            start = np.int64(blocks[row, 2] >> _ONE)
            stop = start + lengths[first + row]
            slot = (one * seeds[2] + two * seeds[0]) >> shift
            found = np.int64(-1)
            while found < 0 and slots[slot, 2] != 0:
                if slots[slot, 0] == one and slots[slot, 1] == two and slots[slot, 2] & _ONE == exact:
                    found = np.int64(slots[slot, 2] >> _ONE) - 1
                    if not exact and not _same(text, start, stop, letters, spans[found], spans[found + 1]):
                        found = np.int64(-1)
                slot = (slot + _ONE) & mask if found < 0 else slot
            if found < 0:
                found = _keep(text, start, stop, slot, one, two, exact, slots, spans, letters, state)
            surfaces[first + row] = found
        for part in range(LINKS + 1):
            state[part] = place[part]
    return DONE


@bare
def rehash(slots: Numbers, larger: Numbers, seeds: Numbers) -> None:
    """Move a hash table into a larger one, all zeros."""
    shift = _shift(larger.shape[0])
    mask = np.uint64(larger.shape[0] - 1)
    for old in range(slots.shape[0]):
        if slots[old, 2] != 0:
            slot = (slots[old, 0] * seeds[2] + slots[old, 1] * seeds[0]) >> shift
            while larger[slot, 2] != 0:
                slot = (slot + _ONE) & mask
            for part in range(3):
                larger[slot, part] = slots[old, part]


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
