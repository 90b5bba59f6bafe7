"""gunicorn's configuration: ``-c python:searchapp.web.gunicorn_conf``. Settings decide address, workers and threads.

The application is loaded once and forked; nothing before the fork leaves a thread behind or opens a generation. What is
ready by then (compiled code, templates, modules) the workers share. SIGTERM lets running requests finish. Access lines
are the application's own, so that no query text is logged.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from searchapp.engines.factory import warm
from searchapp.errors import SearchAppError
from searchapp.results import SearchRequest
from searchapp.settings import Settings, load_settings
from searchapp.web.limits import MAX_HEADER, MAX_HEADERS, MAX_LINE
from searchapp.web.metrics import ROWS
from searchapp.web.state import METRICS, SEARCHER
from searchapp.web.worker import STALLED

NOTICED = 1.0
"""Seconds after which a person wonders what is going on."""

_settings = load_settings()


class QuietLogger(Logger):  # type: ignore[misc] # gunicorn has no annotations
    """gunicorn's log without what a client sent: its own messages quote request lines, and those hold queries."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Of a request that couldn't be parsed, only that there was one."""
        said = "a request that is not HTTP, or past the limits" if msg.startswith("Invalid request") else msg
        super().warning(said, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Addresses end before their query. A client that stopped reading or sending is no fault of the program."""
        if isinstance(sys.exc_info()[1], BlockingIOError | TimeoutError):
            super().warning("a client was given up: it sent or took nothing for %d seconds", STALLED)
            return
        super().exception(msg, *(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in args), **kwargs)


wsgi_app = "searchapp.web.wsgi:app"
bind = _settings.bind
workers = _settings.workers
worker_class = "searchapp.web.worker.Worker"
threads = _settings.threads
preload_app = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Heartbeats in memory: a busy disk must not look like a dead worker."""

graceful_timeout = 20
"""Seconds that running requests have after SIGTERM. A search has one; exports to slow readers have the rest."""
timeout = 60
"""Seconds without a sign of life after which a worker is killed. The worker's main thread gives it while requests run in
others, so this ends processes that hang as a whole; it must be longer than hashing a generation takes when a worker starts."""
keepalive = 5
"""Seconds that an idle connection stays: longer than a reader takes to click on, or a proxy to use it again."""
max_requests = 50_000
max_requests_jitter = 5_000
"""Workers don't grow (tests/service); should one, in some library, it is replaced in time, and never all at the same time."""
backlog = 512
"""Connections the system accepts before a worker does. More are refused by it; searches are refused much earlier."""
worker_connections = 512
"""Connections a worker has open at once, kept-alive ones among them."""
limit_request_line = MAX_LINE
limit_request_fields = MAX_HEADERS
limit_request_field_size = MAX_HEADER
forwarder_headers = ""
"""No header a client sends may say where the application is mounted (SCRIPT_NAME, PATH_INFO)."""

accesslog = None
errorlog = "-"
loglevel = "warning"
logger_class = QuietLogger
proc_name = "searchapp"


def on_starting(server: Any) -> None:
    """Compile what searches need, before the port is opened: no reader waits for a compiler."""
    warm_up(_settings, server.log.warning)


def when_ready(server: Any) -> None:
    """Compile the templates once, before the workers fork, rather than in each worker's first answers.

    What is in memory then is left alone by the workers' garbage collectors, which would otherwise write into every object
    and so give each worker a copy of its own.
    """
    templates = server.app.wsgi().jinja_env
    for name in templates.list_templates():
        templates.get_template(name)
    gc.collect()
    gc.freeze()


def warm_up(settings: Settings, say: Callable[[str], None]) -> None:
    """Make ready what `engines.factory.warm` makes ready, and say so once it takes long enough to be noticed."""
    waiting = threading.Timer(NOTICED, say, ("compiling the search kernels, once",))
    waiting.start()
    try:
        warm(settings)
    finally:
        waiting.cancel()
        waiting.join()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker a row of the metrics that no living one has."""
    taken = {other.row for other in server.WORKERS.values()}
    worker.row = next((row for row in range(ROWS) if row not in taken), ROWS - 1)


def child_exit(server: Any, worker: Any) -> None:
    """Its row is free; what it counted stays."""
    server.app.wsgi().extensions[METRICS].vacate(worker.row)


def post_worker_init(worker: Any) -> None:
    """Read the index once, so that a worker's first reader doesn't wait for it. No index yet is no reason to stop."""
    worker.wsgi.extensions[METRICS].take(worker.row, worker.pid)
    try:
        worker.wsgi.extensions[SEARCHER].search(SearchRequest(sort="newest"))
    except (SearchAppError, OSError) as error:
        worker.log.warning("not warm: %s", error)
