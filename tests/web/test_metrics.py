"""What the workers count is told as one sum, whichever of them answers and whichever of them dies."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from searchapp.web.metrics import BOUNDS, ROWS, Metrics, resident

Sample = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Sample:
    """Read by the library's own parser."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_rows_of_processes_are_summed_and_outlive_them() -> None:
    metrics = Metrics(["/search", "/"])
    for row in range(3):
        if (pid := os.fork()) == 0:
            metrics.take(row, os.getpid())
            for _ in range(100 * (row + 1)):
                metrics.request("/search", 200, 0.02)
            metrics.request("/unheard of", 599, 9.0)
            metrics.engine(0.004)
            metrics.shed("streams")
            metrics.late()
            metrics.running(1)
            metrics.state("00000007", trouble=row == 1, withdrawn=4)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    told = samples(metrics.exposed(created="2025-02-06T00:00:00Z", articles=12))
    assert told["searchapp_requests_total", (("route", "/search"), ("status", "200"))] == 600
    assert told["searchapp_requests_total", (("route", "other"), ("status", "other"))] == 3
    assert told["searchapp_request_seconds_count", ()] == 603
    assert told["searchapp_request_seconds_bucket", (("le", "0.025"),)] == 600
    assert told["searchapp_request_seconds_sum", ()] == pytest.approx(600 * 0.02 + 27)
    assert told["searchapp_engine_seconds_bucket", (("le", "0.005"),)] == 3
    assert told["searchapp_engine_seconds_bucket", (("le", "0.0025"),)] == 0
    assert told["searchapp_shed_total", (("reason", "streams"),)] == 3
    assert told["searchapp_late_total", ()] == 3
    assert [told["searchapp_worker_trouble", (("worker", str(row)),)] for row in range(3)] == [0, 1, 0]
    assert told["searchapp_worker_generation", (("worker", "2"),)] == 7
    assert told["searchapp_worker_withdrawn", (("worker", "2"),)] == 4
    assert told["searchapp_workers", ()] == 3
    assert told["searchapp_generation_created_seconds", ()] == 1738800000
    assert told["searchapp_articles", ()] == 12
    metrics.vacate(1)
    after = samples(metrics.exposed())
    assert after["searchapp_workers", ()] == 2
    assert after["searchapp_requests_total", (("route", "/search"), ("status", "200"))] == 600, "what was counted stays"
    metrics.take(1, os.getpid())
    metrics.request("/search", 200, 0.0)
    assert samples(metrics.exposed())["searchapp_requests_total", (("route", "/search"), ("status", "200"))] == 601


def test_threads_of_a_worker_lose_nothing() -> None:
    metrics = Metrics(["/"])
    metrics.take(ROWS - 1, os.getpid())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: metrics.request("/", 200, BOUNDS[3]), range(4000)))
    told = samples(metrics.exposed())
    assert told["searchapp_requests_total", (("route", "/"), ("status", "200"))] == 4000
    assert told["searchapp_request_seconds_bucket", (("le", str(BOUNDS[3])),)] == 4000
    assert told["searchapp_request_seconds_bucket", (("le", str(BOUNDS[2])),)] == 0


def test_memory_is_told_where_the_system_tells_it() -> None:
    assert resident(os.getpid()) > 10 * 2**20
    assert resident(2**22 + 1) == 0


def test_no_label_says_what_was_asked(app: Flask, client: FlaskClient) -> None:
    for path in ("/search?q=veryprivate", "/articles/very-private", "/veryprivate", "/api/v1/search?section=veryprivate"):
        client.get(path)
    client.post("/search")
    text = client.get("/metrics").text
    assert "private" not in text
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert set(re.findall(r'route="([^"]*)"', text)) <= rules | {"other"}
    assert 'searchapp_requests_total{route="other",status="404"}' in text
    assert 'searchapp_requests_total{route="/search",status="405"}' not in text, (
        "an address that only answers reading has no rule"
    )
    assert client.get("/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_metrics_are_told_without_an_index(empty: FlaskClient) -> None:
    empty.get("/search")
    told = samples(empty.get("/metrics").data)
    assert told["searchapp_requests_total", (("route", "/search"), ("status", "503"))] == 1
    assert ("searchapp_articles", ()) not in told
