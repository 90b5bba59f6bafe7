"""What the archive already holds, and so what a newly read record is: added, changed, unchanged or a duplicate.

Pure: no files, no clock. Replaying the journal's records in order always gives the same holdings and the same ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

Verdict = Literal["added", "changed", "unchanged", "duplicate"]


SEPARATOR = "\x1f"
"""Between the parts of a location."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is compared of a record.

    ``digest`` is of the extract, ``likeness`` of source, date, headline and text. ``location`` is where it was read: source
    id, file and position, joined by `SEPARATOR`. ``named`` tells whether ``base_id`` is the record's own (an identifier, a
    URL) or made from date and headline, which two articles can share.
    """

    base_id: str
    named: bool
    digest: str
    likeness: str
    location: str


@dataclass(slots=True)
class _Held:
    digest: str
    location: str
    position: int


class Holdings:
    """The articles of the archive by id, each with the digest, location and journal position of its latest version."""

    def __init__(self) -> None:
        self._by_id: dict[str, _Held] = {}
        self._at: dict[str, tuple[str, str]] = {}  # location -> (id, digest) of what was last read there
        self._alike: dict[str, str] = {}  # likeness -> id
        self._seen: set[str] = set()  # ids met in this run

    def __len__(self) -> int:
        return len(self._by_id)

    def is_latest(self, article_id: str, position: int) -> bool:
        """Whether the journal record at ``position`` is the article's latest version."""
        held = self._by_id.get(article_id)
        return held is not None and held.position == position

    def unmet(self, source_ids: Collection[str]) -> list[str]:
        """Articles of these sources that no record of this run was, in order."""
        prefixes = tuple(f"{source_id}{SEPARATOR}" for source_id in source_ids)
        return sorted(
            article_id
            for article_id, held in self._by_id.items()
            if article_id not in self._seen and held.location.startswith(prefixes)
        )

    def judge(self, record: Record) -> tuple[Verdict, str]:
        """What the record is, and the id it has (a duplicate: the id of the article it repeats). Remembers nothing but
        that it was met.
        """
        verdict, article_id = self._verdict(record)
        self._seen.add(article_id)
        return verdict, article_id

    def hold(self, record: Record, article_id: str, position: int) -> None:
        """Remember the record as the article's latest version, journalled at ``position``."""
        self._by_id[article_id] = _Held(record.digest, record.location, position)
        self._at[record.location] = (article_id, record.digest)
        self._alike.setdefault(record.likeness, article_id)

    def _verdict(self, record: Record) -> tuple[Verdict, str]:
        if (known := self._at.get(record.location)) and known[1] == record.digest:
            return "unchanged", known[0]
        for article_id in _candidates(record.base_id):
            held = self._by_id.get(article_id)
            if held is None:
                break
            if held.digest == record.digest:
                return ("duplicate" if article_id in self._seen else "unchanged"), article_id
            if record.named or held.location == record.location:
                return "changed", article_id
        alike = self._alike.get(record.likeness)
        return ("added", article_id) if alike is None else ("duplicate", alike)


def _candidates(base_id: str) -> Iterator[str]:
    """The ids an article of this base may have: two articles of one day may share a headline."""
    yield base_id
    for ordinal in count(2):
        yield f"{base_id}.{ordinal}"
