"""`WhooshEngine`: the contract of `searchapp.engines.base`, over generation directories."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from searchapp.analysis import learnt
from searchapp.engines.base import GenerationInfo
from searchapp.engines.whoosh.generations import Generations, Verify, info_of
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.errors import EngineError, GenerationGone, IndexDamaged, IndexMismatch

if TYPE_CHECKING:
    from searchapp.engines.whoosh.build import WhooshBuild

HELD = 4
"""Older generations kept open for cursors."""
TOUCH_SECONDS = 60
"""How often the use of an older generation is written down; it stays an hour after."""


class WhooshEngine:
    """An `Engine`. Safe for several threads; opens nothing before it is asked, so it may be made before a fork.

    ``verify``: ``full`` for a process that serves, ``sizes`` for one-shot commands. ``trouble`` is None, or says which
    generation should be served but can't be, while another one is.
    """

    def __init__(self, index_dir: Path, *, verify: Verify = "sizes") -> None:
        self.generations_on_disk = Generations(index_dir)
        self.trouble: str | None = None
        self._verify: Verify = verify
        self._lock = threading.Lock()
        self._snapshot: WhooshSnapshot | None = None
        self._stamp: tuple[int, int] | None = None
        self._older: OrderedDict[str, tuple[WhooshSnapshot, float]] = OrderedDict()

    def snapshot(self, generation: str | None = None, *, withheld: Set[str] = frozenset()) -> WhooshSnapshot:
        """The current generation, or a named one, without the articles withheld."""
        return self._pinned(generation).withholding(withheld)

    def _pinned(self, generation: str | None) -> WhooshSnapshot:
        """The current generation (looked up each time: one stat of CURRENT), or a named one.

        While one thread opens a new generation, the others go on with the one they have.
        """
        current = self._snapshot
        if generation is not None:
            if current is not None and current.info.name == generation:
                return current
            with self._lock:
                return self._named(generation)
        if current is not None and self.generations_on_disk.stamp() == self._stamp:
            return current
        if not self._lock.acquire(blocking=current is None):
            assert current is not None
            return current
        try:
            return self._look()
        finally:
            self._lock.release()

    def generations(self) -> Sequence[GenerationInfo]:
        """All that are kept and whose manifest can be read, oldest first."""
        disk = self.generations_on_disk
        current, found = disk.pointed(), []
        for name in disk.names():
            try:
                found.append(disk.info(name, current))
            except (IndexDamaged, GenerationGone):
                continue
        return found

    def begin_build(self, *, full: bool, jobs: int = 1) -> WhooshBuild:
        """Begin the next generation: from nothing, or from the best that can be served."""
        from searchapp.engines.whoosh.build import WhooshBuild  # what only builds isn't loaded to search

        if full:
            return WhooshBuild(self.generations_on_disk, None, jobs)
        with self._lock:
            base = self._look()
        return WhooshBuild(self.generations_on_disk, base.info.name, jobs)

    def close(self) -> None:
        """Drop what is open. Snapshots handed out stay usable; the engine opens again when asked."""
        with self._lock:
            self._snapshot = None
            self._older.clear()

    def _look(self) -> WhooshSnapshot:
        """The best generation that can be served; the one that is, while nothing has changed."""
        stamp = self.generations_on_disk.stamp()
        if self._snapshot is None or stamp != self._stamp:
            self._snapshot = self._best(self._snapshot)
            self._stamp = stamp
        return self._snapshot

    def _best(self, pinned: WhooshSnapshot | None) -> WhooshSnapshot:
        """The first candidate that verifies. One that is open already is not verified again, and stays if the first doesn't."""
        disk = self.generations_on_disk
        failed: list[EngineError] = []
        try:
            for name in disk.candidates():
                try:
                    chosen = pinned if pinned and pinned.info.name == name else self._open(name)
                except IndexMismatch:
                    if pinned or not failed:
                        raise
                except (IndexDamaged, GenerationGone) as error:
                    if pinned:
                        raise
                    failed.append(error)
                else:
                    self.trouble = str(failed[0]) if failed else self._no_pointer()
                    return chosen
        except EngineError as error:
            if pinned is None:
                raise
            self.trouble = str(error)
            return pinned
        raise failed[0]

    def _no_pointer(self) -> str | None:
        disk = self.generations_on_disk
        return None if disk.pointed() else f"{disk.current_file} names no generation that is there; the newest is served"

    def _open(self, name: str, *, current: bool = True) -> WhooshSnapshot:
        disk = self.generations_on_disk
        try:
            manifest = disk.verify(name, self._verify)
            learnt.load(disk.learnt)  # a stem that is known needs no NLTK, whose import takes a quarter of a second
            return WhooshSnapshot(disk.path(name), info_of(name, manifest, current=current))
        except IndexDamaged:
            disk.path(name)  # collected while it was being opened: not damaged but gone
            raise

    def _named(self, name: str) -> WhooshSnapshot:
        now = time.monotonic()
        held, touched = self._older.pop(name, (None, float("-inf")))
        if held is None:
            held = self._open(name, current=self.generations_on_disk.pointed() == name)
        if now - touched >= TOUCH_SECONDS:
            self.generations_on_disk.used(name)
            touched = now
        self._older[name] = (held, touched)
        while len(self._older) > HELD:
            self._older.popitem(last=False)
        return held
