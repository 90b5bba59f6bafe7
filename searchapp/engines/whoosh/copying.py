"""A copy of the generations: hard links where the file system has them, each file hashed where it has been put."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from searchapp.engines.base import Copied
from searchapp.engines.whoosh import files
from searchapp.engines.whoosh.files import writing
from searchapp.engines.whoosh.generations import Generations
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.engines.whoosh.pins import Pin
from searchapp.errors import EngineError, GenerationGone, IndexDamaged, IndexMismatch, NoIndex


def copy(disk: Generations, target: Path, *, link: bool) -> Copied:
    """Copy every generation that is whole into an empty index directory; `point` makes one of them current there.

    Those that are damaged are left out and told. Raises EngineError.
    """
    there = Generations(target)
    names: list[str] = []
    damaged: list[str] = []
    current = None
    with writing(target):
        there.home.mkdir()
        with suppress(NoIndex):
            for name in disk.candidates():
                try:
                    _copy_one(disk, there, name, link=link)
                except GenerationGone:  # collected meanwhile
                    continue
                except (IndexDamaged, IndexMismatch) as error:
                    damaged.append(str(error))
                else:
                    current = current or name
                    names.append(name)
        files.sync(there.home)
    journal = max((Manifest.read(there.home / name).journal for name in names), default=0)
    return Copied(generations=tuple(sorted(names)), current=current, journal=journal, damaged=tuple(damaged))


def point(target: Path, name: str) -> None:
    """Make a generation that was copied the current one. Raises EngineError."""
    there = Generations(target)
    with writing(target):
        files.create(there.current_file, f"{name} {Manifest.read(there.home / name).checksum}\n".encode("ascii"))
        files.sync(target)


def _copy_one(disk: Generations, there: Generations, name: str, *, link: bool) -> None:
    source, target = disk.path(name), there.home / name
    pin = Pin(source)
    try:
        manifest = Manifest.read(source)
        target.mkdir()
        for file in (*manifest.files, MANIFEST):
            _put(source / file, target / file, link=link)
        files.sync(target)
        there.verify(name, "full")
    except (EngineError, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, FileNotFoundError):
            raise IndexDamaged(f"{error.filename} is missing") from error
        raise
    finally:
        pin.release()


def _put(source: Path, target: Path, *, link: bool) -> None:
    if link:
        files.link(source, target)
    else:
        shutil.copyfile(source, target)
    if not files.same(source, target):
        target.chmod(files.READ_ONLY)
        files.sync(target)
