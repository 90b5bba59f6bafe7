"""One declared record (a JSON object, a CSV row) to an Extract or a Reject."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from searchapp.article import Provenance
from searchapp.readers.aliases import rename
from searchapp.readers.extract import Extract, Reject

_SHOWN = 12
"""Unmapped names listed in a note."""


def extract_of(
    record: Mapping[str, Any],
    *,
    file: str,
    format: str,
    position: str,
    raw: bytes,
    offset: int | None = None,
    notes: Sequence[str] = (),
) -> Extract | Reject:
    """The record under the archive's names. ``raw`` is what the checksum in the provenance is of."""
    declared, origins, unused = rename(record)
    if not origins:
        shown = ", ".join(list(record)[:_SHOWN]) or "nothing"
        return Reject(file, position, f"no field of an article in it (found: {shown}); the known names are in docs/formats.md")
    told = list(notes)
    if unused:
        more = f" and {len(unused) - _SHOWN} more" if len(unused) > _SHOWN else ""
        told.append(f"kept but not used: {', '.join(unused[:_SHOWN])}{more}")
    identifier = declared.get("id")
    provenance = Provenance(
        file=file,
        format=format,
        sha256=hashlib.sha256(raw).hexdigest(),
        offset=offset,
        record_id=str(identifier)[:200] if isinstance(identifier, str | int) and not isinstance(identifier, bool) else None,
    )
    return Extract(provenance=provenance, position=position, declared=declared, notes=tuple(told), origins=origins)


def scrubbed(value: Any) -> tuple[Any, bool]:
    """The value with characters that are no text (lone surrogates, NUL) as U+FFFD, and whether there were any."""
    if isinstance(value, str):
        clean = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
        return clean, clean != value
    if isinstance(value, list):
        pairs = [scrubbed(item) for item in value]
        return [item for item, _ in pairs], any(changed for _, changed in pairs)
    if isinstance(value, dict):
        keys = {scrubbed(name)[0]: scrubbed(item) for name, item in value.items()}
        return {name: item for name, (item, _) in keys.items()}, any(
            changed for _, changed in keys.values()
        ) or keys.keys() != value.keys()
    return value, False
