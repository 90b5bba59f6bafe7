"""What all tests share: a skip that was declared impossible is a failure."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
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

TORTURE_SEED = os.environ.setdefault("TORTURE_SEED", "20251122")
"""What random damage is drawn from; `make torture` takes another one each time."""

Tally = Callable[[str, int, str], None]
"""``tally(row, trials, result)`` puts a line into docs/torture.md; trials of the same row are added up."""


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """What a test that passed has shown, for the report of `make torture`."""
    return lambda row, trials, result: record_property("tally", [row, trials, result])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the run can be repeated."""
    terminalreporter.write_line(f"random archives and questions: ORACLE_SEED={ORACLE_SEED}; damage: TORTURE_SEED={TORTURE_SEED}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``torture`` take minutes: they run when ``-m`` names the mark (`make torture`), and not otherwise."""
    if "torture" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("torture")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


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
