"""Articles to a *run*: all of a segment's arrays for some articles in a row, but for what needs all articles of the segment.

A run stands for itself (its own terms, its own document numbers from 0), so that runs can be made by different processes,
and a segment is the runs merged. Missing: the bounds ``X.max``, which need the segment's average lengths.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from zstandard import ZstdCompressor

from searchapp import analysis
from searchapp.analysis.batch import BatchAnalyser, Met, Scanned
from searchapp.analysis.stemming import stem_many
from searchapp.analysis.surfaces import Surfaces
from searchapp.article import Article
from searchapp.engines.whoosh.arrays import Arrays
from searchapp.engines.whoosh.documents import VALUES_OF, Documents, Values, strings
from searchapp.engines.whoosh.kernels import build
from searchapp.engines.whoosh.layout import BLOCK, SEPARATOR, STEMMED_SETS
from searchapp.engines.whoosh.vocabulary import Ints, Rows, Strings, code_widths, joined, with_feeds
from searchapp.fields import KEYWORD_FIELDS, NAME_FIELDS, TEXT_FIELDS
from searchapp.query.tree import VALUE_GAP

MOST_SURFACES = 300_000
"""Distinct surfaces remembered from run to run; then the analysis starts afresh. About 200 MB when full."""
AHEAD = 1
"""Batches and runs that may wait for the one before."""
TEXTS = len(TEXT_FIELDS)


class _Batch(NamedTuple):
    """Articles whose tokens are found, and whose frames are being made."""

    articles: Sequence[Article]
    met: Met
    frames: Future[list[bytes]]


class Inverter:
    """Makes runs, one after the other; what it learns of words stays. ``frames`` makes the stored frames.

    Threads of its own compress what is stored, and read and invert tokens while the caller goes on to the next articles: most
    of all that needs no interpreter.
    """

    def __init__(self, frames: ZstdCompressor) -> None:
        self._frames = frames
        self._compressing, self._reading = ThreadPoolExecutor(1, "frames"), ThreadPoolExecutor(1, "words")
        self._waiting: deque[Future[Any]] = deque()
        self._analyser = BatchAnalyser()
        self._stems = _Stems(self._analyser)
        self._known: Surfaces | None = None
        self._begin()

    def _begin(self) -> None:
        self._documents = Documents()
        self._values = _Values()
        self._tokens: list[_Tokens] = []
        self._stored: list[Future[list[bytes]]] = []
        self._offsets: list[tuple[NDArray[np.uint8], Ints]] = []

    def add(self, articles: Sequence[Article], records: Sequence[bytes]) -> None:
        """Add a batch: articles, and what is stored of each. Faster the larger it is. Raises what an earlier one raised."""
        frames = self._compressing.submit(_compressed, self._frames, list(records))
        texts = [text for article in articles for text in _TEXTS_OF(article)]
        self._aside(self._add, _Batch(articles, self._analyser.find(texts), frames))

    def run(self) -> Future[Arrays]:
        """All that was added since the last run, as soon as it is made."""
        if self._analyser.surfaces >= MOST_SURFACES:
            self._analyser.renew()
        return self._aside(self._run)

    def _aside(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        while self._waiting and (len(self._waiting) > AHEAD or self._waiting[0].done()):
            self._waiting.popleft().result()
        future = self._reading.submit(function, *arguments)
        self._waiting.append(future)
        return future

    def _add(self, batch: _Batch) -> None:
        if batch.met.known is not self._known and not self._tokens:
            self._analyser.forget_forms()
            self._stems = _Stems(self._analyser)
        self._known = batch.met.known
        languages = [article.language for article in batch.articles]
        scanned = self._analyser.read(batch.met, [language for language in languages for _ in TEXT_FIELDS])
        self._tokens.append(self._stems.rows(scanned, list(map(analysis.chain, languages))))
        self._offsets.append(_offsets(scanned))
        self._stored.append(batch.frames)
        self._values.add(len(self._documents), batch.articles)
        self._documents.add(batch.articles)

    def _run(self) -> Arrays:
        ends = joined(_shifted([tokens.ends for tokens in self._tokens]))
        arrays = self._documents.arrays(np.diff(ends, prepend=0).reshape(-1, TEXTS))
        arrays |= strings("stored", [frame for batch in self._stored for frame in batch.result()])
        arrays["offsets"] = np.concatenate([*(bytes_ for bytes_, _ in self._offsets), np.zeros(0, np.uint8)])
        arrays["offsets.ends"] = joined(_shifted([stops for _, stops in self._offsets])).astype(np.uint32)
        arrays |= self._stems.invert(self._tokens) | self._values.invert()
        self._begin()
        return arrays


_TEXTS_OF = attrgetter(*TEXT_FIELDS)


def _compressed(frames: ZstdCompressor, records: list[Any]) -> list[bytes]:
    made: Any = frames.multi_compress_to_buffer(records, threads=1) if records else []
    return [made[number].tobytes() for number in range(len(made))]


def _shifted(ends: Sequence[Ints]) -> list[Ints]:
    """Ends that count on from one list to the next."""
    shifts = np.cumsum([0, *(int(stops[-1]) if len(stops) else 0 for stops in ends)])
    return [stops + shift for stops, shift in zip(ends, shifts, strict=False)]


def _offsets(scanned: Scanned) -> tuple[NDArray[np.uint8], Ints]:
    """The offsets' bytes of a batch: a byte a token, and one more for every seven bits of what doesn't fit."""
    ends = np.empty(len(scanned.ends) // TEXTS, np.int64)
    beyond = int(scanned.ends.size) * 5 + int(scanned.lengths.sum()) // 31 + 8 * len(scanned.starts)
    out = np.empty(len(scanned.starts) + beyond, np.uint8)
    build.write_offsets(scanned.starts, scanned.lengths, scanned.ends, out, ends)
    size = int(ends[-1]) if len(ends) else 0
    return out[:size].copy(), ends


class _Tokens:
    """A batch's tokens as rows of `_Stems`."""

    def __init__(self, rows: NDArray[np.int32], ends: Ints, compounds: Ints) -> None:
        self.rows = rows
        self.ends = ends
        self.compounds = compounds


