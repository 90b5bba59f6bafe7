"""Figures as JSON (the interface's shape) and as Markdown tables."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench.engines.base import MODES, Mode
from bench.queries import KINDS
from bench.timing import Times, spread

_PACKAGES = ("searchapp", "tantivy", "bm25s", "Whoosh", "numba", "numpy", "nltk")


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    load = os.getloadavg()[0]
    return {"python": platform.python_version(), "cpus": os.cpu_count(), "load_at_start": round(load, 2), "versions": versions}


def ratios(engines: dict[str, Any], times: dict[str, dict[Mode, Times]]) -> dict[str, Any]:
    """Ours divided by each other engine's, over the queries both were asked: below 1 is faster or smaller.

    ``articles_per_s``: above 1 is faster.
    """
    found: dict[str, Any] = {}
    for name in (name for name in engines if name != "searchapp" and "searchapp" in engines):
        ours, theirs = engines["searchapp"]["index"], engines[name]["index"]
        found[name] = {figure: round(ours[figure] / theirs[figure], 3) for figure in ("articles_per_s", "bytes")}
        found[name]["bytes_without_apart"] = round((ours["bytes"] - ours["apart"]) / theirs["bytes"], 3)
        found[name] |= {mode: _ratio(times["searchapp"][mode], other) for mode, other in times[name].items()}
    return found


def _ratio(ours: Times, theirs: Times) -> dict[str, Any]:
    mine, other = ours.by_query(), theirs.by_query()
    queries = [query for query in mine if query in other]
    both = [spread([times[query] for query in queries]) for times in (mine, other)]
    sums: dict[str, list[float]] = {}
    for query in queries:
        entry = sums.setdefault(query.kind, [0.0, 0.0])
        entry[0] += mine[query]
        entry[1] += other[query]
    cpu = [sum(times[query] for query in queries) for times in (ours.cpu_by_query(), theirs.cpu_by_query())]
    overall = {figure: round(both[0][figure] / both[1][figure], 3) for figure in both[0]}
    return {
        **overall,
        "cpu_mean_ms": round(cpu[0] / cpu[1], 3),
        "by_kind": {kind: round(a / b, 3) for kind, (a, b) in sums.items()},
    }


def markdown(result: dict[str, Any], heading: str) -> str:
    """The figures of one set of articles as tables."""
    engines = result["engines"]
    lines = [f"### {heading}: {result['articles']:,} articles", "", *_index_table(engines), ""]
    for mode in MODES:
        able = {name: engine[mode] for name, engine in engines.items() if mode in engine}
        if able:
            lines += [*_mode_table(mode, able), ""]
    lines += _ratio_lines(result.get("ratios", {}))
    lines += _agreement_lines(result.get("agreement", {}))
    return "\n".join(lines) + "\n"


def _index_table(engines: dict[str, Any]) -> list[str]:
    rows = [
        "| engine | index s | CPU s | articles/s | MB on disk | peak MB | open ms | private MB | of it anonymous |",
        "|---|" + "--:|" * 8,
    ]
    for name, engine in engines.items():
        index = engine["index"]
        cells = [f"{index[figure]:,.1f}" for figure in ("seconds", "cpu_seconds", "articles_per_s")]
        cells += [f"{index['bytes'] / 1e6:,.1f}", f"{index['peak_mb']:,.0f}", f"{engine['open_ms']:.1f}"]
        cells += [f"{engine['memory'][figure]:,.0f}" for figure in ("private_mb", "anonymous_mb")]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    parts = engines["searchapp"]["index"]["parts"]
    shown = ", ".join(f"{part} {size / 1e6:,.1f}" for part, size in parts.items() if size >= 50_000)
    return [*rows, "", f"Of searchapp's, MB: {shown}."]


def _mode_table(mode: str, able: dict[str, Any]) -> list[str]:
    kinds = [kind for kind in KINDS if any(kind in figures["by_kind"] for figures in able.values())]
    rows = [f"| {mode}, ms | mean | p50 | p95 | CPU mean | " + " | ".join(kinds) + " |", "|---|" + "--:|" * (4 + len(kinds))]
    for name, figures in able.items():
        cells = [figures[key] for key in ("mean_ms", "p50_ms", "p95_ms", "cpu_mean_ms")] + [
            figures["by_kind"].get(kind) for kind in kinds
        ]
        rows.append(f"| {name} | " + " | ".join("–" if cell is None else f"{cell:.3f}" for cell in cells) + " |")
    return rows


def _ratio_lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, entry in found.items():
        speeds = "; ".join(_speed(mode, entry[mode]) for mode in MODES if mode in entry)
        lines.append(f"- searchapp ÷ {name}: articles/s {entry['articles_per_s']}, {_bytes(entry)}; {speeds}")
    return [*lines, ""] if lines else []


def _bytes(entry: dict[str, Any]) -> str:
    return f"bytes {entry['bytes']} (without words as written {entry['bytes_without_apart']})"


def _speed(mode: str, ratio: dict[str, Any]) -> str:
    worst = max(ratio["by_kind"], key=ratio["by_kind"].__getitem__)
    overall = f"{ratio['mean_ms']:.3f} (CPU {ratio['cpu_mean_ms']:.3f}, p95 {ratio['p95_ms']:.3f}"
    return f"{mode} {overall}, worst kind {worst} {ratio['by_kind'][worst]:.2f})"


def _agreement_lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, agreement in found.items():
        kinds = ", ".join(f"{kind} {equal}/{asked}" for kind, (equal, asked) in agreement["by_kind"].items())
        state = "every difference is one of analysers" if not agreement["unexplained"] else "UNEXPLAINED: see the JSON"
        facets = f"; facet counts differ in {len(agreement['facets'])}" if agreement["facets"] else ""
        lines.append(f"- same total as {name}: {agreement['equal']} of {agreement['asked']} ({kinds}); {state}{facets}")
    return lines
