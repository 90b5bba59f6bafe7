"""A request's filters as gates: what tells of a single document whether it passes. `kernels.gate` reads them.

And a guide: a posting list that every document which passes is in. The values that articles may be filtered by are names and
keywords, whose words are indexed in the set ``values``; a rare word of a value leads to its few articles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import book
from searchapp.engines.whoosh.evaluation import day_range
from searchapp.engines.whoosh.filtering import facet_flags
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.kernels.gate import GATE
from searchapp.engines.whoosh.layout import SEPARATOR
from searchapp.engines.whoosh.view import View
from searchapp.fields import FACETS, KEYWORD_FIELDS, MISSING

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
    where, without = request.where, request.without
    names = [name for name in dict.fromkeys((*where, *without)) if where.get(name) or without.get(name)]
    dated = request.first is not None or request.last is not None
    if not names and not dated and not any(len(mask) for mask in hidden):
        return [OPEN] * len(hidden)
    days, words = (int(dated), *day_range(request.first, request.last)), _words(generation, where)
    found = []
    for number, (view, mask) in enumerate(zip(generation.views, hidden, strict=True)):
        by_facet = {
            name: facet_flags(generation.values(name), number, where.get(name, ()), without.get(name, ())) for name in names
        }
        found.append(Gate(_table(view, mask, days, by_facet), *_guide(view, words)))
    return found


def _table(view: View, hidden: Flags, days: tuple[int, int, int], by_facet: Mapping[str, Flags]) -> book.Addresses:
    """A facet's flags have two items more than it has values."""
    sets, ends, set_bases = view.facet_sets
    flags = np.concatenate([np.zeros(0, np.uint8), *by_facet.values()])
    dated, low, high = days
    columns: list[int] = []
    base = 0
    for name, own in by_facet.items():
        columns += (FACETS.index(name), base, len(own) - 2)
        base += len(own)
    table: dict[str, NDArray[Any] | int] = {
        "hidden": book.mask_or_none(hidden), "dated": dated, "low": low, "high": high, "rows": view.segment["rows"],
        "filters": len(by_facet),
        "flags": flags, "sets": sets, "ends": ends, "set_bases": set_bases,
    }  # fmt: skip
    return book.Addresses([*(table[name] for name in GATE), *columns])


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
