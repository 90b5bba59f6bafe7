"""Who is let in: so many searches at a time, so many streams, and of one client so many requests a second where that is set.

What there is no place for is refused at once with Retry-After, not queued: a queue only makes everybody late. Health, metrics,
static files and the help pages always are let in; `limits.RESERVED` threads are theirs.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from flask import Flask, Response, g, request

from searchapp.settings import Settings
from searchapp.web.errors import BUSY, TOO_MANY, Kind, answer
from searchapp.web.limits import BURST_SECONDS, MAX_CLIENTS, PATIENCE, RETRY_BUSY, STREAMS, places
from searchapp.web.state import METRICS, asked

FREE = frozenset({
    "static", "health.healthz", "health.readyz", "health.metrics_page", "discovery.robots", "discovery.opensearch",
    "pages.help_page", "pages.help_errors", "api.openapi",
})  # fmt: skip
"""Endpoints that search nothing."""
STREAMING = frozenset({"api.export", "discovery.sitemap", "discovery.sitemap_part"})
"""Endpoints whose answers are written while they are read."""


class Gate:
    """Places of one process: ``running`` at once, ``waiting`` more of them for their turn, each ``patience`` seconds at most."""

    def __init__(self, running: int, waiting: int, patience: float = PATIENCE) -> None:
        self._all = threading.BoundedSemaphore(running + waiting)
        self._running = threading.BoundedSemaphore(running)
        self._patience = patience

    def enter(self) -> bool:
        """Take a place, perhaps after a while; False when there is none."""
        if not self._all.acquire(blocking=False):
            return False
        if self._running.acquire(timeout=self._patience):
            return True
        self._all.release()
        return False

    def leave(self) -> None:
        """Give a place back."""
        self._running.release()
        self._all.release()


class Rates:
    """How many requests each client may still make: ``rate`` a second, with what it didn't use in the last few saved up."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = rate * BURST_SECONDS
        self._clock = clock
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """0, and one request of the client is counted; or the seconds until it may make one."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            left, since = self._clients.pop(client, (float(self._most), now))
            left = min(self._most, left + (now - since) * self._rate)
            allowed = left >= 1
            self._clients[client] = (left - 1 if allowed else left, now)
            while len(self._clients) > MAX_CLIENTS:
                self._clients.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate


def install(app: Flask, settings: Settings) -> None:
    """Let requests of the app in or refuse them; after `log.install`, which notes when each began."""
    searches, streams, rates = Gate(*places(settings)), Gate(STREAMS, 0), Rates(settings.client_rate)
    metrics = app.extensions[METRICS]

    def admit() -> Response | None:
        of = asked()
        if of.endpoint is None or of.endpoint in FREE:
            return None
        if wait := rates.wait(_client(settings)):
            metrics.shed("client")
            return _refused(TOO_MANY, f"More than {settings.client_rate} requests a second come from your address.", wait)
        if of.endpoint in STREAMING:
            if not streams.enter():
                metrics.shed("streams")
                return _refused(BUSY, f"{STREAMS} exports or site maps are being written here, and no more at once.", RETRY_BUSY)
            g.leave_stream = streams.leave
        if not searches.enter():
            metrics.shed("searches")
            return _refused(BUSY, "As many searches as can be answered in time are running already.", RETRY_BUSY)
        g.leave_search = searches.leave
        return None

    def attend(response: Response) -> Response:
        if leave := g.pop("leave_stream", None):
            response.call_on_close(leave)
        return response

    def dismiss(_: BaseException | None) -> None:
        for name in ("leave_search", "leave_stream"):
            if leave := g.pop(name, None):
                leave()

    app.before_request(admit)
    app.after_request(attend)
    app.teardown_request(dismiss)


def _refused(kind: Kind, detail: str, seconds: float) -> Response:
    response = answer(kind.status, detail, kind=kind)
    response.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return response


def _client(settings: Settings) -> str:
    """The client's address; behind a proxy the one that the proxy saw, which is the last that the header names."""
    if settings.behind_proxy and (named := request.headers.get("X-Forwarded-For", "")):
        return named.rpartition(",")[2].strip()
    return request.remote_addr or ""
