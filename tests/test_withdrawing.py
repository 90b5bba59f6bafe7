"""Withdrawing and bringing back, with index runs between; purging, and what is left on the disk: searched here by other means."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner, Result

from searchapp.archive import Journal, WriterLock
from searchapp.archive.withdrawals import Withdrawals
from searchapp.cli import main
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.errors import ArchiveBusy, ArchiveError
from searchapp.indexing import IndexReport, run_index
from searchapp.purging import NOTED, links_elsewhere, purge
from searchapp.purging.pieces import Pieces
from searchapp.purging.proof import search_bytes
from searchapp.results import SearchRequest
from searchapp.searching import Searcher
from searchapp.settings import Settings
from searchapp.withdrawing import restore, withdraw

ROOT = Path(__file__).parents[1]
PLAIN = [
    {"id": f"n{number}", "title": f"Council report {number}", "published": f"2024-0{number % 9 + 1}-11", "section": "State",
     "body": f"The council heard the report of ward {number}.\n\nA quixotic plan, the chair said.", "byline": ["Arko Sen"]}
    for number in range(30)
]  # fmt: skip
OTHER = {"title": "Notice of the mayor", "body": "The bridge is closed on Monday.", "published": "2024-06-01"}
CANARIES = [
    {"id": "c1", "title": "Zanzibarian quixotry unmasked", "body": "Plain words of the council.", "published": "2024-05-05"},
    {"id": "c2", "title": "Council report", "body": "A flibbertigibbet stood near the weir.\n\nनदी के किनारे अजूबाघर मिला।"},
    {"id": "c3", "title": "Council report", "body": "The chair spoke.", "byline": ["Perpetua Quillfeather", "Żółw Müllerstein"]},
    {"id": "c4", "title": "Council report", "body": "Tea.", "furniture": "Mountebank of Ozymandias sells gooseberries"},
    {
        "id": "c5",
        "title": "Council report",
        "body": "Milk.",
        "tags": ["bamboozlement", "hullabaloo of the weir"],
        "section": "State",
    },
]
SIGNS = ("zanzibarian", "quixotry", "flibbertigibbet", "अजूबाघर", "quillfeather", "müllerstein", "mullerstein", "mountebank",
         "ozymandias", "bamboozlement", "hullabaloo")  # fmt: skip


class House:
    """An archive in a temporary directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.index = root / "index"
        self.settings = Settings.make(index=self.index, corpus=root / "corpus.yml")
        self.engine = WhooshEngine(self.index)
        self.searcher = Searcher(self.engine, withdrawals=Withdrawals(self.index))

    def write(self, *records: object, name: str = "a.jsonl") -> Path:
        path = self.root / name
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
        return path

    def run(self, *records: object, full: bool = False, name: str = "a.jsonl") -> IndexReport:
        report = run_index(self.settings, self.engine, [self.write(*records, name=name)], full=full)
        assert report.read == report.added + report.changed + report.unchanged + report.duplicates + report.rejected
        return report

    def ids(self, q: str = "") -> set[str]:
        return {one.rpartition(":")[2] for one in self.searcher.ids(SearchRequest(q=q))}

    def withdraw(self, *names: str) -> None:
        for name in names:
            withdraw(self.settings, self.engine, f"unnamed:{name}", "a court order")

    def restore(self, name: str) -> None:
        restore(self.settings, self.engine, f"unnamed:{name}")

    def traces(self) -> dict[str, list[str]]:
        return traces(self.index)


def traces(index: Path) -> dict[str, list[str]]:
    """Which signs are in which files: as UTF-8, as JSON escapes, in any case; and in zstd frames, wherever they begin."""
    paths = [path for path in sorted(index.rglob("*")) if path.is_file() and not path.name.startswith("withdrawals.")]
    dictionaries = [zstandard.ZstdCompressionDict(b"")]
    for path in paths:
        data, at = path.read_bytes(), -1
        while (at := data.find(b"\x37\xa4\x30\xec", at + 1)) >= 0:  # RFC 8878, 5: what a dictionary begins with
            dictionaries.append(zstandard.ZstdCompressionDict(data[at:]))
    found: dict[str, list[str]] = {}
    for path in paths:
        data = path.read_bytes()
        for some in (data, *frames(data, dictionaries)):
            text = some.decode("utf-8", "replace").lower()
            for sign in SIGNS:
                if sign in text or json.dumps(sign)[1:-1] in text:
                    found.setdefault(sign, []).append(str(path.relative_to(index)))
    return found


