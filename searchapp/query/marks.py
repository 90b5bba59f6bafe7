"""Which tokens of a text a query's leaves match: found by reading the text.

An engine that has postings can say it without (`searchapp.engines.base.EngineHit`); both must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from searchapp.analysis import chain, columns, compounds
from searchapp.article import Article
from searchapp.fields import TEXT_FIELDS
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.occurrences import Occurrence, Places, TokenText, occurrences
from searchapp.query.tree import Leaf, Near, Phrase

_ALL_LEAVES = 2**64 - 1
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

    def add(self, more: Marks) -> None:
        """Put the marks of another text after these."""
        self.starts += more.starts
        self.ends += more.ends
        self.leaves += more.leaves
        self.joined += more.joined

    def arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8]]:
        """The four as `PageMarks` has them; of leaves the first 64, more than a query has."""
        leaves = np.array([bits & _ALL_LEAVES for bits in self.leaves], np.uint64)
        return np.array(self.starts, np.int32), np.array(self.ends, np.int32), leaves, np.array(self.joined, np.uint8)


ArticleMarks = Mapping[str, Marks]
"""Marks of an article by text field; only of fields that have some. Of a text longer than `STRETCH` they are those of
the first of its `stretches` that has any, as if it stood alone."""


@dataclass(slots=True, eq=False)
class PageTexts:
    """The text fields of some articles as code points, for compiled code.

    ``points``: uint32, the texts one after the other, then a 0. ``bounds``: where each text begins among them, title, body and
    furniture of each article, and where the last one ends.
    """

    points: NDArray[np.uint32]
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, articles: Sequence[Article], *, furniture: bool) -> Self:
        """Of some articles; without ``furniture`` as if they had none."""
        texts: list[str] = []
        for article in articles:
            texts += (article.title, article.body, article.furniture if furniture else "")
        points = ("".join(texts) + "\0").encode("utf-32-le", "surrogatepass")
        return cls(np.frombuffer(points, np.uint32), np.array([0, *accumulate(map(len, texts))], np.int64))


@dataclass(slots=True, eq=False)
class PageMarks:
    """The marks of the articles of a page, in arrays.

    ``starts``, ``ends`` (int32), ``leaves`` (uint64), ``joined`` (uint8, 0 or 1): as in `Marks`. ``places`` (int64, 3 rows for
    each article: title, body, furniture): a text's first mark and the one after its last.
    """

    texts: PageTexts
    places: NDArray[np.int64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    leaves: NDArray[np.uint64]
    joined: NDArray[np.uint8]

    @classmethod
    def of(cls, articles: Sequence[Article], found: Sequence[ArticleMarks]) -> Self:
        """The same marks as arrays."""
        places, marks, count = [], Marks(), 0
        for of_article in found:
            for name in TEXT_FIELDS:
                first, of_text = count, of_article.get(name)
                if of_text is not None:
                    marks.add(of_text)
                    count += len(of_text.starts)
                places.append((first, count))
        texts = PageTexts.of(articles, furniture=any("furniture" in of_article for of_article in found))
        return cls(texts, np.array(places, np.int64).reshape(-1, 2), *marks.arrays())

    def __eq__(self, other: object) -> bool:
        """Whether the same is marked in as many articles."""
        if not isinstance(other, PageMarks) or len(self.places) != len(other.places):
            return False
        return all(self.of_article(number) == other.of_article(number) for number in range(len(self.places) // 3))

    def of_article(self, number: int) -> ArticleMarks:
        """The marks of one article, as lists."""
        found = {}
        for name, (first, end) in zip(TEXT_FIELDS, self.places[3 * number : 3 * number + 3].tolist(), strict=True):
            if first < end:
                columns = (self.starts, self.ends, self.leaves, self.joined.astype(np.bool_))
                found[name] = Marks(*(column[first:end].tolist() for column in columns))
        return found


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
