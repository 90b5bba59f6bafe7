"""Articles are read when somebody looks at them, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import invented
import pytest

from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.errors import IndexDamaged
from searchapp.query.tree import Everything

ALL = EngineRequest(tree=Everything(), limit=4)


@pytest.fixture(params=[1, 2], ids=["one segment", "two segments"])
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WhooshSnapshot]:
    random, engine = Random(7), WhooshEngine(tmp_path)
    for step in range(request.param):
        with engine.begin_build(full=step == 0) as build:
            for number in range(3 * step, 3 * step + 3):
                build.add(invented.article(random, number))
            build.publish(journal=step)
    yield engine.snapshot()
    engine.close()


def test_an_answer_is_looked_up_without_reading_articles(snapshot: WhooshSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    known = Segment.all_stored
    monkeypatch.setattr(Segment, "all_stored", lambda self, docs: known(self, [read.append(doc) or doc for doc in docs]))
    answer = snapshot.search(ALL)
    assert len(answer.articles) == len(answer.keys)
    assert read == []
    assert [article.id for article in answer.articles] == [key.id for key in answer.keys]
    assert [hit.article.id for hit in answer.hits] == [key.id for key in answer.keys]
    assert answer.articles[-1].id == answer.keys[-1].id
    assert answer.articles[:2] == list(answer.articles)[:2]
    assert len(read) == len(answer.keys), "each of them once"


def test_an_answer_equals_one_with_the_same_articles(snapshot: WhooshSnapshot) -> None:
    assert snapshot.search(ALL) == snapshot.search(ALL)
    assert snapshot.search(ALL).articles != [*snapshot.search(ALL).articles][1:]


def test_damage_is_told_when_it_is_met(snapshot: WhooshSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = snapshot.search(ALL)
    monkeypatch.setattr("searchapp.engines.whoosh.segment.from_json", lambda _data: {})
    with pytest.raises(IndexDamaged):
        answer.articles[0]
