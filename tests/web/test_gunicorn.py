"""A real server on a loopback port: it starts, answers from several workers, drains on SIGTERM and ends well."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_for(index: Path, port: int, *, workers: int) -> dict[str, str]:
    mine = {"SEARCHAPP_INDEX": str(index), "SEARCHAPP_BIND": f"127.0.0.1:{port}", "SEARCHAPP_WORKERS": str(workers)}
    return os.environ | mine


@pytest.fixture(params=["wsgi:app", ""], ids=["checkout", "configured"])
def server(request: pytest.FixtureRequest, index: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = environment_for(index, port, workers=2)
    command = [sys.executable, "-m", "gunicorn", "-c", "python:searchapp.web.gunicorn_conf", *filter(None, [request.param])]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    try:
        for _ in range(150):
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
            for _ in range(100):
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
