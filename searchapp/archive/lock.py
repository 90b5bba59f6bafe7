"""One writer at a time: an flock on a close-on-exec descriptor, so that the lock ends with the process however it dies.

The file's content (who holds it, since when) is for people; the lock itself is the kernel's.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from searchapp.errors import ArchiveBusy, ArchiveError


class WriterLock:
    """Held between ``with`` and its end. Raises ArchiveBusy at once, naming the holder, when another process has it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "writer.lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ArchiveError(f"{self._path}: {error.strerror}; is the index directory writable?") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "unknown"
            os.close(descriptor)
            raise ArchiveBusy(f"another index run is writing to {self._path.parent} ({holder}); wait for it to end") from error
        except OSError as error:
            os.close(descriptor)
            raise ArchiveError(f"{self._path}: can't be locked: {error.strerror}; keep the index on a local disk") from error
        self._descriptor = descriptor
        with suppress(OSError):  # a full disk; the lock holds without
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode(), 0)
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._descriptor)
