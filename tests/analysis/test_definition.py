"""Token cases written by hand, and the definition held against NLTK and the Unicode database."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchapp.analysis import ANALYSER, columns, compounds, readings, tokens
from searchapp.analysis.definition import LONGEST, tokenizer
from searchapp.analysis.folding import fold_characters

CASES: list[tuple[str, str, str]] = [
    ("en", "The minister spoke.", "the minister spoke"),
    ("en", "vice-president", "vice president"),
    ("en", "U.S. and U.N. troops", "us and un troops"),
    ("en", "at 10 a.m. today", "at 10 am today"),
    ("en", "J.K. Rowling, M.K.Stalin and A.P.J. Abdul Kalam", "jk rowling mk stalin and apj abdul kalam"),
    ("en", "the U.N.'s envoy, the U.S.-led force", "the un envoy the us led force"),
    ("en", "Ph.D. vs. St.Mary", "ph d vs st mary"),
    ("en", "don’t don't DON`T", "dont dont dont"),
    ("en", "O’Brien Modi’s ministers' Today'S", "obrien modi ministers today"),
    ("en", "rock 'n' roll in the '90s and 1990's", "rock n roll in the 90s and 1990"),
    ("en", "6'2\" tall", "6 2 tall"),
    ("en", "1,250 and 1,00,000 and 12,34,567.50", "1250 and 100000 and 1234567.50"),
    ("en", "in 2021,300 people; 1,2 or 10,20", "in 2021 300 people 1 2 or 10 20"),
    ("en", "3.5 per cent, $3.5bn, v2.0", "3.5 per cent 3.5bn v2.0"),
    ("en", "06.02.2025 10:30 192.168.0.1", "06 02 2025 10 30 192 168 0 1"),
    ("en", "AT&T J&K and/or foo_bar #tag @user", "at t j k and or foo bar tag user"),
    ("en", "in\u00adfor\u00admation wo\u200brd", "information wo rd"),
    ("en", "café naïve Zürich Ærø Łódź Straße İstanbul ŒUVRE", "cafe naive zurich aero lodz strasse istanbul oeuvre"),
    ("en", "cafe\u0301 e\u0301te\u0301", "cafe ete"),
    ("en", "Ｆｕｌｌ　ｗｉｄｔｈ ﬁne m² ½ 2½", "full width fine m2 ½ 2½"),
    ("en", "Ἀθῆναι ΑΘΗΝΑΣ", "αθηναι αθηνασ"),
    ("ru", "Ёлка, Киевский й", "елка киевский й"),
    ("ru", "за\u0301мок", "замок"),
    ("uk", "Київ їжак", "київ їжак"),
    ("ar", "مُحَمَّد إسلام محمـــد ١٢٣", "محمد اسلام محمد 123"),
    ("he", "שָׁלוֹם", "שלום"),
    ("hi", "राजनाथ सिंह ने कहा।", "राजनाथ सिंह ने कहा"),
    ("hi", "क़ानून ज़मीन लड़का", "कानून जमीन लडका"),
    ("hi", "क\u093cानून", "कानून"),
    ("hi", "चाँद गाँव", "चांद गांव"),
    ("hi", "१,२५० २०२५", "1250 2025"),
    ("hi", "क्\u200dष क्\u200cष", "क्ष क्ष"),
    ("bn", "স্বাধীনতা বাংলাদেশের ২০২৫", "স্বাধীনতা বাংলাদেশের 2025"),
    ("bn", "চাঁদ", "চাংদ"),
    ("bn", "ক\u09c7\u09be", "ক\u09cb"),
    ("ta", "தமிழ்நாடு", "தமிழ்நாடு"),
    ("ja", "東京タワー ﾀﾜｰ ガ ｶﾞ", "東 京 タ ワ ー タ ワ ー ガ ガ"),
    ("zh", "2025年10月", "2025 年 10 月"),
    ("th", "ที่นี่", "ที่ นี่"),
    ("ko", "서울 특별시", "서울 특별시"),
    ("fr", "l’état d'abord qu’il aujourd’hui", "l etat d abord qu il aujourdhui"),
    ("fr", "L'ÉTAT lorsqu'elle", "l etat lorsqu elle"),
    ("en", "l’état", "letat"),
    ("it", "dell’arte un'altra", "dell arte un altra"),
    ("ca", "l'home d'Osona", "l home d osona"),
    ("de", "Übergrößenträger", "ubergrossentrager"),
    ("xx", "", ""),
    ("xx", "…—!?“”👍🏽\x00\ud800", ""),
    ("xx", "\u0301\u0301 a", "a"),
]


@pytest.mark.parametrize(("language", "text", "forms"), CASES)
def test_forms(language: str, text: str, forms: str) -> None:
    assert " ".join(token.form for token in tokens(text, language)) == forms


def test_positions_count_tokens_and_offsets_count_code_points() -> None:
    text = "𝔘 “Modi’s” U.S. l’été"
    found = tokens(text, "fr")
    assert [(token.form, token.position, text[token.start : token.end]) for token in found] == [
        ("u", 0, "𝔘"),
        ("modi", 1, "Modi’s"),
        ("us", 2, "U.S"),
        ("l", 3, "l"),
        ("ete", 4, "été"),
    ]


def test_a_long_run_is_cut() -> None:
    assert [len(token.form) for token in tokens("a" * (2 * LONGEST + 1), "en")] == [LONGEST, LONGEST, 1]


def test_readings_differ_only_where_languages_do() -> None:
    assert readings("l’état", ("en", "fr")) == (("letat",), ("l", "etat"))
    assert readings("l’état", ("fr",)) == (("l", "etat"),)
    assert readings("minister", ("en", "fr", "hi")) == (("minister",),)
    assert readings("vice-president", ()) == (("vice", "president"),)
    assert readings("—", ("en",)) == ()


def test_the_analyser_names_its_version_and_nltks() -> None:
    assert ANALYSER.startswith("news-")
    assert " nltk-3." in ANALYSER


def test_the_scan_finds_what_nltks_tokenizer_finds() -> None:
    nltk = tokenizer()
    for _, text, _ in CASES:
        spans = list(nltk.span_tokenize(text))
        placed = [(token.start, token.end) for token in tokens(text, "en")]
        assert all(any(start <= s and e <= end for start, end in spans) for s, e in placed)
        assert {span for span in spans if text[span[0] : span[1]].isalpha()} <= set(placed)


def test_every_letter_and_digit_is_in_a_token_and_nothing_else() -> None:
    """By the `unicodedata` of this Python: the pattern's engine has its own tables, here at least as new."""
    lost = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] in "LN":
            if not tokens(character, "en") and fold_characters(character).strip("'"):
                lost.append(hex(code))
        elif category[0] == "M" and category != "Me" and code < 0xE0000:
            found = tokens("क" + character + "क", "hi")
            if len(found) != 1:
                lost.append(hex(code))
        elif category != "Cn" and tokens(character, "en"):
            lost.append(hex(code))
    assert lost == []


