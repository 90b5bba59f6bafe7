"""Filters and counts over the matches of a request: facets, each without its own filter, and the histogram of dates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.evaluation import Found, day_range
from searchapp.engines.whoosh.kernels import match as kernels
from searchapp.engines.whoosh.segment import text_at
from searchapp.engines.whoosh.view import Ints, View
from searchapp.fields import FACETS, MISSING
from searchapp.results import FacetCount, FacetValue, Histogram, Interval

MOST_DAYS = 62
"""Bars of a histogram by day: two months; after that months are easier to read."""
MOST_MONTHS = 60
"""Bars of a histogram by month: five years."""
REMEMBERED = 20_000
"""Values of a facet that a process keeps as strings: those it has shown."""
CHOSEN, EXCLUDED = 1, 2
_DAY = 3
_FAR = 2**40

Filter = Mapping[str, tuple[str, ...]]


class _Strings(dict[int, str]):
    """Values by their places from 1 on; those that were asked for are kept, up to `REMEMBERED`."""

    def __init__(self, read: Callable[[int], str]) -> None:
        super().__init__()
        self._read_value = read

    def __missing__(self, place: int) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        self[place] = found = self._read_value(place)
        return found


class Values:
    """The distinct values of a facet in all segments, numbered in code point order from 1; 0 stands for none."""

    def __init__(self, views: Sequence[View], name: str) -> None:
        self._parts = [(view.segment[f"facet.{name}.values"], view.segment[f"facet.{name}.values.ends"]) for view in views]
        self.sizes = [len(ends) for _, ends in self._parts]
        self.strings = _Strings(self._value)

    @cached_property
    def _all(self) -> list[str] | None:
        """All values, sorted; None when one segment has them all, where they are read one by one."""
        if len(self._parts) == 1:
            return None
        return sorted({_text(part, number) for part in self._parts for number in range(len(part[1]))})

    @cached_property
    def places(self) -> list[Ints]:
        """Of each segment: its places as places among all, beginning with 0 for none."""
        if self._all is None:
            return [np.arange(self.sizes[0] + 1)]
        place = {value: number for number, value in enumerate(self._all, 1)}
        return [np.array([0, *(place[_text(part, number)] for number in range(len(part[1])))], np.int64) for part in self._parts]

    def __len__(self) -> int:
        return self.sizes[0] if self._all is None else len(self._all)

    def _value(self, place: int) -> str:
        return _text(self._parts[0], place - 1) if self._all is None else self._all[place - 1]

    def place(self, value: str) -> int | None:
        """The place of a value among all; None when no article has it."""
        if self._all is None:
            return self.local(0, value)
        at = bisect_left(self._all, value)
        return at + 1 if at < len(self._all) and self._all[at] == value else None

    def local(self, segment: int, value: str) -> int | None:
        """The place of a value in one segment."""
        part = self._parts[segment]
        at = bisect_left(range(len(part[1])), value, key=lambda number: _text(part, number))
        return at + 1 if at < len(part[1]) and _text(part, at) == value else None


def _text(part: tuple[NDArray[np.uint8], NDArray[np.uint32]], number: int) -> str:
    return text_at(*part, number).decode("utf-8", "surrogatepass")


class Plan(NamedTuple):
    """How some facets are counted: their columns in a row, where each one's counts begin (and the last one's end).

    ``own``: of each segment the number of values of each, where their counts begin, and how many counts there are.
    """

    names: tuple[str, ...]
    columns: Ints
    bases: Ints
    own: tuple[tuple[Ints, Ints, int], ...]


def planned(names: Sequence[str], values: Mapping[str, Values], segments: int) -> Plan:
    """How to count some facets of a generation."""
    names = tuple(dict.fromkeys(names))
    own = []
    for number in range(segments):
        sizes = np.array([values[name].sizes[number] for name in names], np.int64)
        own.append((sizes, np.cumsum(sizes + 1) - (sizes + 1), int((sizes + 1).sum())))
    columns = np.array([FACETS.index(name) for name in names], np.int64)
    return Plan(names, columns, np.cumsum([0, *(len(values[name]) + 1 for name in names)]), tuple(own))


class Counts:
    """The matches of a request that pass its filters, and what is counted over them.

    ``unfiltered`` is the number of matches before that, hidden ones among them.
    ``found`` is consumed: filters move the matches that pass to the front. ``hidden``: of each segment, the mask of its view.
    """

    def __init__(
        self,
        found: Sequence[Found],
        values: Mapping[str, Values],
        hidden: Sequence[NDArray[np.uint8]],
        where: Filter,
        without: Filter,
        first: date | None,
        last: date | None,
    ) -> None:
        self._values = values
        self._names = [name for name in dict.fromkeys((*where, *without)) if where.get(name) or without.get(name)]
        self._where, self._without = where, without
        self.found = list(found)
        self.unfiltered = sum(len(part.docs) for part in found)
        self._single: list[tuple[NDArray[np.int32], NDArray[np.int32]] | None] = [None] * len(found)
        dated = first is not None or last is not None
        if self._names or dated or any(len(mask) for mask in hidden):
            for number, mask in enumerate(hidden):
                self._filter(number, mask, (*day_range(first, last), dated))
        self.total = sum(len(part.docs) for part in self.found)

    def _filter(self, number: int, hidden: NDArray[np.uint8], days: tuple[int, int, bool]) -> None:
        part = self.found[number]
        view, segment = part.view, part.view.segment
        columns = np.array([FACETS.index(name) for name in self._names], np.int64)
        sizes = np.array([self._values[name].sizes[number] for name in self._names], np.int64)
        bases = np.cumsum(sizes + 2) - (sizes + 2)
        flags = np.zeros(int((sizes + 2).sum()), np.uint8)
        for name, base, size in zip(self._names, bases.tolist(), sizes.tolist(), strict=True):
            flags[base : base + size + 2] = self._flags(name, number, size)
        single, failed = np.empty(len(part.docs), np.int32), np.empty(len(part.docs), np.int32)
        kept, others = kernels.passing(
            part.docs, part.scores, hidden, *days, segment["rows"], columns, flags, bases, sizes, *view.facet_sets,
            single, failed,
        )  # fmt: skip
        self.found[number] = Found(view, part.docs[:kept], part.scores[:kept])
        self._single[number] = single[:others], failed[:others]

    def _flags(self, name: str, number: int, size: int) -> NDArray[np.uint8]:
        flags = np.zeros(size + 2, np.uint8)
        for values, flag in ((self._where.get(name, ()), CHOSEN), (self._without.get(name, ()), EXCLUDED)):
            for value in values:
                place = self._values[name].local(number, value)
                if place is not None:
                    flags[place] |= flag
                if value == MISSING:
                    flags[0] |= flag
        flags[size + 1] = bool(self._where.get(name))
        return flags

    def count(self, plan: Plan, size: int, months: tuple[int, int] | None) -> tuple[dict[str, FacetCount], Histogram | None]:
        """The counts of some facets, the ``size`` most frequent values of each and all that are chosen or excluded.

        And, given the first and the last month of all articles, the matches by date. All in one pass.
        """
        counts = np.zeros(plan.bases.item(len(plan.names)), np.int64)
        base, end = months or (0, 0)
        by_month = np.zeros((4, end - base + 1), np.int64)
        extent = np.array([_FAR, -_FAR], np.int64)
        for number in range(len(self.found)):
            self._count(plan, number, counts, (months is not None, base, by_month, extent))
        return self._told(plan, size, counts), None if months is None else self._histogram(base, by_month, extent)

    def _count(self, plan: Plan, number: int, counts: Ints, dates: tuple[bool, int, Ints, Ints]) -> None:
        part, (sizes, starts, total) = self.found[number], plan.own[number]
        alone = len(self.found) == 1
        here = counts if alone else np.zeros(total, np.int64)
        rows, sets = part.view.segment["rows"], part.view.facet_sets
        kernels.count_facets(part.docs, rows, plan.columns, starts, sizes, *sets, here, *dates)
        single = self._single[number]
        for f, name in enumerate(self._names if single is not None else ()):
            if name in plan.names and single is not None:
                at = plan.names.index(name)
                others, one = single[0][single[1] == f], slice(at, at + 1)
                own = (plan.columns[one], starts[one], sizes[one])
                kernels.count_facets(others, rows, *own, *sets, here, False, *dates[1:])
        if not alone:
            for at, name in enumerate(plan.names):
                places = self._values[name].places[number] + plan.bases[at]
                counts[places] += here[starts[at] : starts[at] + sizes[at] + 1]

    def _told(self, plan: Plan, size: int, counts: Ints) -> dict[str, FacetCount]:
        shape = (len(plan.names), size)
        places, numbers, summary = np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty((shape[0], 3), np.int64)
        kernels.largest(counts, plan.bases, places, numbers, summary)
        told = {}
        rows = zip(plan.names, places.tolist(), numbers.tolist(), summary.tolist(), strict=True)
        for at, (name, top, most, (held, total, missing)) in enumerate(rows):
            if self._where.get(name) or self._without.get(name):
                shown = dict(zip(map(self._values[name].strings.__getitem__, top[:held]), most[:held], strict=True))
                told[name] = self._with_chosen(name, shown, counts, plan.bases.item(at), total)
            else:
                values = FacetValue.plain(map(self._values[name].strings.__getitem__, top[:held]), most)
                told[name] = FacetCount(values=values, other=total - sum(most[:held]), missing=missing)
        return told

    def _with_chosen(self, name: str, ranked: dict[str, int], counts: Ints, base: int, total: int) -> FacetCount:
        """The counts of a facet with a filter: the chosen and excluded values are always among them."""
        values, selected, excluded = self._values[name], self._where.get(name, ()), self._without.get(name, ())
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

    def _histogram(self, base: int, counts: Ints, extent: Ints) -> Histogram:
        """The matches by date, as `results.Histogram` says, from their counts by grain and month."""
        undated = counts.item(0)
        if undated == self.total:
            return Histogram("year", (), self.total)
        interval = _interval(extent, next(grain for grain in (3, 2, 1) if counts[grain].any()))
        if interval == "day":
            return self._by_day(extent)
        if interval == "month":
            sums = counts[2] + counts[3]
            starts = [date(month // 12, month % 12 + 1, 1) for month in (base + np.flatnonzero(sums)).tolist()]
        else:
            sums = _by_year(counts[1] + counts[2] + counts[3], base)
            starts = [date(year, 1, 1) for year in (base // 12 + np.flatnonzero(sums)).tolist()]
        numbers = sums[sums > 0].tolist()
        return Histogram(interval, tuple(zip(starts, numbers, strict=True)), self.total - sum(numbers))

    def _by_day(self, extent: Ints) -> Histogram:
        base = extent.item(0)
        counts = np.zeros(extent.item(1) - base + 1, np.int64)
        for part in self.found:
            kernels.count_days(part.docs, part.view.segment["rows"], base, counts)
        numbers = counts.tolist()
        buckets = tuple((date.fromordinal(base + place), number) for place, number in enumerate(numbers) if number)
        return Histogram("day", buckets, self.total - sum(numbers))


def _interval(extent: Ints, grain: int) -> Interval:
    first, last = date.fromordinal(extent.item(0)), date.fromordinal(extent.item(1))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if (last - first).days < MOST_DAYS and grain >= _DAY:
        return "day"
    return "month" if months <= MOST_MONTHS and grain > 1 else "year"


def _by_year(counts: Ints, base: int) -> Ints:
    """Counts by month, the first of them ``base``, as counts by year."""
    before = base % 12
    padded = np.zeros(-(-(before + len(counts)) // 12) * 12, np.int64)
    padded[before : before + len(counts)] = counts
    sums: Ints = padded.reshape(-1, 12).sum(axis=1)
    return sums
