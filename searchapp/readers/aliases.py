"""What records call their fields, and what the archive calls them. The table is shown in docs/formats.md.

Names are compared without case, blanks, ``-`` and ``_``. The exact name comes first, then the aliases in the order
written; a name whose value is null counts as absent. What is not mapped is kept under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("_id", "guid", "uid", "uuid", "uri", "article_id", "doc_id", "document_id", "item_id", "identifier"),
    "title": ("headline", "heading", "head", "web_title", "article_title", "name", "subject"),
    "body": (
        *("text", "content", "article", "article_body", "body_text", "full_text", "main_text", "story", "content_text"),
        *("body_html", "content_html", "html", "paragraphs"),
        *("description", "summary", "abstract", "lead", "short_description", "excerpt", "snippet"),
    ),
    "published": (
        *("date", "pub_date", "publication_date", "publish_date", "date_published", "published_at", "published_on"),
        *("date_publish", "datetime", "date_time", "web_publication_date", "issued", "issue_date", "posted", "posted_at"),
        *("timestamp", "time", "created", "created_at", "version_created", "day"),
    ),
    "byline": ("author", "authors", "by", "writer", "writers", "creator", "dc:creator", "reporter", "journalist"),
    "source": ("publisher", "paper", "newspaper", "publication", "outlet", "source_name", "site_name", "site", "source_domain"),
    "section": ("category", "section_name", "article_section", "rubric", "desk", "department"),
    "language": ("lang", "in_language", "language_code"),
    "tags": ("keywords", "topics", "tag", "categories", "subjects", "labels"),
    "url": ("link", "web_url", "href", "permalink", "canonical_url", "source_url", "article_source_link", "external_url"),
    "agency": ("agencies", "credit", "credit_line", "wire", "news_agency", "provider"),
    "places": ("place", "location", "locations", "content_location", "located"),
    "dateline": (),
    "dateline_date": (),
    "page": ("pages", "page_number", "print_page", "page_no"),
    "rights": ("copyright", "license", "licence", "copyright_notice", "usage_terms"),
    "available_from": ("embargo", "embargoed", "embargo_until", "available"),
    "furniture": (),
}
"""The archive's name of a field → what else it may be called."""

SUMMARIES = frozenset({"description", "summary", "abstract", "lead", "shortdescription", "excerpt", "snippet"})
"""Folded aliases of ``body`` that hold a summary, not the article; used only when there is nothing better."""

_SEPARATORS = re.compile(r"[\s_-]+")


def fold_name(name: str) -> str:
    """A field's name for comparison."""
    return _SEPARATORS.sub("", name.casefold())


_RANKED: dict[str, tuple[str, int]] = {}
for _name, _others in ALIASES.items():
    for _rank, _other in enumerate((_name, *_others)):
        _RANKED.setdefault(fold_name(_other), (_name, _rank))


def target(name: str) -> tuple[str, int] | None:
    """The archive's name for a record's field and how good the match is: -1 exact, 0 but for case, then the alias's place."""
    if name in ALIASES:
        return name, -1
    return _RANKED.get(fold_name(name))


def rename(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The record under the archive's names, where each came from, and the names that were not mapped.

    Nothing is lost: what is unknown, or comes second to a better name, stays under its own.
    """
    best: dict[str, tuple[int, str]] = {}
    for name, value in record.items():
        found = target(name)
        if found is None or value is None:
            continue
        field, rank = found
        if field not in best or rank < best[field][0]:
            best[field] = (rank, name)
    origins = {field: name for field, (_, name) in best.items()}
    chosen = set(origins.values())
    declared = {field: record[name] for field, name in origins.items()}
    unused: list[str] = []
    for name, value in record.items():
        if name in chosen or value is None:
            continue
        unused.append(name)
        declared[name if name not in declared else f"{name} (as given)"] = value
    return declared, origins, unused
