"""gunicorn's threaded worker, except that it refuses in our words.

A request that can't be parsed, or is past the limits on its line and headers, never reaches the application. gunicorn
answers those in bare HTML; here the answer is problem+json, whatever the address, as it isn't known.
"""

from __future__ import annotations

import re
import socket
import struct
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.http import HTTP_STATUS_CODES

from searchapp.web.errors import PROBLEM_JSON, kind_of, problem_body
from searchapp.web.headers import SECURITY

STALLED = 10
"""Seconds in which a client must send or take something, once it has begun; a thread waits for it meanwhile. A client that sends
a byte now and then may keep it for longer: what ends that is the proxy in front (deploy/nginx.conf)."""
_STALLED = struct.pack("ll", STALLED, 0)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no annotations
    """A worker that refuses in our words, and gives up clients that neither send nor read."""

    def enqueue_req(self, conn: Any) -> None:
        """Have a connection served: no single read or write on it takes longer than `STALLED`."""
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, option, _STALLED)
        super().enqueue_req(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Let gunicorn decide the status and log, then answer it as problem+json."""
        said = _Overheard()
        super().handle_error(req, said, addr, exc)
        found = _STATUS.match(said.written)
        try:
            util.write_nonblock(client, refusal(int(found[1]) if found else 500))
        except OSError:
            self.log.debug("Failed to send error message.")


class _Overheard:
    """Stands in for a connection and keeps what is written to it."""

    def __init__(self) -> None:
        self.written = b""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.written += data


def refusal(status: int) -> bytes:
    """A whole HTTP answer that ends the connection."""
    kind = kind_of(status)
    body = problem_body(kind, "The request is not proper HTTP/1.1." if status == 400 else kind.advice)
    headers = {
        "Connection": "close",
        "Content-Type": PROBLEM_JSON,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **SECURITY,
    }
    lines = [
        f"HTTP/1.1 {status} {HTTP_STATUS_CODES.get(status, '')}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body
