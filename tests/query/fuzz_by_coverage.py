"""Queries that coverage leads to: ``python tests/query/fuzz_by_coverage.py -max_total_time=60`` (needs atheris)."""

from __future__ import annotations

import os
import sys

import atheris

with atheris.instrument_imports(include=["searchapp.query"]):
    from searchapp.query.language import parse

from searchapp.query.limits import MAX_LEAVES
from searchapp.query.tree import leaves


def one(data: bytes) -> None:
    """Read a text of UTF-8 or UTF-16, whichever its first byte says."""
    form, errors = ("utf-8", "surrogateescape") if data[:1] < b"\x80" else ("utf-16-le", "replace")
    text = data[1:].decode(form, errors)
    parsed = parse(text, ("en", "hi"))
    assert all(0 <= note.start <= note.end <= len(text) for note in parsed.notes), text
    assert parsed.refused or sum(1 for _ in leaves(parsed.tree)) <= MAX_LEAVES, text


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
