"""Verify against every kind of damage: each is named with its file and what mends it, and the mending mends it."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from searchapp.archive import Journal, WriterLock
from searchapp.archive.cataloguing import CHECKSUM
from searchapp.archive.withdrawals import Withdrawals
from searchapp.cli.program import main
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.settings import Settings
from searchapp.verifying import VerifyReport, run_verify

SEED = int(os.environ["TORTURE_SEED"])


def article(number: int) -> str:
    return json.dumps({"id": str(number), "title": f"No {number}", "body": f"Words {number}.", "source": "P"}) + "\n"


class House:
    """An archive, used by commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.index = root / "index"
        self.file = root / "a.jsonl"

    def run(self, *words: str, code: int | None = 0) -> Result:
        result = CliRunner().invoke(main, ["--index", str(self.index), *words])
        assert code is None or result.exit_code == code, result.output
        return result

    def json(self, *words: str, code: int | None = 0) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run(*words, "--json", code=code).stdout)
        return found

    def add(self, *numbers: int) -> None:
        with self.file.open("a") as file:
            file.writelines(map(article, numbers))
        self.run("index", str(self.file))

    def verify(self) -> VerifyReport:
        return run_verify(Settings.make(index=self.index), WhooshEngine(self.index))

    def total(self) -> int:
        return WhooshEngine(self.index).snapshot().info.articles


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.add(*range(10))
    house.add(10)
    return house


def flip(path: Path, at: int = -1) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    at = random.Random(SEED).randrange(len(data)) if at < 0 else at
    data[at] ^= 4
    path.write_bytes(data)


def test_a_sound_archive_has_no_problem(house: House) -> None:
    found = house.json("verify")
    assert (found["problems"], found["notes"]) == ([], [])
    assert (found["articles"], found["journal_records"], found["generations"]) == (11, 11, ["00000001", "00000002"])
    assert found["journal_bytes"] == (house.index / "journal" / "articles.journal").stat().st_size
    assert "none" in house.run("verify").output


def test_nothing_is_no_damage(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.json("verify")["problems"] == []
    assert not house.index.exists()


def generation_file(name: str, file: str) -> Callable[[House], Path]:
    return lambda house: house.index / "generations" / name / file


MENDED = {
    "a file of the current generation": generation_file("00000002", "MAIN_1.stored"),
    "the manifest of the current generation": generation_file("00000002", "MANIFEST.json"),
    "the table of contents": generation_file("00000002", "_MAIN_2.toc"),
    "a file of an older generation only": generation_file("00000001", "_MAIN_1.toc"),
    "the pointer": lambda house: house.index / "CURRENT",
    "the catalogue": lambda house: house.index / "journal" / "catalogue.sqlite3",
}


def told(house: House) -> list[dict[str, str]]:
    problems = house.json("verify", code=1)["problems"]
    assert isinstance(problems, list)
    return problems


def mend(house: House, commands: set[str]) -> None:
    """Do what verify said."""
    for command in sorted(commands):
        words = shlex.split(command.split(" (")[0])
        if words[0] == "searchapp":
            house.run(*words[1:])
        else:
            assert words[0] == "rm"
            assert all(str(house.index) in word for word in words[1:] if not word.startswith("-"))
            subprocess.run(words, check=True)


@pytest.mark.parametrize("what", MENDED)
@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_damage_is_named_and_what_is_said_to_mend_it_does(house: House, what: str, how: str) -> None:
    path = MENDED[what](house)
    if how == "flipped":
        flip(path)
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    if what == "the catalogue" and how == "gone":
        assert any("catalogue" in str(note) for note in house.verify().notes)
        house.add(11)
        assert house.verify().notes == []
        return
    problems = told(house)
    assert any(str(path) in f"{problem['file']} {problem['problem']}" for problem in problems), problems
    for _ in range(3):  # a new generation first; then the old ones, which nobody needs
        mend(house, {problem["mend"] for problem in problems})
        report = house.verify()
        problems = [{"mend": problem.mend} for problem in report.problems]
    assert problems == []
    house.add(11)
    assert house.total() == 12


@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_damaged_journal_is_named_and_a_backup_mends_it(house: House, how: str) -> None:
    house.run("backup", str(house.root / "backup"))
    path = house.index / "journal" / "articles.journal"
    if how == "flipped":
        flip(path, 200)
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    problems = told(house)
    assert {problem["file"] for problem in problems} == {str(path)}
    assert all("backup" in problem["mend"] for problem in problems)
    assert "backup" in house.run("reindex", code=1).stderr
    if how != "flipped":  # what was acknowledged long ago is read by `verify` and whatever builds from nothing, not by each run
        assert "backup" in house.run("index", str(house.file), code=1).stderr
    assert house.total() == 11, "search goes on"
    shutil.rmtree(house.index)
    shutil.copytree(house.root / "backup", house.index)
    assert house.verify().problems == []


def test_a_catalogue_that_says_something_else_is_found(house: House) -> None:
    file = house.index / "journal" / "catalogue.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE articles SET position = position + 1 WHERE id = 'p:3'")
    database.close()
    assert told(house)[0]["problem"] == "its bytes are not those that were written"
    from searchapp.archive import cataloguing

    cataloguing._seal(file.parent)
    assert "2 rows of its articles differ from what the journal says" in told(house)[0]["problem"]
    house.run("reindex", code=1)
    mend(house, {problem["mend"] for problem in told(house)})
    house.run("reindex")
    assert house.verify().problems == []


