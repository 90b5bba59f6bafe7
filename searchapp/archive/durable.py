"""What makes a file survive a power cut: bytes synced before they are promised, and the directories that name them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, however many calls it takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(directory: Path) -> None:
    """Make a directory with its parents; each new name is durable when this returns. Raises OSError."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)


def sync_upwards(directory: Path, levels: int) -> None:
    """Make a directory's names durable, then its own name in its parent, and so on upwards. Raises OSError.

    A parent that this user may not read is left out: whoever made it answers for it.
    """
    sync_directory(directory)
    place = directory.absolute()
    for _ in range(levels):
        place = place.parent
        with suppress(PermissionError):
            sync_directory(place)


def replace_file(target: Path, content: bytes) -> None:
    """Put ``content`` in the place of a file, wholly or not at all, durably. Raises OSError."""
    aside = target.with_name(f"{target.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    aside.replace(target)
    sync_directory(target.parent)
