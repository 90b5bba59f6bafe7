"""`backup`: a verified copy of journal, withdrawals and generations."""

from __future__ import annotations

from pathlib import Path

import click

from searchapp.backups import run_backup
from searchapp.cli.options import GivenPath, global_options, settings
from searchapp.cli.progress import progress
from searchapp.cli.terminal import count, emit, emit_json, message, size, table
from searchapp.engines.factory import open_engine


@click.command()
@click.argument("directory", metavar="DIR", type=GivenPath())
@click.option("--copy", is_flag=True, help="Copy the generations also where hard links to them would do.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@global_options
def backup(directory: Path, copy: bool, as_json: bool) -> int:
    """Copy the archive to DIR, which must not be there yet, and read the copy in full. Searches and index runs go on.

    To restore it, use DIR as index directory. On the same file system the generations are hard links: they survive that the
    index is deleted, not that the disk fails.
    """
    known = settings()
    with progress() as tell:
        report = run_backup(known, open_engine(known), directory, link=not copy, progress=tell)
    if as_json:
        emit_json(report.to_json())
    else:
        rows = [
            ("backup", report.directory),
            ("journal", f"{count(report.journal_records, 'record')}, {size(report.journal_bytes)}"),
            ("generations", ", ".join(report.generations) or "none"),
            ("current", report.generation or "none"),
            ("seconds", f"{report.seconds:.2f}"),
        ]
        for line in table(rows):
            emit(line)
    for damage in report.damaged:
        message(f"left out of the backup: {damage}")
    return 1 if report.damaged else 0
