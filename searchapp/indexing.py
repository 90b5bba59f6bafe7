"""Sources -> journal -> clean -> engine: read what is there, keep what is new, build aside, publish, report.

Two halves that meet in the journal. *Intake* reads records and journals those that are new or changed; *build* brings a
generation up to the journal's end. A crash between them loses nothing: the next run builds what the last one journalled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from searchapp.archive import SEPARATOR, Holdings, Journal, Record, Verdict, WriterLock
from searchapp.article import Article
from searchapp.cleaning import SourceRules, clean, duplicate_key
from searchapp.engines.base import Engine
from searchapp.errors import ArticleError, IndexDamaged, IndexMismatch, NoIndex
from searchapp.readers import passed_over
from searchapp.readers.extract import Extract, Reject
from searchapp.reading import read_sources
from searchapp.rejects import named_in, write_rejects
from searchapp.settings import Settings
from searchapp.sources import Source, configured_sources, sources_of

BATCH = 500
"""Records acknowledged together: one fsync for each batch."""

KEPT_CHARACTERS = 64_000_000
"""Text of new articles that is kept from reading them to indexing them; what is beyond that is cleaned again."""

Progress = Callable[[str, int], None]
"""Told the stage (``reading``, ``indexing``) and how many records it has done."""


@dataclass(slots=True, kw_only=True)
class IndexReport:
    """What a run did. read = added + changed + unchanged + duplicates + rejected.

    ``passed_over`` are files left out by rule (hidden ones, READMEs …), each with the rule; they don't count as read.
    ``unmet`` articles were read from these sources earlier, and not this time; they are kept.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    removed: int = 0
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: str | None = None
    passed_over: list[Reject] = field(default_factory=list)
    unmet: int = 0
    notes: list[str] = field(default_factory=list)
    generation: str | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, under the interface's names."""
        return asdict(self)


