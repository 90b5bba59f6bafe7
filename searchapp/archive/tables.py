"""The catalogue's file: SQLite tables, and the statements that ask and change them. Knows records and rows, no rule.

Articles have numbers from 1, in the order in which they came. A digest is kept as bytes when it is one of 64 hexadecimal
digits; of a likeness 16 bytes of a SHA-256, which are as good to tell one from another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from searchapp.archive.holdings import DIGESTED, SEPARATOR, Held, Record
from searchapp.errors import ArchiveError

FORMAT = 1
CACHE_KIB = 32 * 1024
_TABLES = """
CREATE TABLE tied (format INTEGER, position INTEGER, seal TEXT);
CREATE TABLE articles (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest, location TEXT,
                       first INTEGER, position INTEGER, whole INTEGER);
CREATE TABLE places (location TEXT PRIMARY KEY, article INTEGER, digest) WITHOUT ROWID;
CREATE TABLE likenesses (likeness BLOB PRIMARY KEY, article INTEGER) WITHOUT ROWID;
CREATE TABLE files (file TEXT PRIMARY KEY, sha256 TEXT, how TEXT, records INTEGER) WITHOUT ROWID;
CREATE TABLE rules (source TEXT PRIMARY KEY, rules BLOB) WITHOUT ROWID;
CREATE TABLE changes (position INTEGER, source TEXT);
"""
_HOLD = """
INSERT INTO articles VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6) ON CONFLICT (number) DO UPDATE SET
digest = ?3, location = ?4, position = ?5, whole = ?6
"""
_AT = "SELECT id, places.digest FROM places JOIN articles ON number = article WHERE places.location = ?"
_ALIKE = "SELECT id FROM likenesses JOIN articles ON number = article WHERE likeness = ?"
_BY_ID = "SELECT number, digest, location, position FROM articles WHERE id = ?"
_COMPARED = {
    "articles": "SELECT id, digest, location, first, position, whole FROM {0}.articles",
    "places": "SELECT places.location, id, places.digest FROM {0}.places JOIN {0}.articles ON number = article",
    "likenesses": "SELECT likeness, id FROM {0}.likenesses JOIN {0}.articles ON number = article",
    "rules": "SELECT source, rules FROM {0}.rules",
    "changes": "SELECT position, source FROM {0}.changes",
}

Row = tuple[Any, ...]


class Tables:
    """The open file. What changes it happens between `begin_change` and `commit` or `rollback`.

    Raises ArchiveError for what SQLite can't do, naming the file; `connect` and `tied` let SQLite's own errors through.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL", f"cache_size = -{CACHE_KIB}"):
            self._database.execute(f"PRAGMA {pragma}")

    def make(self) -> None:
        """Make the tables in an empty file. Raises sqlite3.Error."""
        self._database.executescript(f"BEGIN; {_TABLES} INSERT INTO tied VALUES ({FORMAT}, 0, ''); COMMIT;")  # noqa: S608 - own text

    def is_empty(self) -> bool:
        """Whether there is nothing in the file: whoever made it was killed before there was."""
        try:
            return bool(self._database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))
        except sqlite3.Error:
            return False

    def tied(self, *, checked: bool) -> tuple[int, str] | None:
        """Position and seal of the journal these tables hold; None for others or damaged ones (searched if ``checked``)."""
        try:
            if checked and self._database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            row = self._database.execute("SELECT position, seal FROM tied WHERE format = ?", (FORMAT,)).fetchone()
        except sqlite3.Error:
            return None
        return row and (row[0], row[1])

    def close(self) -> None:
        """Close the file. What isn't committed is lost to it."""
        self._database.close()

    # Asking

    def at(self, location: str) -> tuple[str, str] | None:
        """Id and digest of what was last held from a place."""
        row = self._row(_AT, location)
        return (row[0], _text(row[1])) if row else None

    def article(self, article_id: str) -> Held | None:
        """An article."""
        row = self._row(_BY_ID, article_id)
        return Held(row[0], article_id, _text(row[1]), row[2], row[3]) if row else None

    def alike(self, likeness: str) -> str | None:
        """The first article that had a likeness."""
        row = self._row(_ALIKE, _short(likeness))
        return row[0] if row else None

    def file(self, file: str) -> tuple[str, str, int] | None:
        """What is known of a file that was read in full: its sha256, how it was read, its records."""
        row = self._row("SELECT sha256, how, records FROM files WHERE file = ?", file)
        return (row[0], row[1], row[2]) if row else None

    def of_file(self, file: str) -> list[int]:
        """The articles last held from each place of a file."""
        bounds = (file + SEPARATOR, file + chr(ord(SEPARATOR) + 1))
        return [row[0] for row in self.rows("SELECT article FROM places WHERE location >= ? AND location < ?", *bounds)]

    def of_sources(self, source_ids: Collection[str]) -> Iterator[Row]:
        """Number and id of every article whose latest version came from one of these sources."""
        wanted = " OR ".join(["(location >= ? AND location < ?)"] * len(source_ids))
        bounds = [bound for source in source_ids for bound in (source + SEPARATOR, source + chr(ord(SEPARATOR) + 1))]
        return self.rows(f"SELECT number, id FROM articles WHERE {wanted}", *bounds)  # noqa: S608 - only question marks

    def rules(self, source_id: str) -> dict[str, Any] | None:
        """The last rules of a source."""
        row = self._row("SELECT rules FROM rules WHERE source = ?", source_id)
        return orjson.loads(row[0]) if row else None

    def has_stones(self) -> bool:
        """Whether there are places of which only the digest is kept."""
        bounds = (DIGESTED, DIGESTED[:-1] + chr(ord(DIGESTED[-1]) + 1))
        return self._row("SELECT 1 FROM places WHERE location >= ? AND location < ? LIMIT 1", *bounds) is not None

    def count(self, where: str, *values: object) -> int:
        """How many articles there are of a kind."""
        row = self._row(f"SELECT count(*) FROM articles WHERE {where}", *values)  # noqa: S608 - no text from outside
        return int(row[0]) if row else 0

    def highest(self) -> int:
        """The highest number of an article."""
        row = self._row("SELECT max(number) FROM articles")
        return int(row[0] or 0) if row else 0

    def rows(self, statement: str, *values: object) -> Iterator[Row]:
        """What a statement finds."""
        try:
            yield from self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _row(self, statement: str, *values: object) -> Row | None:
        try:
            row: Row | None = self._database.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise self._told(error) from error
        return row

    def differences(self, other: Path) -> list[tuple[str, int]]:
        """The tables that are not the same in another file, and in how many rows; those of files that were read aside."""
        self._do("ATTACH ? AS other", str(other))
        found = []
        for name, rows in _COMPARED.items():
            ours, theirs = rows.format("main"), rows.format("other")
            pairs = ((ours, theirs), (theirs, ours))
            counts = [self._row(f"SELECT count(*) FROM ({one} EXCEPT {two})") for one, two in pairs]  # noqa: S608 - own text
            if different := sum(int(count[0]) for count in counts if count):
                found.append((name, different))
        self._do("DETACH other")
        return found

    # Changing

    def begin_change(self) -> None:
        """Begin a transaction, unless there is one."""
        if not self._database.in_transaction:
            self._do("BEGIN IMMEDIATE")

    def hold(self, rows: Sequence[tuple[Record, Held, bool, int]]) -> None:
        """Put in versions of articles, in order: each with whether its text came with it, and its position in the journal."""
        digests = [_packed(held.digest) for _, held, _, _ in rows]
        held = zip(rows, digests, strict=True)
        self._do_all(_HOLD, [(one.number, one.id, digest, one.location, at, whole) for (_, one, whole, at), digest in held])
        places = [(one.location, one.number, digest) for (_, one, _, _), digest in zip(rows, digests, strict=True)]
        self._do_all("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", places)
        likenesses = [(_short(record.likeness), one.number) for record, one, _, _ in rows]
        self._do_all("INSERT OR IGNORE INTO likenesses VALUES (?, ?)", likenesses)
        self._do_all("DELETE FROM files WHERE file = ?", [(file,) for file in {record.file for record, _, _, _ in rows}])

    def read_in_full(self, file: str, known: tuple[str, str, int]) -> None:
        """Remember a file as one that need not be read again."""
        self._do("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", file, *known)

    def learn(self, rules: Mapping[str, Any], position: int) -> None:
        """Put in a source's rules, and where they replace others."""
        before = self.rules(rules["id"])
        if before is not None and before != rules:
            self._do("INSERT INTO changes VALUES (?, ?)", position, rules["id"])
        self._do("INSERT OR REPLACE INTO rules VALUES (?, ?)", rules["id"], orjson.dumps(rules))

    def commit(self, position: int, seal: str) -> None:
        """End the transaction: this is what the journal says up to ``position``."""
        self._do("UPDATE tied SET position = ?, seal = ?", position, seal)
        self._do("COMMIT")

    def rollback(self) -> None:
        """Undo what the transaction changed."""
        if self._database.in_transaction:
            self._do("ROLLBACK")

    def _do(self, statement: str, *values: object) -> None:
        self._row(statement, *values)

    def _do_all(self, statement: str, rows: Collection[Row]) -> None:
        try:
            self._database.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._told(error) from error

    def _told(self, error: sqlite3.Error) -> ArchiveError:
        return ArchiveError(
            f"{self.path}: {error}; it is only a catalogue of the journal, in which all that was acknowledged is safe: "
            "make room, or remove the file, then run the command again"
        )


def _packed(digest: str) -> bytes | str:
    if len(digest) == 64:
        try:
            packed = bytes.fromhex(digest)
        except ValueError:
            return digest
        return packed if packed.hex() == digest else digest
    return digest


def _text(digest: bytes | str) -> str:
    return digest.hex() if isinstance(digest, bytes) else digest


def _short(likeness: str) -> bytes:
    return sha256(likeness.encode("utf-8", "surrogatepass")).digest()[:16]
