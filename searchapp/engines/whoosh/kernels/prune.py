"""The best documents of some posting lists, any or all of which must be there, without looking at all of their postings.

MaxScore (Turtle & Flood 1995) with block maxima (Ding & Suel 2011). Provably the same as looking at all: documents are passed
over only when the sum of their lists' bounds is below the score of the last of the best so far; at an equal score they are
not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.clock import LATE, end_of, nanoseconds
from searchapp.engines.whoosh.kernels.clock import ROOM as CLOCK
from searchapp.engines.whoosh.kernels.gate import approach, passes
from searchapp.engines.whoosh.kernels.heap import in_order, moment_of, offer, rank_of
from searchapp.engines.whoosh.kernels.lists import (
    AT_BLOCK,
    BLOCKS,
    BOUNDS,
    CAP,
    CEILINGS,
    COUNT,
    CURSOR,
    DEAD,
    DOCS,
    END,
    FACTOR,
    HERE,
    LAST,
    LEFT,
    MOMENTS,
    OTHER_TABLE,
    PLACE,
    RANK,
    SHARE,
    TABLE,
    begin,
    get,
    open_block,
    put,
    seek,
    share,
    skip,
    weight,
)  # fmt: skip
from searchapp.engines.whoosh.kernels.memory import address, f64, i32, put_f64, u8, u32
from searchapp.engines.whoosh.kernels.weighing import LOW, lowest

SAFE = 1.0 + 1e-9
"""Bounds are sums in another order than scores: this much more than any rounding."""
PLAN = 24
"""Bytes of what is known of each list, in the order of bounds: its cursor, its bound, the sum of those up to it."""
ROOM = CURSOR + PLAN + CLOCK
"""Bytes of working memory for each list."""
OFTEN = 15
"""Blocks, less one, after which the clock is looked at: some hundred microseconds."""


@bare
def ceiling(book: Any, cursor: Any, term: Any) -> Any:
    """What a posting of a list can score."""
    bound, bounds = np.int64(0), get(book, BOUNDS)
    for block in range(u32(get(book, BLOCKS), term), u32(get(book, BLOCKS), term + 1)):
        bound = max(bound, u8(bounds, block))
    return f64(cursor, FACTOR) * f64(get(book, CEILINGS), bound)


@bare
def wanted(book: Any, gate: Any, doc: Any) -> Any:
    """Whether a document is alive and passes the filters."""
    dead = get(book, DEAD)
    return (dead == 0 or u8(dead, doc) == 0) and passes(gate, doc)


@bare
def offered(book: Any, doc: Any, score: Any, best: Any, most: Any, held: Any) -> Any:
    """Put a document among the best; gives how many they are now."""
    return offer(best, most, held, doc, score, moment_of(get(book, MOMENTS), doc), rank_of(get(book, RANK), doc))


@bare
def start(book: Any, cursors: Any, plan: Any, terms: Any, factors: Any, by_size: Any) -> None:
    """Begin the lists of ``terms`` (term, parts), and order them by the least that any posting can score, or by size."""
    m = terms.shape[0]
    for j in range(m):
        cursor = cursors + CURSOR * j
        begin(book, cursor, terms[j, 0], terms[j, 1], factors[j])
        key = -np.float64(get(cursor, LEFT)) if by_size else ceiling(book, cursor, terms[j, 0])
        at = plan + PLAN * j
        while at > plan and f64(at - PLAN, 1) > key:
            put(at, 0, get(at - PLAN, 0))
            put_f64(at, 1, f64(at - PLAN, 1))
            at -= PLAN
        put(at, 0, cursor)
        put_f64(at, 1, key)
    total = 0.0
    for at in range(plan, plan + PLAN * m, PLAN):
        total += f64(at, 1)
        put_f64(at, 2, total)


@bare
def whole_score(cursors: Any, m: Any) -> Any:
    """The sum of the lists' shares, in their order."""
    score = 0.0
    for j in range(m):
        score += f64(cursors + CURSOR * j, SHARE)
    return score


