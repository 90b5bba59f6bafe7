"""`verify`: re-hash and compare everything; exit 1 and name what is damaged."""

from __future__ import annotations

import click

from searchapp.cli.options import global_options, settings
from searchapp.cli.progress import progress
from searchapp.cli.terminal import count, emit, emit_json, message, size, strong, table
from searchapp.engines.factory import open_engine
from searchapp.verifying import run_verify


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@global_options
def verify(as_json: bool) -> int:
    """Read and hash the journal, the catalogue, the withdrawals and every generation, and compare them with each other.

    Changes nothing, and may run while others search or write. Exits with 1 when anything is damaged, naming each file and the
    command that mends it.
    """
    known = settings()
    with progress() as tell:
        report = run_verify(known, open_engine(known), tell)
    if as_json:
        emit_json(report.to_json())
    else:
        rows = [
            ("journal", f"{count(report.journal_records, 'record')}, {size(report.journal_bytes)}"),
            ("articles", f"{report.articles:,}"),
            ("generations", ", ".join(report.generations) or "none"),
            ("seconds", f"{report.seconds:.2f}"),
            ("damage", count(len(report.problems), "problem") if report.problems else "none"),
        ]
        for line in table(rows):
            emit(line)
        for problem in report.problems:
            emit()
            emit(strong(problem.file))
            emit(f"  {problem.problem}")
            emit(f"  mend it: {problem.mend}")
    for note in report.notes:
        message(note)
    return 1 if report.problems else 0
