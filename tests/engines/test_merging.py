"""Merging segments gives what building their live articles at once gives, byte for byte."""

from __future__ import annotations

from pathlib import Path
from random import Random

import invented
import numpy as np
import pytest
from engines.test_writing import article, check, some, written

from searchapp.article import Article
from searchapp.engines.whoosh import joining
from searchapp.engines.whoosh.layout import PARTS
from searchapp.engines.whoosh.merging import merge_segments
from searchapp.engines.whoosh.segment import Segment


def split(random: Random, articles: list[Article], parts: int) -> list[list[Article]]:
    cuts = sorted(random.randint(0, len(articles)) for _ in range(parts - 1))
    return [articles[a:b] for a, b in zip([0, *cuts], [*cuts, len(articles)], strict=True)]


def same_bytes(one: Path, other: Path) -> None:
    for part in PARTS:
        assert (one / f"MAIN_a{part}").read_bytes() == (other / f"MAIN_a{part}").read_bytes(), part


@pytest.mark.parametrize("seed", range(8))
def test_random_splits_with_deletions(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "CHUNK", [50, 1000, 10**6][seed % 3])
    random = Random(seed)
    articles = some(random.randint(1, 400), seed)
    parts = split(random, articles, random.randint(1, 5))
    segments = [written(tmp_path / str(number), part, b"") for number, part in enumerate(parts)]
    share = random.choice([0.0, 0.1, 0.9])
    dead = [np.array([random.random() < share for _ in part], np.bool_) for part in parts]
    live = [one for part, gone in zip(parts, dead, strict=True) for one, is_gone in zip(part, gone, strict=True) if not is_gone]
    (tmp_path / "merged").mkdir()
    assert merge_segments(tmp_path / "merged", "MAIN_a", segments, dead) == len(live)
    check(Segment(tmp_path / "merged", "MAIN_a"), live)
    written(tmp_path / "once", live, b"")
    same_bytes(tmp_path / "merged", tmp_path / "once")


def test_many_occurrences_and_long_lists(tmp_path: Path) -> None:
    random = Random(3)
    articles = [article(str(number), "rain", "rain wind " * random.choice([1, 2, 200])) for number in range(600)]
    articles.insert(300, article("long", "one", invented.text(random, "en", 100_000)))
    parts = [articles[:131], articles[131:400], articles[400:]]
    segments = [written(tmp_path / str(number), part, b"") for number, part in enumerate(parts)]
    dead = [np.arange(len(part)) % 3 == 0 for part in parts]
    (tmp_path / "merged").mkdir()
    merge_segments(tmp_path / "merged", "MAIN_a", segments, dead)
    live = [one for part in parts for number, one in enumerate(part) if number % 3]
    check(Segment(tmp_path / "merged", "MAIN_a"), live)


def test_all_dead_and_nothing_at_all(tmp_path: Path) -> None:
    segment = written(tmp_path / "one", some(30, 1), b"")
    for name, segments in (("dead", [segment]), ("nothing", [])):
        (tmp_path / name).mkdir()
        assert merge_segments(tmp_path / name, "MAIN_a", segments, [np.ones(30, np.bool_)] * len(segments)) == 0
        check(Segment(tmp_path / name, "MAIN_a"), [])


def test_frames_of_another_dictionary_are_made_anew(tmp_path: Path) -> None:
    articles = some(700, 4)
    first = written(tmp_path / "first", articles[:600])
    second = written(tmp_path / "second", articles[600:])
    assert first.dictionary != second.dictionary == b""
    (tmp_path / "merged").mkdir()
    dead = [np.zeros(600, np.bool_), np.arange(100) == 7]
    merge_segments(tmp_path / "merged", "MAIN_a", [first, second], dead)
    merged = Segment(tmp_path / "merged", "MAIN_a")
    assert merged.dictionary == first.dictionary
    assert [merged.article(doc) for doc in range(699)] == articles[:607] + articles[608:]
    assert merged["stored"][: len(first["stored"])].tobytes() == first["stored"].tobytes()


def test_a_posting_of_a_hidden_article_and_of_none(tmp_path: Path) -> None:
    plain, hidden = article("a", "rain"), article("b", "rain", available_from="2030-01-01")
    segments = [written(tmp_path / one.id, [one], b"") for one in (plain, hidden)]
    for name, dead in (("both", [False, False]), ("first", [False, True]), ("second", [True, False])):
        (tmp_path / name).mkdir()
        merge_segments(tmp_path / name, "MAIN_a", segments, [np.array([gone]) for gone in dead])
        live = [one for one, gone in zip((plain, hidden), dead, strict=True) if not gone]
        check(Segment(tmp_path / name, "MAIN_a"), live)
