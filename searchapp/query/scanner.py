"""Query text to lexemes: where words, phrases, operators and fields begin and end. Total and linear.

It decides what is an operator, a field or a quoted phrase, and reads the numbers that are attached to them. What a word
means (prefix, wildcard, tokens) is decided in `searchapp.query.words`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from searchapp.fields import BY_NAME
from searchapp.query.limits import MAX_SLOP
from searchapp.query.tree import Note

Kind = Literal["(", ")", "AND", "OR", "NOT", "NEAR", "FIELD", "WORD", "PHRASE", "RANGE", "END"]

DEFAULT_NEAR = 10
"""The distance of NEAR without a number."""
MIN_BOOST, MAX_BOOST = 0.1, 10.0

_KIN = {
    **dict.fromkeys(map(ord, "“”„‟«»″〝〞「」『』"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–−﹣"), "-"),
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}
"""Characters read as their plain kin, one for one, so that positions stay: quotes, short dashes, full-width forms."""
_OTHER_NAMES = {
    "author": "byline", "by": "byline", "writer": "byline", "headline": "title", "text": "body", "paper": "source",
    "newspaper": "source", "publisher": "source", "wire": "agency", "tags": "tag", "keyword": "tag", "places": "place",
    "location": "place", "city": "place", "dateline": "place", "category": "section", "desk": "section", "lang": "language",
    "day": "date", "published": "date", "link": "url",
}  # fmt: skip
_OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}
_RUN = re.compile('[^ ()"—―]*')
"""What a word reaches over."""
_PLAIN_RUN = re.compile(' *+([^\\W_][^ ()"—―:]*+)(?!:)')
"""The same, after spaces, of what can be neither a field nor begin with a sign."""


@dataclass(slots=True)
class Lexeme:
    """A piece of the query. ``text`` is without quotes, ``=`` and numbers attached; ``number`` is a NEAR's distance or the
    digits after ``~`` of a phrase; ``fuzzy`` is what follows the ``~`` of a word (None: no ``~``)."""

    kind: Kind
    text: str
    start: int
    end: int
    number: int = 0
    exact: bool = False
    boost: float = 1.0
    boosted: bool = False
    fuzzy: str | None = None


@dataclass(slots=True)
class Scan:
    """The text while it is read."""

    text: str
    at: int = 0
    lexemes: list[Lexeme] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, message: str, start: int, end: int) -> None:
        """Say how code points start..end were read."""
        self.notes.append(Note(message, start, min(end, len(self.text))))


def without_surrogates(text: str) -> str:
    """``text`` with lone surrogates, which can't be written as UTF-8, replaced one for one."""
    return text if text.isascii() else text.translate(_SURROGATES)


_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def scan(text: str) -> tuple[list[Lexeme], list[Note]]:
    """The lexemes of a query, an ``END`` after the last, and notes on what was guessed.

    Never raises; takes time in proportion to the text.
    """
    state = Scan(text if text.isascii() and text.isprintable() else text.translate(_PLAIN))
    while state.at < len(text):
        _next(state)
    state.lexemes.append(Lexeme("END", "", state.at, state.at))
    return state.lexemes, state.notes


