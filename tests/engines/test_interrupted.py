"""A search that is broken off leaves nothing behind that the next one in the thread would count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import invented
import pytest

from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import leaves
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.query.tree import Or, Term


def test_a_broken_off_search_does_not_change_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, chance = WhooshEngine(tmp_path), Random(4)
    with engine.begin_build(full=True) as build:
        for number in range(60):
            build.add(replace(invented.article(chance, number), language="en"))  # so that a word is one list
        build.publish(journal=0)
    snapshot = engine.snapshot()
    asked = EngineRequest(tree=Or((Term("bridge", ("title", "body")), Term("flood", ("title", "body")))), limit=60)
    before = snapshot.search(asked)
    assert before.total > 5
    whole, calls = leaves.add_scores, []

    def broken_off(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(leaves, "add_scores", broken_off)
        with pytest.raises(KeyboardInterrupt):
            snapshot.search(asked)
    assert snapshot.search(asked) == before
