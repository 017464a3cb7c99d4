"""Ways in: listeners, and what they are told."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings.piece import Piece


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
