"""Which segments to make one: few segments for queries, at a cost that follows what was added, not the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_SEGMENTS = 8
"""More cost every query; fewer make increments rewrite more."""
NEAR = 2
"""A segment is merged with smaller ones when it is less than so many times as large as they are together."""
LARGEST_BYTES = 3 * 2**30
"""No stream of a merged segment may be longer: their places are 32 bits. The streams are never longer than their files."""


class Size(NamedTuple):
    """A segment as it is now: live and all documents, bytes of its longest file."""

    live: int
    all: int
    bytes: int


def chosen(sizes: Sequence[Size]) -> list[list[int]]:
    """Groups of segments (by number, ascending), each to be rewritten as one, or, where nothing lives, dropped.

    Those of which most is deleted are rewritten; and, while there would be too many, the smallest are made one, together
    with those that aren't much larger: so an article is rewritten at most about log2(N) times.
    """
    alone = [[number] for number, size in enumerate(sizes) if size.live * 2 < size.all or not size.all]
    alive = [number for number, size in enumerate(sizes) if size.live]
    if len(alive) <= MOST_SEGMENTS:
        return alone
    ranked = sorted(alive, key=lambda number: (sizes[number].live, number))
    group, live, held = ranked[:1], sizes[ranked[0]].live, sizes[ranked[0]].bytes
    for number in ranked[1:]:
        size = sizes[number]
        enough = len(alive) - len(group) + 1 <= MOST_SEGMENTS
        if held + size.bytes > LARGEST_BYTES or (enough and size.live >= NEAR * live):
            break
        group.append(number)
        live += size.live
        held += size.bytes
    if len(group) < 2:
        return alone
    return [*(one for one in alone if one[0] not in group), sorted(group)]
