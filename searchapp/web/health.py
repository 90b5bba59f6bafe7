"""For whoever keeps the service: is the process alive, does the index answer, what has been counted."""

from __future__ import annotations

import time

import orjson
from flask import Blueprint, Flask, Response, g

from searchapp.errors import EngineError, WithdrawalsDamaged
from searchapp.searching import Searcher
from searchapp.web import metrics as exposition
from searchapp.web.errors import RETRY_SECONDS, public_reason
from searchapp.web.log import log_degraded, log_failure, log_recovered
from searchapp.web.state import METRICS, asked, metrics, searcher

blueprint = Blueprint("health", __name__)


def install(app: Flask) -> None:
    """Count the app's requests, and log once when what it answers from stops or begins to be what it should."""
    counts, known = app.extensions[METRICS], ""

    def begin() -> None:
        g.counted = True
        counts.running(1)

    def count(response: Response) -> Response:
        of = asked()
        counts.request(of.url_rule.rule if of.url_rule else None, response.status_code, time.monotonic() - g.begun)
        if (used := g.get("searcher")) is not None:
            watch(used)
        return response

    def watch(used: Searcher) -> None:
        nonlocal known
        if (info := used.pinned()) is None:
            return
        trouble = used.trouble() or ""
        if trouble != known:
            known = trouble
            log_degraded(info.name, trouble) if trouble else log_recovered(info.name)
        counts.state(info.name, bool(trouble), len(used.withdrawn().ids))

    def end(_: BaseException | None) -> None:
        if g.pop("counted", False):
            counts.running(-1)

    app.before_request(begin)
    app.after_request(count)
    app.teardown_request(end)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process lives. Nothing else is looked at: a restart mends no index."""
    return _state({"status": "ok"}, 200)


@blueprint.get("/readyz")
def readyz() -> Response:
    """The index answers (``degraded``: an older generation than it should); 503 with the kind of trouble otherwise.

    Anybody may ask, so paths of this machine stay in the log.
    """
    try:
        generation = searcher().generation().name
    except (EngineError, WithdrawalsDamaged) as error:
        log_failure(error)
        return _state({"status": "not ready", "reason": public_reason(error)}, 503)
    if searcher().trouble():
        reason = "the newest generation or the log of withdrawals can't be read; the archivist's log says why"
        return _state({"status": "degraded", "generation": generation, "reason": reason}, 200)
    return _state({"status": "ready", "generation": generation}, 200)


@blueprint.get("/metrics")
def metrics_page() -> Response:
    """The counts of all workers, in Prometheus' text format. Told too when the index can't answer."""
    try:
        info = searcher().generation()
        body = metrics().exposed(created=info.created, articles=info.articles)
    except (EngineError, WithdrawalsDamaged):
        body = metrics().exposed()
    response = Response(body, content_type=exposition.CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(values: dict[str, str], status: int) -> Response:
    response = Response(orjson.dumps(values), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
