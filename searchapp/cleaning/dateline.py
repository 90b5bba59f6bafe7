"""Datelines: ``New Delhi/Washington, Feb 6:`` at the beginning of a text. It stays in the text; places and date are told.

Forms: places, then a date or an agency or both, then a colon or dash; a place in capitals and a dash; a place and a colon
(less sure). A qualifying state or country (``TROY, Mich.``) is no place of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from searchapp.article import Span
from searchapp.cleaning.agencies import credit_line
from searchapp.cleaning.calendar_names import MONTHS, WEEKDAYS, fold_word
from searchapp.cleaning.dates import complete
from searchapp.cleaning.draft import Draft
from searchapp.cleaning.places import is_place, is_qualifier, place_name

_WINDOW = 160
"""Code points at the beginning of a text that a dateline lies within."""
_MONTH = r"(?P<{0}>[^\W\d_][^\s\d,.:;()/–—-]{{1,12}})"
_DATE = re.compile(
    rf"(?:{_MONTH.format('m1')}\.?\s*(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.format('m2')})"
    r"\.?(?:\s*,?\s+(?P<year>(?:1[5-9]|2[01])\d\d))?(?=[\s:(,।–—-]|\Z)",
    re.IGNORECASE,
)
_AGENCY = re.compile(r"\s*[(\[]([^()\[\]\n]{2,40})[)\]]")
_END = re.compile(r"\s*(?:[:：।](?=\s|[“\"‘]|\Z)|--+(?=\s|\Z)|[–—](?=\s|\Z)|-(?=\s|\Z))\s*")
_SPLIT = re.compile(r"\s*(?:/|;|,|\band\b|&|(?<=\s)(?:और|व|एवं|ও)(?=\s))\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """A place with its range in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dateline:
    """What a dateline says; ranges count in the text given. ``month`` and ``day`` have no year unless ``year``."""

    places: tuple[Place, ...]
    span: Span
    rule: str
    confidence: float
    month: int | None = None
    day: int | None = None
    year: int | None = None
    date_span: Span | None = None
    agencies: tuple[str, ...] = ()


def read_dateline(text: str) -> Dateline | None:
    """The dateline that a text begins with."""
    window = text[:_WINDOW].split("\n", 1)[0]
    return _dated(window) or _by_agency(window) or _bare(window)


def _dated(window: str) -> Dateline | None:
    for match in _DATE.finditer(window):
        month = MONTHS.get(fold_word(match["m1"] or match["m2"]))
        day = int(match["d1"] or match["d2"])
        if month is None or not 1 <= day <= 31:
            continue
        places = _places(window, 0, match.start())
        agency = _AGENCY.match(window, match.end())
        ending = _END.match(window, agency.end() if agency else match.end())
        if ending is None and agency is not None and window[agency.end() :].strip() == "":
            ending = agency
        if places is None or (ending is None and window[match.end() :].strip(" .,")):
            return None
        return Dateline(
            places=places,
            span=Span(0, ending.end() if ending else match.end()),
            rule="place and date",
            confidence=0.95,
            month=month,
            day=day,
            year=int(match["year"]) if match["year"] else None,
            date_span=Span(match.start(), match.end()),
            agencies=_agencies(agency),
        )
    return None


def _by_agency(window: str) -> Dateline | None:
    for agency in _AGENCY.finditer(window):
        agencies = _agencies(agency)
        ending = _END.match(window, agency.end())
        places = _places(window, 0, agency.start())
        if agencies and ending and places:
            return Dateline(places, Span(0, ending.end()), "place and agency", 0.95, agencies=agencies)
    return None


def _bare(window: str) -> Dateline | None:
    """A place in capitals and a dash or colon; a place and a colon; a place and a weekday."""
    for ending in _END.finditer(window):
        mark = ending[0].strip()
        head = window[: ending.start()]
        if not head or len(head) > 60:
            return None
        last = head.rsplit(",", 1)
        if len(last) == 2 and fold_word(last[1].strip()) in WEEKDAYS:
            places = _places(window, 0, len(last[0]))
            return Dateline(places, Span(0, ending.end()), "place and weekday", 0.9) if places else None
        places = _places(window, 0, ending.start())
        if not places or not window[ending.end() :].strip():
            return None
        capitals = head.upper() == head and head.lower() != head and len(places[0].name) > 3
        if mark in (":", "：") and _opens_sentence(window[ending.end() :]):
            return Dateline(places, Span(0, ending.end()), "place and colon", 0.85 if capitals else 0.6)
        if capitals and mark not in (":", "：", "।"):
            return Dateline(places, Span(0, ending.end()), "place in capitals and dash", 0.8)
        return None
    return None


def _opens_sentence(rest: str) -> bool:
    first = rest.lstrip(" “\"‘'")[:1]
    return first.isupper() or first.isdigit() or (first.isalpha() and not first.islower())


def _agencies(match: re.Match[str] | None) -> tuple[str, ...]:
    credit = credit_line(match[1]) if match else None
    return credit.agencies if credit is not None and credit.agencies != ("Agencies",) else ()


def _places(window: str, start: int, end: int) -> tuple[Place, ...] | None:
    """The places between two positions; None when something there can't be one."""
    places: list[Place] = []
    at, after_comma = start, False
    for match in [*_SPLIT.finditer(window, start, end), None]:
        stop = match.start() if match else end
        first, last = _trimmed(window, at, stop)
        at = match.end() if match else stop
        piece = window[first:last]
        qualifies = after_comma and bool(places) and is_qualifier(piece)
        after_comma = match is not None and match[0].strip() == ","
        if first >= last or qualifies:
            continue
        if not is_place(piece):
            return None
        places.append(Place(place_name(piece), first, last))
    return tuple(places) if places and len(places) <= 4 else None


def _trimmed(window: str, start: int, end: int) -> tuple[int, int]:
    while start < end and window[start] in " \t(":
        start += 1
    while start < end and window[end - 1] in " \t,:–—-":
        end -= 1
    return start, end


def put_dateline(draft: Draft, text: str, offset: int, where: str, *, places: bool = True, least: float = 0.0) -> None:
    """What the dateline at the beginning of ``text`` tells; ``offset`` is where that stands in ``where``.

    One less sure than ``least`` is none.
    """
    dateline = read_dateline(text)
    if dateline is None or dateline.confidence < least:
        return
    confidence = dateline.confidence
    if places:
        for place in dateline.places:
            draft.put(
                "places",
                place.name,
                f"dateline: {dateline.rule}",
                confidence,
                Span(offset + place.start, offset + place.end),
                where,
            )
    if dateline.month is not None and dateline.day is not None and dateline.date_span is not None:
        span = Span(offset + dateline.date_span.start, offset + dateline.date_span.end)
        day = _day_meant(dateline.year, dateline.month, dateline.day, draft.published)
        if day is not None:
            draft.put(
                "dateline_date", day, "dateline" if dateline.year else "dateline, year from the date", confidence, span, where
            )
        else:
            draft.remark(
                "dateline_date",
                text[dateline.date_span.start : dateline.date_span.end],
                "no year to complete it with",
                span,
                where,
            )
    for agency in dateline.agencies:
        draft.put(
            "agency",
            agency,
            "agency in the dateline",
            0.95,
            Span(offset + dateline.span.start, offset + dateline.span.end),
            where,
        )


def _day_meant(year: int | None, month: int, day: int, published: str | None) -> str | None:
    """The dateline's day: its own year, else the one nearest to the publication."""
    if year is None:
        return complete(month, day, published)
    return complete(month, day, f"{year:04d}")
