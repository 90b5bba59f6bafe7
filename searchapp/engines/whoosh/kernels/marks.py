"""Kernels that say which tokens of the articles shown matched: from postings and stored offsets, touching only these articles.

`searchapp.engines.whoosh.layout` gives the formats.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare, compiled
from searchapp.engines.whoosh.kernels.bits import width
from searchapp.engines.whoosh.kernels.memory import i32, i64, u8, u32, u64
from searchapp.engines.whoosh.layout import BLOCK, LENGTHS, WORDS

TITLE, BODY, FURNITURE = LENGTHS["title"], LENGTHS["body"], LENGTHS["furniture"]

TABLE = (
    *("post", "last", "widths", "block", "at", "df", "pos", "pat", "code", "cat", "nforms"),
    *("offsets", "offsets.ends", "rows"),
)
"""A *table* is the address of int64: addresses of these arrays of a set, and of the segment."""
(POST, LAST, WIDTHS, BLOCKS, STARTS, SIZES, POS, PAT, CODE, CAT, NFORMS, OFFSETS, OFFSET_ENDS, ROWS) = range(len(TABLE))

DOCS, CHAINS, WORDS_ASKED, LEAVES, PARTS, HEAD = 0, 1, 2, 3, 4, 5
"""*asked* is what is asked of some documents, as one array of int64. First how many there are of documents, chains, words, leaves
and parts. Then for all documents (ascending) their number, that of their chain and that of their article on the page. Then
for each chain and word the term of the set, -1 for none; and the only one of its forms that is meant, -1 for any. Then the
leaves, 5 numbers each: fields (bits: title, body, furniture), number, part, the other part of a NEAR or -1, distance. Then the
parts, 3 each: the first of its members, how many, slop. Then the members: numbers of lists, words' before patterns'."""

_BLOCK, _BEFORE, _TOTAL, _FIRSTS = 0, 1, 2, 3
"""Columns of what `_find` fills in: a posting's block, occurrences before it there, its own, and those in the first part."""

_MAYBE, _LINKED, _SURE = 0, 1, 2


@bare
def _array(table: Any, place: Any) -> Any:
    """The address of an array of a table."""
    return i64(table, place)


@bare
def _item(at: Any, number: Any, bits: Any) -> Any:
    """One integer of the run that begins at an address."""
    bit = number * bits
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    return np.int64((u64(at + (bit >> 3)) >> np.uint64(bit & 7)) & mask)


@bare
def _find(table: Any, term: Any, docs: Any, chains: Any, chain: Any, word: Any, found: Any) -> None:
    """Find a term's postings of ``docs`` (ascending) whose chain is ``chain``. Blocks without any are skipped unread."""
    block, left = u32(_array(table, BLOCKS), term), u32(_array(table, SIZES), term)
    at = _array(table, POST) + u32(_array(table, STARTS), term)
    last, widths = _array(table, LAST), _array(table, WIDTHS)
    before, place = np.int64(-1), 0
    while left > 0 and place < docs.shape[0]:
        count, bits, end = min(left, BLOCK), u32(widths, block), i32(last, block)
        totals = at + ((count * (bits & 255) + 7) >> 3)
        firsts = totals + ((count * (bits >> 8 & 255) + 7) >> 3)
        if end >= docs[place]:
            doc, counted, skipped = before, np.int64(0), np.int64(0)
            for number in range(count):
                doc += _item(at, number, bits & 255) + 1
                while place < docs.shape[0] and docs[place] < doc:
                    place += 1
                if place == docs.shape[0]:
                    break
                if docs[place] == doc and chains[place] == chain:
                    while counted < number:
                        skipped += _item(totals, counted, bits >> 8 & 255) + 1
                        counted += 1
                    found[place, word, _BLOCK] = block
                    found[place, word, _BEFORE] = skipped
                    found[place, word, _TOTAL] = _item(totals, number, bits >> 8 & 255) + 1
                    found[place, word, _FIRSTS] = _item(firsts, number, bits >> 16 & 255)
        before = end
        at = firsts + ((count * (bits >> 16 & 255) + 7) >> 3)
        block += 1
        left -= count


