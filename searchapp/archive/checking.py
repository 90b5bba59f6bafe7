"""The catalogue on disk compared, row by row, with one made from the journal."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from searchapp.archive.catalogue import Catalogue
from searchapp.archive.cataloguing import CHECKSUM, NAME, is_sealed
from searchapp.archive.journal import Journal
from searchapp.errors import ArchiveError


def differences(directory: Path, expected: Catalogue) -> tuple[list[tuple[Path, str]], list[str]]:
    """What is wrong with the catalogue in a journal's directory, by file; and notes on what is only behind.

    Works on a copy, so it may be done while another process writes; then what it says means nothing. Raises JournalDamaged when
    the catalogue knows of more that was acknowledged than the journal holds.
    """
    file = directory / NAME
    if not file.exists():
        return [], [f"there is no {file}: the next `searchapp index` makes it"] if expected.journal.position else []
    with tempfile.TemporaryDirectory(prefix="searchapp-") as scratch:
        for name in (CHECKSUM, NAME):
            with suppress(OSError):
                shutil.copyfile(directory / name, Path(scratch, name))
        sealed = is_sealed(Path(scratch))
        if sealed is None:
            return [], [f"an index run was broken off: the next one brings {file} up to the journal"]
        if not sealed:
            return [(file, "its bytes are not those that were written")], []
        return _compared(file, Path(scratch, NAME), expected)


def _compared(file: Path, copy: Path, expected: Catalogue) -> tuple[list[tuple[Path, str]], list[str]]:
    try:
        with closing(sqlite3.connect(copy)) as database:
            position, seal = database.execute("SELECT position, seal FROM tied").fetchone()
    except (sqlite3.Error, TypeError) as error:
        return [(file, f"it can't be read: {error}")], []
    expected.journal.resume(position)
    try:
        if position < expected.journal.position and (not position or Journal(file.parent).trust(position, seal)):
            return [], [f"{file} is behind the journal: the next `searchapp index` brings it up"]
        wrong = expected.tables.differences(copy)
    except ArchiveError as error:
        return [(file, f"it can't be read: {error}")], []
    return [(file, f"{count} rows of its {name} differ from what the journal says") for name, count in wrong], []
