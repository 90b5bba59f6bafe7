"""The journal: every extract this archive ever acknowledged, in order. The truth; an index can be rebuilt from it.

One file of batches of records (its format: `searchapp.archive.frames`), to which batches are appended. `Journal.append`
writes a batch and fsyncs it, then writes and fsyncs the mark that closes it, then returns: only now are its records
acknowledged. So whatever a power cut makes of a batch on its way, in whatever order its pages reached the disk, it has no
closing mark, and the next writer cuts it off; a batch that has one and isn't whole is damage, and raises. A batch that is
whole with nothing behind it is cut off too: the fsync that would have made it safe may have failed. When anything at all
stands where its closing mark belongs, its own fsync had succeeded: it is kept, and closed again by the next writer.

A *position* says how far the journal reaches; it never falls in the life of an archive. It is a byte of the file, counted
from the header's ``begins``: when the journal is written anew with less in it (`Journal.rewrite`), the new file begins where
the old one ended, so no position of the old file can be mistaken for one of the new. `Journal.resume` says where to go on
for what was made from the journal up to some position.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from searchapp.archive.durable import make_directory, sync_directory, sync_upwards, write_all
from searchapp.archive.frames import (
    FORMAT,
    HEADER_SIZE,
    MARK_SIZE,
    Header,
    Mark,
    framed,
    holds_closing,
    is_unmarked,
    unframed,
)
from searchapp.archive.rewriting import Revise, write_aside, write_header
from searchapp.errors import ArchiveError, JournalDamaged

NAME = "articles.journal"
_LOOKED_THROUGH = 1 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that counts: its mark, its records' lines, and whether its closing mark is in order."""

    mark: Mark
    data: bytes
    closed: bool

    @property
    def after(self) -> int:
        """The byte where the next batch begins."""
        return self.mark.end + MARK_SIZE

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each record's line with the byte where it begins."""
        at = self.mark.begin + MARK_SIZE
        for line in self.data.splitlines(keepends=True):
            yield at, line
            at += len(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What `Journal.rewrite` did: records kept (as they were or revised) and left out, and the file's size in bytes."""

    kept: int
    dropped: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _End:
    """How far the file is sound: the byte where the next batch begins, and the last batch's mark."""

    offset: int
    mark: Mark | None
    closed: bool = True

    @property
    def chain(self) -> int:
        return self.mark.chain if self.mark else 0


class Journal:
    """The journal in ``directory``, which is made when something is first appended.

    Reading needs no lock: what another process is appending is not seen before it is acknowledged.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self._directory = directory
        self._known: tuple[Header, _End] | None = None
        self._failed = False

    @property
    def position(self) -> int:
        """Where the next batch will begin: the end of what is acknowledged. Reads the file the first time."""
        header, end = self._state()
        return header.begins + end.offset

    @property
    def begins(self) -> int:
        """The position of the file's first byte: 0, unless it was rewritten."""
        return self._state()[0].begins

    @property
    def seal(self) -> str:
        """The last closing mark, which holds a checksum of all records: what is made from the journal is tied to it."""
        mark = self._state()[1].mark
        return mark.closing.decode() if mark else ""

    def trust(self, position: int, seal: str | None = None) -> bool:
        """Spare reading what stands before ``position``, if the journal has there the ``seal`` it had when it was known sound.

        Without a seal any end of a batch will do: enough to tell how long the journal is, not to build on it. False, and nothing
        is taken for granted, when it hasn't.
        """
        with self._open() as file:
            header = self._header(file) if file else None
            if file is None or header is None or position <= header.begins + HEADER_SIZE:
                return False
            offset = position - header.begins
            file.seek(offset - MARK_SIZE)
            line = file.read(MARK_SIZE)
            mark = Mark.read(line)
            if mark is None or mark.end + MARK_SIZE != offset or line != (mark.closing if seal is None else seal.encode()):
                return False
            self._known = header, self._sound(file, _End(offset, mark))
        return True

    def resume(self, position: int) -> int | None:
        """Where to read on for what was made from the journal up to ``position``; None: read all of it anew.

        Raises JournalDamaged when the journal ends before: it has lost what was acknowledged.
        """
        header, _ = self._state()
        if position > self.position:
            raise JournalDamaged(
                f"{self.path} ends at {self.position}, but articles up to {position} were acknowledged: it was cut off or "
                f"replaced; nothing was changed; {_WAY_OUT}"
            )
        if position < header.begins or (position == header.begins and position > 0):
            return header.settled if position == header.begins and header.settled else None
        return position

    def append(self, records: Iterable[Mapping[str, Any]]) -> list[int]:
        """Write records as one batch, make it durable, and return the position of each. Nothing is acknowledged when it raises.

        After an error this object writes no more: what an fsync that failed left behind can't be trusted. The caller holds
        the writer lock.
        """
        lines = [framed(record) for record in records]
        if self._failed:
            raise ArchiveError(f"{self.path}: an earlier write failed; nothing more is written by this process")
        if not lines:
            return []
        header, end = self._state()
        try:
            new = self._store(header, end, b"".join(lines))
        except OSError as error:
            self._failed = True
            raise ArchiveError(
                f"{self.path}: can't write the journal: {error.strerror}; the last batch was not acknowledged, all before it is "
                "safe; make room or mend the disk, then run the command again"
            ) from error
        self._known = header, new
        return [position for position, _ in _placed(lines, header.begins + (end.offset or HEADER_SIZE) + MARK_SIZE)]

    def read(self, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Records from ``start`` on (0, or a `position` that was the end once), each with its own position.

        Leaves out what isn't acknowledged. Raises JournalDamaged.
        """
        with self._open() as file:
            header = self._header(file) if file else None
            if file is None or header is None:
                return
            for batch in self._batches(file, self._start(file, header, start)):
                for at, line in batch.lines():
                    record = unframed(line)
                    if record is None:
                        raise self._damaged(at)
                    yield header.begins + at, record

    def rewrite(self, revise: Revise, *, keeps_articles: bool) -> Rewritten:
        """Replace the journal by what ``revise`` makes of its records, atomically and durably; in the same order.

        ``keeps_articles`` promises that what is made from the new journal is the same as from the old, so that a generation
        made from all of the old one is still up to date; otherwise every generation has to be built anew (`resume`). The
        caller holds the writer lock. Raises ArchiveError; the journal is then what it was,
        or the new one when only the last sync failed.
        """
        before = self._state()[1].offset
        aside = self._directory.parent / "tmp" / NAME
        try:
            make_directory(aside.parent)
            aside.unlink(missing_ok=True)
            begins = self.position if keeps_articles else self.position + 1
            kept, dropped = write_aside(aside, Header(begins), self.read(), revise)
            fresh = Journal(aside.parent)
            if sum(1 for _ in fresh.read()) != kept:
                raise ArchiveError(f"{aside}: the new journal can't be read back; the old one is untouched")
            if keeps_articles:
                write_header(aside, Header(begins, fresh.position))
            make_directory(self._directory)
            aside.replace(self.path)
            for stale in self._directory.glob("catalogue.*"):  # what was made from the old one
                stale.unlink()
            sync_directory(self._directory)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise ArchiveError(f"{self.path}: can't rewrite the journal: {error.strerror}; make room, then try again") from error
        finally:
            self._known = None
        return Rewritten(kept=kept, dropped=dropped, before=before, after=self.position - self.begins)

    def batches(self) -> Iterator[Batch]:
        """All that count, with their bytes checked. Raises JournalDamaged."""
        with self._open() as file:
            header = self._header(file) if file else None
            if file is not None and header is not None:
                yield from self._batches(file, _End(HEADER_SIZE, None))

    def _state(self) -> tuple[Header, _End]:
        if self._known is None:
            with self._open() as file:
                header = self._header(file) if file else None
                if file is None or header is None:
                    self._known = Header(), _End(0, None)
                else:
                    self._known = header, self._sound(file, _End(HEADER_SIZE, None))
        return self._known

    def _sound(self, file: BinaryIO, end: _End) -> _End:
        for batch in self._batches(file, end):
            end = _End(batch.after, batch.mark, batch.closed)
        return end

    def _open(self) -> _Opened:
        return _Opened(self.path)

    def _header(self, file: BinaryIO) -> Header | None:
        """The file's header; None when there is none because nothing was ever acknowledged."""
        file.seek(0)
        line = file.read(HEADER_SIZE)
        header = Header.read(line)
        if header is not None and header.format == FORMAT:
            return header
        if header is not None or is_unmarked(line):
            raise ArchiveError(
                f"{self.path} is of format {header.format if header else 1}, this program writes format {FORMAT}; "
                "move the index directory aside and index the sources again"
            )
        if self._acknowledged_after(file, 0):
            raise self._damaged(0)
        return None

    def _start(self, file: BinaryIO, header: Header, position: int) -> _End:
        offset = position - header.begins
        if offset <= HEADER_SIZE:
            return _End(HEADER_SIZE, None)
        file.seek(offset - MARK_SIZE)
        line = file.read(MARK_SIZE)
        mark = Mark.read(line)
        if mark is not None and line == mark.closing and mark.end + MARK_SIZE == offset:
            return _End(offset, mark)
        if position == self.position:  # its closing mark is to be written again, and nothing follows it
            return self._state()[1]
        raise JournalDamaged(f"{self.path}: no batch ends at byte {offset}; {_WAY_OUT}")

    def _batches(self, file: BinaryIO, end: _End) -> Iterator[Batch]:
        while (batch := self._next(file, end)) is not None:
            yield batch
            end = _End(batch.after, batch.mark, batch.closed)

    def _next(self, file: BinaryIO, end: _End) -> Batch | None:
        """The batch at ``end``; None when nothing acknowledged follows."""
        file.seek(end.offset)
        opening = file.read(MARK_SIZE)
        mark = Mark.read(opening)
        if mark is None or opening != mark.opening or mark.begin != end.offset:
            self._check_torn(file, end.offset, end.offset)
            return None
        data = file.read(mark.end - end.offset - MARK_SIZE)
        closing = file.read(MARK_SIZE)
        if zlib.crc32(data, end.chain) != mark.chain or len(data) != mark.end - end.offset - MARK_SIZE:
            bad = next((at for at, line in Batch(mark, data, False).lines() if unframed(line) is None), end.offset)
            self._check_torn(file, end.offset, bad)
            return None
        if closing == mark.closing:
            return Batch(mark, data, True)
        if not closing:
            return None
        if self._acknowledged_after(file, mark.end):
            raise self._damaged(mark.end)
        return Batch(mark, data, False)

    def _check_torn(self, file: BinaryIO, begin: int, bad: int) -> None:
        """Raise for what is bad at a byte, unless nothing from ``begin`` on was ever acknowledged."""
        if self._acknowledged_after(file, begin):
            raise self._damaged(bad)

    def _damaged(self, at: int) -> JournalDamaged:
        return JournalDamaged(
            f"{self.path}: what stands at byte {at} fails its checksum, and it was acknowledged; nothing was changed; {_WAY_OUT}"
        )

    def _acknowledged_after(self, file: BinaryIO, offset: int) -> bool:
        """Whether a batch is acknowledged anywhere from a byte on."""
        file.seek(offset)
        left = b""
        while piece := file.read(_LOOKED_THROUGH):
            if holds_closing(left + piece):
                return True
            left = (left + piece)[-MARK_SIZE:]
        return False

    def _store(self, header: Header, end: _End, data: bytes) -> _End:
        if not end.offset:
            make_directory(self._directory)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _mend(descriptor, end)
            begin = end.offset or HEADER_SIZE
            mark = Mark.of(begin, data, end.chain)
            try:
                write_all(descriptor, (b"" if end.offset else header.line) + mark.opening + data)
                os.fsync(descriptor)
                if not end.offset:
                    sync_upwards(self._directory, levels=2)
                write_all(descriptor, mark.closing)
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):  # what is left otherwise has no closing mark, and doesn't count either
                    os.ftruncate(descriptor, end.offset)
                raise
        finally:
            os.close(descriptor)
        return _End(mark.end + MARK_SIZE, mark)


class _Opened:
    """The journal's file for reading; None when there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO | None:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"{self._path}: can't read the journal: {error.strerror}") from error
        return self._file

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()


_WAY_OUT = "restore the index directory from a backup, or move it aside and index the sources again"


def _placed(lines: Iterable[bytes], at: int) -> Iterator[tuple[int, bytes]]:
    for line in lines:
        yield at, line
        at += len(line)


def _mend(descriptor: int, end: _End) -> None:
    """Cut off what was never acknowledged, write again a closing mark that a crash tore, and go to the end."""
    if os.fstat(descriptor).st_size != end.offset or not end.closed:
        if end.mark is not None and not end.closed:
            os.ftruncate(descriptor, end.mark.end)
            os.lseek(descriptor, 0, os.SEEK_END)
            write_all(descriptor, end.mark.closing)
        else:
            os.ftruncate(descriptor, end.offset)
        os.fsync(descriptor)
    os.lseek(descriptor, 0, os.SEEK_END)
