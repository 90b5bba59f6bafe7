"""The addresses of searches that differ in one thing from the one shown: facet values, bars, pages.

A page of results has some two hundred of them. Each is what `params.to_url` writes for the changed request, put together
from parts that are encoded once instead of from a request of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote_plus

from searchapp.results import SearchRequest
from searchapp.web.params import EXCLUDE, SEARCH, to_query


class Addresses:
    """``fields`` as in `params.to_query`. Every address but a page's own leads to the first page of its search."""

    def __init__(self, path: str, request: SearchRequest, fields: Collection[str] | None = None) -> None:
        self._path = path
        self._request = request
        given: dict[str, list[str]] = {}
        for name, value in to_query(request, fields):
            given.setdefault(name, []).append(value)
        self._said = {name: _said(name, values) for name, values in given.items() if name not in ("page", "cursor")}

    def selecting(self, name: str, value: str) -> str:
        """With one more value of a facet, which isn't excluded then."""
        return self._choosing(name, EXCLUDE + name, self._request.where, self._request.without, name, value)

    def excluding(self, name: str, value: str) -> str:
        """Without one more value of a facet, which isn't selected then."""
        return self._choosing(EXCLUDE + name, name, self._request.without, self._request.where, name, value)

    def not_selecting(self, name: str, value: str) -> str:
        """With one selected value of a facet less."""
        return self._changed({name: _without(self._request.where.get(name, ()), value)})

    def not_excluding(self, name: str, value: str) -> str:
        """With one excluded value of a facet less."""
        return self._changed({EXCLUDE + name: _without(self._request.without.get(name, ()), value)})

    def between(self, first: str, last: str) -> str:
        """Of other days."""
        return self._changed({"from": (first,), "to": (last,)})

    def page(self, number: int) -> str:
        """Another page of the same search."""
        return self._changed({"page": (str(number),)} if number > 1 else {})

    def cursor(self, cursor: str) -> str:
        """Where a walk through the same search goes on."""
        return self._changed({"cursor": (cursor,)})

    def _choosing(
        self,
        own: str,
        other: str,
        chosen: Mapping[str, tuple[str, ...]],
        against: Mapping[str, tuple[str, ...]],
        name: str,
        value: str,
    ) -> str:
        changes: dict[str, Sequence[str]] = {own: sorted({*chosen.get(name, ()), value})}
        if value in against.get(name, ()):
            changes[other] = _without(against[name], value)
        return self._changed(changes)

    def _changed(self, changes: Mapping[str, Sequence[str]]) -> str:
        said = self._said | {name: _said(name, values) for name, values in changes.items()}
        query = "&".join([said[name] for name in SEARCH if said.get(name)])
        return f"{self._path}?{query}" if query else self._path


def _without(values: Sequence[str], value: str) -> tuple[str, ...]:
    return tuple(item for item in values if item != value)


def _said(name: str, values: Sequence[str]) -> str:
    return "&".join([f"{name}={quote_plus(value)}" for value in values])
