"""What a generation holds, sealed: every file with its size and checksum, and the checksum of all that.

Nothing of a generation is believed before its manifest is: names are checked before they are used as paths, files before
they are opened as an index. The checksum finds damage; it is no signature, so whoever may write the index decides what it says.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import orjson

from searchapp.analysis import ANALYSER
from searchapp.engines.base import GenerationInfo
from searchapp.engines.whoosh.files import WAY_OUT, damage, read
from searchapp.errors import IndexMismatch

FORMAT = 3
"""Version of everything a generation's files say; another one is refused."""
MANIFEST = "MANIFEST.json"
LARGEST = 64 << 20
"""Bytes of the largest manifest that is read; one has about a kilobyte for each segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds. ``files`` maps a name to [size, sha256]; ``checksum`` is of all the rest.

    ``generation`` is its name, so that a directory in another's place isn't taken for it.
    """

    format: int
    generation: str
    analyser: str
    articles: int
    journal: int
    created: str
    files: Mapping[str, tuple[int, str]]
    checksum: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(size for size, _ in self.files.values())

    def sealed(self) -> bytes:
        """The manifest's file."""
        return orjson.dumps(self._rest() | {"checksum": self.digest()}, option=orjson.OPT_INDENT_2)

    def digest(self) -> str:
        """What ``checksum`` ought to be."""
        return hashlib.sha256(orjson.dumps(self._rest(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def info(self, current: bool) -> GenerationInfo:
        """As the contract's value."""
        return GenerationInfo(
            name=self.generation,
            articles=self.articles,
            analyser=self.analyser,
            journal=self.journal,
            created=self.created,
            bytes=self.size,
            current=current,
        )

    def require_ours(self) -> None:
        """Raises IndexMismatch when this program reads another format or analyses otherwise."""
        if self.analyser != ANALYSER:
            raise _mismatch(self.generation, f"analyser {self.analyser!r}", repr(ANALYSER))

    def _rest(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "checksum"}

    @classmethod
    def made(cls, generation: str, articles: int, journal: int, files: Mapping[str, tuple[int, str]]) -> Self:
        """That of a generation made now, by this program."""
        return cls(
            format=FORMAT,
            generation=generation,
            analyser=ANALYSER,
            articles=articles,
            journal=journal,
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            files=files,
        )

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The manifest of the generation in a directory. Raises IndexDamaged, or IndexMismatch for another format's."""
        path = directory / MANIFEST
        with damage(path):
            raw = read(path, LARGEST)
            loaded = orjson.loads(raw)
            if not isinstance(loaded, dict) or not isinstance(loaded.get("format"), int):
                raise ValueError("not a manifest")
            if loaded["format"] != FORMAT:
                raise _mismatch(directory.name, f"format {loaded['format']}", str(FORMAT))
            if set(loaded) != {item.name for item in fields(cls)}:
                raise ValueError("not a manifest")
            manifest = cls(**{**loaded, "files": {name: (int(size), str(sha)) for name, (size, sha) in loaded["files"].items()}})
            if manifest.digest() != manifest.checksum or manifest.sealed() != raw:
                raise ValueError("its checksum is wrong")
            manifest._check(directory.name)
        return manifest

    def _check(self, name: str) -> None:
        """Hold values that a matching checksum doesn't make harmless."""
        if self.generation != name:
            raise ValueError(f"it is that of generation {self.generation!r}")
        for file, (size, sha256) in self.files.items():
            if not is_plain(file) or size < 0 or len(sha256) != 64 or int(sha256, 16) < 0:
                raise ValueError(f"it names a file {file!r} of {size} bytes with checksum {sha256!r}")
        for number in (self.articles, self.journal):
            if not isinstance(number, int) or number < 0:
                raise ValueError(f"it counts {number!r}")


def is_plain(name: str) -> bool:
    """Whether a name is a file's in its own directory, and not hidden."""
    return (
        name != "" and name.isascii() and name.isprintable() and "/" not in name and not name.startswith(".") and name != MANIFEST
    )


def _mismatch(name: str, theirs: str, ours: str) -> IndexMismatch:
    return IndexMismatch(f"generation {name} was built with {theirs}, this is {ours}; {WAY_OUT}")
