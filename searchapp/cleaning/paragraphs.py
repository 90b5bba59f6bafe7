"""Paragraphs of a text: found by blank lines, by indentation, or line by line; wrapped lines are joined again."""

from __future__ import annotations

import re
from itertools import pairwise

WRAPPED = range(40, 121)
"""Length of a line that may have been broken by a typesetter or a wire."""
_CONTINUED = 30
"""Length of a line that one beginning with a small letter carries on; shorter ones are verse or a table."""
_INDENT = re.compile(r"(?:\t| {3,})\S")
_BLANK = re.compile(r"\n[ \t\u00a0]*(?:\n[ \t\u00a0]*)+")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a declared text, each without white space at its ends."""
    text = _LINE_END.sub("\n", text).strip("\n ")
    if "\n" not in text:
        return [text.strip()] if text.strip() else []
    blocks = _BLANK.split(text)
    return [paragraph for block in blocks for paragraph in _of_block(block.split("\n"))]


def _of_block(lines: list[str]) -> list[str]:
    if any(_INDENT.match(line) for line in lines[1:]):
        return _by_indent(lines)
    return joined([line.strip() for line in lines])


def _by_indent(lines: list[str]) -> list[str]:
    """Old wire copy: a new paragraph is indented, its other lines are not."""
    groups: list[list[str]] = []
    for line in lines:
        if not groups or _INDENT.match(line):
            groups.append([])
        groups[-1].append(line.strip())
    return [paragraph for group in groups for paragraph in joined(group)]


def joined(lines: list[str]) -> list[str]:
    """Lines of one block: joined where they were wrapped, a paragraph each where they end a sentence, else kept as lines."""
    lines = [line for line in lines if line]
    if not lines:
        return []
    if is_wrapped(lines):
        return [" ".join(lines)]
    found = [[lines[0]]]
    for previous, line in pairwise(lines):
        if previous[-1:] in '.!?।"”’:…' or len(previous) > WRAPPED[-1] or len(line) > WRAPPED[-1]:
            found.append([line])
        elif len(previous) >= _CONTINUED and len(line) <= WRAPPED[-1] and line[:1].islower():
            found[-1].append(f" {line}")
        else:
            found[-1].append(f"\n{line}")
    return ["".join(pieces) for pieces in found]


def is_wrapped(lines: list[str]) -> bool:
    """Whether a block of lines is one paragraph broken to a width: all but the last about equally long, none a sentence
    that stands alone."""
    if len(lines) < 2 or max(map(len, lines)) > WRAPPED[-1]:
        return False
    full = lines[:-1]
    longest = max(map(len, lines))
    if longest < WRAPPED[0] or any(len(line) < 0.6 * longest for line in full):
        return False
    return not all(line[-1:] in ".!?।" for line in full)