@bare
def _tokens(at: Any, count: Any, begins: Any, stops: Any, first: Any) -> Any:
    """Where ``count`` tokens of a text begin and end, from ``begins[first]`` on, by the offsets at an address.

    Gives where the next text's offsets begin.
    """
    place = np.int64(0)
    for token in range(first, first + count):
        byte = u8(at, 0)
        at += 1
        length, gap = byte >> 3, byte & 7
        if length == 31:
            shift, more = 0, np.int64(128)
            while more >= 128:
                more = u8(at, 0)
                at += 1
                length += (more & 127) << shift
                shift += 7
        if gap == 7:
            shift, more = 0, np.int64(128)
            while more >= 128:
                more = u8(at, 0)
                at += 1
                gap += (more & 127) << shift
                shift += 7
        begins[token] = place + gap
        place += gap + length
        stops[token] = place
    return at


@bare
def _length(table: Any, doc: Any, column: Any) -> Any:
    """How many tokens a document's field has."""
    return u32(_array(table, ROWS), WORDS * doc + column)


@compiled
def _places(table: Any, furniture: Any, docs: Any) -> Any:
    """Where all tokens of both parts begin and end, and for each document and part, where its tokens end among them."""
    ends = np.empty(2 * docs.shape[0], np.int64)
    total, longest = np.int64(0), np.int64(0)
    for number in range(docs.shape[0]):
        first, second = _length(table, docs[number], TITLE), _length(table, docs[number], BODY)
        if furniture:
            longest = max(longest, first, second)
            first, second = np.int64(0), _length(table, docs[number], FURNITURE)
        ends[2 * number], ends[2 * number + 1] = total + first, total + first + second
        total += first + second
    begins, stops = np.empty(total, np.int32), np.empty(total, np.int32)
    other, another = np.empty(longest, np.int32), np.empty(longest, np.int32)
    start = np.int64(0)
    for number in range(docs.shape[0]):
        doc, at = docs[number], _array(table, OFFSETS)
        if doc > 0:
            at += u32(_array(table, OFFSET_ENDS), doc - 1)
        if furniture:
            at = _tokens(at, _length(table, doc, TITLE), other, another, 0)
            at = _tokens(at, _length(table, doc, BODY), other, another, 0)
        at = _tokens(at, ends[2 * number] - start, begins, stops, start)
        _tokens(at, ends[2 * number + 1] - ends[2 * number], begins, stops, ends[2 * number])
        start = ends[2 * number + 1]
    return begins, stops, ends


@bare
def _fill(table: Any, asked: Any, found: Any, begins: Any, stops: Any, bounds: Any, rows: Any, ends: Any) -> Any:
    """Write the occurrences of the postings found, as `locate` gives them; how many there are."""
    count, words = asked[DOCS], asked[WORDS_ASKED]
    terms = HEAD + 3 * count
    forms = terms + asked[CHAINS] * words
    held, base = np.int64(0), np.int64(0)
    for number in range(count):
        row = asked[HEAD + count + number] * words
        for part in range(2):
            for word in range(words):
                block, before = found[number, word, _BLOCK], found[number, word, _BEFORE]
                total, firsts = found[number, word, _TOTAL], found[number, word, _FIRSTS]
                before, total = (before + firsts, total - firsts) if part == 1 else (before, firsts)
                if total > 0:
                    form, bits, here = asked[forms + row + word], u8(_array(table, WIDTHS) + 4 * block, 3), np.int64(0)
                    positions = _array(table, POS) + u32(_array(table, PAT), block)
                    codes, form_bits = np.int64(0), np.int64(0)
                    if form >= 0:
                        known = u32(_array(table, NFORMS), asked[terms + row + word])
                        codes, form_bits = (
                            _array(table, CODE) + u32(_array(table, CAT), block),
                            np.int64(width(known - 1)),
                        )
                    for occurrence in range(before, before + total):
                        here += _item(positions, occurrence, bits)
                        if form < 0 or _item(codes, occurrence, form_bits) == form:
                            rows[0, held], rows[1, held], rows[2, held] = here, begins[base + here], stops[base + here]
                            held += 1
                ends[number, part, word] = held
            base = bounds[2 * number + part]
    return held


