"""A disk that loses power: what a process did to a directory, and what may be left of it.

The log of the shim is replayed on a model of a file system. A file's bytes are certain after fsync of the file, its name after
fsync of its directory. Of everything else the model loses at random: of un-synced bytes as Lucene's MockDirectoryWrapper does
(all, zeroed, half of them, one bit wrong, none), of un-synced names each with p = 1/2, in any order. That is harsher than
any journalling file system, which keeps the order of what it does to names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512


@dataclass(slots=True)
class Event:
    """A line of the log; ``number`` is the shim's count of calls so far."""

    number: int
    call: str
    inode: int
    offset: int
    path: str
    other: str
    data: bytes = b""


def parse(log: bytes) -> list[Event]:
    """The events of a log; a torn last line is left out."""
    events, at = [], 0
    while (end := log.find(b"\n", at)) >= 0:
        number, call, inode, offset, length, path, other = log[at:end].decode("utf-8", "surrogateescape").split("\t")
        at = end + 1
        data = log[at : at + int(length)]
        at += len(data)
        if len(data) < int(length):
            break
        events.append(Event(int(number), call, int(inode), int(offset), path, other, data))
    return events


@dataclass(slots=True)
class File:
    """A file: what it holds, and what of that is certain."""

    now: bytearray = field(default_factory=bytearray)
    certain: bytes = b""
    dirty: bool = False


@dataclass(slots=True, eq=False)
class Directory:
    """A directory: its names, and those that are certain."""

    now: dict[str, int] = field(default_factory=dict)
    certain: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Step:
    """An un-synced change of names: in each of some directories a name gets an inode, or loses it (None)."""

    number: int
    changes: tuple[tuple[int, str, int | None], ...]


