"""What keeps compiled kernels on disk from outliving the code they were made of.

numba keeps them beside their modules where it may write there, else in the user's cache directory, and compiles a kernel again
when that kernel's own file changes. But the code of the kernels it calls, and the numbers it takes from other modules, are
compiled into it. So here what is on disk counts only as long as no file changes that its module imports, directly or not.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, InTreeCacheLocator, UserProvidedCacheLocator, UserWideCacheLocator

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
_IMPORT = re.compile(rb"^from (searchapp[\w.]*) import", re.MULTILINE)


@cache
def stamp(path: Path) -> str:
    """A checksum of a module's source, and of all that it imports of ours (with ``from … import`` at a line's beginning)."""
    source = path.read_bytes()
    digest = hashlib.sha256(source)
    for name in sorted(set(_IMPORT.findall(source))):
        module = ROOT.joinpath(*name.decode().split("."))
        digest.update(stamp(module / "__init__.py" if module.is_dir() else module.with_suffix(".py")).encode())
    return digest.hexdigest()


class _OfKernels:
    """What numba asks about the file that a function is in; other packages' functions are none of ours."""

    _py_file: str

    @classmethod
    def from_function(cls, function: Any, file: str) -> Any:
        """As numba's own, for functions of this package only."""
        return super().from_function(function, file) if Path(file).parent == HERE else None  # type: ignore[misc]

    def get_source_stamp(self) -> str:
        """What is kept on disk is good while this is the same."""
        return stamp(Path(self._py_file))


class _Provided(_OfKernels, UserProvidedCacheLocator):  # type: ignore[misc]
    pass


class _Beside(_OfKernels, InTreeCacheLocator):  # type: ignore[misc]
    pass


class _OfUser(_OfKernels, UserWideCacheLocator):  # type: ignore[misc]
    pass


def use_stamps() -> None:
    """Have numba ask the above, before its own, about functions made from now on."""
    if _Beside not in CompileResultCacheImpl._locator_classes:
        CompileResultCacheImpl._locator_classes[:0] = [_Provided, _Beside, _OfUser]
