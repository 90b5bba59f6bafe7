"""One request on an opened generation: matches, filters, order, counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property

import numpy as np

from searchapp.article import Article
from searchapp.engines.base import EngineAnswer, EngineRequest, SortKey
from searchapp.engines.whoosh import marks, order, unscored
from searchapp.engines.whoosh.counting import Counts
from searchapp.engines.whoosh.evaluation import Evaluation, Found
from searchapp.engines.whoosh.filtering import Filters
from searchapp.engines.whoosh.gates import gates
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.leaves import Lists
from searchapp.engines.whoosh.order import UNDATED, Part, Place
from searchapp.engines.whoosh.pruned import best, best_of_forms
from searchapp.engines.whoosh.shown import Guard, Unread, read
from searchapp.query.deadline import Deadline
from searchapp.query.marks import PageMarks
from searchapp.query.tree import Fuzzy, Node, Prefix, Wildcard, wanted
from searchapp.results import FacetCount

AHEAD = 1000
"""Hits of which the first so many are looked for among the best only."""


class Answering:
    """Looks a request up. Raises QueryRefused when a leaf stands for more forms than the limit."""

    def __init__(self, generation: OpenGeneration, request: EngineRequest, guard: Guard = nullcontext) -> None:
        self._generation = generation
        self._guard = guard
        self._request = request
        self._hidden = generation.hidden(request.now)
        self._deadline = Deadline(request.deadline)
        self._deadline.check()
        self._evaluation = Evaluation(generation.views, generation.chains, self._deadline)
        self._found: Counts | None = None

    @property
    def _counts(self) -> Counts:
        """The matches that pass the filters; looked up once."""
        if self._found is None:
            self._found = self._filtered()
        return self._found

    def _filtered(self) -> Counts:
        request, generation = self._request, self._generation
        values = {name: generation.values(name) for name in (*request.facets, *request.where, *request.without)}
        filters = Filters(values, request.where, request.without, request.first, request.last)
        lists = self._lists
        if lists is not None and unscored.worth(generation.views, lists, filtered=bool(filters)):
            found = unscored.found(generation.views, lists, self._deadline)
        else:
            found, self._lists = self._evaluation.found(request.tree), None
        return Counts(found, filters, values, self._hidden)

    @cached_property
    def _lists(self) -> Lists | None:
        """The posting lists that the tree is the union or the intersection of, if the best matches can be found by them alone."""
        request = self._request
        few = request.sort == "relevance" and not request.after and request.offset + request.limit <= AHEAD
        return self._evaluation.lists(request.tree) if few else None

    def answer(self) -> EngineAnswer:
        """The page asked for, and the counts."""
        request, counts, generation = self._request, self._counts, self._generation
        facets: dict[str, FacetCount] = {}
        histogram = None
        if request.facets or request.histogram:
            plan = generation.plan(request.facets)
            facets, histogram = counts.count(plan, request.facet_size, histogram=request.histogram)
        places = self._page()
        articles, marked = self._articles(places)
        return EngineAnswer(
            total=counts.total,
            keys=tuple(self._keys(places)),
            articles=articles,
            marks=marked,
            facets=facets,
            histogram=histogram,
            clauses=tuple([self._total(tree) for tree in request.clauses]),
        )

    def _total(self, tree: Node) -> int:
        """How many visible articles match a clause by itself."""
        if tree == self._request.tree:
            return self._counts.unfiltered
        return self._evaluation.total(tree, self._hidden)

    def ordered(self) -> Iterator[Place]:
        """All matches, in order (after ``request.after``, if given)."""
        self._lists = None
        return iter(order.everything(self._counts.found, self._request.sort, self._request.after))

    def keys(self) -> list[SortKey]:
        """Where the hits of `answer` stand."""
        views, start, most = self._generation.views, self._request.offset, self._request.offset + self._request.limit
        parts = self._best(most)
        if parts is None:
            return self._keys(self._page())
        if len(views) != 1:
            return self._keys(order.merged(views, parts)[start:most])
        docs, scores, moments = (column[start:].tolist() for column in parts[0])
        instants = [None if moment == UNDATED else moment for moment in moments]
        return list(map(SortKey, scores, instants, views[0].ids(docs)))

    def _best(self, most: int) -> list[Part] | None:
        """Of each segment what may be among the first hits, found without scoring all; None where there is no such way."""
        request, evaluation = self._request, self._evaluation
        if request.sort != "relevance" or request.after or not most:
            return None
        lists, group = self._lists, evaluation.expanded(request.tree)
        if lists is None and group is None:
            return None
        passing = gates(self._generation, request, self._hidden)
        if lists is not None:
            return best(self._generation.views, lists, passing, most, self._deadline)
        assert group is not None
        assert isinstance(request.tree, Prefix | Wildcard | Fuzzy)
        return best_of_forms(evaluation, request.tree, group, passing, most, self._deadline)

    def _page(self) -> list[Place]:
        request, counts, lists = self._request, self._counts, self._lists
        start = 0 if request.after else request.offset
        most = start + request.limit
        if not request.limit:
            return []
        found = counts.found
        if lists is not None:
            parts = self._best(most) if counts.total * max(map(len, lists.of), default=0) > unscored.FEW else None
            if parts is not None:
                return order.merged(self._generation.views, parts)[start:most]
            found = list(map(unscored.scored, found, lists.of))
        return order.first(found, request.sort, most, request.after)[start:most]

    def _articles(self, places: Sequence[Place]) -> tuple[Sequence[Article], PageMarks | None]:
        """The articles of a page, and their marks if they are wanted."""
        views = self._generation.views
        if not self._request.highlight:
            return Unread(views, places, self._guard), None
        articles, leaves = read(views, places), tuple(wanted(self._request.tree))
        docs = [(place.segment, place.doc) for place in places]
        return articles, marks.of_page(views, docs, articles, leaves, self._deadline)

    def _keys(self, places: Sequence[Place]) -> list[SortKey]:
        views, found = self._generation.views, []
        for number, doc, score in places:
            segment = views[number].segment
            instant = segment.instant(doc)
            if self._request.sort != "relevance":
                score = self._score(self._counts.found[number], doc)
            found.append(SortKey(score, None if instant == UNDATED else instant, segment.id(doc)))
        return found

    @staticmethod
    def _score(found: Found, doc: int) -> float:
        """The score of a match that was ordered by date."""
        return found.scores.item(int(np.searchsorted(found.docs, doc)))
