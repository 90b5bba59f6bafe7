"""Who is let in: places for searches and streams, rates of clients, and that every place is given back."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from samples import Buffered

from searchapp.errors import QueryTimeout
from searchapp.searching import Searcher
from searchapp.settings import Settings
from searchapp.web import admission, create_app, limits
from searchapp.web.admission import FREE, STREAMING, Gate, Rates
from searchapp.web.headers import SECURITY


def test_a_gate_lets_so_many_run_and_so_many_wait() -> None:
    gate = Gate(running=2, waiting=1, patience=0.05)
    assert gate.enter()
    assert gate.enter()
    began = time.monotonic()
    assert not gate.enter(), "waits for its turn, which doesn't come"
    assert time.monotonic() - began >= 0.05
    patient = Gate(running=1, waiting=1, patience=30)
    assert patient.enter()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(patient.enter)
        time.sleep(0.05)
        began = time.monotonic()
        assert not patient.enter(), "there is no place even to wait"
        assert time.monotonic() - began < 5
        patient.leave()
        assert second.result(timeout=10)
    patient.leave()
    assert patient.enter()


def test_a_gate_is_never_overfull() -> None:
    gate, inside, most, lock = Gate(running=3, waiting=4, patience=0.01), 0, 0, threading.Lock()

    def go(_: int) -> bool:
        nonlocal inside, most
        if not gate.enter():
            return False
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.001)
        with lock:
            inside -= 1
        gate.leave()
        return True

    with ThreadPoolExecutor(16) as pool:
        entered = sum(pool.map(go, range(400)))
    assert most <= 3
    assert 0 < entered <= 400
    assert [gate.enter() for _ in range(3)] == [True] * 3


def test_a_client_may_save_up_what_it_does_not_use() -> None:
    now = 0.0
    rates = Rates(2, lambda: now)
    most = 2 * limits.BURST_SECONDS
    assert [rates.wait("a") for _ in range(most)] == [0.0] * most
    assert rates.wait("a") == pytest.approx(0.5)
    assert rates.wait("b") == 0.0, "another client has a rate of its own"
    now = 0.5
    assert rates.wait("a") == 0.0
    assert rates.wait("a") > 0
    now = 1e6
    assert [rates.wait("a") for _ in range(most)] == [0.0] * most, "no more than the most is saved up"
    assert rates.wait("a") > 0


def test_clients_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_CLIENTS", 10)
    rates = Rates(1, lambda: 0.0)
    for number in range(100):
        rates.wait(f"client {number}")
    assert len(rates._clients) == 10
    assert Rates(0).wait("anybody") == 0.0


def test_the_rate_of_a_client(index: Path) -> None:
    client = Buffered(create_app(Settings.make(index=str(index), client_rate=1)))
    statuses = [client.get("/search?q=bridge").status_code for _ in range(limits.BURST_SECONDS + 3)]
    assert statuses[: limits.BURST_SECONDS] == [200] * limits.BURST_SECONDS
    assert 429 in statuses
    refused = client.get("/api/v1/search?q=bridge")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json["type"] == "/help/errors#too-many-requests"
    assert "1 requests a second" in refused.json["detail"]
    assert SECURITY.items() <= dict(refused.headers).items()
    assert client.get("/healthz").status_code == client.get("/metrics").status_code == client.get("/help").status_code == 200
    headers = {"X-Forwarded-For": "198.51.100.7"}
    assert client.get("/search", headers=headers).status_code == 429, "a header that anybody can send is not believed"
    behind = Buffered(create_app(Settings.make(index=str(index), client_rate=1, behind_proxy=True)))
    for number in range(limits.BURST_SECONDS + 3):
        forged = {"X-Forwarded-For": f"10.0.0.{number}, 198.51.100.7"}
        last = behind.get("/search?q=bridge", headers=forged).status_code
    assert last == 429, "only the address that the proxy saw counts"
    assert behind.get("/search", headers={"X-Forwarded-For": "198.51.100.8"}).status_code == 200


def test_everything_that_searches_needs_a_place(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= FREE | STREAMING
    assert not FREE & STREAMING


@pytest.fixture
def narrow(index: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """One search at a time, none waits; one stream."""
    monkeypatch.setattr(admission, "STREAMS", 1)
    return create_app(Settings.make(index=str(index), threads=7, searches=1))


def test_every_place_is_given_back_however_a_request_ends(narrow: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Buffered(narrow)
    paths = (
        "/search?q=bridge",
        "/search?q=bridge&size=9999",
        "/articles/none",
        "/api/v1/search?q=%22",
        "/api/v1/export",
        "/api/v1/export?format=none",
        "/sitemap.xml",
        "/sitemaps/1066.xml",
        "/days/nonsense",
    )
    for _ in range(3):
        for path in paths:
            for method in ("GET", "HEAD", "POST"):
                assert client.open(path, method=method).status_code in (200, 400, 404, 405), path
        assert (
            client.get("/api/v1/search", headers={"If-None-Match": client.get("/api/v1/search").headers["ETag"]}).status_code
            == 304
        )
        for error in (QueryTimeout(), ValueError("a fault"), OSError("a disk")):
            with monkeypatch.context() as patched:
                patched.setattr(Searcher, "search", lambda *_, error=error, **__: (_ for _ in ()).throw(error))
                patched.setattr(Searcher, "stream", lambda *_, error=error, **__: (_ for _ in ()).throw(error))
                assert client.get("/search?q=bridge").status_code in (500, 503)
                assert client.get("/api/v1/export").status_code in (500, 503)


def test_what_there_is_no_place_for_is_refused_with_the_way_out(narrow: Flask) -> None:
    busy, client = FlaskClient(narrow), Buffered(narrow)
    stream = busy.get("/api/v1/export")  # not read to its end
    for path in ("/api/v1/export", "/sitemap.xml"):
        refused = client.get(path)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert "1 exports or site maps" in refused.text
        assert refused.headers["Cache-Control"] == "no-store"
        assert SECURITY.items() <= dict(refused.headers).items()
    assert client.get("/search?q=bridge").status_code == 200, "a stream takes no search's place"
    stream.close()
    assert client.get("/api/v1/export").status_code == 200


def test_places_leave_threads_for_what_is_no_search() -> None:
    for threads in (1, 4, 7, 16, 40, 100):
        for searches in (1, 4, 200):
            running, waiting = limits.places(Settings.make(threads=threads, searches=searches))
            assert 1 <= running <= searches
            assert waiting >= 0
            assert running + waiting + limits.STREAMS + limits.RESERVED == max(threads, 1 + limits.STREAMS + limits.RESERVED)
