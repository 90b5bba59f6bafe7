"""A segment written slowly from the words of `searchapp.engines.whoosh.layout`: no array tricks, no code of the build's.

Only what the layout leaves open is chosen here: facet sets are in the order in which they come, frames have no dictionary, and
every X.max promises nothing.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from zstandard import ZstdCompressor

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.layout import ARRAYS, BLOCK, NO_BOUND, PARTS, SEPARATOR
from searchapp.engines.whoosh.schema import to_json
from searchapp.fields import FACETS, KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS, values_of
from searchapp.query.tree import VALUE_GAP

SMALLEST = -(2**63)
Occurrences = dict[str, dict[int, list[tuple[int, int, str]]]]
"""term → document → (part, position, form), in this order."""


def write(directory: Path, segment_id: str, articles: Sequence[Article]) -> ArraySegment:
    """Write a segment's files and describe it, ready to be committed."""
    made: dict[str, Any] = {}
    for of_set in ("text", "furniture", "values"):
        made |= _set(of_set, _inverted(of_set, articles))
    made |= _dates(articles) | _values_of_facets(articles) | _ids(articles) | _stored(articles) | _offsets(articles)
    for name in TEXT_FIELDS:
        made[f"length.{name}"] = [len(analysis.tokens(getattr(a, name), a.language)) for a in articles]
    made["rows"] = _rows(made, len(articles))
    codes, described = _codes(articles)
    made |= codes
    for name in ("instant", "first", "last", "month", "grain", "length.title", "length.body", "length.furniture"):
        del made[name]
    rows = {
        row.name.replace("X.", f"{x}.").replace("facet.F.", f"facet.{f}."): row
        for row in ARRAYS
        for x in ("text", "furniture", "values")
        for f in FACETS
    }
    assert set(made) <= set(rows), set(made) - set(rows)
    for part in PARTS:
        here = {name: np.array(made[name], row.dtype) for name, row in rows.items() if row.part == part and name in made}
        arrays.write(directory / f"MAIN_{segment_id}{part}", here, {"codes": described} if "codes" in here else {})
    return ArraySegment("MAIN", segment_id, len(articles))