def frames(data: bytes, dictionaries: list[zstandard.ZstdCompressionDict]) -> Iterator[bytes]:
    at = -1
    while (at := data.find(b"(\xb5/\xfd", at + 1)) >= 0:
        for known in dictionaries:
            reader = zstandard.ZstdDecompressor(dict_data=known).decompressobj()
            try:
                yield reader.decompress(data[at:])
                break
            except zstandard.ZstdError:
                continue


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with plain articles and canaries, in several generations."""
    house = House(tmp_path_factory.mktemp("filled"))
    house.run(*PLAIN, *CANARIES)
    house.run(*PLAIN, *CANARIES, {**OTHER, "id": "more"})
    house.run(*PLAIN, *CANARIES, {**CANARIES[0], "body": "Plain words of the Zanzibarian council."}, name="b.jsonl")
    return house.root


@pytest.fixture
def canaries(filled: Path, tmp_path: Path) -> House:
    return House(Path(shutil.copytree(filled, tmp_path / "house")))


def call(house: House, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--index", str(house.index)], prog_name="searchapp")


# Withdrawing and index runs


def test_no_index_run_brings_it_back(house: House) -> None:
    """The same again, in another place, a new version, with ``--full``, and after a restart."""
    house.run(*PLAIN)
    house.withdraw("n3")
    assert house.ids("ward 3") == set()
    new = {**PLAIN[3], "body": "The council heard another report of ward 3."}
    report = house.run(*PLAIN, name="elsewhere.jsonl")
    assert (report.unchanged, report.withdrawn) == (30, 1)
    assert house.run(*PLAIN[:3], new, *PLAIN[4:]).changed == 1
    assert "n3" not in house.ids()
    house.run(*PLAIN, full=True)
    house.run(*PLAIN, {**OTHER, "id": "n99"})
    assert house.ids() == House(house.root).ids() == {f"n{number}" for number in range(30) if number != 3} | {"n99"}
    assert house.engine.snapshot().article("unnamed:n3") is None, "left out, not only hidden"


def test_a_new_version_is_told_of_and_kept_for_the_day_it_is_restored(house: House) -> None:
    house.run(*PLAIN)
    house.withdraw("n3")
    new = {**PLAIN[3], "title": "Corrected report"}
    report = house.run(*PLAIN[:3], new)
    assert any("unnamed:n3" in note and "stays withdrawn" in note for note in report.notes), report.notes
    assert house.ids("corrected") == set()
    house.restore("n3")
    assert house.ids("corrected") == {"n3"}
    assert len(house.ids()) == 30


def test_restored_before_and_after_a_build_left_it_out(house: House) -> None:
    house.run(*PLAIN)
    name = house.engine.snapshot().info.name
    house.withdraw("n3", "n4")
    assert house.ids("ward") == {f"n{number}" for number in range(30)} - {"n3", "n4"}
    house.restore("n3")
    assert (house.engine.snapshot().info.name, "n3" in house.ids()) == (name, True), "nothing had to be built"
    house.withdraw("n3")
    house.run({**OTHER, "id": "more"}, name="b.jsonl")
    assert house.engine.snapshot().article("unnamed:n3") is None
    house.restore("n4")
    assert "n4" in house.ids()
    assert house.engine.snapshot().article("unnamed:n3") is None
    Withdrawals(house.index).restore("unnamed:n3")  # and killed before the index was built
    house.run({**OTHER, "id": "yet-more", "body": "It is open again."}, name="c.jsonl")
    assert "n3" in house.ids()
    assert house.engine.snapshot().info.articles == 32
    again = house.engine.snapshot().info.name
    house.run({**OTHER, "id": "yet-more", "body": "It is open again."}, name="c.jsonl")
    assert house.engine.snapshot().info.name == again


def test_restoring_while_an_index_run_writes(house: House) -> None:
    """It isn't withdrawn any more; the same command, or the next run, ends it."""
    house.run(*PLAIN)
    house.withdraw("n3")
    house.run({**OTHER, "id": "more"}, name="b.jsonl")
    with WriterLock(house.index), pytest.raises(ArchiveBusy):
        house.restore("n3")
    assert "unnamed:n3" not in Withdrawals(house.index).known().ids
    house.restore("n3")
    assert "n3" in house.ids()
    with pytest.raises(ArchiveError, match="is not withdrawn"):
        house.restore("n3")


