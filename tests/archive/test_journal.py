"""The journal against what a crash, a power cut or a bad disk does to a file."""

from __future__ import annotations

import errno
import json
import os
import re
import zlib
from pathlib import Path

import pytest

from searchapp.archive import Journal
from searchapp.archive.frames import HEADER_SIZE, MARK_SIZE, Header
from searchapp.errors import ArchiveError, JournalDamaged

RECORDS = [{"n": 1, "text": "स्कूल"}, {"n": 2, "text": "line\nbreak"}, {"n": 3, "text": "x" * 60}]
MORE = [{"n": 4, "text": "four"}, {"n": 5, "text": "close 000000000000"}]


def held(directory: Path) -> list[dict[str, object]]:
    return [record for _, record in Journal(directory).read()]


def file_of(directory: Path) -> Path:
    return directory / "articles.journal"


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, int, bytes]:
    """A journal of two batches: its directory, the byte where the second begins, all bytes."""
    journal = Journal(tmp_path)
    journal.append(RECORDS)
    middle = journal.position
    journal.append(MORE)
    return tmp_path, middle, file_of(tmp_path).read_bytes()


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first = journal.append(RECORDS)
    between = journal.position
    second = journal.append(iter(MORE))
    assert held(tmp_path) == RECORDS + MORE
    assert [position for position, _ in Journal(tmp_path).read()] == first + second
    assert [record for _, record in Journal(tmp_path).read(between)] == MORE
    assert list(Journal(tmp_path).read(journal.position)) == []
    assert Journal(tmp_path).position == journal.position == file_of(tmp_path).stat().st_size
    assert Journal(tmp_path).append([]) == []


def test_the_format_is_the_documented_one(two: tuple[Path, int, bytes]) -> None:
    _, middle, data = two
    lines = data.splitlines(keepends=True)
    assert re.fullmatch(rb"searchapp-journal 2 0{16} 0{16} ([0-9a-f]{8})\n", lines[0])
    records, begin, chain, at = [], 0, 0, HEADER_SIZE
    for line in lines[1:]:
        word, *rest = line.split(b" ")
        if word in (b"begin", b"close"):
            assert len(line) == MARK_SIZE
            begin = at if word == b"begin" else begin
            assert int(rest[0], 16) == begin
            if word == b"close":
                assert int(rest[1], 16) == at
                assert int(rest[2], 16) == chain
            assert int(rest[3], 16) == zlib.crc32(line[: -len(rest[3]) - 1])
        else:
            body = line[18:-1]
            assert (int(word, 16), int(rest[0], 16)) == (len(body), zlib.crc32(body))
            records.append(json.loads(body))
            chain = zlib.crc32(line, chain)
        at += len(line)
    assert records == RECORDS + MORE
    assert data[middle : middle + 6] == b"begin "


def test_a_batch_torn_at_any_byte_is_cut_and_the_next_one_takes_its_place(two: tuple[Path, int, bytes]) -> None:
    directory, middle, data = two
    for cut in range(middle, len(data)):
        file_of(directory).write_bytes(data[:cut])
        closing = cut > len(data) - MARK_SIZE  # its records were synced before the mark was begun
        kept = RECORDS + MORE if closing else RECORDS
        assert held(directory) == kept
        journal = Journal(directory)
        assert journal.position == (len(data) if closing else middle)
        if cut % 5 and not closing:
            continue
        journal.append([{"n": 6}])
        assert held(directory) == [*kept, {"n": 6}]
        if closing:
            assert file_of(directory).read_bytes()[: len(data)] == data


def test_a_first_batch_torn_at_any_byte_leaves_an_empty_journal(tmp_path: Path) -> None:
    Journal(tmp_path).append(RECORDS)
    data = file_of(tmp_path).read_bytes()
    for cut in range(len(data) - MARK_SIZE + 1):
        file_of(tmp_path).write_bytes(data[:cut])
        assert held(tmp_path) == []
        if cut % 20 == 0:
            Journal(tmp_path).append(MORE)
            assert held(tmp_path) == MORE


