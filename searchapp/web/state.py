"""What one app serves: its searcher, its settings, its metrics; and the request at hand."""

from __future__ import annotations

from flask import Request, current_app, g, request

from searchapp.searching import Searcher
from searchapp.settings import Settings
from searchapp.web.metrics import Metrics

SEARCHER = "searchapp.searcher"
SETTINGS = "searchapp.settings"
METRICS = "searchapp.metrics"


def searcher() -> Searcher:
    """The searcher of the request at hand: one generation, one moment, one deadline for all it is asked."""
    found: Searcher | None = g.get("searcher")
    if found is None:
        everybodys: Searcher = current_app.extensions[SEARCHER]
        found = g.searcher = everybodys.for_request(g.get("begun"))
    return found


def settings() -> Settings:
    """The settings of the running app."""
    found: Settings = current_app.extensions[SETTINGS]
    return found


def asked() -> Request:
    """The request at hand itself: Flask's ``request`` looks it up anew for every attribute."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


def metrics() -> Metrics:
    """The counts of the running app's workers."""
    found: Metrics = current_app.extensions[METRICS]
    return found
