"""The one settings tree: a YAML file, then the environment (``SAQSHY__WEB__PORT=8080``) over it.

Read once in ``runtime/bootstrap`` and handed down in the narrow piece that each part needs.
Unknown keys are refused with a suggestion; paths are taken relative to the file.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.settings.arriving import BatchSettings, ListenerSettings
from pipeline.settings.cluster import ClusterSettings
from pipeline.settings.knowledge import ContentSettings, EnrichmentSettings, LawSettings
from pipeline.settings.leaving import NotifySettings
from pipeline.settings.login import LoginSettings
from pipeline.settings.serving import ServingSettings
from pipeline.settings.stores import (
    ElasticsearchSettings,
    RetentionSettings,
    SpoolSettings,
    StoreSettings,
)
from pipeline.settings.watching import (
    AuditorSettings,
    AuditSettings,
    LogSettings,
    StatisticsSettings,
    WebSettings,
)


class Settings(BaseSettings):
    """Everything that one Saqshy process is told.

    With ``workers`` above 1 the standalone runtime reads and matches in so many processes of their
    own, and folds in this one.
    """

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
    login: LoginSettings | None = None
    serving: ServingSettings = ServingSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    audit: AuditSettings = AuditSettings()
    auditor: AuditorSettings = AuditorSettings()
    elasticsearch: ElasticsearchSettings | None = None
    retention: RetentionSettings = RetentionSettings()
    cluster: ClusterSettings | None = None
    log: LogSettings = LogSettings()
    workers: Annotated[int, Field(ge=1, le=64)] = 1
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
