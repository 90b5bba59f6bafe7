"""What is logged of a request: method, path, status and milliseconds, as one JSON line on standard error.

Query texts only when the setting asks for them; never a header, an address or a key. Of a failure the kind and the
places in the code, not the message, which may quote the query.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, Response, g, request

from searchapp.errors import EngineError
from searchapp.settings import Settings

KEY = "searchapp.log"


def install(app: Flask, settings: Settings) -> None:
    """Log every request of the app when its answer is complete."""
    app.extensions[KEY] = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )

    def begin() -> None:
        g.started = time.perf_counter()

    def end(response: Response) -> Response:
        started = g.get("started", time.perf_counter())
        values: dict[str, Any] = {"method": request.method, "path": request.path, "status": response.status_code}
        if settings.log_queries:
            values["q"] = request.args.get("q", "")[:200]

        def write() -> None:
            app.extensions[KEY].info("request", **values, ms=round((time.perf_counter() - started) * 1000, 1))

        if response.is_streamed:
            response.call_on_close(write)
        else:
            write()
        return response

    app.before_request(begin)
    app.after_request(end)


def log_failure(app: Flask, error: BaseException) -> None:
    """Where an error came from; of an engine's also the message, which names files and never a query."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    values: dict[str, Any] = {"path": request.path, "kind": type(error).__name__, "frames": frames}
    if isinstance(error, EngineError):
        values["reason"] = str(error)
    app.extensions[KEY].error("failure", **values)


def log_degraded(app: Flask, generation: str, reason: str) -> None:
    """That an older generation answers, and why."""
    app.extensions[KEY].error("degraded", generation=generation, reason=reason)
