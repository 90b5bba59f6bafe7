"""Dates as printed or declared: ISO 8601, RFC 5322, words in nine languages, day/month/year.

Partial dates stay partial. A date that doesn't exist is none. Numbers of seconds since some epoch are not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from searchapp.article import Precision
from searchapp.cleaning.calendar_names import MONTHS, WEEKDAYS, fold_word

MAX_LENGTH = 100
"""Characters of the longest text that is looked at as a date."""

_ISO_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?\Z", re.ASCII | re.IGNORECASE
)
_BASIC = re.compile(r"((?:1[5-9]|2[01])\d\d)(\d\d)(\d\d)(?:T\d{4,6}Z?)?\Z", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:[-/](\d{1,2}))?\Z")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\Z")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\Z")
_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([ap]\.?m\b\.?)?|[.](\d\d)\s*([ap]\.?m\b\.?)|\s*([ap]\.?m\b\.?))"
    r"\s*(?:\(?([A-Z]{1,5})\)?)?\s*([+-]\d\d:?\d\d)?(?![\d:])",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"(?:(?:first\s+|originally\s+)?(?:published|posted|uploaded|issued|printed|created|date[d]?)(?:\s+(?:on|at|date|time))?"
    r"|(?P<later>(?:last\s+|latest\s+)?(?:updated?|modified|revised|edited)(?:\s+(?:on|at|date|time))?|अपडेटेड|अपडेट|अद्यतन)"
    r"|प्रकाशित(?:\s+तिथि)?|तिथि|दिनांक|तारीख|প্রকাশিত|তারিখ|publié\s+le|veröffentlicht\s+am|publicado(?:\s+el|\s+em)?)\s*[:：|–—-]?\s*",
    re.IGNORECASE,
)
_FILLERS = frozenset({"at", "on", "of", "the", "de", "del", "le", "den", "um", "à", "hrs", "को", "बजे", "uhr"})
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª)\Z", re.IGNORECASE)
_ZONES = {
    "Z": 0,
    "UT": 0,
    "UTC": 0,
    "GMT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""RFC 5322, section 4.3. Other letters name more than one zone: such a time is kept as local."""
_MONTH_FIRST = ("America/", "US/", "Pacific/Honolulu", "Asia/Manila")
"""Zones whose papers write 02/06/2025 for February 6 (the Americas south of the border don't; they lose to `_SOUTH`)."""
_SOUTH = ("America/Argentina", "America/Sao_Paulo", "America/Bogota", "America/Lima", "America/Santiago", "America/Mexico_City")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as ISO text with its precision, the rule that read it and how sure that is."""

    value: str
    precision: Precision
    rule: str
    confidence: float = 1.0


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of a source."""
    return ZoneInfo(name)


def read_date(text: str, time_zone: str = "") -> FoundDate | None:
    """The date that the whole of ``text`` is; None when it is none, or not one day, month or year.

    A time with an offset is told in ``time_zone`` (kept as it is when that is empty); a time without one is kept.
    """
    text = text.strip()
    if not 4 <= len(text) <= MAX_LENGTH:
        return None
    try:
        return _iso(text, time_zone) or _numbers(text, time_zone) or _words(text, time_zone)
    except (ValueError, OverflowError):
        return None


def read_date_line(text: str, time_zone: str = "") -> FoundDate | None:
    """The date of a line that says nothing else, perhaps after ``Published on``; one after ``Updated`` is less sure."""
    text = text.strip()
    match = _PREFIX.match(text)
    if match is None:
        found = read_date(text, time_zone)
        return found if found is not None and found.precision in ("day", "time") else None
    found = read_date(text[match.end() :], time_zone)
    if found is None:
        return None
    return FoundDate(
        found.value, found.precision, "updated line" if match["later"] else "published line", 0.6 if match["later"] else 0.95
    )


def _iso(text: str, time_zone: str) -> FoundDate | None:
    if (match := _ISO_TIME.match(text)) is not None:
        try:
            moment = datetime.fromisoformat(re.sub(r"\s+(?=[zZ+-])", "", text.replace(",", ".")).upper())
        except ValueError:
            return FoundDate(date.fromisoformat(match[1]).isoformat(), "day", "ISO 8601 with an impossible time", 0.8)
        return FoundDate(_local(moment, time_zone), "time", "ISO 8601")
    if (match := _YEAR_FIRST.match(text)) is not None:
        return FoundDate(_day(*match.groups()), "day", "ISO 8601")
    if (match := _BASIC.match(text)) is not None:
        if "T" in text:
            return FoundDate(_local(datetime.fromisoformat(text), time_zone), "time", "ISO 8601")
        return FoundDate(_day(match[1], match[2], match[3]), "day", "ISO 8601")
    if (match := _PARTIAL.match(text)) is not None:
        return _partial(int(match[1]), int(match[2]) if match[2] else None)
    return None


