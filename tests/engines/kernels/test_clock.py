"""Kernels that can take long give up by themselves when their time is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.whoosh import leaves
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.evaluation import Evaluation
from searchapp.engines.whoosh.gates import OPEN, Gate
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.pruned import best, best_of_forms
from searchapp.errors import QueryTimeout
from searchapp.fields import DEFAULT_SCOPE
from searchapp.query.deadline import Deadline
from searchapp.query.tree import And, Or, Phrase, Prefix, Term

ARTICLES = 3000
"""Enough for two dozen blocks in the list of a word that all have."""
RIVER, BRIDGE = Term("river", DEFAULT_SCOPE), Term("bridge", DEFAULT_SCOPE)
Ask = Callable[[OpenGeneration, Deadline], int]


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> OpenGeneration:
    engine = WhooshEngine(tmp_path_factory.mktemp("clock"))
    with engine.begin_build(full=True) as build:
        for number in range(ARTICLES):
            body = "The river bridge. " * (1 + number % 7)
            provenance = Provenance(file="-", format="jsonl", sha256="0")
            build.add(Article(id=f"c:{number}", title="", body=body, provenance=provenance, language="en", tags=("one", "two")))
        build.publish(journal=0)
    snapshot = engine.snapshot()
    return snapshot.generation


def pruned(tree: Or | And | Term, gate: Gate | None = None) -> Ask:
    def ask(generation: OpenGeneration, deadline: Deadline) -> int:
        lists = Evaluation(generation.views, generation.chains).lists(tree)
        assert lists is not None
        return len(best(generation.views, lists, [gate or OPEN], ARTICLES, deadline)[0].docs)

    return ask


def guided(generation: OpenGeneration, deadline: Deadline) -> int:
    """By a list that all are in, as if it were short."""
    term = generation.views[0].term("values", "tag\x1fone")
    return pruned(Or((RIVER, BRIDGE)), Gate(None, term, 0))(generation, deadline)


def phrase(generation: OpenGeneration, deadline: Deadline) -> int:
    evaluation = Evaluation(generation.views, generation.chains, deadline)
    return len(evaluation.matches(Phrase(("river", "bridge"), DEFAULT_SCOPE))[0].docs)


def prefix(generation: OpenGeneration, deadline: Deadline) -> int:
    evaluation, leaf = Evaluation(generation.views, generation.chains), Prefix("ri", DEFAULT_SCOPE)
    return len(best_of_forms(evaluation, leaf, leaves.TEXT, [OPEN], ARTICLES, deadline)[0].docs)


ASKED = {"any": pruned(Or((RIVER, BRIDGE))), "one": pruned(RIVER), "all": pruned(And((RIVER, BRIDGE))), "guided": guided,
         "phrase": phrase, "prefix": prefix}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_in_time_all_is_found(generation: OpenGeneration, name: str) -> None:
    for deadline in (Deadline(None), Deadline(time.monotonic() + 3600)):
        assert ASKED[name](generation, deadline) == ARTICLES


@pytest.mark.parametrize("name", ASKED)
def test_late_nothing_is_told(generation: OpenGeneration, name: str) -> None:
    with pytest.raises(QueryTimeout):
        ASKED[name](generation, Deadline(time.monotonic() - 0.001))
    for view in generation.views:  # as a snapshot does after any error
        view.drop_scratch()


def test_what_is_left_of_the_time() -> None:
    assert Deadline(None).left == math.inf
    assert 0 < Deadline(time.monotonic() + 5).left <= 5
    assert Deadline(time.monotonic() - 5).left < -4
