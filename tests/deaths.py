"""Queries that kill search engines: each cost some engine seconds, gigabytes or its life. Pairs of a name and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from string import ascii_lowercase

Parameters = Sequence[tuple[str, str]]
TWO = [first + second for first in ascii_lowercase for second in ascii_lowercase]
OFTEN = "the of and in to a on for with as was by at from".split()
MOST = 512
"""Characters of a query."""


def _filled(parts: Iterator[str], joint: str = " ") -> str:
    """As many parts as a query may have characters and leaves for."""
    found = ""
    for part in islice(parts, 64):
        longer = f"{found}{joint}{part}" if found else part
        if len(longer) > MOST:
            break
        found = longer
    return found


TEXTS = {
    "star": "*",
    "star in a field": "body:*",
    "every word of one letter and more": "?*",
    "in the middle": "*a*",
    "five prefixes": "a* b* c* d* e*",
    "all letters": " OR ".join(f"{letter}*" for letter in ascii_lowercase),
    "eight questions": "????????",
    "prefixes of two letters": _filled((f"{two}*" for two in TWO), " OR "),
    "prefixes that must all be there": _filled(f"{two}*" for two in TWO),
    "prefixes without": "the " + _filled(f"-{two}*" for two in TWO)[:480].rpartition(" ")[0],
    "prefixes, all fields": _filled((f"title:{two}*" for two in TWO), " OR "),
    "wildcards": _filled((f"{two}*e" for two in TWO), " OR "),
    "wildcards with many questions": _filled((f"{two}????" for two in TWO), " OR "),
    "wildcard that backtracks": "aa" + "*a" * 200 + "b",
    "wildcard of questions": "ab" + "?" * 400,
    "one range": "[a TO zz]",
    "open ranges": "[a TO " * 80,
    "brackets": "[" * MOST,
    "a thousand ORs": " OR ".join(f"w{number}" for number in range(1000)),
    "a thousand ANDs": " ".join(f"w{number}" for number in range(1000)),
    "NOTs": "NOT " * 120 + "w",
    "two thousand NOTs": "NOT w " * 2000,
    "parentheses": "(" * 250 + "a" + ")" * 250,
    "five thousand parentheses": "(" * 5000 + "a" + ")" * 5000,
    "open parentheses": "(" * MOST,
    "eight levels of NOT": "(NOT " * 7 + "the" + ")" * 7,
    "quotes": '"' * MOST,
    "twenty thousand quotes": '"' * 20_000,
    "fields without values": "a:" * 250,
    "boosts without words": "a^" * 250,
    "boosts without end": "a^1e308 b^-1 c^nan d^inf e^0",
    "a word of 512 letters": "x" * MOST,
    "a word of 7000 letters": "x" * 7000,
    "a phrase of 80 words": '"' + " ".join(["of", "the"] * 40) + '"',
    "a phrase of frequent words": '"' + " ".join(islice(cycle(OFTEN), 60)) + '"',
    "a loose phrase": '"the of and in to a"~50',
    "a phrase too loose": '"a b"~1000000',
    "loose phrases": _filled((f'"{a} {b}"~50' for a in OFTEN for b in OFTEN if a != b), " OR "),
    "near": "the NEAR/50 of",
    "nears": _filled((f"({a} NEAR/50 {b})" for a in OFTEN for b in OFTEN if a != b), " OR "),
    "nears of prefixes": _filled((f"({a}* NEAR/50 {b}*)" for a in TWO[::29] for b in TWO[::31]), " OR "),
    "near prefix": "th* NEAR/50 in*",
    "nears that must all be there": _filled(f"({a}* NEAR/50 {b}*)" for a in TWO[::29] for b in TWO[::31]),
    "nears of wildcards": _filled((f"({a}*e NEAR/50 {b}*e)" for a in TWO[::29] for b in TWO[::31]), " OR "),
    "fuzzy": "government~2",
    "fuzzies": _filled((f"{word}~2" for word in ("minister", "governor", "election", "parliament", "president") * 9), " OR "),
    "fuzzies of two letters": _filled((f"{two}~2" for two in TWO), " OR "),
    "fuzzies of one letter": _filled((f"{letter}~1" for letter in ascii_lowercase), " OR "),
    "fuzzies of long words": _filled((f"abcdefghijklmno{number}~2" for number in range(30)), " OR "),
    "fuzzy beyond": "word~9",
    "fuzzies near": _filled((f"({a}~2 NEAR/50 {b}~2)" for a in TWO[::29] for b in TWO[::31]), " OR "),
    "all frequent words": " OR ".join(OFTEN * 5)[:MOST].rpartition(" OR ")[0],
    "all frequent words exactly": " OR ".join(f"={word}" for word in OFTEN * 4),
    "hyphens": _filled(f"{a}-{b}" for a in OFTEN for b in OFTEN),
    "a chain of hyphens": "-".join(["a"] * 250),
    "a date of 5000 digits": "date:" + "1" * 5000,
    "a date range of nonsense": "date:[19 TO 99999]",
    "dates": _filled((f"date:{year}" for year in range(1900, 2100)), " OR "),
    "days without end": "date:0001-01-01..9999-12-31",
    "regular expression": "(.*)*(.*)*x",
    "another one": "/([a-z]*)*Q/",
    "NUL": "bridge\x00\x00 the",
    "right to left": "\u202ethe bridge\u202c \u200f" * 20,
    "accents": "a" + "\u0301" * 500,
    "emoji": "😀" * 256,
    "a family": "👨‍👩‍👧‍👦 " * 40,
    "Turkish": "İıİı " * 60,
    "line separators": "a\u2028b\u2029c\u0085 " * 40,
    "ligatures that grow": "ﷺ" * 500,
    "empty": "",
    "spaces": " " * MOST,
    "stop words": "the of and in to",
    "operators": "AND OR NOT NEAR/5 AND OR -",
    "backslashes": "\\" * MOST,
    "commas": "," * MOST,
    "every field": _filled(f"{name}:the" for name in ("title", "body", "byline", "place", "tag", "section", "source", "agency")),
}


def deaths() -> Iterator[tuple[str, Parameters]]:
    """All of them, those that are no texts of a query too."""
    for name, text in TEXTS.items():
        yield name, [("q", text)]
        if name in ("near prefix", "fuzzies of two letters", "all frequent words"):
            yield f"{name}, a hundred by date", [("q", text), ("size", "100"), ("sort", "oldest")]
    yield "far page", [("q", "the"), ("page", "1000000000")]
    yield "large page", [("q", "the"), ("size", "1000000000")]
    yield "the last page", [("q", "*"), ("page", "100"), ("size", "100")]
    yield "all values of all facets", [("facet_size", "1000"), ("size", "100")]
    yield "500 filters", [("section", f"s{number}") for number in range(500)]
    yield "50 filters", [("not.tag", f"t{number}") for number in range(50)]
    yield "200 queries", [("q", "the")] * 200
    yield "4000 parameters", [("a", "")] * 2600
    yield "every order", [("sort", sort) for sort in ("relevance", "newest", "oldest")]
    yield "the same facet a thousand times", [("facets", ",".join(["section"] * 1000))]
    yield "a cursor of nonsense", [("cursor", "A" * 5900)]
    yield "a cursor too long", [("cursor", "A" * 7000)]
    yield "fields without end", [("fields", "id," * 2000 + "id")]