def test_withdrawing_waits_for_no_index_run(house: House) -> None:
    house.run(*PLAIN)
    with WriterLock(house.index):
        house.withdraw("n3")
    assert "n3" not in house.ids()


def test_the_next_article_in_the_same_place_is_pointed_out(house: House) -> None:
    """A corrected headline makes another id of a record without one of its own: it may be the same article."""
    named = {"title": "Mayor sells bridge", "body": "He did.", "published": "2024-03-04"}
    house.run(named)
    (key,) = house.searcher.ids(SearchRequest())
    withdraw(house.settings, house.engine, key, "wrong")
    report = house.run({**named, "title": "Mayor doesn't sell bridge"})
    assert report.added == 1
    assert any(key in note and "withdraw it too" in note for note in report.notes), report.notes


# The command line


def test_the_commands(canaries: House) -> None:
    assert call(canaries, "withdraw", "unnamed:n3").exit_code == 2
    unknown = call(canaries, "withdraw", "unnamed:x", "--reason", "x")
    assert unknown.exit_code == 1
    assert "there is no article 'unnamed:x' here" in unknown.output
    done = call(canaries, "withdraw", "unnamed:n3", "--reason", "a court order", "--json")
    told = json.loads(done.stdout)
    assert (told["id"], told["reason"], told["withdrawn"], told["proof"], told["purge"]) == (
        "unnamed:n3",
        "a court order",
        1,
        None,
        "none",
    )
    again = call(canaries, "withdraw", "unnamed:n3", "--reason", "x")
    assert again.exit_code == 1
    assert f"unnamed:n3 has been withdrawn since {told['when']}: a court order" in again.output
    assert "was withdrawn on" in call(canaries, "show", "unnamed:n3").output
    assert call(canaries, "explain", "council", "unnamed:n3").exit_code in (1, 2)
    status = call(canaries, "status")
    assert "withdrawn" in status.output
    assert json.loads(call(canaries, "status", "--json").stdout)["withdrawn"] == 1
    exported = call(canaries, "export").stdout
    assert "unnamed:n4" in exported
    assert "unnamed:n3" not in exported
    back = call(canaries, "restore", "unnamed:n3", "--json")
    assert json.loads(back.stdout) == {"id": "unnamed:n3", "generation": "00000003", "rebuilt": False, "purged": False}
    assert call(canaries, "restore", "unnamed:n3").exit_code == 1
    assert call(canaries, "withdraw", "unnamed:n3", "--reason", " ").exit_code == 1


# Purging


def test_nothing_of_five_canaries_is_left(canaries: House) -> None:
    """In title, body, byline, furniture and keywords; of several versions, in several generations."""
    assert set(canaries.traces()) == set(SIGNS), "or this test shows nothing"
    for number in range(1, 6):
        done = call(canaries, "withdraw", f"unnamed:c{number}", "--reason", "a court order", "--purge", "--json")
        assert done.exit_code == 0, done.output
        proof = json.loads(done.stdout)["proof"]
        assert proof["found"] == 0
        assert proof["pieces"] > 0
        assert proof["blocks"] >= 30
        lasting = sum(
            path.stat().st_size
            for path in canaries.index.rglob("*")
            if path.is_file() and not path.name.startswith("withdrawals.")
        )
        assert 0 <= proof["bytes"] - lasting < 200, "who holds the lock"
        assert proof["records"] == (2 if number == 1 else 1)
        assert "backups made before still have the text" in done.stderr
    assert canaries.traces() == {}
    assert canaries.ids() == {f"n{number}" for number in range(30)} | {"more"}
    assert len(canaries.engine.generations()) == 1
    assert not (canaries.index / NOTED).exists()
    assert Withdrawals(canaries.index).known().by_id["unnamed:c1"].purge == "done"


def test_a_purged_article_is_known_again_but_not_taken_in(canaries: House) -> None:
    """By its content, wherever it lies now; a new version is refused with the reason; a repetition under another id too."""
    canaries.withdraw("c1", "c2")
    for name in ("c1", "c2"):
        purge(canaries.settings, canaries.engine, f"unnamed:{name}")
    gone = set(canaries.traces())
    assert not gone & {"zanzibarian", "flibbertigibbet"}
    report = canaries.run(*PLAIN, *CANARIES, full=True)
    assert (report.unchanged + report.rejected, report.added) == (35, 0)
    report = canaries.run(*CANARIES, name="elsewhere.jsonl")
    assert report.added == 0
    report = canaries.run({**CANARIES[0], "body": "Zanzibarian news."}, name="c.jsonl")
    assert (report.rejected, report.added, report.changed) == (1, 0, 0)
    assert "purged" in report.rejects[0].reason
    assert set(canaries.traces()) == gone
    assert "c1" not in canaries.ids()


