"""What is counted and filtered by, as columns: small codes of each article's values and of its date.

All codes of an article lie together, in as few bits as they take: a match that is far from the others costs one line of the
processor's cache, whatever is counted, and matches that are close share lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.layout import WORDS
from searchapp.fields import FACETS

MOST_PLANES = 16
"""Planes of a facet at most."""
FEW = 100
"""One article of so many may have more values than its facet has planes: those are counted by sets."""
_EPOCH = date(1970, 1, 1).toordinal()

Ints = NDArray[np.int64]


class Plane(NamedTuple):
    """A code of each article: ``width`` bits, the lowest first, from bit ``at`` of those it has."""

    at: int
    width: int


class Coded(NamedTuple):
    """The codes of a facet.

    0 for an article without a value (in the first plane); 1 … ``values`` the place of a value; `filler` where an article has no
    more values; from then on sets of more values than there are planes (in the first plane): set s is
    ``members[ends[s] : ends[s + 1]]``.
    """

    planes: tuple[Plane, ...]
    values: int
    members: NDArray[np.uint32]
    ends: Ints

    @property
    def filler(self) -> int:
        """The code that stands for nothing."""
        return self.values + 1

    @property
    def size(self) -> int:
        """How many codes there are."""
        return self.values + 1 + len(self.ends)

    def places(self, codes: Sequence[int]) -> tuple[int, ...]:
        """The places of the values that an article's codes stand for."""
        if codes[0] > self.filler:
            number = codes[0] - self.filler - 1
            return tuple(self.members[self.ends.item(number) : self.ends.item(number + 1)].tolist())
        return tuple([code for code in codes if 0 < code < self.filler])


class Months(NamedTuple):
    """When, and how exactly: 0 undated, else 1 + (grain - 1) × ``number`` + month - ``base``."""

    plane: Plane
    base: int
    number: int

    @property
    def size(self) -> int:
        """How many codes there are."""
        return 1 + 3 * self.number


class Days(NamedTuple):
    """First and last days of the articles' periods: day - ``base``, which is above 0; 0 for undated ones."""

    first: Plane
    last: Plane
    base: int


class Columns:
    """The columns of a segment as they lie in its array ``codes``, and as its directory describes them."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], described: Mapping[str, Any]) -> None:
        self.articles = len(arrays["rows"]) // WORDS
        self.data: NDArray[np.uint8] = arrays["codes"]
        self.step: int = described["step"]
        self.facets = {name: _facet(arrays, name, planes) for name, planes in described["facets"].items()}
        months, days = described["months"], described["days"]
        self.months = Months(Plane(*months["plane"]), months["base"], months["number"])
        self.days = Days(Plane(*days["first"]), Plane(*days["last"]), days["base"])

    def codes(self, plane: Plane) -> Ints:
        """The codes of a plane, one of each article."""
        first, shift = divmod(plane.at, 8)
        found = np.zeros(self.articles, np.uint64)
        for number in range((shift + plane.width + 7) // 8):
            found |= self.data[first + number :: self.step][: self.articles].astype(np.uint64) << np.uint64(8 * number)
        return (found >> np.uint64(shift) & np.uint64((1 << plane.width) - 1)).astype(np.int64)

    def combinations(self, name: str) -> tuple[list[tuple[int, ...]], Ints]:
        """What values of a facet some article has, as places, and the number of each article's among these."""
        facet = self.facets[name]
        planes = [self.codes(plane) for plane in facet.planes]
        numbers = planes[0]
        for codes in planes[1:]:
            numbers = np.unique(numbers * facet.size + codes, return_inverse=True)[1]
        _, first, numbers = np.unique(numbers, return_index=True, return_inverse=True)
        return [facet.places(codes) for codes in zip(*(plane[first].tolist() for plane in planes), strict=True)], numbers


def _facet(arrays: Mapping[str, NDArray[Any]], name: str, planes: Sequence[Sequence[int]]) -> Coded:
    ends = np.concatenate([np.zeros(1, np.int64), arrays[f"facet.{name}.sets.ends"].astype(np.int64)])
    values, members = len(arrays[f"facet.{name}.values.ends"]), arrays[f"facet.{name}.sets"]
    return Coded(tuple([Plane(*plane) for plane in planes]), values, members, _sealed(ends))


