"""Generations: immutable directories; which there are, which one is current, and whether one may be believed.

    INDEX/generations/00000007/   Whoosh's files, columns, MANIFEST.json (and .used, which nothing depends on)
    INDEX/CURRENT                 name of the current one and the checksum of its manifest
    INDEX/tmp/                    the only place where a crash leaves anything; the next writer empties it

What is here only reads, but for `Generations.used`. `publishing` makes generations, `collection` removes them, `pins` keep
them from being removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from searchapp.engines.base import GenerationInfo
from searchapp.engines.whoosh import files
from searchapp.engines.whoosh.files import WAY_OUT, damage
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.engines.whoosh.pins import gone
from searchapp.errors import EngineError, IndexDamaged, IndexMismatch, NoIndex

LEARNT = "learnt"
"""File beside the generations with what builds have learnt of words: a cache, which nothing depends on."""
USED = ".used"

Verify = Literal["full", "sizes"]
"""``full``: every byte against its checksum; ``sizes``: sizes, and checksums of what is read on opening."""
_SMALL = 64 * 1024
_POINTER = 1024
"""Bytes CURRENT has at most."""


class Generations:
    """The generation directories of one index, as a reader sees them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "generations"
        self.current_file = root / "CURRENT"
        self.tmp = root / "tmp"
        self.learnt = root / LEARNT
        self._hashed: set[tuple[int, ...]] = set()

    def path(self, name: str) -> Path:
        """Where a generation is. Raises GenerationGone when it isn't there."""
        path = self.home / name
        if not is_name(name) or not path.is_dir():
            raise gone(name)
        return path

    def names(self) -> list[str]:
        """All that are kept, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.home) if is_name(name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EngineError(f"{self.home}: {error.strerror}") from error

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever CURRENT is replaced."""
        try:
            status = self.current_file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def pointer(self) -> tuple[str, str] | None:
        """What CURRENT says: a name and the checksum of its manifest. None when it says nothing of the kind."""
        try:
            said = files.read(self.current_file, _POINTER).decode("ascii")
            name, checksum = said.split()
        except (OSError, ValueError):
            return None
        return (name, checksum) if is_name(name) and said == pointer_of(name, checksum) else None

    def pointed(self) -> str | None:
        """The generation CURRENT names, or None when it names none that is there with that manifest."""
        pointer = self.pointer()
        if pointer is None:
            return None
        try:
            return pointer[0] if Manifest.read(self.home / pointer[0]).checksum == pointer[1] else None
        except (IndexDamaged, IndexMismatch):
            return None

    def candidates(self) -> list[str]:
        """What may be served, best first. Raises NoIndex.

        The one CURRENT names; those before it, newest first; then those after it: they were rolled back from, or never
        became current. When CURRENT can't be believed, the newest first.
        """
        names = self.names()
        if not names:
            raise NoIndex(f"nothing has been indexed in {self.root} yet; run `searchapp index`")
        newest, pointer = names[::-1], self.pointer()
        if pointer is None or pointer[0] not in names or self._holds_another(*pointer):
            return newest
        named = pointer[0]
        return [named, *(name for name in newest if name < named), *(name for name in newest if name > named)]

    def _holds_another(self, name: str, checksum: str) -> bool:
        """Whether a generation's manifest is sound, and not the one with this checksum."""
        try:
            return Manifest.read(self.home / name).checksum != checksum
        except (IndexDamaged, IndexMismatch):
            return False

    def verify(self, name: str, how: Verify) -> Manifest:
        """Check a generation before anything of Whoosh's reads it. Raises IndexDamaged naming the file, or IndexMismatch.

        A file that was hashed before under another generation's name, and hasn't been written since, is not hashed again.
        """
        return self.verify_in(self.path(name), how)

    def verify_in(self, directory: Path, how: Verify) -> Manifest:
        """`verify`, for one that may not have its place yet."""
        manifest = Manifest.read(directory)
        manifest.require_ours()
        with damage(directory):
            there = set(os.listdir(directory))
        for file in sorted(there - set(manifest.files) - {MANIFEST, USED}):
            raise IndexDamaged(f"{directory / file} is not in the manifest; remove it or {WAY_OUT}")
        for file, (size, sha256) in manifest.files.items():
            read = size <= _SMALL or file.endswith(".toc")
            self._verify_file(directory / file, size, sha256, hashed=how == "full" or read)
        return manifest

    def check(self, name: str, names: Iterable[str]) -> None:
        """Compare some files of a generation with their checksums, before their content is used. Raises IndexDamaged."""
        directory = self.path(name)
        known = Manifest.read(directory).files
        for file in names:
            self._verify_file(directory / file, *known[file], hashed=True)

    def _verify_file(self, path: Path, size: int, sha256: str, *, hashed: bool) -> None:
        with damage(path):
            status = path.lstat()
            if status.st_size != size:
                raise ValueError(f"its size is {status.st_size}, not {size}")
            seen = (status.st_dev, status.st_ino, status.st_mtime_ns, int(sha256, 16))
            if hashed and seen not in self._hashed:
                if files.sha256(path) != sha256:
                    raise ValueError("its bytes are not those that were written")
                self._hashed.add(seen)

    def info(self, name: str, current: str | None) -> GenerationInfo:
        """What the manifest says of a generation."""
        return Manifest.read(self.path(name)).info(current == name)

    def used(self, name: str) -> None:
        """Remember that a generation is in use, so that it stays. A read-only index forgets it, which shortens its stay."""
        with suppress(OSError):
            (self.home / name / USED).touch()


def pointer_of(name: str, checksum: str) -> str:
    """What CURRENT says to point at a generation."""
    return f"{name} {checksum}\n"


def is_name(name: str) -> bool:
    """Whether a name is a generation's: eight digits."""
    return len(name) == 8 and name.isascii() and name.isdecimal()
