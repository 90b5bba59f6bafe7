"""Which tokens of a text a query's leaves match: found by reading the text.

An engine that has postings can say it without (`searchapp.engines.base.EngineHit`); both must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from searchapp.analysis import chain, columns, compounds
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.occurrences import Occurrence, Places, TokenText, occurrences
from searchapp.query.tree import Leaf, Near, Phrase

STRETCH = 32_768
"""Code points of a text that are looked at together: five thousand words, more than all but a few articles have."""


@dataclass(slots=True)
class Marks:
    """The tokens of one text that matched, ascending: their ranges in code points, their leaves, which continue the one before.

    ``leaves`` are sets of leaves as bits: bit n is the n-th of `tree.wanted`. ``joined`` tokens are marked as one range with the
    one before, whatever stands between them.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    joined: list[bool] = field(default_factory=list)


ArticleMarks = Mapping[str, Marks]
"""Marks of an article by text field; only of fields that have some. Of a text longer than `STRETCH` they are those of
the first of its `stretches` that has any, as if it stood alone."""


def find_in_article(texts: Mapping[str, str], language: str | None, leaves: Sequence[Leaf]) -> ArticleMarks:
    """The marks of an article's text fields."""
    found = {name: _first_marks(text, name, language, leaves) for name, text in texts.items()}
    return {name: marks for name, marks in found.items() if marks.starts}


def _first_marks(text: str, field: str, language: str | None, leaves: Sequence[Leaf]) -> Marks:
    for start, end in stretches(text):
        marks = find(text[start:end], field, language, leaves)
        if marks.starts:
            if start:
                marks.starts = [at + start for at in marks.starts]
                marks.ends = [at + start for at in marks.ends]
            return marks
    return Marks()


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """The text in pieces of about `STRETCH`, cut between words where a space is near."""
    start, size = 0, len(text)
    while start < size:
        end = size
        if start + STRETCH < size:
            end = text.rfind(" ", start, start + STRETCH) + 1 or start + STRETCH
        yield start, end
        start = end


def find(text: str, field: str, language: str | None, leaves: Sequence[Leaf], deadline: Deadline = NEVER) -> Marks:
    """The marks of a whole text of ``field``, however long. Raises QueryTimeout, between one leaf and the next."""
    looking = looking_in(leaves, field)
    if not text or not looking:
        return Marks()
    forms, starts, ends = columns(text, language)
    whole = compounds(text, forms, starts, ends)
    parts = TokenText(forms, chain(language))
    tokens = TokenText(forms, chain(language), whole) if whole else parts
    matches = Matches()
    for number, leaf in looking:
        deadline.check()
        matches.add(number, leaf, field, tokens, parts, whole)
    return matches.marks(starts.__getitem__, ends.__getitem__)


def looking_in(leaves: Sequence[Leaf], field: str) -> list[tuple[int, Leaf]]:
    """The leaves that look in a field and have positions, numbered as in the whole sequence."""
    return [(number, leaf) for number, leaf in enumerate(leaves) if _looks_in(leaf, field)]


def _looks_in(leaf: Leaf, field: str) -> bool:
    if isinstance(leaf, Near):
        return field in leaf.left.fields and field in leaf.right.fields
    return field in getattr(leaf, "fields", ())


class Matches:
    """The tokens that leaves match in one text, by number."""

    def __init__(self) -> None:
        self.leaves: dict[int, int] = {}
        self.joined: set[int] = set()

    def add(self, number: int, leaf: Leaf, field: str, tokens: Places, parts: Places, whole: Mapping[int, str]) -> None:
        """Add what leaf ``number`` matches.

        ``tokens`` know the hyphenated words ``whole`` in one, ``parts`` don't. Where an occurrence holds only with one of these
        taken as a word, both its parts matched.
        """
        found = occurrences(leaf, field, tokens)
        if whole:
            of_parts = set(occurrences(leaf, field, parts))
            found = [one if one in of_parts else _with_second_parts(one, whole) for one in found]
        bit, known = 1 << number, self.leaves
        for occurrence in found:
            for token in occurrence:
                known[token] = known.get(token, 0) | bit
        if whole or isinstance(leaf, Phrase | Near):
            self.joined.update(after for one in found for before, after in pairwise(one) if after == before + 1)

    def marks(self, begin: Callable[[int], int], end: Callable[[int], int]) -> Marks:
        """As marks; the two say where a token begins and ends."""
        tokens = sorted(self.leaves)
        return Marks(
            [begin(token) for token in tokens],
            [end(token) for token in tokens],
            [self.leaves[token] for token in tokens],
            [token in self.joined for token in tokens],
        )


def _with_second_parts(occurrence: Occurrence, whole: Mapping[int, str]) -> Occurrence:
    return tuple(sorted({*occurrence, *(token + 1 for token in occurrence if token in whole)}))
