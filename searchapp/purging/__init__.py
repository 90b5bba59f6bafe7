"""Purging a withdrawn article: its text leaves the journal, the index and everything beside them, and that is proved.

The order makes every step one that can be done again, so that the same command ends what a crash broke off:

    the log says that a purge has begun; from now on no index run takes the article in again
    its pieces are noted in INDEX/purging.json, for the proof
    the journal is written anew: of its records only stones are left, which know them again but have no text
    the catalogue, the list of rejects and what was learnt of words go, or are written anew
    a generation is built from the journal, from nothing; all others are removed
    every byte of every file is searched for the pieces, packed or not
    purging.json is removed, and the log says that the purge is done

In between, the article is withdrawn all the time, and search answers from the old generation or the new one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from searchapp.archive import Journal, WriterLock, opened
from searchapp.archive.cataloguing import remove as remove_catalogue
from searchapp.archive.durable import replace_file, sync_directory
from searchapp.archive.holdings import DIGESTED, digested
from searchapp.archive.withdrawals import COPY, LOG, Withdrawals
from searchapp.building import Progress, build, silent
from searchapp.engines.base import Engine
from searchapp.errors import ArchiveError, EngineError
from searchapp.purging.pieces import Pieces
from searchapp.purging.proof import Proof, regular_files, search_bytes
from searchapp.rejects import NAME as REJECTS
from searchapp.settings import Settings

NOTED = "purging.json"
LEARNT = "learnt"
"""What builds have learnt of words (`searchapp.analysis.learnt`): a list of words without their texts, made again by the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge did. ``elsewhere`` files of older generations have names outside of the index directory: a backup's."""

    generation: str
    records: int
    removed: tuple[str, ...]
    elsewhere: int
    pieces: Pieces
    proof: Proof
    notes: tuple[str, ...]


def purge(settings: Settings, engine: Engine, article_id: str, tell: Progress = silent) -> Purged | None:
    """Destroy the text of a withdrawn article in the index directory, and prove it. None when that is done already.

    Done again, it ends what was broken off. Raises ArchiveBusy while another process writes, ArchiveError when something of it is
    still there afterwards, and what building an index raises; the article stays withdrawn in any case.
    """
    with WriterLock(settings.index):
        return _Purge(settings, engine, article_id, tell).run()


