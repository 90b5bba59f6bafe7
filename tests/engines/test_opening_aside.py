"""A process that serves never makes an asker wait for a new generation to be read."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.snapshot import WhooshSnapshot


def publish(root: Path, *ids: str) -> None:
    engine = WhooshEngine(root)
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    with engine.begin_build(full=not engine.generations()) as build:
        for key in ids:
            build.add(Article(id=key, title=key, body="", provenance=provenance))
        build.publish(journal=0)
    engine.close()


def test_everybody_goes_on_while_a_generation_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "a")
    engine = WhooshEngine(tmp_path, verify="full")
    first = engine.snapshot().info.name
    publish(tmp_path, "b")
    opened, go = threading.Event(), threading.Event()
    open_one = WhooshEngine._open

    def slowly(self: WhooshEngine, name: str, **more: bool) -> WhooshSnapshot:
        opened.set()
        assert go.wait(30)
        return open_one(self, name, **more)

    monkeypatch.setattr(WhooshEngine, "_open", slowly)
    for _ in range(5):
        began = time.monotonic()
        assert engine.snapshot().info.name == first
        assert time.monotonic() - began < 5
    assert opened.is_set()
    go.set()
    until = time.monotonic() + 30
    while engine.snapshot().info.name == first and time.monotonic() < until:
        time.sleep(0.01)
    assert engine.snapshot().info.name != first
    assert engine.trouble is None


def test_what_is_opened_in_a_moment_is_seen_at_once_and_what_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, "a")
    engine = WhooshEngine(tmp_path, verify="full")
    first = engine.snapshot().info.name

    def failing(*_: object, **__: object) -> WhooshSnapshot:
        raise OSError("no more files")

    publish(tmp_path, "b")
    with monkeypatch.context() as patched:
        patched.setattr(WhooshEngine, "_open", failing)
        assert engine.snapshot().info.name == first
        until = time.monotonic() + 30
        while engine.trouble is None and time.monotonic() < until:
            time.sleep(0.01)
    assert "no more files" in (engine.trouble or "")
    assert engine.snapshot().info.name == first
