"""The rejects file: what could not be read, and why, in a form that can be fed back after repair.

``rejects.jsonl`` in the index directory lists the last run's rejects, one a line: ``file``, ``position`` and ``reason``
as in the report, and ``path``, where the file lies. ``searchapp index rejects.jsonl`` reads the named files again: what
had been read from them is unchanged, what was repaired is added.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from searchapp.errors import ArchiveError
from searchapp.readers.extract import Reject

NAME = "rejects.jsonl"
_KEYS = {"path", "file", "position", "reason"}


def write_rejects(directory: Path, rejects: Sequence[tuple[Path, Reject]]) -> str | None:
    """Replace the rejects file by these; its path, or None (and no file) when there are none."""
    file = directory / NAME
    try:
        if not rejects:
            file.unlink(missing_ok=True)
            return None
        lines = [
            json.dumps(
                {"path": str(path.absolute()), "file": reject.file, "position": reject.position, "reason": reject.reason},
                ensure_ascii=True,
            )
            for path, reject in rejects
        ]
        fresh = file.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n", encoding="ascii")
        os.replace(fresh, file)
    except OSError as error:
        raise ArchiveError(f"{file}: can't write the list of rejects: {error.strerror}") from error
    return str(file)


def named_in(paths: Iterable[Path]) -> list[Path]:
    """The paths, with each rejects file replaced by the files it names."""
    named: list[Path] = []
    for path in paths:
        named += _listed(path) if path.name == NAME else [path]
    return list(dict.fromkeys(named))


def _listed(file: Path) -> list[Path]:
    try:
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError):
        return [file]
    if not all(isinstance(entry, dict) and entry.keys() >= _KEYS for entry in entries):
        return [file]
    return [Path(entry["path"]) for entry in entries]
