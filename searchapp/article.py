"""Article: the one thing this archive holds, frozen and self-checking.

An article knows what was printed, where each field came from (`Finding`) and which file it was read from
(`Provenance`). It does not know how it is indexed or shown.
"""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime
from operator import attrgetter, itemgetter
from typing import Any, Literal, Self

from searchapp.errors import ArticleError

Precision = Literal["year", "month", "day", "time"]

_PARTIAL = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?\Z", re.ASCII)


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
        if len(text) <= 10 and _PARTIAL.match(text):  # longer ones can't be
            return cls.of_days(text)
        day = datetime.fromisoformat(text).date()
        return cls(day, day)

    @classmethod
    def of_days(cls, text: str) -> Self:
        """Read ``2025``, ``2025-02`` or ``2025-02-06`` and nothing else. Raises ValueError."""
        if len(text) == 10 and text[4] == text[7] == "-":
            day = date.fromisoformat(text)
            return cls(day, day)
        if _PARTIAL.match(text) is None:
            raise ValueError(f"not a year, month or day: {text!r}")
        year = int(text[:4])
        if len(text) == 4:
            return cls(date(year, 1, 1), date(year, 12, 31))
        month = int(text[5:])
        return cls(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


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
        shown: dict[str, Any] = {"id": self.id, "title": self.title, "body": self.body}
        for name, value in zip(_SHOWN_IF_KNOWN, _known(self), strict=True):
            if value:
                shown[name] = list(value) if type(value) is tuple else value
        found = zip(_PROVENANCE, _found(self.provenance), strict=True)
        shown["provenance"] = {name: value for name, value in found if value is not None}
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
        """The article that `to_stored` made ``stored`` from, which was checked when it was made and isn't checked again.

        Every hit that is shown comes through here, so the slots are filled without the constructors' detours.
        """
        article: Any = _OpenArticle()
        (
            article.id, article.title, article.body, found, article.published, article.published_precision,
            byline, agency, places, article.dateline_date, article.section, article.source, article.language,
            tags, article.url, article.page, article.rights, article.available_from, article.furniture, findings,
        ) = _IN_ORDER(_UNKNOWN | stored)  # fmt: skip
        article.provenance = _provenance(found)
        article.byline, article.agency, article.places, article.tags = tuple(byline), tuple(agency), tuple(places), tuple(tags)
        article.findings = tuple(map(_finding, findings))
        article.__class__ = cls
        made: Self = article
        return made


_UNKNOWN: dict[str, Any] = {item.name: item.default for item in fields(Article) if item.default is not MISSING}
_IN_ORDER = itemgetter(*(item.name for item in fields(Article)))
_PROVENANCE = tuple(item.name for item in fields(Provenance))
_SHOWN_IF_KNOWN = tuple(
    item.name for item in fields(Article) if item.name not in ("id", "title", "body", "provenance", "furniture", "findings")
)
_known, _found = attrgetter(*_SHOWN_IF_KNOWN), attrgetter(*_PROVENANCE)


# What an object of a frozen class is while its slots are filled; then it is given its own class, and is frozen.


class _OpenArticle:
    __slots__ = Article.__slots__


class _OpenProvenance:
    __slots__ = Provenance.__slots__


class _OpenFinding:
    __slots__ = Finding.__slots__


class _OpenSpan:
    __slots__ = Span.__slots__


def _provenance(stored: dict[str, Any]) -> Provenance:
    known = stored.get
    made: Any = _OpenProvenance()
    made.file = stored["file"]
    made.format = stored["format"]
    made.sha256 = stored["sha256"]
    made.offset = known("offset")
    made.record_id = known("record_id")
    made.__class__ = Provenance
    found: Provenance = made
    return found


def _finding(stored: list[Any]) -> Finding:
    made: Any = _OpenFinding()
    made.field, made.value, made.rule, made.confidence, span, made.where = stored
    made.span = _span(span) if span else None
    made.__class__ = Finding
    found: Finding = made
    return found


def _span(stored: list[int]) -> Span:
    made: Any = _OpenSpan()
    made.start, made.end = stored
    made.__class__ = Span
    found: Span = made
    return found
