"""Where a part of a query looks, and how several nodes become one: small rules that words and groups share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from searchapp.fields import BY_NAME, DEFAULT_SCOPE, Kind
from searchapp.query.tree import And, Days, Everything, Keyword, Near, Node, Not, Nothing, Or, Positional

ALL_TEXT = ("title", "body", "furniture")
PLACES_TO_LOOK: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "body": ("body",),
    "furniture": ("furniture",),
    "all": ALL_TEXT,
}
"""The values of ``in:``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields a word without a field of its own is looked for in; all of one kind."""

    fields: tuple[str, ...] = DEFAULT_SCOPE

    @property
    def kind(self) -> Kind:
        """The kind of its fields."""
        return _KINDS[self.fields[0]]

    @property
    def names(self) -> bool:
        """Whether its words are names, matched by form only."""
        return _KINDS[self.fields[0]] == "name"


ANYWHERE = Scope()
"""The scope of a query that doesn't say where to look."""
_KINDS: dict[str, Kind] = {name: field.kind for name, field in BY_NAME.items()}


def joined_and(nodes: Iterable[Node]) -> Node:
    """The simplest node that says all of ``nodes``."""
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, And):
            flat.extend(node.children)
        else:
            flat.append(node)
    kept = [node for node in flat if not isinstance(node, Everything)]
    if not kept:
        return Everything() if flat else Nothing()
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def joined_or(nodes: Iterable[Node]) -> Node:
    """The simplest node that says any of ``nodes``."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.children if isinstance(node, Or) else (node,))
    if any(isinstance(node, Everything) for node in flat):
        return Everything()
    if not flat:
        return Nothing()
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negated(node: Node) -> Node:
    """NOT ``node``; NOT NOT is nothing said."""
    return node.child if isinstance(node, Not) else Not(node)


def boosted(node: Node, weight: float) -> Node:
    """``node`` with every scored leaf's weight multiplied."""
    match node:
        case And(children):
            return And(tuple(boosted(child, weight) for child in children))
        case Or(children):
            return Or(tuple(boosted(child, weight) for child in children))
        case Not(child):
            return Not(boosted(child, weight))
        case Everything() | Nothing() | Keyword() | Days():
            return node
        case _:
            return replace(node, boost=node.boost * weight)


def positional_parts(node: Node) -> tuple[Positional, ...]:
    """The alternatives that can stand beside NEAR, or nothing when something else is among them."""
    parts = node.children if isinstance(node, Or) else (node,)
    found = tuple(part for part in parts if not isinstance(part, And | Or | Not | Everything | Nothing | Keyword | Days | Near))
    return found if len(found) == len(parts) else ()
