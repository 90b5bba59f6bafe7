"""What prefixes, wildcards and fuzzy words stand for, against the plainest code there is."""

from __future__ import annotations

import time
from bisect import bisect_left
from random import Random

import numpy as np
import pytest

from searchapp.engines.whoosh.layout import SEPARATOR
from searchapp.engines.whoosh.lexicon import FormList
from searchapp.query.matching import fuzzy_matches, wildcard_matches


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


SCRIPTS = ("abcč", "бвг", "নদীা", "ab水災\ud834", "aé\U0001f30a\U0010ffff", "z9.")


def scripts(number: int) -> list[str]:
    """Forms of several scripts, some sharing long beginnings, half a surrogate pair and the last code point among them."""
    random = Random(number)
    stems = ["", "", *("".join(random.choices(random.choice(SCRIPTS), k=random.randint(1, 40))) for _ in range(5))]
    made = (random.choice(stems) + "".join(random.choices(random.choice(SCRIPTS), k=random.randint(1, 6))) for _ in range(number))
    return sorted(set(made))


def form_list(forms: list[str], kind: str) -> FormList:
    """The forms as a stemmed set holds them, or (``values``) as the middle one of three name fields."""
    coded = [form.encode("utf-8", "surrogatepass") for form in forms]
    gap = 1
    if kind == "values":
        others = {field: [f"{field}{SEPARATOR}{form}".encode() for form in ("a", "b")] for field in ("agency", "place")}
        coded = [*others["agency"], *(f"byline{SEPARATOR}".encode() + form for form in coded), *others["place"]]
        gap = 0
    blob = np.frombuffer(b"".join(form + b"\n" * gap for form in coded), np.uint8)
    ends = np.array(np.cumsum([len(form) + gap for form in coded]) - gap, np.uint32)
    ends.flags.writeable = False
    if kind == "values":
        head = f"byline{SEPARATOR}"
        return FormList(blob, ends, gap, span=FormList(blob, ends, gap).prefixed(head), head=head)
    return FormList(blob, ends)


KINDS = pytest.mark.parametrize("kind", ["text", "values"])


@KINDS
def test_mapped_forms_by_number_and_prefix(kind: str) -> None:
    forms = scripts(500)
    listed = form_list(forms, kind)
    assert [listed.form(number) for number in range(listed.first, listed.last)] == forms
    for wanted in (*forms, *(form[:-1] for form in forms), *(form + "a" for form in forms), "nothing", "\x01", "\U0010ffff" * 3):
        number = listed.number(wanted)
        assert (None if number is None else listed.form(number)) == (wanted if wanted in forms else None), repr(wanted)
        first, last = listed.prefixed(wanted)
        expected = [form for form in forms if form.startswith(wanted)]
        assert [listed.form(number) for number in range(first, last)] == expected, repr(wanted)
        if wanted:
            assert first - listed.first == bisect_left(forms, wanted)


@KINDS
def test_mapped_forms_by_wildcard(kind: str) -> None:
    random, forms = Random(3), scripts(400)
    listed, matched = form_list(forms, kind), 0
    for _ in range(500):
        letters = list(random.choice(forms))
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(letters))
            letters[at : at + random.randint(0, 4)] = random.choice(["*", "?", "**", "*?", "?*"])
        pattern = "".join(letters)
        expected = [form for form in forms if wildcard_matches(pattern, form)]
        assert [listed.form(number) for number in listed.matching(pattern)] == expected, repr(pattern)
        assert [listed.form(number) for number in listed.matching(pattern, 2)] == expected[:2]
        matched += len(expected) > 1
    assert matched > 100


@KINDS
@pytest.mark.parametrize("distance", [0, 1, 2])
def test_mapped_forms_nearby(kind: str, distance: int) -> None:
    random, forms = Random(4), scripts(700)
    listed, found = form_list(forms, kind), 0
    for _ in range(150):
        letters = list(random.choice(forms))
        for _ in range(random.randint(0, 2)):
            at = random.randrange(len(letters) + 1)
            letters[at : at + random.randint(0, 2)] = random.choice(
                ["", "a", "в", "\U0001f30a", "".join(letters[at : at + 2])[::-1]]
            )
        word = "".join(letters)
        expected = [form for form in forms if fuzzy_matches(form, word, distance)]
        assert [listed.form(number) for number in listed.near(word, distance)] == expected, repr(word)
        assert [listed.form(number) for number in listed.near(word, distance, 1)] == expected[:1]
        found += len(expected) > 1
    assert distance == 0 or found > 20


@pytest.mark.parametrize("distance", [0, 1, 2])
def test_distance_by_its_recurrence(distance: int) -> None:
    forms = sorted({"".join(Random(seed).choices("abč", k=Random(seed).randint(1, 6))) for seed in range(900)})
    listed = form_list(forms, "text")
    for word in ("a", "abč", "babčab", "čč", "", "abababababab"):
        assert [listed.form(number) for number in listed.near(word, distance)] == [
            form for form in forms if edits(form, word) <= distance
        ]


@pytest.mark.parametrize(("pattern", "form"), [("3.?", "3.5"), ("a[*", "a[b"), ("a\\*", "a\\b"), ("a+*", "a+b")])
def test_a_wildcards_other_characters_are_themselves(pattern: str, form: str) -> None:
    listed = form_list(["3.5", "345", "a+b", "a[b", "a\\b"], "text")
    assert [listed.form(number) for number in listed.matching(pattern)] == [form]


def test_no_forms_at_all() -> None:
    for kind in ("text", "values"):
        listed = form_list([], kind)
        assert len(listed) == 0
        assert listed.number("a") is None
        assert listed.prefixed("a")[0] == listed.prefixed("a")[1]
        assert [len(found) for found in (listed.matching("a*"), listed.near("a", 2))] == [0, 0]


def test_no_pattern_takes_long_on_mapped_forms() -> None:
    listed = form_list(sorted("a" * (100 + number % 20) + f"{number}" for number in range(2000)), "text")
    listed.matching("b*")
    start = time.perf_counter()
    assert len(listed.matching("a*a*a*a*a*a*a*a*a*a*a*a*b")) == 0
    assert len(listed.matching("a" + "?*" * 30 + "b")) == 0
    assert time.perf_counter() - start < 1
