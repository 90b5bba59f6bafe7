"""Chains and stems, held against NLTK's own stemmers."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from random import Random

import pytest
from nltk.stem.snowball import EnglishStemmer, SnowballStemmer

from searchapp.analysis import chain, english, is_stop_word, stem, stemming
from searchapp.analysis.stemming import _SNOWBALL, UNSTEMMED, _english_endings, stem_many

SEED = 20261122
ENDINGS = _english_endings(vars(EnglishStemmer)) or frozenset()
WORDS = {
    "en": "running committees ministers elections generously wages leaked bridged relational",
    "fr": "continuellement maisons gouvernement",
    "de": "aufeinander ministerin hauser",
    "es": "cheques elecciones",
    "ru": "вавиловка важнейшими",
    "ar": "والمدرسة المعلمون يكتبون",
    "fi": "kaupungissa",
    "hu": "hazakban",
}


@pytest.mark.parametrize("code", WORDS)
def test_stems_are_nltks(code: str) -> None:
    for word in WORDS[code].split():
        assert stem(word, code) == SnowballStemmer(_SNOWBALL[code]).stem(word)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "en"),
        ("en-IN", "en"),
        ("EN_gb", "en"),
        ("nb-NO", "no"),
        ("nn", "no"),
        ("hi", "-"),
        ("bn", "-"),
        ("", "-"),
        (None, "-"),
    ],
)
def test_chains(language: str | None, expected: str) -> None:
    assert chain(language) == expected


def test_a_chain_for_every_snowball_language() -> None:
    assert {code for code in _SNOWBALL if chain(code) == code} == set(_SNOWBALL)
    assert {name for name in SnowballStemmer.languages if name != "porter"} == set(_SNOWBALL.values())


def test_without_a_stemmer_a_form_is_its_own_stem() -> None:
    assert stem("सिंह", "-") == "सिंह"
    assert stem("running", "-") == "running"


def test_numbers_are_not_stemmed() -> None:
    assert stem("1990s", "en") == "1990s"


def test_an_arabic_stem_does_not_depend_on_the_word_before() -> None:
    words = [
        f"{before}{root}{after}"
        for before in ("", "ال", "و")
        for root in ("مدرس", "كتب", "علم")
        for after in ("", "ون", "ات", "كم")
    ]
    fresh = {word: SnowballStemmer("arabic").stem(word) for word in words}
    assert {word: stem(word, "ar") for word in reversed(words)} == fresh


@pytest.mark.parametrize(
    ("form", "language", "expected"),
    [
        ("the", "en", True),
        ("the", "en-GB", True),
        ("bridge", "en", False),
        ("der", "de", True),
        ("etaient", "fr", True),
        ("the", "hi", False),
    ],
)
def test_stop_words(form: str, language: str, expected: bool) -> None:
    assert is_stop_word(form, language) is expected


def test_importing_the_analysis_does_not_import_nltk() -> None:
    """`import nltk` takes half a second, which `searchapp --help` must not wait for."""
    code = "import searchapp.analysis, sys; sys.exit('nltk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("code", WORDS)
def test_many_stems_are_the_same(code: str) -> None:
    forms = [*WORDS[code].split(), "1990s", "संसद", "a", *WORDS[code].split()]
    assert stem_many(forms, code) == [stem(form, code) for form in forms]
    assert stem_many(forms, UNSTEMMED) == forms


def suffixes() -> list[str]:
    """What the English stemmer looks for, and what its rules turn on besides."""
    tables = [value for name, value in vars(EnglishStemmer).items() if name.endswith("_suffixes")]
    return sorted(
        {suffix for table in tables for suffix in table if suffix.isalpha()} | {"y", "at", "bl", "iz", "tt", "ied", "ly"}
    )


def english_words(random: Random) -> list[str]:
    """Suffixes upon suffixes behind beginnings that put the stemmer's regions in different places, and strings of few letters."""
    beginnings = ("", "b", "y", "ay", "ab", "aba", "abab", "gener", "arsen", "commun", "communi", "gen", "qu")
    words = [f"{start}{one}{two}" for start in beginnings for one in suffixes() for two in suffixes()]
    for letters, longest in (("aeysti", 9), ("abcdefghijklmnopqrstuvwxyz", 12), ("aeiouybdglnst", 14)):
        words += ["".join(random.choices(letters, k=random.randrange(1, longest))) for _ in range(15_000)]
    return words


def test_compiled_english_stems_are_nltks() -> None:
    nltk = SnowballStemmer("english")
    words = [*english_words(Random(SEED)), *english.SPECIAL, "a" * 200 + "ing", "s" * 300]
    assert stem_many(words, "en") == [nltk.stem(word) for word in words], SEED
    assert vars(EnglishStemmer)["_EnglishStemmer__special_words"] == english.SPECIAL


def test_compiled_english_stems_are_used_for_the_nltk_they_were_made_of_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another stemmer, what it says counts."""
    assert stemming._is_translated()
    stemming._is_translated.cache_clear()
    monkeypatch.setattr(stemming, "_TRANSLATED", "another")
    assert not stemming._is_translated()
    monkeypatch.setattr(english, "stems", None)
    assert stem_many(["relational", "qqqings"], "en") == ["relat", "qqqing"]
    stemming._is_translated.cache_clear()


def test_english_words_that_nltk_is_not_asked_for_are_their_own_stems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ending of three letters, after beginnings that put the stemmer's regions in different places."""
    monkeypatch.setattr(stemming, "_is_translated", lambda: False)
    nltk = SnowballStemmer("english")
    endings = ["".join(letters) for letters in product("abcdefghijklmnopqrstuvwxyz", repeat=3)]
    forms = [start + ending for start in ("", "tomat", "gener") for ending in endings]
    forms += list(vars(EnglishStemmer)["_EnglishStemmer__special_words"])
    assert stem_many(forms, "en") == [nltk.stem(form) for form in forms]
    skipped = sum(form[-2:] not in ENDINGS and form[-1] not in ENDINGS for form in forms)
    assert skipped > len(forms) // 3


@pytest.mark.parametrize("word", ["ꭰꭱꭲ", "Ꭰ", "straße", "ﬁ", "don’t", "ab'", "x", ""])
def test_stems_of_unusual_forms_are_nltks(word: str) -> None:
    assert stem_many([word], "en") == [SnowballStemmer("english").stem(word)]


def test_another_english_stemmer_is_asked_for_every_word() -> None:
    tables = dict(vars(EnglishStemmer))
    assert _english_endings(tables) is not None
    assert _english_endings({**tables, "_EnglishStemmer__step6_suffixes": ("x",)}) is None
    assert _english_endings({}) is None
