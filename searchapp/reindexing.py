"""A generation from the journal alone: changed rules, a new analyser, another engine. Needs no source, and reads none.

The same journal gives the same bytes each time, but for the manifest's name, time and checksum. Compacting comes before: of
superseded versions only what tells them again stays in the journal (`Record`), of replaced rules nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from searchapp.archive import Catalogue, Journal, WriterLock, copied, opened
from searchapp.archive.journal import Rewritten
from searchapp.archive.runs import accounted
from searchapp.archive.withdrawals import Withdrawals
from searchapp.building import Progress, articles, build, silent
from searchapp.engines.base import Engine, EngineRequest, Snapshot
from searchapp.errors import EngineError, NoIndex
from searchapp.query.tree import Everything
from searchapp.settings import Settings

SHOWN = 20
"""Ids of each kind that a report names."""


@dataclass(slots=True, kw_only=True)
class Difference:
    """Articles of one kind: how many, and the first few ids."""

    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, article_id: str) -> None:
        """Count an article."""
        self.count += 1
        if self.count <= SHOWN:
            self.ids.append(article_id)


@dataclass(slots=True, kw_only=True)
class ReindexReport:
    """What a generation made from the journal holds; of a dry run also how it would differ from the current one.

    ``removed`` articles are in the current generation and would not be in the new one. ``journal_bytes`` are before and after
    compacting, None where it was not asked for.
    """

    articles: int = 0
    added: Difference = field(default_factory=Difference)
    changed: Difference = field(default_factory=Difference)
    removed: Difference = field(default_factory=Difference)
    journal_bytes: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)
    generation: str | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def run_reindex(
    settings: Settings,
    engine: Engine,
    *,
    dry_run: bool = False,
    compact: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> ReindexReport:
    """Build a generation from the journal, or with ``dry_run`` say what it would hold.

    ``compact`` first writes the journal anew without what no generation will need. Raises ArchiveBusy while another process
    writes (but not for a dry run), JournalDamaged, EngineError when the generation can't be built.
    """
    start = time.monotonic()
    report, tell = ReindexReport(), progress or silent
    journal, withdrawn = Journal(settings.index / "journal"), Withdrawals(settings.index).known()
    if dry_run:
        with copied(journal) as catalogue:
            _compare(catalogue, _current(engine, withdrawn.ids, report), withdrawn.ids, report, tell)
    else:
        with WriterLock(settings.index), accounted(settings.index, "reindex", report.to_json):
            if compact:
                done = compacted(journal)
                report.journal_bytes = (done.before, done.after)
            with opened(journal, [] if compact else report.notes) as catalogue:
                report.generation = build(engine, catalogue, report.notes, withdrawn=withdrawn, full=True, jobs=jobs, tell=tell)
            report.articles = engine.snapshot(report.generation).info.articles
            report.seconds = round(time.monotonic() - start, 3)
    report.seconds = round(time.monotonic() - start, 3)
    return report


def compacted(journal: Journal) -> Rewritten:
    """Write the journal anew: the latest version of each article, what tells older ones again, each source's last rules.

    The caller holds the writer lock, and has no catalogue open.
    """
    with copied(journal) as catalogue:
        seen: set[str] = set()

        def revise(position: int, entry: dict[str, Any]) -> Mapping[str, Any] | None:
            if "record" not in entry:
                source = entry["rules"]["id"]
                if source in seen or entry["rules"] != catalogue.rules(source):
                    return None
                seen.add(source)
                return entry
            held = catalogue.article(entry["id"])
            if held is None or held.position < position:
                raise catalogue.wrong(f"it lacks {entry['id']}, which is in the journal at {position}")
            return entry if held.position == position else {"id": entry["id"], "record": entry["record"]}

        return journal.rewrite(revise, keeps_articles=True)


def _current(engine: Engine, withheld: frozenset[str], report: ReindexReport) -> Snapshot | None:
    try:
        return engine.snapshot(withheld=withheld)
    except NoIndex:
        return None
    except EngineError as error:
        report.notes.append(f"{error}; everything counts as added")
        return None


def _compare(
    catalogue: Catalogue, current: Snapshot | None, withheld: frozenset[str], report: ReindexReport, tell: Progress
) -> None:
    """Put into the report how what the journal gives differs from the current generation."""
    for _, article in articles(catalogue, 0, report.notes):
        if article.id in withheld:
            continue
        report.articles += 1
        catalogue.meet(article.id)
        before = current.article(article.id) if current else None
        if before is None:
            report.added.add(article.id)
        elif before.to_stored() != article.to_stored():
            report.changed.add(article.id)
        tell("comparing", report.articles)
    if current is not None:
        for article_id in current.ids(EngineRequest(tree=Everything(), sort="oldest")):
            if not catalogue.was_met(article_id):
                report.removed.add(article_id)
