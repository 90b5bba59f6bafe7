"""What a newly read record is, given what the archive holds already: added, changed, unchanged or a duplicate.

Pure: no files, no clock. Replaying the journal's records in order always gives the same holdings and the same ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Literal, Protocol

Verdict = Literal["added", "changed", "unchanged", "duplicate"]


SEPARATOR = "\x1f"
"""Between the parts of a location."""


DIGESTED = "sha256:"
"""What a location begins with of which only the digest is kept."""


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

    @property
    def file(self) -> str:
        """The part of the location that says which file it was read from."""
        return self.location.rpartition(SEPARATOR)[0]


@dataclass(frozen=True, slots=True)
class Held:
    """An article that is held: where its latest version was read, its digest, and its position in the journal.

    ``number`` is its own in the catalogue.
    """

    number: int
    id: str
    digest: str
    location: str
    position: int

    def was_read_at(self, location: str) -> bool:
        """Whether its latest version came from there."""
        return self.location in (location, digested(location))


class Holdings(Protocol):
    """What is known of the articles held. Every method sees at once what was held before."""

    def read_at(self, location: str) -> tuple[str, str] | None:
        """Id and digest of what was last held from there."""

    def article(self, article_id: str) -> Held | None:
        """The latest version of an article."""

    def alike(self, likeness: str) -> str | None:
        """The id of the first article of which a version had this likeness."""

    def was_met(self, article_id: str) -> bool:
        """Whether a record of this run was this article."""


def judge(holdings: Holdings, record: Record) -> tuple[Verdict, str]:
    """What the record is, and the id it has (a duplicate: the id of the article it repeats)."""
    if (known := holdings.read_at(record.location)) and known[1] == record.digest:
        return "unchanged", known[0]
    for article_id in _candidates(record.base_id):
        held = holdings.article(article_id)
        if held is None:
            break
        if held.digest == record.digest:
            return ("duplicate" if holdings.was_met(article_id) else "unchanged"), article_id
        if record.named or held.was_read_at(record.location):
            return "changed", article_id
    alike = holdings.alike(record.likeness)
    return ("added", article_id) if alike is None else ("duplicate", alike)


def digested(location: str) -> str:
    """A location as it is kept of a purged article: file names may quote headlines."""
    return DIGESTED + sha256(location.encode("utf-8", "surrogatepass")).hexdigest()


def _candidates(base_id: str) -> Iterator[str]:
    """The ids an article of this base may have: two articles of one day may share a headline."""
    yield base_id
    for ordinal in count(2):
        yield f"{base_id}.{ordinal}"
