"""Brute force: what the documentation of the query tree says, word for word, over a plain reading of every article.

Nothing here comes from searchapp: its own tokens, its own matching, its own counting. A query is a nested tuple,
``("word", "flood", ("title", "body"))``; the generator in ``queries.py`` writes it down beside the text a reader types.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
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


class Oracle:
    def __init__(self, articles):
        self.articles = articles
        self.found = cache(self._found)
        self.tokens = {(a.id, f): self._positions(a, f) for a in articles for f in (*BOOST, "byline", "section", "places")}
        self.length = {(a.id, f): len(read(getattr(a, f))) for a in articles for f in BOOST}
        self.average = {f: sum(self.length[a.id, f] for a in articles) / len(articles) for f in BOOST}

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

    def _found(self, query, article, field):
        """Occurrences (first, last position) of a leaf in one field of an article."""
        kind, what, stem = query[0], query[1], STEM.get(article.language, str)
        tokens = self.tokens[article.id, field]
        if kind == "phrase":
            return [
                (p, e)
                for p, w in tokens
                if self._agree(w, what[0], stem, field)
                for e in self._ends(tokens, p, query, stem, field)
            ]
        if kind == "near":
            left, right = (self.found(side, article, field) for side in what)
            return [a for a in left if any(0 < max(b[0] - a[1], a[0] - b[1]) <= query[3] for b in right)]
        test = {
            "word": lambda w: self._agree(w, what, stem, field),
            "exact": lambda w: w == what,
            "prefix": lambda w: w.startswith(what),
            "wild": lambda w: re.fullmatch(what.replace("?", ".").replace("*", ".*"), w),
            "fuzzy": lambda w: edits(w, what) <= query[3],
        }[kind]
        return [(p, p) for p, w in tokens if test(w)]

    def _agree(self, word, wanted, stem, field):
        return word == wanted or (field in BOOST and stem(word) == stem(wanted))

    def _ends(self, tokens, first, query, stem, field):
        at = first
        for wanted in query[1][1:]:
            at = next((p for p, w in tokens if p > at and self._agree(w, wanted, stem, field)), None)
            if at is None:
                return []
        return [at] if at - first - (len(query[1]) - 1) <= query[3] else []

    def matches(self, query, a):
        match query[0]:
            case "all":
                return True
            case "and":
                return all(self.matches(q, a) for q in query[1])
            case "or":
                return any(self.matches(q, a) for q in query[1])
            case "not":
                return not self.matches(query[1], a)
            case "days":
                return a.published is not None and query[1] <= last_day(a.published) and first_day(a.published) <= query[2]
            case "keyword":
                return (getattr(a, query[1]) or "").lower() == query[2]
            case _:
                return any(self.found(query, a, field) for field in query[2])

    def scores(self, query):
        """BM25F as the contract of the engines gives it, article id -> score."""
        total = Counter()
        for leaf, boost in self._scored(query):
            weight = {a.id: sum(self._weight(leaf, a, f) for f in leaf[2] if f in BOOST) for a in self.articles}
            n = sum(1 for w in weight.values() if w)
            idf = math.log(1 + (len(self.articles) - n + 0.5) / (n + 0.5))
            for key, w in weight.items():
                total[key] += boost * idf * w / (1.5 + w)
        return total

    def _weight(self, leaf, a, field):
        boost, b = BOOST[field]
        length = self.length[a.id, field] / self.average[field] if self.average[field] else 0
        return boost * len(self.found(leaf, a, field)) / (1 - b + b * length)

    def _scored(self, query):
        if query[0] in ("and", "or"):
            return [leaf for q in query[1] for leaf in self._scored(q)]
        return [] if query[0] in ("all", "not", "days", "keyword") else [(query, 1.0)]


def first_day(text):
    return text[:10] + "-01-01"[len(text[:10]) - 4 :] if len(text) < 10 else text[:10]


def last_day(text):
    return text[:10] + "-12-31"[len(text[:10]) - 4 :] if len(text) < 10 else text[:10]
