"""The journal: every extract this archive ever acknowledged, in order. The truth; an index can be rebuilt from it.

One append-only file of records, each a line

    LLLLLLLL CCCCCCCC {…}\\n

with the length of the JSON in bytes and its CRC-32 (as zlib computes it), both as eight hexadecimal digits. A record is
acknowledged when `Journal.append` returns: it has been written and fsynced. A *position* is a byte offset in the file
at which a record begins or the file ends.

A crash can leave the last record torn: it was never acknowledged, and the next writer cuts it off. A record that fails
its checksum with whole records after it is damage, and raises.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from searchapp.errors import ArchiveError, JournalDamaged

_NAME = "articles.journal"
_HEAD = 18  # two times eight digits, each followed by a blank


class Journal:
    """The journal in ``directory``, which is made when something is first appended."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / _NAME
        self._sound: int | None = None

    @property
    def position(self) -> int:
        """Where the next record will begin: the end of the last whole one. Reads the file the first time."""
        if self._sound is None:
            self._sound = 0
            for end, _ in self._records(0):
                self._sound = end
        return self._sound

    def append(self, records: Iterable[Mapping[str, Any]]) -> list[int]:
        """Write records, fsync them, and return the position of each. Nothing is acknowledged when it raises.

        The caller holds the writer lock.
        """
        start = self.position
        positions, chunks = [], []
        for record in records:
            positions.append(start)
            line = _framed(record)
            chunks.append(line)
            start += len(line)
        if chunks:
            self._write(b"".join(chunks))
            self._sound = start
        return positions

    def read(self, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Records from position ``start`` on, each with its own position. A torn tail is left out."""
        position = start
        for end, record in self._records(start):
            yield position, record
            position = end

    def _write(self, data: bytes) -> None:
        try:
            new = not self._path.exists()
            if new:
                self._directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.ftruncate(descriptor, self.position)  # a torn tail was never acknowledged
                os.lseek(descriptor, 0, os.SEEK_END)
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                for directory in (self._directory, self._directory.parent):
                    _fsync_directory(directory)
        except OSError as error:
            raise ArchiveError(f"{self._path}: can't write the journal: {error.strerror}; nothing was acknowledged") from error

    def _records(self, start: int) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(start)
            position = start
            for line in file:
                record = _unframed(line)
                if record is None:
                    self._check_torn(position, rest=file.read())
                    return
                position += len(line)
                yield position, record

    def _check_torn(self, position: int, rest: bytes) -> None:
        if any(_unframed(line) is not None for line in rest.splitlines(keepends=True)):
            raise JournalDamaged(
                f"{self._path}: the record at byte {position} fails its checksum and is not the last one; "
                "nothing was changed; restore the journal from a backup"
            )


def _framed(record: Mapping[str, Any]) -> bytes:
    body = orjson.dumps(record)
    return b"%08x %08x %b\n" % (len(body), zlib.crc32(body), body)


def _unframed(line: bytes) -> dict[str, Any] | None:
    """The record in a line, or None when the line isn't a whole record."""
    body = line[_HEAD:-1]
    if line[-1:] != b"\n" or line[:_HEAD] != b"%08x %08x " % (len(body), zlib.crc32(body)):
        return None
    loaded = orjson.loads(body)
    return loaded if isinstance(loaded, dict) else None


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
