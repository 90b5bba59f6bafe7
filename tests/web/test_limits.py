"""Every limit in docs/limits.md: its value is the code's, and it is tried on both sides where a request can."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from samples import Buffered, article

from searchapp import searching, snippets
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import QueryTimeout
from searchapp.fields import FACETS
from searchapp.query import limits as of_query
from searchapp.query import marks
from searchapp.settings import TABLE, Settings
from searchapp.web import create_app, discovery, gunicorn_conf, limits, ways, worker

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text("utf-8")
ROWS = {
    name: float(value.replace(",", ""))
    for name, value in re.findall(r"^\| `(\w+)`:.*?\| `([\d.,]+)` \|", PAGE, re.M)
}  # fmt: skip
MODULES = (of_query, limits, worker, snippets, marks, discovery, ways)


def constants(module: object) -> dict[str, float]:
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, int | float)}


def test_the_page_says_what_the_code_does() -> None:
    known = {name: value for module in MODULES for name, value in constants(module).items()}
    known |= {row.name: row.default for row in TABLE if isinstance(row.default, int)}
    assert {name: known[name] for name in ROWS} == ROWS


def test_no_limit_is_missing_from_the_page() -> None:
    assert constants(of_query).keys() | constants(limits).keys() <= ROWS.keys()


def test_gunicorn_holds_those_of_the_request_line_and_headers() -> None:
    assert gunicorn_conf.limit_request_line == limits.MAX_LINE
    assert gunicorn_conf.limit_request_fields == limits.MAX_HEADERS
    assert gunicorn_conf.limit_request_field_size == limits.MAX_HEADER


LETTERS = [f"{first}{second}" for first in "bcdfghjklmnpqrstvwxz" for second in "bcdfghjklmnpqrstvwxz"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Over an archive with as many words that begin with ``aaaa`` as a wildcard may stand for."""
    root = tmp_path_factory.mktemp("limits")
    engine = WhooshEngine(root)
    words = [f"aaaa{first}{second}" for first in LETTERS[:32] for second in LETTERS[:32]]
    assert len(words) == of_query.MAX_EXPANSION
    with engine.begin_build(full=True) as build:
        build.add(article("wide", "Wide", " ".join(words)))
        build.add(article("wider", "Wider", "aaaabbbbb"))
        build.publish(journal=0)
    engine.close()
    return Buffered(create_app(Settings.make(index=str(root), search_ms=60_000)))


def spoken(number: float) -> str:
    return f"{number:,}" if number == int(number) else str(number)


Pairs = list[tuple[str, str]]
SIDES: list[tuple[str, Pairs, Pairs]] = [
    ("MAX_CHARACTERS", [("q", "x" * of_query.MAX_CHARACTERS)], [("q", "x" * (of_query.MAX_CHARACTERS + 1))]),
    ("MAX_LEAVES", [("q", " ".join(LETTERS[:64]))], [("q", " ".join(LETTERS[:65]))]),
    ("MAX_DEPTH", [("q", "(a (b " * 4 + "c" + "))" * 4)], [("q", "(a (b " * 4 + "(d c)" + "))" * 4)]),
    ("MAX_EXPANSION", [("q", "aaaa??b? OR aaaa????")], [("q", "aaaa*b OR aaaa?*?")]),
    ("MAX_WINDOW", [("page", "100"), ("size", "100")], [("page", "101"), ("size", "100")]),
    ("MAX_SIZE", [("size", str(of_query.MAX_SIZE))], [("size", str(of_query.MAX_SIZE + 1))]),
    ("MAX_FACET_SIZE", [("facet_size", str(of_query.MAX_FACET_SIZE))], [("facet_size", str(of_query.MAX_FACET_SIZE + 1))]),
    (
        "MAX_FILTERS",
        [("section", f"s{n}") for n in range(of_query.MAX_FILTERS)],
        [("section", f"s{n}") for n in range(of_query.MAX_FILTERS + 1)],
    ),
]


@pytest.mark.parametrize(("name", "inside", "beyond"), SIDES, ids=[row[0] for row in SIDES])
def test_both_sides(client: FlaskClient, name: str, inside: Pairs, beyond: Pairs) -> None:
    for path in ("/api/v1/search", "/search"):
        assert client.get(f"{path}?{urlencode(inside)}").status_code == 200
        refused = client.get(f"{path}?{urlencode(beyond)}")
        assert refused.status_code == 400
        said = refused.text.replace(",", "")
        assert str(int(ROWS[name])) in said


