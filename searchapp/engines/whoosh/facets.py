"""Counts over matches: facets and the histogram of dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from searchapp.engines.whoosh.table import FacetColumn, Mask, Table
from searchapp.fields import MISSING
from searchapp.results import FacetCount, FacetValue, Histogram, Interval

MOST_DAYS = 62
"""Bars of a histogram by day: two months; after that months are easier to read."""
MOST_MONTHS = 60
"""Bars of a histogram by month: five years."""
_GRAIN: dict[Interval, int] = {"year": 1, "month": 2, "day": 3}


class Filters:
    """The facet filters of one request: OR within a field, AND between fields."""

    def __init__(self, table: Table, where: Mapping[str, tuple[str, ...]], without: Mapping[str, tuple[str, ...]]) -> None:
        self._masks: dict[str, Mask] = {}
        for name in dict.fromkeys((*where, *without)):
            mask = np.ones(table.rows, np.bool_)
            if where.get(name):
                mask &= _holding(table.facet(name), where[name], table.rows)
            if without.get(name):
                mask &= ~_holding(table.facet(name), without[name], table.rows)
            self._masks[name] = mask

    def apply(self, matches: Mask, leaving: str | None = None) -> Mask:
        """The matches that pass all filters but that of the facet ``leaving``."""
        masks = [mask for name, mask in self._masks.items() if name != leaving]
        return np.logical_and.reduce([matches, *masks]) if masks else matches

    def on(self, name: str) -> bool:
        """Whether a facet has a filter."""
        return name in self._masks


def _holding(column: FacetColumn, values: Iterable[str], rows: int) -> Mask:
    mask = np.zeros(rows, np.bool_)
    for value in values:
        if value == MISSING:
            mask |= ~column.has
        mask[column.holders(value)] = True
    return mask


def count(column: FacetColumn, matches: Mask, size: int, selected: tuple[str, ...], excluded: tuple[str, ...]) -> FacetCount:
    """The facet's counts over ``matches``: the ``size`` most frequent values and all that are selected or excluded."""
    counts = np.bincount(column.codes[matches[column.rows]], minlength=len(column.values))
    missing = int((matches & ~column.has).sum())
    known = {value: int(counts[column.code[value]]) if value in column.code else 0 for value in (*selected, *excluded)}
    if MISSING in known:
        known[MISSING] += missing
    shown = {column.values[code]: int(counts[code]) for code in _top(counts, size)} | known
    ranked = sorted(shown.items(), key=lambda item: (-item[1], item[0]))
    counted = sum(number for value, number in shown.items() if value in column.code)
    if MISSING in known and MISSING in column.code:
        counted -= missing
    return FacetCount(
        values=tuple(FacetValue(value, number, value in selected, value in excluded) for value, number in ranked),
        other=int(counts.sum()) - counted,
        missing=missing,
    )


def _top(counts: np.ndarray[tuple[int], np.dtype[np.int64]], size: int) -> list[int]:
    """The places of the ``size`` largest counts above 0; of equal ones the earlier (values are sorted)."""
    places = np.flatnonzero(counts)
    return [int(place) for place in places[np.argsort(-counts[places], kind="stable")][:size]]


def histogram(table: Table, matches: Mask) -> Histogram:
    """The matches by date, in days, months or years as `results.Histogram` says."""
    total = int(matches.sum())
    dated = matches & (table.grain > 0)
    if not dated.any():
        return Histogram("year", (), total)
    interval = _interval(table, dated)
    days = table.first[dated & (table.grain >= _GRAIN[interval])]
    starts, counts = np.unique(_starts(days, interval), return_counts=True)
    buckets = tuple((start, int(number)) for start, number in zip(starts.astype(object).tolist(), counts, strict=True))
    return Histogram(interval, buckets, total - len(days))


def _interval(table: Table, dated: Mask) -> Interval:
    first, last = (date.fromordinal(int(day)) for day in (table.first[dated].min(), table.first[dated].max()))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    grain = int(table.grain[dated].max())
    if (last - first).days < MOST_DAYS and grain >= _GRAIN["day"]:
        return "day"
    return "month" if months <= MOST_MONTHS and grain >= _GRAIN["month"] else "year"


def _starts(
    days: np.ndarray[tuple[int], np.dtype[np.int32]], interval: Interval
) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """First day of each day's bucket."""
    moments = (days.astype(np.int64) - date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    return moments.astype({"day": "datetime64[D]", "month": "datetime64[M]", "year": "datetime64[Y]"}[interval]).astype(
        "datetime64[D]"
    )
