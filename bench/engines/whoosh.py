"""Stock Whoosh 2.7.4, at a size it survives: one stemmed text field, facets by ``groupedby``, its own highlighter."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from whoosh import fields, highlight, index, query, sorting
from whoosh.analysis import StemmingAnalyzer

from bench.engines.base import FACETS, MODES, Answer, Mode, Token, facet_values, month, read, sync
from bench.queries import KINDS, Query

_SEVERAL = ("byline", "tag")


class StockWhoosh:
    """``results[:10]`` everywhere: with ``groupedby`` Whoosh forgets its limit."""

    name = "whoosh"
    modes: tuple[Mode, ...] = MODES
    kinds = frozenset(KINDS)
    limit = 5_000
    step = 3

    def build(self, articles: Path, directory: Path) -> None:
        """One process, 512 MB, one segment."""
        made = index.create_in(str(directory), _schema())
        writer = made.writer(limitmb=512)
        for article in read(articles):
            writer.add_document(**_document(article))
        writer.commit(optimize=True)
        sync(directory)
        made.searcher().close()

    def open(self, directory: Path) -> None:
        """Open the index and a searcher of it."""
        self.searcher = index.open_dir(str(directory)).searcher()
        self.analyser = _analyser()

    def ask(self, asked: Query, mode: Mode) -> Answer:
        """One call; counting the total of a limited search is another pass of Whoosh's own."""
        words = self._words(asked)
        counted = mode in ("facets", "page")
        groups = _groups() if counted else None
        results = self.searcher.search(words, limit=10, filter=_filter(asked), groupedby=groups)
        hits = results[:10]
        answer = Answer([hit["id"] for hit in hits])
        if mode != "top10":
            answer.total = len(results)
        if counted:
            self._count(asked, words, results, answer)
        if mode == "page":
            results.fragmenter = highlight.ContextFragmenter(maxchars=200, surround=40)
            answer.shown = [{**hit.fields(), "snippet": hit.highlights("text", top=1)} for hit in hits]
        return answer

    def ids(self, asked: Query) -> set[str]:
        """All matches."""
        found = self.searcher.search(self._words(asked), limit=None, filter=_filter(asked), scored=False)
        return {hit["id"] for hit in found}

    def fields(self, article: dict[str, object]) -> list[list[Token]]:
        """Title and body as one text."""
        return [[Token({term}, {term}) for term in self.asked(f"{article['title']}\n\n{article['body']}")]]

    def asked(self, word: str) -> list[str]:
        """Whoosh's own Porter stemmer."""
        return [token.text for token in _analyser()(word)]

    def _count(self, asked: Query, words: query.Query, results: Any, answer: Answer) -> None:
        for name in FACETS:
            found = results
            if any(name == filtered for filtered, _ in asked.where):
                wider = Query(asked.kind, asked.how, asked.words, (), asked.first, asked.last)
                found = self.searcher.search(words, limit=10, filter=_filter(wider), groupedby={name: _group(name)})
            counts = {value: count for value, count in found.groups(name).items() if value}
            answer.facets[name] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10])
        answer.months = len(results.groups("month"))

    def _words(self, asked: Query) -> query.Query:
        if asked.how == "prefix":
            return query.Prefix("text", asked.words[0].lower())
        terms = [token.text for word in asked.words for token in self.analyser(word)]
        if asked.how == "phrase":
            return query.Phrase("text", terms)
        leaves = [query.Term("text", term) for term in terms]
        return leaves[0] if len(leaves) == 1 else (query.Or if asked.how == "or" else query.And)(leaves)


def _analyser() -> Any:
    return StemmingAnalyzer(stoplist=None, minsize=1)


def _schema() -> fields.Schema:
    return fields.Schema(
        id=fields.ID(stored=True),
        text=fields.TEXT(analyzer=_analyser(), phrase=True, stored=True),
        title=fields.STORED,
        section=fields.ID(stored=True, sortable=True),
        source=fields.ID(stored=True, sortable=True),
        year=fields.ID(stored=True, sortable=True),
        byline=fields.KEYWORD(stored=True, commas=True),
        tag=fields.KEYWORD(stored=True, commas=True),
        month=fields.NUMERIC(sortable=True),
        published=fields.DATETIME(stored=True, sortable=True),
        places=fields.STORED,
    )


def _document(article: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": article["id"],
        "title": article["title"],
        "text": f"{article['title']}\n\n{article['body']}",
    }
    for name, values in facet_values(article).items():
        if values:
            document[name] = ",".join(value.replace(",", " ") for value in values)
    if (counted := month(article)) is not None:
        document["month"] = counted
        document["published"] = datetime.fromisoformat(article["published"][:10])
    document["places"] = article.get("places")
    return document


def _groups() -> dict[str, Any]:
    return {**{name: _group(name) for name in FACETS}, "month": _group("month")}


def _group(name: str) -> Any:
    return sorting.FieldFacet(name, allow_overlap=name in _SEVERAL, maptype=sorting.Count)


def _filter(asked: Query) -> query.Query | None:
    parts: list[query.Query] = [query.Term(name, value.replace(",", " ")) for name, value in asked.where]
    if asked.first and asked.last:
        parts.append(query.DateRange("published", datetime.fromisoformat(asked.first), datetime.fromisoformat(asked.last)))
    return query.And(parts) if parts else None
