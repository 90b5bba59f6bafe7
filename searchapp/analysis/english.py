"""NLTK's English stemmer as compiled code: what `nltk.stem.snowball.EnglishStemmer` says of words of the letters a-z.

`searchapp.analysis.stemming` asks it only where NLTK's source is the one it was translated from. NLTK keeps a word and two of
its ends, R1 and R2; here these are two lengths. Its steps look for one suffix each, the first of a list that the word ends
with, and do one thing with it, often on the condition that R1 or R2 ends with it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp.analysis.compiled import kernel

bare: Any = kernel(nogil=True, _nrt=False)
"""A kernel that makes no arrays."""

Letters = Any
"""An array, for numba to type."""

_CUT, _REPLACE, _REPLACE_OR_E, _AFTER_L, _AFTER_LI, _IN_R2, _AFTER_ST = range(7)
"""What is done with a suffix: R1 and R2 lose what the word loses; or they end like the word, R2 as nothing or ``e`` when it was
too short; or the first, if a certain letter stands before; or if R2 ends with the suffix too."""

_Row = tuple[str, int, str, int]
"""A suffix, how many letters the word loses, what it gets for them, what is done."""

_STEP_2: tuple[_Row, ...] = (
    ("ization", 7, "ize", _REPLACE), ("ational", 7, "ate", _REPLACE_OR_E), ("fulness", 4, "", _CUT),
    ("ousness", 7, "ous", _REPLACE), ("iveness", 7, "ive", _REPLACE_OR_E), ("tional", 2, "", _CUT),
    ("biliti", 6, "ble", _REPLACE), ("lessli", 2, "", _CUT), ("entli", 2, "", _CUT), ("ation", 5, "ate", _REPLACE_OR_E),
    ("alism", 5, "al", _REPLACE), ("aliti", 5, "al", _REPLACE), ("ousli", 5, "ous", _REPLACE),
    ("iviti", 5, "ive", _REPLACE_OR_E), ("fulli", 2, "", _CUT), ("enci", 1, "e", _REPLACE), ("anci", 1, "e", _REPLACE),
    ("abli", 1, "e", _REPLACE), ("izer", 4, "ize", _REPLACE), ("ator", 4, "ate", _REPLACE_OR_E), ("alli", 4, "al", _REPLACE),
    ("bli", 3, "ble", _REPLACE), ("ogi", 1, "", _AFTER_L), ("li", 2, "", _AFTER_LI),
)  # fmt: skip
_STEP_3: tuple[_Row, ...] = (
    ("ational", 7, "ate", _REPLACE), ("tional", 2, "", _CUT), ("alize", 3, "", _CUT), ("icate", 5, "ic", _REPLACE),
    ("iciti", 5, "ic", _REPLACE), ("ative", 5, "", _IN_R2), ("ical", 4, "ic", _REPLACE), ("ness", 4, "", _CUT),
    ("ful", 3, "", _CUT),
)  # fmt: skip
_STEP_4: tuple[_Row, ...] = tuple(
    (suffix, len(suffix), "", _AFTER_ST if suffix == "ion" else _CUT)
    for suffix in "ement ance ence able ible ment ant ent ism ate iti ous ive ize ion al er ic".split()
)

SPECIAL: dict[str, str] = dict(
    pair.split(":")
    for pair in (
        "skis:ski skies:sky dying:die lying:lie tying:tie idly:idl gently:gentl ugly:ugli early:earli only:onli "
        "singly:singl sky:sky news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes inning:inning "
        "innings:inning outing:outing outings:outing canning:canning cannings:canning herring:herring herrings:herring "
        "earring:earring earrings:earring proceed:proceed proceeds:proceed proceeded:proceed proceeding:proceed "
        "exceed:exceed exceeds:exceed exceeded:exceed exceeding:exceed succeed:succeed succeeds:succeed succeeded:succeed "
        "succeeding:succeed "
    ).split()
)
"""Words with stems of their own."""


def _table(rows: Sequence[_Row]) -> NDArray[np.uint8]:
    """Rows of 16 bytes: suffix (7), its length, what the word loses, what it gets (3), its length, what is done."""
    table = np.zeros((len(rows), 16), np.uint8)
    for row, (suffix, lost, got, done) in zip(table, rows, strict=True):
        row[: len(suffix)] = list(suffix.encode())
        row[7], row[8], row[12], row[13] = len(suffix), lost, len(got), done
        row[9 : 9 + len(got)] = list(got.encode())
    return table


STEP_2, STEP_3, STEP_4 = _table(_STEP_2), _table(_STEP_3), _table(_STEP_4)
_STARTS = np.array([list(word.ljust(6).encode()) for word in ("gener", "arsen", "commun")], np.uint8)
_A, _B, _D, _E, _G, _I, _L, _M, _N, _O, _P, _R, _S, _T, _U, _W, _X, _Y, _Z, _CONSONANT_Y = (
    ord(letter) for letter in "abdegilmnoprstuwxyzY"
)


@bare
def _vowel(letter: Any) -> bool:
    """A letter of ``aeiouy``; not the Y that stands for a consonant."""
    return letter in (_A, _E, _I, _O, _U, _Y)


@bare
def _ends(word: Letters, start: Any, size: Any, last: Any, before: Any) -> bool:
    """Whether a word ends with two letters."""
    return size >= 2 and word[start + size - 1] == last and word[start + size - 2] == before


@bare
def _has_vowel(word: Letters, start: Any, size: Any) -> bool:
    at = start
    while at < start + size and not _vowel(word[at]):
        at += 1
    return at < start + size


@bare
def _region(word: Letters, first: Any, end: Any) -> Any:
    """Letters after the first consonant that follows a vowel, both from ``first`` on."""
    for at in range(first + 1, end):
        if not _vowel(word[at]) and _vowel(word[at - 1]):
            return end - at - 1
    return 0


@bare
def _begins(word: Letters, start: Any, size: Any) -> Any:
    """Letters of ``gener``, ``arsen`` or ``commun`` that a word begins with; R1 is all after them. 0: none of them."""
    for row in range(3):
        length = 6 if row == 2 else 5
        same = size >= length
        for at in range(length):
            same = same and word[start + at] == _STARTS[row, at]
        if same:
            return length
    return 0


@bare
def _step(word: Letters, start: Any, sizes: Letters, table: Letters, region: Any) -> None:
    """Steps 2, 3 and 4: the first suffix of a table that the word ends with, if R1 or R2 (``region`` 1 or 2) ends with it."""
    size = sizes[0]
    last = word[start + size - 1]
    for row in range(table.shape[0]):
        length = np.int64(table[row, 7])
        if length > size or table[row, length - 1] != last:
            continue
        same = True
        for at in range(length - 1):
            same = same and table[row, at] == word[start + size - length + at]
        if not same:
            continue
        done, lost, got = table[row, 13], np.int64(table[row, 8]), np.int64(table[row, 12])
        before = word[start + size - length - 1] if size > length else np.uint8(0)
        if sizes[region] < length or (done == _IN_R2 and sizes[2] < length):
            return
        if (done == _AFTER_L and before != _L) or (done == _AFTER_ST and before not in (_S, _T)):
            return
        if done == _AFTER_LI and not _before_li(before):
            return
        for at in range(got):
            word[start + size - lost + at] = table[row, 9 + at]
        sizes[0] = size - lost + got
        for part in range(1, 3):
            if sizes[part] >= lost:
                sizes[part] += got - lost
            else:
                sizes[part] = 1 if done == _REPLACE_OR_E and part == 2 else 0
        return


@bare
def _before_li(letter: Any) -> bool:
    """A letter of ``cdeghkmnrt``."""
    return _D - 1 <= letter <= _E or _G <= letter <= _G + 1 or letter == 0x6B or _M <= letter <= _N or letter in (_R, _T)


@bare
def _cut(sizes: Letters, lost: Any) -> None:
    """Word, R1 and R2 lose their last letters."""
    for part in range(3):
        sizes[part] = max(sizes[part] - lost, 0)


@bare
def _step_1a(word: Letters, start: Any, sizes: Letters) -> None:
    size = sizes[0]
    end = start + size
    if word[end - 1] == _S and size >= 4 and word[end - 2] == _E and word[end - 3] == _S and word[end - 4] == _S:
        _cut(sizes, 2)
    elif size >= 3 and word[end - 3] == _I and word[end - 2] == _E and (word[end - 1] == _D or word[end - 1] == _S):
        _cut(sizes, 2 if size > 4 else 1)
    elif word[end - 1] == _S and word[end - 2] != _U and word[end - 2] != _S and _has_vowel(word, start, size - 2):
        _cut(sizes, 1)


@bare
def _step_1b(word: Letters, start: Any, sizes: Letters) -> None:
    end, size = start + sizes[0], sizes[0]
    less = 2 if _ends(word, start, size, _Y, _L) else 0  # -ly, where -ed and -ing are looked for before it
    if _ends(word, start, size - less, _D, _E):
        suffix = 2 + less
        if size > suffix and word[end - suffix - 1] == _E:
            if sizes[1] >= suffix + 1:
                _cut(sizes, suffix - 1)
                sizes[2] = sizes[2] if sizes[2] >= 2 else 0
            return
    elif size - less >= 3 and _ends(word, start, size - less, _G, _N) and word[end - less - 3] == _I:
        suffix = 3 + less
    else:
        return
    if not _has_vowel(word, start, size - suffix):
        return
    _cut(sizes, suffix)
    size = sizes[0]
    end = start + size
    last, before = word[end - 1], word[end - 2] if size >= 2 else np.uint8(0)
    if _ends(word, start, size, _T, _A) or _ends(word, start, size, _L, _B) or _ends(word, start, size, _Z, _I):
        word[end] = _E
        sizes[0] += 1
        sizes[1] += 1
        sizes[2] += 1 if sizes[0] > 5 or sizes[1] >= 3 else 0
    elif last == before and (last in (_B, _D, _P, _R, _T) or _G - 1 <= last <= _G or _M <= last <= _N):
        _cut(sizes, 1)
    elif sizes[1] == 0 and _short(word, start, size, last, before):
        word[end] = _E
        sizes[0] += 1
        sizes[2] += 1 if sizes[2] > 0 else 0


@bare
def _short(word: Letters, start: Any, size: Any, last: Any, before: Any) -> bool:
    """Whether a word without R1 ends in consonant, vowel, consonant, or is a vowel and a consonant."""
    if size == 2:
        return _vowel(before) and not _vowel(last)
    hard = not _vowel(last) and last not in (_W, _X, _CONSONANT_Y)
    return size >= 3 and hard and _vowel(before) and not _vowel(word[start + size - 3])


@bare
def _step_5(word: Letters, start: Any, sizes: Letters) -> None:
    end = start + sizes[0]
    last = word[end - 1]
    if sizes[2] > 0 and (last == _E or (last == _L and word[end - 2] == _L)):
        sizes[0] -= 1
    elif sizes[1] > 0 and last == _E and sizes[0] >= 4:
        before = word[end - 2]
        long = _vowel(before) or before in (_W, _X, _CONSONANT_Y)
        if long or not _vowel(word[end - 3]) or _vowel(word[end - 4]):
            sizes[0] -= 1


@bare
def stem(letters: Letters, ends: Letters, two: Letters, three: Letters, four: Letters, sizes: Letters, out_ends: Letters) -> None:
    """Stem words that stand one after the other in ``letters``, each to its end; writes the stems over them.

    ``two``, ``three``, ``four``: `STEP_2`, `STEP_3`, `STEP_4`. ``sizes``: room for three numbers. ``out_ends``: where each stem
    ends; they stand one after the other from the beginning on. No stem is longer than its word.
    """
    begin, used = 0, 0
    for number in range(ends.shape[0]):
        start, size = begin, ends[number] - begin
        begin = ends[number]
        if size > 2:
            consonant = letters[start] == _Y
            if consonant:
                letters[start] = _CONSONANT_Y
            for at in range(start + 1, begin):
                if letters[at] == _Y and _vowel(letters[at - 1]):
                    letters[at] = _CONSONANT_Y
            first = _begins(letters, start, size)
            sizes[0] = size
            sizes[1] = size - first if first else _region(letters, start, begin)
            sizes[2] = _region(letters, begin - sizes[1], begin)
            _step_1a(letters, start, sizes)
            _step_1b(letters, start, sizes)
            end = start + sizes[0]
            if sizes[0] > 2 and (letters[end - 1] == _Y or letters[end - 1] == _CONSONANT_Y) and not _vowel(letters[end - 2]):
                letters[end - 1] = _I
            _step(letters, start, sizes, two, 1)
            _step(letters, start, sizes, three, 1)
            _step(letters, start, sizes, four, 2)
            _step_5(letters, start, sizes)
            size = sizes[0]
        for at in range(start, start + size):
            letters[used] = _Y if letters[at] == _CONSONANT_Y else letters[at]
            used += 1
        out_ends[number] = used


def stems(words: Sequence[str]) -> list[str]:
    """The stems of words, which must be of the letters a-z; not what `SPECIAL` says of them."""
    letters = np.frombuffer(bytearray("".join(words), "ascii"), np.uint8)
    ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
    stops = np.empty(len(words), np.int64)
    stem(letters, ends, STEP_2, STEP_3, STEP_4, np.zeros(3, np.int64), stops)
    text, bounds = letters.tobytes().decode("ascii"), [0, *stops.tolist()]
    return [text[start:end] for start, end in pairwise(bounds)]
