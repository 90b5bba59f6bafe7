"""A newcomer's first minutes: what `make run` does on machines that have too little, and what it doesn't do twice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("sh", "make", "dirname", "cksum", "cat", "rm", "mkdir", "cp", "chmod")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt install make")

FAKE_PYTHON = """#!/bin/sh
# Stands for a Python: answers the questions of .ci/set-up, "makes" environments and logs what pip is asked to do.
case "$*" in
    *version_info\\[:3\\]*) echo "{version}" ;;
    *"print(\\"3."*) echo 3.{minor} ;;
    *ensurepip*) exit {no_venv} ;;
    *version_info*) exit {old} ;;
    "-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"-m pip"*) echo "$*" >>pip.log; exit ${{FAKE_PIP:-0}} ;;
    "-m searchapp"*) echo "ran $*" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that set a machine up, in a directory with a blank in its name, without .venv."""
    folder = tmp_path / "a checkout"
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the tools every machine has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"this machine has no {tool}"
        (folder / tool).symlink_to(found)
    return folder


def put_python(folder: Path, name: str = "python3", version: str = "3.11.4", *, venv: bool = True) -> Path:
    minor = int(version.split(".")[1])
    script = FAKE_PYTHON.format(version=version, minor=minor, no_venv=int(not venv), old=int(minor < 11))
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    return folder / name


def make(checkout: Path, path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env={"PATH": str(path), "HOME": str(checkout), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_python_at_all(checkout: Path, path: Path) -> None:
    done = make(checkout, path, "run")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "no Python" in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_named_with_the_way_out(checkout: Path, path: Path) -> None:
    put_python(path, version="3.9.2")
    done = make(checkout, path, "run")
    assert done.returncode != 0
    assert "python3 is 3.9.2" in done.stderr
    assert "make run PYTHON=" in done.stderr


def test_a_missing_venv_module_names_the_package(checkout: Path, path: Path) -> None:
    put_python(path, version="3.12.1", venv=False)
    done = make(checkout, path, "run")
    assert done.returncode != 0
    assert "python3-venv" in done.stderr
    assert "python3.12-venv" in done.stderr


def test_a_stub_that_does_not_start_is_passed_over(checkout: Path, path: Path) -> None:
    """As version managers leave them: the name is on the PATH, the Python isn't there."""
    (path / "python3.13").write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    (path / "python3.13").chmod(0o755)
    put_python(path, "python3.12", "3.12.1", venv=False)
    good = put_python(path, "python3.11")
    done = make(checkout, path, "run")
    assert done.returncode == 0, done.stderr
    assert f"with {good}" in done.stderr
    assert "command not found" not in done.stderr


def test_a_python_can_be_named(checkout: Path, path: Path, tmp_path: Path) -> None:
    other = put_python(tmp_path, "my-python", "3.13.0")
    done = make(checkout, path, "run", f"PYTHON={other}")
    assert done.returncode == 0, done.stderr
    assert str(other) in done.stderr


def test_installs_once_says_what_and_how_big(checkout: Path, path: Path) -> None:
    put_python(path)
    first = make(checkout, path, "run")
    assert first.returncode == 0, first.stderr
    assert "MB" in first.stderr
    assert "ran -m searchapp serve --index-if-needed" in first.stdout
    again = make(checkout, path, "run", FAKE_PIP="1")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert len((checkout / "pip.log").read_text().splitlines()) == 1


def test_a_changed_pyproject_installs_again(checkout: Path, path: Path) -> None:
    put_python(path)
    make(checkout, path, "run")
    (checkout / "pyproject.toml").touch()
    make(checkout, path, "run")
    assert len((checkout / "pip.log").read_text().splitlines()) == 1, "only the content counts"
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("\n# one more\n")
    make(checkout, path, "run")
    assert len((checkout / "pip.log").read_text().splitlines()) == 2


