"""This project's embedded engine, through its public entry points only."""

from __future__ import annotations

from pathlib import Path

from bench.engines.base import FACETS, MODES, Answer, Mode, Token, read
from bench.queries import KINDS, Query
from searchapp.analysis import chain, columns, compounds, stem
from searchapp.article import Article
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.query.language import parse
from searchapp.results import SearchRequest
from searchapp.searching import Searcher


class Searchapp:
    """Hits are what `Snapshot.search` gives; a page is what `Searcher.search` gives to every surface."""

    name = "searchapp"
    modes: tuple[Mode, ...] = MODES
    kinds = frozenset(KINDS)
    limit = 10**9
    step = 1

    def build(self, articles: Path, directory: Path) -> None:
        """One generation; publishing makes it durable, and a snapshot of it is opened."""
        engine = WhooshEngine(directory)
        with engine.begin_build(full=True) as build:
            for article in read(articles):
                build.add(Article.from_stored(article))
            build.publish(journal=0)
        engine.snapshot()

    def open(self, directory: Path) -> None:
        """The engine as a one-shot command opens it."""
        self.engine = WhooshEngine(directory)
        self.searcher = Searcher(self.engine)
        self.snapshot = self.engine.snapshot()

    def ask(self, query: Query, mode: Mode) -> Answer:
        """The page with everything a reader sees; less of it by asking the snapshot. Ids alone are not counted."""
        if mode == "page":
            return self._page(query)
        asked = _request(query, ())
        first, last = asked.days
        request = EngineRequest(
            tree=parse(query.text, self.snapshot.languages).tree,
            where=asked.where,
            first=first,
            last=last,
            facets=FACETS if mode == "facets" else (),
            histogram=mode == "facets",
        )
        if mode == "top10":
            return Answer([key.id for key in self.snapshot.keys(request)])
        found = self.snapshot.search(request)
        answer = Answer([key.id for key in found.keys], found.total)
        answer.facets = {name: {value.value: value.count for value in count.values} for name, count in found.facets.items()}
        answer.months = len(found.histogram.buckets) if found.histogram else 0
        return answer

    def ids(self, query: Query) -> set[str]:
        """All matches."""
        return set(self.searcher.ids(_request(query, ())))

    def fields(self, article: dict[str, object]) -> list[list[Token]]:
        """Title and body: forms for prefixes, stems for words; a word in two parts is one word too."""
        return [self._tokens(str(article[name])) for name in ("title", "body")]

    def asked(self, word: str) -> list[str]:
        """The stems of a word that is typed."""
        return [stem(form, "en") for form in columns(word, "en")[0]]

    def _tokens(self, text: str) -> list[Token]:
        forms, starts, ends = columns(text, "en")
        joined = compounds(text, forms, starts, ends)
        read_as = ({form, joined[place]} if place in joined else {form} for place, form in enumerate(forms))
        return [Token({stem(form, chain("en")) for form in here}, here) for here in read_as]

    def _page(self, query: Query) -> Answer:
        page = self.searcher.search(_request(query, FACETS))
        answer = Answer([hit.article.id for hit in page.hits], page.total)
        answer.facets = {name: {value.value: value.count for value in count.values} for name, count in page.facets.items()}
        answer.months = len(page.histogram.buckets) if page.histogram else 0
        for hit in page.hits:
            article = hit.article
            answer.shown.append(
                {
                    "id": article.id,
                    "title": (article.title, hit.title.ranges),
                    "published": article.published,
                    "section": article.section,
                    "source": article.source,
                    "byline": article.byline,
                    "tags": article.tags,
                    "snippets": [(snippet.text, snippet.ranges) for snippet in hit.snippets],
                }
            )
        return answer


def _request(query: Query, facets: tuple[str, ...]) -> SearchRequest:
    where = {name: (value,) for name, value in query.where}
    return SearchRequest(q=query.text, facets=facets, where=where, first=query.first, last=query.last)
