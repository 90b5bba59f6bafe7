"""What the workers count, and its exposition in Prometheus' text format: one answer for all workers, whichever gives it.

The counts lie in memory that the workers share: it is mapped before they are forked, and each adds to a row of its own, which
its successor goes on with when it ends. So sums never go back, nothing is lost with a killed worker, and nothing grows. Labels
come from fixed lists; there are none for queries, clients or articles.
"""

from __future__ import annotations

import calendar
import mmap
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from searchapp import __version__

ROWS: Final = 64
"""Workers that may live at once, those of before and after a reload together."""
STATUSES: Final = (200, 204, 301, 302, 303, 304, 308, 400, 403, 404, 405, 408, 410, 412, 413, 414, 416, 429, 431, 500, 501, 503)
OTHER: Final = "other"
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds; the upper ends of the histograms' buckets."""
REASONS: Final = ("searches", "streams", "client")
"""Why a request is refused by `searchapp.web.admission`."""
PID, GENERATION, TROUBLE, RUNNING, WITHDRAWN = range(5)
"""Gauges at the beginning of a row."""
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Metrics:
    """The counts of one application's workers. Made before they are forked; `take` gives each its row."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._routes = (*sorted(set(routes)), OTHER)
        self._route = {name: number for number, name in enumerate(self._routes)}
        self._status = {status: number for number, status in enumerate(STATUSES)}
        histogram = len(BOUNDS) + 2  # buckets, the one without end, the sum
        self._requests = WITHDRAWN + 1
        self._seconds = self._requests + len(self._routes) * (len(STATUSES) + 1)
        self._engine = self._seconds + histogram
        self._shed = self._engine + histogram
        self._late = self._shed + len(REASONS)
        self._width = self._late + 1
        self._memory = memoryview(mmap.mmap(-1, 8 * ROWS * self._width)).cast("d")
        self._lock = threading.Lock()
        self._start = 0

    def take(self, row: int, pid: int) -> None:
        """Count into a row from now on."""
        self._start = row * self._width
        self.vacate(row)
        self._memory[self._start + PID] = pid

    def vacate(self, row: int) -> None:
        """Nobody is in a row now; what was counted there stays."""
        start = row * self._width
        for gauge in range(self._requests):
            self._memory[start + gauge] = 0.0

    def request(self, route: str | None, status: int, seconds: float) -> None:
        """Count an answered request."""
        place = self._route.get(route or OTHER, len(self._routes) - 1) * (len(STATUSES) + 1)
        self._add(self._requests + place + self._status.get(status, len(STATUSES)))
        self._observe(self._seconds, seconds)

    def engine(self, seconds: float) -> None:
        """Count a search of the engine."""
        self._observe(self._engine, seconds)

    def shed(self, reason: str) -> None:
        """Count a request that was refused for want of a place."""
        self._add(self._shed + REASONS.index(reason))

    def late(self) -> None:
        """Count a search that was broken off at its deadline."""
        self._add(self._late)

    def running(self, step: int) -> None:
        """Note that a request begins (1) or ends (-1)."""
        self._add(RUNNING, step)

    def state(self, generation: str, trouble: bool, withdrawn: int) -> None:
        """Note what this worker answers from."""
        self._memory[self._start + GENERATION] = float(generation) if generation.isdecimal() else 0.0
        self._memory[self._start + TROUBLE] = float(trouble)
        self._memory[self._start + WITHDRAWN] = withdrawn

    def _add(self, place: int, value: float = 1.0) -> None:
        with self._lock:
            self._memory[self._start + place] += value

    def _observe(self, place: int, seconds: float) -> None:
        with self._lock:
            self._memory[self._start + place + bisect_left(BOUNDS, seconds)] += 1
            self._memory[self._start + place + len(BOUNDS) + 1] += seconds

    def exposed(self, *, created: str = "", articles: int | None = None) -> bytes:
        """All counts as text. ``created`` (UTC) and ``articles`` are the answering worker's generation's."""
        registry = CollectorRegistry()
        registry.register(_Exposition([*self._totals(), *self._gauges(), *_of_generation(created, articles)]))
        return generate_latest(registry)

    def _sum(self, place: int) -> float:
        return sum(self._memory[place :: self._width].tolist())

    def _totals(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("searchapp_requests", "Requests answered", labels=("route", "status"))
        for route, of_route in self._route.items():
            for number, status in enumerate((*map(str, STATUSES), OTHER)):
                if total := self._sum(self._requests + of_route * (len(STATUSES) + 1) + number):
                    requests.add_metric((route, status), total)
        yield requests
        yield self._histogram("searchapp_request_seconds", "Time to an answer, or to the beginning of a stream", self._seconds)
        yield self._histogram("searchapp_engine_seconds", "Time of a search in the engine", self._engine)
        shed = CounterMetricFamily("searchapp_shed", "Requests refused for want of a place", labels=("reason",))
        for number, reason in enumerate(REASONS):
            shed.add_metric((reason,), self._sum(self._shed + number))
        yield shed
        yield CounterMetricFamily("searchapp_late", "Searches broken off at their deadline", value=self._sum(self._late))

    def _histogram(self, name: str, help_text: str, place: int) -> Metric:
        total, buckets = 0.0, []
        for number, bound in enumerate((*map(str, BOUNDS), "+Inf")):
            total += self._sum(place + number)
            buckets.append((bound, total))
        return HistogramMetricFamily(name, help_text, buckets=buckets, sum_value=self._sum(place + len(BOUNDS) + 1))

    def _gauges(self) -> Iterator[Metric]:
        rows = [row for row in range(ROWS) if self._memory[row * self._width + PID]]
        told = (
            ("searchapp_worker_generation", "Number of the generation a worker answers from", GENERATION),
            (
                "searchapp_worker_trouble",
                "1 while a worker can't use the generation it should, or the log of withdrawals",
                TROUBLE,
            ),
            ("searchapp_worker_requests_running", "Requests a worker is answering", RUNNING),
            ("searchapp_worker_withdrawn", "Withdrawn articles a worker knows of", WITHDRAWN),
        )
        for name, help_text, gauge in told:
            family = GaugeMetricFamily(name, help_text, labels=("worker",))
            for row in rows:
                family.add_metric((str(row),), self._memory[row * self._width + gauge])
            yield family
        memory = GaugeMetricFamily(
            "searchapp_worker_resident_bytes", "Memory of a worker, the index included", labels=("worker",)
        )
        for row in rows:
            if size := resident(int(self._memory[row * self._width + PID])):
                memory.add_metric((str(row),), size)
        yield memory
        yield GaugeMetricFamily("searchapp_workers", "Workers alive", value=len(rows))
        yield InfoMetricFamily("searchapp", "The program", value={"version": __version__})


def _of_generation(created: str, articles: int | None) -> Iterator[Metric]:
    if articles is None:
        return
    made = calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
    yield GaugeMetricFamily("searchapp_articles", "Articles in the generation that answers", value=articles)
    yield GaugeMetricFamily("searchapp_generation_created_seconds", "When it was made, in seconds since 1970", value=made)
    yield GaugeMetricFamily("searchapp_generation_age_seconds", "How old it is", value=max(0.0, time.time() - made))


def resident(pid: int) -> int:
    """Bytes of memory a process has, as /proc tells; 0 where it doesn't."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


class _Exposition(Collector):
    """Families that are there already."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """As they are."""
        return self._families
