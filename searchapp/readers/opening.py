"""A file's bytes: opened without surprises, unpacked when it is gzip, read in bounded pieces."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from searchapp.readers.bounds import HEAD, MAX_RATIO, MIB, RATIO_FROM

GZIP = b"\x1f\x8b"


class Unreadable(Exception):
    """Why a file, or what is left of it, can't be read; becomes a Reject."""

    def __init__(self, reason: str, position: str = "") -> None:
        super().__init__(reason)
        self.position = position


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: ``name`` is relative to the root, ``extension`` is lower-case and without ``.gz``."""

    name: str
    extension: str
    head: bytes
    stream: io.BufferedReader

    def whole(self, limit: int) -> bytes:
        """All bytes. Raises Unreadable when there are more than ``limit``."""
        data = self.stream.read(limit + 1)
        if len(data) > limit:
            raise Unreadable(f"larger than {limit // MIB} MiB, the bound for this format; split it")
        return data


@contextmanager
def opened(path: Path, root: Path) -> Iterator[Source]:
    """Open one file below ``root``. Raises Unreadable, or OSError from the operating system."""
    _inside(path, root)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise Unreadable(f"not a regular file but {_kind(mode)}; nothing to read")
        size = os.fstat(descriptor).st_size
        packed = os.pread(descriptor, 2, 0) == GZIP
        raw: io.RawIOBase = _Unpacked(file, size) if packed else file
        head = _Head(raw)
        name = relative_name(path, root)
        yield Source(name, _extension(name), head.head, io.BufferedReader(head, buffer_size=256 * 1024))


def relative_name(path: Path, root: Path) -> str:
    """The file's name below the root with ``/`` on every system; bytes that are no UTF-8 are written as ``\\xNN``."""
    base = root if root.is_dir() else root.parent
    try:
        relative = path.relative_to(base)
    except ValueError:
        relative = Path(path.name)
    return os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")


def _inside(path: Path, root: Path) -> None:
    base = (root if root.is_dir() else root.parent).resolve()
    if path.is_symlink() and not path.exists():
        raise Unreadable("a symbolic link that leads nowhere or round in a circle; repair or delete it")
    if not path.resolve().is_relative_to(base):
        raise Unreadable("a symbolic link that leads out of the directory being read; not followed: name its target instead")


def _extension(name: str) -> str:
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _kind(mode: int) -> str:
    names = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a directory"}
    return names.get(stat.S_IFMT(mode), "a device")


class _Head(io.RawIOBase):
    """A raw stream whose first bytes are known beforehand; an error met while looking ahead comes when they are used up."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._error: Exception | None = None
        pieces: list[bytes] = []
        length = 0
        try:
            while length < HEAD and (piece := raw.read(HEAD - length)):
                pieces.append(piece)
                length += len(piece)
        except (OSError, EOFError, zlib.error, Unreadable) as error:
            self._error = error
        self.head = b"".join(pieces)
        self._rest = self.head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if self._rest:
            piece = self._rest[: len(buffer)]
            self._rest = self._rest[len(piece) :]
            buffer[: len(piece)] = piece
            return len(piece)
        if self._error is not None:
            raise self._error
        return self._raw.readinto(buffer)


class _Unpacked(io.RawIOBase):
    """The content of a gzip file of one or more members (RFC 1952), refused when it grows out of proportion."""

    def __init__(self, packed: io.RawIOBase, size: int) -> None:
        self._packed = packed
        self._size = size
        self._member = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._length = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            if self._member.eof and not self._next_member():
                return 0
            chunk = self._pending or self._packed.read(HEAD) or b""
            data = self._member.decompress(chunk, len(buffer))
            if not chunk and not data and not self._member.eof:
                raise EOFError("the gzip stream ends in the middle")
            self._pending = self._member.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                self._count(len(data))
                return len(data)

    def _next_member(self) -> bool:
        rest = self._member.unused_data.lstrip(b"\0")
        while len(rest) < len(GZIP):
            more = self._packed.read(HEAD)
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if rest and not rest.startswith(GZIP):
            raise Unreadable("bytes that are no gzip follow the gzip stream")
        if rest:
            self._pending = rest
            self._member = zlib.decompressobj(wbits=31)
        return bool(rest)

    def _count(self, length: int) -> None:
        self._length += length
        if self._length > max(RATIO_FROM, MAX_RATIO * self._size):
            raise Unreadable(f"unpacks to more than {MAX_RATIO} times its size; if it is genuine, unpack it first")
