"""Index runs killed at several moments: the next one goes on from there, and ends where an uninterrupted one ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from searchapp import intake
from searchapp.archive import Journal, frames
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.indexing import IndexReport, run_index
from searchapp.query.tree import Everything
from searchapp.readers.extract import Extract, Reject
from searchapp.reading import Known, read_whole
from searchapp.settings import Settings
from searchapp.sources import Source
from searchapp.verifying import run_verify

FILES, EACH = 40, 25

RUN = """
import pathlib, sys
from searchapp import intake
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.indexing import run_index
from searchapp.settings import Settings
intake.BATCH = 60
root = pathlib.Path(sys.argv[1])
settings = Settings.make(index=root / "index", corpus=root / "none.yml")
def tell(stage, done):
    print(stage, done, flush=True)
run_index(settings, WhooshEngine(settings.index), [root / "papers"], progress=tell)
"""


def papers(root: Path) -> None:
    (root / "papers").mkdir(parents=True)
    for number in range(FILES):
        records = [
            {"id": f"{number}-{n}", "title": f"Title {number}", "body": f"Words {number} and {n}.", "source": "P"}
            for n in range(EACH)
        ]
        (root / "papers" / f"{number:03d}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def settings_of(root: Path) -> Settings:
    return Settings.make(index=root / "index", corpus=root / "none.yml")


def index(root: Path) -> IndexReport:
    settings = settings_of(root)
    return run_index(settings, WhooshEngine(settings.index), [root / "papers"])


def stored(root: Path) -> list[object]:
    request = EngineRequest(tree=Everything(), sort="oldest")
    return [article.to_stored() for article in WhooshEngine(root / "index").snapshot().stream(request)]


def killed_after(root: Path, stage: str, done: int) -> None:
    """Run in a process of its own, and kill it when it says it is that far."""
    run = subprocess.Popen([sys.executable, "-c", RUN, str(root)], stdout=subprocess.PIPE, text=True)
    try:
        assert run.stdout is not None
        for line in run.stdout:
            at, _, number = line.partition(" ")
            if at == stage and int(number) >= done:
                os.kill(run.pid, signal.SIGKILL)
                break
        run.wait(timeout=60)
        assert run.returncode == -signal.SIGKILL
    finally:
        run.kill()
        run.communicate(timeout=10)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive indexed without interruption."""
    root = tmp_path_factory.mktemp("whole")
    papers(root)
    report = index(root)
    assert (report.read, report.added) == (FILES * EACH, FILES * EACH)
    return root


@pytest.mark.parametrize(("stage", "done"), [("reading", 1), ("reading", 333), ("reading", 999), ("indexing", 700)])
def test_a_killed_run_is_gone_on_with(whole: Path, tmp_path: Path, stage: str, done: int) -> None:
    papers(tmp_path)
    killed_after(tmp_path, stage, done)
    held = sum(1 for _, entry in Journal(tmp_path / "index" / "journal").read() if "record" in entry)
    assert held >= done - intake.BATCH if stage == "reading" else held == FILES * EACH
    report = index(tmp_path)
    assert (report.read, report.added, report.unchanged) == (FILES * EACH, FILES * EACH - held, held)
    assert stored(tmp_path) == stored(whole)
    again = index(tmp_path)
    assert (again.unchanged, again.generation) == (FILES * EACH, report.generation)
    engine = WhooshEngine(tmp_path / "index")
    assert run_verify(settings_of(tmp_path), engine).problems == []


def test_runs_killed_again_and_again_lose_nothing(whole: Path, tmp_path: Path) -> None:
    papers(tmp_path)
    for done in (200, 600):
        killed_after(tmp_path, "reading", done)
    index(tmp_path)
    assert stored(tmp_path) == stored(whole)


