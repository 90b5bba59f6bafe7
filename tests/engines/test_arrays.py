"""Array files: what is written is read, what is damaged is refused, and reading can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from searchapp.engines.whoosh.arrays import ArrayWriter, let_go, read, write


def test_a_stream_of_arrays_comes_back_read_only_with_room_behind(tmp_path: Path) -> None:
    with ArrayWriter(tmp_path / "a") as writer:
        writer.begin("bytes", np.uint8)
        writer.append(b"abc")
        writer.append(np.array([1, 2], np.uint8))
        writer.add("numbers", np.array([-1, 2**40]))
        writer.add("nothing", np.zeros(0, np.float64))
        writer.finish({"average": 1.5})
    found, values = read(tmp_path / "a")
    assert found["bytes"].tolist() == [97, 98, 99, 1, 2]
    assert found["numbers"].tolist() == [-1, 2**40]
    assert {name: (items.dtype, items.flags.writeable) for name, items in found.items()} == {
        "bytes": (np.dtype(np.uint8), False),
        "numbers": (np.dtype(np.int64), False),
        "nothing": (np.dtype(np.float64), False),
    }
    assert values == {"average": 1.5}
    content = (tmp_path / "a").read_bytes()
    assert len(content) - content.index(np.array([-1, 2**40]).tobytes()) - 16 >= 24


@pytest.mark.parametrize(
    "damage", [lambda _: b"", lambda c: c[:-1], lambda c: b"X" + c[1:], lambda c: c[:-16] + b"\xff" * 8 + c[-8:], lambda c: c[:8]]
)
def test_what_is_no_array_file_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write(tmp_path / "a", {"x": np.arange(100)})
    (tmp_path / "a").write_bytes(damage((tmp_path / "a").read_bytes()))
    with pytest.raises(ValueError, match=r"array file|longer than"):
        read(tmp_path / "a")


def test_an_unfinished_file_is_none(tmp_path: Path) -> None:
    with ArrayWriter(tmp_path / "a") as writer:
        writer.add("x", np.arange(100))
    with pytest.raises(ValueError, match="not an array file"):
        read(tmp_path / "a")


def mapped() -> int:
    """Bytes of files in this process's memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("RssFile")).split()[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_memory_is_given_back_and_the_numbers_stay(tmp_path: Path) -> None:
    write(tmp_path / "a", {"x": np.arange(4_000_000), "y": np.arange(3)})
    found = read(tmp_path / "a")[0]
    before, total = mapped(), int(found["x"].sum())
    assert mapped() > before + 20_000_000
    let_go(found["x"][5:])
    assert mapped() < before + 5_000_000
    assert int(found["x"].sum()) == total
    let_go(np.arange(3))
