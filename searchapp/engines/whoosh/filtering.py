"""Filters: which matches of a segment pass them, and which fail just one, because facets are counted without their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.columns import Coded, Days
from searchapp.engines.whoosh.evaluation import Found, day_range
from searchapp.engines.whoosh.kernels import filtering as kernels
from searchapp.engines.whoosh.values import Values
from searchapp.engines.whoosh.view import Docs, Ints, View
from searchapp.fields import MISSING

CHOSEN, EXCLUDED = 1, 2

Chosen = Mapping[str, tuple[str, ...]]
Mask = NDArray[np.uint8]


class Checks(NamedTuple):
    """The filters of a request in one segment, as the kernels take them: `searchapp.engines.whoosh.kernels.filtering`."""

    hidden: Mask
    data: NDArray[np.uint8]
    step: int
    days: Ints
    planes: Ints
    flags: NDArray[np.uint8]


class Passed(NamedTuple):
    """The matches of a segment that pass, and those that fail only the filter of the facet of a number."""

    found: Found
    single: Docs
    failed: NDArray[np.int32]


class Filters:
    """What a request chooses and excludes: whole values of facets, and days."""

    def __init__(
        self, values: Mapping[str, Values], where: Chosen, without: Chosen, first: date | None = None, last: date | None = None
    ) -> None:
        self._values = values
        self.where, self.without = where, without
        self.names = [name for name in dict.fromkeys((*where, *without)) if where.get(name) or without.get(name)]
        self._dated = first is not None or last is not None
        self._days = day_range(first, last)

    def __bool__(self) -> bool:
        return self._dated or bool(self.names)

    def chosen(self, name: str) -> tuple[str, ...]:
        """The values of a facet that are chosen or excluded."""
        return (*self.where.get(name, ()), *self.without.get(name, ()))

    def passed(self, found: Found, number: int, hidden: Mask) -> Passed:
        """Filter the matches of segment ``number``, which are consumed: those that pass are moved to the front."""
        docs, scores = found.docs, found.scores
        working = [np.empty(kernels.TOGETHER, dtype) for dtype in (np.uint32, np.uint8, np.int32)]
        single, failed = np.empty(len(docs), np.int32), np.empty(len(docs), np.int32)
        kept, others = kernels.passing(docs, scores, *self.checks(found.view, number, hidden), *working, single, failed)
        return Passed(Found(found.view, docs[:kept], scores[:kept]), single[:others], failed[:others])

    def checks(self, view: View, number: int, hidden: Mask) -> Checks:
        """These filters in segment ``number``."""
        columns = view.segment.columns
        facets = [columns.facets[name] for name in self.names]
        bases = [0]
        for facet in facets:
            bases.append(bases[-1] + facet.size)
        flags = np.zeros(bases[-1], np.uint8)
        planes = []
        for name, facet, base in zip(self.names, facets, bases, strict=False):
            self._flag(flags[base:], name, number, facet)
            rule = 2 if self.where.get(name) else 1
            rows = [(plane.at, plane.width, base, 0) for plane in facet.planes]
            planes += [*rows[:-1], (*rows[-1][:3], rule)]
        return Checks(
            hidden, columns.data, columns.step, self._coded(columns.days), np.array(planes, np.int64).reshape(-1, 4), flags
        )

    def _flag(self, flags: NDArray[np.uint8], name: str, number: int, facet: Coded) -> None:
        for place, flag in self._places(name, number):
            flags[place] |= flag
        if len(facet.members):
            kernels.flag_sets(flags, facet.filler, facet.members, facet.ends)

    def _places(self, name: str, number: int) -> Iterator[tuple[int, int]]:
        for values, flag in ((self.where.get(name, ()), CHOSEN), (self.without.get(name, ()), EXCLUDED)):
            for value in values:
                place = self._values[name].local(number, value)
                if place is not None:
                    yield place, flag
                if value == MISSING:
                    yield 0, flag

    def _coded(self, days: Days) -> Ints:
        """The days asked for as codes of a segment; those before all of its articles' become the first."""
        if not self._dated:
            return np.zeros(7, np.int64)
        low, high = self._days
        return np.array([1, max(low - days.base, 1), max(high - days.base, 0), *days.first, *days.last], np.int64)
