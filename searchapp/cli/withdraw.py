"""`withdraw`: take an article out of every surface at once; with ``--purge`` off the disk too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from searchapp.archive.withdrawals import Withdrawals
from searchapp.building import silent
from searchapp.cli.options import global_options, settings
from searchapp.cli.progress import progress
from searchapp.cli.terminal import count, emit, emit_json, message, size, table
from searchapp.engines.base import Engine
from searchapp.engines.factory import open_engine
from searchapp.settings import Settings
from searchapp.withdrawing import withdraw as take_out


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why; readers are shown it in the article's place.")
@click.option("--purge", is_flag=True, help="Also destroy its text: in the journal, the index and all older generations.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def withdraw(article_id: str, reason: str | None, purge: bool, as_json: bool) -> None:
    """Take an article out of search, counts, pages, feeds, exports and the API, in every process and generation.

    It takes effect at once, and later index runs leave the article out. `searchapp restore ID` brings it back, unless it was
    purged. A purge that was broken off is ended by the same command; so a withdrawn article is purged, without --reason.
    """
    known = settings()
    engine, log = open_engine(known), Withdrawals(known.index)
    held = log.known().by_id.get(article_id) if purge else None
    if held is None:
        if reason is None:
            raise click.UsageError("--reason TEXT is needed: readers are told why the article is gone")
        held = take_out(known, engine, article_id, reason)
    if not as_json:
        for line in table([("withdrawn", held.id), ("since", held.when), ("reason", held.reason)]):
            emit(line)
    proof = _purge(known, engine, held.id) if purge else None
    if as_json:
        emit_json(asdict(log.known().by_id[held.id]) | {"withdrawn": len(log.known().ids), "proof": proof})
    for line in _shown(proof) if proof and not as_json else ():
        emit(line)


def _purge(known: Settings, engine: Engine, article_id: str) -> dict[str, Any] | None:
    from searchapp.purging import purge  # what destroys isn't loaded to withdraw

    with progress() as tell:
        done = purge(known, engine, article_id, tell or silent)
    if done is None:
        message("its text was purged earlier; nothing was left to do")
        return None
    for note in done.notes:
        message(note)
    if done.pieces.shared:
        message(
            f"{count(done.pieces.shared, 'piece')} of its text are in other articles too, and so are still here: "
            f"{', '.join(done.pieces.sharers)}"
        )
    if done.elsewhere:
        message(f"{count(done.elsewhere, 'file')} of the older index had another name outside of the index directory: a backup's")
    message(
        "backups made before still have the text, and so has the file it was read from; no command of this archive reaches them"
    )
    return {
        "generation": done.generation,
        "records": done.records,
        "generations_removed": list(done.removed),
        "pieces": done.proof.pieces,
        "pieces_shared": done.pieces.shared,
        "files": done.proof.files,
        "bytes": done.proof.bytes,
        "blocks": done.proof.blocks,
        "unpacked_bytes": done.proof.unpacked_bytes,
        "found": len(done.proof.traces),
    }


def _shown(proof: dict[str, Any]) -> Iterator[str]:
    records, removed = count(proof["records"], "record"), proof["generations_removed"]
    searched = f"{size(proof['bytes'])} in {count(proof['files'], 'file')}, "
    searched += f"{size(proof['unpacked_bytes'])} unpacked from {count(proof['blocks'], 'block')}"
    yield from table(
        [
            ("purged", f"{records} of the journal, generations {', '.join(removed) or 'none'}"),
            ("generation", proof["generation"]),
            ("searched", f"{searched}, for {count(proof['pieces'], 'piece')} of its text"),
            ("found", str(proof["found"])),
        ]
    )
