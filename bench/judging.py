"""Whether an article matches a query by an engine's own way of reading texts: plain Python, no index.

Where two engines differ about an article and each is right by its own analyser, their analysers differ; where one is
wrong by its own, it is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.engines.base import Peer, Token, facet_values
from bench.queries import Query


def matches(engine: Peer, query: Query, article: Mapping[str, Any]) -> bool:
    """Whether the engine should find the article."""
    if not _passes(query, article):
        return False
    texts = engine.fields(dict(article))
    if query.how == "prefix":
        prefix = query.words[0].lower()
        return any(form.startswith(prefix) for text in texts for token in text for form in token.forms)
    words = [engine.asked(word) for word in query.words]
    if query.how == "phrase":
        return any(_occurs([term for word in words for term in word], text) for text in texts)
    found = (any(_occurs(word, text) for text in texts) for word in words)
    return any(found) if query.how == "or" else all(found)


def _occurs(terms: Sequence[str], text: Sequence[Token]) -> bool:
    places = range(len(text) - len(terms) + 1)
    return any(all(term in text[place + offset].terms for offset, term in enumerate(terms)) for place in places)


def _passes(query: Query, article: Mapping[str, Any]) -> bool:
    values = facet_values(article)
    if any(value not in values[name] for name, value in query.where):
        return False
    if query.first is None or query.last is None:
        return True
    return query.first <= str(article.get("published") or "")[:10] <= query.last
