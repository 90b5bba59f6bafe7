"""`restore`: bring a withdrawn article back."""

from __future__ import annotations

import click

from searchapp.cli.options import global_options, settings
from searchapp.cli.terminal import emit, emit_json, message, table
from searchapp.engines.factory import open_engine
from searchapp.withdrawing import restore as bring_back


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@global_options
def restore(article_id: str, as_json: bool) -> None:
    """Bring a withdrawn article back, everywhere.

    When an index run has left it out meanwhile, the index is brought up to date with it.
    """
    known = settings()
    done = bring_back(known, open_engine(known), article_id)
    if as_json:
        emit_json({"id": article_id, "generation": done.generation, "rebuilt": done.rebuilt, "purged": done.purged})
        return
    if done.purged:
        message("its text was purged, nothing of it is kept here; it comes back when its source is indexed again")
    how = "made with it" if done.rebuilt else "as before"
    for line in table([("restored", article_id), ("generation", f"{done.generation}, {how}")]):
        emit(line)
