"""The addresses of searches that differ in one thing from the one shown: facet values, bars, pages.

A page of results has some two hundred of them. Each is what `params.to_url` writes for the changed request, put together
from parts that are encoded once instead of from a request of its own.
"""

from __future__ import annotations

import re
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
        self._around: dict[str, tuple[str, str]] = {}

    def selecting(self, name: str, value: str) -> str:
        """With one more value of a facet, which isn't excluded then."""
        return self._choosing(name, EXCLUDE + name, self._request.where, self._request.without, name, value)

    def excluding(self, name: str, value: str) -> str:
        """Without one more value of a facet, which isn't selected then."""
        return self._choosing(EXCLUDE + name, name, self._request.without, self._request.where, name, value)

    def not_selecting(self, name: str, value: str) -> str:
        """With one selected value of a facet less."""
        return self._changed_in(name, _without(self._request.where.get(name, ()), value))

    def not_excluding(self, name: str, value: str) -> str:
        """With one excluded value of a facet less."""
        return self._changed_in(EXCLUDE + name, _without(self._request.without.get(name, ()), value))

    def between(self, first: str, last: str) -> str:
        """Of other days."""
        return self._changed({"from": (first,), "to": (last,)})

    def page(self, number: int) -> str:
        """Another page of the same search."""
        return self._changed_in("page", (str(number),) if number > 1 else ())

    def cursor(self, cursor: str) -> str:
        """Where a walk through the same search goes on."""
        return self._changed_in("cursor", (cursor,))

    def _choosing(
        self,
        own: str,
        other: str,
        chosen: Mapping[str, tuple[str, ...]],
        against: Mapping[str, tuple[str, ...]],
        name: str,
        value: str,
    ) -> str:
        values = sorted({*chosen[name], value}) if name in chosen else (value,)
        if value in against.get(name, ()):
            return self._changed({own: values, other: _without(against[name], value)})
        return self._changed_in(own, values)

    def _changed(self, changes: Mapping[str, Sequence[str]]) -> str:
        said = self._said | {name: _said(name, values) for name, values in changes.items()}
        return self._written([said[name] for name in SEARCH if said.get(name)])

    def _changed_in(self, name: str, values: Sequence[str]) -> str:
        """The same for one parameter: what stands before and after it is put together once."""
        around = self._around.get(name)
        if around is None:
            at = SEARCH.index(name)
            before, after = (
                [self._said[other] for other in names if other in self._said] for names in (SEARCH[:at], SEARCH[at + 1 :])
            )
            around = self._around[name] = "&".join(before), "&".join(after)
        return self._written([part for part in (around[0], _said(name, values), around[1]) if part])

    def _written(self, parts: Sequence[str]) -> str:
        return f"{self._path}?{'&'.join(parts)}" if parts else self._path


def _without(values: Sequence[str], value: str) -> tuple[str, ...]:
    return tuple(item for item in values if item != value)


def _said(name: str, values: Sequence[str]) -> str:
    return "&".join([f"{name}={_quoted(value)}" for value in values])


_PLAIN = re.compile(r"[\w.~ -]*", re.ASCII)
"""What `quote_plus` leaves alone, and spaces."""


def _quoted(value: str) -> str:
    return value.replace(" ", "+") if _PLAIN.fullmatch(value) else quote_plus(value)
