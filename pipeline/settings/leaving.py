"""Ways out: channels of notices, streams and peers."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings.arriving import KafkaLink
from pipeline.settings.piece import Piece


class NccSettings(Piece):
    """The coordination centre's receiver: HTTPS with mutual TLS, detached JWS, signed receipts.

    With ``message_key``, the public Ed25519 key that signs its messages, these are asked for every
    ``messages_seconds``.
    """

    url: str
    ca: Path
    certificate: Path
    key: Path
    signing_key: Path
    receipt_key: Path
    message_key: Path | None = None
    messages_seconds: Annotated[float, Field(gt=0, le=3600)] = 15.0
    crl: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


class StreamsSettings(Piece):
    """Events for those whom the pack's rows of the effect ``stream`` name, in batches.

    ``lines`` is the receiver of a role; the coordination centre's is ``notify.ncc`` where none is
    named. A batch waits ``seconds`` for more, to ``records`` of ``bytes`` as they came.
    """

    lines: dict[str, NccSettings] = Field(default_factory=dict)
    seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    records: Annotated[int, Field(ge=1, le=20_000)] = 10_000
    bytes: Annotated[int, Field(ge=65_536, le=8 * 1024 * 1024)] = 4 * 1024 * 1024


class PeerSettings(NccSettings):
    """Another operations centre's receiver, and what it may be given.

    ``identity``: the object's code and sector too; ``personal_data``: account names and mail
    addresses. ``automatic``: each incident that the pack lets be exchanged, unasked. Indicators
    hold for ``valid_days``.
    """

    markings: tuple[Literal["clear", "green", "amber", "amber+strict"], ...] = ("clear", "green")
    indicators: bool = True
    incidents: bool = True
    identity: bool = False
    personal_data: bool = False
    automatic: bool = False
    valid_days: Annotated[int, Field(ge=1, le=3650)] = 30


class FolderSettings(Piece):
    """A spool folder per recipient, collected by the recipient's own transport."""

    path: Path = Path("var/outgoing")


class EmailSettings(Piece):
    """The relay that takes e-mail: STARTTLS or TLS from the first byte, never clear text.

    The password is a file's first line. Without ``ca`` the system's authorities count; ``crl`` is a
    file of revoked certificates (PEM). Addresses are the registry's (a party's channel ``email``).
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    sender: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    crl: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0


class WebhookSettings(Piece):
    """Webhooks: HTTPS with a signature by a shared secret (HMAC-SHA256, Standard Webhooks).

    A party's address is the registry's (its channel ``webhook``); ``secrets`` names by party the
    file whose first line is its secret (``whsec_`` and base64). ``private`` are networks of private
    addresses that may be called all the same.
    """

    secrets: dict[str, Path]
    private: tuple[str, ...] = ()
    ca: Path | None = None
    crl: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


class TopicSettings(KafkaLink):
    """The Kafka topic that notices go to, unless a party's channel ``kafka`` names another."""

    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


class SealedSettings(Piece):
    """Sealed files for an air gap: encrypted to the recipient, signed by us, numbered.

    ``recipients`` names by party its public X25519 key (PEM), ``receipt_keys`` the Ed25519 key that
    its receipts are signed by.
    """

    path: Path = Path("var/sealed")
    signing_key: Path
    recipients: dict[str, Path]
    receipt_keys: dict[str, Path] = Field(default_factory=dict)


class NotifySettings(Piece):
    """Channels, and how patient they are.

    A refused or late notice is tried again after ``retry_seconds``, doubled up to
    ``retry_most_seconds``, so many ``attempts``; one that its recipient rejects ``rejections``
    times is dead. ``breaker_failures`` in a row open a line for ``breaker_seconds`` at most. A
    recipient gets ``limit_per_minute`` notices (0: no limit), ``limit_burst`` at once, first
    notices apart. After ``fallback_seconds`` without success the recipient's next channel is taken
    (0: never): the registry's, and for a role those that ``fallback`` names. ``hands`` are the
    deliveries that a channel makes at once.
    """

    ncc: NccSettings | None = None
    folder: FolderSettings = FolderSettings()
    email: EmailSettings | None = None
    webhook: WebhookSettings | None = None
    kafka: TopicSettings | None = None
    sealed: SealedSettings | None = None
    streams: StreamsSettings = StreamsSettings()
    peers: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")], PeerSettings] = Field(
        default_factory=dict
    )
    retry_seconds: Annotated[float, Field(gt=0)] = 1.0
    retry_most_seconds: Annotated[float, Field(gt=0)] = 300.0
    attempts: Annotated[int, Field(ge=1)] = 1000
    rejections: Annotated[int, Field(ge=1)] = 12
    breaker_failures: Annotated[int, Field(ge=1)] = 5
    breaker_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    limit_per_minute: Annotated[float, Field(ge=0)] = 60.0
    limit_burst: Annotated[int, Field(ge=1)] = 60
    fallback: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    fallback_seconds: Annotated[float, Field(ge=0)] = 900.0
    hands: Annotated[int, Field(ge=1, le=64)] = 32
