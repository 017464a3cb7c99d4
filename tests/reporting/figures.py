"""What tests measured, printed at the end of a run: each ``record_property`` of a passed test."""

import pytest


class Figures:
    """A pytest plugin that prints the properties that tests recorded."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one line a test, in the tests' order of names."""
        told = {
            report.nodeid: "; ".join(f"{name}: {value}" for name, value in report.user_properties)
            for report in terminalreporter.getreports("passed")
            if report.user_properties
        }
        if told:
            terminalreporter.section("figures")
        for test, figures in sorted(told.items()):
            terminalreporter.write_line(f"{test}: {figures}")
