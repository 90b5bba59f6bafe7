"""Which documents a build takes out: those whose id came again, or was removed.

Looked up when the build is finished, all at once: nothing is remembered of each article while it is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels.strings import mark, mark_repeated
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.vocabulary import Ints, Strings

Mask = NDArray[np.bool_]


def dead_in_new(segments: Sequence[Segment], removed: Mapping[str, int]) -> list[Mask]:
    """For each of the segments a build has written, in order, the documents that are not in their articles' last version.

    ``removed``: ids, each with how many articles had been added when it was removed.
    """
    dead = []
    before = sum(segment.articles for segment in segments)
    later: list[Strings] = []
    for segment in reversed(segments):
        before -= segment.articles
        gone = np.zeros(segment.articles, np.bool_)
        ids = ids_of(segment)
        mark_repeated(*_table(segment, ids), gone)
        for others in later:
            mark(*_table(segment, ids), *others, gone)
        for document in np.flatnonzero(_named(segment, removed)).tolist():
            gone[document] |= before + document < removed[segment.id(document)]
        dead.append(gone)
        later.append(ids)
    return dead[::-1]


def dead_in_base(segment: Segment, new: Sequence[Segment], removed: Mapping[str, int]) -> Mask:
    """Which documents of an older segment come again in new ones, or were removed."""
    gone = _named(segment, removed)
    for other in new:
        mark(*_table(segment, ids_of(segment)), *ids_of(other), gone)
    return gone


def ids_of(segment: Segment) -> Strings:
    """The ids of a segment's articles."""
    return Strings.of_run(segment["ids"], segment["ids.ends"])


def _table(segment: Segment, ids: Strings) -> tuple[NDArray[np.uint8], Ints, Ints, Ints]:
    return (*ids, segment["ids.order"].astype(np.int64))


def _named(segment: Segment, removed: Mapping[str, int]) -> Mask:
    named = np.zeros(segment.articles, np.bool_)
    data = [article_id.encode("utf-8", "surrogatepass") for article_id in removed]
    ends = np.cumsum([len(text) for text in data], dtype=np.int64)
    wanted = Strings.of_run(np.frombuffer(b"".join(data), np.uint8), ends)
    mark(*_table(segment, ids_of(segment)), *wanted, named)
    return named