def run_index(
    settings: Settings,
    engine: Engine,
    paths: Sequence[Path] = (),
    *,
    full: bool = False,
    dry_run: bool = False,
    format: str | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> IndexReport:
    """Read ``paths`` (or the configured sources), journal what is new, publish a generation that holds all of it.

    ``full`` builds the generation from nothing. ``dry_run`` writes nothing and only counts. ``jobs`` processes read, then
    analyse. Raises SettingsError for a path that isn't there, ArchiveBusy while another run writes, EngineError when the
    generation can't be built (the old one stays current, and what was journalled is safe).
    """
    start = time.monotonic()
    sources = sources_of(named_in(paths), settings, format) if paths else configured_sources(settings)
    report = IndexReport()
    tell = progress or _silent
    with nullcontext() if dry_run else WriterLock(settings.index):
        journal = Journal(settings.index / "journal")
        past = _past(journal)
        intake = _Intake(journal, past, report, dry_run=dry_run)
        for source in sources:
            intake.learn(source.rules)
        rejects: list[tuple[Path, Reject]] = []
        files: set[Path] = set()
        for path, source, found in read_sources(sources, jobs):
            report.read += 1
            files.add(path)
            if reject := intake.take(found, source):
                rejects.append((path, reject))
            tell("reading", report.read)
        intake.flush()
        report.rejects = [reject for _, reject in rejects]
        report.rejected = len(rejects)
        report.passed_over = [left for source in sources for top in source.paths for left in passed_over(top)]
        _tell_unmet(report, past.holdings.unmet([source.rules.id for source in sources if source.configured]))
        if not dry_run:
            report.rejects_file = write_rejects(settings.index, rejects, files)
            report.generation = _build(engine, journal, past, intake.cleaned, report, full=full, jobs=jobs, tell=tell)
    report.seconds = round(time.monotonic() - start, 3)
    return report


def _silent(_stage: str, _done: int) -> None:
    """Progress nobody watches."""


@dataclass(slots=True)
class _Past:
    """What the journal says: the articles held, each source's latest rules, and where rules replaced others."""

    holdings: Holdings = field(default_factory=Holdings)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[tuple[int, str]] = field(default_factory=list)

    def learn(self, position: int, rules: dict[str, Any]) -> None:
        """Take a source's rules, journalled at ``position``."""
        if rules["id"] in self.rules:
            self.changes.append((position, rules["id"]))
        self.rules[rules["id"]] = rules


def _past(journal: Journal) -> _Past:
    past = _Past()
    for position, entry in journal.read():
        if "record" in entry:
            past.holdings.hold(Record(**entry["record"]), entry["id"], position)
        else:
            past.learn(position, entry["rules"])
    return past


def _tell_unmet(report: IndexReport, ids: Sequence[str]) -> None:
    """Articles of sources that were read in full and no longer have them: kept, and told."""
    report.unmet = len(ids)
    if ids:
        shown = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
        report.notes.append(f"indexed earlier and not met in their sources this time, but kept: {len(ids)} ({shown})")


class _Intake:
    """Judges records and journals, in batches, those that are new or changed."""

    def __init__(self, journal: Journal, past: _Past, report: IndexReport, *, dry_run: bool) -> None:
        self._journal = journal
        self._past = past
        self._holdings = past.holdings
        self._report = report
        self._dry_run = dry_run
        self._waiting: list[tuple[dict[str, Any], Article | None]] = []
        self._rules: dict[str, SourceRules] = {}
        self._room = KEPT_CHARACTERS
        self.cleaned: dict[int, Article] = {}
        """New articles by their positions in the journal, as many as are kept."""

    def learn(self, source: SourceRules) -> None:
        """Journal a source's rules when they are new or others than before: they hold for all its articles."""
        rules = asdict(source)
        self._rules[source.id] = source
        if rules["id"] and self._past.rules.get(rules["id"]) != rules:
            position = self._journal.position
            if not self._dry_run:
                self._journal.append([{"rules": rules}])
            self._past.learn(position, rules)

    def take(self, found: Extract | Reject, source: Source) -> Reject | None:
        """Judge one record; the Reject if it can't become an article."""
        if isinstance(found, Reject):
            return found
        try:
            article = clean(found, source.rules)
        except ArticleError as error:
            return Reject(found.provenance.file, found.position, str(error))
        record = _record(found, article, source)
        verdict, article_id = self._holdings.judge(record)
        _count(self._report, verdict)
        if verdict in ("added", "changed"):
            # Held at once, so that the next record of this batch is judged against it; its position is known after flush.
            self._holdings.hold(record, article_id, -1)
            entry = {"id": article_id, "record": asdict(record), "extract": found.to_json(), "source": source.rules.id}
            if not source.rules.id:
                entry["rules"] = asdict(source.rules)
            self._waiting.append((entry, article if self._room > 0 and self._holds(source.rules) else None))
            if len(self._waiting) >= BATCH:
                self.flush()
        return None

    def _holds(self, rules: SourceRules) -> bool:
        """Whether these are the rules that the journal's entry will be read with."""
        return not rules.id or self._rules.get(rules.id) == rules

    def flush(self) -> None:
        """Acknowledge what waits: when this returns, it is on disk."""
        if not self._dry_run:
            positions = self._journal.append([entry for entry, _ in self._waiting])
            for position, (entry, article) in zip(positions, self._waiting, strict=True):
                self._holdings.hold(Record(**entry["record"]), entry["id"], position)
                if article is not None:
                    self._room -= len(article.title) + len(article.body) + len(article.furniture)
                    self.cleaned[position] = article
        self._waiting.clear()


def _count(report: IndexReport, verdict: Verdict) -> None:
    name = "duplicates" if verdict == "duplicate" else verdict
    setattr(report, name, getattr(report, name) + 1)


def _record(extract: Extract, article: Article, source: Source) -> Record:
    where = (source.rules.id, article.provenance.file, extract.position)
    return Record(
        base_id=article.id,
        named=article.provenance.record_id is not None or article.url is not None,
        digest=extract.digest,
        likeness=duplicate_key(article),
        location=SEPARATOR.join(where),
    )


def _build(
    engine: Engine,
    journal: Journal,
    past: _Past,
    cleaned: dict[int, Article],
    report: IndexReport,
    *,
    full: bool,
    jobs: int,
    tell: Progress,
) -> str:
    """Bring a generation up to the journal's end; the current one's name when it is there already.

    ``cleaned`` are articles of the journal's entries, by position; they are taken out as they are used.
    """
    start = 0
    if not full:
        try:
            current = engine.snapshot().info
        except NoIndex:
            full = True
        except (IndexMismatch, IndexDamaged) as error:
            report.notes.append(f"{error}; everything is indexed again from the journal")
            full = True
        else:
            if current.journal == journal.position:
                return current.name
            start = current.journal
            if changed := sorted({source for position, source in past.changes if position >= start}):
                report.notes.append(f"what corpus.yml says of {', '.join(changed)} has changed: everything is indexed again")
                start, full = 0, True
    with engine.begin_build(full=full, jobs=jobs) as build:
        for done, article in enumerate(_latest(journal, past, cleaned, start, report), 1):
            build.add(article)
            tell("indexing", done)
        return build.publish(journal=journal.position).name


def _latest(journal: Journal, past: _Past, cleaned: dict[int, Article], start: int, report: IndexReport) -> Iterator[Article]:
    """The articles journalled from ``start`` on, each in its latest version only."""
    for position, entry in journal.read(start):
        if "record" not in entry or not past.holdings.is_latest(entry["id"], position):
            continue
        article = cleaned.pop(position, None)
        if article is None:
            rules = SourceRules(**(entry.get("rules") or past.rules[entry["source"]]))
            try:
                article = clean(Extract.from_json(entry["extract"]), rules)
            except ArticleError as error:  # it was an article once: the cleaning rules have changed since
                report.notes.append(f"{entry['id']}: no longer an article: {error}; it stays in the journal")
                continue
        yield replace(article, id=entry["id"])
