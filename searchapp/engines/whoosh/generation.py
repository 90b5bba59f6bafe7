"""A generation, opened: its segments as views, and what is only known of all of them together.

Immutable once opened, and safe for several threads; what is derived later is the same whoever derives it. Holds no copy of
an index file, so it survives a fork and costs a process little memory.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from copy import copy
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh import stock
from searchapp.engines.whoosh.counting import Plan
from searchapp.engines.whoosh.values import Values
from searchapp.engines.whoosh.view import Ints, View
from searchapp.fields import TEXT_FIELDS

Mask = np.ndarray[tuple[int], np.dtype[np.uint8]]
"""A byte a document, not 0 for those hidden; empty when none is."""

PLANS = 100
"""Choices of facets a process remembers how to count."""


class OpenGeneration:
    """All segments of a generation's directory. Raises what reading a damaged one raises."""

    def __init__(self, directory: Path) -> None:
        self.views = [View(mapped, known.live) for known, mapped in stock.open_segments(directory)]
        self.articles = sum(view.articles for view in self.views)
        self.averages = {name: self._average(name) for name in TEXT_FIELDS}
        for view in self.views:
            view.rank_by(self.averages)
        self._values: dict[str, Values] = {}
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._lock = Lock()
        self._withheld: Sequence[Mask] | None = None
        self._rows: dict[str, tuple[int, int] | None] = {}

    def _average(self, field: str) -> float:
        lengths = [(view.segment[f"length.{field}"], view) for view in self.views]
        total = sum(int((column if not len(view.dead) else column[view.live]).sum(dtype=np.int64)) for column, view in lengths)
        return total / self.articles if self.articles else 0.0

    def values(self, name: str) -> Values:
        """The values of a facet."""
        with self._lock:
            if name not in self._values:
                self._values[name] = Values(self.views, name)
            return self._values[name]

    def plan(self, names: Sequence[str]) -> Plan:
        """How to count some facets; made once for each choice of them."""
        key = tuple(names)
        plan = self._plans.get(key)
        if plan is None:
            plan = Plan(key, {name: self.values(name) for name in key}, self.views)
            if len(self._plans) < PLANS:
                self._plans[key] = plan
        return plan

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages of the live articles, most frequent first, then by code."""
        values = self.values("language")
        counts = np.zeros(len(values) + 1, np.int64)
        for view, places in zip(self.views, values.places, strict=True):
            counts[places] += np.bincount(_languages(view)[view.live], minlength=len(places))
        ranked = sorted((-counts.item(place), values.strings[place]) for place in range(1, len(counts)) if counts[place])
        return tuple(value for _, value in ranked)

    @cached_property
    def chains(self) -> tuple[str, ...]:
        """The stemming chains of its articles, deleted ones too."""
        values = self.values("language")
        languages: list[str | None] = [values.strings[place] for place in range(1, len(values) + 1)]
        if any(not _languages(view).all() for view in self.views):
            languages.append(None)
        return tuple(sorted({analysis.chain(language) for language in languages}))

    def row(self, article_id: str) -> tuple[int, int] | None:
        """Segment and document of a live article."""
        for number, view in enumerate(self.views):
            doc = view.row(article_id)
            if doc is not None:
                return number, doc
        return None

    def article(self, article_id: str) -> Article | None:
        """A live article."""
        found = self.row(article_id)
        if found is None or self._withholds(*found):
            return None
        return self.views[found[0]].segment.article(found[1])

    def hidden(self, now: int | None) -> Sequence[Mask]:
        """Of each segment, which documents are hidden at a moment, or withheld."""
        masks = [view.hidden(now) for view in self.views]
        if self._withheld is None:
            return masks
        return [_either(mask, held) for mask, held in zip(masks, self._withheld, strict=True)]

    def withholding(self, ids: Set[str]) -> OpenGeneration:
        """The same generation, in which the articles of these ids are hidden at every moment.

        It shares all that doesn't depend on what is hidden, and what is hidden is worked out here, once, not by its searches.
        """
        rows = {found for article_id in ids if (found := self._row(article_id)) is not None}
        if not rows:
            return self
        _ = self.languages, self.chains  # worked out before they are shared
        other = copy(self)
        other._withheld = [self._mask(number, [doc for at, doc in rows if at == number]) for number in range(len(self.views))]
        return other

    def _row(self, article_id: str) -> tuple[int, int] | None:
        """`row`, remembered: the ids of all withdrawals come again with each one."""
        if article_id not in self._rows:
            self._rows[article_id] = self.row(article_id)
        return self._rows[article_id]

    def _mask(self, number: int, docs: list[int]) -> Mask:
        mask: Mask = np.zeros(self.views[number].documents if docs else 0, np.uint8)
        mask[docs] = 1
        mask.flags.writeable = False
        return mask

    def _withholds(self, number: int, doc: int) -> bool:
        return self._withheld is not None and len(self._withheld[number]) > 0 and self._withheld[number].item(doc) != 0


def _either(mask: Mask, other: Mask) -> Mask:
    if not len(mask) or not len(other):
        return mask if len(mask) else other
    both: Mask = mask | other
    both.flags.writeable = False
    return both


def _languages(view: View) -> Ints:
    """The place of each article's language, 0 for those without; no article has two."""
    columns = view.segment.columns
    return columns.codes(columns.facets["language"].planes[0])