def _rows(made: dict[str, Any], number: int) -> list[int]:
    """Thirty-two bytes an article, in the order of the table `layout.ROW`."""
    data = b""
    for doc in range(number):
        dates = (made[name][doc] for name in ("instant", "first", "last", "month", "grain"))
        lengths = (made[f"length.{name}"][doc] for name in ("title", "body", "furniture"))
        data += struct.pack("<qiiHBxIII", *dates, *lengths)
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def _codes(articles: Sequence[Article]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The planes of all articles, bit by bit, the sets that have none, and the directory's words on them."""
    made: dict[str, Any] = {}
    planes: list[list[int]] = []
    described: dict[str, Any] = {"facets": {}}
    for name in FACETS:
        own = [sorted(set(values_of(a, name)), key=_key) for a in articles]
        listed = sorted({value for values in own for value in values}, key=_key)
        count = next(most for most in range(1, 17) if most == 16 or 100 * sum(len(v) > most for v in own) <= len(articles))
        sets = list(dict.fromkeys(tuple(values) for values in own if len(values) > count))
        described["facets"][name] = range(len(planes), len(planes) + count)
        made[f"facet.{name}.sets"] = [listed.index(value) + 1 for some in sets for value in some]
        made[f"facet.{name}.sets.ends"] = np.cumsum([len(some) for some in sets])
        for number in range(count):
            planes.append([
                (0 if not number else len(listed) + 1) if number >= len(values)
                else listed.index(values[number]) + 1 if len(values) <= count
                else len(listed) + 1 if number else len(listed) + 2 + sets.index(tuple(values))
                for values in own
            ])  # fmt: skip
    periods = [(a.period, "  ymdt".index((a.published_precision or " ")[0])) for a in articles]
    months = [12 * period.first.year + period.first.month - 1 if period else None for period, _ in periods]
    base, number = _bounds(months)
    described["months"] = {"plane": len(planes), "base": base, "number": number}
    planes.append([
        0 if month is None else 1 + (min(grain - 1, 3) - 1) * number + month - base
        for month, (_, grain) in zip(months, periods, strict=True)
    ])  # fmt: skip
    firsts = [period.first.toordinal() if period else None for period, _ in periods]
    lasts = [period.last.toordinal() if period else None for period, _ in periods]
    base = _bounds(firsts)[0] - 1 if any(firsts) else 0
    described["days"] = {"first": len(planes), "last": len(planes) + (firsts != lasts), "base": base}
    planes += [[day - base if day else 0 for day in days] for days in ([firsts] if firsts == lasts else [firsts, lasts])]
    made["codes"], described = _shared_out(planes, described)
    return made, described


def _bounds(numbers: Sequence[int | None]) -> tuple[int, int]:
    """The smallest of them, and how many there are from it to the largest."""
    known = [number for number in numbers if number is not None]
    return (min(known), max(known) - min(known) + 1) if known else (0, 0)


def _shared_out(planes: Sequence[Sequence[int]], described: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """The bytes; planes by their number become where their bits begin, and how many there are."""
    places, bits = [], 0
    for plane in planes:
        width = max((code.bit_length() for code in plane), default=0)
        places.append((bits, width))
        bits += width
    step = -(-bits // 8)
    data = b""
    for codes in zip(*planes, strict=True):
        data += sum(code << at for code, (at, _) in zip(codes, places, strict=True)).to_bytes(step, "little")
    facets = {name: [places[plane] for plane in own] for name, own in described["facets"].items()}
    months, days = described["months"], described["days"]
    return list(data), {
        "step": step,
        "facets": facets,
        "months": months | {"plane": places[months["plane"]]},
        "days": days | {name: places[days[name]] for name in ("first", "last")},
    }


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _inverted(of_set: str, articles: Sequence[Article]) -> Occurrences:
    found: Occurrences = defaultdict(lambda: defaultdict(list))
    for doc, a in enumerate(articles):
        if of_set == "values":
            for term, position, form in _values(a):
                found[term][doc].append((1, position, form))
            continue
        chain = analysis.chain(a.language)
        for part, name in enumerate(("title", "body")) if of_set == "text" else [(1, "furniture")]:
            for position, form in _tokens(getattr(a, name), a.language):
                found[f"{analysis.stem(form, chain)}/{chain}"][doc].append((part, position, form))
    return found


def _tokens(text: str, language: str | None) -> list[tuple[int, str]]:
    columns = analysis.columns(text, language)
    single = list(enumerate(columns[0]))
    return sorted([*single, *analysis.compounds(text, *columns).items()], key=lambda pair: pair[0])


def _values(a: Article) -> Iterable[tuple[str, int, str]]:
    for name in NAME_FIELDS:
        start = 0
        for value in values_of(a, name):
            forms = analysis.columns(value, a.language)[0]
            yield from ((name + SEPARATOR + form, start + place, form) for place, form in enumerate(forms))
            start += len(forms) + VALUE_GAP
    for name in KEYWORD_FIELDS:
        for value in dict.fromkeys(analysis.fold(value) for value in values_of(a, name)):
            yield name + SEPARATOR + value, 0, value


def _set(of_set: str, found: Occurrences) -> dict[str, Any]:
    terms = sorted(found, key=_key)
    stemmed = of_set != "values"
    forms = {term: sorted({form for doc in found[term].values() for _, _, form in doc}, key=_key) for term in terms}
    out: dict[str, list[int]] = defaultdict(list)
    post, pos, code = bytearray(), bytearray(), bytearray()
    out["block"].append(0)
    for term in terms:
        docs = sorted(found[term])
        out["df"].append(len(docs))
        out["at"].append(len(post))
        out["nforms"].append(len(forms[term]))
        before = -1
        for start in range(0, len(docs), BLOCK):
            block = docs[start : start + BLOCK]
            held = [found[term][doc] for doc in block]
            gaps = [doc - last - 1 for doc, last in zip(block, [before, *block], strict=False)]
            steps = [step for one in held for part in (0, 1) for step in _steps([p for at, p, _ in one if at == part])]
            runs = [gaps, [len(one) - 1 for one in held], [sum(part == 0 for part, _, _ in one) for one in held], steps]
            out["pat"].append(len(pos))
            out["cat"].append(len(code))
            out["widths"] += [max(run).bit_length() for run in runs]
            for run in runs[:3]:
                post += _packed(run, max(run).bit_length())
            pos += _packed(steps, max(steps).bit_length())
            numbers = [forms[term].index(form) for one in held for _, _, form in one]
            code += _packed(numbers, (len(forms[term]) - 1).bit_length())
            out["last"].append(block[-1])
            out["max"].append(NO_BOUND)
            before = block[-1]
        out["block"].append(len(out["last"]))
    made: dict[str, Any] = {"post": list(post), "pos": list(pos), **out, **_strings("terms", terms)}
    for name in ("df", "at", "last", "max", "pat", "widths", "cat", "nforms"):
        made.setdefault(name, [])
    if stemmed:
        made |= {"code": list(code), **_forms(terms, forms)}
    else:
        del made["cat"], made["nforms"]
    return {f"{of_set}.{name}": items for name, items in made.items()}


def _forms(terms: Sequence[str], forms: dict[str, list[str]]) -> dict[str, Any]:
    every = sorted({form for some in forms.values() for form in some}, key=_key)
    start, term_of, code_of = [0], [], []
    for form in every:
        for number, term in enumerate(terms):
            place = bisect_left([_key(other) for other in forms[term]], _key(form))
            if place < len(forms[term]) and forms[term][place] == form:
                term_of.append(number)
                code_of.append(place)
        start.append(len(term_of))
    text = b"".join(_key(form) + b"\n" for form in every)
    ends = [at for at, byte in enumerate(text) if byte == 10]
    return {"forms": list(text), "forms.ends": ends, "forms.start": start, "forms.term": term_of, "forms.code": code_of}


def _steps(positions: list[int]) -> list[int]:
    return [position - before for position, before in zip(positions, [0, *positions], strict=False)]


def _packed(numbers: Iterable[int], width: int) -> bytes:
    whole = size = 0
    for number in numbers:
        whole |= number << size
        size += width
    return whole.to_bytes((size + 7) // 8, "little")


def _strings(name: str, items: Iterable[str | bytes]) -> dict[str, Any]:
    blob, ends = bytearray(), []
    for item in items:
        blob += item if isinstance(item, bytes) else _key(item)
        ends.append(len(blob))
    return {name: list(blob), f"{name}.ends": ends}


def _seconds(moment: datetime) -> int:
    return int(
        ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1
    )


def _dates(articles: Sequence[Article]) -> dict[str, Any]:
    made: dict[str, list[int]] = {name: [] for name in ("instant", "first", "last", "month", "grain", "available")}
    for a in articles:
        first = a.period.first if a.period else None
        exact = a.published is not None and a.published_precision == "time" and len(a.published) > 10
        moment = datetime.fromisoformat(a.published or "") if exact else first and datetime.combine(first, time())
        made["instant"].append(_seconds(moment) if moment else SMALLEST)
        made["first"].append(first.toordinal() if first else date.max.toordinal() + 1)
        made["last"].append(a.period.last.toordinal() if a.period else 0)
        made["month"].append(12 * first.year + first.month - 1 if first else 0)
        made["grain"].append({None: 0, "year": 1, "month": 2}.get(a.published_precision, 3))
        made["available"].append(SMALLEST if a.available_from is None else ceil(a.available_at))
    if all(moment == SMALLEST for moment in made["available"]):
        made["available"] = []
    return made


def _values_of_facets(articles: Sequence[Article]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in FACETS:
        made |= _strings(f"facet.{name}.values", sorted({value for a in articles for value in values_of(a, name)}))
    return made


def _ids(articles: Sequence[Article]) -> dict[str, Any]:
    order = sorted(range(len(articles)), key=lambda doc: _key(articles[doc].id))
    rank = [order.index(doc) for doc in range(len(articles))]
    return {**_strings("ids", [a.id for a in articles]), "ids.order": order, "ids.rank": rank}


def _stored(articles: Sequence[Article]) -> dict[str, Any]:
    frames = [ZstdCompressor().compress(to_json(a.to_stored())) for a in articles]
    return {**_strings("stored", frames), "stored.dictionary": []}


def _offsets(articles: Sequence[Article]) -> dict[str, Any]:
    rows = []
    for a in articles:
        row = bytearray()
        for name in TEXT_FIELDS:
            end = 0
            for token in analysis.tokens(getattr(a, name), a.language):
                length, skipped = token.end - token.start, token.start - end
                row.append(min(length, 31) * 8 + min(skipped, 7))
                row += _rest(length, 31) + _rest(skipped, 7)
                end = token.end
        rows.append(bytes(row))
    return _strings("offsets", rows)


def _rest(number: int, most: int) -> bytes:
    if number < most:
        return b""
    left, out = number - most, bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    return bytes([*out, left])
