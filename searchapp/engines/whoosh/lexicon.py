"""The distinct forms of a field, and which of them a prefix, a wildcard or a fuzzy word stands for.

`FormList` looks them up where they are mapped; it holds none of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.kernels import lexicon as kernels
from searchapp.engines.whoosh.layout import SEPARATOR
from searchapp.engines.whoosh.segment import Segment
from searchapp.fields import TEXT_FIELDS
from searchapp.query.matching import literal_start

Ints = NDArray[np.int64]


class FormList:
    """The forms of a field in one segment, numbered in code point order, where they are mapped. Safe for several threads.

    ``blob`` and ``ends`` are a list as `kernels.lexicon` has it; of it the items ``first`` … ``last - 1``, which all begin with
    ``head`` (no part of a form). Numbers of forms are those of the items.
    """

    def __init__(
        self,
        blob: NDArray[np.uint8],
        ends: NDArray[np.uint32],
        gap: int = 1,
        *,
        span: tuple[int, int] | None = None,
        head: str = "",
    ) -> None:
        self._blob = blob
        self._ends = ends
        self._gap = gap
        self._head = head
        self.first, self.last = span or (0, len(ends))

    @classmethod
    def of(cls, segment: Segment, field: str) -> FormList:
        """Those of a text field's set (title and body have one together), or those of a name field.

        Numbers are rows of ``X.forms.ends``, or, for a name field, of ``values.terms.ends``.
        """
        if field in TEXT_FIELDS:
            name = "furniture" if field == "furniture" else "text"
            return cls(segment[f"{name}.forms"], segment[f"{name}.forms.ends"])
        blob, ends, head = segment["values.terms"], segment["values.terms.ends"], field + SEPARATOR
        return cls(blob, ends, 0, span=cls(blob, ends, 0).prefixed(head), head=head)

    def __len__(self) -> int:
        return self.last - self.first

    def form(self, number: int) -> str:
        """A form by its number."""
        start = (self._ends.item(number - 1) + self._gap if number else 0) + len(self._head)
        return self._blob[start : self._ends.item(number)].tobytes().decode("utf-8", "surrogatepass")

    def number(self, form: str) -> int | None:
        """The number of a form; None when there is no such form."""
        at = kernels.lower_bound(self._blob, self._ends, self._gap, _key(self._head + form))
        return at if at < self.last and self.form(at) == form else None

    def prefixed(self, prefix: str) -> tuple[int, int]:
        """The forms that begin with ``prefix``: the number of the first, and the number after the last one's."""
        if not prefix:
            return self.first, self.last
        key = _key(self._head + prefix)
        after = key.copy()
        after[-1] += 1
        after.flags.writeable = False
        return (
            kernels.lower_bound(self._blob, self._ends, self._gap, key),
            kernels.lower_bound(self._blob, self._ends, self._gap, after),
        )

    def matching(self, pattern: str, most: int | None = None) -> Ints:
        """Numbers of the forms that ``pattern`` (``*`` any run, ``?`` any one character) matches whole.

        With ``most``, the first ones only.
        """
        first, last = self.prefixed(literal_start(pattern))
        found = np.empty(last - first if most is None else min(most, last - first), np.int64)
        head = len(self._head)
        count = kernels.matching(self._blob, self._ends, self._gap, first, last, head, _key(pattern), found)
        return found[:count].copy()

    def near(self, form: str, distance: int, most: int | None = None) -> Ints:
        """Numbers of the forms at most ``distance`` edits away (optimal string alignment); with ``most``, the first."""
        word = np.array([ord(character) for character in form], np.int64)
        found = np.empty(len(self) if most is None else min(most, len(self)), np.int64)
        span, head = (self.first, self.last), len(self._head)
        count = kernels.near(self._blob, self._ends, self._gap, *span, head, word, distance, found)
        return found[:count].copy()


def _key(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
