"""Wildcards against `re`, edits against a plain table."""

from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from searchapp.query.matching import fuzzy_matches, literal_start, wildcard_matches

SHORT = st.text(alphabet="abc", max_size=7)


@given(st.text(alphabet="ab*?", max_size=8), SHORT)
def test_wildcards_are_what_they_are_as_a_regular_expression(pattern: str, form: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    assert wildcard_matches(pattern, form) == bool(re.fullmatch(expression, form, re.S))
    if wildcard_matches(pattern, form):
        assert form.startswith(literal_start(pattern))


def test_many_stars_take_no_longer() -> None:
    start = time.process_time()
    assert not wildcard_matches("*a" * 200 + "b", "a" * 5000)
    assert time.process_time() - start < 2


def edits(one: str, other: str) -> int:
    rows = [list(range(len(other) + 1))]
    for i, x in enumerate(one, 1):
        rows.append([i])
        for j, y in enumerate(other, 1):
            least = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == other[j - 2] and y == one[i - 2]:
                least = min(least, rows[i - 2][j - 2] + 1)
            rows[i].append(least)
    return rows[-1][-1]


@given(SHORT, SHORT, st.integers(0, 2))
def test_edits(one: str, other: str, distance: int) -> None:
    assert fuzzy_matches(one, other, distance) == (edits(one, other) <= distance)
