"""What holds for every test: hypothesis profiles, golden files, skip policy, proof report."""

import gc
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.reporting.figures import Figures
from tests.reporting.proof import ProofReport
from tests.reporting.second_tries import SecondTries
from tests.reporting.skips import SkipPolicy, read_allowed

TESTS = Path(__file__).parent
pytest_plugins = ("tests.connectors.kafka_broker", "tests.connectors.elastic_server")

# Several suites share one machine: a deadline in milliseconds would measure the neighbours.
settings.register_profile("test", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# CI judges a change, so it draws the same examples each time; new ones are drawn by everybody else.
settings.register_profile("ci", settings.get_profile("test"), derandomize=True, database=None)
settings.register_profile("proof", settings.get_profile("test"), max_examples=5_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switches of make goldens and make proof."""
    group = parser.getgroup("saqshy")
    group.addoption("--update-goldens", action="store_true", help="rewrite the golden files")
    group.addoption("--proof-report", metavar="FOLDER", help="write a dated report into FOLDER")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the profile and register the reports."""
    strict = os.environ.get("CI", "") not in ("", "0", "false")
    usual = "ci" if strict else "test"
    settings.load_profile("proof" if os.environ.get("SAQSHY_PROOF") else usual)
    config.pluginmanager.register(SkipPolicy(read_allowed(TESTS / "skips.txt"), strict=strict))
    config.pluginmanager.register(Figures())
    config.pluginmanager.register(SecondTries(TESTS))
    if folder := config.getoption("--proof-report"):
        config.pluginmanager.register(ProofReport(Path(folder)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collected tests out of the search for garbage.

    They are millions of objects: each whole search took seconds, longer than a member of a Kafka
    group may be silent.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run nothing but the tests with golden files where these are to be rewritten."""
    if config.getoption("--update-goldens"):
        items[:] = [item for item in items if "golden" in getattr(item, "fixturenames", ())]


@dataclass(frozen=True, slots=True)
class Golden:
    """Reviewed answers, one file each under tests/golden."""

    folder: Path
    update: bool

    def check(self, name: str, text: str) -> None:
        """Compare with the file of that name, or rewrite it under --update-goldens."""
        path = self.folder / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is absent: make goldens, and review what it writes"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path} (make goldens)"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Give the golden files."""
    return Golden(TESTS / "golden", request.config.getoption("--update-goldens"))