@compiled
def locate(table: Any, furniture: Any, asked: Any) -> Any:
    """Where the words asked for occur in the documents; of a set of text, or ``furniture``, which has no first part.

    Gives the occurrences as rows (number of the token in its field, where that begins, where it ends), documents one after
    the other, in each the parts, in each the words; ``ends[doc, part, word]``, where each of these ends; and `_places`.
    """
    count, words = asked[DOCS], asked[WORDS_ASKED]
    docs, chains = asked[HEAD : HEAD + count], asked[HEAD + count : HEAD + 2 * count]
    found = np.zeros((count, words, 4), np.int64)
    for chain in range(asked[CHAINS]):
        for word in range(words):
            term = asked[HEAD + 3 * count + chain * words + word]
            if term >= 0:
                _find(table, term, docs, chains, chain, word, found)
    begins, stops, bounds = _places(table, furniture, docs)
    size = np.int64(0)
    for number in range(count):
        for word in range(words):
            size += found[number, word, _TOTAL]
    rows, ends = np.empty((3, size), np.int32), np.empty((count, 2, words), np.int32)
    _fill(table, asked, found, begins, stops, bounds, rows, ends)
    return rows, ends, begins, stops, bounds


@bare
def _hyphen(point: Any) -> Any:
    return point == 0x2D or point == 0x2010 or point == 0x2011


