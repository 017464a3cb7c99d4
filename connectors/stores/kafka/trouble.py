"""What a Kafka client stumbles over, as an error of ours that says the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    InvalidReplicationFactorError,
    KafkaConfigurationError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
)

from connectors.kafka_link import LinkRefusedError
from pipeline.errors import StoreError

SAID = 200
NOT_ACCEPTED = "user or password are not accepted: correct user and password_file"


@contextmanager
def told(place: str, rights: str) -> Iterator[None]:
    """Let the client's errors leave the block as StoreError; ``rights`` is what the user needs."""
    try:
        yield
    except KafkaConfigurationError:
        raise  # a mistake of ours, and no matter of waiting
    except (KafkaError, OSError) as error:
        raise StoreError(f"{place}: {_words(error, rights)}") from error


def _words(error: Exception, rights: str) -> str:
    if isinstance(error, LinkRefusedError | SaslAuthenticationFailedError):
        said = error.args[0] if isinstance(error, LinkRefusedError) else NOT_ACCEPTED
        return f"{said} in the section cluster"
    if isinstance(error, AuthorizationError):
        return f"the user may not do this ({type(error).__name__}): give it {rights}"
    if isinstance(error, UnknownTopicOrPartitionError):
        return "a topic is not there: make the topics with `saqshy cluster apply`"
    if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
        return (
            f"a message is larger than the topic takes ({error}): compare the topics with "
            "`saqshy cluster apply --dry-run`"
        )
    if isinstance(error, InvalidReplicationFactorError):
        return (
            "fewer brokers are up than a topic is kept on: start them, or set cluster.replication"
        )
    said = f"{type(error).__name__}: {error}"[:SAID]
    return (
        f"no broker answers as it should ({said}): compare cluster.brokers and cluster.security "
        "with the brokers' listeners"
    )
