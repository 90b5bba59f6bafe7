"""The report of `make torture`: a pytest plugin that writes what the tests tallied as a page of the documentation.

pytest -m torture -p torture_report --report docs/torture.md
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HEAD = """\
# Torture

What was done to the program in the last run of `make torture`, and what it survived. This page is written by that
command; what the tests do is told in their docstrings (`tests/crash/` and whatever else is marked `torture`), what is not
promised in [known failures](known-failures.md).
"""


@dataclass(slots=True)
class Row:
    """What all tests together showed of one thing."""

    trials: int = 0
    seconds: float = 0.0
    results: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def told(self) -> str:
        """The results, each once; failures first."""
        return "; ".join([f"**FAILED: {name}**" for name in self.failed] + list(dict.fromkeys(self.results)))


class Report:
    """Collects reports of tests, and writes the page when the session ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, Row] = {}
        self._skipped: list[str] = []
        self._began = time.time()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what one test tallied."""
        if report.skipped:
            self._skipped.append(f"`{report.nodeid}`: {report.longrepr[2] if isinstance(report.longrepr, tuple) else ''}")
        lines = [value for name, value in report.user_properties if name == "tally"]
        if report.failed:
            row = self._rows.setdefault(str(lines[0][0]) if lines else report.nodeid, Row())  # type: ignore[index]
            row.failed.append(f"`{report.nodeid}` ({report.when})")
        if report.when == "call" and not report.failed:
            for name, trials, result in lines:  # type: ignore[misc]
                row = self._rows.setdefault(name, Row())
                row.trials += trials
                row.seconds += report.duration / len(lines)
                row.results.append(result)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the page."""
        self._path.write_text(self.page(), "utf-8")
        terminalreporter.write_line(f"report: {self._path}")

    def page(self) -> str:
        """The page as Markdown."""
        lines = [HEAD, *self._facts(), "", "| test | trials | result | minutes |", "|---|---|---|---|"]
        for name, row in sorted(self._rows.items()):
            lines.append(f"| {name} | {row.trials:,} | {row.told()} | {row.seconds / 60:.1f} |")
        failed = sum(len(row.failed) for row in self._rows.values())
        lines += ["", f"{failed} tests failed." if failed else "No test failed."]
        if self._skipped:
            lines += ["", "Skipped:", "", *(f"- {skipped}" for skipped in self._skipped)]
        return "\n".join(lines) + "\n"

    def _facts(self) -> list[str]:
        minutes = (time.time() - self._began) / 60
        return [
            f"- {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(self._began))}, {minutes:.0f} minutes, commit {_commit()}",
            f"- seed {os.environ.get('TORTURE_SEED')}: `make torture SEED={os.environ.get('TORTURE_SEED')}` repeats the damage",
            f"- Python {platform.python_version()}, {platform.system()} {platform.release()}, {os.cpu_count()} processors",
        ]


def _commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the page goes."""
    parser.addoption("--report", type=Path, help="write what was tallied to this page")


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that collects the others' reports writes."""
    if config.option.report and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(config.option.report))
