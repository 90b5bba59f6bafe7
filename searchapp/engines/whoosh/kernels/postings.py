"""One block of a posting list, from arrays. `layout` gives the format; ``post, widths`` are X.post, X.widths of a set."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare
from searchapp.engines.whoosh.kernels.bits import packed, unpack

PART = 40
"""A position in the second part has this bit set, so that no phrase reaches from title to body."""


@bare
def block_bytes(widths: Any, block: Any, count: Any) -> Any:
    """Bytes of a block in X.post."""
    place = 4 * block
    return (
        packed(count, np.int64(widths[place]))
        + packed(count, np.int64(widths[place + 1]))
        + packed(count, np.int64(widths[place + 2]))
    )


@bare
def read_block(post: Any, widths: Any, block: Any, at: Any, before: Any, count: Any, docs: Any, totals: Any, firsts: Any) -> Any:
    """Decode one block: documents, occurrences, and those in the first part. ``before`` is the document before its first.

    Gives where the next block begins in X.post.
    """
    place = 4 * block
    bits = np.int64(widths[place])
    unpack(post, at, count, bits, docs, 0)
    at += packed(count, bits)
    doc = np.int32(before)
    for number in range(count):
        doc += docs[number] + np.int32(1)
        docs[number] = doc
    bits = np.int64(widths[place + 1])
    unpack(post, at, count, bits, totals, 0)
    at += packed(count, bits)
    bits = np.int64(widths[place + 2])
    unpack(post, at, count, bits, firsts, 0)
    return at + packed(count, bits)
