"""Ways out of a page without hits, counted without making the reader wait much longer than the page itself took.

A query may have 512 characters of expensive words, so the searches tried here are few and stop when time is up. What a
way finds is offered only when it is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from searchapp.errors import QueryTimeout
from searchapp.results import ResultPage, SearchRequest
from searchapp.web import listing
from searchapp.web.listing import WayOut

MOST = 4
"""Searches tried for a reader who found nothing."""
BUDGET = 0.15
"""Seconds they may take together."""

Search = Callable[[SearchRequest], ResultPage]


def out_of(page: ResultPage, search: Search, clock: Callable[[], float] = time.perf_counter) -> list[tuple[WayOut, int]]:
    """The ways that find something, with what they find, those to the most first.

    The next search is expected to take as long as the page did, or as the slowest so far; one that would end after
    the budget isn't begun. A way that the clauses' own totals tell the answer of needs none.
    """
    count = _Counter(page, search, clock)
    return count.finding(listing.ways_out(page)) or count.finding(listing.longer_ways_out(page))


class _Counter:
    def __init__(self, page: ResultPage, search: Search, clock: Callable[[], float]) -> None:
        self._known = {clause.text: clause.total for clause in page.clauses}
        self._search = search
        self._clock = clock
        self._end = clock() + BUDGET
        self._expected = page.took_ms / 1000
        self._left = MOST

    def finding(self, ways: Sequence[WayOut]) -> list[tuple[WayOut, int]]:
        counted = ((way, self._total(way.request)) for way in ways)
        return sorted(((way, total) for way, total in counted if total), key=lambda pair: -pair[1])

    def _total(self, request: SearchRequest) -> int | None:
        """What a request finds; None when there is no time to find out."""
        if request.q in self._known and not listing.narrowed(request):
            return self._known[request.q]
        begin = self._clock()
        if not self._left or begin + self._expected > self._end:
            return None
        self._left -= 1
        try:
            total = self._search(replace(request, facets=(), size=1, highlight=False)).total
        except QueryTimeout:
            self._left = 0
            return None
        self._expected = max(self._expected, self._clock() - begin)
        return total
