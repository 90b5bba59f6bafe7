"""No query takes over a second, ends in a 500, or costs memory for good; what is refused names its limit.

`make torture` asks 200,000 articles of the bench (TORTURE_INDEX: the directory of an index to ask instead), one query after
the other and ten at a time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from deaths import deaths
from served import Answer, Served, serving

ADDRESSES = [(name, urlencode(parameters)) for name, parameters in deaths()]
PATHS = ("/api/v1/search", "/search")


def checked(name: str, path: str, answer: Answer) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if answer.status not in (200, 400, 414, 503):
        return f"{path} {name}: {answer.status} {answer.error} {answer.body[:300]!r}"
    if answer.status == 200:
        return ""
    said = answer.body.decode()
    if path == "/api/v1/search":
        said = json.loads(said)["detail"]
    if answer.status == 503 and (
        ("0.8 seconds" not in said and "As many searches" not in said) or "retry-after" not in answer.headers
    ):
        return f"{path} {name}: the refusal doesn't name its limit: {said[:300]}"
    if answer.status == 400 and not any(character.isdigit() for character in said) and "give it once" not in said:
        return "" if any(word in said for word in ("letter", "cursor", "must be")) else f"{path} {name}: {said[:300]}"
    return ""


def ask_all(served: Served, limit: float) -> tuple[list[str], float]:
    wrong, slowest = [], 0.0
    for path in PATHS:
        for name, query in ADDRESSES:
            answer = served.get(f"{path}?{query}")
            wrong.append(checked(name, path, answer))
            slowest = max(slowest, answer.seconds)
            if answer.seconds > limit:
                wrong.append(f"{path} {name}: {answer.seconds:.2f} s, status {answer.status}")
    return list(filter(None, wrong)), slowest


def test_there_are_enough_of_them() -> None:
    assert len(ADDRESSES) >= 60
    assert len({name for name, _ in ADDRESSES}) == len(ADDRESSES)


def test_a_small_archive_survives_them(served: Served) -> None:
    """How long it takes is for the long test to say: this machine may be busy."""
    assert ask_all(served, limit=10)[0] == []
    assert served.get("/readyz").status == 200
    assert served.metrics()['searchapp_requests_total{route="/search",status="200"}'] > 10


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    given = os.environ.get("TORTURE_INDEX")
    if given:
        index = Path(given)
    else:
        from bench.articles import write
        from bench.build import build, prepare

        work = tmp_path_factory.mktemp("large")
        prepare()
        index = work / "index"
        build("searchapp", write(200_000, work), index)
    with serving(index, workers=2) as served:
        yield served


@pytest.mark.torture
def test_a_large_archive_survives_them(large: Served, tally: Callable[[str, int, str], None]) -> None:
    for _, query in ADDRESSES[:3] * 4:
        large.get(f"/search?{query}")
    before = large.resident()
    wrong, slowest = ask_all(large, limit=1.0)
    grown = max(after - start for after, start in zip(large.resident(), before, strict=True)) / 2**20
    print(f"slowest {slowest:.3f} s, grown by {grown:.0f} MB")
    assert wrong == []
    assert grown < 200
    result = f"slowest {slowest:.2f} s; a worker's own memory grew by {grown:.0f} MB"
    tally("queries of death at 200,000 articles", 2 * len(ADDRESSES), result)


@pytest.mark.torture
def test_all_of_them_at_once_are_refused_rather_than_late(large: Served, tally: Callable[[str, int, str], None]) -> None:
    """Ten at a time, on two cores: what isn't answered in time is refused in time, and ordinary questions after it are quick."""

    def ask(pair: tuple[str, str]) -> tuple[str, Answer]:
        return pair[0], large.get(f"/api/v1/search?{pair[1]}")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, ADDRESSES * 2))
    wrong = [checked(name, PATHS[0], answer) for name, answer in answers]
    assert [text for text in wrong if text] == []
    slowest = max(answer.seconds for _, answer in answers)
    time.sleep(0.5)
    assert large.get("/api/v1/search?q=bridge").status == 200
    statuses = [answer.status for _, answer in answers]
    result = f"slowest {slowest:.2f} s; " + ", ".join(f"{statuses.count(status)} × {status}" for status in sorted(set(statuses)))
    print(result)
    assert slowest < 2.5, result
    tally("queries of death, ten at a time", len(answers), result)
