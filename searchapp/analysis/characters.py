"""What the token pattern's character classes say of every code point, for the compiled scan.

The classes are those `searchapp.analysis.definition` writes its pattern with, asked of the engine that NLTK's tokenizer
uses. A page of 256 code points is asked for when a text first has one of them: English needs three or four pages.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from searchapp.analysis import definition

INSIDE, START, LETTER, MARK, DIGIT, SPACELESS, FOLLOWS, JOINER = (1 << bit for bit in range(8))
"""Bits: stands inside a word; begins a word or number; a letter of a spaced script; a mark; a decimal digit; a letter of a
script without spaces; stays with such a letter; joins letters or digits."""

_CLASSES = {
    INSIDE: definition.INSIDE,
    START: definition.START,
    LETTER: definition.LETTER,
    MARK: r"\p{M}",
    DIGIT: r"\p{Nd}",
    SPACELESS: definition.SPACELESS,
    FOLLOWS: definition.FOLLOWS,
    JOINER: f"[{definition.APOSTROPHE}.,\u066b]",
}
PAGE = 256
_CODES = 0x110000


class Characters:
    """The bits of every code point met so far, in arrays that kernels read.

    ``bits``: uint8 of 1,114,112 code points. ``known``: uint8 of 4,352 pages, 1 where ``bits`` is filled. Memory of pages
    that are never asked for is never touched.
    """

    def __init__(self) -> None:
        self.bits = np.zeros(_CODES, np.uint8)
        self.known = np.zeros(_CODES // PAGE, np.uint8)

    def learn(self, page: int) -> None:
        """Fill a page. Doing it twice, or in two threads, changes nothing."""
        first = page * PAGE
        text = "".join(map(chr, range(first, first + PAGE)))
        bits = np.zeros(PAGE, np.uint8)
        for bit, pattern in _patterns().items():
            bits[[match.start() for match in pattern.finditer(text)]] |= bit
        self.bits[first : first + PAGE] = bits
        self.known[page] = 1


@cache
def _patterns() -> dict[int, Any]:
    return {bit: definition.compiled("(?V1)" + pattern) for bit, pattern in _CLASSES.items()}


@cache
def characters() -> Characters:
    """The one table of this process."""
    return Characters()
