"""Pages saved as plain text: the whole page is one article, whose fields cleaning finds in the text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from searchapp.article import Provenance
from searchapp.readers.bounds import MAX_LINES, MAX_PAGE
from searchapp.readers.encoding import decode, note
from searchapp.readers.extract import Extract, Reject
from searchapp.readers.opening import Source

_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def read(source: Source) -> Iterator[Extract | Reject]:
    """One Extract; an empty page is a Reject."""
    data = source.whole(MAX_PAGE)
    text, encoding = decode(data)
    notes = list(note(encoding, text))
    text = _LINE_END.sub("\n", text)
    text, removed = _NO_TEXT.subn("", text)
    if removed:
        notes.append(f"{removed} control characters left out")
    if not text.strip():
        yield Reject(source.name, "", "no text in it")
        return
    if sum(map(bool, map(str.strip, text.split("\n")))) > MAX_LINES:
        yield Reject(source.name, "", f"more than {MAX_LINES:,} lines; a text save is the page of one article: split it")
        return
    provenance = Provenance(file=source.name, format="text", sha256=hashlib.sha256(data).hexdigest())
    yield Extract(provenance=provenance, text=text, notes=tuple(notes))