@pytest.mark.parametrize("fill", [b"\0", b"\xff", b"close "], ids=["zeros", "ones", "text"])
def test_pages_of_a_batch_that_never_reached_the_disk_are_no_damage(two: tuple[Path, int, bytes], fill: bytes) -> None:
    """A power cut may keep a later page of an unacknowledged batch and lose an earlier one: there is no closing mark yet."""
    directory, middle, data = two
    body = data[:-MARK_SIZE]
    for start in range(middle, len(body)):
        lost = (fill * len(body))[: min(20, len(body) - start)]
        file_of(directory).write_bytes(body[:start] + lost + body[start + len(lost) :])
        assert held(directory) == RECORDS
    Journal(directory).append([{"n": 6}])
    assert held(directory) == [*RECORDS, {"n": 6}]


def test_a_whole_batch_without_a_mark_behind_it_does_not_count(two: tuple[Path, int, bytes]) -> None:
    directory, middle, data = two
    file_of(directory).write_bytes(data[:-MARK_SIZE])
    assert held(directory) == RECORDS
    assert Journal(directory).position == middle


def test_a_flipped_bit_is_found_or_harmless_wherever_it_is(two: tuple[Path, int, bytes]) -> None:
    directory, _, data = two
    harmless = 0
    for at in range(len(data)):
        for bit in {at % 8, at * 5 % 7}:
            wrong = bytearray(data)
            wrong[at] ^= 1 << bit
            file_of(directory).write_bytes(wrong)
            try:
                found = held(directory)
            except ArchiveError as error:
                named = str(file_of(directory)) in str(error)
                assert named
                assert file_of(directory).read_bytes() == wrong
            else:
                harmless += 1
                assert found == RECORDS + MORE
                assert at >= len(data) - MARK_SIZE, "only the last mark tells nothing that isn't known otherwise"
    assert harmless >= MARK_SIZE


def test_a_harmless_flip_is_mended_by_the_next_writer(two: tuple[Path, int, bytes]) -> None:
    directory, _, data = two
    file_of(directory).write_bytes(data[:-3] + b"?" + data[-2:])
    journal = Journal(directory)
    assert [record for _, record in journal.read(journal.position)] == []
    journal.append([{"n": 6}])
    assert held(directory) == [*RECORDS, *MORE, {"n": 6}]
    assert file_of(directory).read_bytes().startswith(data)


@pytest.mark.parametrize("change", ["left out", "twice", "swapped"])
def test_whole_records_in_the_wrong_place_are_damage(two: tuple[Path, int, bytes], change: str) -> None:
    directory, _, data = two
    lines = data.splitlines(keepends=True)
    first, second = lines[2], lines[3]
    new = {"left out": second, "twice": first + first + second, "swapped": second + first}[change]
    file_of(directory).write_bytes(data.replace(first + second, new, 1))
    with pytest.raises(JournalDamaged):
        held(directory)


def test_damage_is_told_with_its_byte_and_the_way_out_and_nothing_is_cut(two: tuple[Path, int, bytes]) -> None:
    directory, _, data = two
    second = data.index(b'"n":2')
    wrong = data.replace(b'"n":2', b'"n":7', 1)
    file_of(directory).write_bytes(wrong)
    begins = data.rindex(b"\n", 0, second) + 1
    with pytest.raises(JournalDamaged, match=rf"byte {begins} fails.*restore the index directory from a backup"):
        held(directory)
    with pytest.raises(JournalDamaged):
        Journal(directory).append(MORE)
    assert file_of(directory).read_bytes() == wrong


def test_a_journal_that_lost_its_end_is_told_by_who_knew_it(two: tuple[Path, int, bytes]) -> None:
    directory, middle, data = two
    file_of(directory).write_bytes(data[:middle])
    assert Journal(directory).resume(middle) == middle
    with pytest.raises(JournalDamaged, match="cut off"):
        Journal(directory).resume(len(data))


