"""The distinct forms of a field, and which of them a prefix, a wildcard or a fuzzy word stands for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

_WILD = re.compile(r"[*?]")


class Lexicon:
    """Forms in code point order. Safe for several threads."""

    def __init__(self, forms: Sequence[str]) -> None:
        self.forms = forms

    def prefixed(self, prefix: str) -> Sequence[str]:
        """All forms that begin with ``prefix``."""
        start = bisect_left(self.forms, prefix)
        end = bisect_left(self.forms, _after(prefix), start) if _after(prefix) else len(self.forms)
        return self.forms[start:end]

    def matching(self, pattern: str) -> Sequence[str]:
        """All forms that ``pattern`` (``*`` any run, ``?`` any one character) matches whole."""
        literal = _WILD.split(pattern, maxsplit=1)[0]
        forms = self.prefixed(literal)
        return re.findall(_regex(pattern), "\n".join(forms), re.MULTILINE) if forms else []

    def near(self, form: str, distance: int) -> Sequence[str]:
        """All forms at most ``distance`` edits away (optimal string alignment)."""
        lengths = range(len(form) - distance, len(form) + distance + 1)
        choices = [choice for length in lengths for choice in self._by_length.get(length, ())]
        distances = cdist([form], choices, scorer=OSA.distance, score_cutoff=distance, dtype=np.uint8)[0]
        return [choices[place] for place in np.flatnonzero(distances <= distance).tolist()]

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        forms: dict[int, list[str]] = {}
        for form in self.forms:
            forms.setdefault(len(form), []).append(form)
        return forms


def _after(prefix: str) -> str:
    """The smallest string beyond all that begin with ``prefix``; empty when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    return kept[:-1] + chr(ord(kept[-1]) + 1) if kept else ""


def _regex(pattern: str) -> str:
    """A glob as a regular expression over lines that never backtracks into a run it has matched.

    Taking the first place where the next literal part fits is always right, because only runs of anything follow; so
    each part can be atomic, and the work is at most pattern × form.
    """
    first, *rest = [re.escape(part).replace(r"\?", "[^\n]") for part in re.sub(r"\*+", "*", pattern).split("*")]
    if not rest:
        return f"^{first}$"
    middle = "".join(f"(?>[^\n]*?{part})" for part in rest[:-1])
    return f"^{first}{middle}[^\n]*{rest[-1]}$"
