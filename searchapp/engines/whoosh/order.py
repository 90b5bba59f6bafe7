"""The order of matches: the first so many, all of them, or those after a place, through all segments of a generation.

By relevance: score, then moment (newer first, undated last), then id. By date: moment, then id. Documents of one segment compare
by their id's rank; those of several by the ids themselves, which are read only where all else is equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.base import SortKey
from searchapp.engines.whoosh.evaluation import Found
from searchapp.engines.whoosh.kernels import heap as kernels
from searchapp.engines.whoosh.view import Floats, Ints, View
from searchapp.results import Sort

UNDATED = int(np.iinfo(np.int64).min)


class Place(NamedTuple):
    """A match in the order: segment number, document, score (0 where not ordered by it)."""

    segment: int
    doc: int
    score: float


class Part(NamedTuple):
    """Matches of one segment in order."""

    docs: NDArray[np.signedinteger]
    scores: Floats
    moments: Ints


def first(found: Sequence[Found], sort: Sort, most: int, after: SortKey | None) -> list[Place]:
    """The first ``most`` matches of each segment (after a place, if given), in order."""
    parts = [_top(part, sort, min(most, len(part.docs)), after) for part in found]
    return merged([part.view for part in found], parts)


def everything(found: Sequence[Found], sort: Sort, after: SortKey | None) -> list[Place]:
    """All matches (after a place, if given), in order."""
    return first(found, sort, max((len(part.docs) for part in found), default=0), after)


def _top(part: Found, sort: Sort, most: int, after: SortKey | None) -> Part:
    sign, scored = -1 if sort == "oldest" else 1, sort == "relevance"
    bound: tuple[bool, float, int, int] = (False, 0.0, 0, 0)
    if after is not None:
        moment = UNDATED if after.instant is None else sign * after.instant
        bound = (True, after.score if scored else 0.0, moment, _rank_after(part, after.id))
    best = np.empty((most, 4), np.int64)
    ranks = part.view.segment["ids.rank"]
    held = kernels.top(part.docs, part.scores, part.view.moments, ranks, sign, scored, *bound, best, most)
    return Part(best[:held, 0], best[:held].view(np.float64)[:, 1], best[:held, 2])


def _rank_after(part: Found, article_id: str) -> int:
    """The rank of the first document whose id is after a given one."""
    place = part.view.id_place(article_id)
    order = part.view.segment["ids.order"]
    while place < len(order) and part.view.segment.id(order.item(place)) == article_id:
        place += 1
    return place


def merged(views: Sequence[View], parts: Sequence[Part]) -> list[Place]:
    """The matches of all segments in one order."""
    places = [
        Place(number, doc, score)
        for number, part in enumerate(parts)
        for doc, score in zip(part.docs.tolist(), part.scores.tolist(), strict=True)
    ]
    if len(parts) < 2:
        return places
    moments = [moment for part in parts for moment in part.moments.tolist()]
    order = sorted(range(len(places)), key=lambda at: (-places[at].score, -moments[at]))
    result: list[Place] = []
    start = 0
    while start < len(order):
        end = start + 1
        key = (places[order[start]].score, moments[order[start]])
        while end < len(order) and (places[order[end]].score, moments[order[end]]) == key:
            end += 1
        level = [places[at] for at in order[start:end]]
        if len({place.segment for place in level}) > 1:
            level.sort(key=lambda place: views[place.segment].segment.id(place.doc))
        result += level
        start = end
    return result
