"""What is asked and what is answered: the values that every surface (HTML, JSON, command line) is a view of.

Self-checking: a `SearchRequest` that exists is within the limits. Ranges count code points; there is no HTML here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from typing import Literal, NamedTuple, get_args

from searchapp.article import Article, Period, Span
from searchapp.errors import BadRequest, Problem
from searchapp.fields import FACETS
from searchapp.query.limits import MAX_FACET_SIZE, MAX_FILTERS, MAX_SIZE, MAX_WINDOW
from searchapp.query.tree import Note

Sort = Literal["relevance", "newest", "oldest"]
SORTS: tuple[str, ...] = get_args(Sort)
_FACETS = frozenset(FACETS)
_FACETS_KNOWN = "there are " + ", ".join(FACETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One question. ``where`` and ``without`` map facet names to whole values: OR within a field, AND between fields.

    ``first`` and ``last`` are the text of the ``from`` and ``to`` parameters (``2025``, ``2025-02`` or a day),
    inclusive; `days` is what they mean. Raises BadRequest naming every problem by its parameter.
    """

    q: str = ""
    size: int = 10
    page: int = 1
    cursor: str | None = None
    sort: Sort = "relevance"
    first: str | None = None
    last: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facets: tuple[str, ...] = FACETS
    facet_size: int = 10
    highlight: bool = True

    def __post_init__(self) -> None:
        problems = [*self._number_problems(), *self._name_problems()]
        if self.first or self.last:
            problems += self._date_problems()
        if problems:
            raise BadRequest(problems)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day asked for, inclusive; None where open."""
        return (
            Period.of_days(self.first).first if self.first else None,
            Period.of_days(self.last).last if self.last else None,
        )

    def _number_problems(self) -> list[Problem]:
        found = []
        if not 1 <= self.size <= MAX_SIZE:
            found.append(Problem("size", f"must be 1 to {MAX_SIZE}, not {self.size}"))
        if self.page < 1:
            found.append(Problem("page", f"must be 1 or more, not {self.page}"))
        elif self.page * self.size > MAX_WINDOW:
            found.append(Problem("page", f"pages reach the first {MAX_WINDOW} hits only; go on with the cursor in 'next'"))
        if self.cursor is not None and self.page != 1:
            found.append(Problem("cursor", "give a page or a cursor, not both"))
        if not 1 <= self.facet_size <= MAX_FACET_SIZE:
            found.append(Problem("facet_size", f"must be 1 to {MAX_FACET_SIZE}, not {self.facet_size}"))
        filters = sum(map(len, (*self.where.values(), *self.without.values())))
        if filters > MAX_FILTERS:
            name = next(iter((*self.where, *(f"not.{name}" for name in self.without))))
            found.append(Problem(name, f"at most {MAX_FILTERS} facet values may be chosen or excluded at once, not {filters}"))
        return found

    def _name_problems(self) -> list[Problem]:
        found = []
        if self.sort not in SORTS:
            found.append(Problem("sort", f"must be one of {', '.join(SORTS)}, not {self.sort!r}"))
        found += [Problem("facets", f"no facet {name!r}; {_FACETS_KNOWN}") for name in self.facets if name not in _FACETS]
        for prefix, filters in (("", self.where), ("not.", self.without)):
            found += [
                Problem(prefix + name, f"no facet of that name; {_FACETS_KNOWN}") for name in filters if name not in _FACETS
            ]
        return found

    def _date_problems(self) -> list[Problem]:
        found = []
        for name, text in (("from", self.first), ("to", self.last)):
            try:
                if text:
                    Period.of_days(text)
            except ValueError:
                found.append(Problem(name, f"not a date: {text!r}; write 2025, 2025-02 or 2025-02-06"))
        if not found:
            first, last = self.days
            if first and last and first > last:
                found.append(Problem("from", f"{self.first} is after {self.last}"))
        return found


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage of an article and the ranges in it that matched. Ranges are in order and don't overlap."""

    text: str
    ranges: tuple[Span, ...]

    def __post_init__(self) -> None:
        end = 0
        for span in self.ranges:
            if span.start < end or span.end > len(self.text):
                raise ValueError(f"ranges of a snippet must be in order and within its text: {self.ranges}")
            end = span.end


class Hit(NamedTuple):
    """An article that matched, why, and how well (0 where nothing is scored)."""

    article: Article
    score: float
    title: Snippet
    snippets: tuple[Snippet, ...]


class FacetValue(NamedTuple):
    """A value and the number of matching articles that have it. A tuple, as a page has fifty of them and more."""

    value: str
    count: int  # type: ignore[assignment]  # hides a method of tuples that nobody wants here
    selected: bool = False
    excluded: bool = False

    @classmethod
    def plain(cls, values: Iterable[str], counts: Iterable[int]) -> tuple[FacetValue, ...]:
        """Values that are neither selected nor excluded."""
        return tuple(map(tuple.__new__, repeat(cls), zip(values, counts, repeat(False), repeat(False), strict=False)))


@dataclass(frozen=True, slots=True)
class FacetCount:
    """Counts of one field over the matches, that field's own filter left aside (exclusions of it too).

        ``values``: most frequent first, then by value; selected and excluded values are always among them. ``other``:
        articles-and-values beyond those, i.e. the sum of the counts not shown. ``missing``: matching articles without any value
    (listed as `fields.MISSING` too where that is selected or excluded).
    """

    values: tuple[FacetValue, ...]
    other: int
    missing: int


Interval = Literal["day", "month", "year"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Matches by date. Buckets (first day, count) in order, empty ones left out.

    By day when it is at most 62 days from the first day of the earliest match to that of the latest, both counted; by month
    when at most 60 months; else by year. Never finer than the most exact date among the matches; by year when none has one.
    ``missing`` are matches without a date, or with one coarser than the interval: sum of counts + missing = total.
    """

    interval: Interval
    buckets: tuple[tuple[date, int], ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of the query and how many articles match it alone, without any filter."""

    text: str
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """The answer to a `SearchRequest`. All counts are exact. ``next`` is the cursor of the next page, if there is one."""

    request: SearchRequest
    read_as: str
    notes: tuple[Note, ...]
    clauses: tuple[Clause, ...]
    total: int
    took_ms: float
    generation: str
    hits: tuple[Hit, ...]
    facets: Mapping[str, FacetCount]
    histogram: Histogram | None
    next: str | None
