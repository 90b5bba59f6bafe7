"""The tokens of many texts, as numbers of their surfaces. Drives the kernels of `searchapp.analysis.scan`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.analysis import scan
from searchapp.analysis.characters import characters
from searchapp.analysis.definition import LONGEST

TOGETHER = 1 << 18
"""Code points scanned in one call, about: few enough to stay in a processor's cache, enough that a call costs nothing, nor
waiting for the interpreter after it, where another thread has it."""
_PADDING = bytes(8)


class Found(NamedTuple):
    """What the pattern finds in a batch of texts. ``counts``: tokens up to the end of each text; ``links``: tokens that one
    hyphen parts from the token before."""

    counts: NDArray[np.int64]
    surfaces: NDArray[np.int32]
    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    links: NDArray[np.int64]


class Surfaces:
    """Numbers for surfaces, from 0, in the order they are first met. Surfaces are equal when they are with A-Z lowered."""

    def __init__(self, slots: int = 1 << 15) -> None:
        """``slots``: rows of the hash table to begin with, a power of two."""
        self._slots = np.zeros((slots, 4), np.uint64)
        self._spans = np.zeros(slots // 2 + 2, np.int64)
        self._letters = np.zeros(slots * 4, np.uint32)
        self._seeds = np.array([secrets.randbits(64) | 1 for _ in range(3)], np.uint64)
        self._state = np.zeros(8, np.int64)
        self._scratch = (np.zeros((scan.TOGETHER, 3), np.uint64), np.zeros(8, np.int64))

    def __len__(self) -> int:
        return int(self._state[scan.SURFACES])

    def __getitem__(self, number: int) -> str:
        start, end = self._spans[number : number + 2]
        return self._letters[start:end].tobytes().decode("utf-32-le", "surrogatepass")

    def since(self, number: int) -> list[str]:
        """The surfaces from ``number`` on, with A-Z lowered."""
        bounds = self._spans[number : len(self) + 1]
        whole = self._letters[bounds[0] : bounds[-1]].tobytes().decode("utf-32-le", "surrogatepass")
        places = (bounds - bounds[0]).tolist()
        return [whole[start:end] for start, end in pairwise(places)]

    def find(self, texts: Sequence[str]) -> Found:
        """The tokens of ``texts``, one text after the other."""
        room = sum(map(len, texts)) // 5 + scan.TOGETHER
        counts = np.zeros(len(texts), np.int64)
        columns: list[NDArray[Any]] = [np.empty(room, kind) for kind in (np.int32, np.int32, np.int32, np.int64)]
        state = self._state
        state[[scan.TOKENS, scan.LINKS]] = 0
        first = 0
        for part in _parts(texts):
            ends = np.cumsum(np.fromiter(map(len, part), np.int64, len(part)))
            text, narrow = _code_points("".join(part))
            state[[scan.TEXT, scan.POSITION]] = 0
            state[scan.PREVIOUS] = -1
            state[scan.PAGE] = -1 if text.itemsize == 1 else 0
            while (lack := self._scan(text, narrow, ends, counts[first : first + len(part)], columns)) != scan.DONE:
                self._provide(lack, len(text), columns)
            first += len(part)
        surfaces, starts, lengths, links = columns
        tokens, linked = int(state[scan.TOKENS]), int(state[scan.LINKS])
        return Found(counts, surfaces[:tokens], starts[:tokens], lengths[:tokens], links[:linked])

    def _scan(
        self,
        text: NDArray[Any],
        narrow: NDArray[np.uint8],
        ends: NDArray[np.int64],
        counts: NDArray[np.int64],
        columns: list[NDArray[Any]],
    ) -> int:
        known = characters()
        if not known.known[0]:
            known.learn(0)
        kept = (self._slots, self._spans, self._letters, self._seeds, self._state, *self._scratch)
        return int(scan.scan(text, narrow, ends, known.bits, known.known, LONGEST, *kept, counts, *columns))

    def _provide(self, lack: int, size: int, columns: list[NDArray[Any]]) -> None:
        """Make room for what the scan of ``size`` code points stopped for."""
        if lack == scan.PAGE_MISSING:
            characters().learn(int(self._state[scan.PAGE]))
        elif lack == scan.TOKENS_FULL:
            columns[:] = [_enlarged(column, len(column) * 3 // 2 + scan.TOGETHER) for column in columns]
        else:
            if 2 * (len(self) + scan.TOGETHER) > len(self._slots):
                larger = np.zeros((2 * len(self._slots), 4), np.uint64)
                scan.rehash(self._slots, larger, self._seeds)
                self._slots = larger
                self._spans = _enlarged(self._spans, len(larger) // 2 + 2)
            used = int(self._state[scan.LETTERS])
            if used + size > len(self._letters):
                self._letters = _enlarged(self._letters, 2 * used + size)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Successive texts of together about `TOGETHER` code points."""
    first = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size >= TOGETHER:
            yield texts[first : number + 1]
            first, size = number + 1, 0
    if first < len(texts):
        yield texts[first:]


def _code_points(text: str) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Read-only: a byte a code point where that is enough, else four; and as `scan.scan` wants it, a byte for each, and eight."""
    if text.isascii():
        whole = np.frombuffer(text.encode("ascii") + _PADDING, np.uint8)
        return whole[: len(text)], whole
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    narrow = np.zeros(len(text) + len(_PADDING), np.uint8)
    np.minimum(codes, 0xFF, out=narrow[: len(text)], casting="unsafe")
    narrow.flags.writeable = False
    return codes, narrow


def _enlarged(array: NDArray[Any], size: int) -> NDArray[Any]:
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger
