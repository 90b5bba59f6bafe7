"""Extracts cleaned by other processes: the same articles, rejects and journal as when the caller cleans them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from searchapp import preparing
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.indexing import run_index
from searchapp.settings import Settings


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "FEWEST", 0)
    monkeypatch.setattr(preparing, "TOGETHER", 7)


def lines() -> str:
    """Articles, two of them twice, one of them changed; records that are none; a line that isn't JSON."""
    records: list[object] = [
        {"id": f"a{number}", "title": f"Headline {number}", "body": f"Body {number}.\n\nBy Ann Lee", "date": "2024-02-03"}
        for number in range(40)
    ]
    records += [{"id": "empty"}, records[3], {**dict(records[5]), "body": "Corrected."}]  # type: ignore[call-overload]
    return "\n".join([*map(json.dumps, records), "{", json.dumps({"id": "last", "title": "Last", "body": "All."})]) + "\n"


def indexed(settings: Settings, papers: Path, jobs: int) -> tuple[object, dict[str, bytes]]:
    """A run's report, but for what depends on the clock, and the bytes of the segment and of the journal."""
    engine = WhooshEngine(settings.index)
    report = run_index(settings, engine, [papers], jobs=jobs)
    names = [path for path in sorted(settings.index.rglob("*")) if path.name.startswith("MAIN_") or path.parent.name == "journal"]
    return replace(report, seconds=0.0, rejects_file=None), {path.name: path.read_bytes() for path in names if path.is_file()}


def test_two_processes_take_in_what_one_does(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "a.jsonl").write_text(lines(), "utf-8")
    (papers / "b.jsonl").write_text(lines().replace('"a', '"b'), "utf-8")
    results = [indexed(Settings.make(index=tmp_path / f"index{jobs}"), papers, jobs) for jobs in (1, 2)]
    assert results[0] == results[1]
    assert results[0][1]


def test_what_is_held_already_is_not_cleaned_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers, settings = tmp_path / "papers", Settings.make(index=tmp_path / "index")
    papers.mkdir()
    (papers / "a.jsonl").write_text(lines(), "utf-8")
    indexed(settings, papers, 2)
    asked: list[int] = []
    parts = preparing._collected
    monkeypatch.setattr(
        preparing, "_collected", lambda part, chosen, made: asked.append(len(chosen)) or parts(part, chosen, made)
    )
    (papers / "a.jsonl").write_text(lines() + json.dumps({"id": "new", "title": "New", "body": "All."}) + "\n", "utf-8")
    report, _ = indexed(settings, papers, 2)
    assert report.added == 1  # type: ignore[attr-defined]
    assert 1 <= sum(asked) <= 5
