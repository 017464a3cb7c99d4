"""The one settings tree: a YAML file, then the environment (``SAQSHY__WEB__PORT=8080``) over it.

Read once in ``runtime/bootstrap`` and handed down in the narrow piece that each part needs.
Unknown keys are refused with a suggestion; paths are taken relative to the file.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
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
    it the bundled one.
    ``watch_seconds`` is how often the files of rules, registry and pack are looked at for changes;
    with 0 they are read again on a signal or a command only.
    """

    paths: tuple[Path, ...] = ()
    taxonomy: Path | None = None
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
    """The law pack and the operating regime."""

    pack: Path = Path("rules/law/kz")
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


class KafkaSettings(Piece):
    """What a listener of kind ``kafka`` reads, from where, and as whom.

    ``group`` is the consumer group; several collectors of one group share the partitions. ``begin``
    is where a partition starts that the group never read. The password is a file's first line.
    ``ca``, ``certificate`` and ``key`` belong to ``ssl`` and ``sasl_ssl``; without ``ca`` the
    system's authorities count.
    """

    brokers: tuple[str, ...]
    topics: tuple[str, ...]
    group: str = "saqshy"
    begin: Literal["earliest", "latest"] = "earliest"
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
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
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0


class FolderSettings(Piece):
    """A spool folder per recipient, collected by the recipient's own transport."""

    path: Path = Path("var/outgoing")


class NotifySettings(Piece):
    """Channels and retries."""

    ncc: NccSettings | None = None
    folder: FolderSettings = FolderSettings()
    retry_seconds: Annotated[float, Field(gt=0)] = 1.0
    retry_most_seconds: Annotated[float, Field(gt=0)] = 300.0
    attempts: Annotated[int, Field(ge=1)] = 1000


class WebSettings(Piece):
    """The status page and ``/metrics``, on loopback by default."""

    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8790


class LogSettings(Piece):
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


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
