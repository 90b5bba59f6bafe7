"""The values of a facet in all segments: from places to strings and back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.segment import text_at
from searchapp.engines.whoosh.view import Ints, View

REMEMBERED = 20_000
"""Values of a facet that a process keeps as strings: those it has shown."""


class _Strings(dict[int, str]):
    """Values by their places from 1 on; those that were asked for are kept, up to `REMEMBERED`."""

    def __init__(self, read: Callable[[int], str]) -> None:
        super().__init__()
        self._read_value = read

    def __missing__(self, place: int) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        self[place] = found = self._read_value(place)
        return found


class Values:
    """The distinct values of a facet in all segments, numbered in code point order from 1; 0 stands for none."""

    def __init__(self, views: Sequence[View], name: str) -> None:
        self._parts = [(view.segment[f"facet.{name}.values"], view.segment[f"facet.{name}.values.ends"]) for view in views]
        self.sizes = [len(ends) for _, ends in self._parts]
        self.strings = _Strings(self._value)

    @cached_property
    def _all(self) -> list[str] | None:
        """All values, sorted; None when one segment has them all, where they are read one by one."""
        if len(self._parts) == 1:
            return None
        return sorted({_text(part, number) for part in self._parts for number in range(len(part[1]))})

    @cached_property
    def places(self) -> list[Ints]:
        """Of each segment: its places as places among all, beginning with 0 for none."""
        if self._all is None:
            return [np.arange(self.sizes[0] + 1)]
        place = {value: number for number, value in enumerate(self._all, 1)}
        return [np.array([0, *(place[_text(part, number)] for number in range(len(part[1])))], np.int64) for part in self._parts]

    def __len__(self) -> int:
        return self.sizes[0] if self._all is None else len(self._all)

    def _value(self, place: int) -> str:
        return _text(self._parts[0], place - 1) if self._all is None else self._all[place - 1]

    def place(self, value: str) -> int | None:
        """The place of a value among all; None when no article has it."""
        if self._all is None:
            return self.local(0, value)
        at = bisect_left(self._all, value)
        return at + 1 if at < len(self._all) and self._all[at] == value else None

    def local(self, segment: int, value: str) -> int | None:
        """The place of a value in one segment."""
        part = self._parts[segment]
        at = bisect_left(range(len(part[1])), value, key=lambda number: _text(part, number))
        return at + 1 if at < len(part[1]) and _text(part, at) == value else None


def _text(part: tuple[NDArray[np.uint8], NDArray[np.uint32]], number: int) -> str:
    return text_at(*part, number).decode("utf-8", "surrogatepass")
