"""Pins: a generation somebody reads is not collected.

A pin is a shared flock on the generation's directory, so it needs no file, works in an index its holder may not write, and ends
with the process however it dies. The collector asks for the lock alone and passes by what it can't have. A child of a fork
holds its parent's pins: a pin ends when all have let go.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from contextlib import suppress
from pathlib import Path

from searchapp.errors import GenerationGone


class Pin:
    """A generation's directory, held while this lives. Raises GenerationGone when it has been, or is being, collected.

    Where the file system knows no locks there is none, and only the time of its last use protects a generation.
    """

    def __init__(self, directory: Path) -> None:
        try:
            descriptor = _open(directory)
        except OSError as error:
            raise gone(directory.name) from error
        self._release = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._release()
            raise gone(directory.name) from error
        except OSError:
            return
        if not _is(directory, descriptor):
            self._release()
            raise gone(directory.name)

    def release(self) -> None:
        """Let go, before this is forgotten."""
        self._release()


class Claim:
    """A generation's directory, for the collector alone. ``held`` is False when somebody reads it."""

    def __init__(self, directory: Path) -> None:
        self._descriptor = _open(directory)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.held = True
        except OSError:
            self.held = False

    def __enter__(self) -> bool:
        return self.held

    def __exit__(self, *exc: object) -> None:
        os.close(self._descriptor)


def gone(name: str) -> GenerationGone:
    """That a generation isn't kept any more."""
    return GenerationGone(f"generation {name!r} is no longer kept; search again for the current one")


def _open(directory: Path) -> int:
    return os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _is(directory: Path, descriptor: int) -> bool:
    """Whether the directory has still its name."""
    with suppress(OSError):
        return os.path.samestat(os.stat(directory), os.fstat(descriptor))
    return False
