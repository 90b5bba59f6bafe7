"""Segments made one: array work only, in the order given, without what is deleted.

Merging what was built in parts gives, byte for byte, what building it at once with the same dictionary gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from searchapp.engines.whoosh.assembly import Assembly
from searchapp.engines.whoosh.joining import Mask
from searchapp.engines.whoosh.segment import Segment


def merge_segments(directory: Path, name: str, segments: Sequence[Segment], dead: Sequence[Mask]) -> int:
    """Write a segment that holds the articles of others that aren't dead, in their order. Gives their number."""
    dictionary = max(segments, key=lambda segment: segment.articles).dictionary if segments else b""
    with Assembly(directory, name, dictionary) as assembly:
        for segment, gone in zip(segments, dead, strict=True):
            assembly.add_articles(segment, ~gone, segment.dictionary)
        return assembly.finish(segments)
