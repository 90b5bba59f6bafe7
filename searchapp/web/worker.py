"""gunicorn's threaded worker, except that it waits a moment for a client's next request, and refuses in our words.

A thread that has answered hands the connection back to the main thread, which watches it and finds a thread again when the
client goes on: several switches of threads, which take as long as a search. Most clients that go on do so at once, so the
thread stays with the connection for a moment, unless another one waits for a thread.

A request that can't be parsed, or is past the limits on its line and headers, never reaches the application. gunicorn
answers those in bare HTML; here the answer is problem+json, whatever the address, as it isn't known.
"""

from __future__ import annotations

import re
import select
import socket
from collections import deque
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.http import HTTP_STATUS_CODES

from searchapp.web.errors import PROBLEM_JSON, kind_of, problem_body
from searchapp.web.headers import SECURITY

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


STAY_MS = 2
"""Milliseconds that a thread stays with a connection it has answered; a client on the same network needs less."""


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no annotations
    """A worker that stays with a busy connection and refuses in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[Any] = deque()

    def enqueue_req(self, conn: Any) -> None:
        """Have a thread answer a connection, as soon as there is one."""
        self._waiting.append(conn)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Answer a connection's request and those that follow at once. In a thread; the result is gunicorn's."""
        self._waiting.popleft()
        found = super().handle(conn)
        while found is True and self._goes_on(conn):
            found = super().handle(conn)
        return found

    def _goes_on(self, conn: Any) -> bool:
        if self._waiting or not self.alive or conn.parser.unreader.buf.getvalue():
            return False
        watched = select.poll()
        watched.register(conn.sock, select.POLLIN)
        return bool(watched.poll(STAY_MS)) and not self._waiting

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
