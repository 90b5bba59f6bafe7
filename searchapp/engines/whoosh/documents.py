"""Articles as columns: what is counted, sorted and filtered by, gathered in the order of writing.

`searchapp.engines.whoosh.layout` names the arrays (part ``.columns``).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from searchapp.article import Article, Period, Precision
from searchapp.engines.whoosh.arrays import Arrays
from searchapp.engines.whoosh.segment import Segment
from searchapp.fields import BY_NAME, FACETS, TEXT_FIELDS

NEVER = int(np.iinfo(np.int64).min)
"""In ``available``: the article is never hidden."""
UNDATED = NEVER
"""In ``instant``: the article has no date."""
BEYOND = date.max.toordinal() + 1
"""In ``first``: no day."""
_DAY = len("2025-02-06")
_GRAIN = {None: 0, "year": 1, "month": 2, "day": 3, "time": 3}

DATES = {"instant": np.int64, "first": np.int32, "last": np.int32, "month": np.uint16, "grain": np.uint8}
LENGTHS = tuple(f"length.{name}" for name in TEXT_FIELDS)

Values = str | tuple[str, ...] | None
"""What an article's attribute holds."""
VALUES_OF: dict[str, Callable[[Article], Values]] = {name: attrgetter(row.attribute) for name, row in BY_NAME.items()}
"""For each field, what reads its attribute."""
Key = tuple[bytes, ...]
"""A facet's values of one article: sorted, distinct."""
_Value = TypeVar("_Value")
_Meaning = TypeVar("_Meaning")


class Dated(NamedTuple):
    """When an article was published, as the columns of these names."""

    instant: int
    first: int
    last: int
    month: int
    grain: int


def _dated(published: str | None, precision: Precision | None) -> Dated:
    """The columns of a date.

    A date-time counts as the instant it names (in UTC where it names no zone), a coarser date from midnight UTC of its
    first day.
    """
    period = _period(published)
    if period is None or published is None:
        return Dated(UNDATED, BEYOND, 0, 0, 0)
    first, last = period
    if precision == "time" and len(published) > _DAY:
        instant = _seconds(datetime.fromisoformat(published))
    else:
        instant = _seconds(datetime.combine(first, time()))
    return Dated(instant, first.toordinal(), last.toordinal(), 12 * first.year + first.month - 1, _GRAIN[precision])


def _period(published: str | None) -> tuple[date, date] | None:
    if published is None:
        return None
    period = Period.parse(published)
    return period.first, period.last


def instant_of(article: Article) -> int | None:
    """Seconds since 1970 at which the article's period begins; None when undated."""
    instant = _dated(article.published, article.published_precision).instant
    return None if instant == UNDATED else instant


def available_of(article: Article) -> int:
    """Whole seconds since 1970 from which the article may be shown; NEVER when it always may."""
    return NEVER if article.available_from is None else math.ceil(article.available_at)


def _seconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)


class Documents:
    """The columns of articles, but for the lengths of their texts, which the analysis knows."""

    def __init__(self) -> None:
        self._dates = _Numbered[tuple[str | None, Precision | None], Dated](lambda date: _dated(*date))
        self._dated = array("I")
        self._available = array("q")
        self._ids: list[bytes] = []
        self._facets = [_Numbered[Values, Key](_key) for _ in FACETS]
        self._codes = [array("I") for _ in FACETS]

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, articles: Sequence[Article]) -> None:
        """Add some, column by column."""
        self._dated.extend(map(self._dates.__getitem__, [(one.published, one.published_precision) for one in articles]))
        self._available.extend([NEVER if one.available_from is None else available_of(one) for one in articles])
        self._ids += [one.id.encode("utf-8", "surrogatepass") for one in articles]
        for name, facet, codes in zip(FACETS, self._facets, self._codes, strict=True):
            codes.extend(map(facet.__getitem__, map(VALUES_OF[name], articles)))

    def arrays(self, lengths: NDArray[np.int64]) -> Arrays:
        """All columns. ``lengths``: tokens, a row for each article, a column for each text field."""
        dates = np.array(list(self._dates.meanings), np.int64).reshape(-1, len(DATES))[np.frombuffer(self._dated, np.uint32)]
        arrays: Arrays = {name: dates[:, place].astype(dtype) for place, (name, dtype) in enumerate(DATES.items())}
        arrays["available"] = hiding(np.array(self._available, np.int64))
        arrays |= {name: lengths[:, place].astype(np.uint32) for place, name in enumerate(LENGTHS)}
        facets = zip(self._facets, self._codes, strict=True)
        arrays |= facet_arrays([(list(facet.meanings), np.array(codes, np.int64)) for facet, codes in facets])
        return arrays | id_arrays(self._ids)


class _Numbered(dict[_Value, int], Generic[_Value, _Meaning]):
    """A number for each distinct meaning of values, in the order of coming; a value's meaning is found once."""

    def __init__(self, meaning: Callable[[_Value], _Meaning]) -> None:
        self._meaning = meaning
        self.meanings: dict[_Meaning, int] = {}

    def __missing__(self, value: _Value) -> int:
        number = self[value] = self.meanings.setdefault(self._meaning(value), len(self.meanings))
        return number


