"""Withdrawals: which articles may not be shown, why and since when. A log that only grows, and a copy of it.

    INDEX/withdrawals.log    a line for each thing that was done, oldest first
    INDEX/withdrawals.copy   the same bytes, written once the log's are safe

The JSON of a line has ``number``, ``before``, ``action``, ``id``, ``when`` (UTC), ``who`` (if known) and, by action, ``reason``
(withdraw) or ``proof`` (purged). `searchapp.archive.chain` says how lines are written and checked.

What damage may do: nothing to what is withheld. A torn last line was never acknowledged and is passed over. When one of the
files is damaged, cut or gone, the other is believed and `Withdrawals.trouble` tells. When neither has it all, a process that
runs goes on with all it knew and all it can read, and one that starts refuses to: nobody can say what it may show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal

from searchapp.archive.chain import FIRST, Found, Line, exclusive, extend, framed, read, stamp
from searchapp.errors import ArchiveError, WithdrawalsDamaged

LOG, COPY, LOCK = "withdrawals.log", "withdrawals.copy", "withdrawals.lock"
MAX_REASON = 500
"""Characters of a reason: it is shown to readers on a page of its own."""
_WAY_OUT = "put back withdrawals.log and withdrawals.copy from the latest backup"

Action = Literal["withdraw", "restore", "purge", "purged"]
Purge = Literal["none", "begun", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An article that is withdrawn. ``when``: ISO, UTC. ``purge``: whether its text is being, or has been, taken off the disk."""

    id: str
    reason: str
    when: str
    who: str | None = None
    purge: Purge = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """All that is withdrawn at a moment. ``restored`` were withdrawn once and aren't now.

    ``so_far`` lines have been written, and ``head`` is the sha256 of the last: two states with the same are the same.
    """

    by_id: Mapping[str, Withdrawal] = field(default_factory=lambda: MappingProxyType({}))
    ids: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    so_far: int = 0
    head: str = FIRST

    @property
    def state(self) -> str:
        """Changes with every withdrawal and restoration; empty before the first."""
        return f"w{self.so_far}.{self.head[:12]}" if self.so_far else ""

    @property
    def purging(self) -> tuple[str, ...]:
        """Articles whose purge has begun and not ended, in order."""
        return tuple(sorted(one.id for one in self.by_id.values() if one.purge == "begun"))


NOTHING_WITHDRAWN = Withdrawn()


