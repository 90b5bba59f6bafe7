"""The visible lines around the text of an HTML page: what they say of day, writer and credit when the page declares none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from searchapp.article import Span
from searchapp.cleaning.agencies import Credit, agency_named, credit_line
from searchapp.cleaning.byline import Name, byline_line, read_byline
from searchapp.cleaning.dates import FoundDate, read_date, read_date_line
from searchapp.cleaning.furniture import furniture_rule, is_about
from searchapp.cleaning.lines import Line, lines_of
from searchapp.cleaning.page_words import FOUNDED

_PARTS = re.compile(r"[^|•·\n]+")
_WORD = re.compile(r"\S+")
_DATE = re.compile(
    r"(?:\b[^\W\d_]+\.? \d{1,2},? (?:19|20)\d\d|\b\d{1,2}(?:st|nd|rd|th)? (?:de )?[^\W\d_]+\.?,? (?:de )?(?:19|20)\d\d"
    r"|\b(?:19|20)\d\d-\d\d-\d\d)(?:[ ,T]{1,3}(?:at )?\d{1,2}:\d\d(?:\s?[ap]\.?m\b\.?)?)?",
    re.IGNORECASE,
)
_SAID = re.compile(r"[\s,–—-]*(?:published|posted|updated|on|am|\b)[\s:]*(?:on|at)?[\s:,–—-]*\Z", re.IGNORECASE)
_LONGEST = 160
"""Code points of a line that tells of writer and day."""
_SURE_BYLINE = 0.8
_SURE_CREDIT = 0.9
_NEAR = 3
"""Lines below the text that its credit may be one of."""


@dataclass(frozen=True, slots=True)
class HeadLine:
    """What a line above a text says: days and names with their ranges, in the text the line was taken from.

    ``whole``: it says nothing else.
    """

    dates: tuple[tuple[FoundDate, Span], ...]
    names: tuple[Name, ...]
    whole: bool


def read_head_line(text: str, start: int = 0, time_zone: str = "") -> HeadLine:
    """Writer and day of a line like ``By Ann Lee | Updated: Feb 6, 2025, 10:15 IST`` or ``Ann Lee February 6, 2025``."""
    dates: list[tuple[FoundDate, Span]] = []
    names: list[Name] = []
    whole = len(text) <= _LONGEST
    if not whole:
        return HeadLine((), (), False)
    for piece in _PARTS.finditer(text):
        part = piece[0].strip()
        if not part:
            continue
        at = start + piece.start() + piece[0].index(part)
        if (found := read_date_line(part, time_zone)) is not None:
            dates.append((found, Span(at, at + len(part))))
        elif byline_line(part) >= _SURE_BYLINE and not _dated_end(part, time_zone):
            names += _names(part, at)
        elif (cut := _dated_end(part, time_zone)) is not None:
            dates.append((cut[1], Span(at + cut[0], at + len(part))))
            names += _names(part[: cut[0]].rstrip(" ,-–—"), at)
        elif (match := _DATE.search(part)) is not None and (found := read_date(match[0], time_zone)) is not None:
            dates.append(
                (FoundDate(found.value, found.precision, "date within a line", 0.7), Span(at + match.start(), at + match.end()))
            )
            names += _around(part, match, at)
            whole = whole and part[-1] not in ".।!?"
        elif furniture_rule(part) is None:
            whole = False
    return HeadLine(tuple(dates), tuple(names), whole and bool(dates or names))


def _names(part: str, at: int) -> list[Name]:
    return [Name(name.text, at + name.start, at + name.end, name.agency) for name in read_byline(part)]


def _around(part: str, match: re.Match[str], at: int) -> list[Name]:
    """The writer named before or after a date within a line."""
    before = _SAID.sub("", part[: match.start()])
    if byline_line(before) >= _SURE_BYLINE:
        return _names(before, at)
    after = part[match.end() :].lstrip(" ,:–—-")
    return _names(after, at + len(part) - len(after)) if byline_line(after) >= _SURE_BYLINE else []


def _dated_end(part: str, time_zone: str) -> tuple[int, FoundDate] | None:
    """Where a date begins that ends a line of a writer, and the date."""
    for word in list(_WORD.finditer(part))[1:12]:
        found = read_date_line(part[word.start() :], time_zone)
        if found is not None:
            return (word.start(), found) if byline_line(part[: word.start()].rstrip(" ,-–—")) >= _SURE_BYLINE else None
    return None


class Visible:
    """The lines of a page and where its text stands among them."""

    def __init__(self, text: str, title: str, body: Sequence[str], time_zone: str) -> None:
        self.lines = lines_of(text)
        self._zone = time_zone
        self._numbers: dict[str, int] = {}
        for at, line in enumerate(self.lines):
            self._numbers.setdefault(line.text, at)
        numbers = [number for paragraph in body if (number := self.number(paragraph)) is not None]
        self.first = min(numbers, default=len(self.lines))
        self.last = max(numbers, default=len(self.lines) - 1)
        heads = [number for number, line in enumerate(self.lines[: self.first]) if line.text == title]
        self.headline = heads[-1] if heads else None

    def number(self, paragraph: str) -> int | None:
        """The number of the line that a paragraph begins with."""
        return self._numbers.get(paragraph.split("\n", 1)[0].strip())

    def head(self) -> list[tuple[Line, HeadLine]]:
        """What the lines above the text say, from the headline down first, then the ones above it."""
        numbers = list(range(self.first))
        if self.headline is not None:
            numbers = [*numbers[self.headline + 1 :], *numbers[: self.headline]]
        read = [
            (self.lines[number], read_head_line(self.lines[number].text, self.lines[number].start, self._zone))
            for number in numbers
        ]
        return [(line, found) for line, found in read if found.dates or found.names]

    def date(self) -> tuple[FoundDate, Span] | None:
        """The day printed at the headline: the surest, an update last; of equal ones the first below the headline."""
        found = [pair for _, head in self.head() for pair in head.dates]
        return max(found, key=lambda pair: pair[0].confidence, default=None)

    def names(self) -> tuple[Name, ...]:
        """The writers printed at the headline."""
        return next((head.names for _, head in self.head() if head.names), ())

    def about(self) -> int | None:
        """The number of the line below the beginning of the text under which the paper speaks of itself."""
        below = range(self.first + 1, len(self.lines))
        return next((number for number in below if is_about(self.lines[number].text)), None)

    def paper(self) -> tuple[str, Span] | None:
        """The paper's name as the block in which it speaks of itself begins."""
        about = self.about()
        for line in [] if about is None else self.lines[about + 1 : about + 4]:
            if (match := FOUNDED.match(line.text)) is not None:
                return match["name"], Span(line.start + match.start("name"), line.start + match.end("name"))
        return None

    def credit(self) -> tuple[Credit, Span] | None:
        """The wire credit in one of the lines next below the text."""
        for line in self.lines[self.last + 1 : self.last + 1 + _NEAR]:
            found = credit_line(line.text)
            if found is not None and found.confidence >= _SURE_CREDIT:
                return found, line.span
        return None


def is_agency(text: str) -> bool:
    """Whether a text that a page's markup calls a credit names an agency, not a photographer."""
    return agency_named(text) is not None or ((found := credit_line(text)) is not None and found.confidence >= _SURE_CREDIT)
