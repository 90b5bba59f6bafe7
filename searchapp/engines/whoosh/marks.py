"""Marks of the articles shown, from the index: the same that `searchapp.query.marks` finds by reading their texts.

Words and phrases come from the positions in their postings, and where tokens are from the stored offsets. Prefixes, wildcards
and fuzzy words stand for too many terms: for these the articles' tokens are looked at, and analysed where they may be meant.
All texts of a segment are marked in one step; the few that need a closer look are left to `onetext`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh.kernels import marks as kernels
from searchapp.engines.whoosh.lexicon import FormList
from searchapp.engines.whoosh.located import Located
from searchapp.engines.whoosh.onetext import OneText
from searchapp.engines.whoosh.programme import Programme
from searchapp.engines.whoosh.schema import stem_term
from searchapp.engines.whoosh.tokens import Batch
from searchapp.engines.whoosh.view import View
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.marks import STRETCH, ArticleMarks, Marks, PageMarks, PageTexts
from searchapp.query.tree import Leaf

_NONE = -1
_FURNITURE = 4
_NAMES = ("title", "body", "furniture")
_Columns = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8]]
"""The columns of `PageMarks`."""


def of(view: View, docs: Sequence[int], articles: Sequence[Article], leaves: Sequence[Leaf]) -> list[ArticleMarks]:
    """The marks of some documents of a segment; ``articles`` are what is stored of them."""
    marks = of_page([view], [(0, doc) for doc in docs], articles, leaves)
    return [marks.of_article(number) for number in range(len(docs))]


def of_page(
    views: Sequence[View], docs: Sequence[tuple[int, int]], articles: Sequence[Article], leaves: Sequence[Leaf],
    deadline: Deadline = NEVER,
) -> PageMarks:  # fmt: skip
    """The marks of the articles of a page; ``docs``: the number of each one's segment, and its own there. Raises QueryTimeout."""
    programme = Programme(leaves)
    texts = PageTexts.of(articles, furniture=bool(programme.fields & _FURNITURE))
    page = _Page(programme, texts, articles, deadline)
    order = sorted(range(len(docs)), key=docs.__getitem__)
    for segment, numbers in groupby(order, key=lambda number: docs[number][0]):
        page.mark(views[segment], [(docs[number][1], number) for number in numbers])
    return page.marks()


