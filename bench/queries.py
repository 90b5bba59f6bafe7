"""Questions picked from the articles' own statistics, in no engine's language: kind, words, filters.

Six kinds: one term (frequent, in 8-60 % of the articles; medium, .5-2 %; rare, .005-.05 %), AND of two, OR of two to four,
phrase of two or three words that really occurs, prefix of three to five letters, and any of the first three filtered by a
facet's value and, half of the time, by date. All are distinct; a second, disjoint set warms caches up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from searchapp.analysis import is_stop_word, stem

MEASURED = {"frequent": 25, "medium": 25, "rare": 25, "and": 45, "or": 60, "phrase": 45, "prefix": 40, "filtered": 45}
KINDS = tuple(MEASURED)
BANDS = {"frequent": (0.08, 0.60), "medium": (0.005, 0.02), "rare": (0.00005, 0.0005)}
SAMPLE = 25_000
"""Articles whose words are counted."""
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


@dataclass(frozen=True, slots=True)
class Query:
    """A question. ``how`` joins the words: term, and, or, phrase or prefix. Days are inclusive."""

    kind: str
    how: str
    words: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()
    first: str | None = None
    last: str | None = None

    @property
    def text(self) -> str:
        """As a reader types it; filters apart."""
        if self.how == "phrase":
            return '"' + " ".join(self.words) + '"'
        if self.how == "prefix":
            return self.words[0] + "*"
        return (" OR " if self.how == "or" else " ").join(self.words)


@dataclass(slots=True)
class Statistics:
    """What was counted in a sample: articles by stem, a typed form of each stem, stems by form, phrases, filters."""

    articles: int = 0
    frequency: Counter[str] = field(default_factory=Counter)
    typed: dict[str, str] = field(default_factory=dict)
    phrases: Counter[tuple[str, ...]] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    days: list[str] = field(default_factory=list)
    stems: dict[str, str] = field(default_factory=dict)


def count(articles: Callable[[], Iterator[dict[str, object]]], total: int) -> Statistics:
    """Count words, phrases and values in every n-th article."""
    found, step = Statistics(), max(1, total // SAMPLE)
    for number, article in enumerate(articles()):
        if number % step == 0:
            _count_one(found, article, number // step % 4 == 0)
    return found


def choose(found: Statistics, seed: int = 7, share: float = 1.0) -> tuple[list[Query], list[Query]]:
    """The queries that are measured, in random order, and others to warm up with; as many of each kind as can be had."""
    random = Random(seed)
    by_band = {name: _band(found, random, *limits) for name, limits in BANDS.items()}
    makers: dict[str, Iterator[Query]] = {
        **{name: _terms(name, words) for name, words in by_band.items()},
        "and": _joined(random, by_band, "and", (2,)),
        "or": _joined(random, by_band, "or", (2, 3, 4)),
        "phrase": _phrases(found, random),
        "prefix": _prefixes(found, random),
        "filtered": _filtered(found, random, by_band),
    }
    measured: list[Query] = []
    warming: list[Query] = []
    seen: set[tuple[object, ...]] = set()
    for kind, maker in makers.items():
        wanted = max(1, round(MEASURED[kind] * share))
        fresh = list(_first_distinct(maker, seen, wanted + -(-wanted // 3)))
        split = max(1, len(fresh) * 3 // 4) if len(fresh) < wanted + wanted // 3 else wanted
        measured += fresh[:split]
        warming += fresh[split:]
    random.shuffle(measured)
    return measured, warming


def _first_distinct(queries: Iterator[Query], seen: set[tuple[object, ...]], wanted: int) -> Iterator[Query]:
    for attempt, query in enumerate(queries):
        key = (query.how, frozenset(stem(word.lower(), "en") for word in query.words), query.where, query.first)
        if key not in seen:
            seen.add(key)
            wanted -= 1
            yield query
        if wanted <= 0 or attempt > 5_000:
            return


def _count_one(found: Statistics, article: dict[str, object], with_phrases: bool) -> None:
    found.articles += 1
    met: set[str] = set()
    for text in (str(article["title"]), str(article["body"])):
        matches = list(_WORD.finditer(text))
        forms = [match.group().lower().replace("’", "'") for match in matches]
        met.update(forms)
        if with_phrases:
            near = [text[a.end() : b.start()] == " " for a, b in pairwise(matches)]
            _count_phrases(found.phrases, forms, near)
    plain = {form for form in met if "'" not in form and len(form) > 2 and not is_stop_word(form, "en")}
    for form in [form for form in plain if form not in found.stems]:
        found.stems[form] = stem(form, "en")
        found.typed.setdefault(found.stems[form], form)
    found.frequency.update({found.stems[form] for form in plain})
    published = str(article.get("published") or "")
    if len(published) >= 10:
        found.days.append(published[:10])
    for name, attribute in (("section", "section"), ("source", "source"), ("byline", "byline"), ("tag", "tags")):
        value = article.get(attribute) or []
        found.values.update((name, str(one)) for one in (value if isinstance(value, list) else [value]))


def _count_phrases(phrases: Counter[tuple[str, ...]], forms: list[str], near: list[bool]) -> None:
    good = ["'" not in form and len(form) > 2 and not is_stop_word(form, "en") for form in forms]
    for at, joined in enumerate(near):
        if joined and good[at] and good[at + 1]:
            phrases[(forms[at], forms[at + 1])] += 1
            if at + 2 < len(forms) and near[at + 1] and good[at + 2]:
                phrases[(forms[at], forms[at + 1], forms[at + 2])] += 1


def _band(found: Statistics, random: Random, low: float, high: float) -> list[str]:
    """Typed forms of the stems in that share of the articles, in random order."""
    low_count, high_count = max(1.0, low * found.articles), max(1.0, high * found.articles)
    words = [found.typed[term] for term, count in sorted(found.frequency.items()) if low_count <= count <= high_count]
    random.shuffle(words)
    return words


def _terms(kind: str, words: list[str]) -> Iterator[Query]:
    return (Query(kind, "term", (word,)) for word in words)


def _joined(random: Random, by_band: dict[str, list[str]], how: str, sizes: tuple[int, ...]) -> Iterator[Query]:
    pool = [by_band["frequent"], by_band["frequent"], by_band["medium"], by_band["medium"], by_band["rare"]]
    usable = [words for words in (pool if how == "or" else pool[:4]) if words]
    while usable:
        words = tuple(dict.fromkeys(random.choice(random.choice(usable)) for _ in range(random.choice(sizes))))
        if len(words) > 1:
            yield Query(how, how, words)


def _phrases(found: Statistics, random: Random) -> Iterator[Query]:
    """Phrases that recur, the frequent and the rare alike, a third of them of three words."""
    recurring = [phrase for phrase, count in sorted(found.phrases.items()) if count > 1 and len(set(phrase)) == len(phrase)]
    by_size = {size: [phrase for phrase in recurring if len(phrase) == size] for size in (2, 3)}
    by_size = {
        size: sorted(phrases, key=lambda phrase: -found.phrases[phrase] * random.random() ** 3)
        for size, phrases in by_size.items()
        if phrases
    }
    while by_size:
        size = 3 if random.random() < 1 / 3 and 3 in by_size else min(by_size)
        phrases = by_size[size]
        yield Query("phrase", "phrase", phrases[int(random.random() ** 2 * len(phrases))])


def _prefixes(found: Statistics, random: Random) -> Iterator[Query]:
    """Beginnings of words drawn by how often they occur; forms and stems that begin so are of the same words.

    None that a stemmer would shorten: FTS5 stems prefixes.
    """
    terms = sorted(term for term, count in found.frequency.items() if count > 1 and len(found.typed[term]) > 5)
    weights = [found.frequency[term] ** 0.5 for term in terms]
    while terms:
        prefix = found.typed[random.choices(terms, weights)[0]][: random.choice((3, 4, 5))]
        if prefix.endswith(("e", "s", "y", "ed", "ing")):
            continue
        if stem(prefix, "en") == prefix and all(
            term.startswith(prefix) for form, term in found.stems.items() if form.startswith(prefix)
        ):
            yield Query("prefix", "prefix", (prefix,))


def _filtered(found: Statistics, random: Random, by_band: dict[str, list[str]]) -> Iterator[Query]:
    values = sorted(value for value, count in found.values.items() if count > found.articles * 0.002)
    names = sorted({name for name, _ in values})
    days = sorted(found.days)
    makers = [
        lambda: Query("filtered", "term", (random.choice(by_band["frequent"]),)),
        lambda: Query("filtered", "and", tuple(random.sample(by_band["frequent"], 2))),
        lambda: next(_joined(random, by_band, "or", (2, 3))),
    ]
    while len(by_band["frequent"]) > 1 and (values or days):
        made = random.choice(makers)()
        name = random.choice(names) if names else None
        chosen = (random.choice([value for value in values if value[0] == name]),) if name else ()
        first, last = _period(days, random) if days and (random.random() < 0.5 or not chosen) else (None, None)
        yield Query("filtered", made.how, made.words, chosen, first, last)


def _period(days: list[str], random: Random) -> tuple[str, str]:
    """From one of the articles' days to another: between a twentieth and half of the archive."""
    width = int(len(days) * random.uniform(0.05, 0.5))
    start = random.randrange(len(days) - width)
    return days[start], days[start + width]
