"""Marks of the articles shown, from the index: the same that `searchapp.query.marks` finds by reading their texts.

Words and phrases come from the positions in their postings, and where tokens are from the stored offsets. Prefixes, wildcards
and fuzzy words stand for too many terms: for these the articles' tokens are looked at, and analysed where they may be meant.
A hyphenated word stands in the postings at its first part, too; which of the two an occurrence is, the text says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from searchapp import analysis
from searchapp.article import Article
from searchapp.engines.whoosh.kernels import marks as kernels
from searchapp.engines.whoosh.lexicon import FormList
from searchapp.engines.whoosh.schema import stem_term
from searchapp.engines.whoosh.tokens import HYPHENS, Batch, Odd, Offsets, Rows, Sieve, Sifted, Text
from searchapp.engines.whoosh.view import View
from searchapp.fields import TEXT_FIELDS
from searchapp.query.deadline import NEVER, Deadline
from searchapp.query.marks import STRETCH, ArticleMarks, Marks, Matches, find_in_article, looking_in, stretches
from searchapp.query.occurrences import Pattern
from searchapp.query.tree import Fuzzy, Leaf, Near, Phrase, Positional, Prefix, Term, Wildcard

Word = tuple[str, bool]
"""A form, and whether it is meant exactly."""

Ints = NDArray[np.int64]

_Single = tuple[int, int, int]
"""The bit of a leaf, and the number of its word or its pattern."""

_NONE = -1
_NO_ROWS: Rows = ([], [], [])
_SETS = (("text", ("title", "body")), ("furniture", ("", "furniture")))
"""The sets of postings, and which fields their parts are."""


def of(view: View, docs: Sequence[int], articles: Sequence[Article], leaves: Sequence[Leaf]) -> list[ArticleMarks]:
    """The marks of some documents of a segment; ``articles`` are what is stored of them."""
    return Marker(leaves).of(view, docs, articles)


class Marker:
    """Marks what the leaves of one request match. Not for several threads. Raises QueryTimeout."""

    def __init__(self, leaves: Sequence[Leaf], deadline: Deadline = NEVER) -> None:
        self._deadline = deadline
        self._leaves = leaves
        fields = {name for leaf in leaves for part in _parts(leaf) for name in part.fields}
        self._looking = {name: looking_in(leaves, name) for name in TEXT_FIELDS if name in fields}
        self._parts = {name: [part for _, leaf in looking for part in _parts(leaf)] for name, looking in self._looking.items()}
        parts = list(dict.fromkeys(part for of_field in self._parts.values() for part in of_field))
        self._words = {word: number for number, word in enumerate(dict.fromkeys(word for part in parts for word in _words(part)))}
        self._patterns: list[Pattern] = [part for part in parts if isinstance(part, Prefix | Wildcard | Fuzzy)]
        self._sieves = [Sieve(pattern) for pattern in self._patterns]
        self._singles = {name: self._singles_in(looking) for name, looking in self._looking.items()}

    def _singles_in(self, looking: Sequence[tuple[int, Leaf]]) -> list[_Single] | None:
        """Bit and word or pattern of each leaf that looks in a field; None when there are phrases and the like."""
        found: list[_Single] = []
        for number, leaf in looking:
            if isinstance(leaf, Term):
                found.append((1 << number, self._words[leaf.form, leaf.exact], _NONE))
            elif isinstance(leaf, Prefix | Wildcard | Fuzzy):
                found.append((1 << number, _NONE, self._patterns.index(leaf)))
            else:
                return None
        return found

    def of(self, view: View, docs: Sequence[int], articles: Sequence[Article]) -> list[ArticleMarks]:
        """The marks of some documents of a segment; ``articles`` are what is stored of them."""
        found: list[dict[str, Marks]] = [{} for _ in docs]
        order = sorted(range(len(docs)), key=docs.__getitem__)
        for of_set, names in _SETS:
            if [name for name in names if self._looking.get(name)]:
                located = self._locate(view, of_set, names, [docs[at] for at in order], [articles[at] for at in order])
                for slot in located.busy():
                    at, name = order[slot >> 1], names[slot & 1]
                    marks = self._marks(located, slot, name, articles[at]) if self._looking.get(name) else None
                    if marks and marks.starts:
                        found[at][name] = marks
        return list(found)

    def _locate(self, view: View, of_set: str, names: tuple[str, str], docs: list[int], articles: Sequence[Article]) -> _Located:
        own = [analysis.chain(article.language) for article in articles]
        chains = sorted(set(own))
        terms, forms = np.full((2, len(chains), len(self._words)), _NONE, np.int64)
        for place, of_chain in enumerate(chains):
            for (form, exact), number in self._words.items():
                terms[place, number], forms[place, number] = _term(view, of_set, form, of_chain, exact=exact)
        segment = view.segment
        located = _Located(
            *kernels.locate(
                *view.lists[of_set], segment["offsets"], segment["offsets.ends"], segment["rows"], of_set == "furniture",
                np.array(docs, np.int64), np.array([chains.index(chain) for chain in own], np.int64), terms, forms,
            )
        )  # fmt: skip
        if self._sieves:
            batch = located.batch(articles, names)
            for sieve in self._sieves:
                self._deadline.check()
                located.sifted.append(sieve.sift(batch))
        return located

    def _marks(self, located: _Located, slot: int, name: str, article: Article) -> Marks | None:
        self._deadline.check()
        text: str = getattr(article, name)
        if len(text) > STRETCH:
            return self._first_marks(located, slot, name, text, article.language)
        sifted = [of_slots[slot] for of_slots in located.sifted] if located.sifted else ()
        singles = self._singles[name]
        if singles is not None and _all_plain(text, located.stops(slot), sifted):
            return _marks_of_singles(located, slot, singles, sifted)
        begins, ends = located.offsets(slot)
        try:
            return self._read(located, slot, name, Text(text, article.language, begins, ends, 0, len(begins)), sifted)
        except Odd:
            return find_in_article({name: text}, article.language, self._leaves).get(name)

    def _first_marks(self, located: _Located, slot: int, name: str, text: str, language: str | None) -> Marks | None:
        """Of a long text: the marks of the first stretch that has any."""
        begins, stops = located.offsets(slot)
        try:
            for start, end in stretches(text):
                self._deadline.check()
                if end < len(text) and text[end - 1] != " ":
                    raise Odd  # cut within a word, perhaps
                first, last = np.searchsorted(begins, (start, end)).tolist()
                stretch = Text(text, language, begins, stops, first, last)
                batch = Batch.of_stretch(stretch) if self._sieves else None
                sifted = [sieve.sift(batch)[0] for sieve in self._sieves] if batch else []
                marks = self._read(located, slot, name, stretch, sifted)
                if marks.starts:
                    return marks
        except Odd:
            return find_in_article({name: text}, language, self._leaves).get(name)
        return None

    def _read(self, located: _Located, slot: int, name: str, text: Text, sifted: Sequence[Sifted]) -> Marks:
        """The marks of a text with phrases, NEARs or hyphenated words. Raises Odd."""
        patterns: dict[Pattern, list[int]] = {}
        for pattern, one in zip(self._patterns, sifted, strict=True):
            if one.odd:
                raise Odd
            patterns[pattern] = one.rows[0]
        places = _Places(located, slot, self._words, patterns, text)
        matches = Matches()
        for number, leaf in self._looking[name]:
            matches.add(number, leaf, name, places, places, {})
        if text.before_hyphens(matches.leaves) or (sifted and any(one.linked for one in sifted)):
            matches = self._with_hyphens(places, name, text, sifted)
        return matches.marks(text.begins.item, text.stops.item)

    def _with_hyphens(self, places: _Places, name: str, text: Text, sifted: Sequence[Sifted]) -> Matches:
        """What matches where hyphenated words may, in one or by their parts. Raises Odd.

        Only where a token that matched is followed by a hyphen can it make a difference which of the two it is.
        """
        words = {word: places.agreeing(word[0], exact=word[1]) for part in self._parts[name] for word in _words(part)}
        matched = {*chain.from_iterable(words.values()), *chain.from_iterable(one.rows[0] for one in sifted)}
        whole = text.compounds({*text.before_hyphens(matched), *chain.from_iterable(one.linked for one in sifted)})
        patterns = {
            pattern: _with_compounds(one.rows[0], whole, sieve.fits)
            for pattern, one, sieve in zip(self._patterns, sifted, self._sieves, strict=True)
        }
        parts, tokens = places.replaced(_of_parts(words, whole, text)), places.replaced(words, patterns)
        matches = Matches()
        for number, leaf in self._looking[name]:
            matches.add(number, leaf, name, tokens, parts, whole)
        return matches


def _with_compounds(places: list[int], whole: Mapping[int, str], fits: Callable[[str], bool]) -> list[int]:
    return sorted([*places, *(token for token, form in whole.items() if fits(form))])


class _Places:
    """Where words and patterns are in one text; the `Places` of `searchapp.query.occurrences`."""

    def __init__(
        self, located: _Located, slot: int, numbers: Mapping[Word, int], patterns: Mapping[Pattern, list[int]], text: Text
    ) -> None:
        self._located = located
        self._slot = slot
        self._numbers = numbers
        self._patterns = patterns
        self._text = text
        self._words: Mapping[Word, list[int]] | None = None

    def replaced(self, words: Mapping[Word, list[int]], patterns: Mapping[Pattern, list[int]] | None = None) -> _Places:
        """The same with other tokens for the words, and for the patterns if they are given."""
        other = _Places(self._located, self._slot, self._numbers, self._patterns if patterns is None else patterns, self._text)
        other._words = words
        return other

    def agreeing(self, form: str, *, exact: bool) -> list[int]:
        """The tokens that agree with ``form``."""
        if self._words is not None:
            return self._words[form, exact]
        tokens = self._located.rows(self._slot, self._numbers[form, exact])[0]
        text = self._text
        if text.last - text.first == len(text.begins):
            return tokens
        return tokens[bisect_left(tokens, text.first) : bisect_left(tokens, text.last)]

    def matching(self, leaf: Pattern) -> list[int]:
        """The tokens whose form a leaf stands for."""
        return self._patterns[leaf]


class _Located:
    """What `kernels.locate` gives. A *slot* is one field of one document."""

    def __init__(self, rows: NDArray[np.int32], ends: NDArray[np.int32], begins: Offsets, stops: Offsets, bounds: Ints) -> None:
        self._rows: list[list[int]] = rows.tolist()
        self._width = ends.shape[2]
        self._ends: list[int] = [0, *ends.reshape(-1).tolist()]
        self._begins = begins
        self._stops = stops
        self._bounds: list[int] = [0, *bounds.tolist()]
        self.sifted: list[list[Sifted]] = []

    def offsets(self, slot: int) -> tuple[Offsets, Offsets]:
        """Where the tokens of a field begin and end."""
        first, last = self._bounds[slot : slot + 2]
        return self._begins[first:last], self._stops[first:last]

    def busy(self) -> Iterable[int]:
        """The slots in which anything may have matched."""
        ends = self._ends[:: self._width] if self._width and not self.sifted else ()
        return [slot for slot in range(len(ends) - 1) if ends[slot] < ends[slot + 1]] if ends else range(len(self._bounds) - 1)

    def batch(self, articles: Sequence[Article], names: tuple[str, str]) -> Batch:
        """The texts of all slots, but for long ones."""
        texts = [getattr(article, name) if name else "" for article in articles for name in names]
        texts = [text if len(text) <= STRETCH else "" for text in texts]
        languages = [article.language for article in articles for _ in names]
        return Batch.of_texts(texts, languages, self._begins, self._stops, self._bounds)

    def stops(self, slot: int) -> list[int]:
        """Where the tokens of all words end."""
        return self._rows[2][self._ends[slot * self._width] : self._ends[(slot + 1) * self._width]]

    def rows(self, slot: int, word: int) -> Rows:
        """The tokens of a word."""
        place = slot * self._width + word
        first, last = self._ends[place], self._ends[place + 1]
        if first == last:
            return _NO_ROWS
        tokens, begins, stops = self._rows
        return tokens[first:last], begins[first:last], stops[first:last]


def _all_plain(text: str, stops: Sequence[int], sifted: Sequence[Sifted]) -> bool:
    """Whether no hyphenated word has to be thought of: no hyphen follows any of the words, nor may a pattern mean one."""
    for stop in stops:
        if text[stop : stop + 1] in HYPHENS:
            return False
    return not any(one.linked or one.odd for one in sifted) if sifted else True


def _marks_of_singles(located: _Located, slot: int, singles: Sequence[_Single], sifted: Sequence[Sifted]) -> Marks:
    """The marks of a field that only words and patterns look in, without hyphenated words."""
    found = []
    for bit, word, pattern in singles:
        rows = located.rows(slot, word) if pattern == _NONE else sifted[pattern].rows
        if rows[0]:
            found.append((bit, rows))
    if not found:
        return Marks()
    if len(found) == 1:
        bit, (tokens, begins, stops) = found[0]
        return Marks(begins, stops, [bit] * len(tokens), [False] * len(tokens))
    merged: list[tuple[int, int, int]] = []
    for bit, (_, begins, stops) in found:
        merged += zip(begins, stops, repeat(bit))
    merged.sort()
    starts, ends, bits = [row[0] for row in merged], [row[1] for row in merged], [row[2] for row in merged]
    if len(set(starts)) < len(starts):  # tokens of several leaves
        leaves: dict[int, int] = {}
        for start, bit in zip(starts, bits, strict=True):
            leaves[start] = leaves.get(start, 0) | bit
        of_start = dict(zip(starts, ends, strict=True))
        starts, ends, bits = list(leaves), [of_start[start] for start in leaves], list(leaves.values())
    return Marks(starts, ends, bits, [False] * len(starts))


def _of_parts(words: Mapping[Word, list[int]], whole: Mapping[int, str], text: Text) -> dict[Word, list[int]]:
    """The tokens that agree with words by themselves, not only as the beginning of a hyphenated word. Raises Odd."""
    by = analysis.chain(text.language)
    own = {token: text.form(token) for token in whole}
    return {
        (form, exact): [
            token
            for token in tokens
            if token not in own or own[token] == form or (not exact and analysis.stem(own[token], by) == analysis.stem(form, by))
        ]
        for (form, exact), tokens in words.items()
    }


def _parts(leaf: Leaf) -> tuple[Positional, ...]:
    if isinstance(leaf, Near):
        return leaf.left, leaf.right
    return (leaf,) if isinstance(leaf, Positional) else ()


def _words(part: Positional) -> Iterator[Word]:
    match part:
        case Term(form, _, exact):
            yield form, exact
        case Phrase(forms, _, _, exact):
            yield from ((form, exact) for form in forms)


def _term(view: View, of_set: str, form: str, chain: str, *, exact: bool) -> tuple[int, int]:
    """A word's term for articles of a chain, and which of its forms only is meant; -1 for none."""
    term = view.term(of_set, stem_term(form, chain))
    if term is None or not exact:
        return _NONE if term is None else term, _NONE
    segment = view.segment
    number = FormList.of(segment, "furniture" if of_set == "furniture" else "body").number(form)
    if number is not None:
        first, last = segment[f"{of_set}.forms.start"][number : number + 2].tolist()
        for row in range(first, last):
            if segment[f"{of_set}.forms.term"].item(row) == term:
                return term, segment[f"{of_set}.forms.code"].item(row)
    return _NONE, _NONE
