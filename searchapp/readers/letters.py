"""Which old encoding a text is in, told by its letters: those of one language fit together, those of a wrong reading don't."""

from __future__ import annotations

import re
from itertools import pairwise

_LATIN = {
    "cp1252": ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõúü", "åäöæøéü", "àèéìíîòùú", "áéíóúýþæðö", "áéíóú", "éëïöüèê"),
    "mac-roman": ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõúü", "åäöæøéü", "àèéìíîòùú"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "čćđšž", "áéíóöőúüű", "ăâîşţșț"),
    "iso8859-2": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "čćđšž", "áéíóöőúüű", "ăâîşţșț"),
    "cp1254": ("çğıöşüâîûİ",),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž"),
    "cp852": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "čćđšž", "áéíóöőúüű"),
    "cp850": ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõúü", "åäöæøéü"),
}
"""Encodings by how common they are → the letters beyond ASCII of each language written in them (lower-case)."""
_WESTERN = frozenset("".join(_LATIN["cp1252"]))
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
_ALPHABET = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў")
_USUAL = frozenset("оеаинтсрвлкмдпуя")
"""Four fifths of the letters of a Russian text; of the other Slavonic languages somewhat fewer."""
_MARKS = frozenset("‘’‚“”„–—…•€£©®°§«»·½¼¾ \u00a0¿¡№")
_FITS = 0.97
_SPARSE = 0.3
"""Share of letters beyond ASCII up to which a text can be in the Latin script."""
_LETTERS = re.compile(r"[^\W\d_]")


def by_letters(sample: bytes) -> str | None:
    """The Python name of the one-byte encoding in which a text reads as one language; None when it reads so in none."""
    dense = sum(byte > 127 for byte in sample) > _SPARSE * max(1, sum(byte > 127 or chr(byte).isalpha() for byte in sample))
    return _cyrillic(sample) if dense else _latin(sample)


def _latin(sample: bytes) -> str | None:
    best, found = _FITS, None
    for encoding, languages in _LATIN.items():
        text = sample.decode(encoding, "replace")
        foreign = [
            character for before, character in pairwise(f" {text}") if character > "\x7f" and not _misplaced(before, character)
        ]
        wrong = sum(character > "\x7f" for character in text) - len(foreign)
        for letters in languages:
            fitting = sum(character in letters or character.lower() in letters or character in _MARKS for character in foreign)
            share = fitting / (len(foreign) + wrong) if foreign else 0.0
            if share > best or (share == best and found is None):
                best, found = share, encoding
    return found or ("cp1252" if _western(sample.decode("cp1252", "replace")) else None)


def _western(text: str) -> bool:
    """Whether the letters are those of several western languages, as in names."""
    foreign = [character for character in text if character > "\x7f"]
    fitting = sum(character.lower() in _WESTERN or character in _MARKS for character in foreign)
    return bool(foreign) and fitting >= 0.95 * len(foreign)


def _misplaced(before: str, character: str) -> bool:
    """A capital in the middle of a word."""
    return character.isupper() and before.islower()


def _cyrillic(sample: bytes) -> str | None:
    best, found = 0.5, None
    for encoding in _CYRILLIC:
        text = sample.decode(encoding, "replace")
        foreign = [character for character in text if character > "\x7f"]
        script = sum(character.lower() in _ALPHABET or character in _MARKS for character in foreign)
        script -= sum(_misplaced(before, character) for before, character in pairwise(text))
        letters = [character for character in foreign if _LETTERS.match(character)]
        usual = sum(character.lower() in _USUAL for character in letters) / max(1, len(letters))
        if script >= _FITS * len(foreign) and usual > best:
            best, found = usual, encoding
    return found
