"""Builds: what is added, replaced and removed is what a reader finds, whatever is merged; and it costs what was added."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import invented
import numpy as np
import pytest

from searchapp.article import Article
from searchapp.engines.whoosh import compaction, parallel, stock, writing
from searchapp.engines.whoosh import generations as storage
from searchapp.engines.whoosh.build import WhooshBuild
from searchapp.engines.whoosh.compaction import Size, chosen
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.generations import Generations
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.errors import EngineError, IndexDamaged


def some(count: int, seed: int, first: int = 0) -> list[Article]:
    random = Random(seed)
    return [invented.article(random, first + number) for number in range(count)]


def publish(root: Path, articles: list[Article], removed: tuple[str, ...] = (), *, full: bool = False) -> str:
    disk = Generations(root)
    with WhooshBuild(disk, None if full else disk.pointed()) as build:
        for one in removed:
            build.remove(one)
        for one in articles:
            build.add(one)
        return build.publish(journal=0).name


def held(root: Path) -> dict[str, Article]:
    """All live articles of the current generation; checks that none is there twice."""
    disk = Generations(root)
    name = disk.pointed()
    assert name is not None
    disk.verify(name, "full")
    found: dict[str, Article] = {}
    for known, segment in stock.open_segments(disk.path(name)):
        for doc in np.flatnonzero(known.live).tolist():
            one = segment.article(doc)
            assert one.id not in found
            found[one.id] = one
    assert Manifest.read(disk.path(name)).articles == len(found)
    return found


def segments(root: Path) -> dict[str, tuple[int, int]]:
    """Name -> live and all documents."""
    disk = Generations(root)
    opened = stock.open_segments(disk.path(disk.pointed() or ""))
    return {segment.name: (int(known.live.sum()), known.doccount) for known, segment in opened}


@pytest.mark.parametrize("seed", range(3))
def test_random_histories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(compaction, "MOST_SEGMENTS", 3)
    monkeypatch.setattr(writing, "FULL_ARTICLES", 40)
    monkeypatch.setattr(writing, "BATCH_ARTICLES", 8)
    random = Random(seed)
    model: dict[str, Article] = {}
    disk = Generations(tmp_path)
    for step in range(7):
        full = step == 0 or random.random() < 0.1
        model = {} if full else model
        with WhooshBuild(disk, None if full else disk.pointed()) as build:
            for _ in range(random.choice([0, 3, 60, 130])):
                one = invented.article(random, random.randrange(150))
                if random.random() < 0.2:
                    build.remove(one.id)
                    model.pop(one.id, None)
                else:
                    build.add(one)
                    model[one.id] = one
            assert build.publish(journal=step).articles == len(model)
        assert held(tmp_path) == model
        if not full:
            assert len(segments(tmp_path)) <= 3
        opened = OpenGeneration(disk.path(disk.pointed() or ""))
        assert all(opened.article(one) == model.get(one) for one in [f"t:{number}" for number in range(150)])


def test_an_increment_links_what_it_keeps_and_reads_only_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = publish(tmp_path, some(300, 1), full=True), ""
    hashed: list[str] = []
    plain = storage.files.sha256
    monkeypatch.setattr(storage, "_SMALL", 0)
    monkeypatch.setattr(storage.files, "sha256", lambda path: hashed.append(path.name) or plain(path))
    second = publish(tmp_path, some(5, 2, first=298))
    old, new = tmp_path / "generations" / first, tmp_path / "generations" / second
    linked = {name for name in os.listdir(old) if (new / name).exists() and (new / name).samefile(old / name)}
    assert linked == {name for name in os.listdir(old) if name.startswith("MAIN_1.")}
    assert set(hashed) == {"MAIN_1.columns", *(set(os.listdir(new)) - linked - {MANIFEST, ".used"})}
    assert segments(tmp_path) == {"MAIN_1": (298, 300), "MAIN_2": (5, 5)}


def test_a_full_build_has_the_same_names_and_bytes(tmp_path: Path) -> None:
    for root in (tmp_path / "a", tmp_path / "b"):
        if root.name == "b":
            publish(root, some(3, 9), full=True)
        publish(root, some(300, 1), full=True)
    one, other = (
        Manifest.read(Generations(root).path(Generations(root).pointed() or "")) for root in (tmp_path / "a", tmp_path / "b")
    )
    assert one.files == other.files


def test_two_processes_give_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH_ARTICLES", 70)
    monkeypatch.setattr(writing, "FULL_ARTICLES", 300)
    files = []
    for jobs in (1, 2):
        disk = Generations(tmp_path / str(jobs))
        with WhooshBuild(disk, None, jobs) as build:
            for one in some(500, 1):
                build.add(one)
            name = build.publish(journal=0).name
        files.append(Manifest.read(disk.path(name)).files)
    assert files[0] == files[1]
    assert {name.split(".")[0] for name in files[0] if name.startswith("MAIN")} == {"MAIN_1", "MAIN_2"}


def test_a_process_that_dies_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH_ARTICLES", 70)
    monkeypatch.setattr(parallel.Workers, "make", lambda self, *_: self.pool.submit(os._exit, 1))
    with WhooshBuild(Generations(tmp_path), None, 2) as build:
        for one in some(100, 1):
            build.add(one)
        with pytest.raises(EngineError, match="--jobs 1"):
            build.publish(journal=0)
    assert not any((tmp_path / "tmp").iterdir())


def test_damage_in_what_is_read_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_SMALL", 0)
    name = publish(tmp_path, some(300, 1), full=True)
    flip(tmp_path / "generations" / name / "MAIN_1.columns")
    with pytest.raises(IndexDamaged, match=r"MAIN_1\.columns.*searchapp index --full"):
        publish(tmp_path, some(5, 2))
    assert Generations(tmp_path).pointed() == name
    assert not any((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("part", [".postings", ".positions", ".forms", ".dictionary", ".stored", ".offsets"])
def test_damage_is_never_merged_nor_given_a_new_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(storage, "_SMALL", 0)
    publish(tmp_path, some(300, 1), full=True)
    name = publish(tmp_path, some(5, 2, first=1000))
    flip(tmp_path / "generations" / name / f"MAIN_2{part}")
    later = publish(tmp_path, some(5, 3, first=2000))
    with pytest.raises(IndexDamaged, match=rf"{later}/MAIN_2\{part}"):
        Generations(tmp_path).verify(later, "full")
    monkeypatch.setattr(compaction, "MOST_SEGMENTS", 2)
    with pytest.raises(IndexDamaged, match=rf"MAIN_2\{part}"):
        publish(tmp_path, some(5, 4, first=3000))
    assert Generations(tmp_path).pointed() == later


def flip(path: Path) -> None:
    """Change a byte in the middle, not of the hard links."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def test_the_dictionary_is_inherited(tmp_path: Path) -> None:
    publish(tmp_path, some(600, 1), full=True)
    name = publish(tmp_path, some(5, 2, first=1000))
    opened = [segment for _, segment in stock.open_segments(tmp_path / "generations" / name)]
    assert opened[0].dictionary == opened[1].dictionary != b""


