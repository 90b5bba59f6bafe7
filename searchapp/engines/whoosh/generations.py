"""Generations: immutable directories, built aside, made durable, verified, swapped, collected.

    INDEX/generations/00000007/   Whoosh's files, columns, MANIFEST.json (and .used, which nothing depends on)
    INDEX/CURRENT                 name of the current one and the checksum of its manifest
    INDEX/tmp/                    the only place where a crash leaves anything; the next writer empties it

Publishing: files written and fsynced, manifest, directory fsynced, checked by reading, renamed into place, CURRENT
replaced by rename, its directory fsynced. A crash at any point leaves the old or the new generation current.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import orjson

from searchapp.analysis import ANALYSER
from searchapp.engines.base import GenerationInfo
from searchapp.errors import EngineError, GenerationGone, IndexDamaged, IndexMismatch, NoIndex

FORMAT = 2
"""Version of everything a generation's files say; another one is refused."""
KEEP = 3
"""Generations that stay whatever their age, the current one among them."""
KEEP_SECONDS = 3600
"""How long a generation stays after it was last used or current: cursors walk it."""
LEARNT = "learnt"
"""File beside the generations with what builds have learnt of words: a cache, which nothing depends on."""
MANIFEST = "MANIFEST.json"
USED = ".used"
WAY_OUT = "run `searchapp index --full`"

Verify = Literal["full", "sizes"]
"""``full``: every byte against its checksum; ``sizes``: sizes, and checksums of what is read on opening."""
_SMALL = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation holds. ``files`` maps a name to [size, sha256]; ``checksum`` is of all the rest."""

    format: int
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

    def _rest(self) -> dict[str, Any]:
        values = asdict(self)
        del values["checksum"]
        return values

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The manifest of a generation. Raises IndexDamaged."""
        path = directory / MANIFEST
        with damage(path):
            loaded = orjson.loads(path.read_bytes())
            names = {item.name for item in fields(cls)}
            if not isinstance(loaded, dict) or set(loaded) != names:
                raise ValueError("not a manifest")
            manifest = cls(**{**loaded, "files": {name: (int(size), str(sha)) for name, (size, sha) in loaded["files"].items()}})
            if manifest.digest() != manifest.checksum:
                raise ValueError("its checksum is wrong")
        return manifest


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Errors of reading a file of a generation become IndexDamaged, which names it and the way out."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise IndexDamaged(f"{path} is damaged ({reason}); {WAY_OUT}") from error