@pytest.mark.parametrize("path", ["/api/v1/search", "/search", "/api/v1/export"])
def test_parameters(client: FlaskClient, path: str) -> None:
    """As many as are allowed are each looked at; one more, and none is."""
    most = limits.MAX_PARAMETERS
    each = client.get(f"{path}?{'&'.join(f'colour{n}=red' for n in range(most))}")
    assert each.status_code == 400
    assert "colour99" in each.text
    many = client.get(f"{path}?{'&'.join(f'colour{n}=red' for n in range(most + 1))}")
    assert many.status_code == 400
    assert str(most) in many.text
    assert "colour" not in many.text


def test_cursors(client: FlaskClient) -> None:
    inside = client.get(f"/api/v1/search?cursor={'A' * limits.MAX_CURSOR}")
    beyond = client.get(f"/api/v1/search?cursor={'A' * (limits.MAX_CURSOR + 1)}")
    assert inside.status_code == beyond.status_code == 400
    assert "not a cursor" in inside.text
    assert str(limits.MAX_CURSOR) in beyond.text


def test_a_cursor_of_an_article_with_a_long_id_is_within_the_limit(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    with engine.begin_build(full=True) as build:
        for number in range(3):
            build.add(article(f"ridge:{number}{'é' * 700}", "Long", "id"))
        build.publish(journal=0)
    engine.close()
    client = Buffered(create_app(Settings.make(index=str(tmp_path))))
    first = client.get("/api/v1/search?size=1&highlight=false").json
    second = client.get(f"/api/v1/search?size=1&highlight=false&cursor={first['next']}").json
    assert second["hits"][0]["id"] != first["hits"][0]["id"]


def test_addresses(client: FlaskClient) -> None:
    for path in ("/api/v1/search", "/search", "/articles/x", "/healthz"):
        assert client.get(f"{path}?{'a' * limits.MAX_ADDRESS}").status_code in (200, 400, 404)
        refused = client.get(f"{path}?{'a' * (limits.MAX_ADDRESS + 1)}")
        assert refused.status_code == 414
        assert spoken(limits.MAX_ADDRESS) in refused.text


@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/healthz", "/nowhere", "/static/style.css", "/metrics"])
def test_bodies(client: FlaskClient, path: str) -> None:
    """Uploads of nothing are fine; of anything at all they are refused, whatever the method."""
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
        assert client.open(path, method=method, data=b"").status_code in (200, 404, 405)
        refused = client.open(path, method=method, data=b"x")
        assert refused.status_code == 413
        assert method == "HEAD" or f"({limits.MAX_BODY} bytes" in refused.text
        chunked = client.open(path, method=method, headers={"Transfer-Encoding": "chunked"})
        assert chunked.status_code == 413


@pytest.fixture
def hurried(index: Path) -> Flask:
    """An application whose searches may take no time at all."""
    app = create_app(Settings.make(index=str(index), search_ms=1))
    app.before_request_funcs.setdefault(None, []).insert(1, late)
    return app


def late() -> None:
    from flask import g

    g.begun -= 1.0


@pytest.mark.parametrize(
    "path", ["/search?q=bridge", "/api/v1/search?q=bridge", "/", "/about", "/api/v1/export?q=a", "/sitemap.xml"]
)
def test_time(hurried: Flask, path: str) -> None:
    client = Buffered(hurried)
    refused = client.get(path)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == str(limits.RETRY_SLOW)
    assert "0.001 seconds" in refused.text
    if path.startswith("/api"):
        assert refused.json["type"] == "/help/errors#too-slow"
    elif "q=" in path:
        assert 'value="bridge"' in refused.text, "the query is still in its box"
    assert "searchapp_late_total 1.0" in client.get("/metrics").text


@pytest.mark.parametrize("path", ["/healthz", "/help", "/readyz", "/api/v1/status", "/api/v1/articles/ridge:bridge-1"])
def test_what_needs_no_search_has_time(hurried: Flask, path: str) -> None:
    assert Buffered(hurried).get(path).status_code == 200


def test_an_article_is_shown_though_there_is_no_time_to_mark_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: object) -> None:
        raise QueryTimeout

    client = Buffered(create_app(Settings.make(index=str(index))))
    assert b"<mark>" in client.get("/articles/ridge:bridge-1?q=bridge").data
    monkeypatch.setattr(searching, "mark", too_slow)
    shown = client.get("/articles/ridge:bridge-1?q=bridge")
    assert shown.status_code == 200
    assert b"<mark>" not in shown.data


def test_all_facets_can_be_counted_at_once(client: FlaskClient) -> None:
    assert client.get(f"/api/v1/search?facets={','.join(FACETS)}").status_code == 200
    assert "there are eight" in PAGE
    assert len(FACETS) == 8
