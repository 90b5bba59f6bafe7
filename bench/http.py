"""``python -m bench.http``: the shipped server under ``wrk``, and what HTTP adds to the engine's own time.

gunicorn with two workers serves an index this makes; one page of results after another is asked for, every query another
one, nothing is revalidated. ``wrk`` (a C program; ``apt-get install wrk``) drives it over 1, 8 and 32 connections.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench.articles import write
from bench.build import build, prepare
from bench.compare import say
from bench.engines.base import read
from bench.queries import Query, choose, count
from bench.timing import percentile
from bench.worker import memory_of

PATHS = ("/api/v1/search", "/search")
CONNECTIONS = (1, 8, 32)
_SCRIPT = """
local paths = {}
for line in io.lines("@URLS@") do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\\n{"requests": %d, "seconds": %f, "failed": %d, "p50_ms": %f, "p99_ms": %f}\\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


def main() -> int:
    """Measure at each size, print tables, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--sizes", default="25000,200000", help="numbers of articles (25000,200000)")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where articles and indexes are kept")
    parser.add_argument("--seconds", type=int, default=10, help="length of each run (10)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there")
    options = parser.parse_args()
    results = [measure(write(int(size), options.work), options.work, options.seconds) for size in options.sizes.split(",")]
    for result in results:
        print(markdown(result))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(articles: Path, work: Path, seconds: int) -> dict[str, Any]:
    """Figures by path and number of connections, the overhead of the API, and a worker's memory at the end."""
    directory = work / f"{articles.stem}-searchapp"
    if not directory.exists():
        prepare()
        say(f"{articles.stem}: indexing")
        build("searchapp", articles, directory)
    size = int(articles.stem.split("-")[1])
    queries, _ = choose(count(lambda: read(articles), size), seed=11, share=12)
    result: dict[str, Any] = {"articles": size, "queries": len(queries), "paths": {}}
    with served(directory, work / "server.log") as (port, process):
        for path in PATHS:
            urls = [f"{path}?{address(query)}" for query in queries]
            single = alone(port, urls[:400])
            say(f"{articles.stem}: {path}: {single}")
            result["paths"][path] = {"alone": single, **_loaded(port, urls[400:], work, seconds)}
        result["workers"] = [memory_of(child) for child in children(process.pid)]
    return result


def address(query: Query) -> str:
    """The query string of a question."""
    values = [("q", query.text), *query.where]
    values += [(name, day) for name, day in (("from", query.first), ("to", query.last)) if day]
    return urlencode(values)


@contextmanager
def served(index: Path, log: Path, workers: int = 2) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The shipped server on a free port, ready; ended afterwards. It writes its log, a line a request, to a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "searchapp", "--index", str(index), "serve"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stderr=output)
        try:
            _await_ready(port, process)
            yield port, process
        finally:
            process.terminate()
            process.wait(30)


def _await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            if _get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server did not become ready within a minute")


def alone(port: int, urls: list[str]) -> dict[str, float]:
    """One request after another over one connection: the client's milliseconds, and those beyond the engine's own."""
    connection = _Connection(port)
    times, beyond = [], []
    for number, url in enumerate(urls):
        start = time.perf_counter()
        status, body = connection.get(url)
        elapsed = (time.perf_counter() - start) * 1000
        if status != 200:
            raise RuntimeError(f"{status} for {url}: {body[:200]!r}")
        if number >= 40:  # the first ones warm up
            times.append(elapsed)
            if url.startswith("/api/"):
                beyond.append(elapsed - json.loads(body)["took_ms"])
    found = {"p50_ms": round(median(times), 3), "p99_ms": round(percentile(times, 0.99), 3)}
    return found | ({"beyond_engine_p50_ms": round(median(beyond), 3)} if beyond else {})


class _Connection:
    """A kept-alive connection that does no more than it must: a client's own work would be counted as the server's."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, url: str) -> tuple[int, bytes]:
        """Status and body. Every answer of this server says its length."""
        self._socket.sendall(f"GET {url} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii"))
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])  # type: ignore[index]
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        more = self._socket.recv(1 << 18)
        if not more:
            raise RuntimeError("the server closed the connection")
        return more


def _get(connection: http.client.HTTPConnection, url: str) -> tuple[int, bytes]:
    connection.request("GET", url)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _loaded(port: int, urls: list[str], work: Path, seconds: int) -> dict[str, Any]:
    """Requests a second, p50 and p99 under ``wrk``; nothing but a message where it is missing."""
    if shutil.which("wrk") is None:
        say("SKIPPED: no wrk on this machine (apt-get install wrk): requests a second are not measured")
        return {}
    (work / "urls.txt").write_text("\n".join(urls) + "\n", encoding="utf-8")
    script = work / "distinct.lua"
    script.write_text(_SCRIPT.replace("@URLS@", str((work / "urls.txt").resolve())), encoding="utf-8")
    found = {}
    for connections in CONNECTIONS:
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
            f"http://127.0.0.1:{port}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout.strip().splitlines()[-1])
        figures["requests_per_s"] = round(figures["requests"] / figures["seconds"], 1)
        found[str(connections)] = figures
    return found


def children(process: int) -> list[int]:
    """The processes that a process started (Linux)."""
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()]


def markdown(result: dict[str, Any]) -> str:
    """One table."""
    lines = [f"### HTTP, {result['articles']:,} articles, 2 workers", ""]
    lines += ["| path | connections | requests/s | p50 ms | p99 ms | failed |", "|---|--:|--:|--:|--:|--:|"]
    for path, figures in result["paths"].items():
        one = figures["alone"]
        lines.append(f"| {path} | 1, no load | – | {one['p50_ms']:.2f} | {one['p99_ms']:.2f} | 0 |")
        for connections in map(str, CONNECTIONS):
            if run := figures.get(connections):
                numbers = f"{run['requests_per_s']:,.0f} | {run['p50_ms']:.2f} | {run['p99_ms']:.2f} | {run['failed']}"
                lines.append(f"| {path} | {connections} | {numbers} |")
    beyond = result["paths"]["/api/v1/search"]["alone"]["beyond_engine_p50_ms"]
    private = ", ".join(f"{worker['private_mb']:.0f}" for worker in result["workers"])
    return "\n".join(
        [*lines, "", f"API beyond `took_ms`, p50: {beyond:.2f} ms. Private memory of the workers: {private} MB.", ""]
    )


if __name__ == "__main__":
    raise SystemExit(main())