def test_an_archive_without_a_journal_is_empty(tmp_path: Path) -> None:
    assert held(tmp_path / "nothing") == []
    journal = Journal(tmp_path / "nothing")
    assert (journal.position, journal.seal, journal.resume(0)) == (0, "", 0)
    with pytest.raises(JournalDamaged):
        journal.resume(1)


@pytest.mark.parametrize("data", [b'00000007 1d0bbcd7 {"n":1}\n', Header(format=3).line], ids=["unmarked", "newer"])
def test_another_format_is_named(tmp_path: Path, data: bytes) -> None:
    file_of(tmp_path).write_bytes(data)
    with pytest.raises(ArchiveError, match=r"is of format [13], this program writes format 2; move .* aside"):
        held(tmp_path)


def test_a_reader_trusts_what_is_sealed_and_reads_only_what_follows(two: tuple[Path, int, bytes]) -> None:
    directory, middle, data = two
    file_of(directory).write_bytes(data[:middle])
    seal = Journal(directory).seal
    wrong = bytearray(data)
    wrong[HEADER_SIZE + MARK_SIZE + 30] ^= 1
    file_of(directory).write_bytes(wrong)
    trusting = Journal(directory)
    assert trusting.trust(middle, seal)
    assert trusting.position == len(data)
    assert [record for _, record in trusting.read(middle)] == MORE
    unsealed = Journal(directory)
    assert unsealed.trust(middle)
    assert unsealed.position == len(data)
    assert not Journal(directory).trust(middle + 1)
    for position, other in ((middle, seal[:-3] + "00\n"), (middle - 1, seal), (len(data), seal), (len(data) + 9, seal), (0, "")):
        assert not Journal(directory).trust(position, other)


