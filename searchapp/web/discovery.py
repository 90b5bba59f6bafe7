"""For machines: robots.txt, the site map, and the OpenSearch description."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from flask import Blueprint, Response, abort, current_app, render_template

from searchapp.article import Period
from searchapp.exports import link_of
from searchapp.fields import MISSING
from searchapp.results import SearchRequest
from searchapp.web.pages import site
from searchapp.web.state import searcher, settings

blueprint = Blueprint("discovery", __name__)

SITEMAP_WHOLE = 10_000
"""Articles in one site map; more are parted by year, and years with more by month. The protocol allows 50,000."""
SHORT_NAME = 16
"""Characters of OpenSearch's ShortName."""
UNDATED = "undated"
_COUNT = SearchRequest(size=1, facets=("year",), facet_size=1000, highlight=False)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Articles and days may be indexed; results and the API not."""
    return Response(render_template("robots.txt", site=site()), mimetype="text/plain")


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """OpenSearch 1.1: how a browser adds this archive to its search engines."""
    name = settings().archive_name
    short = name if len(name) <= SHORT_NAME else "News archive"
    page = render_template("opensearch.xml", site=site(), name=name, short=short)
    return Response(page, mimetype="application/opensearchdescription+xml")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """All articles, or an index of parts."""
    held = searcher().search(_COUNT)
    if held.total <= SITEMAP_WHOLE:
        return _urls(searcher().ids(SearchRequest(sort="oldest")))
    parts = [
        part for row in sorted(held.facets["year"].values, key=lambda row: row.value) for part in _parts(row.value, row.count)
    ]
    if held.facets["year"].missing and UNDATED not in parts:
        parts.append(UNDATED)
    return Response(render_template("sitemap_index.xml", site=site(), parts=parts), mimetype="application/xml")


def _parts(year: str, count: int) -> list[str]:
    if year == MISSING:
        return [UNDATED] if count else []
    return [year] if count <= SITEMAP_WHOLE else [f"{year}-{month:02}" for month in range(1, 13)]


@blueprint.get("/sitemaps/<part>.xml")
def sitemap_part(part: str) -> Response:
    """The articles of one year or month, or those without a date; of a year without a month, in its January."""
    if part == UNDATED:
        return _urls(searcher().ids(SearchRequest(where={"year": (MISSING,)}, sort="oldest")))
    try:
        period = Period.parse(part)
    except ValueError:
        abort(404)
    if len(part) not in (4, 7):
        abort(404)
    return _urls(searcher().begun(period.first, period.last))


def _urls(ids: Iterator[str]) -> Response:
    root = site()
    addresses = (root + link_of(article_id) for article_id in ids)
    lines = current_app.jinja_env.get_template("sitemap.xml").generate(addresses=addresses)
    return Response(_in_blocks(lines), mimetype="application/xml")


def _in_blocks(lines: Iterator[str]) -> Iterator[bytes]:
    """Fewer, larger writes."""
    while block := "".join(islice(lines, 1024)):
        yield block.encode()
