"""What all tests share: a skip that was declared impossible is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

REQUIRED = frozenset(filter(None, os.environ.get("SEARCHAPP_REQUIRE", "").split(",")))
"""Things a machine may lack (``browser``, ``opensearch``) that this one is said to have: see `.ci/run`."""

# A machine that runs other things is slow now and then; how long things may take is measured in bench/, not here.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ORACLE_SEED = os.environ.setdefault("ORACLE_SEED", "20250206")
"""What random archives and questions are drawn from; another one asks for other 5,000."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the run can be repeated."""
    terminalreporter.write_line(f"random archives and questions: ORACLE_SEED={ORACLE_SEED}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test marked with a required thing may not be skipped."""
    report = yield
    needed = sorted(name for name in REQUIRED if item.get_closest_marker(name))
    if report.skipped and needed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but SEARCHAPP_REQUIRE says it must run ({', '.join(needed)}): {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Nor may a whole module in a folder of that name, e.g. tests/browser/."""
    report = yield
    needed = sorted(REQUIRED & set(Path(collector.path).parts))
    if report.outcome == "skipped" and needed:
        report.outcome = "failed"
        report.longrepr = f"skipped, but SEARCHAPP_REQUIRE says it must run ({', '.join(needed)}): {report.longrepr}"
    return report
