"""Asking and timing. Passes alternate between the engines, so that noise of the machine hits all of them alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from bench.engines.base import Mode, Peer
from bench.queries import Query


@dataclass(slots=True)
class Times:
    """Milliseconds of each query in each pass, of one engine in one mode."""

    queries: list[Query]
    passes: list[list[float]] = field(default_factory=list)

    def typical(self) -> list[float]:
        """Each query's median over the passes."""
        return [median(times) for times in zip(*self.passes, strict=True)]

    def summary(self) -> dict[str, object]:
        """Mean, p50 and p95 over the queries, the mean by kind, and the mean of the first pass alone."""
        typical = self.typical()
        kinds: dict[str, list[float]] = {}
        for query, milliseconds in zip(self.queries, typical, strict=True):
            kinds.setdefault(query.kind, []).append(milliseconds)
        return {
            **spread(typical),
            "queries": len(typical),
            "first_pass_mean_ms": round(mean(self.passes[0]), 4),
            "by_kind": {kind: round(mean(times), 4) for kind, times in kinds.items()},
            "by_kind_p50": {kind: round(median(times), 4) for kind, times in kinds.items()},
            "by_kind_p95": {kind: round(percentile(times, 0.95), 4) for kind, times in kinds.items()},
        }


def measure(
    engines: Sequence[Peer], modes: Iterable[Mode], queries: list[Query], warming: list[Query], passes: int = 3
) -> dict[str, dict[Mode, Times]]:
    """Times by engine's name and mode. A pass of other queries comes before the passes of each mode."""
    found: dict[str, dict[Mode, Times]] = {engine.name: {} for engine in engines}
    for mode in modes:
        able = [engine for engine in engines if mode in engine.modes]
        for engine in able:
            found[engine.name][mode] = Times([query for query in queries if query.kind in engine.kinds])
            _one_pass(engine, mode, [query for query in warming if query.kind in engine.kinds])
        for _ in range(passes):
            for engine in able:
                times = found[engine.name][mode]
                times.passes.append(_one_pass(engine, mode, times.queries))
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values are at most (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(times: Sequence[float]) -> dict[str, float]:
    """Mean, median and 95th percentile, in milliseconds."""
    return {
        "mean_ms": round(mean(times), 4),
        "p50_ms": round(median(times), 4),
        "p95_ms": round(percentile(times, 0.95), 4),
    }


def _one_pass(engine: Peer, mode: Mode, queries: list[Query]) -> list[float]:
    gc.collect()
    clock, times = time.perf_counter, []
    for query in queries:
        start = clock()
        engine.ask(query, mode)
        times.append((clock() - start) * 1000)
    return times
