"""Damage to what is stored: found before it is used, named, and another generation served; hostile pickles never run."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from crash.world import World
from whoosh.legacy import toc_loaders

from searchapp.archive import Journal, opened
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.generations import USED, Generations, Verify
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.engines.whoosh.publishing import Publisher
from searchapp.errors import JournalDamaged, SearchAppError
from searchapp.query.tree import Everything

if TYPE_CHECKING:
    from crash.laboratory import Laboratory, Result

KINDS = ("flip",) * 12 + ("empty", "halved", "gone", "longer", "swapped", "swapped generation", "link", "pipe", "directory")


@contextmanager
def hurt(path: Path, kind: str, random: Random, others: list[Path]) -> Iterator[str]:
    """A file with some damage; afterwards it is as it was. Gives what was done."""
    aside = path.parents[2] / "aside"
    content = bytearray(path.read_bytes())
    path.rename(aside)
    told = kind
    try:
        if kind == "flip":
            bit = random.randrange(8 * len(content))
            content[bit >> 3] ^= 1 << (bit & 7)
            path.write_bytes(content)
            told = f"flip of bit {bit}"
        elif kind in ("swapped", "swapped generation"):
            alike = [other for other in others if (other.suffix == path.suffix) == (kind == "swapped generation")]
            path.write_bytes(random.choice([other for other in alike or others if other.read_bytes() != content]).read_bytes())
        elif kind == "link":
            path.symlink_to(aside)
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "directory":
            path.mkdir()
        elif kind != "gone":
            path.write_bytes({"empty": b"", "halved": content[: len(content) // 2], "longer": content + b"\0"}[kind])
        yield told
    finally:
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        aside.rename(path)


class Hurting:
    """Trials on one archive of three generations."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        self.world = laboratory.world(laboratory.place())
        for names in (("a.jsonl",), ("b.jsonl",), ("b2.jsonl", "c.jsonl")):
            self.world.run(*names)
        self.generations = Generations(self.world.index)
        self.current = self.generations.home / "00000003"
        self.new, self.old = self.world.answers(), self._answers_of("00000002")
        self.records = list(Journal(self.world.index / "journal").read())

    def _answers_of(self, name: str) -> str:
        world = World(self.world.top, self.world.papers)
        world.engine = lambda: _Named(WhooshEngine(self.world.index), name)  # type: ignore[method-assign,assignment,return-value]
        return world.answers()

    def one(self, random: Random) -> tuple[str, list[str]]:
        """Damage something, look, and put it back."""
        names = sorted(Manifest.read(self.current).files)
        where = random.random()
        others = [self.generations.home / "00000002" / name for name in Manifest.read(self.current.with_name("00000002")).files]
        others += [self.current / name for name in names]
        if where < 0.1:
            path, others = self.current / MANIFEST, [self.current.with_name("00000002") / MANIFEST]
        elif where < 0.2:
            path, others = self.generations.current_file, [self.current / MANIFEST]
        elif where < 0.25:
            path, others = self.world.index / "journal" / "articles.journal", [self.current / MANIFEST]
        else:
            path = self.current / random.choice(names)
        kind = random.choice(KINDS)
        how: Verify = random.choice(("full", "full", "sizes"))
        with hurt(path, kind, random, [other for other in others if other != path]) as told:
            name = f"{told} in {path.relative_to(self.world.index)} ({how})"
            try:
                if path.name == "articles.journal":
                    return name, self._journal_faults(path, kind)
                return name, self._faults(path, how)
            except BaseException:
                return name, [traceback.format_exc()[-1200:]]

    def _faults(self, path: Path, how: Verify) -> list[str]:
        found = []
        engine = WhooshEngine(self.world.index, verify=how)
        world = World(self.world.top, self.world.papers)
        world.engine = lambda: engine  # type: ignore[method-assign]
        wanted = self.new if path.name == "CURRENT" else self.old
        if world.answers() != wanted:
            found.append("not the answers of a sound generation")
        if path.name not in (engine.trouble or ""):
            found.append(f"not named: {engine.trouble}")
        damage = WhooshEngine(self.world.index).verify()
        if not any(path.name in each.message for each in damage):
            found.append(f"verify doesn't name it: {damage}")
        return found

    def _journal_faults(self, path: Path, kind: str) -> list[str]:
        if kind in ("pipe", "gone"):  # whoever opens a pipe waits for its other end; a journal that is gone was never there
            return []
        try:
            read = list(Journal(path.parent).read())
            with opened(Journal(path.parent), []):  # which knows how far it must reach
                pass
        except (JournalDamaged, SearchAppError):
            return []
        return [] if read == self.records else ["another journal was read"]


