"""Files that must be whole or absent after a power cut, and what may be believed of one that is read.

POSIX promises a file's bytes after fsync of the file, and its name after fsync of its directory; a rename is atomic, but
lasts only after fsync of the directory. Everything here follows from that. After an fsync has failed, nothing is known of the
file any more and asking again proves nothing, so what it belonged to is abandoned.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searchapp.errors import EngineError, IndexDamaged

WAY_OUT = "run `searchapp index --full`"

READ_ONLY = 0o444
"""What is published is never written again."""

RESERVE = 16 << 20
"""Bytes of the file system that a build leaves free: for the journal, logs and whatever else lives there."""

_UNLINKABLE = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})
"""Why a file system may refuse a hard link though it would take a copy."""


def create(path: Path, content: bytes) -> None:
    """A new file with this content, synced. Its name lasts when its directory has been synced. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Make a file's bytes, or a directory's names, last. Raises OSError: what it belongs to can't be trusted then."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def freeze(path: Path) -> None:
    """Make a finished file read-only and its bytes last. Raises OSError."""
    path.chmod(READ_ONLY)
    sync(path)


def link(source: Path, target: Path) -> bool:
    """The same file under another name; a copy where the file system has no hard links. Raises OSError.

    False for a copy. That is a new file: compare it with the checksum of what was copied, and sync it.
    """
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _UNLINKABLE:
            raise
        shutil.copyfile(source, target)
        return False
    return True


def same(path: Path, other: Path) -> bool:
    """Whether two names are one file."""
    return other.exists() and path.samefile(other)


def empty(directory: Path) -> None:
    """Remove all there is in a directory. Raises OSError."""
    if directory.is_dir():
        sync(directory)  # what was moved here must not come back, half removed, where it was
        for left in directory.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()


def read(path: Path, most: int) -> bytes:
    """All of a regular file of at most ``most`` bytes. Raises OSError, or ValueError for what is no such file.

    Nothing is followed or waited for: a link, a pipe or a device in its place is damage.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise ValueError("not a regular file" if not stat.S_ISREG(status.st_mode) else f"longer than {most} bytes")
        return file.read()


def sha256(path: Path) -> str:
    """The checksum of a regular file. Raises OSError, or ValueError for what isn't one."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_sure_of_room(directory: Path, need: int) -> None:
    """Raises EngineError when the file system of an existing directory has less than ``need`` bytes beyond `RESERVE`."""
    with writing(directory):
        free = shutil.disk_usage(directory).free
    if free < need + RESERVE:
        raise EngineError(
            f"{directory}: {_megabytes(free)} free, but the next index needs up to {_megabytes(need)} and leaves "
            f"{_megabytes(RESERVE)} for others; the old one is untouched. Make room, then run the command again"
        )


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000):,} MB"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Errors of the file system while building become EngineError with file, reason and way out."""
    try:
        yield
    except OSError as error:
        at = error.filename or path
        raise EngineError(
            f"{at}: {error.strerror or error}; the new index was abandoned, the old one is untouched. "
            "Make room or mend the permissions, then run the command again"
        ) from error


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Errors of reading a file of a generation become IndexDamaged, which names it and the way out."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise IndexDamaged(f"{path} is damaged ({reason}); {WAY_OUT}") from error
