"""The receiver put together: its folder, its port, its restarts."""

from pathlib import Path

import pytest

from connectors.sinks.ncc_https import NccSink
from pipeline.errors import ConfigurationError, SourceError, StoreError
from pipeline.runtime.receiver import PKI, STORE, Receiver, bind, open_receiver
from tests.notify.made import BASE, notice


def deliver(receiver: Receiver) -> bool:
    """Deliver one notice and tell whether it was known."""
    with receiver.beside():
        sink = NccSink(receiver.pki.ncc_settings(receiver.url))
        receipt = sink.deliver(notice(), BASE)
        sink.close()
    return receipt.duplicate


def test_it_remembers_over_a_restart(tmp_path: Path) -> None:
    """A receiver that was ended and started again knows its keys and what it received."""
    seen = []
    for _ in range(2):
        receiver = open_receiver(tmp_path)
        seen.append(deliver(receiver))
        receiver.close()
    assert seen == [False, True]


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A port in use is named with the way out, and nothing stays open."""
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SourceError, match=rf"port {port}: .*choose another with --port"):
            open_receiver(tmp_path, port=port)


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_told(address: str) -> None:
    """An address that is not this machine's is named."""
    with pytest.raises(SourceError, match=address):
        bind(address, 0)


def test_a_broken_store_or_key_is_told(tmp_path: Path) -> None:
    """A store or key file that is broken stops the start and leaves the port free."""
    open_receiver(tmp_path).close()
    key = tmp_path / PKI / "receipt-signing.pem"
    good = key.read_bytes()
    key.write_bytes(b"no key")
    with pytest.raises(ConfigurationError, match=r"receipt-signing\.pem"):
        open_receiver(tmp_path)
    key.write_bytes(good)
    (tmp_path / STORE).write_bytes(b"no store " * 200)
    with pytest.raises(StoreError, match=STORE):
        open_receiver(tmp_path)
