"""A generation's segments as one table: rows are numbered through all segments, deleted articles included.

`Table` is immutable once opened and safe for several threads; what is derived later (`cached_property`) is the same
whoever derives it. Nothing is shared between processes but mapped files, so it survives a fork.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh import columns, stock
from searchapp.engines.whoosh.lexicon import Lexicon
from searchapp.engines.whoosh.postings import Cache, Ints, Postings, SegmentPostings, union
from searchapp.engines.whoosh.schema import RECORD, form_field, read_record, stem_term
from searchapp.fields import BY_NAME, TEXT_FIELDS

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

ORDER = "order" + columns.EXTENSION
CACHE_BYTES = 64 * 2**20
"""Memory a generation may hold of decoded postings; the postings of a two-word query at 20,000 articles take 1–5 MB."""


class FacetColumn:
    """A facet of all segments: for each value an article has, its row and the value's place in ``values`` (sorted)."""

    def __init__(self, values: Sequence[str], rows: Ints, codes: Ints, number: int) -> None:
        self.values = values
        self.code = {value: place for place, value in enumerate(values)}
        self.rows = rows
        self.codes = codes
        self.has = np.zeros(number, np.bool_)
        self.has[rows] = True

    def holders(self, value: str) -> Ints:
        """Rows of the articles that have the value."""
        code = self.code.get(value)
        return np.zeros(0, np.int64) if code is None else self.rows[self.codes == code]


