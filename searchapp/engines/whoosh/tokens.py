"""The tokens of stored texts, by where the index says they are: what they are is looked up only for those that matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.engines.whoosh.kernels import marks as kernels
from searchapp.query.matching import literal_start
from searchapp.query.occurrences import Pattern, form_test
from searchapp.query.tree import Fuzzy, Prefix

Offsets = NDArray[np.int32]

HYPHENS = frozenset("-\u2010\u2011")
_MAY_BE_MISSING = "',-."
"""What stands in tokens and not in their forms, or is folded to it; the kernel leaves it out, too."""


_LINKED, _SURE = 1, 2
"""What `kernels.candidates` says of a token: a hyphenated word begins with it; it begins with the prefix, whatever follows."""


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
        return [token for token in tokens if text[(end := stop(token)) : end + 1] in HYPHENS]

    def compounds(self, tokens: Iterable[int]) -> dict[int, str]:
        """Those of some tokens that a hyphenated word of two begins with, and that word in one. Raises Odd."""
        found = {}
        for token in tokens:
            low, high = max(token - 1, self.first), min(token + 3, self.last)
            starts, ends = self.begins[low:high].tolist(), self.stops[low:high].tolist()
            forms = [self.form(number) if token <= number <= token + 1 else "" for number in range(low, high)]
            part, origin = self.text[starts[0] : ends[-1]], starts[0]
            words = analysis.compounds(part, forms, [at - origin for at in starts], [at - origin for at in ends])
            if token - low in words:
                found[token] = words[token - low]
        return found

    def form(self, token: int) -> str:
        """The form of a token. Raises Odd."""
        return form_of(self.text[self.begins.item(token) : self.stops.item(token)], self.language)


def form_of(surface: str, language: str | None) -> str:
    """The form of a token by what stands in its place. Raises Odd."""
    if surface.isascii() and surface.isalnum():
        return surface.lower()
    forms, starts, ends = analysis.columns(surface, language)
    if len(forms) != 1 or starts[0] != 0 or ends[0] != len(surface):
        raise Odd
    return forms[0]


@dataclass(slots=True)
class Sifted:
    """The tokens of one text that a pattern stands for. ``linked``: those that a hyphenated word it may stand for begins with.

    ``odd``: some token can't be read by itself.
    """

    tokens: list[int]
    linked: list[int]
    odd: bool


@dataclass(slots=True)
class SiftedPage:
    """The same of several texts: ``ends`` is where each one's tokens end; ``linked`` are pairs of a text's number and a token."""

    tokens: NDArray[np.int32]
    ends: NDArray[np.int64]
    linked: list[tuple[int, int]] = field(default_factory=list)
    odd: set[int] = field(default_factory=set)

    def of(self, number: int) -> Sifted:
        """What is known of one text."""
        first = self.ends.item(number - 1) if number else 0
        tokens: list[int] = self.tokens[first : self.ends.item(number)].tolist()
        return Sifted(tokens, [token for text, token in self.linked if text == number], number in self.odd)


class Batch:
    """Texts with their tokens as `kernels.candidates` takes them."""

    def __init__(
        self, texts: Sequence[str], languages: Sequence[str | None], points: NDArray[np.uint32], tokens: tuple[Offsets, Offsets],
        slots: NDArray[np.int64],
    ) -> None:  # fmt: skip
        self.texts = texts
        self.languages = languages
        self.points = points
        self.begins, self.stops = tokens
        self.slots = slots

    @classmethod
    def of_stretch(cls, text: Text) -> Batch:
        """A stretch of a text."""
        start = text.begins.item(text.first) if text.first < text.last else 0
        stop = text.stops.item(text.last - 1) if text.first < text.last else 0
        points = np.frombuffer((text.text[start:stop] + "\0").encode("utf-32-le", "surrogatepass"), np.uint32)
        slots = np.array([(text.first, text.last, 0, -start)], np.int64)
        return cls([text.text], [text.language], points, (text.begins, text.stops), slots)


class Sieve:
    """Finds the tokens whose form a prefix, wildcard or fuzzy word stands for. What is learnt of surfaces is kept."""

    def __init__(self, leaf: Pattern) -> None:
        self.fits = form_test(leaf)
        self._known: dict[str | None, dict[str, int]] = {}
        self._enough = _SURE if isinstance(leaf, Prefix) else _SURE + 1
        self._size, self._letters, self._most = 0, np.uint64(0), -1
        start = ""
        if isinstance(leaf, Fuzzy):
            self._size, self._letters, self._most = len(leaf.form), _letters(leaf.form), leaf.distance
        else:
            start = leaf.prefix if isinstance(leaf, Prefix) else literal_start(leaf.pattern)
        self._prefix = np.array([ord(character) for character in start if character not in _MAY_BE_MISSING], np.int64)

    def sift(self, batch: Batch) -> SiftedPage:
        """What the pattern stands for in some texts."""
        rows, ends, sure = kernels.candidates(
            batch.points, batch.begins, batch.stops, batch.slots, self._prefix, self._size, self._letters, self._most
        )
        if self._enough == _SURE and sure == rows.shape[1]:
            return SiftedPage(rows[1], ends)
        kept: list[tuple[int, int]] = []
        found = SiftedPage(rows[1], ends)
        known = [self._known.setdefault(language, {}) for language in batch.languages]
        for number, token, begin, stop, kind in zip(*rows.tolist(), strict=True):
            if kind == _LINKED:
                found.linked.append((number, token))
                continue
            if kind < self._enough:
                surface = batch.texts[number][begin:stop]
                fits = known[number].get(surface)
                if fits is None:
                    fits = known[number][surface] = self._fits_surface(surface, batch.languages[number])
                if fits < 0:
                    found.odd.add(number)
                if fits <= 0:
                    continue
            kept.append((number, token))
        numbers, tokens = np.array(kept, np.int32).reshape(-1, 2).T
        found.tokens, found.ends = tokens, np.searchsorted(numbers, np.arange(1, len(ends) + 1))
        return found

    def _fits_surface(self, surface: str, language: str | None) -> int:
        """1 or 0, or -1 when a token can't be read by itself."""
        try:
            return int(self.fits(form_of(surface, language)))
        except Odd:
            return -1


def _letters(form: str) -> np.uint64:
    """The letters of a form as `kernels.candidates` compares them."""
    bits = 0
    for character in form:
        bits |= 1 << (ord(character) & 63)
    return np.uint64(bits)
