"""One writer at a time: an flock on a close-on-exec descriptor, so that the lock ends with the process however it dies.

The file's content (who holds it, since when) is for people; the lock itself is the kernel's. A writer that ends empties the
file: content that nobody holds the lock of is that of a writer that was killed.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from searchapp.archive.durable import make_directory
from searchapp.errors import ArchiveBusy, ArchiveError

NAME = "writer.lock"
_PATIENCE = 0.3
"""Seconds to try: somebody who only looks (`holder`) has the lock for an instant."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote last: ``pid 7 since 2026-01-02 03:04:05 UTC``. Not ``alive``: it was killed before it ended."""

    name: str
    alive: bool


class WriterLock:
    """Held between ``with`` and its end. Raises ArchiveBusy within a second, naming the holder, when another process has it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            make_directory(self._path.parent)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ArchiveError(f"{self._path}: {error.strerror}; is the index directory writable?") from error
        deadline = time.monotonic() + _PATIENCE
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                name = _content(descriptor) or "unknown"
                os.close(descriptor)
                raise ArchiveBusy(f"another index run is writing to {self._path.parent} ({name}); wait for it to end")
            time.sleep(0.02)
        with suppress(OSError):  # a full disk; the lock is held all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def holder(directory: Path) -> Holder | None:
    """Who writes to an index directory, or was killed while it did. Writes nothing."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        alive = not _locked(descriptor, fcntl.LOCK_SH)
        name = _content(descriptor)
    finally:
        os.close(descriptor)
    return Holder(name, alive) if name or alive else None


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _content(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
