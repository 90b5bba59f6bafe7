"""SEARCHAPP_REQUIRE: what a machine is said to have may not be skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = """
import pytest

@pytest.mark.browser
def test_skips_itself():
    pytest.skip("no Chromium")

@pytest.mark.browser
@pytest.mark.skipif(True, reason="no Chromium")
def test_is_marked():
    pass

@pytest.mark.browser
@pytest.mark.xfail(reason="known")
def test_is_expected_to_fail():
    assert False

def test_of_something_else():
    pytest.skip("another reason")
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder of tests under our conftest: one module with single skips, one that skips as a whole."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    (tmp_path / "test_some.py").write_text(SKIPPING)
    (tmp_path / "browser").mkdir()
    (tmp_path / "browser" / "test_pages.py").write_text("import pytest\npytest.skip('none', allow_module_level=True)\n")
    return tmp_path


def run(suite: Path, required: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"],
        cwd=suite,
        env=environment | {"SEARCHAPP_REQUIRE": required},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_it_a_skip_is_a_skip(suite: Path) -> None:
    code, said = run(suite, "")
    assert code == 0
    assert "4 skipped, 1 xfailed" in said


def test_a_required_skip_is_a_failure(suite: Path) -> None:
    code, said = run(suite, "opensearch,browser")
    assert code != 0
    assert "SEARCHAPP_REQUIRE says it must run (browser)" in said
    assert "FAILED test_some.py::test_skips_itself" in said
    assert "ERROR test_some.py::test_is_marked" in said
    assert "ERROR browser/test_pages.py" in said


def test_what_is_not_required_may_be_skipped(suite: Path) -> None:
    code, said = run(suite, "opensearch")
    assert code == 0
    assert "4 skipped" in said
