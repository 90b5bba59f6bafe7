"""Counts over the matches of a request: facets, each without its own filter, and the histogram of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.columns import Months
from searchapp.engines.whoosh.evaluation import Found
from searchapp.engines.whoosh.filtering import Filters, Mask, Passed
from searchapp.engines.whoosh.hiding import among
from searchapp.engines.whoosh.histogram import Timeline
from searchapp.engines.whoosh.kernels import counting as kernels
from searchapp.engines.whoosh.values import Values
from searchapp.engines.whoosh.view import Docs, Ints, View
from searchapp.fields import MISSING
from searchapp.results import FacetCount, FacetValue, Histogram

DENSE = 1.5
"""When live documents are fewer than so many times the matches, those that don't match are counted instead."""

Numbers = NDArray[np.int32]


class _Part:
    """How the facets of a plan, and months, are counted in one segment: each code has a number, facet after facet."""

    def __init__(self, view: View, names: Sequence[str]) -> None:
        columns = view.segment.columns
        self._view, self._data, self._step = view, columns.data, columns.step
        self.facets = [columns.facets[name] for name in names]
        sizes = [*(facet.size for facet in self.facets), columns.months.size]
        self.bases: list[int] = np.cumsum([0, *sizes]).tolist()
        planes = [(*plane, base) for facet, base in zip(self.facets, self.bases, strict=False) for plane in facet.planes]
        self._planes = np.array([*planes, (*columns.months.plane, self.bases[-2])], np.int64)
        self._bounds: list[int] = np.cumsum([0, *(len(facet.planes) for facet in self.facets)]).tolist()
        self._sets = [(base, facet) for base, facet in zip(self.bases, self.facets, strict=False) if len(facet.members)]
        self._whole: Numbers | None = None

    def count(self, docs: Docs) -> Numbers:
        """The number of each code among some live documents."""
        if len(docs) * DENSE <= self._view.articles:
            return self._counted(docs)
        if self._whole is None:
            self._whole = self._counted(self._view.live_docs)
        return self._whole - self._counted(self._others(docs)) if len(docs) < self._view.articles else self._whole.copy()

    def _others(self, docs: Docs) -> Docs:
        others = np.empty(self._view.articles, np.int32)
        return others[: kernels.remaining(docs, self._view.live_docs, others)]

    def _counted(self, docs: Docs) -> Numbers:
        counts = np.zeros(self.bases[-1], np.int32)
        kernels.count(docs, self._data, self._step, self._planes, 0, len(self._planes), counts)
        for base, facet in self._sets:
            kernels.spread(counts, base, facet.filler, facet.members, facet.ends)
        return counts

    def add(self, docs: Docs, place: int, counts: Numbers) -> None:
        """Count some more documents for one facet."""
        facet, base = self.facets[place], self.bases[place]
        kernels.count(docs, self._data, self._step, self._planes, self._bounds[place], self._bounds[place + 1], counts)
        if len(facet.members):
            kernels.spread(counts, base, facet.filler, facet.members, facet.ends)


