"""Before a time is trusted: do the engines find the same articles, and where they don't, why?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.engines.base import Answer, read
from bench.queries import Query
from bench.worker import Worker

EXAMINED = 12
"""Articles examined of each query whose totals differ."""


@dataclass(slots=True)
class Agreement:
    """How one engine's totals compare with the reference's.

    ``differing`` has (query, its total, the reference's total). ``unexplained`` are articles about which an engine is wrong
    by its own reading of query and article; ``facets`` queries of equal totals whose facet counts differ.
    """

    peer: str
    equal: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[Query, int, int]] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    facets: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every difference is one of analysers."""
        return not self.unexplained and not self.facets

    def as_json(self) -> dict[str, Any]:
        """Figures for the report."""
        return {
            "asked": sum(self.asked.values()),
            "equal": sum(self.equal.values()),
            "by_kind": {kind: [self.equal[kind], count] for kind, count in self.asked.items()},
            "differing": [
                f"{query.text} {dict(query.where)}: {theirs} for {ours}" for query, theirs, ours in self.differing[:20]
            ],
            "unexplained": self.unexplained[:20],
            "facets": self.facets[:20],
        }


def agree(reference: Worker, others: Sequence[Worker], queries: list[Query], articles: Path) -> list[Agreement]:
    """Compare each engine with the reference; read the articles where they differ."""
    expected = dict(zip(queries, reference.answers("facets", queries), strict=True))
    found = []
    for other in others:
        able = other.able(queries)
        if "facets" in other.modes:
            found.append(_compare(reference, other, able, expected))
        else:
            found.append(_hits_only(reference, other, able))
    for agreement, other in zip(found, others, strict=True):
        _explain(agreement, reference, other, articles)
    return found


def _compare(reference: Worker, other: Worker, queries: list[Query], expected: dict[Query, Answer]) -> Agreement:
    """Totals, then facet counts. Equal totals with other counts may still be of other articles."""
    agreement = Agreement(other.name)
    for query, answer in zip(queries, other.answers("facets", queries), strict=True):
        agreement.asked[query.kind] += 1
        ours = expected[query]
        wrong = [name for name, counts in answer.facets.items() if _top(counts) != _top(ours.facets[name])]
        if answer.total != ours.total or (wrong and other.ids(query) != reference.ids(query)):
            agreement.differing.append((query, answer.total, ours.total))
            continue
        agreement.equal[query.kind] += 1
        agreement.facets += [f"{query.text} {dict(query.where)}: {name}" for name in wrong]
    return agreement


def _top(counts: dict[str, int]) -> list[int]:
    """The ten largest counts but 0; which of several equal values are shown is each engine's own affair."""
    return sorted(filter(None, counts.values()), reverse=True)[:10]


def _hits_only(reference: Worker, other: Worker, queries: list[Query]) -> Agreement:
    """An engine without totals: its best ten must be among the reference's matches."""
    agreement = Agreement(other.name)
    for query in queries:
        agreement.asked[query.kind] += 1
        hits, matches = other.ids(query), reference.ids(query)
        if hits <= matches and len(hits) == min(10, len(matches)):
            agreement.equal[query.kind] += 1
        else:
            agreement.differing.append((query, len(hits), len(matches)))
    return agreement


def _explain(agreement: Agreement, reference: Worker, other: Worker, articles: Path) -> None:
    """Judge the articles that one has and the other lacks, by each engine's own analyser."""
    disputed: dict[str, list[tuple[Query, bool, bool]]] = {}
    for query, _, _ in agreement.differing:
        theirs, ours = other.ids(query), reference.ids(query)
        lacking = sorted(theirs - ours) if "facets" not in other.modes else sorted(theirs ^ ours)
        for article_id in lacking[:EXAMINED]:
            disputed.setdefault(article_id, []).append((query, article_id in theirs, article_id in ours))
    if not disputed:
        return
    for article in read(articles):
        for query, in_theirs, in_ours in disputed.get(article["id"], ()):
            for worker, has in ((other, in_theirs), (reference, in_ours)):
                should = worker.should_match([(query, article)])[0]
                if should != has:
                    wrong = "finds" if has else "misses"
                    agreement.unexplained.append(f"{worker.name} {wrong} {article['id']} for {query.text} {dict(query.where)}")
