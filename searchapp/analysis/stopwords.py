"""Stop words: Whoosh's lists by language, folded like tokens. Queries drop them; the index keeps every word."""

from __future__ import annotations

from functools import cache

from whoosh.lang.stopwords import stoplists

from searchapp.analysis.definition import tokens
from searchapp.analysis.stemming import primary


@cache
def _stop_words(subtag: str) -> frozenset[str]:
    found = set()
    for word in stoplists.get(subtag, ()):
        parts = tokens(word, subtag)
        if len(parts) == 1:
            found.add(parts[0].form)
    return frozenset(found)


def is_stop_word(form: str, language: str | None) -> bool:
    """Whether a folded form is on the stop list of a language. Languages without a list have no stop words."""
    return form in _stop_words(primary(language))
