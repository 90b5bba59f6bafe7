"""SourceRules: what is known of a source before any of its files is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What the archivist says about a source; each is used only where a record doesn't say itself.

    ``time_zone`` (IANA) is what the source's days are counted in. ``default_language`` is for Latin script whose
    language neither the record nor ``language`` names.
    """

    id: str | None = None
    name: str | None = None
    language: str | None = None
    time_zone: str = "UTC"
    default_language: str = "en"
    section: str | None = None
    url: str | None = None
    rights: str | None = None
