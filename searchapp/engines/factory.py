"""The only place that chooses an engine; an adapter is imported when it is chosen."""

from __future__ import annotations

from searchapp.engines.base import Engine
from searchapp.errors import SettingsError
from searchapp.settings import Settings


def open_engine(settings: Settings, *, serving: bool = False) -> Engine:
    """The engine that ``settings.engine`` names. A process that is ``serving`` checks every byte before it serves it.

    Opens nothing yet: a missing or damaged index shows when a snapshot is asked for. Raises SettingsError for an
    engine this edition doesn't have.
    """
    if settings.engine == "whoosh":
        from searchapp.engines.whoosh.engine import WhooshEngine

        return WhooshEngine(settings.index, verify="full" if serving else "sizes")
    raise SettingsError(f"engine: {settings.engine!r} is not in this edition; there is 'whoosh'")


def warm(settings: Settings) -> None:
    """Make everything that the first search would otherwise wait for, such as compiled code; opens no index.

    For a process that is about to fork workers. Done once on a machine; later calls find it done and take little time.
    """
    if settings.engine == "whoosh":
        from searchapp.engines.whoosh.warm import warm as warm_kernels

        warm_kernels()
