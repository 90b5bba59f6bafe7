"""The rejects file: what could not be read, and why, in a form that can be fed back after repair.

``rejects.jsonl`` in the index directory lists them, one a line: ``file``, ``position`` and ``reason`` as in the report, and
``path``, where the file lies. An entry stays until its file has been read again, or is gone. ``searchapp index
rejects.jsonl`` reads the named files again: what had been read from them is unchanged, what was repaired is added.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from searchapp.errors import ArchiveError
from searchapp.readers.extract import Reject

NAME = "rejects.jsonl"
_KEYS = {"path", "file", "position", "reason"}


def write_rejects(directory: Path, rejects: Sequence[tuple[Path, Reject]], read: Set[Path]) -> str | None:
    """Bring the list up to date: ``rejects`` for the files ``read`` in this run, earlier ones for the others while they exist.

    Its path, or None (and no file) when there are none.
    """
    file = directory / NAME
    again = {str(path.absolute()) for path in read}
    kept = [entry for entry in _entries(file) or [] if entry["path"] not in again and Path(entry["path"]).exists()]
    new = [
        {"path": str(path.absolute()), "file": reject.file, "position": reject.position, "reason": reject.reason}
        for path, reject in rejects
    ]
    try:
        if not kept and not new:
            file.unlink(missing_ok=True)
            return None
        fresh = file.with_suffix(".new")
        fresh.write_text("".join(json.dumps(entry) + "\n" for entry in (*kept, *new)), encoding="ascii")
        os.replace(fresh, file)
    except OSError as error:
        raise ArchiveError(f"{file}: can't write the list of rejects: {error.strerror}") from error
    return str(file)


def listed_in(directory: Path) -> frozenset[str]:
    """The absolute paths of the files whose rejects are listed."""
    return frozenset(entry["path"] for entry in _entries(directory / NAME) or [])


def named_in(paths: Iterable[Path]) -> list[Path]:
    """The paths, with each rejects file replaced by the files it names and that still exist."""
    named: list[Path] = []
    for path in paths:
        named += _listed(path) if path.name == NAME else [path]
    return list(dict.fromkeys(named))


def _listed(file: Path) -> list[Path]:
    entries = _entries(file)
    return [file] if entries is None else [path for entry in entries if (path := Path(entry["path"])).exists()]


def _entries(file: Path) -> list[dict[str, str]] | None:
    """The lines of a rejects file; None when it isn't one."""
    try:
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError):
        return None
    return entries if all(isinstance(entry, dict) and entry.keys() >= _KEYS for entry in entries) else None
