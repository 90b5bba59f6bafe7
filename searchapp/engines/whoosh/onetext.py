"""The marks of one text, leaf by leaf: where the kernel leaves it to us.

That is in long texts, of which only the first stretch with a match counts, and where a hyphen may make one word of two.
A hyphenated word stands in the postings at its first part, too; which of the two an occurrence is, the text says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np

from searchapp import analysis
from searchapp.engines.whoosh.located import Located
from searchapp.engines.whoosh.programme import Programme, Word, words_of
from searchapp.engines.whoosh.tokens import Batch, Odd, Sifted, Text
from searchapp.query.deadline import Deadline
from searchapp.query.marks import STRETCH, Marks, Matches, find_in_article, stretches
from searchapp.query.occurrences import Pattern


class OneText:
    """Marks a text of a slot; ``name`` is its field. Raises QueryTimeout."""

    def __init__(self, programme: Programme, located: Located, slot: int, name: str, deadline: Deadline) -> None:
        self._programme = programme
        self._located = located
        self._slot = slot
        self._name = name
        self._looking = programme.looking(name)
        self._deadline = deadline

    def marks(self, text: str, language: str | None) -> Marks:
        """The marks of the text, or of a long one those of the first stretch that has any."""
        begins, stops = self._located.offsets(self._slot)
        try:
            if len(text) > STRETCH:
                return self._first_marks(text, language)
            sifted = [page.of(self._slot) for page in self._located.sifted]
            return self._read(Text(text, language, begins, stops, 0, len(begins)), sifted)
        except Odd:
            return find_in_article({self._name: text}, language, self._programme.leaves).get(self._name, Marks())

    def _first_marks(self, text: str, language: str | None) -> Marks:
        """Of a long text. Raises Odd."""
        begins, stops = self._located.offsets(self._slot)
        for start, end in stretches(text):
            self._deadline.check()
            if end < len(text) and text[end - 1] != " ":
                raise Odd  # cut within a word, perhaps
            first, last = np.searchsorted(begins, (start, end)).tolist()
            stretch = Text(text, language, begins, stops, first, last)
            batch = Batch.of_stretch(stretch) if self._programme.sieves else None
            sifted = [sieve.sift(batch).of(0) for sieve in self._programme.sieves] if batch else []
            marks = self._read(stretch, sifted)
            if marks.starts:
                return marks
        return Marks()

    def _read(self, text: Text, sifted: Sequence[Sifted]) -> Marks:
        """The marks of a text or a stretch. Raises Odd."""
        patterns: dict[Pattern, list[int]] = {}
        for pattern, one in zip(self._programme.patterns, sifted, strict=True):
            if one.odd:
                raise Odd
            patterns[pattern] = one.tokens
        places = _Places(self._located, self._slot, self._programme.words, patterns, text)
        matches = Matches()
        for number, leaf in self._looking:
            matches.add(number, leaf, self._name, places, places, {})
        if text.before_hyphens(matches.leaves) or any(one.linked for one in sifted):
            matches = self._with_hyphens(places, text, sifted)
        return matches.marks(text.begins.item, text.stops.item)

    def _with_hyphens(self, places: _Places, text: Text, sifted: Sequence[Sifted]) -> Matches:
        """What matches where hyphenated words may, in one or by their parts. Raises Odd.

        Only where a token that matched is followed by a hyphen can it make a difference which of the two it is.
        """
        words = {word: places.agreeing(word[0], exact=word[1]) for _, leaf in self._looking for word in words_of(leaf)}
        matched = {*chain.from_iterable(words.values()), *chain.from_iterable(one.tokens for one in sifted)}
        whole = text.compounds({*text.before_hyphens(matched), *chain.from_iterable(one.linked for one in sifted)})
        patterns = {
            pattern: _with_compounds(one.tokens, whole, sieve.fits)
            for pattern, one, sieve in zip(self._programme.patterns, sifted, self._programme.sieves, strict=True)
        }
        parts, tokens = places.replaced(_of_parts(words, whole, text)), places.replaced(words, patterns)
        matches = Matches()
        for number, leaf in self._looking:
            matches.add(number, leaf, self._name, tokens, parts, whole)
        return matches


def _with_compounds(places: list[int], whole: Mapping[int, str], fits: Callable[[str], bool]) -> list[int]:
    return sorted([*places, *(token for token, form in whole.items() if fits(form))])


def _of_parts(words: Mapping[Word, list[int]], whole: Mapping[int, str], text: Text) -> dict[Word, list[int]]:
    """The tokens that agree with words by themselves, not only as the beginning of a hyphenated word. Raises Odd."""
    by = analysis.chain(text.language)
    own = {token: text.form(token) for token in whole}
    return {
        (form, exact): [
            token
            for token in tokens
            if token not in own or own[token] == form or (not exact and analysis.stem(own[token], by) == analysis.stem(form, by))
        ]
        for (form, exact), tokens in words.items()
    }


class _Places:
    """Where words and patterns are in one text; the `Places` of `searchapp.query.occurrences`."""

    def __init__(
        self, located: Located, slot: int, numbers: Mapping[Word, int], patterns: Mapping[Pattern, list[int]], text: Text
    ) -> None:
        self._located = located
        self._slot = slot
        self._numbers = numbers
        self._patterns = patterns
        self._text = text
        self._words: Mapping[Word, list[int]] | None = None

    def replaced(self, words: Mapping[Word, list[int]], patterns: Mapping[Pattern, list[int]] | None = None) -> _Places:
        """The same with other tokens for the words, and for the patterns if they are given."""
        other = _Places(self._located, self._slot, self._numbers, self._patterns if patterns is None else patterns, self._text)
        other._words = words
        return other

    def agreeing(self, form: str, *, exact: bool) -> list[int]:
        """The tokens that agree with ``form``."""
        if self._words is not None:
            return self._words[form, exact]
        tokens = self._located.tokens(self._slot, self._numbers[form, exact])
        text = self._text
        if text.last - text.first == len(text.begins):
            return tokens
        return tokens[bisect_left(tokens, text.first) : bisect_left(tokens, text.last)]

    def matching(self, leaf: Pattern) -> list[int]:
        """The tokens whose form a leaf stands for."""
        return self._patterns[leaf]
