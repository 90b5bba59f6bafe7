"""Brute force: what the documentation of the query tree says, word for word, over a plain reading of every article.

Nothing here comes from searchapp: its own tokens, its own matching, its own counting. A query is a nested tuple,
``("word", "flood", ("title", "body"))``; the generator in ``invented.py`` writes it down beside the text a reader types.
Leaves come again and again, so what one matches is kept; and a word is looked up among the distinct words of a field.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from functools import cache

from nltk.stem.snowball import SnowballStemmer

STEM = {"en": cache(SnowballStemmer("english").stem), "fr": cache(SnowballStemmer("french").stem)}
BOOST = {"title": (2.5, 0.5), "body": (1.0, 0.65), "furniture": (1.0, 0.65)}


def read(text):
    """Words of the generated text: no accents, no case, initialisms, thousands and decimals joined, possessives dropped."""
    text = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not "\u0300" <= c <= "\u036f" and c != "\u093c")
    text = text.replace("\u0901", "\u0902")
    text = re.sub(r"\b([a-z])\.([a-z])\.", r"\1\2", text.replace("’", "'").replace("'s", ""))
    return re.findall(r"[0-9]+\.[0-9]+|[a-z0-9\u0900-\u097f]+", re.sub(r"(?<=\d),(?=\d)", "", text.replace("'", "")))


@cache
def edits(a, b):
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        rows.append([i])
        for j, y in enumerate(b, 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


@cache
def fits(query, word):
    """Whether a word is one that an expanding leaf stands for."""
    kind, what = query[:2]
    if kind == "wild":
        return re.fullmatch(what.replace("?", ".").replace("*", ".*"), word) is not None
    return word.startswith(what) if kind == "prefix" else edits(word, what) <= query[3]


class Oracle:
    """``articles`` are all that are held; ``hidden``, of these, the ids of those that nobody may see yet, or any more."""

    def __init__(self, articles, hidden=()):
        self.held = articles
        self.articles = [a for a in articles if a.id not in hidden]
        self.everything = frozenset(a.id for a in self.articles)
        self.by_word, self.by_stem, self.length = {}, {}, {}
        for a in articles:
            for field in (*BOOST, "byline", "section", "places"):
                self._keep(a, field)
        self.average = {f: sum(self.length[a.id, f] for a in articles) / len(articles) for f in BOOST}
        self._weights = {}

    def _keep(self, article, field):
        words, stems, stem = defaultdict(list), defaultdict(list), STEM.get(article.language, str)
        for position, word in self._positions(article, field):
            words[word].append(position)
            if field in BOOST:
                stems[stem(word)].append(position)
        self.by_word[article.id, field], self.by_stem[article.id, field] = dict(words), dict(stems)
        if field in BOOST:
            self.length[article.id, field] = len(read(getattr(article, field)))

    def _positions(self, article, field):
        value, placed, at = getattr(article, field), [], 0
        for text in value if isinstance(value, tuple) else [value or ""]:
            for chunk in text.split():
                words = read(chunk)
                placed += [(at + place, word) for place, word in enumerate(words)]
                if "-" in chunk and len(words) == 2 and field in BOOST:
                    placed.append((at, "".join(words)))
                at += len(words)
            at += 100
        return placed

    def _agreeing(self, wanted, article, field):
        """Positions of the tokens that agree with a word, ascending."""
        same = self.by_word[article.id, field].get(wanted, ())
        if field not in BOOST:
            return same
        stemmed = self.by_stem[article.id, field].get(STEM.get(article.language, str)(wanted), ())
        return sorted({*same, *stemmed})

    def found(self, query, article, field):
        """Occurrences (first, last position) of a leaf in one field of an article."""
        kind, what = query[:2]
        words = self.by_word[article.id, field]
        if kind == "phrase":
            return self._phrase(query, article, field)
        if kind == "near":
            left, right = (self.found(side, article, field) for side in what)
            return near(left, right, query[3])
        if kind == "word":
            at = self._agreeing(what, article, field)
        elif kind == "exact":
            at = words.get(what, ())
        else:
            at = [p for word, positions in words.items() if fits(query, word) for p in positions]
        return [(p, p) for p in at]

    def _phrase(self, query, article, field):
        places = [self._agreeing(word, article, field) for word in query[1]]
        if not all(places):
            return []
        spans = []
        for first in places[0]:
            at = first
            for following in places[1:]:
                next_one = bisect_right(following, at)
                if next_one == len(following):
                    break
                at = following[next_one]
            else:
                if at - first - (len(places) - 1) <= query[3]:
                    spans.append((first, at))
        return spans

    def weights(self, leaf):
        """Article id -> weight (0 in fields that don't count), of the articles that a leaf matches, hidden ones too."""
        if leaf not in self._weights:
            self._weights[leaf] = {}
            for a in self.held:
                counts = {field: len(self.found(leaf, a, field)) for field in leaf[2]}
                if any(counts.values()):
                    self._weights[leaf][a.id] = sum(self._weight(n, a, field) for field, n in counts.items() if field in BOOST)
        return self._weights[leaf]

    def _weight(self, occurrences, a, field):
        boost, b = BOOST[field]
        length = self.length[a.id, field] / self.average[field] if self.average[field] else 0
        return boost * occurrences / (1 - b + b * length)

    def matching(self, query):
        """The ids of the articles that match and may be seen."""
        match query[0]:
            case "all":
                return self.everything
            case "and":
                return frozenset.intersection(*map(self.matching, query[1]))
            case "or":
                return frozenset.union(*map(self.matching, query[1]))
            case "not":
                return self.everything - self.matching(query[1])
            case "days":
                return frozenset(a.id for a in self.articles if overlaps(a, *query[1:]))
            case "keyword":
                return frozenset(a.id for a in self.articles if (getattr(a, query[1]) or "").lower() == query[2])
            case _:
                return self.everything.intersection(self.weights(query))

    def scores(self, query):
        """BM25F as the contract of the engines gives it, article id -> score. Hidden articles count as articles."""
        total = Counter()
        for leaf in scored(query):
            weights = self.weights(leaf)
            idf = math.log(1 + (len(self.held) - len(weights) + 0.5) / (len(weights) + 0.5))
            for key, w in weights.items():
                total[key] += idf * w / (1.5 + w)
        return total


def near(left, right, distance):
    """The spans of ``left`` that end before one of ``right`` begins, or begin after one ends, by at most ``distance``."""
    right = sorted(right)
    longest = max((last - first for first, last in right), default=0)
    firsts = [first for first, _ in right]
    return [
        a
        for a in left
        if any(
            0 < max(b[0] - a[1], a[0] - b[1]) <= distance
            for b in right[bisect_left(firsts, a[0] - distance - longest) : bisect_right(firsts, a[1] + distance)]
        )
    ]


def scored(query):
    """The leaves that add to the score, outside of NOT."""
    if query[0] in ("and", "or"):
        return [leaf for q in query[1] for leaf in scored(q)]
    return [] if query[0] in ("all", "not", "days", "keyword") else [query]


def overlaps(article, first, last):
    """Whether an article's period has one of the days from first to last."""
    return article.published is not None and first <= last_day(article.published) and first_day(article.published) <= last


def first_day(text):
    return text[:10] + "-01-01"[len(text[:10]) - 4 :] if len(text) < 10 else text[:10]


def last_day(text):
    return text[:10] + "-12-31"[len(text[:10]) - 4 :] if len(text) < 10 else text[:10]
