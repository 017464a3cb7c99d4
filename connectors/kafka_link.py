"""How every Kafka client of ours connects: TLS, SASL, and nothing left behind where it cannot."""

import contextlib
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaConsumer

from pipeline.settings import KafkaLink

BOOTSTRAP_MILLISECONDS = 2_000  # for which one attempt to connect may hold up a caller
CLIENT = KafkaConsumer.DEFAULT_CONFIG["kafka_client"]
Client = TypeVar("Client")


def connected(kind: Callable[..., Client], **options: Any) -> Client:
    """Make a client of kafka-python; KafkaError where no broker answers.

    A client that cannot connect leaves its thread and sockets behind (3.0.12): here they go.
    """
    made: list[Any] = []

    def client(**more: Any) -> Any:
        made.append(CLIENT(**more))
        return made[0]

    try:
        return kind(kafka_client=client, **options)
    except BaseException:
        for one in made:
            with contextlib.suppress(Exception):
                one.close()
        raise


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
