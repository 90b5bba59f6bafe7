"""What a token is. NLTK's RegexpTokenizer finds them; each distinct surface is analysed once and remembered.

A token is a run of letters, marks and digits of any script (Unicode categories L, M, N; invisible joiners inside), with
single joiners inside:

    apostrophe before a letter          O’Brien, don't, Modi’s
    dot between single letters          U.S., a.m., J.K.       (the last dot is left outside)
    dot between digits                  3.5                    (several: 06.02.2025 is three tokens)
    comma between groups of digits      1,250 and 1,00,000

Everything else separates: hyphens (but see `compounds`), slashes, underscores, ``&``. In scripts written without spaces
(Han, kana, Thai, Lao, Khmer, Burmese) every letter with its marks is a token, so words are found as phrases. A run longer than
`LONGEST` code points is cut into tokens of that length.

The form of a token is its folded text without apostrophes, a possessive ’s, the dots of initials and the commas of numbers.
In French, Italian and Catalan an elided word is a token of its own: ``l’état`` is ``l`` and ``etat``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from searchapp.analysis.folding import fold_characters
from searchapp.analysis.stemming import primary

LONGEST = 128
"""Code points of a run; newspapers' longest words have about 60, base64 has no end."""
REMEMBERED = 200_000
"""Surfaces remembered for each way of splitting; then the memory starts afresh. About 30 MB when full."""

FOLLOWS = r"[\p{M}\uFF9E\uFF9F]"
SPACELESS = r"[\p{L}\p{Nl}&&[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30FC\uFF70]]"
START = rf"[[\p{{L}}\p{{N}}]--{SPACELESS}]"
INSIDE = rf"[[\p{{L}}\p{{N}}\p{{M}}\u00AD\u200C\u200D\u2060]--{SPACELESS}]"
APOSTROPHE = "['’‘‛＇`´]"
LETTER = rf"[\p{{L}}--{SPACELESS}]"
_INITIALS = rf"{LETTER}\p{{M}}*(?:\.{LETTER}\p{{M}}*){{1,20}}(?!{INSIDE})(?:\.?{APOSTROPHE}[sS](?!{INSIDE}))?"
_NUMBER = rf"\p{{Nd}}{{1,3}}(?:,\p{{Nd}}{{2,3}}){{0,5}},\p{{Nd}}{{3}}(?!\p{{Nd}})(?:\.\p{{Nd}}{{1,20}})?{INSIDE}{{0,20}}"
_PART = rf"{INSIDE}{{0,{LONGEST - 1}}}+"
_WORD = rf"{START}{_PART}(?:(?:{APOSTROPHE}{LETTER}|(?<=\p{{Nd}})[.٫]\p{{Nd}}){_PART}){{0,4}}"
_PLAIN = r"""[A-Za-z]{2,60}+(?=[\s,;:!?)"”\-—]|\.\s|\Z)"""
"""What most words are. Takes nothing that `_WORD` wouldn't take the same way; the scan is three times as fast with it."""
PATTERN = rf"(?V1){_PLAIN}|{SPACELESS}{FOLLOWS}*|{_INITIALS}|{_NUMBER}|{_WORD}"
"""The definition, in the syntax of the ``regex`` engine that NLTK's tokenizer uses. Linear: every repetition is bounded
or possessive."""

