"""One set of articles, several engines: build, check that they agree, time."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.agree import agree
from bench.build import build, count_lines, peer, prepare
from bench.engines.base import read
from bench.queries import choose, count
from bench.report import machine, ratios
from bench.timing import measure
from bench.worker import Worker


def say(message: str) -> None:
    """Progress, on stderr."""
    print(message, file=sys.stderr, flush=True)


def available(names: list[str]) -> list[str]:
    """Those of the engines whose packages are installed; says loudly which aren't."""
    found = []
    for name in names:
        try:
            peer(name)
        except ImportError as error:
            say(f"SKIPPED {name}: {error}. Install the extra: .venv/bin/python -m pip install '.[bench]'")
        else:
            found.append(name)
    return found


def compare(articles: Path, names: list[str], work: Path, *, passes: int = 3, share: float = 1.0) -> dict[str, Any]:
    """The result in the shape of the interface, with the machine, agreement and ratios added."""
    size = count_lines(articles)
    about = machine()
    say(f"{size:,} articles: choosing queries")
    queries, warming = choose(count(lambda: read(articles), size), share=share)
    about["compiling_s"] = round(prepare(), 1)
    engines: dict[str, Any] = {}
    workers = []
    for name in names:
        say(f"{size:,} articles: indexing with {name}")
        directory = work / f"{articles.stem}-{name}"
        engines[name] = {"index": asdict(build(name, articles, directory))}
        worker = Worker(name, directory)
        engines[name]["open_ms"] = round(worker.open_ms, 2)
        workers.append(worker)
    try:
        agreements = agree(workers[0], workers[1:], queries, articles)
        for agreement in agreements:
            say(f"agree: {agreement.peer} {agreement.as_json()['equal']} of {agreement.as_json()['asked']} totals")
        times = measure(workers, queries, warming, passes)
        for name, modes in times.items():
            engines[name] |= {mode: found.summary() for mode, found in modes.items()}
        for worker in workers:
            engines[worker.name]["memory"] = worker.memory()
    finally:
        for worker in workers:
            worker.close()
    return {
        "articles": size,
        "queries": len(queries),
        "machine": about,
        "engines": engines,
        "ratios": ratios(engines, times),
        "agreement": {agreement.peer: agreement.as_json() for agreement in agreements},
    }
