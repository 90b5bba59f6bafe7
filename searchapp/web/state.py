"""What one app serves: its searcher and its settings."""

from __future__ import annotations

from flask import current_app

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
