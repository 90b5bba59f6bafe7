"""Invented news articles: the same for a seed, whatever the size asked for (20,000 are the first of 200,000).

About 330 words each (log-normal), sentences, paragraphs, a topic's words and names recurring within an article,
collocations recurring between them. Facets: section (24), source (14), byline (700), place (420), tag (0-3 of 2,400).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from bench.vocabulary import FORMS, NAMES, TOPICS, Vocabulary, draw, make, name, zipf

CHUNK = 1_000
SEED = 20261122
SECTIONS = (
    "National International City State Business Markets Sport Football Cricket Athletics Opinion Letters Science Health "
    "Education Technology Culture Film Books Travel Weather Courts Agriculture Obituaries"
).split()
FIRST, LAST = date(2005, 1, 1), date(2024, 12, 31)
_WORD_SHARE = (0.41, 0.76, 0.945, 0.978)
"""Cumulative: function words, words of the language, words of the topic, names; the rest are numbers."""
_FORM_SHARE = np.cumsum([0.66, 0.2, 0.065, 0.055, 0.02])


def write(size: int, work: Path, seed: int = SEED) -> Path:
    """The JSONL file of ``size`` articles in ``work``; made when it isn't there yet."""
    target = work / f"articles-{size}{'' if seed == SEED else f'-{seed}'}.jsonl"
    if not target.exists():
        work.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            file.writelines(orjson.dumps(article, option=orjson.OPT_APPEND_NEWLINE) for article in generate(size, seed))
        partial.replace(target)
    return target


