"""Processes that work for the writer: spawned, so that they inherit none of its locks, and gone when it is."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any


def pool(jobs: int, begin: Callable[..., object] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """Up to ``jobs`` processes, begun when there is something to do; each calls ``begin`` first.

    A forked child would inherit the descriptor of the writer's lock, and keep it when the writer dies.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(begin, arguments))


def _begin(begin: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with(parent: Any) -> None:
    """Wait for the writer's death, however it comes: otherwise its children would wait for work for ever."""
    parent.join()
    os._exit(1)