class _Plain(dict[int, str]):
    """What `str.translate` looks code points up in, one for one; filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = _KIN.get(code) or chr(code)
        self[code] = plain = " " if _is_space(character) else character
        return plain


_PLAIN = _Plain()


def _is_space(character: str) -> bool:
    """White space, control characters and the invisible ones that separate words (not ZWJ and ZWNJ, which join letters)."""
    return character.isspace() or character in "\u200b\ufeff" or unicodedata.category(character) == "Cc"


def _next(state: Scan) -> None:
    text, start = state.text, state.at
    plain = _PLAIN_RUN.match(text, start)
    if plain is not None:
        state.at = plain.end()
        _run(state, plain[1], plain.start(1))
        return
    character = text[start]
    if character in " —―":
        state.at += 1
    elif character == "(":
        state.at += 1
        state.lexemes.append(Lexeme("(", "(", start, state.at))
    elif character == ")":
        state.at += 1
        lexeme = Lexeme(")", ")", start, state.at)
        _attached(state, lexeme)
        state.lexemes.append(lexeme)
    elif character == "-" and _begins_operand(text, start + 1):
        state.at += 1
        state.lexemes.append(Lexeme("NOT", "-", start, state.at))
    elif character == "+" and _begins_operand(text, start + 1):
        state.at += 1
    elif not _field(state):
        _operand(state, start)


def _begins_operand(text: str, at: int) -> bool:
    return at < len(text) and (text[at] in '("=' or text[at].isalnum())


def _operand(state: Scan, start: int, *, value: bool = False) -> None:
    """A phrase or a run of characters, from the current place. As a field's ``value`` it is never an operator."""
    exact = state.text.startswith("=", state.at)
    if exact:
        state.at += 1
        if not value and _field(state):
            state.lexemes[-1].exact = True
            return
    if state.text.startswith('"', state.at):
        _phrase(state, start, exact)
        return
    found = _RUN.match(state.text, state.at)
    assert found is not None
    state.at = found.end()
    if value or exact:
        state.lexemes.append(Lexeme("WORD", found[0], start, state.at, exact=exact))
    else:
        _run(state, found[0], start)


def _run(state: Scan, run: str, start: int) -> None:
    """An operator or a word, which ends at the current place."""
    if run in _OPERATORS:
        state.lexemes.append(Lexeme(_OPERATORS[run], run, start, state.at))
    elif run == "NEAR" or run.startswith("NEAR/"):
        state.lexemes.append(Lexeme("NEAR", run, start, state.at, number=_distance(state, run, start)))
    else:
        state.lexemes.append(Lexeme("WORD", run, start, state.at))


def _distance(state: Scan, run: str, start: int) -> int:
    if run == "NEAR":
        return DEFAULT_NEAR
    number = whole_number(run[5:])
    if number is None:
        state.note(f"{run}: not a distance; read as NEAR/{DEFAULT_NEAR}", start, state.at)
        return DEFAULT_NEAR
    bounded = min(max(number, 1), MAX_SLOP)
    if bounded != number:
        state.note(f"{run}: a distance is 1 to {MAX_SLOP}; read as NEAR/{bounded}", start, state.at)
    return bounded


def whole_number(text: str) -> int | None:
    """A whole number of ASCII digits, at most a million; None for anything else."""
    if not text or not text.isascii() or not text.isdigit():
        return None
    return int(text) if len(text) <= 6 else 1_000_000


def _phrase(state: Scan, start: int, exact: bool) -> None:
    begin = state.at + 1
    close = state.text.find('"', begin)
    if close < 0:
        close = len(state.text)
        state.note('no closing quote: read as if it stood at the end (")', start, close)
    state.at = min(close + 1, len(state.text))
    lexeme = Lexeme("PHRASE", state.text[begin:close], start, state.at, exact=exact)
    _attached(state, lexeme)
    state.lexemes.append(lexeme)


def _attached(state: Scan, lexeme: Lexeme) -> None:
    """``~3`` and ``^2`` after a phrase or a group."""
    while state.at < len(state.text) and state.text[state.at] in "~^":
        start = state.at
        state.at += 1
        while state.at < len(state.text) and state.text[state.at] in "0123456789.":
            state.at += 1
        mark, number = state.text[start], state.text[start + 1 : state.at]
        if mark == "^":
            _set_boost(state, lexeme, number, start)
        elif lexeme.kind == "PHRASE":
            lexeme.number = _slop(state, number, start)
        else:
            state.note("~ is for words and phrases, not for groups: left out", start, state.at)
    lexeme.end = state.at


def _slop(state: Scan, digits: str, start: int) -> int:
    number = whole_number(digits)
    if number is None:
        state.note(f"~{digits}: say how many other words may stand within the phrase; read as ~1", start, state.at)
        return 1
    if number > MAX_SLOP:
        state.note(f"~{digits}: at most {MAX_SLOP} other words; read as ~{MAX_SLOP}", start, state.at)
    return min(number, MAX_SLOP)


