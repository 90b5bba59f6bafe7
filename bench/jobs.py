"""``python -m bench.jobs``: all that ``searchapp index`` does (reading, cleaning, journal, index), by one process and by more."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.articles import write
from bench.build import prepare
from bench.compare import say


def main() -> int:
    """Measure each number of processes in turn, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="number of articles (20000)")
    parser.add_argument("--jobs", default="1,2", help="numbers of processes (1,2)")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="where articles and indexes are kept")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there")
    options = parser.parse_args()
    articles = write(options.size, options.work)
    prepare()
    results = [measure(articles, int(jobs), options.size, options.work) for jobs in options.jobs.split(",")]
    print("| processes | seconds | articles/s | speed-up |\n|--:|--:|--:|--:|")
    for result in results:
        speed_up = results[0]["seconds"] / result["seconds"]
        print(f"| {result['jobs']} | {result['seconds']:.1f} | {result['articles_per_s']:,.0f} | {speed_up:.2f} |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(articles: Path, jobs: int, size: int, work: Path) -> dict[str, Any]:
    """Seconds of the command, start of Python included, into an index that isn't there yet."""
    say(f"searchapp index --jobs {jobs}")
    directory = work / f"{articles.stem}-jobs-{jobs}"
    shutil.rmtree(directory, ignore_errors=True)
    command = [sys.executable, "-m", "searchapp", "--index", str(directory), "index", str(articles), "--full", "--json"]
    start = time.perf_counter()
    done = subprocess.run([*command, "--jobs", str(jobs)], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    report = json.loads(done.stdout)
    shutil.rmtree(directory)
    if report["added"] != size:
        raise RuntimeError(f"{report['added']} of {size} articles were added")
    return {"jobs": jobs, "seconds": round(seconds, 2), "articles_per_s": round(size / seconds, 1)}


if __name__ == "__main__":
    raise SystemExit(main())
