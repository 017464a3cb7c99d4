"""The real receiver over TLS on loopback, and the channel to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sinks.ncc_https import NccSink
from pipeline.runtime.receiver import Manner, Receiver, open_receiver


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """Run the reference receiver beside the test, on a free port."""
    opened = open_receiver(tmp_path / "ncc", manner=Manner(slow_seconds=30))
    try:
        with opened.beside():
            yield opened
    finally:
        opened.close()


@pytest.fixture
def sink(receiver: Receiver) -> Iterator[NccSink]:
    """Give the channel to that receiver, with its own PKI."""
    opened = NccSink(receiver.pki.ncc_settings(receiver.url, timeout_seconds=10))
    try:
        yield opened
    finally:
        opened.close()