class _Purge:
    """The steps. The caller holds the writer lock."""

    def __init__(self, settings: Settings, engine: Engine, article_id: str, tell: Progress) -> None:
        self._index = settings.index
        self._engine = engine
        self._id = article_id
        self._tell = tell
        self._log = Withdrawals(settings.index)
        self._journal = Journal(settings.index / "journal")
        self._noted = settings.index / NOTED
        self._notes: list[str] = []

    def run(self) -> Purged | None:
        if self._is_done():
            return None
        self._log.begin_purge(self._id)
        pieces = self._pieces()
        elsewhere = links_elsewhere(self._index)
        records = self._rewrite_journal()
        self._forget_beside(pieces)
        with opened(self._journal, []) as catalogue:
            name = build(self._engine, catalogue, self._notes, withdrawn=self._log.known(), full=True, tell=self._tell)
        removed = tuple(self._engine.discard_others())
        self._remove(self._index / LEARNT)
        self._sync_directories()
        proof = self._prove(pieces)
        self._log.end_purge(self._id, _summary(proof))
        self._remove(self._noted)
        return Purged(
            generation=name,
            records=records,
            removed=removed,
            elsewhere=elsewhere,
            pieces=pieces,
            proof=proof,
            notes=tuple(self._notes),
        )

    def _is_done(self) -> bool:
        """Whether the log says so, and the journal has no text of it (an older journal may have been put back)."""
        noted = self._read_noted()
        return noted is None and self._is_logged(self._id) and not any(self._is_kept(entry) for _, entry in self._journal.read())

    def _is_logged(self, article_id: str) -> bool:
        held = self._log.known().by_id.get(article_id)
        return held is None or held.purge == "done"

    def _pieces(self) -> Pieces:
        """What to search for in the end, noted before anything is destroyed; as it was noted, when this is done again."""
        noted = self._read_noted()
        if noted is not None:
            return noted
        own = [_words_of(entry["extract"]) for _, entry in self._journal.read() if self._is_kept(entry) and "extract" in entry]
        pieces = Pieces.of([*own, _indexed(self._engine, self._id)], self._id)
        for _, entry in self._journal.read():
            if entry.get("id") != self._id:
                pieces.leave_to(entry.get("id", "the rules of a source"), [entry])
        with _writing(self._noted):
            replace_file(self._noted, json.dumps({"id": self._id, "pieces": pieces.to_json()}).encode())
        return pieces

    def _read_noted(self) -> Pieces | None:
        try:
            noted = json.loads(self._noted.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ArchiveError(f"{self._noted} can't be read ({error}); remove it, then run the command again") from error
        other = noted["id"]
        if self._is_logged(other):  # broken off after the log had it: the last step is left
            self._remove(self._noted)
            return None
        if other != self._id:
            raise ArchiveError(f"the purge of {other} was broken off; end it first: searchapp withdraw {other} --purge")
        return Pieces.from_json(noted["pieces"])

    def _is_kept(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry has the article's text, or the place of a version whose text a compaction left out."""
        return entry.get("id") == self._id and not _is_stone(entry)

    def _rewrite_journal(self) -> int:
        """Leave stones of the article's records; gives their number. Nothing is written where there is no text left."""
        records = sum(self._is_kept(entry) for _, entry in self._journal.read())

        def without_text(_: int, entry: dict[str, Any]) -> Mapping[str, Any]:
            return _stone(entry) if self._is_kept(entry) else entry

        if records:
            self._journal.rewrite(without_text, keeps_articles=False)
        return records

    def _forget_beside(self, pieces: Pieces) -> None:
        """What else is made of records: the catalogue goes, and is made again; rejects that quote the text are left out."""
        rejects, needles = self._index / REJECTS, pieces.needles()
        with _writing(self._journal.path.parent):
            remove_catalogue(self._journal.path.parent)
            sync_directory(self._journal.path.parent)
        with _writing(rejects):
            lines = rejects.read_bytes().splitlines(keepends=True) if rejects.exists() else []
            kept = [line for line in lines if not any(needle in line for needle in needles)]
            if len(kept) < len(lines):
                replace_file(rejects, b"".join(kept))
                self._notes.append(f"{len(lines) - len(kept)} entries of {rejects} quoted it and were left out")

    def _prove(self, pieces: Pieces) -> Proof:
        own = {self._index / name for name in (NOTED, LOG, COPY, f"{LOG}.damaged", f"{COPY}.damaged")}
        proof = search_bytes(self._index, pieces.needles(), self._engine.unpacked(), own)
        if proof.traces:
            shown = "; ".join(sorted({f"{trace.file} has {trace.piece!r}" for trace in proof.traces})[:5])
            raise ArchiveError(
                f"{self._id} is withdrawn, but not all of its text is gone: {shown}. If that is no file of the archive's, "
                f"move it away; then run again: searchapp withdraw {self._id} --purge"
            )
        return proof

    def _sync_directories(self) -> None:
        """Make all that was removed stay so: a power cut may bring back a name whose directory wasn't synced."""
        with _writing(self._index):
            for directory in (self._index, *self._index.rglob("*/")):
                if directory.is_dir() and not directory.is_symlink():
                    sync_directory(directory)

    def _remove(self, path: Path) -> None:
        with _writing(path):
            path.unlink(missing_ok=True)
            sync_directory(path.parent)


def links_elsewhere(directory: Path) -> int:
    """How many files below a directory have another name outside of it: a backup made by hard links."""
    seen: Counter[tuple[int, int]] = Counter()
    links: dict[tuple[int, int], int] = {}
    for path in regular_files(directory):
        with suppress(FileNotFoundError):
            status = path.lstat()
            seen[status.st_dev, status.st_ino] += 1
            links[status.st_dev, status.st_ino] = status.st_nlink
    return sum(links[key] > count for key, count in seen.items())


def _is_stone(entry: Mapping[str, Any]) -> bool:
    return "extract" not in entry and str(entry["record"]["location"]).startswith(DIGESTED)


def _stone(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a record: by what it is known when it is read again. Of its place a digest: file names quote headlines."""
    record = entry["record"]
    place = record["location"]
    return {"id": entry["id"], "record": record | {"location": place if place.startswith(DIGESTED) else digested(place)}}


def _words_of(extract: Mapping[str, Any]) -> list[Any]:
    """What an extract has of the article's words."""
    return [extract["declared"], extract["text"], extract["furniture"], extract["notes"]]


def _indexed(engine: Engine, article_id: str) -> list[Any]:
    """What the index has of them."""
    try:
        found = engine.snapshot().article(article_id)
    except EngineError:
        found = None
    if found is None:
        return []
    shown = found.to_json() | {"furniture": found.furniture}
    return [value for name, value in shown.items() if name not in ("id", "provenance")]


def _summary(proof: Proof) -> dict[str, int]:
    return {name: value for name, value in asdict(proof).items() if name != "traces"}


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{error.filename or path}: {error.strerror}; the purge is not complete, run it again") from error
