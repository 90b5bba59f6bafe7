"""A copy of the archive that can be served, verified by reading it again. To restore it, point ``--index`` at it.

    DIR/journal/articles.journal    what was acknowledged when it was copied
    DIR/withdrawals.*               as they were then
    DIR/generations/, CURRENT       hard links where DIR is on the same file system, unless copies are asked for
    DIR/configuration/              corpus.yml

It needs no lock: generations are copied first and never change, the journal after them only grows, so it has all they were made
from; withdrawals come last. All is written beside DIR and renamed at the end: what is called DIR is whole.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searchapp.archive import Journal
from searchapp.archive.durable import make_directory, sync_directory, write_all
from searchapp.archive.withdrawals import COPY, LOG, Withdrawals
from searchapp.building import Progress, silent
from searchapp.engines.base import Engine
from searchapp.errors import ArchiveError
from searchapp.settings import Settings

_PIECE = 1 << 20


@dataclass(slots=True, kw_only=True)
class BackupReport:
    """What a backup holds. ``damaged`` says what was left out of it because it isn't what was written."""

    directory: str
    generation: str | None = None
    generations: list[str] = field(default_factory=list)
    journal_bytes: int = 0
    journal_records: int = 0
    damaged: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def run_backup(
    settings: Settings, engine: Engine, target: Path, *, link: bool = True, progress: Progress | None = None
) -> BackupReport:
    """Copy the archive to ``target``, which isn't there yet or is empty. ``link``: share files of generations where possible.

    Raises ArchiveError when it can't be written, JournalDamaged when the journal is damaged; then there is no ``target``.
    """
    start = time.monotonic()
    if not settings.index.is_dir():
        raise ArchiveError(f"{settings.index}: there is nothing to back up; run `searchapp index`")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ArchiveError(f"{target} is there already; name a directory that is not, or is empty")
    aside = target.with_name(f"{target.name}.unfinished")
    report = BackupReport(directory=str(target))
    try:
        make_directory(target.absolute().parent)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            _copy(settings, engine, aside, report, link=link, tell=progress or silent)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        sync_directory(target.absolute().parent)
    except OSError as error:
        raise ArchiveError(f"{error.filename or aside}: {error.strerror}; the backup was not made") from error
    report.seconds = round(time.monotonic() - start, 3)
    return report


def _copy(settings: Settings, engine: Engine, aside: Path, report: BackupReport, *, link: bool, tell: Progress) -> None:
    copied = engine.copy(aside, link=link)
    report.generations, report.generation, report.damaged = list(copied.generations), copied.current, list(copied.damaged)
    tell("copying", len(copied.generations))
    _copy_journal(settings.index, aside, copied.journal, report)
    _copy_small(settings, aside)
    Withdrawals(aside).known()  # raises when what was copied can't be believed
    if copied.current is not None:
        engine.point(aside, copied.current)
    sync_directory(aside)


def _copy_journal(index: Path, aside: Path, needed: int, report: BackupReport) -> None:
    """Copy what is acknowledged of the journal, and read it again. ``needed``: the position that generations reach."""
    journal = Journal(index / "journal")
    length = journal.position - journal.begins
    if not length:
        return
    (aside / "journal").mkdir()
    target = Journal(aside / "journal")
    with journal.path.open("rb") as source:
        _copy_bytes(source.fileno(), target.path, length)
    sync_directory(aside / "journal")
    if (target.position, target.seal) != (journal.position, journal.seal):
        raise ArchiveError(f"{target.path}: it isn't what was copied; the journal was rewritten meanwhile, or the disk is bad")
    report.journal_records = sum(1 for _ in target.read())
    report.journal_bytes = length
    target.resume(needed)


def _copy_bytes(source: int, target: Path, length: int) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        at = 0
        while at < length:
            piece = os.pread(source, min(_PIECE, length - at), at)
            if not piece:
                raise ArchiveError(f"{target}: the journal became shorter while it was copied")
            write_all(descriptor, piece)
            at += len(piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_small(settings: Settings, aside: Path) -> None:
    """The withdrawals, and what says which sources there are."""
    wanted = [(settings.index / name, aside / name) for name in (COPY, LOG)]  # the log is written first, so it has no less
    wanted.append((settings.corpus, aside / "configuration" / settings.corpus.name))
    for source, target in wanted:
        if source.is_file():
            target.parent.mkdir(exist_ok=True)
            content = source.read_bytes()
            _write(target, content)
            sync_directory(target.parent)


def _write(target: Path, content: bytes) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
