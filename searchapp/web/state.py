"""What one app serves: its searcher and its settings; and the request at hand."""

from __future__ import annotations

from flask import Request, current_app, request

from searchapp.searching import Searcher
from searchapp.settings import Settings

SEARCHER = "searchapp.searcher"
SETTINGS = "searchapp.settings"


def searcher() -> Searcher:
    """The searcher of the running app."""
    found: Searcher = current_app.extensions[SEARCHER]
    return found


def settings() -> Settings:
    """The settings of the running app."""
    found: Settings = current_app.extensions[SETTINGS]
    return found


def asked() -> Request:
    """The request at hand itself: Flask's ``request`` looks it up anew for every attribute."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found
