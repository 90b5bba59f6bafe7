"""A tree in words: the one line that tells a reader how the query was read.

Shape: ``title or body: rajnath AND hegseth``. The fields stand once before everything that is looked for in them; where
parts differ, each has its own fields and, when it is more than one leaf, parentheses:
``title or body: (flood AND relief) AND place: "new delhi" AND date: 2024-01-01 to 2024-12-31``.
Forms are shown as folded, not stemmed; ``=`` marks exact ones. OR and NEAR within AND, and anything but a leaf after NOT, are
in parentheses. It is written to be read by people; `parse` need not accept it.
"""

from __future__ import annotations

from itertools import groupby

from searchapp.fields import BY_NAME
from searchapp.query.tree import (
    And,
    Days,
    Everything,
    Fuzzy,
    Keyword,
    Near,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Positional,
    Prefix,
    Term,
    Wildcard,
)

_WITH_FIELDS = (Term, Phrase, Prefix, Wildcard, Fuzzy)
_GROUPS = (And, Or, Near)


def in_words(tree: Node) -> str:
    """One line that says what ``tree`` matches."""
    if isinstance(tree, Everything):
        return "every article"
    if isinstance(tree, Nothing):
        return "nothing"
    own = _fields(tree)
    return f"{_label(own)}: {_text(tree, own)}" if own else _text(tree, ())


def _fields(node: Node) -> tuple[str, ...]:
    """The fields all leaves below look in; empty when they differ."""
    if isinstance(node, _WITH_FIELDS):
        return node.fields
    match node:
        case And(children) | Or(children):
            found = {_fields(child) for child in children}
            return found.pop() if len(found) == 1 else ()
        case Not(child):
            return _fields(child)
        case Near(left):
            return left.fields
        case Keyword(field):
            return (field,)
        case Days():
            return ("date",)
        case _:
            return ()


def _label(fields: tuple[str, ...]) -> str:
    return " or ".join(fields)


def _text(node: Node, fields: tuple[str, ...]) -> str:
    """``node`` where ``fields`` have been said already (empty: none have)."""
    match node:
        case And(children):
            return _joined(children, " AND ", fields)
        case Or(children):
            return _joined(children, " OR ", fields)
        case Not(child):
            return "NOT " + _part(child, fields)
        case Near(left, right, distance):
            return f"{_leaf(left)} NEAR/{distance} {_leaf(right)}{_weight(node.boost)}"
        case Keyword():
            return f'"{node.value}"'
        case Days():
            return _days(node)
        case Everything():
            return "every article"
        case Nothing():
            return "nothing"
        case _:
            return _leaf(node)


def _joined(children: tuple[Node, ...], operator: str, said: tuple[str, ...]) -> str:
    if said:
        return operator.join([_part(child, said) for child in children])
    parts = []
    for own, group in groupby(children, key=_fields):
        nodes = tuple(group)
        if not own or len(nodes) == 1:
            parts += [_part(node, ()) for node in nodes]
        else:
            parts.append(f"{_label(own)}: ({_joined(nodes, operator, own)})")
    return operator.join(parts)


def _part(node: Node, said: tuple[str, ...]) -> str:
    """``node`` as a part of something larger: labelled or in parentheses where it needs to be."""
    if isinstance(node, _WITH_FIELDS):
        return _leaf(node) if node.fields == said else f"{_label(node.fields)}: {_leaf(node)}"
    own = _fields(node)
    inner = _text(node, own or said)
    if isinstance(node, _GROUPS):
        inner = f"({inner})"
    return f"{_label(own)}: {inner}" if own and own != said else inner


def _leaf(leaf: Positional) -> str:
    text = _sign(leaf) + leaf.form if isinstance(leaf, Term) else _expression(leaf)
    return text if leaf.boost == 1 else text + _weight(leaf.boost)


def _expression(leaf: Phrase | Prefix | Wildcard | Fuzzy) -> str:
    match leaf:
        case Phrase(forms, _, slop):
            return f'{_sign(leaf)}"{" ".join(forms)}"' + (f"~{slop}" if slop else "")
        case Prefix(prefix):
            return f"{prefix}*"
        case Wildcard(pattern):
            return pattern
        case Fuzzy(form, distance):
            return f"{form}~{distance}"


def _sign(leaf: Term | Phrase) -> str:
    return "=" if leaf.exact and BY_NAME[leaf.fields[0]].kind == "text" else ""


def _weight(boost: float) -> str:
    return "" if boost == 1 else f"^{boost:g}"


def _days(days: Days) -> str:
    if days.first is None:
        return f"until {days.last}"
    if days.last is None:
        return f"from {days.first}"
    return str(days.first) if days.first == days.last else f"{days.first} to {days.last}"
