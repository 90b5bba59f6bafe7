"""A file system that is really full: a small tmpfs where this user may mount one, else a limit on the size of files."""

from __future__ import annotations

import resource
import shutil
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crash.world import NOTHING, World

from searchapp.archive import WriterLock
from searchapp.engines.whoosh import files
from searchapp.errors import SearchAppError

if TYPE_CHECKING:
    from crash.laboratory import Laboratory, Result

SMALLEST, LARGEST = 48 << 10, 3 << 20
REASONS = ("No space left on device", "database or disk is full", "disk I/O error", "File too large", " free, but ")


def full_disk(laboratory: Laboratory, result: Result, *, sizes: int) -> None:
    """So many sizes of a file system; at each, papers are indexed until it is full, then there is room again."""
    can_mount = _can_mount(laboratory.place())
    result.facts["how"] = "tmpfs" if can_mount else "RLIMIT_FSIZE"
    for number in range(sizes):
        size = int(SMALLEST * (LARGEST / SMALLEST) ** (number / max(1, sizes - 1)))
        for reserve in (0, files.RESERVE):
            top = laboratory.place()
            top.mkdir()
            try:
                faults = laboratory.aside(lambda: _fill(laboratory.world(top), size, reserve, can_mount))  # noqa: B023
            finally:
                if can_mount:
                    subprocess.run(["umount", str(top)], check=False, capture_output=True)
            result.take(f"{size >> 10} KB, {reserve >> 20} MB reserved", [faults] if isinstance(faults, str) else faults)
            shutil.rmtree(top)


def _fill(world: World, size: int, reserve: int, can_mount: bool) -> list[str]:
    files.RESERVE = reserve
    found: list[str] = []
    with _room(world.top, size, can_mount) as more:
        old, failed = NOTHING, ""
        for number, names in enumerate((("a.jsonl",), ("b.jsonl",), ("b2.jsonl", "c.jsonl"), ("d.jsonl",))):
            reader = world.engine()
            if number:
                reader.snapshot()
            try:
                world.run(*names)
            except SearchAppError as error:
                failed = str(error)
            except Exception:
                found.append("not an error of ours: " + traceback.format_exc()[-900:])
                failed = "?"
            if failed:
                break
            old = world.answers()
        if failed and failed != "?" and not any(reason in failed for reason in REASONS):
            found.append(f"its message doesn't tell what happened: {failed}")
        seen = world.answers()
        with WriterLock(world.index):
            pass
        more()
        world.run(*names)
        if seen not in (old, world.answers()):
            found.append("readers see something else than before, and than after")
        for names in (("a.jsonl",), ("b.jsonl",), ("b2.jsonl", "c.jsonl"), ("d.jsonl",)):
            world.run(*names)
        if len(world.ids()) != 33:
            found.append(f"with room again {len(world.ids())} articles are indexed, not 33")
        if damage := world.engine().verify():
            found.append(f"with room again there is damage: {damage}")
        if not failed and size <= 2 * SMALLEST:
            found.append("the file system was never full")
    return found


@contextmanager
def _room(top: Path, size: int, can_mount: bool) -> Iterator[object]:
    if can_mount:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(top)], check=True)

        def more() -> None:
            subprocess.run(["mount", "-o", "remount,size=64m", str(top)], check=True)
    else:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(1024, size // 64), before[1]))

        def more() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    yield more


def _can_mount(place: Path) -> bool:
    place.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=False, capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", str(place)], check=True)
        return done.returncode == 0
    except OSError:
        return False
    finally:
        place.rmdir()
