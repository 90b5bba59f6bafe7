"""Where a request's words and patterns are in the articles shown, as the kernels say it. A *slot* is one text of one article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.tokens import Offsets, SiftedPage

Ints = NDArray[np.int64]
Tokens = NDArray[np.int32]

_NO_TOKENS: Tokens = np.zeros(0, np.int32)


@dataclass
class Located:
    """What `kernels.locate` gives of some documents, and what patterns stand for in their texts.

    ``rows``, ``ends``: the occurrences of words; ``begins``, ``stops``: all tokens; ``bounds``: where each slot's end.
    """

    rows: NDArray[np.int32]
    ends: NDArray[np.int32]
    begins: Offsets
    stops: Offsets
    bounds: Ints
    sifted: list[SiftedPage] = field(default_factory=list)

    @property
    def found(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Offsets, Offsets, Ints]:
        """What the kernel gave."""
        return self.rows, self.ends, self.begins, self.stops, self.bounds

    def offsets(self, slot: int) -> tuple[Offsets, Offsets]:
        """Where the tokens of a slot begin and end."""
        first, last = self.bounds.item(slot - 1) if slot else 0, self.bounds.item(slot)
        return self.begins[first:last], self.stops[first:last]

    def tokens(self, slot: int, word: int) -> list[int]:
        """The tokens of a word."""
        place = slot * self.ends.shape[2] + word
        first, last = self._ends[place], self._ends[place + 1]
        found: list[int] = self.rows[0, first:last].tolist()
        return found

    @cached_property
    def _ends(self) -> Sequence[int]:
        return [0, *self.ends.reshape(-1).tolist()]

    def patterns(self) -> tuple[Tokens, Ints]:
        """The tokens of all patterns, slot by slot, pattern by pattern, and where they end: as `kernels.mark` takes them."""
        ends = np.zeros((len(self.sifted), len(self.bounds)), np.int64)
        if not self.sifted:
            return _NO_TOKENS, ends
        held = 0
        for number, page in enumerate(self.sifted):
            ends[number] = page.ends + held
            held += len(page.tokens)
        return np.concatenate([page.tokens for page in self.sifted]), ends

    def by_hand(self) -> NDArray[np.uint8]:
        """1 for slots in which a pattern may stand for a hyphenated word, or a token can't be read by itself."""
        found = np.zeros(len(self.bounds), np.uint8)
        for page in self.sifted:
            for number in (*page.odd, *(number for number, _ in page.linked)):
                found[number] = 1
        return found
