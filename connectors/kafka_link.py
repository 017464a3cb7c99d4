"""How every Kafka client of ours connects: TLS, SASL, and nothing left behind where it cannot."""

import contextlib
import logging
import re
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from pipeline.settings import KafkaLink

BOOTSTRAP_MILLISECONDS = 2_000  # for which one attempt to connect may hold up a caller
CLIENT = KafkaConsumer.DEFAULT_CONFIG["kafka_client"]
Client = TypeVar("Client")
_REFUSALS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"SaslAuthenticationFailed",
            "user or password are not accepted: correct user and password_file",
        ),
        (
            r"UnsupportedSaslMechanism",
            "the broker does not offer this mechanism: correct mechanism",
        ),
        (
            r"CERTIFICATE_VERIFY_FAILED",
            "the broker's certificate is not accepted: correct ca, or the names in brokers",
        ),
        (r"Handshake failed", "TLS fails: compare security with the broker's listener"),
    )
)


class LinkRefusedError(KafkaError):  # type: ignore[misc]  # the client has no types
    """A link that waiting does not mend: what is refused, and what to correct in its settings."""


class _Complaints(logging.Handler):
    """Keeps which refusal the client's own log tells; its exceptions say no more than a time-out.

    Clients of one process share that log: it is asked only where a client could not connect.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.rank = len(_REFUSALS)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a line."""
        text = record.getMessage()
        known = (rank for rank, (pattern, _) in enumerate(_REFUSALS) if pattern.search(text))
        self.rank = min(self.rank, next(known, self.rank))


def connected(kind: Callable[..., Client], **options: Any) -> Client:
    """Make a client of kafka-python; KafkaError where no broker answers.

    LinkRefusedError where the client's log tells what is refused. A client that cannot connect
    leaves its thread and sockets behind (3.0.12): here they go.
    """
    made: list[Any] = []

    def client(**more: Any) -> Any:
        made.append(CLIENT(**more))
        return made[0]

    complaints = _Complaints()
    logger = logging.getLogger("kafka")
    logger.addHandler(complaints)
    try:
        return kind(kafka_client=client, **options)
    except BaseException as error:
        for one in made:
            with contextlib.suppress(Exception):
                one.close()
        if isinstance(error, KafkaError) and complaints.rank < len(_REFUSALS):
            raise LinkRefusedError(_REFUSALS[complaints.rank][1]) from error
        raise
    finally:
        logger.removeHandler(complaints)


def security(settings: KafkaLink) -> dict[str, Any]:
    """Give kafka-python's options for TLS and SASL; OSError where a file is unreadable."""
    secure: dict[str, Any] = {"security_protocol": settings.security.upper()}
    if settings.security.endswith("ssl"):
        secure["ssl_context"] = tls_context(settings)
    if settings.security.startswith("sasl"):
        secure |= {
            "sasl_mechanism": settings.mechanism,
            "sasl_plain_username": settings.user,
            "sasl_plain_password": password(settings),
        }
    return secure


def tls_context(settings: KafkaLink) -> ssl.SSLContext:
    """Give the TLS settings of a link: whom it trusts, and its own certificate where it has one."""
    tls = ssl.create_default_context(cafile=settings.ca)
    if settings.certificate is not None:
        tls.load_cert_chain(settings.certificate, settings.key)
    return tls


def password(settings: KafkaLink) -> str:
    """Give the first line of a link's password file."""
    if settings.password_file is None:
        return ""
    return settings.password_file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
