"""The postings of several segments or runs as one: each of the three sets for itself, term by term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.arrays import Arrays, ArrayWriter, let_go
from searchapp.engines.whoosh.kernels.build import survey
from searchapp.engines.whoosh.kernels.merge import merge
from searchapp.engines.whoosh.layout import BLOCK, STEMMED_SETS
from searchapp.engines.whoosh.vocabulary import Ints, Rows, Source, Strings, code_widths, joined, united, with_feeds

CHUNK = 1_000_000
"""Postings merged at a time; each takes some 50 bytes for a moment."""

Mask = NDArray[np.bool_]


class _Member(NamedTuple):
    """A source, as one set of it is merged. ``ranks`` are the new numbers of its terms ``kept`` (ascending)."""

    source: Source
    kept: Ints
    ranks: Ints
    codes_at: Ints
    code_bits: Ints


class SetMerger:
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
        data, ends, ranks = united(terms, [terms_alive for terms_alive, _ in alive])
        self._terms = (data, ends)
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
        data, ends, places = united(lists, kept)
        terms = [rank[row.term] for rank, row in zip(ranks, rows, strict=True) if row]
        numbers = [place[row.form] for place, row in zip(places, rows, strict=True) if row]
        chosen = zip(terms, numbers, used, strict=True)
        parts = [(term[met], number[met]) for term, number, met in chosen]
        made = Rows.of(joined([term for term, _ in parts]), joined([number for _, number in parts]))
        lines, feeds = with_feeds(data, ends)
        self._arrays |= {f"{name}.forms": lines, f"{name}.forms.ends": feeds}
        self._arrays |= made.arrays(name, len(self._terms[1]), len(feeds))
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
            for member in self._members:
                for part in ("post", "pos", "widths", *(("code",) if self._coded else ())):
                    let_go(member.source[f"{name}.{part}"])
        whole: Arrays = {part: np.concatenate([*parts, np.zeros(0, _DICTIONARY[part])]) for part, parts in made.items()}
        whole["block"] = np.append(whole["block"], np.uint32(blocks))
        cat = whole.pop("cat")
        if self._coded:
            forms.add(f"{name}.cat", cat)
            for array_name in sorted(self._arrays):
                forms.add(array_name, self._arrays[array_name])
        whole |= {"terms": self._terms[0], "terms.ends": self._terms[1]}
        for array_name in sorted(whole):
            dictionary.add(f"{name}.{array_name}", whole[array_name])

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Ranges of terms with about `CHUNK` postings."""
        df = np.zeros(len(self._terms[1]), np.int64)
        for member in self._members:
            df[member.ranks] += member.source[f"{self._name}.df"][member.kept]
        before = np.cumsum(df) - df
        bounds = [0, *(np.flatnonzero(np.diff(before // CHUNK)) + 1).tolist(), len(df)] if len(df) else [0]
        yield from pairwise(bounds)

    def _merged(self, first: int, last: int) -> tuple[tuple[NDArray[np.uint8], ...], dict[str, NDArray[Any]]]:
        """The streams of a chunk of terms, and its part of the dictionary."""
        slices = [self._slice(member, first, last) for member in self._members]
        bases = [np.cumsum([0, *(len(part.streams[stream]) for part in slices)]).tolist() for stream in range(3)]
        block_bases = np.cumsum([0, *(len(part.pat) for part in slices)]).tolist()
        moved = [part.moved(first, bases[0][s], block_bases[s]) for s, part in enumerate(slices)]
        members = tuple(joined(items) for items in zip(*moved, strict=True)) or (np.zeros(0, np.int64),) * 6
        padding = np.zeros(32, np.uint8)
        streams = tuple(np.concatenate([*(part.streams[stream] for part in slices), padding]) for stream in range(3))
        blocks = (
            np.concatenate([*(part.widths for part in slices), padding[:0]]),
            joined([part.pat + base for part, base in zip(slices, bases[1], strict=False)]),
            joined([part.cat + base for part, base in zip(slices, bases[2], strict=False)]),
        )
        ends = np.cumsum([len(part.rank) for part in slices], dtype=np.int64)
        count, most = last - first, last - first + int(members[1].sum()) // BLOCK
        terms = tuple(np.empty(count, np.uint32) for _ in range(3))
        made = tuple(
            np.empty(size, dtype)
            for size, dtype in ((most, np.int32), (4 * most, np.uint8), (most, np.uint8), (most, np.uint32), (most, np.uint32))
        )
        sources = (np.append(0, ends)[: len(ends)], ends, self._documents, self._document_at)
        streams_made, used = self._run(members, sources, streams, blocks, self._bits[first:last], terms, made)
        parts = dict(zip(("last", "widths", "max", "pat", "cat"), made, strict=True))
        cut = {part: items[: 4 * used if part == "widths" else used] for part, items in parts.items()}
        return streams_made, dict(zip(("df", "block", "at"), terms, strict=True)) | cut

    def _run(
        self, members: Any, sources: Any, streams: Any, blocks: Any, bits: Ints, terms: Any, made: Any
    ) -> tuple[tuple[NDArray[np.uint8], ...], int]:
        """Run the kernel over a chunk, with longer arrays as often as it finds them too short."""
        at, term, size = np.zeros(5, np.int64), 0, 1 << 16
        out = tuple(np.empty(len(stream) + size, np.uint8) for stream in streams)
        while True:
            numbers = (np.int64, np.int64, np.int64, np.uint32, np.uint32, np.uint32)
            occurrences = (np.uint32, np.int64, np.uint32, np.uint32)
            scratch = (*(np.empty(BLOCK, dtype) for dtype in numbers), *(np.empty(size, dtype) for dtype in occurrences))
            scratch[-3][:] = 0
            term = merge(
                term,
                members,
                sources,
                streams,
                blocks,
                self._remap,
                bits,
                self._coded,
                self._norms,
                scratch,
                out,
                terms,
                made,
                at,
            )
            if term == len(bits):
                return tuple(stream[:used] for stream, used in zip(out, at.tolist(), strict=False)), int(at[4])
            size *= 2
            out = tuple(np.concatenate([stream, np.empty(len(stream), np.uint8)]) for stream in out)

    def _slice(self, member: _Member, first: int, last: int) -> _Slice:
        low, high = np.searchsorted(member.ranks, (first, last)).tolist()
        kept = member.kept[low:high]
        return _Slice.of(member, self._name, self._coded, kept, slice(low, high))


_DICTIONARY = dict.fromkeys(("df", "block", "at", "pat", "cat"), np.uint32) | {
    "last": np.int32,
    "widths": np.uint8,
    "max": np.uint8,
}


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

    def moved(self, first: int, post: int, block: int) -> tuple[Ints, ...]:
        """What the kernel takes of each term, when the slice comes after others."""
        return self.rank - first, self.df, self.block + block, self.place + post, self.code_bits, self.codes_at

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
    scratch = tuple(np.empty(BLOCK, np.int64) for _ in range(3))
    survey(terms, streams, blocks, code_widths(counts), np.cumsum(counts) - counts, live, rows is not None, scratch, alive, used)
    return alive, used