@bare
def rest_of(book: Any, plan: Any, essential: Any, doc: Any, total: Any, k1: Any, threshold: Any) -> Any:
    """Look a document up in the lists that aren't essential, those that can add most first; gives whether it can be a best
    one."""
    for turn in range(essential - 1, -1, -1):
        at = plan + PLAN * turn
        cursor = get(at, 0)
        put_f64(cursor, SHARE, 0.0)
        if (total + f64(at, 2)) * SAFE < threshold:
            return False
        if not skip(book, cursor, doc):
            continue
        if (total + f64(at, 2) - f64(at, 1) + f64(cursor, CAP)) * SAFE < threshold:
            return False
        open_block(book, cursor)
        if seek(cursor, doc):
            found = share(book, cursor, get(cursor, PLACE), doc, k1)
            put_f64(cursor, SHARE, found)
            total += found
    return True


@bare
def sweep_one(
    book: Any, gate: Any, cursors: Any, m: Any, plan: Any, k1: Any, best: Any, most: Any, held: Any, threshold: Any
) -> Any:
    """Look at the block of the one list that every document must be in to be one of the best; gives how many are held."""
    essential = m - 1
    cursor, rest = get(plan + PLAN * essential, 0), f64(plan + PLAN * essential - PLAN, 2) if essential > 0 else 0.0
    open_block(book, cursor)
    docs = get(cursor, DOCS)
    if gate != 0:
        approach(gate, docs, get(cursor, COUNT))
    for place in range(get(cursor, PLACE), get(cursor, COUNT)):
        doc = i32(docs, place)
        found = share(book, cursor, place, doc, k1)
        if (found + rest) * SAFE < threshold or not wanted(book, gate, doc):
            continue
        put_f64(cursor, SHARE, found)
        if not rest_of(book, plan, essential, doc, found, k1, threshold):
            continue
        score = whole_score(cursors, m)
        if score > 0.0 and not (held == most and score < f64(best, 1)):
            held = offered(book, doc, score, best, most, held)
            if held == most:
                threshold = max(threshold, f64(best, 1))
    return held


@bare
def sweep(
    book: Any, gate: Any, cursors: Any, m: Any, plan: Any, essential: Any, end: Any, k1: Any,
    best: Any, most: Any, held: Any, threshold: Any,
) -> Any:  # fmt: skip
    """Look at the documents up to ``end`` that are in any of the essential lists' blocks; gives how many are held."""
    low, high = plan + PLAN * essential, plan + PLAN * m
    rest = f64(low - PLAN, 2) if essential > 0 else 0.0
    for at in range(low, high, PLAN):
        cursor = get(at, 0)
        if get(cursor, LEFT) > 0:
            open_block(book, cursor)
            put(cursor, HERE, i32(get(cursor, DOCS), get(cursor, PLACE)))
        else:
            put(cursor, HERE, END)
    while True:
        doc = END
        for at in range(low, high, PLAN):
            doc = min(doc, get(get(at, 0), HERE))
        if doc > end:
            return held
        possible, total = rest, 0.0
        for at in range(low, high, PLAN):
            cursor = get(at, 0)
            if get(cursor, HERE) == doc:
                possible += f64(cursor, CAP)
        hopeful = possible * SAFE >= threshold
        for at in range(low, high, PLAN):
            cursor = get(at, 0)
            found = 0.0
            if get(cursor, HERE) == doc:
                place = get(cursor, PLACE)
                if hopeful:
                    found = share(book, cursor, place, doc, k1)
                    total += found
                put(cursor, PLACE, place + 1)
                put(cursor, HERE, i32(get(cursor, DOCS), place + 1))
            put_f64(cursor, SHARE, found)
        if not hopeful or (total + rest) * SAFE < threshold or not wanted(book, gate, doc):
            continue
        if not rest_of(book, plan, essential, doc, total, k1, threshold):
            continue
        score = whole_score(cursors, m)
        if score > 0.0 and not (held == most and score < f64(best, 1)):
            held = offered(book, doc, score, best, most, held)
            if held == most:
                threshold = max(threshold, f64(best, 1))


