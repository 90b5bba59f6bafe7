"""A ResultPage as the search page lists it: sentences, and links that are themselves requests. No HTML, no markup.

Every link changes one thing about the request and goes back to its first page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from searchapp.article import Period
from searchapp.fields import FACETS, MISSING
from searchapp.query.limits import MAX_FACET_SIZE, MAX_WINDOW
from searchapp.results import SORTS, Clause, FacetCount, ResultPage, SearchRequest
from searchapp.web.addresses import Addresses
from searchapp.web.params import to_query, to_url
from searchapp.web.wording import count_of, date_in_words, language_in_words

SEARCH = "/search"
FACET_TITLES: Mapping[str, str] = {
    "section": "Section",
    "source": "Paper",
    "byline": "Author",
    "agency": "Wire agency",
    "place": "Place",
    "language": "Language",
    "tag": "Keyword",
    "year": "Year",
}
_MISSING_TITLES: Mapping[str, str] = {
    "section": "no section",
    "source": "no paper",
    "byline": "no author",
    "agency": "no wire agency",
    "place": "no place",
    "language": "no language",
    "tag": "no keyword",
    "year": "no date",
}

MAX_BARS = 400
"""Periods drawn one by one; in a longer chart those without articles are left out."""


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere to go; ``href`` is None where one already is."""

    text: str
    href: str | None
    rel: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter and the address without it."""

    field: str
    text: str
    excluded: bool
    href: str


@dataclass(frozen=True, slots=True)
class FacetRow:
    """One value to narrow by: its link selects it or takes the selection back, ``exclude`` likewise leaves it out."""

    text: str
    count: int
    href: str
    exclude: str
    selected: bool
    excluded: bool


@dataclass(frozen=True, slots=True)
class FacetList:
    """The values of one field. ``other``: how many more articles-and-values there are, ``more`` where to see them."""

    name: str
    title: str
    rows: tuple[FacetRow, ...]
    other: int
    more: str | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One period of the histogram. ``left`` and ``height`` are for a drawing 10 wide per period and 100 high."""

    text: str
    start: str
    count: int
    href: str
    left: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The histogram, every period from the first to the last with articles; ``width`` of the drawing, ``most`` in a bar."""

    interval: str
    bars: tuple[Bar, ...]
    width: int
    most: int
    missing: int


@dataclass(frozen=True, slots=True)
class WayOut:
    """Another search, for a reader who found nothing, and what it finds."""

    text: str
    request: SearchRequest
    href: str


def changed(request: SearchRequest, **changes: Any) -> SearchRequest:
    """The request with some values changed, from its first page on."""
    return replace(request, **({"page": 1, "cursor": None} | changes))


def narrowed(request: SearchRequest) -> bool:
    """Whether any filter or date range is set."""
    return bool(request.where or request.without or request.first or request.last)


def widened(request: SearchRequest) -> SearchRequest:
    """The same query without any filter."""
    return changed(request, where={}, without={}, first=None, last=None)


def value_in_words(name: str, value: str) -> str:
    """A facet value as it is shown."""
    if value == MISSING:
        return _MISSING_TITLES[name]
    return language_in_words(value) if name == "language" else value


def chips(request: SearchRequest) -> list[Chip]:
    """The active filters, each removable."""
    addresses = Addresses(SEARCH, request)
    found = [
        Chip(FACET_TITLES[name], value_in_words(name, value), excluded, without(name, value))
        for filters, excluded, without in (
            (request.where, False, addresses.not_selecting),
            (request.without, True, addresses.not_excluding),
        )
        for name, values in filters.items()
        for value in values
    ]
    if request.first:
        found.append(
            Chip("From", date_in_words(request.first, weekday=False), False, to_url(SEARCH, changed(request, first=None)))
        )
    if request.last:
        found.append(Chip("To", date_in_words(request.last, weekday=False), False, to_url(SEARCH, changed(request, last=None))))
    return found


def facet_lists(page: ResultPage) -> list[FacetList]:
    """The facets that have something to choose."""
    addresses = Addresses(SEARCH, page.request)
    lists = [_facet_list(page.request, addresses, name, page.facets[name]) for name in FACETS if name in page.facets]
    return [shown for shown in lists if shown.rows and not _only_missing(shown)]


def _only_missing(shown: FacetList) -> bool:
    return len(shown.rows) == 1 and shown.rows[0].text == _MISSING_TITLES[shown.name] and not shown.rows[0].selected


def _facet_list(request: SearchRequest, addresses: Addresses, name: str, counted: FacetCount) -> FacetList:
    selected, excluded = request.where.get(name, ()), request.without.get(name, ())
    counts = [(row.value, row.count) for row in counted.values if row.value != MISSING]
    if counted.missing or MISSING in (*selected, *excluded):
        counts.append((MISSING, counted.missing))
    rows = [
        FacetRow(
            text=value_in_words(name, value),
            count=count,
            href=addresses.not_selecting(name, value) if value in selected else addresses.selecting(name, value),
            exclude=addresses.not_excluding(name, value) if value in excluded else addresses.excluding(name, value),
            selected=value in selected,
            excluded=value in excluded,
        )
        for value, count in counts
    ]
    larger = min(request.facet_size * 10, MAX_FACET_SIZE)
    more = to_url(SEARCH, changed(request, facet_size=larger)) if counted.other and larger > request.facet_size else None
    return FacetList(name, FACET_TITLES[name], tuple(rows), counted.other, more)


def chart(page: ResultPage) -> Chart | None:
    """The histogram as bars; None when nothing is dated, or all of it in one period."""
    histogram = page.histogram
    if histogram is None or len(histogram.buckets) < 2:
        return None
    width = {"year": 4, "month": 7, "day": 10}[histogram.interval]
    counts = {start.isoformat()[:width]: count for start, count in histogram.buckets}
    names, most = _periods(min(counts), max(counts)), max(counts.values())
    names = names if len(names) <= MAX_BARS else sorted(counts)
    addresses = Addresses(SEARCH, page.request)
    bars = tuple(
        Bar(
            text=date_in_words(name, weekday=False),
            start=name,
            count=counts.get(name, 0),
            href=addresses.between(name, name),
            left=place * 10,
            height=_height(counts.get(name, 0), most),
        )
        for place, name in enumerate(names)
    )
    return Chart(histogram.interval, bars, len(bars) * 10, most, histogram.missing)


def _height(count: int, most: int) -> int:
    """At least 2 of 100 for a period that has anything."""
    return max(2, round(100 * count / most)) if count else 0


def _periods(first: str, last: str) -> list[str]:
    """Every year, month or day from ``first`` to ``last``, written like them."""
    if len(first) == 4:
        return [f"{year:04}" for year in range(int(first), int(last) + 1)]
    if len(first) == 7:
        months = range(_month_number(first), _month_number(last) + 1)
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in months]
    start, end = Period.parse(first).first, Period.parse(last).first
    return [type(start).fromordinal(number).isoformat() for number in range(start.toordinal(), end.toordinal() + 1)]


def _month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def headline(page: ResultPage) -> str:
    """The result in a sentence: how many articles, and which of them are here."""
    found = count_of(page.total, "article")
    if page.total == 0 or not page.hits:
        return found
    if page.request.cursor or page.total <= page.request.size:
        return found
    first = (page.request.page - 1) * page.request.size + 1
    return f"{found}; here are {first:,} to {first + len(page.hits) - 1:,}"


def sorts(request: SearchRequest) -> list[Link]:
    """The three orders; the one in force has no link."""
    return [Link(name, None if name == request.sort else to_url(SEARCH, changed(request, sort=name))) for name in SORTS]


def neighbours(page: ResultPage, path: str, fields: Sequence[str] | None = None) -> dict[str, str]:
    """Addresses by relation: first, prev, next. None leads past the end; past the window the cursor goes on."""
    request, found = page.request, {}
    pages = -(-page.total // request.size)
    addresses = Addresses(path, request, fields)
    if request.page > 1 or request.cursor:
        found["first"] = addresses.page(1)
    if request.page > 1 and pages:
        found["prev"] = addresses.page(min(request.page - 1, pages))
    if not request.cursor and request.page < pages and (request.page + 1) * request.size <= MAX_WINDOW:
        found["next"] = addresses.page(request.page + 1)
    elif page.next:
        found["next"] = addresses.cursor(page.next)
    return found


def page_links(page: ResultPage) -> list[Link]:
    """Numbered pages around this one, the first and the last; empty when there is only one. Text ``…`` is a gap."""
    request = page.request
    last = min(-(-page.total // request.size), MAX_WINDOW // request.size)
    if request.cursor or last < 2:
        return []
    shown = sorted({1, last, *range(max(1, request.page - 2), min(last, request.page + 2) + 1)})
    addresses = Addresses(SEARCH, request)
    links: list[Link] = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number - before > 1:
            links.append(Link("…", None, "gap"))
        links.append(Link(str(number), None if number == request.page else addresses.page(number)))
    return links


def ways_out(page: ResultPage) -> list[WayOut]:
    """For a page without hits: the query without its filters, and without each clause (the empty ones, if any is).

    Only steps that may help: as long as a part of the query is in no article, the rest doesn't matter.
    """
    request, found = page.request, []
    if narrowed(request) and all(clause.total for clause in page.clauses):
        found.append(_way("without any filter", widened(request)))
    return found + [_way(text, changed(request, q=rest)) for text, rest in _shorter(page)]


def longer_ways_out(page: ResultPage) -> list[WayOut]:
    """Where no single step helps: without filters and without a clause."""
    wide = widened(page.request)
    if not narrowed(page.request):
        return []
    return [_way(f"{text} and without any filter", changed(wide, q=rest)) for text, rest in _shorter(page)]


def _shorter(page: ResultPage) -> list[tuple[str, str]]:
    """Queries made of fewer clauses, each with what was left out: all that are in no article, else each, rarest first."""
    empty = [clause for clause in page.clauses if clause.total == 0]
    if len(empty) > 1:
        dropped = [("only for what is in the archive", [clause for clause in page.clauses if clause.total])]
    else:
        dropped = [
            (f"without “{clause.text}”", [other for other in page.clauses if other is not clause])
            for clause in empty or sorted(page.clauses, key=lambda clause: clause.total)
        ]
    return [(text, " ".join(clause.text for clause in rest)) for text, rest in dropped if rest]


def clauses_alone(page: ResultPage) -> list[tuple[Clause, str | None]]:
    """Each part of the query with the search for it alone, without filters; None where it is in no article."""
    alone = widened(page.request)
    return [(clause, to_url(SEARCH, changed(alone, q=clause.text)) if clause.total else None) for clause in page.clauses]


def _way(text: str, request: SearchRequest) -> WayOut:
    return WayOut(text, request, to_url(SEARCH, request))


def hidden(request: SearchRequest, *without: str) -> list[tuple[str, str]]:
    """What a form must carry on so that sending it changes only the parameters named."""
    return [pair for pair in to_query(request) if pair[0] not in (*without, "page", "cursor")]
