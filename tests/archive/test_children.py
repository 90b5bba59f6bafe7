"""A writer's children: they work for it, and end with it however it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

WRITER = """
import os, sys, time
from searchapp.archive import WriterLock
from searchapp.archive.children import pool
from pathlib import Path

if __name__ == "__main__":
    with WriterLock(Path(sys.argv[1])), pool(2, abs, -1) as children:
        print(*{future.result() for future in [children.submit(os.getpid) for _ in range(50)]}, flush=True)
        time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    """Dead ones that nobody has waited for count as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_writer_leaves_no_children(tmp_path: Path) -> None:
    program = tmp_path / "writer.py"
    program.write_text(WRITER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, program, tmp_path], stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        children = [int(pid) for pid in writer.stdout.readline().split()]
        assert children
        assert all(map(is_alive, children))
        os.kill(writer.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while any(map(is_alive, children)):
        assert time.monotonic() < until, f"still there: {children}"
        time.sleep(0.02)
