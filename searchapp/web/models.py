"""The shapes of the API's answers, as types that OpenAPI's schemas are made from. Key names are the interface's.

A key that is not required is absent when the value is unknown; null appears only where a type says so.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

CLOSED = ConfigDict(extra="forbid", use_attribute_docstrings=True)
Range = Annotated[list[int], Field(min_length=2, max_length=2, description="Start and end, in Unicode code points, half-open")]
Count = Annotated[int, Field(ge=0)]
Precision = Literal["year", "month", "day", "time"]


@with_config(CLOSED)
class Note(TypedDict):
    """How the query was read differently from how it was written."""

    message: str
    start: Count
    """The code points of the query this is about."""
    end: Count


@with_config(CLOSED)
class Clause(TypedDict):
    """A part of the query and how many articles match it alone, without filters."""

    text: str
    total: Count


@with_config(CLOSED)
class Query(TypedDict):
    """The query as it was read."""

    text: str
    read_as: str
    notes: list[Note]
    clauses: list[Clause]


@with_config(CLOSED)
class Snippet(TypedDict):
    """A passage of the text and what in it matched."""

    text: str
    ranges: list[Range]


@with_config(CLOSED)
class Hit(TypedDict, total=False):
    """An article that matched. With ``fields``, only the keys asked for."""

    id: str
    link: str
    """Path of the article's page on this site."""
    url: str
    """Where it was published; where that isn't known, its page on this site."""
    score: float
    title: str
    title_ranges: list[Range]
    published: str
    """ISO date or date-time; ``2025-02`` or ``2025`` when no more is known."""
    published_precision: Precision
    section: str
    source: str
    byline: list[str]
    agency: list[str]
    places: list[str]
    language: str
    page: str
    snippets: list[Snippet]


@with_config(CLOSED)
class FacetValue(TypedDict):
    """A value and how many matching articles have it."""

    value: str
    count: Count
    selected: bool
    excluded: bool


@with_config(CLOSED)
class Facet(TypedDict):
    """Exact counts of one field, its own filter left aside."""

    values: list[FacetValue]
    other: Count
    """Sum of the counts of the values not listed."""
    missing: Count
    """Matching articles without any value."""


@with_config(CLOSED)
class Bucket(TypedDict):
    """A period and its matches; ``start`` is its first day."""

    start: str
    count: Count


@with_config(CLOSED)
class Histogram(TypedDict):
    """Matches by date; periods without any are left out."""

    interval: Literal["day", "month", "year"]
    buckets: list[Bucket]
    missing: Count
    """Matches without a date, or with one coarser than the interval."""


@with_config(CLOSED)
class SearchAnswer(TypedDict):
    """A page of results. All counts are exact."""

    query: Query
    total: Count
    took_ms: float
    generation: str
    hits: list[Hit]
    facets: dict[str, Facet]
    histogram: Histogram | None
    next: str | None
    """Opaque cursor of the next page."""


@with_config(CLOSED)
class Provenance(TypedDict):
    """The record the article was read from."""

    file: str
    """Relative to the source's root."""
    format: str
    sha256: str
    offset: NotRequired[int]
    record_id: NotRequired[str]


@with_config(CLOSED)
class Article(TypedDict):
    """One printed article. Unknown values are absent."""

    id: str
    title: str
    body: str
    """Paragraphs joined by blank lines."""
    published: NotRequired[str]
    published_precision: NotRequired[Precision]
    byline: NotRequired[list[str]]
    agency: NotRequired[list[str]]
    places: NotRequired[list[str]]
    dateline_date: NotRequired[str]
    section: NotRequired[str]
    source: NotRequired[str]
    language: NotRequired[str]
    tags: NotRequired[list[str]]
    url: NotRequired[str]
    page: NotRequired[str]
    rights: NotRequired[str]
    available_from: NotRequired[str]
    """Before this day or moment nobody but the archive sees the article."""
    provenance: Provenance


@with_config(CLOSED)
class Generation(TypedDict):
    """One generation of the index."""

    name: str
    articles: Count
    analyser: str
    journal: Count
    """Position in the journal up to which it reaches."""
    created: str
    bytes: Count
    current: bool


@with_config(CLOSED)
class Status(TypedDict):
    """What is held now: the current generation, and all that are kept, oldest first."""

    generation: str | None
    articles: Count
    analyser: str | None
    journal: Count
    created: str | None
    bytes: Count
    generations: list[Generation]


@with_config(CLOSED)
class ParameterProblem(TypedDict):
    """What is wrong with one parameter."""

    parameter: str
    message: str


@with_config(CLOSED)
class ProblemDocument(TypedDict):
    """An error, as RFC 9457 has it."""

    type: str
    """A path on this site that explains the kind of problem."""
    title: str
    status: int
    detail: str
    errors: NotRequired[list[ParameterProblem]]
    reason: NotRequired[str]
    """Why an article was withdrawn."""
    withdrawn: NotRequired[str]
    """Since when it has been, UTC."""


_ANSWERS: dict[str, Any] = {
    "SearchAnswer": SearchAnswer,
    "Article": Article,
    "Status": Status,
    "ProblemDocument": ProblemDocument,
}


def schemas() -> dict[str, Any]:
    """Every shape as JSON Schema 2020-12, under the names that OpenAPI's ``components`` use."""
    adapters: list[tuple[str, Literal["serialization"], TypeAdapter[Any]]] = [
        (name, "serialization", TypeAdapter(shape)) for name, shape in _ANSWERS.items()
    ]
    _, collected = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = collected["$defs"]
    return definitions