def _set_boost(state: Scan, lexeme: Lexeme, digits: str, start: int) -> None:
    boost, message = read_boost(digits)
    if message:
        state.note(message, start, state.at)
    if boost is not None:
        lexeme.boost, lexeme.boosted = boost, True


def read_boost(digits: str) -> tuple[float | None, str]:
    """The weight after ``^`` (None: left out) and what to say about it (empty: nothing)."""
    whole, _, part = digits.partition(".")
    if not digits.isascii() or not (whole + part).isdigit() or len(digits) > 12:
        return None, f"^{digits[:12]}: a weight is a number from {MIN_BOOST} to {MAX_BOOST:g}; left out"
    boost = float(f"{whole or 0}.{part or 0}")
    bounded = min(max(boost, MIN_BOOST), MAX_BOOST)
    if bounded != boost:
        return bounded, f"^{digits}: a weight is {MIN_BOOST} to {MAX_BOOST:g}; read as ^{bounded:g}"
    return boost, ""


def _field(state: Scan) -> bool:
    """Read ``name:`` and its value when one begins here. False: nothing was read."""
    text, start = state.text, state.at
    end = text.find(":", start)
    if end <= start or not _is_name(text[start:end]) or text.startswith("//", end + 1):
        return False
    name, after = text[start:end].lower(), end + 1
    if name not in BY_NAME and name != "in":
        return _unknown_field(state, name, start, end)
    value = after
    while value < len(text) and text[value] == " ":
        value += 1
    if not _is_value(text, value, spaced=value > after):
        state.at = after
        state.note(f"nothing after {text[start:after]} to look for: read as a word", start, after)
        state.lexemes.append(Lexeme("WORD", text[start:end], start, after))
        return True
    if value > after:
        state.note(f"read as {name}:…, without the space", start, value)
    state.at = value
    _field_value(state, name, start)
    return True


def _is_name(text: str) -> bool:
    return text.replace("_", "a").isalpha()


def _is_value(text: str, at: int, *, spaced: bool) -> bool:
    if at >= len(text) or text[at] == ")":
        return False
    if not spaced:
        return True
    run = text[at : at + 6].split(" ")[0]
    return text[at] in '("=[' or (text[at].isalnum() and run not in _OPERATORS and not run.startswith("NEAR"))


def _unknown_field(state: Scan, name: str, start: int, end: int) -> bool:
    after = end + 1
    if after < len(state.text) and state.text[after] not in " )":
        state.note(f"no field {name!r}: searched as words{_did_you_mean(name, (*BY_NAME, 'in'))}", start, after)
        if state.text[start:end] not in _OPERATORS:
            state.lexemes.append(Lexeme("WORD", state.text[start:end], start, end))
            state.at = after
            return True
    return False


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name[:20], (*_OTHER_NAMES, *known), 1)
    return f"; did you mean {_OTHER_NAMES.get(close[0], close[0])}:?" if close else ""


def _field_value(state: Scan, name: str, start: int) -> None:
    text = state.text
    kind = BY_NAME[name].kind if name in BY_NAME else "keyword"
    if text[state.at] == "-" and kind in ("text", "name") and _begins_operand(text, state.at + 1):
        state.lexemes.append(Lexeme("NOT", "-", start, state.at + 1))
        state.at += 1
    state.lexemes.append(Lexeme("FIELD", name, start, state.at))
    if text[state.at] == "[":
        _range(state)
    elif text[state.at] != "(":
        _operand(state, state.at, value=True)


def _range(state: Scan) -> None:
    start = state.at
    close = state.text.find("]", start)
    if close < 0:
        _operand(state, start, value=True)
        return
    state.at = close + 1
    state.lexemes.append(Lexeme("RANGE", state.text[start + 1 : close], start, state.at))
