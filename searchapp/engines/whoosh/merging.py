"""Segments, or runs, made one: array work only, in the order given, without what is deleted.

Merging what was built in parts gives, byte for byte, what building it at once gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.arrays import Arrays, ArrayWriter, write
from searchapp.engines.whoosh.documents import Columns
from searchapp.engines.whoosh.kernels.build import survey
from searchapp.engines.whoosh.kernels.merge import merge
from searchapp.engines.whoosh.layout import (
    BLOCK, COLUMNS, DICTIONARY, FORMS, NO_BOUND, OFFSETS, POSITIONS, POSTINGS, SETS, STEMMED_SETS, STORED,
)  # fmt: skip
from searchapp.engines.whoosh.records import compressor
from searchapp.engines.whoosh.segment import Segment, decompressor
from searchapp.engines.whoosh.vocabulary import Ints, Rows, Strings, code_widths, joined, united, with_feeds
from searchapp.fields import BY_NAME, TEXT_FIELDS

CHUNK = 1_000_000
"""Postings merged at a time; each takes some 50 bytes for a moment."""

Mask = NDArray[np.bool_]
PARTS_OF_TEXT = ("title", "body")
"""The fields of the set ``text``'s two parts."""


class Source(Protocol):
    """A segment, or a run: arrays by name."""

    def __getitem__(self, name: str, /) -> NDArray[Any]: ...


def merge_segments(directory: Path, name: str, segments: Sequence[Segment], dead: Sequence[Mask]) -> int:
    """Write a segment that holds the articles of others that aren't dead, in their order. Gives their number."""
    dictionary = max(segments, key=lambda segment: segment.articles).dictionary if segments else b""
    with Assembly(directory, name, dictionary) as assembly:
        for segment, gone in zip(segments, dead, strict=True):
            assembly.add_articles(segment, ~gone, segment.dictionary)
        return assembly.finish(segments)


class Assembly:
    """A segment being put together: articles first, source after source, then the postings of all."""

    def __init__(self, directory: Path, name: str, dictionary: bytes) -> None:
        self._at = lambda part: directory / f"{name}{part}"
        self._dictionary = dictionary
        self._columns = Columns()
        self._live: list[Mask] = []
        self._stored = _Items(self._at(STORED), "stored")
        self._offsets = _Items(self._at(OFFSETS), "offsets")

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
        write(self._at(COLUMNS), columns, {"average": averages, "weights": weights})
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
                merger = _SetMerger(name, sources, self._live, places, norms if name == "text" else (none, none))
                merger.write(postings, positions, forms, dictionary)
            for writer in (postings, positions, forms, dictionary):
                writer.finish()
        return len(self._columns)

    def __enter__(self) -> Assembly:
        return self

    def __exit__(self, *_: object) -> None:
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


def _recompressed(source: Source, live: Mask, reading: Any, writing: Any) -> Iterator[bytes]:
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


class _Member(NamedTuple):
    """A source, as one set of it is merged. ``ranks`` are the new numbers of its terms ``kept`` (ascending)."""

    source: Source
    kept: Ints
    ranks: Ints
    codes_at: Ints
    code_bits: Ints


