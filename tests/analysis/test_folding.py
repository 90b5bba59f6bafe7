"""Folding of whole values, and what the table must never do."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchapp.analysis import fold
from searchapp.analysis.folding import fold_characters


@pytest.mark.parametrize(
    ("value", "folded"),
    [
        ("  New\u00a0 Delhi \n", "new delhi"),
        ("P.T.I.", "p.t.i."),
        ("O’Brien “x” – y", 'o\'brien "x" - y'),
        ("https://Example.org/A?b=1", "https://example.org/a?b=1"),
        ("Ａ－１", "a-1"),
        ("ZÜRICH", "zurich"),
        ("२०२५", "2025"),
        ("", ""),
        ("½ ﷺ", "½ ﷺ"),
    ],
)
def test_values(value: str, folded: str) -> None:
    assert fold(value) == folded


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


CYRILLIC = st.text(alphabet="ийкќгѓеёіїуўЙЌѝѐ\u0306\u0301\u0308\u0300", max_size=12)


@given(st.one_of(st.text(max_size=50), CYRILLIC))
def test_composed_and_decomposed_fold_alike(text: str) -> None:
    assert fold_characters(unicodedata.normalize("NFD", text)) == fold_characters(unicodedata.normalize("NFC", text))


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=30))
def test_case_makes_no_difference(text: str) -> None:
    assert fold_characters(text.upper()) == fold_characters(text.upper().lower())


def test_marks_of_indic_scripts_stay() -> None:
    kept = [chr(code) for code in range(0x0900, 0x0DF4) if unicodedata.category(chr(code)) in ("Mc", "Mn")]
    dropped = {mark for mark in kept if not fold_characters("क" + mark).removeprefix("क")}
    assert dropped == {"\u093c", "\u09bc", "\u0a3c", "\u0abc", "\u0b3c", "\u0c3c", "\u0cbc"}


def test_ascii_is_folded_as_its_code_points_are() -> None:
    """There is a shorter way for text of ASCII alone."""
    for code in range(128):
        assert fold_characters(chr(code)) == fold_characters(chr(code) + "\u00e9")[:-1]
