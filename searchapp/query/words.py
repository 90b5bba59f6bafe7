"""One word, phrase or value of a query to its node: prefixes, wildcards, fuzzy words, hyphens, several readings."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from searchapp.analysis import fold, readings
from searchapp.article import Span
from searchapp.query.dates import read_days
from searchapp.query.limits import MAX_FUZZY, MIN_PREFIX
from searchapp.query.scanner import Lexeme, read_boost, whole_number
from searchapp.query.scope import Scope, joined_and, joined_or, positional_parts
from searchapp.query.tree import Fuzzy, Keyword, Near, Node, Note, Phrase, Positional, Prefix, Term, Wildcard

_JOINERS = "'’‘‛`´.,·"
REMEMBERED, LONGEST_REMEMBERED = 8192, 40
"""How many words' forms are remembered, and up to which length: about 2 MB, at the very most 12."""


class WordReader:
    """Reads lexemes into nodes, in the languages of the archive; collects notes."""

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = tuple(languages)
        self.notes: list[Note] = []

    def note(self, message: str, lexeme: Lexeme) -> None:
        """Say how a lexeme was read."""
        self.notes.append(Note(message, lexeme.start, lexeme.end))

    def read(self, lexeme: Lexeme, scope: Scope, written: str) -> Node | None:
        """The node of a word, phrase or bracketed range within ``scope``; None when there is nothing to look for.

        ``written`` is the lexeme as it stands in the query.
        """
        kind = scope.kind
        if kind == "date" or (scope.fields == ("year",) and not _is_year(lexeme.text)):
            return self._days(lexeme, scope)
        if kind == "keyword":
            return self._keyword(lexeme, scope)
        if lexeme.kind == "PHRASE":
            return self._phrase(lexeme, scope)
        if lexeme.kind == "WORD" and not lexeme.exact:
            self._boost(lexeme)
        node = self._word(lexeme, scope)
        if node is None:
            self.note(f"no letters or digits in {_short(written)}: left out", lexeme)
        return node

    def _days(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        days, message = read_days(lexeme.text, Span(lexeme.start, lexeme.end))
        if days is not None:
            if message:
                self.note(message, lexeme)
            return days
        self.note(f"{scope.fields[0]}: {message}. Searched as words", lexeme)
        return self.read(replace(lexeme, kind="PHRASE", number=0), Scope(), lexeme.text)

    def _keyword(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        value = fold(lexeme.text)
        if not value:
            self.note(f"{scope.fields[0]}: nothing to look for: left out", lexeme)
            return None
        return Keyword(scope.fields[0], value, Span(lexeme.start, lexeme.end))

    def _phrase(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        if "*" in lexeme.text:
            self.note("* has no meaning within quotes: left out", lexeme)
        node = self._forms(lexeme.text, lexeme, scope)
        if node is None:
            self.note("no letters or digits in it: left out", lexeme)
        return node

    def _boost(self, lexeme: Lexeme) -> None:
        """Take ``^2`` and ``~1`` off the end of a word."""
        if "^" not in lexeme.text and "~" not in lexeme.text:
            return
        text, caret, digits = lexeme.text.rpartition("^")
        if caret and text:
            boost, message = read_boost(digits)
            if message:
                self.note(message, lexeme)
            lexeme.text = text
            if boost is not None:
                lexeme.boost, lexeme.boosted = boost, True
        text, tilde, digits = lexeme.text.rpartition("~")
        if tilde and text and all(digit in "0123456789." for digit in digits):
            lexeme.text, lexeme.fuzzy = text, digits

    def _word(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        if lexeme.exact:
            self._boost(lexeme)
            if lexeme.fuzzy is not None or _has_wildcard(lexeme.text):
                self.note("= asks for the exact form: ~, * and ? left out", lexeme)
            return self._forms(lexeme.text, lexeme, scope)
        if lexeme.fuzzy is not None:
            return self._fuzzy(lexeme, scope)
        if lexeme.text.endswith("?"):
            lexeme.text = lexeme.text.rstrip("?")
            if lexeme.text.strip("*?"):
                self.note("a ? at the end of a word is read as a question mark; for another letter write *", lexeme)
        if _has_wildcard(lexeme.text):
            return self._expanding(lexeme, scope)
        return self._forms(lexeme.text, lexeme, scope)

    def _forms(self, text: str, lexeme: Lexeme, scope: Scope) -> Node | None:
        """The word or phrase that ``text`` is, in every reading it has; hyphenated words also in one."""
        found = _readings(text, self.languages)
        if "-" in text and lexeme.kind == "WORD" and not lexeme.exact and "-" in text.strip("-"):
            whole = _readings(text.replace("-", ""), self.languages)
            also = [forms for forms in whole if len(forms) == 1 and found and not forms[0].isdigit()]
            found = tuple(dict.fromkeys((*found, *also)))
        if len(found) == 1:
            return self._leaf(found[0], lexeme, scope)
        return joined_or([self._leaf(forms, lexeme, scope) for forms in found]) if found else None

    def _leaf(self, forms: tuple[str, ...], lexeme: Lexeme, scope: Scope) -> Term | Phrase:
        exact = lexeme.exact or scope.names
        span = Span(lexeme.start, lexeme.end)
        if len(forms) == 1:
            return Term(forms[0], scope.fields, exact, lexeme.boost, span)
        return Phrase(forms, scope.fields, lexeme.number, exact, lexeme.boost, span)

    def _fuzzy(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        distance = whole_number(lexeme.fuzzy or "1")
        if distance is None:
            self.note(f"~{lexeme.fuzzy}: a fuzzy word may be 1 or {MAX_FUZZY} edits away; read as ~1", lexeme)
            distance = 1
        elif distance > MAX_FUZZY:
            self.note(f"~{lexeme.fuzzy}: at most {MAX_FUZZY} edits; read as ~{MAX_FUZZY}", lexeme)
            distance = MAX_FUZZY
        if _has_wildcard(lexeme.text):
            self.note("a word is fuzzy or has wildcards, not both: * and ? left out", lexeme)
        found = _readings(lexeme.text.replace("*", "").replace("?", ""), self.languages)
        if any(len(forms) > 1 for forms in found):
            self.note("~ is for single words: read as a phrase with other words in it", lexeme)
            lexeme.number = distance
        span = Span(lexeme.start, lexeme.end)
        nodes: list[Node] = [
            Fuzzy(forms[0], distance, scope.fields, lexeme.boost, span)
            if len(forms) == 1 and distance
            else self._leaf(forms, lexeme, scope)
            for forms in found
        ]
        return joined_or(nodes) if nodes else None

    def _expanding(self, lexeme: Lexeme, scope: Scope) -> Node | None:
        """A word with ``*`` or ``?``; its parts between hyphens and the like stand next to each other."""
        parts: list[tuple[Positional, ...]] = []
        for run in _runs(lexeme.text):
            node = self._expanding_part(run, lexeme, scope)
            if node is not None:
                parts.append(positional_parts(node))
        if not parts:
            return None
        if len(parts) == 1:
            return joined_or(parts[0])
        self.note("read as words next to each other, because of the sign within it", lexeme)
        return joined_and(
            joined_or(_near(left, right, 1) for left in first for right in second) for first, second in pairwise(parts)
        )

    def _expanding_part(self, run: str, lexeme: Lexeme, scope: Scope) -> Node | None:
        run = run.strip(_JOINERS)
        if run.startswith(("*", "?")):
            self.note("a word can't begin with * or ?: looked for without it", lexeme)
            run = run.lstrip("*?" + _JOINERS)
        start = run.rstrip("*")
        if not _has_wildcard(run):
            return self._forms(run, lexeme, scope)
        if not _has_wildcard(start):
            return self._prefix(start, lexeme, scope)
        return Wildcard(_pattern(run), scope.fields, lexeme.boost, Span(lexeme.start, lexeme.end))

    def _prefix(self, stem: str, lexeme: Lexeme, scope: Scope) -> Node | None:
        found = _readings(stem, self.languages)
        if not found:
            return None
        span = Span(lexeme.start, lexeme.end)
        if any(len(forms) > 1 for forms in found):
            self.note("* left out: this is more than one word", lexeme)
            return self._forms(stem, lexeme, scope)
        if any(len(forms[0]) < MIN_PREFIX for forms in found):
            self.note(f"* needs {MIN_PREFIX} letters or more before it: looked for the word alone", lexeme)
            return self._forms(stem, lexeme, scope)
        return joined_or(Prefix(forms[0], scope.fields, lexeme.boost, span) for forms in found)


def _readings(text: str, languages: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """`analysis.readings`, without asking it about words of plain letters, which are themselves in every language: the
    usual query needs neither its pattern nor the time to compile it."""
    if len(text) > LONGEST_REMEMBERED:
        return readings(text, languages)
    return ((text.lower(),),) if text.isascii() and text.isalpha() else _remembered(text, languages)


@lru_cache(maxsize=REMEMBERED)
def _remembered(text: str, languages: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Readers use the same words again and again."""
    return readings(text, languages)


def near(left: Node, right: Node, distance: int) -> Node | None:
    """``left`` NEAR ``right``, every alternative with every other; None when one has no position or no field is common."""
    lefts, rights = positional_parts(left), positional_parts(right)
    pairs = [_near(one, other, distance) for one in lefts for other in rights if set(one.fields) & set(other.fields)]
    return joined_or(pairs) if pairs and len(pairs) == len(lefts) * len(rights) else None


def _near(left: Positional, right: Positional, distance: int) -> Near:
    fields = tuple(name for name in left.fields if name in right.fields)
    spans = [leaf.span for leaf in (left, right) if leaf.span is not None]
    span = Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None
    return Near(
        replace(left, fields=fields, boost=1.0),
        replace(right, fields=fields, boost=1.0),
        distance,
        left.boost * right.boost,
        span,
    )


def _is_year(text: str) -> bool:
    folded = fold(text)
    return len(folded) == 4 and folded.isdigit()


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def _runs(text: str) -> list[str]:
    """The parts of a word with wildcards, between the characters that separate tokens."""
    return "".join(character if _belongs(character) else " " for character in text).split()


def _belongs(character: str) -> bool:
    return character in "*?\u00ad\u200c\u200d" or character in _JOINERS or unicodedata.category(character)[0] in "LMN"


def _pattern(run: str) -> str:
    """The folded pattern, without the joiners that tokens lose; runs of ``*`` are one."""
    kept = "".join(character for character in fold(run) if character not in "'.,\"·")
    while "**" in kept:
        kept = kept.replace("**", "*")
    return kept


def _short(text: str) -> str:
    return f"{text[:20]!r}"
