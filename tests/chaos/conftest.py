"""What holds for all tests with real processes of their own."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def sockets_of_clients() -> Iterator[None]:
    """Let go of the sockets that kafka-python leaves where a broker goes away (3.0.12)."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
