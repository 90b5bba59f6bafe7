"""Readers over HTTP while the archive is rebuilt, increased, withdrawn from and rolled back, and workers are killed.

Quick: seconds of it. `make torture`: ten thousand requests. Every request is answered; of those that are on a worker when it is
killed one may not be (on a busy machine, as many as were under way). All but a hundredth wait no longer than three times what
they do in quiet.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from served import Readers, Served, searchapp, serving, until, write_articles

PATHS = (
    "/api/v1/search?q=bridge+inquiry",
    "/search?q=flood*",
    "/api/v1/search?q=%22tea+garden%22&sort=newest",
    "/search?q=minister",
    "/",
    "/api/v1/search?q=river+OR+village&page=2",
    "/api/v1/status",
    "/search?q=elektion~1",
    "/api/v1/search?q=police+NEAR%2F5+officer",
    "/healthz",
    "/api/v1/search",
    "/search?q=nothingwhatever",
)
RATE = 60
WORKERS = 3


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Path, Path]:
    """An index with a journal, and the directory its sources are in."""
    sources = tmp_path / "sources"
    sources.mkdir()
    write_articles(sources / "first.jsonl", 0, 500, seed=1)
    done = searchapp(tmp_path / "index", "index", str(sources), nice=0)
    assert done.returncode == 0, done.stderr
    return tmp_path / "index", sources


def has(command: str) -> bool:
    from searchapp.cli import main

    return command in getattr(main, "commands", {}) or command in main.list_commands(None)  # type: ignore[arg-type]


class Archivist(threading.Thread):
    """Does one thing after another to the archive until told to stop; what fails is kept."""

    def __init__(self, index: Path, sources: Path, nice: int) -> None:
        super().__init__()
        self._index, self._sources, self._nice = index, sources, nice
        self._over = threading.Event()
        self.done: dict[str, int] = {}
        self.failed: list[str] = []
        self.withdrawn: set[str] = set()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            write_articles(self._sources / f"more-{number}.jsonl", 10_000 + number * 20, 20, seed=number)
            steps: list[Callable[[], tuple[str, ...]]] = [lambda: ("index", str(self._sources))]
            if number % 3 == 0:
                steps.append(lambda: ("index", "--full", str(self._sources)))
            if number % 3 == 1 and has("withdraw"):
                steps.append(self._one_to_withdraw)
            if number % 4 == 2 and has("rollback"):
                steps.append(lambda: ("rollback",))
            for step in steps:
                if self._over.is_set():
                    return
                self._do(step())

    def _one_to_withdraw(self) -> tuple[str, ...]:
        chosen = f"the-ridge-courier:{len(self.withdrawn) * 7}"
        self.withdrawn.add(chosen)
        return ("withdraw", chosen, "--reason", "a test")

    def _do(self, arguments: tuple[str, ...]) -> None:
        result = searchapp(self._index, *arguments, nice=self._nice)
        name = arguments[0] + (" --full" if "--full" in arguments else "")
        self.done[name] = self.done.get(name, 0) + 1
        if result.returncode:
            self.failed.append(f"{arguments}: {result.stderr.decode()[-500:]}")


def generations(readers: Readers) -> set[str]:
    found = set()
    for answer in readers.answers:
        if answer.status == 200 and answer.headers["content-type"] == "application/json" and b'"generation"' in answer.body:
            found.add(json.loads(answer.body).get("generation", ""))
    return found - {""}


def quiet_p99(served: Served, seconds: float) -> float:
    with Readers(served, PATHS, RATE) as readers:
        time.sleep(seconds)
    assert readers.failed() == []
    return readers.p99()


@dataclass
class Kills:
    """How many workers were killed, and how many requests were under way just then, one each at least."""

    workers: int = 0
    requests: int = 0


def trouble(
    served: Served, archive: tuple[Path, Path], seconds: float, runs: int, kill_every: float | None = None, nice: int = 15
) -> tuple[Readers, Archivist, Kills]:
    """Ask for so long, and until the archivist has done so much; meanwhile workers are killed if wanted."""
    archivist, kills = Archivist(*archive, nice), Kills()
    with Readers(served, PATHS, RATE) as readers:
        archivist.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end or (sum(archivist.done.values()) < runs and time.monotonic() < end + 600):
            time.sleep(kill_every or 0.1)
            if kill_every and len(workers := served.workers()) == WORKERS:
                kills.requests += max(1, readers.asking())
                os.kill(workers[kills.workers % len(workers)], signal.SIGKILL)
                kills.workers += 1
        archivist.stop()
        time.sleep(1.5)  # the last generation is seen, too
    return readers, archivist, kills


def test_nobody_notices_the_archivist(archive: tuple[Path, Path]) -> None:
    with serving(archive[0], workers=2) as served:
        readers, archivist, _ = trouble(served, archive, 3, runs=1, nice=0)
        assert [(answer.status, answer.error, answer.body[:200]) for answer in readers.failed()] == []
        assert archivist.failed == []
        assert len(readers.answers) > 100
        assert len(generations(readers)) > 1, "they saw more than one generation"


@pytest.mark.torture
@pytest.mark.parametrize("killing", [False, True], ids=["", "workers-killed"])
def test_ten_thousand_requests(archive: tuple[Path, Path], killing: bool, tally: Callable[[str, int, str], None]) -> None:
    with serving(archive[0], workers=WORKERS) as served:
        quiet = quiet_p99(served, 10)
        readers, archivist, kills = trouble(
            served, archive, 120 if killing else 10_200 / RATE, runs=8, kill_every=5 if killing else None
        )
        failed = readers.failed()
        assert archivist.failed == []
        assert [answer.status for answer in failed if answer.status] == [], "an answer that isn't 200"
        assert len(failed) <= kills.requests, f"{kills}: {failed[:5]}"
        p99, allowed = readers.p99(), max(3 * quiet, 0.05)
        known = generations(readers)
        assert len(known) > 3
        for gone in archivist.withdrawn:
            assert until(lambda gone=gone: served.get(f"/articles/{gone}").status == 410, 5)
        result = (
            f"{len(failed)} failed ({kills.workers} workers killed), p99 {p99 * 1000:.0f} ms (quiet {quiet * 1000:.0f}), "
            f"{len(known)} generations seen, {archivist.done}"
        )
        print(result)
        assert p99 <= allowed, result
        tally(
            "queries over HTTP while the archive changes" + (", workers killed" if killing else ""), len(readers.answers), result
        )
