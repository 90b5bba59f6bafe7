"""`inspect`: how one file is read. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from searchapp.article import Article, Finding
from searchapp.cleaning import clean
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import emit, emit_json, faint, strong, wrapped
from searchapp.errors import ArticleError
from searchapp.readers import FORMATS, read_file
from searchapp.readers.extract import Extract, Reject
from searchapp.sources import source_of

VALUE_SHOWN = 200
"""Characters of a value in the table; the whole is in --json."""
COLUMN = 15
"""Columns for a field's name."""

Read = tuple[Extract, Article] | Reject


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), help="Force a format instead of recognising it.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, values uncut.")
@global_options
def inspect(file: Path, format_: str | None, as_json: bool) -> int:
    """Show how one file is read: every article's fields, each with its span, rule and confidence.

    Also what was cut as furniture, and what was rejected (then the exit code is 1). Writes nothing.
    """
    found = _read(file, format_)
    if as_json:
        read = list(found)
        articles = [_as_json(*item) for item in read if not isinstance(item, Reject)]
        emit_json({"articles": articles, "rejects": [asdict(item) for item in read if isinstance(item, Reject)]})
        return int(any(isinstance(item, Reject) for item in read))
    rejected = False
    for item in found:
        rejected |= isinstance(item, Reject)
        for line in _shown(item):
            emit(line)
    return int(rejected)


def _read(file: Path, format_: str | None) -> Iterator[Read]:
    source = source_of(file, settings(), format_)
    for found in read_file(file, source.root, source.format):
        if isinstance(found, Reject):
            yield found
            continue
        try:
            yield found, clean(found, source.rules)
        except ArticleError as error:
            yield Reject(found.provenance.file, found.position, str(error))


def _as_json(extract: Extract, article: Article) -> dict[str, Any]:
    findings = [
        {
            "field": finding.field,
            "value": finding.value,
            "rule": finding.rule,
            "confidence": finding.confidence,
            "span": [finding.span.start, finding.span.end] if finding.span else None,
            "where": finding.where,
        }
        for finding in article.findings
    ]
    return {
        "file": article.provenance.file,
        "position": extract.position,
        "article": article.to_json(),
        "findings": findings,
        "furniture": article.furniture,
        "notes": list(extract.notes),
        "unused": {name: value for name, value in extract.declared.items() if name not in extract.origins},
    }


def _shown(item: Read) -> Iterator[str]:
    if isinstance(item, Reject):
        yield strong(f"rejected: {item.file} {item.position}".rstrip())
        yield from wrapped(item.reason, indent="  ")
        yield ""
        return
    extract, article = item
    yield from (strong(line) for line in wrapped(article.title or "(no headline)"))
    yield article.id
    place = ", ".join(filter(None, (article.provenance.file, extract.position)))
    yield from wrapped(f"{article.provenance.format} · {place}")
    yield ""
    for finding in article.findings:
        yield from _finding(finding)
    if article.furniture:
        yield ""
        yield "furniture (cut from the page; found only with in:furniture)"
        for paragraph in filter(str.strip, article.furniture.split("\n")):
            yield from wrapped(paragraph, indent="  | ")
    unused = [name for name in extract.declared if name not in extract.origins]
    if unused:
        yield from wrapped(", ".join(unused), indent="  ", first="not used: ")
    for note in extract.notes:
        yield from wrapped(note, indent="      ", first="note: ")
    yield ""


def _finding(finding: Finding) -> Iterator[str]:
    """The field and its value; below, the rule, how sure it is (0 to 1) and where the value stands."""
    indent = " " * COLUMN
    yield from wrapped(_cut(finding.value), indent=indent, first=finding.field.ljust(COLUMN))
    how = [finding.rule, f"{finding.confidence:.2f}"]
    if finding.span:
        where = "characters" if finding.where == "text" else f"characters of {finding.where}"
        how.append(f"{where} {finding.span.start}-{finding.span.end}")
    yield from (faint(line) for line in wrapped(" · ".join(how), indent=indent))


def _cut(value: str) -> str:
    value = " ".join(value.split())
    if len(value) <= VALUE_SHOWN:
        return value
    return f"{value[: VALUE_SHOWN - 60]} … {value[-40:]} ({len(value):,} characters)"