class Fault:
    """Fails one of the calls that write, once or for ever, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, at: int, error: int, *, always: bool = False) -> None:
        self.calls = 0
        real = getattr(os, name)

        def call(*args: object) -> object:
            self.calls += 1
            if self.calls == at or (always and self.calls > at):
                if name == "write":
                    real(args[0], bytes(args[1])[: len(bytes(args[1])) // 2])  # type: ignore[call-overload]
                raise OSError(error, os.strerror(error))
            return real(*args)

        monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("name", ["write", "fsync"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("first", [True, False])
def test_what_can_not_be_written_is_not_acknowledged_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int, error: int, first: bool
) -> None:
    before = [] if first else RECORDS
    Journal(tmp_path / "journal").append(before)
    journal = Journal(tmp_path / "journal")
    assert journal.position >= 0
    with monkeypatch.context() as patch:
        fault = Fault(patch, name, at, error)
        if at > {("write", True): 2, ("fsync", True): 5, ("write", False): 2, ("fsync", False): 2}[name, first]:
            journal.append(MORE)
            assert fault.calls < at
            assert held(tmp_path / "journal") == before + MORE
            return
        with pytest.raises(ArchiveError, match="not acknowledged"):
            journal.append(MORE)
        calls = fault.calls
        with pytest.raises(ArchiveError, match="nothing more is written"):
            journal.append(MORE)
        assert fault.calls == calls
    assert held(tmp_path / "journal") == before
    Journal(tmp_path / "journal").append(MORE)
    assert held(tmp_path / "journal") == before + MORE


def synced(monkeypatch: pytest.MonkeyPatch, top: Path) -> list[str]:
    """What is synced, and every write, in order, as paths below ``top``."""
    done: list[str] = []
    for name in ("fsync", "write", "mkdir"):
        real = getattr(os, name)

        def call(what: int | Path, *rest: object, name: str = name, real: object = real) -> object:
            path = Path(os.readlink(f"/proc/self/fd/{what}")) if isinstance(what, int) else what
            done.append(f"{name} {path.relative_to(top)}")
            return real(what, *rest)  # type: ignore[operator]

        monkeypatch.setattr(os, name, call)
    return done


def test_a_new_journal_is_durable_before_it_is_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "index" / "journal")
    with monkeypatch.context() as patch:
        done = synced(patch, tmp_path)
        journal.append(RECORDS)
    file = "index/journal/articles.journal"
    made = ["mkdir index", "fsync .", "mkdir index/journal", "fsync index"]
    names = ["fsync index/journal", "fsync index", "fsync ."]
    assert done == [*made, f"write {file}", f"fsync {file}", *names, f"write {file}", f"fsync {file}"]
    with monkeypatch.context() as patch:
        done = synced(patch, tmp_path)
        journal.append(MORE)
    assert done == [f"write {file}", f"fsync {file}"] * 2


def test_a_rewritten_journal_keeps_what_is_revised_and_its_positions_never_fall(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(RECORDS)
    middle = journal.position
    journal.append(MORE)
    old = journal.position

    done = journal.rewrite(
        lambda _, record: None if record["n"] == 2 else {**record, "text": "short"} if record["n"] == 3 else record,
        keeps_articles=False,
    )
    assert (done.kept, done.dropped) == (4, 1)
    assert done.after < done.before
    assert done.after == (tmp_path / "journal" / "articles.journal").stat().st_size
    kept = [RECORDS[0], {"n": 3, "text": "short"}, *MORE]
    again = Journal(tmp_path / "journal")
    assert list(journal.read()) == list(again.read())
    assert [record for _, record in again.read()] == kept
    assert all(position > old for position, _ in again.read())
    assert [again.resume(position) for position in (0, middle, old)] == [None, None, None]
    assert again.resume(again.position) == again.position > old
    with pytest.raises(JournalDamaged):
        again.resume(again.position + 1)
    ended = again.position
    again.append([{"n": 6}])
    assert [record for _, record in again.read(ended)] == [{"n": 6}]
    assert not any((tmp_path / "tmp").iterdir())


def test_what_was_made_from_all_of_a_journal_is_up_to_date_with_a_rewriting_that_keeps_the_articles(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(RECORDS)
    middle = journal.position
    journal.append(MORE)
    old = journal.position
    journal.rewrite(lambda _, record: record, keeps_articles=True)
    settled = journal.position
    journal.append([{"n": 6}])
    again = Journal(tmp_path / "journal")
    assert (again.resume(0), again.resume(middle)) == (None, None)
    assert again.resume(old) == settled
    assert [record for _, record in again.read(settled)] == [{"n": 6}]
    again.rewrite(lambda _, record: record, keeps_articles=True)
    assert again.resume(old) is None
    assert Journal(tmp_path / "journal").resume(settled) is None


def test_a_rewriting_of_everything_away_leaves_a_journal_that_is_no_beginner(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(RECORDS)
    old = journal.position
    journal.rewrite(lambda *_: None, keeps_articles=False)
    file = tmp_path / "journal" / "articles.journal"
    assert held(tmp_path / "journal") == []
    assert Journal(tmp_path / "journal").position > old
    file.write_bytes(b"S" + file.read_bytes()[1:])
    with pytest.raises(JournalDamaged, match="byte 0"):
        held(tmp_path / "journal")


@pytest.mark.parametrize("name", ["write", "fsync", "replace"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_rewriting_that_fails_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(RECORDS)
    file = tmp_path / "journal" / "articles.journal"
    before = file.read_bytes()
    with monkeypatch.context() as patch:
        Fault(patch, name, at, errno.ENOSPC)
        if at > {"write": 3, "fsync": 3, "replace": 1}[name]:
            journal.rewrite(lambda _, record: record, keeps_articles=True)
            return
        with pytest.raises(ArchiveError, match="can't rewrite"):
            journal.rewrite(lambda _, record: record, keeps_articles=True)
    assert file.read_bytes() == before
    assert not any((tmp_path / "tmp").iterdir())
    assert Journal(tmp_path / "journal").position == len(before)
