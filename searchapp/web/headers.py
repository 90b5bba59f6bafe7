"""What every answer carries, errors too: security headers, caching, and cross-origin access where configured."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response, abort, request

from searchapp import __version__
from searchapp.settings import Settings
from searchapp.web.limits import MAX_ADDRESS, MAX_BODY
from searchapp.web.state import asked

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Referrers are withheld because addresses hold queries. No script is allowed because there is none."""

_HOST = re.compile(r"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9a-f:.]+\])(?::\d*)?", re.ASCII | re.IGNORECASE)
"""What a Host header may be (RFC 9110, 7.2; RFC 3986, 3.2.2; no future IP addresses). It may be empty."""
_YEAR = "public, max-age=31536000, immutable"


def install(app: Flask, settings: Settings) -> None:
    """Refuse what is too large; dress every answer."""
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    def admit() -> None:
        of = asked()
        if not _HOST.fullmatch(of.headers.get("Host", "")):
            abort(400, "The Host header doesn't name a host.")
        if (of.content_length or 0) > MAX_BODY or "Transfer-Encoding" in of.headers:
            abort(413)
        if len(of.query_string) > MAX_ADDRESS:
            abort(414)

    def dress(response: Response) -> Response:
        response.headers.extend(SECURITY)
        _cache(app, response)
        if origins and request.path.startswith("/api/"):
            _share(response, origins)
        return response

    app.before_request(admit)
    app.after_request(dress)


def _cache(app: Flask, response: Response) -> None:
    if request.endpoint == "static" and response.status_code in (200, 304):
        right = request.args.get("v") == file_version(
            Path(app.static_folder or ""), (request.view_args or {}).get("filename", "")
        )
        response.headers["Cache-Control"] = _YEAR if right else "no-cache"
    elif response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache"


def _share(response: Response, origins: Sequence[str]) -> None:
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is None or not (origin in origins or "*" in origins):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"


_VERSIONS: dict[Path, str] = {}


def file_version(folder: Path, name: str) -> str:
    """A short digest of a static file's bytes, for its address; empty when there is no such file."""
    path = folder / name
    if path not in _VERSIONS:
        if not path.is_file():
            return ""
        _VERSIONS[path] = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return _VERSIONS[path]


def etag(state: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The strong validator of an API answer: this program, what it answers from (`Searcher.state`), path and request."""
    said = "\n".join((__version__, state, request.path, urlencode(pairs)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
