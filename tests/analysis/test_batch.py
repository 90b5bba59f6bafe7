"""The compiled analysis held against the definition and NLTK, token for token."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hard_strings import hard_strings
from invented import article

from searchapp.analysis import batch, characters, columns, compounds, definition, surfaces
from searchapp.analysis.batch import BatchAnalyser, Scanned
from searchapp.analysis.definition import LONGEST, tokenizer
from searchapp.analysis.surfaces import Surfaces

SHARED = Path(__file__).parents[3] / "shared"
LANGUAGES = ["en", "fr", "it", "ca", "hi", "en-GB", None]
SEED = 20_26


def read(
    analyser: BatchAnalyser, scanned: Scanned, texts: int
) -> Iterator[tuple[list[str], list[int], list[int], dict[int, str]]]:
    """What the definition's `columns` and `compounds` would give for each text."""
    words = dict(zip(scanned.compound_tokens.tolist(), scanned.compound_forms.tolist(), strict=True))
    assert scanned.compound_tokens.tolist() == sorted(words)
    first = 0
    for end in scanned.ends.tolist():
        tokens = slice(first, end)
        starts = scanned.starts[tokens]
        own = {token - first: analyser.forms[form] for token, form in words.items() if first <= token < end}
        forms = [analyser.forms[form] for form in scanned.forms[tokens].tolist()]
        yield forms, starts.tolist(), (starts + scanned.lengths[tokens]).tolist(), own
        first = end
    assert (first, len(scanned.ends)) == (len(scanned.forms), texts)


def differences(analyser: BatchAnalyser, texts: Sequence[str], languages: Sequence[str | None]) -> list[str]:
    found = read(analyser, analyser.scan(texts, languages), len(texts))
    different = []
    for text, language, (forms, starts, ends, words) in zip(texts, languages, found, strict=True):
        expected = columns(text, language)
        if (forms, starts, ends) != expected or words != compounds(text, *expected):
            different.append(text)
    return different


def nltk_spans(texts: Iterable[str]) -> list[list[tuple[int, int]]]:
    nltk = tokenizer()
    return [list(nltk.span_tokenize(text)) for text in texts]


