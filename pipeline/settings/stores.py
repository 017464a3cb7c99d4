"""Where things are kept, for how long, and what waits when nothing is taken."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.settings.piece import Piece


class StoreSettings(Piece):
    """Where the standalone runtime keeps everything."""

    path: Path = Path("var/saqshy.db")


class SpoolSettings(Piece):
    """Where batches wait while the store takes none: a folder, best on another disk than the store.

    Without ``path`` it lies beside the store. ``bytes`` bounds it; 0 means that there is none.
    """

    path: Path | None = None
    bytes: Annotated[int, Field(ge=0)] = 512 * 1024 * 1024


class HoldSettings(Piece):
    """A legal hold: whose events of which span stay whatever their age, why, and who says so.

    Without ``object_id`` those of all objects; ``end`` is the first day that is free again.
    """

    object_id: str = ""
    begin: Annotated[str, BeforeValidator(str), Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    end: Annotated[str, BeforeValidator(str), Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    reason: Annotated[str, Field(min_length=1)]
    author: Annotated[str, Field(min_length=1)]


class RetentionSettings(Piece):
    """For how many days events and dead letters are kept (0: for ever); the law gives no number.

    Findings, incidents, notices and the audit trail are kept. Events to which an open incident
    refers stay while it is open, those of a legal hold while it is written here.
    """

    events_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    failures_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    holds: tuple[HoldSettings, ...] = ()


class ElasticsearchSettings(Piece):
    """The Elasticsearch cluster that the indexer fills and the web process reads.

    ``user`` with ``password_file``, or ``api_key_file``; each secret is a file's first line. ``ca``
    is the authority of its certificates, without it the system's. Index names begin with
    ``prefix``. ``shards`` and ``replicas`` are those of indices to come.

    A bulk request holds up to ``bulk_documents`` and ``bulk_bytes``, and waits for more no longer
    than ``bulk_seconds``. While the cluster takes nothing it is asked again after
    ``retry_seconds``, doubled up to ``retry_most_seconds``, and Kafka holds what comes.
    ``past_days``: an event that is older than that when it arrives goes to an index of the month
    of its arrival, so that made-up times open no index each.
    """

    urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = ("https://127.0.0.1:9200",)
    user: str = ""
    password_file: Path | None = None
    api_key_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")] = "saqshy"
    shards: Annotated[int, Field(ge=1, le=64)] = 1
    replicas: Annotated[int, Field(ge=0, le=5)] = 1
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    compress: bool = False
    bulk_documents: Annotated[int, Field(ge=1, le=20_000)] = 4_000
    bulk_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 8 * 1024 * 1024
    bulk_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    retry_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    retry_most_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    past_days: Annotated[int, Field(ge=1, le=400)] = 31