class Table:
    """All segments of a generation's directory. ``ordered`` is False while the order file is still to be made."""

    def __init__(self, directory: Path, *, ordered: bool = True) -> None:
        self._readers = stock.open_readers(directory)
        sizes = [reader.doc_count_all() for reader in self._readers]
        self._bases = np.cumsum([0, *sizes])[:-1]
        self.rows = sum(sizes)
        self._parts = [columns.read(columns.file_of(directory, reader)) for reader in self._readers]
        self._orders = columns.read(directory / ORDER)[0] if ordered else {}
        self._postings = [SegmentPostings(r, int(base)) for r, base in zip(self._readers, self._bases, strict=True)]
        self._cache = Cache(CACHE_BYTES)
        self._lock = threading.Lock()
        self._made: dict[Hashable, Any] = {}
        self.live = self._live()
        self.articles = int(self.live.sum())

    def _live(self) -> Mask:
        live = np.ones(self.rows, np.bool_)
        for reader, base in zip(self._readers, self._bases, strict=True):
            live[[int(base) + row for row in reader.segment().deleted_docs()]] = False
        return live

    def _column(self, name: str, dtype: Any) -> NDArray[Any]:
        parts = [arrays[name] for arrays, _ in self._parts]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.zeros(0, dtype)

    @cached_property
    def instant(self) -> Ints:
        """Seconds since 1970 of each row, `columns.UNDATED` where there is no date."""
        return self._column("instant", np.int64)

    @cached_property
    def first(self) -> NDArray[np.int32]:
        """First day of each row's period."""
        return self._column("first", np.int32)

    @cached_property
    def last(self) -> NDArray[np.int32]:
        """Last day of each row's period."""
        return self._column("last", np.int32)

    @cached_property
    def grain(self) -> NDArray[np.int8]:
        """How exact each row's date is (see `columns`)."""
        return self._column("grain", np.int8)

    @cached_property
    def _available(self) -> Ints:
        return self._column("available", np.int64)

    @cached_property
    def _hides(self) -> bool:
        return bool((self._available != columns.NEVER).any())

    def visible(self, now: int | None) -> Mask:
        """Rows that may be shown at a moment (all live ones for None)."""
        return self.live if now is None or not self._hides else self.live & (self._available <= now)

    @cached_property
    def norms(self) -> dict[str, Floats]:
        """Of each text field, what a match counts for in each row: boost / (1 - b + b × length / average length)."""
        norms = {}
        for name in TEXT_FIELDS:
            lengths = self._column(f"length.{name}", np.int32).astype(np.float64)
            average = float(lengths[self.live].sum()) / self.articles if self.articles else 0.0
            row = BY_NAME[name]
            relative = lengths / average if average else np.zeros_like(lengths)
            norms[name] = row.boost / (1 - row.length_norm + row.length_norm * relative)
        return norms

    def facet(self, name: str) -> FacetColumn:
        """The column of a facet."""
        column: FacetColumn = self._once(("facet", name), lambda: self._make_facet(name))
        return column

    def _make_facet(self, name: str) -> FacetColumn:
        values = sorted({value for _, lists in self._parts for value in lists[name]})
        place = {value: number for number, value in enumerate(values)}
        rows, codes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for (arrays, lists), base in zip(self._parts, self._bases, strict=True):
            rows.append(arrays[f"facet.{name}.rows"].astype(np.int64) + int(base))
            places = np.array([place[value] for value in lists[name]], np.int64)
            codes.append(places[arrays[f"facet.{name}.codes"]])
        return FacetColumn(values, np.concatenate(rows), np.concatenate(codes), self.rows)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages of the live articles, most frequent first, then by code."""
        column = self.facet("language")
        counts = np.bincount(column.codes[self.live[column.rows]], minlength=len(column.values)).tolist()
        ranked = sorted((-count, value) for value, count in zip(column.values, counts, strict=True) if count)
        return tuple(value for _, value in ranked)

    @cached_property
    def chains(self) -> tuple[str, ...]:
        """The stemming chains of its articles, dead ones too."""
        return tuple(sorted({analysis.chain(language) for language in (*self.facet("language").values, None)}))

    def lexicon(self, field: str) -> Lexicon:
        """The forms of a text or name field, those of deleted articles included."""
        lexicon: Lexicon = self._once(("lexicon", field), lambda: self._make_lexicon(form_field(field)))
        return lexicon

    def _make_lexicon(self, field: str) -> Lexicon:
        lists = [
            arrays[f"forms.{field}"].tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1] for arrays, _ in self._parts
        ]
        return Lexicon(lists[0] if len(lists) == 1 else sorted({form for forms in lists for form in forms}))

    def _once(self, key: Hashable, make: Any) -> Any:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def postings(self, key: Hashable, field: str, terms: Iterable[str]) -> Postings:
        """Live postings of any of ``terms`` in a field of Whoosh's, remembered as ``key``."""
        return self._cache.get((field, key), lambda: self._read(field, list(terms)))

    def _read(self, field: str, terms: Sequence[str]) -> Postings:
        return union([segment.read(field, terms).kept(self.live) for segment in self._postings])

    def agreeing(self, form: str, field: str, *, as_form: bool) -> Postings:
        """Live postings of the tokens of a text or name field that agree with ``form``."""
        if as_form or field not in TEXT_FIELDS:
            return self.postings(("form", form), form_field(field), [form])
        return self.postings(("stem", form), field, dict.fromkeys(stem_term(form, chain) for chain in self.chains))

    def any_of(self, forms: Sequence[str], key: Hashable, field: str) -> Postings:
        """Live postings of the tokens of a text or name field that are one of ``forms``."""
        return self.postings(key, form_field(field), forms)

    def record(self, row: int) -> Article:
        """The article of a row."""
        part = int(np.searchsorted(self._bases, row, side="right")) - 1
        return read_record(self._record_columns[part][row - int(self._bases[part])])[0]

    @cached_property
    def _record_columns(self) -> list[Any]:
        return [reader.column_reader(RECORD) for reader in self._readers]

    def id(self, row: int) -> str:
        """The id of a row."""
        part = int(np.searchsorted(self._bases, row, side="right")) - 1
        arrays, place = self._parts[part][0], row - int(self._bases[part])
        ends = arrays["ids.ends"]
        start = int(ends[place - 1]) if place else 0
        return arrays["ids"][start : int(ends[place])].tobytes().decode("utf-8", "surrogatepass")

    def _ids(self) -> list[str]:
        ids = []
        for arrays, _ in self._parts:
            text, ends = arrays["ids"].tobytes(), arrays["ids.ends"].tolist()
            ids += [text[start:end].decode("utf-8", "surrogatepass") for start, end in zip([0, *ends], ends, strict=False)]
        return ids

    def order(self, sort: str) -> NDArray[np.int32]:
        """Rows in the order of ``newest``, ``oldest`` or ``id``."""
        return self._orders[sort]

    def rank(self, sort: str) -> NDArray[np.int32]:
        """The place of each row in the order of ``newest`` or ``oldest``."""
        return self._orders[f"{sort}.rank"]

    def row(self, article_id: str) -> int | None:
        """The live row of an id."""
        order = self.order("id")
        at = bisect_left(order, article_id, key=lambda row: self.id(int(row)))
        while at < len(order) and self.id(int(order[at])) == article_id:
            if self.live[order[at]]:
                return int(order[at])
            at += 1
        return None

    def place_after(self, sort: str, instant: int | None, article_id: str) -> int:
        """How many rows stand at or before the given place in the order of ``newest`` or ``oldest``."""
        order = self.order(sort)
        sign = -1 if sort == "newest" else 1

        def key(row: int) -> tuple[bool, int, str]:
            moment = int(self.instant[row])
            return (True, 0, self.id(int(row))) if moment == columns.UNDATED else (False, sign * moment, self.id(int(row)))

        wanted = (True, 0, article_id) if instant is None else (False, sign * instant, article_id)
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if wanted < key(int(order[middle])) else (middle + 1, high)
        return low

    def make_orders(self) -> dict[str, NDArray[np.int32]]:
        """What the order file holds; for the build."""
        ids = self._ids()
        by_id = np.array(sorted(range(self.rows), key=ids.__getitem__), np.int32)
        id_rank = _inverse(by_id)
        undated = self.instant == columns.UNDATED
        moment = np.where(undated, 0, self.instant)
        orders = {"id": by_id}
        for name, key in (("newest", -moment), ("oldest", moment)):
            orders[name] = np.lexsort((id_rank, key, undated)).astype(np.int32)
            orders[f"{name}.rank"] = _inverse(orders[name])
        return orders


def _inverse(order: NDArray[np.int32]) -> NDArray[np.int32]:
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank
