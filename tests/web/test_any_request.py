"""Whatever is asked, the answer is an answer: no 5xx, no blank page, every header."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchapp.web.params import SEARCH

steady = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
names = st.sampled_from([*SEARCH, "format", "colour", ""])
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ["", "0", "-1", "1", "10000", "1e9", "none", "true", "2025", "2025-13", "0000", "9999-12-31", "(none)", "*", '"', "a~9"]
    ),
    st.text('ab *?~^:()"-=.ANDORT/0123456789', max_size=40),
)


@steady
@given(pairs=st.lists(st.tuples(names, values), max_size=5))
@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/api/v1/export", "/articles/ridge:bridge-1"])
def test_any_parameters(client: FlaskClient, path: str, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in pairs)
    response = client.get(f"{path}?{query}")
    assert response.status_code in (200, 400), response.text
    assert response.data or path.endswith("export")
    assert b"<script" not in response.data or response.mimetype != "text/html"


@steady
@given(raw=st.text("aq=&;+%/0fF?#é\x00<>", max_size=40))
def test_any_query_string(client: FlaskClient, raw: str) -> None:
    for path in ("/search", "/api/v1/search"):
        response = client.get(path, environ_overrides={"QUERY_STRING": raw.encode().decode("latin-1")})
        assert response.status_code in (200, 400)


@steady
@given(raw=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_address(client: FlaskClient, raw: str) -> None:
    for prefix in ("/", "/articles/", "/days/", "/api/v1/articles/", "/sitemaps/", "/static/"):
        path = (prefix + raw).encode().decode("latin-1")
        assert client.get("/", environ_overrides={"PATH_INFO": path}).status_code in (200, 400, 404, 405)


@pytest.mark.parametrize("host", ['a"><script>', "a b", "", "x" * 300, "é.example"])
def test_any_host(client: FlaskClient, host: str) -> None:
    response = client.get("/articles/ridge:month", headers={"Host": host.encode().decode("latin-1")})
    assert response.status_code in (200, 400)
    assert b"<script" not in response.data


@pytest.mark.parametrize("host", ["a b", "[::1", 'x"><script>', "é.example", "a/b", "a@b", "x:y", "[::1]x", "a\tb"])
def test_what_is_no_host_is_refused(client: FlaskClient, host: str) -> None:
    raw = host.encode().decode("latin-1")
    for path in ("/articles/ridge:month", "/sitemap.xml", "/robots.txt", "/opensearch.xml", "/api/v1/status"):
        response = client.get(path, headers={"Host": raw})
        assert response.status_code == 400
        assert b"http:" not in response.data
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "application/problem+json"
    assert "Host" in response.json["detail"]


@pytest.mark.parametrize("host", ["", "news_archive:8000", "x:99999", "a,b"])
def test_without_a_usable_host_addresses_are_relative(client: FlaskClient, host: str) -> None:
    assert b">/articles/ridge:month</a>" in client.get("/articles/ridge:month", headers={"Host": host}).data
    for path in ("/sitemap.xml", "/robots.txt", "/opensearch.xml"):
        response = client.get(path, headers={"Host": host})
        assert response.status_code == 200
        assert b"http:/" not in response.data.replace(b"http://www.sitemaps.org/", b"").replace(b"http://a9.com/", b"")


@pytest.mark.parametrize("host", ["archive.example", "127.0.0.1:8000", "[::1]:8000"])
def test_a_host_is_part_of_the_addresses(client: FlaskClient, host: str) -> None:
    assert f"Sitemap: http://{host}/sitemap.xml" in client.get("/robots.txt", headers={"Host": host}).text
