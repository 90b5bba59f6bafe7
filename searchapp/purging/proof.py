"""Searching the bytes of every file of an index directory, as they are and unpacked. Believes nothing that is written in them."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from searchapp.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class Trace:
    """A piece that is still there. ``packed``: within a compressed block."""

    file: Path
    piece: str
    packed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was searched, and what was found: nothing, if it is a proof."""

    pieces: int
    files: int
    bytes: int
    blocks: int
    unpacked_bytes: int
    traces: tuple[Trace, ...]


def search_bytes(
    directory: Path, needles: Mapping[bytes, str], unpacked: Iterable[tuple[Path, bytes]], leaving_out: Set[Path]
) -> Proof:
    """Look for the needles in every file below a directory and in what was unpacked of them; but for some files."""
    traces: dict[Trace, None] = {}
    files = size = blocks = unpacked_size = 0
    for path in regular_files(directory):
        if path in leaving_out:
            continue
        files += 1
        for found, looked_at in _in_file(path, needles):
            size += looked_at
            traces |= dict.fromkeys(Trace(path, needles[needle], False) for needle in found)
    for path, block in unpacked:
        if path not in leaving_out:
            blocks += 1
            unpacked_size += len(block)
            traces |= dict.fromkeys(Trace(path, piece, True) for needle, piece in needles.items() if needle in block)
    return Proof(
        pieces=len(set(needles.values())),
        files=files,
        bytes=size,
        blocks=blocks,
        unpacked_bytes=unpacked_size,
        traces=tuple(traces),
    )


def regular_files(directory: Path) -> Iterator[Path]:
    """All files below a directory, in order; links aren't followed."""
    for path in sorted(directory.rglob("*")):
        try:
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
        except FileNotFoundError:
            continue


def _in_file(path: Path, needles: Mapping[bytes, str]) -> Iterator[tuple[list[bytes], int]]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    yield [needle for needle in needles if data.find(needle) >= 0], size
    except FileNotFoundError:
        return
    except OSError as error:
        raise ArchiveError(f"{path} can't be read: {error.strerror}; so nothing is proved") from error
