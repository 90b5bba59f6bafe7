"""The web: pages and API, both views of a ResultPage. Knows no engine's syntax and writes nothing to the archive."""

from __future__ import annotations

from searchapp.web.app import create_app

__all__ = ["create_app"]
