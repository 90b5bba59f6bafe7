"""The archive: the journal of extracts (the truth), what it already holds, and the writer lock."""

from searchapp.archive.holdings import SEPARATOR, Holdings, Record, Verdict
from searchapp.archive.journal import Journal
from searchapp.archive.lock import WriterLock

__all__ = ["SEPARATOR", "Holdings", "Journal", "Record", "Verdict", "WriterLock"]