class _SetMerger:
    """Merges one set of all sources."""

    def __init__(
        self,
        name: str,
        sources: Sequence[Source],
        live: Sequence[Mask],
        places: Sequence[NDArray[np.int32]],
        norms: tuple[NDArray[np.float64], ...],
    ) -> None:
        self._name = name
        self._coded = name in STEMMED_SETS
        self._norms = norms
        self._documents = np.concatenate([*places, np.zeros(0, np.int32)])
        self._document_at = np.cumsum([0, *map(len, places)]).astype(np.int64)[: len(places)]
        rows = [Rows.from_arrays(source, name) if self._coded else None for source in sources]
        alive = [_alive(name, source, mask, row) for source, mask, row in zip(sources, live, rows, strict=True)]
        terms = [Strings.of_run(source[f"{name}.terms"], source[f"{name}.terms.ends"]) for source in sources]
        *self._terms, ranks = united(terms, [terms_alive for terms_alive, _ in alive])
        self._arrays: Arrays = {}
        self._remap = np.zeros(1, np.uint32)
        new_codes: list[Ints] = [np.zeros(0, np.int64) for _ in sources]
        if self._coded:
            new_codes = self._number_forms(sources, rows, [used for _, used in alive], ranks)
            self._remap = np.concatenate([*new_codes, np.zeros(1, np.int64)]).astype(np.uint32)
        bases = np.cumsum([0, *map(len, new_codes)])
        self._members = [self._member(*each) for each in zip(sources, ranks, rows, bases.tolist(), strict=False)]
        self._bits = code_widths(self._arrays[f"{name}.nforms"]) if self._coded else np.zeros(len(self._terms[1]), np.int64)

    def _number_forms(
        self, sources: Sequence[Source], rows: Sequence[Rows | None], used: Sequence[Mask], ranks: Sequence[Ints]
    ) -> list[Ints]:
        """The forms' arrays of the new segment; and for each source's rows their new codes."""
        name = self._name
        lists = [Strings.of_lines(source[f"{name}.forms"], source[f"{name}.forms.ends"]) for source in sources]
        kept = []
        for strings, row, met in zip(lists, rows, used, strict=True):
            assert row is not None
            keep = np.zeros(len(strings.ends), np.bool_)
            keep[row.form[met]] = True
            kept.append(keep)
        *forms, places = united(lists, kept)
        terms = [rank[row.term] for rank, row in zip(ranks, rows, strict=True) if row]
        numbers = [place[row.form] for place, row in zip(places, rows, strict=True) if row]
        chosen = zip(terms, numbers, used, strict=True)
        parts = [(term[met], number[met]) for term, number, met in chosen]
        made = Rows.of(joined([term for term, _ in parts]), joined([number for _, number in parts]))
        lines, feeds = with_feeds(*forms)
        self._arrays = {f"{name}.forms": lines, f"{name}.forms.ends": feeds} | made.arrays(name, len(self._terms[1]), len(feeds))
        codes = []
        for term, number, met in zip(terms, numbers, used, strict=True):
            code = np.zeros(len(met), np.int64)
            code[met] = made.codes(term[met], number[met])
            codes.append(code)
        return codes

    def _member(self, source: Source, ranks: Ints, rows: Rows | None, base: int) -> _Member:
        kept = np.flatnonzero(ranks >= 0)
        if rows is None:
            return _Member(source, kept, ranks[kept], np.zeros(len(kept), np.int64), np.zeros(len(kept), np.int64))
        counts = source[f"{self._name}.nforms"].astype(np.int64)
        starts = np.cumsum(counts) - counts
        return _Member(source, kept, ranks[kept], starts[kept] + base, code_widths(counts)[kept])

    def write(self, postings: ArrayWriter, positions: ArrayWriter, forms: ArrayWriter, dictionary: ArrayWriter) -> None:
        """Merge, chunk by chunk, and write the set's arrays."""
        name = self._name
        postings.begin(f"{name}.post", np.uint8)
        positions.begin(f"{name}.pos", np.uint8)
        if self._coded:
            forms.begin(f"{name}.code", np.uint8)
        made: dict[str, list[NDArray[Any]]] = {part: [] for part in _DICTIONARY}
        sizes, blocks = [0, 0, 0], 0
        for first, last in self._chunks():
            streams, arrays = self._merged(first, last)
            for part, base in (("at", sizes[0]), ("pat", sizes[1]), ("cat", sizes[2]), ("block", blocks)):
                arrays[part] = (arrays[part].astype(np.int64) + base).astype(np.uint32)
            for part, items in arrays.items():
                made[part].append(items)
            blocks += len(arrays["last"])
            sizes = [size + len(stream) for size, stream in zip(sizes, streams, strict=True)]
            postings.append(streams[0])
            positions.append(streams[1])
            if self._coded:
                forms.append(streams[2])
        whole = {part: np.concatenate([*parts, np.zeros(0, _DICTIONARY[part])]) for part, parts in made.items()}
        whole["block"] = np.append(whole["block"], np.uint32(blocks))
        cat = whole.pop("cat")
        if self._coded:
            for array_name, items in ({f"{name}.cat": cat} | self._arrays).items():
                forms.add(array_name, items)
        for array_name, items in {"terms": self._terms[0], "terms.ends": self._terms[1], **whole}.items():
            dictionary.add(f"{name}.{array_name}", items)

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Ranges of terms with about `CHUNK` postings."""
        df = np.zeros(len(self._terms[1]), np.int64)
        for member in self._members:
            df[member.ranks] += member.source[f"{self._name}.df"][member.kept]
        before = np.cumsum(df) - df
        bounds = [0, *(np.flatnonzero(np.diff(before // CHUNK)) + 1).tolist(), len(df)] if len(df) else [0]
        yield from zip(bounds, bounds[1:], strict=False)

    def _merged(self, first: int, last: int) -> tuple[tuple[NDArray[np.uint8], ...], dict[str, NDArray[Any]]]:
        """The streams of a chunk of terms, and its part of the dictionary."""
        slices = [self._slice(member, first, last) for member in self._members]
        bases = [np.cumsum([0, *(len(part.streams[stream]) for part in slices)]).tolist() for stream in range(3)]
        block_bases = np.cumsum([0, *(len(part.pat) for part in slices)]).tolist()
        rows = enumerate(slices)
        members = tuple(map(joined, zip(*(
            (part.rank - first, part.df, part.block + block_bases[s], part.place + bases[0][s], part.code_bits, part.codes_at) for s, part in rows
        ), strict=True))) if slices else ()  # fmt: skip
        padding = np.zeros(32, np.uint8)
        streams = tuple(np.concatenate([*(part.streams[stream] for part in slices), padding]) for stream in range(3))
        blocks = (
            np.concatenate([part.widths for part in slices]),
            joined([part.pat + base for part, base in zip(slices, bases[1], strict=False)]),
            joined([part.cat + base for part, base in zip(slices, bases[2], strict=False)]),
        )
        begins = np.cumsum([0, *(len(part.rank) for part in slices)]).astype(np.int64)
        count, most = last - first, last - first + int(members[1].sum()) // BLOCK
        terms = tuple(np.empty(count, np.uint32) for _ in range(3))
        made = tuple(
            np.empty(size, dtype)
            for size, dtype in ((most, np.int32), (4 * most, np.uint8), (most, np.uint8), (most, np.uint32), (most, np.uint32))
        )
        sources = (begins, self._documents, self._document_at)
        packed, used = merge(
            members, sources, streams, blocks, self._remap, self._bits[first:last], self._coded, self._norms, terms, made
        )
        parts = dict(zip(("last", "widths", "max", "pat", "cat"), made, strict=True))
        cut = {part: items[: 4 * used if part == "widths" else used] for part, items in parts.items()}
        return packed, dict(zip(("df", "block", "at"), terms, strict=True)) | cut

    def _slice(self, member: _Member, first: int, last: int) -> _Slice:
        low, high = np.searchsorted(member.ranks, (first, last)).tolist()
        kept = member.kept[low:high]
        return _Slice.of(member, self._name, self._coded, kept, slice(low, high))


_DICTIONARY = {
    "df": np.uint32, "block": np.uint32, "at": np.uint32, "last": np.int32, "widths": np.uint8, "max": np.uint8, "pat": np.uint32, "cat": np.uint32
}  # fmt: skip


class _Slice(NamedTuple):
    """A source's part of a chunk; places count from the slices' beginnings."""

    rank: Ints
    df: Ints
    block: Ints
    place: Ints
    code_bits: Ints
    codes_at: Ints
    streams: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
    widths: NDArray[np.uint8]
    pat: Ints
    cat: Ints

    @classmethod
    def of(cls, member: _Member, name: str, coded: bool, kept: Ints, chosen: slice) -> _Slice:
        """The terms ``kept`` of a source, which are the ``chosen`` ones of those that live."""

        def get(part: str, first: int, last: int) -> NDArray[Any]:
            return member.source[f"{name}.{part}"][first:last]

        term, end = (int(kept[0]), int(kept[-1]) + 1) if len(kept) else (0, 0)
        block, block_end = get("block", term, term + 1).tolist()[0], get("block", end, end + 1).tolist()[0]
        post, at = _cut(member.source[f"{name}.post"], member.source[f"{name}.at"], term, end)
        pos, pat = _cut(member.source[f"{name}.pos"], member.source[f"{name}.pat"], block, block_end)
        code, cat = post[:0], np.zeros(len(pat), np.int64)
        if coded:
            code, cat = _cut(member.source[f"{name}.code"], member.source[f"{name}.cat"], block, block_end)
        return cls(
            rank=member.ranks[chosen],
            df=get("df", term, end).astype(np.int64)[kept - term],
            block=get("block", term, end).astype(np.int64)[kept - term] - block,
            place=at[kept - term],
            code_bits=member.code_bits[chosen],
            codes_at=member.codes_at[chosen],
            streams=(post, pos, code),
            widths=get("widths", 4 * block, 4 * block_end),
            pat=pat,
            cat=cat,
        )


def _cut(stream: NDArray[np.uint8], starts: NDArray[np.uint32], first: int, last: int) -> tuple[NDArray[np.uint8], Ints]:
    """The bytes of items ``first : last`` of a stream, and where each begins in them."""
    if first == last:
        return stream[:0], np.zeros(0, np.int64)
    begin = int(starts[first])
    end = int(starts[last]) if last < len(starts) else len(stream)
    return stream[begin:end], starts[first:last].astype(np.int64) - begin


def _alive(name: str, source: Source, live: Mask, rows: Rows | None) -> tuple[Mask, Mask]:
    """Which terms have live postings, and which rows live occurrences."""
    count = len(source[f"{name}.df"])
    if live.all():
        return np.ones(count, np.bool_), np.ones(0 if rows is None else len(rows.term), np.bool_)
    alive, used = np.zeros(count, np.bool_), np.zeros(0 if rows is None else len(rows.term), np.bool_)
    counts = source[f"{name}.nforms"].astype(np.int64) if rows else np.zeros(count, np.int64)
    padding = np.zeros(32, np.uint8)
    empty = np.zeros(0, np.uint8)
    streams = tuple(
        np.concatenate([source[f"{name}.{part}"] if part == "post" or rows else empty, padding]) for part in ("post", "code")
    )
    terms = tuple(source[f"{name}.{part}"].astype(np.int64) for part in ("df", "block", "at"))
    cat = source[f"{name}.cat"].astype(np.int64) if rows else np.zeros(0, np.int64)
    blocks = (np.array(source[f"{name}.widths"]), cat)
    survey(terms, streams, blocks, code_widths(counts), np.cumsum(counts) - counts, live, rows is not None, alive, used)
    return alive, used