class Generations:
    """The generation directories of one index."""

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
        if not _is_name(name) or not path.is_dir():
            raise GenerationGone(f"generation {name!r} is no longer kept; search again for the current one")
        return path

    def names(self) -> list[str]:
        """All that are kept, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.home) if _is_name(name))
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

    def pointed(self) -> str | None:
        """The generation CURRENT names, or None when it names none that is there with that manifest."""
        try:
            name, checksum = self.current_file.read_text("ascii").split()
            valid = _is_name(name) and Manifest.read(self.home / name).checksum == checksum
        except (OSError, ValueError, IndexDamaged):
            return None
        return name if valid else None

    def candidates(self) -> list[str]:
        """What may be served, best first: the current generation, then the others, newest first. Raises NoIndex."""
        names = self.names()
        if not names:
            raise NoIndex(f"nothing has been indexed in {self.root} yet; run `searchapp index`")
        current = self.pointed()
        others = [name for name in reversed(names) if name != current]
        return [current, *others] if current else others

    def verify(self, name: str, how: Verify) -> Manifest:
        """Check a generation before anything of Whoosh's reads it. Raises IndexDamaged naming the file, or IndexMismatch.

        A file that was hashed before under another generation's name, and hasn't been written since, is not hashed again.
        """
        directory = self.path(name)
        manifest = Manifest.read(directory)
        if manifest.format != FORMAT or manifest.analyser != ANALYSER:
            raise IndexMismatch(
                f"generation {name} was built with format {manifest.format} and analyser {manifest.analyser!r}, "
                f"this is format {FORMAT} and {ANALYSER!r}; {WAY_OUT}"
            )
        for file in sorted(set(os.listdir(directory)) - set(manifest.files) - {MANIFEST, USED}):
            raise IndexDamaged(f"{directory / file} is not in the manifest; remove it or {WAY_OUT}")
        for file, (size, sha256) in manifest.files.items():
            read = size <= _SMALL or file.endswith(".toc")
            self._verify_file(directory / file, size, sha256, hashed=how == "full" or read)
        return manifest

    def check(self, name: str, files: Iterable[str]) -> None:
        """Compare some files of a generation with their checksums, before their content is used. Raises IndexDamaged."""
        directory = self.path(name)
        known = Manifest.read(directory).files
        for file in files:
            self._verify_file(directory / file, *known[file], hashed=True)

    def _verify_file(self, path: Path, size: int, sha256: str, *, hashed: bool) -> None:
        with damage(path):
            status = path.stat()
            if status.st_size != size:
                raise ValueError(f"its size is {status.st_size}, not {size}")
            seen = (status.st_dev, status.st_ino, status.st_mtime_ns, int(sha256, 16))
            if hashed and seen not in self._hashed:
                if _sha256(path) != sha256:
                    raise ValueError("its bytes are not those that were written")
                self._hashed.add(seen)

    def info(self, name: str, current: str | None) -> GenerationInfo:
        """What the manifest says of a generation."""
        return info_of(name, Manifest.read(self.path(name)), current == name)

    def used(self, name: str) -> None:
        """Remember that a generation is in use, so that it stays. A read-only index forgets it, which shortens its stay."""
        with suppress(OSError):
            (self.home / name / USED).touch()

    def begin(self, base: str | None) -> Path:
        """A new directory to build in, with hard links to the files of ``base``; whatever a crash left is removed first."""
        with writing(self.tmp):
            self.clean()
            directory = self.tmp / self._next()
            directory.mkdir(parents=True)
            if base is not None:
                for file in Manifest.read(self.home / base).files:
                    _link(self.home / base / file, directory / file)
        return directory

    def _next(self) -> str:
        names = self.names()
        return f"{int(names[-1]) + 1 if names else 1:08d}"

    def seal(self, directory: Path, base: str | None, *, articles: int, journal: int) -> Manifest:
        """Make a built directory durable and write its manifest."""
        known = Manifest.read(self.home / base).files if base else {}
        files = {}
        with writing(directory):
            for path in sorted(directory.iterdir()):
                linked = base is not None and path.name in known and _same(path, self.home / base / path.name)
                if not linked:
                    path.chmod(0o444)
                    _fsync(path)
                files[path.name] = known[path.name] if linked else (path.stat().st_size, _sha256(path))
            created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            manifest = Manifest(
                format=FORMAT, analyser=ANALYSER, articles=articles, journal=journal, created=created, files=files
            )
            _write(directory / MANIFEST, manifest.sealed())
            _fsync(directory)
        return Manifest.read(directory)

    def publish(self, directory: Path, manifest: Manifest) -> str:
        """Move a sealed directory into place, make it current, collect old ones. Gives its name."""
        name = directory.name
        with writing(self.root):
            replaced = self.pointed()
            self.home.mkdir(exist_ok=True)
            directory.rename(self.home / name)
            _fsync(self.home)
            if replaced:
                self.used(replaced)
            self.used(name)
            self.point(name, manifest)
        self._collect(name)
        return name

    def point(self, name: str, manifest: Manifest) -> None:
        """Make a generation the current one, atomically and durably."""
        with writing(self.current_file):
            self.tmp.mkdir(exist_ok=True)
            aside = self.tmp / "CURRENT"
            _write(aside, f"{name} {manifest.checksum}\n".encode("ascii"))
            aside.rename(self.current_file)
            _fsync(self.root)

    def clean(self) -> None:
        """Remove what a crash left behind. Only the holder of the writer lock may."""
        if self.tmp.is_dir():
            for left in self.tmp.iterdir():
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left)
                else:
                    left.unlink()

    def _collect(self, current: str) -> None:
        """Remove generations nobody needs any more. A failure costs disk space only."""
        horizon = time.time() - KEEP_SECONDS
        with suppress(OSError):
            for name in self.names()[:-KEEP]:
                if name != current and self._last_used(name) < horizon:
                    doomed = self.tmp / f"{name}.old"
                    (self.home / name).rename(doomed)
                    shutil.rmtree(doomed)

    def _last_used(self, name: str) -> float:
        directory = self.home / name
        used = directory / USED
        return max(path.stat().st_mtime for path in (used, directory) if path.exists())


def info_of(name: str, manifest: Manifest, current: bool) -> GenerationInfo:
    """A manifest as the contract's value."""
    return GenerationInfo(
        name=name,
        articles=manifest.articles,
        analyser=manifest.analyser,
        journal=manifest.journal,
        created=manifest.created,
        bytes=manifest.size,
        current=current,
    )


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


def _is_name(name: str) -> bool:
    return len(name) == 8 and name.isascii() and name.isdecimal()


def _same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
