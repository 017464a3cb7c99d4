"""The one settings tree: a YAML file, then the environment (``SAQSHY__WEB__PORT=8080``) over it.

Read once in ``runtime/bootstrap`` and handed down in the narrow piece that each part needs.
Unknown keys are refused with a suggestion; paths are taken relative to the file.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class Piece(BaseModel):
    """A frozen part of the tree; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Piece):
    """Where the standalone runtime keeps everything."""

    path: Path = Path("var/saqshy.db")


class SpoolSettings(Piece):
    """Where batches wait while the store takes none: a folder, best on another disk than the store.

    Without ``path`` it lies beside the store. ``bytes`` bounds it; 0 means that there is none.
    """

    path: Path | None = None
    bytes: Annotated[int, Field(ge=0)] = 512 * 1024 * 1024


class ContentSettings(Piece):
    """Detection and correlation rules, and the cache of their compiled form.

    ``taxonomy`` is the folder of the field names under which rules find events' fields; without
    it the bundled one. ``observation`` is the file of the calendar and of the numbers by which
    silence, volume and novelty are told; without it the bundled one.
    ``watch_seconds`` is how often the files of rules, registry and pack are looked at for changes;
    with 0 they are read again on a signal or a command only.
    """

    paths: tuple[Path, ...] = ()
    taxonomy: Path | None = None
    observation: Path | None = None
    cache: Path = Path("var/cache")
    watch_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    repeat_seconds: Annotated[int, Field(ge=1)] = 3600


class TaxiiSettings(Piece):
    """One collection of a TAXII 2.1 server whose indicators are pulled.

    ``url`` is the collection's own (``.../collections/ID/``). ``user`` with ``password_file``, or
    ``token_file``, or a client's ``certificate`` and ``key``; ``ca`` where the server's certificate
    is of an authority of one's own.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    user: str = ""
    password_file: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    every_seconds: Annotated[float, Field(ge=1, le=604_800)] = 3600.0
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class EnrichmentSettings(Piece):
    """What is added to events from elsewhere; each can be switched off.

    ``registry``: the object's party, sector and standing. ``user_agent`` and ``domains``: the parts
    of what the event has. ``geo``: mmdb files for place and network of public addresses, the first
    that knows counts. ``indicators``: files and folders of STIX 2.1 (``.json``), MISP feeds and
    lists (``.csv``). ``taxii`` is pulled into ``feeds``. All files are watched like rules.
    """

    registry: bool = True
    user_agent: bool = True
    domains: bool = True
    geo: tuple[Path, ...] = ()
    indicators: tuple[Path, ...] = ()
    taxii: tuple[TaxiiSettings, ...] = ()
    feeds: Path = Path("var/feeds")


class LawSettings(Piece):
    """The law pack, an operator's own rows over it, and the operating regime."""

    pack: Path = Path("rules/law/kz")
    overlay: Path | None = None
    regime: str = "normal"


class BatchSettings(Piece):
    """How records are gathered into batches."""

    records: Annotated[int, Field(ge=1, le=10_000)] = 500
    seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    record_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024


class TlsSettings(Piece):
    """A listener's certificate, its key, and the authorities whose client certificates it takes.

    ``client_certificates``: ``required`` refuses who shows none, ``optional`` takes who shows none
    or a valid one. The files are read again when they change.
    """

    certificate: Path
    key: Path
    ca: Path | None = None
    client_certificates: Literal["required", "optional"] = "required"
    handshake_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


class HttpSettings(Piece):
    """What a listener of kind ``http`` asks of its senders, and how much it takes of them.

    ``tokens`` are files with lines ``SHA256 object/source``: the SHA-256 of a bearer token, of an
    API key ``id:key`` or of ``user:password``, and whose records come with it (``*``: each record
    is identified). Without files and without client certificates anybody who can connect may send.
    ``plain`` allows HTTP without TLS beyond loopback. ``body_bytes`` bounds a request unpacked,
    ``waiting_bytes`` all requests at once: beyond it senders are told to come again (429), as is
    whose records nobody took for ``wait_seconds``. A sender that says nothing for
    ``silent_seconds`` in the middle of a request is let go.
    """

    tokens: tuple[Path, ...] = ()
    plain: bool = False
    body_bytes: Annotated[int, Field(ge=1024, le=2**30)] = 64 * 1024 * 1024
    waiting_bytes: Annotated[int, Field(ge=1024, le=2**34)] = 256 * 1024 * 1024
    wait_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    silent_seconds: Annotated[float, Field(gt=0, le=600)] = 20.0


class KafkaLink(Piece):
    """Kafka's brokers, and as whom they are asked. The password is a file's first line.

    ``ca``, ``certificate`` and ``key`` belong to ``ssl`` and ``sasl_ssl``; without ``ca`` the
    system's authorities count.
    """

    brokers: tuple[str, ...]
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class KafkaSettings(KafkaLink):
    """What a listener of kind ``kafka`` reads.

    ``group`` is the consumer group; several collectors of one group share the partitions. ``begin``
    is where a partition starts that the group never read.
    """

    topics: tuple[str, ...]
    group: str = "saqshy"
    begin: Literal["earliest", "latest"] = "earliest"
    session_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0


