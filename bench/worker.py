"""One engine in a process of its own: nothing another engine holds, patches or caches touches its times or its memory."""

from __future__ import annotations

import gc
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.build import peer
from bench.engines.base import Answer, Mode
from bench.judging import matches
from bench.queries import Query


class Worker:
    """An open engine elsewhere. Each method runs there and gives back what it returned; its errors are raised here."""

    def __init__(self, name: str, directory: Path) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        self._pipe = here
        self._process = context.Process(target=_serve, args=(name, directory, there), daemon=True)
        self._process.start()
        there.close()
        self.name = name
        self.open_ms, self.modes, self._kinds, self._step = self._receive()

    def able(self, queries: list[Query]) -> list[Query]:
        """Those of the queries that it is asked."""
        return [query for query in queries if query.kind in self._kinds][:: self._step]

    def one_pass(self, mode: Mode, queries: list[Query]) -> tuple[list[float], list[float]]:
        """Milliseconds of each query: by the clock, and of its process's CPU time."""
        return self._call("one_pass", mode, queries)  # type: ignore[no-any-return]

    def answers(self, mode: Mode, queries: list[Query]) -> list[Answer]:
        """The answers themselves, not timed."""
        return self._call("answers", mode, queries)  # type: ignore[no-any-return]

    def ids(self, query: Query) -> set[str]:
        """The ids of all matches."""
        return self._call("ids", query)  # type: ignore[no-any-return]

    def should_match(self, pairs: list[tuple[Query, dict[str, Any]]]) -> list[bool]:
        """Whether each article matches its query by the engine's own analyser."""
        return self._call("should_match", pairs)  # type: ignore[no-any-return]

    def memory(self) -> dict[str, float]:
        """Megabytes of the process: resident, and private to it."""
        return self._call("memory")  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process."""
        if self._process.is_alive():
            self._pipe.send(None)
            self._process.join(10)

    def _call(self, name: str, *values: Any) -> Any:
        self._pipe.send((name, values))
        return self._receive()

    def _receive(self) -> Any:
        try:
            ok, value = self._pipe.recv()
        except EOFError as error:
            raise RuntimeError(f"the process of {self.name} ended unexpectedly") from error
        if not ok:
            raise RuntimeError(f"{self.name}: {value}")
        return value


class _Here:
    """The other end: what the methods of `Worker` do."""

    def __init__(self, name: str, directory: Path) -> None:
        self.engine = peer(name)
        start = time.perf_counter()
        self.engine.open(directory)
        self.open_ms = (time.perf_counter() - start) * 1000

    def one_pass(self, mode: Mode, queries: list[Query]) -> tuple[list[float], list[float]]:
        gc.collect()
        gc.freeze()  # as the server does before it forks: what lives for ever isn't looked at again and again
        clock, cpu_clock, ask = time.perf_counter, time.process_time, self.engine.ask
        times, cpu_times = [], []
        for query in queries:
            cpu, start = cpu_clock(), clock()
            ask(query, mode)
            end, cpu_end = clock(), cpu_clock()
            times.append((end - start) * 1000)
            cpu_times.append((cpu_end - cpu) * 1000)
        return times, cpu_times

    def answers(self, mode: Mode, queries: list[Query]) -> list[Answer]:
        return [self.engine.ask(query, mode) for query in queries]

    def ids(self, query: Query) -> set[str]:
        return self.engine.ids(query)

    def should_match(self, pairs: list[tuple[Query, dict[str, Any]]]) -> list[bool]:
        return [matches(self.engine, query, article) for query, article in pairs]

    def memory(self) -> dict[str, float]:
        return memory_of("self")


def memory_of(process: int | str) -> dict[str, float]:
    """Megabytes of a process (Linux): resident, and what it shares with no other file or process."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, amount = line.split(":")
        found[name] = int(amount.split()[0])
    private = found["Private_Clean"] + found["Private_Dirty"]
    return {"resident_mb": round(found["Rss"] / 1024, 1), "private_mb": round(private / 1024, 1),
            "anonymous_mb": round(found["Anonymous"] / 1024, 1)}  # fmt: skip


def _serve(name: str, directory: Path, pipe: Connection) -> None:
    try:
        here = _Here(name, directory)
    except Exception as error:
        pipe.send((False, f"{type(error).__name__}: {error}"))
        return
    pipe.send((True, (here.open_ms, here.engine.modes, here.engine.kinds, here.engine.step)))
    while (asked := pipe.recv()) is not None:
        method, values = asked
        try:
            pipe.send((True, getattr(here, method)(*values)))
        except Exception as error:
            pipe.send((False, f"{type(error).__name__}: {error}"))
