"""A segment read slowly, from the words of `searchapp.engines.whoosh.layout` alone; and what it should hold, by brute force.

Nothing here is shared with the code that writes segments or searches them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from searchapp import analysis
from searchapp.article import Article
from searchapp.fields import FACETS, KEYWORD_FIELDS, NAME_FIELDS, values_of
from searchapp.query.tree import VALUE_GAP

BLOCK = 128


class Posting(NamedTuple):
    """A document of a term: positions in the title, in the body (or all else), and the form of each occurrence."""

    doc: int
    title: list[int]
    body: list[int]
    forms: list[str]


class Run:
    """Integers packed one after the other, the least significant bit first."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.at = start

    def take(self, count: int, width: int) -> list[int]:
        size = (count * width + 7) // 8
        whole = int.from_bytes(self.data[self.at : self.at + size], "little")
        assert whole >> (count * width) == 0, "filled with zeros"
        self.at += size
        return [(whole >> (number * width)) & ((1 << width) - 1) for number in range(count)]


def texts(data: Any, ends: Any) -> list[str]:
    """Byte strings one after the other, as text."""
    whole, stops = bytes(data), [int(end) for end in ends]
    return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *stops], stops, strict=False)]


def lines(data: Any, ends: Any) -> list[str]:
    """Byte strings each ended by a line feed."""
    whole, stops = bytes(data), [int(end) for end in ends]
    assert all(whole[end] == 10 for end in stops)
    return [whole[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *(end + 1 for end in stops)], stops, strict=False)]


def forms_of_terms(arrays: Mapping[str, Any], name: str) -> list[list[str]]:
    """The forms of each term, by code."""
    forms = lines(arrays[f"{name}.forms"], arrays[f"{name}.forms.ends"])
    assert forms == sorted(set(forms), key=lambda form: form.encode("utf-8", "surrogatepass"))
    counts = [int(number) for number in arrays[f"{name}.nforms"]]
    found: list[list[str | None]] = [[None] * count for count in counts]
    start = [int(place) for place in arrays[f"{name}.forms.start"]]
    assert start[0] == 0
    assert start[-1] == len(arrays[f"{name}.forms.term"]) == sum(counts)
    for number, form in enumerate(forms):
        terms = [int(term) for term in arrays[f"{name}.forms.term"][start[number] : start[number + 1]]]
        assert terms
        assert terms == sorted(set(terms))
        for term, code in zip(terms, arrays[f"{name}.forms.code"][start[number] : start[number + 1]], strict=True):
            assert found[term][int(code)] is None
            found[term][int(code)] = form
    for of_term in found:
        assert of_term == sorted(of_term, key=lambda form: form.encode("utf-8", "surrogatepass"))
    return found  # type: ignore[return-value]


