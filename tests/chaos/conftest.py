"""What holds for all tests with real processes of their own."""

import gc
import warnings
from collections.abc import Generator
from pathlib import Path

import pytest

LEFT = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let no test fail over a socket of kafka-python's that is found while it runs; see below."""
    item.add_marker(pytest.mark.filterwarnings(LEFT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let go of the sockets that kafka-python leaves where a broker goes away (3.0.12).

    The records of a test's log hold them until all of it is over, its fixtures included. This hook
    is asked for every test of the run: those of other rooms pass.
    """
    if not item.path.is_relative_to(Path(__file__).parent):
        return (yield)
    try:
        return (yield)
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
