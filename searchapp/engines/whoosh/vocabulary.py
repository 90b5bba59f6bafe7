"""Terms and forms as sorted lists of byte strings, and which forms belong to which terms.

A *row* is a form as it is stemmed by one chain: it belongs to one term.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.arrays import Arrays
from searchapp.engines.whoosh.kernels.strings import keys, unite

Ints = NDArray[np.int64]


class Source(Protocol):
    """A segment, or a run: arrays by name."""

    def __getitem__(self, name: str, /) -> NDArray[Any]: ...


class Strings(NamedTuple):
    """Byte strings: number i is ``data[starts[i] : ends[i]]``."""

    data: NDArray[np.uint8]
    starts: Ints
    ends: Ints

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Texts without line feeds, as UTF-8 (surrogates passed)."""
        data = np.frombuffer("\n".join([*texts, ""]).encode("utf-8", "surrogatepass"), np.uint8)
        return cls.of_lines(data, np.flatnonzero(data == ord("\n")))

    @classmethod
    def of_lines(cls, data: NDArray[np.uint8], feeds: NDArray[np.integer]) -> Self:
        """Strings each ended by a line feed, at these places."""
        ends = feeds.astype(np.int64)
        return cls(data, np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)], ends)

    @classmethod
    def of_run(cls, data: NDArray[np.uint8], stops: NDArray[np.integer]) -> Self:
        """Strings one after the other, that end there."""
        ends = stops.astype(np.int64)
        return cls(data, np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)], ends)

    def order(self) -> Ints:
        """Their numbers in the order of their bytes."""
        eight = np.empty(len(self.starts), np.uint64)
        keys(self.data, self.starts, self.ends, 0, eight)
        order = np.argsort(eight)
        tied = _tied(eight[order])
        some = order[tied]
        more = np.empty(len(some), np.uint64)
        keys(self.data, self.starts[some], self.ends[some], 8, more)
        some = some[np.lexsort((more, eight[some]))]
        order[tied] = some
        keys(self.data, self.starts[some], self.ends[some], 8, more)
        text = self.data.tobytes()
        for first, last in _runs((eight[some][1:] == eight[some][:-1]) & (more[1:] == more[:-1])):
            same = some[first : last + 1].tolist()
            some[first : last + 1] = sorted(same, key=lambda number: text[self.starts[number] : self.ends[number]])
        order[tied] = some
        return order

    def chosen(self, numbers: Ints) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """Some of them one after the other, and where each ends."""
        starts, lengths = self.starts[numbers], self.ends[numbers] - self.starts[numbers]
        stops = np.cumsum(lengths)
        return self.data[np.repeat(starts - stops + lengths, lengths) + np.arange(int(lengths.sum()))], stops.astype(np.uint32)


def united(
    lists: Sequence[Strings], kept: Sequence[NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], list[Ints]]:
    """Sorted lists as one: the bytes, where each string ends; and for each list's strings their place, -1 if not kept."""
    sizes = [len(strings.data) for strings in lists]
    shift = np.cumsum([0, *sizes])
    data = np.concatenate([*(strings.data for strings in lists), np.zeros(0, np.uint8)])
    starts = joined([strings.starts + at for strings, at in zip(lists, shift, strict=False)])
    ends = joined([strings.ends + at for strings, at in zip(lists, shift, strict=False)])
    first = np.cumsum([0, *(len(strings.ends) for strings in lists)]).astype(np.int64)
    ranks = np.where(np.concatenate([*kept, np.zeros(0, np.bool_)]), 0, -1).astype(np.int64)
    out, stops = np.empty(len(data), np.uint8), np.empty(len(ends), np.int64)
    count = int(unite(data, starts, ends, first, ranks, out, stops))
    size = int(stops[count - 1]) if count else 0
    return out[:size].copy(), stops[:count].astype(np.uint32), np.split(ranks, first[1:-1])[: len(lists)]


def with_feeds(data: NDArray[np.uint8], ends: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Strings one after the other with a line feed after each, and where these are."""
    feeds = ends.astype(np.int64)
    return np.insert(data, feeds, np.uint8(ord("\n"))), (feeds + np.arange(len(feeds))).astype(np.uint32)


def joined(parts: Iterable[NDArray[np.integer]]) -> Ints:
    """Arrays of integers as one."""
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64, copy=False)


def _tied(ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of sorted numbers occur more than once."""
    same = ordered[1:] == ordered[:-1]
    tied: NDArray[np.bool_] = np.append(same, False) | np.append(False, same)
    return tied[: len(ordered)]


def _runs(same: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """The first and last places of items that are equal to the ones before; ``same[i]``: item i + 1 is equal to item i."""
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True)


class Rows(NamedTuple):
    """Distinct rows in the order of (term, form): the term's number, the form's, and the form's number among the term's."""

    term: Ints
    form: Ints
    code: Ints

    @classmethod
    def of(cls, terms: Ints, forms: Ints) -> Self:
        """Rows in any order, also several times."""
        rows = np.sort((terms << 32) | forms)
        rows = rows[np.diff(rows, prepend=-1) != 0]
        term = rows >> 32
        first = np.flatnonzero(np.diff(term, prepend=-1))
        counts = np.diff(first, append=len(term))
        return cls(term, rows & 0xFFFFFFFF, np.arange(len(rows)) - np.repeat(first, counts))

    def codes(self, terms: Ints, forms: Ints) -> Ints:
        """The codes of some of the rows."""
        found: Ints = self.code[np.searchsorted((self.term << 32) | self.form, (terms << 32) | forms)]
        return found

    def arrays(self, name: str, terms: int, forms: int) -> Arrays:
        """The layout's arrays of the set ``name``."""
        order = np.argsort((self.form << 32) | self.term)
        return {
            f"{name}.nforms": np.bincount(self.term, minlength=terms).astype(np.uint32),
            f"{name}.forms.start": np.concatenate([[0], np.cumsum(np.bincount(self.form, minlength=forms))]).astype(np.uint32),
            f"{name}.forms.term": self.term[order].astype(np.uint32),
            f"{name}.forms.code": self.code[order].astype(np.uint32),
        }

    @classmethod
    def from_arrays(cls, arrays: Source, name: str) -> Self:
        """The inverse of `arrays`."""
        term = arrays[f"{name}.forms.term"].astype(np.int64)
        code = arrays[f"{name}.forms.code"].astype(np.int64)
        starts = arrays[f"{name}.forms.start"].astype(np.int64)
        form = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        order = np.argsort((term << 32) | code)
        return cls(term[order], form[order], code[order])


def code_widths(counts: NDArray[np.integer]) -> Ints:
    """Bits of a code among so many forms."""
    widths: Ints = np.ceil(np.log2(np.maximum(counts, 1))).astype(np.int64)
    return widths
