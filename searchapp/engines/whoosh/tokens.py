"""The tokens of one stored text, by where the index says they are: what they are is looked up only for those that matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.engines.whoosh.kernels import marks as kernels
from searchapp.query.matching import literal_start
from searchapp.query.occurrences import Pattern, form_test
from searchapp.query.tree import Fuzzy, Prefix

Offsets = NDArray[np.int32]

_HYPHEN = re.compile("[-\u2010\u2011]")
_HYPHENS = frozenset("-\u2010\u2011")


class Odd(Exception):
    """What stands at a token's place would be read differently by itself; the whole text has to be read."""


class Text:
    """A text and its tokens, or of a long one those of a stretch: numbers ``first`` … ``last - 1``."""

    def __init__(self, text: str, language: str | None, begins: Offsets, stops: Offsets, first: int, last: int) -> None:
        self.text = text
        self.language = language
        self.begins = begins
        self.stops = stops
        self.first = first
        self.last = last

    def before_hyphens(self, tokens: Iterable[int]) -> list[int]:
        """Those of some tokens that a hyphen follows at once."""
        text, stop = self.text, self.stops.item
        return [token for token in tokens if text[(end := stop(token)) : end + 1] in _HYPHENS]

    def all_before_hyphens(self) -> list[int]:
        """All tokens that a hyphen follows at once."""
        if self.first == self.last:
            return []
        found = _HYPHEN.finditer(self.text, self.begins.item(self.first), self.stops.item(self.last - 1))
        hyphens = [match.start() for match in found]
        if not hyphens:
            return []
        ends = self.stops[self.first : self.last]
        places = np.searchsorted(ends, hyphens)
        return [self.first + place for place, at in zip(places.tolist(), hyphens, strict=True) if ends.item(place) == at]

    def compounds(self, tokens: Iterable[int]) -> dict[int, str]:
        """Those of some tokens that a hyphenated word of two begins with, and that word in one. Raises Odd."""
        found = {}
        for token in tokens:
            low, high = max(token - 1, self.first), min(token + 3, self.last)
            starts, ends = self.begins[low:high].tolist(), self.stops[low:high].tolist()
            forms = [self.form(number) if token <= number <= token + 1 else "" for number in range(low, high)]
            origin = starts[0]
            words = analysis.compounds(
                self.text[origin : ends[-1]], forms, [at - origin for at in starts], [at - origin for at in ends]
            )
            if token - low in words:
                found[token] = words[token - low]
        return found

    def form(self, token: int) -> str:
        """The form of a token. Raises Odd."""
        return form_of(self.text[self.begins.item(token) : self.stops.item(token)], self.language)

    @cached_property
    def points(self) -> NDArray[np.uint32]:
        """The code points from the first token to the last."""
        part = self.text[self.begins.item(self.first) : self.stops.item(self.last - 1)]
        return np.frombuffer(part.encode("utf-32-le", "surrogatepass"), np.uint32)


def form_of(surface: str, language: str | None) -> str:
    """The form of a token by what stands in its place. Raises Odd."""
    if surface.isascii() and surface.isalnum():
        return surface.lower()
    forms, starts, ends = analysis.columns(surface, language)
    if len(forms) != 1 or starts[0] != 0 or ends[0] != len(surface):
        raise Odd
    return forms[0]


class Sieve:
    """Finds the tokens whose form a prefix, wildcard or fuzzy word stands for. What is learnt of surfaces is kept."""

    def __init__(self, leaf: Pattern) -> None:
        self.fits = form_test(leaf)
        self._known: dict[str | None, dict[str, bool]] = {}
        self._size, self._letters, self._most = 0, np.uint64(0), -1
        start = ""
        if isinstance(leaf, Fuzzy):
            self._size, self._letters, self._most = len(leaf.form), _letters(leaf.form), leaf.distance
        else:
            start = leaf.prefix if isinstance(leaf, Prefix) else literal_start(leaf.pattern)
        self._prefix = np.array([ord(character) for character in start if character not in "',."], np.int64)

    def tokens(self, text: Text) -> list[int]:
        """The tokens of a text, ascending; hyphenated words not in one. Raises Odd."""
        first, last = text.first, text.last
        if first == last:
            return []
        places = kernels.candidates(
            text.points, text.begins, text.stops, first, last, self._prefix, self._size, self._letters, self._most
        )
        known, whole = self._known.setdefault(text.language, {}), text.text
        begins, stops = text.begins[places].tolist(), text.stops[places].tolist()
        found = []
        for token, begin, stop in zip(places.tolist(), begins, stops, strict=True):
            surface = whole[begin:stop]
            fits = known.get(surface)
            if fits is None:
                fits = known[surface] = self.fits(form_of(surface, text.language))
            if fits:
                found.append(token)
        return found


def _letters(form: str) -> np.uint64:
    """The letters of a form as `kernels.candidates` compares them."""
    bits = 0
    for character in form:
        bits |= 1 << (ord(character) & 63)
    return np.uint64(bits)
