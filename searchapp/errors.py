"""Everything this program raises on purpose.

    SearchAppError                what a person did or met; the message says what, where and the way out
    ├── SettingsError             searchapp.yml, the environment or a flag is wrong
    ├── BadRequest                a search request is wrong; carries every problem at once
    │   └── QueryRefused          the query is past a limit (too long, too many terms); never cut silently
    ├── QueryTimeout              the search took longer than one may; never answered in part
    ├── ArticleError              a record can't be an article; becomes a Reject
    ├── ArchiveError              the journal, the lock or the sources
    │   ├── ArchiveBusy           another process is writing to this archive
    │   ├── JournalDamaged        bytes of the journal don't match their checksum
    │   └── WithdrawalsDamaged    nobody can say any more which articles were withdrawn
    └── EngineError               the index
        ├── NoIndex               nothing has been indexed here yet
        ├── IndexMismatch         built by another analyser or format version
        ├── IndexDamaged          a file is missing or doesn't match the manifest
        └── GenerationGone        the generation a cursor walks has been collected

Errors of libraries (Whoosh, lxml, the operating system) are wrapped at the adapter that calls them, and only there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request: the parameter as the client wrote it, and what to do about it."""

    parameter: str
    message: str


class SearchAppError(Exception):
    """Base of all deliberate errors; ``str()`` is fit to show to a person."""


class SettingsError(SearchAppError):
    """A setting has an unknown name or an impossible value."""


class BadRequest(SearchAppError):
    """A request with one or more problems; ``problems`` lists them all."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.parameter}: {p.message}" for p in self.problems))


class QueryRefused(BadRequest):
    """The query is past a documented limit."""


class QueryTimeout(SearchAppError):
    """A search took longer than a search may. It is refused, not answered in part."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "the search took longer than a search may take; use fewer or longer words with * ? or ~, or a shorter phrase"
        )


class ArticleError(SearchAppError):
    """A record that can't be made into an article."""


class ArchiveError(SearchAppError):
    """The archive can't be read or written."""


class ArchiveBusy(ArchiveError):
    """Another process holds the writer lock."""


class JournalDamaged(ArchiveError):
    """A journal record before the end fails its checksum."""


class WithdrawalsDamaged(ArchiveError):
    """The log of withdrawals and its copy are damaged, so that nobody can say which articles may be shown."""


class EngineError(SearchAppError):
    """The index can't answer."""


class NoIndex(EngineError):
    """There is no current generation."""


class IndexMismatch(EngineError):
    """The index was built by another analyser or in another format."""


class IndexDamaged(EngineError):
    """A file of a generation is missing, or its bytes are not those of the manifest."""


class GenerationGone(EngineError):
    """A named generation is no longer kept."""
