"""Stems: Snowball through NLTK, one chain a language; every distinct form is stemmed once and remembered.

Languages without a Snowball stemmer have the chain ``-``: forms stand for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

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

_stems: dict[str, dict[str, str]] = {}


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
        found = form if any(character.isdigit() for character in form) else _stemmer(chain)(form)
        known[form] = found
    return found


@cache
def _stemmer(chain: str) -> Callable[[str], str]:
    stemmer = import_module("nltk.stem.snowball").SnowballStemmer
    language = _SNOWBALL[chain]
    if chain == "ar":
        # NLTK's Arabic stemmer carries a flag (suffixes_verb_step1_success) from one word to the next: a stem would
        # depend on the word before it. A fresh one for every word doesn't.
        return lambda form: str(stemmer(language).stem(form)) or form
    shared = stemmer(language)
    return lambda form: str(shared.stem(form)) or form
