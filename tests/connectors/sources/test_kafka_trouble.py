"""What a Kafka client complains about, in words that say what mends it; and places as text."""

import logging

import pytest

from connectors.sources.kafka_place import Place, Places, places_of
from connectors.sources.kafka_trouble import LASTING, TroubleLog
from pipeline.errors import SourceError


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["Connection lost: SaslAuthenticationFailedError: invalid credentials"],
            "user or password",
        ),
        (["Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed"], "set kafka.ca"),
        (["Handshake failed: [SSL: WRONG_VERSION_NUMBER]"], "compare kafka.security"),
        (["UnsupportedSaslMechanismError: ['PLAIN']"], "correct kafka.mechanism"),
        (["[Error 30] GroupAuthorizationFailedError"], "READ on topic and group"),
        (["Topic logs.a not found in cluster metadata"], "the topic logs.a is not there"),
        (["UnsupportedCodecError: Libraries for snappy compression not found"], "install lz4"),
        (["KafkaConnectionError: 111 ECONNREFUSED"], "cannot be reached"),
        (["SaslAuthenticationFailedError", "socket disconnected"], "user or password"),
        (["socket disconnected", "SaslAuthenticationFailedError"], "user or password"),
        (["Attempting bootstrap"], ""),
    ],
)
def test_complaints_become_words(lines: list[str], words: str) -> None:
    """Each known complaint has its words; a cause counts before what follows from it."""
    log = TroubleLog(lambda: 1000.0)
    for line in lines:
        log.emit(logging.LogRecord("kafka.x", logging.ERROR, "", 0, line, None, None))
    assert words in log.words
    assert bool(log.words) == bool(words)
    log.clear()
    assert log.words == ""


def test_what_nothing_knows_is_told_as_it_is() -> None:
    """An error that no words are known for is told whole, where no cause is known."""
    log = TroubleLog(lambda: 1000.0)
    log.note("ZstdError: corrupt", whole=True)
    assert log.words == "ZstdError: corrupt"
    log.note("SaslAuthenticationFailedError")
    log.note("ValueError: other", whole=True)
    assert "user or password" in log.words


def test_a_complaint_ages() -> None:
    """What is not told again for a while counts no more."""
    now = [1000.0]
    log = TroubleLog(lambda: now[0])
    log.note("ECONNREFUSED")
    now[0] += LASTING
    assert log.words
    now[0] += 1
    assert log.words == ""


def test_places_are_read_as_written() -> None:
    """The places of many partitions come back from their text, whatever their order."""
    places = Places({("b", 10): Place(7, 2), ("b", 2): Place(1), ("a", 0): Place(0)})
    assert places_of("k", places.text()) == places
    turned = Places(dict(reversed(places.by_partition.items())))
    assert turned.text() == places.text()
    assert places_of("k", "") == Places()
    with pytest.raises(SourceError, match="is no position"):
        places_of("k", "[]")
