"""How numba is asked for kernels: compiled once for a machine, kept on disk, and loaded from there without more ado.

Before numba loads a compiled function it makes ready to compile: it imports and registers all that programs could use, and asks
every package that is installed whether it adds to that. That is a third of a second, a quarter of what a search from the command
line takes. A function that was compiled before needs numba's runtime only. Where it has to compile, it still makes ready.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys  # type: ignore[attr-defined]


class _Kept(FunctionCache):
    """Functions kept on disk."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The function that was compiled for these types; None if there is none."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def kernel(**options: Any) -> Callable[[Any], Any]:
    """A decorator: numba's ``njit`` with these options, for functions that need no other package's extension of numba."""
    compiling = njit(cache=True, **options)

    def decorated(function: Any) -> Any:
        made = compiling(function)
        if type(getattr(made, "_cache", None)) is FunctionCache:  # not where numba is told not to compile
            made._cache.__class__ = _Kept
            made._compilation_chain_init_hook = _nothing
        return made

    return decorated


def _nothing() -> None:
    """Instead of asking packages: numba asks them as soon as a function of others is compiled."""
