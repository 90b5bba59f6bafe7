"""Pieces of a text by which it can be told from all others: what a proof that it is nowhere searches for.

A piece is a short value whole, or some words in a row of a long one; beside these, words that only this text has. What another
article has too proves nothing and is left out: wire copy that two papers printed, a headline that is a neighbour's furniture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from searchapp.analysis import fold

WHOLE = 60
"""Characters up to which a value is one piece."""
LONG = 48
"""Characters of a piece of a longer one, about."""
LETTERS = 6
"""A piece has at least as many letters: shorter ones turn up by chance."""
MOST_PIECES = 96
MOST_WORDS = 24
SHARERS = 5
"""Of those who have a piece too, so many are named."""

_WORD = re.compile(r"[a-z]{8,40}")


@dataclass(slots=True)
class Pieces:
    """What is searched for: ``texts`` as they stand, ``words`` folded. ``shared`` texts were left out: ``sharers`` have them."""

    texts: list[str]
    words: list[str]
    shared: int = 0
    sharers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, values: Iterable[Any], known: str) -> Pieces:
        """The pieces of an article's records, given as JSON values; none that is in ``known``, its id, which stays in the log."""
        strings = list(dict.fromkeys(text for value in values for text in strings_in(value)))
        known = known.casefold()
        texts = dict.fromkeys(piece for text in strings for piece in _pieces_of(text) if piece.casefold() not in known)
        words = dict.fromkeys(word for text in strings for word in _WORD.findall(fold(text)) if word not in known)
        longest = sorted(words, key=lambda word: (-len(word), word))
        return cls(_spread(list(texts), MOST_PIECES), longest[:MOST_WORDS])

    def leave_to(self, other: str, values: Iterable[Any]) -> None:
        """Drop the pieces that another article, or whatever ``other`` names, has as well."""
        text = "\n".join(text for value in values for text in strings_in(value))
        folded = fold(text)
        texts = [piece for piece in self.texts if piece not in text]
        if len(texts) < len(self.texts):
            self.shared += len(self.texts) - len(texts)
            self.sharers += [other] if len(self.sharers) < SHARERS and other not in self.sharers else []
        self.texts, self.words = texts, [word for word in self.words if word not in folded]

    def needles(self) -> dict[bytes, str]:
        """All bytes by which a piece may be kept, each with the piece: UTF-8, and the two ways of JSON."""
        found: dict[bytes, str] = {}
        for piece in (*self.texts, *self.words):
            ways = (piece.encode("utf-8", "surrogatepass"), json.dumps(piece)[1:-1].encode(), _orjson(piece))
            found |= dict.fromkeys(ways, piece)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` is the inverse."""
        return {"texts": self.texts, "words": self.words, "shared": self.shared, "sharers": self.sharers}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Pieces:
        """What `to_json` made ``stored`` from."""
        return cls(**stored)


def strings_in(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names of fields aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings_in(one)


def _pieces_of(text: str) -> Iterator[str]:
    for line in text.splitlines():
        line = line.strip()
        if len(line) <= WHOLE:
            yield from _if_long_enough(line)
            continue
        words = line.split(" ")
        for start in dict.fromkeys((0, len(words) // 3, 2 * len(words) // 3)):
            yield from _if_long_enough(_from(words, start))
        yield from _if_long_enough(line[-LONG:].partition(" ")[2])


def _from(words: list[str], start: int) -> str:
    piece = ""
    for word in words[start:]:
        if len(piece) + len(word) > LONG:
            break
        piece += word + " "
    return (piece or words[start][:LONG]).strip()


def _if_long_enough(piece: str) -> Iterator[str]:
    if sum(map(str.isalpha, piece)) >= LETTERS:
        yield piece


def _spread(items: list[str], most: int) -> list[str]:
    """At most so many, from all over."""
    return items if len(items) <= most else [items[place * len(items) // most] for place in range(most)]


def _orjson(piece: str) -> bytes:
    try:
        return orjson.dumps(piece)[1:-1]
    except TypeError:  # half a surrogate pair, which orjson never wrote
        return piece.encode("utf-8", "surrogatepass")