def _key(values: Values) -> Key:
    texts = values if isinstance(values, tuple) else (values,) if values else ()
    return tuple(sorted({value.encode("utf-8", "surrogatepass") for value in texts}))


def hiding(available: NDArray[np.int64]) -> NDArray[np.int64]:
    """The column ``available``: empty when no article is ever hidden."""
    return available if (available != NEVER).any() else np.zeros(0, np.int64)


def facet_arrays(facets: Sequence[tuple[Sequence[Key], NDArray[np.int64]]]) -> Arrays:
    """The facets' arrays of a run: for each of `FACETS` some combinations of values, and which of these each article has."""
    arrays: Arrays = {}
    columns = []
    for name, (keys, codes) in zip(FACETS, facets, strict=True):
        values = sorted({value for key in keys for value in key})
        place = {value: number for number, value in enumerate(values, 1)}
        sets = [tuple(place[value] for value in key) for key in keys if len(key) > 1]
        number_of = {several: len(values) + 1 + number for number, several in enumerate(sets)}
        final = [
            0 if not key else place[key[0]] if len(key) == 1 else number_of[tuple(map(place.__getitem__, key))] for key in keys
        ]
        columns.append(np.array(final, np.uint32)[codes])
        arrays |= strings(f"facet.{name}.values", values)
        arrays[f"facet.{name}.sets"] = np.array([code for several in sets for code in several], np.uint32)
        arrays[f"facet.{name}.sets.ends"] = np.cumsum([len(several) for several in sets], dtype=np.uint32)
    arrays["facets"] = np.stack(columns, axis=1).reshape(-1).astype(np.uint32)
    return arrays


def _combinations(arrays: Any, place: int, name: str) -> tuple[list[Key], NDArray[np.int64]]:
    """Combinations of values, and which of these each article has: of a run, or of a segment."""
    values = list_of(arrays[f"facet.{name}.values"], arrays[f"facet.{name}.values.ends"])
    if isinstance(arrays, Segment):
        combinations, codes = arrays.columns.combinations(name)
        return [tuple([values[number - 1] for number in numbers]) for numbers in combinations], codes
    sets, ends = arrays[f"facet.{name}.sets"].tolist(), arrays[f"facet.{name}.sets.ends"].tolist()
    several = [tuple(values[code - 1] for code in sets[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    return [(), *((value,) for value in values), *several], arrays["facets"].reshape(-1, len(FACETS))[:, place].astype(np.int64)


def id_arrays(ids: Sequence[bytes]) -> Arrays:
    """The arrays of the articles' ids."""
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.uint32)
    rank = np.empty(len(ids), np.uint32)
    rank[order] = np.arange(len(ids), dtype=np.uint32)
    return strings("ids", ids) | {"ids.order": order, "ids.rank": rank}


def strings(name: str, items: Sequence[bytes]) -> Arrays:
    """Byte strings as two arrays: one after the other, and where each ends."""
    ends = np.cumsum([len(item) for item in items], dtype=np.uint32)
    return {name: np.frombuffer(b"".join(items), np.uint8), f"{name}.ends": ends}


def list_of(data: NDArray[np.uint8], ends: NDArray[np.uint32]) -> list[bytes]:
    """The inverse of `strings`."""
    text, stops = data.tobytes(), ends.tolist()
    return [text[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


class Columns:
    """The columns of several segments, joined."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*DATES, "available", *LENGTHS)}
        self._ids: list[bytes] = []
        self._keys: list[dict[Key, int]] = [{} for _ in FACETS]
        self._codes: list[list[NDArray[np.int64]]] = [[] for _ in FACETS]

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, arrays: Any, live: NDArray[np.bool_]) -> None:
        """Add the live ones of a segment."""
        for name, parts in self._parts.items():
            column = arrays[name] if name != "available" or len(arrays[name]) else np.full(len(live), NEVER)
            parts.append(column[live])
        ids = list_of(arrays["ids"], arrays["ids.ends"])
        self._ids += ids if live.all() else [ids[document] for document in np.flatnonzero(live).tolist()]
        for place, name in enumerate(FACETS):
            keys, codes = _combinations(arrays, place, name)
            codes, known = codes[live], self._keys[place]
            moved = np.zeros(len(keys), np.int64)
            for code in _as_they_come(codes, len(keys)).tolist():
                moved[code] = known.setdefault(keys[code], len(known))
            self._codes[place].append(moved[codes])

    def arrays(self) -> Arrays:
        """All columns."""
        kinds = DATES | dict.fromkeys(LENGTHS, np.uint32) | {"available": np.int64}
        arrays: Arrays = {name: np.concatenate([*parts, np.zeros(0, kinds[name])]) for name, parts in self._parts.items()}
        arrays["available"] = hiding(arrays["available"])
        none = np.zeros(0, np.int64)
        facets = [(list(keys), np.concatenate([*codes, none])) for keys, codes in zip(self._keys, self._codes, strict=True)]
        return arrays | facet_arrays(facets) | id_arrays(self._ids)


def _as_they_come(codes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The codes that occur, in the order in which they do first."""
    first = np.full(count, len(codes))
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    order = np.argsort(first, kind="stable")
    return order[: int((first < len(codes)).sum())]
