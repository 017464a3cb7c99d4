"""The dated report of ``make proof``: what ran, how long, with which seeds, on which machine."""

import os
import platform
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

SEEDS = ("--randomly-seed", "--hypothesis-seed")


@dataclass(eq=False)
class ProofReport:
    """A pytest plugin that writes ``report-<UTC time>.md`` into a folder.

    A test adds a line of its own (its seeds, its figures) with ``record_property``.
    """

    folder: Path
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    reports: list[pytest.TestReport] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep each test's outcome; of set-up and tear-down only what went wrong."""
        if report.when == "call" or not report.passed:
            self.reports.append(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, where anything ran."""
        if not self.reports:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"report-{self.began:%Y-%m-%dT%H%M%SZ}.md"
        path.write_text(self.text(session.config), encoding="utf-8")

    def text(self, config: pytest.Config) -> str:
        """Give the report as Markdown."""
        ended = datetime.now(UTC)
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        ).stdout.strip()
        counts = Counter(report.outcome for report in self.reports)
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        seeds = {name: config.getoption(name, None) for name in SEEDS}
        lines = [
            f"# Proof of {self.began:%Y-%m-%d %H:%M} UTC",
            "",
            f"- commit: {commit or 'unknown'}",
            f"- machine: {machine}, Python {platform.python_version()}",
            f"- seeds: {', '.join(f'{name}={seed}' for name, seed in seeds.items())}",
            f"- took: {ended - self.began}",
            f"- outcome: {', '.join(f'{n} {name}' for name, n in sorted(counts.items()))}",
            "",
            "| test | outcome | seconds | said |",
            "| --- | --- | --- | --- |",
        ]
        for report in sorted(self.reports, key=lambda report: report.nodeid):
            said = "; ".join(f"{name}: {value}" for name, value in report.user_properties)
            lines.append(f"| {report.nodeid} | {report.outcome} | {report.duration:.1f} | {said} |")
        for report in self.reports:
            if report.failed:
                lines += ["", f"## {report.nodeid}", "", "```", report.longreprtext, "```"]
        return "\n".join(lines) + "\n"
