"""What is read for a page of hits: the articles, when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import overload

from searchapp.article import Article
from searchapp.engines.whoosh.order import Place
from searchapp.engines.whoosh.view import View

Guard = Callable[[], AbstractContextManager[None]]
"""Within it, what is raised for damaged bytes becomes the contract's error."""


def read(views: Sequence[View], places: Sequence[Place]) -> list[Article]:
    """The articles at some places."""
    if len(views) == 1:
        return list(map(Article.from_stored, views[0].segment.all_stored([doc for _, doc, _ in places])))
    return [views[number].segment.article(doc) for number, doc, _ in places]


class Unread(Sequence[Article]):
    """The articles at some places, read together when the first of them is looked at. Not for several threads."""

    def __init__(self, views: Sequence[View], places: Sequence[Place], guard: Guard) -> None:
        self._views = views
        self._places = places
        self._guard = guard
        self._read: list[Article] | None = None

    def _all(self) -> list[Article]:
        if self._read is None:
            with self._guard():
                self._read = read(self._views, self._places)
        return self._read

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == list(other)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Article: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Article]: ...
    def __getitem__(self, index: int | slice) -> Article | Sequence[Article]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Article]:
        return iter(self._all())