_ELIDED = {
    "fr": frozenset(("c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "quelqu")),
    "it": frozenset(
        (
            *("l", "un", "d", "c", "s", "m", "t", "v", "n", "gl", "all", "dall", "dell", "nell", "sull", "coll", "quell"),
            *("quest", "bell", "sant", "tutt", "mezz", "anch", "dov", "com", "cos"),
        )
    ),
    "ca": frozenset(("d", "l", "m", "n", "s", "t")),
}


_HYPHEN = re.compile("[-\u2010\u2011]")


class Token(NamedTuple):
    """A token of a text. ``start`` and ``end`` count code points of the text; ``position`` counts tokens from 0."""

    form: str
    position: int
    start: int
    end: int


class Piece(NamedTuple):
    """A token within a surface. ``start`` and ``end`` count code points of the surface."""

    form: str
    start: int
    end: int


class _Surfaces(dict[str, str | tuple[Piece, ...]]):
    """What each surface is analysed to: its form, or pieces where that isn't all of it (elided words, dates, nothing)."""

    def __init__(self, split: str) -> None:
        self.split = split

    def __missing__(self, surface: str) -> str | tuple[Piece, ...]:
        found = reading(surface, self.split)
        if len(self) >= REMEMBERED:
            self.clear()
        self[surface] = found
        return found


FAMILIES = ("", *_ELIDED)
"""The ways in which tokens are split: see `family`."""
_surfaces = {split: _Surfaces(split) for split in FAMILIES}


def family(language: str | None) -> str:
    """The way tokens are split: a language whose elided words are tokens of their own, or the empty string for all others."""
    subtag = primary(language)
    return subtag if subtag in _ELIDED else ""


def columns(text: str, language: str | None) -> tuple[list[str], list[int], list[int]]:
    """Forms, starts and ends of the tokens of ``text``, in order: what `tokens` gives, without an object each."""
    known = _surfaces[family(language)]
    spans = [match.span() for match in compiled(PATTERN).finditer(text)]
    found = [known[text[start:end]] for start, end in spans]
    if tuple not in set(map(type, found)):
        return found, [span[0] for span in spans], [span[1] for span in spans]  # type: ignore[return-value]
    pieces = [piece for (start, end), part in zip(spans, found, strict=True) for piece in _placed(part, start, end)]
    return [piece.form for piece in pieces], [piece.start for piece in pieces], [piece.end for piece in pieces]


def _placed(found: str | tuple[Piece, ...], start: int, end: int) -> tuple[Piece, ...]:
    if isinstance(found, str):
        return (Piece(found, start, end),)
    return tuple(Piece(piece.form, start + piece.start, start + piece.end) for piece in found)


def tokens(text: str, language: str | None) -> list[Token]:
    """The tokens of ``text`` as an article in ``language`` has them."""
    forms, starts, ends = columns(text, language)
    return list(map(Token, forms, range(len(forms)), starts, ends))


def compounds(text: str, forms: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> dict[int, str]:
    """Words of two parts with a hyphen between them, as one form by the number of their first token.

    The lists are what `columns` gives for ``text``. Readers and papers don't agree on hyphens, so ``co-operation`` is
    also ``cooperation``, in the place of ``co``. Not where a part has a digit (2024-25), nor for three parts and more.
    """
    hyphens = [match.start() for match in _HYPHEN.finditer(text)]
    if not hyphens:
        return {}
    ending = {end: number for number, end in enumerate(ends)}
    pairs = {number for at in hyphens if (number := ending.get(at, len(ends))) + 1 < len(starts) and starts[number + 1] == at + 1}
    return {
        number: forms[number] + forms[number + 1]
        for number in sorted(pairs)
        if number - 1 not in pairs and number + 1 not in pairs and not has_digit(forms[number] + forms[number + 1])
    }


def has_digit(form: str) -> bool:
    """Whether a digit of any script is in it."""
    return any(character.isdigit() for character in form)


def readings(text: str, languages: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The distinct form sequences that ``text`` has in the languages given (none given: in any without elision).

    Usually one. Empty when no language finds a token in it.
    """
    ways = dict.fromkeys(family(language) for language in languages) or {"": None}
    found = dict.fromkeys(tuple(columns(text, way)[0]) for way in ways)
    return tuple(forms for forms in found if forms)


def tokenizer() -> Any:
    """The definition as an NLTK tokenizer: `columns` finds exactly what its ``span_tokenize`` finds."""
    return import_module("nltk.tokenize.regexp").RegexpTokenizer(PATTERN)


@cache
def compiled(pattern: str) -> Any:
    """A pattern as NLTK compiles it, without the time limit it gives to patterns that aren't trusted.

    The limit costs half the speed, and would make a long text's tokens depend on the machine. NLTK compiles with the
    ``regex`` engine; so does this, for `import nltk` takes a quarter of a second.
    """
    return import_module("regex").compile(pattern, re.UNICODE | re.MULTILINE | re.DOTALL)


def reading(surface: str, split: str) -> str | tuple[Piece, ...]:
    """What the pattern finds as one, in a family of `FAMILIES`: its form, or pieces where that isn't all of it.

    The same for ``surface`` with A-Z lowered.
    """
    if surface.isascii() and surface.isalnum():
        return surface.lower()
    if not split and surface.count(".") < 2:
        return _form(surface) or ()
    pieces = tuple(_pieces(surface, split))
    return pieces[0].form if len(pieces) == 1 and pieces[0][1:] == (0, len(surface)) else pieces


def _pieces(surface: str, split: str) -> Iterator[Piece]:
    start = 0
    if split:
        end = _elision(surface, split)
        if end:
            yield from _pieces(surface[: end - 1], "")
            start = end
    rest = surface[start:]
    if rest.count(".") > 1 and all(part.isdecimal() for part in rest.split(".")):
        for part in rest.split("."):
            yield Piece(_form(part), start, start + len(part))
            start += len(part) + 1
        return
    form = _form(rest)
    if form:
        yield Piece(form, start, len(surface))


def _elision(surface: str, split: str) -> int:
    """Where the word after an elided one begins, or 0."""
    folded = [fold_characters(character) for character in surface]
    if "'" not in folded:
        return 0
    at = folded.index("'")
    return at + 1 if "".join(folded[:at]) in _ELIDED[split] else 0


def _form(surface: str) -> str:
    folded = fold_characters(surface)
    if folded.isalnum() and folded.isascii():
        return folded
    if folded.endswith("'s"):
        folded = folded[:-2]
    folded = folded.replace("'", "").replace(",", "")
    if "." in folded and not any(character.isdigit() for character in folded):
        folded = folded.replace(".", "")
    return folded.strip(".")
