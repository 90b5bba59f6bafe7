"""The contract's score as a weighting model of Whoosh's: its `Searcher` ranks by it when it is asked to.

A term of one field stands for a leaf in one field: boost × idf × tf' / (k1 + tf'), as `searchapp.engines.base` has it. Whoosh
cannot express a leaf in several fields or of several terms. It counts deleted documents too: with them its scores differ until
they are merged away. There are no bounds here, so Whoosh prunes nothing: its own pruning loses hits.
"""

from __future__ import annotations

import math
from typing import Any

from whoosh.scoring import BaseScorer, WeightingModel

from searchapp.engines.base import K1
from searchapp.engines.whoosh.readers import LENGTHS
from searchapp.fields import BY_NAME

NOTHING = 1e-12
"""The weight of what weighs nothing: in an OR of three and more, Whoosh takes a score of 0 for no hit."""


class ContractWeighting(WeightingModel):  # type: ignore[misc]
    """BM25F of text fields; other fields decide matches and weigh (next to) nothing."""

    def idf(self, searcher: Any, fieldname: str, text: bytes) -> float:
        """How rare a term is, in all segments."""
        parent = searcher.get_parent()
        articles, matching = parent.doc_count_all(), parent.doc_frequency(fieldname, text)
        return math.log(1 + (articles - matching + 0.5) / (matching + 0.5))

    def scorer(self, searcher: Any, fieldname: str, text: bytes, qf: float = 1) -> BaseScorer:  # noqa: ARG002
        """What scores the documents of a term."""
        if fieldname not in LENGTHS:
            return _Nothing()
        return _ContractScorer(searcher, fieldname, self.idf(searcher, fieldname, text))


class _Unbounded(BaseScorer):  # type: ignore[misc]
    """Whoosh asks for a bound even where it is told that there is none."""

    def max_quality(self) -> float:
        return math.inf


class _Nothing(_Unbounded):
    def score(self, matcher: Any) -> float:  # noqa: ARG002
        return NOTHING


class _ContractScorer(_Unbounded):
    def __init__(self, searcher: Any, fieldname: str, idf: float) -> None:
        field = BY_NAME[LENGTHS[fieldname]]
        average = searcher.get_parent().avg_field_length(fieldname)
        self._idf = idf
        self._boost = field.boost
        self._flat = 1 - field.length_norm
        self._slope = field.length_norm / average if average else 0.0
        self._searcher = searcher
        self._name = fieldname

    def score(self, matcher: Any) -> float:
        length: int = self._searcher.doc_field_length(matcher.id(), self._name, 0)
        weight: float = matcher.weight() * self._boost / (self._flat + self._slope * length)
        return self._idf * weight / (K1 + weight)