def test_a_build_that_is_over_or_left_says_so(tmp_path: Path) -> None:
    disk = Generations(tmp_path)
    with WhooshBuild(disk, None) as build:
        build.add(some(1, 1)[0])
    with pytest.raises(EngineError, match="over"):
        build.add(some(1, 1)[0])
    assert not any((tmp_path / "tmp").iterdir())
    assert disk.names() == []


class TestChoice:
    def test_few_segments_stay_as_they_are(self) -> None:
        assert chosen([Size(100 * n, 100 * n, 1) for n in range(1, 9)]) == []

    def test_what_is_mostly_deleted_is_rewritten_and_what_is_dead_dropped(self) -> None:
        assert chosen([Size(49, 100, 1), Size(50, 100, 1), Size(0, 7, 1), Size(0, 0, 1)]) == [[0], [2], [3]]

    def test_small_ones_are_merged_and_the_large_one_is_left_alone(self) -> None:
        sizes = [Size(200_000, 200_000, 1), *[Size(100, 100, 1)] * 8]
        assert chosen(sizes) == [list(range(1, 9))]

    def test_at_least_enough_are_merged(self) -> None:
        sizes = [Size(4**n, 4**n, 1) for n in range(9)]
        assert chosen(sizes) == [[0, 1]]

    def test_streams_never_grow_beyond_their_limit(self) -> None:
        assert chosen([Size(10, 10, 2**31)] * 9) == []

    def test_work_follows_what_was_added(self) -> None:
        """100 articles a time on 200,000: segments stay few, and each article is rewritten about log2 times."""
        sizes, moved = [200_000], 0
        for _ in range(2_000):
            sizes.append(100)
            for group in chosen([Size(n, n, 1) for n in sizes]):
                moved += sum(sizes[number] for number in group)
                sizes = [n for number, n in enumerate(sizes) if number not in group] + [sum(sizes[number] for number in group)]
            assert len(sizes) <= compaction.MOST_SEGMENTS
        assert sum(sizes) == 400_000
        assert moved < 200_000 * 12
