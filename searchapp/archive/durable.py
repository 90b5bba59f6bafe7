"""Small files that survive a power cut: appended to, replaced wholly, and changed by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searchapp.archive.disk import make_directory, replace_file, sync_upwards, write_all


def append_durably(path: Path, data: bytes) -> None:
    """Add bytes to a file's end; they are on disk when this returns. Raises OSError."""
    new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_upwards(path.parent, levels=1)


def replace_durably(path: Path, content: bytes) -> None:
    """Put ``content`` in a file's place, wholly or not at all; it is on disk when this returns. Raises OSError."""
    replace_file(path, content)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until no other process holds the lock file, and hold it. Raises OSError."""
    make_directory(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
