"""Withdrawing articles, and bringing them back: the log of withdrawals, and what the index needs for it.

A withdrawal needs no index run and waits for none: every process looks at the log with each question. Nor does a
restoration, unless the index was built without the article meanwhile. Purging is `searchapp.purging`.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from searchapp.archive import Journal, WriterLock, opened
from searchapp.archive.holdings import DIGESTED
from searchapp.archive.withdrawals import Withdrawal, Withdrawals
from searchapp.building import build
from searchapp.engines.base import Engine
from searchapp.errors import ArchiveError, EngineError
from searchapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration did. ``generation`` answers with the article, ``rebuilt`` when it had been left out of the one before.

    ``purged``: nothing of the article is kept here, so it comes back only when its source is indexed again.
    """

    generation: str
    rebuilt: bool
    purged: bool


def withdraw(settings: Settings, engine: Engine, article_id: str, reason: str) -> Withdrawal:
    """Take an article out of every surface; when this returns, it stays out.

    Raises ArchiveError when there is no such article, or it is withdrawn already.
    """
    if not in_archive(settings, engine, article_id):
        raise ArchiveError(f"there is no article {article_id!r} here; `searchapp search` shows ids, each under its hit")
    return Withdrawals(settings.index).withdraw(article_id, reason, current_user())


def restore(settings: Settings, engine: Engine, article_id: str) -> Restored:
    """Bring a withdrawn article back, into the index too where it was left out of that. Done again, it ends what was broken off.

    Raises ArchiveError when the article isn't withdrawn. Where another process writes to the index meanwhile, ArchiveBusy: the
    article isn't withdrawn any more then, but may not be in the index.
    """
    log = Withdrawals(settings.index)
    if article_id in log.known().ids or article_id not in log.known().restored or _in_index(engine, article_id):
        log.restore(article_id, current_user())
    if not _in_index(engine, article_id):
        return _put_back(settings, engine, article_id)
    return Restored(engine.snapshot().info.name, rebuilt=False, purged=False)


def _put_back(settings: Settings, engine: Engine, article_id: str) -> Restored:
    """Build the index with the article; of a purged one forget what kept it from being read again."""
    journal = Journal(settings.index / "journal")

    def is_stone(entry: Mapping[str, Any]) -> bool:
        return entry.get("id") == article_id and str(entry["record"]["location"]).startswith(DIGESTED)

    with WriterLock(settings.index):
        own = [is_stone(entry) for _, entry in journal.read() if entry.get("id") == article_id]
        if any(own):
            journal.rewrite(lambda _, entry: None if is_stone(entry) else entry, keeps_articles=True)
        with opened(journal, []) as catalogue:
            name = build(engine, catalogue, [], withdrawn=Withdrawals(settings.index).known())
    return Restored(name, rebuilt=_in_index(engine, article_id), purged=all(own))


def in_archive(settings: Settings, engine: Engine, article_id: str) -> bool:
    """Whether an article is in the index, or in the journal and will be."""
    if _in_index(engine, article_id):
        return True
    return any(entry.get("id") == article_id for _, entry in Journal(settings.index / "journal").read())


def _in_index(engine: Engine, article_id: str) -> bool:
    try:
        return engine.snapshot().article(article_id) is not None
    except EngineError:  # no index yet, or none that can be read: the journal knows
        return False


def current_user() -> str | None:
    """The name of who runs this program, for the log."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None