NEWS = st.text(alphabet="aA éßİ’'.,-१क़््ँ東ー1９\u200d\u00ad’s\n", max_size=60)


@given(st.one_of(st.text(max_size=80), NEWS), st.sampled_from(["en", "fr", "it", "hi", None]))
@settings(deadline=None)
def test_offsets_give_the_form_back(text: str, language: str | None) -> None:
    end = 0
    for number, token in enumerate(tokens(text, language)):
        assert token.position == number
        assert token.form
        assert end <= token.start < token.end <= len(text)
        end = token.end
        again = tokens(text[token.start : token.end], language)
        assert "".join(part.form for part in again) == token.form


@given(st.text(max_size=80))
@settings(deadline=None)
def test_a_form_is_its_own_form(text: str) -> None:
    for token in tokens(text, "en"):
        assert "".join(again.form for again in tokens(token.form, "en")) == token.form


def test_columns_say_the_same_as_tokens() -> None:
    forms, starts, ends = columns("The U.S. and 06.02.2025", "en")
    assert list(zip(forms, starts, ends, strict=True)) == [
        (t.form, t.start, t.end) for t in tokens("The U.S. and 06.02.2025", "en")
    ]


@pytest.mark.parametrize("unit", ["22,", "a.", "1.1", "'a", "a", "\u0301", "a-", "क", "東", "1,222", " ", "a'a.1"])
def test_time_is_linear(unit: str) -> None:
    def seconds(size: int) -> float:
        """The least of three: a garbage collection in between is no matter of the text's length."""
        text, taken = unit * (size // len(unit)), []
        for _ in range(3):
            start = time.process_time()
            tokens(text, "fr")
            taken.append(time.process_time() - start)
        return min(taken)

    seconds(1000)
    assert seconds(80_000) < 40 * max(seconds(10_000), 0.005)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the co-operation ministry", {1: "cooperation"}),
        ("vice\u2010chancellor, e-mail", {0: "vicechancellor", 2: "email"}),
        ("mother-in-law", {}),
        ("2024-25 and F-16", {}),
        ("a - b, a -b, a- b, a--b", {}),
        ("धीरे-धीरे", {0: "धीरेधीरे"}),
        ("Jean-Marie O’Hara-Smith", {0: "jeanmarie", 2: "oharasmith"}),
        ("", {}),
    ],
)
def test_a_hyphenated_word_of_two_parts_is_also_one(text: str, expected: dict[int, str]) -> None:
    assert compounds(text, *columns(text, "en")) == expected
