"""Records -> journal: judge what was read, and acknowledge in batches what is new or changed.

A batch is acknowledged when the journal has synced it; then the catalogue takes it over. A file that was read in full, with all
its records held from there, is remembered by its bytes, and passed over by later runs: each of its records would be unchanged.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searchapp.archive import SEPARATOR, Catalogue, Record, Verdict
from searchapp.archive.withdrawals import Withdrawn
from searchapp.article import Article
from searchapp.cleaning import SourceRules, clean, duplicate_key
from searchapp.errors import ArticleError
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.fingerprint import fingerprint
from searchapp.readers.opening import relative_name
from searchapp.reading import Ended, Known, read_whole
from searchapp.sources import Source

BATCH = 500
"""Records acknowledged together, at most: two fsyncs for each batch."""
BATCH_CHARACTERS = 8_000_000
"""Text of a batch at most, but for its last record."""
KEPT_CHARACTERS = 64_000_000
"""Text of new articles that is kept from reading them to indexing them; what is beyond that is cleaned again."""


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the records read: the counts of `searchapp.indexing.IndexReport`, and the rejects with their files.

    ``repaired`` are files read again of which rejects were listed before.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejects: list[tuple[Path, Reject]] = field(default_factory=list)
    repaired: set[Path] = field(default_factory=set)
    withdrawn: list[str] = field(default_factory=list)
    """Withdrawn articles of which a new version was read."""
    suspects: list[tuple[str, str]] = field(default_factory=list)
    """New articles, each with the withdrawn one that was read in its place before."""

    def count(self, verdict: Verdict, records: int = 1) -> None:
        """Count records of one verdict."""
        name = "duplicates" if verdict == "duplicate" else verdict
        setattr(self, name, getattr(self, name) + records)


@dataclass(slots=True)
class _File:
    """The file being read: whether all its records so far are held from it."""

    path: Path | None = None
    records: int = 0
    whole: bool = True


class Intake:
    """Judges records, and journals those that are new or changed. A dry run journals nothing and judges the same.

    New versions of ``withdrawn`` articles are journalled and told of; of purged ones no text is taken in again. ``listed`` are
    the absolute paths of files with rejects on the list.

    The caller holds the writer lock, unless it is a dry run; and ends with `flush`.
    """

    def __init__(self, catalogue: Catalogue, withdrawn: Withdrawn, listed: Set[str] = frozenset(), *, dry_run: bool) -> None:
        self.taken = Taken()
        self.cleaned: dict[int, Article] = {}
        """New articles by their positions in the journal, as many as are kept."""
        self.catalogue = catalogue
        self._withdrawn = withdrawn
        self._listed = listed
        self._dry_run = dry_run
        self._waiting: list[tuple[dict[str, Any], Article | None]] = []
        self._characters = 0
        self._rules: dict[str, SourceRules] = {}
        self._room = KEPT_CHARACTERS
        self._file = _File()
        self._ended: list[tuple[str, str, str, int]] = []

    def learn(self, source: SourceRules) -> None:
        """Journal a source's rules when they are new or others than before: they hold for all its articles."""
        rules = asdict(source)
        self._rules[source.id] = source
        if rules["id"] and self.catalogue.rules(rules["id"]) != rules:
            self._waiting.append(({"rules": rules}, None))

    def known_file(self, path: Path, source: Source) -> str | None:
        """The sha256 with which a file need not be read again (`searchapp.reading.KnownFile`)."""
        return self.catalogue.known_file(_name(path, source), _how(source))

    def take(self, path: Path, source: Source, found: Extract | Reject | Ended | Known, article: Article | None = None) -> None:
        """Take one thing that was read; an extract's ``article``, if it has been cleaned already."""
        self._begin(path)
        match found:
            case Extract():
                self.taken.read += 1
                self._take(found, source, article)
            case Reject():
                self.taken.read += 1
                self._reject(found)
            case Ended():
                self._end(path, source, found.sha256)
            case Known():
                self._pass(path, source)

    def wants(self, extract: Extract, source: Source) -> bool:
        """Whether a record isn't held as it is (`searchapp.preparing.Wanted`)."""
        known = self.catalogue.read_at(_location(extract, source))
        return known is None or known[1] != extract.digest

    def _begin(self, path: Path) -> None:
        if self._file.path != path:
            self._file = _File(path)
            if self._listed and str(path.absolute()) in self._listed:
                self.taken.repaired.add(path)

    def _reject(self, reject: Reject) -> None:
        assert self._file.path is not None
        self.taken.rejects.append((self._file.path, reject))
        self._file.whole = False

    def _take(self, extract: Extract, source: Source, article: Article | None) -> None:
        location = _location(extract, source)
        digest = extract.digest
        self._file.records += 1
        if (known := self.catalogue.read_at(location)) and known[1] == digest:
            # What is held stays held, whatever the rules of cleaning are now: there is nothing to find out by cleaning it.
            self.catalogue.meet(known[0])
            self.taken.count("unchanged")
            return
        try:
            article = article or clean(extract, source.rules)
        except ArticleError as error:
            self._reject(Reject(extract.provenance.file, extract.position, str(error)))
            return
        record = Record(
            base_id=article.id,
            named=article.provenance.record_id is not None or article.url is not None,
            digest=digest,
            likeness=duplicate_key(article),
            location=location,
        )
        verdict, article_id = self.catalogue.judge(record)
        held = self._withdrawn.by_id.get(article_id)
        if held and held.purge != "none" and verdict in ("added", "changed"):
            why = f"{article_id} was withdrawn and purged: no text of it is taken in again, unless `searchapp restore` allows it"
            self._reject(Reject(extract.provenance.file, extract.position, why))
            return
        self.taken.count(verdict)
        if verdict in ("added", "changed"):
            self._compare_with_withdrawn(article_id, known[0] if known else None)
            # Held at once, so that the next record of this batch is judged against it; its position is known after flush.
            self.catalogue.hold(record, article_id, new=verdict == "added")
            self._wait(record, article_id, extract, article, source)
        else:
            self._file.whole = False

    def _compare_with_withdrawn(self, article_id: str, before: str | None) -> None:
        """Note a new version of a withdrawn article, and an article that stands where a withdrawn one, ``before``, was read."""
        if article_id in self._withdrawn.ids:
            self.taken.withdrawn.append(article_id)
        elif before in self._withdrawn.ids:
            self.taken.suspects.append((article_id, str(before)))

    def _wait(self, record: Record, article_id: str, extract: Extract, article: Article, source: Source) -> None:
        entry = {"id": article_id, "record": record, "extract": extract.to_json(), "source": source.rules.id}
        if not source.rules.id:
            entry["rules"] = source.rules
        self._waiting.append((entry, article if self._room > 0 and self._is_ruled(source.rules) else None))
        self._characters += len(article.body) + len(extract.text)
        if len(self._waiting) >= BATCH or self._characters >= BATCH_CHARACTERS:
            self.flush()

    def _is_ruled(self, rules: SourceRules) -> bool:
        """Whether these are the rules that the journal's entry will be read with."""
        return not rules.id or self._rules.get(rules.id) == rules

    def _end(self, path: Path, source: Source, sha256: str | None) -> None:
        """Note a file that was read in full; it is remembered when what it held is journalled."""
        if self._file.whole and self._file.records and sha256:
            self._ended.append((_name(path, source), sha256, _how(source), self._file.records))
            if not self._waiting:
                self._remember()
        self._file = _File()

    def _pass(self, path: Path, source: Source) -> None:
        """Take a file's records as unchanged; read it after all when that isn't sure."""
        records = self.catalogue.pass_file(_name(path, source))
        if records is None:
            for found in read_whole(path, source):
                self.take(path, source, found)
        else:
            self.taken.read += records
            self.taken.count("unchanged", records)

    def flush(self) -> None:
        """Acknowledge what waits: when this returns, it is on disk."""
        entries = [entry for entry, _ in self._waiting]
        journal = self.catalogue.journal
        positions = list(range(len(entries))) if self._dry_run else journal.append(entries)
        held = []
        for position, (entry, article) in zip(positions, self._waiting, strict=True):
            if "record" not in entry:
                self.catalogue.learn(entry["rules"], position)
                continue
            held.append(position)
            if article is not None:
                self._room -= len(article.title) + len(article.body) + len(article.furniture)
                self.cleaned[position] = article
        self.catalogue.place(held)
        self._waiting.clear()
        self._characters = 0
        self._remember()
        if not self._dry_run:
            self.catalogue.commit(always=False)

    def _remember(self) -> None:
        for file, sha256, how, records in self._ended:
            self.catalogue.read_in_full(file, sha256, how, records)
        self._ended.clear()


def _location(extract: Extract, source: Source) -> str:
    return SEPARATOR.join((source.rules.id, extract.provenance.file, extract.position))


def _name(path: Path, source: Source) -> str:
    return SEPARATOR.join((source.rules.id, relative_name(path, source.root)))


def _how(source: Source) -> str:
    return f"{fingerprint()} {source.format or 'any'}"
