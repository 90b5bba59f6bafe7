"""A real server on a loopback port: it starts, answers from several workers, drains on SIGTERM and ends well."""

from __future__ import annotations

import gc
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from flask import Flask

from searchapp.settings import Settings
from searchapp.web import gunicorn_conf
from searchapp.web.errors import KINDS
from searchapp.web.headers import SECURITY

ROOT = Path(__file__).parents[2]
STARTING = 3000
"""Tenths of a second to wait for a server: on a machine that is new it compiles the search kernels first."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_for(index: Path, port: int, *, workers: int) -> dict[str, str]:
    mine = {"SEARCHAPP_INDEX": str(index), "SEARCHAPP_BIND": f"127.0.0.1:{port}", "SEARCHAPP_WORKERS": str(workers)}
    return os.environ | mine


@contextmanager
def running(index: Path, *arguments: str, workers: int) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = environment_for(index, port, workers=workers)
    command = [sys.executable, "-m", "gunicorn", "-c", "python:searchapp.web.gunicorn_conf", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    try:
        for _ in range(STARTING):
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(params=[("wsgi:app",), ()], ids=["checkout", "configured"])
def server(request: pytest.FixtureRequest, index: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with running(index, *request.param, workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def port(index: Path) -> Iterator[int]:
    with running(index, workers=1) as (port, _):
        yield port


def get(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_it_answers_drains_and_ends(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    port, process = server
    status, headers, body = get(port, "/api/v1/search?q=bridge+inquiry")
    assert status == 200
    assert json.loads(body)["total"] == 2
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert get(port, "/readyz")[0] == 200
    assert get(port, "/api/v1/search?q=" + "a" * 8050)[1]["content-type"] == "application/problem+json"
    assert get(port, "/search?q=" + "a" * 9000)[0] == 414

    with socket.create_connection(("127.0.0.1", port), timeout=15) as broken:
        broken.sendall(b"GET /search?q=private HTTP/9.9.9 private\r\n\r\n")
        assert b" 400 " in broken.recv(4096)

    slow = socket.create_connection(("127.0.0.1", port), timeout=15)
    slow.sendall(b"GET /api/v1/export HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    time.sleep(0.3)  # a worker has the connection and waits for the rest of the request
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    slow.sendall(b"Connection: close\r\n\r\n")
    answer = b""
    while block := slow.recv(65536):
        answer += block
    slow.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b'"id":"ridge:') == 35
    _, logged = process.communicate(timeout=25)
    assert process.returncode == 0
    paths = [json.loads(line)["path"] for line in logged.decode().splitlines() if line.startswith("{")]
    assert "/api/v1/search" in paths
    assert b"bridge+inquiry" not in logged
    assert b"aaaa" not in logged
    assert b"private" not in logged


def said_to(port: int, sent: bytes) -> tuple[int, Message, bytes]:
    """Everything answered to some bytes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    return int(line.split()[1]), BytesParser().parsebytes(fields), body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /api/v1/search?q=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 60 + b"\r\n", 431),
        (b"GET /api/v1/status\r\nHost: h\r\n\r\n", 400),
        (b"GET /private HTTP/9.9.9\r\nHost: h\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nno colon <script>\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: rot13\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\nAccept: */*\r\n\r\n", None),
    ],
)
def test_what_never_reaches_the_application_is_answered_alike(port: int, sent: bytes, status: int | None) -> None:
    got, headers, body = said_to(port, sent)
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert headers["Cache-Control"] == "no-store"
    assert headers["Connection"] == "close"
    assert len(headers.get_all("Content-Type", [])) == 1
    assert int(headers["Content-Length"]) == len(body)
    if status is None:  # the application's own answer, for comparison
        assert got == 400
        return
    assert got == status
    assert headers["Content-Type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["type"] in {kind.uri for kind in KINDS} | {"about:blank"}
    assert problem["title"]
    assert problem["detail"]
    assert b"private" not in body
    assert b"script" not in body
    assert get(port, "/healthz")[0] == 200


def test_it_starts_without_an_index(tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {
        "SEARCHAPP_INDEX": str(tmp_path / "none"),
        "SEARCHAPP_BIND": f"127.0.0.1:{port}",
        "SEARCHAPP_WORKERS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:searchapp.web.gunicorn_conf"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        try:
            for _ in range(STARTING):
                try:
                    status, _, _ = get(port, "/healthz")
                    break
                except OSError:
                    time.sleep(0.1)
            assert status == 200
            assert get(port, "/readyz")[0] == 503
        finally:
            process.terminate()
            process.communicate(timeout=25)
    assert process.returncode == 0


def test_nothing_starts_a_thread_before_the_fork() -> None:
    code = "import searchapp.web.gunicorn_conf, searchapp.web.wsgi, threading as t; assert t.active_count() == 1, t.enumerate()"
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True, timeout=60)


def exchange(connection: socket.socket, path: str) -> bytes:
    """One request on a connection that stays open; the answer's head."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(BytesParser().parsebytes(head.partition(b"\r\n")[2])["Content-Length"])
    while len(body) < length:
        body += connection.recv(65536)
    return head


def test_a_connection_is_answered_again_and_again(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        for number in range(60):
            assert exchange(connection, f"/api/v1/search?q=bridge&size={number + 1}").startswith(b"HTTP/1.1 200")
            if number in (20, 40):
                time.sleep(0.05)
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        )
        both = b"".join(iter(lambda: connection.recv(65536), b""))
    assert both.count(b"HTTP/1.1 200") == 2, "two requests sent together are both answered"


def test_busy_connections_leave_room_for_others(port: int) -> None:
    """More clients that never pause than the worker has threads; one more is answered all the same."""
    over = threading.Event()

    def hurry() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            while not over.is_set():
                exchange(connection, "/healthz")

    clients = [threading.Thread(target=hurry) for _ in range(6)]
    for client in clients:
        client.start()
    try:
        time.sleep(0.2)
        for _ in range(3):
            assert get(port, "/healthz")[0] == 200
    finally:
        over.set()
        for client in clients:
            client.join()


def test_what_takes_long_at_the_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    threads = threading.active_count()
    monkeypatch.setattr(gunicorn_conf, "NOTICED", 0.05)
    monkeypatch.setattr(gunicorn_conf, "warm", lambda _: time.sleep(0.5))
    gunicorn_conf.warm_up(Settings.make(), said.append)
    assert said == ["compiling the search kernels, once"]
    monkeypatch.setattr(gunicorn_conf, "warm", lambda _: None)
    gunicorn_conf.warm_up(Settings.make(), said.append)
    assert len(said) == 1
    assert threading.active_count() == threads, "none is left that a fork would lose"


def test_workers_share_what_was_there_before_them(app: Flask) -> None:
    class Arbiter:
        class app:
            wsgi = staticmethod(lambda: app)

    try:
        gunicorn_conf.when_ready(Arbiter)
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
