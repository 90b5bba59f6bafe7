"""`read_as` is unambiguous: two trees that differ are never told in the same words."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from searchapp.query.language import parse

PIECES = [
    *["a", "b", "c", "(", ")", "-", "NOT ", "OR", "AND", "NEAR/2", "title:", '"a b"', '"b c"~2', "in:body", "place:"],
    *["date:2024", "language:en", "=a", "a*b", "ab*", "ab~1", "^2", "year:2020..2021", "a-b", "b^3", '="b c"'],
]


def without_places(node: Any) -> Any:
    """The tree without the spans, which say nothing of what matches."""
    if isinstance(node, tuple):
        return tuple(map(without_places, node))
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changes = {item.name: without_places(getattr(node, item.name)) for item in fields(node) if item.name != "span"}
    return replace(node, **changes, **({"span": None} if hasattr(node, "span") else {}))


def test_two_trees_are_never_told_alike() -> None:
    random = Random(20250206)
    known: dict[str, Any] = {}
    for _ in range(6000):
        query = " ".join(random.choices(PIECES, k=random.randint(1, 7))).replace(": ", ":")
        parsed = parse(query, ("fr",))
        if not parsed.refused:
            tree = without_places(parsed.tree)
            assert known.setdefault(parsed.read_as, tree) == tree, query
    assert len(known) > 2000
