"""The table of contents: committed, read back, and never more than plain values."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from searchapp.engines.whoosh import arrays, stock
from searchapp.engines.whoosh.codec import ArraySegment
from searchapp.engines.whoosh.layout import COLUMNS, PARTS, STORED
from searchapp.engines.whoosh.schema import make_schema


def touched(directory: Path, segment_id: str, number: int) -> ArraySegment:
    """A segment of which there is nothing but the number of its articles."""
    none = {name: np.zeros(0, np.uint8) for name in ("ids", "stored")}
    none |= {f"{name}.ends": np.zeros(0, np.uint32) for name in ("ids", "stored")}
    held = {COLUMNS: {"rows": np.zeros(8 * number, np.uint32)} | none, STORED: none}
    for part in PARTS:
        arrays.write(directory / f"MAIN_{segment_id}{part}", held.get(part, {}))
    return ArraySegment(stock.INDEX_NAME, segment_id, number)


def test_segments_come_and_go(tmp_path: Path) -> None:
    stock.create(tmp_path)
    assert stock.open_segments(tmp_path) == []
    stock.commit(tmp_path, [touched(tmp_path, "a", 10), touched(tmp_path, "b", 3)])
    stock.commit(tmp_path, [touched(tmp_path, "c", 1)], drop=["MAIN_b"], deletions={"MAIN_a": [0, 9], "MAIN_c": [0]})
    opened = stock.open_segments(tmp_path)
    assert [(mapped.name, mapped.articles) for _, mapped in opened] == [("MAIN_a", 10), ("MAIN_c", 1)]
    assert [segment.live.tolist() for segment, _ in opened] == [[False, *[True] * 8, False], [False]]
    assert sorted({path.name.split(".")[0] for path in tmp_path.iterdir()}) == ["MAIN_a", "MAIN_c", "_MAIN_2"]


def test_an_older_generation_with_the_same_files_keeps_them(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir(), new.mkdir()
    stock.create(old)
    stock.commit(old, [touched(old, "a", 2), touched(old, "b", 2)])
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    for path in old.iterdir():
        path.chmod(0o444)
        os.link(path, new / path.name)
    stock.commit(new, drop=["MAIN_a"], deletions={"MAIN_b": [1]})
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    assert [mapped.name for _, mapped in stock.open_segments(new)] == ["MAIN_b"]
    assert [segment.deleted_count() for segment, _ in stock.open_segments(old)] == [0, 0]


def test_the_same_commits_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        directory = tmp_path / name
        directory.mkdir()
        stock.create(directory)
        stock.commit(directory, [touched(directory, "a", 5)])
        stock.commit(directory, [touched(directory, "b", 5)], deletions={"MAIN_a": [3]})
        written.append((directory / "_MAIN_2.toc").read_bytes())
    assert written[0] == written[1]


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    stock.create(tmp_path)
    stock.commit(tmp_path, [touched(tmp_path, "a", 5)])
    for wrong in (
        {"drop": ["MAIN_b"]},
        {"deletions": {"MAIN_b": [1]}},
        {"deletions": {"MAIN_a": [5]}},
        {"deletions": {"MAIN_a": [-1]}},
    ):
        with pytest.raises(ValueError, match="no "):
            stock.commit(tmp_path, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="already"):
        stock.commit(tmp_path, [ArraySegment(stock.INDEX_NAME, "a", 5)])
    assert len(stock.open_segments(tmp_path)) == 1
    stock.commit(tmp_path, [touched(tmp_path, "b", 5)])
    touched(tmp_path, "b", 6)
    with pytest.raises(ValueError, match="holds 6 articles, not 5"):
        stock.open_segments(tmp_path)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.system, ("true",)


@pytest.mark.parametrize("segments", [[Trap()], [Path("x")], ["MAIN_a"], None, {}], ids=["call", "class", "text", "none", "dict"])
def test_nothing_else_is_unpickled(tmp_path: Path, segments: object) -> None:
    stock.create(tmp_path)
    TOC(make_schema(), segments, 1).write(FileStorage(str(tmp_path)), stock.INDEX_NAME)
    with pytest.raises(pickle.UnpicklingError):
        stock.open_segments(tmp_path)


@pytest.mark.parametrize(
    "change", [{"segid": "../../a"}, {"segid": ""}, {"indexname": "/MAIN"}, {"doccount": 17}, {"doccount": -1}, {"deleted": b""}]
)
def test_a_segments_state_is_checked(change: dict[str, object]) -> None:
    state = ArraySegment(stock.INDEX_NAME, "a", 16).__getstate__()
    made = ArraySegment.__new__(ArraySegment)
    made.__setstate__(state)
    assert made.__getstate__() == state
    with pytest.raises(ValueError):  # noqa: PT011
        made.__setstate__(state | change)