def test_a_generation_that_lacks_or_invents_articles_is_found(house: House) -> None:
    engine = WhooshEngine(house.index)
    build = engine.begin_build(full=False)
    with WriterLock(house.index), build as made:
        made.remove("p:4")
        made.publish(journal=Journal(house.index / "journal").position)
    assert "1 articles are missing in it: p:4" in told(house)[0]["problem"]
    mend(house, {told(house)[0]["mend"]})
    assert house.verify().problems == []
    with WriterLock(house.index), WhooshEngine(house.index).begin_build(full=False) as made:
        found = WhooshEngine(house.index).snapshot().article("p:4")
        assert found is not None
        from dataclasses import replace

        made.add(replace(found, id="p:99"))
        made.publish(journal=Journal(house.index / "journal").position)
    assert "1 articles are in it and not in the journal: p:99" in told(house)[0]["problem"]
    mend(house, {told(house)[0]["mend"]})
    assert house.verify().problems == []


def test_withdrawn_articles_are_no_problem_and_their_log_is_checked(house: House) -> None:
    Withdrawals(house.index).withdraw("p:4", "by request")
    assert house.verify().problems == []
    house.run("reindex")
    assert house.verify().problems == []
    flip(house.index / "withdrawals.log", 70)
    assert "withdrawals" in told(house)[0]["file"]


def test_a_run_going_on_or_broken_off_is_no_damage(house: House) -> None:
    with WriterLock(house.index):
        (house.index / "journal" / CHECKSUM).unlink()
        report = house.verify()
        assert report.problems == []
        assert any("going on" in note for note in report.notes)
        status = house.json("status")
        assert (
            status["writer"] == {"name": f"pid {os.getpid()} since {str(status['writer'])[-29:-6]} UTC", "alive": True}
            or status["writer"]
        )
    report = house.verify()
    assert report.problems == []
    assert any("broken off" in note for note in report.notes)
    house.add()
    assert house.verify().notes == []


# Rolling back


def test_what_is_rolled_back_to_is_served_and_built_on(house: House) -> None:
    said = house.json("rollback")
    assert (said["generation"], said["before"], said["articles"]) == ("00000001", "00000002", 10)
    assert said["behind"]
    assert house.total() == 10
    assert house.verify().problems == []
    house.add(11)
    assert house.total() == 12, "what came after the older generation is added again"
    assert house.json("status")["generation"] == "00000003", "no number is used twice"
    assert "00000002" in house.run("rollback", "00000002").stdout
    assert house.total() == 11
    assert house.verify().problems == []


def test_a_damaged_or_missing_generation_is_not_rolled_back_to(house: House) -> None:
    flip(generation_file("00000001", "_MAIN_1.toc")(house))
    current = (house.index / "CURRENT").read_bytes()
    assert "_MAIN_1.toc" in house.run("rollback", code=1).stderr
    assert "00000009" in house.run("rollback", "00000009", code=1).stderr
    with WriterLock(house.index):
        assert "another index run" in house.run("rollback", "00000001", code=1).stderr
    assert (house.index / "CURRENT").read_bytes() == current
    assert house.total() == 11


# What status says


def test_status_tells_the_last_run_the_journal_and_who_writes(house: House) -> None:
    status = house.json("status")
    run = status["last_run"]
    assert isinstance(run, dict)
    assert (run["command"], run["outcome"], run["read"], run["added"], run["unchanged"]) == ("index", "done", 11, 1, 10)
    assert status["writer"] is None
    assert status["journal_bytes"] == status["journal_end"] == (house.index / "journal" / "articles.journal").stat().st_size
    assert status["journal_behind"] == 0
    house.run("rollback")
    assert house.json("status")["journal_behind"]
    house.run("reindex", "--compact")
    status = house.json("status")
    assert status["journal_behind"] == 0
    assert isinstance(status["journal_end"], int)
    assert status["journal_end"] > (house.index / "journal" / "articles.journal").stat().st_size == status["journal_bytes"]
    (house.index / "CURRENT").unlink()
    shutil.rmtree(house.index / "generations")
    (house.index / "generations").write_text("in the way")
    house.run("index", str(house.file), code=1)
    run = house.json("status")["last_run"] if house.run("status", code=None).exit_code == 0 else None
    assert run is None or str(run["outcome"]).startswith("failed: ")


# What people read


def test_the_new_commands_speak_plainly(house: House) -> None:
    told = house.run("reindex", "--dry-run").stdout
    assert [line.split()[-1] for line in told.splitlines()[:4]] == ["11", "0", "0", "0"]
    assert "nothing was written (--dry-run)" in told
    assert "give one of them" in house.run("reindex", "--dry-run", "--compact", code=2).stderr
    assert "was " in house.run("reindex", "--compact").stdout
    told = house.run("backup", str(house.root / "copy")).stdout
    assert "11 records" in told
    assert "00000001, 00000002, 00000003" in told
    assert "is there already" in house.run("backup", str(house.root / "copy"), code=1).stderr
    told = house.run("rollback").stdout
    assert "00000002" in told.splitlines()[0]
    assert "is served now" in told
    flip(generation_file("00000003", "_MAIN_1.toc")(house))
    shown = house.run("verify", code=1).stdout
    assert "mend it: rm -r" in shown or "mend it: searchapp reindex" in shown
    assert "_MAIN_1.toc" in shown
    flip(generation_file("00000002", "MAIN_1.columns")(house))
    found = house.json("backup", str(house.root / "other"), code=1)
    damaged = found["damaged"]
    assert isinstance(damaged, list)
    assert len(damaged) == 3, "two generations share the file"
