"""Folding: how letters that readers don't tell apart become the same.

One table, code point by code point, used for tokens, for whole keyword values and for what is typed:

    width and compatibility   Ｕ→u, ﬁ→fi, ²→2 (where letters or digits come out; ½ stays)
    case                      full case folding: ẞ→ss, ς→σ, İ→i
    accents                   dropped from Latin, Greek, Cyrillic (й and ў stay, ё→е), Hebrew and Arabic; letters that have
                              no accent to drop: ø→o, ł→l, đ→d, æ→ae, œ→oe, þ→th, ı→i
    Indic scripts             vowel signs and viramas stay; nukta dropped, chandrabindu→anusvara
    digits                    of every script → 0-9
    quotes, dashes, spaces    ’→', “→", –→-, no-break space→space
    invisible                 soft hyphen, ZWJ, ZWNJ, word joiner, variation selectors, tatweel: dropped

What it does not do: transliterate between scripts, or take words apart (that is `searchapp.analysis.definition`).
"""

from __future__ import annotations

import unicodedata

_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ŋ": "n", "ĸ": "q",
    "ɖ": "d", "ƒ": "f", "ə": "e", "ё": "е", "ѐ": "е", "ѝ": "и", "ی": "ي", "ى": "ي", "ک": "ك", "ـ": "", "ʼ": "'", "ʻ": "'",
    "ʾ": "", "ʿ": "", "ʹ": "'", "ꞌ": "'",
}  # fmt: skip
_PLAIN = {
    **dict.fromkeys("‘’‛`´′", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "⁄": "/", "٫": ".", "٬": ",",
}  # fmt: skip
_INVISIBLE = frozenset("\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_ACCENTS = (
    (0x0300, 0x036F), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)  # fmt: skip
"""Marks that are dropped: combining diacritics, Hebrew and Arabic pointing, variation selectors. Not those of Indic scripts."""
_NUKTAS = frozenset("\u093c\u09bc\u0a3c\u0abc\u0b3c\u0c3c\u0cbc")
_CHANDRABINDUS = {
    "\u0900": "\u0902", "\u0901": "\u0902", "\u0981": "\u0982", "\u0a01": "\u0a02", "\u0a81": "\u0a82", "\u0b01": "\u0b02",
    "\u0c00": "\u0c02", "\u0c01": "\u0c02", "\u0c81": "\u0c82", "\u0d01": "\u0d02", "\u0d00": "\u0d02",
}  # fmt: skip


class _Table(dict[int, str]):
    """What `str.translate` looks code points up in; filled as they are met, at most one entry a code point."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in _INVISIBLE or character in _NUKTAS:
        return ""
    if character in _PLAIN:
        return _PLAIN[character]
    if character in _CHANDRABINDUS:
        return _CHANDRABINDUS[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    if category == "Cs":
        return character
    return "".join(_fold_part(part) for part in _compatible(character, category).casefold())


def _compatible(character: str, category: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    if category[0] in "LNM":
        return plain if all(unicodedata.category(part)[0] in "LNM" for part in plain) else character
    return plain if len(plain) == 1 else character


def _fold_part(part: str) -> str:
    if part in _LETTERS:
        return _LETTERS[part]
    if "\u0400" <= part <= "\u052f":
        return part
    kept = [mark for mark in unicodedata.normalize("NFD", part) if mark not in _NUKTAS and not _is_accent(mark)]
    return "".join(_LETTERS.get(mark, mark) for mark in kept)


def _is_accent(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _ACCENTS)


_TABLE = _Table()


def fold_characters(text: str) -> str:
    """``text`` composed (NFC), with every code point folded, composed again. Nothing is trimmed; the length may change.

    Composed first, because some letters keep a mark that is dropped where it stands alone: й, Ќ.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    folded = unicodedata.normalize("NFC", text).translate(_TABLE)
    if folded.isascii():
        return folded
    composed = unicodedata.normalize("NFC", folded)
    again = composed.translate(_TABLE)  # a mark can compose to a letter that folds further
    return composed if again == composed else unicodedata.normalize("NFC", again)


def fold(value: str) -> str:
    """A whole value as keywords are compared: folded, runs of white space one space, none at the ends."""
    return " ".join(fold_characters(value).split())
