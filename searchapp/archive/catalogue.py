"""The catalogue: what the journal says, looked up instead of read; and what this run has met and not yet journalled.

Memory is bounded whatever the archive holds: SQLite's cache, what waits for its batch, and a bit for each article.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from searchapp.archive.holdings import DIGESTED, Held, Record, Verdict, digested, judge
from searchapp.archive.journal import Journal
from searchapp.archive.tables import Tables
from searchapp.errors import ArchiveError

COMMITTED = 8000
"""Records taken over between two commits. What a kill costs is to read them in the journal again."""
REPLAYED = 1000
"""Records of the journal that are taken over together."""


class Catalogue:
    """A `searchapp.archive.holdings.Holdings` of what ``journal`` says. Opened by `searchapp.archive.cataloguing.opened`.

    A record is held by `hold`, and has a position when `place` is told it; it is committed with the journal's position and
    seal, after the journal acknowledged it.
    """

    def __init__(self, journal: Journal, tables: Tables) -> None:
        self.journal = journal
        self.tables = tables
        self.changed = False
        """Whether the file has been, or is being, changed."""
        self._waiting: list[tuple[Record, Held, bool]] = []
        self._places: dict[str, tuple[str, str]] = {}
        self._articles: dict[str, Held] = {}
        self._likenesses: dict[str, str] = {}
        self._met = bytearray()
        self._uncommitted = 0
        self._highest = tables.highest()
        self._has_stones = tables.has_stones()

    # What is asked

    def read_at(self, location: str) -> tuple[str, str] | None:
        """Id and digest of what was last held from there."""
        found = self._places.get(location) or self.tables.at(location)
        return self.tables.at(digested(location)) if found is None and self._has_stones else found

    def article(self, article_id: str) -> Held | None:
        """The latest version of an article; its position is -1 while it waits for it."""
        return self._articles.get(article_id) or self.tables.article(article_id)

    def alike(self, likeness: str) -> str | None:
        """The id of the first article of which a version had this likeness."""
        return self.tables.alike(likeness) or self._likenesses.get(likeness)

    def was_met(self, article_id: str) -> bool:
        """Whether a record of this run was this article."""
        held = self.article(article_id)
        return held is not None and self._is_met(held.number)

    def judge(self, record: Record) -> tuple[Verdict, str]:
        """`searchapp.archive.holdings.judge`, and remembers that the article was met."""
        verdict, article_id = judge(self, record)
        if verdict != "added":
            self.meet(article_id)
        return verdict, article_id

    def meet(self, article_id: str) -> None:
        """Remember that a record of this run was this article."""
        if held := self.article(article_id):
            self._meet(held.number)

    def unmet(self, source_ids: Collection[str], shown: int) -> tuple[int, list[str]]:
        """How many articles of these sources no record of this run was, and the first few of them by id."""
        if not source_ids:
            return 0, []
        count = 0

        def missed() -> Iterator[str]:
            nonlocal count
            for number, article_id in self.tables.of_sources(source_ids):
                if not self._is_met(number):
                    count += 1
                    yield article_id

        first = heapq.nsmallest(shown, missed())
        return count, first

    def missed(self, *, before: int) -> Iterator[str]:
        """Articles journalled before ``before``, with their text, that no record of this run was; in the order of journalling."""
        for number, article_id in self.tables.rows("SELECT number, id FROM articles WHERE whole AND first < ?", before):
            if not self._is_met(number):
                yield article_id

    def whole_since(self, start: int) -> int:
        """How many articles have their latest version at ``start`` in the journal or after it, with its text."""
        return self.tables.count("whole AND position >= ?", start)

    def rules(self, source_id: str) -> dict[str, Any] | None:
        """What the journal says last of a source."""
        return self.tables.rules(source_id)

    def changes(self, start: int) -> list[str]:
        """The sources whose rules were replaced by others at ``start`` in the journal or after it."""
        return [row[0] for row in self.tables.rows("SELECT DISTINCT source FROM changes WHERE position >= ? ORDER BY 1", start)]

    # Files that need not be read again

    def known_file(self, file: str, how: str) -> str | None:
        """The sha256 a file had when it was read in full, if reading the same again in this way would change nothing."""
        known = self.tables.file(file)
        return known[0] if known and known[1] == how else None

    def pass_file(self, file: str) -> int | None:
        """Meet all articles of a file that is unchanged since it was read in full, and say how many records it has.

        None, and nothing is met, when it isn't sure that each of them would be unchanged.
        """
        known = self.tables.file(file)
        numbers = self.tables.of_file(file)
        if known is None or known[2] != len(numbers) or any(record.file == file for record, _, _ in self._waiting):
            return None
        for number in numbers:
            self._meet(number)
        return known[2]

    def read_in_full(self, file: str, sha256: str, how: str, records: int) -> None:
        """Remember a file as one that need not be read again; all its records are journalled."""
        known = (sha256, how, records)
        if self.tables.file(file) != known:
            self._begin_change()
            self.tables.read_in_full(file, known)

    # What is taken over

    def hold(self, record: Record, article_id: str, *, whole: bool = True, new: bool = False) -> None:
        """Hold a record as the article's latest version, and meet it. ``whole``: with its text; ``new``: there is none yet."""
        before = None if new else self.article(article_id)
        if before is None:
            self._highest += 1
        number = before.number if before else self._highest
        held = Held(number, article_id, record.digest, record.location, -1)
        self._waiting.append((record, held, whole))
        self._articles[article_id] = held
        self._places[record.location] = article_id, record.digest
        self._likenesses.setdefault(record.likeness, article_id)
        self._has_stones |= record.location.startswith(DIGESTED)
        self._meet(number)

    def place(self, positions: Sequence[int]) -> None:
        """Tell the positions of the records that wait, in order."""
        if positions:
            self._begin_change()
            placed = zip(self._waiting, positions, strict=True)
            self.tables.hold([(record, held, whole, position) for (record, held, whole), position in placed])
            self._uncommitted += len(positions)
        self.drop()

    def drop(self) -> None:
        """Forget the records that wait."""
        self._waiting.clear()
        self._articles.clear()
        self._places.clear()
        self._likenesses.clear()

    def learn(self, rules: Mapping[str, Any], position: int) -> None:
        """Take a source's rules, journalled at ``position``."""
        self._begin_change()
        self.tables.learn(rules, position)

    def commit(self, *, always: bool = True) -> None:
        """Make what was taken over durable, as what the journal says now; unless ``always`` only when it is much."""
        if self.changed and (always or self._uncommitted >= COMMITTED):
            self._begin_change()
            self.tables.commit(self.journal.position, self.journal.seal)
            self._uncommitted = 0

    def bring_up(self, start: int) -> None:
        """Take over the journal from ``start`` on. Raises JournalDamaged, and the catalogue stays as it was."""
        positions: list[int] = []
        try:
            for position, entry in self.journal.read(start):
                if "record" in entry:
                    self.hold(Record(**entry["record"]), entry["id"], whole="extract" in entry)
                    positions.append(position)
                elif "rules" in entry:
                    self.learn(entry["rules"], position)
                if len(positions) >= REPLAYED:
                    self.place(positions)
                    positions = []
            self.place(positions)
            self._begin_change()
            self.commit()
        except BaseException:
            self.tables.rollback()
            raise
        finally:
            self._met = bytearray()

    def check(self, found: int, start: int) -> None:
        """Compare how many latest versions the journal has from ``start`` on with what is known. Raises ArchiveError."""
        known = self.whole_since(start)
        if found != known:
            raise self.wrong(f"{found} articles are in the journal from {start} on, not {known}")

    def wrong(self, what: str) -> ArchiveError:
        """The error of a catalogue that doesn't say what the journal says."""
        return ArchiveError(
            f"{self.tables.path}: {what}; nothing is lost: remove the file, and the next run makes it again from the journal"
        )

    def _begin_change(self) -> None:
        if not self.changed:
            self.unseal()
            self.changed = True
        self.tables.begin_change()

    def unseal(self) -> None:
        """Remove the checksum of the file, which is about to change. Raises ArchiveError."""
        path = self.tables.path.with_suffix(".crc32")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"{path}: {error.strerror}; mend the permissions or the disk, then run the command again"
            ) from error

    def _is_met(self, number: int) -> bool:
        return number >> 3 < len(self._met) and bool(self._met[number >> 3] >> (number & 7) & 1)

    def _meet(self, number: int) -> None:
        if number >> 3 >= len(self._met):
            self._met.extend(bytes((number >> 3) + 1024 - len(self._met)))
        self._met[number >> 3] |= 1 << (number & 7)