def test_the_tests_tools_are_installed_when_first_wanted_and_serve_both(checkout: Path, path: Path) -> None:
    put_python(path)
    make(checkout, path, "run")
    make(checkout, path, "test")
    make(checkout, path, "run")
    make(checkout, path, "test")
    wanted = [line.rsplit(" ", 1)[1] for line in (checkout / "pip.log").read_text().splitlines()]
    assert wanted == [".", ".[dev]"]


def test_a_failed_installation_says_so_and_is_begun_afresh(checkout: Path, path: Path) -> None:
    put_python(path)
    failed = make(checkout, path, "run", FAKE_PIP="1")
    assert failed.returncode != 0
    assert "network" in failed.stderr
    assert "ran" not in failed.stdout
    (checkout / ".venv" / "left-over").touch()
    again = make(checkout, path, "run")
    assert again.returncode == 0
    assert "making it again" in again.stderr
    assert not (checkout / ".venv" / "left-over").exists()


def test_an_environment_whose_python_has_gone_is_made_again(checkout: Path, path: Path) -> None:
    put_python(path)
    make(checkout, path, "run")
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    again = make(checkout, path, "run")
    assert again.returncode == 0, again.stderr
    assert "making it again" in again.stderr
    assert "ran -m searchapp serve" in again.stdout


def test_another_address_is_passed_on(checkout: Path, path: Path) -> None:
    put_python(path)
    done = make(checkout, path, "run", "BIND=127.0.0.1:8001")
    assert "ran -m searchapp serve --index-if-needed --bind 127.0.0.1:8001" in done.stdout


def test_the_script_is_plain_sh() -> None:
    for shell in filter(shutil.which, ("dash", "bash", "busybox")):
        command = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
        subprocess.run([*command, str(ROOT / ".ci" / "set-up")], check=True)


# with the real program


@pytest.fixture
def whole_checkout(tmp_path: Path) -> Path:
    """Every file git knows or would take, and a .venv that is this environment under the stamp of a done set-up."""
    folder = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    stamp = subprocess.run(["cksum"], input=(folder / "pyproject.toml").read_bytes(), capture_output=True, check=True)
    (folder / ".venv" / ".installed-run").write_bytes(stamp.stdout)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def offline() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEARCHAPP_", "PIP_", "PYTEST_"))}
    return kept | {"PIP_NO_INDEX": "1", "PIP_INDEX_URL": "http://127.0.0.1:9/", "NO_COLOR": "1"}


START = 300
"""Seconds at most for a first start. A new checkout compiles its kernels: a minute of work, more on a busy machine."""


@contextmanager
def running(checkout: Path, port: int) -> Iterator[tuple[float, str]]:
    """`make run` until the search page answers: gives the seconds that took, and the page."""
    start = time.monotonic()
    log = checkout / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run", f"BIND=127.0.0.1:{port}"],
            cwd=checkout,
            env=offline(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/search?q=bridge", timeout=5) as answer:
                    page = answer.read().decode()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() - start < START, log.read_text()
                time.sleep(0.05)
        yield time.monotonic() - start, page
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def test_run_indexes_and_serves_then_starts_again_without_indexing(whole_checkout: Path) -> None:
    port = free_port()
    with running(whole_checkout, port) as (_, page):
        assert "bridge" in page.lower()
    first = (whole_checkout / "run.log").read_text()
    assert f"http://127.0.0.1:{port}" in first
    assert "indexing" in first
    generations = sorted((whole_checkout / "index").rglob("CURRENT"))
    written = [path.stat().st_mtime_ns for path in generations]
    with running(whole_checkout, port) as (seconds, page):
        assert "bridge" in page.lower()
    # Under 3 s on an idle machine; the tests run beside each other.
    assert seconds < 8
    assert "indexing" not in (whole_checkout / "run.log").read_text()
    assert [path.stat().st_mtime_ns for path in generations] == written


def test_a_busy_port_is_told_before_gunicorn_tries(whole_checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            ["make", "run", f"BIND=127.0.0.1:{port}"],
            cwd=whole_checkout,
            env=offline(),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode != 0
    assert f"127.0.0.1:{port}" in done.stderr
    assert "make run BIND=127.0.0.1:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Retrying" not in done.stderr
