"""URL <-> SearchRequest: the same parameters for pages and API, read strictly and written in one canonical order.

Reading lists every problem at once, each under the name the client wrote. Writing leaves defaults out, so equal
requests have equal URLs: what `read` gives, `to_query` turns into pairs that `read` turns back into the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlencode

from searchapp.errors import BadRequest, Problem
from searchapp.exports import FORMATS, HIT_FIELDS
from searchapp.fields import FACETS
from searchapp.query.language import parse
from searchapp.results import SearchRequest, Sort
from searchapp.settings import nearest
from searchapp.web.limits import MAX_CURSOR, MAX_PARAMETERS

EXCLUDE = "not."
FILTERS: tuple[str, ...] = (*FACETS, *(EXCLUDE + name for name in FACETS))
"""The repeatable parameters."""
SEARCH: tuple[str, ...] = (
    "q",
    *FILTERS,
    "from",
    "to",
    "sort",
    "size",
    "page",
    "cursor",
    "facets",
    "facet_size",
    "highlight",
    "fields",
)
"""All parameters of a search, in canonical order."""
EXPORT: tuple[str, ...] = ("q", *FILTERS, "from", "to", "sort", "format")

_DEFAULT = SearchRequest()


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as asked for over HTTP: the request, and the keys wanted of each hit (None = all)."""

    request: SearchRequest
    fields: tuple[str, ...] | None = None


def read(query: bytes, *, form: bool = False) -> Asked:
    """A search from a raw query string. ``form``: empty fields, as a browser sends them, count as not given.

    Raises BadRequest with every problem.
    """
    given = _Given.gather(query, SEARCH, form=form)
    asked = _asked(given)
    fields = given.names("fields", HIT_FIELDS)
    given.refuse_if_wrong()
    assert asked is not None
    return Asked(asked, fields)


def read_export(query: bytes) -> tuple[SearchRequest, str]:
    """The search and the format of an export. Raises BadRequest with every problem."""
    given = _Given.gather(query, EXPORT)
    form = given.single("format", "ndjson")
    if form not in FORMATS:
        given.problem("format", f"must be one of {', '.join(FORMATS)}, not {form!r}")
    asked = _asked(given)
    given.refuse_if_wrong()
    assert asked is not None
    return asked, form


def read_nothing(query: bytes) -> None:
    """Raises BadRequest when there is any parameter."""
    _Given.gather(query, ()).refuse_if_wrong()


def read_q(query: bytes) -> str:
    """The ``q`` a reader brings to an article's page; anything odd is as good as none."""
    values = _Given.gather(query, ("q",)).values.get("q")
    return values[0] if values and len(values) == 1 else ""


def to_query(request: SearchRequest, fields: Collection[str] | None = None) -> list[tuple[str, str]]:
    """The pairs of the canonical URL; defaults are left out."""
    pairs = [("q", request.q)]
    for prefix, filters in (("", request.where), (EXCLUDE, request.without)):
        pairs += [(prefix + name, value) for name in FACETS for value in filters.get(name, ())]
    pairs += [("from", request.first or ""), ("to", request.last or "")]
    if request.sort != _DEFAULT.sort:
        pairs.append(("sort", request.sort))
    for name in ("size", "page"):
        if getattr(request, name) != getattr(_DEFAULT, name):
            pairs.append((name, str(getattr(request, name))))
    pairs.append(("cursor", request.cursor or ""))
    if set(request.facets) != set(FACETS):
        pairs.append(("facets", ",".join(request.facets) or "none"))
    if request.facet_size != _DEFAULT.facet_size:
        pairs.append(("facet_size", str(request.facet_size)))
    if not request.highlight:
        pairs.append(("highlight", "false"))
    pairs.append(("fields", ",".join(fields or ())))
    return [(name, value) for name, value in pairs if value]


def to_url(path: str, request: SearchRequest, fields: Collection[str] | None = None) -> str:
    """``path`` with the canonical query string."""
    pairs = to_query(request, fields)
    return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass(slots=True)