class _Page:
    """The marks of a page while they are found."""

    def __init__(self, programme: Programme, texts: PageTexts, articles: Sequence[Article], deadline: Deadline) -> None:
        self._programme = programme
        self._texts = texts
        self._articles = articles
        self._deadline = deadline
        self._places = np.zeros((3 * len(articles), 2), np.int64)
        self._chunks: list[_Columns] = []
        self._held = 0

    def marks(self) -> PageMarks:
        """What has been found."""
        chunks = self._chunks or [Marks().arrays()]
        if len(chunks) == 1:
            return PageMarks(self._texts, self._places, *chunks[0])
        return PageMarks(self._texts, self._places, *map(np.concatenate, zip(*chunks, strict=True)))

    def mark(self, view: View, places: Sequence[tuple[int, int]]) -> None:
        """Mark documents of a segment, ascending, each with its number on the page."""
        docs, numbers = [doc for doc, _ in places], [number for _, number in places]
        fields = self._programme.fields
        if fields & ~_FURNITURE:
            self._mark(view, docs, numbers, "text", furniture=False)
        if fields & _FURNITURE:
            self._mark(view, docs, numbers, "furniture", furniture=True)

    def _mark(self, view: View, docs: list[int], numbers: list[int], of_set: str, *, furniture: bool) -> None:
        """Mark their furniture, or the rest."""
        self._deadline.check()
        texts, table = self._texts, view.segment.table_of(of_set)
        asked, located = self._asked(view, of_set, docs, numbers), None
        rest = (texts.points, texts.bounds, STRETCH, self._held, self._places)
        if self._programme.sieves:
            located = self._located(table, asked, numbers, furniture=furniture)
            by_hand = located.by_hand()
            *found, left = kernels.mark(*located.found, *located.patterns(), asked, furniture, *rest, by_hand)
        else:
            by_hand = np.zeros(2 * len(docs), np.uint8)
            *found, left = kernels.find(table, furniture, asked, *rest, by_hand)
        self._add((found[0], found[1], found[2], found[3]))
        if left:
            located = located or self._located(table, asked, numbers, furniture=furniture)
            for slot in by_hand.nonzero()[0].tolist():
                field = 2 if furniture else slot & 1
                if self._programme.fields >> field & 1 and (slot & 1 or not furniture):
                    self._mark_by_hand(located, slot, numbers[slot >> 1], field)

    def _add(self, found: _Columns) -> None:
        self._chunks.append(found)
        self._held += len(found[0])

    def _mark_by_hand(self, located: Located, slot: int, number: int, field: int) -> None:
        self._deadline.check()
        article, name = self._articles[number], _NAMES[field]
        marks = OneText(self._programme, located, slot, name, self._deadline).marks(getattr(article, name), article.language)
        self._places[3 * number + field] = self._held, self._held + len(marks.starts)
        self._add(marks.arrays())

    def _asked(self, view: View, of_set: str, docs: list[int], numbers: list[int]) -> NDArray[np.int64]:
        """The programme for some documents."""
        own = [analysis.chain(self._articles[number].language) for number in numbers]
        chains = {of_chain: place for place, of_chain in enumerate(dict.fromkeys(own))}
        terms, forms = [], []
        for of_chain in chains:
            for form, exact in self._programme.words:
                term, only = _term(view, of_set, form, of_chain, exact=exact)
                terms.append(term)
                forms.append(only)
        return self._programme.asked(docs, numbers, [chains[of_chain] for of_chain in own], terms, forms)

    def _located(self, table: int, asked: NDArray[np.int64], numbers: list[int], *, furniture: bool) -> Located:
        located = Located(*kernels.locate(table, furniture, asked))
        if self._programme.sieves:
            batch = self._batch(located, np.array(numbers, np.int64), furniture=furniture)
            for sieve in self._programme.sieves:
                self._deadline.check()
                located.sifted.append(sieve.sift(batch))
        return located

    def _batch(self, located: Located, numbers: NDArray[np.int64], *, furniture: bool) -> Batch:
        """The texts of all slots, but for long ones."""
        fields = (2, 2) if furniture else (0, 1)
        places = (3 * numbers[:, None] + np.array(fields)).reshape(-1)
        shifts = self._texts.bounds[places]
        first = np.concatenate([np.zeros(1, np.int64), located.bounds[:-1]])
        short = self._texts.bounds[places + 1] - shifts <= STRETCH
        slots = np.stack([first, np.where(short, located.bounds, first), first, shifts], axis=1)
        articles = [self._articles[number] for number in numbers.tolist()]
        texts = [getattr(article, _NAMES[field]) for article in articles for field in fields]
        languages = [article.language for article in articles for _ in fields]
        return Batch(texts, languages, self._texts.points, (located.begins, located.stops), slots)


def _term(view: View, of_set: str, form: str, chain: str, *, exact: bool) -> tuple[int, int]:
    """A word's term for articles of a chain, and which of its forms only is meant; -1 for none."""
    term = view.term(of_set, stem_term(form, chain))
    if term is None or not exact:
        return _NONE if term is None else term, _NONE
    segment = view.segment
    number = FormList.of(segment, "furniture" if of_set == "furniture" else "body").number(form)
    if number is not None:
        first, last = segment[f"{of_set}.forms.start"][number : number + 2].tolist()
        for row in range(first, last):
            if segment[f"{of_set}.forms.term"].item(row) == term:
                return term, segment[f"{of_set}.forms.code"].item(row)
    return _NONE, _NONE
