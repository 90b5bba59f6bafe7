"""When an answer stops being wanted. Looked at between the steps of a search: nothing can stop a step from outside."""

from __future__ import annotations

import math
import time

from searchapp.errors import QueryTimeout


class Deadline:
    """A moment (seconds of `time.monotonic`, None = never) after which `check` raises QueryTimeout."""

    __slots__ = ("_at",)

    def __init__(self, at: float | None) -> None:
        self._at = math.inf if at is None else at

    @property
    def left(self) -> float:
        """Seconds until then; not above 0 afterwards."""
        return self._at - time.monotonic()

    def check(self) -> None:
        """Raise QueryTimeout once the moment has passed."""
        if time.monotonic() > self._at:
            raise QueryTimeout


NEVER = Deadline(None)
