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

from searchapp.archive import Holdings, Journal, Record, Verdict, WriterLock
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

Progress = Callable[[str, int], None]
"""Told the stage (``reading``, ``indexing``) and how many records it has done."""


@dataclass(slots=True, kw_only=True)
class IndexReport:
    """What a run did. read = added + changed + unchanged + duplicates + rejected.

    ``passed_over`` are files left out by rule (hidden ones, READMEs …), each with the rule; they don't count as read.
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

    ``full`` builds the generation from nothing. ``dry_run`` writes nothing and only counts. ``jobs`` processes read.
    Raises SettingsError for a path that isn't there, ArchiveBusy while another run writes, EngineError when the
    generation can't be built (the old one stays current, and what was journalled is safe).
    """
    start = time.monotonic()
    sources = sources_of(named_in(paths), settings, format) if paths else configured_sources(settings)
    report = IndexReport()
    tell = progress or _silent
    with nullcontext() if dry_run else WriterLock(settings.index):
        journal = Journal(settings.index / "journal")
        holdings = _held(journal)
        intake = _Intake(journal, holdings, report, dry_run=dry_run)
        rejects: list[tuple[Path, Reject]] = []
        for path, source, found in read_sources(sources, jobs):
            report.read += 1
            if reject := intake.take(found, source):
                rejects.append((path, reject))
            tell("reading", report.read)
        intake.flush()
        report.rejects = [reject for _, reject in rejects]
        report.rejected = len(rejects)
        report.passed_over = [left for source in sources for top in source.paths for left in passed_over(top)]
        if not dry_run:
            report.rejects_file = write_rejects(settings.index, rejects)
            report.generation = _build(engine, journal, holdings, report, full=full, tell=tell)
    report.seconds = round(time.monotonic() - start, 3)
    return report


def _silent(_stage: str, _done: int) -> None:
    """Progress nobody watches."""


def _held(journal: Journal) -> Holdings:
    holdings = Holdings()
    for position, entry in journal.read():
        holdings.hold(Record(**entry["record"]), entry["id"], position)
    return holdings


class _Intake:
    """Judges records and journals, in batches, those that are new or changed."""

    def __init__(self, journal: Journal, holdings: Holdings, report: IndexReport, *, dry_run: bool) -> None:
        self._journal = journal
        self._holdings = holdings
        self._report = report
        self._dry_run = dry_run
        self._waiting: list[dict[str, Any]] = []

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
            self._waiting.append(
                {"id": article_id, "record": asdict(record), "rules": asdict(source.rules), "extract": found.to_json()}
            )
            if len(self._waiting) >= BATCH:
                self.flush()
        return None

    def flush(self) -> None:
        """Acknowledge what waits: when this returns, it is on disk."""
        if not self._dry_run:
            positions = self._journal.append(self._waiting)
            for position, entry in zip(positions, self._waiting, strict=True):
                self._holdings.hold(Record(**entry["record"]), entry["id"], position)
        self._waiting.clear()


def _count(report: IndexReport, verdict: Verdict) -> None:
    name = "duplicates" if verdict == "duplicate" else verdict
    setattr(report, name, getattr(report, name) + 1)


def _record(extract: Extract, article: Article, source: Source) -> Record:
    where = (source.rules.id or "", article.provenance.file, extract.position)
    return Record(
        base_id=article.id,
        named=article.provenance.record_id is not None or article.url is not None,
        digest=extract.digest,
        likeness=duplicate_key(article),
        location="\x1f".join(where),
    )


def _build(engine: Engine, journal: Journal, holdings: Holdings, report: IndexReport, *, full: bool, tell: Progress) -> str:
    """Bring a generation up to the journal's end; the current one's name when it is there already."""
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
    with engine.begin_build(full=full) as build:
        for done, article in enumerate(_latest(journal, holdings, start, report), 1):
            build.add(article)
            tell("indexing", done)
        return build.publish(journal=journal.position).name


def _latest(journal: Journal, holdings: Holdings, start: int, report: IndexReport) -> Iterator[Article]:
    """The articles journalled from ``start`` on, each in its latest version only."""
    for position, entry in journal.read(start):
        if not holdings.is_latest(entry["id"], position):
            continue
        try:
            article = clean(Extract.from_json(entry["extract"]), SourceRules(**entry["rules"]))
        except ArticleError as error:  # it was an article once: the cleaning rules have changed since
            report.notes.append(f"{entry['id']}: no longer an article: {error}; it stays in the journal")
        else:
            yield replace(article, id=entry["id"])
