"""The journal against what a crash or a bad disk does to a file."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from searchapp.archive import Holdings, Journal, Record, WriterLock
from searchapp.errors import ArchiveBusy, JournalDamaged

RECORDS = [{"n": 1, "text": "स्कूल"}, {"n": 2, "text": "line\nbreak"}, {"n": 3, "text": "x" * 5000}]


def held(directory: Path) -> list[dict[str, object]]:
    return [record for _, record in Journal(directory).read()]


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first = journal.append(RECORDS[:2])
    second = journal.append(RECORDS[2:])
    assert held(tmp_path) == RECORDS
    assert [position for position, _ in Journal(tmp_path).read()] == first + second
    assert [record for _, record in Journal(tmp_path).read(second[0])] == RECORDS[2:]
    assert Journal(tmp_path).position == (tmp_path / "articles.journal").stat().st_size


def test_the_format_is_the_documented_one(tmp_path: Path) -> None:
    Journal(tmp_path).append(RECORDS)
    for line in (tmp_path / "articles.journal").read_bytes().splitlines():
        body = line[18:]
        assert int(line[:8], 16) == len(body)
        assert int(line[9:17], 16) == zlib.crc32(body)
        assert json.loads(body) in RECORDS


def test_a_torn_tail_is_cut_wherever_it_was_torn(tmp_path: Path) -> None:
    whole = Journal(tmp_path)
    start = whole.append(RECORDS[:2])[-1]
    data = (tmp_path / "articles.journal").read_bytes()
    for cut in range(start + 1, len(data)):
        (tmp_path / "articles.journal").write_bytes(data[:cut])
        assert held(tmp_path) == RECORDS[:1]
    journal = Journal(tmp_path)
    journal.append(RECORDS[2:])
    assert held(tmp_path) == [RECORDS[0], RECORDS[2]]


def test_damage_before_the_end_is_told_and_nothing_is_cut(tmp_path: Path) -> None:
    Journal(tmp_path).append(RECORDS)
    file = tmp_path / "articles.journal"
    data = bytearray(file.read_bytes())
    data[25] ^= 1
    file.write_bytes(data)
    with pytest.raises(JournalDamaged, match="byte 0"):
        held(tmp_path)
    with pytest.raises(JournalDamaged):
        Journal(tmp_path).append(RECORDS[:1])
    assert file.read_bytes() == data


def test_an_archive_without_a_journal_is_empty(tmp_path: Path) -> None:
    assert held(tmp_path / "nothing") == []
    assert Journal(tmp_path / "nothing").position == 0


HOLDER = """
import sys, pathlib
from searchapp.archive import WriterLock
with WriterLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_who_writes_and_death_frees_the_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ArchiveBusy, match=f"pid {holder.pid} since"), WriterLock(tmp_path):
            pass
        holder.kill()
        holder.wait(timeout=10)
        with WriterLock(tmp_path):
            pass
    finally:
        holder.kill()
        holder.communicate(timeout=10)


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
