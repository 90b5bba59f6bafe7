"""What prefixes, wildcards and fuzzy words stand for, against the plainest code there is."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase
from random import Random

import pytest

from searchapp.engines.whoosh.lexicon import Lexicon

FORMS = sorted(
    {"".join(Random(seed).choices("abč", k=Random(seed).randint(1, 6))) for seed in range(900)} | {"a\U0010ffff", "\U0010ffff"}
)


def edits(a: str, b: str) -> int:
    """Optimal string alignment distance, by its recurrence."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            best = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and (a[i - 1], a[i - 2]) == (b[j - 2], b[j - 1]):
                best = min(best, table[i - 2, j - 2] + 1)
            table[i, j] = best
    return table[len(a), len(b)]


@pytest.mark.parametrize("prefix", ["", "a", "ab", "č", "čč", "zz", "a\U0010ffff", "\U0010ffff"])
def test_prefixes(prefix: str) -> None:
    assert list(Lexicon(FORMS).prefixed(prefix)) == [form for form in FORMS if form.startswith(prefix)]


def test_wildcards() -> None:
    random, lexicon = Random(1), Lexicon(FORMS)
    for _ in range(400):
        pattern = "".join(random.choices("abč*?", k=random.randint(1, 7)))
        assert list(lexicon.matching(pattern)) == [form for form in FORMS if fnmatchcase(form, pattern)], pattern


def test_a_wildcards_other_characters_are_themselves() -> None:
    lexicon = Lexicon(["3.5", "345", "a+b", "a[b", "a\\b"])
    assert list(lexicon.matching("3.?")) == ["3.5"]
    assert list(lexicon.matching("a[*")) == ["a[b"]
    assert list(lexicon.matching("a\\*")) == ["a\\b"]
    assert list(lexicon.matching("a+*")) == ["a+b"]


def test_no_pattern_takes_long() -> None:
    lexicon = Lexicon(sorted("a" * (100 + number % 20) + f"{number}" for number in range(2000)))
    start = time.perf_counter()
    assert lexicon.matching("a*a*a*a*a*a*a*a*a*a*a*a*b") == []
    assert lexicon.matching("a" + "?*" * 30 + "b") == []
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("distance", [0, 1, 2])
def test_fuzzy(distance: int) -> None:
    lexicon = Lexicon(FORMS)
    for word in ("a", "abč", "babčab", "čč"):
        assert sorted(lexicon.near(word, distance)) == [form for form in FORMS if edits(form, word) <= distance]