class Withdrawals:
    """The withdrawals of an index directory. Safe for several threads; reads nothing before it is asked."""

    def __init__(self, directory: Path) -> None:
        self._log, self._copy, self._lock_file = directory / LOG, directory / COPY, directory / LOCK
        self._lock = Lock()
        self._known: Withdrawn | None = None
        self._stamp: tuple[int, ...] | None = None
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """What is wrong with the files, as of the last look; None when all is well."""
        return self._trouble

    def known(self) -> Withdrawn:
        """What is withdrawn now: one stat while nothing has changed. Raises WithdrawalsDamaged when nobody can say."""
        known = self._known
        if known is not None and stamp(self._log) == self._stamp:
            return known
        with self._lock:
            return self._look()

    def _look(self) -> Withdrawn:
        now = stamp(self._log)  # before reading: what is written meanwhile is seen next time
        if self._known is None or now != self._stamp:
            found = read(self._log, self._copy)
            lost = found.lost or self._forgotten(found)
            if lost and self._known is None:
                raise WithdrawalsDamaged(f"{lost}; no article is shown until it is known which were withdrawn: {_WAY_OUT}")
            self._trouble = f"{lost}; what was withdrawn stays withdrawn: {_WAY_OUT}" if lost else found.trouble
            self._known = _all_of(self._known, found) if lost and self._known else _folded(found.lines)
            self._stamp = now
        return self._known

    def _forgotten(self, found: Found) -> str | None:
        """Whether the files have less than this process knows already, or something else."""
        known = self._known
        if known is None or not known.so_far:
            return None
        same = len(found.lines) >= known.so_far and found.lines[known.so_far - 1].digest == known.head
        return None if same else f"{self._log} doesn't go on from where it was"

    def withdraw(self, article_id: str, reason: str, who: str | None = None) -> Withdrawal:
        """Withdraw an article; when this returns, it is on disk. Raises ArchiveError when it is withdrawn already."""
        text = " ".join(reason.split())
        if not text or len(text) > MAX_REASON:
            raise ArchiveError(f"a reason has 1 to {MAX_REASON} characters; it is shown to readers in the article's place")

        def check(known: Withdrawn) -> None:
            if held := known.by_id.get(article_id):
                raise ArchiveError(f"{article_id} has been withdrawn since {held.when}: {held.reason}")

        return self._write("withdraw", article_id, check, reason=text, who=who).by_id[article_id]

    def restore(self, article_id: str, who: str | None = None) -> None:
        """Undo a withdrawal. Raises ArchiveError when there is none, or its purge is not finished."""

        def check(known: Withdrawn) -> None:
            held = known.by_id.get(article_id)
            if held is None:
                raise ArchiveError(f"{article_id} is not withdrawn")
            if held.purge == "begun":
                raise ArchiveError(f"the purge of {article_id} has begun; end it with: searchapp withdraw {article_id} --purge")

        self._write("restore", article_id, check, who=who)

    def begin_purge(self, article_id: str, who: str | None = None) -> None:
        """Note that a withdrawn article's text is being destroyed. Once is enough."""
        if self._checked().by_id[article_id].purge == "none":
            self._write("purge", article_id, None, who=who)

    def end_purge(self, article_id: str, proof: Mapping[str, Any]) -> None:
        """Note that it has been destroyed, and how that was found out."""
        self._write("purged", article_id, None, proof=dict(proof))

    def _checked(self) -> Withdrawn:
        with self._lock:
            self._stamp = None
            return self._look()

    def _write(self, action: Action, article_id: str, check: Callable[[Withdrawn], None] | None, **more: Any) -> Withdrawn:
        with exclusive(self._lock_file):
            known = self._checked()
            found = read(self._log, self._copy)
            if found.lost or self._forgotten(found):
                raise WithdrawalsDamaged(f"{self._trouble or found.lost}")
            if check:
                check(known)
            values = {"number": known.so_far + 1, "before": known.head, "action": action, "id": article_id, "when": _now()}
            line = framed(values | {name: value for name, value in more.items() if value is not None})
            sound = b"".join(each.raw for each in found.lines)
            for path in (self._log, self._copy):
                extend(path, sound, line)
            return self._checked()


def _folded(lines: Sequence[Line]) -> Withdrawn:
    """What is withdrawn after all that was done."""
    held: dict[str, Withdrawal] = {}
    restored: set[str] = set()
    for values in (line.values for line in lines):
        _do(values, held, restored)
    head = lines[-1].digest if lines else FIRST
    return Withdrawn(
        by_id=MappingProxyType(held), ids=frozenset(held), restored=frozenset(restored), so_far=len(lines), head=head
    )


def _do(values: Mapping[str, Any], held: dict[str, Withdrawal], restored: set[str]) -> None:
    key = values["id"]
    match values["action"]:
        case "withdraw":
            restored.discard(key)
            held[key] = Withdrawal(id=key, reason=values["reason"], when=values["when"], who=values.get("who"))
        case "restore":
            restored.add(key)
            held.pop(key, None)
        case "purge" if key in held:
            held[key] = replace(held[key], purge="begun")
        case "purged" if key in held:
            held[key] = replace(held[key], purge="done")


def _all_of(known: Withdrawn, found: Found) -> Withdrawn:
    """What was known, and every withdrawal that can be read beside it; restorations that can't be trusted are not done."""
    held = dict(known.by_id)
    for line in (*found.lines, *found.stray):
        if line.values["action"] == "withdraw" and line.values["id"] not in held:
            _do(line.values, held, set())
    new = frozenset(held) - known.ids
    head = sha256("\n".join((known.head, *sorted(new))).encode("utf-8", "surrogatepass")).hexdigest() if new else known.head
    return replace(known, by_id=MappingProxyType(held), ids=frozenset(held), restored=known.restored - new, head=head)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
