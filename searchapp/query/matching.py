"""What wildcard and fuzzy words match: one form at a time, shared by engines and snippets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module


def wildcard_matches(pattern: str, form: str) -> bool:
    """Whether ``pattern`` matches the whole of ``form``: ``*`` any run, ``?`` any one character.

    No backtracking beyond the last ``*``: at most len(pattern) × len(form) steps.
    """
    if len(form) < len(pattern) - pattern.count("*"):
        return False
    at_pattern = at_form = 0
    star = -1
    resume = 0
    while at_form < len(form):
        sign = pattern[at_pattern] if at_pattern < len(pattern) else ""
        if sign == "*":
            star, resume = at_pattern, at_form
            at_pattern += 1
        elif sign and sign in ("?", form[at_form]):
            at_pattern += 1
            at_form += 1
        elif star >= 0:
            resume += 1
            at_pattern, at_form = star + 1, resume
        else:
            return False
    return pattern[at_pattern:].strip("*") == ""


def literal_start(pattern: str) -> str:
    """What every form that ``pattern`` matches begins with: the characters before its first wildcard."""
    ends = [at for at in (pattern.find("*"), pattern.find("?")) if at >= 0]
    return pattern[: min(ends)] if ends else pattern


def fuzzy_matches(form: str, other: str, distance: int) -> bool:
    """Whether ``other`` is at most ``distance`` edits from ``form`` (optimal string alignment distance)."""
    if abs(len(form) - len(other)) > distance:
        return False
    return _distance()(form, other, score_cutoff=distance) <= distance


@cache
def _distance() -> Callable[..., int]:
    """Loaded when a fuzzy word is asked for: few are."""
    found: Callable[..., int] = import_module("rapidfuzz.distance").OSA.distance
    return found
