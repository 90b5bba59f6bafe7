"""The service as a process: it drains, replaces workers, sheds what is too much, tells how it is, and doesn't grow."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from served import Served, invent, serving, until

from searchapp.cli.serve import Server
from searchapp.settings import Settings
from searchapp.web import gunicorn_conf

Tally = Callable[[str, int, str], None]


def half_asked(served: Served, path: str) -> socket.socket:
    """A connection on which all but the end of a request has been sent: a worker's thread is busy with it."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
    return connection


def finished(connection: socket.socket) -> bytes:
    with connection:
        connection.sendall(b"Connection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def drained(index: Path) -> None:
    """Eight requests are under way when SIGTERM comes: all are answered, new ones refused, and everything ends in time."""
    with serving(index, workers=2) as served:
        workers = served.workers()
        paths = ["/api/v1/export", "/search?q=bridge", "/api/v1/search?q=flood", "/"] * 2
        under_way = [half_asked(served, path) for path in paths]
        time.sleep(0.3)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert until(lambda: served.get("/healthz", timeout=2).status == 0, 10), "new connections are refused"
        answers = [finished(connection) for connection in under_way]
        assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * len(paths)
        assert answers[0].count(b'"id":"t:') == 300
        assert served.process.wait(30) == 0
        assert time.monotonic() - began < 20
        assert until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()], 5), "a process was left behind"


@pytest.mark.torture
def test_it_drains_again_and_again(index: Path, tally: Tally) -> None:
    for _ in range(20):
        drained(index)
    tally("SIGTERM with eight requests under way", 20, "all answered, new ones refused, exit 0, no process left")


def test_a_killed_worker_is_replaced_and_costs_only_its_own_requests(served: Served) -> None:
    before = served.workers()
    counted = served.metrics()['searchapp_requests_total{route="/readyz",status="200"}']
    waiting = half_asked(served, "/search?q=bridge")
    time.sleep(0.2)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
        assert until(lambda pid=pid: pid not in served.workers() and len(served.workers()) == 2, 20)
        assert served.get("/search?q=bridge").status == 200
    waiting.close()
    assert not set(before) & set(served.workers())
    metrics = served.metrics()
    assert metrics["searchapp_workers"] == 2
    assert metrics['searchapp_requests_total{route="/readyz",status="200"}'] >= counted, "nothing that was counted is lost"
    assert sum(value for name, value in metrics.items() if name.startswith("searchapp_worker_requests_running")) == 1


def test_metrics_are_those_of_all_workers(served: Served) -> None:
    """Whichever worker answers, the sum is the number of requests that were made."""
    name = 'searchapp_requests_total{route="/articles/<path:article_id>",status="404"}'
    before = served.metrics().get(name, 0)
    with ThreadPoolExecutor(4) as pool:
        statuses = [answer.status for answer in pool.map(lambda n: served.get(f"/articles/none:{n}"), range(60))]
    assert statuses == [404] * 60
    assert [served.metrics()[name] - before for _ in range(6)] == [60] * 6
    text = served.get("/metrics").body.decode()
    assert "none:" not in text, "no label but routes and statuses"
    rows = [line for line in text.splitlines() if line.startswith("searchapp_worker_resident_bytes")]
    assert len(rows) == 2
    assert all(float(row.split()[-1]) > 2**20 for row in rows)
    assert served.metrics()["searchapp_articles"] == 300


@pytest.mark.torture
def test_searches_are_shed_and_health_is_not(index: Path) -> None:
    """One place and none to wait in: while it is taken, searches are told to come back, and all else is answered."""
    with serving(index, workers=1, threads=7, searches=1) as served:
        stream = half_asked(served, "/api/v1/export")
        stream.sendall(b"\r\n")
        with ThreadPoolExecutor(24) as pool:
            hurried = [pool.submit(served.get, f"/api/v1/search?q=b%2A&size=100&page={n % 3 + 1}") for n in range(120)]
            health = [pool.submit(served.get, "/healthz") for _ in range(20)]
            statuses = [one.result() for one in hurried]
            assert {one.result().status for one in health} == {200}
        stream.close()
        refused = [one for one in statuses if one.status != 200]
        assert {one.status for one in statuses} == {200, 503}
        assert all(int(one.headers["retry-after"]) >= 1 for one in refused)
        assert all(json.loads(one.body)["type"] == "/help/errors#busy" for one in refused)
        assert served.metrics()['searchapp_shed_total{reason="searches"}'] == len(refused)
        assert until(lambda: served.get("/search?q=bridge").status == 200, 5)


def test_places_of_exports_are_given_back(served: Served) -> None:
    """However an export ends. It may be asked for again a moment after its last byte was read."""

    def status(path: str, method: str = "GET") -> int:
        return served.get(path, method=method).status

    for _ in range(4):
        assert until(lambda: status("/api/v1/export", "HEAD") == 200, 5)
        assert until(lambda: status("/api/v1/export?format=xml") == 400, 5)
        half_asked(served, "/api/v1/export").close()
        assert until(lambda: status("/api/v1/export") == 200, 5)


