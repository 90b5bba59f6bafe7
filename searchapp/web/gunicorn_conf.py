"""gunicorn's configuration: ``-c python:searchapp.web.gunicorn_conf``. Settings decide address, workers and threads.

The application is loaded once and forked; nothing before the fork leaves a thread behind or opens a generation. What is
ready by then (compiled code, templates, modules) the workers share. SIGTERM lets running requests finish. Access lines
are the application's own, so that no query text is logged.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from searchapp.engines.factory import warm
from searchapp.errors import SearchAppError
from searchapp.results import SearchRequest
from searchapp.settings import Settings, load_settings
from searchapp.web.state import SEARCHER

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
        """Addresses end before their query."""
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
timeout = 60
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8190
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


def post_worker_init(worker: Any) -> None:
    """Read the index once, so that a worker's first reader doesn't wait for it. No index yet is no reason to stop."""
    try:
        worker.wsgi.extensions[SEARCHER].search(SearchRequest(sort="newest"))
    except (SearchAppError, OSError) as error:
        worker.log.warning("not warm: %s", error)
