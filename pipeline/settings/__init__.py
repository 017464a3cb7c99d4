"""Everything that one process is told, in parts that each room reads for itself."""

from pipeline.settings.arriving import (
    BatchSettings,
    HttpSettings,
    KafkaLink,
    KafkaSettings,
    ListenerSettings,
    TlsSettings,
)
from pipeline.settings.cluster import ClusterSettings
from pipeline.settings.knowledge import (
    ContentSettings,
    EnrichmentSettings,
    LawSettings,
    MispSettings,
    TaxiiSettings,
)
from pipeline.settings.leaving import (
    EmailSettings,
    FolderSettings,
    NccSettings,
    NotifySettings,
    PeerSettings,
    SealedSettings,
    StreamsSettings,
    TopicSettings,
    WebhookSettings,
)
from pipeline.settings.login import LoginSettings, OpenIdSettings
from pipeline.settings.piece import Piece
from pipeline.settings.serving import ServingSettings
from pipeline.settings.stores import (
    ElasticsearchSettings,
    HoldSettings,
    RetentionSettings,
    SpoolSettings,
    StoreSettings,
)
from pipeline.settings.tree import Settings
from pipeline.settings.watching import (
    AuditorSettings,
    AuditSettings,
    LogSettings,
    StatisticsSettings,
    WebSettings,
)

__all__ = [
    "AuditSettings",
    "AuditorSettings",
    "BatchSettings",
    "ClusterSettings",
    "ContentSettings",
    "ElasticsearchSettings",
    "EmailSettings",
    "EnrichmentSettings",
    "FolderSettings",
    "HoldSettings",
    "HttpSettings",
    "KafkaLink",
    "KafkaSettings",
    "LawSettings",
    "ListenerSettings",
    "LogSettings",
    "LoginSettings",
    "MispSettings",
    "NccSettings",
    "NotifySettings",
    "OpenIdSettings",
    "PeerSettings",
    "Piece",
    "RetentionSettings",
    "SealedSettings",
    "ServingSettings",
    "Settings",
    "SpoolSettings",
    "StatisticsSettings",
    "StoreSettings",
    "StreamsSettings",
    "TaxiiSettings",
    "TlsSettings",
    "TopicSettings",
    "WebSettings",
    "WebhookSettings",
]
