"""Opening the catalogue: the one on disk when it can be trusted, brought up to the journal's end; otherwise a new one.

    INDEX/journal/catalogue.sqlite3    made from the journal, see `searchapp.archive.tables`
    INDEX/journal/catalogue.crc32      size and checksum of that file, while nobody is changing it

Every change is one transaction together with the journal's position and seal (its last closing mark, which holds a checksum of
all records), made after the journal acknowledged what it is about. So the catalogue is never ahead of the journal, and one
that a crash left behind is brought up from the records it lacks. One whose checksum is wrong, that SQLite calls damaged or
that is tied to another journal is made anew, with a note. SQLite writes ahead and its log has checksums (WAL): after a power cut
the catalogue may be older, not wrong.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from searchapp.archive.catalogue import Catalogue
from searchapp.archive.durable import make_directory
from searchapp.archive.journal import Journal
from searchapp.archive.tables import Tables
from searchapp.errors import ArchiveError

NAME = "catalogue.sqlite3"
CHECKSUM = "catalogue.crc32"


@contextmanager
def opened(journal: Journal, notes: list[str]) -> Iterator[Catalogue]:
    """The catalogue of a journal, for the holder of the writer lock. ``notes`` gets what is worth knowing of its state.

    Raises JournalDamaged, also when the journal ends before what the catalogue knows to be acknowledged.
    """
    directory = journal.path.parent
    try:
        make_directory(directory)
        trusted = is_sealed(directory)
        if trusted is False:
            notes.append(f"{directory / NAME} was damaged; it has been made again from the journal")
            remove(directory)
        catalogue = _open(journal, directory / NAME, [] if trusted is False else notes, checked=trusted is None)
    except OSError as error:
        raise ArchiveError(f"{error.filename or directory}: {error.strerror}; is the index directory writable?") from error
    try:
        yield catalogue
        catalogue.drop()
        catalogue.commit()
    finally:
        catalogue.tables.close()
    if catalogue.changed or not trusted:
        _seal(directory)


@contextmanager
def copied(journal: Journal) -> Iterator[Catalogue]:
    """A copy of the catalogue, brought up to the journal, that changes nothing on disk and needs no lock."""
    source = journal.path.parent
    with tempfile.TemporaryDirectory(prefix="searchapp-") as scratch:
        for name in (CHECKSUM, NAME):
            with suppress(OSError):
                shutil.copyfile(source / name, Path(scratch, name))
        if not is_sealed(Path(scratch)):
            remove(Path(scratch))
        catalogue = _open(journal, Path(scratch, NAME), [], checked=False)
        try:
            yield catalogue
        finally:
            catalogue.tables.close()


@contextmanager
def made(journal: Journal) -> Iterator[Catalogue]:
    """A catalogue made from the journal alone, in a place of its own: what the one on disk ought to be."""
    with tempfile.TemporaryDirectory(prefix="searchapp-") as scratch:
        catalogue = _open(journal, Path(scratch, NAME), [], checked=False)
        try:
            yield catalogue
        finally:
            catalogue.tables.close()


def remove(directory: Path) -> None:
    """Remove a catalogue with all that belongs to it; the next run makes it again."""
    for name in (CHECKSUM, NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal"):
        (directory / name).unlink(missing_ok=True)


def _open(journal: Journal, path: Path, notes: list[str], *, checked: bool) -> Catalogue:
    new = not path.exists()
    tables, tied = _tables(path, checked=checked and not new)
    if tied is not None and tied[0] and not journal.trust(*tied):
        if tied[0] > journal.position:
            tables.close()
            journal.resume(tied[0])  # raises, telling what the journal lacks
        tied = None
    if tied is None:
        begun = tables.is_empty()
        tables.close()
        remove(path.parent)
        if not begun:
            notes.append(f"{path} was damaged or not of this journal; it has been made again from the journal")
        tables, tied = _tables(path, checked=False)
        assert tied is not None
    elif new and journal.position:
        notes.append(f"{path} was missing; it has been made again from the journal")
    catalogue = Catalogue(journal, tables)
    try:
        if tied[0] < journal.position:
            catalogue.bring_up(tied[0])
    except BaseException:
        tables.close()
        raise
    return catalogue


def _tables(path: Path, *, checked: bool) -> tuple[Tables, tuple[int, str] | None]:
    """The file's tables, made if it is new, and what they are tied to: None when they can't be used."""
    new = not path.exists()
    try:
        try:
            tables = Tables(path)
        except sqlite3.Error:
            remove(path.parent)
            tables, new = Tables(path), True
        if new:
            tables.make()
    except sqlite3.Error as error:
        raise ArchiveError(
            f"{path}: the catalogue can't be made: {error}; make room or mend the permissions, then try again"
        ) from error
    return tables, tables.tied(checked=checked)


def is_sealed(directory: Path) -> bool | None:
    """Whether the file has its checksum; None when nothing says what that ought to be: a run was broken off."""
    if (directory / f"{NAME}-wal").exists():
        return None
    try:
        expected = (directory / CHECKSUM).read_text("ascii").strip()
        return _summed(directory / NAME) == expected
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return False


def _seal(directory: Path) -> None:
    with suppress(OSError):  # without it the next run looks closer
        aside = directory / f"{CHECKSUM}.new"
        aside.write_text(_summed(directory / NAME) + "\n", encoding="ascii")
        aside.replace(directory / CHECKSUM)


def _summed(path: Path) -> str:
    """Size and CRC-32 of a file: a hundred articles more shouldn't cost a SHA-256 of all."""
    size = checksum = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
    return f"{size} {checksum:08x}"