@bare
def any_of(
    book: Any, gate: Any, room: Any, terms: Any, factors: Any, k1: Any, threshold: Any, best: Any, most: Any, seconds: Any
) -> Any:
    """The first ``most`` documents that any of ``terms`` occurs in, in order, as entries of ``best``; gives their number.

    ``terms``: of each its number and parts, ``room``: `ROOM` bytes for each, working memory. Documents that score less than
    ``threshold`` may be passed over: where so many are known to score as much. `LATE` when it takes longer than ``seconds``.
    """
    m, held, essential, entries, clock = terms.shape[0], np.int64(0), np.int64(0), address(best), address(room)
    cursors, until, turn = clock + CLOCK, end_of(clock, seconds), np.int64(0)
    plan = cursors + CURSOR * m
    start(book, cursors, plan, terms, factors, False)
    while True:
        while essential < m and f64(plan + PLAN * essential, 2) * SAFE < threshold:
            essential += 1
        possible, end = f64(plan + PLAN * essential - PLAN, 2) if essential > 0 else 0.0, END
        for at in range(plan + PLAN * essential, plan + PLAN * m, PLAN):
            cursor = get(at, 0)
            if get(cursor, LEFT) > 0:
                end = min(end, i32(get(book, LAST), get(cursor, AT_BLOCK)))
                possible += f64(cursor, CAP)
        if end == END:
            in_order(entries, held)
            return held
        turn += 1
        if turn & OFTEN == 0 and nanoseconds(clock) > until:
            return LATE
        if possible * SAFE >= threshold:
            if essential == m - 1:
                held = sweep_one(book, gate, cursors, m, plan, k1, entries, most, held, threshold)
            else:
                held = sweep(book, gate, cursors, m, plan, essential, end, k1, entries, most, held, threshold)
            if held == most:
                threshold = max(threshold, f64(entries, 1))
        for at in range(plan + PLAN * essential, plan + PLAN * m, PLAN):
            skip(book, get(at, 0), end + 1)


@bare
def met(book: Any, cursors: Any, m: Any, plan: Any, others: Any, doc: Any, k1: Any) -> Any:
    """The score of a document if the first ``others`` lists of the plan have it; else 0. The rest of the lists are at it."""
    for at in range(plan + PLAN * (others - 1), plan - PLAN, -PLAN):
        cursor = get(at, 0)
        open_block(book, cursor)
        if not seek(cursor, doc):
            return 0.0
    for j in range(m):
        cursor = cursors + CURSOR * j
        found = share(book, cursor, get(cursor, PLACE), doc, k1)
        if found == 0.0:
            return 0.0
        put_f64(cursor, SHARE, found)
    return whole_score(cursors, m)


@bare
def all_of(
    book: Any, gate: Any, room: Any, terms: Any, factors: Any, k1: Any, threshold: Any, best: Any, most: Any, seconds: Any
) -> Any:
    """As `any_of`, of the documents that all ``terms`` occur in."""
    m, held, entries, rest, clock = terms.shape[0], np.int64(0), address(best), 0.0, address(room)
    cursors, until, turn = clock + CLOCK, end_of(clock, seconds), np.int64(0)
    plan = cursors + CURSOR * m
    start(book, cursors, plan, terms, factors, True)
    for j in range(m):
        if cursors + CURSOR * j != get(plan + PLAN * (m - 1), 0):
            rest += ceiling(book, cursors + CURSOR * j, terms[j, 0])
    rarest = get(plan + PLAN * (m - 1), 0)
    docs, more = get(rarest, DOCS), get(rarest, LEFT) > 0
    while more:
        last, turn = i32(get(book, LAST), get(rarest, AT_BLOCK)), turn + 1
        if turn & OFTEN == 0 and nanoseconds(clock) > until:
            return LATE
        if (f64(rarest, CAP) + rest) * SAFE >= threshold:
            open_block(book, rarest)
            for place in range(get(rarest, COUNT)):
                doc, possible = i32(docs, place), f64(rarest, CAP)
                for at in range(plan + PLAN * (m - 2), plan - PLAN, -PLAN):
                    more = more and skip(book, get(at, 0), doc)
                    possible += f64(get(at, 0), CAP)
                if not more:
                    break
                if possible * SAFE < threshold:
                    continue
                put(rarest, PLACE, place)
                score = met(book, cursors, m, plan, m - 1, doc, k1)
                if score > 0.0 and not (held == most and score < f64(entries, 1)) and wanted(book, gate, doc):
                    held = offered(book, doc, score, entries, most, held)
                    if held == most:
                        threshold = max(threshold, f64(entries, 1))
        more = more and skip(book, rarest, last + 1)
    in_order(entries, held)
    return held