def _partial(year: int, month: int | None) -> FoundDate:
    first = date(year, month or 1, 1)
    if month is None:
        return FoundDate(f"{first.year:04d}", "year", "a year")
    return FoundDate(f"{first.year:04d}-{first.month:02d}", "month", "a month")


def _day(year: str, month: str, day: str) -> str:
    return date(int(year), int(month), int(day)).isoformat()


def _local(moment: datetime, time_zone: str) -> str:
    if moment.tzinfo is not None and time_zone:
        moment = moment.astimezone(zone_of(time_zone))
    return moment.isoformat(timespec="seconds")


def _numbers(text: str, time_zone: str) -> FoundDate | None:
    """Day, month and year in figures, with or without a clock: sure when only one order is possible."""
    rest, clock = _without_clock(text)
    match = _YEAR_LAST.match(rest)
    if match is None:
        return None
    first, second, year = (int(part) for part in match.groups())
    confidence = 0.95 if first > 12 or second > 12 or first == second else 0.5
    month_first = second > 12 or (first <= 12 and time_zone.startswith(_MONTH_FIRST) and not time_zone.startswith(_SOUTH))
    day = date(year, first, second) if month_first else date(year, second, first)
    return _at(day, clock, time_zone, "month/day/year" if month_first else "day/month/year", confidence)


def _words(text: str, time_zone: str) -> FoundDate | None:
    """A month by its name, a year of four figures, perhaps a day, a weekday and a clock, in any order."""
    rest, clock = _without_clock(text)
    day = month = year = weekday = None
    for word in re.split(r"[\s,;|/()·•।–—-]+", rest):
        folded = fold_word(word)
        if not folded or folded in _FILLERS:
            continue
        number = int(match[1]) if (match := _ORDINAL.match(folded)) else int(folded) if folded.isdecimal() else None
        if number is not None and number > 31 and year is None and len(folded) == 4:
            year = number
        elif number is not None and number <= 31 and day is None and (len(folded) <= 2 or match is not None):
            day = number
        elif folded in MONTHS and month is None:
            month = MONTHS[folded]
        elif folded in WEEKDAYS and weekday is None:
            weekday = WEEKDAYS[folded]
        elif folded in ("ist", "local"):
            continue
        else:
            return None
    if month is None or year is None:
        return None
    if day is None:
        return None if weekday or clock else _partial(year, month)
    return _checked(date(year, month, day), weekday, clock, time_zone)


def _checked(day: date, weekday: int | None, clock: _Clock | None, time_zone: str) -> FoundDate:
    if weekday is None:
        return _at(day, clock, time_zone, "day, month and year", 1.0)
    if weekday != day.isoweekday():
        return _at(day, clock, time_zone, "date line whose weekday is another", 0.8)
    return _at(day, clock, time_zone, "weekday, day, month and year", 1.0)


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    second: int
    offset: timezone | None


def _without_clock(text: str) -> tuple[str, _Clock | None]:
    match = _CLOCK.search(text)
    if match is None:
        return text, None
    hour, minute, second, half, dotted, dotted_half, bare_half, zone, offset = match.groups()
    half = (half or dotted_half or bare_half or "").lower().replace(".", "")
    hours = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    known = (zone or "").upper()
    if zone and known not in _ZONES and (fold_word(zone) in MONTHS or fold_word(zone) in WEEKDAYS):
        end = match.start(8)
    else:
        end = match.end()
    where = _offset(offset, known)
    rest = f"{text[: match.start()]} {text[end:]}".strip(" ,|-–·•")
    return rest, _Clock(hours, int(minute or dotted or 0), int(second or 0), where)


def _offset(offset: str | None, zone: str) -> timezone | None:
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    return timezone(timedelta(hours=_ZONES[zone])) if zone in _ZONES else None


def _at(day: date, clock: _Clock | None, time_zone: str, rule: str, confidence: float) -> FoundDate:
    if clock is None:
        return FoundDate(day.isoformat(), "day", rule, confidence)
    try:
        moment = datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=clock.offset)
    except ValueError:
        return FoundDate(day.isoformat(), "day", f"{rule}, with an impossible time", min(confidence, 0.8))
    return FoundDate(_local(moment, time_zone), "time", rule, confidence)


def complete(month: int, day: int, published: str | None) -> str | None:
    """The day a date without a year means: the one nearest to the publication, so that Dec 31 printed on Jan 2 is of the
    year before. None when nothing is known of the publication but less than its month."""
    if published is None or len(published) < 7:
        year = published[:4] if published else None
        return _existing(int(year), month, day) if year else None
    near = date.fromisoformat(published[:10]) if len(published) >= 10 else date.fromisoformat(f"{published}-15")
    days = [found for year in (near.year - 1, near.year, near.year + 1) if (found := _existing(year, month, day))]
    return min(days, key=lambda found: abs((date.fromisoformat(found) - near).days), default=None)


def _existing(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
