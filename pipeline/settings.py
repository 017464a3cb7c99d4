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


class LawSettings(Piece):
    """The law pack and the operating regime."""

    pack: Path = Path("rules/law/kz")
    regime: str = "normal"


class BatchSettings(Piece):
    """How records are gathered into batches."""

    records: Annotated[int, Field(ge=1, le=10_000)] = 500
    seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    record_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024


class ListenerSettings(Piece):
    """One way in. ``source`` ("object/source") fixes whose records come; else each is identified.

    Without ``format`` a record is read as the registry's source says; ``auto`` looks at each.

    ``kind: file`` reads ``path`` once, or follows it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    kind: Literal["syslog_udp", "syslog_tcp", "file"]
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    path: Path | None = None
    follow: bool = False
    source: str = ""
    format: str = ""


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
    registry: tuple[Path, ...] = (Path("rules/objects"),)
    content: ContentSettings = ContentSettings()
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
