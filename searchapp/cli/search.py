"""`search` and `show`: what the archive answers, for a terminal, a pipe or a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import click

from searchapp.archive.withdrawals import Withdrawals
from searchapp.article import Article
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import count, emit, emit_json, faint, message, strong, table, wrapped
from searchapp.engines.factory import open_engine
from searchapp.exports import page_json
from searchapp.fields import FACETS
from searchapp.results import SORTS, FacetCount, Hit, ResultPage, SearchRequest, Sort
from searchapp.searching import Searcher

SENTENCE_ENDS = (".", "!", "?", ":", "”", "’", '"', "'", ")", "।", "॥")
"""A passage that ends otherwise has been cut, and gets an ellipsis."""


def searcher() -> Searcher:
    """A searcher over the running command's index; says on stderr when an older generation has to answer."""
    known = settings()
    found = Searcher(open_engine(known), withdrawals=Withdrawals(known.index))
    name = found.generation().name
    if trouble := found.trouble():
        message(f"{trouble}; generation {name} answers")
    return found


def _pairs(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``FIELD=VALUE`` options by field: values in the order given, each once."""
    fields: dict[str, tuple[str, ...]] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise click.BadParameter(f"{item!r} is not FIELD=VALUE; the fields are {', '.join(FACETS)}", context, parameter)
        fields[name] = tuple(dict.fromkeys((*fields.get(name, ()), value)))
    return fields


def _pair_option(*names: str, help: str) -> Any:
    return click.option(*names, multiple=True, callback=_pairs, metavar="FIELD=VALUE", help=help)


def filter_options(command: Any) -> Any:
    """A decorator: adds what narrows a search, the same for `search` and `export`."""
    for add in (
        click.option("--to", "last", metavar="D", help="Last day: 2025, 2025-02 or 2025-02-06."),
        click.option("--from", "first", metavar="D", help="First day: 2025, 2025-02 or 2025-02-06."),
        _pair_option("--not", "without", help="Leave out a value of a facet; repeatable."),
        _pair_option("--where", help="Only this value of a facet; repeatable: OR within a field, AND between fields."),
    ):
        command = add(command)
    return command


@click.command()
@click.argument("words", nargs=-1, metavar="[QUERY]...")
@filter_options
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True, help="Order of the hits.")
@click.option("--size", type=int, default=10, show_default=True, metavar="N", help="Hits on a page, 1 to 100.")
@click.option("--page", type=int, default=1, metavar="N", help="Which page; pages reach the first 10,000 hits.")
@click.option("--cursor", metavar="C", help="Go on after the page that ended with this cursor; without limit.")
@click.option("--facet", "facets", multiple=True, metavar="F", help="Count the values of a field; repeatable; none for none.")
@click.option("--json", "as_json", is_flag=True, help="The same JSON as the API, with all facets unless --facet names some.")
@global_options
def search(words: tuple[str, ...], facets: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Search the archive.

    QUERY is words (all must match), "phrases", OR, NOT, ( ), field:value, prefix*, date:2025-02 …: see docs/query-language.md.
    Without QUERY every article matches.
    """
    asked = _facets(facets, FACETS if as_json else ())
    sort = cast(Sort, options.pop("sort"))
    request = SearchRequest(q=" ".join(words), sort=sort, facets=asked, **options)
    page = searcher().search(request)
    if as_json:
        emit_json(page_json(page))
        return
    for note in page.notes:
        message(f"note: {note.message}")
    for line in _page(page):
        emit(line)


def _facets(given: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for item in given for name in item.split(",")))
    if not names:
        return default
    return () if names == ("none",) else names


def _page(page: ResultPage) -> Iterator[str]:
    yield f"{strong(count(page.total, 'article'))}  {faint(page.read_as)}"
    if not page.total:
        yield from _why_nothing(page)
    first = (page.request.page - 1) * page.request.size + 1
    for number, hit in enumerate(page.hits, first):
        yield ""
        yield from _hit(hit, "" if page.request.cursor else f"{number}. ")
    for name, counted in page.facets.items():
        if counted.values or counted.missing:
            yield ""
            yield strong(name)
            yield from _facet(counted)
    if page.next and page.hits:
        where = f"--cursor {page.next}" if page.request.cursor else f"--page {page.request.page + 1}"
        yield ""
        yield faint(f"more with {where}")


def _why_nothing(page: ResultPage) -> Iterator[str]:
    """Each part of the query with what it matches alone, and whether filters were on: what emptied the page."""
    asked = page.request
    filtered = bool(asked.where or asked.without or asked.first or asked.last)
    if filtered or len(page.clauses) > 1 or any(clause.total == 0 for clause in page.clauses):
        yield from table([(clause.text, count(clause.total, "article")) for clause in page.clauses], indent="   ")
    if filtered and all(clause.total for clause in page.clauses):
        yield "   without the filters there may be some"


def _hit(hit: Hit, number: str) -> Iterator[str]:
    indent = " " * len(number)
    yield from wrapped(hit.title.text or "(no headline)", hit.title.ranges, indent=indent, first=number)
    yield from (faint(line) for line in wrapped(_imprint(hit.article), indent=indent))
    for snippet in hit.snippets:
        text = snippet.text if snippet.text.endswith(SENTENCE_ENDS) else f"{snippet.text} …"
        yield from wrapped(text, snippet.ranges, indent=indent)
    yield faint(indent + hit.article.id)


def _imprint(article: Article) -> str:
    """Date, paper, section, writers, wires and places in one line."""
    published = (article.published or "undated")[:16].replace("T", " ")
    parts = [published, article.source, article.section]
    parts += [", ".join(values) for values in (article.byline, article.agency, article.places)]
    return " · ".join(part for part in parts if part)


def _facet(counted: FacetCount) -> Iterator[str]:
    rows = [(f"{value.count:,}", value.value) for value in counted.values]
    rows += [(f"{number:,}", name) for number, name in ((counted.other, "(others)"), (counted.missing, "(none)")) if number]
    size = max((len(number) for number, _ in rows), default=0)
    yield from table([(number.rjust(size), name) for number, name in rows], indent="   ")


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The article as JSON.")
@global_options
def show(article_id: str, as_json: bool) -> None:
    """Show one article."""
    found = searcher()
    article = found.article(article_id)
    if article is None:
        if held := found.withdrawal(article_id):
            raise click.ClickException(f"{article_id} was withdrawn on {held.when}: {held.reason}")
        raise click.ClickException(f"there is no article {article_id!r}")
    if as_json:
        emit_json(article.to_json())
        return
    for line in _article(article.to_json()):
        emit(line)


def _article(shown: Mapping[str, Any]) -> Iterator[str]:
    yield from (strong(line) for line in wrapped(shown["title"] or "(no headline)"))
    yield ""
    apart = ("title", "body", "provenance")
    rows = [(name, _flat(value)) for name, value in shown.items() if name not in apart]
    yield from table([*rows, ("file", _flat(shown["provenance"]["file"]))])
    for paragraph in shown["body"].split("\n\n"):
        yield ""
        yield from wrapped(paragraph)


def _flat(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)