class _Given:
    """The parameters as they came, and what is wrong with them so far."""

    values: dict[str, list[str]]
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def gather(cls, query: bytes, known: Collection[str], *, form: bool = False) -> _Given:
        given = cls({})
        parts = [part for part in query.split(b"&") if part]
        if len(parts) > MAX_PARAMETERS:
            given.problem("parameters", f"{len(parts)} of them; the limit is {MAX_PARAMETERS}. Leave some filters out")
            return given
        for part in parts:
            name, _, value = part.partition(b"=")
            given._take(name, value, known, form=form)
        for taken, values in given.values.items():
            if taken not in FILTERS and len(values) > 1:
                given.problem(taken, "give it once")
        return given

    def _take(self, raw_name: bytes, raw_value: bytes, known: Collection[str], *, form: bool) -> None:
        name = unquote_to_bytes(raw_name.replace(b"+", b" ")).decode("utf-8", "replace")
        try:
            value = unquote_to_bytes(raw_value.replace(b"+", b" ")).decode("utf-8")
        except UnicodeDecodeError:
            self.problem(name, "not percent-encoded UTF-8")
            return
        if name not in known:
            self.problem(name, "no parameter of that name." + nearest(name, tuple(known)))
        elif value or name == "q":
            self.values.setdefault(name, []).append(value)
        elif not form:
            self.problem(name, "is empty; leave it out, or give it a value")

    def problem(self, name: str, message: str) -> None:
        found = Problem(name, message)
        if found not in self.problems:
            self.problems.append(found)

    def refuse_if_wrong(self) -> None:
        """Raise what was found, together with what is wrong with the query text itself."""
        if self.problems:
            raise BadRequest([*self.problems, *parse(self.single("q", "")).refused])

    def single(self, name: str, default: str) -> str:
        return self.values.get(name, [default])[0]

    def number(self, name: str, default: int) -> int:
        text = self.single(name, str(default))
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        self.problem(name, f"must be a whole number, not {text!r}")
        return default

    def cursor(self) -> str | None:
        text = self.single("cursor", "")
        if len(text) > MAX_CURSOR:
            self.problem("cursor", f"{len(text)} characters; the limit is {MAX_CURSOR}. Begin again without one")
            return None
        return text or None

    def flag(self, name: str, default: bool) -> bool:
        text = self.single(name, str(default).lower())
        if text not in ("true", "false"):
            self.problem(name, f"must be true or false, not {text!r}")
        return text == "true"

    def names(self, name: str, known: Collection[str]) -> tuple[str, ...] | None:
        """A comma list in the order of ``known``; None when not given."""
        if name not in self.values:
            return None
        wanted = self.single(name, "").split(",")
        for item in wanted:
            if item not in known:
                self.problem(name, f"there is no {item!r}; there are {', '.join(known)}")
        return tuple(item for item in known if item in wanted)

    def filters(self, prefix: str) -> Mapping[str, tuple[str, ...]]:
        found = [(name, self.values[prefix + name]) for name in FACETS if prefix + name in self.values]
        return {name: tuple(sorted(set(values))) for name, values in found}


def _asked(given: _Given) -> SearchRequest | None:
    """None when the values are impossible; the problems then say why."""
    if given.values.get("facets") == ["none"]:
        facets: tuple[str, ...] = ()
    else:
        named = given.names("facets", FACETS)
        facets = FACETS if named is None else named
    values: dict[str, Any] = {
        "q": given.single("q", ""),
        "size": given.number("size", _DEFAULT.size),
        "page": given.number("page", _DEFAULT.page),
        "cursor": given.cursor(),
        "sort": cast(Sort, given.single("sort", _DEFAULT.sort)),
        "first": given.single("from", "") or None,
        "last": given.single("to", "") or None,
        "where": given.filters(""),
        "without": given.filters(EXCLUDE),
        "facets": facets,
        "facet_size": given.number("facet_size", _DEFAULT.facet_size),
        "highlight": given.flag("highlight", _DEFAULT.highlight),
    }
    try:
        return SearchRequest(**values)
    except BadRequest as error:
        for problem in error.problems:
            given.problem(problem.parameter, problem.message)
        return None
