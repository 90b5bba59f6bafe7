"""The field table: what an article's fields are called in a query, how they are indexed, and why.

Kinds
    text     words in order, stemmed by the article's language, exact forms kept too; scored
    name     words in order, folded but not stemmed (names don't inflect); each value also a whole facet value
    keyword  the whole value, folded, or nothing
    date     days; matched by ranges

``boost`` is the field's weight in BM25F and ``length_norm`` its *b* (how much a long field discounts a match).
Weights of 0 mean: decides whether an article matches, never how high. The formula is in `searchapp.engines.base`. The weights
were chosen on 2026-11-22 on three sets of judgments with `searchapp evaluate`; against k1 = 1.2, title 2 and body b = 0.75
they give, nDCG@10 on Cranfield, .378 for .368; on Reuters' topics, .734 for .728; first hit right for Reuters' headlines,
.673 for .669. docs/relevance.md has the tables and how to repeat them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "name", "keyword", "date"]


@dataclass(frozen=True, slots=True)
class Field:
    """One row: ``name`` is what a reader types before the colon, ``attribute`` the Article's attribute."""

    name: str
    kind: Kind
    attribute: str
    description: str
    why: str
    facet: bool = False
    boost: float = 0.0
    length_norm: float = 0.0


FIELDS: tuple[Field, ...] = (
    Field("title", "text", "title", "the headline", "the paper's own summary: a match weighs more", boost=2.5, length_norm=0.5),
    Field("body", "text", "body", "the article as printed", "where most words are", boost=1.0, length_norm=0.65),
    Field(
        "furniture",
        "text",
        "furniture",
        "what was cut from the page: neighbouring headlines, About Us, links",
        "must never make a hit by itself, must stay findable (in:furniture)",
        boost=1.0,
        length_norm=0.65,
    ),
    Field("section", "name", "section", "the part of the paper", "readers narrow by it", facet=True),
    Field("source", "name", "source", "the paper", "readers narrow by it", facet=True),
    Field("byline", "name", "byline", "who wrote it", "one value an author", facet=True),
    Field("agency", "name", "agency", "the wire credits", "the same story in several papers", facet=True),
    Field("place", "name", "places", "the dateline's places", "where it was reported from", facet=True),
    Field("tag", "name", "tags", "the paper's own keywords", "as given, never inferred", facet=True),
    Field("language", "keyword", "language", "BCP 47 code of the language", "chooses the analysis chain", facet=True),
    Field("year", "keyword", "year", "year of publication", "the coarsest date everybody knows", facet=True),
    Field("id", "keyword", "id", "the article's identifier", "to cite and to find again"),
    Field("url", "keyword", "url", "where it was published", "to find the saved page of a link"),
    Field("page", "keyword", "page", "the printed page", "citations name it"),
    Field("date", "date", "published", "day of publication", "ranges: date:2025-02-06, date:2025-01..2025-03"),
)

BY_NAME: dict[str, Field] = {row.name: row for row in FIELDS}
TEXT_FIELDS: tuple[str, ...] = tuple(row.name for row in FIELDS if row.kind == "text")
NAME_FIELDS: tuple[str, ...] = tuple(row.name for row in FIELDS if row.kind == "name")
KEYWORD_FIELDS: tuple[str, ...] = tuple(row.name for row in FIELDS if row.kind == "keyword")
FACETS: tuple[str, ...] = ("section", "source", "byline", "agency", "place", "language", "tag", "year")
DEFAULT_SCOPE: tuple[str, ...] = ("title", "body")
"""The fields an unfielded word is looked for in."""

MISSING = "(none)"
"""As a facet filter's value: articles that have no value in that field."""


def values_of(article: object, name: str) -> tuple[str, ...]:
    """The values an article has in a field, as a tuple whatever the attribute's type; empty when unknown."""
    value = getattr(article, BY_NAME[name].attribute)
    if value is None or value == "":
        return ()
    return value if isinstance(value, tuple) else (value,)
