"""The best matches of a word, or of any of several, without looking at all of them: when nothing is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchapp.engines.base import K1
from searchapp.engines.whoosh.kernels import prune
from searchapp.engines.whoosh.leaves import Word
from searchapp.engines.whoosh.order import Part
from searchapp.engines.whoosh.view import View


def best(view: View, words: Sequence[Word], most: int) -> Part:
    """The first ``most`` live documents in order of relevance that hold any of the words."""
    if not words:
        return Part(np.zeros(0, np.int32), np.zeros(0, np.float64), np.zeros(0, np.int64))
    lists, ranking, segment = view.lists["text"], view.ranking["text"], view.segment
    most = min(most, view.documents)
    docs, scores, moments = np.empty(most, np.int32), np.empty(most, np.float64), np.empty(most, np.int64)
    terms, parts, factors = zip(*words, strict=True)
    held = prune.best_of(
        lists.post, lists.last, lists.widths, segment["text.max"], lists.blocks, lists.starts, lists.sizes,
        np.array(terms, np.int64), view.dead, np.array(parts, np.int64), *ranking, np.array(factors), K1,
        view.ceilings, view.moments, segment["ids.rank"], docs, scores, moments,
    )  # fmt: skip
    return Part(docs[:held], scores[:held], moments[:held])
