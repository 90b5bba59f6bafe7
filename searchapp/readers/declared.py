"""The fields a record names, collected for an Extract: each with the name of its own that it had in the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from searchapp.article import Provenance
from searchapp.readers.extract import Extract

_LONGEST_ID = 200


class Declared:
    """Single values: the first one that isn't empty stays. Lists: in the order found, each value once."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}

    def put(self, name: str, origin: str, value: str | None) -> None:
        """Set a field, unless it has a value or there is none to set."""
        if value and value.strip() and name not in self.values:
            self.values[name], self.origins[name] = value.strip(), origin

    def add(self, name: str, origin: str, values: Iterable[str | None]) -> None:
        """Add values to a list."""
        for value in values:
            if value and value.strip():
                held = self.values.setdefault(name, [])
                self.origins.setdefault(name, origin)
                if value.strip() not in held:
                    held.append(value.strip())

    def extract(
        self,
        *,
        file: str,
        format: str,
        raw: bytes,
        position: str = "",
        offset: int | None = None,
        notes: Sequence[str] = (),
        furniture: Sequence[str] = (),
    ) -> Extract:
        """The record as an Extract. ``raw`` is what the checksum in its provenance is of."""
        identifier = self.values.get("id")
        return Extract(
            provenance=Provenance(
                file=file,
                format=format,
                sha256=hashlib.sha256(raw).hexdigest(),
                offset=offset,
                record_id=identifier[:_LONGEST_ID] if identifier else None,
            ),
            position=position,
            declared=self.values,
            notes=tuple(notes),
            origins=self.origins,
            furniture=tuple(furniture),
        )
