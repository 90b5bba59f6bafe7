"""A real server over an archive, and what asks it: for tests of the service as a whole. Loopback only."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO

from invented import article

from searchapp.engines.whoosh.engine import WhooshEngine

ROOT = Path(__file__).parents[1]
STARTING = 300
"""Seconds to wait for a server: on a machine that is new it compiles the search kernels first."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def invent(index: Path, articles: int, seed: int = 7) -> Path:
    """An index of invented articles, made without a journal."""
    random = Random(seed)
    engine = WhooshEngine(index)
    with engine.begin_build(full=True) as build:
        for number in range(articles):
            build.add(article(random, number))
        build.publish(journal=0)
    engine.close()
    return index


@dataclass
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    begun: float = 0.0


class Served:
    """A running server."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.port = port
        self.process = process
        self._log = log

    def get(self, path: str, timeout: float = 30, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """One request on a connection of its own."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, headers={"Connection": "close", **(headers or {})})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, time.monotonic() - begun, error=repr(error), begun=begun)
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, time.monotonic() - begun, named, body, begun=begun)

    def said(self, sent: bytes, timeout: float = 15, pause: float = 0.0) -> bytes:
        """Everything answered to some bytes until the server ends the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            for number, part in enumerate([sent[:-1], sent[-1:]] if pause else [sent]):
                time.sleep(pause if number else 0)
                connection.sendall(part)
            try:
                return b"".join(iter(lambda: connection.recv(65536), b""))
            except ConnectionResetError:
                return b""

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text("ascii").split()]

    def resident(self) -> list[int]:
        """Bytes of each worker's own memory (what the files of the index take in the cache is not among them)."""
        found = []
        for pid in self.workers():
            fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines())
            found.append(int(fields["RssAnon"].split()[0]) * 1024)
        return found

    def metrics(self) -> dict[str, float]:
        """Samples by name and labels."""
        lines = self.get("/metrics").body.decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def logged(self) -> list[str]:
        """Lines of its log so far."""
        self._log.flush()
        return Path(self._log.name).read_text("utf-8").splitlines()

    def stop(self, timeout: float = 40) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


@contextmanager
def serving(index: Path, *, workers: int = 2, ready: bool = True, **settings: object) -> Iterator[Served]:
    """The shipped configuration over an index, on a free port; settings by their names."""
    port = free_port()
    mine = {"index": index, "bind": f"127.0.0.1:{port}", "workers": workers, **settings}
    environment = os.environ | {f"SEARCHAPP_{name.upper()}": str(value) for name, value in mine.items()}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:searchapp.web.gunicorn_conf"]
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        served = Served(port, process, log)
        try:
            ended = lambda: process.poll() is not None  # noqa: E731
            assert until(lambda: ended() or served.get("/healthz", timeout=5).status == 200, STARTING)
            assert not ended(), served.logged()[-5:]
            assert until(lambda: len(served.workers()) == workers)
            if ready:
                assert until(lambda: served.get("/readyz", timeout=5).status == 200), served.logged()[-5:]
            yield served
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class Readers:
    """Threads that ask at a steady rate, whatever the answers take, and keep what they got."""

    def __init__(self, served: Served, paths: Sequence[str], rate: float, threads: int = 8) -> None:
        self._served = served
        self._paths = paths
        self._rate = rate
        self._count = threads
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.answers: list[Answer] = []
        self._asking: set[int] = set()

    def asking(self) -> int:
        """Requests under way."""
        return len(self._asking)

    def __enter__(self) -> Readers:
        start = time.monotonic()
        for number in range(self._count):
            self._threads.append(threading.Thread(target=self._ask, args=(number, start)))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int, start: float) -> None:
        turn = number
        while not self._over.wait(max(0.0, start + turn / self._rate - time.monotonic())):
            self._asking.add(number)
            self.answers.append(self._served.get(self._paths[turn % len(self._paths)]))
            self._asking.discard(number)
            turn += self._count

    def failed(self) -> list[Answer]:
        """Answers that aren't any."""
        return [answer for answer in self.answers if answer.status != 200]

    def p99(self, since: float = 0.0) -> float:
        """Seconds that all but a hundredth of the answers took at most."""
        took = sorted(answer.seconds for answer in self.answers if answer.begun >= since)
        return took[min(len(took) - 1, int(len(took) * 0.99))] if took else 0.0


def searchapp(index: Path, *arguments: str, nice: int = 15, timeout: float = 900) -> subprocess.CompletedProcess[bytes]:
    """A command of the program on an index, running niced, as a scheduled one does."""
    command = [sys.executable, "-m", "searchapp", "--index", str(index), *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, timeout=timeout, check=False, preexec_fn=lambda: os.nice(nice) and None
    )


def write_articles(path: Path, first: int, count: int, seed: int) -> Path:
    """A JSONL file of invented articles ``first`` …"""
    random = Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(first, first + count):
            values = article(random, number).to_json()
            wanted = {name: values[name] for name in ("title", "body", "published", "section", "language") if name in values}
            file.write(json.dumps({**wanted, "id": str(number), "source": "The Ridge Courier"}) + "\n")
    return path


def until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
