"""Dates, counts and marked text as a page says them. English; independent of the machine's locale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from searchapp.article import Period, Span

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
LANGUAGES = {
    "ar": "Arabic",
    "as": "Assamese",
    "bn": "Bengali",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "gu": "Gujarati",
    "hi": "Hindi",
    "it": "Italian",
    "kn": "Kannada",
    "ml": "Malayalam",
    "mr": "Marathi",
    "ne": "Nepali",
    "nl": "Dutch",
    "or": "Odia",
    "pa": "Punjabi",
    "pt": "Portuguese",
    "ru": "Russian",
    "ta": "Tamil",
    "te": "Telugu",
    "ur": "Urdu",
}
_SMALL = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not; pieces in order are the whole text."""

    text: str
    marked: bool


def day_in_words(day: date) -> str:
    """``Thursday, 6 February 2025``."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def date_in_words(published: str | None, *, weekday: bool = True) -> str:
    """An article's date as precisely as it is known: a day (with the time, if there is one), a month or a year."""
    if not published:
        return ""
    if len(published) == 4:
        return published
    first = Period.parse(published).first
    if len(published) == 7:
        return f"{MONTHS[first.month - 1]} {first.year}"
    words = day_in_words(first) if weekday else f"{first.day} {MONTHS[first.month - 1]} {first.year}"
    if len(published) > 10:
        moment = datetime.fromisoformat(published)
        words += f", {moment:%H:%M}"
    return words


def count_of(number: int, one: str, many: str = "") -> str:
    """``No articles``, ``One article``, ``Seven articles``, ``1,234 articles``."""
    figure = _SMALL[number] if number < len(_SMALL) else f"{number:,}"
    return f"{figure} {one if number == 1 else many or one + 's'}"


def language_in_words(code: str) -> str:
    """The language's English name, or the code itself."""
    name = LANGUAGES.get(code.split("-")[0].lower())
    return code if name is None else name if "-" not in code else f"{name} ({code})"


def language_tag(code: str | None) -> str:
    """A value for a ``lang`` attribute; empty (unknown, in HTML's own sense) unless it is shaped like BCP 47."""
    return code if code and _LANGUAGE_TAG.match(code) else ""


def safe_link(url: str | None) -> str | None:
    """The address when a browser may follow it: http or https with a host. Anything else is shown as text at most."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """A text cut at the edges of its matches (in order, not overlapping)."""
    found, end = [], 0
    for span in spans:
        if span.start > end:
            found.append(Piece(text[end : span.start], False))
        if span.end > max(span.start, end):
            found.append(Piece(text[max(span.start, end) : span.end], True))
        end = max(end, span.end)
    if end < len(text):
        found.append(Piece(text[end:], False))
    return found


def begins_midway(text: str) -> bool:
    """Whether a passage seems to begin inside a sentence; scripts without capitals never seem to."""
    return text[:1].islower()


def ends_midway(text: str) -> bool:
    """Whether a passage seems to stop inside a sentence."""
    return bool(text) and (text[-1].isalnum() or text[-1] in ",;:–—-")


def paragraphs(text: str, spans: Iterable[Span]) -> Iterator[list[Piece]]:
    """The paragraphs (parted by blank lines) of a text, each in pieces; a match across an edge is marked on both sides."""
    spans, start = list(spans), 0
    for block in [*re.finditer(r"\n\s*\n", text), None]:
        end = block.start() if block else len(text)
        inside = [
            Span(max(span.start, start) - start, min(span.end, end) - start)
            for span in spans
            if span.start < end and span.end > start
        ]
        if text[start:end].strip():
            yield pieces(text[start:end], inside)
        start = block.end() if block else end
