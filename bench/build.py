"""Builds one engine's index in a process of its own, so that its peak memory is its own: ``python -m bench.build``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.engines.base import Peer, emptied, sizes_of

APART = ("forms", "learnt")
"""Ends of the names of our files that hold what no other engine keeps."""


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """What building cost. ``seconds`` from the first byte read of the JSONL to durable and searchable.

    ``parts``: bytes by the end of the files' names. ``apart`` are bytes of what other engines don't keep: the words as they were
    written, and what was learnt of them.
    """

    articles: int
    seconds: float
    articles_per_s: float
    cpu_seconds: float
    bytes: int
    peak_mb: float
    parts: dict[str, int]
    apart: int = 0


def peer(name: str) -> Peer:
    """The engine of that name. ImportError when its package isn't installed."""
    if name == "searchapp":
        from bench.engines.searchapp import Searchapp

        return Searchapp()
    if name == "tantivy":
        from bench.engines.tantivy import Tantivy

        return Tantivy()
    if name == "sqlite":
        from bench.engines.sqlite import Sqlite

        return Sqlite()
    if name == "whoosh":
        from bench.engines.whoosh import StockWhoosh

        return StockWhoosh()
    if name == "bm25s":
        from bench.engines.bm25s import Bm25s

        return Bm25s()
    raise ValueError(f"no engine {name!r}")


def prepare() -> float:
    """Compile our kernels as ``serve`` does, in a process of its own; seconds. Later ones on the same machine find it done."""
    start = time.perf_counter()
    program = "from searchapp.engines.factory import warm; from searchapp.settings import load_settings; warm(load_settings())"
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - start


def build(name: str, articles: Path, directory: Path) -> IndexFigures:
    """Build in a fresh process. Raises RuntimeError with what the process said when it failed."""
    command = [sys.executable, "-m", "bench.build", name, str(articles), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"building {name} failed:\n{done.stderr[-3000:]}")
    return IndexFigures(**json.loads(done.stdout.strip().splitlines()[-1]))


def _build_here(name: str, articles: Path, directory: Path) -> IndexFigures:
    engine, count = peer(name), count_lines(articles)
    emptied(directory)
    start, cpu = time.perf_counter(), time.process_time()
    engine.build(articles, directory)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    peak, parts = peak_mb(), sizes_of(directory)
    return IndexFigures(
        articles=count,
        seconds=round(seconds, 3),
        articles_per_s=round(count / seconds, 1),
        cpu_seconds=round(cpu_seconds, 3),
        bytes=sum(parts.values()),
        peak_mb=round(peak, 1),
        parts=parts,
        apart=sum(parts.get(part, 0) for part in APART) if name == "searchapp" else 0,
    )


def peak_mb() -> float:
    """Most memory this process has had since it began to run its program (Linux). ``ru_maxrss`` would count its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def count_lines(path: Path) -> int:
    """Lines of a file that ends with a line feed."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


if __name__ == "__main__":
    print(json.dumps(asdict(_build_here(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))))