def generate(size: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The first ``size`` articles of a seed, in the JSON of the interface."""
    vocabulary = make(seed)
    for chunk in range(-(-size // CHUNK)):
        yield from _chunk(vocabulary, seed, chunk)[: size - chunk * CHUNK]


def _chunk(vocabulary: Vocabulary, seed: int, chunk: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng([seed, 2, chunk])
    lengths = np.clip(rng.lognormal(np.log(284), 0.55, CHUNK), 40, 4_000).astype(np.int64)
    topics = np.minimum((rng.random(CHUNK) ** 1.4 * TOPICS).astype(np.int64), TOPICS - 1)
    bodies = _texts(vocabulary, rng, lengths, topics, is_title=False)
    titles = _texts(vocabulary, rng, rng.integers(5, 11, CHUNK), topics, is_title=True)
    return [
        {"id": f"gen-{number:07d}", "title": title, "body": body, **_facets(rng, int(topic), number)}
        for number, title, body, topic in zip(range(chunk * CHUNK, (chunk + 1) * CHUNK), titles, bodies, topics, strict=True)
    ]


def _texts(
    vocabulary: Vocabulary, rng: np.random.Generator, lengths: NDArray[np.int64], topics: NDArray[np.int64], *, is_title: bool
) -> list[str]:
    """A text for each length: words chosen all at once, then joined article by article."""
    total = int(lengths.sum())
    owner = np.repeat(np.arange(len(lengths)), lengths)
    ends = np.cumsum(lengths)
    kind = np.searchsorted(_WORD_SHARE, rng.random(total) * (1.0 if not is_title else 0.985) + (0.0 if not is_title else 0.015))
    numbers = _word_numbers(vocabulary, rng, kind, topics[owner])
    named = _put_collocations(vocabulary, rng, numbers, kind, topics[owner])
    last = np.zeros(total, dtype=bool)
    last[ends - 1] = True
    stop = last.copy() if is_title else last | (rng.random(total) < 1 / 21)
    opening = np.roll(stop, 1)
    words = np.where(opening | is_title, vocabulary.capitals[numbers], vocabulary.words[numbers])
    _put_names(rng, words, np.flatnonzero(named == 3), owner)
    _put_numbers(rng, words, np.flatnonzero(named == 4))
    gaps = _gaps(rng, stop, last, is_title=is_title)
    pieces = np.empty(total * 2, dtype=object)
    pieces[0::2], pieces[1::2] = words, gaps
    joined = pieces.tolist()
    starts = ends - lengths
    return ["".join(joined[2 * start : 2 * end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _word_numbers(
    vocabulary: Vocabulary, rng: np.random.Generator, kind: NDArray[np.int64], topics: NDArray[np.int64]
) -> NDArray[np.int64]:
    """A word's number at every place; names and numbers have some number too, replaced later."""
    numbers = draw(rng, vocabulary.function, len(kind))
    content = np.flatnonzero(kind >= 1)
    lemmas = draw(rng, vocabulary.content, len(content))
    topical = kind[content] == 2
    lemmas[topical] = vocabulary.topics[topics[content[topical]], draw(rng, vocabulary.topical, int(topical.sum()))]
    forms = np.searchsorted(_FORM_SHARE, rng.random(len(content)) * 0.999999)
    numbers[content] = vocabulary.first_lemma + lemmas * FORMS + forms
    return numbers


def _put_collocations(
    vocabulary: Vocabulary,
    rng: np.random.Generator,
    numbers: NDArray[np.int64],
    kind: NDArray[np.int64],
    topics: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Write collocations over one place in thirty, in place. Returns the kinds, with 1 where a collocation now stands.

    Half of them are the topic's own, so that they recur within an article.
    """
    size = len(numbers)
    places = np.flatnonzero(rng.random(max(size - 3, 0)) < 1 / 30)
    phrases = draw(rng, vocabulary.phrase_share, len(places))
    own = rng.random(len(places)) < 0.5
    step = len(vocabulary.phrases) // TOPICS
    phrases[own] = topics[places[own]] * step + (rng.random(int(own.sum())) ** 3 * step).astype(np.int64)
    kind = kind.copy()
    for offset in range(3):
        wanted = vocabulary.phrases[phrases, offset]
        at = places[wanted >= 0] + offset
        numbers[at] = wanted[wanted >= 0]
        kind[at] = 1
    return kind


def _put_names(rng: np.random.Generator, words: NDArray[np.object_], at: NDArray[np.int64], owner: NDArray[np.int64]) -> None:
    """Surnames: an article has a cast of five, and most of its names are of its cast."""
    cast = np.exp(rng.random((int(owner[-1]) + 1, 5)) * np.log(NAMES)).astype(np.int64)
    chosen = cast[owner[at], (rng.random(len(at)) ** 1.6 * 5).astype(np.int64)]
    known = {int(number): name(int(number)) for number in np.unique(chosen)}
    words[at] = [known[number] for number in chosen.tolist()]


def _put_numbers(rng: np.random.Generator, words: NDArray[np.object_], at: NDArray[np.int64]) -> None:
    """Years, counts, amounts, with and without separators."""
    sizes = np.exp(rng.random(len(at)) * np.log(3e6)).astype(np.int64)
    shapes = rng.random(len(at))
    years = 1950 + (rng.random(len(at)) ** 0.4 * 75).astype(np.int64)
    words[at] = [
        str(year) if shape < 0.25 else f"{size:,}" if shape < 0.75 else f"{size % 1000}.{size % 97}" if shape < 0.9 else str(size)
        for size, shape, year in zip(sizes.tolist(), shapes.tolist(), years.tolist(), strict=True)
    ]


def _gaps(rng: np.random.Generator, stop: NDArray[np.bool_], last: NDArray[np.bool_], *, is_title: bool) -> NDArray[np.object_]:
    """What stands between words: blanks, commas, full stops, blank lines between paragraphs."""
    table = np.array([" ", ", ", ". ", ".\n\n", ".", ""], dtype=object)
    roll = rng.random(len(stop))
    chosen = np.where(stop, np.where(roll < 0.45, 3, 2), (roll < 0.045) & (not is_title))
    chosen[last] = 5 if is_title else 4
    return table[chosen]


_PAPERS = "Times Herald Post Gazette Chronicle Tribune Mail Express Observer Courier Standard Echo Mirror Advocate".split()
_SOURCES = [f"The {name(number * 977 + 13)} {kind}" for number, kind in enumerate(_PAPERS)]
_BYLINES = [f"{name(number * 31 + 5)} {name(number * 7919 + 101)}" for number in range(700)]
_PLACES = [name(number * 53 + 900_001) for number in range(420)]
_TAGS = [name(number * 17 + 300_007).lower() for number in range(2_400)]
_SOURCE_SHARE, _BYLINE_SHARE, _PLACE_SHARE = (
    zipf(len(_SOURCES), 0.8, 1.0),
    zipf(len(_BYLINES), 0.7, 8.0),
    zipf(len(_PLACES), 0.9, 3.0),
)


def _facets(rng: np.random.Generator, topic: int, number: int) -> dict[str, Any]:
    section = topic % len(SECTIONS) if rng.random() < 0.85 else int(rng.integers(len(SECTIONS)))
    day = FIRST + timedelta(days=int(rng.random() ** 0.75 * ((LAST - FIRST).days + 1)))
    authors = int(np.searchsorted((0.1, 0.85), rng.random()))
    tags = {_TAGS[(topic * 5 + int(rng.random() ** 2 * 40)) % len(_TAGS)] for _ in range(int(rng.integers(4)))}
    digest = hashlib.sha256(f"gen-{number:07d}".encode()).hexdigest()
    return {
        "published": day.isoformat(),
        "published_precision": "day",
        "section": SECTIONS[section],
        "source": _SOURCES[int(draw(rng, _SOURCE_SHARE, 1)[0])],
        "byline": list(dict.fromkeys(_BYLINES[place] for place in draw(rng, _BYLINE_SHARE, authors).tolist())),
        "places": [_PLACES[int(draw(rng, _PLACE_SHARE, 1)[0])]],
        "tags": sorted(tags),
        "language": "en",
        "provenance": {"file": "generated.jsonl", "format": "jsonl", "sha256": digest, "offset": number},
    }
