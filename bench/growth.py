"""``python -m bench.growth``: what grows with the archive, and what must not."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.articles import generate, write
from bench.build import build, prepare
from bench.compare import say
from bench.engines.base import read
from bench.queries import Query, choose, count
from bench.timing import Times
from bench.worker import Worker

MANY = 10_000
"""Queries after which a process's memory is read."""
ADDED = 100


def main() -> int:
    """Measure at each size, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", default="25000,50000,100000,200000", help="numbers of articles")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where articles and indexes are kept")
    parser.add_argument("--queries", type=int, default=MANY, help=f"queries before memory is read ({MANY})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there")
    options = parser.parse_args()
    say(f"compiling, or finding it done: {prepare():.1f} s")
    results = [measure(int(size), options.work, options.queries) for size in options.sizes.split(",")]
    print(markdown(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(size: int, work: Path, many: int) -> dict[str, Any]:
    """All figures of one size."""
    articles, directory = write(size, work), work / f"articles-{size}-searchapp"
    say(f"{size:,} articles: indexing")
    result: dict[str, Any] = {"articles": size, "index": asdict(build("searchapp", articles, directory))}
    counted = count(lambda: read(articles), size)
    queries, warming = choose(counted)
    say(f"{size:,} articles: asking")
    result |= _pages(directory, queries, warming, choose(counted, seed=11, share=12)[0], many)
    result["cold_search_ms"] = _best(lambda: _cold_search(directory, queries))
    result["open_ms"] = _in_process("open", directory)
    result["open_verifying_ms"] = _in_process("open_verifying", directory)
    result["add_100_s"] = round(_in_process("add", directory) / 1000, 3)
    return result


def _pages(directory: Path, queries: list[Query], warming: list[Query], others: list[Query], many: int) -> dict[str, Any]:
    worker = Worker("searchapp", directory)
    try:
        worker.one_pass("page", warming)
        times = Times(queries)
        for _ in range(3):
            times.add(worker.one_pass("page", queries))
        asked = len(warming) + 3 * len(queries)
        before = worker.memory()
        while asked < many:
            worker.one_pass("page", others[: many - asked])
            asked += min(len(others), many - asked)
        return {"page": times.summary(), "memory_before": before, "memory": worker.memory(), "memory_after_queries": asked}
    finally:
        worker.close()


def _best(run: Callable[[], float], times: int = 3) -> float:
    return round(min(run() for _ in range(times)), 1)


def _cold_search(directory: Path, queries: list[Query]) -> float:
    """Milliseconds of a new process that answers one query on the command line."""
    query = next(query for query in queries if query.kind == "medium")
    start = time.perf_counter()
    command = [sys.executable, "-m", "searchapp", "--index", str(directory), "search", query.text, "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def _in_process(what: str, directory: Path) -> float:
    """Milliseconds of something done once in a fresh process, its imports apart; the best of three (adding: once)."""
    command = [sys.executable, "-m", "bench.growth", "--once", what, str(directory)]

    def run() -> float:
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return _best(run, 1 if what == "add" else 3)


def once(what: str, directory: Path) -> float:
    """Open the index, open it reading every byte, or add `ADDED` articles and open that: milliseconds."""
    from searchapp.article import Article
    from searchapp.engines.whoosh.engine import WhooshEngine

    articles = [article | {"id": f"added-{number}"} for number, article in enumerate(generate(ADDED, seed=99))]
    start = time.perf_counter()
    engine = WhooshEngine(directory, verify="full" if what == "open_verifying" else "sizes")
    if what == "add":
        engine.snapshot()
        start = time.perf_counter()
        with engine.begin_build(full=False) as build_:
            for article in articles:
                build_.add(Article.from_stored(article))
            build_.publish(journal=1)
    engine.snapshot()
    return (time.perf_counter() - start) * 1000


def markdown(results: list[dict[str, Any]]) -> str:
    """One row a size."""
    titles = ["index s", "articles/s", "MB on disk", "peak MB", "page mean ms", "page p95 ms", "open ms", "open, every byte ms"]
    titles += ["cold search ms", "add 100 s", "private MB", "of it anonymous"]
    lines = ["| articles | " + " | ".join(titles) + " |", "|--:|" + "--:|" * len(titles)]
    for result in results:
        index, memory = result["index"], result["memory"]
        cells = [
            f"{index['seconds']:.1f}",
            f"{index['articles_per_s']:,.0f}",
            f"{index['bytes'] / 1e6:,.0f}",
            f"{index['peak_mb']:.0f}",
        ]
        cells += [f"{result['page'][figure]:.2f}" for figure in ("mean_ms", "p95_ms")]
        cells += [f"{result[figure]:.1f}" for figure in ("open_ms", "open_verifying_ms", "cold_search_ms")]
        cells += [f"{result['add_100_s']:.2f}", f"{memory['private_mb']:.0f}", f"{memory['anonymous_mb']:.0f}"]
        lines.append(f"| {result['articles']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        print(once(sys.argv[2], Path(sys.argv[3])))
        raise SystemExit(0)
    raise SystemExit(main())
