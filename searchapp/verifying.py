"""Whether everything in an index directory is what was written: read, hashed and compared, nothing changed.

What is damaged is named, file by file, with what mends it. Beside the bytes it is checked that the parts agree: the catalogue
and the current generation with the journal.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searchapp.archive import Catalogue, Journal
from searchapp.archive.cataloguing import made
from searchapp.archive.checking import differences
from searchapp.archive.lock import holder
from searchapp.archive.withdrawals import Withdrawals
from searchapp.building import Progress, articles, silent
from searchapp.engines.base import Engine, EngineRequest, GenerationInfo
from searchapp.errors import ArchiveError, EngineError, NoIndex, SearchAppError
from searchapp.query.tree import Everything
from searchapp.settings import Settings

SHOWN = 5
REINDEX = "searchapp reindex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that isn't what was written: the file or directory, what is wrong with it, and the command that mends it."""

    file: str
    problem: str
    mend: str


@dataclass(slots=True, kw_only=True)
class VerifyReport:
    """What was checked, and what was found. Sound when there are no ``problems``; ``notes`` are no damage."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    journal_bytes: int = 0
    journal_records: int = 0
    articles: int = 0
    generations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def run_verify(settings: Settings, engine: Engine, progress: Progress | None = None) -> VerifyReport:
    """Check journal, catalogue, withdrawals and every generation; never raises for what is damaged."""
    start = time.monotonic()
    report = VerifyReport()
    check = _Check(settings.index, engine, report, progress or silent)
    check.withdrawals()
    check.journal()
    check.generations()
    report.seconds = round(time.monotonic() - start, 3)
    return report


class _Check:
    """The checks; each adds to the report."""

    def __init__(self, index: Path, engine: Engine, report: VerifyReport, tell: Progress) -> None:
        self._index = index
        self._engine = engine
        self._report = report
        self._tell = tell
        self._journal = Journal(index / "journal")
        self._withheld: frozenset[str] = frozenset()
        self._ids_checked = False

    def withdrawals(self) -> None:
        log = Withdrawals(self._index)
        mend = "put back withdrawals.log and withdrawals.copy from the latest backup"
        try:
            self._withheld = log.known().ids
        except SearchAppError as error:
            self._found(self._index / "withdrawals.log", str(error), mend)
        else:
            if log.trouble:
                self._found(self._index / "withdrawals.log", log.trouble, mend)

    def journal(self) -> None:
        """Every frame; then what is made from the journal."""
        report, journal = self._report, self._journal
        mend = "put back the index directory from a backup; without one, move it aside and: searchapp index"
        try:
            for _ in journal.read():
                report.journal_records += 1
                self._tell("journal", report.journal_records)
            report.journal_bytes = journal.position - journal.begins
            if not self._reaches(mend):
                return
            with made(journal) as catalogue:
                report.articles = catalogue.whole_since(0)
                self._catalogue(catalogue)
                self._ids(catalogue)
        except ArchiveError as error:
            self._found(journal.path, str(error), mend)

    def generations(self) -> None:
        """Every file of every generation."""
        self._report.generations = [info.name for info in self._engine.generations()]
        try:
            damages = self._engine.verify()
        except NoIndex as error:
            if self._report.journal_records:
                self._found(self._index / "generations", str(error), "searchapp index")
            else:
                self._report.notes.append(str(error))
            return
        for damage in damages:
            place = self._index / "generations" / damage.generation if damage.generation else self._index / "CURRENT"
            self._found(place, damage.message, self._mend(damage.generation))

    def _mend(self, generation: str) -> str:
        try:
            current = self._engine.snapshot().info.name
        except EngineError:
            return REINDEX
        others = f"rm -r {self._index / 'generations' / generation} (generation {current} is served)"
        return REINDEX if not generation or generation >= current else others

    def _reaches(self, mend: str) -> bool:
        """Whether the journal has all that generations were made from."""
        for info in self._engine.generations():
            try:
                self._journal.resume(info.journal)
            except ArchiveError as error:
                self._found(self._journal.path, f"generation {info.name} was made from more than it holds: {error}", mend)
                return False
        return True

    def _catalogue(self, expected: Catalogue) -> None:
        """Whether the catalogue on disk says what one made from the journal says."""
        at_work = holder(self._index)
        found, notes = differences(self._index / "journal", expected)
        if at_work is not None and at_work.alive:
            self._report.notes.append(f"an index run is going on ({at_work.name}): its catalogue was not compared")
            return
        self._report.notes += notes
        for path, what in found:
            self._found(path, what, f"rm {path} (the next `searchapp index` makes it again)")

    def _ids(self, catalogue: Catalogue) -> None:
        """Whether the current generation has the articles that the journal had when it was made, no more and no fewer."""
        try:
            snapshot = self._engine.snapshot()
            info = snapshot.info
            start = self._journal.resume(info.journal)
        except (EngineError, ArchiveError):
            return  # told by the other checks
        if start is None:
            self._report.notes.append(f"the journal was rewritten after generation {info.name}: its articles were not compared")
            return
        strange = []
        for number, article_id in enumerate(snapshot.ids(EngineRequest(tree=Everything(), sort="oldest")), 1):
            if catalogue.article(article_id) is None:
                strange.append(article_id)
            catalogue.meet(article_id)
            self._tell("articles", number)
        self._wrong_ids(info, strange, "are in it and not in the journal")
        missed = [key for key in catalogue.missed(before=start) if key not in self._withheld]
        if missed:  # what the rules of cleaning no longer make an article of is missing rightly
            wanted = set(missed)
            self._wrong_ids(info, [one.id for _, one in articles(catalogue, 0, []) if one.id in wanted], "are missing in it")

    def _wrong_ids(self, info: GenerationInfo, ids: Sequence[str], what: str) -> None:
        if ids:
            shown = ", ".join(ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
            self._found(self._index / "generations" / info.name, f"{len(ids)} articles {what}: {shown}", REINDEX)

    def _found(self, file: Path, problem: str, mend: str) -> None:
        self._report.problems.append(Problem(file=str(file), problem=problem, mend=mend))