class _Stems:
    """A row for each form and chain; each row's form is stemmed once."""

    def __init__(self, analyser: BatchAnalyser) -> None:
        self._analyser = analyser
        self._terms: dict[str, int] = {}
        self._term, self._form = array("q"), array("q")
        self._tables: dict[str, NDArray[np.int32]] = {}

    def rows(self, scanned: Scanned, chains: Sequence[str]) -> _Tokens:
        """The rows of a batch's tokens; a chain for each article."""
        firsts = scanned.compound_tokens
        tokens = np.concatenate([scanned.forms, scanned.compound_forms])
        rows = np.empty(len(tokens), np.int32)
        if len(set(chains)) == 1:
            rows[:] = self._of(chains[0], tokens)
        else:
            names = sorted(set(chains))
            of_article = np.array([names.index(chain) for chain in chains], np.int8)
            of_token = np.repeat(of_article, np.diff(scanned.ends[TEXTS - 1 :: TEXTS], prepend=0))
            of_token = np.concatenate([of_token, of_token[firsts]])
            for number, chain in enumerate(names):
                chosen = of_token == number
                rows[chosen] = self._of(chain, tokens[chosen])
        count = len(scanned.forms)
        return _Tokens(rows[:count], scanned.ends, np.stack([firsts, rows[count:].astype(np.int64)]))

    def _of(self, chain: str, forms: NDArray[np.int32]) -> NDArray[np.int32]:
        table = self._tables.get(chain, np.zeros(0, np.int32))
        known = len(self._analyser.forms)
        if len(table) < known:
            table = np.concatenate([table, np.full(known + known // 4 - len(table), -1, np.int32)])
            self._tables[chain] = table
        met = np.zeros(len(table), np.bool_)
        met[forms] = True
        new = np.flatnonzero(met & (table < 0))
        if len(new):
            self._learn(table, new, chain)
        found: NDArray[np.int32] = table[forms]
        return found

    def _learn(self, table: NDArray[np.int32], numbers: Ints, chain: str) -> None:
        forms = self._analyser.forms
        table[numbers] = np.arange(len(self._term), len(self._term) + len(numbers))
        self._form.extend(numbers.tolist())
        terms = self._terms
        stems = stem_many([forms[number] for number in numbers.tolist()], chain)
        self._term.extend([terms.setdefault(f"{stem}/{chain}", len(terms)) for stem in stems])

    def invert(self, batches: Sequence[_Tokens]) -> Arrays:
        """The arrays of the sets text and furniture."""
        rows = np.concatenate([*(tokens.rows for tokens in batches), np.zeros(0, np.int32)])
        ends = joined(_shifted([tokens.ends for tokens in batches]))
        shifts = np.cumsum([0, *(len(tokens.rows) for tokens in batches)])
        moved = [tokens.compounds + np.array([[shift], [0]]) for tokens, shift in zip(batches, shifts, strict=False)]
        compounds = np.concatenate([*moved, np.zeros((2, 0), np.int64)], axis=1).astype(np.int64)
        counts = np.zeros((2, len(self._term)), np.int64)
        build.tally(rows, ends, compounds[0], compounds[1], counts[0], counts[1])
        arrays: Arrays = {}
        names = list(self._terms)
        for name, count in zip(STEMMED_SETS, counts, strict=True):
            arrays |= self._inverted(name, names, count, (rows, ends, compounds))
        return arrays

    def _inverted(self, name: str, names: list[str], counts: Ints, tokens: tuple[NDArray[np.int32], Ints, Ints]) -> Arrays:
        used = np.flatnonzero(counts)
        terms, term = _ranked(np.frombuffer(self._term, np.int64)[used], names)
        forms, form = _ranked(np.frombuffer(self._form, np.int64)[used], self._analyser.forms)
        rows = Rows.of(term, form)
        targets = np.zeros(len(counts), np.int64)
        targets[used[np.argsort((term << 32) | form)]] = (rows.term << 32) | rows.code
        starts = np.concatenate([[0], np.cumsum(np.bincount(term, counts[used], len(terms[1])).astype(np.int64))])
        marks, codes = np.empty(starts[-1], np.int64), np.empty(starts[-1], np.uint32)
        build.sort(*tokens, targets, name == "furniture", starts[:-1].copy(), marks, codes)
        arrays = _packed(name, terms, starts, marks, codes, rows)
        lines, feeds = with_feeds(*forms)
        return arrays | {f"{name}.forms": lines, f"{name}.forms.ends": feeds} | rows.arrays(name, len(terms[1]), len(feeds))


def _ranked(numbers: Ints, names: Sequence[str]) -> tuple[tuple[NDArray[np.uint8], NDArray[np.uint32]], Ints]:
    """Names that are used, sorted, as bytes and ends; and the place of each of ``numbers`` among them."""
    met = np.zeros(len(names), np.bool_)
    met[numbers] = True
    used = np.flatnonzero(met)
    texts = Strings.of([names[number] for number in used.tolist()])
    order = texts.order()
    place = np.zeros(len(names), np.int64)
    place[used[order]] = np.arange(len(order))
    return texts.chosen(order), place[numbers]


def _packed(
    name: str,
    terms: tuple[NDArray[np.uint8], NDArray[np.uint32]],
    starts: Ints,
    marks: Ints,
    codes: NDArray[np.uint32],
    rows: Rows | None = None,
) -> Arrays:
    """A set's arrays of sorted occurrences."""
    count, occurrences = len(terms[1]), len(marks)
    most = count + occurrences // BLOCK
    bits = np.zeros(count, np.int64) if rows is None else code_widths(np.bincount(rows.term, minlength=count))
    out = tuple(np.empty(size + 3 * most + 16, np.uint8) for size in (12 * occurrences, 4 * occurrences, 4 * occurrences))
    of_terms = tuple(np.empty(count, np.uint32) for _ in range(3))
    blocks: tuple[NDArray[Any], ...] = (
        np.empty(most, np.int32), np.empty(4 * most, np.uint8), np.empty(most, np.uint32), np.empty(most, np.uint32)
    )  # fmt: skip
    at, longest = np.zeros(4, np.int64), int(np.diff(starts).max(initial=0))
    scratch = (*(np.empty(size, np.uint32) for size in (BLOCK, BLOCK, BLOCK, longest)), at)
    used = build.pack_terms(starts, marks, codes, bits, rows is not None, scratch, out, of_terms, blocks)
    arrays: Arrays = {
        f"{name}.{part}": stream[:size].copy()
        for part, stream, size in zip(("post", "pos", "code"), out, at.tolist(), strict=False)
    }
    last, widths, pat, cat = blocks
    return arrays | {
        f"{name}.terms": terms[0],
        f"{name}.terms.ends": terms[1],
        f"{name}.df": of_terms[0],
        f"{name}.block": np.append(of_terms[1], np.uint32(used)),
        f"{name}.at": of_terms[2],
        f"{name}.last": last[:used].copy(),
        f"{name}.widths": widths[: 4 * used].copy(),
        f"{name}.pat": pat[:used].copy(),
        f"{name}.cat": cat[:used].copy(),
    }


class _Values:
    """The occurrences of the name and keyword fields.

    Articles share most of their values, so what a field holds is read once for each combination of values and language; what
    articles have is then a list of numbers of such *groups* of terms.
    """

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._fields = [_Groups(partial(self._learn, name)) for name in _SHARED]
        self._read: dict[tuple[str, str | None], Sequence[str]] = {}
        self._number, self._mark, self._ends = array("q"), array("q"), array("q")
        self._own_number, self._own_document = array("q"), array("q")

    def add(self, first: int, articles: Sequence[Article]) -> None:
        """Add articles, the first of which is document ``first``."""
        languages = [article.language for article in articles]
        for name, groups in zip(_SHARED, self._fields, strict=True):
            groups.extend(map(groups.__getitem__, zip(map(VALUES_OF[name], articles), languages, strict=True)))
        terms = self._terms
        for name in _OWN:
            values = [(number, value) for number, value in enumerate(map(VALUES_OF[name], articles), first) if value]
            self._own_document.extend([number for number, _ in values])
            texts = [f"{name}{SEPARATOR}{analysis.fold(str(value))}" for _, value in values]
            self._own_number.extend([terms.setdefault(text, len(terms)) for text in texts])

    def _learn(self, name: str, key: tuple[Values, str | None]) -> int:
        """A new group: the terms of a field, with positions. -1: there is none."""
        values, language = key
        if not values:
            return -1
        texts = values if isinstance(values, tuple) else (values,)
        if name in KEYWORD_FIELDS:
            for position, value in enumerate(dict.fromkeys(map(analysis.fold, texts))):
                self._put(name, value, position)
        else:
            start = 0
            for value in texts:
                forms = self._forms(value, language)
                for place, form in enumerate(forms):
                    self._put(name, form, start + place)
                start += len(forms) + VALUE_GAP
        self._ends.append(len(self._number))
        return len(self._ends) - 1

    def _forms(self, value: str, language: str | None) -> Sequence[str]:
        forms = self._read.get((value, language))
        if forms is None:
            forms = self._read[value, language] = analysis.columns(value, language)[0] if value else []
        return forms

    def _put(self, field: str, text: str, position: int) -> None:
        self._number.append(self._terms.setdefault(f"{field}{SEPARATOR}{text}", len(self._terms)))
        self._mark.append(build.PART + position)

    def invert(self) -> Arrays:
        """The arrays of the set values, once; then there is nothing left."""
        columns = [np.frombuffer(groups.numbers, np.int64) for groups in self._fields]
        self._fields.clear()  # they know this object, and a circle is memory until somebody looks for circles
        having = [np.flatnonzero(groups >= 0) for groups in columns]
        groups = joined([column[documents] for column, documents in zip(columns, having, strict=True)])
        ends = np.frombuffer(self._ends, np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
        sizes = (ends - starts)[groups]
        behind = np.cumsum(sizes)
        chosen = np.repeat(starts[groups] - behind + sizes, sizes) + np.arange(int(sizes.sum()))
        numbers = joined([np.frombuffer(self._number, np.int64)[chosen], np.frombuffer(self._own_number, np.int64)])
        documents = joined([np.repeat(joined(having), sizes), np.frombuffer(self._own_document, np.int64)])
        parts = np.full(len(documents), build.PART)
        parts[: len(chosen)] = np.frombuffer(self._mark, np.int64)[chosen]
        terms, places = _ranked(numbers, list(self._terms))
        order = np.argsort(places, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=len(terms[1])))]).astype(np.int64)
        marks = (documents << 33) + parts
        return _packed("values", terms, bounds, marks[order], np.zeros(0, np.uint32))


class _Groups(dict[tuple[Values, str | None], int]):
    """One field: the group of each combination of values and language, and the articles' groups."""

    def __init__(self, learn: Callable[[tuple[Values, str | None]], int]) -> None:
        self._learn = learn
        self.numbers = array("q")
        self.extend = self.numbers.extend

    def __missing__(self, key: tuple[Values, str | None]) -> int:
        number = self[key] = self._learn(key)
        return number


_OWN = ("id", "url")
"""Keyword fields of one value, which articles don't share: remembering their values is of no use."""
_SHARED = tuple(name for name in (*NAME_FIELDS, *KEYWORD_FIELDS) if name not in _OWN)
