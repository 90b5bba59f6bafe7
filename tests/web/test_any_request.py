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
