"""`index`: read sources and publish a generation; what was read is told on stdout, progress on a terminal's stderr."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from searchapp.cli.options import GivenPath, global_options, settings
from searchapp.cli.progress import progress
from searchapp.cli.terminal import emit, emit_json, message, strong, table
from searchapp.engines.factory import open_engine
from searchapp.indexing import IndexReport, run_index
from searchapp.readers import FORMATS

COUNTS = ("read", "added", "changed", "unchanged", "duplicates", "removed", "rejected")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=GivenPath())
@click.option("--full", is_flag=True, help="Build the generation from nothing instead of adding to the current one.")
@click.option("--dry-run", is_flag=True, help="Read and count; write nothing.")
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), help="Force a format instead of recognising it.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes that read and analyse. Default 1.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@global_options
def index(paths: tuple[Path, ...], full: bool, dry_run: bool, format_: str | None, jobs: int | None, as_json: bool) -> int:
    """Read sources and publish a new generation of the index.

    PATH is a file or a directory; without any, the sources of corpus/corpus.yml. Files already read are recognised by
    content. Exits with 1 when something was rejected; everything else has been indexed then.
    """
    known = settings()
    with progress() as tell:
        report = run_index(
            known, open_engine(known), paths, full=full, dry_run=dry_run, format=format_, jobs=jobs or 1, progress=tell
        )
    if as_json:
        emit_json(report.to_json())
    else:
        for line in _report(report, dry_run=dry_run):
            emit(line)
    for note in report.notes:
        message(note)
    if report.rejected:
        again = f"; repair the files, then: searchapp index {report.rejects_file}" if report.rejects_file else ""
        message(f"{report.rejected} of {report.read} could not be read{again}")
    return 1 if report.rejected else 0


def _report(report: IndexReport, *, dry_run: bool) -> Iterator[str]:
    names = (*COUNTS, "withdrawn") if report.withdrawn else COUNTS
    numbers = [f"{getattr(report, name):,}" for name in names]
    size = max(map(len, numbers))
    yield from table([(name, number.rjust(size)) for name, number in zip(names, numbers, strict=True)])
    yield from table([("seconds", f"{report.seconds:.2f}"), ("generation", report.generation or "none written")])
    if dry_run:
        yield "nothing was written (--dry-run)"
    if report.rejects:
        yield ""
        yield strong("rejected")
        yield from table([(_place(reject.file, reject.position), reject.reason) for reject in report.rejects], indent="  ")
    if report.passed_over:
        yield ""
        yield strong("passed over")
        yield from table([(left.file, left.reason) for left in report.passed_over], indent="  ")


def _place(file: str, position: str) -> str:
    return f"{file}, {position}" if position else file
