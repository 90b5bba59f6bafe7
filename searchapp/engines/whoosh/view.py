"""A segment as its generation sees it: what is deleted, and what lengths are worth by the averages of all segments."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.base import K1
from searchapp.engines.whoosh import book
from searchapp.engines.whoosh.kernels import lexicon
from searchapp.engines.whoosh.kernels.lists import BOOK
from searchapp.engines.whoosh.layout import BOUND_STEPS, BOUND_ZERO, LENGTHS, NO_BOUND, SETS
from searchapp.engines.whoosh.segment import Segment
from searchapp.fields import BY_NAME

Ints = NDArray[np.int64]
Docs = NDArray[np.int32]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]

TABLED = 16_384
"""Lengths up to which a field's weights are looked up; longer articles' are computed."""


def _sealed(dtype: Any) -> NDArray[Any]:
    empty = np.zeros(0, dtype)
    empty.flags.writeable = False
    return empty


NO_BYTES: NDArray[np.uint8] = _sealed(np.uint8)
NO_NUMBERS: NDArray[np.uint32] = _sealed(np.uint32)


class Lists(NamedTuple):
    """The posting lists of a set, as the kernels take them; `searchapp.engines.whoosh.layout` names the arrays."""

    post: NDArray[np.uint8]
    last: NDArray[np.int32]
    widths: NDArray[np.uint8]
    blocks: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    sizes: NDArray[np.uint32]
    pos: NDArray[np.uint8]
    pat: NDArray[np.uint32]
    code: NDArray[np.uint8]
    cat: NDArray[np.uint32]
    nforms: NDArray[np.uint32]


class Ranking(NamedTuple):
    """What occurrences in the two parts of a set weigh: where lengths are, norms by length, (boost, b, average) of both."""

    rows: NDArray[np.uint32]
    column: int
    other_column: int
    table: Floats
    other_table: Floats
    numbers: Floats


class Scratch:
    """One thread's working arrays for a segment: all 0 between uses."""

    def __init__(self, documents: int) -> None:
        self.counts = np.zeros(documents, np.uint64)
        self.scores = np.zeros(documents, np.float64)
        self.bits = np.zeros(words(documents), np.uint64)
        self._seen: dict[str, NDArray[np.uint32]] = {}
        self._room, self._forms = np.empty(0, np.uint8), np.zeros(0, np.uint8)

    def room(self, size: int) -> NDArray[np.uint8]:
        """So many bytes, whatever they hold."""
        if len(self._room) < size:
            self._room = np.empty(size, np.uint8)
        return self._room

    def forms(self, most: int) -> NDArray[np.uint8]:
        """A byte for each form that a term may have."""
        if len(self._forms) < most:
            self._forms = np.zeros(most, np.uint8)
        return self._forms

    def seen(self, of_set: str, terms: int) -> NDArray[np.uint32]:
        """A number for each term of a set."""
        if of_set not in self._seen:
            self._seen[of_set] = np.zeros(terms, np.uint32)
        return self._seen[of_set]


def words(documents: int) -> int:
    """Words of a set of documents as bits."""
    return (documents + 63) // 64


