"""Text for people: what a terminal can show, and nothing it would obey.

A pipe gets the same words without styles, 80 columns wide; so does a terminal when ``NO_COLOR`` is set
(https://no-color.org). Articles come from anywhere: their control characters never reach the terminal.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import Any, TextIO

import click

from searchapp.article import Span
from searchapp.settings import plain_output

PIPE_WIDTH = 80
WIDEST = 100
"""Columns of a line of text at most; longer ones are hard to read."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal may obey: C0 and C1 controls but for tab and line feed, and the marks that turn the writing around."""

_WORD = re.compile(r"\S+")


def safe_streams() -> None:
    """Let no character that the locale lacks end a command: it is shown escaped instead. A stream that was closed is void."""
    # Python gives None for a stream that was closed before it began.
    sys.stdout = sys.stdout or void()
    sys.stderr = sys.stderr or void()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def void() -> TextIO:
    """A stream that leads nowhere."""
    return open(os.devnull, "w", encoding="utf-8")


def message(text: str) -> None:
    """One line to stderr, signed."""
    click.echo(f"searchapp: {harmless(text)}", err=True)


def emit(line: str = "") -> None:
    """One line of data to stdout; styles only on a terminal."""
    click.echo(line, color=False if plain_output() else None)


def emit_json(value: Any) -> None:
    """A JSON value to stdout, in the reader's own script where the stream can write it."""
    utf8 = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not utf8, indent=2, allow_nan=False)
    click.echo(text.encode("utf-8", "backslashreplace").decode() if utf8 else text)


def harmless(text: str) -> str:
    """The text with U+FFFD for every character a terminal would obey; its length stays the same."""
    return _CONTROL.sub("\ufffd", text)


def width() -> int:
    """Columns to fill."""
    return min(WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else PIPE_WIDTH


def strong(text: str) -> str:
    """Bold, where there are styles."""
    return click.style(harmless(text), bold=True)


def faint(text: str) -> str:
    """Less than the rest, where there are styles."""
    return click.style(harmless(text), dim=True)


def wrapped(text: str, ranges: Sequence[Span] = (), indent: str = "", first: str | None = None) -> Iterator[str]:
    """Lines no wider than `width`, with ``ranges`` (code points of ``text``) in bold.

    Every line begins with ``indent``, the first one with ``first`` if that is given.
    """
    text = harmless(text)
    line = indent if first is None else first
    used = len(line)
    empty = True
    for word in _WORD.finditer(text):
        if not empty and used + 1 + len(word[0]) > width():
            yield line
            line, used, empty = indent, len(indent), True
        line += ("" if empty else " ") + _marked(text, word.start(), word.end(), ranges)
        used += len(word[0]) + (not empty)
        empty = False
    if not empty:
        yield line


def _marked(text: str, start: int, end: int, ranges: Sequence[Span]) -> str:
    marked, at = "", start
    for span in ranges:
        inside = max(span.start, at), min(span.end, end)
        if inside[0] < inside[1]:
            marked += text[at : inside[0]] + click.style(text[slice(*inside)], bold=True)
            at = inside[1]
    return marked + text[at:end]


def table(rows: Iterable[Sequence[str]], indent: str = "") -> Iterator[str]:
    """Lines with columns as wide as their widest cell; the last column takes the rest of the line, and is wrapped."""
    cells = [tuple(harmless(cell) for cell in row) for row in rows]
    if not cells:
        return
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]
    for row in cells:
        start = indent + "".join(cell.ljust(size) + "  " for cell, size in zip(row, widths, strict=False))
        lines = list(wrapped(row[-1], indent=" " * len(start), first=start))
        yield from lines or [start.rstrip()]


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 article``, ``1,204 articles``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes for people: ``812 bytes``, ``4.1 MB``."""
    if number < 1000:
        return count(number, "byte")
    amount, units = number / 1000, ["kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}"
