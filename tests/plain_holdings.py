"""The archive's rule in dictionaries: what `Catalogue` must say, written without regard to cost. Shares no code with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count


@dataclass
class PlainHoldings:
    """All articles in memory. ``log`` is what a journal would have: (base id's record, id)."""

    latest: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    likenesses: dict[str, str] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def hold(self, digest: str, location: str, likeness: str, article_id: str, position: int) -> None:
        self.latest[article_id] = digest, location, position
        self.places[location] = article_id, digest
        self.likenesses.setdefault(likeness, article_id)

    def judge(self, base_id: str, named: bool, digest: str, likeness: str, location: str) -> tuple[str, str]:
        verdict, article_id = self._verdict(base_id, named, digest, likeness, location)
        self.met.add(article_id)
        return verdict, article_id

    def _verdict(self, base_id: str, named: bool, digest: str, likeness: str, location: str) -> tuple[str, str]:
        if location in self.places and self.places[location][1] == digest:
            return "unchanged", self.places[location][0]
        for number in count(1):
            article_id = base_id if number == 1 else f"{base_id}.{number}"
            if article_id not in self.latest:
                if likeness in self.likenesses:
                    return "duplicate", self.likenesses[likeness]
                return "added", article_id
            if self.latest[article_id][0] == digest:
                return "duplicate" if article_id in self.met else "unchanged", article_id
            if named or self.latest[article_id][1] == location:
                return "changed", article_id
        raise AssertionError

    def unmet(self, sources: list[str]) -> list[str]:
        return sorted(
            article_id
            for article_id, (_, location, _) in self.latest.items()
            if article_id not in self.met and location.split("\x1f")[0] in sources
        )