def test_a_purged_article_may_be_let_in_again(canaries: House) -> None:
    canaries.withdraw("c1")
    assert call(canaries, "withdraw", "unnamed:c1", "--purge").exit_code == 0
    done = call(canaries, "restore", "unnamed:c1", "--json")
    assert json.loads(done.stdout)["purged"] is True
    assert "nothing of it is kept here" not in done.stdout
    assert "c1" not in canaries.ids()
    assert canaries.run(CANARIES[0], name="again.jsonl").added == 1
    assert "c1" in canaries.ids()


def test_a_compacted_journal(canaries: House) -> None:
    """Of an older version it has no text but the place: a purge digests that too, and a restoration leaves others' alone."""
    assert call(canaries, "reindex", "--compact").exit_code == 0
    journal = Journal(canaries.index / "journal")
    assert sum("record" in entry and "extract" not in entry for _, entry in journal.read()) == 1
    canaries.withdraw("c1")
    canaries.run({**OTHER, "id": "another", "body": "New."}, name="c.jsonl")
    canaries.restore("c1")
    assert "c1" in canaries.ids()
    assert sum("record" in entry and "extract" not in entry for _, entry in journal.read()) == 1
    done = call(canaries, "withdraw", "unnamed:c1", "--reason", "x", "--purge", "--json")
    assert json.loads(done.stdout)["proof"]["records"] == 2
    places = [entry["record"]["location"] for _, entry in Journal(journal.path.parent).read() if entry.get("id") == "unnamed:c1"]
    assert len(places) == 2
    assert all(place.startswith("sha256:") for place in places)


def test_purging_again_has_nothing_to_do(canaries: House) -> None:
    assert call(canaries, "withdraw", "unnamed:c1", "--reason", "x", "--purge").exit_code == 0
    name = canaries.engine.snapshot().info.name
    again = call(canaries, "withdraw", "unnamed:c1", "--purge")
    assert again.exit_code == 0
    assert "nothing was left to do" in again.output
    assert canaries.engine.snapshot().info.name == name


def test_what_others_have_too_is_told_and_is_no_proof(house: House) -> None:
    wire = {"title": "Dam gates opened at Rangmanik", "body": "Water rose.", "published": "2024-01-01"}
    house.run(
        {**wire, "id": "one"},
        {**wire, "id": "other", "body": "Water rose twice."},
        {"id": "third", "title": "Third", "body": "3"},
    )
    house.withdraw("one")
    done = call(house, "withdraw", "unnamed:one", "--purge")
    assert done.exit_code == 0
    assert "in other articles too" in done.stderr
    assert "unnamed:other" in done.stderr
    assert house.ids() == {"other", "third"}


def test_what_is_still_there_is_named(canaries: House) -> None:
    """A file nobody knows of, in plain bytes; and one with a compressed block."""
    canaries.withdraw("c1")
    stray = canaries.index / "notes.txt"
    stray.write_text("They wrote of Zanzibarian quixotry unmasked, I recall", encoding="utf-8")
    refused = call(canaries, "withdraw", "unnamed:c1", "--purge")
    assert refused.exit_code == 1
    assert f"{stray} has 'Zanzibarian quixotry unmasked'" in refused.output
    assert Withdrawals(canaries.index).known().by_id["unnamed:c1"].purge == "begun"
    stray.write_bytes(b"some" + zstandard.ZstdCompressor().compress(b"Zanzibarian quixotry unmasked") + b"more")
    refused = call(canaries, "withdraw", "unnamed:c1", "--purge")
    assert refused.exit_code == 1
    assert str(stray) in refused.output
    stray.unlink()
    assert call(canaries, "withdraw", "unnamed:c1", "--purge").exit_code == 0
    assert not set(canaries.traces()) & {"zanzibarian", "quixotry"}


