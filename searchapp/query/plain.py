"""The usual query, read at once: a few words, words joined by OR, a phrase in quotes, or a word with a ``*``.

Nothing here decides what a query means: it is what `searchapp.query.language` reads by its whole grammar, held against it in the
tests, in a fifth of the time. Of anything but ASCII letters, of words that may be operators or are left out, it says nothing.
"""

from __future__ import annotations

import re

from searchapp.analysis import is_stop_word
from searchapp.article import Span
from searchapp.fields import DEFAULT_SCOPE
from searchapp.query.limits import MAX_LEAVES, MIN_PREFIX
from searchapp.query.tree import And, Node, Or, Phrase, Prefix, Term

_USUAL = re.compile(r'(")?([A-Za-z]+(?: [A-Za-z]+)*)(?(1)"|(\*)?)\Z')
_OPERATORS = frozenset(("AND", "OR", "NOT"))
_LONGEST = 40
"""Letters of a word; what is longer may be cut."""
_LABEL = " or ".join(DEFAULT_SCOPE) + ": "

Read = tuple[Node, tuple[tuple[str, Node], ...], str]
"""The tree, the clauses and the tree in words, as `language.ParsedQuery` has them."""


def read(text: str, main_language: str) -> Read | None:
    """What a query is read as if it is one of these; else None. ``main_language`` is that of most articles."""
    found = _USUAL.match(text)
    if found is None:
        return None
    words = found[2].split(" ")
    if not _OPERATORS.isdisjoint(words) and (found[1] or not _are_alternatives(words)):
        return None
    for word in words:
        if len(word) > _LONGEST or word.startswith("NEAR"):
            return None
    if found[1]:
        return _phrase(text, words)
    if found[3]:
        return _prefix(text, words)
    return _words(text, words, main_language)


def _are_alternatives(words: list[str]) -> bool:
    return len(words) % 2 == 1 and _OPERATORS.isdisjoint(words[::2]) and set(words[1::2]) == {"OR"}


def _phrase(text: str, words: list[str]) -> Read | None:
    forms = text[1:-1].lower()
    if len(words) < 2 or len(text) > _LONGEST:
        return None
    node = Phrase(tuple(forms.split(" ")), DEFAULT_SCOPE, span=Span(0, len(text)))
    return node, ((text, node),), f'{_LABEL}"{forms}"'


def _prefix(text: str, words: list[str]) -> Read | None:
    prefix = text[:-1].lower()
    if len(words) > 1 or len(prefix) < MIN_PREFIX:
        return None
    node = Prefix(prefix, DEFAULT_SCOPE, span=Span(0, len(text)))
    return node, ((text, node),), f"{_LABEL}{prefix}*"


def _words(text: str, words: list[str], main_language: str) -> Read | None:
    either = len(words) > 1 and words[1] == "OR"
    terms, at = [], 0
    for word in words:
        end = at + len(word)
        if not either or word != "OR":
            form = word.lower()
            if not either and len(words) > 1 and is_stop_word(form, main_language):
                return None
            terms.append(Term(form, DEFAULT_SCOPE, span=Span(at, end)))
        at = end + 1
    if len(terms) == 1:
        return terms[0], ((text, terms[0]),), _LABEL + terms[0].form
    if len(terms) > MAX_LEAVES:
        return None
    said = _LABEL + (" OR " if either else " AND ").join([term.form for term in terms])
    if either:
        alternatives = Or(tuple(terms))
        return alternatives, ((text, alternatives),), said
    return And(tuple(terms)), tuple(zip(words, terms, strict=True)), said
