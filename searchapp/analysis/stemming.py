"""Stems: Snowball through NLTK, one chain a language; every distinct form is stemmed once and remembered.

Languages without a Snowball stemmer have the chain ``-``: forms stand for themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

_SNOWBALL = {
    "ar": "arabic", "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish",
}  # fmt: skip
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
"""Subtags that mean the same for our purposes (BCP 47 registry: macrolanguage and deprecated codes)."""
UNSTEMMED = "-"
REMEMBERED = 200_000
"""Forms remembered a chain; then the memory starts afresh. About 30 MB when full."""

_SOURCE = ((b"def _r1r2_standard(", b"def _rv_standard("), (b"class EnglishStemmer(", b"class FinnishStemmer("))
_TRANSLATED = "849c8fcef0f75ecbfeedb99c77cdecde"
"""Where NLTK's English stemmer stands in its source, and the digest of that; of NLTK 3.10.4."""

_stems: dict[str, dict[str, str]] = {}
_kept: dict[str, bytes] = {}


def primary(language: str | None) -> str:
    """The primary subtag of a BCP 47 tag, lower case; empty for None."""
    subtag = (language or "").replace("_", "-").split("-", 1)[0].lower()
    return _SAME.get(subtag, subtag)


@cache
def chain(language: str | None) -> str:
    """The stemming chain of a language (``en``, ``fr`` …), or ``-`` where there is none."""
    subtag = primary(language)
    return subtag if subtag in _SNOWBALL else UNSTEMMED


def stem(form: str, chain: str) -> str:
    """The stem of a folded form. The form itself for ``-`` and for forms with digits."""
    if chain == UNSTEMMED:
        return form
    known = _stems.get(chain)
    if known is None:
        known = _stems.setdefault(chain, {})
    found = known.get(form)
    if found is None:
        if len(known) >= REMEMBERED:
            known.clear()
        found = known[form] = _recalled(form, chain) or _new_stem(form, chain)
    return found


def stem_many(forms: Sequence[str], chain: str) -> list[str]:
    """The stems of many folded forms, each the same as `stem` gives. Those that are met first are remembered."""
    if chain == UNSTEMMED:
        return list(forms)
    known = remembered(chain)
    new = _english_many(forms) if chain == "en" and _is_translated() else {}
    for form in forms:
        if form not in new:
            new[form] = known.get(form) or _new_stem(form, chain)
    known.update(islice(new.items(), max(REMEMBERED - len(known), 0)))
    return list(map(new.__getitem__, forms))


def _english_many(forms: Sequence[str]) -> dict[str, str]:
    """The stems of those of the forms that are letters a-z alone, compiled: a stem takes NLTK ten times as long."""
    english = import_module("searchapp.analysis.english")
    words = [form for form in forms if form.isascii() and form.isalpha() and form.islower()]
    found = dict(zip(words, english.stems(words), strict=True))
    return found | {word: stem for word, stem in english.SPECIAL.items() if word in found}


@cache
def _is_translated() -> bool:
    """Whether NLTK's English stemmer is the one that `searchapp.analysis.english` says the same as, going by its source."""
    found = find_spec("nltk")
    if found is None or found.origin is None:
        return False
    source = Path(found.origin).with_name("stem").joinpath("snowball.py").read_bytes()
    parts = [source.partition(start)[2].partition(end)[0] for start, end in _SOURCE]
    return blake2b(b"".join(parts), digest_size=16).hexdigest() == _TRANSLATED


def chains() -> tuple[str, ...]:
    """All chains that stem."""
    return tuple(_SNOWBALL)


def remembered(chain: str) -> dict[str, str]:
    """Stems by form, of one chain: what has been asked for or recalled, at most `REMEMBERED`."""
    known = _stems.setdefault(chain, {})
    lines = _kept.pop(chain, b"").decode()
    if lines:
        words = lines.replace("\t", "\n").split("\n")[1:-1]
        new = [(form, stem or form) for form, stem in zip(words[::2], words[1::2], strict=True) if form not in known]
        known.update(new[: max(REMEMBERED - len(known), 0)])
    return known


def recall(chain: str, lines: bytes) -> None:
    """Have stems at hand that an earlier process remembered: lines of form, tab, stem, the stem empty where it is the form."""
    _kept[chain] = b"\n" + lines


def _recalled(form: str, chain: str) -> str | None:
    """The stem of a form among the lines recalled, without taking them apart; as long as NLTK isn't imported.

    Its import costs as much as some thousand such looks at the lines; afterwards a stem is quicker.
    """
    lines = _kept.get(chain)
    if lines is None or "nltk" in sys.modules:
        return None
    wanted = f"\n{form}\t".encode()
    at = lines.find(wanted)
    if at < 0:
        return None
    start = at + len(wanted)
    return lines[start : lines.index(b"\n", start)].decode() or form


def _new_stem(form: str, chain: str) -> str:
    if form.isdecimal():
        return form
    if not form.isalpha() and any(character.isdigit() for character in form):
        return form
    return _stemmer(chain)(form)


@cache
def _stemmer(chain: str) -> Callable[[str], str]:
    snowball = import_module("nltk.stem.snowball")
    language = _SNOWBALL[chain]
    if chain == "ar":
        # NLTK's Arabic stemmer carries a flag (suffixes_verb_step1_success) from one word to the next: a stem would
        # depend on the word before it. A fresh one for every word doesn't.
        return lambda form: str(snowball.SnowballStemmer(language).stem(form)) or form
    nltk_stem: Callable[[str], str] = snowball.SnowballStemmer(language).stem
    endings = _english_endings(vars(snowball.EnglishStemmer)) if chain == "en" else None
    if endings is None:
        return lambda form: nltk_stem(form) or form

    def stem(form: str) -> str:
        if form[-2:] not in endings and form[-1:] not in endings and form.isascii():
            return form
        return nltk_stem(form) or form

    return stem


def _english_endings(tables: Mapping[str, Any]) -> frozenset[str] | None:
    """The last letters, one or two, of all words that NLTK's English stemmer may change: of its own tables.

    Every one of its steps asks for a suffix, but 1c (y to i). Two words in five have none of their endings, and a call
    costs forty times as much as to see that. None if the stemmer isn't made as NLTK 3.10's is: then all words are its.
    """
    suffixes = {name: value for name, value in tables.items() if name.endswith("_suffixes")}
    if set(suffixes) != {f"_EnglishStemmer__step{step}_suffixes" for step in ("0", "1a", "1b", "2", "3", "4", "5")}:
        return None
    special = tables.get("_EnglishStemmer__special_words", ())
    return frozenset(word[-2:] for word in (*sum(suffixes.values(), ()), *special, "y"))
