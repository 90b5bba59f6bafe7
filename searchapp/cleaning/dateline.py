"""Datelines: ``New Delhi/Washington, Feb 6:`` at the beginning of a text. It stays in the text; places and date are told.

Forms: places, then a date or an agency or both, then a colon or dash; a place in capitals and a dash; a place and a colon
(less sure). A qualifying state or country (``TROY, Mich.``) is no place of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from searchapp.article import Span
from searchapp.cleaning.agencies import agency_named, credit_line
from searchapp.cleaning.calendar_names import MONTHS, WEEKDAYS, fold_word
from searchapp.cleaning.dates import complete
from searchapp.cleaning.draft import Draft
from searchapp.cleaning.places import is_place, is_qualifier, may_stand_alone, place_name

_WINDOW = 160
"""Code points at the beginning of a text that a dateline lies within."""
_MONTH = r"(?P<{0}>[^\W\d_][^\s\d,.:;()/।|–—-]{{1,12}})"
_DATE = re.compile(
    rf"(?:{_MONTH.format('m1')}\.?\s*(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.format('m2')})"
    r"\.?(?:\s*,?\s+(?P<year>(?:1[5-9]|2[01])\d\d))?(?=[\s:(\[,;/|।)–—-]|\Z)",
    re.IGNORECASE,
)
_AGENCY = re.compile(r"\s*[(\[]([^()\[\]\n]{2,40})[)\]]")
_UNBRACKETED = re.compile(r"\s*[,/|]\s*([^\s,:/()|][^,:/()|\n]{1,24}?)(?=\s*[:–—-])")
"""An agency after the date: ``February 5, PTI:``."""
_BRACKETS = re.compile(r"\s*(?:\([^()\n]{1,40}\)|\[[^\[\]\n]{1,40}\])")
_END = re.compile(r"\s*(?:[:：।]\s?[–—-]{1,2}(?=\s|\Z)|[:：।](?=\s|[“\"‘]|\Z)|--+(?=\s|\Z)|[–—](?=\s|\Z)|-(?=\s|\Z))\s*")
_WEAK_END = re.compile(r"\)?\s*[.,;]\s+(?=[“\"‘']?[A-Z\u0900-\u0dff])")
"""A sign that ends a dateline only below a place, a comma and a date."""
_SPLIT = re.compile(r"\s*(?:/|;|,|\||[–—]|:(?=\s)|\band\b|&|(?<=\s)(?:और|व|एवं|ও|আৰু)(?=\s))\s*")
_ROLE = re.compile(
    r"(?:(?:from|by)\s+)?(?:(?:our|a|an|staff|special|own|city|news|web|[A-Z]{2,4}|[A-Z][a-z]+)\s+){0,3}"
    r"(?:correspondents?|reporters?|bureau|desk|news\s+service|news\s+network)\b\s*[,:|–—-]?\s*"
    r"|(?:(?:जागरण|हमारे|विशेष|कार्यालय|नगर|निज)\s+)*(?:संवाददाता|संवाद सूत्र|प्रतिनिधि|ब्यूरो)\s*[,:|–—-]?\s*"
    r"|(?:নিজস্ব\s+)?(?:সংবাদদাতা|প্রতিবেদক|প্রতিনিধি)\s*[,:|–—-]?\s*",
    re.IGNORECASE,
)
_ROLE_WORD = re.compile(r"correspondent|reporter|bureau|desk|news|संवाद|प्रतिनिधि|ब्यूरो|সংবাদ|প্রতি", re.IGNORECASE)
_ABOARD = re.compile(r"(?:on\s?board|aboard)\s", re.IGNORECASE)


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
    role = _ROLE.match(window) if _ROLE_WORD.search(window, 0, 60) else None
    start = role.end() if role else 0
    return _dated(window, start) or _by_agency(window, start) or _bare(window, start)


def _masked(window: str) -> str:
    """The window with blanks for what stands in brackets after a place: ``Prayagraj (UP)``, ``New Delhi [India]``."""
    if "(" not in window and "[" not in window:
        return window
    return _BRACKETS.sub(lambda match: match[0] if not match.start() else " " * len(match[0]), window)


def _dated(window: str, start: int) -> Dateline | None:
    at = start
    while (match := _DATE.search(window, at)) is not None:
        month = MONTHS.get(fold_word(match["m1"] or match["m2"]))
        day = int(match["d1"] or match["d2"])
        if month is None or not 1 <= day <= 31:
            at = match.start("d1") if match["m1"] else match.end("d2")
            continue
        aboard = _ABOARD.match(window, start) is not None
        places = () if aboard else _places(_masked(window), start, match.start())
        parted = window[: match.start()].rstrip().endswith((",", "/", "|", "("))
        agency, ending, confidence = _after_date(window, match.end(), parted)
        if places is None or ending is None:
            return None
        within = tuple(
            name
            for found in _AGENCY.finditer(window, start, match.start())
            if agency_named(found[1])
            for name in _agencies(found)
        )
        return Dateline(
            places=places,
            span=Span(0, ending),
            rule="place and date",
            confidence=confidence,
            month=month,
            day=day,
            year=int(match["year"]) if match["year"] else None,
            date_span=Span(match.start(), match.end()),
            agencies=within or _agencies(agency) or _agency_among(window, start, match.start()),
        )
    return None


def _after_date(window: str, at: int, parted: bool) -> tuple[re.Match[str] | None, int | None, float]:
    """The agency after a date, where the dateline ends, and how surely; no end when something else follows."""
    if window.startswith(")", at):
        at += 1
    agency = _AGENCY.match(window, at)
    if agency is None and (bare := _UNBRACKETED.match(window, at)) is not None and _agencies(bare):
        agency = bare
    after = agency.end() if agency else at
    if (ending := _END.match(window, after)) is not None:
        return agency, ending.end(), 0.95
    if agency is None and not window[at:].strip(" .,"):
        return None, at, 0.95
    if agency is not None and (not window[after:].strip() or (window[after].isspace() and credit_line(agency[1]) is not None)):
        return agency, after, 0.9
    dot = at - (window[at - 1] == ".")
    if parted and agency is None and (weak := _WEAK_END.match(window, dot)) is not None:
        return None, weak.end(), 0.85
    return agency, None, 0.0


def _by_agency(window: str, start: int) -> Dateline | None:
    for agency in _AGENCY.finditer(window, start):
        ending = _END.match(window, agency.end())
        if (
            credit_line(agency[1]) is None
            or is_qualifier(agency[1])
            or (ending is None and not _opens_after(window, agency.end()))
        ):
            continue
        places = _places(_masked(window), start, agency.start())
        if places and (ending or window[:start].strip() or _in_capitals(window[start : agency.start()])):
            end = ending.end() if ending else agency.end()
            return Dateline(places, Span(0, end), "place and agency", 0.95 if ending else 0.85, agencies=_agencies(agency))
    return None


def _opens_after(window: str, at: int) -> bool:
    return window[at : at + 1].isspace() and _opens_sentence(window[at:])


def _in_capitals(head: str) -> bool:
    return head.upper() == head and head.lower() != head


def _bare(window: str, start: int) -> Dateline | None:
    """A place in capitals and a dash or colon; a place and a colon; a place and a weekday."""
    for ending in _END.finditer(window, start):
        mark = ending[0].strip()
        head = window[start : ending.start()]
        if not head or len(head) > 60:
            return None
        last = head.rsplit(",", 1)
        if len(last) == 2 and fold_word(last[1].strip()) in WEEKDAYS:
            places = _places(window, start, start + len(last[0]))
            return Dateline(places, Span(0, ending.end()), "place and weekday", 0.9) if places else None
        places = _places(_masked(window), start, ending.start())
        if not places or not window[ending.end() :].strip():
            return None
        agencies = _agency_among(window, start, ending.start())
        capitals = _in_capitals(head) and len(places[0].name) > 3
        named = capitals or agencies or all(may_stand_alone(place.name) for place in places)
        if not named:
            return None
        if mark[0] in ":：" and (start or _opens_sentence(window[ending.end() :])):
            sure = 0.85 if capitals or start or agencies else 0.6
            return Dateline(places, Span(0, ending.end()), "place and colon", sure, agencies=agencies)
        if capitals and mark[0] not in ":：।":
            return Dateline(places, Span(0, ending.end()), "place in capitals and dash", 0.8, agencies=agencies)
        if mark[0] == "।" and len(head.split()) <= 2 and len(head) <= 16 and len(window) > 80:
            return Dateline(places, Span(0, ending.end()), "place and danda", 0.6, agencies=agencies)
        return None
    return None


def _opens_sentence(rest: str) -> bool:
    first = rest.lstrip(" “\"‘'")[:1]
    return first.isupper() or first.isdigit() or (first.isalpha() and not first.islower())


def _agencies(match: re.Match[str] | None) -> tuple[str, ...]:
    credit = credit_line(match[1]) if match else None
    return credit.agencies if credit is not None and credit.agencies != ("Agencies",) else ()


def _agency_among(window: str, start: int, end: int) -> tuple[str, ...]:
    """A known agency in the place of a place: ``Guwahati, PTI:``."""
    pieces = _SPLIT.split(window[start:end])[1:]
    return tuple(name for piece in pieces if (name := agency_named(piece)) is not None)


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
        if first >= last or qualifies or fold_word(piece) in WEEKDAYS or (places and agency_named(piece)):
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
