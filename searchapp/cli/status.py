"""`status`: generations, counts, disk, journal position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from searchapp.analysis import ANALYSER
from searchapp.archive import Journal
from searchapp.archive.lock import holder
from searchapp.archive.runs import last_run
from searchapp.archive.withdrawals import Withdrawals
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import count, emit, emit_json, message, size, table
from searchapp.engines.base import Engine
from searchapp.engines.factory import open_engine
from searchapp.errors import EngineError, WithdrawalsDamaged
from searchapp.exports import status_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def status(as_json: bool) -> None:
    """Show generations, counts, disk use and how far the journal reaches."""
    known = settings()
    engine = open_engine(known)
    writer = holder(known.index)
    shown = status_json(engine.generations())
    shown |= {
        "index": str(known.index),
        "engine": known.engine,
        **_journal(known.index, shown["journal"]),
        "writer": writer and asdict(writer),
        "last_run": last_run(known.index),
        **_withdrawn(known.index),
        "disk_bytes": _disk(known.index),
        "program_analyser": ANALYSER,
    }
    if as_json:
        emit_json(shown)
        return
    for line in _shown(shown):
        emit(line)
    if writer and not writer.alive:
        message(f"the run of {writer.name} was killed; what it acknowledged is safe, go on with: searchapp index")
    if not shown["generations"]:
        message("nothing is indexed yet; begin with: searchapp index")
    elif shown["generation"] is None:
        _tell_trouble(engine)
    elif shown["analyser"] != ANALYSER:
        message(f"the index was made by {shown['analyser']}, this is {ANALYSER}; bring it up to date with: searchapp index")


def _withdrawn(directory: Path) -> dict[str, Any]:
    """How many articles are withdrawn, and whose purge was broken off; what is wrong with the log of it is told."""
    log = Withdrawals(directory)
    try:
        known = log.known()
    except WithdrawalsDamaged as error:
        message(str(error))
        return {"withdrawn": None, "purging": []}
    if log.trouble:
        message(log.trouble)
    for article_id in known.purging:
        message(f"the purge of {article_id} was broken off; end it with: searchapp withdraw {article_id} --purge")
    return {"withdrawn": len(known.ids), "purging": list(known.purging)}


def _tell_trouble(engine: Engine) -> None:
    """CURRENT names no generation: which one answers meanwhile, and the way out."""
    try:
        name = engine.snapshot().info.name
    except EngineError as error:
        message(str(error))
    else:
        message(f"{engine.trouble}; generation {name} answers meanwhile. Make a new one: searchapp index --full")


def _disk(directory: Path) -> int:
    """Bytes of all files below; a file with several hard links counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in directory.rglob("*"):
        try:
            known = path.lstat()
        except FileNotFoundError:  # a generation may be collected meanwhile
            continue
        seen[known.st_dev, known.st_ino] = known.st_size if path.is_file() else 0
    return sum(seen.values())


def _shown(shown: dict[str, Any]) -> Iterator[str]:
    behind = shown["journal_behind"]
    run = shown["last_run"]
    yield from table(
        [
            ("index", f"{shown['index']} ({shown['engine']}), {size(shown['disk_bytes'])} on disk"),
            ("generation", shown["generation"] or "none"),
            ("articles", f"{shown['articles']:,}"),
            ("withdrawn", "nobody knows" if shown["withdrawn"] is None else count(shown["withdrawn"], "article")),
            ("analyser", shown["analyser"] or "-"),
            (
                "journal",
                size(shown["journal_bytes"]) + (f", {size(behind)} not indexed yet" if behind else ", all of it indexed"),
            ),
            ("writing", shown["writer"]["name"] if shown["writer"] and shown["writer"]["alive"] else "nobody"),
            ("last run", _run(run) if run else "-"),
        ]
    )
    if shown["generations"]:
        yield ""
        rows = [("generation", "made", "articles", "size", "")]
        rows += [_row(row) for row in shown["generations"]]
        yield from table(rows)


def _journal(index: Path, indexed: int) -> dict[str, Any]:
    """How long the journal is, where it ends, and how much of it came after the current generation."""
    journal = Journal(index / "journal")
    journal.trust(indexed)
    start = journal.resume(indexed) if indexed <= journal.position else journal.position  # `verify` tells of a journal cut off
    begins = journal.begins if start is None else start
    return {
        "journal_end": journal.position,
        "journal_bytes": journal.position - journal.begins,
        "journal_behind": journal.position - begins,
    }


def _run(run: Mapping[str, Any]) -> str:
    """What the last run did, in a line."""
    when = str(run.get("ended"))[:19].replace("T", " ")
    counts = [f"{run[name]:,} {name}" for name in ("added", "changed", "rejected") if isinstance(run.get(name), int)]
    return ", ".join([f"{run.get('command')}, {when}, {run.get('outcome')}", *counts])


def _row(row: dict[str, Any]) -> tuple[str, str, str, str, str]:
    made = str(row["created"])[:19].replace("T", " ")
    return row["name"], made, count(row["articles"], "article"), size(row["bytes"]), "current" if row["current"] else "kept"
