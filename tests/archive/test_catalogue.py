"""The catalogue against the plain rule in memory, and against what a crash or a bad disk does to it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from plain_holdings import PlainHoldings

from searchapp.archive import Catalogue, Journal, Record, catalogue, copied, opened
from searchapp.errors import ArchiveError, JournalDamaged

SEED = int(os.environ["ORACLE_SEED"])


def record(number: int, text: str = "", *, source: str = "p") -> Record:
    name = f"{source}:{number}"
    return Record(
        base_id=name, named=True, digest=f"{name} {text}", likeness=f"{name} {text}", location=f"{source}\x1ff{number}\x1f1"
    )


def random_records(random_: random.Random, amount: int) -> Iterator[Record]:
    """Few ids, places and texts, so that all of them meet each other in every way."""
    for _ in range(amount):
        text = str(random_.randrange(12))
        yield Record(
            base_id=f"{random_.choice('ab')}:{random_.randrange(6)}",
            named=random_.random() < 0.5,
            digest=text if random_.random() < 0.5 else f"{int(text):064x}",
            likeness=text if random_.random() < 0.8 else f"other {text}",
            location=f"{random_.choice('abc')}\x1ffile {random_.randrange(3)}\x1f{random_.randrange(4)}",
        )


def journalled(index: Catalogue, records: list[tuple[Record, str]]) -> list[int]:
    """Hold records in a batch, as an index run does."""
    positions = index.journal.append([{"id": key, "record": asdict(each), "extract": {}} for each, key in records])
    index.place(positions)
    index.commit(always=False)
    return positions


@pytest.mark.parametrize("number", range(30))
def test_verdicts_are_those_of_the_plain_rule_whatever_the_batches_and_runs(tmp_path: Path, number: int) -> None:
    random_ = random.Random(SEED + number)
    log: list[tuple[Record, str, int]] = []
    for _ in range(random_.randrange(1, 6)):
        plain = PlainHoldings()
        for old, key, position in log:
            plain.hold(old.digest, old.location, old.likeness, key, position)
        with opened(Journal(tmp_path / "journal"), []) as index:
            batch: list[tuple[Record, str]] = []
            for new in random_records(random_, random_.randrange(40)):
                expected = plain.judge(new.base_id, new.named, new.digest, new.likeness, new.location)
                assert index.judge(new) == expected
                if expected[0] in ("added", "changed"):
                    plain.hold(new.digest, new.location, new.likeness, expected[1], -1)
                    index.hold(new, expected[1])
                    batch.append((new, expected[1]))
                if batch and random_.random() < 0.2:
                    log += [(each, key, at) for (each, key), at in zip(batch, journalled(index, batch), strict=True)]
                    batch = []
            log += [(each, key, at) for (each, key), at in zip(batch, journalled(index, batch), strict=True)]
            assert index.unmet(["a", "c"], 99) == (len(plain.unmet(["a", "c"])), plain.unmet(["a", "c"]))
            latest = {key: at for _, key, at in log}
            assert {key: held.position for key in latest if (held := index.article(key))} == latest
            assert index.whole_since(0) == len(latest)
        if random_.random() < 0.3:
            (tmp_path / "journal" / "catalogue.sqlite3").unlink()


def test_what_is_held_twice_in_a_batch_is_held_last(tmp_path: Path) -> None:
    with opened(Journal(tmp_path), []) as index:
        both = [(record(1, "one"), "p:1"), (record(1, "two"), "p:1")]
        for new, key in both:
            index.hold(new, key)
        positions = journalled(index, both)
        held = index.article("p:1")
        assert held is not None
        assert (held.digest, held.position) == ("p:1 two", positions[1])


class Killed(BaseException):
    """Ends a run where it stands."""


def filled(directory: Path, numbers: range = range(5), *, killed_at: int | None = None) -> list[str]:
    """Journal and catalogue some articles; gives the notes of opening."""
    notes: list[str] = []
    with opened(Journal(directory), notes) as index:
        for number in numbers:
            index.hold(record(number), f"p:{number}")
            if number == killed_at:
                raise Killed
            journalled(index, [(record(number), f"p:{number}")])
    return notes


def ids(directory: Path, notes: list[str] | None = None) -> list[str]:
    with opened(Journal(directory), [] if notes is None else notes) as index:
        assert index.tables.tied(checked=True) == (index.journal.position, index.journal.seal)
        return [key for number in range(20) if index.article(key := f"p:{number}")]


def test_a_run_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()}
    with opened(Journal(tmp_path), []) as index:
        assert index.judge(record(3)) == ("unchanged", "p:3")
    with copied(Journal(tmp_path)) as index:
        assert index.judge(record(9)) == ("added", "p:9")
        index.hold(record(9), "p:9")
        index.place([1])
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()} == before


def test_a_crash_between_journal_and_catalogue_is_made_up_for(tmp_path: Path) -> None:
    filled(tmp_path)
    Journal(tmp_path).append([{"id": f"p:{n}", "record": asdict(record(n)), "extract": {}} for n in (7, 8)])
    notes: list[str] = []
    assert ids(tmp_path, notes) == ["p:0", "p:1", "p:2", "p:3", "p:4", "p:7", "p:8"]
    assert notes == []
    with copied(Journal(tmp_path)) as index:
        assert index.judge(record(8)) == ("unchanged", "p:8")


def test_a_run_broken_off_leaves_a_catalogue_that_is_never_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "COMMITTED", 2)
    for stop in range(5):
        directory = tmp_path / str(stop)
        with pytest.raises(Killed):
            filled(directory, killed_at=stop)
        assert not (directory / "catalogue.crc32").exists()
        assert ids(directory) == [f"p:{number}" for number in range(stop)]
        assert (directory / "catalogue.crc32").exists()


@pytest.mark.parametrize("lost", ["catalogue.sqlite3", "catalogue.crc32", "both"])
def test_a_missing_catalogue_is_made_again(tmp_path: Path, lost: str) -> None:
    filled(tmp_path)
    for name in ("catalogue.sqlite3", "catalogue.crc32"):
        if lost in (name, "both"):
            (tmp_path / name).unlink()
    notes: list[str] = []
    assert ids(tmp_path, notes) == ["p:0", "p:1", "p:2", "p:3", "p:4"]
    assert bool(notes) == (lost != "catalogue.crc32")
    assert (tmp_path / "catalogue.crc32").exists()


def test_a_damaged_catalogue_is_found_and_made_again(tmp_path: Path) -> None:
    filled(tmp_path)
    file = tmp_path / "catalogue.sqlite3"
    whole = file.read_bytes()
    random_ = random.Random(SEED)
    for damage in range(40):
        wrong = bytearray(whole)
        if damage < 30:
            wrong[random_.randrange(len(wrong))] ^= 1 << random_.randrange(8)
        elif damage < 35:
            del wrong[random_.randrange(len(wrong)) :]
        else:
            wrong = bytearray(random_.randbytes(random_.randrange(5000)))
        file.write_bytes(wrong)
        notes: list[str] = []
        assert ids(tmp_path, notes) == ["p:0", "p:1", "p:2", "p:3", "p:4"]
        assert len(notes) == 1
        assert "made again from the journal" in notes[0]


def test_a_damaged_catalogue_that_nothing_vouches_for_is_no_error(tmp_path: Path) -> None:
    filled(tmp_path)
    file = tmp_path / "catalogue.sqlite3"
    for wrong in (b"", b"not a database " * 500, file.read_bytes()[:5000]):
        file.write_bytes(wrong)
        (tmp_path / "catalogue.crc32").unlink(missing_ok=True)
        assert ids(tmp_path) == ["p:0", "p:1", "p:2", "p:3", "p:4"]


def test_a_catalogue_of_another_journal_is_not_used(tmp_path: Path) -> None:
    filled(tmp_path / "one")
    filled(tmp_path / "other", range(5, 10))
    for name in ("catalogue.sqlite3", "catalogue.crc32"):
        shutil.copy(tmp_path / "other" / name, tmp_path / "one" / name)
    notes: list[str] = []
    with (
        pytest.raises(JournalDamaged)
        if Journal(tmp_path / "one").position < Journal(tmp_path / "other").position
        else open(os.devnull)
    ):
        assert ids(tmp_path / "one", notes) == ["p:0", "p:1", "p:2", "p:3", "p:4"]


def test_a_catalogue_from_before_a_rewriting_is_not_used(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    filled(directory)
    old = {name: (directory / name).read_bytes() for name in ("catalogue.sqlite3", "catalogue.crc32")}
    Journal(directory).rewrite(lambda _, entry: None if entry["id"] == "p:2" else entry, keeps_articles=False)
    assert not (directory / "catalogue.sqlite3").exists()
    for name, content in old.items():
        (directory / name).write_bytes(content)
    assert ids(directory) == ["p:0", "p:1", "p:3", "p:4"]


def test_a_journal_that_lost_its_end_is_told_by_the_catalogue(tmp_path: Path) -> None:
    filled(tmp_path)
    middle = Journal(tmp_path).position
    filled(tmp_path, range(5, 7))
    file = tmp_path / "articles.journal"
    file.write_bytes(file.read_bytes()[:middle])
    with pytest.raises(JournalDamaged, match="cut off or replaced"):
        ids(tmp_path)
    file.unlink()
    with pytest.raises(JournalDamaged, match="ends at 0"):
        ids(tmp_path)


def test_rules_are_known_and_where_they_changed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    positions = []
    for name in ("One", "One", "Two"):
        positions += journal.append([{"rules": {"id": "p", "name": name}}])
    for _ in range(2):
        with opened(Journal(tmp_path), []) as index:
            assert index.rules("p") == {"id": "p", "name": "Two"}
            assert index.rules("q") is None
            assert [index.changes(start) for start in (0, positions[2], positions[2] + 1)] == [["p"], ["p"], []]
        (tmp_path / "catalogue.sqlite3").unlink()


def test_a_file_read_in_full_is_known_until_something_else_is_held_from_it(tmp_path: Path) -> None:
    filled(tmp_path)
    file = "p\x1ff3"
    with opened(Journal(tmp_path), []) as index:
        assert index.pass_file(file) is None
        index.read_in_full(file, "abc", "v1", 1)
    with opened(Journal(tmp_path), []) as index:
        assert (index.known_file(file, "v1"), index.known_file(file, "v2"), index.known_file("p\x1ff4", "v1")) == (
            "abc",
            None,
            None,
        )
        assert index.pass_file(file) == 1
        assert index.was_met("p:3")
        assert index.unmet(["p"], 9)[0] == 4
        index.hold(record(3, "changed"), "p:3")
        assert index.pass_file(file) is None, "something waits"
        journalled(index, [(record(3, "changed"), "p:3")])
        assert index.known_file(file, "v1") is None
    with opened(Journal(tmp_path), []) as index:
        index.read_in_full(file, "abc", "v1", 2)
        assert index.pass_file(file) is None, "only one of its records is held"


def test_what_was_purged_is_known_by_digests_alone(tmp_path: Path) -> None:
    from searchapp.archive.holdings import digested

    whole = record(1)
    stone = Record(base_id="p:1", named=False, digest=whole.digest, likeness=whole.likeness, location=digested(whole.location))
    Journal(tmp_path).append([{"id": "p:1", "record": asdict(stone)}])
    for _ in range(2):
        with opened(Journal(tmp_path), []) as index:
            assert index.whole_since(0) == 0
            assert index.judge(whole) == ("unchanged", "p:1")
            other = Record(base_id="p:1", named=False, digest="new", likeness="new", location=whole.location)
            assert index.judge(other) == ("changed", "p:1")


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    import tracemalloc

    with opened(Journal(tmp_path), []) as index:
        peaks = []
        for part in range(3):
            tracemalloc.start()
            for start in range(part * 1500, (part + 1) * 1500, 500):
                batch = [(record(number), f"p:{number}") for number in range(start, start + 500)]
                for new, key in batch:
                    assert index.judge(new)[0] == "added"
                    index.hold(new, key)
                journalled(index, batch)
            del batch
            peaks.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
    assert max(peaks[1:]) < 100_000, peaks


def test_an_error_of_sqlite_is_told(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(Journal(tmp_path), []) as index:
        index.tables.close()
        with pytest.raises(ArchiveError, match=r"catalogue\.sqlite3: .*safe"):
            index.article("p:1")


def test_what_sqlite_had_still_to_write_is_looked_at_closer(tmp_path: Path) -> None:
    """A log beside a file with its checksum: SQLite would put it into the file, whatever the checksum says."""
    filled(tmp_path)
    before = (tmp_path / "catalogue.crc32").read_text()
    (tmp_path / "catalogue.sqlite3-wal").write_bytes(b"rubbish" * 1000)
    assert ids(tmp_path) == ["p:0", "p:1", "p:2", "p:3", "p:4"]
    assert not (tmp_path / "catalogue.sqlite3-wal").exists()
    assert (tmp_path / "catalogue.crc32").read_text() == before
