"""What holds for all tests with real processes of their own."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.connectors.kafka_broker import let_go_of_sockets

LEFT = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let no test fail over a socket of kafka-python's that is found while it runs; see below."""
    item.add_marker(pytest.mark.filterwarnings(LEFT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let go of the sockets of these tests' clients; the hook is asked for every test of a run."""
    try:
        return (yield)
    finally:
        if item.path.is_relative_to(Path(__file__).parent):
            let_go_of_sockets()