@bare
def _gather(
    rows: Any, ends: Any, sifted: Any, sifted_ends: Any, slot: Any, slots: Any, tokens: Any, list_ends: Any
) -> Any:  # fmt: skip
    """Put all lists of a slot one after the other: words', then patterns'. Gives how many tokens these are."""
    width, held = ends.shape[2], np.int64(0)
    place, bounds = slot * width, ends.reshape(-1)
    first = np.int64(bounds[place - 1]) if place > 0 else np.int64(0)
    for word in range(width):
        for at in range(first, bounds[place + word]):
            tokens[held] = rows[0, at]
            held += 1
        first = np.int64(bounds[place + word])
        list_ends[word + 1] = held
    for pattern in range(sifted_ends.shape[0]):
        place = pattern * slots + slot
        first = sifted_ends[(place - 1) // slots, (place - 1) % slots] if place > 0 else np.int64(0)
        for at in range(first, sifted_ends[pattern, slot]):
            tokens[held] = sifted[at]
            held += 1
        list_ends[width + pattern + 1] = held
    return held


@bare
def _occurrences(parts: Any, part: Any, members: Any, tokens: Any, list_ends: Any, found: Any) -> Any:
    """The occurrences of a word, pattern or phrase, each as many numbers of tokens as it has members; how many there are.

    For each first token the nearest following one of each next member, when the last is near enough.
    """
    first, size, allowed = parts[part, 0], parts[part, 1], parts[part, 1] - 1 + parts[part, 2]
    count = np.int64(0)
    for at in range(list_ends[members[first]], list_ends[members[first] + 1]):
        place = count * size
        found[place] = tokens[at]
        whole = True
        for member in range(1, size):
            low, high = list_ends[members[first + member]], list_ends[members[first + member] + 1]
            end = high
            while low < high:
                middle = (low + high) >> 1
                if tokens[middle] <= found[place + member - 1]:
                    low = middle + 1
                else:
                    high = middle
            if low == end or tokens[low] - tokens[at] > allowed:
                whole = False
                break
            found[place + member] = tokens[low]
        if whole:
            count += 1
    return count


@bare
def _set(found: Any, place: Any, size: Any, bit: Any, bits: Any, joins: Any) -> None:
    """Mark the tokens of one occurrence."""
    for member in range(place, place + size):
        bits[found[member]] |= bit
        if member > place and found[member] == found[member - 1] + 1:
            joins[found[member]] = 1


@bare
def _set_near(
    ones: Any, count: Any, size: Any, others: Any, other_count: Any, other_size: Any, distance: Any,
    bit: Any, bits: Any, joins: Any,
) -> None:  # fmt: skip
    """Mark the occurrences on one side that have one of the other side near enough, not overlapping. Both ascend."""
    longest, low = np.int64(0), np.int64(0)
    for other in range(other_count):
        longest = max(longest, np.int64(others[(other + 1) * other_size - 1]) - np.int64(others[other * other_size]))
    for one in range(count):
        first, last = np.int64(ones[one * size]), np.int64(ones[(one + 1) * size - 1])
        while low < other_count and others[low * other_size] < first - distance - longest:
            low += 1
        other = low
        while other < other_count and others[other * other_size] <= last + distance:
            begin, end = np.int64(others[other * other_size]), np.int64(others[(other + 1) * other_size - 1])
            if last < begin <= last + distance or end < first <= end + distance:
                _set(ones, one * size, size, bit, bits, joins)
                break
            other += 1


@bare
def _set_leaf(
    leaves: Any, leaf: Any, parts: Any, members: Any, tokens: Any, list_ends: Any, found: Any, others: Any, bits: Any, joins: Any
) -> None:  # fmt: skip
    """Mark the tokens of a slot that a leaf matches."""
    bit, left, right = np.uint64(1) << np.uint64(leaves[leaf, 1]), leaves[leaf, 2], leaves[leaf, 3]
    size = parts[left, 1]
    if right < 0 and size == 1:
        word = members[parts[left, 0]]
        for at in range(list_ends[word], list_ends[word + 1]):
            bits[tokens[at]] |= bit
        return
    count = _occurrences(parts, left, members, tokens, list_ends, found)
    if right < 0:
        for one in range(count):
            _set(found, one * size, size, bit, bits, joins)
        return
    other_count, other_size = _occurrences(parts, right, members, tokens, list_ends, others), parts[right, 1]
    _set_near(found, count, size, others, other_count, other_size, leaves[leaf, 4], bit, bits, joins)
    _set_near(others, other_count, other_size, found, count, size, leaves[leaf, 4], bit, bits, joins)


@bare
def _linked(begins: Any, stops: Any, text: Any, token: Any) -> Any:
    """Whether there is a token and a next one, and nothing but a hyphen between them."""
    if token < 0 or token + 1 >= begins.shape[0]:
        return False
    stop = np.int64(stops[token])
    return np.int64(begins[token + 1]) == stop + 1 and _hyphen(text[stop])


@bare
def _may_be_compound(begins: Any, stops: Any, text: Any, token: Any) -> Any:
    """Whether a word of two may begin with a token: not of three, nor with digits (`searchapp.analysis.compounds`)."""
    if not _linked(begins, stops, text, token):
        return False
    if _linked(begins, stops, text, token - 1) or _linked(begins, stops, text, token + 1):
        return False
    digits = 0
    for at in range(begins[token], stops[token + 1]):
        digits += 48 <= text[at] <= 57
    return digits == 0


@bare
def _tell(
    begins: Any, stops: Any, text: Any, bits: Any, joins: Any, held: Any, starts: Any, ends: Any, leaves: Any, joined: Any
) -> Any:  # fmt: skip
    """Write the marks of a slot and forget them; where they end, or -1 if one may be the first half of a hyphenated word."""
    plain = True
    for token in range(begins.shape[0]):
        if bits[token] != 0:
            starts[held], ends[held], leaves[held], joined[held] = begins[token], stops[token], bits[token], joins[token]
            held += 1
            bits[token], joins[token] = 0, 0
            plain = plain and not _may_be_compound(begins, stops, text, token)
    return held if plain else np.int64(-1)


@bare
def _longest(ends: Any, bounds: Any) -> Any:
    """The most tokens of a slot, and the most of a word's in one."""
    tokens, most, before, lists = np.int64(0), np.int64(0), np.int64(0), ends.reshape(-1)
    for slot in range(bounds.shape[0]):
        tokens = max(tokens, bounds[slot] - before)
        before = bounds[slot]
    before = np.int64(0)
    for place in range(lists.shape[0]):
        most = max(most, np.int64(lists[place]) - before)
        before = np.int64(lists[place])
    return tokens, most


@compiled
def mark(
    rows: Any, ends: Any, begins: Any, stops: Any, bounds: Any, sifted: Any, sifted_ends: Any, asked: Any, furniture: Any,
    points: Any, text_bounds: Any, longest_text: Any, base: Any, places: Any, by_hand: Any,
) -> Any:  # fmt: skip
    """The tokens that leaves match in some documents, as marks. A *slot* is one part of one document.

    ``rows`` … ``bounds``: what `locate` gave, words being the first lists of a slot; ``sifted``: tokens of patterns, slot by
    slot, pattern by pattern, ``sifted_ends[pattern, slot]``: where they end. ``points``, ``text_bounds``: as `PageTexts`.
    Written: ``places``, from ``base`` on, as `PageMarks`; ``by_hand``: 1 for slots whose marks aren't found here, as they are
    where it was 1 before, a text is longer than ``longest_text``, or a hyphen may make a word of two. Gives starts, ends,
    leaves and joined of `PageMarks`, and for how many slots ``by_hand`` is 1.
    """
    count, size, left = asked[DOCS], rows.shape[1] + sifted.shape[0], 0
    first = HEAD + 3 * count + 2 * asked[CHAINS] * asked[WORDS_ASKED]
    middle = first + 5 * asked[LEAVES]
    last = middle + 3 * asked[PARTS]
    leaves, parts, members = asked[first:middle].reshape(-1, 5), asked[middle:last].reshape(-1, 3), asked[last:]
    most, longest = _longest(ends, bounds)
    starts, stops_held = np.empty(size, np.int32), np.empty(size, np.int32)
    bits_held, joined = np.empty(size, np.uint64), np.empty(size, np.uint8)
    tokens, list_ends = np.empty(size, np.int32), np.zeros(ends.shape[2] + sifted_ends.shape[0] + 1, np.int64)
    widest = np.int64(1)
    for part in range(parts.shape[0]):
        widest = max(widest, parts[part, 1])
    room = widest * max(longest, np.int64(sifted.shape[0]))
    found, others = np.empty(room, np.int32), np.empty(room, np.int32)
    bits, joins = np.zeros(most, np.uint64), np.zeros(most, np.uint8)
    held, start = np.int64(0), np.int64(0)
    for slot in range(bounds.shape[0]):
        first, start = start, bounds[slot]
        if furniture and slot & 1 == 0:
            continue
        field = 2 if furniture else slot & 1
        text = 3 * asked[HEAD + 2 * count + (slot >> 1)] + field
        low, high = text_bounds[text], text_bounds[text + 1]
        places[text, 0], places[text, 1] = base + held, base + held
        listed = _gather(rows, ends, sifted, sifted_ends, slot, bounds.shape[0], tokens, list_ends)
        if high - low > longest_text and (listed > 0 or sifted_ends.shape[0] > 0):
            by_hand[slot] = 1
        end = held
        if by_hand[slot] == 0 and listed > 0:
            for leaf in range(leaves.shape[0]):
                if leaves[leaf, 0] >> field & 1:
                    _set_leaf(leaves, leaf, parts, members, tokens, list_ends, found, others, bits, joins)
            end = _tell(
                begins[first:start],
                stops[first:start],
                points[low:high],
                bits,
                joins,
                held,
                starts,
                stops_held,
                bits_held,
                joined,
            )
        if end < 0 or by_hand[slot]:
            by_hand[slot] = 1
            left += 1
        else:
            held = end
            places[text, 1] = base + held
    return starts[:held], stops_held[:held], bits_held[:held], joined[:held], left


@compiled
def find(
    table: Any, furniture: Any, asked: Any, points: Any, text_bounds: Any, longest_text: Any, base: Any, places: Any, by_hand: Any
) -> Any:  # fmt: skip
    """`locate` and `mark` in one step, where no patterns are asked for."""
    rows, ends, begins, stops, bounds = locate(table, furniture, asked)
    no_tokens, no_ends = np.empty(0, np.int32), np.empty((0, bounds.shape[0]), np.int64)
    return mark(
        rows, ends, begins, stops, bounds, no_tokens, no_ends, asked, furniture, points, text_bounds, longest_text, base, places,
        by_hand,
    )  # fmt: skip


@bare
def _skipped(point: Any) -> Any:
    """Whether a character may be left out of a form: apostrophe, comma, hyphen, dot."""
    return point == 39 or point == 44 or point == 45 or point == 46


@bare
def _lower(point: Any) -> Any:
    return point + 32 if 65 <= point <= 90 else point


@bare
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


@bare
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


@compiled
def candidates(points: Any, begins: Any, stops: Any, slots: Any, prefix: Any, size: Any, letters: Any, most: Any) -> Any:
    """The tokens whose form may be meant, and those that may be with the one after a hyphen.

    ``slots`` has a row for each text: its first token and the one after its last, the token that is its number 0, and where its
    code point 0 is in ``points`` (texts one after the other). Meant are forms that begin with ``prefix`` (code points, without
    those that `_skipped` names); or, when ``most`` is not negative, those that `_resembles` one. Gives rows: text, number of
    the token, where it begins and ends; 0 (it may be meant), 1 (together with the one after it), 2 (it begins with ``prefix``);
    for each text where its columns of these end; and how many of all are 2.
    """
    room = np.int64(0)
    for slot in range(slots.shape[0]):
        room += 2 * (slots[slot, 1] - slots[slot, 0])
    found, ends = np.empty((5, room), np.int32), np.empty(slots.shape[0], np.int64)
    count = sure = 0
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
                    sure += found[4, count] == _SURE
                    count += 1
        ends[slot] = count
    return found[:, :count], ends, sure
