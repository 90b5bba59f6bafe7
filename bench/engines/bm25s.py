"""bm25s: an eager score matrix. It has no AND, phrases, prefixes, filters or totals: the best ten of words and ORs only."""

from __future__ import annotations

import json
from pathlib import Path

import bm25s  # type: ignore[import-untyped]

from bench.engines.base import Answer, Mode, Token, read, sync
from bench.queries import Query
from searchapp.analysis import stem

_PATTERN = r"(?u)\w+"


class Bm25s:
    """Its own tokenizer; NLTK's English Snowball stemmer once for each distinct word; the numba backend."""

    name = "bm25s"
    modes: tuple[Mode, ...] = ("top10",)
    kinds = frozenset(("frequent", "medium", "rare", "or"))
    limit = 10**9
    step = 1

    def build(self, articles: Path, directory: Path) -> None:
        """All texts are held in memory, as it wants them."""
        texts, ids = [], []
        for article in read(articles):
            texts.append(f"{article['title']}\n\n{article['body']}")
            ids.append(article["id"])
        tokens = bm25s.tokenize(texts, token_pattern=_PATTERN, stopwords=None, stemmer=_stems, show_progress=False)
        retriever = bm25s.BM25(backend="numba")
        retriever.index(tokens, show_progress=False)
        retriever.save(directory)
        (directory / "ids.json").write_text(json.dumps(ids), encoding="utf-8")
        sync(directory)

    def open(self, directory: Path) -> None:
        """Load it all into memory: its fastest way."""
        self.retriever = bm25s.BM25.load(directory, mmap=False)
        self.retriever.activate_numba_scorer()
        self.names = json.loads((directory / "ids.json").read_text(encoding="utf-8"))

    def ask(self, query: Query, mode: Mode) -> Answer:  # noqa: ARG002
        """Rows and scores of the best ten; those without any of the words have score 0."""
        terms = [[term for word in query.words for term in self.asked(word) if term in self.retriever.vocab_dict]]
        rows, scores = self.retriever.retrieve(terms, k=10, show_progress=False, n_threads=1)
        return Answer([int(row) for row, score in zip(rows[0], scores[0], strict=True) if score > 0])

    def ids(self, query: Query) -> set[str]:
        """The ids of the hits; it has no way to give all."""
        return {self.names[row] for row in self.ask(query, "top10").hits}

    def fields(self, article: dict[str, object]) -> list[list[Token]]:
        """Title and body as one text."""
        return [[Token({term}, {term}) for term in self.asked(f"{article['title']}\n\n{article['body']}")]]

    def asked(self, word: str) -> list[str]:
        """Lower case, stemmed."""
        found = bm25s.tokenize(
            [word], token_pattern=_PATTERN, stopwords=None, stemmer=_stems, show_progress=False, return_ids=False
        )
        return list(found[0])


def _stems(words: list[str]) -> list[str]:
    return [stem(word, "en") for word in words]
