"""The archive: the journal of extracts (the truth), what it already holds, and the writer lock."""
