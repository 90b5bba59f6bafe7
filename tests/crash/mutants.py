"""The program with one precaution taken out: each must turn a trial red, or the trials prove nothing.

Each of `MUTANTS` changes this process for good, so it is applied in a fork. Each names the trials that must notice.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from searchapp.archive import durable, journal, lock
from searchapp.engines.whoosh import collection, files, generations, manifest, pins, publishing, stock

Order = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """What is taken out, and what must turn red: orders to the laboratory, or the name of one of its other checks."""

    take_out: Callable[[], None]
    orders: tuple[Order, ...]


def power(name: str, **more: Any) -> Order:
    """Loss of power around every sync and rename of a scenario."""
    return {"what": "power", "name": name, "seeds": [1, 2, 3], "every": 10**6, **more}


def kill(name: str, **more: Any) -> Order:
    """kill -9 everywhere in a scenario."""
    return {"what": "kill", "name": name, "modes": ["KILL_BEFORE"], **more}


def unsynced(wanted: Callable[[Path], bool]) -> Callable[[], None]:
    """`files.sync` without some paths."""

    def take_out() -> None:
        plain = files.sync
        files.sync = lambda path: None if wanted(path) else plain(path)  # type: ignore[assignment]

    return take_out


def _created_unsynced(name: str) -> Callable[[], None]:
    def take_out() -> None:
        plain = files.create

        def create(path: Path, content: bytes) -> None:
            if path.name == name:
                path.write_bytes(content)
            else:
                plain(path, content)

        files.create = create  # type: ignore[assignment]

    return take_out


def _current_in_place() -> None:
    def swap(self: publishing.Publisher, pointer: tuple[str, str]) -> None:
        with self._disk.current_file.open("w") as file:
            file.write(f"{' '.join(pointer)}\n")
            file.flush()
            os.fsync(file.fileno())

    publishing.Publisher._swap = swap  # type: ignore[method-assign]


def _built_in_place() -> None:
    """A generation copied into its place file by file."""

    def rename(self: Path, target: Path) -> Path:
        if Path(target).parent.name == "generations":
            shutil.copytree(self, target)
            shutil.rmtree(self)
        else:
            os.rename(self, target)
        return Path(target)

    Path.rename = rename  # type: ignore[method-assign,assignment]


def _collected_in_place() -> None:
    def remove(disk: generations.Generations, name: str, **_: bool) -> bool:
        shutil.rmtree(disk.home / name)
        return True

    collection.remove = remove  # type: ignore[assignment]


def _hashes_unread() -> None:
    def sizes(self: generations.Generations, path: Path, size: int, _sha256: str, *, hashed: bool) -> None:  # noqa: ARG001
        with files.damage(path):
            if path.stat().st_size != size:
                raise ValueError("size")

    generations.Generations._verify_file = sizes  # type: ignore[method-assign]


def _manifest_believed() -> None:
    manifest.Manifest.digest = lambda self: self.checksum  # type: ignore[method-assign]


def _lock_left_out() -> None:
    lock.fcntl.flock = lambda *_, **__: None  # type: ignore[assignment]


def _pins_left_out() -> None:
    pins.Pin.__init__ = lambda *_, **__: None  # type: ignore[method-assign]


def _pickles_believed() -> None:
    stock.load = pickle.load


def _journal_unsynced() -> None:
    journal.os = _Unsyncing()  # type: ignore[attr-defined]
    journal.sync_directory = journal.sync_upwards = lambda *_, **__: None  # type: ignore[assignment]


class _Unsyncing:
    """The module os, but for fsync."""

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: None) if name in ("fsync", "fdatasync") else getattr(os, name)


def _journal_directory_unsynced() -> None:
    journal.sync_directory = journal.sync_upwards = lambda *_, **__: None  # type: ignore[assignment]
    durable.sync_directory = lambda *_, **__: None  # type: ignore[assignment]
    publishing.files.sync = lambda _: None  # type: ignore[assignment]


def _debris_left() -> None:
    files.empty = lambda _: None  # type: ignore[assignment]


def _freed_without_sync() -> None:
    def freeze(path: Path) -> None:
        path.chmod(files.READ_ONLY)

    files.freeze = freeze  # type: ignore[assignment]


def _errors_of_sync_passed_over() -> None:
    plain = files.sync

    def sync(path: Path) -> None:
        with suppress(OSError):
            plain(path)

    files.sync = sync  # type: ignore[assignment]


MUTANTS: dict[str, Mutant] = {
    "no sync of the journal": Mutant(_journal_unsynced, (power("increment"),)),
    "no sync of any directory": Mutant(_journal_directory_unsynced, (power("first"),)),
    "no sync of a segment's files": Mutant(_freed_without_sync, (power("increment"),)),
    "no sync of the manifest": Mutant(_created_unsynced("MANIFEST.json"), (power("increment"),)),
    "no sync of a generation's directory": Mutant(
        unsynced(lambda path: path.parent.name == "tmp"), (power("increment"), power("rebuild"))
    ),
    "no sync of generations/": Mutant(unsynced(lambda path: path.name == "generations"), (power("increment"), power("collect"))),
    "no sync of CURRENT": Mutant(_created_unsynced("CURRENT"), (power("increment"),)),
    "no sync of the index directory": Mutant(
        unsynced(lambda path: path.name == "index"), (power("increment"), power("rollback"))
    ),
    "CURRENT written in place": Mutant(_current_in_place, (kill("increment", last=45), power("rollback"))),
    "a generation copied into place": Mutant(_built_in_place, (kill("increment", last=70),)),
    "a generation removed in place": Mutant(_collected_in_place, (kill("collect"),)),
    "debris left in tmp/": Mutant(_debris_left, (kill("increment", last=70),)),
    "errors of fsync passed over": Mutant(
        _errors_of_sync_passed_over,
        ({"what": "errors", "name": "increment", "error": "EIO", "mode": "FAIL_ONCE"},),
    ),
    "hashes not compared": Mutant(_hashes_unread, ({"what": "damage", "trials": 300, "seed": 1},)),
    "the manifest's own checksum not compared": Mutant(_manifest_believed, ({"what": "damage", "trials": 600, "seed": 1},)),
    "no lock": Mutant(_lock_left_out, ({"what": "locks", "trials": 4, "seed": 1},)),
    "no pins": Mutant(_pins_left_out, ({"what": "pinned"},)),
    "any class unpickled": Mutant(_pickles_believed, ({"what": "hostile"},)),
}
