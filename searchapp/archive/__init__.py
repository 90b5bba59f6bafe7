"""The archive: the journal of extracts (the truth), a catalogue of what it holds, withdrawals, and the writer lock."""

from searchapp.archive.catalogue import Catalogue
from searchapp.archive.cataloguing import copied, opened
from searchapp.archive.holdings import SEPARATOR, Held, Record, Verdict, judge
from searchapp.archive.journal import Journal
from searchapp.archive.lock import WriterLock

__all__ = ["SEPARATOR", "Catalogue", "Held", "Journal", "Record", "Verdict", "WriterLock", "copied", "judge", "opened"]
