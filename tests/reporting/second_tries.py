"""A second try for tests over real services and processes, told by name where one was used.

A broker, a store or a killed process shares its machine with all else that runs there. What decides
by data alone has one try.
"""

from pathlib import Path

import pytest

SERVICES = frozenset({"kafka", "elastic"})  # fixtures
ROOMS = ("browser", "chaos", "integration", "runtime/cores", "runtime/test_kills.py")


class SecondTries:
    """A pytest plugin over pytest-rerunfailures; ``root`` holds the tests."""

    def __init__(self, root: Path) -> None:
        self._rooms = tuple(root / room for room in ROOMS)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark the tests that have a second try."""
        for item in items:
            served = SERVICES & set(getattr(item, "fixturenames", ()))
            if served or any(item.path.is_relative_to(room) for room in self._rooms):
                item.add_marker(pytest.mark.flaky(reruns=1))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the name of each test whose first try failed, with how."""
        again = terminalreporter.stats.get("rerun", [])
        if again:
            terminalreporter.section("second tries")
        for report in again:
            terminalreporter.write_line(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")
