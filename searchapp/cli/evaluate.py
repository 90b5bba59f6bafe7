"""`evaluate`: how good the ranking of the current index is, by judged queries."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import cast

import click

from searchapp import evaluation
from searchapp.cli.options import global_options
from searchapp.cli.search import searcher
from searchapp.cli.terminal import count, emit, emit_json, table


@click.command()
@click.option("--queries", type=click.Path(path_type=Path), required=True, metavar="Q.jsonl", help="Queries, as JSON lines.")
@click.option("--qrels", type=click.Path(path_type=Path), required=True, metavar="QRELS.tsv", help="Judgments of articles.")
@click.option(
    "--match",
    type=click.Choice(evaluation.MATCHES),
    default="any",
    show_default=True,
    help="any: words joined by OR; all: queries as they stand.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def evaluate(queries: Path, qrels: Path, match: str, as_json: bool) -> None:
    """Measure the ranking of the current index by judged queries.

    docs/relevance.md describes the two files, the measures, and what they are for the constants of the ranking.
    """
    texts = evaluation.read_queries(queries)
    found = evaluation.evaluate(searcher(), texts, evaluation.read_qrels(qrels, texts), cast(evaluation.Match, match))
    if as_json:
        emit_json(dataclasses.asdict(found) | {"match": match})
        return
    for line in table([(name, f"{value:.4f}") for name, value in found.measures.items()]):
        emit(line)
    emit()
    emit(f"{found.queries:,} queries, {count(found.judged, 'relevant article')}, generation {found.generation}")
    if found.unjudged:
        emit(f"{found.unjudged:,} queries without a relevant article left out")
    if found.absent:
        is_, counts = ("is", "counts") if found.absent == 1 else ("are", "count")
        emit(f"{found.absent:,} of the relevant articles {is_} not in the index and {counts} as not found")
