"""One request on an opened generation: matches, filters, order, counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from searchapp.engines.base import EngineAnswer, EngineHit, EngineRequest, SortKey
from searchapp.engines.whoosh import order
from searchapp.engines.whoosh.counting import Counts
from searchapp.engines.whoosh.evaluation import Evaluation, Found
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.order import UNDATED, Place


class Answering:
    """Looks a request up. Raises QueryRefused when a leaf stands for more forms than the limit."""

    def __init__(self, generation: OpenGeneration, request: EngineRequest) -> None:
        self._generation = generation
        self._request = request
        self._hidden = generation.hidden(request.now)
        self._evaluation = Evaluation(generation.views, generation.chains)
        values = {name: generation.values(name) for name in (*request.facets, *request.where, *request.without)}
        self._counts = Counts(
            self._evaluation.found(request.tree), values, self._hidden,
            request.where, request.without, request.first, request.last,
        )  # fmt: skip

    def answer(self) -> EngineAnswer:
        """The page asked for, and the counts."""
        request, counts = self._request, self._counts
        return EngineAnswer(
            total=counts.total,
            hits=tuple([self._hit(place) for place in self._page()]),
            facets=counts.facets(request.facets, request.facet_size) if request.facets else {},
            histogram=counts.histogram(self._generation.months) if request.histogram else None,
            clauses=tuple([self._evaluation.total(tree, self._hidden) for tree in request.clauses]),
        )

    def ordered(self) -> Iterator[Place]:
        """All matches, in order (after ``request.after``, if given)."""
        return iter(order.everything(self._counts.found, self._request.sort, self._request.after))

    def _page(self) -> list[Place]:
        request = self._request
        start = 0 if request.after else request.offset
        places = order.first(self._counts.found, request.sort, start + request.limit, request.after)
        return places[start : start + request.limit]

    def _hit(self, place: Place) -> EngineHit:
        segment = self._generation.views[place.segment].segment
        instant = segment["instant"].item(place.doc)
        score = place.score if self._request.sort == "relevance" else self._score(self._counts.found[place.segment], place.doc)
        key = SortKey(score, None if instant == UNDATED else instant, segment.id(place.doc))
        return EngineHit(segment.article(place.doc), key)

    @staticmethod
    def _score(found: Found, doc: int) -> float:
        """The score of a match that was ordered by date."""
        return found.scores.item(int(np.searchsorted(found.docs, doc)))
