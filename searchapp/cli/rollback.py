"""`rollback`: make an older generation the current one."""

from __future__ import annotations

import click

from searchapp.archive import Journal, WriterLock
from searchapp.archive.runs import accounted
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import emit, emit_json, message, size, table
from searchapp.engines.factory import open_engine
from searchapp.errors import ArchiveError


@click.command()
@click.argument("generation", required=False)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def rollback(generation: str | None, as_json: bool) -> None:
    """Serve an older GENERATION (default: the one before the current) after reading every byte of it.

    Running servers follow within a second. Nothing is lost: the journal keeps what was indexed since, and the next
    `searchapp index` adds it to this generation.
    """
    known = settings()
    engine = open_engine(known)
    with WriterLock(known.index), accounted(known.index, "rollback", dict):
        before = next((info.name for info in engine.generations() if info.current), None)
        now = engine.rollback(generation)
    behind = _behind(Journal(known.index / "journal"), now.journal)
    if as_json:
        emit_json({"generation": now.name, "before": before, "articles": now.articles, "journal": now.journal, "behind": behind})
        return
    made = now.created[:19].replace("T", " ")
    rows = [("generation", f"{now.name}, made {made}, is served now"), ("articles", f"{now.articles:,}")]
    for line in table([*rows, ("before", before or "none")]):
        emit(line)
    if behind:
        message(f"{size(behind)} of the journal are not in it; the next `searchapp index` adds them again")


def _behind(journal: Journal, position: int) -> int | None:
    """Bytes of the journal that came after a position; None when the journal can't tell (`searchapp verify` does)."""
    try:
        journal.trust(position)
        start = journal.resume(position)
        return journal.position - (journal.begins if start is None else start)
    except ArchiveError:
        return None
