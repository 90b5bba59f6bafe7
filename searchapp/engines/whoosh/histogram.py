"""The histogram of matches by date, as `results.Histogram` says, from counts of months and how exact the dates are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.evaluation import Found
from searchapp.engines.whoosh.kernels import counting as kernels
from searchapp.results import Histogram, Interval

MOST_DAYS = 62
"""Bars of a histogram by day: two months; after that months are easier to read."""
MOST_MONTHS = 60
"""Bars of a histogram by month: five years."""
_MONTHS_OF_DAYS = 4
"""So many months may `MOST_DAYS` days touch."""
_MONTH, _DAY = 1, 2

Counts = NDArray[np.int32]


class Timeline:
    """All months from the first to the last with articles. ``base``: 12 × year + month - 1 of the first of ``number``."""

    def __init__(self, base: int, number: int) -> None:
        self.base = base
        self.number = number
        self._starts = np.maximum(np.arange(-(base % 12), number, 12), 0)

    @cached_property
    def _months(self) -> list[date]:
        return [date(month // 12, month % 12 + 1, 1) for month in range(self.base, self.base + self.number)]

    @cached_property
    def _years(self) -> list[date]:
        return [date(self.base // 12 + number, 1, 1) for number in range(len(self._starts))]

    def histogram(self, counts: Counts, found: Sequence[Found], total: int) -> Histogram:
        """Of ``total`` matches. ``counts``: undated ones, then by month those exact by year, by month, by day."""
        undated = counts.item(0)
        if undated == total:
            return Histogram("year", (), total)
        grains = counts[1:].reshape(3, self.number)
        every = grains.sum(axis=0)
        known = every.nonzero()[0]
        low, months = known.item(0), known.item(-1) - known.item(0) + 1
        if months <= MOST_MONTHS:
            if months <= _MONTHS_OF_DAYS and grains[_DAY].any():
                days = self._by_day(found, total, self._months[low].toordinal(), 31 * months)
                if days is not None:
                    return days
            exact = grains[_MONTH] + grains[_DAY]
            if exact.any():
                return _told("month", self._months[low : low + months], exact[low : low + months], total)
        return _told("year", self._years, np.add.reduceat(every, self._starts), total)

    @staticmethod
    def _by_day(found: Sequence[Found], total: int, base: int, number: int) -> Histogram | None:
        """By the ``number`` days from ``base`` on; None when they are too many for that."""
        begun, exact = np.zeros(number, np.int32), np.zeros(number, np.int32)
        for part in found:
            kernels.count_days(part.docs, part.view.segment["rows"], base, begun, exact)
        known = begun.nonzero()[0]
        low, end = known.item(0), known.item(-1) + 1
        if end - low > MOST_DAYS:
            return None
        return _told("day", [date.fromordinal(base + day) for day in range(low, end)], exact[low:end], total)


def _told(interval: Interval, starts: Sequence[date], counts: Counts, total: int) -> Histogram:
    numbers = counts.tolist()
    buckets = tuple(compress(zip(starts, numbers, strict=True), numbers))
    return Histogram(interval, buckets, total - sum(numbers))
