"""One writer: the second is told who writes, and any death frees the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchapp.archive import WriterLock
from searchapp.archive.lock import holder
from searchapp.errors import ArchiveBusy

HOLDER = """
import sys, pathlib
from searchapp.archive import WriterLock
from searchapp.archive.lock import holder
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


def test_one_can_look_who_writes_without_being_in_the_way(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with WriterLock(tmp_path):
        pass
    assert holder(tmp_path) is None, "the last writer ended"
    other = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        found = holder(tmp_path)
        assert found is not None
        assert (found.alive, found.name.split(" since")[0]) == (True, f"pid {other.pid}")
        other.kill()
        other.wait(timeout=10)
        died = holder(tmp_path)
        assert died is not None
        assert (died.alive, died.name) == (False, found.name)
        with WriterLock(tmp_path):
            held = holder(tmp_path)
            assert held is not None
            assert held.name != found.name
    finally:
        other.kill()
        other.communicate(timeout=10)


def test_who_looks_for_an_instant_keeps_no_writer_out(tmp_path: Path) -> None:
    import fcntl
    import threading

    with WriterLock(tmp_path):
        pass
    with (tmp_path / "writer.lock").open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.1, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with WriterLock(tmp_path):
            assert holder(tmp_path) is not None
