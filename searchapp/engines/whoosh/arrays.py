"""Array files: named NumPy arrays in one file, written in a stream, read by mapping.

Layout: ``SARRAYS1``; the arrays, each at a multiple of 64 bytes; the directory (JSON: ``arrays`` name → [dtype, offset,
number of items], ``values`` plain values); its length (unsigned, 8 bytes, little-endian); ``SARRAYS1``. So at least 24
bytes follow every array: a kernel may load eight bytes from an array's last one. All are little-endian and one-dimensional.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchapp.engines.whoosh.schema import from_json, to_json

_MAGIC = b"SARRAYS1"
_SIZE = struct.Struct("<Q")
_ALIGN = 64

Arrays = dict[str, NDArray[Any]]


class ArrayWriter(AbstractContextManager["ArrayWriter"]):
    """Writes an array file with write calls; making it durable is the caller's part. Not finished, it is no array file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(_MAGIC)
        self._at = len(_MAGIC)
        self._places: dict[str, tuple[str, int, int]] = {}
        self._open: str | None = None

    def begin(self, name: str, dtype: Any) -> None:
        """Begin an array that `append` adds to, until the next one begins."""
        self._pad()
        self._places[name] = (np.dtype(dtype).newbyteorder("<").str, self._at, 0)
        self._open = name

    def append(self, items: NDArray[Any] | bytes) -> None:
        """Add items to the array begun last; bytes count as items of one byte."""
        assert self._open is not None
        dtype, start, count = self._places[self._open]
        data = items if isinstance(items, bytes) else np.ascontiguousarray(items, np.dtype(dtype)).data
        self._file.write(data)
        size = len(items)
        self._places[self._open] = (dtype, start, count + size)
        self._at += size * np.dtype(dtype).itemsize

    def length(self, name: str) -> int:
        """Items of an array so far."""
        return self._places[name][2]

    def add(self, name: str, items: NDArray[Any]) -> None:
        """Write a whole array."""
        self.begin(name, items.dtype)
        self.append(items)

    def finish(self, values: Mapping[str, Any] | None = None) -> None:
        """Write the directory and close."""
        self._pad()
        directory = to_json({"arrays": self._places, "values": values or {}})
        self._file.write(directory + _SIZE.pack(len(directory)) + _MAGIC)
        self._file.close()

    def _pad(self) -> None:
        gap = -self._at % _ALIGN
        self._file.write(bytes(gap))
        self._at += gap

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


def write(path: Path, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any] | None = None) -> None:
    """Write a whole array file."""
    with ArrayWriter(path) as writer:
        for name, items in arrays.items():
            writer.add(name, items)
        writer.finish(values)


def read(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Map an array file: read-only arrays, and the values. Raises OSError, or ValueError when it isn't one."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < 2 * len(_MAGIC) + _SIZE.size:
            raise ValueError(f"{path} is not an array file")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    end = size - len(_MAGIC) - _SIZE.size
    if mapped[: len(_MAGIC)] != _MAGIC or mapped[-len(_MAGIC) :] != _MAGIC:
        raise ValueError(f"{path} is not an array file")
    (length,) = _SIZE.unpack_from(mapped, end)
    if length > end:
        raise ValueError(f"{path}: its directory is longer than the file")
    directory = from_json(mapped[end - length : end])
    return {name: _array(mapped, place, end) for name, place in directory["arrays"].items()}, directory["values"]


def let_go(items: NDArray[Any]) -> None:
    """Give back the memory that reading an array's file has taken; whoever reads on gets it again. Nothing for others."""
    base: Any = items
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)


def _array(mapped: mmap.mmap, place: tuple[str, int, int], end: int) -> NDArray[Any]:
    dtype, offset, count = np.dtype(place[0]), place[1], place[2]
    if count == 0:
        empty = np.zeros(0, dtype)
        empty.flags.writeable = False
        return empty
    if offset + count * dtype.itemsize > end:
        raise ValueError("an array reaches beyond its file")
    return np.frombuffer(mapped, dtype, count, offset)
