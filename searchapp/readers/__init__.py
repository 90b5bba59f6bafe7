"""Readers: one module a format, bytes -> Extract | Reject. Nothing here decides what a field means.

Format by content first, by the file's name second; ``format`` forces one. A reader's libraries are imported when a file
of its format is met, so that searching never pays for them.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source, Unreadable, opened, relative_name
from searchapp.readers.sniffing import FORMATS, sniff

__all__ = ["FORMATS", "Extract", "Reject", "passed_over", "read_file", "walk"]

_MODULES = {name: name for name in FORMATS} | {"text": "text_save"}


def read_file(path: Path, root: Path, format: str | None = None) -> Iterator[Extract | Reject]:
    """Every record of a file, in the file's order. Never raises: what can't be read is a Reject.

    ``root`` is the directory (or file) that provenance counts from and that symbolic links must not lead out of.
    ``format`` is one of `FORMATS`; None looks at the content.
    """
    name = relative_name(path, root)
    try:
        with opened(path, root) as source:
            yield from _read(source, format)
    except Unreadable as error:
        yield Reject(name, error.position, str(error))
    except (EOFError, zlib.error) as error:
        yield Reject(name, "", f"the .gz is damaged or cut off: {error}; get a whole copy")
    except (OSError, ValueError) as error:
        yield Reject(name, "", f"can't be read: {getattr(error, 'strerror', None) or error}")


def _read(source: Source, format: str | None) -> Iterator[Extract | Reject]:
    chosen = format or sniff(source.head, source.extension)
    if chosen not in _MODULES:
        raise Unreadable(f"no format is called {chosen!r}; use one of {', '.join(FORMATS)}")
    if not source.head.strip(b" \t\r\n\xef\xbb\xbf"):
        source.stream.read(1)
        raise Unreadable("empty file" if not source.head else "no text in it")
    module = import_module(f"searchapp.readers.{_MODULES[chosen]}")
    read: Callable[[Source], Iterator[Extract | Reject]] = module.read
    yield from read(source)


_NOT_ARTICLES = ("readme", "license", "licence", "copying", "changelog", "notice")
_SETTINGS = (".yml", ".yaml", ".md")


def walk(path: Path) -> Iterator[Path]:
    """The files to read below a directory, in the order of their names; a file is given back as it is.

    Also yields what `read_file` will reject (pipes, sockets, broken links and links out of the directory). Leaves out
    what `passed_over` lists.
    """
    for file, reason in _survey(path, path):
        if reason is None:
            yield file


def passed_over(path: Path) -> Iterator[Reject]:
    """What `walk` leaves out, each with the rule that says so; none of it counts as read."""
    for file, reason in _survey(path, path):
        if reason is not None:
            yield Reject(relative_name(file, path), "", reason)


def _survey(path: Path, root: Path) -> Iterator[tuple[Path, str | None]]:
    if not path.is_dir():
        yield path, None
        return
    try:
        entries = sorted(os.scandir(path), key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield path, None
        return
    for entry in entries:
        file = path / entry.name
        reason = _left_out(entry, file, root)
        if reason is None and entry.is_dir(follow_symlinks=False):
            yield from _survey(file, root)
        else:
            yield file, reason


def _left_out(entry: os.DirEntry[str], file: Path, root: Path) -> str | None:
    """Why a directory entry is not read; None when it is."""
    name = entry.name.lower()
    if name.startswith("."):
        return "a hidden file or directory"
    if entry.is_symlink() and file.exists() and file.resolve().is_relative_to(root.resolve()):
        return "a symbolic link to something that is read under its own name"
    if entry.is_dir(follow_symlinks=False):
        return None
    if name.endswith(_SETTINGS):
        return "settings or notes (.yml, .yaml, .md), not articles"
    return "a file about the archive, not an article" if name.split(".")[0] in _NOT_ARTICLES else None
