"""Columns: what is counted, sorted and filtered by, as arrays beside a segment. A pure function of the segment.

One file, ``MAIN_<segment>.columns``: the name is one Whoosh collects with its segment. Layout: ``SCOLUMN1``, the length
of the header (unsigned, 8 bytes, little-endian), the header (JSON: name → [dtype, offset, number of items]; and
plain values), then the arrays, each at a multiple of 64 bytes. The file is mapped, never read whole.

    instant    seconds since 1970 at which the article's period begins, UNDATED if there is none
    first, last    days of its period as ``date.toordinal``; first > last when undated
    grain      how exact the date is: 0 undated, 1 year, 2 month, 3 day or time
    available  seconds since 1970 before which the article is hidden; the smallest integer when it never is
    length.F   tokens of text field F
    facet.F.rows, facet.F.codes    one item for each value an article has: article number, place in the value list
    ids, ids.ends    the ids one after the other as UTF-8, and where each ends
    forms.F    the distinct forms of a field of Whoosh's, in code point order, each followed by a line feed, as UTF-8
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.reading import SegmentReader

from searchapp.article import Article
from searchapp.engines.whoosh.postings import SegmentPostings
from searchapp.engines.whoosh.schema import FORM_FIELDS, RECORD, from_json, read_record, to_json
from searchapp.fields import FACETS, TEXT_FIELDS, values_of

EXTENSION = ".columns"
DAY = len("2025-02-06")
NEVER = int(np.iinfo(np.int64).min)
UNDATED = NEVER
_MAGIC = b"SCOLUMN1"
_SIZE = struct.Struct("<Q")
_ALIGN = 64
_GRAIN = {None: 0, "year": 1, "month": 2, "day": 3, "time": 3}

Arrays = Mapping[str, NDArray[Any]]


def instant_of(article: Article) -> int | None:
    """Seconds since 1970 at which the article's period begins; None when undated.

    A date-time counts as the instant it names (in UTC where it names no zone), a coarser date from midnight UTC of its
    first day.
    """
    period = article.period
    if period is None or article.published is None:
        return None
    if article.published_precision == "time" and len(article.published) > DAY:
        return _seconds(datetime.fromisoformat(article.published))
    return _seconds(datetime.combine(period.first, time()))


def available_of(article: Article) -> int:
    """Whole seconds since 1970 from which the article may be shown; NEVER when it always may."""
    return NEVER if article.available_from is None else math.ceil(article.available_at)


def _seconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)


def derive(reader: SegmentReader) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and value lists of a segment, deleted articles included."""
    number = reader.doc_count_all()
    records = reader.column_reader(RECORD)
    table: dict[str, list[Any]] = {name: [] for name in ("instant", "first", "last", "grain", "available", "ids")}
    lengths: dict[str, list[int]] = {name: [] for name in TEXT_FIELDS}
    facets = {name: _FacetColumn() for name in FACETS}
    for row in range(number):
        article, tokens = read_record(records[row])
        _add_dates(table, article)
        table["ids"].append(article.id)
        for name in TEXT_FIELDS:
            lengths[name].append(tokens[name])
        for name, column in facets.items():
            column.add(row, values_of(article, name))
    arrays: dict[str, NDArray[Any]] = {
        "instant": np.array(table["instant"], np.int64),
        "first": np.array(table["first"], np.int32),
        "last": np.array(table["last"], np.int32),
        "grain": np.array(table["grain"], np.int8),
        "available": np.array(table["available"], np.int64),
        **_strings("ids", table["ids"]),
        **{f"length.{name}": np.array(column, np.int32) for name, column in lengths.items()},
    }
    for name, column in facets.items():
        arrays[f"facet.{name}.rows"] = np.array(column.rows, np.int32)
        arrays[f"facet.{name}.codes"] = np.array(column.codes, np.int32)
    for name in FORM_FIELDS:
        arrays[f"forms.{name}"] = _forms(reader, name)
    return arrays, {name: list(column.values) for name, column in facets.items()}


def _add_dates(table: dict[str, list[Any]], article: Article) -> None:
    period, instant = article.period, instant_of(article)
    table["instant"].append(UNDATED if instant is None else instant)
    table["first"].append(period.first.toordinal() if period else date.max.toordinal() + 1)
    table["last"].append(period.last.toordinal() if period else 0)
    table["grain"].append(_GRAIN[article.published_precision])
    table["available"].append(available_of(article))


class _FacetColumn:
    """One facet of a segment while it is gathered."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.rows: list[int] = []
        self.codes: list[int] = []

    def add(self, row: int, values: Sequence[str]) -> None:
        for value in dict.fromkeys(values):
            self.rows.append(row)
            self.codes.append(self.values.setdefault(value, len(self.values)))


def _strings(name: str, strings: Sequence[str]) -> dict[str, NDArray[Any]]:
    encoded = [text.encode("utf-8", "surrogatepass") for text in strings]
    ends = np.cumsum(np.array([len(text) for text in encoded], np.int64)) if encoded else np.zeros(0, np.int64)
    return {name: np.frombuffer(b"".join(encoded), np.uint8), f"{name}.ends": ends}


def _forms(reader: SegmentReader, field: str) -> NDArray[np.uint8]:
    lines = "".join(f"{form}\n" for form in SegmentPostings(reader, 0).terms(field))
    return np.frombuffer(lines.encode("utf-8", "surrogatepass"), np.uint8)


def write(path: Path, arrays: Arrays, values: Mapping[str, Any]) -> None:
    """Write a columns file (with write calls; making it durable is the caller's part)."""
    places: dict[str, tuple[str, int, int]] = {}
    at = 0
    for name, column in arrays.items():
        places[name] = (column.dtype.str, at, len(column))
        at += -(-column.nbytes // _ALIGN) * _ALIGN
    header = to_json({"arrays": places, "values": values})
    with path.open("wb") as file:
        file.write(_MAGIC + _SIZE.pack(len(header)) + header)
        file.write(bytes(_start(len(header)) - len(_MAGIC) - _SIZE.size - len(header)))
        for column in arrays.values():
            file.write(column.tobytes())
            file.write(bytes(-column.nbytes % _ALIGN))


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Map a columns file. Raises OSError, or ValueError when it isn't one."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{path} is not a columns file")
    (size,) = _SIZE.unpack_from(mapped, len(_MAGIC))
    first = len(_MAGIC) + _SIZE.size
    header = from_json(mapped[first : first + size])
    start = _start(size)
    arrays = {
        name: np.frombuffer(mapped, np.dtype(dtype), count, start + offset) if count else np.zeros(0, np.dtype(dtype))
        for name, (dtype, offset, count) in header["arrays"].items()
    }
    return arrays, header["values"]


def _start(header: int) -> int:
    return -(-(len(_MAGIC) + _SIZE.size + header) // _ALIGN) * _ALIGN


def file_of(directory: Path, reader: SegmentReader) -> Path:
    """Where the columns of a segment are."""
    name: str = reader.segment().segment_id() + EXTENSION
    return directory / name
