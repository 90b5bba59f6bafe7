"""The journal's format, without files: its header, its records, and the marks around a batch.

    searchapp-journal 2 BBBBBBBBBBBBBBBB SSSSSSSSSSSSSSSS CCCCCCCC\n      header
    begin BBBBBBBBBBBB EEEEEEEEEEEE DDDDDDDD CCCCCCCC\n                   a batch begins
    LLLLLLLL CCCCCCCC {…}\n                                               a record; as many as there are
    close BBBBBBBBBBBB EEEEEEEEEEEE DDDDDDDD CCCCCCCC\n                   the batch is acknowledged

All numbers are hexadecimal. A record has the length of its JSON in bytes and its CRC-32 (as zlib computes it). The marks of
a batch say at which byte of the file it begins (B) and its closing mark stands (E), and D, the CRC-32 of all records up to
its end, those of earlier batches included. C is the CRC-32 of what stands before it in its own line. No line of a record can
be taken for a mark: JSON has no line feed, and a record begins with a digit or a letter up to f and has a blank as ninth.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

FORMAT = 2
HEADER_SIZE = 63
MARK_SIZE = 50
_HEAD = 18  # of a record: two times eight digits, each followed by a blank
_MARK = re.compile(rb"(begin|close) ([0-9a-f]{12}) ([0-9a-f]{12}) ([0-9a-f]{8}) ([0-9a-f]{8})\n")
_HEADER = re.compile(rb"searchapp-journal ([0-9a-f]) ([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{8})\n")
_UNMARKED = re.compile(rb"[0-9a-f]{8} [0-9a-f]{8} \{")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. ``begins`` is the position of byte 0; ``settled`` is told at `Journal.resume`."""

    begins: int = 0
    settled: int = 0
    format: int = FORMAT

    @property
    def line(self) -> bytes:
        """As it stands in the file."""
        return _summed(b"searchapp-journal %x %016x %016x" % (self.format, self.begins, self.settled))

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """The header in the first bytes of a file, None when they are none."""
        found = _HEADER.match(line)
        if found is None or line[: found.end()] != _summed(line[: found.start(4) - 1]):
            return None
        return cls(format=int(found[1], 16), begins=int(found[2], 16), settled=int(found[3], 16))


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands before and after a batch's records: bytes of the file, and the checksum up to the batch's end."""

    begin: int
    end: int
    chain: int

    @classmethod
    def of(cls, begin: int, data: bytes, chain: int) -> Self:
        """The mark of a batch of records ``data`` that begins at byte ``begin``, after records of checksum ``chain``."""
        return cls(begin, begin + MARK_SIZE + len(data), zlib.crc32(data, chain))

    @property
    def opening(self) -> bytes:
        """The line before the records."""
        return self._line(b"begin")

    @property
    def closing(self) -> bytes:
        """The line after the records, which acknowledges them."""
        return self._line(b"close")

    def _line(self, word: bytes) -> bytes:
        return _summed(b"%b %012x %012x %08x" % (word, self.begin, self.end, self.chain))

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """The mark in a line of either kind, None when it is none."""
        found = _MARK.fullmatch(line)
        if found is None or line != _summed(line[: found.start(5) - 1]):
            return None
        return cls(int(found[2], 16), int(found[3], 16), int(found[4], 16))


def is_unmarked(line: bytes) -> bool:
    """Whether a file begins as journals did before there were batches (format 1)."""
    return _UNMARKED.match(line) is not None


def holds_closing(data: bytes) -> bool:
    """Whether somewhere in these bytes a batch is acknowledged, wherever the mark claims to stand."""
    return any(found[1] == b"close" and Mark.read(found[0]) is not None for found in _MARK.finditer(data))


def framed(record: Mapping[str, Any]) -> bytes:
    """A record as its line. A dataclass in it stands for the mapping of its fields."""
    body = orjson.dumps(record)
    return b"%08x %08x %b\n" % (len(body), zlib.crc32(body), body)


def unframed(line: bytes) -> dict[str, Any] | None:
    """The record in a line, or None when the line isn't a whole record."""
    body = line[_HEAD:-1]
    if line[-1:] != b"\n" or line[:_HEAD] != b"%08x %08x " % (len(body), zlib.crc32(body)):
        return None
    loaded = orjson.loads(body)
    return loaded if isinstance(loaded, dict) else None


def _summed(text: bytes) -> bytes:
    return b"%b %08x\n" % (text, zlib.crc32(text))
