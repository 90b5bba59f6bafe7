"""Every error as an answer: problem+json (RFC 9457) below /api, a page elsewhere; never a trace, never a blank page.

`KINDS` is the whole list of problem types; /help/errors shows it, and each ``type`` is an address on that page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as AnyResponse

from searchapp.archive.withdrawals import Withdrawal
from searchapp.errors import BadRequest, EngineError, GenerationGone, NoIndex, Problem, QueryTimeout, WithdrawalsDamaged
from searchapp.web import limits, params
from searchapp.web.log import log_failure
from searchapp.web.state import metrics, settings

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem: its name in the address, status, title, and what a client can do."""

    name: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        """The ``type`` of RFC 9457; a path, so that it stays the same under every host. A kind without a name is blank."""
        return f"/help/errors#{self.name}" if self.name else "about:blank"


WITHDRAWN = Kind(
    "withdrawn",
    410,
    "This article has been withdrawn",
    "“reason” says why, “withdrawn” since when; it will not be here unless it is restored. Delete copies of it.",
)
TOO_MANY = Kind("too-many-requests", 429, "Too many requests", "Wait as many seconds as Retry-After says, then try again.")
BUSY = Kind(
    "busy",
    503,
    "Too much is being asked at once",
    "Nothing is wrong with the request. Try again after as many seconds as Retry-After says.",
)
TOO_SLOW = Kind(
    "too-slow", 503, "The search took too long", "Use fewer or longer words with * ? or ~, a shorter phrase, or add a rarer word."
)
KINDS: tuple[Kind, ...] = (
    Kind(
        "bad-request",
        400,
        "The request is wrong",
        "Each entry of “errors” names a parameter and says what to change; without entries, it is not proper HTTP.",
    ),
    Kind("forbidden", 403, "Not allowed", "This address is not open to you."),
    Kind("not-found", 404, "There is nothing here", "Check the address, or search for what you were looking for."),
    Kind("method-not-allowed", 405, "This address only answers reading", "Use one of the methods in the Allow header."),
    WITHDRAWN,
    Kind("generation-gone", 410, "The walk through the results has expired", "Begin the search again without “cursor”."),
    Kind(
        "too-large",
        413,
        "The request is too large",
        f"Nothing here reads a request's body ({limits.MAX_BODY} bytes are allowed); leave it out.",
    ),
    Kind(
        "address-too-long",
        414,
        "The address is too long",
        f"Use a shorter query or fewer filters: an address may have {limits.MAX_ADDRESS:,} bytes after its “?”, "
        f"and a request line {limits.MAX_LINE:,}.",
    ),
    TOO_MANY,
    Kind(
        "headers-too-large",
        431,
        "The request's headers are too large",
        f"Send fewer or shorter headers, or cookies: {limits.MAX_HEADERS} are allowed, of {limits.MAX_HEADER:,} bytes each.",
    ),
    Kind("failure", 500, "Something went wrong here", "The request may be fine; the fault is in the archive's program."),
    BUSY,
    TOO_SLOW,
    Kind(
        "no-index", 503, "The archive can't answer yet", "An archivist has to index it, or is about to finish; try again later."
    ),
)
_BY_STATUS: Mapping[int, Kind] = {kind.status: kind for kind in KINDS if kind not in (WITHDRAWN, BUSY, TOO_SLOW)}


def install(app: Flask) -> None:
    """Answer every error that a request can end in."""
    app.register_error_handler(BadRequest, _bad_request)
    app.register_error_handler(GenerationGone, _generation_gone)
    app.register_error_handler(EngineError, _engine_error)
    app.register_error_handler(WithdrawalsDamaged, _engine_error)
    app.register_error_handler(QueryTimeout, _too_slow)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failure)


def kind_of(status: int) -> Kind:
    """The type of problem a status stands for."""
    return _BY_STATUS.get(status) or Kind("", status, HTTP_STATUS_CODES.get(status, "Error"), "The request can't be answered.")


def wants_problem() -> bool:
    """Whether this request is the API's."""
    return request.path == "/api" or request.path.startswith("/api/")


def answer(status: int, detail: str, problems: Sequence[Problem] = (), kind: Kind | None = None) -> Response:
    """The error as the asker can use it."""
    kind = kind or kind_of(status)
    if wants_problem():
        return Response(problem_body(kind, detail, problems), status=kind.status, content_type=PROBLEM_JSON)
    page = render_template("error.html", kind=kind, detail=detail, problems=problems, q=g.get("q", ""))
    return Response(page, status=kind.status, mimetype="text/html")


def problem_body(kind: Kind, detail: str, problems: Sequence[Problem] = (), **more: str) -> bytes:
    """A problem document of RFC 9457; ``more`` are extension members of its kind."""
    values: dict[str, object] = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": detail, **more}
    if problems:
        values["errors"] = [{"parameter": problem.parameter, "message": problem.message} for problem in problems]
    return orjson.dumps(values)


def withdrawn(held: Withdrawal) -> Response:
    """That an article may not be shown, and why."""
    detail = f"Withdrawn on {held.when[:10]}: {held.reason}"
    if wants_problem():
        body = problem_body(WITHDRAWN, detail, reason=held.reason, withdrawn=held.when)
        return Response(body, status=WITHDRAWN.status, content_type=PROBLEM_JSON)
    page = render_template("withdrawn.html", kind=WITHDRAWN, reason=held.reason, day=held.when[:10])
    response = Response(page, status=WITHDRAWN.status, mimetype="text/html")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _bad_request(error: BadRequest) -> Response:
    count = len(error.problems)
    if wants_problem():
        detail = "; ".join(f"{problem.parameter}: {problem.message}" for problem in error.problems)
    else:
        detail = "One thing in the request is not right." if count == 1 else f"{count} things in the request are not right."
    return answer(400, detail, error.problems)


def _generation_gone(error: GenerationGone) -> Response:
    return answer(410, f"{error}. Begin the search again without a cursor.")


def public_reason(error: EngineError | WithdrawalsDamaged) -> str:
    """Why the index can't answer, without the paths that an archivist's message has."""
    if isinstance(error, NoIndex):
        return "Nothing has been indexed here yet. The archivist's way out: searchapp index"
    return "The index can't be read at the moment; the archivist's log says why."


def _engine_error(error: EngineError | WithdrawalsDamaged) -> Response:
    log_failure(error)
    response = answer(503, public_reason(error))
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _too_slow(_: QueryTimeout) -> Response:
    """What was asked stays in the box, to be changed."""
    metrics().late()
    g.q = params.read_q(request.query_string)
    limit = f"{settings().search_ms / 1000:g} seconds"
    detail = f"The search was broken off: the limit is {limit}, and nothing is answered in part. {TOO_SLOW.advice}"
    response = answer(503, detail, kind=TOO_SLOW)
    response.headers["Retry-After"] = str(limits.RETRY_SLOW)
    return response


def _http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    kind = _BY_STATUS.get(status)
    detail = kind.advice if kind and not _own_words(error) else error.description or ""
    response = answer(status, detail)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _own_words(error: HTTPException) -> bool:
    """Whether the description was written here rather than by the library."""
    return error.description is not None and error.description != type(error).description


def _failure(error: Exception) -> Response:
    log_failure(error)
    return answer(500, "The archive's program failed; its log says where. Trying again may help.")
