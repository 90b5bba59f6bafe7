"""Verdicts: what a newly read record is, given what the archive holds."""

from __future__ import annotations

from searchapp.archive import Holdings, Record


def record(base_id: str, text: str, location: str, *, named: bool = True, likeness: str | None = None) -> Record:
    return Record(base_id=base_id, named=named, digest=text, likeness=likeness or text, location=location)


class Archive:
    """Holdings as a run uses them, with a fresh run simulated by replaying the journal."""

    def __init__(self) -> None:
        self.log: list[tuple[Record, str]] = []

    def run(self, *records: Record) -> list[tuple[str, str]]:
        holdings = Holdings()
        for position, (old, article_id) in enumerate(self.log):
            holdings.hold(old, article_id, position)
        verdicts = []
        for new in records:
            verdict, article_id = holdings.judge(new)
            verdicts.append((verdict, article_id))
            if verdict in ("added", "changed"):
                holdings.hold(new, article_id, len(self.log))
                self.log.append((new, article_id))
        return verdicts


def test_reading_the_same_again_changes_nothing() -> None:
    archive = Archive()
    records = [record("a", "one", "f:1"), record("b", "two", "f:2"), record("c", "one", "f:3"), record("a", "one", "g:1")]
    first = archive.run(*records)
    assert first == [("added", "a"), ("added", "b"), ("duplicate", "a"), ("duplicate", "a")]
    assert archive.run(*records) == [("unchanged", "a"), ("unchanged", "b"), *first[2:]]


def test_a_corrected_text_is_a_new_version_of_its_article() -> None:
    archive = Archive()
    archive.run(record("a", "one", "f:1"), record("p:2021:h", "x", "s1", named=False))
    assert archive.run(record("a", "one, corrected", "f:9")) == [("changed", "a")]
    assert archive.run(record("p:2021:h", "y", "s1", named=False)) == [("changed", "p:2021:h")]
    assert archive.run(record("a", "one, corrected", "f:9")) == [("unchanged", "a")]


def test_two_articles_of_a_day_may_share_a_headline() -> None:
    archive = Archive()
    two = [record("p:2021:h", "x", "s1", named=False), record("p:2021:h", "y", "s2", named=False)]
    assert archive.run(*two) == [("added", "p:2021:h"), ("added", "p:2021:h.2")]
    assert archive.run(*reversed(two)) == [("unchanged", "p:2021:h.2"), ("unchanged", "p:2021:h")]
    assert archive.run(record("p:2021:h", "x", "moved", named=False)) == [("unchanged", "p:2021:h")]


def test_two_records_that_claim_one_id_do_not_flap() -> None:
    archive = Archive()
    both = [record("a", "early", "f:1"), record("a", "late", "f:2")]
    assert archive.run(*both) == [("added", "a"), ("changed", "a")]
    assert archive.run(*both) == [("unchanged", "a"), ("unchanged", "a")]
