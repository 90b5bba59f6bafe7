"""`export`: every match, streamed to stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import click

from searchapp.article import Article
from searchapp.cli.options import global_options
from searchapp.cli.search import filter_options, searcher
from searchapp.exports import FORMATS, csv_rows, ndjson
from searchapp.results import SORTS, SearchRequest, Sort

WRITERS: dict[str, Callable[[Iterable[Article]], Iterator[bytes]]] = {"ndjson": ndjson, "csv": csv_rows}


@click.command()
@click.argument("words", nargs=-1, metavar="[QUERY]...")
@click.option(
    "--format", "format_", type=click.Choice(tuple(FORMATS)), default="ndjson", show_default=True, help="What to write."
)
@filter_options
@click.option("--sort", type=click.Choice(SORTS), default="newest", show_default=True, help="Order of the articles.")
@global_options
def export(words: tuple[str, ...], format_: str, sort: str, **filters: Any) -> None:
    """Write out every match of a query, however many; without QUERY every article.

    Takes the same filters as `search`. Memory doesn't grow with the texts: articles are read one after the other.
    """
    request = SearchRequest(q=" ".join(words), sort=cast(Sort, sort), facets=(), **filters)
    out = sys.stdout.buffer
    for chunk in WRITERS[format_](searcher().stream(request)):
        out.write(chunk)
    out.flush()
