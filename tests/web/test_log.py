from __future__ import annotations

import json
from typing import Any

import pytest
from samples import Buffered

from searchapp.settings import Settings
from searchapp.web import create_app


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_a_line_a_request_without_the_query(index: Any, capfd: pytest.CaptureFixture[str]) -> None:
    client = Buffered(create_app(Settings.make(index=str(index))))
    client.get("/search?q=private&section=secret", headers={"Authorization": "Bearer key", "X-Forwarded-For": "10.1.2.3"})
    client.get("/api/v1/export?q=private")
    client.get("/nothing%0D%0Aforged: line")
    logged = lines(capfd)
    assert [(line["method"], line["path"], line["status"]) for line in logged] == [
        ("GET", "/search", 200),
        ("GET", "/api/v1/export", 200),
        ("GET", "/nothing\r\nforged: line", 404),
    ]
    for line in logged:
        assert line.keys() == {"method", "path", "status", "ms", "event", "level", "timestamp"}
        assert line["ms"] >= 0


def test_the_query_where_it_is_wanted(index: Any, capfd: pytest.CaptureFixture[str]) -> None:
    client = Buffered(create_app(Settings.make(index=str(index), log_queries=True)))
    client.get("/search?q=" + "tea" * 100)
    assert lines(capfd)[0]["q"] == ("tea" * 100)[:200]