class Plan:
    """How some facets of a generation are counted, and months. Made once for each choice of them."""

    def __init__(self, names: Sequence[str], values: Mapping[str, Values], views: Sequence[View]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.parts = [_Part(view, self.names) for view in views]
        self._to: list[Ints] | None = None
        if len(views) == 1:
            part, months = self.parts[0], views[0].segment.columns.months
            sizes = [facet.values for facet in part.facets]
            self.bases, self.timeline = part.bases, Timeline(months.base, months.number)
        else:
            sizes = [len(values[name]) for name in self.names]
            self.timeline = _timeline([view.segment.columns.months for view in views])
            self.bases = np.cumsum([0, *(size + 1 for size in sizes), 1 + 3 * self.timeline.number]).tolist()
            self._to = [self._moved(number, values, view) for number, view in enumerate(views)]
        self.facets = np.array([*zip(self.bases, sizes, strict=False)], np.int64).reshape(-1, 2)

    def _moved(self, number: int, values: Mapping[str, Values], view: View) -> Ints:
        """Where each count of a segment goes: to its place among all; what stands for nothing after their end."""
        part, end = self.parts[number], self.bases[-1]
        moved = np.full(part.bases[-1], end)
        for at, (name, facet) in enumerate(zip(self.names, part.facets, strict=True)):
            first = part.bases[at]
            moved[first : first + facet.values + 1] = values[name].places[number] + self.bases[at]
        months, first, base = view.segment.columns.months, part.bases[-2], self.bases[-2]
        moved[first] = base
        grains = np.arange(3)[:, None] * self.timeline.number + np.arange(months.number)
        moved[first + 1 :] = base + 1 + grains.reshape(-1) + (months.base - self.timeline.base)
        return moved

    def count(self, passed: Sequence[Passed], filtered: Sequence[str]) -> Numbers:
        """The numbers of all values and months; the facets ``filtered``, in the filters' order, without their own filter."""
        counted = []
        for part, (found, single, failed) in zip(self.parts, passed, strict=True):
            counts = part.count(found.docs)
            for number, name in enumerate(filtered if len(single) else ()):
                if name in self.names:
                    others = single if len(filtered) == 1 else single[failed == number]
                    part.add(others, self.names.index(name), counts)
            counted.append(counts)
        if self._to is None:
            return counted[0]
        total = np.zeros(self.bases[-1] + 1, np.int32)
        for counts, moved in zip(counted, self._to, strict=True):
            total[moved] += counts
        return total[:-1]


def _timeline(months: Sequence[Months]) -> Timeline:
    known = [one for one in months if one.number]
    base = min((one.base for one in known), default=0)
    return Timeline(base, max((one.base + one.number for one in known), default=0) - base)


class Counts:
    """The matches of a request that pass its filters, and what is counted over them.

    ``unfiltered`` is the number of matches before that, without the hidden ones.
    ``found`` is consumed: filters move the matches that pass to the front. ``hidden``: of each segment, the mask of its view.
    """

    def __init__(self, found: Sequence[Found], filters: Filters, values: Mapping[str, Values], hidden: Sequence[Mask]) -> None:
        self._filters = filters
        self._values = values
        parts = zip(found, hidden, strict=True)
        visible = [len(part.docs) - among(part.view, part.docs, mask) for part, mask in parts if filters]
        self._passed = [
            filters.passed(part, number, mask) if filters or len(mask) else Passed(part, part.docs[:0], part.docs[:0])
            for number, (part, mask) in enumerate(zip(found, hidden, strict=True))
        ]
        self.found = [part.found for part in self._passed]
        self.total = sum(len(part.docs) for part in self.found)
        self.unfiltered = sum(visible) if filters else self.total

    def count(self, plan: Plan, size: int, *, histogram: bool) -> tuple[dict[str, FacetCount], Histogram | None]:
        """The counts of some facets, the ``size`` most frequent values of each and all that are chosen or excluded.

        And, if wanted, the matches by date. All in one pass.
        """
        counts = plan.count(self._passed, self._filters.names)
        facets = self._told(plan, size, counts)
        return facets, plan.timeline.histogram(counts[plan.bases[-2] :], self.found, self.total) if histogram else None

    def _told(self, plan: Plan, size: int, counts: Numbers) -> dict[str, FacetCount]:
        ranked = np.empty((len(plan.names), 3 + 2 * size), np.int64)
        kernels.largest(counts, plan.facets, size, ranked)
        told = {}
        for at, (name, (held, total, missing, *top)) in enumerate(zip(plan.names, ranked.tolist(), strict=True)):
            texts, most = map(self._values[name].strings.__getitem__, top[:held]), top[size : size + held]
            if self._filters.chosen(name):
                told[name] = self._with_chosen(name, dict(zip(texts, most, strict=True)), counts, plan.bases[at], total)
            else:
                told[name] = FacetCount(FacetValue.plain(texts, most), total - sum(most), missing)
        return told

    def _with_chosen(self, name: str, ranked: dict[str, int], counts: Numbers, base: int, total: int) -> FacetCount:
        """The counts of a facet with a filter: the chosen and excluded values are always among them."""
        values, selected, excluded = self._values[name], self._filters.where.get(name, ()), self._filters.without.get(name, ())
        missing = counts.item(base)
        for value in (*selected, *excluded):
            place = values.place(value)
            ranked[value] = counts.item(base + place) if place is not None else 0
        counted = sum(ranked.values())
        if MISSING in (*selected, *excluded):
            ranked[MISSING] += missing
        return FacetCount(
            values=tuple(
                FacetValue(value, number, value in selected, value in excluded)
                for value, number in sorted(ranked.items(), key=lambda item: (-item[1], item[0]))
            ),
            other=total - counted,
            missing=missing,
        )