@bare
def guided(
    book: Any, gate: Any, guide_book: Any, guide: Any, every: Any, room: Any, terms: Any, factors: Any, k1: Any,
    threshold: Any, best: Any, most: Any, seconds: Any,
) -> Any:  # fmt: skip
    """As `any_of`, or with ``every`` `all_of`, when only documents of the list ``guide`` of another set can pass the filters.

    ``room``: for one list more.
    """
    m, held, entries, more, clock = terms.shape[0], np.int64(0), address(best), True, address(room)
    cursors, until, turn = clock + CLOCK, end_of(clock, seconds), np.int64(0)
    plan = cursors + CURSOR * m
    leader, high = plan + PLAN * m, plan + PLAN * (m - 1)
    start(book, cursors, plan, terms, factors, every)
    begin(guide_book, leader, guide, np.int64(3), 0.0)
    while more and get(leader, LEFT) > 0:
        open_block(guide_book, leader)
        docs, count, turn = get(leader, DOCS), get(leader, COUNT), turn + 1
        if turn & OFTEN == 0 and nanoseconds(clock) > until:
            return LATE
        for place in range(count):
            doc, possible = i32(docs, place), 0.0
            if every:
                for at in range(high, plan - PLAN, -PLAN):
                    more = more and skip(book, get(at, 0), doc)
                    possible += f64(get(at, 0), CAP)
                if not more:
                    break
                score = met(book, cursors, m, plan, m, doc, k1) if possible * SAFE >= threshold else 0.0
            else:
                score = whole_score(cursors, m) if rest_of(book, plan, m, doc, 0.0, k1, threshold) else 0.0
            if score > 0.0 and not (held == most and score < f64(entries, 1)) and wanted(book, gate, doc):
                held = offered(book, doc, score, entries, most, held)
                if held == most:
                    threshold = max(threshold, f64(entries, 1))
        skip(guide_book, leader, i32(docs, count - 1) + 1)
    in_order(entries, held)
    return held


@bare
def of_tally(book: Any, gate: Any, counts: Any, bits: Any, factor: Any, k1: Any, best: Any, most: Any) -> Any:
    """As `any_of`, of what `weighing.accumulate` added up; leaves ``counts`` and ``bits`` all 0.

    What an occurrence weighs in the shortest of texts tells of most documents that they can't be among the best.
    """
    held, entries, needed = np.int64(0), address(best), -1.0  # the weight that scores as much as the last of the best
    highest, other_highest = f64(get(book, TABLE), 0), f64(get(book, OTHER_TABLE), 0)
    for place in range(bits.shape[0]):
        word = bits[place]
        bits[place] = np.uint64(0)
        while word:
            doc = 64 * place + lowest(word)
            word &= word - np.uint64(1)
            number = np.int64(counts[doc])
            counts[doc] = np.uint64(0)
            first, second = number >> 32, number & LOW
            if (first * highest + second * other_highest) * SAFE < needed or not passes(gate, doc):
                continue
            one = weight(book, doc, first, second)
            score = factor * one / (k1 + one)
            if held == most and score < f64(entries, 1):
                continue
            held = offered(book, doc, score, entries, most, held)
            if held == most:
                last = f64(entries, 1)
                needed = k1 * last / (factor - last) if last < 0.999 * factor else -1.0
    in_order(entries, held)
    return held
