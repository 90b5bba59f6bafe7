"""Making a generation and making it current. The caller holds the writer lock.

Files are written in a directory of ``tmp/``; then, each step only when the one before is certain to last:

    every file read-only and synced; the manifest, synced; the directory, synced
    the whole read as a reader would (`build`)
    the directory renamed into ``generations/``, that synced
    CURRENT written aside and synced, renamed over the old one, the index directory synced

A crash at any point leaves the old or the new generation current, and anything half-made in ``tmp/``. An error abandons the new
generation and leaves, or puts back, the old one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from searchapp.engines.whoosh import files
from searchapp.engines.whoosh.collection import collect
from searchapp.engines.whoosh.files import WAY_OUT, writing
from searchapp.engines.whoosh.generations import Generations, is_name, pointer_of
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.errors import IndexDamaged


class Publisher:
    """Makes generations of one index."""

    def __init__(self, generations: Generations) -> None:
        self._disk = generations
        self._shown: str | None = None  # the generation that readers may have seen as the current one

    def begin(self, base: str | None, need: int = 0) -> Path:
        """A new directory to build in, with hard links to the files of ``base``; whatever a crash left is removed first.

        ``need`` is how many bytes the build is likely to write. Raises EngineError when there is no room for them.
        """
        disk = self._disk
        with writing(disk.tmp):
            name = self._next()
            self.clean()
            disk.tmp.mkdir(parents=True, exist_ok=True)
            files.make_sure_of_room(disk.tmp, need)
            directory = disk.tmp / name
            directory.mkdir()
            try:
                if base is not None:
                    self._link(disk.home / base, directory)
            except BaseException:
                shutil.rmtree(directory, ignore_errors=True)
                raise
        return directory

    def _link(self, base: Path, directory: Path) -> None:
        for file, (_, sha256) in Manifest.read(base).files.items():
            linked = files.link(base / file, directory / file)
            if not linked and files.sha256(directory / file) != sha256:
                raise IndexDamaged(f"{base / file} can't be copied whole; {WAY_OUT}")

    def _next(self) -> str:
        """A name that no generation has had, be it current, rolled back from, or never finished."""
        disk, pointer = self._disk, self._disk.pointer()
        begun = [name for name in os.listdir(disk.tmp) if is_name(name)] if disk.tmp.is_dir() else []
        return f"{max(map(int, [*disk.names(), *begun, pointer[0] if pointer else '0'])) + 1:08d}"

    def seal(self, directory: Path, base: str | None, *, articles: int, journal: int) -> Manifest:
        """Make a built directory last and write its manifest. Raises EngineError.

        A file linked from ``base`` keeps the checksum it was published with.
        """
        known = Manifest.read(self._disk.home / base).files if base else {}
        sealed = {}
        with writing(directory):
            for path in sorted(directory.iterdir()):
                linked = path.name in known and files.same(path, self._disk.home / str(base) / path.name)
                if not linked:
                    files.freeze(path)
                sealed[path.name] = known[path.name] if linked else (path.stat().st_size, files.sha256(path))
            manifest = Manifest.made(directory.name, articles, journal, sealed)
            files.create(directory / MANIFEST, manifest.sealed())
            (directory / MANIFEST).chmod(files.READ_ONLY)
            files.sync(directory)
        return Manifest.read(directory)

    def publish(self, directory: Path, manifest: Manifest) -> str:
        """Move a sealed directory into place, make it current, collect old ones. Gives its name. Raises EngineError."""
        disk, name = self._disk, directory.name
        replaced = disk.pointed()
        with writing(disk.root):
            self._make_home()
            directory.rename(disk.home / name)
            try:
                files.sync(disk.home)
                for kept in filter(None, (replaced, name)):
                    disk.used(kept)
                self.point(name, manifest.checksum)
            except BaseException:
                if self._shown != name:  # else its number stays taken
                    with suppress(OSError):  # back to where its builder, or the next writer, removes it
                        (disk.home / name).rename(directory)
                        files.sync(disk.home)
                raise
        collect(disk, name)
        return name

    def _make_home(self) -> None:
        home = self._disk.home
        if not home.is_dir():
            home.mkdir()
            for parent in (home.parent, home.parent.parent):
                files.sync(parent)

    def point(self, name: str, checksum: str) -> None:
        """Make a generation the current one, atomically and durably. Raises EngineError; then the one before still is."""
        disk = self._disk
        with writing(disk.current_file):
            before = disk.pointer()
            self._swap((name, checksum))
            try:
                files.sync(disk.root)
            except OSError:
                self._put_back(before)
                raise

    def _put_back(self, before: tuple[str, str] | None) -> None:
        """What CURRENT said; when that fails too, the new generation, which is whole, stays current."""
        shown = self._shown
        with suppress(OSError):
            if before is None:
                self._disk.current_file.unlink()
            else:
                self._swap(before)
        self._shown = shown

    def _swap(self, pointer: tuple[str, str]) -> None:
        aside = self._disk.tmp / "CURRENT"
        aside.parent.mkdir(exist_ok=True)
        aside.unlink(missing_ok=True)
        files.create(aside, pointer_of(*pointer).encode("ascii"))
        aside.rename(self._disk.current_file)
        self._shown = pointer[0]

    def clean(self) -> None:
        """Remove what a crash left behind. Raises EngineError."""
        with writing(self._disk.tmp):
            files.empty(self._disk.tmp)