def spans(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """The tokens of each text as the compiled scan finds them."""
    found = Surfaces().find(texts)
    every = list(zip(found.starts.tolist(), (found.starts + found.lengths).tolist(), strict=True))
    return [every[first:end] for first, end in pairwise([0, *found.counts.tolist()])]


def misplaced(texts: Sequence[str]) -> list[str]:
    """Texts in which the scan finds other tokens than NLTK's tokenizer."""
    return [text for text, ours, theirs in zip(texts, spans(texts), nltk_spans(texts), strict=True) if ours != theirs]


@cache
def hard_texts() -> tuple[list[str], list[list[tuple[int, int]]]]:
    """Strings and NLTK's tokens of them."""
    texts = list(hard_strings(4_000, SEED))
    return texts, nltk_spans(texts)


@pytest.mark.parametrize("seed", range(4))
def test_hard_strings_have_nltks_tokens(seed: int) -> None:
    assert misplaced(list(hard_strings(4_000, SEED + seed))) == []


@pytest.mark.parametrize("seed", range(4))
def test_hard_strings_have_the_definitions_forms(seed: int) -> None:
    random = Random(seed)
    analyser = BatchAnalyser()
    strings = hard_strings(3_000, SEED + 10 + seed)
    while texts := [text for _, text in zip(range(random.choice((1, 2, 50, 500))), strings, strict=False)]:
        assert differences(analyser, texts, [random.choice(LANGUAGES) for _ in texts]) == []


def test_invented_articles_have_the_definitions_forms() -> None:
    random = Random(7)
    articles = [article(random, number) for number in range(300)]
    texts = [f"{found.title}\n{found.body}" for found in articles]
    assert misplaced(texts) == []
    assert differences(BatchAnalyser(), texts, [found.language for found in articles]) == []


def real_texts() -> Iterator[str]:
    """Some hundred real texts of many scripts, whatever their format: markup is text too."""
    for path in sorted((SHARED / "corpora").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number % 100 == 0:
                    article = json.loads(line)
                    yield f"{article.get('title')}\n{article.get('body')}"
    for path in sorted((SHARED / "formats").rglob("*")):
        if path.is_file() and path.stat().st_size < 20_000:
            yield path.read_bytes().decode("utf-8", "surrogateescape")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared corpora")
def test_real_articles_have_the_definitions_forms() -> None:
    texts = list(real_texts())
    assert len(texts) > 500
    assert misplaced(texts) == []
    assert differences(BatchAnalyser(), texts, [LANGUAGES[number % len(LANGUAGES)] for number in range(len(texts))]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "-",
        "\ud800",
        "a\udfffb",
        "x" * LONGEST,
        "x" * (LONGEST + 1) + "'s",
        "x" * (5 * LONGEST) + "-a",
        "1" * (3 * LONGEST) + ",000",
        "東" + "\u0301" * 1_000,
        "a" + "\u0301" * 1_000 + ".b.c",
        "l'" * 50,
        "a-" * 50,
        "1." * 50,
        "é" + "A.b." * 50,
        "İIıi\u0307 ẞß \U0010ffff",
    ],
)
def test_odd_texts(text: str) -> None:
    for language in LANGUAGES:
        assert differences(BatchAnalyser(), [text, "", text + "-", "-" + text, text], [language] * 5) == []
    assert misplaced([text, text[::-1], text + text]) == []


def test_long_texts() -> None:
    random = Random(3)
    words = [text for text in hard_strings(2_000, 3, longest=12) if "\n" not in text]
    long = " ".join(random.choice(words) for _ in range(100_000))
    assert misplaced([long]) == []
    assert differences(BatchAnalyser(), ["before-after", long, "after"], ["en", "fr", "en"]) == []


def test_texts_do_not_look_beyond_their_ends() -> None:
    parts = ["vice-", "president", "-", "U", ".S.", "1", ",000", "3.", "5", "don", "'t", "東", "\u0301", "a", "\u0301"]
    assert differences(BatchAnalyser(), parts, ["en"] * len(parts)) == []
    assert misplaced(parts) == []


def test_batches_without_tokens() -> None:
    analyser = BatchAnalyser()
    for texts in ([], [""], ["", "—", ""]):
        scanned = analyser.scan(texts, ["en"] * len(texts))
        assert scanned.ends.tolist() == [0] * len(texts)
        assert [len(column) for column in (scanned.forms, scanned.starts, scanned.lengths, scanned.compound_tokens)] == [0] * 4
    with pytest.raises(ValueError, match="languages"):
        analyser.scan(["a"], [])


def test_types() -> None:
    scanned = BatchAnalyser().scan(["a co-op l'art"], ["fr"])
    kinds = [scanned.ends, scanned.forms, scanned.starts, scanned.lengths, scanned.compound_tokens, scanned.compound_forms]
    assert [column.dtype for column in kinds] == [np.int64, np.int32, np.int32, np.int32, np.int64, np.int32]


def test_numbers_stay_until_forgotten() -> None:
    analyser = BatchAnalyser()
    flood = analyser.number("flood")
    first = analyser.scan(["Flood FLOOD floods"], ["en"])
    assert first.forms.tolist() == [flood, flood, analyser.number("floods")]
    assert analyser.scan(["floods, flood"], [None]).forms.tolist() == [analyser.number("floods"), flood]
    assert analyser.forms == ["flood", "floods"]
    analyser.forget()
    assert analyser.forms == []
    assert analyser.scan(["floods"], ["en"]).forms.tolist() == [0]
    assert analyser.forms == ["floods"]


def test_a_surface_is_read_by_the_family_of_its_text() -> None:
    analyser = BatchAnalyser()
    for languages in (["en", "fr", "it"], ["fr", "en", "fr-CA"]):
        assert differences(analyser, ["l’état dell’arte"] * 3, languages) == []


def test_every_form_is_of_a_token() -> None:
    """An index has no use for forms that no article has."""
    analyser = BatchAnalyser()
    texts = list(hard_strings(3_000, 5))
    languages = [LANGUAGES[number % len(LANGUAGES)] for number in range(len(texts))]
    scanned = analyser.scan(texts, languages)
    assert set(scanned.forms.tolist()) | set(scanned.compound_forms.tolist()) == set(range(len(analyser.forms)))
    assert len(set(analyser.forms)) == len(analyser.forms)


def test_memory_of_surfaces_starts_afresh_and_forms_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SURFACES", 100)
    monkeypatch.setattr(batch, "REMEMBERED", 10)
    analyser = BatchAnalyser()
    texts = list(hard_strings(2_000, 11))
    for first in range(0, len(texts), 20):
        assert differences(analyser, texts[first : first + 20], ["fr"] * 20) == []
        assert len(analyser._surfaces) < 2_000
    assert len(set(analyser.forms)) == len(analyser.forms)


def ascii_lowered(word: str) -> str:
    return "".join(chr(ord(character) + 32) if "A" <= character <= "Z" else character for character in word)


def test_small_tables_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of two rows, batches cut after every text, and all pages unknown: every way in which a scan stops."""
    monkeypatch.setattr(surfaces, "TOGETHER", 1)
    fresh = characters.Characters()
    monkeypatch.setattr(surfaces, "characters", lambda: fresh)
    texts = list(hard_strings(1_000, 13))
    table = Surfaces(slots=2)
    found = table.find(texts)
    words = [text[start:end] for text, places in zip(texts, nltk_spans(texts), strict=True) for start, end in places]
    lowered = list(map(ascii_lowered, words))
    assert [table[surface] for surface in found.surfaces.tolist()] == lowered
    assert table.since(0) == list(dict.fromkeys(lowered))
    assert 0 < fresh.known.sum() < len(fresh.known)


@pytest.mark.parametrize("worst", ["every key the same slot", "every long surface the same key"])
def test_surfaces_that_collide_are_told_apart(worst: str) -> None:
    table = Surfaces(slots=2)
    table._seeds[:] = [0, 0, 1] if worst.endswith("key") else [0, 1, 0]
    texts = list(hard_strings(150, 17))
    found = table.find(texts)
    numbers = {table[number]: number for number in range(len(table))}
    assert len(numbers) == len(table)
    words = [text[start:end] for text, places in zip(texts, nltk_spans(texts), strict=True) for start, end in places]
    assert found.surfaces.tolist() == [numbers[ascii_lowered(word)] for word in words]


MUTANTS = {
    "no mark": ("\u0301", characters.INSIDE | characters.MARK),
    "hyphen joins": ("-", characters.JOINER),
    "underscore in words": ("_", characters.INSIDE),
    "backquote doesn't join": ("`", characters.JOINER),
    "kana is spaced": ("カ", characters.SPACELESS),
    "kana length mark is spaced": ("ー", characters.SPACELESS),
    "half-width mark doesn't follow": ("\uff9e", characters.FOLLOWS),
    "half-width mark is no letter": ("\uff9e", characters.INSIDE),
    "Devanagari digit is none": ("२", characters.DIGIT),
    "superscript is a digit": ("²", characters.DIGIT),
    "circled letter begins nothing": ("ⓐ", characters.START),
    "no joiner inside": ("\u200d", characters.INSIDE),
    "Hebrew is no letter": ("ש", characters.LETTER),
    "modifier apostrophe is no letter": ("ʼ", characters.START | characters.LETTER),
    "comma joins nothing": (",", characters.JOINER),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_class_is_noticed(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hard strings are hard enough: a class with one wrong code point gives other tokens than NLTK."""
    wrong = characters.Characters()
    character, bits = MUTANTS[mutant]
    wrong.learn(ord(character) // characters.PAGE)
    wrong.bits[ord(character)] ^= bits
    monkeypatch.setattr(surfaces, "characters", lambda: wrong)
    texts, expected = hard_texts()
    assert spans(texts) != expected


def test_classes_are_those_of_nltks_engine() -> None:
    """All code points at once, through NLTK's own compiler."""
    from nltk import redos

    known = characters.characters()
    for page in range(len(known.known)):
        known.learn(page)
    everything = "".join(map(chr, range(0x110000)))
    for bit, pattern in characters._CLASSES.items():
        expected = np.zeros(0x110000, bool)
        expected[[match.start() for match in redos.compile("(?V1)" + pattern, timeout=None).finditer(everything)]] = True
        assert np.array_equal((known.bits & bit) != 0, expected), pattern


def test_the_pattern_compiled_here_is_nltks() -> None:
    nltk = tokenizer()
    nltk._check_regexp()
    own = definition.compiled(definition.PATTERN)
    assert (own.pattern, own.flags) == (nltk._regexp.pattern, nltk._regexp.flags)
    assert own == nltk._regexp._rx


def test_queries_do_not_import_what_batches_need() -> None:
    heavy = "{'nltk', 'numba', 'numpy'}"
    code = f"import sys, searchapp.analysis as a; a.tokens('Floods', 'en'); sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
