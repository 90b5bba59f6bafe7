"""One writer: the second is told who writes, and any death frees the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchapp.archive import WriterLock
from searchapp.errors import ArchiveBusy

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
