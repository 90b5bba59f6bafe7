"""Many texts to numbered forms with offsets: what an index is built from.

Finding tokens is compiled (`searchapp.analysis.scan`). What a surface means is asked of `searchapp.analysis.definition`, once
for each distinct surface and family of languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.analysis import scan
from searchapp.analysis.definition import FAMILIES, REMEMBERED, Piece, family, has_digit, reading
from searchapp.analysis.surfaces import Found, Surfaces

SURFACES = 1 << 20
"""Surfaces remembered; then their memory starts afresh. About 150 MB when full. Forms stay until they are forgotten."""
_UNREAD = np.iinfo(np.int32).min


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


class Met(NamedTuple):
    """What `BatchAnalyser.find` leaves to `BatchAnalyser.read`: surfaces of ``known``; its ``new`` ones, from ``first`` on."""

    known: Surfaces
    found: Found
    first: int
    new: list[str]


class BatchAnalyser:
    """Texts to numbered forms with offsets. What is learnt of surfaces and forms is kept.

    Finding tokens needs no interpreter, so that one thread may `find` what another then reads, batch by batch in the same
    order. Otherwise not safe for several threads. ``forms``: number -> form; only grows until they are forgotten.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start afresh: numbers given before mean nothing any more."""
        self.renew()
        self.forget_forms()

    def renew(self) -> None:
        """Have what is found from now on be of new surfaces. For the thread that finds."""
        self._surfaces = Surfaces()

    @property
    def surfaces(self) -> int:
        """How many surfaces have been found since they were renewed."""
        return len(self._surfaces)

    def forget_forms(self) -> None:
        """Start afresh with numbering forms. For the thread that reads."""
        self.forms: list[str] = []
        self._numbers: dict[str, int] = {}
        self._words: dict[int, int] = {}
        self._forget_readings(None)

    def _forget_readings(self, known: Surfaces | None) -> None:
        self._known = known
        self._read = np.full((len(FAMILIES), 1 << 14), _UNREAD, np.int32)
        self._pieces = np.zeros((64, 4), np.int32)
        self._rows = 0

    def number(self, form: str) -> int:
        """The number of a form: a new one when it is met for the first time."""
        found = self._numbers.setdefault(form, len(self.forms))
        if found == len(self.forms):
            self.forms.append(form)
        return found

    def scan(self, texts: Sequence[str], languages: Sequence[str | None]) -> Scanned:
        """The tokens of ``texts``, each read as its language has it: what `definition.columns` and `compounds` give."""
        if len(texts) != len(languages):
            raise ValueError("as many languages as texts")
        return self.read(self.find(texts), languages)

    def find(self, texts: Sequence[str]) -> Met:
        """The tokens of ``texts``, not yet read."""
        if len(self._surfaces) >= SURFACES:
            self.renew()
        first = len(self._surfaces)
        found = self._surfaces.find(texts)
        return Met(self._surfaces, found, first, self._surfaces.since(first))

    def read(self, met: Met, languages: Sequence[str | None]) -> Scanned:
        """Read what was found last, in as many texts as there are languages."""
        if met.known is not self._known:
            self._forget_readings(met.known)
        families = {language: FAMILIES.index(family(language)) for language in set(languages)}
        return self._placed(met.found, self._readings(met, [families[language] for language in languages]))

    def _number_plain(self, first: int, surfaces: list[str]) -> None:
        """Read the new surfaces, from ``first`` on, that are letters and digits of ASCII: their own form in every family."""
        self._make_room(first + len(surfaces))
        plain = [surface if surface.isascii() and surface.isalnum() else "" for surface in surfaces]
        numbers = self._numbers
        new = [form for form in plain if form and form not in numbers]
        numbers.update(zip(new, range(len(self.forms), len(self.forms) + len(new)), strict=True))
        self.forms += new
        self._read[:, first : first + len(surfaces)] = [numbers[form] if form else _UNREAD for form in plain]

    def _make_room(self, surfaces: int) -> None:
        have = self._read.shape[1]
        if have < surfaces:
            more = np.full((len(FAMILIES), max(have, surfaces - have)), _UNREAD, np.int32)
            self._read = np.concatenate([self._read, more], axis=1)

    def _readings(self, met: Met, families: list[int]) -> NDArray[np.int32]:
        """For each surface in the texts, its form, or where its pieces are: as `scan.place` reads it."""
        found, before, new = met.found, met.first, met.new
        self._number_plain(before, new)
        table, width = self._read.reshape(-1), self._read.shape[1]
        rows = found.surfaces
        if any(families):
            rows = rows + np.repeat(np.array(families, np.int32) * np.int32(width), np.diff(found.counts, prepend=0))
        read: NDArray[np.int32] = table[rows]
        places = np.flatnonzero(read == _UNREAD)
        unread = rows[places]
        for row in np.unique(unread).tolist():
            split, surface = divmod(row, width)
            word = new[surface - before] if surface >= before else met.known[surface]
            table[row] = self._learn(reading(word, FAMILIES[split]))
        read[places] = table[unread]
        return read

    def _learn(self, found: str | tuple[Piece, ...]) -> int:
        """The number of a form, or where pieces are kept, as `scan.place` reads it."""
        if isinstance(found, str):
            return self.number(found)
        rows = [(self.number(form), start, end - start, len(found) - at) for at, (form, start, end) in enumerate(found)]
        first = self._rows
        self._rows += max(len(rows), 1)
        while self._rows > len(self._pieces):
            self._pieces = np.concatenate([self._pieces, np.zeros_like(self._pieces)])
        self._pieces[first : first + len(rows)] = np.array(rows, np.int32).reshape(-1, 4)
        return -1 - first

    def _placed(self, found: Found, read: NDArray[np.int32]) -> Scanned:
        more = int((self._pieces[-1 - read[read < 0], 3] - 1).sum())
        tokens = len(read) + max(more, 0)
        forms, starts, lengths = (np.empty(tokens, np.int32) for _ in range(3))
        ends, pairs = np.empty(len(found.counts), np.int64), np.empty(len(found.links), np.int64)
        columns = (found.counts, read, found.starts, found.lengths, found.links, self._pieces)
        linked = int(scan.place(*columns, ends, forms, starts, lengths, pairs))
        total = int(ends[-1]) if len(ends) else 0
        forms = forms[:total]
        return Scanned(ends, forms, starts[:total], lengths[:total], *self._compounds(forms, pairs[:linked]))

    def _compounds(self, forms: NDArray[np.int32], pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """First tokens and forms of the hyphenated words among ``pairs``: those of exactly two parts and without digits."""
        chained = np.diff(pairs) == 1
        alone = pairs[~(np.append(chained, False) | np.append(False, chained))] if len(pairs) else pairs
        keys = (forms[alone].astype(np.int64) << 32) | forms[alone + 1]
        words = np.array([self._word(key) for key in keys.tolist()], np.int32)
        return alone[words >= 0], words[words >= 0]

    def _word(self, key: int) -> int:
        """The number of the form of two parts, their numbers being the halves of ``key``; -1 where a digit is in it."""
        found = self._words.get(key)
        if found is None:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            form = self.forms[key >> 32] + self.forms[key & 0xFFFFFFFF]
            found = self._words[key] = -1 if has_digit(form) else self.number(form)
        return found
