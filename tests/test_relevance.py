"""The ranking on judged collections, where they lie beside the checkout: never worse than it has been.

The floors are what was reached, cut after the third digit; they may be raised, not lowered. The collections are indexed
straight from their records, without the cleaning and the search for duplicates of `searchapp index`, so the figures differ
a little from those in docs/relevance.md.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.evaluation import evaluate, read_qrels, read_queries
from searchapp.searching import Searcher

SETS = Path(__file__).parents[1].parent / "shared" / "relevance"
FLOORS = {
    "cranfield": {"nDCG@10": 0.378, "MAP": 0.312, "recall@100": 0.738},
    "reuters21578_topics": {"nDCG@10": 0.732, "MAP": 0.55, "success@1": 0.80},
    "ki_reuters": {"success@1": 0.672, "MRR": 0.759, "success@10": 0.899},
}


def articles(name: str) -> Iterator[Article]:
    with gzip.open(SETS / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if not record["title"] and not record["text"]:
                continue
            provenance = Provenance(file="corpus.jsonl.gz", format="jsonl", sha256="0" * 64)
            published = (record.get("metadata") or {}).get("date")
            precision = "time" if published else None
            yield Article(
                id=f"{name}:{record['_id']}",
                title=record["title"],
                body=record["text"],
                published=published,
                published_precision=precision,
                language="en",
                provenance=provenance,
            )


@pytest.mark.slow
@pytest.mark.skipif(not SETS.is_dir(), reason=f"no judged collections in {SETS}")
@pytest.mark.parametrize("name", FLOORS)
def test_no_figure_is_below_its_floor(name: str, tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path)
    with engine.begin_build(full=True) as build:
        for article in articles(name):
            build.add(article)
        build.publish(journal=1)
    queries = read_queries(SETS / name / "queries.jsonl")
    found = evaluate(Searcher(engine), queries, read_qrels(SETS / name / "qrels.tsv", queries))
    print(f"\n{name}: {found.measures}")
    assert found.absent <= 1, "Cranfield has an empty article that is judged relevant"
    below = {measure: found.measures[measure] for measure, floor in FLOORS[name].items() if found.measures[measure] < floor}
    assert not below
