"""A segment put together of parts: articles as they come, then the postings of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor, ZstdDecompressor

from searchapp.engines.whoosh import rows
from searchapp.engines.whoosh.arrays import Arrays, ArrayWriter, let_go, write
from searchapp.engines.whoosh.columns import Packing
from searchapp.engines.whoosh.documents import Columns
from searchapp.engines.whoosh.joining import Mask, SetMerger
from searchapp.engines.whoosh.layout import COLUMNS, DICTIONARY, FORMS, OFFSETS, POSITIONS, POSTINGS, SETS, STORED
from searchapp.engines.whoosh.records import compressor
from searchapp.engines.whoosh.segment import decompressor
from searchapp.engines.whoosh.vocabulary import Ints, Source, joined
from searchapp.fields import BY_NAME, TEXT_FIELDS

PARTS_OF_TEXT = ("title", "body")
"""The fields of the set ``text``'s two parts."""


class Assembly:
    """A segment being put together: articles first, source after source, then the postings of all."""

    def __init__(self, directory: Path, name: str, dictionary: bytes) -> None:
        self._path = directory / name
        self._dictionary = dictionary
        self._columns = Columns()
        self._live: list[Mask] = []
        self._stored = _Items(self._at(STORED), "stored")
        self._offsets = _Items(self._at(OFFSETS), "offsets")

    def _at(self, part: str) -> Path:
        return self._path.with_name(self._path.name + part)

    def add_articles(self, source: Source, live: Mask, dictionary: bytes) -> None:
        """Add a source's live articles; its stored frames were made with ``dictionary``."""
        self._live.append(live)
        self._columns.add(source, live)
        self._offsets.add(source["offsets"], source["offsets.ends"], live)
        if dictionary == self._dictionary:
            self._stored.add(source["stored"], source["stored.ends"], live)
        else:
            frames = _recompressed(source, live, decompressor(dictionary), compressor(self._dictionary))
            for frame in frames:
                self._stored.append(frame)

    @property
    def stored(self) -> int:
        """Bytes of the stored frames so far."""
        return self._stored.size

    def finish(self, sources: Sequence[Source]) -> int:
        """Merge the postings of the sources whose articles were added, write everything. Gives the number of articles."""
        self._stored.finish({"stored.dictionary": np.frombuffer(self._dictionary, np.uint8)})
        self._offsets.finish({})
        columns = self._columns.arrays()
        averages = {name: float(columns[f"length.{name}"].mean()) if len(self._columns) else 0.0 for name in TEXT_FIELDS}
        weights = [[BY_NAME[name].boost, BY_NAME[name].length_norm] for name in PARTS_OF_TEXT]
        kept = {name: items for name, items in columns.items() if name not in (*rows.NAMES, "facets")}
        packing = Packing(columns)
        kept |= {"rows": rows.packed(columns)} | packing.arrays()
        write(self._at(COLUMNS), kept, {"average": averages, "weights": weights, "codes": packing.described})
        norms = tuple(_norm(columns[f"length.{name}"], name, averages[name]) for name in PARTS_OF_TEXT)
        places = _places(self._live)
        with (
            ArrayWriter(self._at(POSTINGS)) as postings,
            ArrayWriter(self._at(POSITIONS)) as positions,
            ArrayWriter(self._at(FORMS)) as forms,
            ArrayWriter(self._at(DICTIONARY)) as dictionary,
        ):
            for name in SETS:
                none = np.zeros(0, np.float64)
                merger = SetMerger(name, sources, self._live, places, norms if name == "text" else (none, none))
                merger.write(postings, positions, forms, dictionary)
            for writer in (postings, positions, forms, dictionary):
                writer.finish()
        return len(self._columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what isn't finished."""
        self._stored.close()
        self._offsets.close()


class _Items:
    """A file of byte strings, one after the other, and where each ends."""

    def __init__(self, path: Path, name: str) -> None:
        self._writer = ArrayWriter(path)
        self._name = name
        self._ends: list[Ints] = []
        self.size = 0
        self._writer.begin(name, np.uint8)

    def add(self, data: NDArray[np.uint8], ends: NDArray[np.uint32], live: Mask) -> None:
        """Add the live ones of many."""
        if live.all():
            self._writer.append(data)
            let_go(data)
            self._ends.append(ends.astype(np.int64) + self.size)
            self.size += len(data)
            return
        stops = ends.astype(np.int64)
        starts = np.concatenate([[0], stops])[: len(stops)]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], live, [False]]).astype(np.int8)))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            begin = int(starts[first])
            self._writer.append(data[begin : int(stops[last - 1])])
            self._ends.append(stops[first:last] - begin + self.size)
            self.size += int(stops[last - 1]) - begin

    def append(self, item: bytes) -> None:
        """Add one."""
        self._writer.append(item)
        self.size += len(item)
        self._ends.append(np.array([self.size]))

    def finish(self, more: Arrays) -> None:
        """Write where they end, and more arrays."""
        self._writer.add(f"{self._name}.ends", joined(self._ends).astype(np.uint32))
        for name, items in more.items():
            self._writer.add(name, items)
        self._writer.finish()

    def close(self) -> None:
        """Close an unfinished file."""
        self._writer.__exit__(None, None, None)


def _recompressed(source: Source, live: Mask, reading: ZstdDecompressor, writing: ZstdCompressor) -> Iterator[bytes]:
    data, ends = source["stored"], source["stored.ends"]
    for document in np.flatnonzero(live).tolist():
        start = int(ends[document - 1]) if document else 0
        yield writing.compress(reading.decompress(data[start : int(ends[document])].tobytes()))


def _norm(lengths: NDArray[np.uint32], field: str, average: float) -> NDArray[np.float64]:
    """What an occurrence in a field weighs in each article (`searchapp.engines.base`)."""
    row = BY_NAME[field]
    relative = lengths / average if average else np.zeros(len(lengths))
    norm: NDArray[np.float64] = row.boost / (1 - row.length_norm + row.length_norm * relative)
    return norm


def _places(live: Sequence[Mask]) -> list[NDArray[np.int32]]:
    """For each source's documents their numbers in the new segment, -1 for the dead."""
    places, base = [], 0
    for mask in live:
        place = np.where(mask, np.cumsum(mask) - 1 + base, -1).astype(np.int32)
        base += int(mask.sum())
        places.append(place)
    return places
