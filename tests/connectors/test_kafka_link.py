"""A link that brokers refuse is told by what to correct, where the client says only a time-out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from connectors.kafka_link import LinkRefusedError, connected, security
from connectors.stores.kafka.trouble import told
from pipeline.errors import StoreError
from pipeline.runtime.pki import development_pki
from pipeline.settings import ClusterSettings
from tests.connectors.kafka_broker import PASSWORD, USER, Broker

PATIENCE = 20_000  # milliseconds for a busy machine


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an authority that signed nothing here."""
    return development_pki(tmp_path_factory.mktemp("stranger") / "pki", datetime.now(UTC)).ca


def refusal(address: str, settings: ClusterSettings) -> tuple[str, type[object]]:
    """Connect where it is refused; give what is told, and what it was made of.

    The error itself would keep the client's sockets.
    """
    try:
        with told(address, "everything"):
            connected(
                KafkaAdminClient,
                bootstrap_servers=address,
                bootstrap_timeout_ms=PATIENCE // 4,
                request_timeout_ms=PATIENCE,
                **security(settings),
            )
    except StoreError as error:
        return str(error), type(error.__cause__)
    raise AssertionError("it was let in")


@pytest.mark.parametrize(
    ("password", "known", "words"),
    [
        ("false", True, "user or password are not accepted: correct user and password_file"),
        (PASSWORD, False, "the broker's certificate is not accepted: correct ca"),
    ],
    ids=["wrong password", "another authority"],
)
def test_what_is_refused_is_named(
    kafka: Broker,
    tmp_path: Path,
    stranger: Path,
    caplog: pytest.LogCaptureFixture,
    *,
    password: str,
    known: bool,
    words: str,
) -> None:
    """The cause is told with the broker's address and the setting that mends it."""
    file = tmp_path / "password"
    file.write_text(f"{password}\n", encoding="utf-8")
    settings = ClusterSettings(
        brokers=(kafka.secure,),
        security="sasl_ssl",
        user=USER,
        password_file=file,
        ca=kafka.pki.ca if known else stranger,
    )
    said, cause = refusal(kafka.secure, settings)
    caplog.clear()  # the client's own lines hold its sockets
    assert words in said
    assert said.startswith(kafka.secure)
    assert "section cluster" in said
    assert cause is LinkRefusedError
