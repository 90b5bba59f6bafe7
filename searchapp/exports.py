"""A page of results or a stream of articles as plain JSON values, NDJSON lines or CSV rows.

The shapes and key names are the interface's. Everything that prints an answer (API, command line) prints these. Unknown
values are left out, as in `Article.to_json`. Writes nothing itself and knows no HTTP.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import orjson

from searchapp.article import Article, Span
from searchapp.engines.base import K1, GenerationInfo, LeafScore
from searchapp.query.tree import Note
from searchapp.query.wording import in_words
from searchapp.results import Clause, FacetCount, Histogram, Hit, ResultPage
from searchapp.searching import ExplainedQuery

HIT_FIELDS: tuple[str, ...] = (
    "id",
    "link",
    "url",
    "score",
    "title",
    "title_ranges",
    "published",
    "published_precision",
    "section",
    "source",
    "byline",
    "agency",
    "places",
    "language",
    "page",
    "snippets",
)
"""The keys of a hit, in the order they are written; those without a value are left out."""

CSV_COLUMNS: tuple[str, ...] = (
    "id",
    "title",
    "published",
    "published_precision",
    "byline",
    "agency",
    "places",
    "dateline_date",
    "section",
    "source",
    "language",
    "tags",
    "url",
    "page",
    "rights",
    "body",
)

FORMATS: Mapping[str, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}
"""Export formats and their media types."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


_SAFE = re.compile(r"[\w.~:@!$'()*,;=-]*", re.ASCII)
"""Ids that stand in an address as they are: `quote` leaves these alone."""


def link_of(article_id: str) -> str:
    """The path of an article's page."""
    return "/articles/" + (article_id if _SAFE.fullmatch(article_id) else quote(article_id, safe=":@~!$'()*,;="))


def page_json(page: ResultPage, fields: Sequence[str] | None = None) -> dict[str, Any]:
    """The answer to a search; ``fields`` keeps only those keys of each hit."""
    return {
        "query": {
            "text": page.request.q,
            "read_as": page.read_as,
            "notes": [_note(note) for note in page.notes],
            "clauses": [_clause(clause) for clause in page.clauses],
        },
        "total": page.total,
        "took_ms": page.took_ms,
        "generation": page.generation,
        "hits": [_hit(hit, HIT_FIELDS if fields is None else fields) for hit in page.hits],
        "facets": {name: _facet(counted) for name, counted in page.facets.items()},
        "histogram": _histogram(page.histogram),
        "next": page.next,
    }


def explained_json(found: ExplainedQuery, article_id: str | None = None) -> dict[str, Any]:
    """How a query was read, and, with the id it was explained for, why that article scores what it does."""
    parsed, why = found.parsed, found.article
    shown: dict[str, Any] = {
        "text": parsed.text,
        "read_as": parsed.read_as,
        "notes": [_note(note) for note in parsed.notes],
        "clauses": [_clause(clause) for clause in found.clauses],
        "total": found.total,
    }
    if why is None:
        return shown
    leaves = [_leaf(leaf) for leaf in why.leaves]
    return shown | {
        "id": article_id,
        "matches": why.matches,
        "score": why.score,
        "articles": why.articles,
        "k1": K1,
        "leaves": leaves,
    }


def _leaf(leaf: LeafScore) -> dict[str, Any]:
    return {
        "read_as": in_words(leaf.leaf),
        "boost": leaf.boost,
        "matching": leaf.matching,
        "idf": leaf.idf,
        "weight": leaf.weight,
        "score": leaf.score,
        "fields": [asdict(field) for field in leaf.fields],
    }


def status_json(generations: Sequence[GenerationInfo]) -> dict[str, Any]:
    """What is held: the current generation (null when there is none) and all that are kept, oldest first."""
    rows = [
        {
            "name": info.name,
            "articles": info.articles,
            "analyser": info.analyser,
            "journal": info.journal,
            "created": info.created,
            "bytes": info.bytes,
            "current": info.current,
        }
        for info in generations
    ]
    current = next((row for row in rows if row["current"]), None)
    return {
        "generation": current and current["name"],
        "articles": current["articles"] if current else 0,
        "analyser": current and current["analyser"],
        "journal": current["journal"] if current else 0,
        "created": current and current["created"],
        "bytes": sum(info.bytes for info in generations),
        "generations": rows,
    }


def ndjson(articles: Iterable[Article]) -> Iterator[bytes]:
    """One article a line, as `Article.to_json`; UTF-8."""
    for article in articles:
        yield orjson.dumps(article.to_json(), option=orjson.OPT_APPEND_NEWLINE)


def csv_rows(articles: Iterable[Article]) -> Iterator[bytes]:
    """RFC 4180 with a header row, UTF-8. Several values are joined by ``; ``.

    A value that a spreadsheet would run as a formula is preceded by ``'`` (OWASP, "CSV injection").
    """
    yield _row(CSV_COLUMNS)
    for article in articles:
        yield _row([_cell(getattr(article, name)) for name in CSV_COLUMNS])


def _row(cells: Sequence[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")


def _cell(value: str | tuple[str, ...] | None) -> str:
    text = "; ".join(value) if isinstance(value, tuple) else value or ""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _hit(hit: Hit, fields: Sequence[str]) -> dict[str, Any]:
    article = hit.article
    link = link_of(article.id)
    values: dict[str, Any] = {
        "id": article.id,
        "link": link,
        "url": article.url or link,
        "score": round(hit.score, 6),
        "title": hit.title.text,
        "title_ranges": _ranges(hit.title.ranges),
        "published": article.published,
        "published_precision": article.published_precision,
        "section": article.section,
        "source": article.source,
        "byline": list(article.byline) or None,
        "agency": list(article.agency) or None,
        "places": list(article.places) or None,
        "language": article.language,
        "page": article.page,
        "snippets": [{"text": snippet.text, "ranges": _ranges(snippet.ranges)} for snippet in hit.snippets],
    }
    if fields is not HIT_FIELDS:
        values = {name: values[name] for name in fields}
    return {name: value for name, value in values.items() if value is not None}


def _note(note: Note) -> dict[str, Any]:
    return {"message": note.message, "start": note.start, "end": note.end}


def _clause(clause: Clause) -> dict[str, Any]:
    return {"text": clause.text, "total": clause.total}


def _ranges(spans: Iterable[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _facet(counted: FacetCount) -> dict[str, Any]:
    return {
        "values": [
            {"value": row.value, "count": row.count, "selected": row.selected, "excluded": row.excluded} for row in counted.values
        ],
        "other": counted.other,
        "missing": counted.missing,
    }


def _histogram(histogram: Histogram | None) -> dict[str, Any] | None:
    if histogram is None:
        return None
    return {
        "interval": histogram.interval,
        "buckets": [{"start": start.isoformat(), "count": count} for start, count in histogram.buckets],
        "missing": histogram.missing,
    }
