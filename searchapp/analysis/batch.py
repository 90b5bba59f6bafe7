"""Many texts to numbered forms with offsets: what an index is built from.

What a token and its form are is said by `searchapp.analysis.definition` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from searchapp.analysis.definition import columns, compounds


@dataclass(frozen=True, slots=True)
class Scanned:
    """The tokens of a batch of texts, one after the other."""

    ends: NDArray[np.int64]
    """For each text: tokens of the batch up to its end."""
    forms: NDArray[np.int32]
    """For each token: the number of its form."""
    starts: NDArray[np.int32]
    """For each token: its first code point in its text."""
    lengths: NDArray[np.int32]
    """For each token: its code points."""
    compound_tokens: NDArray[np.int64]
    """Tokens that are the first part of a hyphenated word of two, ascending."""
    compound_forms: NDArray[np.int32]
    """The numbers of those words' forms."""


class BatchAnalyser:
    """Texts to numbered forms with offsets. What is learnt of surfaces and forms is kept. Not safe for several threads."""

    def __init__(self) -> None:
        self.forms: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, form: str) -> int:
        """The number of a form: a new one when it is met for the first time."""
        found = self._numbers.setdefault(form, len(self.forms))
        if found == len(self.forms):
            self.forms.append(form)
        return found

    def forget(self) -> None:
        """Start afresh: numbers given before mean nothing any more."""
        self.forms = []
        self._numbers = {}

    def scan(self, texts: Sequence[str], languages: Sequence[str | None]) -> Scanned:
        """The tokens of ``texts``, each read as its language has it."""
        ends, numbers, begins, stops, firsts, joined = [], [], [], [], [], []
        for text, language in zip(texts, languages, strict=True):
            forms, starts, finishes = columns(text, language)
            words = compounds(text, forms, starts, finishes)
            firsts += [len(numbers) + token for token in words]
            joined += [self.number(form) for form in words.values()]
            numbers += [self.number(form) for form in forms]
            begins += starts
            stops += finishes
            ends.append(len(numbers))
        first = np.array(begins, np.int32)
        return Scanned(
            np.array(ends, np.int64),
            np.array(numbers, np.int32),
            first,
            np.array(stops, np.int32) - first,
            np.array(firsts, np.int64),
            np.array(joined, np.int32),
        )
