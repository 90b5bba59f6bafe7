"""What is logged of a request: method, path, status and milliseconds, as one JSON line on standard error.

Query texts only when the setting asks for them; never a header, an address or a key. Of a failure the kind and the
places in the code, not the message, which may quote the query.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request

from searchapp.errors import EngineError, WithdrawalsDamaged
from searchapp.settings import Settings
from searchapp.web.state import asked


def install(app: Flask, settings: Settings) -> None:
    """Log every request of the app when its answer is complete. Before all others, as it notes when a request began."""

    def begin() -> None:
        g.begun = time.monotonic()

    def end(response: Response) -> Response:
        begun = g.get("begun", time.monotonic())
        of = asked()
        values: dict[str, Any] = {"method": of.method, "path": of.path, "status": response.status_code}
        if settings.log_queries:
            values["q"] = of.args.get("q", "")[:200]

        def write() -> None:
            _write("info", "request", **values, ms=round((time.monotonic() - begun) * 1000, 1))

        if response.is_streamed:
            response.call_on_close(write)
        else:
            write()
        return response

    app.before_request(begin)
    app.after_request(end)


def log_failure(error: BaseException) -> None:
    """Where an error came from; of an engine's also the message, which names files and never a query."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    values: dict[str, Any] = {"path": request.path, "kind": type(error).__name__, "frames": frames}
    if isinstance(error, EngineError | WithdrawalsDamaged):
        values["reason"] = str(error)
    _write("error", "failure", **values)


def log_degraded(generation: str, reason: str) -> None:
    """That an older generation answers, and why."""
    _write("error", "degraded", generation=generation, reason=reason)


def log_recovered(generation: str) -> None:
    """That nothing is degraded any more."""
    _write("info", "recovered", generation=generation)


def _write(level: str, event: str, **values: Any) -> None:
    """One line in one write, so that lines of several threads and processes stay whole. ASCII, whatever a path holds."""
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    sys.stderr.write(json.dumps({**values, "event": event, "level": level, "timestamp": moment}) + "\n")
