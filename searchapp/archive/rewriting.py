"""A journal written anew beside the old one: what becomes of its records, in the same order. `Journal.rewrite` swaps it in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from searchapp.archive.durable import write_all
from searchapp.archive.frames import HEADER_SIZE, MARK_SIZE, Header, Mark, framed

BATCH_RECORDS = 500
BATCH_BYTES = 8_000_000
"""When another batch begins; whoever appends may do as they like."""

Revise = Callable[[int, dict[str, Any]], Mapping[str, Any] | None]
"""Told a record's position and the record; gives what is to stand in its place, None to leave it out."""


def write_aside(aside: Path, header: Header, records: Iterable[tuple[int, dict[str, Any]]], revise: Revise) -> tuple[int, int]:
    """Write a new journal file, synced; gives the numbers of records kept and left out. Raises OSError."""
    kept = dropped = 0
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, header.line)
        batch = _Batch(descriptor)
        for position, record in records:
            revised = revise(position, record)
            if revised is None:
                dropped += 1
            else:
                kept += 1
                batch.add(framed(revised))
        # At least one batch, so that a damaged header is never taken for a journal that was only begun.
        batch.write()
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return kept, dropped


def write_header(file: Path, header: Header) -> None:
    """Write the header of a journal file again, synced. Raises OSError."""
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        write_all(descriptor, header.line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Batch:
    """The batch being written, and where it begins."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._bytes = 0
        self._offset = HEADER_SIZE
        self._chain = 0

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._bytes += len(line)
        if len(self._lines) >= BATCH_RECORDS or self._bytes >= BATCH_BYTES:
            self.write()

    def write(self) -> None:
        data = b"".join(self._lines)
        mark = Mark.of(self._offset, data, self._chain)
        write_all(self._descriptor, mark.opening + data + mark.closing)
        self._offset, self._chain = mark.end + MARK_SIZE, mark.chain
        self._lines.clear()
        self._bytes = 0