class ListenerSettings(Piece):
    """One way in. ``source`` ("object/source") fixes whose records come; else each is identified.

    Without ``format`` a record is read as the registry's source says; ``auto`` looks at each.

    ``kind: file`` reads ``path`` once, or follows it; ``kind: folder`` every file in it that
    matches ``pattern``, a glob (``**/*.log`` for folders below). ``tls`` belongs to ``syslog_tls``
    (RFC 5425) and ``http``. ``receive_buffer_bytes`` is what the kernel keeps of UDP while nobody
    reads (a small datagram costs it about 800), ``connections`` how many a stream listener holds;
    when all places are taken, who was silent for ``idle_seconds`` makes room.
    ``quota_records_per_second`` (0: none) and ``quota_burst`` hold for each source that sends here
    and has none in the registry.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    kind: Literal["syslog_udp", "syslog_tcp", "syslog_tls", "file", "folder", "http", "kafka"]
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    path: Path | None = None
    pattern: Annotated[str, Field(min_length=1, pattern=r"^[^/]")] = "*"
    follow: bool = False
    source: str = ""
    format: str = ""
    tls: TlsSettings | None = None
    http: HttpSettings = HttpSettings()
    kafka: KafkaSettings | None = None
    receive_buffer_bytes: Annotated[int, Field(ge=4096, le=2**30)] = 64 * 1024 * 1024
    connections: Annotated[int, Field(ge=1, le=65_536)] = 1024
    idle_seconds: Annotated[float, Field(gt=0)] = 600.0
    quota_records_per_second: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    quota_burst: Annotated[int, Field(ge=0, le=100_000_000)] = 0


class NccSettings(Piece):
    """The coordination centre's receiver: HTTPS with mutual TLS, detached JWS, signed receipts."""

    url: str
    ca: Path
    certificate: Path
    key: Path
    signing_key: Path
    receipt_key: Path
    crl: Path | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


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
    receipt_keys: dict[str, Path] = {}


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
    retry_seconds: Annotated[float, Field(gt=0)] = 1.0
    retry_most_seconds: Annotated[float, Field(gt=0)] = 300.0
    attempts: Annotated[int, Field(ge=1)] = 1000
    rejections: Annotated[int, Field(ge=1)] = 12
    breaker_failures: Annotated[int, Field(ge=1)] = 5
    breaker_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    limit_per_minute: Annotated[float, Field(ge=0)] = 60.0
    limit_burst: Annotated[int, Field(ge=1)] = 60
    fallback: dict[str, tuple[str, ...]] = {}
    fallback_seconds: Annotated[float, Field(ge=0)] = 900.0
    hands: Annotated[int, Field(ge=1, le=64)] = 32


class WebSettings(Piece):
    """The status page and ``/metrics``, on loopback by default."""

    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8790


class LogSettings(Piece):
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


class StatisticsSettings(Piece):
    """Statistics: the zone of their days, and the numbers that the law does not give.

    ``at_once_seconds``: within how long *at once* counts as met (418-V 7-2(1)(2) gives no number).
    ``least_count``: the smallest number that public tables show. ``open_period``: the one kind of
    period that is published, since a year less eleven months would tell what a month hides.
    ``author`` and ``since`` say who set these. ``licence`` is that of the published tables, as SPDX
    writes it; without one the description names none.
    """

    zone: str = "Asia/Almaty"
    at_once_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    least_count: Annotated[int, Field(ge=3, le=1000)] = 5
    open_period: Literal["month", "year"] = "year"
    author: str = "Saqshy maintainers"
    since: Annotated[str, BeforeValidator(str)] = "2026-11-21"  # YAML reads a bare day as a date
    licence: str = ""


class AuditorSettings(Piece):
    """The auditor, a process of its own beside a running system (``saqshy auditor``).

    It looks every ``every_seconds``, at everything every ``full_seconds``, and at ``in_turn``
    further incidents each time. ``state`` is its own memory, ``pages`` the folder of what the duty
    officer must see; a heartbeat goes out every ``heartbeat_seconds``, over ``notify.ncc`` or into
    ``heartbeats``. ``skew_seconds`` is how far a recipient's clock may be off. Metrics are served
    on ``address`` and ``port`` (0: any free one; without a port not at all).
    """

    state: Path = Path("var/auditor.db")
    pages: Path = Path("var/auditor-pages")
    heartbeats: Path = Path("var/auditor-heartbeats")
    every_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    full_seconds: Annotated[float, Field(gt=0)] = 86_400.0
    heartbeat_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    in_turn: Annotated[int, Field(ge=0, le=10_000)] = 20
    skew_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = 8792


class Settings(BaseSettings):
    """Everything that one Saqshy process is told."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="SAQSHY__", env_nested_delimiter="__"
    )

    centre: str = "OCIB"
    store: StoreSettings = StoreSettings()
    spool: SpoolSettings = SpoolSettings()
    registry: tuple[Path, ...] = (Path("rules/objects"),)
    content: ContentSettings = ContentSettings()
    enrichment: EnrichmentSettings = EnrichmentSettings()
    law: LawSettings = LawSettings()
    batch: BatchSettings = BatchSettings()
    listeners: tuple[ListenerSettings, ...] = ()
    notify: NotifySettings = NotifySettings()
    web: WebSettings | None = WebSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    auditor: AuditorSettings = AuditorSettings()
    log: LogSettings = LogSettings()
    tick_seconds: Annotated[float, Field(gt=0)] = 10.0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library calls with all five)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (not read)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (not read)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose data arrive as arguments."""
        return env_settings, init_settings
