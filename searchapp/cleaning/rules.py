"""What is known of a source beforehand: an entry of corpus.yml as cleaning needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """Defaults of one paper. All are optional; what an article declares itself comes first.

    ``id`` begins the ids of its articles; ``language`` is that of articles that don't say; ``default_language`` the
    configured one, for Latin script only; ``time_zone`` (IANA) is where its days are counted, empty:
    where a record's own time says.
    """

    id: str = ""
    name: str | None = None
    language: str | None = None
    time_zone: str = ""
    section: str | None = None
    url: str | None = None
    rights: str | None = None
    default_language: str = "en"
