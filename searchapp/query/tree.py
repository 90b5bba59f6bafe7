"""The query tree: frozen nodes that say exactly which articles match, engine-neutral.

Leaves name the fields they look in and remember where in the query text they came from (``span``, code points),
so that notes, clause counts and highlights can point there. The meaning of each node is its docstring; the
brute-force oracle in ``tests/oracle.py`` is those sentences as code.

Positions: a field's tokens are numbered from 0. In a name field with several values, each value starts
`VALUE_GAP` positions after the last one ended, so that no phrase crosses from one value to the next.
In a text field, a word of two parts with a hyphen between them also stands in one at its first part's position
(``co-operation`` is ``cooperation`` too), so that readers need not know how a paper hyphenates.
Forms are folded tokens as ``analysis.tokens`` gives them. A form and a token *agree* when they are the same form, or,
unless ``exact`` is set or the field is not a text field, when their stems in the article's own language are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from searchapp.article import Span

VALUE_GAP = 100


@dataclass(frozen=True, slots=True)
class Note:
    """How a query was read differently from how it was written, and which code points of it that is about."""

    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No article: what is left of a clause that can't match."""

    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One of ``fields`` holds a token that agrees with ``form``."""

    form: str
    fields: tuple[str, ...]
    exact: bool = False
    boost: float = 1.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """One of ``fields`` holds tokens agreeing with all ``forms`` in this order, at most ``slop`` other tokens among them.

    An occurrence is a first position p1 for which p1 < p2 < … exist with (pn - p1) - (n - 1) <= slop.
    """

    forms: tuple[str, ...]
    fields: tuple[str, ...]
    slop: int = 0
    exact: bool = False
    boost: float = 1.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """One of ``fields`` holds a form that begins with ``prefix`` (folded)."""

    prefix: str
    fields: tuple[str, ...]
    boost: float = 1.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """One of ``fields`` holds a form that ``pattern`` matches whole: ``*`` any run, ``?`` any one character."""

    pattern: str
    fields: tuple[str, ...]
    boost: float = 1.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """One of ``fields`` holds a form at most ``distance`` edits away.

    An edit inserts, deletes or replaces a character or swaps two neighbours (optimal string alignment distance).
    """

    form: str
    distance: int
    fields: tuple[str, ...]
    boost: float = 1.0
    span: Span | None = None


Positional = Term | Phrase | Prefix | Wildcard | Fuzzy
"""The leaves that occur at positions, and so can stand on either side of NEAR."""


@dataclass(frozen=True, slots=True)
class Near:
    """In one field an occurrence of ``left`` and one of ``right`` don't overlap and lie at most ``distance`` positions apart.

    Apart: from the last position of the earlier to the first of the later (adjacent words are 1 apart), in either order.
    A phrase's occurrence reaches from its first position to the smallest possible last one.
    """

    left: Positional
    right: Positional
    distance: int
    boost: float = 1.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword field's value equals ``value``, both folded."""

    field: str
    value: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """The article's period of publication overlaps first..last (inclusive; None = open). Undated articles don't match."""

    first: date | None
    last: date | None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class And:
    """Every child matches."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child matches."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The child doesn't match. Adds nothing to a score."""

    child: Node


Leaf = Term | Phrase | Prefix | Wildcard | Fuzzy | Near | Keyword | Days
Node = Everything | Nothing | Leaf | And | Or | Not


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves below ``node``, left to right, those under NOT too. A Near is one leaf."""
    found: list[Leaf] = []
    _gather(node, found, under_not=True)
    return iter(found)


def wanted(node: Node) -> Iterator[Leaf]:
    """The leaves that can make an article match, i.e. those not under NOT: what a highlight marks."""
    found: list[Leaf] = []
    _gather(node, found, under_not=False)
    return iter(found)


def _gather(node: Node, found: list[Leaf], *, under_not: bool) -> None:
    if isinstance(node, _GROUPS):
        for child in node.children:
            _gather(child, found, under_not=under_not)
    elif isinstance(node, Not):
        if under_not:
            _gather(node.child, found, under_not=True)
    elif not isinstance(node, _WITHOUT_LEAVES):
        found.append(node)


_GROUPS = (And, Or)
_WITHOUT_LEAVES = (Everything, Nothing)
