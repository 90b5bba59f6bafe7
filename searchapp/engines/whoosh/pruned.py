"""The best matches of a word, or of any of several, without looking at all of them: when nothing is counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from searchapp.engines.base import K1
from searchapp.engines.whoosh.kernels import prune
from searchapp.engines.whoosh.layout import BOUND_STEPS, BOUND_ZERO, NO_BOUND
from searchapp.engines.whoosh.leaves import Word
from searchapp.engines.whoosh.order import Part
from searchapp.engines.whoosh.view import Floats, View
from searchapp.fields import BY_NAME


def best(view: View, words: Sequence[Word], most: int) -> Part:
    """The first ``most`` live documents in order of relevance that hold any of the words."""
    lists, ranking, segment = view.lists["text"], view.ranking["text"], view.segment
    bounds = segment["text.max"]
    ceilings = np.array([word.factor for word in words])[:, None] * saturated_bounds(_slack(view))
    tops = np.array([ceilings[j, _highest(view, word.term)] for j, word in enumerate(words)])
    most = min(most, view.documents)
    docs, scores, moments = np.empty(most, np.int32), np.empty(most, np.float64), np.empty(most, np.int64)
    held = prune.best_of(
        lists.post, lists.last, lists.widths, bounds, lists.blocks, lists.starts, lists.sizes,
        np.array([word.term for word in words], np.int64), view.dead, np.array([word.parts for word in words], np.int64),
        *ranking, np.array([word.factor for word in words]), K1, ceilings, tops,
        segment["rows"].view(np.int64), segment["ids.rank"], docs, scores, moments,
    )  # fmt: skip
    return Part(docs[:held], scores[:held], moments[:held])


def _highest(view: View, term: int) -> int:
    lists = view.lists["text"]
    return int(view.segment["text.max"][lists.blocks.item(term) : lists.blocks.item(term + 1)].max())


@lru_cache(16)
def saturated_bounds(slack: float) -> Floats:
    """What weight / (k1 + weight) can't exceed in a block with each bound.

    Bounds are of the segment's own average lengths; ``slack`` is how much more a posting can weigh now.
    """
    bounds = np.ones(NO_BOUND + 1, np.float64)
    if math.isfinite(slack):
        weights = slack * 2.0 ** ((np.arange(NO_BOUND, dtype=np.float64) - BOUND_ZERO) / BOUND_STEPS)
        bounds[:NO_BOUND] = weights / (K1 + weights)
    bounds.flags.writeable = False
    return bounds


def _slack(view: View) -> float:
    """How much more a posting can weigh by the generation's average lengths than by the segment's; infinite when unknown.

    1 / (1 - b + b × length / average) grows by less than the average does.
    """
    known = view.segment.values
    if known.get("weights") != [[BY_NAME[name].boost, BY_NAME[name].length_norm] for name in ("title", "body")]:
        return float("inf")
    averages = known["average"]
    own = [averages[name] or 1.0 for name in ("title", "body")]
    now = view.ranking["text"].numbers[:, 2].tolist()
    slack: float = max(1.0, *(new / old for new, old in zip(now, own, strict=True)))
    return slack * (1 + 1e-9)
