"""Verdicts: what a newly read record is, given what the archive holds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from searchapp.archive import Journal, Record, opened


def record(base_id: str, text: str, location: str, *, named: bool = True, likeness: str | None = None) -> Record:
    return Record(base_id=base_id, named=named, digest=text, likeness=likeness or text, location=location)


class Archive:
    """An archive whose every run opens it anew."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "journal"

    def run(self, *records: Record) -> list[tuple[str, str]]:
        verdicts = []
        with opened(Journal(self.directory), []) as catalogue:
            for new in records:
                verdict, article_id = catalogue.judge(new)
                verdicts.append((str(verdict), article_id))
                if verdict in ("added", "changed"):
                    catalogue.hold(new, article_id)
                    entry = {"id": article_id, "record": asdict(new), "extract": {}}
                    catalogue.place(catalogue.journal.append([entry]))
        return verdicts


def test_reading_the_same_again_changes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    records = [record("a", "one", "f:1"), record("b", "two", "f:2"), record("c", "one", "f:3"), record("a", "one", "g:1")]
    first = archive.run(*records)
    assert first == [("added", "a"), ("added", "b"), ("duplicate", "a"), ("duplicate", "a")]
    assert archive.run(*records) == [("unchanged", "a"), ("unchanged", "b"), *first[2:]]


def test_a_corrected_text_is_a_new_version_of_its_article(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.run(record("a", "one", "f:1"), record("p:2021:h", "x", "s1", named=False))
    assert archive.run(record("a", "one, corrected", "f:9")) == [("changed", "a")]
    assert archive.run(record("p:2021:h", "y", "s1", named=False)) == [("changed", "p:2021:h")]
    assert archive.run(record("a", "one, corrected", "f:9")) == [("unchanged", "a")]


def test_two_articles_of_a_day_may_share_a_headline(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    two = [record("p:2021:h", "x", "s1", named=False), record("p:2021:h", "y", "s2", named=False)]
    assert archive.run(*two) == [("added", "p:2021:h"), ("added", "p:2021:h.2")]
    assert archive.run(*reversed(two)) == [("unchanged", "p:2021:h.2"), ("unchanged", "p:2021:h")]
    assert archive.run(record("p:2021:h", "x", "moved", named=False)) == [("unchanged", "p:2021:h")]


def test_two_records_that_claim_one_id_do_not_flap(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    both = [record("a", "early", "f:1"), record("a", "late", "f:2")]
    assert archive.run(*both) == [("added", "a"), ("changed", "a")]
    assert archive.run(*both) == [("unchanged", "a"), ("unchanged", "a")]
