"""Asking and timing. Passes alternate between the engines, so that noise of the machine hits all of them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from bench.engines.base import MODES, Mode
from bench.queries import Query
from bench.worker import Worker

PATIENCE_MS = 40_000
"""An engine that has taken so long in a mode is not asked for another pass; how many it had is in the figures."""


@dataclass(slots=True)
class Times:
    """Milliseconds of each query in each pass, of one engine in one mode: by the clock, and of CPU time."""

    queries: list[Query]
    passes: list[list[float]] = field(default_factory=list)
    cpu: list[list[float]] = field(default_factory=list)

    def add(self, times: tuple[list[float], list[float]]) -> None:
        """Keep another pass."""
        self.passes.append(times[0])
        self.cpu.append(times[1])

    def typical(self) -> list[float]:
        """Each query's median over the passes."""
        return [median(times) for times in zip(*self.passes, strict=True)]

    def by_query(self) -> dict[Query, float]:
        """The same by query."""
        return dict(zip(self.queries, self.typical(), strict=True))

    def cpu_by_query(self) -> dict[Query, float]:
        """Each query's median CPU time."""
        return dict(zip(self.queries, (median(times) for times in zip(*self.cpu, strict=True)), strict=True))

    def summary(self) -> dict[str, object]:
        """Mean, p50 and p95 over the queries, the mean by kind, the mean CPU time, and the mean of the first pass alone."""
        typical = self.typical()
        kinds: dict[str, list[float]] = {}
        for query, milliseconds in zip(self.queries, typical, strict=True):
            kinds.setdefault(query.kind, []).append(milliseconds)
        return {
            **spread(typical),
            "cpu_mean_ms": round(mean(self.cpu_by_query().values()), 4),
            "queries": len(typical),
            "passes": len(self.passes),
            "first_pass_mean_ms": round(mean(self.passes[0]), 4),
            "by_kind": {kind: round(mean(times), 4) for kind, times in kinds.items()},
            "by_kind_p50": {kind: round(median(times), 4) for kind, times in kinds.items()},
            "by_kind_p95": {kind: round(percentile(times, 0.95), 4) for kind, times in kinds.items()},
        }


def measure(workers: Sequence[Worker], queries: list[Query], warming: list[Query], passes: int) -> dict[str, dict[Mode, Times]]:
    """Times by engine's name and mode. A pass of other queries comes before the passes of each mode."""
    found: dict[str, dict[Mode, Times]] = {worker.name: {} for worker in workers}
    for mode in MODES:
        able = [worker for worker in workers if mode in worker.modes]
        for worker in able:
            found[worker.name][mode] = Times(worker.able(queries))
            worker.one_pass(mode, worker.able(warming))
        for _ in range(passes):
            for worker in able:
                times = found[worker.name][mode]
                if sum(map(sum, times.passes)) < PATIENCE_MS:
                    times.add(worker.one_pass(mode, times.queries))
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
