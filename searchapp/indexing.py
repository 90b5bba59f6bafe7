"""Sources -> journal -> clean -> engine: read what is there, keep what is new, build aside, publish, report.

Two halves that meet in the journal. *Intake* reads records and journals those that are new or changed; *building* brings a
generation up to the journal's end. A crash between them loses nothing: the next run builds what the last one journalled.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searchapp.archive import Catalogue, Journal, WriterLock, copied, opened
from searchapp.archive.runs import accounted
from searchapp.archive.withdrawals import Withdrawals
from searchapp.building import Progress, build, silent
from searchapp.engines.base import Engine
from searchapp.intake import Intake, Taken
from searchapp.preparing import prepared
from searchapp.readers import passed_over
from searchapp.readers.extract import Reject
from searchapp.reading import read_sources
from searchapp.rejects import listed_in, named_in, write_rejects
from searchapp.settings import Settings
from searchapp.sources import Source, configured_sources, sources_of

UNMET_SHOWN = 5


@dataclass(slots=True, kw_only=True)
class IndexReport:
    """What a run did. read = added + changed + unchanged + duplicates + rejected.

    ``passed_over`` are files left out by rule (hidden ones, READMEs …), each with the rule; they don't count as read.
    ``unmet`` articles were read from these sources earlier, and not this time; they are kept. ``withdrawn`` articles are left
    out of the index, read or not.
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
    withdrawn: int = 0
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

    ``full`` reads every file again and builds the generation from nothing. ``dry_run`` writes nothing and only counts. ``jobs``
    processes read, then analyse. Raises SettingsError for a path that isn't there, ArchiveBusy while another run writes,
    EngineError when the generation can't be built (the old one stays current, and what was journalled is safe).
    """
    start = time.monotonic()
    sources = sources_of(named_in(paths), settings, format) if paths else configured_sources(settings)
    report, tell = IndexReport(), progress or silent
    journal, withdrawals = Journal(settings.index / "journal"), Withdrawals(settings.index)
    if dry_run:
        with copied(journal) as catalogue:
            _take_in(Intake(catalogue, withdrawals.known(), dry_run=True), sources, report, full=full, jobs=jobs, tell=tell)
    else:
        with (
            WriterLock(settings.index),
            accounted(settings.index, "index", report.to_json),
            opened(journal, report.notes) as catalogue,
        ):
            intake = Intake(catalogue, withdrawals.known(), listed_in(settings.index), dry_run=False)
            _take_in(intake, sources, report, full=full, jobs=jobs, tell=tell)
            report.rejects_file = write_rejects(settings.index, intake.taken.rejects, intake.taken.repaired)
            known, made = withdrawals.known(), intake.cleaned
            report.withdrawn = len(known.ids)
            report.generation = build(
                engine, catalogue, report.notes, withdrawn=known, full=full, jobs=jobs, cleaned=made, tell=tell
            )
            report.seconds = round(time.monotonic() - start, 3)
    report.seconds = round(time.monotonic() - start, 3)
    return report


def _take_in(intake: Intake, sources: Sequence[Source], report: IndexReport, *, full: bool, jobs: int, tell: Progress) -> None:
    """Read all sources, journal what is new, and put into the report what became of it."""
    for source in sources:
        intake.learn(source.rules)
    found = read_sources(sources, jobs, None if full else intake.known_file)
    for (path, source, one), article in prepared(found, jobs, intake.wants):
        intake.take(path, source, one, article)
        tell("reading", intake.taken.read)
    intake.flush()
    taken = intake.taken
    report.read, report.added, report.changed = taken.read, taken.added, taken.changed
    report.unchanged, report.duplicates = taken.unchanged, taken.duplicates
    report.rejects = [reject for _, reject in taken.rejects]
    report.rejected = len(taken.rejects)
    report.passed_over = [left for source in sources for top in source.paths for left in passed_over(top)]
    _tell_withdrawn(report, taken)
    _tell_unmet(report, intake.catalogue, [source.rules.id for source in sources if source.configured])


def _tell_withdrawn(report: IndexReport, taken: Taken) -> None:
    """New versions of withdrawn articles, and what may be one under another id."""
    for article_id in taken.withdrawn[:UNMET_SHOWN]:
        report.notes.append(f"a new version of {article_id} was read and kept; the article stays withdrawn")
    for article_id, before in taken.suspects[:UNMET_SHOWN]:
        report.notes.append(f"{article_id} was read where {before} was, which is withdrawn: if it is the same, withdraw it too")
    more = len(taken.withdrawn[UNMET_SHOWN:]) + len(taken.suspects[UNMET_SHOWN:])
    if more:
        report.notes.append(f"{more} more are like these")


def _tell_unmet(report: IndexReport, catalogue: Catalogue, source_ids: Sequence[str]) -> None:
    """Articles of sources that were read in full and no longer have them: kept, and told."""
    report.unmet, ids = catalogue.unmet(source_ids, UNMET_SHOWN)
    if ids:
        shown = ", ".join(ids) + (" …" if report.unmet > len(ids) else "")
        report.notes.append(f"indexed earlier and not met in their sources this time, but kept: {report.unmet} ({shown})")
