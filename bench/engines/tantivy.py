"""Tantivy through its Python binding: one stemmed text field with positions, fast fields for facets and dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tantivy

from bench.engines.base import FACETS, MODES, SNIPPET, Answer, Mode, Token, facet_values, month, read, sync
from bench.queries import KINDS, Query

HEAP = 512_000_000
_AGGREGATIONS: dict[str, Any] = {
    **{name: {"terms": {"field": name, "size": 10}} for name in FACETS},
    "months": {"histogram": {"field": "month", "interval": 1, "min_doc_count": 1}},
}


class Tantivy:
    """One writer thread; ids of hits come from a fast field and a list, as reading the stored article for them costs more."""

    name = "tantivy"
    modes: tuple[Mode, ...] = MODES
    kinds = frozenset(KINDS)
    limit = 10**9
    step = 1

    def build(self, articles: Path, directory: Path) -> None:
        """One commit, merges awaited. The binding can't force a merge; one thread with this heap makes few segments."""
        index = tantivy.Index(_schema(), path=str(directory))
        index.register_tokenizer("english", _analyser())
        writer = index.writer(heap_size=HEAP, num_threads=1)
        ids = []
        for row, article in enumerate(read(articles)):
            writer.add_document(_document(article, row))
            ids.append(article["id"])
        writer.commit()
        writer.wait_merging_threads()
        (directory / "ids.txt").write_text("\n".join(ids), encoding="utf-8")
        sync(directory)
        index.reload()
        index.searcher()

    def open(self, directory: Path) -> None:
        """Open the index; a searcher of it sees all segments."""
        self.index = tantivy.Index.open(str(directory))
        self.index.register_tokenizer("english", _analyser())
        self.schema = self.index.schema
        self.searcher: Any = self.index.searcher()
        self.analyser = _analyser()
        self._directory = directory

    def ask(self, query: Query, mode: Mode) -> Answer:
        """Two passes over the matches where facets are wanted: the binding has one call for hits, another for aggregations."""
        asked = self._query(query)
        found = self.searcher.search(asked, 10, count=mode != "top10")
        addresses = [address for _, address in found.hits]
        answer = Answer(total=found.count if mode != "top10" else -1)
        answer.hits = self.searcher.fast_field_values("row", addresses)
        if mode in ("facets", "page"):
            self._count(query, asked, answer)
        if mode == "page":
            snippets = tantivy.SnippetGenerator.create(self.searcher, asked, self.schema, "text")
            snippets.set_max_num_chars(SNIPPET)
            answer.shown = [_shown(self.searcher.doc(address), snippets) for address in addresses]
        return answer

    def ids(self, query: Query) -> set[str]:
        """All matches."""
        names = (self._directory / "ids.txt").read_text(encoding="utf-8").split("\n")
        found = self.searcher.search(self._query(query), max(1, self.searcher.num_docs), count=False)
        return {names[row] for row in self.searcher.fast_field_values("row", [address for _, address in found.hits])}

    def fields(self, article: dict[str, object]) -> list[list[Token]]:
        """Title and body, by the registered analyser."""
        texts = (str(article["title"]), str(article["body"]))
        return [[Token({term}, {term}) for term in self.analyser.analyze(text)] for text in texts]

    def asked(self, word: str) -> list[str]:
        """The registered analyser's terms."""
        analysed: list[str] = self.analyser.analyze(word)
        return analysed

    def _count(self, query: Query, asked: tantivy.Query, answer: Answer) -> None:
        """Facets and months; a field that is filtered is counted without its filter, as a reader may widen the choice."""
        counted = self.searcher.aggregate(asked, _AGGREGATIONS)
        for name, _ in query.where:
            wider = Query(query.kind, query.how, query.words, (), query.first, query.last)
            counted |= self.searcher.aggregate(self._query(wider), {name: _AGGREGATIONS[name]})
        answer.facets = {name: {b["key"]: b["doc_count"] for b in counted[name]["buckets"]} for name in FACETS}
        answer.months = len(counted["months"]["buckets"])

    def _query(self, query: Query) -> tantivy.Query:
        made = self._words(query)
        clauses = [(tantivy.Occur.Must, made)]
        for name, value in query.where:
            term = tantivy.Query.term_query(self.schema, name, value)
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(term, 0.0)))
        if query.first and query.last:
            first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (query.first, query.last))
            days = tantivy.Query.range_query(self.schema, "published", tantivy.FieldType.Date, first, last)
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(days, 0.0)))
        return made if len(clauses) == 1 else tantivy.Query.boolean_query(clauses)

    def _words(self, query: Query) -> tantivy.Query:
        if query.how == "prefix":
            return self._prefix(query.words[0].lower())
        terms: list[Any] = [term for word in query.words for term in self.analyser.analyze(word)]
        if query.how == "phrase":
            return tantivy.Query.phrase_query(self.schema, "text", terms)
        leaves = [tantivy.Query.term_query(self.schema, "text", term) for term in terms]
        occur = tantivy.Occur.Should if query.how == "or" else tantivy.Occur.Must
        return leaves[0] if len(leaves) == 1 else tantivy.Query.boolean_query([(occur, leaf) for leaf in leaves])

    def _prefix(self, prefix: str) -> tantivy.Query:
        """All terms that begin so. Its own prefix query stops at 50 of them; a range of terms is the fastest exact way."""
        last = prefix + "zzzzzzzz"
        if prefix.isascii() and prefix.isalpha() and self.asked(prefix) == [prefix] and self.asked(last) == [last]:
            return self.index.parse_query(f"text:[{prefix} TO {last}]")
        return tantivy.Query.regex_query(self.schema, "text", re.escape(prefix) + ".*")


def _analyser() -> tantivy.TextAnalyzer:
    """Runs of letters and digits, lower case, Snowball's English stemmer."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.stemmer("english")).build()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", stored=True, tokenizer_name="english", index_option="position")
    for name in FACETS:
        builder.add_text_field(name, stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("place", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_date_field("published", stored=True, indexed=True, fast=True)
    builder.add_unsigned_field("month", fast=True)
    builder.add_unsigned_field("row", fast=True)
    return builder.build()


def _document(article: dict[str, Any], row: int) -> tantivy.Document:
    """Title and body are two values of one field: a phrase doesn't run from one into the other."""
    document = tantivy.Document()
    document.add_text("id", article["id"])
    document.add_text("text", article["title"])
    document.add_text("text", article["body"])
    for name, values in facet_values(article).items():
        for value in values:
            document.add_text(name, value)
    for place in article.get("places") or []:
        document.add_text("place", place)
    published, counted = article.get("published"), month(article)
    if published and counted is not None:
        document.add_date("published", datetime.fromisoformat(published[:10]).replace(tzinfo=UTC))
        document.add_unsigned("month", counted)
    document.add_unsigned("row", row)
    return document


def _shown(document: tantivy.Document, snippets: tantivy.SnippetGenerator) -> dict[str, Any]:
    shown: dict[str, Any] = document.to_dict()
    snippet = snippets.snippet_from_doc(document)
    shown["snippet"] = snippet.fragment(), [(marked.start, marked.end) for marked in snippet.highlighted()]
    return shown
