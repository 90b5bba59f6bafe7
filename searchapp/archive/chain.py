"""A log whose lines can't be changed, left out or put in unnoticed; kept twice, so that damage to one file loses nothing.

A line is the sha256 of its JSON, a blank, the JSON (ASCII) and a line feed. The JSON has ``number``, from 1, and ``before``, the
sha256 of the line before; 64 zeros in the first. A line is written to the log, synced, then to the copy: the copy never has more.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

from searchapp.archive.durable import make_directory, replace_file, write_all
from searchapp.errors import ArchiveError

FIRST = "0" * 64
"""What the first line has for the one before it."""
REMEMBERED = 20_000
"""Lines that a process has looked at before, and need not take apart again when one more is written."""
_HEAD = 65
_KINDS = {"number": int, "before": str, "action": str, "id": str, "when": str}


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line: its bytes, the sha256 of its JSON, and what that says."""

    raw: bytes
    digest: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is. ``lines`` are all that is sure, ``stray`` others that are whole. ``lost``: why there may have been more."""

    lines: Sequence[Line]
    stray: Sequence[Line] = ()
    trouble: str | None = None
    lost: str | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """One of the two: the lines that follow each other from the first on, whole ones after that, and whether bytes are left."""

    path: Path
    there: bool
    chain: Sequence[Line]
    stray: Sequence[Line]
    error: str | None = None


def read(log: Path, copy: Path) -> Found:
    """What both files say together."""
    second, first = _file(copy), _file(log)  # in this order: the log is written first, so it never seems to lag
    same = sum(1 for _ in takewhile(lambda pair: pair[0].digest == pair[1].digest, zip(first.chain, second.chain, strict=False)))
    longer = first if len(first.chain) >= len(second.chain) else second
    stray = (*first.stray, *second.stray)
    if same < min(len(first.chain), len(second.chain)):
        rest = (*first.chain[same:], *second.chain[same:])
        return Found(longer.chain[:same], (*rest, *stray), lost=f"{log} and {copy} tell different things")
    missing = max([line.values["number"] for line in stray], default=0) > len(longer.chain)
    if missing or (first.error and not second.there):
        why = first.error or f"{log} is damaged after line {len(first.chain)}"
        return Found(longer.chain, stray, lost=f"{why}, and {copy} doesn't have it all either")
    if longer is second or first.stray or first.error:
        what = first.error or (f"{log} is damaged after line {len(first.chain)}" if first.there else f"{log} is gone")
        return Found(longer.chain, trouble=f"{what}; {copy} has it all. The next withdrawal or restoration mends it")
    wrong = second.error or (f"{copy} is damaged after line {len(second.chain)}" if second.stray else None)
    return Found(longer.chain, trouble=f"{wrong}; {log} has it all" if wrong else None)


def _file(path: Path) -> _File:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _File(path, False, (), ())
    except OSError as error:
        return _File(path, True, (), (), f"{path}: {error.strerror}")
    chain: list[Line] = []
    stray: list[Line] = []
    broken = False
    for line in map(parsed, data.splitlines(keepends=True)):
        follows = line is not None and line.values["before"] == (chain[-1].digest if chain else FIRST)
        if line is not None and follows and not broken and line.values["number"] == len(chain) + 1:
            chain.append(line)
        else:
            broken = True
            stray += [line] if line else []
    return _File(path, True, chain, stray)


@lru_cache(maxsize=REMEMBERED)
def parsed(raw: bytes) -> Line | None:
    """The line, or None when it isn't whole."""
    body = raw[_HEAD:-1]
    digest = sha256(body).hexdigest()
    if raw[-1:] != b"\n" or raw[:_HEAD] != digest.encode() + b" ":
        return None
    try:
        values = json.loads(body)
        usual = all(type(values[name]) is kind for name, kind in _KINDS.items())
    except (ValueError, KeyError, TypeError):
        return None
    return Line(raw, digest, values) if usual else None


def framed(values: Mapping[str, Any]) -> bytes:
    """The line that says something."""
    body = json.dumps(values).encode("ascii")
    return sha256(body).hexdigest().encode() + b" " + body + b"\n"


def extend(path: Path, sound: bytes, line: bytes) -> None:
    """Append a line to one of the files, durably. Raises ArchiveError; the line isn't acknowledged then.

    A file that doesn't agree with the ``sound`` lines before is set aside, as ``….damaged``, and written anew; so is a torn end.
    """
    with _failing(path):
        had = path.read_bytes() if path.exists() else b""
        if had and had == sound:
            _append(path, line)
            return
        if not sound.startswith(had) and not had.startswith(sound):
            replace_file(path.with_name(f"{path.name}.damaged"), had)
        replace_file(path, sound + line)


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        write_all(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock for a moment; others wait. It ends with the process, however that dies."""
    with _failing(path):
        make_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with _failing(path):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{path}: can't be written: {error.strerror}; nothing was acknowledged") from error


def stamp(path: Path) -> tuple[int, ...] | None:
    """Changes whenever a file does; None when there is none that can be looked at."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