class _Named:
    """An engine that gives one generation."""

    def __init__(self, engine: WhooshEngine, name: str) -> None:
        self._engine = engine
        self._name = name

    def snapshot(self, **_: Any) -> Any:
        """That generation."""
        return self._engine.snapshot(self._name)


def damage(laboratory: Laboratory, result: Result, *, trials: int, seed: int) -> None:
    """So many random damages."""
    hurting = Hurting(laboratory)
    for number in range(trials):
        if len(result.red) >= laboratory.enough:
            return
        result.take(*hurting.one(Random(f"damage {seed} {number}")))


class Payload:
    """What a hostile index would like to have unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (os.environ["CRASH_TEST_MARK"],)


def hostile(laboratory: Laboratory, result: Result) -> None:
    """Pickles that run code, everywhere a generation has bytes, with the right checksums and with wrong ones."""
    world = laboratory.world(laboratory.place())
    for names in (("a.jsonl",), ("b.jsonl",)):
        world.run(*names)
    mark = world.top / "ran"
    os.environ["CRASH_TEST_MARK"] = str(mark)
    directory = world.index / "generations" / "00000002"
    files = sorted(path for path in directory.iterdir() if path.name not in (USED, MANIFEST))
    for path in files:
        original = path.read_bytes()
        for place, content in _poisoned(path, original):
            for sealed in (True, False):
                path.unlink()
                path.write_bytes(content)
                kept = (directory / MANIFEST).read_bytes(), (world.index / "CURRENT").read_bytes()
                if sealed:
                    _reseal(world, directory)
                told = laboratory.aside(lambda: _use(world))
                ran = mark.exists()
                faults = ["its code ran"] if ran else [] if told is None or str(told).startswith("DIED of") else [str(told)]
                result.take(f"{path.name} {place} {'sealed' if sealed else 'not sealed'}", faults)
                if ran:
                    mark.rmdir()
                for target, content_before in zip((directory / MANIFEST, world.index / "CURRENT"), kept, strict=True):
                    target.unlink()
                    target.write_bytes(content_before)
                path.unlink()
                path.write_bytes(original)


def _poisoned(path: Path, original: bytes) -> Iterator[tuple[str, bytes]]:
    payload = pickle.dumps(Payload(), 2)
    yield "replaced", payload
    if path.suffix == ".toc":
        for at in range(len(original) - 1):
            if original[at] == 0x80 and original[at + 1] in b"\2\3\4\5":
                yield f"at {at}", original[:at] + payload + original[at + len(payload) :]
        head = original.index(b"\xff\xff\xcf\xc7") + 4  # -12345, then the version
        for version in toc_loaders:
            old = int(version).to_bytes(4, "big", signed=True)
            yield f"version {version}", original[:head] + old + original[head + 4 : head + 7] + b"\0" + payload


def _reseal(world: World, directory: Path) -> None:
    for name in (MANIFEST, USED):
        (directory / name).unlink(missing_ok=True)
    publisher = Publisher(Generations(world.index))
    publisher.point(directory.name, publisher.seal(directory, None, articles=21, journal=1).checksum)


def _use(world: World) -> None:
    """Open, search, verify, roll back, build on: whatever is refused must be refused by an error of ours."""
    for verify in ("full", "sizes"):
        for use in (
            lambda engine: engine.snapshot().search(EngineRequest(tree=Everything())),
            lambda engine: engine.snapshot("00000002"),
            lambda engine: engine.verify(),
            lambda engine: engine.rollback("00000002"),
            lambda engine: engine.begin_build(full=False).__exit__(),
        ):
            try:
                use(WhooshEngine(world.index, verify=verify))
            except SearchAppError:
                continue