def test_what_was_removed_is_gone_after_a_power_cut(canaries: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every directory is synced after the last name in it was removed, and before the log says that the purge is done."""
    canaries.withdraw("c1")
    happened: list[tuple[str, str]] = []

    def noting(name: str) -> None:
        real = getattr(os, name)

        def call(first: Any, *others: Any, **more: Any) -> Any:
            at = f"/proc/self/fd/{first if name == 'fsync' else more.get('dir_fd')}"
            place = os.readlink(at) if os.path.exists(at) else os.path.dirname(os.path.abspath(first))
            happened.append(("sync" if name == "fsync" else "remove", place))
            return real(first, *others, **more)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "unlink", "rmdir", "rename", "replace"):
        noting(name)
    assert purge(canaries.settings, canaries.engine, "unnamed:c1") is not None
    end = max(at for at, one in enumerate(happened) if one == ("sync", str(canaries.index / "withdrawals.log")))
    lasting = {place for what, place in happened[:end] if what == "remove" and os.path.isdir(place)}
    assert {str(canaries.index), str(canaries.index / "generations"), str(canaries.index / "tmp")} <= lasting
    for place in lasting:
        removed, synced = (
            max(at for at, one in enumerate(happened[:end]) if one == (what, place)) for what in ("remove", "sync")
        )
        assert synced > removed, place


def test_rejects_that_quote_it_are_left_out(canaries: House) -> None:
    bad = {"id": "bad", "title": "x", "available_from": "Zanzibarian quixotry unmasked"}
    canaries.run(bad, {"id": "worse", "title": "y", "available_from": "some day"}, name="bad.jsonl")
    assert (canaries.index / "rejects.jsonl").read_text().count("\n") == 2
    canaries.withdraw("c1")
    purge(canaries.settings, canaries.engine, "unnamed:c1")
    assert (canaries.index / "rejects.jsonl").read_text().count("\n") == 1


def test_names_outside_are_noticed(canaries: House) -> None:
    """A backup made of hard links."""
    assert links_elsewhere(canaries.index) == 0
    file = next((canaries.index / "generations").rglob("*.stored"))
    os.link(file, canaries.root / "backup")
    assert links_elsewhere(canaries.index) == 1
    done = call(canaries, "withdraw", "unnamed:c1", "--reason", "x", "--purge")
    assert "1 file of the older index had another name outside" in done.stderr


def test_a_purge_needs_the_writer_lock(canaries: House) -> None:
    canaries.withdraw("c1")
    with WriterLock(canaries.index):
        busy = call(canaries, "withdraw", "unnamed:c1", "--purge")
    assert busy.exit_code == 1
    assert "index run is writing" in busy.output
    assert "c1" not in canaries.ids()


def test_one_purge_after_the_other(canaries: House) -> None:
    canaries.withdraw("c1", "c2")
    (canaries.index / "notes.txt").write_text("Zanzibarian quixotry unmasked")
    assert call(canaries, "withdraw", "unnamed:c1", "--purge").exit_code == 1
    other = call(canaries, "withdraw", "unnamed:c2", "--purge")
    assert other.exit_code == 1
    assert "the purge of unnamed:c1 was broken off" in other.output


KILLABLE = ("write", "fsync", "rename", "replace", "unlink", "mkdir", "rmdir", "link", "ftruncate")


def killed(house: House, point: int) -> int | None:
    """Purge in a process that is killed before its ``point``-th call that changes the disk. Calls it made, if it wasn't."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        made, write = 0, os.write

        def counting(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **more: object) -> object:
                nonlocal made
                if made == point:
                    os.kill(os.getpid(), signal.SIGKILL)
                made += 1
                return real(*arguments, **more)

            return call

        for name in KILLABLE:
            setattr(os, name, counting(getattr(os, name)))
        try:
            purge(house.settings, house.engine, "unnamed:c1")
            write(theirs, str(made).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    return int(said) if said else None


def points(house: House, kill: Callable[[House, int], int | None] = killed) -> int:
    """How many such calls a purge makes."""
    shutil.copytree(house.root, trial := house.root.with_name("count"))
    made = kill(House(trial), -1)
    assert made is not None
    assert made > 30
    return made


def survives(house: House, point: int, trial: Path, kill: Callable[[House, int], int | None] = killed) -> None:
    shutil.copytree(house.root, trial)
    broken = House(trial)
    assert kill(broken, point) is None
    assert broken.ids() == {f"n{number}" for number in range(30)} | {"more", "c2", "c3", "c4", "c5"}, "search answers at once"
    if point % 2:  # an index run comes first
        broken.run(*PLAIN, *CANARIES)
        assert "c1" not in broken.ids()
    assert call(broken, "withdraw", "unnamed:c1", "--purge").exit_code == 0, point
    assert not set(broken.traces()) & {"zanzibarian", "quixotry"}, point
    assert broken.ids() == {f"n{number}" for number in range(30)} | {"more", "c2", "c3", "c4", "c5"}
    assert not (broken.index / NOTED).exists()
    shutil.rmtree(trial)


def test_killed_at_some_points(canaries: House, tmp_path: Path) -> None:
    canaries.withdraw("c1")
    every = points(canaries)
    for point in range(1, every, every // 6):
        survives(canaries, point, tmp_path / "trial")


@pytest.mark.torture
def test_killed_at_every_system_call(canaries: House, tmp_path: Path, tally: Callable[[str, int, str], None]) -> None:
    """As above, at each call that changes the disk, SQLite's and numpy's too."""
    from crash.shim import compiled, why_not

    if reason := why_not():
        pytest.skip(reason)
    canaries.withdraw("c1")
    environment = os.environ | {"LD_PRELOAD": str(compiled(tmp_path)), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    command = [sys.executable, __file__, str(canaries.root), str(tmp_path / "trial")]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=2400, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    tally("kill -9 at every mutating system call of a purge", int(done.stdout), "withdrawn throughout; run again, nothing left")


def killed_by_shim(house: House, point: int) -> int | None:
    """Like `killed`, in a process that was started with the shim."""
    from crash.shim import Mode, Shim

    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        shim = Shim()
        shim.arm(house.index, at=max(point + 1, 0), mode=Mode.KILL_BEFORE if point >= 0 else Mode.NONE)
        purge(house.settings, house.engine, "unnamed:c1")
        os.write(theirs, str(shim.disarm()).encode())
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    return int(said) if said else None


# The parts


def test_pieces_are_the_article_s_own() -> None:
    pieces = Pieces.of(
        [{"title": "Dam gates opened at Rangmanik", "no": 7, "tags": ["NWS", "2024-05-06", "rangmanik-7"]}], "p:rangmanik-7"
    )
    assert pieces.texts == ["Dam gates opened at Rangmanik"], "the id stays in the log, dates and short words prove nothing"
    assert pieces.words == [], "it is in the id"
    long = "One " + "two three four five " * 20 + "hullabalooing"
    pieces = Pieces.of([long, "A “quoted” line\\ of नदी text"], "x")
    assert all(piece in long or piece.startswith("A ") for piece in pieces.texts)
    assert pieces.words == ["hullabalooing"]
    needles = pieces.needles()
    assert json.dumps("A “quoted” line\\ of नदी text")[1:-1].encode() in needles
    pieces.leave_to("other", [{"body": "A “quoted” line\\ of नदी text"}])
    assert (pieces.shared, pieces.sharers) == (1, ["other"])
    assert Pieces.from_json(json.loads(json.dumps(pieces.to_json()))) == pieces


def test_searching_bytes_leaves_nothing_out(tmp_path: Path) -> None:
    for name, data in (("a", b""), ("b/c", b"x" * 5_000_000 + b"needle"), ("skip", b"needle")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "link").symlink_to(tmp_path / "b" / "c")
    packed = [(tmp_path / "a", b"a needle in it"), (tmp_path / "skip", b"needle")]
    proof = search_bytes(tmp_path, {b"needle": "needle", b"other": "other"}, packed, {tmp_path / "skip"})
    assert [(trace.file.name, trace.packed) for trace in proof.traces] == [("c", False), ("a", True)]
    assert (proof.files, proof.bytes, proof.blocks, proof.pieces) == (2, 5_000_006, 1, 2)


def test_the_commands_need_little() -> None:
    """Withdrawing must not wait for what builds an index to load."""
    program = "import sys, searchapp.cli.withdraw; print([m for m in ('numba', 'flask', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_every_searcher_of_the_program_knows_the_withdrawals() -> None:
    """Whoever makes one without them shows what may not be shown."""
    made = []
    for path in (ROOT / "searchapp").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "Searcher(" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Searcher":
                made.append(path.name)
                assert any(argument.arg == "withdrawals" for argument in node.keywords), f"{path}:{node.lineno}"
    assert {"app.py", "search.py"} <= set(made)


def every_point(root: Path, trial: Path) -> int:
    """What `test_killed_at_every_system_call` does in a process of its own."""
    house = House(root)
    every = points(house, killed_by_shim)
    for point in range(every):
        survives(house, point, trial, killed_by_shim)
    return every


if __name__ == "__main__":
    print(every_point(Path(sys.argv[1]), Path(sys.argv[2])))
