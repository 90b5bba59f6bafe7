"""Article: the one thing this archive holds, frozen and self-checking.

An article knows what was printed, where each field came from (`Finding`) and which file it was read from
(`Provenance`). It does not know how it is indexed or shown.
"""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, Literal, Self

from searchapp.errors import ArticleError

Precision = Literal["year", "month", "day", "time"]

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of Unicode code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class Period:
    """The days a date can mean: one day, or every day of a month or year."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2025``, ``2025-02`` or ``2025-02-06``, or the day of an ISO date-time.

        Raises ValueError for anything else, also for days that don't exist.
        """
        if _PARTIAL.match(text) is None:
            day = datetime.fromisoformat(text).date()
            return cls(day, day)
        return cls.of_days(text)

    @classmethod
    def of_days(cls, text: str) -> Self:
        """Read ``2025``, ``2025-02`` or ``2025-02-06`` and nothing else. Raises ValueError."""
        match = _PARTIAL.match(text)
        if match is None:
            raise ValueError(f"not a year, month or day: {text!r}")
        year, month, day_of_month = (int(part) if part else None for part in match.groups())
        assert year is not None
        if month is None:
            return cls(date(year, 1, 1), date(year, 12, 31))
        if day_of_month is None:
            return cls(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        day = date(year, month, day_of_month)
        return cls(day, day)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one value of an article was found.

    ``where`` names the text that ``span`` counts in: ``text`` for the page as read, or the name of a declared field.
    ``confidence`` is between 0 and 1; a value the file declares has 1.
    """

    field: str
    value: str
    rule: str
    confidence: float = 1.0
    span: Span | None = None
    where: str = "text"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The record an article was read from; ``file`` is relative to its source's root, never a path of this machine."""

    file: str
    format: str
    sha256: str
    offset: int | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One printed article. Unknown is empty or None, never a guess.

    ``published`` is an ISO date-time in the source's own time zone, a date, or (for ``month`` and ``year`` precision)
    ``2025-02`` or ``2025``. ``body`` is paragraphs joined by blank lines; ``furniture`` is what was cut from the page.
    """

    id: str
    title: str
    body: str
    provenance: Provenance
    published: str | None = None
    published_precision: Precision | None = None
    byline: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    dateline_date: str | None = None
    section: str | None = None
    source: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    page: str | None = None
    rights: str | None = None
    available_from: str | None = None
    furniture: str = ""
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.id:
            raise ArticleError("an article needs an id")
        if not (self.title or self.body):
            raise ArticleError("neither headline nor text")
        if (self.published is None) != (self.published_precision is None):
            raise ArticleError("a date needs a precision, and a precision a date")
        if self.published is not None:
            try:
                Period.parse(self.published)
            except ValueError as error:
                raise ArticleError(f"not a date: {self.published!r}") from error
        if self.available_from is not None:
            try:
                datetime.fromisoformat(self.available_from)
            except ValueError as error:
                raise ArticleError(f"available_from: not a date or date-time: {self.available_from!r}") from error

    @property
    def digest(self) -> str:
        """sha256 of what a reader sees: two versions of an article differ in it."""
        parts = (self.title, self.body, self.published or "", *self.byline, *self.agency, *self.places, self.section or "")
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def period(self) -> Period | None:
        """The days it may have been published on; None when undated."""
        return None if self.published is None else Period.parse(self.published)

    @property
    def year(self) -> str | None:
        """The year of publication, four digits."""
        return None if self.published is None else self.published[:4]

    @property
    def available_at(self) -> float:
        """Seconds since 1970 from which the article may be seen; 0 when it always may. UTC where no zone is given."""
        if self.available_from is None:
            return 0.0
        moment = datetime.fromisoformat(self.available_from)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

    def to_json(self) -> dict[str, Any]:
        """The article as the interface fixes it: unknown fields are absent; furniture and findings are left out."""
        shown: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in _NOT_SHOWN or (value in (None, (), "") and item.name not in ("title", "body")):
                continue
            shown[item.name] = list(value) if isinstance(value, tuple) else value
        shown["provenance"] = _without_none(self.provenance)
        return shown

    def to_stored(self) -> dict[str, Any]:
        """All of it, as plain JSON values: what an engine keeps. `from_stored` is its inverse."""
        stored = self.to_json()
        stored["furniture"] = self.furniture
        stored["findings"] = [
            [f.field, f.value, f.rule, f.confidence, f.span and [f.span.start, f.span.end], f.where] for f in self.findings
        ]
        return stored

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """The article that `to_stored` made ``stored`` from."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        values["provenance"] = Provenance(**stored["provenance"])
        values["findings"] = tuple(
            Finding(f[0], f[1], f[2], f[3], Span(*f[4]) if f[4] else None, f[5]) for f in stored.get("findings", ())
        )
        return cls(**values)


_NOT_SHOWN = frozenset({"provenance", "furniture", "findings"})


def _without_none(provenance: Provenance) -> dict[str, Any]:
    values = {item.name: getattr(provenance, item.name) for item in fields(provenance)}
    return {name: value for name, value in values.items() if value is not None}
