"""Which generations are removed, and how: renamed into ``tmp/`` first, so that none is ever seen half removed."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress

from searchapp.engines.whoosh import files
from searchapp.engines.whoosh.generations import USED, Generations
from searchapp.engines.whoosh.pins import Claim

KEEP = 3
"""Generations that stay whatever their age, the current one among them."""
KEEP_SECONDS = 3600
"""How long a generation stays after it was last used or current: cursors walk it."""


def collect(disk: Generations, current: str) -> list[str]:
    """Remove generations nobody needs any more; gives their names. A failure costs disk space only.

    Kept are the current one, the newest `KEEP`, what was used in the last `KEEP_SECONDS`, and what any process has pinned.
    """
    horizon, removed = time.time() - KEEP_SECONDS, []
    with suppress(OSError):
        for name in disk.names()[:-KEEP]:
            if name != current and _last_used(disk, name) < horizon and remove(disk, name):
                removed.append(name)
    return removed


def remove(disk: Generations, name: str, *, pinned: bool = False) -> bool:
    """Remove a generation; False when somebody reads it, and ``pinned`` ones aren't to go. Raises OSError.

    Who reads a pinned one goes on: its files last until the last reader has closed them.
    """
    with Claim(disk.home / name) as free:
        if not (free or pinned):
            return False
        disk.tmp.mkdir(exist_ok=True)
        doomed = disk.tmp / f"{name}.old"
        (disk.home / name).rename(doomed)
        files.sync(disk.home)  # else a power cut might bring back the name, but not what was removed under it
        shutil.rmtree(doomed)
    return True


def _last_used(disk: Generations, name: str) -> float:
    directory = disk.home / name
    return max(path.stat().st_mtime for path in (directory / USED, directory) if path.exists())
