"""Backups: whole, whatever happens to the archive meanwhile and afterwards, and served by pointing --index at them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from searchapp.archive import Journal, WriterLock
from searchapp.archive.withdrawals import Withdrawals
from searchapp.backups import BackupReport, run_backup
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import files
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import ArchiveError, EngineError, JournalDamaged
from searchapp.indexing import run_index
from searchapp.query.tree import Everything
from searchapp.settings import Settings
from searchapp.verifying import run_verify


class House:
    """An archive in a temporary directory."""

    def __init__(self, root: Path, index: str = "index") -> None:
        self.root = root
        self.index = root / index
        self.settings = Settings.make(index=self.index, corpus=root / "corpus.yml")

    def add(self, *numbers: int) -> None:
        (self.root / "papers").mkdir(exist_ok=True)
        for number in numbers:
            record = {"id": str(number), "title": f"No {number}", "body": f"Words {number}.", "source": "P"}
            (self.root / "papers" / f"{number}.jsonl").write_text(json.dumps(record) + "\n")
        run_index(self.settings, WhooshEngine(self.index), [self.root / "papers"])

    def backup(self, name: str = "backup", *, link: bool = True) -> BackupReport:
        return run_backup(self.settings, WhooshEngine(self.index), self.root / name, link=link)

    def ids(self) -> list[str]:
        return sorted(WhooshEngine(self.index, verify="full").snapshot().ids(EngineRequest(tree=Everything())))

    def sound(self) -> None:
        assert run_verify(self.settings, WhooshEngine(self.index)).problems == []


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    (tmp_path / "corpus.yml").write_text("sources:\n- {id: p, name: P, paths: [papers]}\n")
    house.add(1, 2, 3)
    house.add(4)
    return house


@pytest.mark.parametrize("link", [True, False])
def test_a_backup_is_served_and_goes_on_as_an_archive(house: House, link: bool) -> None:
    Withdrawals(house.index).withdraw("p:2", "by request")
    report = house.backup(link=link)
    assert (report.generation, report.generations, report.journal_records) == ("00000002", ["00000001", "00000002"], 5)
    assert report.damaged == []
    shutil.rmtree(house.index)
    copy = House(house.root, "backup")
    assert copy.ids() == ["p:1", "p:2", "p:3", "p:4"]
    assert Withdrawals(copy.index).known().ids == {"p:2"}
    assert (copy.index / "configuration" / "corpus.yml").read_text().startswith("sources:")
    copy.sound()
    copy.add(5)
    assert copy.ids() == ["p:1", "p:3", "p:4", "p:5"], "the next index leaves out what is withdrawn"
    copy.sound()


def test_generations_are_linked_the_journal_never(house: House) -> None:
    house.backup()
    house.backup("copy", link=False)
    name = Path("generations/00000002/MAIN_1.stored")
    assert (house.index / name).samefile(house.root / "backup" / name)
    assert not (house.index / name).samefile(house.root / "copy" / name)
    journal = Path("journal/articles.journal")
    before = (house.root / "backup" / journal).read_bytes()
    house.add(5)
    assert (house.root / "backup" / journal).read_bytes() == before != (house.index / journal).read_bytes()


def test_a_backup_while_articles_are_added_is_whole(house: House) -> None:
    """The indexer publishes again and again; every backup must hold all its generations were made from."""
    over = threading.Event()
    failed: list[BaseException] = []

    def keep_adding() -> None:
        try:
            for number in range(100, 140):
                house.add(number)
                if over.is_set():
                    break
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=keep_adding)
    writer.start()
    reports = [house.backup(f"backup{number}") for number in range(6)]
    over.set()
    writer.join()
    assert failed == []
    assert all(report.damaged == [] for report in reports)
    for number in range(6):
        copy = House(house.root, f"backup{number}")
        copy.sound()
        assert len(copy.ids()) >= 4


def test_a_backup_while_a_batch_is_written_has_what_was_acknowledged(house: House) -> None:
    with WriterLock(house.index), (house.index / "journal" / "articles.journal").open("ab") as file:
        file.write(b"begin 0000 half a batch")
        file.flush()
        assert house.backup().journal_records == 5
    assert not (house.root / "backup" / "journal" / "articles.journal").read_bytes().endswith(b"batch")


def test_what_is_there_is_not_overwritten(house: House) -> None:
    house.backup()
    with pytest.raises(ArchiveError, match="is there already"):
        house.backup()
    (house.root / "file").write_text("x")
    with pytest.raises(ArchiveError, match="is there already"):
        house.backup("file")
    (house.root / "empty").mkdir()
    assert house.backup("empty").journal_records == 5
    assert house.backup("deep/down").journal_records == 5


def test_a_damaged_generation_is_left_out_and_told(house: House) -> None:
    path = house.index / "generations" / "00000002" / "_MAIN_2.toc"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    report = house.backup()
    assert (report.generation, report.generations) == ("00000001", ["00000001"])
    assert "_MAIN_2.toc" in report.damaged[0]
    copy = House(house.root, "backup")
    copy.sound()
    copy.add(5)
    assert copy.ids() == ["p:1", "p:2", "p:3", "p:4", "p:5"], "the journal has what the lost generation had"


def test_a_damaged_journal_is_not_backed_up(house: House) -> None:
    path = house.index / "journal" / "articles.journal"
    path.write_bytes(path.read_bytes().replace(b"Words 1", b"Words 7", 1))
    with pytest.raises(JournalDamaged):
        house.backup()
    path.write_bytes(path.read_bytes().replace(b"Words 7", b"Words 1", 1)[: path.stat().st_size // 2])
    with pytest.raises(JournalDamaged):
        house.backup()
    assert not (house.root / "backup").exists()
    assert not (house.root / "backup.unfinished").exists()


def test_without_an_index_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing to back up"):
        House(tmp_path).backup()


@pytest.mark.parametrize("at", [1, 2, 3, 9, 30])
def test_a_full_disk_leaves_no_backup(house: House, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    calls = 0
    real = files.sync

    def full(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls >= at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync", full)
        if at > 20:
            patch.setattr("searchapp.archive.durable.os.fsync", full)
            calls = at
        with pytest.raises((ArchiveError, EngineError), match=os.strerror(errno.ENOSPC)):
            house.backup(link=False)
    assert sorted(path.name for path in house.root.iterdir()) == ["corpus.yml", "index", "papers"]
    house.backup()
    House(house.root, "backup").sound()


def test_a_backup_after_a_rewriting_is_whole(house: House) -> None:
    journal = Journal(house.index / "journal")
    with WriterLock(house.index):
        journal.rewrite(lambda _, entry: entry, keeps_articles=True)
    house.backup()
    copy = House(house.root, "backup")
    copy.sound()
    assert copy.ids() == ["p:1", "p:2", "p:3", "p:4"]
