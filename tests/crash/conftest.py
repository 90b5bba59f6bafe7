"""The laboratory as a fixture: one warm process for each worker of the test run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crash.shim import compiled, why_not

ROOT = Path(__file__).parents[2]
SEED = int(os.environ["TORTURE_SEED"])

Experiment = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory for trials: in memory where there is one, because nothing of this needs a slow disk."""
    memory = Path("/dev/shm")
    where = memory if memory.is_dir() and os.access(memory, os.W_OK) else tmp_path_factory.mktemp("crash")
    directory = Path(tempfile.mkdtemp(prefix="searchapp-crash-", dir=where))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def process(bench: Path) -> Iterator[subprocess.Popen[str]]:
    """The warm process."""
    if reason := why_not():
        pytest.skip(reason)
    environment = {**os.environ, "LD_PRELOAD": str(compiled(bench)), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("laboratory.py")), str(bench)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.nice(5),
    )
    yield process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=60)


@pytest.fixture
def experiment(process: subprocess.Popen[str], capfd: pytest.CaptureFixture[str]) -> Experiment:
    """``experiment(what=…, …)`` gives the result; fails when a trial is red, unless ``red`` says that one must be."""

    def done(*, red: bool = False, **order: Any) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the laboratory has died; {capfd.readouterr().err[-2000:]}"
        result: dict[str, Any] = json.loads(line)
        if red:
            assert result["trials"], result["red"]
            assert result["red"], f"nothing noticed in {result['trials']} trials: {order}"
        else:
            shown = "\n".join(result["red"][:5])
            assert not result["red"], f"{len(result['red'])} of {result['trials']} trials red (seed {SEED}), {order}:\n{shown}"
        return result

    return done
