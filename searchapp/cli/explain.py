"""`explain`: how a query was read, and the arithmetic of one article's score."""

from __future__ import annotations

from collections.abc import Iterator

import click

from searchapp.cli.options import global_options
from searchapp.cli.search import searcher
from searchapp.cli.terminal import count, emit, emit_json, strong, table
from searchapp.engines.base import K1, Explanation, FieldScore, LeafScore
from searchapp.errors import BadRequest
from searchapp.exports import explained_json
from searchapp.query.wording import in_words
from searchapp.searching import ExplainedQuery


@click.command()
@click.argument("query")
@click.argument("article_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, numbers in full.")
@global_options
def explain(query: str, article_id: str | None, as_json: bool) -> None:
    """Show how a query is read and what each part of it matches by itself.

    With ID also why that article scores what it does: the numbers of the ranking's formula, part by part.
    """
    try:
        found = searcher().explain(query, article_id)
    except BadRequest as error:
        if [problem.parameter for problem in error.problems] == ["id"]:
            raise click.ClickException(error.problems[0].message) from error
        raise
    if as_json:
        emit_json(explained_json(found, article_id))
        return
    for line in _reading(found):
        emit(line)
    if found.article is not None and article_id is not None:
        for line in _score(article_id, found.article):
            emit(line)


def _reading(found: ExplainedQuery) -> Iterator[str]:
    rows = [("query", found.parsed.text), ("read as", found.parsed.read_as)]
    rows += [("note", f"{note.message} (characters {note.start} to {note.end})") for note in found.parsed.notes]
    yield from table([*rows, ("total", count(found.total, "article"))])
    yield from table([(clause.text, count(clause.total, "article")) for clause in found.clauses], indent="   ")


def _score(article_id: str, why: Explanation) -> Iterator[str]:
    total = _figure(why.score)
    if len(why.leaves) > 1:
        total = " + ".join(_figure(leaf.score) for leaf in why.leaves) + f" = {total}"
    verb = "matches" if why.matches else "doesn't match"
    yield ""
    yield from table(
        [
            ("article", f"{article_id}, which {verb}"),
            ("score", total if why.leaves else "0: no part of the query that looks in the text is asked for"),
        ]
    )
    for leaf in why.leaves:
        yield ""
        yield strong(in_words(leaf.leaf))
        yield from table(_sums(leaf, why.articles), indent="   ")


def _sums(leaf: LeafScore, articles: int) -> Iterator[tuple[str, str]]:
    """The formula of `searchapp.engines.base` with the numbers put in, its parts before the whole."""
    n, weight = leaf.matching, _figure(leaf.weight)
    yield "idf", f"ln(1 + ({articles} - {n} + 0.5) / ({n} + 0.5)) = {_figure(leaf.idf)}"
    for field in leaf.fields:
        yield field.field, _addend(field)
    yield "weight", weight
    yield "score", f"{leaf.boost:g} × {_figure(leaf.idf)} × {weight} / ({K1:g} + {weight}) = {_figure(leaf.score)}"


def _addend(field: FieldScore) -> str:
    if not field.tf:
        return "0 times"
    share = f"{field.length} / {_figure(field.average)}"
    return f"{field.tf} times: {field.boost:g} × {field.tf} / (1 - {field.b:g} + {field.b:g} × {share})"


def _figure(number: float) -> str:
    """Enough digits that what is multiplied out by hand comes to the same."""
    return f"{number:.6g}"
