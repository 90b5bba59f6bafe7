"""What an engine must do to be measured, and what it answers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from bench.queries import Query

Mode = Literal["top10", "total", "facets", "page"]
MODES: tuple[Mode, ...] = ("top10", "total", "facets", "page")
"""The ten best ids; the same and the exact total; also five facets and the histogram; all of it, snippets and stored fields."""
FACETS = ("section", "source", "byline", "tag", "year")
SNIPPET = 200
"""Characters of a snippet, about."""


@dataclass(slots=True)
class Answer:
    """What an engine answered. ``hits`` are its own handles of the best ten, best first; `Peer.names` makes ids of them."""

    hits: list[Any] = field(default_factory=list)
    total: int = -1
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    months: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)


class Token(NamedTuple):
    """A place in a text: the terms that words match there, and the forms that prefixes match."""

    terms: set[str]
    forms: set[str]


class Peer(Protocol):
    """An engine. Made by a function without arguments; `open` comes before all questions."""

    name: str
    modes: tuple[Mode, ...]
    kinds: frozenset[str]
    limit: int
    """Articles that it is asked to index at most."""
    step: int
    """Only every so manieth query is asked: for engines that take a quarter of a second for one."""

    def build(self, articles: Path, directory: Path) -> None:
        """Read the JSONL file and make the index in the empty ``directory``: durable and searchable when it returns."""

    def open(self, directory: Path) -> None:
        """Open what `build` made, ready to answer."""

    def ask(self, query: Query, mode: Mode) -> Answer:
        """Answer a question. Everything a user's program would do for it is done here, from its words on."""

    def ids(self, query: Query) -> set[str]:
        """The ids of all matches. Not timed."""

    def fields(self, article: dict[str, object]) -> list[list[Token]]:
        """How this engine reads an article: the tokens of each of its searched texts. Not timed."""

    def asked(self, word: str) -> list[str]:
        """The terms this engine looks for when a word is typed. Not timed."""


def read(articles: Path) -> Iterator[dict[str, Any]]:
    """The articles of a JSONL file."""
    with articles.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def facet_values(article: Mapping[str, Any]) -> dict[str, list[str]]:
    """An article's values in the five facets."""
    published = article.get("published")
    return {
        "section": [article["section"]] if article.get("section") else [],
        "source": [article["source"]] if article.get("source") else [],
        "byline": article.get("byline") or [],
        "tag": article.get("tags") or [],
        "year": [published[:4]] if published else [],
    }


def month(article: Mapping[str, Any]) -> int | None:
    """The month of publication, counted from January of year 0; None when there is none."""
    published = article.get("published") or ""
    return int(published[:4]) * 12 + int(published[5:7]) - 1 if len(published) >= 7 else None


def sizes_of(directory: Path) -> dict[str, int]:
    """Bytes of all files below a directory by the end of their names, largest first."""
    found: dict[str, int] = {}
    for path in directory.rglob("*"):
        if path.is_file():
            kind = path.suffix.lstrip(".") or path.name
            found[kind] = found.get(kind, 0) + path.stat().st_size
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def emptied(directory: Path) -> Path:
    """The directory, empty."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def sync(directory: Path) -> None:
    """Force every file below a directory to the disk: for engines that don't do so by themselves."""
    for path in [directory, *directory.rglob("*")]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