class View:
    """One segment of a generation. Immutable but for scratch, of which each thread has its own."""

    def __init__(self, segment: Segment, live: NDArray[np.bool_]) -> None:
        self.segment = segment
        self.documents = segment.articles
        self.live = live
        self.articles = int(live.sum())
        self.dead = NO_BYTES if self.articles == self.documents else (~live).astype(np.uint8)
        self.dead.flags.writeable = False
        self.moments = segment["rows"].view(np.int64)
        self.lists = {name: _lists(segment, name) for name in SETS}
        self._terms = {name: (segment[f"{name}.terms"], segment[f"{name}.terms.ends"]) for name in SETS}
        self.ranking: dict[str, Ranking] = {}
        self.books: dict[str, book.Addresses] = {}
        self.ceilings = _ceilings(math.inf)
        self._thread = threading.local()

    def rank_by(self, averages: Mapping[str, float]) -> None:
        """Take the average lengths of the whole generation; before the first search."""
        self.ranking = {
            "text": _ranking(self.segment, ("title", "body"), averages),
            "furniture": _ranking(self.segment, (None, "furniture"), averages),
            "values": _ranking(self.segment, (None, None), averages),
        }
        self.ceilings = _ceilings(self._slack(averages))
        self.books = {name: self._book(name) for name in SETS}

    def _book(self, name: str) -> book.Addresses:
        lists, ranking, segment = self.lists[name], self.ranking[name], self.segment
        second = "furniture" if name == "furniture" else "body"
        lengths = book.packed_lengths(None if name == "furniture" else segment["length.title"], segment[f"length.{second}"])
        return book.made(BOOK, {
            "post": lists.post, "last": lists.last, "widths": lists.widths, "blocks": lists.blocks, "starts": lists.starts,
            "sizes": lists.sizes, "bounds": segment[f"{name}.max"], "ceilings": self.ceilings,
            "dead": book.mask_or_none(self.dead), "lengths": lengths, "rows": ranking.rows, "column": ranking.column,
            "other_column": ranking.other_column, "table": ranking.table, "tabled": len(ranking.table),
            "other_table": ranking.other_table, "other_tabled": len(ranking.other_table), "numbers": ranking.numbers,
            "moments": self.moments, "rank": segment["ids.rank"], "pos": lists.pos, "pat": lists.pat, "code": lists.code,
            "cat": lists.cat, "nforms": lists.nforms,
        })  # fmt: skip

    def _slack(self, averages: Mapping[str, float]) -> float:
        """How much more a posting can weigh by these averages than by the segment's own; infinite when that isn't known.

        1 / (1 - b + b × length / average) grows by less than the average does.
        """
        known, fields = self.segment.values, ("title", "body")
        if known.get("weights") != [[BY_NAME[name].boost, BY_NAME[name].length_norm] for name in fields]:
            return math.inf
        grown = ((averages[name] or 1.0) / (known["average"][name] or 1.0) for name in fields)
        return max(1.0, *grown) * (1 + 1e-9)

    @property
    def scratch(self) -> Scratch:
        """This thread's working arrays."""
        held: Scratch | None = getattr(self._thread, "held", None)
        if held is None:
            held = self._thread.held = Scratch(self.documents)
        return held

    def drop_scratch(self) -> None:
        """Forget this thread's working arrays: an interrupted search may have left them dirty."""
        self._thread.held = None

    def term(self, of_set: str, term: str) -> int | None:
        """The number of a term in a set."""
        number: int = lexicon.find(*self._terms[of_set], np.frombuffer(term.encode("utf-8", "surrogatepass"), np.uint8))
        return None if number < 0 else number

    def row(self, article_id: str) -> int | None:
        """The live document of an id."""
        number = self.id_place(article_id)
        order = self.segment["ids.order"]
        while number < len(order) and self.segment.id(order.item(number)) == article_id:
            doc: int = order.item(number)
            if self.live[doc]:
                return doc
            number += 1
        return None

    def ids(self, docs: Sequence[int]) -> list[str]:
        """The ids of some documents."""
        data, ends = self._ids
        return [str(data[ends[doc - 1] if doc else 0 : ends[doc]], "utf-8", "surrogatepass") for doc in docs]

    @cached_property
    def _ids(self) -> tuple[memoryview, memoryview]:
        """Python reads one number of a memoryview in a third of the time that one of an array takes."""
        return self.segment["ids"].data, self.segment["ids.ends"].data

    def id_place(self, article_id: str) -> int:
        """How many documents have a smaller id."""
        key = np.frombuffer(article_id.encode("utf-8", "surrogatepass"), np.uint8)
        place: int = lexicon.lower_bound_ordered(self.segment["ids"], self.segment["ids.ends"], self.segment["ids.order"], key)
        return place

    @cached_property
    def most_forms(self) -> dict[str, int]:
        """Of each set, the largest number of forms of a term."""
        return {name: int(lists.nforms.max(initial=0)) for name, lists in self.lists.items()}

    @cached_property
    def live_docs(self) -> Docs:
        """All live documents."""
        docs: Docs = np.flatnonzero(self.live).astype(np.int32)
        return docs

    @cached_property
    def live_bits(self) -> Bits:
        """All live documents as bits."""
        return as_bits(self.live)

    @cached_property
    def hides(self) -> bool:
        """Whether any article is hidden for a time."""
        return len(self.segment["available"]) > 0

    def hidden(self, now: int | None) -> NDArray[np.uint8]:
        """One byte a document, not 0 for those hidden at a moment; empty when none is."""
        if now is None or not self.hides:
            return NO_BYTES
        hidden: NDArray[np.uint8] = (self.segment["available"] > now).astype(np.uint8)
        hidden.flags.writeable = False
        return hidden


def as_bits(mask: NDArray[np.bool_]) -> Bits:
    """A set of documents, given as one truth value each, as bits."""
    packed = np.packbits(mask, bitorder="little")
    padded = np.zeros(8 * words(len(mask)), np.uint8)
    padded[: len(packed)] = packed
    return padded.view(np.uint64)


def _ceilings(slack: float) -> Floats:
    """What weight / (k1 + weight) can't exceed in a block with each bound, when postings weigh up to ``slack`` times as much."""
    ceilings = np.ones(NO_BOUND + 1, np.float64)
    if math.isfinite(slack):
        weights = slack * 2.0 ** ((np.arange(NO_BOUND, dtype=np.float64) - BOUND_ZERO) / BOUND_STEPS)
        ceilings[:NO_BOUND] = weights / (K1 + weights)
    return ceilings


def _lists(segment: Segment, name: str) -> Lists:
    def get(suffix: str, missing: NDArray[Any]) -> NDArray[Any]:
        return segment.arrays.get(f"{name}.{suffix}", missing)

    return Lists(
        post=segment[f"{name}.post"],
        last=segment[f"{name}.last"],
        widths=segment[f"{name}.widths"],
        blocks=segment[f"{name}.block"],
        starts=segment[f"{name}.at"],
        sizes=segment[f"{name}.df"],
        pos=segment[f"{name}.pos"],
        pat=segment[f"{name}.pat"],
        code=get("code", NO_BYTES),
        cat=get("cat", NO_NUMBERS),
        nforms=get("nforms", NO_NUMBERS),
    )


def _ranking(segment: Segment, fields: tuple[str | None, str | None], averages: Mapping[str, float]) -> Ranking:
    numbers = np.array([[0.0, 0.0, 1.0]] * 2)
    tables: list[Floats] = []
    for part, name in enumerate(fields):
        if name is None:
            tables.append(np.zeros(0, np.float64))
            continue
        row, average = BY_NAME[name], averages[name] or 1.0
        numbers[part] = row.boost, row.length_norm, average
        size = min(int(segment[f"length.{name}"].max(initial=0)) + 1, TABLED)
        tables.append(row.boost / (1 - row.length_norm + row.length_norm * np.arange(size, dtype=np.float64) / average))
    first, second = (0 if name is None else LENGTHS[name] for name in fields)
    return Ranking(segment["rows"], first, second, tables[0], tables[1], numbers)
