"""What a reader makes of a record: an Extract (as found, not yet cleaned) or a Reject (why it can't be one).

The journal keeps extracts, so that changed cleaning rules can be applied without the sources.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from searchapp.article import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """One record as found.

    ``declared`` holds the fields the record itself names, under the interface's names (``title``, ``body``, ``published``,
    ``byline`` …; a reader maps aliases), as plain JSON values, untouched. A name that is present with an empty value was
    declared empty. ``text`` is the page as read (line ends are ``\\n``), for formats that declare nothing: cleaning finds the
    fields in it, and spans count its code points. Of an HTML page it is the visible lines from above the headline to below
    the text, in which cleaning looks for what the page doesn't declare. ``furniture`` is what the reader itself already told
    apart from the article (menus, related links). ``notes`` says what was repaired or left unused. ``origins`` says under
    which name of its own the record gave a declared field (``headline``, ``json-ld datePublished``).
    """

    provenance: Provenance
    position: str = ""
    declared: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    furniture: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` is the inverse."""
        return {
            "provenance": {name: getattr(self.provenance, name) for name in Provenance.__dataclass_fields__},
            "position": self.position,
            "declared": dict(self.declared),
            "text": self.text,
            "furniture": list(self.furniture),
            "notes": list(self.notes),
            "origins": dict(self.origins),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The extract that `to_json` made ``stored`` from."""
        return cls(
            provenance=Provenance(**stored["provenance"]),
            position=stored["position"],
            declared=stored["declared"],
            text=stored["text"],
            furniture=tuple(stored["furniture"]),
            notes=tuple(stored["notes"]),
            origins=stored.get("origins", {}),
        )

    @property
    def digest(self) -> str:
        """sha256 of the content, wherever the file lies: the same record read again has the same digest."""
        content = [dict(self.declared), self.text, list(self.furniture)]
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reject:
    """A file or record that could not be read; ``position`` says where in the file (``line 12``, ``item 3`` or empty)."""

    file: str
    position: str
    reason: str
