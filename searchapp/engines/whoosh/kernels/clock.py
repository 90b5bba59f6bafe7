"""How long a kernel has been running, and whether that is too long. Nothing can stop one from outside."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numba import types

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.memory import i64

_CLOCK = int(time.CLOCK_MONOTONIC)
_clock_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.int64))
"""Of the C library: seconds and nanoseconds, 16 bytes at an address."""
LATE = -1
"""What a kernel gives instead of a number when its time is over."""
ROOM = 16
"""Bytes to read the clock into."""


@bare
def nanoseconds(room: Any) -> Any:
    """Now. ``room``: an address."""
    _clock_gettime(_CLOCK, room)
    return 1_000_000_000 * i64(room, 0) + i64(room, 1)


@bare
def end_of(room: Any, seconds: Any) -> Any:
    """The moment in so many seconds."""
    return nanoseconds(room) + np.int64(1e9 * min(seconds, 1e9))
