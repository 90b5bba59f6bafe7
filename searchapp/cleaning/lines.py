"""The lines of a page as read, with their ranges; blank lines are remembered as gaps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from searchapp.article import Span

_LINE = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that isn't blank, without white space at its ends. ``gap``: a blank line stands before it."""

    text: str
    start: int
    end: int
    gap: bool

    @property
    def span(self) -> Span:
        """Where it stands in the page."""
        return Span(self.start, self.end)


def lines_of(text: str) -> list[Line]:
    """The lines of a page."""
    lines: list[Line] = []
    previous_end = 0
    for match in _LINE.finditer(text):
        content = match[0].strip()
        if content:
            start = match.start() + match[0].index(content)
            gap = not lines or text.count("\n", previous_end, match.start()) > 1
            lines.append(Line(content, start, start + len(content), gap))
            previous_end = match.end()
    return lines
