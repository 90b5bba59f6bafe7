"""`reindex`: a generation from the journal alone, or what it would change."""

from __future__ import annotations

from collections.abc import Iterator

import click

from searchapp.cli.options import global_options, settings
from searchapp.cli.progress import progress
from searchapp.cli.terminal import emit, emit_json, message, size, strong, table
from searchapp.engines.factory import open_engine
from searchapp.reindexing import Difference, ReindexReport, run_reindex


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change in the current generation; write nothing.")
@click.option("--compact", is_flag=True, help="Before, take the texts of superseded versions out of the journal, for good.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes that analyse. Default 1.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@global_options
def reindex(dry_run: bool, compact: bool, jobs: int | None, as_json: bool) -> None:
    """Build a generation from the journal alone, without the sources.

    It applies this version's rules of cleaning and analysing, and what corpus.yml said at the last `searchapp index`.
    """
    if dry_run and compact:
        raise click.UsageError("--compact changes the journal, --dry-run writes nothing: give one of them")
    known = settings()
    with progress() as tell:
        report = run_reindex(known, open_engine(known), dry_run=dry_run, compact=compact, jobs=jobs or 1, progress=tell)
    if as_json:
        emit_json(report.to_json())
    else:
        for line in _shown(report, dry_run=dry_run):
            emit(line)
    for note in report.notes:
        message(note)


def _shown(report: ReindexReport, *, dry_run: bool) -> Iterator[str]:
    rows = [("articles", f"{report.articles:,}")]
    kinds = [("added", report.added), ("changed", report.changed), ("removed", report.removed)]
    if dry_run:
        rows += [(f"would be {name}", f"{kind.count:,}") for name, kind in kinds]
    if report.journal_bytes:
        before, after = report.journal_bytes
        rows.append(("journal", f"{size(after)}, was {size(before)}"))
    rows += [("seconds", f"{report.seconds:.2f}"), ("generation", report.generation or "none written")]
    yield from table(rows)
    for name, kind in kinds:
        yield from _listed(f"would be {name}", kind)
    if dry_run:
        yield "nothing was written (--dry-run)"


def _listed(name: str, kind: Difference) -> Iterator[str]:
    if kind.count:
        yield ""
        yield strong(name)
        for article_id in kind.ids:
            yield f"  {article_id}"
        if kind.count > len(kind.ids):
            yield f"  and {kind.count - len(kind.ids):,} more"
