"""`status`: generations, counts, disk, journal position."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from searchapp.analysis import ANALYSER
from searchapp.archive import Journal
from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import count, emit, emit_json, message, size, table
from searchapp.engines.base import Engine
from searchapp.engines.factory import open_engine
from searchapp.errors import EngineError
from searchapp.exports import status_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def status(as_json: bool) -> None:
    """Show generations, counts, disk use and how far the journal reaches."""
    known = settings()
    engine = open_engine(known)
    shown = status_json(engine.generations())
    shown |= {
        "index": str(known.index),
        "engine": known.engine,
        "journal_end": Journal(known.index / "journal").position,
        "disk_bytes": _disk(known.index),
        "program_analyser": ANALYSER,
    }
    if as_json:
        emit_json(shown)
        return
    for line in _shown(shown):
        emit(line)
    if not shown["generations"]:
        message("nothing is indexed yet; begin with: searchapp index")
    elif shown["generation"] is None:
        _tell_trouble(engine)
    elif shown["analyser"] != ANALYSER:
        message(f"the index was made by {shown['analyser']}, this is {ANALYSER}; bring it up to date with: searchapp index")


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
    behind = shown["journal_end"] - shown["journal"]
    yield from table(
        [
            ("index", f"{shown['index']} ({shown['engine']}), {size(shown['disk_bytes'])} on disk"),
            ("generation", shown["generation"] or "none"),
            ("articles", f"{shown['articles']:,}"),
            ("analyser", shown["analyser"] or "-"),
            ("journal", size(shown["journal_end"]) + (f", {size(behind)} not indexed yet" if behind else ", all of it indexed")),
        ]
    )
    if shown["generations"]:
        yield ""
        rows = [("generation", "made", "articles", "size", "")]
        rows += [_row(row) for row in shown["generations"]]
        yield from table(rows)


def _row(row: dict[str, Any]) -> tuple[str, str, str, str, str]:
    made = str(row["created"])[:19].replace("T", " ")
    return row["name"], made, count(row["articles"], "article"), size(row["bytes"]), "current" if row["current"] else "kept"