class Disk:
    """The model, beginning with a directory as it is on the disk, all of it certain."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.nodes: dict[int, File | Directory] = {}
        self.pending: list[Step] = []
        self._steps = 0
        self._settled: dict[tuple[int, str], int] = {}  # the last step that is certain, by directory and name
        self.root = self._load(top)

    def _load(self, path: Path) -> int:
        inode = path.lstat().st_ino
        if path.is_dir():
            names = {child.name: self._load(child) for child in sorted(path.iterdir())}
            self.nodes[inode] = Directory(dict(names), dict(names))
        elif inode not in self.nodes:
            content = path.read_bytes()
            self.nodes[inode] = File(bytearray(content), content)
        return inode

    def apply(self, event: Event) -> None:
        """Do what the process did."""
        if event.call in ("create", "mkdir"):
            self.nodes[event.inode] = File() if event.call == "create" else Directory()
            self._name((*self._place(event.path), event.inode))
        elif event.call in ("write", "truncate", "empty"):
            self._write(event)
        elif event.call == "rename":
            self._name((*self._place(event.other), event.inode), (*self._place(event.path), None))
        elif event.call == "link":
            self._name((*self._place(event.other), event.inode))
        elif event.call == "unlink":
            self._name((*self._place(event.path), None))
        elif event.call == "sync":
            self._sync(event.inode)

    def _write(self, event: Event) -> None:
        file = self.nodes[event.inode]
        assert isinstance(file, File)
        file.dirty = True
        if event.call == "write":
            file.now.extend(bytes(max(0, event.offset - len(file.now))))
            file.now[event.offset : event.offset + len(event.data)] = event.data
        else:
            size = 0 if event.call == "empty" else event.offset
            file.now.extend(bytes(max(0, size - len(file.now))))
            del file.now[size:]

    def _place(self, path: str) -> tuple[int, str]:
        parts = Path(path).relative_to(self.top).parts
        inode = self.root
        for part in parts[:-1]:
            directory = self.nodes[inode]
            assert isinstance(directory, Directory)
            inode = directory.now[part]
        return inode, parts[-1]

    def _name(self, *changes: tuple[int, str, int | None]) -> None:
        for parent, name, inode in changes:
            _put(self._directory(parent).now, name, inode)
        self._steps += 1
        self.pending.append(Step(self._steps, changes))

    def _directory(self, inode: int) -> Directory:
        found = self.nodes[inode]
        assert isinstance(found, Directory)
        return found

    def _sync(self, inode: int) -> None:
        node = self.nodes.get(inode)
        if isinstance(node, File):
            node.certain, node.dirty = bytes(node.now), False
        elif isinstance(node, Directory):
            # A rename between directories is one change to a file system: it lasts when either of them has been synced.
            for step in self.pending:
                if any(parent == inode for parent, _, _ in step.changes):
                    for parent, name, child in step.changes:
                        if step.number > self._settled.get((parent, name), 0):
                            _put(self._directory(parent).certain, name, child)
                            self._settled[parent, name] = step.number
            self.pending = [step for step in self.pending if all(parent != inode for parent, _, _ in step.changes)]

    def uncertain(self) -> bool:
        """Whether a loss of power could change anything."""
        return bool(self.pending) or any(isinstance(node, File) and node.dirty for node in self.nodes.values())

    def after_power_loss(self, random: Random) -> Image:
        """One of the states the disk may be found in."""
        names = {inode: dict(node.certain) for inode, node in self.nodes.items() if isinstance(node, Directory)}
        for step in self.pending:
            if random.random() < 0.5:
                for parent, name, child in step.changes:
                    if step.number > self._settled.get((parent, name), 0):
                        _put(names[parent], name, child)
        contents = {inode: _damaged(node, random) for inode, node in self.nodes.items() if isinstance(node, File)}
        return Image(self.root, names, contents)

    def now(self) -> Image:
        """The state without a loss."""
        names = {inode: node.now for inode, node in self.nodes.items() if isinstance(node, Directory)}
        return Image(self.root, names, {inode: bytes(node.now) for inode, node in self.nodes.items() if isinstance(node, File)})


@dataclass(slots=True, frozen=True)
class Image:
    """Directories and files, to be put onto a real disk."""

    root: int
    names: dict[int, dict[str, int]]
    contents: dict[int, bytes]

    def put(self, top: Path) -> None:
        """Make it at ``top``, which isn't there; one file under several names stays one."""
        made: dict[int, Path] = {}
        for path, inode in self.walk():
            target = top / path
            if inode in self.names:
                target.mkdir()
            elif inode in made:
                os.link(made[inode], target)
            else:
                target.write_bytes(self.contents[inode])
                made[inode] = target

    def walk(self) -> Iterator[tuple[str, int]]:
        """Paths with their inodes, parents first. A directory that two names have (half a rename lost) is seen once."""
        seen, waiting = set(), [("", self.root)]
        while waiting:
            path, inode = waiting.pop()
            if inode in self.names:
                if inode in seen:
                    continue
                seen.add(inode)
                waiting += [(f"{path}/{name}".lstrip("/"), child) for name, child in sorted(self.names[inode].items())]
            yield path, inode


def tree(top: Path) -> dict[str, bytes | None]:
    """What is on the disk: every path with its content, None for a directory."""
    return {str(path.relative_to(top)): None if path.is_dir() else path.read_bytes() for path in sorted(top.rglob("*"))}


def _put(names: dict[str, int], name: str, inode: int | None) -> None:
    if inode is None:
        names.pop(name, None)
    else:
        names[name] = inode


def _damaged(file: File, random: Random) -> bytes:
    """What may be left of a file's bytes."""
    if not file.dirty:
        return bytes(file.now)
    old, new = file.certain, bytes(file.now)
    common = min(len(old), len(new))
    kept = bytearray()
    for at in range(0, common, SECTOR):  # written over: each sector is the old one or the new one
        source = old if random.random() < 0.5 else new
        kept += source[at : min(at + SECTOR, common)]
    if len(new) <= len(old):  # cut shorter, or not
        return bytes(kept) + (old[common:] if random.random() < 0.5 else b"")
    tail = bytearray(new[common:])
    damage = random.choice(("lost", "zeroed", "halved", "flipped", "cut", "kept"))
    if damage == "lost":
        tail.clear()
    elif damage == "zeroed":
        tail = bytearray(len(tail))
    elif damage == "halved":
        del tail[len(tail) // 2 :]
    elif damage == "cut":
        del tail[random.randrange(len(tail)) :]
    elif damage == "flipped":
        tail[random.randrange(len(tail))] ^= 1 << random.randrange(8)
    return bytes(kept + tail)
