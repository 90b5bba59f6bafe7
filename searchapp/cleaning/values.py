"""Plain texts out of declared JSON values: numbers, lists and objects with a name are understood."""

from __future__ import annotations

from typing import Any

_NAMES = ("name", "main", "default", "title", "text", "value", "label", "term", "original", "full", "#text", "$t", "literal")
_DEPTH = 6


def text_of(value: Any, depth: int = 0) -> str | None:
    """The text of a value that should be one: the first of a list, the name of an object; None when there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or depth > _DEPTH:
        return None
    if isinstance(value, int | float):
        return format(value, "") if abs(value) < 1e300 else None
    if isinstance(value, dict):
        return next((text for name in _NAMES if (text := text_of(value.get(name), depth + 1))), None)
    if isinstance(value, list):
        return next((text for item in value if (text := text_of(item, depth + 1))), None)
    return None


def texts_of(value: Any) -> list[str]:
    """The texts of a value that should be a list; a text is a list of one."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := text_of(item)) and text.strip()]


def prose_of(value: Any) -> str | None:
    """The text of a body: a list is one of paragraphs."""
    if isinstance(value, list):
        return "\n\n".join(texts_of(value)) or None
    if isinstance(value, dict) and isinstance(value.get("paragraphs"), list):
        return prose_of(value["paragraphs"])
    return text_of(value)
