"""What the last run did, for people: ``last-run.json`` in the index directory. Nothing depends on it.

It holds counts and times, no titles and no ids, so that it never keeps what was withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME = "last-run.json"


@contextmanager
def accounted(directory: Path, command: str, report: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """Write down when a run began and ended, how, and the numbers of its report as they are at the end."""
    began, outcome = _now(), "done"
    try:
        yield
    except BaseException as error:
        outcome = f"failed: {error or type(error).__name__}"
        raise
    finally:
        numbers = {name: value for name, value in report().items() if isinstance(value, int | float) or name == "generation"}
        written = {"command": command, "began": began, "ended": _now(), "outcome": outcome, **numbers}
        with suppress(OSError):  # it says nothing that isn't known otherwise
            aside = directory / f"{NAME}.new"
            aside.write_text(json.dumps(written, indent=2) + "\n", encoding="ascii")
            aside.replace(directory / NAME)


def last_run(directory: Path) -> Mapping[str, Any] | None:
    """What `accounted` wrote; None when there is nothing that can be read."""
    try:
        found = json.loads((directory / NAME).read_text("ascii"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
