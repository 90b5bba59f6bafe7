"""The fault shim: compiled by whoever runs the tests, used by the process that has been started with it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from enum import IntEnum, IntFlag
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Mode(IntEnum):
    """What happens at the chosen call."""

    NONE = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    KILL_SHORT = 3
    FAIL_ONCE = 4
    FAIL_EVER = 5
    FAIL_SHORT = 6


class Call(IntFlag):
    """Kinds of calls, for those that fail."""

    OPEN = 1
    WRITE = 2
    RENAME = 4
    LINK = 8
    UNLINK = 16
    MKDIR = 32
    RMDIR = 64
    SYNC = 128
    TRUNCATE = 256
    CHANGE = 512


ANY = Call(1023)
NEEDS_SPACE = Call.OPEN | Call.WRITE | Call.RENAME | Call.LINK | Call.MKDIR | Call.SYNC | Call.TRUNCATE
"""What a full disk can refuse; it still removes."""


def why_not() -> str | None:
    """Why the shim can't be had here, or None."""
    if os.uname().sysname != "Linux":
        return "the fault shim needs Linux"
    if compiler() is None:
        return "the fault shim needs a C compiler: apt install gcc libc6-dev"
    return None


def compiler() -> str | None:
    """The C compiler."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def compiled(directory: Path) -> Path:
    """The shim, compiled into a directory unless it is there."""
    library = directory / "shim.so"
    if not library.exists():
        aside = directory / f"shim.{os.getpid()}.so"
        command = [
            str(compiler()),
            "-shared",
            "-fPIC",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            str(aside),
            str(SOURCE),
            "-ldl",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        aside.replace(library)
    return library


class Shim:
    """The shim in this process, which was started with it in LD_PRELOAD."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        assert hasattr(self._library, "crash_arm"), "start this with LD_PRELOAD=shim.so"

    def arm(self, directory: Path, at: int = 0, mode: Mode = Mode.NONE, error: int = 0, calls: Call = ANY, log: int = -1) -> None:
        """Begin to count, and to do what was asked for."""
        self._library.crash_arm(os.fsencode(directory), ctypes.c_long(at), int(mode), error, int(calls), log)

    def disarm(self) -> int:
        """End it; gives the number of calls counted."""
        return int(self._library.crash_disarm())

    def mark(self, text: str) -> None:
        """Put a line into the log."""
        self._library.crash_mark(text.encode("ascii"))
