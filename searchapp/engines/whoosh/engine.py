"""`WhooshEngine`: the contract of `searchapp.engines.base`, over generation directories."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from searchapp.analysis import learnt
from searchapp.engines.base import Copied, Damage, GenerationInfo
from searchapp.engines.whoosh import collection
from searchapp.engines.whoosh.files import writing
from searchapp.engines.whoosh.generations import Generations, Verify
from searchapp.engines.whoosh.manifest import Manifest
from searchapp.engines.whoosh.pins import Pin
from searchapp.engines.whoosh.snapshot import WhooshSnapshot
from searchapp.errors import EngineError, GenerationGone, IndexDamaged, IndexMismatch, SearchAppError

if TYPE_CHECKING:
    from searchapp.engines.whoosh.build import WhooshBuild

HELD = 4
"""Older generations kept open for cursors."""
TOUCH_SECONDS = 60
"""How often the use of an older generation is written down; it stays an hour after."""
ROLL_BACK = "name one with `searchapp rollback GENERATION`, or make one with `searchapp index --full`"
GLANCE = 0.05
"""Seconds in which a small generation is opened; it is waited for so long."""
RETRY_SECONDS = 30
"""How soon a generation that couldn't be served is looked at again: somebody may have mended it."""


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
        self._looked = 0.0
        self._refused: EngineError | None = None
        self._older: OrderedDict[str, tuple[WhooshSnapshot, float]] = OrderedDict()

    def snapshot(self, generation: str | None = None, *, withheld: Set[str] = frozenset()) -> WhooshSnapshot:
        """The current generation, or a named one, without the articles withheld."""
        return self._pinned(generation).withholding(withheld)

    def _pinned(self, generation: str | None) -> WhooshSnapshot:
        """The current generation (looked up each time: one stat of CURRENT), or a named one.

        While a new generation is opened, everybody goes on with the one there is. A process that serves opens it aside: hashing
        takes seconds, and whoever happened to ask first would wait for it.
        """
        current = self._snapshot
        if generation is not None:
            if current is not None and current.info.name == generation:
                return current
            with self._lock:
                return self._named(generation)
        if current is not None and self._is_settled():
            return current
        if not self._lock.acquire(blocking=current is None):
            assert current is not None
            return current
        if current is not None and self._verify == "full":
            aside = threading.Thread(target=self._look_aside, name="opening a generation", daemon=True)
            aside.start()
            aside.join(GLANCE)
            return self._snapshot or current
        return self._look_and_release()

    def _look_aside(self) -> None:
        try:
            self._look_and_release()
        except (SearchAppError, OSError) as error:  # nobody waits for it
            self.trouble = str(error)

    def _look_and_release(self) -> WhooshSnapshot:
        """Look, then give back the lock, which whoever calls this has taken."""
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
            except (IndexDamaged, IndexMismatch, GenerationGone):
                continue
        return found

    def begin_build(self, *, full: bool, jobs: int = 1, size: int = 0) -> WhooshBuild:
        """Begin the next generation: from nothing, or from the best that can be served."""
        from searchapp.engines.whoosh.build import WhooshBuild  # what only builds isn't loaded to search

        if full:
            return WhooshBuild(self.generations_on_disk, None, jobs, size)
        with self._lock:
            base = self._look()
        return WhooshBuild(self.generations_on_disk, base.info.name, jobs, size)

    def verify(self) -> Sequence[Damage]:
        """Read every byte of every generation that is kept, and open it. What is damaged, the current one first."""
        disk = Generations(self.generations_on_disk.root)  # one that remembers nothing
        found = []
        if disk.names() and disk.pointed() is None:
            found.append(Damage("", f"{disk.current_file} names no generation that is there; {ROLL_BACK}"))
        for name in disk.candidates():
            try:
                manifest = disk.verify(name, "full")
                articles = WhooshSnapshot(disk.path(name), manifest.info(current=False)).generation.articles
                if articles != manifest.articles:
                    raise IndexDamaged(f"{disk.path(name)} holds {articles} articles, not {manifest.articles}")
            except GenerationGone:
                continue
            except EngineError as error:
                found.append(Damage(name, str(error)))
        return found

    def rollback(self, generation: str | None = None) -> GenerationInfo:
        """Make an older generation the current one, after reading every byte of it."""
        from searchapp.engines.whoosh.publishing import Publisher

        disk = self.generations_on_disk
        if generation is None:
            pointer = disk.pointer()
            older = [name for name in disk.names() if pointer is None or name < pointer[0]]
            if not older:
                raise GenerationGone(f"there is no generation before {pointer[0] if pointer else 'the current one'}")
            generation = older[-1]
        pin = Pin(disk.path(generation))
        manifest = disk.verify(generation, "full")
        WhooshSnapshot(disk.path(generation), manifest.info(current=False))
        publisher = Publisher(disk)
        publisher.clean()
        disk.used(generation)
        publisher.point(generation, manifest.checksum)
        pin.release()
        return manifest.info(current=True)

    def discard_others(self) -> Sequence[str]:
        """Remove every generation but the current one, whoever reads it, and what a crash left; gives their names."""
        from searchapp.engines.whoosh.publishing import Publisher

        disk = self.generations_on_disk
        current = self.snapshot().info.name
        Publisher(disk).clean()
        others = [name for name in disk.names() if name != current]
        with writing(disk.home):
            for name in others:
                collection.remove(disk, name, pinned=True)
        with self._lock:
            self._older.clear()
        return others

    def copy(self, directory: Path, *, link: bool) -> Copied:
        """Copy the generations into an empty index directory, each read in full there."""
        from searchapp.engines.whoosh import copying

        return copying.copy(self.generations_on_disk, directory, link=link)

    def point(self, directory: Path, generation: str) -> None:
        """Make a generation the current one in an index directory that `copy` made."""
        from searchapp.engines.whoosh import copying

        copying.point(directory, generation)

    def unpacked(self) -> Iterator[tuple[Path, bytes]]:
        """Whatever stands compressed in any file of the index directory: file and plain bytes."""
        from searchapp.engines.whoosh.unpacking import unpacked

        return unpacked(self.generations_on_disk.root)

    def close(self) -> None:
        """Drop what is open. Snapshots handed out stay usable; the engine opens again when asked."""
        with self._lock:
            self._snapshot = None
            self._older.clear()

    def _is_settled(self) -> bool:
        """Whether there is nothing to look for: CURRENT is as it was, and no trouble is old enough to be looked at again."""
        if self.generations_on_disk.stamp() != self._stamp:
            return False
        return self.trouble is None or time.monotonic() - self._looked < RETRY_SECONDS

    def _look(self) -> WhooshSnapshot:
        """The best generation that can be served; the one that is, while nothing has changed."""
        if (self._snapshot or self._refused) and self._is_settled():
            if self._snapshot is None:
                raise self._refused or AssertionError
            return self._snapshot
        stamp, self._looked = self.generations_on_disk.stamp(), time.monotonic()
        try:
            self._snapshot, self._refused = self._best(self._snapshot), None
        except IndexDamaged as error:  # not read again by every request
            self._refused, self.trouble = error, str(error)
            raise
        finally:
            self._stamp = stamp
        self._forget_unused()
        return self._snapshot

    def _forget_unused(self) -> None:
        """Let go of older generations no cursor has walked for long: what is open isn't collected."""
        horizon = time.monotonic() - collection.KEEP_SECONDS
        for name in [name for name, (_, touched) in self._older.items() if touched < horizon]:
            del self._older[name]

    def _best(self, pinned: WhooshSnapshot | None) -> WhooshSnapshot:
        """The first candidate that verifies. One that is open already is not verified again, and stays if the first doesn't."""
        disk = self.generations_on_disk
        failed: list[EngineError] = []
        try:
            for name in disk.candidates():
                try:
                    chosen = pinned if pinned and self._is_same(pinned, name) else self._open(name)
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

    def _is_same(self, pinned: WhooshSnapshot, name: str) -> bool:
        """Whether a generation is the one that is open. Raises IndexDamaged."""
        disk = self.generations_on_disk
        return pinned.info.name == name and Manifest.read(disk.path(name)).checksum == pinned.checksum

    def _no_pointer(self) -> str | None:
        disk = self.generations_on_disk
        return None if disk.pointed() else f"{disk.current_file} names no generation that is there; the newest is served"

    def _open(self, name: str, *, current: bool = True) -> WhooshSnapshot:
        disk = self.generations_on_disk
        pin = Pin(disk.path(name))
        try:
            manifest = disk.verify(name, self._verify)
            learnt.load(disk.learnt)  # a stem that is known needs no NLTK, whose import takes a quarter of a second
            return WhooshSnapshot(disk.path(name), manifest.info(current), manifest.checksum, pin)
        except IndexDamaged:
            disk.path(name)  # removed while it was being opened: not damaged but gone
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
