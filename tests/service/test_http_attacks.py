"""What a hostile client sends instead of HTTP: it is refused and its connection closed, and nothing it hid is answered."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import pytest
from served import Served, until

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /search HTTP/1.1\r\nHost: h\r\n"
GET = b"GET /search HTTP/1.1\r\nHost: h\r\n"
BODY = b"0\r\n\r\n" + HIDDEN
SMUGGLED: dict[str, bytes] = {
    "length and chunks": POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(BODY) + BODY,
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY,
    "chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + BODY,
    "an encoding that isn't": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + BODY,
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + BODY,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + BODY,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +40\r\n\r\n" + HIDDEN,
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length of other digits": POST + "Content-Length: ٤٠\r\n\r\n".encode() + HIDDEN,
    "line feeds alone": b"GET /search HTTP/1.1\nHost: h\n\n" + HIDDEN,
    "a bare carriage return": GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + HIDDEN,
    "a chunk of a size that overflows": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + HIDDEN,
    "a chunk extension without end": POST + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"a" * 70_000 + b"\r\n" + HIDDEN,
    "HTTP/0.9": b"GET /search\r\n\r\n" + HIDDEN,
    "HTTP/2 of another kind": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
    "NUL in a header": GET + b"X: a\x00b\r\n\r\n" + HIDDEN,
    "NUL in the line": b"GET /search\x00 HTTP/1.1\r\nHost: h\r\n\r\n" + HIDDEN,
    "101 headers": GET + b"" + b"".join(b"X-%d: a\r\n" % n for n in range(101)) + b"\r\n" + HIDDEN,
    "a header of 9 KB": GET + b"X: " + b"a" * 9000 + b"\r\n\r\n" + HIDDEN,
    "a header name of 9 KB": GET + b"" + b"X" * 9000 + b": a\r\n\r\n" + HIDDEN,
    "no colon": GET + b"Transfer-Encoding chunked\r\n\r\n" + HIDDEN,
    "where we are mounted": GET + b"SCRIPT_NAME: /x\r\nPATH_INFO: /y\r\n\r\n",
    "random bytes": bytes(range(256)) * 8 + b"\r\n\r\n" + HIDDEN,
}  # fmt: skip


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


@pytest.mark.parametrize("name", SMUGGLED)
def test_it_is_refused_and_nothing_hidden_is_answered(served: Served, name: str) -> None:
    """400, 413, 431 or 501 and the connection closed; what is read as two requests is so by every proxy, and answered as two."""
    answer = served.said(SMUGGLED[name] + b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    found = statuses(answer)
    assert all(status < 500 or status == 501 for status in found), answer[:500]
    if name != "where we are mounted":
        assert found[:1] != [200], answer[:300]
        assert found[0] in (400, 413, 414, 431, 501) if found else True
    assert served.get("/healthz").status == 200


def test_a_request_hidden_in_a_body_is_not_answered(served: Served) -> None:
    """A body that is announced properly is read past: what looks like a request in it is none."""
    head = b"GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    last = b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    assert statuses(served.said(head + HIDDEN + last)) == [413, 200]


def test_a_body_without_end_does_not_keep_a_thread(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(POST + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 10_000)
        began = time.monotonic()
        answer = b""
        while block := connection.recv(65536):
            answer += block
        assert statuses(answer) == [413]
        assert time.monotonic() - began < 15


def test_half_open_connections_leave_room_for_others(served: Served) -> None:
    """More than the worker has threads would block it until they are given up: that is for the proxy (deploy/nginx.conf)."""
    half = [socket.create_connection(("127.0.0.1", served.port), timeout=30) for _ in range(30)]
    for connection in half:
        connection.sendall(GET + b"X-")
    idle = [socket.create_connection(("127.0.0.1", served.port), timeout=30) for _ in range(5)]
    time.sleep(0.2)
    for _ in range(5):
        assert served.get("/search?q=bridge", timeout=15).status == 200
    for connection in (*half, *idle):
        connection.close()
    assert until(lambda: served.get("/healthz").status == 200)


def test_addresses_lead_nowhere_else(served: Served, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for path in ("/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd",
                 f"/static/{tmp_path}/secret", "//evil.example/", "/\\evil.example", "/articles/../../etc/passwd",
                 "/static/%00", "/sitemaps/../x.xml", "http://evil.example/search"):  # fmt: skip
        answer = served.said(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
        assert statuses(answer)[0] in (200, 400, 404), path
        assert b"Location:" not in answer
        assert b"root:" not in answer
        assert b"[project]" not in answer
        assert b"secret" not in answer.partition(b"\r\n\r\n")[2] or statuses(answer)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get"])
def test_only_reading_is_answered(served: Served, method: str) -> None:
    for path in ("/search", "/api/v1/search", "/metrics", "/healthz"):
        status = statuses(served.said(f"{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()))[0]
        assert status in (400, 405) or (method == "OPTIONS" and status == 200)