def postings(arrays: Mapping[str, Any], name: str) -> dict[str, list[Posting]]:
    """All of a set: term -> postings."""
    terms = texts(arrays[f"{name}.terms"], arrays[f"{name}.terms.ends"])
    assert terms == sorted(set(terms), key=lambda term: term.encode("utf-8", "surrogatepass"))
    coded = name != "values"
    forms = forms_of_terms(arrays, name) if coded else []
    post, pos, code = (bytes(arrays.get(f"{name}.{part}", b"")) for part in ("post", "pos", "code"))
    found: dict[str, list[Posting]] = {}
    ends = [0, 0, 0]
    for number, term in enumerate(terms):
        here = Run(post, int(arrays[f"{name}.at"][number]))
        assert here.at == ends[0], "terms follow each other"
        left, doc = int(arrays[f"{name}.df"][number]), -1
        first, last = int(arrays[f"{name}.block"][number]), int(arrays[f"{name}.block"][number + 1])
        assert last - first == -(-left // BLOCK)
        found[term] = []
        for block in range(first, last):
            count = min(left, BLOCK)
            widths = [int(width) for width in arrays[f"{name}.widths"][4 * block : 4 * block + 4]]
            gaps, more, titles = (here.take(count, width) for width in widths[:3])
            total = sum(more) + count
            places = Run(pos, int(arrays[f"{name}.pat"][block]))
            assert places.at == ends[1]
            deltas = places.take(total, widths[3])
            assert [max(run, default=0).bit_length() for run in (gaps, more, titles, deltas)] == widths, "the smallest that fit"
            codes = [0] * total
            ends[0], ends[1] = here.at, places.at
            if coded:
                coding = Run(code, int(arrays[f"{name}.cat"][block]))
                assert coding.at == ends[2]
                codes = coding.take(total, (len(forms[number]) - 1).bit_length())
                ends[2] = coding.at
            at = 0
            for gap, extra, title in zip(gaps, more, titles, strict=True):
                doc += gap + 1
                split = at + title
                end = at + extra + 1
                used = [forms[number][one] for one in codes[at:end]] if coded else []
                found[term].append(Posting(doc, sums(deltas[at:split]), sums(deltas[split:end]), used))
                at = end
            assert int(arrays[f"{name}.last"][block]) == doc
            left -= count
    assert [len(post), len(pos), len(code)] == ends
    return found


def sums(deltas: Sequence[int]) -> list[int]:
    """The positions of differences."""
    return [sum(deltas[: number + 1]) for number in range(len(deltas))] if len(deltas) < 50 else list(_running(deltas))


def _running(deltas: Sequence[int]) -> Iterator[int]:
    total = 0
    for delta in deltas:
        total += delta
        yield total


def offsets(arrays: Mapping[str, Any], doc: int) -> list[list[tuple[int, int]]]:
    """Start and end of the tokens of title, body and furniture."""
    ends = arrays["offsets.ends"]
    data = iter(bytes(arrays["offsets"][int(ends[doc - 1]) if doc else 0 : int(ends[doc])]))

    def rest() -> int:
        value, shift = 0, 0
        for byte in data:
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
        raise AssertionError("ends in the middle")

    found = []
    for name in ("title", "body", "furniture"):
        spans, at = [], 0
        for _ in range(int(arrays[f"length.{name}"][doc])):
            byte = next(data)
            length, gap = byte >> 3, byte & 7
            length += rest() if length == 31 else 0
            gap += rest() if gap == 7 else 0
            spans.append((at + gap, at + gap + length))
            at += gap + length
        found.append(spans)
    assert next(data, None) is None
    return found


def facets(arrays: Mapping[str, Any], described: Mapping[str, Any], doc: int) -> dict[str, list[str]]:
    """An article's values, in the order of the facet's list, by the bits of its codes."""
    found, step = {}, described["step"]
    bits = int.from_bytes(bytes(arrays["codes"][step * doc : step * (doc + 1)]), "little")
    for name in FACETS:
        values = texts(arrays[f"facet.{name}.values"], arrays[f"facet.{name}.values.ends"])
        assert values == sorted(set(values))
        ends = [0, *(int(end) for end in arrays[f"facet.{name}.sets.ends"])]
        codes = [bits >> at & (1 << width) - 1 for at, width in described["facets"][name]]
        several = codes[0] - len(values) - 2
        if several >= 0:
            codes = arrays[f"facet.{name}.sets"][ends[several] : ends[several + 1]].tolist()
        numbers = [code for code in codes if 0 < code <= len(values)]
        assert numbers == sorted(set(numbers))
        found[name] = [values[number - 1] for number in numbers]
    return found


def inverted(articles: Sequence[Article]) -> dict[str, dict[str, list[Posting]]]:
    """What the three sets should hold: set -> term -> postings."""
    found: dict[str, dict[str, list[Posting]]] = {name: defaultdict(list) for name in ("text", "furniture", "values")}
    for doc, article in enumerate(articles):
        places: dict[tuple[str, str], tuple[list[tuple[int, str]], list[tuple[int, str]]]] = defaultdict(lambda: ([], []))
        for name, part in (("title", 0), ("body", 1), ("furniture", 1)):
            for position, form in occurrences(getattr(article, name), article.language):
                chain = analysis.chain(article.language)
                which = "furniture" if name == "furniture" else "text"
                places[which, f"{analysis.stem(form, chain)}/{chain}"][part].append((position, form))
        for position, term in values(article):
            places["values", term][1].append((position, ""))
        for (which, term), (title, body) in places.items():
            forms = [form for _, form in (*title, *body)] if which != "values" else []
            found[which][term].append(Posting(doc, [at for at, _ in title], [at for at, _ in body], forms))
    return {name: dict(terms) for name, terms in found.items()}


def occurrences(text: str, language: str | None) -> Iterator[tuple[int, str]]:
    """Positions and forms of a text, hyphenated words after their first part."""
    forms, starts, ends = analysis.columns(text, language)
    joined = analysis.compounds(text, forms, starts, ends)
    for position, form in enumerate(forms):
        yield position, form
        if position in joined:
            yield position, joined[position]


def values(article: Article) -> Iterator[tuple[int, str]]:
    """Positions and terms of the set values."""
    for name in NAME_FIELDS:
        start = 0
        for value in values_of(article, name):
            forms = analysis.columns(value, article.language)[0]
            yield from ((start + at, f"{name}\x1f{form}") for at, form in enumerate(forms))
            start += len(forms) + VALUE_GAP
    for name in KEYWORD_FIELDS:
        for at, value in enumerate(dict.fromkeys(analysis.fold(value) for value in values_of(article, name))):
            yield at, f"{name}\x1f{value}"


def dates(article: Article) -> dict[str, int]:
    """The date columns of an article."""
    period, grain = article.period, {"year": 1, "month": 2, "day": 3, "time": 3}
    if period is None or article.published is None or article.published_precision is None:
        return {"instant": -(2**63), "first": date.max.toordinal() + 1, "last": 0, "month": 0, "grain": 0}
    moment = datetime(period.first.year, period.first.month, period.first.day, tzinfo=UTC)
    if article.published_precision == "time" and len(article.published) > 10:
        moment = datetime.fromisoformat(article.published)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {
        "instant": int(moment.timestamp() // 1),
        "first": period.first.toordinal(),
        "last": period.last.toordinal(),
        "month": 12 * period.first.year + period.first.month - 1,
        "grain": grain[article.published_precision],
    }
