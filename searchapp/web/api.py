"""The JSON API, /api/v1: views of the same requests and answers as the pages, validated and documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import orjson
from flask import Blueprint, Response, abort, request

from searchapp.article import Article
from searchapp.exports import FORMATS, csv_rows, ndjson, page_json, status_json
from searchapp.results import SearchRequest
from searchapp.searching import Searcher
from searchapp.web import params
from searchapp.web.errors import withdrawn
from searchapp.web.headers import etag
from searchapp.web.listing import neighbours
from searchapp.web.openapi import document
from searchapp.web.state import asked, searcher, settings

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

_WRITERS: dict[str, Callable[[Iterator[Article]], Iterator[bytes]]] = {"ndjson": ndjson, "csv": csv_rows}
_LINES_AT_ONCE = 64


@blueprint.get("/search")
def search() -> Response:
    """Ranked hits with counts; 304 without searching when the client has the answer already."""
    of, found = asked(), searcher()
    wanted = params.read(of.query_string)
    # A cursor names its own generation, so its answer stays the same when a newer one is current; but for withdrawals.
    walking = wanted.request.cursor is not None
    tag = etag(found.walk_state() if walking else found.state(), params.to_query(wanted.request, wanted.fields))
    known = of.if_none_match
    if not walking and known.contains(tag):
        return _unchanged(tag)
    page = found.search(wanted.request)
    response = _json(page_json(page, wanted.fields))
    links = neighbours(page, of.path, wanted.fields)
    if links:
        response.headers["Link"] = ", ".join(f'<{address}>; rel="{rel}"' for rel, address in links.items())
    response.set_etag(tag)
    # Whether a walk's generation is still there is known only now.
    return _unchanged(tag) if walking and known.contains(tag) else response


@blueprint.get("/articles/<path:article_id>")
def article(article_id: str) -> Response:
    """One article, whole."""
    params.read_nothing(request.query_string)
    tag = etag(searcher().state(), [])
    found = searcher().article(article_id)
    if found is None:
        if held := searcher().withdrawal(article_id):
            return withdrawn(held)
        abort(404, f"There is no article {article_id!r} here.")
    if request.if_none_match.contains(tag):
        return _unchanged(tag)
    response = _json(found.to_json())
    response.set_etag(tag)
    return response


@blueprint.get("/export")
def export() -> Response:
    """Every match, streamed, without a cap."""
    asked, form = params.read_export(request.query_string)
    lines = _WRITERS[form](_begun(searcher(), asked))
    response = Response(_in_blocks(lines), content_type=FORMATS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="articles.{form}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/status")
def status() -> Response:
    """What is held, by generation."""
    params.read_nothing(request.query_string)
    searcher().generation()
    return _validated(_json(status_json(searcher().generations())))


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """This API described in OpenAPI 3.1."""
    params.read_nothing(request.query_string)
    return _validated(_json(document(settings().archive_name)))


def _unchanged(tag: str) -> Response:
    """304: the client has the answer already."""
    response = Response(status=304)
    response.set_etag(tag)
    return response


def _json(values: dict[str, Any]) -> Response:
    """UTF-8 JSON; orjson has no NaN to write."""
    return Response(orjson.dumps(values), content_type="application/json")


def _validated(response: Response) -> Response:
    """The answer with a validator of its bytes; 304 when the client has them."""
    response.add_etag()
    response.make_conditional(request)
    return response


def _begun(asked: Searcher, wanted: SearchRequest) -> Iterator[Article]:
    """The stream with its first article already fetched, so that what can go wrong does so before the headers."""
    articles = iter(asked.stream(wanted))
    return chain(list(islice(articles, 1)), articles)


def _in_blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Fewer, larger writes."""
    while block := b"".join(islice(lines, _LINES_AT_ONCE)):
        yield block
