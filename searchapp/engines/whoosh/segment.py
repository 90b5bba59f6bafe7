"""A segment, mapped: its arrays by name, and what is read of single articles. `layout` says what each array means.

Immutable and shared by threads; survives a fork. What is deleted is not known here: that is the table of contents' part.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressionDict, ZstdDecompressor

from searchapp.article import Article
from searchapp.engines.whoosh import arrays, rows
from searchapp.engines.whoosh.book import Addresses, made
from searchapp.engines.whoosh.columns import Columns
from searchapp.engines.whoosh.kernels import marks as kernels
from searchapp.engines.whoosh.layout import PARTS, WORDS
from searchapp.engines.whoosh.schema import from_json

LARGEST = 2**30
"""Bytes an article's stored frame may grow to; no article comes near, a hostile frame might."""


NO_ITEMS: NDArray[np.uint8] = np.zeros(0, np.uint8)


class Segment:
    """The arrays of one segment. Raises OSError and ValueError when a file is missing or isn't an array file."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.arrays: dict[str, NDArray[Any]] = {}
        self.values: dict[str, Any] = {}
        for part in PARTS:
            found, values = arrays.read(directory / f"{name}{part}")
            self.arrays |= found
            self.values |= values
        self.arrays |= rows.unpacked(self.arrays["rows"])
        self.articles = len(self.arrays["rows"]) // WORDS
        # Python reads a number of a memoryview in a third of the time that one of an array takes
        self._stored = self.arrays["stored"].data
        self._stored_ends = self.arrays["stored.ends"].data
        self._ids, self._id_ends = self.arrays["ids"].data, self.arrays["ids.ends"].data
        self._instants = self.arrays["instant"]
        self._tables: dict[str, Addresses] = {}
        self._thread = threading.local()

    @cached_property
    def columns(self) -> Columns:
        """What is counted and filtered by."""
        return Columns(self.arrays, self.values["codes"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def id(self, doc: int) -> str:
        """The id of an article."""
        ends = self._id_ends
        return str(self._ids[ends[doc - 1] if doc else 0 : ends[doc]], "utf-8", "surrogatepass")

    def instant(self, doc: int) -> int:
        """The moment of an article, as the column has it."""
        found: int = self._instants.item(doc)
        return found

    def article(self, doc: int) -> Article:
        """An article."""
        return Article.from_stored(self.stored(doc))

    def stored(self, doc: int) -> Any:
        """What `Article.to_stored` gave for an article."""
        (found,) = self.all_stored((doc,))
        return found

    def all_stored(self, docs: Iterable[int]) -> list[Any]:
        """The same of several articles."""
        data, ends, decompress, found = self._stored, self._stored_ends, self._decompressor.decompress, []
        for doc in docs:
            frame = data[ends[doc - 1] if doc else 0 : ends[doc]]
            found.append(from_json(decompress(frame, max_output_size=LARGEST)))
        return found

    def table_of(self, of_set: str) -> int:
        """The arrays of a set as `kernels.marks` takes them. Made twice, by two threads, it is the same twice."""
        table = self._tables.get(of_set)
        if table is None:
            items = {name: self.arrays.get(f"{of_set}.{name}", NO_ITEMS) for name in kernels.TABLE}
            items |= {name: self.arrays[name] for name in ("offsets", "offsets.ends", "rows")}
            table = self._tables[of_set] = made(kernels.TABLE, items)
        return table.at

    @property
    def dictionary(self) -> bytes:
        """The zstd dictionary its articles are compressed with."""
        return self["stored.dictionary"].tobytes()

    @property
    def _decompressor(self) -> ZstdDecompressor:
        """One for each thread: it may not be shared."""
        made: ZstdDecompressor | None = getattr(self._thread, "made", None)
        if made is None:
            made = self._thread.made = decompressor(self.dictionary)
        return made


def text_at(data: NDArray[np.uint8], ends: NDArray[np.uint32], number: int) -> bytes:
    """Item ``number`` of a list of byte strings kept as one array and where each ends."""
    start = ends.item(number - 1) if number else 0
    return data[start : ends.item(number)].tobytes()


def decompressor(dictionary: bytes) -> ZstdDecompressor:
    """Of frames made with a dictionary; empty: without one."""
    return ZstdDecompressor(dict_data=ZstdCompressionDict(dictionary)) if dictionary else ZstdDecompressor()
