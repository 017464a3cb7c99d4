"""The skip policy: each skip is told with its reason; on CI an unlisted one fails the run."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest


def read_allowed(path: Path) -> frozenset[tuple[str, str]]:
    """Read ``test | reason`` lines; UsageError names a line that is not that."""
    allowed = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        test, bar, reason = (part.strip() for part in line.partition("|"))
        if not (test and bar and reason):
            raise pytest.UsageError(f"{path}:{number}: write it as `test | reason`")
        allowed.add((test, reason))
    return frozenset(allowed)


@dataclass(eq=False)
class SkipPolicy:
    """A pytest plugin that counts skips and, where strict, fails the run over unlisted ones.

    ``allowed`` holds (test, reason): a test is a node id without parameters, or a file.
    """

    allowed: frozenset[tuple[str, str]]
    strict: bool
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test; an expected failure is none."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report.nodeid, report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that was skipped as a whole."""
        if report.skipped:
            self._note(report.nodeid, report.longrepr)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run over an unlisted skip."""
        if self.strict and self.unlisted() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the number of skipped tests with reasons."""
        total = sum(self.seen.values())
        if not total:
            terminalreporter.write_line("skipped tests: none")
            return
        terminalreporter.section(f"skipped tests: {total}")
        for (test, reason), count in sorted(self.seen.items()):
            terminalreporter.write_line(f"{test} ({count}x): {reason}")
        for test, reason in self.unlisted() if self.strict else ():
            terminalreporter.write_line(
                f"NOT ALLOWED: {test} | {reason}  (mend it, or list it in tests/skips.txt)",
                red=True,
            )

    def unlisted(self) -> list[tuple[str, str]]:
        """Give the skips that the list does not allow."""
        return sorted(
            (test, reason)
            for test, reason in self.seen
            if (test, reason) not in self.allowed
            and (test.partition("::")[0], reason) not in self.allowed
        )

    def _note(self, node: str, longrepr: object) -> None:
        reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        key = (node.partition("[")[0], reason.removeprefix("Skipped: "))
        self.seen[key] = self.seen.get(key, 0) + 1