class Counted:
    """Which files are read, and which are passed over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        self.passed: list[str] = []

        def counting(path: Path, source: Source, known: str | None = None) -> object:
            for found in read_whole(path, source, known):
                if isinstance(found, Known):
                    self.passed.append(path.name)
                elif isinstance(found, Extract | Reject):
                    self.read.append(path.name)
                yield found

        monkeypatch.setattr("searchapp.reading.read_whole", counting)


def write(root: Path, name: str, *records: object) -> Path:
    path = root / "papers" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def article(number: int, text: str = "Alpha") -> dict[str, object]:
    return {"id": str(number), "title": f"No {number}", "body": text, "source": "P"}


def test_what_was_read_in_full_is_not_read_again_and_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.jsonl", article(1), article(2))
    write(tmp_path, "b.jsonl", article(3))
    index(tmp_path)
    counted = Counted(monkeypatch)
    report = index(tmp_path)
    assert (counted.read, counted.passed) == ([], ["a.jsonl", "b.jsonl"])
    assert (report.read, report.unchanged) == (3, 3)
    write(tmp_path, "b.jsonl", article(3, "Beta"))
    report = index(tmp_path)
    assert (counted.read, report.changed, report.unchanged) == (["b.jsonl"], 1, 2)
    settings = settings_of(tmp_path)
    dry = run_index(settings, WhooshEngine(settings.index), [tmp_path / "papers"], dry_run=True)
    assert (counted.read, dry.unchanged) == (["b.jsonl"], 3)
    full = run_index(settings, WhooshEngine(settings.index), [tmp_path / "papers"], full=True)
    assert (counted.read[1:], full.unchanged) == (["a.jsonl", "a.jsonl", "b.jsonl"], 3)
    monkeypatch.setattr("searchapp.intake.fingerprint", lambda: "other readers")
    assert index(tmp_path).unchanged == 3
    assert counted.read[4:] == ["a.jsonl", "a.jsonl", "b.jsonl"], "another version may read it otherwise"


@pytest.mark.parametrize(
    "content", [[article(1), {"id": "9"}], [article(1), {**article(2), "title": "No 1"}], [article(1), article(1)]], ids=str
)
def test_a_file_with_a_reject_or_a_duplicate_is_read_again_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: list[object]
) -> None:
    write(tmp_path, "a.jsonl", *content)
    first = index(tmp_path)
    counted = Counted(monkeypatch)
    for _ in range(2):
        report = index(tmp_path)
        assert (report.read, report.rejected, report.duplicates) == (first.read, first.rejected, first.duplicates)
    assert counted.read == ["a.jsonl"] * 4


def test_articles_of_files_passed_over_are_met(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", article(1), article(2))
    write(tmp_path, "b.jsonl", article(3))
    (tmp_path / "corpus.yml").write_text("sources:\n- {id: p, name: P, paths: [papers]}\n")
    settings = Settings.make(index=tmp_path / "index", corpus=tmp_path / "corpus.yml")
    engine = WhooshEngine(settings.index)
    for unmet in (0, 0, 1, 1):
        if unmet:
            (tmp_path / "papers" / "b.jsonl").unlink(missing_ok=True)
        assert run_index(settings, engine).unmet == unmet


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.jsonl", article(1))
    plain = read_whole.__globals__["read_file"]

    def changing(*arguments: object) -> object:
        yield from plain(*arguments)
        path.write_text(json.dumps(article(2)) + "\n")

    with monkeypatch.context() as patch:
        patch.setattr("searchapp.reading.read_file", changing)
        assert index(tmp_path).added == 1
    assert index(tmp_path).added == 1


def test_several_processes_pass_over_the_same_files(tmp_path: Path) -> None:
    papers(tmp_path)
    settings = settings_of(tmp_path)
    engine = WhooshEngine(settings.index)
    reports = [run_index(settings, engine, [tmp_path / "papers"], jobs=2) for _ in range(2)]
    assert [(report.added, report.unchanged) for report in reports] == [(FILES * EACH, 0), (0, FILES * EACH)]


def test_an_increment_decodes_only_what_it_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers(tmp_path)
    index(tmp_path)
    decoded = 0
    plain = frames.unframed

    def counting(line: bytes) -> object:
        nonlocal decoded
        decoded += 1
        return plain(line)

    monkeypatch.setattr("searchapp.archive.journal.unframed", counting)
    index(tmp_path)
    assert decoded == 0
    write(tmp_path, "zz.jsonl", article(1), article(2))
    assert index(tmp_path).added == 2
    assert decoded == 2
    write(tmp_path, "zz.jsonl", article(1), article(3), {"id": "4"})
    report = index(tmp_path)
    assert (report.added, report.unchanged, report.rejected) == (1, FILES * EACH + 1, 1)
    assert decoded == 3


def test_reading_in_several_processes_finds_what_another_source_changed_meanwhile(tmp_path: Path) -> None:
    """Two files of one name below two roots: which of them was read last is told by their bytes."""
    for root, text in (("one", "Alpha"), ("two", "Beta")):
        (tmp_path / root).mkdir()
        (tmp_path / root / "a.jsonl").write_text(json.dumps(article(1, text)) + "\n")
    settings = settings_of(tmp_path)
    engine = WhooshEngine(settings.index)
    both = [tmp_path / "one", tmp_path / "two"]
    for _ in range(2):
        reports = [run_index(settings, engine, both, jobs=jobs) for jobs in (1, 2)]
        assert all(report.read == 2 for report in reports)
    found = engine.snapshot().article("p:1")
    assert found is not None
    assert found.body == "Beta"