class Packing:
    """Columns being made of those that `documents` gathers."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._planes: list[tuple[Plane, NDArray[np.uint64]]] = []
        self._bits = 0
        facets = arrays["facets"].reshape(-1, len(FACETS))
        self._sets: dict[str, NDArray[Any]] = {}
        self._facets = {name: self._facet(arrays, facets[:, place], name) for place, name in enumerate(FACETS)}
        first, last, grain = (arrays[name].astype(np.int64) for name in ("first", "last", "grain"))
        self._months = self._of_months(first, grain)
        self._days = self._of_days(first, last, grain > 0)
        self._articles = len(first)

    @property
    def described(self) -> dict[str, Any]:
        """What the directory says of them."""
        return {"step": (self._bits + 7) // 8, "facets": self._facets, "months": self._months, "days": self._days}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """``codes``, and the sets that have no planes."""
        return self._sets | {"codes": self._packed()}

    def _packed(self) -> NDArray[np.uint8]:
        """All planes: bit after bit of an article, filled to whole bytes."""
        words = np.zeros((self._articles, self._bits // 64 + 2), "<u8")
        for (at, width), codes in self._planes:
            word, shift = divmod(at, 64)
            words[:, word] |= codes << np.uint64(shift)
            if shift + width > 64:
                words[:, word + 1] |= codes >> np.uint64(64 - shift)
        return words.view(np.uint8)[:, : (self._bits + 7) // 8].reshape(-1)

    def _plane(self, codes: NDArray[Any]) -> Plane:
        plane = Plane(self._bits, int(codes.max(initial=0)).bit_length())
        self._planes.append((plane, codes.astype(np.uint64)))
        self._bits += plane.width
        return plane

    def _facet(self, arrays: Mapping[str, NDArray[Any]], codes: NDArray[np.uint32], name: str) -> list[Plane]:
        values, members = len(arrays[f"facet.{name}.values.ends"]), arrays[f"facet.{name}.sets"]
        ends = arrays[f"facet.{name}.sets.ends"].astype(np.int64)
        sizes = np.diff(ends, prepend=0)
        wanted = _planes(sizes, codes, values)
        table = np.full((values + 1 + len(sizes), wanted), values + 1, np.uint32)
        table[: values + 1, 0] = np.arange(values + 1)
        for number in range(wanted):
            some = np.flatnonzero((sizes > number) & (sizes <= wanted))
            table[values + 1 + some, number] = members[ends[some] - sizes[some] + number]
        large = sizes > wanted
        table[values + 1 + np.flatnonzero(large), 0] = values + 2 + np.arange(int(large.sum()))
        self._sets[f"facet.{name}.sets"] = members[np.repeat(large, sizes)]
        self._sets[f"facet.{name}.sets.ends"] = np.cumsum(sizes[large]).astype(np.uint32)
        return [self._plane(table[:, number][codes]) for number in range(wanted)]

    def _of_months(self, first: Ints, grain: Ints) -> dict[str, Any]:
        month = (first - _EPOCH).astype("M8[D]").astype("M8[M]").astype(np.int64) + 12 * 1970
        known = month[grain > 0]
        base = int(known.min()) if len(known) else 0
        number = int(known.max()) - base + 1 if len(known) else 0
        plane = self._plane(np.where(grain > 0, 1 + (grain - 1) * number + month - base, 0))
        return {"plane": plane, "base": base, "number": number}

    def _of_days(self, first: Ints, last: Ints, dated: NDArray[np.bool_]) -> dict[str, Any]:
        base = int(first[dated].min()) - 1 if dated.any() else 0
        begins, ends = np.where(dated, first - base, 0), np.where(dated, last - base, 0)
        plane = self._plane(begins)
        return {"first": plane, "last": plane if (begins == ends).all() else self._plane(ends), "base": base}


def _planes(sizes: Ints, codes: NDArray[np.uint32], values: int) -> int:
    """How many planes a facet gets: few articles have more values."""
    several = sizes[codes[codes > values].astype(np.int64) - values - 1]
    more = len(several) - np.cumsum(np.bincount(several, minlength=2))
    enough = np.flatnonzero(more * FEW <= len(codes))
    return min(max(int(enough[0]), 1), MOST_PLANES)


def _sealed(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