@pytest.mark.torture
def test_a_client_that_stalls_is_given_up(index: Path) -> None:
    """By reading nothing of an answer larger than any buffer. Searches go on meanwhile."""
    with serving(index, workers=1) as served, socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", served.port))
        begun = half_asked(served, "/search")  # and one that never ends its request
        stalled.sendall(b"GET /search?size=100 HTTP/1.1\r\nHost: h\r\n\r\n" * 40)
        assert served.get("/search?q=bridge").status == 200
        running = "searchapp_worker_requests_running"
        assert until(lambda: sum(v for k, v in served.metrics().items() if k.startswith(running)) == 1, 25)
        begun.settimeout(20)
        assert begun.recv(100) == b"", "the connection is closed"
        begun.close()
        lines = served.logged()
        assert any("was given up" in line for line in lines)
        assert not any("Traceback" in line for line in lines)


def test_every_line_of_the_log_is_json_but_the_servers_own(served: Served) -> None:
    for query in ("%0a%0d", "%1b%5b31m", "%00", "%e2%80%a8", "%ff", '"}{"', "%F0%9F%98%80"):
        served.get(f"/search?q={query}")
        served.get(f"/nowhere{query}/x")
    lines = served.logged()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert len(told) >= 14
    assert all({"event", "level", "timestamp"} <= line.keys() for line in told)
    assert [line for line in lines if not line.startswith(("{", "["))] == []


def test_readyz_and_the_log_say_what_cannot_be_used(tmp_path: Path) -> None:
    from searchapp.engines.whoosh.engine import WhooshEngine

    index = invent(tmp_path / "index", 20)
    with serving(index, workers=1) as served:
        first = json.loads(served.get("/readyz").body)
        assert first["status"] == "ready"
        engine = WhooshEngine(index)
        with engine.begin_build(full=False) as build:
            name = build.publish(journal=1).name
        engine.close()
        damaged = next((index / "generations" / name).glob("*.columns"))
        damaged.chmod(0o644)
        content = bytearray(damaged.read_bytes())
        # Another file of the same size, so that no mapped one is written to.
        content[100] ^= 1
        damaged.unlink()
        damaged.write_bytes(content)
        assert until(lambda: json.loads(served.get("/readyz").body)["status"] in ("degraded", "ready") and degraded(served), 40)
        told = json.loads(served.get("/readyz").body)
        assert told["generation"] == first["generation"]
        assert "can't be read" in told["reason"]
        assert str(tmp_path) not in json.dumps(told)
        assert served.get("/search?q=bridge").status == 200
        assert served.metrics()['searchapp_worker_trouble{worker="0"}'] == 1
        events = [json.loads(line) for line in served.logged() if line.startswith("{") and '"degraded"' in line]
        assert len(events) == 1, "told once, not at every request"
        assert damaged.name in events[0]["reason"]


def degraded(served: Served) -> bool:
    return bool(json.loads(served.get("/readyz").body)["status"] == "degraded")


def memory_grows_by(served: Served, requests: int) -> int:
    """Bytes by which the worker that grew most did, after so many different requests."""
    words = ("bridge", "flood", "minister", "tea", "police", "river")

    def ask(number: int) -> int:
        word = words[number % 6]
        paths = (
            f"/search?q={word}+{number}",
            f"/api/v1/search?q={word}*&page={number % 20 + 1}",
            f"/articles/t:{number % 300}?q={word}",
            f"/search?q={word}~2&section=s{number}",
            f"/api/v1/search?q=%22{word}+x{number}%22",
        )
        return served.get(paths[number % len(paths)]).status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(300))) <= {200}
        before = served.resident()
        assert set(pool.map(ask, range(300, 300 + requests))) <= {200}
    return max(after - start for after, start in zip(served.resident(), before, strict=True))


@pytest.mark.torture
def test_workers_do_not_grow(index: Path, tally: Tally) -> None:
    with serving(index, workers=2) as served:
        first, second = memory_grows_by(served, 6000) / 2**20, memory_grows_by(served, 6000) / 2**20
        result = f"a worker's own memory grew by {first:.1f} MB in the first 6,000 requests, {second:.1f} MB in the next"
        print(result)
        assert second < 8, result
        tally("memory of a worker", 12_000, result)


def test_the_command_serves_with_the_same_configuration(index: Path) -> None:
    """`searchapp serve` and gunicorn with the shipped file: every hook and limit is there in both."""
    own = ("on_starting", "when_ready", "wsgi_app", "bind", "forwarder_headers")
    cfg = Server(Settings.make(index=str(index))).cfg
    names = [name for name in vars(gunicorn_conf) if name in cfg.settings and name not in own]
    assert len(names) >= 20
    for name in names:
        assert cfg.settings[name].get() == getattr(gunicorn_conf, name), name
    assert cfg.forwarder_headers == []
    assert cfg.worker_class.__name__ == "Worker"
