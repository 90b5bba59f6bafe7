"""Progress of a long run: a line on stderr when that is a terminal, nothing otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from searchapp.settings import plain_output

EVERY = 0.1
"""Seconds between two changes of the line; more often, drawing would cost more than the work."""


@contextmanager
def progress() -> Iterator[Callable[[str, int], None] | None]:
    """Gives a function that is told the stage and how many records are done; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    plain = plain_output()
    console = Console(stderr=True, no_color=plain, highlight=False)
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns if plain else (SpinnerColumn(), *columns), console=console, transient=True) as shown:
        task = shown.add_task("starting", total=None)
        last = 0.0

        def tell(stage: str, done: int) -> None:
            nonlocal last
            if (now := time.monotonic()) - last >= EVERY:
                shown.update(task, description=stage, completed=done)
                last = now

        yield tell
