"""The OpenAPI 3.1 document, assembled from the types in `models` and the limits the parameters are read with.

Put together here rather than by APIFlask: its validation lets unknown and repeated parameters pass and it documents
errors as application/json, so everything it would bring has to be replaced.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from searchapp import __version__
from searchapp.exports import FORMATS, HIT_FIELDS
from searchapp.fields import FACETS, MISSING
from searchapp.query.limits import MAX_CHARACTERS, MAX_FACET_SIZE, MAX_SIZE, MAX_WINDOW
from searchapp.results import SORTS
from searchapp.web.models import schemas
from searchapp.web.params import EXCLUDE, EXPORT, SEARCH

_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_TEXT = {"type": "string"}
_VALIDATOR = {"ETag": {"schema": _TEXT, "description": "Send it as If-None-Match to ask whether the answer has changed"}}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _comma_list(name: str, values: tuple[str, ...], description: str) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string", "enum": list(values)}}
    return _parameter(name, schema, description) | {"style": "form", "explode": False}


def _filter(name: str) -> dict[str, Any]:
    field = name.removeprefix(EXCLUDE)
    what = "without any of" if name.startswith(EXCLUDE) else "with any of"
    return _parameter(
        name, {"type": "array", "items": _TEXT}, f"Only articles {what} these values of {field}; {MISSING} = no value"
    )


def _parameters() -> dict[str, dict[str, Any]]:
    rows = [
        _parameter("q", {"type": "string", "maxLength": MAX_CHARACTERS, "default": ""}, "The query; empty = everything"),
        *(_filter(name) for name in SEARCH if name.removeprefix(EXCLUDE) in FACETS),
        _parameter("from", {"type": "string", "pattern": _DATE}, "First day, month or year, inclusive"),
        _parameter("to", {"type": "string", "pattern": _DATE}, "Last day, month or year, inclusive"),
        _parameter("sort", {"type": "string", "enum": list(SORTS), "default": SORTS[0]}, "The order of the hits"),
        _parameter("size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 10}, "Hits on a page"),
        _parameter("page", {"type": "integer", "minimum": 1, "default": 1}, f"Page, within the first {MAX_WINDOW} hits"),
        _parameter("cursor", _TEXT, "“next” of the page before; reaches every hit. Not together with page"),
        _comma_list("facets", (*FACETS, "none"), "Fields to count; none = no counts"),
        _parameter("facet_size", {"type": "integer", "minimum": 1, "maximum": MAX_FACET_SIZE, "default": 10}, "Values a facet"),
        _parameter("highlight", {"type": "boolean", "default": True}, "Whether to mark matches and give snippets"),
        _comma_list("fields", HIT_FIELDS, "Keys to keep of each hit"),
        _parameter("format", {"type": "string", "enum": list(FORMATS), "default": "ndjson"}, "How the articles are written"),
    ]
    return {row["name"]: row for row in rows}


def _answer(shape: str, description: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
    return {"description": description, "content": content, "headers": _VALIDATOR}


def _operation(name: str, summary: str, answers: dict[str, Any], parameters: list[dict[str, Any]]) -> dict[str, Any]:
    problem = {"$ref": "#/components/responses/Problem"}
    errors = dict.fromkeys(("400", "429", "503", "default"), problem)
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": answers | errors}}


def _paths() -> dict[str, Any]:
    known = _parameters()
    unchanged = {"304": {"description": "The copy named by If-None-Match is still right"}}
    gone = {"410": {"$ref": "#/components/responses/Problem"}}
    missing = {"404": {"$ref": "#/components/responses/Problem"}}
    described = {"application/json": {"schema": {"type": "object"}}}
    lines = {media: {"schema": _TEXT} for media in FORMATS.values()}
    article_id = {"name": "id", "in": "path", "required": True, "schema": _TEXT, "description": "The article's identifier"}
    return {
        "/search": _operation(
            "search",
            "Ranked hits with exact counts",
            {"200": _answer("SearchAnswer", "A page of results"), **unchanged, **gone},
            [known[name] for name in SEARCH],
        ),
        "/articles/{id}": _operation(
            "article", "One article", {"200": _answer("Article", "The article"), **unchanged, **missing, **gone}, [article_id]
        ),
        "/export": _operation(
            "export",
            "Every match, streamed, without a cap",
            {"200": {"description": "One article a line or row", "content": lines}},
            [known[name] for name in EXPORT],
        ),
        "/status": _operation("status", "What is held", {"200": _answer("Status", "The generations"), **unchanged}, []),
        "/openapi.json": _operation(
            "openapi",
            "This document",
            {"200": {"description": "OpenAPI 3.1", "content": described, "headers": _VALIDATOR}, **unchanged},
            [],
        ),
    }


@cache
def document(archive: str) -> dict[str, Any]:
    """The whole description; ``archive`` is its title."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": archive, "version": __version__, "description": "Search and read the archive. No key is needed."},
        "servers": [{"url": "/api/v1"}],
        "paths": _paths(),
        "components": {
            "schemas": schemas(),
            "responses": {"Problem": {"description": "What is wrong and what to do (RFC 9457)", "content": problem}},
        },
    }
