"""A request's filters as gates: what tells of a single document whether it passes. `kernels.gate` reads them.

And a guide: a posting list that every document which passes is in. The values that articles may be filtered by are names and
keywords, whose words are indexed in the set ``values``; a rare word of a value leads to its few articles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import book
from searchapp.engines.whoosh.filtering import Checks, Filters
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.layout import SEPARATOR
from searchapp.engines.whoosh.view import View
from searchapp.fields import KEYWORD_FIELDS, MISSING

Flags = NDArray[np.uint8]


class Gate(NamedTuple):
    """What every hit of a segment must pass: a table, if anything is asked; a list of ``values`` that all are in, and its
    size."""

    table: book.Addresses | None = None
    guide: int | None = None
    size: int = 0

    @property
    def at(self) -> int:
        """The table's address; 0 without one."""
        return self.table.at if self.table else 0


OPEN = Gate()


def gates(generation: OpenGeneration, request: EngineRequest, hidden: Sequence[Flags]) -> list[Gate]:
    """One for each segment. ``hidden``: masks of documents not to be seen."""
    values = {name: generation.values(name) for name in (*request.where, *request.without)}
    filters = Filters(values, request.where, request.without, request.first, request.last)
    if not filters and not any(len(mask) for mask in hidden):
        return [OPEN] * len(hidden)
    words = _words(generation, request.where)
    return [
        Gate(_table(filters.checks(view, number, mask)), *_guide(view, words))
        for number, (view, mask) in enumerate(zip(generation.views, hidden, strict=True))
    ]


def _table(checks: Checks) -> book.Addresses:
    days, planes = checks.days.tolist(), checks.planes.reshape(-1).tolist()
    hidden, flags = book.mask_or_none(checks.hidden), checks.flags
    return book.Addresses([hidden, checks.data, checks.step, *days, flags, len(checks.planes), *planes])


def _words(generation: OpenGeneration, where: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Terms of ``values`` that whatever passes has: the words of a facet's only chosen value, whatever the article's language."""
    found: list[str] = []
    for name, values in where.items():
        if len(values) != 1 or values[0] == MISSING:
            continue
        if name in KEYWORD_FIELDS:
            forms = {analysis.fold(values[0])}
        else:
            forms = set.intersection(
                *(set(analysis.columns(values[0], language)[0]) for language in (*generation.languages, None))
            )
        found += [f"{name}{SEPARATOR}{form}" for form in forms]
    return found


def _guide(view: View, words: Sequence[str]) -> tuple[int | None, int]:
    """The shortest list of some terms; none without any, or when one isn't in the segment (then nothing passes anyway)."""
    numbers = [view.term("values", word) for word in words]
    known = [(view.lists["values"].sizes.item(number), number) for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return None, 0
    size, number = min(known)
    return number, size
